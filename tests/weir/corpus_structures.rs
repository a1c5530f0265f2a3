//! Every public message we could gather finds its structure where the dictionary has one, and falls into its groups.
//!
//! The corpus is other people's and lies outside the repository; without it this test says so and passes.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use bytes::Bytes;
use weir::hl7::dictionary::{Dictionary, Item, Placement, Version, group};
use weir::hl7::{Message, batch};

use crate::harness::{corpus, hl7_files};

#[derive(Default)]
struct Counts {
    messages: usize,
    of_no_version: usize,
    grouped: usize,
    structure_unknown: BTreeMap<String, usize>,
    /// Without a structure, although tables 0076 and 0003 have the message type and the trigger event.
    structure_missing: BTreeSet<String>,
    declared_otherwise: BTreeMap<String, usize>,
    expected: usize,
    misplaced: BTreeMap<String, usize>,
    unknown: BTreeMap<String, usize>,
}

#[test]
fn corpus_finds_its_structures() {
    let Some(folder) = corpus() else { return };
    let mut counts = Counts::default();
    for file in hl7_files(&folder) {
        for piece in batch::split(&Bytes::from(fs::read(file).unwrap())) {
            if let Ok(message) = Message::parse(piece) {
                counts.take(&message);
            }
        }
    }
    println!(
        "{} messages, {} of no version",
        counts.messages, counts.of_no_version
    );
    println!("{} in groups", counts.grouped);
    println!("no structure: {:?}", counts.structure_unknown);
    println!(
        "MSH-9.3 is not what MSH-9.1 and MSH-9.2 give: {:?}",
        counts.declared_otherwise
    );
    println!("expected {}, misplaced {:?}", counts.expected, counts.misplaced);
    println!("unknown to the structure: {:?}", counts.unknown);
    assert!(counts.grouped > 1_500, "the corpus is not whole");
    // R02 asks for a report that ORF carries, and ORM left the standard with 2.7.
    let missing: Vec<_> = counts.structure_missing.iter().map(String::as_str).collect();
    assert_eq!(missing, ["2.5.1 ORU^R02", "2.7 ORM^O01"]);
    let misplaced: usize = counts.misplaced.values().sum();
    assert!(misplaced * 20 < counts.expected, "groups are not found");
}

impl Counts {
    fn take(&mut self, message: &Message) {
        self.messages += 1;
        let header = message.header();
        let version = Version::of(&header).unwrap_or_else(|| {
            self.of_no_version += 1;
            Version::COMMON
        });
        let dictionary = Dictionary::of(version);
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let (message_type, trigger_event) = (header.message_type(), header.trigger_event());
        let title = format!("{version} {}^{}", text(message_type), text(trigger_event));
        let Some(structure) = dictionary.structure_for(&header) else {
            let has = |table, code: &[u8]| {
                dictionary
                    .table(table)
                    .is_some_and(|table| table.code(code).is_some())
            };
            if has(76, message_type) && has(3, trigger_event) {
                self.structure_missing.insert(title.clone());
            }
            *self.structure_unknown.entry(title).or_default() += 1;
            return;
        };
        let derived = dictionary.structure_of(message_type, trigger_event);
        if derived.is_some_and(|derived| derived.name != structure.name) {
            *self
                .declared_otherwise
                .entry(format!("{title}^{}", structure.name))
                .or_default() += 1;
        }
        let grouping = group(message, structure);
        let mut found = 0;
        self.count(structure.name, grouping.items(), &mut found);
        assert_eq!(found, message.segments().count(), "{title}");
        self.grouped += 1;
    }

    fn count<'a>(&mut self, structure: &str, items: impl Iterator<Item = Item<'a>>, found: &mut usize) {
        for item in items {
            match item {
                Item::Group(group) => {
                    let inner: Vec<_> = group.items().collect();
                    self.count(structure, inner.into_iter(), found);
                }
                Item::Segment(segment, placement) => {
                    *found += 1;
                    let name = format!("{structure} {}", String::from_utf8_lossy(segment.name()));
                    match placement {
                        Placement::Expected(_) => self.expected += 1,
                        Placement::Misplaced => *self.misplaced.entry(name).or_default() += 1,
                        Placement::Unknown => *self.unknown.entry(name).or_default() += 1,
                    }
                }
            }
        }
    }
}
