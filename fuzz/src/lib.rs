//! Runs a check over bytes, and holds it to its time.
//!
//! The checks are those of the tests, and two that reach what is private.

use std::time::Duration;

use cpu_time::ThreadTime;

#[path = "../../tests/weir/fuzzed/mod.rs"]
mod fuzzed;
#[path = "../../tests/weir/typed/walk/mod.rs"]
#[allow(dead_code, reason = "the tests look at more of what is found")]
mod walk;
/// Where the checks look for it among the tests.
mod typed {
    pub(crate) use super::walk;
}

/// What a byte may cost: 50 ms a MiB, in a build that counts every branch it takes.
const COST_MAX: Duration = Duration::from_millis(50);
/// The files of a site are written and read by people: what is no larger than a megabyte has this long.
const SITE_COST_MAX: Duration = Duration::from_millis(100);
/// What a route may cost has a limit of its own; the check runs every one of the cookbook.
const ROUTES_COST_MAX: Duration = Duration::from_millis(1_200);
/// How often what took too long is measured again, since a page that is not in memory is nobody's fault.
const TRIES: usize = 5;

/// # Panics
/// When the check does, and when it takes longer than it may.
pub fn run(name: &str, bytes: &[u8]) {
    let check = match name {
        "record" => weir::outbox::fuzzed::check,
        "body" => weir::console::fuzzed::check,
        _ => *fuzzed::CHECKS.iter().find(|(its, _)| *its == name).map(|(_, check)| check).expect("a check"),
    };
    let cost_max = match name {
        "format" | "site" | "table" => SITE_COST_MAX,
        "route" => ROUTES_COST_MAX,
        _ => COST_MAX,
    };
    let megabytes = u32::try_from(bytes.len() >> 20).expect("fewer than 2^52 bytes") + 1;
    let cost = (0..TRIES).map(|_| cost(check, bytes)).find(|cost| *cost <= cost_max * megabytes);
    assert!(cost.is_some(), "{} bytes take longer than {:?}", bytes.len(), cost_max * megabytes);
}

fn cost(check: fuzzed::Check, bytes: &[u8]) -> Duration {
    let begun = ThreadTime::now();
    check(bytes);
    begun.elapsed()
}
