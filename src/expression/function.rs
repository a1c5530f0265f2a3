//! The functions: their names, and what people read about them.

use super::doc::Doc;

/// The functions there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Function {
    Upper,
    Lower,
    Trim,
    Left,
    Right,
    Mid,
    Pad,
    Replace,
    Split,
    Concat,
    Join,
    Length,
    Number,
    Round,
    Count,
    First,
    Last,
    Coalesce,
    Lookup,
    Date,
    Now,
    AddDays,
    Age,
    Uuid,
    Raw,
    Hash,
}

impl Function {
    /// In the order of [`FUNCTIONS`].
    pub(super) const ALL: [Function; 26] = [
        Function::Upper,
        Function::Lower,
        Function::Trim,
        Function::Left,
        Function::Right,
        Function::Mid,
        Function::Pad,
        Function::Replace,
        Function::Split,
        Function::Concat,
        Function::Join,
        Function::Length,
        Function::Number,
        Function::Round,
        Function::Count,
        Function::First,
        Function::Last,
        Function::Coalesce,
        Function::Lookup,
        Function::Date,
        Function::Now,
        Function::AddDays,
        Function::Age,
        Function::Uuid,
        Function::Raw,
        Function::Hash,
    ];

    /// The function of this name.
    pub(super) fn named(name: &str) -> Option<Function> {
        let mut named = Function::ALL.into_iter().zip(FUNCTIONS);
        named
            .find(|(_, doc)| doc.name == name)
            .map(|(function, _)| function)
    }

    pub(super) fn doc(self) -> &'static Doc {
        FUNCTIONS
            .get(self as usize)
            .expect("every function has its place in the list")
    }

    pub(super) fn as_str(self) -> &'static str {
        self.doc().name
    }
}

