//! The records on disk: version 1, written by hand, bounded, checksummed.
//!
//! Every value starts with a version byte and a CRC-32 over the version, the key and the content, so that a
//! flipped bit, a record of another version and a record under another's key are all seen as [`Damage`]. All
//! numbers are big-endian; texts and byte strings have a length before them. Nothing here reads or writes a
//! store, and no length read is trusted further than the bytes that are there.

use bytes::Bytes;
use jiff::Timestamp;

use super::{
    Sequence,
    key::{DestinationId, Key},
    sealed::UNOPENED,
};
use crate::seal;

/// The format this code writes.
pub(super) const RECORD_VERSION: u8 = 1;
/// No value is longer on the disk: sled moves long ones to files of their own, which it never syncs.
pub(super) const STORED_BYTES_MAX: usize = 6_000;
/// No record is longer: one that is encrypted has to fit, too.
pub(super) const VALUE_BYTES_MAX: usize = STORED_BYTES_MAX - seal::OVERHEAD_BYTES;
/// Version and checksum.
const FRAME_BYTES: usize = 1 + 4;
/// How much of a body fits one chunk.
pub(super) const CHUNK_BYTES_MAX: usize = VALUE_BYTES_MAX - FRAME_BYTES;
/// How much of the reason of a dead letter is kept.
pub(super) const REASON_BYTES_MAX: usize = 1_000;
/// How much of the answer that made a dead letter is kept.
pub(super) const ANSWER_BYTES_MAX: usize = 4_000;

/// Why a record cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Damage {
    #[error("the checksum does not fit")]
    Checksum,
    #[error("record version {0} is not known (expected {RECORD_VERSION})")]
    Version(u8),
    #[error("the record ends too early")]
    Short,
    #[error("the record goes on after its end")]
    Long,
    #[error("a text is not UTF-8")]
    Text,
    #[error("a time is out of range")]
    Time,
    #[error("a record it needs is not there")]
    Missing,
    #[error("the received bytes do not fit their hash")]
    Hash,
    #[error("it cannot be decrypted: it was altered, or belongs elsewhere")]
    Unopened,
    #[error("kind {0} is not known")]
    Kind(u8),
}

/// The record on the store itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Meta {
    /// Made at creation; tells this store from every other.
    pub(super) store_id: u128,
    /// The number the next message gets.
    pub(super) next: Sequence,
    /// How many batches were written.
    pub(super) commits: u64,
    /// How many deliveries are owed: what is counted at opening must be as many.
    pub(super) queued: u64,
    /// How many dead letters there are.
    pub(super) dead: u64,
    /// How many bytes all bodies have that are kept.
    pub(super) bytes: u64,
    /// What became of everything since the store was made.
    pub(super) totals: Totals,
}

/// An account over the life of a store. At any commit
/// `entries = delivered + purged + resent + queued + dead`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Totals {
    /// Deliveries and dead letters that were ever made.
    pub(super) entries: u64,
    /// Those that left as delivered.
    pub(super) delivered: u64,
    /// Those that left because somebody ordered it.
    pub(super) purged: u64,
    /// Dead letters that left to be deliveries again.
    pub(super) resent: u64,
}

impl Meta {
    /// The record of a store nothing was written to.
    pub(super) fn new(store_id: u128) -> Meta {
        Meta {
            store_id,
            next: Sequence(1),
            commits: 0,
            queued: 0,
            dead: 0,
            bytes: 0,
            totals: Totals::default(),
        }
    }

    pub(super) fn encode(&self) -> Vec<u8> {
        seal(&Key::meta(), 88, |out| {
            out.extend_from_slice(&self.store_id.to_be_bytes());
            out.extend_from_slice(&self.next.0.to_be_bytes());
            out.extend_from_slice(&self.commits.to_be_bytes());
            out.extend_from_slice(&self.queued.to_be_bytes());
            out.extend_from_slice(&self.dead.to_be_bytes());
            let Totals {
                entries,
                delivered,
                purged,
                resent,
            } = self.totals;
            for count in [self.bytes, entries, delivered, purged, resent] {
                out.extend_from_slice(&count.to_be_bytes());
            }
        })
    }

