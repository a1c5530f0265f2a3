//! Deviations by table, and the one property that matters: how the network cuts the stream changes nothing.

use bytes::BytesMut;
use proptest::prelude::{Just, Strategy, any, prop, prop_oneof, proptest};
use proptest::{prop_assert_eq, prop_assume};

use super::*;

const SMALL: FrameLimits = FrameLimits {
    frame_bytes_max: 40,
    junk_bytes_max: 20,
};

/// What a stream becomes when it arrives in the given pieces and then ends, one word an event.
fn decode_pieces<'a>(
    pieces: impl IntoIterator<Item = &'a [u8]>,
    limits: FrameLimits,
    strictness: Strictness,
) -> Vec<String> {
    let mut decoder = Decoder::new(limits, strictness);
    let mut buffer = BytesMut::new();
    let mut events = Vec::new();
    for piece in pieces {
        buffer.extend_from_slice(piece);
        loop {
            match decoder.decode(&mut buffer) {
                Ok(Some(found)) => events.push(word(found)),
                Ok(None) => break,
                Err(error) => {
                    events.push(format!("error:{}", error.kind()));
                    return events;
                }
            }
        }
    }
    loop {
        match decoder.finish(&mut buffer) {
            Ok(Some(found)) => events.push(word(found)),
            Ok(None) => return events,
            Err(error) => {
                events.push(format!("error:{}", error.kind()));
                return events;
            }
        }
    }
}

fn word(decoded: Decoded) -> String {
    match decoded {
        Decoded::Frame(Frame::Whole(content)) => String::from_utf8_lossy(&content).into_owned(),
        Decoded::Frame(Frame::TooLarge { prefix }) => format!("too_large:{}", prefix.len()),
        Decoded::Deviation(Deviation::Junk { bytes }) => format!("junk:{bytes}"),
        Decoded::Deviation(Deviation::Interrupted { bytes }) => format!("interrupted:{bytes}"),
        Decoded::Deviation(other) => format!("deviation:{}", other.kind()),
    }
}

/// Decodes the stream in one piece and byte by byte.
fn check_with(strictness: Strictness, stream: &[u8], expected: &[&str]) {
    assert_eq!(
        decode_pieces([stream], SMALL, strictness),
        expected,
        "in one piece"
    );
    assert_eq!(
        decode_pieces(stream.chunks(1), SMALL, strictness),
        expected,
        "byte by byte"
    );
}

fn check(stream: &[u8], expected: &[&str]) {
    check_with(Strictness::Lenient, stream, expected);
    check_with(Strictness::Strict, stream, expected);
}

#[test]
fn frames_come_out_whole_and_in_order() {
    check(b"\x0Bone\x1C\r", &["one"]);
    check(
        b"\x0Bone\x1C\r\x0Btwo\x1C\r\x0Bthree\x1C\r",
        &["one", "two", "three"],
    );
    check(b"\x0B\x1C\r", &[""]);
    check(b"", &[]);
}

#[test]
fn line_ends_of_every_kind_stay_as_they_are() {
    check(b"\x0Ba\nb\r\nc\r\r\x1C\r", &["a\nb\r\nc\r\r"]);
    check(b"\x0Bno end\x1C\r", &["no end"]);
}

#[test]
fn junk_before_a_frame_is_skipped_and_counted_up_to_its_limit() {
    check(b"\r\n\r\n\x0Bone\x1C\r\r\n\x0Btwo\x1C\r\n", &["one", "two"]);
    check(b"ab\r\nc\x0Bone\x1C\r", &["junk:3", "one"]);
    check(b"\x0Bone\x1C\rjunk", &["one", "junk:4"]);
    check(b"12345678901234567890\x0Bone\x1C\r", &["junk:20", "one"]);
    check(b"123456789012345678901\x0Bone\x1C\r", &["error:too_much_junk"]);
    check(
        b"\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\x0Bone\x1C\r",
        &["one"],
    );
}

#[test]
fn all_that_comes_to_nothing_before_a_frame_is_borne_up_to_one_limit() {
    let commit_block = &b"\x0B\x06\x1C\r"[..];
    let most = [&commit_block.repeat(20), &b"\x0Bone\x1C\r"[..]].concat();
    let told = [&["deviation:commit_block"; 20][..], &["one"]].concat();
    check(&most, &told);
    check(&most.repeat(2), &told.repeat(2)); // a frame makes up for it
    let over = [&["deviation:commit_block"; 21][..], &["error:too_much_junk"]].concat();
    check(&[commit_block, &most].concat(), &over);

    let starts = [&[START; 21], &b"one\x1C\r"[..]].concat();
    let told = [&["interrupted:0"; 20][..], &["one"]].concat();
    check(&starts.repeat(2), &told.repeat(2));
    let over = [&["interrupted:0"; 20][..], &["error:too_much_junk"]].concat();
    check(&[START; 22], &over);

    let mixed = b"1234567890\x0Bhal\x0B\x06\x1C\r12345678\x0Bone\x1C\r";
    let told = ["junk:10", "interrupted:3", "deviation:commit_block"];
    check(mixed, &[&told[..], &["junk:8", "one"]].concat());
    let over = b"1234567890\x0Bhal\x0B\x06\x1C\r123456789\x0Bone\x1C\r";
    check(over, &[&told[..], &["error:too_much_junk"]].concat());
}