/// The functions, in the order people need them.
pub const FUNCTIONS: &[Doc] = &[
    Doc {
        name: "upper",
        form: "upper(TEXT)",
        gives: "the text in capitals",
        details: "",
        examples: &[("upper(MSH-4)", "WEST")],
    },
    Doc {
        name: "lower",
        form: "lower(TEXT)",
        gives: "the text in small letters",
        details: "",
        examples: &[("lower(PID-5.1)", "doe")],
    },
    Doc {
        name: "trim",
        form: "trim(TEXT)",
        gives: "the text without the blanks around it",
        details: "",
        examples: &[("trim('  7W ')", "7W")],
    },
    Doc {
        name: "left",
        form: "left(TEXT, NUMBER)",
        gives: "the first characters",
        details: "",
        examples: &[("left(PID-5.2, 1)", "A"), ("left(\"ab\", 5)", "ab")],
    },
    Doc {
        name: "right",
        form: "right(TEXT, NUMBER)",
        gives: "the last characters",
        details: "",
        examples: &[("right(PID-13, 4)", "4567")],
    },
    Doc {
        name: "mid",
        form: "mid(TEXT, START [, NUMBER])",
        gives: "the characters from the one of that number, which count from 1",
        details: "Without a number of characters, all that follow.",
        examples: &[("mid(PID-7, 5, 2)", "01"), ("mid(PID-13, 4)", "1234567")],
    },
    Doc {
        name: "pad",
        form: "pad(VALUE, WIDTH [, FILL])",
        gives: "the value with as many fill characters before it as it needs to be that wide",
        details: "With a width below 0 they stand behind it. Without a fill, blanks.\n\
                  What is as wide already stays as it is. A width over 1000 counts as 1000.",
        examples: &[
            ("pad(PID-3.1, 8, \"0\")", "00000012"),
            ("pad(count(OBX), 3, \"0\")", "003"),
            ("pad(\"ab\", -4, \".\")", "ab.."),
        ],
    },
    Doc {
        name: "replace",
        form: "replace(TEXT, WHAT, TEXT)",
        gives: "the text with every WHAT, a text or a regular expression, replaced",
        details: "In a text in quotes that replaces a regular expression, `$1` is what the first group found and \
                  `$$` a dollar sign.\n\
                  `${1}` is the same before a letter, a digit or `_`, as in `${1}_x`: `$1_x` would be a group of \
                  that name, and one that the pattern does not have is refused.",
        examples: &[
            ("replace(PID-11, \" ST\", \" STREET\")", "1 MAIN STREET"),
            (
                "replace(PID-13, /(\\d{3})(\\d{3})(\\d{4})/, \"($1) $2-$3\")",
                "(555) 123-4567",
            ),
            ("replace(PID-13, /^(\\d{3}).*$/, \"${1}0000000\")", "5550000000"),
            ("replace(PID-11, /[^0-9]/, \"\")", "1"),
        ],
    },
    Doc {
        name: "split",
        form: "split(TEXT, SEPARATOR, NUMBER)",
        gives: "the part of that number between separators, which count from 1",
        details: "-1 is the last part, -2 the one before it. A part that is not there is empty.",
        examples: &[
            ("split(PID-11, \" \", 2)", "MAIN"),
            ("split(PID-11, \" \", -1)", "ST"),
            ("split(PID-11, \" \", 9)", ""),
        ],
    },
    Doc {
        name: "concat",
        form: "concat(VALUE, …)",
        gives: "all values, one behind the other",
        details: "A path with `[*]` gives all its values.",
        examples: &[
            ("concat(PID-5.2, \" \", PID-5.1)", "ANNA DOE"),
            ("concat(OBX[*]-3.1)", "GLUNACMT"),
        ],
    },
    Doc {
        name: "join",
        form: "join(SEPARATOR, VALUE, …)",
        gives: "all values that are not empty, with the separator between them",
        details: "A path with `[*]` gives all its values.",
        examples: &[
            ("join(\" / \", NTE[*]-3)", "first line / second line"),
            ("join(\", \", PID-5.1, PID-5.3, PID-5.2)", "DOE, ANNA"),
        ],
    },
    Doc {
        name: "length",
        form: "length(TEXT)",
        gives: "the number of characters",
        details: "",
        examples: &[("length(PID-13)", "10"), ("length(PID-40)", "0")],
    },
    Doc {
        name: "number",
        form: "number(TEXT)",
        gives: "the text as a number, with the decimals it is written with",
        details: "A number is a sign, digits and a decimal point, as HL7 writes them: no thousands, no \
                  exponent, at most 15 digits.\n\
                  A text that is none gives no number: it compares with nothing, and a hole with it is empty.",
        examples: &[("number(\"+007.50\")", "7.50"), ("number(OBX[3]-5)", "")],
    },
    Doc {
        name: "round",
        form: "round(NUMBER [, DECIMALS])",
        gives: "the number with exactly so many decimals, none if left out",
        details: "Halves are rounded away from zero. At most 9 decimals.",
        examples: &[
            ("round(number(OBX-5), 1)", "5.6"),
            ("round(2.5)", "3"),
            ("round(-0.25, 1)", "-0.3"),
            ("round(7, 2)", "7.00"),
        ],
    },
    Doc {
        name: "count",
        form: "count(PATH)",
        gives: "how many segments there are, or how many values at a path with `[*]`",
        details: "Places without a value do not count.",
        examples: &[
            ("count(OBX)", "3"),
            ("count(PID-3[*])", "2"),
            ("count(OBX[*]-6)", "2"),
        ],
    },
    Doc {
        name: "first",
        form: "first(PATH)",
        gives: "the first value at a path with `[*]`",
        details: "",
        examples: &[("first(OBX[*]-6)", "mmol/L"), ("first(PID-3[*].1)", "12")],
    },
    Doc {
        name: "last",
        form: "last(PATH)",
        gives: "the last value at a path with `[*]`",
        details: "`OBX[last]-6` is what the last OBX has there, which may be nothing.",
        examples: &[("last(OBX[*]-6)", "mmol/L"), ("last(PID-3[*].1)", "34")],
    },
    Doc {
        name: "coalesce",
        form: "coalesce(TEXT, …)",
        gives: "the first that is not empty",
        details: "A path with `[*]` gives all its values.",
        examples: &[("coalesce(PID-40, PID-3[.5=XX].1, \"none\")", "none")],
    },
    Doc {
        name: "lookup",
        form: "lookup(TABLE, TEXT [, COLUMN])",
        gives: "what a code has in a table of the site; nothing, if it is not there",
        details: "Table and column are names in quotes. The column may be left out where the table has one \
                  that is meant.\n\
                  Misses are not counted; the step `translate` counts them.",
        examples: &[
            ("lookup(\"patient-class\", PV1-2)", "IP"),
            ("coalesce(lookup(\"patient-class\", PV1-3), \"UN\")", "UN"),
        ],
    },
    Doc {
        name: "date",
        form: "date(TIME, PATTERN [, ZONE])",
        gives: "a time of HL7 in another form",
        details: "The pattern is that of strftime: `%Y` year, `%m` month, `%d` day, `%H` hour, `%M` minute, \
                  `%S` second, `%b` Nov, `%z` +0100.\n\
                  A pattern that asks for more than the time tells gives nothing: nobody invents midnight.\n\
                  With a zone, as `Europe/Berlin`, a time with an offset is told as on a clock there; one \
                  without an offset is taken to be from there.\n\
                  Of a field, as of a repetition, the first component is the time: a degree of precision behind it, as \
                  senders before 2.6 write it (`19800102^D`), is none.",
        examples: &[
            ("date(PID-7, \"%d.%m.%Y\")", "02.01.1980"),
            (
                "date(MSH-7, \"%Y-%m-%dT%H:%M:%S%:z\")",
                "2026-11-22T14:25:30+01:00",
            ),
            ("date(MSH-7, \"%Y%m%d%H%M\", \"UTC\")", "202611221325"),
            ("date(PID-7, \"%H:%M\")", ""),
        ],
    },
    Doc {
        name: "now",
        form: "now()",
        gives: "when the message was received, as HL7 writes it",
        details: "All steps of all routes see the same time.",
        examples: &[("now()", "20261122142536+0100"), ("date(now(), \"%Y\")", "2026")],
    },
    Doc {
        name: "add_days",
        form: "add_days(TIME, NUMBER)",
        gives: "the time so many days later, or earlier, as precise as it was",
        details: "Of a field or repetition the first component is the time.\n\
                  Nothing, if the time is not told to the day.",
        examples: &[
            ("add_days(PID-7, 30)", "19800201"),
            ("add_days(MSH-7, -1)", "20261121142530+0100"),
        ],
    },
    Doc {
        name: "age",
        form: "age(TIME [, TIME])",
        gives: "the whole years from the first to the second time, or until the message was received",
        details: "Of a field or repetition the first component is the time.\n\
                  No number, if the times do not tell: someone born in 1980 is of one age on the last day of \
                  2026 only.",
        examples: &[
            ("age(PID-7)", "46"),
            ("age(PID-7, \"20000101\")", "19"),
            ("age(\"1980\")", ""),
        ],
    },
    Doc {
        name: "uuid",
        form: "uuid()",
        gives: "a new identifier, another for each call",
        details: "It is derived from the message, the time of receipt and the route: running the same again \
                  gives the same.",
        examples: &[("length(uuid())", "36")],
    },
    Doc {
        name: "raw",
        form: "raw(PATH)",
        gives: "what stands there as it stands, with escapes and delimiters",
        details: "",
        examples: &[
            ("raw(OBX[3]-5)", "taken \\T\\ kept cold"),
            ("raw(PID-5)", "DOE^ANNA"),
        ],
    },
    Doc {
        name: "hash",
        form: "hash(TEXT)",
        gives: "the BLAKE3 hash of the text, 64 hexadecimal digits",
        details: "It tells texts apart and does not keep a secret: all dates of birth are soon tried.",
        examples: &[("left(hash(PID-3.1), 8)", "b944a0a3")],
    },
];
