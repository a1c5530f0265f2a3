//! The dictionary: what the standard calls segments, fields, data types, codes and structures, from 2.1 to 2.8.2.
//!
//! Parsing never needs it: what it does not know is read generically, and every look-up of it gives `None`.
//! Its facts come from two openly licensed packages; `tools/dictionary` generates the embedded data from them and
//! lists every place where they differ.
//! The data is unpacked when it is first asked for, each version when it is first asked for; look-ups then
//! allocate nothing.
//!
//! ```
//! use weir::hl7::dictionary::{Dictionary, Version};
//!
//! let dictionary = Dictionary::of(Version::V2_5_1);
//! assert_eq!(dictionary.field_name(&"PID-3.4".parse()?), Some("Assigning Authority"));
//! assert_eq!(dictionary.structure_of("ADT", "A08").map(|structure| structure.name), Some("ADT_A01"));
//! assert!(dictionary.segment("ZPI").is_none());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod decode;
mod definition;
mod group;
mod insertion;
mod structure;
mod version;

#[cfg(test)]
mod tests;

use super::header::Header;
use super::path::FieldPath;

pub use definition::{
    Code, DataTypeDefinition, FieldDefinition, Optionality, SegmentDefinition, TableDefinition,
};
pub use group::{Group, Grouping, Item, Placement, group};
pub use insertion::Insertion;
pub use structure::{Element, ElementKind, Structure};
pub use version::{UnknownVersion, Version};

/// Everything the standard defines in one version, as far as the sources tell it.
#[derive(Debug)]
pub struct Dictionary {
    version: Version,
    segments: Vec<SegmentDefinition>,
    data_types: Vec<DataTypeDefinition>,
    tables: Vec<TableDefinition>,
    structures: Vec<Structure>,
    /// Which structure a message type and trigger event have, where it is not the one of their own name.
    events: Vec<Event>,
}

/// A trigger event whose messages have the structure of another.
#[derive(Debug)]
#[expect(clippy::struct_field_names, reason = "the standard says trigger event")]
struct Event {
    message_type: &'static str,
    trigger_event: &'static str,
    structure: &'static str,
}

