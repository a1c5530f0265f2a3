//! Notes as they stand on disk: several in one record, each small; and what is told of a message, as one more of its
//! bodies, since that has no bound of a few thousand bytes.
//!
//! Version and checksum are those of every record (see `outbox/record`). Texts are cut to what fits.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;

use super::{Attempt, End, Judgment, Origin, OriginMessage, Passage, Told};
use crate::outbox::{
    Sequence,
    key::{DestinationId, Key},
    record::{
        ANSWER_BYTES_MAX, CHUNK_BYTES_MAX, Damage, REASON_BYTES_MAX, Reader, cut, put_bytes, put_count,
        put_time, seal,
    },
};

/// The most notes of one record: what is read next begins at most so many numbers before.
pub(super) const PAGE_NOTES_MAX: u64 = 128;
/// Who has ordered something, and other short texts.
const NAME_BYTES_MAX: usize = 500;
/// The format of what is told of a message.
const TOLD_VERSION: u8 = 1;

/// The record on the journal itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::outbox) struct JournalMeta {
    /// The number the next note gets.
    pub(in crate::outbox) next: u64,
    /// The oldest note that is not forgotten.
    pub(in crate::outbox) first: u64,
    /// The notes of messages below are forgotten.
    pub(in crate::outbox) floor: Sequence,
    /// Bytes of the notes, and of the messages they tell of.
    pub(in crate::outbox) bytes: u64,
    /// Notes that were let go.
    pub(in crate::outbox) lost: u64,
}

impl JournalMeta {
    /// Of a journal in which nothing was ever noted.
    pub(in crate::outbox) fn new() -> JournalMeta {
        JournalMeta {
            next: 1,
            first: 1,
            floor: Sequence(0),
            bytes: 0,
            lost: 0,
        }
    }

    pub(in crate::outbox) fn encode(&self) -> Vec<u8> {
        seal(&Key::journal_meta(), 40, |out| {
            for number in [self.next, self.first, self.floor.0, self.bytes, self.lost] {
                out.extend_from_slice(&number.to_be_bytes());
            }
        })
    }

    pub(in crate::outbox) fn decode(value: &[u8]) -> Result<JournalMeta, Damage> {
        let mut reader = Reader::open(&Key::journal_meta(), value)?;
        let meta = JournalMeta {
            next: reader.u64()?,
            first: reader.u64()?,
            floor: reader.sequence()?,
            bytes: reader.u64()?,
            lost: reader.u64()?,
        };
        reader.end(meta)
    }
}

/// A note as it is stored: destinations by their numbers, messages by theirs.
#[derive(PartialEq, Eq)]
pub(in crate::outbox) enum NoteRecord {
    Received(ReceivedRecord),
    Attempted {
        destination: DestinationId,
        sequence: Sequence,
        attempt: Attempt,
    },
    Settled {
        destination: DestinationId,
        sequence: Sequence,
        at: jiff::Timestamp,
        end: End,
        by: Option<String>,
    },
}

/// All that must be known to let go of a message without reading it.
#[derive(PartialEq, Eq)]
pub(in crate::outbox) struct ReceivedRecord {
    pub(in crate::outbox) message: Sequence,
    /// It was known from before, whatever was told of it.
    pub(in crate::outbox) is_repeated: bool,
    /// The message's bodies lie in chunks.
    pub(in crate::outbox) chunked: bool,
    /// Among them are the names of their character sets.
    pub(in crate::outbox) has_charsets: bool,
    /// The bytes of all bodies of the message.
    pub(in crate::outbox) bytes: u32,
    /// Every delivery and dead letter made at acceptance: destination, and its sequence less the message's.
    pub(in crate::outbox) owed: Vec<(DestinationId, u16)>,
}

/// Notes on their way into records.
#[derive(Default)]
pub(in crate::outbox) struct Page {
    content: Vec<u8>,
    notes: u64,
}

impl Page {
    /// Adds a note; what does not fit any more is returned as a page that is full.
    pub(in crate::outbox) fn add(&mut self, note: &NoteRecord) -> Option<Page> {
        let start = self.content.len();
        write_note(&mut self.content, note);
        let is_full = self.content.len() > CHUNK_BYTES_MAX || self.notes >= PAGE_NOTES_MAX;
        let full = (is_full && self.notes > 0).then(|| {
            let rest = self.content.split_off(start);
            std::mem::replace(
                self,
                Page {
                    content: rest,
                    notes: 0,
                },
            )
        });
        self.notes += 1;
        full
    }

    pub(in crate::outbox) fn notes(&self) -> u64 {
        self.notes
    }

