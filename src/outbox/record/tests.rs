//! Tests of the records: every damage is seen, old bytes are read.

use std::fmt::Write;

use super::*;

const SEQUENCE: Sequence = Sequence(0x0102);

fn time() -> Timestamp {
    "2026-03-01T08:05:09.123456Z".parse().unwrap()
}

fn message(inline: Option<&'static [u8]>) -> MessageRecord {
    MessageRecord {
        received_at: time(),
        listener: "adt".into(),
        control_id: Bytes::from_static(b"MSG00001"),
        site_version: "abc".into(),
        hash: [7; 32],
        owed: vec![(1, 0), (2, 0), (1, 1)],
        body_bytes: vec![3, 2],
        inline: inline.map(Bytes::from_static),
    }
}

fn entry() -> EntryRecord {
    EntryRecord {
        message: SEQUENCE,
        body: 1,
        received_at: time(),
        sole: false,
        chunked: true,
        is_noted: false,
        has_charsets: false,
        bytes: 0x0504,
    }
}

fn dead(answer: Option<&'static [u8]>, entry: Option<EntryRecord>) -> DeadRecord {
    DeadRecord {
        entry,
        dead_at: time(),
        attempts: 3,
        reason: "refused".into(),
        answer: answer.map(Bytes::from_static),
    }
}

fn seen() -> SeenRecord {
    SeenRecord {
        listener: "adt".to_owned(),
        identity: [1; 16],
        content: [2; 16],
        received_at: time(),
    }
}

fn link() -> LinkRecord {
    LinkRecord {
        number: 41,
        content: [3; 16],
        sequence: SEQUENCE,
    }
}

fn meta() -> Meta {
    Meta {
        store_id: 0xfeed,
        next: SEQUENCE,
        commits: 9,
        queued: 4,
        dead: 1,
        bytes: 77,
        totals: Totals {
            entries: 20,
            delivered: 12,
            purged: 2,
            resent: 1,
        },
    }
}

/// Every kind of record with its key, and what tells whether a value decodes to what was encoded.
type Decodes = Box<dyn Fn(&[u8]) -> Result<bool, Damage>>;

fn kinds() -> Vec<(&'static str, Vec<u8>, Decodes)> {
    let entry_key = Key::entry(1, SEQUENCE);
    let dead_key = Key::dead(1, SEQUENCE);
    let chunk_key = Key::chunk(SEQUENCE, 1, 2);
    let of_message = |inline| -> Decodes {
        Box::new(move |value| {
            let value = Bytes::copy_from_slice(value);
            Ok(MessageRecord::decode(SEQUENCE, &value)? == message(inline))
        })
    };
    let of_dead = move |answer, entry| -> Decodes {
        Box::new(move |value| Ok(DeadRecord::decode(&dead_key, value)? == dead(answer, entry)))
    };
    vec![
        (
            "meta",
            meta().encode(),
            Box::new(|value| Ok(Meta::decode(value)? == meta())),
        ),
        (
            "destination",
            encode_destination(&Key::destination(4), "lab"),
            Box::new(|value| Ok(decode_destination(&Key::destination(4), value)? == "lab")),
        ),
        (
            "chunk",
            encode_chunk(&chunk_key, b"piece"),
            Box::new(move |value| Ok(decode_chunk(&chunk_key, value)? == b"piece")),
        ),
        (
            "message, inline",
            message(Some(b"rawR2")).encode(SEQUENCE),
            of_message(Some(b"rawR2")),
        ),
        (
            "message, chunked",
            message(None).encode(SEQUENCE),
            of_message(None),
        ),
        (
            "entry",
            entry().encode(&entry_key),
            Box::new(move |value| Ok(EntryRecord::decode(&entry_key, value)? == entry())),
        ),
        (
            "dead, answered",
            dead(Some(b"MSA|AR"), Some(entry())).encode(&dead_key),
            of_dead(Some(b"MSA|AR"), Some(entry())),
        ),
        (
            "dead, damaged",
            dead(None, None).encode(&dead_key),
            of_dead(None, None),
        ),
        (
            "seen",
            seen().encode(&Key::seen(SEQUENCE)),
            Box::new(|value| Ok(SeenRecord::decode(&Key::seen(SEQUENCE), value)? == seen())),
        ),
        (
            "link",
            link().encode(&Key::link([4; 16])),
            Box::new(|value| Ok(LinkRecord::decode(&Key::link([4; 16]), value)? == link())),
        ),
    ]
}

#[test]
fn every_record_reads_back() {
    for (name, value, decodes) in kinds() {
        assert_eq!(decodes(&value), Ok(true), "{name}");
    }
}

#[test]
fn every_flipped_bit_and_every_cut_is_seen() {
    for (name, value, decodes) in kinds() {
        for at in 0..value.len() {
            for bit in 0..8 {
                let mut damaged = value.clone();
                damaged[at] ^= 1 << bit;
                assert_eq!(
                    decodes(&damaged),
                    Err(Damage::Checksum),
                    "{name}: byte {at}, bit {bit}"
                );
            }
            assert!(decodes(&value[..at]).is_err(), "{name}: cut at {at}");
        }
        let longer = [value.as_slice(), b"x"].concat();
        assert_eq!(decodes(&longer), Err(Damage::Checksum), "{name}: longer");
    }
}

