//! What is in hand while it is parsed and routed, so that a message that ends the process is known to the next start.
//!
//! A panic is caught and is one message's trouble; what ends the process (a stack that overflows, memory that is
//! not given) would end it again and again, because the sender sends again what was not acknowledged. So the hash
//! of each message stands in a slot of one small file while weir works on it. The file is written and never synced:
//! what the kernel holds of it outlives the process, and after a power cut nobody is to be blamed.
//! A message that was in hand at two crashes, and was not got through in between, is not taken again.
//! It holds hashes and counts, never a message. Only intake is marked: a delivery waits for its receiver most of the
//! time, and would be blamed for whatever ended the process meanwhile.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};
use thiserror::Error;
use tracing::{error, warn};

/// The slots: a hash each, zeros when nothing is in hand.
const SLOTS_FILE: &str = "in-hand";
/// Who was in hand at crashes.
const SUSPECTS_FILE: &str = "suspects.json";
/// The format of the second.
const VERSION: u32 = 1;
/// Messages in hand at once that are marked; one more goes unmarked.
const SLOTS_MAX: usize = 64;
const SLOT_BYTES: usize = 16;
/// Suspects that are remembered; those seen at one crash only are forgotten first.
const SUSPECTS_MAX: usize = 1_000;
/// In hand at so many crashes, a message is not taken again.
const CRASHES_MAX: u32 = 2;

/// What names a message: a hash of it, of the site's version and of weir's own. With another site or another weir it
/// gets another chance.
type Hash = [u8; SLOT_BYTES];

const EMPTY: Hash = [0; SLOT_BYTES];

/// The files cannot be read or written.
#[derive(Debug, Error)]
#[error("{}: {source}", path.display())]
pub struct InHandError {
    path: PathBuf,
    source: io::Error,
}

/// A message that was in hand at too many crashes.
pub(super) struct Quarantined;

/// What is in hand, and what was when weir crashed.
pub(super) struct InHand {
    slots: File,
    free: Mutex<Vec<usize>>,
    /// Whether there are suspects at all, so that there is nothing to look up in ordinary times.
    suspicious: AtomicBool,
    suspects: Mutex<Suspects>,
    path: PathBuf,
    /// Said once that a slot cannot be written.
    warned: AtomicBool,
}

/// How many crashes each was in hand at, by its hash in hexadecimal digits.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Suspects {
    version: u32,
    crashes: BTreeMap<String, u32>,
}

impl InHand {
    /// Reads what the last run left in this folder. The outbox's lock must be held: another weir's messages are no
    /// suspects.
    pub(super) fn open(data: &Path) -> Result<InHand, InHandError> {
        let (slots_path, path) = (data.join(SLOTS_FILE), data.join(SUSPECTS_FILE));
        let in_file = |path: &Path| {
            let path = path.to_owned();
            move |source| InHandError { path, source }
        };
        let mut suspects = read(&path).map_err(in_file(&path))?;
        let left = left_in_hand(&slots_path).map_err(in_file(&slots_path))?;
        if !left.is_empty() {
            suspects.add(&left);
            suspects.write(&path).map_err(in_file(&path))?;
        }
        fs::write(&slots_path, [0; SLOTS_MAX * SLOT_BYTES]).map_err(in_file(&slots_path))?;
        let slots = File::options().write(true).open(&slots_path);
        Ok(InHand {
            slots: slots.map_err(in_file(&slots_path))?,
            free: Mutex::new((0..SLOTS_MAX).collect()),
            suspicious: AtomicBool::new(!suspects.crashes.is_empty()),
            suspects: Mutex::new(suspects),
            path,
            warned: AtomicBool::new(false),
        })
    }

    /// Marks a message as in hand until what is returned is dropped; or says that it is not to be taken.
    pub(super) fn take(self: &Arc<Self>, bytes: &[u8], site_version: &str) -> Result<Held, Quarantined> {
        let hash = hash(bytes, site_version);
        let is_suspect = self.suspicious.load(Ordering::Relaxed) && self.is_suspect(&hash)?;
        let slot = lock(&self.free).pop();
        if let Some(slot) = slot {
            self.write(slot, &hash);
        }
        Ok(Held {
            in_hand: Arc::clone(self),
            slot,
            suspect: is_suspect.then_some(hash),
        })
    }