impl Dictionary {
    /// The dictionary of a version.
    pub fn of(version: Version) -> &'static Dictionary {
        decode::dictionary(version)
    }

    /// The version this is the dictionary of.
    pub fn version(&self) -> Version {
        self.version
    }

    /// The segment of this name, `PID`.
    pub fn segment(&self, name: impl AsRef<[u8]>) -> Option<&SegmentDefinition> {
        find(&self.segments, |segment| segment.name, name.as_ref())
    }

    /// All segments, by name.
    pub fn segments(&self) -> &[SegmentDefinition] {
        &self.segments
    }

    /// The data type of this name, `CX`.
    pub fn data_type(&self, name: impl AsRef<[u8]>) -> Option<&DataTypeDefinition> {
        find(&self.data_types, |data_type| data_type.name, name.as_ref())
    }

    /// All data types, by name.
    pub fn data_types(&self) -> &[DataTypeDefinition] {
        &self.data_types
    }

    /// The table of this number; see [`TableDefinition::is_complete`] for how far its codes bind.
    pub fn table(&self, number: u16) -> Option<&TableDefinition> {
        let index = self.tables.binary_search_by_key(&number, |table| table.number);
        self.tables.get(index.ok()?)
    }

    /// The message structure of this name, `ADT_A01`.
    pub fn structure(&self, name: impl AsRef<[u8]>) -> Option<&Structure> {
        find(&self.structures, |structure| structure.name, name.as_ref())
    }

    /// All message structures, by name.
    pub fn structures(&self) -> &[Structure] {
        &self.structures
    }

    /// The structure of messages with this message type (MSH-9.1) and trigger event (MSH-9.2).
    ///
    /// A type that has one structure for all its events (`ACK`), and in old messages a type without an event
    /// (`ORU`), name that structure.
    pub fn structure_of(
        &self,
        message_type: impl AsRef<[u8]>,
        trigger_event: impl AsRef<[u8]>,
    ) -> Option<&Structure> {
        let (wanted_type, wanted_event) = (message_type.as_ref(), trigger_event.as_ref());
        let key = |event: &Event| (event.message_type.as_bytes(), event.trigger_event.as_bytes());
        let listed = self
            .events
            .binary_search_by(|event| key(event).cmp(&(wanted_type, wanted_event)))
            .ok()
            .and_then(|index| self.structure(self.events.get(index)?.structure));
        listed
            .or_else(|| self.named(wanted_type, wanted_event))
            .or_else(|| self.structure(wanted_type))
            .or_else(|| self.only_one(wanted_type).filter(|_| wanted_event.is_empty()))
    }

    /// The structure that a header declares (MSH-9.3), or else the one of its message type and trigger event.
    pub fn structure_for(&self, header: &Header<'_>) -> Option<&Structure> {
        self.structure(header.message_structure())
            .or_else(|| self.structure_of(header.message_type(), header.trigger_event()))
    }

    /// The trigger events of a message type with the structures they have, by event.
    pub fn events<'a>(
        &'a self,
        message_type: &'a str,
    ) -> impl Iterator<Item = (&'static str, &'static str)> + 'a {
        self.events
            .iter()
            .filter(move |event| event.message_type == message_type)
            .map(|event| (event.trigger_event, event.structure))
    }

    /// The messages of a trigger event: their types with the structures they have.
    pub fn messages_of<'a>(
        &'a self,
        trigger_event: &'a str,
    ) -> impl Iterator<Item = (&'static str, &'static str)> + 'a {
        let own = self.structures.iter().filter_map(move |structure| {
            let (message_type, event) = structure.name.split_once('_')?;
            (event == trigger_event).then_some((message_type, structure.name))
        });
        let listed = self
            .events
            .iter()
            .filter(move |event| event.trigger_event == trigger_event);
        listed
            .map(|event| (event.message_type, event.structure))
            .chain(own)
    }

    /// Whether some message is of this type (MSH-9.1): it stands in table 0076, or has a structure or an event.
    pub fn has_message_type(&self, name: &str) -> bool {
        const MESSAGE_TYPES: u16 = 76;
        self.has_code(MESSAGE_TYPES, name)
            || self.events.iter().any(|event| event.message_type == name)
            || self.structures.iter().any(|structure| {
                let (message_type, _) = structure.name.split_once('_').unwrap_or((structure.name, ""));
                message_type == name
            })
    }

    /// Whether some message is of this trigger event (MSH-9.2): it stands in table 0003, or has a structure.
    pub fn has_trigger_event(&self, name: &str) -> bool {
        const TRIGGER_EVENTS: u16 = 3;
        self.has_code(TRIGGER_EVENTS, name)
            || self.events.iter().any(|event| event.trigger_event == name)
            || self.structures.iter().any(|structure| {
                let parts = structure.name.split_once('_');
                parts.is_some_and(|(_, trigger_event)| trigger_event == name)
            })
    }

    fn has_code(&self, table: u16, code: &str) -> bool {
        self.table(table).is_some_and(|table| table.code(code).is_some())
    }

    /// What stands at a path: a field, a component or a subcomponent.
    ///
    /// The first component of a field without components is the field itself, and likewise one level deeper.
    pub fn field(&self, path: &FieldPath) -> Option<&FieldDefinition> {
        let mut found = self.segment(path.segment().as_bytes())?.field(path.field())?;
        for number in [path.component(), path.subcomponent()].into_iter().flatten() {
            let data_type = self.data_type(found.data_type)?;
            if number > 1 || !data_type.components.is_empty() {
                found = data_type.component(number)?;
            }
        }
        Some(found)
    }

    /// The name of what stands at a path.
    pub fn field_name(&self, path: &FieldPath) -> Option<&'static str> {
        self.field(path).map(|field| field.name)
    }

    /// The structure named `ADT_A01` for `ADT` and `A01`.
    fn named(&self, message_type: &[u8], trigger_event: &[u8]) -> Option<&Structure> {
        self.structures.iter().find(|structure| {
            let (own_type, own_event) = structure.name.split_once('_').unwrap_or((structure.name, ""));
            own_type.as_bytes() == message_type && own_event.as_bytes() == trigger_event
        })
    }

    /// The structure of a message type that has only one.
    fn only_one(&self, message_type: &[u8]) -> Option<&Structure> {
        let mut of_type = self.structures.iter().filter(|structure| {
            let own_type = structure.name.split('_').next().unwrap_or_default();
            own_type.as_bytes() == message_type
        });
        of_type.next().filter(|_| of_type.next().is_none())
    }
}

fn find<'a, T>(sorted: &'a [T], name: impl Fn(&T) -> &'static str, wanted: &[u8]) -> Option<&'a T> {
    let index = sorted.binary_search_by(|item| name(item).as_bytes().cmp(wanted));
    sorted.get(index.ok()?)
}