#[test]
fn an_end_without_its_return_is_taken_leniently_when_the_next_frame_follows_or_the_stream_ends() {
    let lenient = |stream: &[u8], expected: &[&str]| check_with(Strictness::Lenient, stream, expected);
    lenient(
        b"\x0Bone\x1C\x0Btwo\x1C\r",
        &["one", "deviation:missing_return", "two"],
    );
    lenient(b"\x0Bone\x1C", &["one", "deviation:missing_return"]);
    lenient(
        b"\x0Bone\x1C\n\x0Btwo\x1C\n\x0Bthree\x1C\n",
        &[
            "one",
            "deviation:missing_return",
            "two",
            "deviation:missing_return",
            "three",
            "deviation:missing_return",
        ],
    );
    lenient(b"\x0Bin\x1Cside\x1C\r", &["in\x1Cside"]);
    lenient(b"\x0Bin\x1C\nside\x1C\r", &["in\x1C\nside"]);
    lenient(b"\x0Bin\x1C\n\x1C\r", &["in\x1C\n"]);
    lenient(b"\x0Bin\x1C\x1C\r", &["in\x1C"]);
    let strict = |stream: &[u8], expected: &[&str]| check_with(Strictness::Strict, stream, expected);
    strict(b"\x0Bone\x1C\x0Btwo\x1C\r", &["error:missing_return"]);
    strict(b"\x0Bin\x1Cside\x1C\r", &["error:missing_return"]);
    strict(b"\x0Bone\x1C\n\x0Btwo\x1C\r", &["error:missing_return"]);
    strict(b"\x0Bone\x1C", &["error:cut_off"]);
}

#[test]
fn a_pause_completes_a_bare_end_and_the_late_return_is_not_missed() {
    let mut decoder = Decoder::new(SMALL, Strictness::Lenient);
    let mut buffer = BytesMut::from(&b"\x0Bone"[..]);
    assert_eq!(decoder.decode(&mut buffer), Ok(None));
    assert_eq!(decoder.complete(&mut buffer), None, "nothing ends here");
    buffer.extend_from_slice(b"\x1C");
    assert_eq!(decoder.decode(&mut buffer), Ok(None));
    assert!(decoder.ends_in_bare_end(&buffer));
    assert_eq!(decoder.complete(&mut buffer).map(word), Some("one".to_owned()));
    buffer.extend_from_slice(b"\r\x0Btwo\x1C\r");
    assert_eq!(
        decoder.decode(&mut buffer).map(|it| it.map(word)),
        Ok(Some("deviation:missing_return".to_owned()))
    );
    assert_eq!(
        decoder.decode(&mut buffer).map(|it| it.map(word)),
        Ok(Some("two".to_owned()))
    );
}

#[test]
fn a_pause_completes_an_end_with_a_line_feed_too() {
    let mut decoder = Decoder::new(SMALL, Strictness::Lenient);
    let mut buffer = BytesMut::from(&b"\x0Bone\x1C\n"[..]);
    assert_eq!(decoder.decode(&mut buffer), Ok(None));
    assert!(decoder.ends_in_bare_end(&buffer));
    assert_eq!(decoder.complete(&mut buffer).map(word), Some("one".to_owned()));
    assert_eq!(
        decoder.decode(&mut buffer).map(|it| it.map(word)),
        Ok(Some("deviation:missing_return".to_owned()))
    );
    assert_eq!(decoder.decode(&mut buffer), Ok(None));
    assert!(decoder.is_idle(), "the line feed is no beginning of a frame");
}

#[test]
fn a_start_inside_a_frame_begins_it_anew() {
    check(b"\x0Bhal\x0Bwhole\x1C\r", &["interrupted:3", "whole"]);
    check(b"\x0B\x0Bwhole\x1C\r", &["interrupted:0", "whole"]);
}

#[test]
fn a_stream_cut_inside_a_frame_yields_nothing_of_it() {
    check(b"\x0Bone\x1C\r\x0Btw", &["one", "error:cut_off"]);
    check(b"\x0B", &["error:cut_off"]);
}

#[test]
fn commit_blocks_are_passed_over() {
    check(
        b"\x0B\x06\x1C\r\x0Bone\x1C\r\x0B\x15\x1C\r",
        &["deviation:commit_block", "one", "deviation:commit_block"],
    );
}

