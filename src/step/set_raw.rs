//! The step `set_raw`: gives fields values as they are to stand in the message. The work is that of `set`.

use super::Doc;

pub(super) const DOC: Doc = Doc {
    kind: "set_raw",
    summary: "gives fields values as they are to stand in the message, delimiters and escapes included",
    details: "As `set`, but nothing is escaped: `^` begins a component, `~` a repetition, `\\T\\` is an ampersand.\n\
              What a hole reads is put in as its text, so a delimiter in it becomes one of the message; use \
              `copy` to keep what stands there.\n\
              A value never ends the place it is for: no field separator, no line end, and no `^` for a component.",
    tables: "",
    example: "set_raw: { PID-5: \"DOE^ANNA\", PID-11: \"1 MAIN ST^^WEST~PO BOX 7\" }",
    given: "MSH|^~\\&|EHR\rPID|1||12||DOE ANNA\r",
    becomes: "MSH|^~\\&|EHR\rPID|1||12||DOE^ANNA||||||1 MAIN ST^^WEST~PO BOX 7\r",
};