    pub(super) fn decode(value: &[u8]) -> Result<Meta, Damage> {
        let mut reader = Reader::open(&Key::meta(), value)?;
        let meta = Meta {
            store_id: u128::from_be_bytes(reader.array()?),
            next: reader.sequence()?,
            commits: reader.u64()?,
            queued: reader.u64()?,
            dead: reader.u64()?,
            bytes: reader.u64()?,
            totals: Totals {
                entries: reader.u64()?,
                delivered: reader.u64()?,
                purged: reader.u64()?,
                resent: reader.u64()?,
            },
        };
        reader.end(meta)
    }
}

/// The name of a destination.
pub(super) fn encode_destination(key: &Key, name: &str) -> Vec<u8> {
    seal(key, name.len(), |out| out.extend_from_slice(name.as_bytes()))
}

/// The name of a destination.
pub(super) fn decode_destination<'a>(key: &Key, value: &'a [u8]) -> Result<&'a str, Damage> {
    std::str::from_utf8(Reader::open(key, value)?.rest).map_err(|_| Damage::Text)
}

/// A piece of a body.
pub(super) fn encode_chunk(key: &Key, piece: &[u8]) -> Vec<u8> {
    seal(key, piece.len(), |out| out.extend_from_slice(piece))
}

/// A piece of a body.
pub(super) fn decode_chunk<'a>(key: &Key, value: &'a [u8]) -> Result<&'a [u8], Damage> {
    Ok(Reader::open(key, value)?.rest)
}

/// An accepted message: what is known of it, who is owed it, and its bodies when they are small.
#[derive(PartialEq, Eq)]
pub(super) struct MessageRecord {
    pub(super) received_at: Timestamp,
    pub(super) listener: String,
    pub(super) control_id: Bytes,
    pub(super) site_version: String,
    /// BLAKE3 of the frame as received.
    pub(super) hash: [u8; 32],
    /// Every delivery and dead letter made at acceptance: destination, and its sequence less the message's.
    pub(super) owed: Vec<(DestinationId, u16)>,
    /// Lengths of the bodies: the frame as received, what was made of it, the names of character sets where they are
    /// kept, and what the journal is told.
    pub(super) body_bytes: Vec<u32>,
    /// The bodies, one after the other, unless they are in chunks.
    pub(super) inline: Option<Bytes>,
}

impl MessageRecord {
    /// The record's size without bodies.
    pub(super) fn header_bytes(
        listener: &str,
        control_id: &[u8],
        site_version: &str,
        owed: usize,
        bodies: usize,
    ) -> usize {
        let texts = 2 + listener.len() + 2 + control_id.len() + 2 + site_version.len();
        FRAME_BYTES + 8 + texts + 32 + 2 + owed * (4 + 2) + 2 + bodies * 4 + 1
    }

    pub(super) fn encode(&self, message: Sequence) -> Vec<u8> {
        let bodies = self.inline.as_ref().map_or(0, Bytes::len);
        let header = MessageRecord::header_bytes(
            &self.listener,
            &self.control_id,
            &self.site_version,
            self.owed.len(),
            self.body_bytes.len(),
        );
        seal(&Key::message(message), header + bodies, |out| {
            put_time(out, self.received_at);
            put_bytes(out, self.listener.as_bytes());
            put_bytes(out, &self.control_id);
            put_bytes(out, self.site_version.as_bytes());
            out.extend_from_slice(&self.hash);
            put_count(out, self.owed.len());
            for (destination, offset) in &self.owed {
                out.extend_from_slice(&destination.to_be_bytes());
                out.extend_from_slice(&offset.to_be_bytes());
            }
            put_count(out, self.body_bytes.len());
            for bytes in &self.body_bytes {
                out.extend_from_slice(&bytes.to_be_bytes());
            }
            out.push(u8::from(self.inline.is_some()));
            out.extend_from_slice(self.inline.as_deref().unwrap_or_default());
        })
    }

