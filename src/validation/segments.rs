//! The fields of each segment against the version: required, repetitions, length, data type, table.
//!
//! What an applying rule of the profile says instead is left to `rules`.

use std::borrow::Cow;

use crate::hl7::datatype::{Cwe, Dt, Dtm, Id, Nm, Part, Repetitions, Si, Tm};
use crate::hl7::dictionary::{
    Dictionary, FieldDefinition, Optionality, SegmentDefinition, TableDefinition, Version,
};
use crate::hl7::{ErrorCode, Location, Message, Segment, SegmentName, Severity, State};

use super::conditions::Judged;
use super::faults::{Faults, Occurrences};
use super::profile::{Applying, FieldRule, Spot};
use super::rules;
use super::structure::times;

/// Lengths from here on mean that a value may be of any length (HL7 v2.5.1, 2.5.3.2: 65536 is "arbitrarily long").
const ANY_LENGTH: u32 = 65_536;
/// Message types, trigger events and structures: tables that a site may extend by codes that begin with Z.
const EXTENSIBLE_BY_Z: [u16; 3] = [76, 3, 354];

/// Version IDs: the list of a version often lacks the version itself, and what MSH-12 says is judged on its own.
const VERSION_IDS: u16 = 104;
/// Value types: "all HL7 data types are valid, and are included in Table 0125, except CM, CQ, SI, and ID" (HL7 v2.5.1,
/// 7.4.2.2), though the printed tables lack CWE, DTM and others.
const VALUE_TYPES: u16 = 125;
/// Main and subtype of data in ED and RP: before 2.6 replaced the first by MIME types (table 0834), everybody sent
/// documents with them too, `application^pdf`.
const EXTENDED_BY_MIME_TYPES: [u16; 2] = [191, 291];

pub(super) fn check(
    message: &Message,
    dictionary: &'static Dictionary,
    rules: &Applying<'_>,
    judged: &Judged,
    faults: &mut Faults,
) {
    let mut occurrences = Occurrences::default();
    for (index, segment) in message.segments().enumerate() {
        if faults.is_full() {
            return;
        }
        let Some(at) = occurrences.pass(&segment) else {
            continue;
        };
        let mut rules = Cow::Borrowed(rules.within(at.segment));
        if !judged.is_empty() {
            rules.to_mut().retain(|(spot, _)| judged.applies(index, *spot));
        }
        let mut check = Check {
            dictionary,
            rules: &rules,
            faults,
        };
        if let Some(definition) = dictionary.segment(at.segment.as_bytes()) {
            check.segment(&segment, definition, at);
        }
        rules::segment(&segment, at, &mut check);
    }
}

/// The check of one segment.
pub(super) struct Check<'c> {
    dictionary: &'static Dictionary,
    /// The applying rules about this segment, by spot.
    pub(super) rules: &'c [(Spot, &'c FieldRule)],
    pub(super) faults: &'c mut Faults,
}

impl<'c> Check<'c> {
    fn segment(&mut self, segment: &Segment<'_>, definition: &SegmentDefinition, at: Location) {
        let value_type = (at.segment.as_bytes() == b"OBX").then(|| Id(segment.part(2)).code());
        let value_type = value_type.flatten().unwrap_or_default();
        // The parser has read MSH-1 and MSH-2.
        let declaring = if at.segment == SegmentName::MSH { 2 } else { 0 };
        let mut fields = definition
            .fields
            .iter()
            .filter(|field| field.number > declaring)
            .peekable();
        for (number, repetitions) in segment.typed_fields() {
            while let Some(passed) = fields.next_if(|field| field.number < number) {
                self.missing(passed, at);
            }
            // Fields beyond those of the version are no fault.
            if let Some(field) = fields.next_if(|field| field.number == number) {
                self.field(field, repetitions, &value_type, at);
            }
            if self.faults.is_full() {
                return;
            }
        }
        for field in fields {
            self.missing(field, at);
        }
        if at.segment.as_bytes() == b"OBX" && value_type.is_empty() {
            self.value_type(segment, definition, at);
        }
    }