    pub(in crate::outbox) fn encode(&self, key: &Key) -> Vec<u8> {
        seal(key, self.content.len(), |out| {
            out.extend_from_slice(&self.content);
        })
    }
}

/// The notes of a record.
pub(in crate::outbox) fn decode_page(key: &Key, value: &[u8]) -> Result<Vec<NoteRecord>, Damage> {
    let mut reader = Reader::open(key, value)?;
    let mut notes = Vec::new();
    while !reader.is_at_end() {
        notes.push(read_note(&mut reader)?);
    }
    Ok(notes)
}

const RECEIVED: u8 = 1;
const ATTEMPTED: u8 = 2;
const SETTLED: u8 = 3;

fn write_note(out: &mut Vec<u8>, note: &NoteRecord) {
    match note {
        NoteRecord::Received(received) => {
            out.push(RECEIVED);
            out.extend_from_slice(&received.message.0.to_be_bytes());
            let (repeated, chunked) = (u8::from(received.is_repeated), u8::from(received.chunked));
            out.push(repeated | chunked << 1 | u8::from(received.has_charsets) << 2);
            out.extend_from_slice(&received.bytes.to_be_bytes());
            put_count(out, received.owed.len());
            for (destination, offset) in &received.owed {
                out.extend_from_slice(&destination.to_be_bytes());
                out.extend_from_slice(&offset.to_be_bytes());
            }
        }
        NoteRecord::Attempted {
            destination,
            sequence,
            attempt,
        } => {
            out.push(ATTEMPTED);
            out.extend_from_slice(&destination.to_be_bytes());
            out.extend_from_slice(&sequence.0.to_be_bytes());
            put_time(out, attempt.at);
            let took = u64::try_from(attempt.took.as_micros()).unwrap_or(u64::MAX);
            out.extend_from_slice(&took.to_be_bytes());
            put_text(out, attempt.code.as_deref(), NAME_BYTES_MAX);
            put_text(out, attempt.problem.as_deref(), REASON_BYTES_MAX);
            out.push(u8::from(attempt.answer.is_some()));
            let answer = attempt.answer.as_deref().unwrap_or_default();
            put_bytes(out, answer.get(..ANSWER_BYTES_MAX).unwrap_or(answer));
        }
        NoteRecord::Settled {
            destination,
            sequence,
            at,
            end,
            by,
        } => {
            out.push(SETTLED);
            out.extend_from_slice(&destination.to_be_bytes());
            out.extend_from_slice(&sequence.0.to_be_bytes());
            put_time(out, *at);
            let (end, reason) = match end {
                End::Delivered => (0, None),
                End::Dead { reason } => (1, Some(reason.as_str())),
                End::Purged => (2, None),
                End::Resent => (3, None),
            };
            out.push(end);
            put_text(out, reason, REASON_BYTES_MAX);
            put_text(out, by.as_deref(), NAME_BYTES_MAX);
        }
    }
}

fn read_note(reader: &mut Reader<'_>) -> Result<NoteRecord, Damage> {
    match reader.u8()? {
        RECEIVED => {
            let message = reader.sequence()?;
            let flags = reader.u8()?;
            let bytes = reader.u32()?;
            let mut owed = Vec::new();
            for _ in 0..reader.u16()? {
                owed.push((reader.u32()?, reader.u16()?));
            }
            Ok(NoteRecord::Received(ReceivedRecord {
                message,
                is_repeated: flags & 1 != 0,
                chunked: flags & 2 != 0,
                has_charsets: flags & 4 != 0,
                bytes,
                owed,
            }))
        }
        ATTEMPTED => {
            let (destination, sequence, at) = (reader.u32()?, reader.sequence()?, reader.time()?);
            let took = Duration::from_micros(reader.u64()?);
            let code = read_text(reader)?.map(Arc::from);
            let problem = read_text(reader)?.map(str::to_owned);
            let is_answered = reader.u8()? != 0;
            let answer = reader.bytes()?;
            let attempt = Attempt {
                at,
                took,
                code,
                problem,
                answer: is_answered.then(|| Bytes::copy_from_slice(answer)),
            };
            Ok(NoteRecord::Attempted {
                destination,
                sequence,
                attempt,
            })
        }
        SETTLED => {
            let (destination, sequence, at) = (reader.u32()?, reader.sequence()?, reader.time()?);
            let end = reader.u8()?;
            let reason = read_text(reader)?.unwrap_or_default();
            let end = match end {
                0 => End::Delivered,
                1 => End::Dead {
                    reason: reason.to_owned(),
                },
                2 => End::Purged,
                3 => End::Resent,
                unknown => return Err(Damage::Kind(unknown)),
            };
            Ok(NoteRecord::Settled {
                destination,
                sequence,
                at,
                end,
                by: read_text(reader)?.map(str::to_owned),
            })
        }
        unknown => Err(Damage::Kind(unknown)),
    }
}

