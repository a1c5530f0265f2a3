//! How full the outbox is, and whether it takes more: back-pressure with a high and a low water mark.
//!
//! Over the high mark nothing more is taken, deliveries go on, and under the low mark it is taken again without
//! anybody's doing. The space kept free on the disk is what deliveries need to be settled.

use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::Limits;

/// What keeps out even what takes the place of something else, since that has to be written first.
pub(super) const FULL_DISK: &str = "too little free space on the disk";

/// How full a store and its disk are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Level {
    /// Deliveries not settled, and dead letters.
    pub entries: u64,
    /// The bytes of all bodies kept for them.
    pub bytes: u64,
    /// What is left on the disk, when that is known.
    pub disk_free_bytes: Option<u64>,
}

/// Watches the level.
pub(super) struct Gauge {
    limits: Limits,
    state: Mutex<State>,
}

#[derive(Clone, Copy, Default)]
struct State {
    level: Level,
    full: Option<&'static str>,
}

impl Gauge {
    pub(super) fn new(limits: Limits) -> Gauge {
        Gauge {
            limits,
            state: Mutex::default(),
        }
    }

    /// Notes a new level.
    pub(super) fn measure(&self, level: &Level) {
        let mut state = self.state();
        let full = fullness(level, &self.limits, state.full.is_some());
        match (state.full, full) {
            (None, Some(what)) => {
                tracing::error!(what, ?level, "the outbox is full: nothing more is accepted");
            }
            (Some(_), None) => tracing::warn!(?level, "the outbox has room again"),
            (None, None) | (Some(_), Some(_)) => {}
        }
        *state = State { level: *level, full };
    }

    /// How full it is.
    pub(super) fn level(&self) -> Level {
        self.state().level
    }

    /// What there is too much or too little of, when nothing more is taken.
    pub(super) fn full(&self) -> Option<&'static str> {
        self.state().full
    }

    /// How full it is, in percent of the limit that it is nearest to.
    pub(super) fn percent(&self) -> u64 {
        percent(&self.level(), &self.limits)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What is over its limit; for an outbox that was full, over nine tenths of it.
fn fullness(level: &Level, limits: &Limits, was_full: bool) -> Option<&'static str> {
    let low = |high: u64| if was_full { high - high / 10 } else { high };
    let reserve = limits.disk_free_bytes_min;
    let reserve = if was_full {
        reserve.saturating_add(reserve / 10)
    } else {
        reserve
    };
    if level.entries >= low(limits.entries_max) {
        Some("deliveries and dead letters")
    } else if level.bytes >= low(limits.stored_bytes_max) {
        Some("bytes of messages")
    } else if level.disk_free_bytes.is_some_and(|free| free < reserve) {
        Some(FULL_DISK)
    } else {
        None
    }
}

/// How near it is to the nearest of its limits, where 100 is full. The disk is as full as its reserve is of what is left.
fn percent(level: &Level, limits: &Limits) -> u64 {
    let of = |part: u64, whole: u64| part.saturating_mul(100) / whole.max(1);
    let disk = level
        .disk_free_bytes
        .map_or(0, |free| of(limits.disk_free_bytes_min, free));
    [
        of(level.entries, limits.entries_max),
        of(level.bytes, limits.stored_bytes_max),
        disk,
    ]
    .into_iter()
    .max()
    .unwrap_or_default()
}

/// What the files of this folder, and of those in it, take.
pub(super) fn folder_bytes(folder: &Path) -> Option<u64> {
    let mut bytes = 0;
    for entry in std::fs::read_dir(folder).ok()? {
        // One that is gone by now takes nothing.
        let Ok(entry) = entry else { continue };
        let Ok(metadata) = entry.metadata() else { continue };
        bytes += if metadata.is_dir() {
            folder_bytes(&entry.path()).unwrap_or_default()
        } else {
            metadata.len()
        };
    }
    Some(bytes)
}

/// What is left for us on the disk of this folder.
pub(super) fn disk_free_bytes(folder: &Path) -> Option<u64> {
    let disk = rustix::fs::statvfs(folder).ok()?;
    Some(disk.f_bavail.saturating_mul(disk.f_frsize))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn high_and_low_water() {
        let limits = Limits {
            entries_max: 100,
            stored_bytes_max: 1_000,
            disk_free_bytes_min: 50,
        };
        let check = |(entries, bytes, free), was_full, expected| {
            let level = Level {
                entries,
                bytes,
                disk_free_bytes: free,
            };
            assert_eq!(
                fullness(&level, &limits, was_full),
                expected,
                "{level:?} {was_full}"
            );
        };
        check((99, 999, Some(50)), false, None);
        check((99, 999, None), false, None);
        check((100, 0, Some(99)), false, Some("deliveries and dead letters"));
        check((0, 1_000, Some(99)), false, Some("bytes of messages"));
        check((0, 0, Some(49)), false, Some("too little free space on the disk"));
        check((90, 0, Some(99)), true, Some("deliveries and dead letters"));
        check((89, 899, Some(55)), true, None);
        check((0, 900, Some(99)), true, Some("bytes of messages"));
        check((0, 0, Some(54)), true, Some("too little free space on the disk"));
    }

    #[test]
    fn how_near_the_nearest_limit_is() {
        let limits = Limits {
            entries_max: 100,
            stored_bytes_max: 1_000,
            disk_free_bytes_min: 50,
        };
        let check = |(entries, bytes, disk_free_bytes), expected| {
            let level = Level {
                entries,
                bytes,
                disk_free_bytes,
            };
            assert_eq!(percent(&level, &limits), expected, "{level:?}");
        };
        check((0, 0, None), 0);
        check((80, 10, Some(1_000)), 80);
        check((10, 900, None), 90);
        check((0, 0, Some(100)), 50);
        check((0, 0, Some(50)), 100);
        check((0, 0, Some(0)), 5_000);
    }

    #[test]
    fn a_folder_is_as_large_as_its_files() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("blobs")).unwrap();
        std::fs::write(folder.path().join("db"), [0; 100]).unwrap();
        std::fs::write(folder.path().join("blobs/1"), [0; 10]).unwrap();
        assert_eq!(folder_bytes(folder.path()), Some(110));
        assert_eq!(folder_bytes(&folder.path().join("gone")), None);
    }

    #[test]
    fn the_disk_tells_what_is_left() {
        assert!(disk_free_bytes(Path::new(".")).is_some_and(|free| free > 0));
        assert_eq!(disk_free_bytes(Path::new("/nowhere/at/all")), None);
    }
}