    /// OBX-2 "must be valued if the value of OBX-11 is not X" (HL7 v2.5.1, 7.4.2.2); without a value nobody misses it.
    fn value_type(&mut self, segment: &Segment<'_>, definition: &SegmentDefinition, mut at: Location) {
        at.field = Some(2);
        let is_conditional = definition
            .field(2)
            .is_some_and(|field| field.optionality != Optionality::Required);
        if is_conditional
            && self.dictionary.version() >= Version::V2_3_1
            && self.rule(&at).is_none_or(|rule| rule.usage.is_none())
            && segment.part(5).state() == State::Valued
            && segment.part(2).state() != State::Null
            && Id(segment.part(11)).code().as_deref() != Some("X")
        {
            let text = "Value Type is required where Observation Value is there";
            self.faults.push(ErrorCode::RequiredFieldMissing, Some(at), text);
        }
    }

    fn field(
        &mut self,
        field: &FieldDefinition,
        repetitions: Repetitions<'_>,
        value_type: &str,
        segment: Location,
    ) {
        let mut at = Location {
            field: Some(field.number),
            ..segment
        };
        let rule = self.rule(&at);
        let data_type = if field.data_type == "varies" {
            value_type
        } else {
            field.data_type
        };
        let mut count: u16 = 0;
        let mut is_empty = true;
        for part in repetitions {
            count = count.saturating_add(1);
            at.repetition = Some(count);
            let state = part.state();
            is_empty &= state == State::Empty;
            if state == State::Valued {
                self.part(part, field, data_type, rule, at);
            }
            if self.faults.is_full() {
                return;
            }
        }
        if is_empty {
            return self.missing(field, segment);
        }
        // A field of no type of its own stands for several (QPD-3: the parameters of whatever query it is).
        if let Some(max) = field.repetitions_max.filter(|max| count > *max)
            && field.data_type != "varies"
            && rule.is_none_or(|rule| rule.repetitions_max.is_none())
        {
            at.repetition = Some(max.saturating_add(1));
            let text = format!("{} may stand here at most {}", field.name, times(max));
            self.faults.push(self.faults.too_many, Some(at), text);
        }
    }

    /// A value: a repetition of a field, a component or a subcomponent.
    fn part(
        &mut self,
        part: Part<'_>,
        definition: &FieldDefinition,
        data_type: &str,
        rule: Option<&FieldRule>,
        at: Location,
    ) {
        let coded = definition
            .table
            .and_then(|number| self.coded(part, number, data_type));
        // A code is as long as its table has it, whatever the length of the field (OBX-2 has 2, and holds CWE).
        let is_listed = coded.is_some_and(|(_, coded)| coded == Coded::Listed);
        if let Some(max) = definition.length_max.filter(|max| *max < ANY_LENGTH)
            && !is_listed
            && rule.is_none_or(|rule| rule.length_max.is_none())
        {
            self.length(part, max, self.faults.too_long_for_version, at);
        }
        if rule.is_none_or(|rule| rule.data_type.is_none()) {
            self.data_type(part, data_type, at);
        }
        if let Some((table, coded)) = coded
            && rule.is_none_or(|rule| rule.codes.is_none())
        {
            self.code(table, coded, at);
        }
    }

    /// Bytes are counted first: a character has at least one.
    pub(super) fn length(&mut self, part: Part<'_>, max: u32, severity: Severity, at: Location) {
        let max_bytes = max as usize;
        let is_longer = part.raw().is_some_and(|raw| raw.len() > max_bytes)
            && part
                .text()
                .is_some_and(|text| text.chars().nth(max_bytes).is_some());
        if is_longer {
            let characters = if max == 1 { "character" } else { "characters" };
            let text = format!("longer than {max} {characters}");
            self.faults
                .push_as(severity, self.faults.too_long, Some(at), text);
        }
    }

    /// Whether a value fits its data type, down to subcomponents; a type that is unknown fits everything.
    pub(super) fn data_type(&mut self, part: Part<'_>, name: &str, at: Location) {
        let misfit = match name {
            "NM" => Nm(part).decimal().err(),
            "SI" => Si(part).number().err(),
            "DT" => Dt(part).date().err(),
            "TM" => Tm(part).time().err(),
            "DTM" | "TS" => Dtm(part).timestamp().err(),
            // Most values are of these; no version gives them components.
            "ST" | "ID" | "IS" | "TX" | "FT" => None,
            _ => return self.components(part, name, at),
        };
        if let Some(misfit) = misfit {
            self.faults
                .push(ErrorCode::DataType, Some(at), misfit.to_string());
        }
    }

