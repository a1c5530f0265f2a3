//! Properties of the whole model over random messages, and a second opinion from another parser.

use bytes::Bytes;
use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

/// The fields that are looked at; the generated segments have fewer.
const FIELDS: u16 = 12;

/// Text with every character that means something in a message.
fn text() -> impl Strategy<Value = String> {
    "([|^~\\\\&#@\r\n\t\u{b}\u{e9}\u{4e2d}AFSX0-9 .]|\\\\[FSTRE]\\\\|\\\\X0D\\\\){1,12}"
        .prop_filter("the null and empty text have no value to read", |text| {
            text != "\"\"" && !text.is_empty()
        })
}

/// A segment body in standard delimiters.
fn body() -> impl Strategy<Value = String> {
    "([A-Z0-9]{1,3}|[|^~&]|\\\\[FSTRE]\\\\|\"\"){0,24}"
}

/// A message that any parser accepts.
fn well_formed() -> impl Strategy<Value = String> {
    let segments = vec(("(PID|OBX|NK1|ZPI)", body()), 0..6);
    (body(), segments).prop_map(|(header, segments)| {
        let segments: String = segments
            .iter()
            .map(|(name, body)| [name, "|", body, "\r"].concat())
            .collect();
        format!("MSH|^~\\&|{header}\r{segments}")
    })
}

/// A message with any delimiters, terminators and lines.
fn odd() -> impl Strategy<Value = Vec<u8>> {
    let declared = prop_oneof![
        "[|^~&@#$%]{0,8}",
        Just(String::from("|^~\\&")),
        Just(String::from("|^~\\\\&"))
    ];
    let lines = vec(
        (
            "(PID|OBX|ZPI|pid|MSH|)",
            "[|^~\\\\&@#$%A-C\"]{0,20}",
            "(\r|\n|\r\n|\r\r|)",
        ),
        0..6,
    );
    (("(\u{feff}|\r\n| )?", declared), lines).prop_map(|((before, declared), lines)| {
        let lines: String = lines
            .iter()
            .map(|(name, body, end)| [&**name, body, end].concat())
            .collect();
        format!("{before}MSH{declared}|A|B|C\r{lines}").into_bytes()
    })
}

fn path() -> impl Strategy<Value = FieldPath> {
    let level = prop_oneof![
        Just(String::new()),
        "\\[[1-3]\\]",
        "\\.[1-3]",
        "\\[[1-3]\\]\\.[1-3]",
        "\\.[1-3]\\.[1-3]",
        "\\[[1-3]\\]\\.[1-3]\\.[1-3]"
    ];
    ("(MSH|PID|OBX|OBX\\[2\\]|ZPI)", 1..=FIELDS, level)
        .prop_map(|(segment, field, level)| format!("{segment}-{field}{level}").parse().unwrap())
}

fn parse(bytes: &[u8]) -> Option<Message> {
    Message::parse(Bytes::copy_from_slice(bytes)).ok()
}

fn segments(message: &Message) -> Vec<Vec<u8>> {
    message.segments().map(|segment| segment.raw().to_vec()).collect()
}

/// Whether an edit at `path` left everything else as it was.
fn check_untouched(before: &Message, after: &Message, path: &FieldPath) -> Result<(), TestCaseError> {
    let (old, new) = (segments(before), segments(after));
    let is_added = before.slot(path.segment(), path.occurrence()).is_none();
    prop_assert_eq!(new.len(), old.len() + usize::from(is_added && after.is_edited()));
    let changed = old.iter().zip(&new).filter(|(old, new)| old != new).count();
    prop_assert!(changed <= usize::from(!is_added));
    for number in 1..=FIELDS {
        if number == path.field() {
            continue;
        }
        let other = format!("{}[{}]-{number}", path.segment(), path.occurrence())
            .parse()
            .unwrap();
        prop_assert_eq!(before.read(&other).raw(), after.read(&other).raw());
    }
    match Message::parse(after.write(Terminators::Cr)) {
        Ok(again) => prop_assert_eq!(segments(&again), new),
        // A header of one encoding character and no more may be emptied below the least there must be.
        Err(error) => prop_assert_eq!(error.kind, ParseErrorKind::HeaderTooShort),
    }
    Ok(())
}

