//! The store over sled 0.34: the only file that names it.
//!
//! sled's own `flush` does not survive a power cut: on Linux it ends in `sync_file_range`, which writes neither
//! metadata nor the drive's cache, and nothing in its documentation says so. The barrier here is `flush`, then
//! `fdatasync` through a second handle of sled's file. sled moves long values to files it never syncs, which is
//! why no value is longer than `STORED_BYTES_MAX`; and it panics on some damaged files, which is why it is opened
//! on a thread of its own. Opening is not reading only: sled rewrites the end of its file and its snapshot.
//!
//! # Why a commit keeps readers out, and looks at the segment
//!
//! sled's log is cut into segments. Each new segment says in its header up to where the log was stable, and
//! recovery believes it: when the segment of that place is missing, everything behind it is lost, or sled
//! panics. But stable means written, not synced. A header can reach the disk before what it vouches for, because
//! it may lie in a reused segment while the other is at the growing end of the file. (Power cuts have shown it:
//! the log said stable in segment 141, segments 142 to 147 were there, 141 was not.)
//!
//! Within a batch nothing becomes stable, so the headers it writes vouch for what was stable at its start. That
//! is safe when it lies in a segment that was synced. After a commit it always does; but in between sled also
//! writes while it *reads* (it splits and merges pages as it passes). So a commit first flushes such writes, and
//! syncs when they have left the synced segment; and nobody reads between a batch and its sync.

use std::{
    fs::File,
    io,
    ops::{ControlFlow, RangeInclusive},
    panic::{self, AssertUnwindSafe},
    path::{Path, PathBuf},
    sync::{
        Once, PoisonError, RwLock,
        atomic::{AtomicBool, AtomicI64, Ordering},
    },
    thread,
    time::Duration,
};

use bytes::Bytes;

use super::{
    key::Key,
    record::STORED_BYTES_MAX,
    store::{Batch, Store, StoreError, Visit},
};

/// sled's default. Below 256 KiB a power cut left files it panics on.
const SEGMENT_BYTES: i64 = 512 * 1024;
/// How long to wait before asking for the lock again.
const LOCK_POLL: Duration = Duration::from_millis(50);
const OPENING_THREAD: &str = "weir-outbox-opening";
/// The file of sled that holds everything.
const DATA_FILE: &str = "db";
/// The file beside it that is asked whether the file system still takes changes.
const PROBE_FILE: &str = "probe";

/// Why a store did not open.
#[derive(Debug)]
pub(super) enum SledOpenError {
    Locked,
    Io(io::Error),
    Damaged(String),
}

impl From<StoreError> for SledOpenError {
    fn from(error: StoreError) -> SledOpenError {
        SledOpenError::Io(io::Error::other(error))
    }
}

impl From<io::Error> for SledOpenError {
    fn from(error: io::Error) -> SledOpenError {
        SledOpenError::Io(error)
    }
}

/// An open store. Dropping it lets go of the lock.
pub(super) struct SledStore {
    db: ::sled::Db,
    /// Our own handle of sled's file, for the half of the barrier that sled leaves out.
    data: File,
    /// A file whose length is changed after each sync, and which of its two lengths is next.
    probe: File,
    length_is_odd: AtomicBool,
    /// The segment in which the synced log ends.
    synced: AtomicI64,
    /// Held by readers together, by a commit alone.
    quiet: RwLock<()>,
    /// A sync has failed: what it was to write may be gone, and the next sync would not say so.
    failed: AtomicBool,
}

impl SledStore {
    /// The segment in which the written log ends.
    fn segment(&self) -> i64 {
        self.db
            .context
            .pagecache
            .log
            .stable_offset()
            .div_euclid(SEGMENT_BYTES)
    }

    fn flush(&self) -> Result<(), StoreError> {
        self.db
            .flush()
            .map(drop)
            .map_err(|error| StoreError::new("flush", &error))
    }

