//! Jobs on the disk: where each stands in one small file, replaced whole; the set of each in a file beside it.
//!
//! A set is numbers of messages, written once, so that what a job sends is what was looked at in its preview, whatever
//! comes in meanwhile or becomes of it. Neither holds anything of a message, nor what was searched for.

use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use tracing::error;

use super::job::Job;
use crate::durable;

/// The file in the data folder.
pub const FILE_NAME: &str = "resends.json";
/// The folder of the sets.
pub const FOLDER_NAME: &str = "resends";
/// Where the file is put when it cannot be read.
const ASIDE_NAME: &str = "resends.unreadable.json";
/// The format of the file.
const VERSION: u32 = 1;
/// The bytes of a number in a set.
const NUMBER_BYTES: usize = 8;

/// What stands in the file.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    version: u32,
    /// The outbox that ran when it was written: with another one an archive may count anew.
    store: String,
    /// The number of the next job.
    next: u64,
    jobs: Vec<Job>,
}

/// What was left.
pub(super) struct Left {
    pub(super) next: u64,
    pub(super) jobs: Vec<Job>,
    /// Whether the numbers of sets may be of other messages now.
    pub(super) is_of_another_outbox: bool,
}

/// Where jobs are kept.
pub(super) struct Place {
    data: PathBuf,
    store: String,
}

impl Place {
    pub(super) fn new(data: &Path, store_id: u128) -> Place {
        Place {
            data: data.to_owned(),
            store: format!("{store_id:032x}"),
        }
    }

    pub(super) fn file(&self) -> PathBuf {
        self.data.join(FILE_NAME)
    }

    fn set_file(&self, id: u64) -> PathBuf {
        self.data.join(FOLDER_NAME).join(id.to_string())
    }

    /// What was left. A file that cannot be read, or holds something else, is put aside, and nothing was left: no message
    /// depends on it. Blocks on the disk.
    pub(super) fn read(&self) -> Left {
        let read = match std::fs::read(self.file()) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return self.nothing(),
            Err(error) => Err(error.to_string()),
            Ok(bytes) => stored(&bytes),
        };
        match read {
            Ok(stored) => Left {
                next: stored.next,
                jobs: stored.jobs,
                is_of_another_outbox: stored.store != self.store,
            },
            Err(reason) => {
                self.put_aside(&reason);
                self.nothing()
            }
        }
    }

    fn put_aside(&self, reason: &str) {
        let (file, aside) = (self.file(), self.data.join(ASIDE_NAME));
        error!(
            file = %file.display(), aside = %aside.display(), reason,
            "the jobs that send messages again cannot be read: put aside, none of them goes on"
        );
        if let Err(error) = std::fs::rename(&file, &aside) {
            error!(file = %file.display(), %error, "it cannot be put aside: the next job takes its place");
        }
    }

    /// No jobs. The numbers of those whose sets are there are not given again.
    fn nothing(&self) -> Left {
        let sets = std::fs::read_dir(self.data.join(FOLDER_NAME));
        let names = sets.into_iter().flatten().flatten().map(|set| set.file_name());
        let numbers = names.filter_map(|name| name.to_str()?.parse::<u64>().ok());
        Left {
            next: numbers.max().unwrap_or(0).saturating_add(1),
            jobs: Vec::new(),
            is_of_another_outbox: false,
        }
    }

    /// Blocks on the disk.
    pub(super) fn write(&self, next: u64, jobs: Vec<Job>) -> io::Result<()> {
        let stored = Stored {
            version: VERSION,
            store: self.store.clone(),
            next,
            jobs,
        };
        durable::replace(&self.file(), &serde_json::to_vec_pretty(&stored)?)
    }

    /// Blocks on the disk.
    pub(super) fn write_set(&self, id: u64, set: &[u64]) -> io::Result<()> {
        durable::private_folder(&self.data.join(FOLDER_NAME))?;
        let mut bytes: Vec<u8> = set.iter().flat_map(|number| number.to_be_bytes()).collect();
        let checksum = crc32fast::hash(&bytes);
        bytes.extend_from_slice(&checksum.to_be_bytes());
        durable::replace(&self.set_file(id), &bytes)
    }

    /// The set of a job, whole or not at all. Blocks on the disk.
    pub(super) fn read_set(&self, id: u64, count: u64) -> io::Result<Vec<u64>> {
        let bytes = std::fs::read(self.set_file(id))?;
        let damaged = || io::Error::other("not what was written");
        let (numbers, checksum) = bytes.split_last_chunk().ok_or_else(damaged)?;
        let (numbers_of, rest) = numbers.as_chunks::<NUMBER_BYTES>();
        let is_whole = rest.is_empty() && numbers_of.len() as u64 == count;
        if !is_whole || crc32fast::hash(numbers).to_be_bytes() != *checksum {
            return Err(damaged());
        }
        Ok(numbers_of
            .iter()
            .map(|number| u64::from_be_bytes(*number))
            .collect())
    }

    /// Blocks on the disk.
    pub(super) fn remove_set(&self, id: u64) {
        // One that is left is in nobody's way.
        drop(std::fs::remove_file(self.set_file(id)));
    }
}

