//! What people read about an operator or a function; every example is run by a test, so that it is true.

/// The documentation of an operator or a function.
#[derive(Debug)]
pub struct Doc {
    /// The word for it, as `=`, `starts with` or `upper`.
    pub name: &'static str,
    /// How it is written, with what it takes.
    pub form: &'static str,
    /// What it gives, in one sentence.
    pub gives: &'static str,
    /// What one ought to know, a sentence a line.
    pub details: &'static str,
    /// Expressions and what they give over [`EXAMPLE_MESSAGE`]: a condition `true` or `false`.
    pub examples: &'static [(&'static str, &'static str)],
}

/// The message the examples are about, received at 14:25:36 on 22 November 2026 in Berlin.
pub const EXAMPLE_MESSAGE: &str = "MSH|^~\\&|LAB|West|||20261122142530+0100||ORU^R01^ORU_R01|42|P|2.5.1\r\
    PID|1||12^^^WEST^MR~34^^^SSA^SS||DOE^ANNA||19800102|\"\"|||1 MAIN ST||5551234567\r\
    PV1|1|I|7W\r\
    OBX|1|NM|GLU^Glucose||5.60|mmol/L|||||F\r\
    OBX|2|NM|NA^Sodium||140|mmol/L|||||F\r\
    OBX|3|TX|CMT^Comment||taken \\T\\ kept cold||||||P\r\
    NTE|1||first line\r\
    NTE|2||second line\r";

/// The table that examples of `lookup` are about, as YAML.
pub const EXAMPLE_TABLE: &str = "patient-class: { I: IP, O: OP }";

