//! What HL7 says of a word: the dictionary of one version as pages.

use std::io::Write;

use crate::hl7::FieldPath;
use crate::hl7::dictionary::{
    DataTypeDefinition, Dictionary, Element, ElementKind, FieldDefinition, Optionality, SegmentDefinition,
    Structure, TableDefinition,
};
use crate::problem;

use super::CannotRun;

/// Table 0003: what trigger events are called.
const TRIGGER_EVENTS: u16 = 3;
/// Table 0076: what message types are called.
const MESSAGE_TYPES: u16 = 76;

/// What is printed, from the dictionary of one version.
pub(super) struct Page {
    pub(super) dictionary: &'static Dictionary,
}

impl Page {
    /// Prints all that the word means; whether it means anything.
    pub(super) fn explain(&self, word: &str, out: &mut dyn Write) -> Result<bool, CannotRun> {
        if let Ok(path) = word.parse::<FieldPath>() {
            return self.field(&path, out);
        }
        if let Some(table) = table_number(word).and_then(|number| self.dictionary.table(number)) {
            self.table(table, out)?;
            return Ok(true);
        }
        if let Some((message_type, trigger_event)) = word.split_once('^') {
            return self.message(message_type, trigger_event, out);
        }
        let mut is_found = false;
        if let Some(segment) = self.dictionary.segment(word) {
            self.segment(segment, out)?;
            is_found = true;
        }
        // ED is both a data type and, in some versions, a segment: both are told.
        if let Some(data_type) = self.dictionary.data_type(word) {
            self.data_type(data_type, out)?;
            is_found = true;
        }
        if let Some(structure) = self.dictionary.structure(word) {
            self.structure(structure, out)?;
            is_found = true;
        }
        if !is_found && let Some(name) = self.description(MESSAGE_TYPES, word) {
            self.message_type(word, name, out)?;
            is_found = true;
        }
        if !is_found && self.dictionary.has_trigger_event(word) {
            self.trigger_event(word, out)?;
            is_found = true;
        }
        Ok(is_found)
    }

    fn title(&self, word: &str, name: &str, out: &mut dyn Write) -> Result<(), CannotRun> {
        let version = self.dictionary.version();
        Ok(writeln!(out, "{word}  {name}  (HL7 {version})")?)
    }

    fn segment(&self, segment: &SegmentDefinition, out: &mut dyn Write) -> Result<(), CannotRun> {
        self.title(segment.name, segment.description, out)?;
        rows(segment.name, '-', &segment.fields, out)
    }

    fn data_type(&self, data_type: &DataTypeDefinition, out: &mut dyn Write) -> Result<(), CannotRun> {
        self.title(data_type.name, data_type.description, out)?;
        if data_type.components.is_empty() {
            return Ok(writeln!(out, "  a data type without components")?);
        }
        rows(data_type.name, '.', &data_type.components, out)
    }

    /// A field, component or subcomponent with what is below it.
    fn field(&self, path: &FieldPath, out: &mut dyn Write) -> Result<bool, CannotRun> {
        let Some(field) = self.dictionary.field(path) else {
            return Ok(false);
        };
        self.title(&path.to_string(), field.name, out)?;
        let data_type = self.dictionary.data_type(field.data_type);
        let type_name = data_type.map_or("", |data_type| data_type.description);
        let shown = format!("{}  {type_name}", field.data_type);
        writeln!(out, "  data type    {}", shown.trim_end())?;
        writeln!(out, "  optionality  {}", optionality(field.optionality))?;
        writeln!(out, "  repetitions  {}", repetitions(field.repetitions_max))?;
        if let Some(length) = field.length_max {
            writeln!(out, "  length       up to {length}")?;
        }
        if let Some(number) = field.table {
            let name = self.dictionary.table(number).map_or("", |table| table.name);
            writeln!(
                out,
                "  table        {}",
                format!("{number:04}  {name}").trim_end()
            )?;
        }
        // Below a subcomponent there is nothing.
        if let Some(data_type) = data_type
            && path.subcomponent().is_none()
            && !data_type.components.is_empty()
        {
            writeln!(out)?;
            rows(&path.to_string(), '.', &data_type.components, out)?;
        }
        Ok(true)
    }

    fn table(&self, table: &TableDefinition, out: &mut dyn Write) -> Result<(), CannotRun> {
        let number = format!("{:04}", table.number);
        self.title(&number, table.name, out)?;
        if table.codes.is_empty() {
            writeln!(out, "  no codes: the site chooses them")?;
        } else if !table.is_of_version {
            writeln!(
                out,
                "  no source lists it for this version: the codes are of no version"
            )?;
        }
        let width = width(table.codes.iter().map(|code| code.code));
        for code in &table.codes {
            let line = format!("  {:width$}  {}", code.code, code.description);
            writeln!(out, "{}", line.trim_end())?;
        }
        Ok(())
    }

    fn message(&self, message_type: &str, event: &str, out: &mut dyn Write) -> Result<bool, CannotRun> {
        let Some(structure) = self.dictionary.structure_of(message_type, event) else {
            return Ok(false);
        };
        let name = self.description(TRIGGER_EVENTS, event).unwrap_or_default();
        self.title(&format!("{message_type}^{event}"), name, out)?;
        writeln!(out, "has the structure\n")?;
        self.structure(structure, out)?;
        Ok(true)
    }

