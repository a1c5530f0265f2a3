//! The journal's part of a batch: notes that are written, and notes that are forgotten with their messages.
//!
//! What is forgotten rides on the batch of something else; only when nothing else comes, the writer's clock makes a
//! batch for it.

use std::ops::ControlFlow;

use super::{
    super::{
        Sequence, StoreError,
        journal::record::{self, JournalMeta, NoteRecord, Page, ReceivedRecord},
        key::Key,
        record::Damage,
        store::Batch,
    },
    draft::Draft,
};

/// Notes forgotten with one batch, and no more than one record further: whoever waits for the batch waits for them.
const FORGET_NOTES_MAX: u64 = 512;

/// Writes notes into a batch.
pub(super) struct Pen {
    is_kept: bool,
    before: JournalMeta,
    meta: JournalMeta,
    page: Page,
}

impl Pen {
    pub(super) fn new(is_kept: bool, meta: JournalMeta) -> Pen {
        Pen {
            is_kept,
            before: meta,
            meta,
            page: Page::default(),
        }
    }

    pub(super) fn is_kept(&self) -> bool {
        self.is_kept
    }

    /// The notes of messages below are forgotten.
    pub(super) fn floor(&self) -> Sequence {
        self.meta.floor
    }

    pub(super) fn note(&mut self, note: &NoteRecord, batch: &mut Batch) {
        if self.is_kept
            && let Some(full) = self.page.add(note)
        {
            self.put(&full, batch);
        }
    }

    /// A message is kept for the journal.
    pub(super) fn count_message(&mut self, bytes: u32) {
        self.meta.bytes += u64::from(bytes);
    }

    fn put(&mut self, page: &Page, batch: &mut Batch) {
        let key = Key::journal(self.meta.next);
        let value = page.encode(&key);
        self.meta.bytes += value.len() as u64;
        self.meta.next += page.notes();
        batch.put(key, value);
    }

    /// Puts what is left, and the record on the journal where that has changed.
    fn close(&mut self, batch: &mut Batch) -> JournalMeta {
        let page = std::mem::take(&mut self.page);
        if page.notes() > 0 {
            self.put(&page, batch);
        }
        if self.meta != self.before {
            batch.put(Key::journal_meta(), self.meta.encode());
        }
        self.meta
    }
}

/// A record of notes as it stands in the store.
struct Stored {
    first: u64,
    bytes: u64,
    notes: Result<Vec<NoteRecord>, Damage>,
}

impl Draft<'_> {
    /// Ends the journal's part; nothing can be noted after it.
    pub(super) fn close_journal(&mut self) -> JournalMeta {
        self.pen.close(&mut self.batch)
    }

    /// Removes the oldest notes: those that are done with, and others when they take more than `bytes_max`. With
    /// each message goes what nobody is owed of it. Comes after the settlements of the batch.
    pub(super) fn forget(&mut self, done: u64, bytes_max: u64) -> Result<(), StoreError> {
        let meta = &self.pen.meta;
        if meta.first >= meta.next || (done < meta.first && meta.bytes <= bytes_max) {
            return Ok(());
        }
        let oldest = self.oldest()?;
        if oldest.is_empty() {
            // Behind a damaged record nobody knows how many notes it held.
            self.pen.meta.first = self.pen.meta.next;
        }
        let mut forgotten = 0;
        for stored in oldest {
            let meta = &mut self.pen.meta;
            let notes = stored.notes.as_ref().map_or(1, |notes| notes.len() as u64);
            let last = stored.first + notes - 1;
            let is_done = last <= done;
            if !is_done && meta.bytes <= bytes_max {
                break;
            }
            if !is_done {
                // Those of this record that were read are told twice at most: as read, and as lost.
                meta.lost += notes;
            }
            meta.first = last + 1;
            meta.bytes = meta.bytes.saturating_sub(stored.bytes);
            self.batch.remove(Key::journal(stored.first));
            match stored.notes {
                Ok(notes) => self.let_go(notes)?,
                Err(damage) => {
                    tracing::error!(
                        first = stored.first,
                        "a record of the journal is damaged: {damage}"
                    );
                }
            }
            forgotten += notes;
            if forgotten >= FORGET_NOTES_MAX {
                break;
            }
        }
        Ok(())
    }

    /// Records from the oldest on.
    fn oldest(&self) -> Result<Vec<Stored>, StoreError> {
        let mut found = Vec::new();
        let mut notes_found = 0;
        let meta = &self.pen.meta;
        self.store.scan(
            Key::journal(meta.first)..=Key::journal(meta.next),
            &mut |key, value| {
                if let Some(first) = Key::read_journal(key) {
                    let notes = record::decode_page(&Key::read(key), value);
                    notes_found += notes.as_ref().map_or(1, |notes| notes.len() as u64);
                    found.push(Stored {
                        first,
                        bytes: value.len() as u64,
                        notes,
                    });
                }
                if notes_found < FORGET_NOTES_MAX {
                    ControlFlow::Continue(())
                } else {
                    ControlFlow::Break(())
                }
            },
        )?;
        Ok(found)
    }

    /// Removes the messages that these notes tell of and nobody is owed.
    fn let_go(&mut self, notes: Vec<NoteRecord>) -> Result<(), StoreError> {
        for note in notes {
            let NoteRecord::Received(received) = note else {
                continue;
            };
            let ReceivedRecord {
                message,
                chunked,
                bytes,
                owed,
                is_repeated: _,
                has_charsets: _,
            } = received;
            let meta = &mut self.pen.meta;
            meta.bytes = meta.bytes.saturating_sub(u64::from(bytes));
            meta.floor = Sequence(message.0 + 1);
            let owed = owed
                .into_iter()
                .map(|(id, offset)| (id, Sequence(message.0 + u64::from(offset))));
            if !self.is_any_owed(owed)? {
                self.remove_message(message, bytes, chunked)?;
            }
        }
        Ok(())
    }
}
