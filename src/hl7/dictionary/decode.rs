//! Unpacks the embedded data: one text for all versions, from which each version's dictionary is made when asked for.
//!
//! The text has one definition a line, its columns separated by tabs: a letter for what it is, the versions it
//! holds for (a bit mask, hexadecimal, bit 0 is 2.1), then the values. `tools/dictionary/README.md` lists them.

use std::sync::OnceLock;

use libdeflater::Decompressor;

use super::definition::{
    Code, DataTypeDefinition, FieldDefinition, Optionality, SegmentDefinition, TableDefinition,
};
use super::structure::Structure;
use super::version::Version;
use super::{Dictionary, Event};

/// The data, zlib-compressed; `tools/dictionary/generate.py` writes it.
pub(super) const DATA: &[u8] = include_bytes!("dictionary.zlib");
/// The text is under a megabyte; the limit holds whatever the file should become.
const TEXT_BYTES_MAX: usize = 4 * 1024 * 1024;
/// The bit of the code lists that no version is given for.
const OF_NO_VERSION: u16 = 1 << Version::ALL.len();

static TEXT: OnceLock<String> = OnceLock::new();
static DICTIONARIES: [OnceLock<Dictionary>; Version::ALL.len()] = [const { OnceLock::new() }; _];

/// The dictionary of a version, made when first asked for.
pub(super) fn dictionary(version: Version) -> &'static Dictionary {
    let dictionary = DICTIONARIES
        .get(version as usize)
        .expect("there is a place for each version");
    dictionary.get_or_init(|| decode(TEXT.get_or_init(text), version))
}

/// The whole text.
pub(super) fn text() -> String {
    let mut bytes = vec![0; TEXT_BYTES_MAX];
    let length = Decompressor::new()
        .zlib_decompress(DATA, &mut bytes)
        .expect("the embedded data carries a checksum and is unpacked by a test");
    bytes.truncate(length);
    bytes.shrink_to_fit();
    String::from_utf8(bytes).expect("the embedded data is read by a test")
}

/// What the text says of one version.
pub(super) fn decode(text: &'static str, version: Version) -> Dictionary {
    let mut dictionary = Dictionary {
        version,
        segments: Vec::new(),
        data_types: Vec::new(),
        tables: Vec::new(),
        structures: Vec::new(),
        events: Vec::new(),
    };
    for line in text.lines().skip(1) {
        take(line, &mut dictionary).expect("every line of every version is read by a test");
    }
    // What is left without a name is a table of other versions only.
    dictionary.tables.retain(|table| !table.name.is_empty());
    dictionary
}

/// Adds what a line says, if it is of the version; `None` if it is no line of the format.
fn take(line: &'static str, dictionary: &mut Dictionary) -> Option<()> {
    let (letter, line) = line.split_once('\t')?;
    let (versions, line) = line.split_once('\t')?;
    let versions = u16::from_str_radix(versions, 16).ok()?;
    let is_of_version = versions & (1 << dictionary.version as u16) != 0;
    match letter {
        "V" => return take_table(line, versions, is_of_version, &mut dictionary.tables),
        "K" => {
            let table = dictionary.tables.last_mut()?;
            if is_of_version || (!table.is_of_version && versions & OF_NO_VERSION != 0) {
                let (code, description) = line.split_once('\t')?;
                table.codes.push(Code { code, description });
            } else if table.is_of_version && versions & later_than(dictionary.version) != 0 {
                table.later_codes.push(line.split_once('\t')?.0);
            }
        }
        _ if !is_of_version => {}
        "S" => {
            let (name, description) = line.split_once('\t')?;
            dictionary.segments.push(SegmentDefinition {
                name,
                description,
                fields: Vec::new(),
            });
        }
        "F" => dictionary.segments.last_mut()?.fields.push(field(line)?),
        "T" => {
            let (name, description) = line.split_once('\t')?;
            dictionary.data_types.push(DataTypeDefinition {
                name,
                description,
                components: Vec::new(),
            });
        }
        "C" => dictionary.data_types.last_mut()?.components.push(field(line)?),
        "M" => {
            let (name, line) = line.split_once('\t')?;
            let (description, tree) = line.split_once('\t')?;
            dictionary
                .structures
                .push(Structure::read(name, description, tree)?);
        }
        "E" => {
            let (message_type, line) = line.split_once('\t')?;
            let (trigger_event, structure) = line.split_once('\t')?;
            dictionary.events.push(Event {
                message_type,
                trigger_event,
                structure,
            });
        }
        _ => return None,
    }
    Some(())
}

/// A table has a line for each name it ever had; its codes follow the last of them.
fn take_table(
    line: &'static str,
    versions: u16,
    is_of_version: bool,
    tables: &mut Vec<TableDefinition>,
) -> Option<()> {
    let (number, name) = line.split_once('\t')?;
    let number = number.parse().ok()?;
    if tables.last().is_none_or(|table| table.number != number) {
        tables.push(TableDefinition {
            number,
            name: "",
            is_of_version: false,
            codes: Vec::new(),
            later_codes: Vec::new(),
            is_complete: OnceLock::new(),
        });
    }
    let table = tables.last_mut()?;
    if is_of_version || (!table.is_of_version && versions & OF_NO_VERSION != 0) {
        table.name = name;
        table.is_of_version |= is_of_version;
    }
    Some(())
}

/// The bits of all versions behind this one.
fn later_than(version: Version) -> u16 {
    let up_to = (2 << version as u16) - 1;
    !(up_to | OF_NO_VERSION)
}

/// `3 CX R* 250 table name`, separated by tabs.
fn field(line: &'static str) -> Option<FieldDefinition> {
    let mut columns = line.splitn(6, '\t');
    let number = columns.next()?.parse().ok()?;
    let data_type = columns.next()?;
    let (letter, repetitions) = columns.next()?.split_at_checked(1)?;
    Some(FieldDefinition {
        number,
        data_type,
        optionality: match letter {
            "R" => Optionality::Required,
            "O" => Optionality::Optional,
            "C" => Optionality::Conditional,
            "W" => Optionality::Withdrawn,
            _ => return None,
        },
        repetitions_max: match repetitions {
            "" => Some(1),
            "*" => None,
            limit => Some(limit.parse().ok()?),
        },
        length_max: optional(columns.next()?)?,
        table: optional(columns.next()?)?,
        name: columns.next()?,
    })
}

/// A number, or nothing where the column is empty; `None` if it is neither.
#[expect(
    clippy::option_option,
    reason = "absent and unreadable are different things here"
)]
fn optional<T: std::str::FromStr>(column: &str) -> Option<Option<T>> {
    if column.is_empty() {
        return Some(None);
    }
    column.parse().ok().map(Some)
}
