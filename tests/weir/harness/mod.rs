//! What the tests use weir with: a site in a folder of its own, the real binary, senders and receivers.
//!
//! The peers here frame by hand, so that they do not share weir's own mistakes. Nothing uses a fixed port,
//! and everything that waits waits for an event, bounded by [`PATIENCE`].

mod browser;
mod command;
mod corpus;
mod http;
mod peers;
#[path = "../../../src/tls/tests/pki.rs"]
#[allow(dead_code, reason = "the tests inside weir use the rest of it")]
pub mod pki;
mod process;
mod secure;

pub use browser::Browser;
pub use command::{Running, program, repository_file, transcript, unread, workplace};
pub use corpus::{corpus, hl7_files};
pub use http::{read_request, serve};
pub use peers::{Answer, Receiver, Sender, control_id};
pub use process::{Engine, Site, weir};
pub use secure::SecureSender;

use std::time::{Duration, Instant};

/// How long a test waits for what must come. Generous: the machine may be busy.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// Waits until something is so that nobody tells: looks again and again.
pub fn wait_until(mut is_so: impl FnMut() -> bool) {
    let begin = Instant::now();
    while !is_so() {
        assert!(begin.elapsed() < PATIENCE, "it does not come");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// A small valid ADT^A01 with this control id.
pub fn adt(control: &str) -> Vec<u8> {
    format!(
        "MSH|^~\\&|ADT|GENERAL|WEIR|HUB|20260301080509+0000||ADT^A01^ADT_A01|{control}|P|2.5.1\r\
         EVN||20260301080509+0000\r\
         PID|1||100234^^^GENERAL^MR||TESTPATIENT^ANNA||19800101|F\r\
         PV1|1|I|WARD1^101^A\r"
    )
    .into_bytes()
}

/// The value of a field (counted as the standard counts) of the first segment of that name, whatever the field
/// separator; empty when absent.
pub fn field(message: &[u8], segment: &str, field: usize) -> String {
    // Latin-1, so that bytes of any charset stay what they are; a byte order mark is no part of the header.
    let text: String = message.iter().map(|&byte| char::from(byte)).collect();
    let text = text.trim_start_matches("\u{ef}\u{bb}\u{bf}").trim_start();
    let separator = text.chars().nth(3).unwrap_or('|');
    let index = if segment == "MSH" { field - 1 } else { field };
    text.split(['\r', '\n'])
        .find(|line| line.starts_with(segment))
        .and_then(|line| line.split(separator).nth(index))
        .unwrap_or_default()
        .to_owned()
}
