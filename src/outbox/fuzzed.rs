//! Any bytes as the content of each kind of record: for fuzzing, which reaches nothing that is private.
//!
//! The checksum is made right first, so that what is looked at is what stands behind it.

use bytes::Bytes;

use super::Sequence;
use super::journal::record::{JournalMeta, Page, ToldRecord, decode_page};
use super::key::Key;
use super::record::{
    Damage, DeadRecord, EntryRecord, LinkRecord, MessageRecord, Meta, SeenRecord, decode_chunk,
    decode_destination, seal,
};

/// # Panics
/// When what was read is written as something else.
pub fn check(content: &[u8]) {
    let sequence = Sequence(7);
    let sealed = |key: &Key| seal(key, content.len(), |out| out.extend_from_slice(content));

    let key = Key::meta();
    stays(Meta::decode(&sealed(&key)), Meta::encode, Meta::decode);
    let key = Key::message(sequence);
    stays(
        MessageRecord::decode(sequence, &sealed(&key).into()),
        |record| record.encode(sequence),
        |bytes| MessageRecord::decode(sequence, &Bytes::copy_from_slice(bytes)),
    );
    if let Ok(record) = MessageRecord::decode(sequence, &sealed(&key).into()) {
        for body in 0..=u16::try_from(record.body_bytes.len()).unwrap_or(u16::MAX) {
            drop(record.inline_body(body));
        }
    }
    let key = Key::entry(1, sequence);
    let decode = |bytes: &[u8]| EntryRecord::decode(&key, bytes);
    stays(decode(&sealed(&key)), |record| record.encode(&key), decode);
    let key = Key::dead(1, sequence);
    let decode = |bytes: &[u8]| DeadRecord::decode(&key, bytes);
    stays(decode(&sealed(&key)), |record| record.encode(&key), decode);
    let key = Key::seen(sequence);
    let decode = |bytes: &[u8]| SeenRecord::decode(&key, bytes);
    stays(decode(&sealed(&key)), |record| record.encode(&key), decode);
    let key = Key::link([7; 16]);
    let decode = |bytes: &[u8]| LinkRecord::decode(&key, bytes);
    stays(decode(&sealed(&key)), |record| record.encode(&key), decode);
    let key = Key::journal_meta();
    stays(
        JournalMeta::decode(&sealed(&key)),
        JournalMeta::encode,
        JournalMeta::decode,
    );
    stays(
        ToldRecord::decode(content),
        |record| record.encode().to_vec(),
        ToldRecord::decode,
    );
    let key = Key::destination(1);
    let name = std::str::from_utf8(content);
    assert!(decode_destination(&key, &sealed(&key)).ok() == name.ok());
    let key = Key::chunk(sequence, 0, 0);
    assert!(decode_chunk(&key, &sealed(&key)).is_ok_and(|chunk| chunk == content));
    page_stays(content);
}

/// What can be read is written in a way that reads as the same. Writing cuts what is too long, so the first writing
/// may differ from what was read.
fn stays<T: PartialEq>(
    read: Result<T, Damage>,
    encode: impl Fn(&T) -> Vec<u8>,
    decode: impl Fn(&[u8]) -> Result<T, Damage>,
) {
    let Ok(read) = read else {
        return;
    };
    let again = |record: &T| decode(&encode(record)).expect("what is written can be read");
    let once = again(&read);
    assert!(again(&once) == once, "what is read is written as something else");
}

/// The same for a page of notes, which begins a new page where one is full.
fn page_stays(content: &[u8]) {
    let key = Key::journal(1);
    let Ok(notes) = decode_page(
        &key,
        &seal(&key, content.len(), |out| out.extend_from_slice(content)),
    ) else {
        return;
    };
    let mut page = Page::default();
    let mut count = 0;
    for note in &notes {
        if let Some(full) = page.add(note) {
            count += decode_page(&key, &full.encode(&key))
                .expect("what is written can be read")
                .len();
        }
    }
    count += decode_page(&key, &page.encode(&key))
        .expect("what is written can be read")
        .len();
    assert_eq!(count, notes.len());
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::check;

    proptest! {
        #[test]
        fn any_content_is_a_record_or_damage(content in prop::collection::vec(any::<u8>(), 0..200)) {
            check(&content);
        }

        #[test]
        fn lengths_that_are_small_lead_further(content in prop::collection::vec(0_u8..4, 0..400)) {
            check(&content);
        }
    }
}
