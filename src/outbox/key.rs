//! The keys of the one tree: a prefix for the kind of record, then numbers in big-endian order.
//!
//! One tree, because a batch is atomic within a tree and not over several. Big-endian, so that the order of the
//! keys is the order of acceptance: appends go to the head, removals come off the tail, and reading a
//! destination in order is a range. Keys never hold content of a message.

use std::ops::RangeInclusive;

use super::Sequence;

const META: u8 = 0x01;
const DESTINATION: u8 = 0x02;
const JOURNAL_META: u8 = 0x03;
const MESSAGE: u8 = 0x10;
const CHUNK: u8 = 0x11;
const ENTRY: u8 = 0x20;
const DEAD: u8 = 0x21;
const DESTINATION_AGAIN: u8 = 0x30;
const SEEN: u8 = 0x40;
const LINK: u8 = 0x41;
const JOURNAL: u8 = 0x50;

/// The longest key: prefix and the hash of a link.
const KEY_BYTES_MAX: usize = 1 + 16;

/// The number that stands for a destination's name in keys and records.
pub(super) type DestinationId = u32;

/// A key, built on the stack.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Key {
    bytes: [u8; KEY_BYTES_MAX],
    len: usize,
}

impl Key {
    /// The one record on the store itself.
    pub(super) fn meta() -> Key {
        Key::start(META)
    }

    /// The name of a destination.
    pub(super) fn destination(id: DestinationId) -> Key {
        Key::start(DESTINATION).with(&id.to_be_bytes())
    }

    /// The name of a destination a second time, at the other end of the store: without its name, all that a
    /// destination is owed could not be delivered.
    pub(super) fn destination_again(id: DestinationId) -> Key {
        Key::start(DESTINATION_AGAIN).with(&id.to_be_bytes())
    }

    /// An accepted message.
    pub(super) fn message(sequence: Sequence) -> Key {
        Key::start(MESSAGE).with(&sequence.0.to_be_bytes())
    }

    /// A piece of a body too long to lie in the message's own record.
    pub(super) fn chunk(message: Sequence, body: u16, chunk: u32) -> Key {
        Key::start(CHUNK)
            .with(&message.0.to_be_bytes())
            .with(&body.to_be_bytes())
            .with(&chunk.to_be_bytes())
    }

    /// A delivery that is owed.
    pub(super) fn entry(destination: DestinationId, sequence: Sequence) -> Key {
        Key::start(ENTRY)
            .with(&destination.to_be_bytes())
            .with(&sequence.0.to_be_bytes())
    }

    /// A dead letter.
    pub(super) fn dead(destination: DestinationId, sequence: Sequence) -> Key {
        Key::start(DEAD)
            .with(&destination.to_be_bytes())
            .with(&sequence.0.to_be_bytes())
    }

    /// What is remembered of an accepted message to know it again.
    pub(super) fn seen(message: Sequence) -> Key {
        Key::start(SEEN).with(&message.0.to_be_bytes())
    }

    /// The one record on the journal itself.
    pub(super) fn journal_meta() -> Key {
        Key::start(JOURNAL_META)
    }

    /// Notes of the journal, by the number of the first.
    pub(super) fn journal(first: u64) -> Key {
        Key::start(JOURNAL).with(&first.to_be_bytes())
    }

    /// All notes of the journal.
    pub(super) fn journal_all() -> RangeInclusive<Key> {
        Key::journal(0)..=Key::journal(u64::MAX)
    }

    /// The number of the first note of a key made by [`Key::journal`].
    pub(super) fn read_journal(key: &[u8]) -> Option<u64> {
        let (_, first) = key.split_first()?;
        Some(u64::from_be_bytes(first.try_into().ok()?))
    }

    /// Everything that is remembered to be known again.
    pub(super) fn seen_all() -> RangeInclusive<Key> {
        Key::seen(Sequence(0))..=Key::seen(Sequence(u64::MAX))
    }

    /// The last sequence number of a sender's link.
    pub(super) fn link(id: [u8; 16]) -> Key {
        Key::start(LINK).with(&id)
    }

    /// Every link.
    pub(super) fn links() -> RangeInclusive<Key> {
        Key::link([0; 16])..=Key::link([u8::MAX; 16])
    }

    /// The link of a key under [`Key::links`].
    pub(super) fn read_link(key: &[u8]) -> Option<[u8; 16]> {
        let (_, id) = key.split_first()?;
        id.try_into().ok()
    }

    /// The message of a key made by [`Key::seen`] or [`Key::message`].
    pub(super) fn read_message(key: &[u8]) -> Option<Sequence> {
        let (_, sequence) = key.split_first()?;
        Some(Sequence(u64::from_be_bytes(sequence.try_into().ok()?)))
    }

