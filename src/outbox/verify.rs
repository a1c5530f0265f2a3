//! Looks at every record of an outbox that nobody uses, and draws up its account.
//!
//! Everything that was ever owed is delivered, purged, sent again, waiting or dead: the record on the store itself
//! keeps the totals, this counts what is there. Changes nothing; tells numbers and places, never content.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::path::Path;

use super::{
    OpenError, Sequence, Settings, StoreError, folder,
    journal::record::{JournalMeta, NoteRecord, decode_page},
    key::{DestinationId, Key},
    reader,
    record::{self, DeadRecord, EntryRecord, LinkRecord, MessageRecord, Meta, SeenRecord},
    store::Store,
};

/// How many places with damage are named; the others are counted.
const DAMAGES_NAMED_MAX: usize = 100;

/// What was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Verification {
    /// Deliveries and dead letters that were ever made.
    pub entries: u64,
    /// Of them: delivered.
    pub delivered: u64,
    /// Thrown away because somebody ordered it.
    pub purged: u64,
    /// Dead letters that became deliveries again.
    pub resent: u64,
    /// Waiting, by destination.
    pub queued: BTreeMap<String, u64>,
    /// Dead letters, by destination.
    pub dead: BTreeMap<String, u64>,
    /// Messages kept for them.
    pub messages: u64,
    /// Those of them that nobody is owed and the journal does not tell of.
    pub unclaimed: u64,
    /// Notes of the journal that the archive has not got.
    pub notes: u64,
    /// Notes that were let go before an archive had them, since the outbox was made.
    pub notes_lost: u64,
    /// Bytes of their bodies.
    pub bytes: u64,
    /// How many records are damaged or missing.
    pub damages: u64,
    /// Where and how, for the first hundred.
    pub damaged: Vec<String>,
}

impl Verification {
    /// By how much what there should be differs from what there is: 0 when the account balances.
    pub fn difference(&self) -> i128 {
        let kept: u64 = self.queued.values().chain(self.dead.values()).sum();
        i128::from(self.entries)
            - i128::from(self.delivered)
            - i128::from(self.purged)
            - i128::from(self.resent)
            - i128::from(kept)
    }

    fn damage(&mut self, place: std::fmt::Arguments<'_>) {
        self.damages += 1;
        if self.damaged.len() < DAMAGES_NAMED_MAX {
            self.damaged.push(place.to_string());
        }
    }
}

/// Opens the outbox in this folder as for use, looks at all of it, and lets it go.
pub(super) fn verify(folder: &Path, settings: &Settings) -> Result<Verification, OpenError> {
    let opened = folder::open(folder, settings, false)?;
    look(&*opened.store, &opened.meta, &opened.journal).map_err(|source| OpenError::Store {
        path: folder.to_owned(),
        source,
    })
}

/// A delivery or dead letter that was found, with what it says of its message.
struct Owed {
    destination: DestinationId,
    sequence: Sequence,
    entry: EntryRecord,
}

fn look(store: &dyn Store, meta: &Meta, journal: &JournalMeta) -> Result<Verification, StoreError> {
    let mut found = Verification {
        entries: meta.totals.entries,
        delivered: meta.totals.delivered,
        purged: meta.totals.purged,
        resent: meta.totals.resent,
        notes_lost: journal.lost,
        ..Verification::default()
    };
    let names = names(store, &mut found)?;
    let name = |id: DestinationId| names.get(&id).cloned().unwrap_or_else(|| format!("number {id}"));
    let owed = owed(store, &mut found, &name)?;
    for owed in &owed {
        // Bodies with their checksums; the received frame with its hash, too.
        if let Err(damage) = reader::deliver(store, owed.sequence, &owed.entry)? {
            let (destination, sequence) = (name(owed.destination), owed.sequence);
            found.damage(format_args!("{destination} {sequence}: its message: {damage}"));
        }
    }
    let claimed: BTreeSet<Sequence> = owed.iter().map(|owed| owed.entry.message).collect();
    let claimed = notes(store, &mut found, claimed, journal)?;
    messages(store, &mut found, &claimed)?;
    seen(store, &mut found)?;
    links(store, &mut found)?;
    Ok(found)
}

fn names(store: &dyn Store, found: &mut Verification) -> Result<BTreeMap<DestinationId, String>, StoreError> {
    let mut names = BTreeMap::new();
    for range in [Key::destinations(), Key::destinations_again()] {
        store.scan(range, &mut |key, value| {
            let Some(id) = Key::read_destination(key) else {
                return ControlFlow::Continue(());
            };
            match record::decode_destination(&Key::read(key), value) {
                Ok(name) => {
                    names.entry(id).or_insert_with(|| name.to_owned());
                }
                Err(damage) => found.damage(format_args!("name of destination {id}: {damage}")),
            }
            ControlFlow::Continue(())
        })?;
    }
    Ok(names)
}