    /// A message type with its trigger events and the structure of each.
    fn message_type(&self, word: &str, name: &str, out: &mut dyn Write) -> Result<(), CannotRun> {
        self.title(word, name, out)?;
        let own = self.dictionary.structures().iter().filter_map(|structure| {
            let (message_type, event) = structure.name.split_once('_')?;
            (message_type == word).then_some((event, structure.name))
        });
        let mut events: Vec<_> = self.dictionary.events(word).chain(own).collect();
        events.sort_unstable();
        for (event, structure) in events {
            let name = self.description(TRIGGER_EVENTS, event).unwrap_or_default();
            let line = format!("  {word}^{event}  {structure:<8}  {name}");
            writeln!(out, "{}", line.trim_end())?;
        }
        Ok(())
    }

    /// A trigger event with its messages and the structure of each.
    fn trigger_event(&self, event: &str, out: &mut dyn Write) -> Result<(), CannotRun> {
        let name = self.description(TRIGGER_EVENTS, event).unwrap_or_default();
        self.title(event, name, out)?;
        let mut messages: Vec<_> = self.dictionary.messages_of(event).collect();
        messages.sort_unstable();
        for (message_type, structure) in messages {
            writeln!(out, "  {message_type}^{event}  {structure}")?;
        }
        Ok(())
    }

    fn structure(&self, structure: &Structure, out: &mut dyn Write) -> Result<(), CannotRun> {
        self.title(structure.name, structure.description, out)?;
        self.elements(structure.elements(), 1, out)
    }

    /// The depth is that of the structure, at most ten.
    fn elements<'a>(
        &self,
        elements: impl Iterator<Item = Element<'a>>,
        depth: usize,
        out: &mut dyn Write,
    ) -> Result<(), CannotRun> {
        for element in elements {
            let name = match element.kind() {
                ElementKind::Segment => self
                    .dictionary
                    .segment(element.name())
                    .map_or("", |segment| segment.description),
                ElementKind::Group => "group",
                ElementKind::Choice => "one of",
            };
            let label = format!("{:indent$}{}", "", element.name(), indent = 2 * depth);
            let line = format!("{label:<34} {:<5} {name}", cardinality(&element));
            writeln!(out, "{}", line.trim_end())?;
            let children: Vec<_> = element.children().collect();
            self.elements(children.into_iter(), depth + 1, out)?;
        }
        Ok(())
    }

    fn description(&self, table: u16, code: &str) -> Option<&'static str> {
        let table = self.dictionary.table(table)?;
        table.code(code).map(|code| code.description)
    }

    /// The nearest right words of each kind.
    pub(super) fn near(&self, word: &str) -> Vec<&'static str> {
        let word_of_hl7 = word.to_ascii_uppercase();
        let of_path = word_of_hl7.parse::<FieldPath>().ok();
        if let Some(segment) = of_path.and_then(|path| self.dictionary.segment(path.segment().as_bytes())) {
            return vec![segment.name];
        }
        let segments = self.dictionary.segments().iter().map(|segment| segment.name);
        let types = self
            .dictionary
            .data_types()
            .iter()
            .map(|data_type| data_type.name);
        let structures = self
            .dictionary
            .structures()
            .iter()
            .map(|structure| structure.name);
        let near = [
            problem::nearest(&word_of_hl7, segments),
            problem::nearest(&word_of_hl7, types),
            problem::nearest(&word_of_hl7, structures),
        ];
        near.into_iter().flatten().collect()
    }
}

/// `0001`, `HL70001` or `1`.
fn table_number(word: &str) -> Option<u16> {
    word.strip_prefix("HL7").unwrap_or(word).parse().ok()
}

/// One line for each field or component, in columns.
fn rows(
    above: &str,
    separator: char,
    fields: &[FieldDefinition],
    out: &mut dyn Write,
) -> Result<(), CannotRun> {
    let paths: Vec<String> = fields
        .iter()
        .map(|field| format!("{above}{separator}{}", field.number))
        .collect();
    let path_width = width(paths.iter().map(String::as_str));
    let name_width = width(fields.iter().map(|field| field.name));
    let type_width = width(fields.iter().map(|field| field.data_type));
    for (path, field) in paths.iter().zip(fields) {
        let repeats = match field.repetitions_max {
            Some(1) => String::new(),
            Some(limit) => format!(" repeats {limit}"),
            None => " repeats".to_owned(),
        };
        let table = field
            .table
            .map_or(String::new(), |table| format!("  table {table:04}"));
        let line = format!(
            "  {path:path_width$}  {:name_width$}  {:type_width$}  {}{repeats}{table}",
            field.name,
            field.data_type,
            field.optionality.letter(),
        );
        writeln!(out, "{}", line.trim_end())?;
    }
    Ok(())
}

fn width<'a>(words: impl Iterator<Item = &'a str>) -> usize {
    words.map(|word| word.chars().count()).max().unwrap_or(0)
}

fn optionality(optionality: Optionality) -> &'static str {
    match optionality {
        Optionality::Required => "required",
        Optionality::Optional => "optional",
        Optionality::Conditional => "conditional",
        Optionality::Withdrawn => "withdrawn: not to be used",
    }
}

fn repetitions(max: Option<u16>) -> String {
    match max {
        Some(1) => "does not repeat".to_owned(),
        Some(max) => format!("up to {max}"),
        None => "repeats".to_owned(),
    }
}

/// `1..1`, `0..*`
fn cardinality(element: &Element<'_>) -> String {
    let max = element.max().map_or("*".to_owned(), |max| max.to_string());
    format!("{}..{max}", element.min())
}
