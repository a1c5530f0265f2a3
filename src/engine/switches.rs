//! What people have told the lanes: pause, go on, try again now, skip this one. Survives a restart.
//!
//! One switch for each destination, shared by its lane and by whoever commands. The lane looks at it before each
//! attempt; a change wakes it out of a wait. Written to one small file beside the outbox before it takes effect.
//! Holds numbers and reasons, never what a message holds.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use thiserror::Error;
use tokio::sync::watch;

use crate::durable;
use crate::outbox::Sequence;

/// The format of the file.
const VERSION: u32 = 3;
/// The newest format of a switch that was paused or held, and never both.
const VERSION_OF_MODES: u64 = 2;
/// The oldest format that is read: it did not name its outbox.
const VERSION_MIN: u32 = 1;
/// Its name in the data folder.
pub const FILE_NAME: &str = "switches.json";
/// Where a file is kept that speaks of another outbox.
const SET_ASIDE_NAME: &str = "switches.other-outbox.json";
/// More deliveries than this are not skipped one by one.
const SKIPS_MAX: usize = 10_000;

/// What one lane is told. A pause and a hold know nothing of each other: it sends when there is neither.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Switch {
    /// It sends what was accepted up to this number and then stops: 0 stops it at once, the newest number lets it drain
    /// first. A person lets it go on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paused_after: Option<u64>,
    /// Refusals stopped it, as its `on_nak` asks: the deliveries it stopped at, one for each connection at most, and
    /// why, without content of the messages. A person lets it go on.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub held: BTreeMap<u64, String>,
    /// Deliveries to give up instead of sending them.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub skips: BTreeSet<u64>,
    /// Grows each time somebody wants the next attempt now.
    #[serde(skip)]
    pub retries: u64,
}

/// What a lane does with a delivery in hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Permission {
    Send,
    Skip,
    Wait,
}

impl Switch {
    /// Whether it stops its lane, now or when that has drained.
    fn stops(&self) -> bool {
        self.paused_after.is_some() || !self.held.is_empty()
    }

    /// Whether a pause keeps its lane from sending, whose oldest delivery is this one. A lane that was told to drain is
    /// not paused as long as something waits that it is to send first.
    pub fn is_paused(&self, oldest: Option<Sequence>) -> bool {
        self.paused_after
            .is_some_and(|last| oldest.is_none_or(|oldest| oldest.0 > last))
    }

    /// Whether a restart must know of it.
    fn tells_something(&self) -> bool {
        self.stops() || !self.skips.is_empty()
    }

    pub(super) fn permission(&self, sequence: u64) -> Permission {
        if self.skips.contains(&sequence) {
            return Permission::Skip;
        }
        let is_paused = self.paused_after.is_some_and(|last| sequence > last);
        if is_paused || !self.held.is_empty() {
            Permission::Wait
        } else {
            Permission::Send
        }
    }
}

/// The switches of all destinations.
pub struct Switches {
    path: PathBuf,
    /// The outbox whose deliveries the numbers are.
    store: String,
    /// One switch is turned and written at a time. Held while the disk is waited for, so only where that is allowed.
    turning: Mutex<()>,
    /// Never held while anything is waited for.
    lanes: Mutex<BTreeMap<String, watch::Sender<Switch>>>,
}

/// A switch that could not be read or turned. Nothing has changed then.
#[derive(Debug, Error)]
pub enum SwitchError {
    /// The file cannot be read or written.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// The file is not what weir wrote.
    #[error("{}: not a file of switches of this version of weir: {reason}; remove it to let every destination run", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What was wrong with it.
        reason: String,
    },
    /// Too many deliveries are marked.
    #[error("more than {SKIPS_MAX} deliveries are marked to be skipped")]
    TooManySkips,
}

/// What stands in the file.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    version: u32,
    #[serde(default)]
    store: Option<String>,
    destinations: BTreeMap<String, Switch>,
}

