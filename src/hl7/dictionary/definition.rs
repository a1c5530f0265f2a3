//! What the dictionary says of a segment, a field, a data type and a table.

use std::sync::OnceLock;

/// A segment (chapters 2 to 17, each with the table of its attributes).
#[derive(Debug)]
pub struct SegmentDefinition {
    /// `PID`
    pub name: &'static str,
    /// `Patient Identification`; empty where no source has a name.
    pub description: &'static str,
    /// The fields, by number. A number that is missing is one that the version no longer defines.
    pub fields: Vec<FieldDefinition>,
}

/// A data type (chapter 2 up to 2.4, chapter 2A from 2.5).
#[derive(Debug)]
pub struct DataTypeDefinition {
    /// `CX`
    pub name: &'static str,
    /// `Extended Composite ID with Check Digit`; empty where no source has a name.
    pub description: &'static str,
    /// The components, by number; none where the type is primitive.
    pub components: Vec<FieldDefinition>,
}

/// A field of a segment, or a component of a data type: the standard describes both in the same columns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldDefinition {
    /// Its number, from 1.
    pub number: u16,
    /// `Patient Identifier List`
    pub name: &'static str,
    /// `CX`; `varies` where another field tells the type (OBX-5), empty where the field is withdrawn.
    pub data_type: &'static str,
    /// Whether it must be there (column OPT).
    pub optionality: Optionality,
    /// How often it may stand there (column RP/#); `None` means without limit. A component stands once.
    pub repetitions_max: Option<u16>,
    /// How many characters it may have (column LEN), where a source tells; none does from 2.8 on.
    pub length_max: Option<u32>,
    /// The table its codes are from (column TBL#).
    pub table: Option<u16>,
}

/// Whether a field must be there (HL7 v2.5.1, 2.5.3).
///
/// From 2.8 on, and for components before 2.5, the sources tell required ones apart and nothing else; they know
/// no mark for fields that are kept for backward compatibility, which are optional here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Optionality {
    /// R
    Required,
    /// O
    Optional,
    /// C: depends on the trigger event or on other fields.
    Conditional,
    /// W or X: no longer, or not yet, to be used.
    Withdrawn,
}

/// A code table (chapter 2C from 2.7, before that appendix A).
#[derive(Debug)]
pub struct TableDefinition {
    /// Its number: 1 is table 0001.
    pub number: u16,
    /// `Administrative Sex`
    pub name: &'static str,
    /// Whether the codes are those of the version.
    ///
    /// Otherwise no source lists the table for this version, and the codes are what one of them lists without
    /// naming a version: good to read by, no ground to refuse a code.
    pub is_of_version: bool,
    /// The codes, by code; none where the standard leaves all of them to the site.
    pub codes: Vec<Code>,
    /// Codes that the table has in later versions only, by code.
    pub(super) later_codes: Vec<&'static str>,
    /// See [`TableDefinition::is_complete`]: found when first asked for, because all codes are looked through.
    pub(super) is_complete: OnceLock<bool>,
}

/// A code of a table.
#[derive(Debug)]
pub struct Code {
    /// `F`
    pub code: &'static str,
    /// `Female`; empty where no source describes the code.
    pub description: &'static str,
}

impl SegmentDefinition {
    /// The field of this number, from 1.
    pub fn field(&self, number: u16) -> Option<&FieldDefinition> {
        numbered(&self.fields, number)
    }
}

impl DataTypeDefinition {
    /// The component of this number, from 1.
    pub fn component(&self, number: u16) -> Option<&FieldDefinition> {
        numbered(&self.components, number)
    }
}

/// What is in a code that stands for more than itself: `10 ... 19`, `...`, `…`, `99zzz`, `ISOnnnn`, `NNxxx`, `U <spec>`,
/// `2 and higher`.
const MARKS_OF_MORE: [&str; 9] = [
    "...",
    "…",
    " _",
    "zzz",
    "nnn",
    "xxx",
    "<",
    "SUGGESTION",
    "and higher",
];

impl TableDefinition {
    /// Whether a code that is not listed is none of the table, as far as the sources tell: the list is that of the
    /// version, and nothing in it stands for ranges or for further codes.
    ///
    /// A table for the data type IS is the site's to extend all the same.
    pub fn is_complete(&self) -> bool {
        let stands_for_more = |code: &Code| MARKS_OF_MORE.iter().any(|mark| code.code.contains(mark));
        let look = || self.is_of_version && !self.codes.is_empty() && !self.codes.iter().any(stands_for_more);
        *self.is_complete.get_or_init(look)
    }

    /// Whether a code that is not listed is one that a later version lists: systems take such codes before they take
    /// the version (CLIA in table 0301 of 2.5.1).
    pub fn is_of_later_version(&self, code: impl AsRef<[u8]>) -> bool {
        let wanted = code.as_ref();
        let by_code = |own: &&str| own.as_bytes().cmp(wanted);
        self.later_codes.binary_search_by(by_code).is_ok()
    }

    /// The code, if the table has it.
    pub fn code(&self, code: impl AsRef<[u8]>) -> Option<&Code> {
        let wanted = code.as_ref();
        let index = self.codes.binary_search_by(|own| own.code.as_bytes().cmp(wanted));
        self.codes.get(index.ok()?)
    }
}

impl Optionality {
    /// The letter in the column OPT.
    pub fn letter(self) -> char {
        match self {
            Optionality::Required => 'R',
            Optionality::Optional => 'O',
            Optionality::Conditional => 'C',
            Optionality::Withdrawn => 'W',
        }
    }
}

fn numbered(fields: &[FieldDefinition], number: u16) -> Option<&FieldDefinition> {
    let index = fields.binary_search_by_key(&number, |field| field.number);
    fields.get(index.ok()?)
}
