//! What was accepted lately, so that a message sent again is known: dedupe on intake.
//!
//! One record for each message of a listener that asks for it, in the same batch as the message itself: what is
//! known here is durable whenever the message is. Bounded by count and by time; what is forgotten is accepted
//! again, never lost. Holds hashes of control id and content, nothing of the message itself.

use std::collections::{HashMap, VecDeque};
use std::ops::ControlFlow;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::{
    Acceptance, Sequence, StoreError, Window,
    key::Key,
    record::SeenRecord,
    store::{Batch, Store},
};

/// 128 bits of BLAKE3: two different ones are not met by chance.
pub(super) type Hash = [u8; 16];

/// What was accepted lately, by listener.
#[derive(Default)]
pub(super) struct Repeats {
    listeners: HashMap<Arc<str>, Lately>,
}

#[derive(Default)]
struct Lately {
    by_identity: HashMap<Hash, Seen>,
    /// The oldest first.
    order: VecDeque<(Sequence, Hash, Timestamp)>,
}

#[derive(Clone, Copy)]
struct Seen {
    content: Hash,
    sequence: Sequence,
}

/// How a message stands to those accepted lately.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Novelty {
    New,
    /// The same identity and the same bytes.
    Repeat,
    /// The same identity, other bytes: another message that is called the same.
    Reused,
}

impl Repeats {
    /// Reads back what the store holds; a record that is damaged is forgotten.
    pub(super) fn read(store: &dyn Store) -> Result<Repeats, StoreError> {
        let mut repeats = Repeats::default();
        store.scan(Key::seen_all(), &mut |key, value| {
            match (Key::read_message(key), SeenRecord::decode(&Key::read(key), value)) {
                (Some(sequence), Ok(seen)) => {
                    let lately = repeats.listeners.entry(seen.listener.into()).or_default();
                    lately.learn(seen.identity, seen.content, sequence, seen.received_at);
                }
                (_, Err(damage)) => {
                    tracing::warn!(
                        "a record of what was accepted lately is damaged ({damage}) and forgotten"
                    );
                }
                (None, Ok(_)) => {}
            }
            ControlFlow::Continue(())
        })?;
        Ok(repeats)
    }

    /// How a message stands to those before it; a new one is learned, and what is too old forgotten.
    pub(super) fn judge(
        &mut self,
        acceptance: &Acceptance,
        window: &Window,
        content: &[u8; 32],
        sequence: Sequence,
        batch: &mut Batch,
    ) -> Novelty {
        let lately = self
            .listeners
            .entry(Arc::clone(&acceptance.listener))
            .or_default();
        lately.forget(window, acceptance.received_at, batch);
        let (identity, content) = (window.identity, short(content));
        let before = lately.by_identity.get(&identity).copied();
        if before.is_some_and(|seen| seen.content == content) {
            return Novelty::Repeat;
        }
        lately.learn(identity, content, sequence, acceptance.received_at);
        let key = Key::seen(sequence);
        let record = SeenRecord {
            listener: acceptance.listener.to_string(),
            identity,
            content,
            received_at: acceptance.received_at,
        };
        batch.put(key, record.encode(&key));
        if before.is_some() {
            Novelty::Reused
        } else {
            Novelty::New
        }
    }
}

impl Lately {
    fn learn(&mut self, identity: Hash, content: Hash, sequence: Sequence, at: Timestamp) {
        self.by_identity.insert(identity, Seen { content, sequence });
        self.order.push_back((sequence, identity, at));
    }

    /// Makes room for one more, and forgets what has left the window. A clock that was set back keeps things
    /// longer, and never more of them.
    fn forget(&mut self, window: &Window, now: Timestamp, batch: &mut Batch) {
        let within = SignedDuration::try_from(window.within).unwrap_or(SignedDuration::MAX);
        while let Some((sequence, identity, at)) = self.order.front() {
            if self.order.len() < window.count_max && now.duration_since(*at) <= within {
                break;
            }
            batch.remove(Key::seen(*sequence));
            // Unless the same identity was used again since.
            if self
                .by_identity
                .get(identity)
                .is_some_and(|seen| seen.sequence == *sequence)
            {
                self.by_identity.remove(identity);
            }
            self.order.pop_front();
        }
    }
}

/// The first half of a BLAKE3 hash.
pub(super) fn short(hash: &[u8; 32]) -> Hash {
    let (short, _) = hash
        .split_first_chunk()
        .expect("sixteen bytes are half of thirty-two");
    *short
}
