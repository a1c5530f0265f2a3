//! Keeps a lane to its pace: the windows it may send in, the pause between two attempts, the rate.
//!
//! Shared by all connections of a destination. Windows are what people mean by the clock on the wall; pauses and
//! rates go by the monotonic clock.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use jiff::Zoned;
use tokio::time::{Instant, sleep, sleep_until};

use crate::clock;
use crate::config::Pace;

/// The pace of one destination.
pub(super) struct Pacer {
    pace: Pace,
    next: Mutex<Next>,
}

/// When the next attempt may be made.
#[derive(Default)]
struct Next {
    /// By the interval.
    after_interval: Option<Instant>,
    /// By the rate: when all that was let through would have gone at an even pace.
    even: Option<Instant>,
}

impl Pacer {
    pub(super) fn new(pace: Pace) -> Pacer {
        Pacer {
            pace,
            next: Mutex::default(),
        }
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
    fn take_turn(&self, now: Instant) -> Result<(), Instant> {
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        let mut at = now.max(next.after_interval.unwrap_or(now));
        let mut even = None;
        if let Some(rate) = self.pace.rate {
            // The generic cell rate algorithm: `count` at once, and then one in each `per / count`.
            let share = rate.per / rate.count;
            let so_far = next.even.unwrap_or(at).max(at);
            let burst = rate.per.saturating_sub(share);
            at = at.max(so_far.checked_sub(burst).unwrap_or(at));
            even = Some(so_far.max(at) + share);
        }
        if at > now {
            return Err(at);
        }
        next.even = even;
        next.after_interval = self.pace.interval.map(|interval| at + interval);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Rate;

    /// The seconds at which so many attempts go that are asked for at once.
    fn turns(pace: Pace, count: usize) -> Vec<u64> {
        let pacer = Pacer::new(pace);
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
        assert_eq!(turns(pace, 6), [0, 0, 0, 10, 20, 30]);
        let pace = Pace {
            interval,
            rate,
            ..Pace::default()
        };
        assert_eq!(turns(pace, 5), [0, 2, 4, 10, 20]);
        assert_eq!(turns(Pace::default(), 3), [0, 0, 0]);
    }

    #[tokio::test]
    async fn what_was_not_used_is_not_saved_up() {
        let rate = Some(Rate {
            count: 2,
            per: Duration::from_secs(20),
        });
        let pacer = Pacer::new(Pace {
            rate,
            ..Pace::default()
        });
        let start = Instant::now();
        let later = start + Duration::from_secs(1_000);
        assert_eq!(pacer.take_turn(start), Ok(()));
        assert_eq!(pacer.take_turn(later), Ok(()));
        assert_eq!(pacer.take_turn(later), Ok(()));
        assert_eq!(pacer.take_turn(later), Err(later + Duration::from_secs(10)));
    }

    #[test]
    fn windows_are_in_their_zone() {
        let check = |zone: Option<&str>, now: &str, expected| {
            let pace = Pace {
                windows: vec!["mon-fri 07:00-19:00".parse().unwrap()],
                zone: zone.map(|zone| jiff::tz::TimeZone::get(zone).unwrap()),
                ..Pace::default()
            };
            let closed = Pacer::new(pace).closed_for(&now.parse().unwrap());
            assert_eq!(closed.map(|closed| closed.as_secs()), expected, "{zone:?} {now}");
        };
        check(None, "2026-11-23T07:00:00+00:00[UTC]", None);
        check(None, "2026-11-23T06:59:50+00:00[UTC]", Some(10));
        check(None, "2026-11-22T12:00:00+00:00[UTC]", Some(60));
        check(Some("America/Chicago"), "2026-11-23T12:59:59+00:00[UTC]", Some(1));
        check(Some("America/Chicago"), "2026-11-23T13:00:00+00:00[UTC]", None);
    }
}
