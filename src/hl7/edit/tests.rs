//! Edits by table: what is set, copied or removed, and what the segment then is.

use super::*;
use crate::hl7::Terminators;

const GIVEN: &str = "MSH|^~\\&|A\rPID|1||X1^^^MR~X2^^^NH||DOE^ANNA\rNK1|1\rOBX|1\rNK1|2\r";

/// Runs an edit on `GIVEN` and shows the segments that changed, or the error.
fn check(edit: impl FnOnce(&mut Message) -> Result<(), EditError>, expected: &str) {
    let mut message = Message::parse(GIVEN.into()).unwrap();
    let shown = edit(&mut message).map_or_else(
        |error| error.to_string(),
        |()| {
            let written = String::from_utf8(message.write(Terminators::Cr).to_vec()).unwrap();
            assert_eq!(message.is_edited(), written != GIVEN, "{expected}");
            let is_given = |line: &&str| GIVEN.split('\r').any(|given| given == *line);
            let changed = written.split_terminator('\r').filter(|line| !is_given(line));
            changed.collect::<Vec<_>>().join(" ")
        },
    );
    assert_eq!(shown, expected);
}

fn set(path: &str, text: &str, expected: &str) {
    check(|message| message.set(&path.parse().unwrap(), text), expected);
}

fn set_raw(path: &str, raw: &str, expected: &str) {
    check(
        |message| message.set_raw(&path.parse().unwrap(), raw.as_bytes()),
        expected,
    );
}

fn copy(to: &str, from: &str, expected: &str) {
    check(
        |message| message.copy(&to.parse().unwrap(), &from.parse().unwrap()),
        expected,
    );
}

fn remove(target: &str, count: usize, left: &str) {
    let mut message = Message::parse(GIVEN.into()).unwrap();
    assert_eq!(
        message.remove(&target.parse().unwrap()).unwrap(),
        count,
        "{target}"
    );
    assert_eq!(message.is_edited(), count > 0, "{target}");
    assert_eq!(message.write(Terminators::Cr), left.as_bytes(), "{target}");
}

#[test]
fn sets_at_every_level() {
    set("PID-5", "ROE", "PID|1||X1^^^MR~X2^^^NH||ROE");
    set("PID-5.1", "ROE", "PID|1||X1^^^MR~X2^^^NH||ROE^ANNA");
    set("PID-3[2].1", "X9", "PID|1||X1^^^MR~X9^^^NH||DOE^ANNA");
    set("PID-3[2]", "X9", "PID|1||X1^^^MR~X9||DOE^ANNA");
    set("PID-3", "X9", "PID|1||X9||DOE^ANNA");
    set("PID-5.2.2", "M", "PID|1||X1^^^MR~X2^^^NH||DOE^ANNA&M");
    set("NK1[2]-1", "7", "NK1|7");
    set("MSH-3", "B", "MSH|^~\\&|B");
    set("PID-5.1", "", "PID|1||X1^^^MR~X2^^^NH||^ANNA");
}

#[test]
fn pads_what_is_missing() {
    set("PID-8", "F", "PID|1||X1^^^MR~X2^^^NH||DOE^ANNA|||F");
    set("PID-5.4", "JR", "PID|1||X1^^^MR~X2^^^NH||DOE^ANNA^^JR");
    set("PID-2[3].2.2", "Z", "PID|1|~~^&Z|X1^^^MR~X2^^^NH||DOE^ANNA");
    set("OBX-5[2].1", "Z", "OBX|1||||~Z");
    set("MSH-10", "7", "MSH|^~\\&|A|||||||7");
    set("PID-30", "", "");
}

#[test]
fn adds_only_the_next_segment() {
    set("ZPI-2.2", "x", "ZPI||^x");
    set("NK1[3]-1", "3", "NK1|3");
    set(
        "NK1[4]-1",
        "4",
        "NK1[4]-1: the segment is missing; only the next one of its name can be added, this message has 2",
    );
    set(
        "MSH[2]-3",
        "B",
        "MSH[2]-3: a message header, batch header or trailer is neither added nor renamed",
    );
    set(
        "BTS-1",
        "1",
        "BTS-1: a message header, batch header or trailer is neither added nor renamed",
    );
    set("ZPI-1", "", "");
}

