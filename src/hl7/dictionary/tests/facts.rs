//! The decoder gives what the generator wrote: counts, a checksum over every field and component of every version,
//! and a sample of the facts on which both sources agree.

use std::fmt::Write;

use super::super::decode;
use super::super::{DataTypeDefinition, Dictionary, FieldDefinition, SegmentDefinition, Version};

/// Written by `tools/dictionary/generate.py`.
const FACTS: &str = include_str!("facts.txt");
/// What the data may weigh in the binary.
const DATA_BYTES_MAX: usize = 200_000;

/// A line of the data, as the generator writes it.
fn line(holder: &str, field: &FieldDefinition) -> String {
    let repetitions = match field.repetitions_max {
        Some(1) => String::new(),
        Some(limit) => limit.to_string(),
        None => "*".to_owned(),
    };
    let number = |number: Option<u32>| number.map_or(String::new(), |number| number.to_string());
    format!(
        "{holder}\t{}\t{}\t{}{repetitions}\t{}\t{}\t{}\n",
        field.number,
        field.data_type,
        field.optionality.letter(),
        number(field.length_max),
        number(field.table.map(u32::from)),
        field.name,
    )
}

fn segment_lines(segment: &SegmentDefinition) -> String {
    segment
        .fields
        .iter()
        .map(|field| line(segment.name, field))
        .collect()
}

fn data_type_lines(data_type: &DataTypeDefinition) -> String {
    data_type
        .components
        .iter()
        .map(|field| line(data_type.name, field))
        .collect()
}

/// The line of a version in the facts, from what the decoder gives.
fn summary(dictionary: &Dictionary) -> String {
    let segments: String = dictionary.segments.iter().map(segment_lines).collect();
    let data_types: String = dictionary.data_types.iter().map(data_type_lines).collect();
    let own_tables = dictionary.tables.iter().filter(|table| table.is_of_version);
    let counts = [
        dictionary.segments.len(),
        segments.lines().count(),
        dictionary.data_types.len(),
        data_types.lines().count(),
        own_tables.map(|table| table.codes.len()).sum(),
        dictionary.structures.len(),
        dictionary.events.len(),
    ];
    let mut summary = dictionary.version.to_string();
    for count in counts {
        write!(summary, "\t{count}").unwrap();
    }
    write!(
        summary,
        "\t{:08x}",
        crc32fast::hash((segments + data_types.as_str()).as_bytes())
    )
    .unwrap();
    summary
}

#[test]
fn every_field_is_what_the_generator_wrote() {
    let (expected, _) = FACTS.split_once("\n\n").unwrap();
    let found: Vec<String> = Version::ALL
        .iter()
        .map(|version| summary(Dictionary::of(*version)))
        .collect();
    assert_eq!(found, expected.lines().collect::<Vec<_>>());
}

#[test]
fn what_both_sources_say_is_what_the_dictionary_says() {
    let (_, sample) = FACTS.split_once("\n\n").unwrap();
    assert!(sample.lines().count() > 500, "the sample is not whole");
    for fact in sample.lines() {
        let [version, place, key, value] = fact.split('\t').collect::<Vec<_>>().try_into().unwrap();
        let dictionary = Dictionary::of(version.parse().unwrap());
        let field = if let Some((segment, number)) = place.split_once('-') {
            let segment = dictionary.segment(segment);
            segment.and_then(|segment| segment.field(number.parse().unwrap()))
        } else {
            let (data_type, number) = place.split_once('.').unwrap();
            let data_type = dictionary.data_type(data_type);
            data_type.and_then(|data_type| data_type.component(number.parse().unwrap()))
        };
        let field = field.unwrap_or_else(|| panic!("{fact}: not found"));
        let found = match key {
            "name" => field.name.to_owned(),
            "data_type" => field.data_type.to_owned(),
            "optionality" => field.optionality.letter().to_string(),
            "max" => field
                .repetitions_max
                .map_or("*".to_owned(), |limit| limit.to_string()),
            "table" => field.table.map_or(String::new(), |table| table.to_string()),
            _ => panic!("{fact}: no such column"),
        };
        assert_eq!(found, value, "{fact}");
    }
}

#[test]
fn look_ups_find_everything_there_is() {
    for version in Version::ALL {
        let dictionary = Dictionary::of(version);
        for segment in dictionary.segments() {
            assert_eq!(dictionary.segment(segment.name).unwrap().name, segment.name);
            for field in &segment.fields {
                assert_eq!(segment.field(field.number), Some(field));
                let is_known = ["", "varies"].contains(&field.data_type)
                    || dictionary.data_type(field.data_type).is_some();
                assert!(is_known, "{version} {}-{}", segment.name, field.number);
            }
        }
        for data_type in dictionary.data_types() {
            assert!(dictionary.data_type(data_type.name).is_some());
            assert!(
                data_type
                    .components
                    .is_sorted_by_key(|component| component.number)
            );
        }
        for structure in dictionary.structures() {
            assert!(dictionary.structure(structure.name).is_some());
            assert_eq!(
                structure.elements().next().unwrap().name(),
                "MSH",
                "{structure:?}"
            );
        }
        for table in &dictionary.tables {
            for code in &table.codes {
                let found = table
                    .code(code.code)
                    .unwrap_or_else(|| panic!("{} {}", table.number, code.code));
                assert_eq!(found.code, code.code);
            }
            assert_eq!(dictionary.table(table.number).unwrap().number, table.number);
        }
        for event in &dictionary.events {
            let found = dictionary.structure_of(event.message_type, event.trigger_event);
            assert_eq!(found.map(|structure| structure.name), Some(event.structure));
        }
    }
}

#[test]
fn the_data_is_small() {
    let text = decode::text();
    assert!(decode::DATA.len() < DATA_BYTES_MAX);
    let versions = text.lines().next().unwrap().strip_prefix("H\t").unwrap();
    assert!(versions.split(' ').eq(Version::ALL.map(Version::as_str)));
}