    /// Every destination's name.
    pub(super) fn destinations() -> RangeInclusive<Key> {
        Key::destination(0)..=Key::destination(DestinationId::MAX)
    }

    /// Every destination's name, the second time.
    pub(super) fn destinations_again() -> RangeInclusive<Key> {
        Key::destination_again(0)..=Key::destination_again(DestinationId::MAX)
    }

    /// Every chunk of one body.
    pub(super) fn body(message: Sequence, body: u16) -> RangeInclusive<Key> {
        Key::chunk(message, body, 0)..=Key::chunk(message, body, u32::MAX)
    }

    /// Every chunk of every body of a message.
    pub(super) fn bodies(message: Sequence) -> RangeInclusive<Key> {
        Key::chunk(message, 0, 0)..=Key::chunk(message, u16::MAX, u32::MAX)
    }

    /// Every owed delivery of every destination.
    pub(super) fn entries() -> RangeInclusive<Key> {
        Key::entry(0, Sequence(0))..=Key::entry(DestinationId::MAX, Sequence(u64::MAX))
    }

    /// Every dead letter of every destination.
    pub(super) fn dead_letters() -> RangeInclusive<Key> {
        Key::dead(0, Sequence(0))..=Key::dead(DestinationId::MAX, Sequence(u64::MAX))
    }

    /// A key as the store gives it back.
    pub(super) fn read(key: &[u8]) -> Key {
        Key {
            bytes: [0; KEY_BYTES_MAX],
            len: 0,
        }
        .with(key)
    }

    /// The destination of a key under [`Key::destinations`] or [`Key::destinations_again`].
    pub(super) fn read_destination(key: &[u8]) -> Option<DestinationId> {
        let (_, id) = key.split_first()?;
        Some(DestinationId::from_be_bytes(id.try_into().ok()?))
    }

    /// Destination and sequence of a key under [`Key::entries`] or [`Key::dead_letters`].
    pub(super) fn read_owed(key: &[u8]) -> Option<(DestinationId, Sequence)> {
        let (_, rest) = key.split_first()?;
        let (id, sequence) = rest.split_first_chunk::<4>()?;
        Some((
            DestinationId::from_be_bytes(*id),
            Sequence(u64::from_be_bytes(sequence.try_into().ok()?)),
        ))
    }

    fn start(prefix: u8) -> Key {
        Key::read(&[prefix])
    }

    fn with(mut self, part: &[u8]) -> Key {
        let end = self.len + part.len();
        self.bytes
            .get_mut(self.len..end)
            .expect("no key is longer than prefix and hash")
            .copy_from_slice(part);
        self.len = end;
        self
    }
}

impl AsRef<[u8]> for Key {
    fn as_ref(&self) -> &[u8] {
        self.bytes
            .get(..self.len)
            .expect("the length is at most the array's")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_of_keys_is_the_order_of_acceptance() {
        let ordered = [
            Key::meta(),
            Key::destination(0),
            Key::destination(256),
            Key::journal_meta(),
            Key::message(Sequence(255)),
            Key::message(Sequence(256)),
            Key::chunk(Sequence(1), 0, 255),
            Key::chunk(Sequence(1), 0, 256),
            Key::chunk(Sequence(1), 1, 0),
            Key::chunk(Sequence(2), 0, 0),
            Key::entry(1, Sequence(255)),
            Key::entry(1, Sequence(256)),
            Key::entry(2, Sequence(1)),
            Key::dead(0, Sequence(1)),
            Key::destination_again(0),
            Key::seen(Sequence(255)),
            Key::seen(Sequence(256)),
            Key::link([0; 16]),
            Key::link([1; 16]),
            Key::journal(255),
            Key::journal(256),
        ];
        assert!(ordered.windows(2).all(|pair| pair[0].as_ref() < pair[1].as_ref()));
    }

    #[test]
    fn a_key_reads_back() {
        let entry = Key::entry(7, Sequence(u64::MAX - 1));
        assert_eq!(Key::read_owed(entry.as_ref()), Some((7, Sequence(u64::MAX - 1))));
        assert_eq!(Key::read_destination(Key::destination(9).as_ref()), Some(9));
        assert_eq!(Key::read_destination(Key::destination_again(9).as_ref()), Some(9));
        for key in [Key::seen(Sequence(9)), Key::message(Sequence(9))] {
            assert_eq!(Key::read_message(key.as_ref()), Some(Sequence(9)));
        }
        assert_eq!(Key::read_link(Key::link([9; 16]).as_ref()), Some([9; 16]));
        for wrong in [&[][..], &[ENTRY], &[ENTRY, 0, 0, 0, 1, 2], &[DESTINATION, 1]] {
            assert_eq!(Key::read_owed(wrong), None);
            assert_eq!(Key::read_destination(wrong), None);
            assert_eq!(Key::read_link(wrong), None);
        }
    }
}
