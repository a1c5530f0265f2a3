//! The time that things are deleted by: the wall clock, as long as it can be believed.
//!
//! What is deleted by age does not come back, and a clock that is ten years ahead for a minute would delete all of it.
//! So a clock that leaps ahead of the time that has passed, as the monotonic clock and the last start tell it, is not
//! believed until it has gone on from there for a day; meanwhile time passes as it did. A clock that is set back is
//! believed at once: that deletes less.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use metrics::gauge;
use tracing::{info, warn};

use crate::metrics::CLOCK_AHEAD_SECONDS;
use crate::{clock, durable};

/// Its name in the data folder.
const FILE_NAME: &str = "calendar";
/// How far a clock may be set ahead while weir runs, and be believed.
const LEAP_MIN: SignedDuration = SignedDuration::from_hours(1);
/// How long weir may have been down, and the clock be believed.
const DOWN_MAX: SignedDuration = SignedDuration::from_hours(24);
/// How long a clock that has leapt must go on from there.
const STEADY: Duration = Duration::from_secs(24 * 60 * 60);
/// How often what is believed is written down.
const WRITE_EVERY: SignedDuration = SignedDuration::from_mins(10);

/// What is believed. It asks the clock when it is asked itself.
pub struct Calendar {
    path: PathBuf,
    belief: Mutex<Belief>,
}

struct Belief {
    /// What time it was …
    time: Timestamp,
    /// … at this moment.
    at: Instant,
    /// Where the clock leapt to, and when that was seen.
    leap: Option<(Timestamp, Instant)>,
    /// What the next process will know.
    written: Option<Timestamp>,
}

impl Calendar {
    /// Goes on with what the last process with this data folder believed; without one the clock is believed. Blocks on
    /// the disk.
    pub fn open(data: &Path) -> Calendar {
        let path = data.join(FILE_NAME);
        let written: Option<Timestamp> = fs::read_to_string(&path)
            .ok()
            .and_then(|text| text.trim().parse().ok());
        Calendar {
            path,
            belief: Mutex::new(Belief::begin(written, clock::now(), clock::monotonic())),
        }
    }

    /// The time to delete by. Blocks on the disk.
    pub fn now(&self) -> Timestamp {
        let mut belief = self.belief.lock().unwrap_or_else(PoisonError::into_inner);
        let wall = clock::now();
        let now = belief.look(wall, clock::monotonic());
        gauge!(CLOCK_AHEAD_SECONDS).set(wall.duration_since(now).as_secs_f64());
        let is_written = |written: Timestamp| now.duration_since(written).abs() < WRITE_EVERY;
        if !belief.written.is_some_and(is_written) {
            match durable::replace(&self.path, format!("{now}\n").as_bytes()) {
                Ok(()) => belief.written = Some(now),
                Err(failure) => {
                    warn!(%failure, file = %self.path.display(), "cannot write down what time it is");
                }
            }
        }
        now
    }
}

impl Belief {
    fn begin(written: Option<Timestamp>, wall: Timestamp, at: Instant) -> Belief {
        let is_near = |written: Timestamp| wall.duration_since(written) < DOWN_MAX;
        let time = written.filter(|written| !is_near(*written)).unwrap_or(wall);
        Belief {
            time,
            at,
            leap: None,
            written,
        }
    }

    fn look(&mut self, wall: Timestamp, at: Instant) -> Timestamp {
        let passed = after(self.time, self.at, at);
        if wall.duration_since(passed) < LEAP_MIN {
            if self.leap.take().is_some() {
                info!("the clock is believed again");
            }
            (self.time, self.at) = (wall, at);
            return wall;
        }
        let on_from =
            |(to, seen): (Timestamp, Instant)| wall.duration_since(after(to, seen, at)).abs() < LEAP_MIN;
        match self.leap.filter(|leap| on_from(*leap)) {
            Some((_, seen)) if at.duration_since(seen) >= STEADY => {
                info!(to = %wall, "the clock has gone on for a day from where it leapt to, and is believed");
                self.leap = None;
                (self.time, self.at) = (wall, at);
                wall
            }
            Some(_) => passed,
            None => {
                warn!(
                    believed = %passed, clock = %wall,
                    "the clock leapt ahead, or weir was down for long: nothing is deleted by it until it has gone on for a day"
                );
                self.leap = Some((wall, at));
                passed
            }
        }
    }
}