    fn components(&mut self, part: Part<'_>, name: &str, around: Location) {
        let Some(data_type) = self.dictionary.data_type(name) else {
            return;
        };
        // Nothing is delimited below subcomponents.
        if data_type.components.is_empty() || around.subcomponent.is_some() {
            return;
        }
        let mut parts = (1..).zip(part.components()).peekable();
        for component in &data_type.components {
            // Most values end before their type does.
            if parts.peek().is_none() && component.optionality != Optionality::Required {
                continue;
            }
            let mut at = around;
            if at.component.is_none() {
                at.component = Some(component.number);
            } else {
                at.subcomponent = Some(component.number);
            }
            while parts.next_if(|(number, _)| *number < component.number).is_some() {}
            let part = parts.next_if(|(number, _)| *number == component.number);
            match part.map(|(_, part)| (part, part.state())) {
                Some((part, State::Valued)) => {
                    let rule = self.rule(&at);
                    self.part(part, component, component.data_type, rule, at);
                }
                Some((_, State::Null)) => {}
                Some((_, State::Absent | State::Empty)) | None => {
                    if self.is_required(component, &at) {
                        let text = format!(
                            "{name} needs its component {}, {}",
                            component.number, component.name
                        );
                        self.faults.push(ErrorCode::DataType, Some(at), text);
                    }
                }
            }
        }
    }

    /// Codes of tables that the standard closes: those of ID, and of CNE unless it names another coding system.
    fn coded(
        &self,
        part: Part<'_>,
        number: u16,
        data_type: &str,
    ) -> Option<(&'static TableDefinition, Coded)> {
        let code = match data_type {
            "ID" if number != VERSION_IDS => Id(part).code(),
            "CNE" if is_of_hl7(Cwe(part)) => Cwe(part).identifier().text(),
            _ => None,
        };
        let (code, table) = (code?, self.dictionary.table(number)?);
        let is_value_type =
            || number == VALUE_TYPES && is_value_type(&code) && self.dictionary.data_type(&*code).is_some();
        let is_local = EXTENSIBLE_BY_Z.contains(&number) && code.starts_with('Z');
        let coded = if table.code(code.as_bytes()).is_some() || is_value_type() {
            Coded::Listed
        } else if is_local || !table.is_complete() {
            Coded::Open
        } else if EXTENDED_BY_MIME_TYPES.contains(&number) {
            Coded::Extended
        } else if table.is_of_later_version(code.as_bytes()) {
            Coded::Later
        } else {
            Coded::Unknown
        };
        Some((table, coded))
    }

    fn code(&mut self, table: &TableDefinition, coded: Coded, at: Location) {
        let (number, name) = (table.number, table.name);
        let (severity, more) = match coded {
            Coded::Listed | Coded::Open => return,
            Coded::Extended => (Severity::Warning, "; many systems use MIME types instead"),
            Coded::Later => (Severity::Warning, " in this version; later ones have this code"),
            Coded::Unknown => (Severity::Error, ""),
        };
        let text = format!("expected a code of table {number:04}, {name}{more}");
        let code = ErrorCode::TableValueNotFound;
        self.faults.push_as(severity, code, Some(at), text);
    }

    fn missing(&mut self, field: &FieldDefinition, segment: Location) {
        let at = Location {
            field: Some(field.number),
            ..segment
        };
        if self.is_required(field, &at) {
            let text = format!("{} is required", field.name);
            self.faults.push(ErrorCode::RequiredFieldMissing, Some(at), text);
        }
    }

    fn is_required(&self, definition: &FieldDefinition, at: &Location) -> bool {
        definition.optionality == Optionality::Required
            && self.rule(at).is_none_or(|rule| rule.usage.is_none())
    }

    fn rule(&self, at: &Location) -> Option<&'c FieldRule> {
        if self.rules.is_empty() {
            return None;
        }
        let index = self
            .rules
            .binary_search_by_key(&Spot::from(at), |(spot, _)| *spot);
        self.rules.get(index.ok()?).map(|(_, rule)| *rule)
    }
}

/// How a code stands to its table.
#[derive(Clone, Copy, PartialEq)]
enum Coded {
    Listed,
    /// Not listed, where the list is not all that may be.
    Open,
    /// Not listed, where the world has long used others.
    Extended,
    /// Listed by a later version.
    Later,
    Unknown,
}

/// Whether OBX-2 may name this data type.
fn is_value_type(name: &str) -> bool {
    !matches!(name, "CQ" | "SI" | "ID") && !name.starts_with("CM")
}

fn is_of_hl7(coded: Cwe<'_>) -> bool {
    coded
        .name_of_coding_system()
        .code()
        .is_none_or(|system| system.starts_with("HL7"))
}