    fn is_suspect(&self, hash: &Hash) -> Result<bool, Quarantined> {
        let suspects = lock(&self.suspects);
        let name = name(hash);
        match suspects.crashes.get(&name) {
            None => Ok(false),
            Some(crashes) if *crashes < CRASHES_MAX => Ok(true),
            Some(crashes) => {
                warn!(
                    message = name,
                    crashes, "not taken: it was in hand when weir crashed; see {SUSPECTS_FILE}"
                );
                Err(Quarantined)
            }
        }
    }

    /// A message that cannot be marked is taken all the same: a full disk is no reason to refuse one.
    fn write(&self, slot: usize, hash: &Hash) {
        let written = self.slots.write_all_at(hash, (slot * SLOT_BYTES) as u64);
        if let Err(error) = written
            && !self.warned.swap(true, Ordering::Relaxed)
        {
            warn!(%error, "messages in hand cannot be marked: one that ends the process will not be known for it");
        }
    }

    /// It was got through: whatever ended the process, it was not this one.
    fn acquit(&self, hash: &Hash) {
        let mut suspects = lock(&self.suspects);
        suspects.crashes.remove(&name(hash));
        self.suspicious
            .store(!suspects.crashes.is_empty(), Ordering::Relaxed);
        if let Err(error) = suspects.write(&self.path) {
            warn!(%error, "the suspects could not be written down");
        }
    }
}

/// A message in hand.
pub(super) struct Held {
    in_hand: Arc<InHand>,
    slot: Option<usize>,
    suspect: Option<Hash>,
}

impl Drop for Held {
    fn drop(&mut self) {
        if let Some(slot) = self.slot {
            self.in_hand.write(slot, &EMPTY);
            lock(&self.in_hand.free).push(slot);
        }
        if let Some(hash) = &self.suspect {
            self.in_hand.acquit(hash);
        }
    }
}

impl Suspects {
    /// One more crash of these.
    fn add(&mut self, left: &[Hash]) {
        for hash in left {
            let name = name(hash);
            let crashes = self.crashes.entry(name.clone()).or_default();
            *crashes = crashes.saturating_add(1);
            if *crashes < CRASHES_MAX {
                warn!(message = name, "was in hand when weir crashed");
            } else {
                error!(
                    message = name,
                    crashes, "was in hand when weir crashed, and is not taken any more"
                );
            }
        }
        for keep in 1..=CRASHES_MAX {
            if self.crashes.len() > SUSPECTS_MAX {
                self.crashes.retain(|name, crashes| {
                    *crashes > keep || left.iter().any(|hash| self::name(hash) == *name)
                });
            }
        }
    }

    fn write(&self, path: &Path) -> io::Result<()> {
        let new = path.with_extension("new");
        fs::write(&new, serde_json::to_vec_pretty(self)?)?;
        fs::rename(new, path)
    }
}

/// The hashes that a crash has left in the slots.
fn left_in_hand(path: &Path) -> io::Result<Vec<Hash>> {
    let bytes = match fs::read(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        bytes => bytes?,
    };
    let (slots, _) = bytes.as_chunks::<SLOT_BYTES>();
    let mut left: Vec<Hash> = slots.iter().take(SLOTS_MAX).copied().collect();
    left.retain(|hash| *hash != EMPTY);
    // One sent over several connections is in hand several times, and still at one crash.
    left.sort_unstable();
    left.dedup();
    Ok(left)
}

/// A file that cannot be understood accuses nobody: it is no part of what was accepted.
fn read(path: &Path) -> io::Result<Suspects> {
    let none = || Suspects {
        version: VERSION,
        crashes: BTreeMap::new(),
    };
    let bytes = match fs::read(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(none()),
        bytes => bytes?,
    };
    let read = serde_json::from_slice::<Suspects>(&bytes);
    Ok(read
        .ok()
        .filter(|suspects| suspects.version == VERSION)
        .unwrap_or_else(|| {
            warn!(
                "{}: not a file of this version of weir, begun anew",
                path.display()
            );
            none()
        }))
}