impl Switches {
    /// Reads the switches that were left in this folder for this outbox; without a file all lanes run.
    ///
    /// What was left for another outbox is set aside, because its numbers are those of other deliveries: nothing is
    /// skipped, and what was stopped in any way stays stopped until somebody lets it go on.
    pub(super) fn open(data: &Path, store_id: u128) -> Result<Switches, SwitchError> {
        let path = data.join(FILE_NAME);
        let mut switches = Switches {
            store: format!("{store_id:032x}"),
            turning: Mutex::default(),
            lanes: Mutex::default(),
            path: path.clone(),
        };
        let bytes = match std::fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(switches),
            Err(source) => return Err(SwitchError::Io { path, source }),
        };
        let stored = read(&bytes).map_err(|reason| SwitchError::Unreadable { path, reason })?;
        let is_others = stored.store.is_some_and(|store| store != switches.store);
        let destinations = if is_others {
            switches.set_aside(&bytes, stored.destinations)?
        } else {
            stored.destinations
        };
        let lanes = destinations
            .into_iter()
            .map(|(name, switch)| (name, watch::Sender::new(switch)));
        switches.lanes = Mutex::new(lanes.collect());
        Ok(switches)
    }

    /// Keeps the file of another outbox beside, and what it says without its numbers.
    fn set_aside(
        &self,
        bytes: &[u8],
        others: BTreeMap<String, Switch>,
    ) -> Result<BTreeMap<String, Switch>, SwitchError> {
        let aside = self.path.with_file_name(SET_ASIDE_NAME);
        let stopped: BTreeMap<String, Switch> = others
            .into_iter()
            .filter(|(_, switch)| switch.stops())
            .map(|(name, _)| {
                let paused_after = Some(0);
                (
                    name,
                    Switch {
                        paused_after,
                        ..Switch::default()
                    },
                )
            })
            .collect();
        replace(&aside, bytes)?;
        self.write(stopped.clone())?;
        let names: Vec<&str> = stopped.keys().map(String::as_str).collect();
        tracing::error!(
            kept = %aside.display(),
            paused = names.join(", "),
            "the switches are of another outbox: nothing is skipped by them, and what they had stopped is paused"
        );
        Ok(stopped)
    }

    /// What stands in the file, for a backup.
    pub fn copy(&self) -> Vec<u8> {
        let lanes = self.lanes();
        let switches = lanes
            .iter()
            .map(|(name, lane)| (name.clone(), lane.borrow().clone()));
        let stored = Stored {
            version: VERSION,
            store: Some(self.store.clone()),
            destinations: switches.filter(|(_, switch)| switch.tells_something()).collect(),
        };
        serde_json::to_vec(&stored).expect("texts and numbers are always JSON")
    }

    /// The switch of a destination, to look at and to wait for.
    pub(super) fn watch(&self, destination: &str) -> watch::Receiver<Switch> {
        self.lanes().entry(destination.into()).or_default().subscribe()
    }

    /// How a destination's switch stands.
    pub fn get(&self, destination: &str) -> Switch {
        self.lanes()
            .get(destination)
            .map(|lane| lane.borrow().clone())
            .unwrap_or_default()
    }

    /// Stops the lane after the delivery of this number; 0 stops it at once. Blocks on the disk.
    pub fn pause_after(&self, destination: &str, sequence: u64) -> Result<(), SwitchError> {
        self.turn(destination, |switch| switch.paused_after = Some(sequence))
    }

    /// Lets a lane go on that was paused or held; all that held it. Blocks on the disk.
    pub fn resume(&self, destination: &str) -> Result<BTreeMap<u64, String>, SwitchError> {
        let mut held = BTreeMap::new();
        self.turn(destination, |switch| {
            switch.paused_after = None;
            held = std::mem::take(&mut switch.held);
        })?;
        Ok(held)
    }

    /// Makes a lane that waits after a failure try again at once.
    pub fn retry_now(&self, destination: &str) {
        let mut lanes = self.lanes();
        let lane = lanes.entry(destination.into()).or_default();
        lane.send_modify(|switch| switch.retries = switch.retries.wrapping_add(1));
    }

    /// Makes the lane give up a delivery as a dead letter, after the attempt under way if it is in hand. Blocks on
    /// the disk.
    pub fn skip(&self, destination: &str, sequence: u64) -> Result<(), SwitchError> {
        if self.get(destination).skips.len() >= SKIPS_MAX {
            return Err(SwitchError::TooManySkips);
        }
        self.turn(destination, |switch| {
            switch.skips.insert(sequence);
            // A lane held only by what is skipped has nothing left to be held for.
            switch.held.remove(&sequence);
        })
    }

    /// Stops the lane at a delivery, for a refusal, unless it is to be skipped by now. Blocks on the disk.
    pub(super) fn hold(&self, destination: &str, sequence: u64, reason: String) -> Result<(), SwitchError> {
        self.turn(destination, |switch| {
            if !switch.skips.contains(&sequence) {
                switch.held.insert(sequence, reason);
            }
        })
    }

    /// A delivery marked to be skipped has ended. Blocks on the disk.
    pub(super) fn skipped(&self, destination: &str, sequence: u64) -> Result<(), SwitchError> {
        self.turn(destination, |switch| {
            switch.skips.remove(&sequence);
        })
    }

    /// A destination is in the site no more and is owed nothing: what it was told is about nothing. Blocks on the disk.
    pub(super) fn forget(&self, destination: &str) -> Result<(), SwitchError> {
        if !self.get(destination).tells_something() {
            return Ok(());
        }
        self.turn(destination, |switch| *switch = Switch::default())
    }

    /// Writes the change down, then makes it known: what a lane has seen survives a restart.
    fn turn(&self, destination: &str, change: impl FnOnce(&mut Switch)) -> Result<(), SwitchError> {
        let _turning = self.turning.lock().unwrap_or_else(PoisonError::into_inner);
        let mut destinations: BTreeMap<String, Switch> = self
            .lanes()
            .iter()
            .map(|(name, lane)| (name.clone(), lane.borrow().clone()))
            .collect();
        let changed = destinations.entry(destination.into()).or_default();
        change(changed);
        let changed = changed.clone();
        destinations.retain(|_, switch| switch.tells_something());
        self.write(destinations)?;
        let mut lanes = self.lanes();
        let lane = lanes.entry(destination.into()).or_default();
        // Somebody may have asked for an attempt meanwhile: that stays asked for.
        lane.send_modify(|switch| {
            *switch = Switch {
                retries: switch.retries,
                ..changed
            };
        });
        Ok(())
    }

    fn write(&self, destinations: BTreeMap<String, Switch>) -> Result<(), SwitchError> {
        let stored = Stored {
            version: VERSION,
            store: Some(self.store.clone()),
            destinations,
        };
        let content = serde_json::to_vec(&stored).map_err(|error| SwitchError::Io {
            path: self.path.clone(),
            source: error.into(),
        })?;
        replace(&self.path, &content)
    }

    fn lanes(&self) -> MutexGuard<'_, BTreeMap<String, watch::Sender<Switch>>> {
        self.lanes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The deliveries that what was kept speaks of, by destination.
