//! Keeps a lane to its pace: the windows it may send in, the pause between two attempts, the rate.
//!
//! Shared by all connections of a destination. Windows are what people mean by the clock on the wall; pauses and
//! rates go by the monotonic clock.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::Zoned;
use tokio::time::{Instant, sleep, sleep_until};

use crate::clock;
use crate::config::Pace;

/// The pace of one destination.
pub(super) struct Pacer {
    pace: Pace,
    turns: Turns,
}

/// When the last attempts at one destination were made, the latest last: as many as its pace looks back on. Clones share
/// them: a lane that takes the place of another goes on at the pace of both.
#[derive(Clone, Default)]
pub(super) struct Turns(Arc<Mutex<VecDeque<Instant>>>);

impl Pacer {
    /// A pace to keep after these attempts.
    pub(super) fn new(pace: Pace, turns: Turns) -> Pacer {
        Pacer { pace, turns }
    }

    /// Waits until an attempt may be made, and counts it. Who gives up waiting has taken no turn.
    pub(super) async fn wait(&self) {
        loop {
            // Looked at again after a turn was waited for: the window may have closed meanwhile.
            if let Some(closed) = self.closed_for(&clock::now_local()) {
                sleep(closed).await;
            } else if let Err(at) = self.take_turn(Instant::now()) {
                sleep_until(at).await;
            } else {
                return;
            }
        }
    }

    /// How long to wait before looking again, when no window is open.
    ///
    /// Never longer than to the next full minute, at which windows open: so a clock that is set is noticed.
    fn closed_for(&self, now: &Zoned) -> Option<Duration> {
        if self.pace.windows.is_empty() {
            return None;
        }
        let zone = self.pace.zone.as_ref().unwrap_or(now.time_zone());
        let there = now.with_time_zone(zone.clone());
        let is_open = self
            .pace
            .windows
            .iter()
            .any(|window| window.is_open(there.datetime()));
        let seconds_left = 60 - u64::try_from(there.second()).unwrap_or_default();
        (!is_open).then(|| Duration::from_secs(seconds_left.max(1)))
    }

    /// Takes a turn, if there is one now; else when there may be.
    pub(super) fn take_turn(&self, now: Instant) -> Result<(), Instant> {
        let Pace { interval, rate, .. } = &self.pace;
        let mut turns = self.turns.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut at = now;
        if let (Some(interval), Some(last)) = (interval, turns.back()) {
            at = at.max(*last + *interval);
        }
        // Of any `count + 1` attempts the first and the last are `per` apart.
        let count = rate.map_or(0, |rate| rate.count as usize);
        if let Some(rate) = rate
            && let Some(first) = turns.len().checked_sub(count).and_then(|index| turns.get(index))
        {
            at = at.max(*first + rate.per);
        }
        if at > now {
            return Err(at);
        }
        turns.push_back(now);
        let looked_back_on = count.max(usize::from(interval.is_some()));
        let surplus = turns.len().saturating_sub(looked_back_on);
        turns.drain(..surplus);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Rate;

    /// The seconds at which so many attempts go that are asked for at once.
    fn turns(pace: Pace, count: usize) -> Vec<u64> {
        let pacer = Pacer::new(pace, Turns::default());
        let start = Instant::now();
        let mut now = start;
        let turn = |_| {
            while let Err(at) = pacer.take_turn(now) {
                // Whoever asks again meanwhile postpones nothing.
                assert_eq!(pacer.take_turn(now), Err(at));
                now = at;
            }
            (now - start).as_secs()
        };
        (0..count).map(turn).collect()
    }

    #[tokio::test]
    async fn turns_keep_the_interval_and_the_rate() {
        let interval = Some(Duration::from_secs(2));
        let rate = Some(Rate {
            count: 3,
            per: Duration::from_secs(30),
        });
        let pace = Pace {
            interval,
            ..Pace::default()
        };
        assert_eq!(turns(pace, 4), [0, 2, 4, 6]);
        let pace = Pace {
            rate,
            ..Pace::default()
        };
        assert_eq!(turns(pace, 7), [0, 0, 0, 30, 30, 30, 60]);
        let pace = Pace {
            interval,
            rate,
            ..Pace::default()
        };
        assert_eq!(turns(pace, 7), [0, 2, 4, 30, 32, 34, 60]);
        assert_eq!(turns(Pace::default(), 3), [0, 0, 0]);
    }

    #[tokio::test]
    async fn no_stretch_has_more_attempts_than_its_rate_says() {
        let per = Duration::from_secs(10);
        let rate = Some(Rate { count: 5, per });
        let pace = Pace {
            rate,
            ..Pace::default()
        };
        let pacer = Pacer::new(pace, Turns::default());
        let start = Instant::now();
        let mut taken = Vec::new();
        for tenth in 0..1_000 {
            // Now eager, now not.
            let now = start + Duration::from_millis(100 * tenth);
            while tenth % 70 < 40 && pacer.take_turn(now).is_ok() {
                taken.push(now);
            }
        }
        assert!(taken.len() > 40);
        for stretch in taken.windows(6) {
            assert!(stretch[5] - stretch[0] >= per);
        }
    }

    #[tokio::test]
    async fn a_lane_that_takes_the_place_of_another_has_no_turns_of_its_own() {
        let per = Duration::from_secs(20);
        let pace = |count| Pace {
            rate: Some(Rate { count, per }),
            ..Pace::default()
        };
        let turns = Turns::default();
        let start = Instant::now();
        let before = Pacer::new(pace(2), turns.clone());
        assert_eq!(before.take_turn(start), Ok(()));
        assert_eq!(before.take_turn(start), Ok(()));
        let after = Pacer::new(pace(3), turns);
        assert_eq!(after.take_turn(start), Ok(()));
        assert_eq!(after.take_turn(start), Err(start + per));
        assert_eq!(before.take_turn(start), Err(start + per));
        assert_eq!(after.turns.0.lock().unwrap().len(), 3);
    }

    #[tokio::test]
    async fn what_was_not_used_is_not_saved_up() {
        let rate = Some(Rate {
            count: 2,
            per: Duration::from_secs(20),
        });
        let pace = Pace {
            rate,
            ..Pace::default()
        };
        let pacer = Pacer::new(pace, Turns::default());
        let start = Instant::now();
        let later = start + Duration::from_secs(1_000);
        assert_eq!(pacer.take_turn(start), Ok(()));
        assert_eq!(pacer.take_turn(later), Ok(()));
        assert_eq!(pacer.take_turn(later), Ok(()));
        assert_eq!(pacer.take_turn(later), Err(later + Duration::from_secs(20)));
    }

    #[test]
    fn windows_are_in_their_zone() {
        let check = |zone: Option<&str>, now: &str, expected| {
            let pace = Pace {
                windows: vec!["mon-fri 07:00-19:00".parse().unwrap()],
                zone: zone.map(|zone| jiff::tz::TimeZone::get(zone).unwrap()),
                ..Pace::default()
            };
            let closed = Pacer::new(pace, Turns::default()).closed_for(&now.parse().unwrap());
            assert_eq!(closed.map(|closed| closed.as_secs()), expected, "{zone:?} {now}");
        };
        check(None, "2026-11-23T07:00:00+00:00[UTC]", None);
        check(None, "2026-11-23T06:59:50+00:00[UTC]", Some(10));
        check(None, "2026-11-22T12:00:00+00:00[UTC]", Some(60));
        check(Some("America/Chicago"), "2026-11-23T12:59:59+00:00[UTC]", Some(1));
        check(Some("America/Chicago"), "2026-11-23T13:00:00+00:00[UTC]", None);
    }
}