fn hash(bytes: &[u8], site_version: &str) -> Hash {
    let mut hasher = blake3::Hasher::new();
    for version in [env!("CARGO_PKG_VERSION"), site_version] {
        // Lengths before contents, so that no two run together to the same bytes.
        hasher.update(&(version.len() as u64).to_le_bytes());
        hasher.update(version.as_bytes());
    }
    hasher.update(bytes);
    let mut hash = EMPTY;
    hasher.finalize_xof().fill(&mut hash);
    hash
}

fn name(hash: &Hash) -> String {
    format!("{:032x}", u128::from_be_bytes(*hash))
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SITE: &str = "one";

    /// A run that takes these and crashes with them in hand; which of them it did not take.
    fn crash_with(data: &Path, messages: &[&str]) -> Vec<bool> {
        let in_hand = Arc::new(InHand::open(data).unwrap());
        let refused = |message: &&str| match in_hand.take(message.as_bytes(), SITE) {
            Ok(held) => {
                // Nothing is dropped in a crash.
                std::mem::forget(held);
                false
            }
            Err(Quarantined) => true,
        };
        messages.iter().map(refused).collect()
    }

    fn is_taken(data: &Path, message: &str, site_version: &str) -> bool {
        let in_hand = Arc::new(InHand::open(data).unwrap());
        in_hand.take(message.as_bytes(), site_version).is_ok()
    }

    #[test]
    fn who_was_in_hand_at_two_crashes_is_not_taken_and_others_are() {
        let data = tempfile::tempdir().unwrap();
        let data = data.path();
        assert_eq!(crash_with(data, &["bad", "beside"]), [false, false]);
        assert_eq!(crash_with(data, &["bad"]), [false]);
        assert_eq!(crash_with(data, &["bad", "good"]), [true, false]);
        // For good, and whatever else crashes.
        assert_eq!(crash_with(data, &["bad", "other"]), [true, false]);
        assert!(!is_taken(data, "bad", SITE));
        assert!(is_taken(data, "bad, but mended", SITE));
        assert!(is_taken(data, "bad", "another site"));
    }

    #[test]
    fn who_is_got_through_in_between_is_no_suspect_any_more() {
        let data = tempfile::tempdir().unwrap();
        let data = data.path();
        for _ in 0..3 {
            crash_with(data, &["slow"]);
            assert!(is_taken(data, "slow", SITE));
        }
    }

    #[test]
    fn who_comes_over_two_connections_is_in_hand_at_one_crash() {
        let data = tempfile::tempdir().unwrap();
        assert_eq!(crash_with(data.path(), &["twice", "twice"]), [false, false]);
        assert!(is_taken(data.path(), "twice", SITE));
    }

    #[test]
    fn more_than_can_be_marked_are_taken_and_what_is_done_makes_room() {
        let data = tempfile::tempdir().unwrap();
        let in_hand = Arc::new(InHand::open(data.path()).unwrap());
        let take = |number: usize| in_hand.take(number.to_string().as_bytes(), SITE).ok().unwrap();
        for _ in 0..2 {
            let held: Vec<Held> = (0..=SLOTS_MAX).map(take).collect();
            let marked = left_in_hand(&data.path().join(SLOTS_FILE)).unwrap();
            assert_eq!(marked.len(), SLOTS_MAX);
            drop(held);
            assert_eq!(left_in_hand(&data.path().join(SLOTS_FILE)).unwrap(), [EMPTY; 0]);
        }
    }

    #[test]
    fn the_suspects_are_bounded_and_the_worst_stay_longest() {
        let mut suspects = Suspects {
            version: VERSION,
            crashes: BTreeMap::new(),
        };
        let worst = hash(b"worst", SITE);
        suspects.add(&[worst]);
        suspects.add(&[worst]);
        for number in 0..2 * SUSPECTS_MAX {
            suspects.add(&[hash(number.to_string().as_bytes(), SITE)]);
            assert!(suspects.crashes.len() <= SUSPECTS_MAX);
        }
        assert_eq!(suspects.crashes.get(&name(&worst)), Some(&2));
    }

    #[test]
    fn a_file_that_is_not_understood_accuses_nobody() {
        let data = tempfile::tempdir().unwrap();
        for content in ["", "{}", "{\"version\":2,\"crashes\":{}}"] {
            fs::write(data.path().join(SUSPECTS_FILE), content).unwrap();
            assert!(is_taken(data.path(), "any", SITE));
        }
    }
}