///
/// # Errors
/// When it is not what weir wrote.
pub fn numbers_told(content: &[u8]) -> Result<BTreeMap<String, BTreeSet<u64>>, String> {
    let told = read(content)?.destinations.into_iter().map(|(name, switch)| {
        let held = switch.held.into_keys();
        (name, held.chain(switch.skips).collect())
    });
    Ok(told.collect())
}

/// What was kept of another outbox, with the numbers that its deliveries have in this one, as far as they are in it: what
/// was stopped stays stopped.
///
/// # Errors
/// When it is not what weir wrote.
pub fn renumber(
    content: &[u8],
    store_id: u128,
    number: &dyn Fn(&str, u64) -> Option<u64>,
) -> Result<Vec<u8>, String> {
    let mut stored = read(content)?;
    stored.version = VERSION;
    stored.store = Some(format!("{store_id:032x}"));
    for (name, switch) in &mut stored.destinations {
        let skips = std::mem::take(&mut switch.skips).into_iter();
        switch.skips = skips.filter_map(|skip| number(name, skip)).collect();
        let was_stopped = switch.stops();
        let held = std::mem::take(&mut switch.held).into_iter();
        switch.held = held
            .filter_map(|(held, why)| Some((number(name, held)?, why)))
            .collect();
        // What was to be sent before it stops is not known by a number here.
        switch.paused_after = switch.paused_after.map(|_| 0);
        if was_stopped && !switch.stops() {
            switch.paused_after = Some(0);
        }
    }
    serde_json::to_vec(&stored).map_err(|error| error.to_string())
}

