//! The dictionary says of each typed field and component what its doc comment says: data type, table, repetition.
//!
//! Both were made from facts, but not from the same ones.

use std::fs;
use std::path::Path;

use weir::hl7::dictionary::{Dictionary, FieldDefinition, Optionality, Version};

#[test]
fn typed_parts_are_those_of_the_dictionary() {
    let hl7 = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/hl7");
    let (mut parts, mut differing) = (0, Vec::new());
    for folder in ["segments", "datatype"] {
        for file in fs::read_dir(hl7.join(folder))
            .unwrap()
            .map(|file| file.unwrap().path())
        {
            let text = fs::read_to_string(&file).unwrap_or_default();
            for told in text.lines().filter_map(|line| Told::read(line.trim())) {
                parts += 1;
                let found = told.definition();
                if !found.is_some_and(|found| told.is_of(found)) {
                    differing.push(format!("{} != {found:?}", told.line));
                }
            }
        }
    }
    println!(
        "{parts} parts, {} differ:\n{}",
        differing.len(),
        differing.join("\n")
    );
    assert!(parts > 1_200 && differing.is_empty());
}

/// `PID-3 Patient Identifier List (CX, repeats), 3.4.2.3.`
struct Told<'a> {
    line: &'a str,
    whole: &'a str,
    number: u16,
    details: Vec<&'a str>,
    version: Version,
}

impl<'a> Told<'a> {
    fn read(line: &'a str) -> Option<Self> {
        let line = line.strip_prefix("/// ")?;
        let (place, rest) = line.split_once(' ')?;
        let (whole, number) = place.split_once(['-', '.'])?;
        let (_, rest) = rest.split_once('(')?;
        let (details, after) = rest.split_once(')')?;
        let version = after
            .trim_end_matches('.')
            .split_once("from ")
            .map_or("2.5.1", |(_, version)| version);
        Some(Told {
            line,
            whole,
            number: number.parse().ok()?,
            details: details.split(", ").collect(),
            version: version.parse().ok()?,
        })
    }

    fn definition(&self) -> Option<&'static FieldDefinition> {
        let dictionary = Dictionary::of(self.version);
        match dictionary.segment(self.whole) {
            Some(segment) => segment.field(self.number),
            None => dictionary.data_type(self.whole)?.component(self.number),
        }
    }

    fn is_of(&self, found: &FieldDefinition) -> bool {
        let table = self
            .details
            .iter()
            .find_map(|detail| detail.strip_prefix("table "));
        let repeats = self.details.contains(&"repeats");
        if found.optionality == Optionality::Withdrawn && found.data_type.is_empty() {
            // Read as what it was before it was withdrawn.
            return true;
        }
        self.details.first() == Some(&found.data_type)
            && table.map(|table| table.parse().unwrap()) == found.table
            && repeats == (found.repetitions_max != Some(1))
    }
}
