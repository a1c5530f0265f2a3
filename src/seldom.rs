//! Lines of the log that a peer could have written without end: of each kind one, and then none for a while.
//!
//! The next one tells how many were left out; metrics count all of them.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::clock;

/// For how long no other line of a kind is written.
const PAUSE: Duration = Duration::from_secs(10);

/// What was written of late, by kind.
#[derive(Debug, Default)]
pub struct Seldom {
    kinds: Mutex<BTreeMap<&'static str, Written>>,
}

/// Leave to write a line.
#[derive(Debug, PartialEq, Eq)]
pub struct Leave {
    /// How many lines of its kind were not written since the last one that was; `None` for none.
    pub left_out: Option<u64>,
}

/// The last line of a kind.
#[derive(Debug)]
struct Written {
    at: Instant,
    left_out: u64,
}

impl Seldom {
    /// Leave to write a line of this kind now, unless there was one just before.
    pub fn leave(&self, kind: &'static str) -> Option<Leave> {
        self.leave_at(kind, clock::monotonic())
    }

    fn leave_at(&self, kind: &'static str, now: Instant) -> Option<Leave> {
        let mut kinds = self.kinds.lock().unwrap_or_else(PoisonError::into_inner);
        let left_out = match kinds.get_mut(kind) {
            Some(last) if now.duration_since(last.at) < PAUSE => {
                last.left_out += 1;
                return None;
            }
            Some(last) => last.left_out,
            None => 0,
        };
        kinds.insert(kind, Written { at: now, left_out: 0 });
        Some(Leave {
            left_out: (left_out > 0).then_some(left_out),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_each_kind_a_line_is_written_and_then_none_for_a_while() {
        let seldom = Seldom::default();
        let start = clock::monotonic();
        let check = |kind, after_ms, expected: Option<Option<u64>>| {
            let leave = seldom.leave_at(kind, start + Duration::from_millis(after_ms));
            assert_eq!(leave.map(|leave| leave.left_out), expected, "{kind} {after_ms}");
        };
        check("one", 0, Some(None));
        check("one", 1, None);
        check("other", 2, Some(None));
        check("one", 9_999, None);
        check("one", 10_000, Some(Some(2)));
        check("one", 10_001, None);
        check("one", 30_000, Some(Some(1)));
        check("one", 40_000, Some(None));
    }
}