    /// Reads a record; the bodies in it are slices of `value`, not copies.
    pub(super) fn decode(message: Sequence, value: &Bytes) -> Result<MessageRecord, Damage> {
        let mut reader = Reader::open(&Key::message(message), value)?;
        let received_at = reader.time()?;
        let listener = reader.text()?.to_owned();
        let control_id = value.slice_ref(reader.bytes()?);
        let site_version = reader.text()?.to_owned();
        let hash = reader.array()?;
        let mut owed = Vec::new();
        for _ in 0..reader.u16()? {
            owed.push((reader.u32()?, reader.u16()?));
        }
        let mut body_bytes = Vec::new();
        for _ in 0..reader.u16()? {
            body_bytes.push(reader.u32()?);
        }
        let inline = match reader.u8()? {
            0 => None,
            _ => Some(value.slice_ref(std::mem::take(&mut reader.rest))),
        };
        let total = body_bytes.iter().map(|bytes| u64::from(*bytes)).sum::<u64>();
        if inline.as_ref().is_some_and(|bodies| bodies.len() as u64 != total) {
            return Err(Damage::Short);
        }
        let record = MessageRecord {
            received_at,
            listener,
            control_id,
            site_version,
            hash,
            owed,
            body_bytes,
            inline,
        };
        reader.end(record)
    }

    /// Which body are the names of character sets, in a message that has any.
    pub(super) fn charsets_body(&self, is_noted: bool) -> Result<u16, Damage> {
        let behind = 1 + usize::from(is_noted);
        let body = self.body_bytes.len().checked_sub(behind);
        let body = body.and_then(|body| u16::try_from(body).ok());
        body.ok_or(Damage::Missing)
    }

    /// A body that lies in this record: `None` when the bodies are in chunks.
    pub(super) fn inline_body(&self, body: u16) -> Option<Result<Bytes, Damage>> {
        let inline = self.inline.as_ref()?;
        let before = self.body_bytes.iter().take(usize::from(body));
        let start = before.map(|bytes| *bytes as usize).sum::<usize>();
        let Some(len) = self.body_bytes.get(usize::from(body)) else {
            return Some(Err(Damage::Missing));
        };
        // `decode` has checked that the lengths add up to what is there.
        Some(Ok(inline.slice(start..start + *len as usize)))
    }
}

/// A delivery that is owed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a bit of one byte on disk")]
pub(super) struct EntryRecord {
    /// The message it comes from. The same number as its own, but for a second delivery to one destination.
    pub(super) message: Sequence,
    pub(super) body: u16,
    pub(super) received_at: Timestamp,
    /// Nobody else was ever owed this message: it goes with this entry.
    pub(super) sole: bool,
    /// The message's bodies lie in chunks.
    pub(super) chunked: bool,
    /// The journal tells of the message: it is kept until that is forgotten.
    pub(super) is_noted: bool,
    /// Among the message's bodies are the names of their character sets.
    pub(super) has_charsets: bool,
    /// The bytes of all bodies of the message.
    pub(super) bytes: u32,
}

impl EntryRecord {
    pub(super) fn encode(&self, key: &Key) -> Vec<u8> {
        seal(key, 23, |out| self.write(out))
    }

    pub(super) fn decode(key: &Key, value: &[u8]) -> Result<EntryRecord, Damage> {
        let mut reader = Reader::open(key, value)?;
        let entry = EntryRecord::read(&mut reader)?;
        reader.end(entry)
    }

    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.message.0.to_be_bytes());
        out.extend_from_slice(&self.body.to_be_bytes());
        put_time(out, self.received_at);
        let bits = [self.sole, self.chunked, self.is_noted, self.has_charsets];
        let flags = (0..).zip(bits).map(|(place, bit)| u8::from(bit) << place);
        out.push(flags.sum());
        out.extend_from_slice(&self.bytes.to_be_bytes());
    }

    fn read(reader: &mut Reader<'_>) -> Result<EntryRecord, Damage> {
        let (message, body, received_at) = (reader.sequence()?, reader.u16()?, reader.time()?);
        let flags = reader.u8()?;
        Ok(EntryRecord {
            message,
            body,
            received_at,
            sole: flags & 1 != 0,
            chunked: flags & 2 != 0,
            is_noted: flags & 4 != 0,
            has_charsets: flags & 8 != 0,
            bytes: reader.u32()?,
        })
    }
}