#[test]
fn never_sets_the_delimiters() {
    set(
        "MSH-1",
        "#",
        "MSH-1: declares the delimiters and cannot be set or copied",
    );
    set_raw(
        "MSH-2",
        "#",
        "MSH-2: declares the delimiters and cannot be set or copied",
    );
    copy(
        "MSH-2",
        "PID-1",
        "MSH-2: declares the delimiters and cannot be set or copied",
    );
    copy(
        "PID-1",
        "MSH-2",
        "PID-1: declares the delimiters and cannot be set or copied",
    );
    remove("MSH-2", 0, GIVEN);
    remove("MSH", 0, GIVEN);
}

#[test]
fn text_cannot_forge_anything() {
    set(
        "PID-1",
        "a|b\rMSH|^&~",
        "PID|a\\F\\b\\X0D\\MSH\\F\\\\S\\\\T\\\\R\\||X1^^^MR~X2^^^NH||DOE^ANNA",
    );
    set("PID-1", "a\0", "PID-1: the text holds a NUL character");
    let bare = Message::parse("MSH|^~|A\rPID|1".into()).unwrap();
    let kind = |path: &str, text| {
        bare.clone()
            .set(&path.parse().unwrap(), text)
            .map_err(|error| error.kind)
    };
    assert_eq!(kind("PID-1", "a|b"), Err(EditErrorKind::NoEscape));
    assert_eq!(kind("PID-1.1.2", "a"), Err(EditErrorKind::NoSubcomponents));
    assert_eq!(kind("PID-1", "a&b"), Ok(()));
}

#[test]
fn raw_values_hold_only_deeper_delimiters() {
    set_raw("PID-5", "A^B&C~D", "PID|1||X1^^^MR~X2^^^NH||A^B&C~D");
    set_raw("PID-5", "\"\"", "PID|1||X1^^^MR~X2^^^NH||\"\"");
    set_raw("PID-5.1", "A&B\\T\\", "PID|1||X1^^^MR~X2^^^NH||A&B\\T\\^ANNA");
    let refused = "the raw value holds a control character, or a delimiter that its target cannot hold";
    for (path, raw) in [
        ("PID-5", "A|B"),
        ("PID-5[1]", "A~B"),
        ("PID-5.1", "A^B"),
        ("PID-5.1.1", "A&B"),
        ("PID-5", "A\rB"),
        ("PID-5", "\u{b}"),
    ] {
        set_raw(path, raw, &format!("{path}: {refused}"));
    }
}

#[test]
fn copies_with_structure() {
    copy(
        "PID-4",
        "PID-3",
        "PID|1||X1^^^MR~X2^^^NH|X1^^^MR~X2^^^NH|DOE^ANNA",
    );
    copy("PID-4", "PID-3[2]", "PID|1||X1^^^MR~X2^^^NH|X2^^^NH|DOE^ANNA");
    copy("OBX-5.3", "PID-5.2", "OBX|1||||^^ANNA");
    copy("PID-5", "ZPI-1", "PID|1||X1^^^MR~X2^^^NH||");
    copy("ZPI-1", "ZPI-2", "");
    copy(
        "PID-5.1",
        "PID-3",
        "PID-5.1: cannot hold a whole field; copy from the same level or deeper",
    );
    copy(
        "PID-5[1]",
        "PID-3",
        "PID-5[1]: cannot hold a whole field; copy from the same level or deeper",
    );
    // A field of one repetition is as good as that.
    copy("PID-3[2]", "PID-5", "PID|1||X1^^^MR~DOE^ANNA||DOE^ANNA");
    copy("PID-5.2", "PID-1", "PID|1||X1^^^MR~X2^^^NH||DOE^1");
}