fn owed(
    store: &dyn Store,
    found: &mut Verification,
    name: &dyn Fn(DestinationId) -> String,
) -> Result<Vec<Owed>, StoreError> {
    let mut all = Vec::new();
    for (range, is_dead) in [(Key::entries(), false), (Key::dead_letters(), true)] {
        store.scan(range, &mut |key, value| {
            let Some((destination, sequence)) = Key::read_owed(key) else {
                return ControlFlow::Continue(());
            };
            let key = Key::read(key);
            let counts = if is_dead {
                &mut found.dead
            } else {
                &mut found.queued
            };
            *counts.entry(name(destination)).or_default() += 1;
            let entry = if is_dead {
                DeadRecord::decode(&key, value).map(|dead| dead.entry)
            } else {
                EntryRecord::decode(&key, value).map(Some)
            };
            match entry {
                Ok(Some(entry)) => all.push(Owed {
                    destination,
                    sequence,
                    entry,
                }),
                // What made it a dead letter was that its own record was damaged: told then.
                Ok(None) => {}
                Err(damage) => found.damage(format_args!("{} {sequence}: {damage}", name(destination))),
            }
            ControlFlow::Continue(())
        })?;
    }
    Ok(all)
}

/// Looks at the journal; the messages that it tells of, with those that are claimed already.
fn notes(
    store: &dyn Store,
    found: &mut Verification,
    mut claimed: BTreeSet<Sequence>,
    journal: &JournalMeta,
) -> Result<BTreeSet<Sequence>, StoreError> {
    let mut told = Vec::new();
    let damages = found.damages;
    store.scan(Key::journal_all(), &mut |key, value| {
        match decode_page(&Key::read(key), value) {
            Ok(notes) => {
                found.notes += notes.len() as u64;
                told.extend(notes.into_iter().filter_map(|note| match note {
                    NoteRecord::Received(received) => Some(received.message),
                    NoteRecord::Attempted { .. } | NoteRecord::Settled { .. } => None,
                }));
            }
            Err(damage) => {
                let first = Key::read_journal(key).unwrap_or_default();
                found.damage(format_args!("journal from note {first}: {damage}"));
            }
        }
        ControlFlow::Continue(())
    })?;
    let expected = journal.next.saturating_sub(journal.first);
    // How many stood in a damaged record nobody knows.
    if found.damages == damages && found.notes != expected {
        let notes = found.notes;
        found.damage(format_args!("journal: {notes} notes, expected {expected}"));
    }
    for message in told {
        if store.get(&Key::message(message))?.is_none() {
            found.damage(format_args!("journal: message {message}: it is not there"));
        }
        claimed.insert(message);
    }
    Ok(claimed)
}

fn messages(
    store: &dyn Store,
    found: &mut Verification,
    claimed: &BTreeSet<Sequence>,
) -> Result<(), StoreError> {
    let all = Key::message(Sequence(0))..=Key::message(Sequence(u64::MAX));
    store.scan(all, &mut |key, value| {
        let Some(sequence) = Key::read_message(key) else {
            return ControlFlow::Continue(());
        };
        match MessageRecord::decode(sequence, &bytes::Bytes::copy_from_slice(value)) {
            Ok(message) => {
                found.messages += 1;
                found.unclaimed += u64::from(!claimed.contains(&sequence));
                found.bytes += message
                    .body_bytes
                    .iter()
                    .map(|bytes| u64::from(*bytes))
                    .sum::<u64>();
            }
            Err(damage) => found.damage(format_args!("message {sequence}: {damage}")),
        }
        ControlFlow::Continue(())
    })
}

fn seen(store: &dyn Store, found: &mut Verification) -> Result<(), StoreError> {
    store.scan(Key::seen_all(), &mut |key, value| {
        if let Err(damage) = SeenRecord::decode(&Key::read(key), value) {
            found.damage(format_args!("what was accepted lately: {damage}"));
        }
        ControlFlow::Continue(())
    })
}

fn links(store: &dyn Store, found: &mut Verification) -> Result<(), StoreError> {
    store.scan(Key::links(), &mut |key, value| {
        if let Err(damage) = LinkRecord::decode(&Key::read(key), value) {
            found.damage(format_args!("the sequence number of a sender: {damage}"));
        }
        ControlFlow::Continue(())
    })
}
