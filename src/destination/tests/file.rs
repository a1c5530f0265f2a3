//! Files: never overwritten, never doubled, never outside their folder.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use rustix::thread::{CapabilitySet, capabilities, set_capabilities};

use super::{message, outgoing, word};
use crate::destination::beneath::Beneath;
use crate::destination::{Destination, Settings, file};

pub(super) fn files(folder: &Path, name: &str) -> Destination {
    let folder = folder.to_str().unwrap();
    let settings = serde_yaml::from_str(&format!("{{ folder: '{folder}', name: '{name}' }}")).unwrap();
    Destination::new(Arc::from("copies"), Settings::File(settings))
}

/// The names in a folder, hidden ones too.
pub(super) fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[tokio::test]
async fn a_file_is_never_overwritten_and_the_same_message_never_doubled() {
    let folder = tempfile::tempdir().unwrap();
    let mut destination = files(folder.path(), "fixed.hl7");
    for control_id in ["1", "2", "1", "3", "2"] {
        assert_eq!(
            word(&destination.deliver(&message(control_id)).await),
            "delivered"
        );
    }
    assert_eq!(names(folder.path()), ["fixed-2.hl7", "fixed-3.hl7", "fixed.hl7"]);
    for (name, control_id) in [("fixed.hl7", "1"), ("fixed-2.hl7", "2"), ("fixed-3.hl7", "3")] {
        assert_eq!(
            fs::read(folder.path().join(name)).unwrap(),
            message(control_id).bytes
        );
    }
}

#[tokio::test]
async fn what_an_earlier_process_left_unfinished_goes_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let others = [".weir-notes", "old.part"];
    for name in [".weir-abc123.part", ".weir-0123456789abcdef-abc123.part"]
        .iter()
        .chain(&others)
    {
        fs::write(folder.path().join(name), "PID|1||SECRET").unwrap();
    }
    fs::create_dir(folder.path().join(".weir-folder.part")).unwrap();
    let beneath = Beneath::open(folder.path()).unwrap();
    let own = file::Aside::write(&beneath, b"another destination is at it").unwrap();
    let mut destination = files(folder.path(), "{MSH-10}.hl7");
    assert_eq!(word(&destination.deliver(&message("1")).await), "delivered");
    assert!(own.rename("own.hl7").unwrap());
    assert_eq!(
        names(folder.path()),
        [".weir-folder.part", ".weir-notes", "1.hl7", "old.part", "own.hl7"]
    );
}

#[tokio::test]
async fn a_file_stays_beneath_its_folder_whatever_the_message_says() {
    for control_id in ["../../x", "/etc/x", "C:", "nul", "..", &"x".repeat(4096)] {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("a").join("b");
        fs::create_dir_all(&folder).unwrap();
        let mut destination = files(&folder, "{MSH-10}");
        assert_eq!(
            word(&destination.deliver(&message(control_id)).await),
            "delivered",
            "{control_id}"
        );
        assert_eq!(names(&folder).len(), 1, "{control_id}");
        assert_eq!(names(root.path()), ["a"], "{control_id}");
    }
}

#[cfg(unix)]
#[tokio::test]
async fn a_link_in_the_way_is_neither_followed_nor_replaced() {
    let root = tempfile::tempdir().unwrap();
    let (folder, elsewhere) = (root.path().join("in"), root.path().join("elsewhere"));
    fs::create_dir(&folder).unwrap();
    fs::write(&elsewhere, message("1").bytes).unwrap();
    std::os::unix::fs::symlink(&elsewhere, folder.join("1.hl7")).unwrap();
    assert_eq!(
        word(&files(&folder, "{MSH-10}.hl7").deliver(&message("1")).await),
        "delivered"
    );
    assert_eq!(names(&folder), ["1-2.hl7", "1.hl7"]);
    assert!(folder.join("1.hl7").is_symlink() && !folder.join("1-2.hl7").is_symlink());
}

#[test]
fn a_file_that_may_not_be_read_is_not_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let (theirs, content) = (folder.path().join("1.hl7"), message("1").bytes);
    fs::write(&theirs, &content).unwrap();
    fs::set_permissions(&theirs, std::os::unix::fs::PermissionsExt::from_mode(0o000)).unwrap();
    // Root may read it all the same; this thread, which ends with the test, gives that up.
    let mut may = capabilities(None).unwrap();
    may.effective -= CapabilitySet::DAC_OVERRIDE | CapabilitySet::DAC_READ_SEARCH;
    set_capabilities(None, may).unwrap();
    assert!(fs::read(&theirs).is_err());
    let beneath = Beneath::open(folder.path()).unwrap();
    assert!(file::store(&beneath, "1.hl7", &content).unwrap());
    assert_eq!(names(folder.path()), ["1-2.hl7", "1.hl7"]);
}

#[tokio::test]
async fn a_failure_says_what_could_not_be_done() {
    let root = tempfile::tempdir().unwrap();
    let mut destination = files(&root.path().join("SECRET"), "a");
    let failed = word(&destination.deliver(&message("1")).await);
    assert_eq!(
        failed,
        "unreachable: opening the folder: No such file or directory (os error 2)"
    );
}

#[tokio::test]
async fn files_end_their_segments_as_the_standard_says() {
    let folder = tempfile::tempdir().unwrap();
    let mut destination = files(folder.path(), "a");
    let stored = outgoing("MSH|^~\\&|||||||ADT^A01|1|P|2.5.1\nPID|||1\n");
    assert_eq!(word(&destination.deliver(&stored).await), "delivered");
    let content = fs::read(folder.path().join("a")).unwrap();
    assert_eq!(content, b"MSH|^~\\&|||||||ADT^A01|1|P|2.5.1\rPID|||1\r");
}

#[test]
fn settings_know_their_fields() {
    let read = |text: &str| serde_yaml::from_str::<file::Settings>(text);
    assert!(read("{ folder: out, name: '{MSH-10}.hl7' }").is_ok());
    assert!(read("{ folder: out }").is_err());
}