#[test]
fn removes_segments_and_empties_places() {
    remove("NK1", 2, "MSH|^~\\&|A\rPID|1||X1^^^MR~X2^^^NH||DOE^ANNA\rOBX|1\r");
    remove(
        "NK1[2]",
        1,
        "MSH|^~\\&|A\rPID|1||X1^^^MR~X2^^^NH||DOE^ANNA\rNK1|1\rOBX|1\r",
    );
    remove("NK1[3]", 0, GIVEN);
    remove(
        "PID-3",
        1,
        "MSH|^~\\&|A\rPID|1||||DOE^ANNA\rNK1|1\rOBX|1\rNK1|2\r",
    );
    remove(
        "PID-3[1]",
        1,
        "MSH|^~\\&|A\rPID|1||X2^^^NH||DOE^ANNA\rNK1|1\rOBX|1\rNK1|2\r",
    );
    remove(
        "PID-3[2]",
        1,
        "MSH|^~\\&|A\rPID|1||X1^^^MR||DOE^ANNA\rNK1|1\rOBX|1\rNK1|2\r",
    );
    remove(
        "PID-5.1",
        1,
        "MSH|^~\\&|A\rPID|1||X1^^^MR~X2^^^NH||^ANNA\rNK1|1\rOBX|1\rNK1|2\r",
    );
    remove("PID-4", 0, GIVEN);
    remove("PID-19", 0, GIVEN);
}

/// A value cut by its sender ends in the truncation character (HL7 v2.7, 2.5.5.2); what is set is no such mark.
#[test]
fn a_mark_of_truncation_is_copied_and_not_set() {
    let given = "MSH|^~\\&#|A||||||||P|2.7\rPID|1|CUT#|A\\P\\B^APT #5|\r";
    let edited = |edit: fn(&mut Message)| {
        let mut message = Message::parse(given.into()).unwrap();
        edit(&mut message);
        let written = String::from_utf8(message.write(Terminators::Cr).to_vec()).unwrap();
        let segment = written.strip_prefix("MSH|^~\\&#|A||||||||P|2.7\r");
        segment.expect("the header is as it was").to_owned()
    };
    assert_eq!(
        edited(|message| message.set(&"PID-4".parse().unwrap(), "tail#").unwrap()),
        "PID|1|CUT#|A\\P\\B^APT #5|tail\\P\\\r"
    );
    assert_eq!(
        edited(|message| {
            let text = message.text(&"PID-3.1".parse().unwrap()).unwrap().into_owned();
            assert_eq!(text, "A#B");
            message.set(&"PID-4".parse().unwrap(), &text).unwrap();
        }),
        "PID|1|CUT#|A\\P\\B^APT #5|A#B\r"
    );
    assert_eq!(
        edited(|message| message
            .copy(&"PID-4".parse().unwrap(), &"PID-2".parse().unwrap())
            .unwrap()),
        "PID|1|CUT#|A\\P\\B^APT #5|CUT#\r"
    );
    assert_eq!(
        edited(|message| message.set_raw(&"PID-4".parse().unwrap(), b"X#").unwrap()),
        "PID|1|CUT#|A\\P\\B^APT #5|X#\r"
    );
    assert_eq!(
        edited(|message| {
            let texts = message.map_texts(&"PID-3".parse().unwrap(), |text| Some(text.to_lowercase()));
            texts.unwrap();
        }),
        "PID|1|CUT#|a#b^apt #5|\r"
    );
    let message = Message::parse(given.into()).unwrap();
    assert_eq!(message.text(&"MSH-2".parse().unwrap()).as_deref(), Some("^~\\&#"));
}

#[test]
fn what_is_set_reads_back_where_no_character_set_is_declared() {
    for other in [&b"M\xFCLLER"[..], "M\u{fc}LLER".as_bytes(), b"MILLER"] {
        let received = [b"MSH|^~\\&|A\rPID|1|", other, b"|x\r"].concat();
        for text in ["\u{e9}", "\u{d6}\u{aa}", "\u{c3}\u{a9}|", "\u{d6}|\u{aa}"] {
            let mut message = Message::parse(received.clone().into()).unwrap();
            let path = "PID-3".parse().unwrap();
            message.set(&path, text).unwrap();
            let written = Message::parse(message.write(Terminators::Preserve)).unwrap();
            assert_eq!(
                written.text(&path).unwrap(),
                text,
                "beside {}",
                other.escape_ascii()
            );
        }
    }
}
