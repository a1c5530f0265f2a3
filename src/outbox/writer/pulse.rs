//! Whether the writer gets on: a write that neither ends nor fails ends weir like one that fails.
//!
//! A turn is what the writer does between two waits. Looks are counted and not time, so that a process that was
//! stopped and goes on, or a machine that slept, is not taken for a disk that hangs.

use std::convert::Infallible;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError};

use super::super::lane::Shared;
use crate::units;

pub(in super::super) const THREAD_NAME: &str = "weir-outbox-watch";
/// How many looks in a row must find the same turn under way.
const LOOKS: u32 = 8;

/// The turns of one writer.
#[derive(Default)]
pub(in super::super) struct Pulse {
    /// How many waits began and ended: odd while the writer waits.
    beats: AtomicU64,
}

impl Pulse {
    /// A wait begins; or ends, and with its end a turn begins.
    pub(super) fn beat(&self) {
        self.beats.fetch_add(1, Ordering::Relaxed);
    }

    /// The turn under way.
    fn turn(&self) -> Option<u64> {
        let beats = self.beats.load(Ordering::Relaxed);
        beats.is_multiple_of(2).then_some(beats)
    }
}

/// What the looks have found.
#[derive(Default)]
struct Looks {
    turn: Option<u64>,
    /// How many in a row have found it under way, after the first.
    in_a_row: u32,
}

impl Looks {
    /// One more; whether there were enough of them.
    fn look(&mut self, turn: Option<u64>) -> bool {
        let is_same = turn.is_some() && turn == self.turn;
        self.in_a_row = if is_same { self.in_a_row + 1 } else { 0 };
        self.turn = turn;
        self.in_a_row >= LOOKS
    }
}

/// Looks at the writer until it has ended, or one turn has taken so long.
pub(in super::super) fn watch(
    pulse: &Pulse,
    shared: &Shared,
    limit: Duration,
    writer: &Receiver<Infallible>,
) {
    let mut looks = Looks::default();
    while writer.recv_timeout(limit / LOOKS) == Err(RecvTimeoutError::Timeout) {
        if looks.look(pulse.turn()) {
            let limit = units::duration_text(limit);
            return shared.fail(format!(
                "a write has neither ended nor failed within {limit}: the disk hangs, or the store does"
            ));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether the looks end in finding that it hangs, and after how many.
    fn found_after(turns: impl IntoIterator<Item = Option<u64>>) -> Option<usize> {
        let mut looks = Looks::default();
        turns.into_iter().position(|turn| looks.look(turn))
    }

    #[test]
    fn one_turn_that_is_always_there_hangs_and_nothing_else_does() {
        let eight = LOOKS as usize;
        assert_eq!(found_after(vec![Some(4); 100]), Some(eight));
        assert_eq!(found_after(vec![None; 100]), None, "idle");
        assert_eq!(found_after((0..100).map(|turn| Some(2 * turn))), None, "busy");
        let slow = (0..100).map(|look| Some(look / u64::from(LOOKS)));
        assert_eq!(found_after(slow), None, "each turn ends just in time");
        let rested = [vec![Some(2); eight], vec![None], vec![Some(4); eight]];
        assert_eq!(found_after(rested.concat()), None, "it began anew");
    }

    #[test]
    fn a_writer_that_waits_has_no_turn() {
        let pulse = Pulse::default();
        assert_eq!(pulse.turn(), Some(0), "it starts");
        pulse.beat();
        assert_eq!(pulse.turn(), None);
        pulse.beat();
        assert_eq!(pulse.turn(), Some(2));
    }
}