/// What time it is when this much has passed.
fn after(time: Timestamp, then: Instant, now: Instant) -> Timestamp {
    let passed = now.saturating_duration_since(then);
    time.saturating_add(SignedDuration::try_from(passed).unwrap_or(SignedDuration::MAX))
        .unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: u64 = 60;
    const HOUR: u64 = 60 * MINUTE;
    const DAY: u64 = 24 * HOUR;

    /// Seconds after some moment.
    fn time(seconds: u64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + i64::try_from(seconds).unwrap()).unwrap()
    }

    /// Looks at these seconds of the process, with what the clock shows then and what is believed.
    #[track_caller]
    fn check(written: Option<u64>, looks: &[(u64, u64, u64)]) {
        let begun = clock::monotonic();
        let mut belief: Option<Belief> = None;
        for &(passed, wall, believed) in looks {
            let at = begun + Duration::from_secs(passed);
            let belief = belief.get_or_insert_with(|| Belief::begin(written.map(time), time(wall), at));
            assert_eq!(belief.look(time(wall), at), time(believed), "after {passed} s");
        }
    }

    #[test]
    fn a_clock_that_goes_on_is_believed() {
        check(
            None,
            &[(0, 5, 5), (60, 65, 65), (10 * DAY, 10 * DAY + 5, 10 * DAY + 5)],
        );
        // Some minutes ahead, and back again, as a clock is put right.
        check(None, &[(0, 0, 0), (60, 20 * MINUTE, 20 * MINUTE), (90, 90, 90)]);
    }

    #[test]
    fn a_leap_is_not_believed_and_gone_when_the_clock_is_back() {
        let far = 3_650 * DAY;
        check(
            None,
            &[(0, 0, 0), (60, far, 60), (120, far + 60, 120), (180, 180, 180)],
        );
        // Two clocks in turn are no clock that goes on.
        let mut looks = vec![(0, 0, 0)];
        looks.extend((1..100).map(|hour| (hour * HOUR, (hour % 2 + 1) * far, hour * HOUR)));
        check(None, &looks);
    }

    #[test]
    fn a_leap_that_goes_on_for_a_day_is_believed() {
        let far = 100 * DAY;
        let looks: Vec<_> = (1..24)
            .map(|hour| (hour * HOUR, far + hour * HOUR, hour * HOUR))
            .collect();
        let looks = [
            &[(0, 0, 0)],
            &looks[..],
            &[(25 * HOUR, far + 25 * HOUR, far + 25 * HOUR)],
        ]
        .concat();
        check(None, &looks);
    }

    #[test]
    fn a_clock_that_is_set_back_is_believed_at_once() {
        check(None, &[(0, 50 * DAY, 50 * DAY), (10, 10, 10), (20, 50 * DAY, 20)]);
        check(Some(50 * DAY), &[(0, 10, 10)]);
    }

    #[test]
    fn what_was_believed_holds_over_a_start() {
        check(Some(0), &[(0, 23 * HOUR, 23 * HOUR)]);
        check(Some(0), &[(0, 30 * DAY, 0), (60, 30 * DAY + 60, 60)]);
        let data = tempfile::tempdir().unwrap();
        let now = Calendar::open(data.path()).now();
        let written = fs::read_to_string(data.path().join(FILE_NAME)).unwrap();
        assert_eq!(written, format!("{now}\n"));
        // As a clock left it that was a year behind: this one is not believed.
        let before = now - SignedDuration::from_hours(365 * 24);
        fs::write(data.path().join(FILE_NAME), format!("{before}\n")).unwrap();
        assert!(Calendar::open(data.path()).now() < now - SignedDuration::from_hours(364 * 24));
        // What is not what weir wrote is as good as nothing.
        fs::write(data.path().join(FILE_NAME), "soon").unwrap();
        assert!(Calendar::open(data.path()).now() >= now);
    }
}