#[test]
fn a_record_under_another_key_is_seen() {
    let value = entry().encode(&Key::entry(1, SEQUENCE));
    for key in [
        Key::entry(2, SEQUENCE),
        Key::entry(1, Sequence(1)),
        Key::dead(1, SEQUENCE),
    ] {
        assert_eq!(EntryRecord::decode(&key, &value), Err(Damage::Checksum));
    }
}

#[test]
fn another_version_is_named() {
    let mut value = vec![2, 0, 0, 0, 0, 1];
    let checksum = checksum(&Key::meta(), 2, &[1]);
    value[1..5].copy_from_slice(&checksum.to_be_bytes());
    assert_eq!(Meta::decode(&value), Err(Damage::Version(2)));
}

#[test]
fn a_well_summed_record_of_the_wrong_shape_is_refused() {
    let key = Key::entry(1, SEQUENCE);
    let sealed = |content: &[u8]| seal(&key, content.len(), |out| out.extend_from_slice(content));
    let whole = &entry().encode(&key)[FRAME_BYTES..];
    assert_eq!(
        EntryRecord::decode(&key, &sealed(&whole[..whole.len() - 1])),
        Err(Damage::Short)
    );
    assert_eq!(
        EntryRecord::decode(&key, &sealed(&[whole, &[0]].concat())),
        Err(Damage::Long)
    );
    let mut late = whole.to_vec();
    late[10..18].copy_from_slice(&i64::MAX.to_be_bytes());
    assert_eq!(EntryRecord::decode(&key, &sealed(&late)), Err(Damage::Time));
    let name = seal(&Key::destination(1), 1, |out| out.push(0xff));
    assert_eq!(decode_destination(&Key::destination(1), &name), Err(Damage::Text));
    let lengths = MessageRecord {
        body_bytes: vec![3, 3],
        ..message(Some(b"rawR2"))
    }
    .encode(SEQUENCE);
    assert_eq!(
        MessageRecord::decode(SEQUENCE, &lengths.into()).err(),
        Some(Damage::Short)
    );
}

#[test]
fn a_dead_letter_of_the_longest_texts_fits_a_value() {
    let key = Key::dead(1, SEQUENCE);
    let long = DeadRecord {
        reason: "é".repeat(9_999),
        answer: Some(vec![b'A'; 99_999].into()),
        ..dead(None, Some(entry()))
    };
    let value = long.encode(&key);
    assert!(value.len() <= VALUE_BYTES_MAX);
    let cut = DeadRecord::decode(&key, &value).unwrap();
    assert_eq!((cut.reason.len(), cut.answer.unwrap().len()), (1_000, 4_000));
}

#[test]
fn the_first_version_is_written_as_it_always_was() {
    let mut lines = String::new();
    for (name, value, _) in kinds() {
        lines.push_str(name);
        lines.push_str(": ");
        for byte in value {
            write!(lines, "{byte:02x}").unwrap();
        }
        lines.push('\n');
    }
    expect_test::expect![[r"
        meta: 010e08b8910000000000000000000000000000feed0000000000000102000000000000000900000000000000040000000000000001000000000000004d0000000000000014000000000000000c00000000000000020000000000000001
        destination: 01a2a2f8116c6162
        chunk: 014a30a7677069656365
        message, inline: 015378581400064bf1edcd5980000361647400084d5347303030303100036162630707070707070707070707070707070707070707070707070707070707070707000300000001000000000002000000000001000100020000000300000002017261775232
        message, chunked: 01bbb02ff100064bf1edcd5980000361647400084d534730303030310003616263070707070707070707070707070707070707070707070707070707070707070700030000000100000000000200000000000100010002000000030000000200
        entry: 01ca96cf490000000000000102000100064bf1edcd59800200000504
        dead, answered: 01df1b710f00064bf1edcd5980000000030007726566757365640100064d53417c4152010000000000000102000100064bf1edcd59800200000504
        dead, damaged: 01582137b300064bf1edcd59800000000300077265667573656400000000
        seen: 01b5315f900003616474010101010101010101010101010101010202020202020202020202020202020200064bf1edcd5980
        link: 01eb3886b50000000000000029030303030303030303030303030303030000000000000102
    "]].assert_eq(&lines);
}

proptest::proptest! {
    #[test]
    fn no_bytes_make_decoding_panic(content in proptest::collection::vec(0_u8.., 0..200)) {
        // Sealed, so that they come past the checksum.
        let sealed = |key: &Key| seal(key, content.len(), |out| out.extend_from_slice(&content));
        let _any = MessageRecord::decode(SEQUENCE, &sealed(&Key::message(SEQUENCE)).into()).is_ok();
        let dead = Key::dead(1, SEQUENCE);
        let _any = DeadRecord::decode(&dead, &sealed(&dead)).is_ok();
        let _any = Meta::decode(&sealed(&Key::meta())).is_ok();
    }
}