fn replace(path: &Path, content: &[u8]) -> Result<(), SwitchError> {
    durable::replace(path, content).map_err(|source| SwitchError::Io {
        path: path.to_owned(),
        source,
    })
}

fn read(bytes: &[u8]) -> Result<Stored, String> {
    let mut stored = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
    modes_as_fields(&mut stored);
    let stored: Stored = serde_json::from_value(stored).map_err(|error| error.to_string())?;
    let version = stored.version;
    match &stored.store {
        _ if !(VERSION_MIN..=VERSION).contains(&version) => {
            Err(format!("version {version}, expected {VERSION_MIN} to {VERSION}"))
        }
        None if version > VERSION_MIN => Err("it does not name its outbox".to_owned()),
        _ => Ok(stored),
    }
}

/// Brings a switch of formats 1 and 2, as `{ "mode": { "paused_after": 7 } }`, into the form of today. In format 1 a lane
/// was held at one delivery, `{ "held": { "sequence": 3, "reason": "…" } }`.
fn modes_as_fields(stored: &mut Value) {
    if stored["version"]
        .as_u64()
        .is_none_or(|version| version > VERSION_OF_MODES)
    {
        return;
    }
    let switches = stored.get_mut("destinations").and_then(Value::as_object_mut);
    let switches = switches.into_iter().flat_map(serde_json::Map::values_mut);
    for switch in switches.filter_map(Value::as_object_mut) {
        let Some(Value::Object(mode)) = switch.remove("mode") else {
            // It ran.
            continue;
        };
        switch.extend(mode);
        let held = switch.get("held");
        let one = held.and_then(|held| Some((held["sequence"].as_u64()?, held["reason"].as_str()?)));
        if let Some((sequence, reason)) = one {
            let many = json!({ sequence.to_string(): reason });
            switch.insert("held".to_owned(), many);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STORE: u128 = 0xfeed;

    fn held(at: &[u64]) -> BTreeMap<u64, String> {
        let holds = at.iter().map(|at| (*at, "refused with AE".to_owned()));
        holds.collect()
    }

    #[test]
    fn what_was_told_survives_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let switches = Switches::open(folder.path(), STORE).unwrap();
        switches.pause_after("lab", 7).unwrap();
        switches.hold("ehr", 3, "refused with AE".to_owned()).unwrap();
        switches.skip("copies", 9).unwrap();
        switches.pause_after("other", 0).unwrap();
        switches.resume("other").unwrap();
        let again = Switches::open(folder.path(), STORE).unwrap();
        assert_eq!(again.get("lab").paused_after, Some(7));
        assert_eq!(again.get("ehr").held, held(&[3]));
        assert_eq!(again.get("copies").skips, BTreeSet::from([9]));
        assert_eq!(again.get("other"), Switch::default());
        again.skipped("copies", 9).unwrap();
        assert_eq!(
            Switches::open(folder.path(), STORE).unwrap().get("copies"),
            Switch::default()
        );
    }

    #[test]
    fn switches_of_another_outbox_skip_nothing_and_let_nothing_go() {
        let folder = tempfile::tempdir().unwrap();
        let switches = Switches::open(folder.path(), STORE).unwrap();
        switches.pause_after("lab", 7).unwrap();
        switches.skip("lab", 5).unwrap();
        switches.hold("ehr", 3, "refused with AE".to_owned()).unwrap();
        switches.skip("copies", 9).unwrap();
        let before = std::fs::read(folder.path().join(FILE_NAME)).unwrap();
        // Both at once and when it is opened again.
        for _ in 0..2 {
            let other = Switches::open(folder.path(), STORE + 1).unwrap();
            for stopped in ["lab", "ehr"] {
                let switch = other.get(stopped);
                assert_eq!(
                    (switch.paused_after, switch.held.len(), switch.skips.len()),
                    (Some(0), 0, 0),
                    "{stopped}"
                );
            }
            assert_eq!(other.get("copies"), Switch::default());
        }
        let kept = std::fs::read(folder.path().join(SET_ASIDE_NAME)).unwrap();
        assert_eq!(kept, before, "what was told is kept");
    }

    #[test]
    fn a_file_that_does_not_name_its_outbox_is_of_the_one_there() {
        let folder = tempfile::tempdir().unwrap();
        let written = r#"{"version":1,"destinations":{"lab":{"mode":"running","skips":[5]},
            "ehr":{"mode":{"held":{"sequence":3,"reason":"refused with AE"}}}}}"#;
        std::fs::write(folder.path().join(FILE_NAME), written).unwrap();
        let switches = Switches::open(folder.path(), STORE).unwrap();
        assert_eq!(switches.get("lab").skips, BTreeSet::from([5]));
        assert_eq!(switches.get("ehr").held, held(&[3]));
        switches.resume("lab").unwrap();
        let other = Switches::open(folder.path(), STORE + 1).unwrap();
        assert_eq!(other.get("lab"), Switch::default(), "now it names it");
    }

    #[test]
    fn what_a_lane_may_do() {
        let check = |paused_after, holds: &[u64], sequence, expected| {
            let switch = Switch {
                paused_after,
                held: held(holds),
                skips: BTreeSet::from([5]),
                retries: 0,
            };
            assert_eq!(switch.permission(sequence), expected, "{switch:?} {sequence}");
        };
        check(None, &[], 1, Permission::Send);
        check(None, &[], 5, Permission::Skip);
        check(Some(3), &[], 3, Permission::Send);
        check(Some(3), &[], 4, Permission::Wait);
        check(Some(0), &[], 5, Permission::Skip);
        check(None, &[1], 1, Permission::Wait);
        check(None, &[1], 2, Permission::Wait);
        check(None, &[1], 5, Permission::Skip);
        check(Some(9), &[1], 1, Permission::Wait);
    }

    #[test]
    fn skipping_what_holds_a_lane_lets_it_go() {
        let folder = tempfile::tempdir().unwrap();
        let switches = Switches::open(folder.path(), STORE).unwrap();
        for sequence in [3, 8] {
            let reason = "refused with AE".to_owned();
            switches.hold("lab", sequence, reason).unwrap();
        }
        switches.skip("lab", 4).unwrap();
        assert_eq!(
            switches.get("lab").held,
            held(&[3, 8]),
            "both connections are known"
        );
        switches.skip("lab", 3).unwrap();
        assert_eq!(
            switches.get("lab").held,
            held(&[8]),
            "one still waits for somebody"
        );
        switches.skip("lab", 8).unwrap();
        assert_eq!(switches.get("lab").held, held(&[]));
    }

    #[test]
    fn what_is_to_be_skipped_holds_no_lane() {
        let folder = tempfile::tempdir().unwrap();
        let switches = Switches::open(folder.path(), STORE).unwrap();
        // Its attempt was under way when somebody skipped it.
        switches.skip("lab", 3).unwrap();
        switches.hold("lab", 3, "refused with AE".to_owned()).unwrap();
        assert_eq!(switches.get("lab").held, held(&[]));
    }

    #[test]
    fn a_refusal_ends_no_pause_and_a_pause_no_hold() {
        let folder = tempfile::tempdir().unwrap();
        let switches = Switches::open(folder.path(), STORE).unwrap();
        // It was under way when somebody paused.
        switches.pause_after("lab", 0).unwrap();
        switches.hold("lab", 3, "refused with AE".to_owned()).unwrap();
        switches.skip("lab", 3).unwrap();
        assert_eq!(
            switches.get("lab").permission(4),
            Permission::Wait,
            "still paused"
        );
        // Draining sends no refused message again.
        switches.hold("ehr", 3, "refused with AE".to_owned()).unwrap();
        switches.pause_after("ehr", 9).unwrap();
        assert_eq!(switches.get("ehr").permission(3), Permission::Wait);
        assert_eq!(switches.resume("ehr").unwrap(), held(&[3]));
        assert_eq!(switches.get("ehr").permission(10), Permission::Send);
    }

    #[test]
    fn what_an_earlier_weir_wrote_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let store = format!("{STORE:032x}");
        let written = format!(
            r#"{{"version":2,"store":"{store}","destinations":{{"lab":{{"mode":{{"paused_after":7}}}},
                "ehr":{{"mode":{{"held":{{"3":"refused with AE"}}}}}},"copies":{{"mode":"running","skips":[9]}}}}}}"#
        );
        std::fs::write(folder.path().join(FILE_NAME), written).unwrap();
        let switches = Switches::open(folder.path(), STORE).unwrap();
        assert_eq!(switches.get("lab").paused_after, Some(7));
        assert_eq!(switches.get("ehr").held, held(&[3]));
        assert_eq!(switches.get("copies").skips, BTreeSet::from([9]));
    }

    #[test]
    fn what_was_told_is_told_of_the_same_deliveries_by_their_numbers_in_another_outbox() {
        let folder = tempfile::tempdir().unwrap();
        let switches = Switches::open(folder.path(), STORE).unwrap();
        switches.pause_after("lab", 7).unwrap();
        switches.skip("lab", 5).unwrap();
        switches.skip("lab", 1).unwrap();
        switches.hold("ehr", 3, "refused with AE".to_owned()).unwrap();
        switches.hold("gone", 1, "refused with AE".to_owned()).unwrap();
        let number = |_: &str, before: u64| (before > 1).then_some(before + 100);
        let content = renumber(&switches.copy(), STORE + 1, &number).unwrap();
        std::fs::write(folder.path().join(FILE_NAME), content).unwrap();
        let other = Switches::open(folder.path(), STORE + 1).unwrap();
        assert_eq!(other.get("lab").paused_after, Some(0));
        assert_eq!(other.get("lab").skips, BTreeSet::from([105]));
        assert_eq!(other.get("ehr").held, held(&[103]));
        assert_eq!(
            other.get("gone").paused_after,
            Some(0),
            "what held it is not there"
        );
        assert!(!folder.path().join(SET_ASIDE_NAME).exists());
        assert!(renumber(b"{}", STORE, &number).is_err());
    }

    #[test]
    fn nobody_waits_for_a_switch_that_is_being_written() {
        let folder = tempfile::tempdir().unwrap();
        let switches = Switches::open(folder.path(), STORE).unwrap();
        let lane = switches.watch("lab");
        let written = switches.turning.lock().unwrap();
        std::thread::scope(|scope| {
            let turned = scope.spawn(|| switches.pause_after("lab", 7));
            // These would hang if they waited.
            switches.retry_now("lab");
            assert_eq!(
                (switches.get("lab").retries, switches.get("lab").paused_after),
                (1, None)
            );
            assert!(lane.has_changed().unwrap());
            drop(switches.watch("other"));
            drop(written);
            turned.join().unwrap().unwrap();
        });
        let switch = switches.get("lab");
        assert_eq!((switch.retries, switch.paused_after), (1, Some(7)));
    }

    #[test]
    fn a_lane_is_woken() {
        let folder = tempfile::tempdir().unwrap();
        let switches = Switches::open(folder.path(), STORE).unwrap();
        let lane = switches.watch("lab");
        switches.retry_now("other");
        assert!(!lane.has_changed().unwrap());
        switches.retry_now("lab");
        assert!(lane.has_changed().unwrap());
    }

    #[test]
    fn a_file_that_is_none_of_ours_is_told_and_left() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(FILE_NAME);
        for wrong in [
            "",
            "{}",
            r#"{"version":2,"destinations":{}}"#,
            r#"{"version":4,"store":"0","destinations":{}}"#,
            r#"{"version":1,"destinations":{},"x":1}"#,
        ] {
            std::fs::write(&path, wrong).unwrap();
            assert!(
                matches!(
                    Switches::open(folder.path(), STORE),
                    Err(SwitchError::Unreadable { .. })
                ),
                "{wrong}"
            );
            assert_eq!(std::fs::read_to_string(&path).unwrap(), wrong);
        }
    }
}