#[test]
fn a_frame_may_be_as_long_as_its_limit_and_not_a_byte_longer() {
    let longest = format!("\x0B{}\x1C\r", "x".repeat(40));
    check(longest.as_bytes(), &[&"x".repeat(40)]);
    let over = format!("\x0B{}\x1C\r\x0Bnext\x1C\r", "x".repeat(41));
    check(over.as_bytes(), &["too_large:40"]);
    let endless = format!("\x0B{}", "x".repeat(500));
    check(endless.as_bytes(), &["too_large:40"]);
    let restarted = format!("\x0B{}\x0Bnext\x1C\r", "x".repeat(41));
    check(restarted.as_bytes(), &["too_large:40"]);
}

#[test]
fn after_a_frame_over_its_limit_nothing_is_kept() {
    let mut decoder = Decoder::new(SMALL, Strictness::Lenient);
    let mut buffer = BytesMut::from(format!("\x0B{}", "x".repeat(100)).as_bytes());
    assert!(matches!(
        decoder.decode(&mut buffer),
        Ok(Some(Decoded::Frame(Frame::TooLarge { .. })))
    ));
    buffer.extend_from_slice(b"more of it\x1C\r\x0Bnext\x1C\r");
    assert_eq!(decoder.decode(&mut buffer), Ok(None));
    assert!(buffer.is_empty());
}

#[test]
fn other_protocols_are_recognized_by_their_first_bytes() {
    check(b"\x16\x03\x01\x02\x00\x01\x00", &["error:tls"]);
    check(b"GET / HTTP/1.1\r\n", &["error:http"]);
    check(b"OPTIONS * HTTP/1.1\r\n", &["error:http"]);
    check(b"HTTP/1.1 400 Bad Request\r\n", &["error:http"]);
    check(b"MSH|^~\\&|", &["deviation:unframed", "junk:9"]);
    check(b"\r\nMSH|\x0Bone\x1C\r", &["deviation:unframed", "junk:4", "one"]);
    check(b"GETAWAY\x0Bone\x1C\r", &["junk:7", "one"]);
    // Once a frame has come, what stands between frames is only junk.
    check(b"\x0Bone\x1C\rGET / MSH\x0Btwo\x1C\r", &["one", "junk:9", "two"]);
}

#[test]
fn debug_tells_sizes_and_no_content() {
    let frame = Frame::Whole(Bytes::from_static(b"PID|1||SECRET"));
    assert_eq!(format!("{:?}", Decoded::Frame(frame)), "Frame(Whole(13 bytes))");
}

#[test]
fn what_would_break_its_own_frame_is_not_encoded() {
    let mut out = BytesMut::new();
    assert_eq!(encode(b"ab\x1Cc", &mut out), Err(EncodeError { offset_bytes: 2 }));
    assert_eq!(encode(b"\x0B", &mut out), Err(EncodeError { offset_bytes: 0 }));
    assert!(out.is_empty());
}

/// Streams rich in the bytes that matter.
fn stream() -> impl Strategy<Value = Vec<u8>> {
    let byte = prop_oneof![
        3 => Just(START), 3 => Just(END), 3 => Just(RETURN), 1 => Just(b'\n'), 1 => Just(0x06),
        1 => Just(b'M'), 1 => Just(b'S'), 1 => Just(b'H'), 6 => any::<u8>(),
    ];
    prop::collection::vec(byte, 0..300)
}

proptest! {
    #[test]
    fn any_chunking_gives_the_same_frames(
        stream in stream(),
        cuts in prop::collection::vec(1..40_usize, 1..30),
        strict in any::<bool>(),
    ) {
        let strictness = if strict { Strictness::Strict } else { Strictness::Lenient };
        let mut rest = stream.as_slice();
        let mut pieces = Vec::new();
        for cut in cuts.iter().cycle() {
            if rest.is_empty() {
                break;
            }
            let (piece, behind) = rest.split_at((*cut).min(rest.len()));
            pieces.push(piece);
            rest = behind;
        }
        prop_assert_eq!(
            decode_pieces(pieces, SMALL, strictness),
            decode_pieces([stream.as_slice()], SMALL, strictness)
        );
    }

    #[test]
    fn what_is_encoded_comes_back(payload in prop::collection::vec(any::<u8>(), 0..200)) {
        let mut buffer = BytesMut::new();
        prop_assume!(encode(&payload, &mut buffer).is_ok());
        prop_assume!(payload != [0x06] && payload != [0x15]);
        let mut decoder = Decoder::new(FrameLimits::default(), Strictness::Strict);
        let expected = Decoded::Frame(Frame::Whole(Bytes::from(payload)));
        prop_assert_eq!(decoder.decode(&mut buffer), Ok(Some(expected)));
        prop_assert_eq!(buffer.len(), 0);
    }
}
