//! What stands in the rows of an archive: as it is, or, in an encrypted one, sealed for its place.
//!
//! Sealed is all that comes from messages or was typed by people: bodies, answers, identifiers, types, tags, reasons,
//! holds. What messages are found by becomes a keyed hash (`term.rs`). Not sealed are numbers, times, sizes, states,
//! codes of acknowledgments, and the names of listeners, destinations and site versions: lists and deleting go by them.

use rusqlite::types::{Value, ValueRef};

use super::term::Hashing;
use crate::seal::{Keys, Unopened};

/// Where a value stands: one that was put elsewhere does not open. The numbers go into what is sealed: they stay.
#[derive(Debug, Clone, Copy)]
pub(super) enum Place {
    /// What lists show of a message.
    Shown { message: i64 },
    /// What is told of it.
    About { message: i64 },
    /// The frame and what was made of it.
    Bodies { message: i64 },
    /// Why a delivery was given up.
    Reason { delivery: i64, destination: i64 },
    /// Why an attempt was not enough.
    Problem(Attempt),
    /// What it was answered.
    Answer(Attempt),
    /// The name of a hold.
    HoldName { hold: i64 },
    /// Why there is one.
    HoldReason { hold: i64 },
    /// Who ordered it.
    HoldBy { hold: i64 },
}

/// The row of an attempt.
#[derive(Debug, Clone, Copy)]
pub(super) struct Attempt {
    pub(super) delivery: i64,
    pub(super) destination: i64,
    pub(super) journal: i64,
}

impl Place {
    fn bytes(self) -> [u8; 25] {
        let (kind, numbers) = match self {
            Place::Shown { message } => (1, [message, 0, 0]),
            Place::About { message } => (2, [message, 0, 0]),
            Place::Bodies { message } => (3, [message, 0, 0]),
            Place::Reason {
                delivery,
                destination,
            } => (4, [delivery, destination, 0]),
            Place::Problem(at) => (5, [at.delivery, at.destination, at.journal]),
            Place::Answer(at) => (6, [at.delivery, at.destination, at.journal]),
            Place::HoldName { hold } => (7, [hold, 0, 0]),
            Place::HoldReason { hold } => (8, [hold, 0, 0]),
            Place::HoldBy { hold } => (9, [hold, 0, 0]),
        };
        let mut bytes = [kind; 25];
        let [_, rest @ ..] = &mut bytes;
        for (to, number) in rest.chunks_exact_mut(8).zip(numbers) {
            to.copy_from_slice(&number.to_be_bytes());
        }
        bytes
    }
}

/// How an archive keeps what it is told.
#[derive(Default)]
pub(super) struct Sealing {
    /// Of an encrypted archive.
    keys: Option<Keys>,
    hashing: Hashing,
}

impl Sealing {
    /// By these keys, if there are any.
    pub(super) fn by(keys: Option<Keys>) -> Sealing {
        let hashing = keys
            .as_ref()
            .map_or_else(Hashing::default, |keys| Hashing::keyed(keys.hash_key()));
        Sealing { keys, hashing }
    }

    /// What tells the keys from those of other archives; `None` when nothing is encrypted.
    pub(super) fn id(&self) -> Option<[u8; 16]> {
        self.keys.as_ref().map(Keys::id)
    }

    /// How the terms of this archive are made.
    pub(super) fn hashing(&self) -> &Hashing {
        &self.hashing
    }

    /// Bytes as they are kept.
    pub(super) fn bytes(&self, place: Place, plain: Vec<u8>) -> Vec<u8> {
        match &self.keys {
            Some(keys) => keys.seal(&place.bytes(), &plain),
            None => plain,
        }
    }

    /// A text as it is kept.
    pub(super) fn text(&self, place: Place, plain: &str) -> Value {
        match &self.keys {
            Some(keys) => Value::Blob(keys.seal(&place.bytes(), plain.as_bytes())),
            None => Value::Text(plain.to_owned()),
        }
    }

    /// The bytes that are kept there; `None` when they are not as they were written.
    pub(super) fn open_bytes(&self, place: Place, kept: ValueRef<'_>) -> Option<Vec<u8>> {
        let kept = kept.as_blob().ok()?;
        match &self.keys {
            Some(keys) => keys.open(&place.bytes(), kept).ok(),
            None => Some(kept.to_owned()),
        }
    }

    /// The text that is kept there; `None` when it is not as it was written.
    pub(super) fn open_text(&self, place: Place, kept: ValueRef<'_>) -> Option<String> {
        let Some(keys) = &self.keys else {
            return kept.as_str().ok().map(str::to_owned);
        };
        let opened = keys.open(&place.bytes(), kept.as_blob().ok()?).ok()?;
        String::from_utf8(opened).ok()
    }

    /// The type of a message, which is a name, and its control id, as they are kept: both come from the sender, so of
    /// an encrypted archive both are in the second, and the type has no name.
    pub(super) fn shown<'n>(&self, message: i64, kind: &'n str, control_id: &str) -> (&'n str, Value) {
        let place = Place::Shown { message };
        if self.keys.is_none() {
            return (kind, self.text(place, control_id));
        }
        let both = serde_json::to_string(&(kind, control_id)).unwrap_or_default();
        ("", self.text(place, &both))
    }

    /// The type and the control id that are kept there; `None` when they are not as they were written.
    pub(super) fn open_shown(
        &self,
        message: i64,
        kind: String,
        kept: ValueRef<'_>,
    ) -> Option<(String, String)> {
        let opened = self.open_text(Place::Shown { message }, kept)?;
        match self.keys {
            Some(_) => serde_json::from_str(&opened).ok(),
            None => Some((kind, opened)),
        }
    }
}

/// A value that need not be there.
pub(super) fn optional<T>(
    kept: ValueRef<'_>,
    open: impl FnOnce(ValueRef<'_>) -> Option<T>,
) -> Result<Option<T>, Unopened> {
    if kept == ValueRef::Null {
        return Ok(None);
    }
    open(kept).map(Some).ok_or(Unopened)
}