/// What is told of a message, with which body each delivery is and why the dead letters are dead.
#[derive(PartialEq, Eq, Debug)]
pub(in crate::outbox) struct ToldRecord {
    pub(in crate::outbox) told: Told,
    pub(in crate::outbox) deliveries: Vec<u16>,
    pub(in crate::outbox) dead: Vec<String>,
}

impl ToldRecord {
    pub(in crate::outbox) fn encode(&self) -> Bytes {
        let Told {
            judgment,
            routes,
            tags,
            origin,
        } = &self.told;
        let mut out = vec![TOLD_VERSION];
        let (kind, code, reason) = match judgment {
            Judgment::Accepted => (0, None, None),
            Judgment::Filtered => (1, None, None),
            Judgment::Unrouted => (2, None, None),
            Judgment::Repeated => (3, None, None),
            Judgment::Refused { code, reason } => (4, code.as_deref(), Some(reason.as_str())),
        };
        out.push(kind);
        put_text(&mut out, code, NAME_BYTES_MAX);
        put_text(&mut out, reason, REASON_BYTES_MAX);
        put_count(&mut out, routes.len());
        for passage in routes {
            put_bytes(&mut out, passage.route.as_bytes());
            put_text(&mut out, passage.filtered.as_deref(), REASON_BYTES_MAX);
        }
        put_count(&mut out, tags.len());
        for (name, value) in tags {
            put_bytes(&mut out, name.as_bytes());
            put_text(&mut out, Some(value), usize::from(u16::MAX));
        }
        put_count(&mut out, self.deliveries.len());
        for body in &self.deliveries {
            out.extend_from_slice(&body.to_be_bytes());
        }
        put_count(&mut out, self.dead.len());
        for reason in &self.dead {
            put_text(&mut out, Some(reason), REASON_BYTES_MAX);
        }
        out.push(u8::from(origin.is_some()));
        if let Some(origin) = origin {
            let (is_archived, message) = match origin.message {
                OriginMessage::Here(sequence) => (false, sequence.0),
                OriginMessage::Archived(number) => (true, number),
            };
            out.push(u8::from(is_archived));
            out.extend_from_slice(&message.to_be_bytes());
            out.push(u8::from(origin.is_edited));
            put_text(&mut out, Some(&origin.by), NAME_BYTES_MAX);
            put_text(&mut out, Some(&origin.why), REASON_BYTES_MAX);
        }
        out.into()
    }

    /// Reads what [`encode`](ToldRecord::encode) wrote; its checksum was that of the record it lay in.
    pub(in crate::outbox) fn decode(bytes: &[u8]) -> Result<ToldRecord, Damage> {
        let mut reader = Reader::over(bytes);
        match reader.u8()? {
            TOLD_VERSION => {}
            other => return Err(Damage::Version(other)),
        }
        let kind = reader.u8()?;
        let code = read_text(&mut reader)?.map(Arc::from);
        let reason = read_text(&mut reader)?.unwrap_or_default().to_owned();
        let judgment = match kind {
            0 => Judgment::Accepted,
            1 => Judgment::Filtered,
            2 => Judgment::Unrouted,
            3 => Judgment::Repeated,
            4 => Judgment::Refused { code, reason },
            unknown => return Err(Damage::Kind(unknown)),
        };
        let mut routes = Vec::new();
        for _ in 0..reader.u16()? {
            routes.push(Passage {
                route: reader.text()?.into(),
                filtered: read_text(&mut reader)?.map(Arc::from),
            });
        }
        let mut tags = Vec::new();
        for _ in 0..reader.u16()? {
            let name = reader.text()?.into();
            tags.push((name, read_text(&mut reader)?.unwrap_or_default().to_owned()));
        }
        let mut deliveries = Vec::new();
        for _ in 0..reader.u16()? {
            deliveries.push(reader.u16()?);
        }
        let mut dead = Vec::new();
        for _ in 0..reader.u16()? {
            dead.push(read_text(&mut reader)?.unwrap_or_default().to_owned());
        }
        let origin = match reader.u8()? {
            0 => None,
            _ => Some(Origin {
                message: match reader.u8()? {
                    0 => OriginMessage::Here(reader.sequence()?),
                    _ => OriginMessage::Archived(reader.u64()?),
                },
                is_edited: reader.u8()? != 0,
                by: read_text(&mut reader)?.unwrap_or_default().to_owned(),
                why: read_text(&mut reader)?.unwrap_or_default().to_owned(),
            }),
        };
        let told = Told {
            judgment,
            routes,
            tags,
            origin,
        };
        reader.end(ToldRecord {
            told,
            deliveries,
            dead,
        })
    }
}

