//! The step `set_null`: gives fields the HL7 null. The work is that of `clear`.

use super::Doc;

pub(super) const DOC: Doc = Doc {
    kind: "set_null",
    summary: "gives fields the HL7 null `\"\"`, by which the receiver is asked to delete its value",
    details: "`clear` empties a field instead, which says nothing about what the receiver has.",
    tables: "",
    example: "set_null: [PID-13, PID-14]",
    given: "MSH|^~\\&|EHR\rPID|1||12||DOE||||||||555-1234\r",
    becomes: "MSH|^~\\&|EHR\rPID|1||12||DOE||||||||\"\"|\"\"\r",
};