proptest! {
    #[test]
    fn parse_never_panics_and_writes_back(bytes in vec(any::<u8>(), 0..200), tail in vec(any::<u8>(), 0..100)) {
        for bytes in [bytes.clone(), [b"MSH|^~\\&".as_slice(), &tail].concat(), [b"MSH".as_slice(), &tail].concat()] {
            if let Some(message) = parse(&bytes) {
                prop_assert_eq!(message.write(Terminators::Preserve), bytes);
                message.warnings();
                message.control_character();
            }
        }
    }

    #[test]
    fn odd_messages_write_back(bytes in odd(), path in path()) {
        if let Some(message) = parse(&bytes) {
            prop_assert_eq!(message.write(Terminators::Preserve), bytes);
            let canonical = message.write(Terminators::Cr);
            let again = parse(&canonical).unwrap();
            prop_assert_eq!(segments(&again), segments(&message));
            prop_assert_eq!(again.write(Terminators::Cr), canonical);
            message.text(&path);
            message.warnings();
            let _refusal = message.header().check(&Expected::default());
        }
    }

    #[test]
    fn what_is_set_is_read(bytes in prop_oneof![odd(), well_formed().prop_map(String::into_bytes)], path in path(), text in text()) {
        let Some(before) = parse(&bytes) else { return Ok(()) };
        let mut after = before.clone();
        if after.set(&path, &text).is_ok() {
            let read = after.text(&path);
            prop_assert_eq!(read.as_deref(), Some(text.as_str()));
            check_untouched(&before, &after, &path)?;
        } else {
            prop_assert_eq!(segments(&before), segments(&after));
        }
    }

    #[test]
    fn raw_values_forge_nothing(bytes in odd(), path in path(), raw in "[|^~&@#A-C\"\r]{0,12}") {
        let Some(before) = parse(&bytes) else { return Ok(()) };
        let mut after = before.clone();
        if after.set_raw(&path, raw.as_bytes()).is_ok() {
            check_untouched(&before, &after, &path)?;
        }
    }

    #[test]
    fn copies_keep_the_bytes(bytes in prop_oneof![odd(), well_formed().prop_map(String::into_bytes)], to in path(), from in path()) {
        let Some(before) = parse(&bytes) else { return Ok(()) };
        let mut after = before.clone();
        if after.copy(&to, &from).is_ok() {
            // What holds nothing but delimiters is empty at one level and valued at another.
            if let Some(raw) = before.read(&from).raw() {
                prop_assert_eq!(after.read(&to).raw(), Some(raw));
            }
            check_untouched(&before, &after, &to)?;
        }
    }

    #[test]
    fn removal_takes_only_the_target(bytes in prop_oneof![odd(), well_formed().prop_map(String::into_bytes)], path in path()) {
        let Some(before) = parse(&bytes) else { return Ok(()) };
        let mut after = before.clone();
        // An MSH-18 of which a part is gone may declare what is no character set.
        let Ok(count) = after.remove(&Target::Field(path)) else { return Ok(()) };
        prop_assert_eq!(after.is_edited(), count > 0);
        check_untouched(&before, &after, &path)?;
        let name = path.segment();
        after.remove(&Target::Segment(SegmentPath { name, occurrence: None })).unwrap();
        prop_assert_eq!(after.count(name), usize::from(name == SegmentName::MSH));
    }

    #[test]
    fn another_parser_reads_the_same(bytes in well_formed()) {
        let ours = parse(bytes.as_bytes()).unwrap();
        let theirs = hl7_parser::Message::parse(&bytes).unwrap();
        prop_assert_eq!(ours.segments().count(), theirs.segments().count());
        for (ours, theirs) in ours.segments().zip(theirs.segments()) {
            prop_assert_eq!(ours.name(), theirs.name.as_bytes());
        }
        for (name, count) in [("MSH", 1), ("PID", 6), ("OBX", 6), ("NK1", 6), ("ZPI", 6)] {
            for occurrence in 1..=count {
                if let Some(segment) = theirs.segment_n(name, occurrence) {
                    check_segment(&ours, &format!("{name}[{occurrence}]"), segment)?;
                }
            }
        }
    }

    #[test]
    fn what_is_taken_as_one_message_is_one_in_a_file(
        lines in vec(("(\u{feff}|[ \t\u{b}\u{c}#]){0,2}", "(MSH|BHS|BTS|PID|)", "[|#^X ]?", "(\r|\n|\r\n)"), 0..6),
    ) {
        let lines: String = lines.iter().map(|(before, name, after, end)| [&**before, name, after, end].concat()).collect();
        let bytes = Bytes::from(format!("MSH|^~\\&|A\r{lines}"));
        let transfer = batch::Transfer::read(&bytes, 10, None);
        let is_one = transfer.messages.len() == 1 && !transfer.has_envelope() && transfer.faults.is_empty();
        prop_assert_eq!(parse(&bytes).is_some(), is_one);
    }

    #[test]
    fn batches_lose_no_message(messages in vec(well_formed(), 0..5), blank in "(\r|# x\n)?") {
        let file: String = messages.iter().map(|message| [&**message, &blank].concat()).collect();
        let split: Vec<Bytes> = batch::split(&Bytes::from(format!("FHS|^~\\&\r{file}FTS|1"))).collect();
        prop_assert_eq!(split, messages);
    }
}

/// Compares every part of a segment, down to subcomponents.
fn check_segment(
    ours: &Message,
    segment: &str,
    theirs: &hl7_parser::message::Segment<'_>,
) -> Result<(), TestCaseError> {
    let check = |path: String, expected: &str| {
        let found = ours.read(&path.parse().unwrap());
        match found {
            Value::Valued(raw) => prop_assert_eq!(raw, expected.as_bytes(), "{}", path),
            Value::Null => prop_assert_eq!("\"\"", expected, "{}", path),
            Value::Empty | Value::Absent => {
                prop_assert!(
                    expected.bytes().all(|byte| b"^~&".contains(&byte)),
                    "{} {:?}",
                    path,
                    found
                );
            }
        }
        Ok(())
    };
    for (index, field) in theirs.fields().enumerate() {
        let path = format!("{segment}-{}", index + 1);
        check(path.clone(), field.raw_value())?;
        if segment.starts_with("MSH") && index < 2 {
            continue;
        }
        for (index, repetition) in field.repeats().enumerate() {
            let path = format!("{path}[{}]", index + 1);
            check(path.clone(), repetition.raw_value())?;
            for (index, component) in repetition.components().enumerate() {
                let path = format!("{path}.{}", index + 1);
                check(path.clone(), component.raw_value())?;
                for (index, subcomponent) in component.subcomponents().enumerate() {
                    check(format!("{path}.{}", index + 1), subcomponent.raw_value())?;
                }
            }
        }
    }
    Ok(())
}