/// A text that may be missing, cut where it is too long.
fn put_text(out: &mut Vec<u8>, text: Option<&str>, bytes_max: usize) {
    out.push(u8::from(text.is_some()));
    put_bytes(out, cut(text.unwrap_or_default(), bytes_max).as_bytes());
}

fn read_text<'a>(reader: &mut Reader<'a>) -> Result<Option<&'a str>, Damage> {
    let is_there = reader.u8()? != 0;
    let text = reader.text()?;
    Ok(is_there.then_some(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told() -> ToldRecord {
        ToldRecord {
            told: Told {
                judgment: Judgment::Refused {
                    code: Some("AR".into()),
                    reason: "200 MSH-9: unsupported".to_owned(),
                },
                routes: vec![
                    Passage {
                        route: "adt".into(),
                        filtered: None,
                    },
                    Passage {
                        route: "lab".into(),
                        filtered: Some("condition".into()),
                    },
                ],
                tags: vec![("ward".into(), "7ä".to_owned())],
                origin: Some(Origin {
                    message: OriginMessage::Archived(7),
                    is_edited: true,
                    by: "ann".to_owned(),
                    why: "wrong ward".to_owned(),
                }),
            },
            deliveries: vec![0, 2],
            dead: vec!["step 1".to_owned()],
        }
    }

    #[test]
    fn what_is_told_reads_back_and_its_parts_do_not() {
        let bytes = told().encode();
        assert_eq!(ToldRecord::decode(&bytes), Ok(told()));
        for end in 0..bytes.len() {
            assert!(ToldRecord::decode(&bytes[..end]).is_err(), "{end}");
        }
        assert!(ToldRecord::decode(&[&bytes[..], b"x"].concat()).is_err());
    }

    #[test]
    fn notes_read_back_and_long_texts_are_cut_so_that_one_always_fits() {
        let long = NoteRecord::Attempted {
            destination: 7,
            sequence: Sequence(9),
            attempt: Attempt {
                at: jiff::Timestamp::UNIX_EPOCH,
                took: Duration::from_millis(12),
                code: Some("AE".repeat(1_000).into()),
                problem: Some("ä".repeat(2_000)),
                answer: Some(vec![b'x'; 10_000].into()),
            },
        };
        let widest = NoteRecord::Received(ReceivedRecord {
            message: Sequence(u64::MAX),
            is_repeated: true,
            chunked: false,
            has_charsets: true,
            bytes: u32::MAX,
            owed: vec![(u32::MAX, 1); 500],
        });
        let settled = |end| NoteRecord::Settled {
            destination: 1,
            sequence: Sequence(2),
            at: jiff::Timestamp::UNIX_EPOCH,
            end,
            by: Some("ann".to_owned()),
        };
        let dead = End::Dead {
            reason: "refused".to_owned(),
        };
        let notes = [
            long,
            widest,
            settled(End::Delivered),
            settled(dead),
            settled(End::Purged),
            settled(End::Resent),
        ];
        let mut page = Page::default();
        let mut pages: Vec<Page> = notes.iter().filter_map(|note| page.add(note)).collect();
        pages.push(page);
        let key = Key::journal(1);
        let mut read = Vec::new();
        for page in &pages {
            let value = page.encode(&key);
            assert!(value.len() <= crate::outbox::record::VALUE_BYTES_MAX);
            let notes = decode_page(&key, &value).unwrap_or_else(|damage| panic!("{damage}"));
            assert_eq!(notes.len() as u64, page.notes());
            read.extend(notes);
        }
        assert!(read[1..] == notes[1..]);
        let NoteRecord::Attempted { attempt, .. } = &read[0] else {
            panic!("the attempt comes first");
        };
        assert_eq!(attempt.answer.as_ref().map(Bytes::len), Some(ANSWER_BYTES_MAX));
        assert_eq!(attempt.problem.as_ref().map(String::len), Some(REASON_BYTES_MAX));
    }

    #[test]
    fn a_page_takes_no_more_notes_than_a_reader_looks_back() {
        let note = NoteRecord::Settled {
            destination: 1,
            sequence: Sequence(2),
            at: jiff::Timestamp::UNIX_EPOCH,
            end: End::Delivered,
            by: None,
        };
        let mut page = Page::default();
        let full: Vec<u64> = (0..300)
            .filter_map(|_| page.add(&note))
            .map(|page| page.notes())
            .collect();
        assert_eq!(
            (full, page.notes()),
            (vec![PAGE_NOTES_MAX; 2], 300 - 2 * PAGE_NOTES_MAX)
        );
    }
}
