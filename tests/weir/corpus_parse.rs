//! Every public message we could gather is parsed or refused for a stated reason, and goes out as it came in.
//!
//! The corpus is other people's and lies outside the repository; without it this test says so and passes.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use bytes::Bytes;
use weir::hl7::{Expected, Message, ParseErrorKind, Terminators, Value, batch};

use crate::harness::{corpus, hl7_files};

#[test]
fn corpus_parses_and_writes_back() {
    let Some(folder) = corpus() else { return };
    let files = hl7_files(&folder);
    let mut counts = Counts::default();
    for file in &files {
        let bytes = Bytes::from(fs::read(file).unwrap());
        let pieces: Vec<Bytes> = batch::split(&bytes).collect();
        let parts = pieces.iter().map(|piece| lines(piece)).sum::<usize>();
        assert_eq!(lines(&bytes) - envelopes(&bytes), parts, "{}", file.display());
        for piece in pieces {
            counts.take(file, &piece);
        }
    }
    println!("{} files, {} messages", files.len(), counts.messages);
    println!("refused: {:?}", counts.refused);
    println!("warnings: {:?}", counts.warnings);
    println!("faults in headers: {:?}", counts.header_faults);
    println!("control characters: {}", counts.control_characters);
    println!("segments read alike by hl7-parser: {}", counts.second_opinions);
    assert!(counts.messages > 1_500, "the corpus is not whole");
    assert!(
        counts.second_opinions > 10_000,
        "the other parser read too little"
    );
    // A UTF-16 file, and three lines of junk before a message.
    assert_eq!(counts.refused.values().sum::<usize>(), 2);
}

#[derive(Default)]
struct Counts {
    messages: usize,
    control_characters: usize,
    second_opinions: usize,
    header_faults: BTreeMap<String, usize>,
    refused: BTreeMap<String, usize>,
    warnings: BTreeMap<&'static str, usize>,
}

impl Counts {
    fn take(&mut self, file: &Path, piece: &Bytes) {
        let message = match Message::parse(piece.clone()) {
            Ok(message) => message,
            Err(error) => {
                println!("{}: {error}", file.display());
                assert!(matches!(
                    error.kind,
                    ParseErrorKind::WideCharacters | ParseErrorKind::NoHeader
                ));
                *self.refused.entry(format!("{:?}", error.kind)).or_default() += 1;
                return;
            }
        };
        assert_eq!(message.write(Terminators::Preserve), piece, "{}", file.display());
        let canonical = message.write(Terminators::Cr);
        let again = Message::parse(canonical.clone()).unwrap();
        let segments = |message: &Message| {
            message
                .segments()
                .map(|segment| segment.raw().to_vec())
                .collect::<Vec<_>>()
        };
        assert_eq!(segments(&message), segments(&again), "{}", file.display());
        assert_eq!(
            again.write(Terminators::Preserve),
            canonical,
            "{}",
            file.display()
        );
        self.messages += 1;
        let refusal = message.header().check(&Expected::default()).err();
        for fault in refusal.iter().flat_map(|refusal| &refusal.faults) {
            let field = fault.location.and_then(|location| location.field).unwrap();
            let name = format!("MSH-{field} {}", fault.code.number());
            *self.header_faults.entry(name).or_default() += 1;
        }
        self.control_characters += usize::from(message.control_character().is_some());
        for warning in message.warnings() {
            *self.warnings.entry(warning.as_str()).or_default() += 1;
        }
        self.second_opinions += second_opinion(file, &again);
    }
}

/// How many segments hl7-parser reads as we do, field for field; it knows UTF-8 and four encoding characters.
fn second_opinion(file: &Path, message: &Message) -> usize {
    let bytes = message.write(Terminators::Preserve);
    let Ok(text) = std::str::from_utf8(&bytes) else {
        return 0;
    };
    let Ok(theirs) = hl7_parser::Message::parse(text) else {
        return 0;
    };
    if message.header().encoding_characters().len() != 4
        || theirs.segments().count() != message.segments().count()
    {
        return 0;
    }
    for (ours, theirs) in message.segments().zip(theirs.segments()) {
        for (number, field) in (1..).zip(theirs.fields()) {
            let expected = field.raw_value().as_bytes();
            let is_same = match ours.field(number) {
                Value::Valued(raw) => raw == expected,
                Value::Null => expected == b"\"\"",
                Value::Empty | Value::Absent => expected.iter().all(u8::is_ascii_punctuation),
            };
            assert!(is_same, "{}: {}-{number}", file.display(), theirs.name);
        }
    }
    theirs.segments().count()
}

/// Lines that are neither blank nor a comment.
fn lines(bytes: &[u8]) -> usize {
    let lines = bytes.split(|byte| matches!(byte, b'\r' | b'\n'));
    lines
        .filter(|line| !line.trim_ascii().is_empty() && !line.starts_with(b"#"))
        .count()
}

/// Lines that open or close a batch or file.
fn envelopes(bytes: &[u8]) -> usize {
    let is_envelope = |line: &&[u8]| {
        [&b"FHS|"[..], b"BHS|", b"BTS|", b"FTS|"]
            .iter()
            .any(|name| line.starts_with(name))
    };
    bytes
        .split(|byte| matches!(byte, b'\r' | b'\n'))
        .filter(is_envelope)
        .count()
}