    fn sync(&self) -> Result<(), StoreError> {
        let segment = self.segment();
        self.data
            .sync_data()
            .map_err(|error| StoreError::new("sync", &error))?;
        self.still_takes_changes()?;
        self.synced.store(segment, Ordering::Release);
        Ok(())
    }

    /// Asks for a change that a file system which has given up refuses: another length of an empty file.
    ///
    /// ext4 whose journal is aborted in the middle of a sync can drop what was to be written and still report the sync
    /// as done (seen on Linux 6.18, in one of ten such aborts). A change needs the journal, so whatever was dropped
    /// before the sync ended makes this one fail; it is not synced itself.
    fn still_takes_changes(&self) -> Result<(), StoreError> {
        let length = 1 + u64::from(self.length_is_odd.fetch_not(Ordering::Relaxed));
        self.probe
            .set_len(length)
            .map_err(|error| StoreError::new("sync", &error))
    }

    /// Brings the written log back into the synced segment. Readers must be kept out.
    fn settle(&self) -> Result<(), StoreError> {
        self.flush()?;
        if self.segment() == self.synced.load(Ordering::Acquire) {
            Ok(())
        } else {
            self.sync()
        }
    }

    /// Does work that writes, alone; after the first failure never again.
    fn alone(&self, work: impl FnOnce() -> Result<(), StoreError>) -> Result<(), StoreError> {
        let _alone = self.quiet.write().unwrap_or_else(PoisonError::into_inner);
        if self.failed.load(Ordering::Acquire) {
            return Err(StoreError::new("sync", &"an earlier one has failed"));
        }
        work().inspect_err(|_| self.failed.store(true, Ordering::Release))
    }

    /// Reads; and when sled wrote so much meanwhile that it left the synced segment, syncs that.
    fn read<T>(&self, read: impl FnOnce() -> Result<T, StoreError>) -> Result<T, StoreError> {
        let found = {
            let _together = self.quiet.read().unwrap_or_else(PoisonError::into_inner);
            // sled panics on some damaged pages; whoever reads is to see an error and not to die of it.
            panic::catch_unwind(AssertUnwindSafe(read))
                .map_err(|_| StoreError::new("read", &"sled panicked; the store is damaged"))??
        };
        if self.segment() != self.synced.load(Ordering::Acquire) {
            self.alone(|| self.settle())?;
        }
        Ok(found)
    }
}

/// Where sled keeps its data under a folder.
pub(super) fn data_file(folder: &Path) -> PathBuf {
    folder.join(DATA_FILE)
}

/// Opens or makes a store; waits for its lock if another process has it.
pub(super) fn open(
    folder: &Path,
    cache_bytes_max: usize,
    lock_wait: Duration,
) -> Result<SledStore, SledOpenError> {
    let config = ::sled::Config::new()
        .path(folder)
        .segment_size(SEGMENT_BYTES.unsigned_abs().try_into().unwrap_or(usize::MAX))
        // The writer thread is the only one who flushes.
        .flush_every_ms(None)
        .cache_capacity(cache_bytes_max as u64);
    let mut waited = Duration::ZERO;
    let db = loop {
        match open_guarded(config.clone()) {
            Err(SledOpenError::Locked) if waited < lock_wait => {
                thread::sleep(LOCK_POLL);
                waited += LOCK_POLL;
            }
            opened => break opened?,
        }
    };
    let data = File::open(data_file(folder))?;
    let probe = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(folder.join(PROBE_FILE))?;
    // A process killed before left bytes that can be read and are not yet durable; and a new store's files and
    // names have to reach the disk once.
    for entry in folder.read_dir()? {
        File::open(entry?.path())?.sync_all()?;
    }
    File::open(folder)?.sync_all()?;
    let store = SledStore {
        db,
        data,
        probe,
        length_is_odd: AtomicBool::new(false),
        synced: AtomicI64::new(0),
        quiet: RwLock::default(),
        failed: AtomicBool::new(false),
    };
    store.alone(|| store.flush().and_then(|()| store.sync()))?;
    Ok(store)
}

