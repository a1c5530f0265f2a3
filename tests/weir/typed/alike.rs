//! Every typed field of every message we have: the same value as plain reading finds at its path, times as
//! hl7-parser reads them.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use bytes::Bytes;
use hl7_parser::datetime::TimeStamp;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use weir::hl7::datatype::{Dtm, Precision};
use weir::hl7::{Message, Value, batch};

use super::walk::{self, Found};
use crate::harness::{corpus, hl7_files};

const SEGMENTS: &str = "MSH MSA ERR EVN PID PD1 MRG NK1 PV1 PV2 AL1 DG1 PR1 GT1 IN1 ORC OBR OBX NTE SPM TQ1 RXE RXO \
    RXR RXC RXD RXA TXA SCH AIG AIL AIP RGS FT1 QPD RCP QAK MFI MFE ARV";

#[derive(Default)]
struct Counts {
    segments: usize,
    values: usize,
    times: usize,
    misfits: BTreeMap<&'static str, usize>,
}

#[test]
fn fixtures_are_read_alike() {
    let counts = read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures"));
    assert!(counts.values > 3_000, "{} values", counts.values);
    assert!(counts.times > 100, "{} times", counts.times);
}

#[test]
fn the_corpus_is_read_alike() {
    let Some(folder) = corpus() else { return };
    let counts = read(&folder);
    println!("{} typed segments, {} values", counts.segments, counts.values);
    println!("misfits: {:?}", counts.misfits);
    println!("times read alike by hl7-parser: {}", counts.times);
    assert!(counts.values > 100_000, "the corpus is not whole");
    assert!(counts.times > 5_000, "the other parser read too little");
}

/// A segment in which every part of every field holds its own number.
fn full(name: &str) -> String {
    let subcomponents = |place: &str| [1, 2].map(|number| format!("{place}.{number}")).join("&");
    let components = |place: &str| {
        (1..=26)
            .map(|number| subcomponents(&format!("{place}.{number}")))
            .collect::<Vec<_>>()
    };
    let repetitions = |field| {
        [1, 2]
            .map(|number| components(&format!("{field}.{number}")).join("^"))
            .join("~")
    };
    let fields = (1..=60).map(repetitions).collect::<Vec<_>>();
    format!("{name}|{}", fields.join("|"))
}

#[test]
fn every_part_is_read_at_its_place() {
    let segments = SEGMENTS.split_whitespace().map(full).collect::<Vec<_>>();
    // MSH-1 and MSH-2 cannot be filled.
    let message = segments.join("\r").replacen("MSH|", "MSH|^~\\&|", 1);
    let message = Message::parse(message.into()).unwrap();
    let mut counts = Counts::default();
    counts.take(Path::new("a full message"), &message);
    assert_eq!(counts.segments, SEGMENTS.split_whitespace().count());
    assert!(counts.values > 10_000, "{} values", counts.values);
}

proptest! {
    #[test]
    fn any_message_is_read_alike(
        delimiters in "[|#]([\\^@][~%](\\\\?[&$]?)?)?",
        segments in vec((select(SEGMENTS.split_whitespace().collect::<Vec<_>>()), "[|#^@~%&$\\\\\"A-C0-9. é]{0,80}"), 0..8),
    ) {
        let separator = &delimiters[..1];
        let segments = segments.iter().filter(|(name, _)| *name != "MSH");
        let lines: String = segments.map(|(name, body)| [name, separator, body, "\r"].concat()).collect();
        let message = Message::parse(format!("MSH{delimiters}{separator}SENDER\r{lines}").into()).unwrap();
        Counts::default().take(Path::new("any message"), &message);
    }
}

fn read(folder: &Path) -> Counts {
    let mut counts = Counts::default();
    for file in hl7_files(folder) {
        let bytes = Bytes::from(fs::read(&file).unwrap());
        for message in batch::split(&bytes).filter_map(|piece| Message::parse(piece).ok()) {
            counts.take(&file, &message);
        }
    }
    counts
}

impl Counts {
    fn take(&mut self, file: &Path, message: &Message) {
        let mut occurrences: BTreeMap<&[u8], usize> = BTreeMap::new();
        for segment in message.segments() {
            let occurrence = occurrences.entry(segment.name()).or_default();
            *occurrence += 1;
            let name = format!("{}[{occurrence}]", segment.name().escape_ascii());
            let is_typed = walk::segment(segment, |found| {
                let path = path(&name, found);
                let plain = message.read(&path.parse().unwrap());
                assert!(found.part.value() == plain, "{} {path}", file.display());
                if let Value::Valued(raw) = plain {
                    self.values += 1;
                    self.take_value(raw, found);
                }
            });
            self.segments += usize::from(is_typed);
        }
    }

    fn take_value(&mut self, raw: &[u8], found: &Found<'_>) {
        if found.misfit.is_some() {
            *self.misfits.entry(found.datatype).or_default() += 1;
        } else if found.datatype == "DTM" {
            self.times += usize::from(is_second_opinion(raw, Dtm(found.part)));
        }
    }
}

/// `PID[1]-5[1].1.2`
fn path(segment: &str, found: &Found<'_>) -> String {
    let place = found.place;
    // MSH-1 and MSH-2 have no repetitions.
    let repetition = if place.field <= 2 && segment.starts_with("MSH") {
        String::new()
    } else {
        format!("[{}]", place.repetition)
    };
    let within = match place.within {
        [0, _] => String::new(),
        [component, 0] => format!(".{component}"),
        [component, subcomponent] => format!(".{component}.{subcomponent}"),
    };
    format!("{segment}-{}{repetition}{within}", place.field)
}

/// Whether hl7-parser reads the time too; then it reads the same.
fn is_second_opinion(raw: &[u8], ours: Dtm<'_>) -> bool {
    let ours = ours.timestamp().unwrap();
    let text = std::str::from_utf8(raw).unwrap();
    let (Some(ours), Ok(theirs)) = (ours, text.parse::<TimeStamp>()) else {
        return false;
    };
    let parts = (ours.year(), ours.month(), ours.day(), ours.hour(), ours.minute());
    assert_eq!(
        parts,
        (theirs.year, theirs.month, theirs.day, theirs.hour, theirs.minute)
    );
    assert_eq!(
        (ours.second(), ours.microsecond()),
        (theirs.second, theirs.microsecond)
    );
    let offset = theirs.offset.map(|offset| offset.to_string());
    let sign = |minutes: i16| if minutes < 0 { '-' } else { '+' };
    let shown = |minutes: i16| {
        let whole = minutes.unsigned_abs();
        format!("{}{:02}{:02}", sign(minutes), whole / 60, whole % 60)
    };
    assert_eq!(ours.offset_minutes().map(shown), offset);
    assert_eq!(ours.precision() >= Precision::Day, theirs.day.is_some());
    true
}