/// The operators, in the order people need them.
pub const OPERATORS: &[Doc] = &[
    Doc {
        name: "=",
        form: "VALUE = VALUE",
        gives: "whether both are the same",
        details: "Two texts are compared letter by letter, case included; two numbers by their value.\n\
                  A text and a number are not compared: `number(…)` makes a number of a text.\n\
                  A text that is no number compares with no number: every such comparison is false.",
        examples: &[
            ("PV1-2 = \"I\"", "true"),
            ("OBX-5 = \"5.6\"", "false"),
            ("number(OBX-5) = 5.6", "true"),
            ("OBX[*]-3.1 = \"NA\"", "true"),
        ],
    },
    Doc {
        name: "!=",
        form: "VALUE != VALUE",
        gives: "whether they differ",
        details: "With `[*]`: whether any of the values differs. Whether all do is `not (PATH = VALUE)`.",
        examples: &[
            ("PV1-2 != \"O\"", "true"),
            ("OBX[*]-2 != \"NM\"", "true"),
            ("not (OBX[*]-2 = \"NM\")", "false"),
        ],
    },
    Doc {
        name: "<",
        form: "VALUE < VALUE",
        gives: "whether the left comes before the right",
        details: "Texts are ordered as in a dictionary of their characters, so that `\"10\"` comes before `\"9\"`; \
                  numbers by their value.\n\
                  Dates of one precision are in order as texts: `PID-7 < \"19900101\"`.",
        examples: &[("number(OBX-5) < 10", "true"), ("PID-7 < \"19900101\"", "true")],
    },
    Doc {
        name: "<=",
        form: "VALUE <= VALUE",
        gives: "whether the left comes before the right or is the same",
        details: "As `<`.",
        examples: &[("number(OBX-5) <= 5.6", "true")],
    },
    Doc {
        name: ">",
        form: "VALUE > VALUE",
        gives: "whether the left comes after the right",
        details: "As `<`.",
        examples: &[("number(OBX[*]-5) > 100", "true"), ("age(PID-7) > 65", "false")],
    },
    Doc {
        name: ">=",
        form: "VALUE >= VALUE",
        gives: "whether the left comes after the right or is the same",
        details: "As `<`.",
        examples: &[("count(OBX) >= 3", "true")],
    },
    Doc {
        name: "in",
        form: "VALUE in (VALUE, …)",
        gives: "whether it is one of the list",
        details: "The list holds texts in quotes, or numbers.",
        examples: &[
            ("PV1-2 in (\"E\", \"I\")", "true"),
            ("number(OBX-5) in (5.6, 7)", "true"),
        ],
    },
    Doc {
        name: "not in",
        form: "VALUE not in (VALUE, …)",
        gives: "whether it is none of the list",
        details: "With `[*]`: whether any of the values is none of the list. Whether all are is \
                  `not (PATH in (…))`.",
        examples: &[
            ("PV1-2 not in (\"E\", \"O\")", "true"),
            ("OBX[*]-2 not in (\"NM\")", "true"),
        ],
    },
    Doc {
        name: "matches",
        form: "TEXT matches /REGEX/",
        gives: "whether the regular expression is found in the text",
        details: "It may be found anywhere: `^` and `$` stand for the beginning and the end. `/…/i` takes \
                  capitals and small letters alike, `\\/` is a slash.\n\
                  Regular expressions are those of Rust: no look-around and no back-references, and no \
                  message can make one slow.",
        examples: &[
            ("PID-13 matches /^\\d{10}$/", "true"),
            ("PID-5.1 matches /^doe/i", "true"),
        ],
    },
    Doc {
        name: "contains",
        form: "TEXT contains TEXT",
        gives: "whether the right stands in the left",
        details: "",
        examples: &[
            ("OBX[3]-5 contains \"cold\"", "true"),
            ("OBX[*]-5 contains \"&\"", "true"),
        ],
    },
    Doc {
        name: "starts with",
        form: "TEXT starts with TEXT",
        gives: "whether the left begins with the right",
        details: "",
        examples: &[("PID-5.2 starts with \"ANN\"", "true")],
    },
    Doc {
        name: "ends with",
        form: "TEXT ends with TEXT",
        gives: "whether the left ends with the right",
        details: "",
        examples: &[("PID-11 ends with \" ST\"", "true")],
    },
    Doc {
        name: "exists",
        form: "PATH exists",
        gives: "whether the place is there, even if it is empty",
        details: "A segment is there or not: `NTE exists`.",
        examples: &[
            ("NTE exists", "true"),
            ("PID-2 exists", "true"),
            ("PID-40 exists", "false"),
            ("PID-3[.5=SS] exists", "true"),
        ],
    },
    Doc {
        name: "valued",
        form: "PATH valued",
        gives: "whether something stands there that is not the null",
        details: "",
        examples: &[
            ("PID-7 valued", "true"),
            ("PID-2 valued", "false"),
            ("PID-8 valued", "false"),
        ],
    },
    Doc {
        name: "is null",
        form: "PATH is null",
        gives: "whether the null of HL7 stands there, two double quotes: the sender asks to delete the value",
        details: "",
        examples: &[("PID-8 is null", "true"), ("PID-2 is null", "false")],
    },
    Doc {
        name: "and",
        form: "CONDITION and CONDITION",
        gives: "whether both hold",
        details: "Binds more closely than `or`.",
        examples: &[("PV1-2 = \"I\" and NTE exists", "true")],
    },
    Doc {
        name: "or",
        form: "CONDITION or CONDITION",
        gives: "whether at least one holds",
        details: "",
        examples: &[("PV1-2 = \"O\" or NTE exists", "true")],
    },
    Doc {
        name: "not",
        form: "not CONDITION",
        gives: "whether it does not hold",
        details: "Stands before one comparison, or before parentheses.",
        examples: &[
            ("not PV1-2 = \"O\"", "true"),
            ("not (PV1-2 = \"O\" or NTE exists)", "false"),
        ],
    },
];

impl Doc {
    /// The documentation of the operator or function of this name.
    pub fn of(name: &str) -> Option<&'static Doc> {
        let mut all = OPERATORS.iter().chain(super::FUNCTIONS);
        all.find(|doc| doc.name == name)
    }
}
