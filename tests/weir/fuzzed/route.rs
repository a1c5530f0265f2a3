//! Any bytes that are a message, through every route of the cookbook: what goes out is a message, and what came in
//! is as it was.

use std::sync::{Arc, LazyLock};

use bytes::Bytes;
use weir::hl7::{Message, Terminators};
use weir::route::{Outcome, Route};

static ROUTES: LazyLock<Vec<Arc<Route>>> = LazyLock::new(|| {
    let (site, problems) = weir::config::load(&super::of_project("routes/examples"));
    site.unwrap_or_else(|| panic!("{problems}")).routes
});

pub fn check(bytes: &[u8]) {
    let bytes = Bytes::copy_from_slice(bytes);
    let Ok(message) = Message::parse(bytes.clone()) else {
        return;
    };
    let received = "2026-11-22T12:00:00+01:00[Europe/Berlin]"
        .parse()
        .expect("a time");
    for route in &*ROUTES {
        if let Outcome::Deliver { outputs, .. } = route.run(&message, &received, None) {
            for output in outputs {
                let sent = output.message.write(Terminators::Cr);
                assert!(Message::parse(sent).is_ok(), "{} makes a message", route.name);
            }
        }
    }
    assert_eq!(message.write(Terminators::Preserve), bytes);
}