fn stored(bytes: &[u8]) -> Result<Stored, String> {
    let stored: Stored = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
    if stored.version != VERSION {
        return Err(format!("format {}, expected {VERSION}", stored.version));
    }
    Ok(stored)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_reads_back_whole_or_not_at_all() {
        let folder = tempfile::tempdir().unwrap();
        let place = Place::new(folder.path(), 7);
        let set = [3, 1, 10_000_000_000_017];
        place.write_set(1, &set).unwrap();
        assert_eq!(place.read_set(1, 3).unwrap(), set);
        assert!(place.read_set(1, 2).is_err(), "another count");
        let file = place.set_file(1);
        let good = std::fs::read(&file).unwrap();
        for bit in 0..good.len() * 8 {
            let mut bad = good.clone();
            bad[bit / 8] ^= 1 << (bit % 8);
            std::fs::write(&file, bad).unwrap();
            assert!(place.read_set(1, 3).is_err(), "bit {bit}");
        }
        for end in 0..good.len() {
            std::fs::write(&file, &good[..end]).unwrap();
            assert!(place.read_set(1, 3).is_err(), "cut at {end}");
        }
    }

    #[test]
    fn what_was_left_of_another_outbox_is_told_apart() {
        let folder = tempfile::tempdir().unwrap();
        let place = Place::new(folder.path(), 7);
        assert_eq!(place.read().next, 1);
        place.write(5, Vec::new()).unwrap();
        let of = |store| {
            let left = Place::new(folder.path(), store).read();
            (left.next, left.is_of_another_outbox)
        };
        assert_eq!(of(7), (5, false));
        assert_eq!(of(8), (5, true));
    }

    #[test]
    fn what_cannot_be_read_is_put_aside_and_no_number_is_given_again() {
        for damaged in ["{}", "", "{\"version\":9,\"store\":\"\",\"next\":1,\"jobs\":[]}"] {
            let folder = tempfile::tempdir().unwrap();
            let place = Place::new(folder.path(), 7);
            place.write_set(3, &[1]).unwrap();
            place.write_set(11, &[1]).unwrap();
            std::fs::write(place.file(), damaged).unwrap();
            let left = place.read();
            assert_eq!((left.next, left.jobs.len()), (12, 0), "{damaged}");
            assert!(!place.file().exists());
            let aside = std::fs::read_to_string(folder.path().join(ASIDE_NAME));
            assert_eq!(aside.unwrap(), damaged, "as it was");
        }
    }

    #[test]
    fn no_file_keeps_weir_from_starting() {
        let folder = tempfile::tempdir().unwrap();
        let place = Place::new(folder.path(), 7);
        std::fs::create_dir(place.file()).unwrap();
        assert_eq!(place.read().next, 1);
        assert!(folder.path().join(ASIDE_NAME).is_dir());
        place.write(5, Vec::new()).unwrap();
        assert_eq!(place.read().next, 5);
    }
}
