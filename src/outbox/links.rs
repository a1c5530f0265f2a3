//! The sequence number protocol: by which number each sender's link is to go on.
//!
//! One record for each link of a listener that asks for it, in the same batch as the message that moved it on: what
//! a sender is told is durable before it is told. Holds numbers and hashes, nothing of a message. Bounded: of too
//! many links the one that was silent longest is forgotten, and its next number is taken as its first was.

use std::collections::HashMap;
use std::ops::ControlFlow;

use super::{
    Sequence, StoreError,
    key::Key,
    record::LinkRecord,
    repeats::{Hash, short},
    store::{Batch, Store},
};

/// The most links whose numbers are known at once.
const LINKS_MAX: usize = 10_000;

/// What a message says of its place in the sequence of its sender.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Link {
    /// A hash of the listener and of who sends.
    pub id: [u8; 16],
    /// What stands in the message.
    pub number: LinkNumber,
}

/// A number in the sequence of a sender.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkNumber {
    /// The sender starts, and wants to hear by which number it is to go on. There is no message to store.
    Start,
    /// The sender starts anew: whatever number comes next is taken. There is no message to store.
    Resynchronize,
    /// The message's own.
    Of(u64),
    /// The last one taken, as a backup tells it. There is no message to store.
    Known {
        /// The number.
        number: u64,
        /// A hash of the frame that had it.
        content: [u8; 16],
    },
}

/// How a message's number stands to the one expected. Only what is [`Taken`](LinkAnswer::Taken) was stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkAnswer {
    /// It was the one expected, or the first of all.
    Taken(u64),
    /// The same bytes had this number, the last one taken: the sender has missed the answer.
    Repeated {
        /// What is expected now.
        expected: u64,
    },
    /// It was another than the one expected.
    OutOfOrder {
        /// Which.
        expected: u64,
    },
    /// The sender has asked, or starts anew.
    Told {
        /// What is expected now; `None` for any.
        expected: Option<u64>,
    },
}

/// The links of all listeners.
#[derive(Default)]
pub(super) struct Links {
    by_id: HashMap<Hash, LinkRecord>,
}

impl Links {
    /// Reads back what the store holds; a link whose record is damaged takes any number next.
    pub(super) fn read(store: &dyn Store) -> Result<Links, StoreError> {
        let mut links = Links::default();
        store.scan(Key::links(), &mut |key, value| {
            match (Key::read_link(key), LinkRecord::decode(&Key::read(key), value)) {
                (Some(id), Ok(link)) => {
                    links.by_id.insert(id, link);
                }
                (_, Err(damage)) => {
                    tracing::error!("the record of a sender's sequence number is damaged ({damage}): any number is taken next");
                }
                (None, Ok(_)) => {}
            }
            ControlFlow::Continue(())
        })?;
        Ok(links)
    }

    /// How a message stands in the sequence of its sender; one that is expected moves it on.
    pub(super) fn judge(
        &mut self,
        link: &Link,
        content: &[u8; 32],
        sequence: Sequence,
        batch: &mut Batch,
    ) -> LinkAnswer {
        let last = self.by_id.get(&link.id).copied();
        let expected = last.map(|last| last.number.saturating_add(1));
        let (number, content) = match link.number {
            LinkNumber::Start => return LinkAnswer::Told { expected },
            LinkNumber::Resynchronize => {
                self.forget(link.id, batch);
                return LinkAnswer::Told { expected: None };
            }
            LinkNumber::Of(number) => (number, short(content)),
            LinkNumber::Known { number, content } => (number, content),
        };
        match (last, expected) {
            (Some(last), Some(expected)) if last.number == number && last.content == content => {
                return LinkAnswer::Repeated { expected };
            }
            (Some(_), Some(expected)) if expected != number => return LinkAnswer::OutOfOrder { expected },
            _ => {}
        }
        if last.is_none() && self.by_id.len() >= LINKS_MAX {
            self.forget_the_most_silent(batch);
        }
        let record = LinkRecord {
            number,
            content,
            sequence,
        };
        let key = Key::link(link.id);
        batch.put(key, record.encode(&key));
        self.by_id.insert(link.id, record);
        match link.number {
            LinkNumber::Known { .. } => LinkAnswer::Told {
                expected: Some(number.saturating_add(1)),
            },
            LinkNumber::Start | LinkNumber::Resynchronize | LinkNumber::Of(_) => LinkAnswer::Taken(number),
        }
    }