fn open_guarded(config: ::sled::Config) -> Result<::sled::Db, SledOpenError> {
    silence_panics_while_opening();
    let thread = thread::Builder::new()
        .name(OPENING_THREAD.to_owned())
        .spawn(move || config.open())?;
    match thread.join() {
        Ok(Ok(db)) => Ok(db),
        Ok(Err(error)) => Err(read_error(error)),
        Err(_panic) => Err(SledOpenError::Damaged(
            "sled panicked while it read it".to_owned(),
        )),
    }
}

fn read_error(error: ::sled::Error) -> SledOpenError {
    match error {
        // sled has no kind for it.
        ::sled::Error::Io(error) if error.to_string().contains("could not acquire lock") => {
            SledOpenError::Locked
        }
        ::sled::Error::Io(error) => SledOpenError::Io(error),
        error @ (::sled::Error::CollectionNotFound(_)
        | ::sled::Error::Unsupported(_)
        | ::sled::Error::ReportableBug(_)
        | ::sled::Error::Corruption { .. }) => SledOpenError::Damaged(error.to_string()),
    }
}

/// A panic on the opening thread becomes an error that says what to do; its own message would only hide that.
fn silence_panics_while_opening() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let previous = panic::take_hook();
        panic::set_hook(Box::new(move |panic| {
            if thread::current().name() != Some(OPENING_THREAD) {
                previous(panic);
            }
        }));
    });
}

impl Store for SledStore {
    fn commit(&self, batch: Batch) -> Result<(), StoreError> {
        let mut changes = ::sled::Batch::default();
        for (key, value) in batch.changes {
            match value {
                // sled moves longer ones to files that it never syncs.
                Some(value) if value.len() > STORED_BYTES_MAX => {
                    return Err(StoreError::new(
                        "apply",
                        &format_args!("a value of {} bytes", value.len()),
                    ));
                }
                Some(value) => changes.insert(key.as_ref(), value),
                None => changes.remove(key.as_ref()),
            }
        }
        self.alone(|| {
            self.settle()?;
            self.db
                .apply_batch(changes)
                .map_err(|error| StoreError::new("apply", &error))?;
            self.flush()?;
            self.sync()
        })
    }

    fn get(&self, key: &Key) -> Result<Option<Bytes>, StoreError> {
        self.read(|| {
            let value = self.db.get(key).map_err(|error| StoreError::new("get", &error))?;
            Ok(value.map(|value| Bytes::copy_from_slice(&value)))
        })
    }

    fn scan(&self, range: RangeInclusive<Key>, visit: &mut Visit<'_>) -> Result<(), StoreError> {
        self.read(|| {
            for pair in self.db.range(range) {
                let (key, value) = pair.map_err(|error| StoreError::new("scan", &error))?;
                if visit(&key, &value) == ControlFlow::Break(()) {
                    break;
                }
            }
            Ok(())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CACHE: usize = 8 * 1024 * 1024;

    #[test]
    fn it_conforms() {
        let folder = tempfile::tempdir().unwrap();
        super::super::store::conformance(&open(folder.path(), CACHE, Duration::ZERO).unwrap());
    }

    #[test]
    fn a_value_that_would_go_to_a_file_of_its_own_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let store = open(folder.path(), CACHE, Duration::ZERO).unwrap();
        for (length, is_taken) in [(STORED_BYTES_MAX, true), (STORED_BYTES_MAX + 1, false)] {
            let mut batch = Batch::default();
            batch.put(Key::meta(), vec![0; length]);
            assert_eq!(store.commit(batch).is_ok(), is_taken, "{length}");
        }
    }

    #[test]
    fn a_locked_store_is_told_from_a_damaged_one() {
        let folder = tempfile::tempdir().unwrap();
        let first = open(folder.path(), CACHE, Duration::ZERO).unwrap();
        assert!(matches!(
            open(folder.path(), CACHE, LOCK_POLL),
            Err(SledOpenError::Locked)
        ));
        drop(first);
        open(folder.path(), CACHE, Duration::from_secs(5)).unwrap();
    }
}
