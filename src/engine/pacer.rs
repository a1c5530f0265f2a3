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

    /// Waits until an attempt may be made, and counts it.
    pub(super) async fn wait(&self) {
        while let Some(closed) = self.closed_for(&clock::now_local()) {
            sleep(closed).await;
        }
        if let Some(at) = self.take_turn(Instant::now()) {
            sleep_until(at).await;
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

    /// Takes the next turn; when it is, unless that is now.
    fn take_turn(&self, now: Instant) -> Option<Instant> {
        if self.pace.interval.is_none() && self.pace.rate.is_none() {
            return None;
        }
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        let mut at = now.max(next.after_interval.unwrap_or(now));
        if let Some(rate) = self.pace.rate {
            // The generic cell rate algorithm: `count` at once, and then one in each `per / count`.
            let share = rate.per / rate.count;
            let even = next.even.unwrap_or(at).max(at);
            let burst = rate.per.saturating_sub(share);
            at = at.max(even.checked_sub(burst).unwrap_or(at));
            next.even = Some(even.max(at) + share);
        }
        next.after_interval = self.pace.interval.map(|interval| at + interval);
        (at > now).then_some(at)
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
        let turns = (0..count).map(|_| pacer.take_turn(start).map_or(0, |at| (at - start).as_secs()));
        turns.collect()
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
        assert_eq!(pacer.take_turn(start), None);
        assert_eq!(pacer.take_turn(later), None);
        assert_eq!(pacer.take_turn(later), None);
        assert_eq!(pacer.take_turn(later), Some(later + Duration::from_secs(10)));
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