    fn forget_the_most_silent(&mut self, batch: &mut Batch) {
        let silent = self.by_id.iter().min_by_key(|(_, link)| link.sequence);
        if let Some(id) = silent.map(|(id, _)| *id) {
            self.forget(id, batch);
        }
    }

    fn forget(&mut self, id: Hash, batch: &mut Batch) {
        if self.by_id.remove(&id).is_some() {
            batch.remove(Key::link(id));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINK: Hash = [7; 16];

    /// Judges a message of this number and content.
    fn judge(links: &mut Links, number: LinkNumber, content: u8) -> LinkAnswer {
        let link = Link { id: LINK, number };
        links.judge(&link, &[content; 32], Sequence(1), &mut Batch::default())
    }

    fn check(links: &mut Links, number: LinkNumber, content: u8, expected: LinkAnswer) {
        assert_eq!(judge(links, number, content), expected, "{number:?}");
    }

    #[test]
    fn a_sequence_goes_on_by_one() {
        let links = &mut Links::default();
        check(links, LinkNumber::Start, 0, LinkAnswer::Told { expected: None });
        check(links, LinkNumber::Of(5), 5, LinkAnswer::Taken(5));
        check(links, LinkNumber::Of(6), 6, LinkAnswer::Taken(6));
        for wrong in [1, 5, 8] {
            check(
                links,
                LinkNumber::Of(wrong),
                9,
                LinkAnswer::OutOfOrder { expected: 7 },
            );
        }
        check(
            links,
            LinkNumber::Start,
            0,
            LinkAnswer::Told { expected: Some(7) },
        );
        check(links, LinkNumber::Of(7), 7, LinkAnswer::Taken(7));
    }

    #[test]
    fn only_the_last_one_and_only_the_same_is_a_repeat() {
        let links = &mut Links::default();
        check(links, LinkNumber::Of(5), 5, LinkAnswer::Taken(5));
        check(links, LinkNumber::Of(6), 6, LinkAnswer::Taken(6));
        check(links, LinkNumber::Of(6), 6, LinkAnswer::Repeated { expected: 7 });
        check(
            links,
            LinkNumber::Of(6),
            9,
            LinkAnswer::OutOfOrder { expected: 7 },
        );
        check(
            links,
            LinkNumber::Of(5),
            5,
            LinkAnswer::OutOfOrder { expected: 7 },
        );
    }

    #[test]
    fn who_starts_anew_takes_any_number() {
        let links = &mut Links::default();
        check(links, LinkNumber::Of(5), 5, LinkAnswer::Taken(5));
        check(
            links,
            LinkNumber::Resynchronize,
            0,
            LinkAnswer::Told { expected: None },
        );
        check(links, LinkNumber::Start, 0, LinkAnswer::Told { expected: None });
        check(links, LinkNumber::Of(1), 1, LinkAnswer::Taken(1));
    }

    #[test]
    fn what_a_backup_tells_is_gone_on_from() {
        let links = &mut Links::default();
        let known = LinkNumber::Known {
            number: 5,
            content: [5; 16],
        };
        check(links, known, 0, LinkAnswer::Told { expected: Some(6) });
        check(links, LinkNumber::Of(5), 5, LinkAnswer::Repeated { expected: 6 });
    }

    #[test]
    fn of_too_many_links_the_most_silent_is_forgotten() {
        let links = &mut Links::default();
        let batch = &mut Batch::default();
        let mut send = |id: usize, number: u64, at: u64| {
            let mut link = Link {
                id: [0; 16],
                number: LinkNumber::Of(number),
            };
            link.id[..8].copy_from_slice(&id.to_be_bytes());
            links.judge(&link, &[0; 32], Sequence(at), batch)
        };
        for id in 0..LINKS_MAX {
            send(id, 1, id as u64);
        }
        // The first goes on, so the second is the most silent when one more comes.
        assert_eq!(send(0, 2, 1_000_000), LinkAnswer::Taken(2));
        assert_eq!(send(LINKS_MAX, 1, 1_000_001), LinkAnswer::Taken(1));
        assert_eq!(send(0, 9, 1_000_002), LinkAnswer::OutOfOrder { expected: 3 });
        assert_eq!(
            send(1, 9, 1_000_003),
            LinkAnswer::Taken(9),
            "it is not known any more"
        );
        assert_eq!(links.by_id.len(), LINKS_MAX);
    }
}
