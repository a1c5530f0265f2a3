//! Any bytes that are a message, against every version and a profile with every kind of rule: faults with places that
//! are in the message, never more than the bound.

use std::sync::LazyLock;

use bytes::Bytes;
use weir::hl7::Message;
use weir::hl7::dictionary::Version;
use weir::validation::{FAULTS_MAX, Profile, validate};

static PROFILE: LazyLock<Profile> = LazyLock::new(|| {
    let file = super::of_project("benches/profile.yaml");
    let (profile, problems) = weir::config::profile(&file);
    profile.unwrap_or_else(|| panic!("{problems}"))
});

pub fn check(bytes: &[u8]) {
    // The length chooses the version, so that files of messages are good beginnings as they are.
    let choice = bytes.len() % (Version::ALL.len() + 1);
    let Ok(message) = Message::parse(Bytes::copy_from_slice(bytes)) else {
        return;
    };
    let version = Version::ALL.get(choice);
    let own = version.map_or(Profile::default(), |version| Profile::of_version(*version));
    for profile in [&own, &PROFILE] {
        let faults = validate(&message, profile);
        assert!(faults.len() <= 2 * FAULTS_MAX);
        for location in faults.iter().filter_map(|fault| fault.location) {
            let count = message.count(location.segment);
            assert!(
                usize::from(location.occurrence) <= count + 1,
                "{location} of {count}"
            );
        }
    }
}