/// A delivery that was given up.
#[derive(PartialEq, Eq)]
pub(super) struct DeadRecord {
    /// The delivery it was; `None` when its own record was damaged.
    pub(super) entry: Option<EntryRecord>,
    pub(super) dead_at: Timestamp,
    pub(super) attempts: u32,
    pub(super) reason: String,
    pub(super) answer: Option<Bytes>,
}

impl DeadRecord {
    /// Writes the record; a long reason or answer is cut.
    pub(super) fn encode(&self, key: &Key) -> Vec<u8> {
        let reason = cut(&self.reason, REASON_BYTES_MAX).as_bytes();
        seal(key, 64 + reason.len(), |out| {
            put_time(out, self.dead_at);
            out.extend_from_slice(&self.attempts.to_be_bytes());
            put_bytes(out, reason);
            out.push(u8::from(self.answer.is_some()));
            let answer = self.answer.as_deref().unwrap_or_default();
            put_bytes(out, answer.get(..ANSWER_BYTES_MAX).unwrap_or(answer));
            out.push(u8::from(self.entry.is_some()));
            if let Some(entry) = &self.entry {
                entry.write(out);
            }
        })
    }

    pub(super) fn decode(key: &Key, value: &[u8]) -> Result<DeadRecord, Damage> {
        let mut reader = Reader::open(key, value)?;
        let dead_at = reader.time()?;
        let attempts = reader.u32()?;
        let reason = reader.text()?.to_owned();
        let answered = reader.u8()? != 0;
        let answer = reader.bytes()?;
        let answer = answered.then(|| Bytes::copy_from_slice(answer));
        let entry = if reader.u8()? == 0 {
            None
        } else {
            Some(EntryRecord::read(&mut reader)?)
        };
        reader.end(DeadRecord {
            entry,
            dead_at,
            attempts,
            reason,
            answer,
        })
    }
}

/// What is remembered of an accepted message to know it again.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct SeenRecord {
    pub(super) listener: String,
    /// Of what names the message: its sender and its control id.
    pub(super) identity: [u8; 16],
    /// Of the frame as received.
    pub(super) content: [u8; 16],
    pub(super) received_at: Timestamp,
}

impl SeenRecord {
    pub(super) fn encode(&self, key: &Key) -> Vec<u8> {
        seal(key, 42 + self.listener.len(), |out| {
            put_bytes(out, self.listener.as_bytes());
            out.extend_from_slice(&self.identity);
            out.extend_from_slice(&self.content);
            put_time(out, self.received_at);
        })
    }

    pub(super) fn decode(key: &Key, value: &[u8]) -> Result<SeenRecord, Damage> {
        let mut reader = Reader::open(key, value)?;
        let seen = SeenRecord {
            listener: reader.text()?.to_owned(),
            identity: reader.array()?,
            content: reader.array()?,
            received_at: reader.time()?,
        };
        reader.end(seen)
    }
}

/// The last sequence number that was taken of a sender's link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct LinkRecord {
    pub(super) number: u64,
    /// Of the frame that had it.
    pub(super) content: [u8; 16],
    /// When it was taken, in the order of acceptance.
    pub(super) sequence: Sequence,
}

impl LinkRecord {
    pub(super) fn encode(&self, key: &Key) -> Vec<u8> {
        seal(key, 32, |out| {
            out.extend_from_slice(&self.number.to_be_bytes());
            out.extend_from_slice(&self.content);
            out.extend_from_slice(&self.sequence.0.to_be_bytes());
        })
    }

    pub(super) fn decode(key: &Key, value: &[u8]) -> Result<LinkRecord, Damage> {
        let mut reader = Reader::open(key, value)?;
        let link = LinkRecord {
            number: reader.u64()?,
            content: reader.array()?,
            sequence: reader.sequence()?,
        };
        reader.end(link)
    }
}

/// The longest beginning of a text that ends between characters and within the limit.
pub(super) fn cut(text: &str, bytes_max: usize) -> &str {
    let end = (0..=bytes_max.min(text.len()))
        .rev()
        .find(|end| text.is_char_boundary(*end));
    text.get(..end.unwrap_or(0)).unwrap_or_default()
}

/// Version, checksum, content.
pub(super) fn seal(key: &Key, content_bytes: usize, write: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut out = Vec::with_capacity(FRAME_BYTES + content_bytes);
    out.push(RECORD_VERSION);
    out.extend_from_slice(&[0; 4]);
    write(&mut out);
    let checksum = checksum(key, RECORD_VERSION, out.get(FRAME_BYTES..).unwrap_or_default());
    if let Some(place) = out.get_mut(1..FRAME_BYTES) {
        place.copy_from_slice(&checksum.to_be_bytes());
    }
    out
}

fn checksum(key: &Key, version: u8, content: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&[version]);
    hasher.update(key.as_ref());
    hasher.update(content);
    hasher.finalize()
}

pub(super) fn put_time(out: &mut Vec<u8>, time: Timestamp) {
    out.extend_from_slice(&time.as_microsecond().to_be_bytes());
}

/// Texts and byte strings are bounded by `offer` far below 64 KiB; a longer one would be cut, not misread.
pub(super) fn put_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    let bytes = bytes.get(..usize::from(u16::MAX)).unwrap_or(bytes);
    put_count(out, bytes.len());
    out.extend_from_slice(bytes);
}

pub(super) fn put_count(out: &mut Vec<u8>, count: usize) {
    let count = u16::try_from(count).expect("offer bounds every list far below 65,536");
    out.extend_from_slice(&count.to_be_bytes());
}

/// Takes a record apart from the front.
pub(super) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    /// Over bytes whose checksum was looked at before.
    pub(super) fn over(rest: &'a [u8]) -> Reader<'a> {
        Reader { rest }
    }

    pub(super) fn is_at_end(&self) -> bool {
        self.rest.is_empty()
    }

    pub(super) fn open(key: &Key, value: &'a [u8]) -> Result<Reader<'a>, Damage> {
        if value == UNOPENED {
            return Err(Damage::Unopened);
        }
        let (version, value) = value.split_first().ok_or(Damage::Short)?;
        let (stored, rest) = value.split_first_chunk::<4>().ok_or(Damage::Short)?;
        if u32::from_be_bytes(*stored) != checksum(key, *version, rest) {
            return Err(Damage::Checksum);
        }
        if *version != RECORD_VERSION {
            return Err(Damage::Version(*version));
        }
        Ok(Reader { rest })
    }

    fn take(&mut self, count: usize) -> Result<&'a [u8], Damage> {
        let (taken, rest) = self.rest.split_at_checked(count).ok_or(Damage::Short)?;
        self.rest = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Damage> {
        let (taken, rest) = self.rest.split_first_chunk::<N>().ok_or(Damage::Short)?;
        self.rest = rest;
        Ok(*taken)
    }

    pub(super) fn u8(&mut self) -> Result<u8, Damage> {
        self.array::<1>().map(|[byte]| byte)
    }

    pub(super) fn u16(&mut self) -> Result<u16, Damage> {
        self.array().map(u16::from_be_bytes)
    }

    pub(super) fn u32(&mut self) -> Result<u32, Damage> {
        self.array().map(u32::from_be_bytes)
    }

    pub(super) fn u64(&mut self) -> Result<u64, Damage> {
        self.array().map(u64::from_be_bytes)
    }

    pub(super) fn sequence(&mut self) -> Result<Sequence, Damage> {
        self.u64().map(Sequence)
    }

    pub(super) fn time(&mut self) -> Result<Timestamp, Damage> {
        Timestamp::from_microsecond(self.array().map(i64::from_be_bytes)?).map_err(|_| Damage::Time)
    }

    pub(super) fn bytes(&mut self) -> Result<&'a [u8], Damage> {
        let count = self.u16()?;
        self.take(usize::from(count))
    }

    pub(super) fn text(&mut self) -> Result<&'a str, Damage> {
        std::str::from_utf8(self.bytes()?).map_err(|_| Damage::Text)
    }

    pub(super) fn end<T>(self, whole: T) -> Result<T, Damage> {
        if self.rest.is_empty() {
            Ok(whole)
        } else {
            Err(Damage::Long)
        }
    }
}

#[cfg(test)]
mod tests;
