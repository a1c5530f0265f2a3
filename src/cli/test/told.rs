//! A case that failed, in words: what it was given, and place by place what was expected and what was got.

use std::fmt::Write as _;

use anstyle::Style;

use crate::case::{Case, Mismatch, Verdict, What, times};
use crate::hl7::dictionary::{Dictionary, Version};
use crate::hl7::{FieldPath, TargetSelector};

use super::super::{diff, text};
use super::Ran;

/// The lines under a failed case, indented.
pub(super) fn details(result: &Ran<'_>, name: &Style) -> String {
    let case = result.case;
    let mut lines = given(case);
    match &result.verdict {
        Verdict::Broke => lines += "the route ended in an internal error, which is a mistake in weir\n",
        Verdict::Compared(mismatches) => {
            let names = Names::of(case);
            for mismatch in mismatches {
                lines += &names.mismatch(mismatch, name);
            }
        }
    }
    indented(&lines)
}

/// Lines that stand under the name of a case.
pub(super) fn indented(lines: &str) -> String {
    lines.lines().flat_map(|line| ["        ", line, "\n"]).collect()
}

/// Where the case is written, and what it was given.
fn given(case: &Case) -> String {
    let location = &case.location;
    let given = case.given.file.as_deref().unwrap_or("the text there");
    let set: Vec<String> = case.given.set.iter().map(ToString::to_string).collect();
    let set = match set.as_slice() {
        [] => String::new(),
        set => format!(" with {} set", set.join(", ")),
    };
    format!(
        "{}:{}, given {}{set}\n",
        location.file,
        location.line,
        text::safe(given)
    )
}

/// What the standard calls the places of the given message.
struct Names(Option<&'static Dictionary>);

impl Names {
    fn of(case: &Case) -> Names {
        Names(Version::of(&case.given.message.header()).map(Dictionary::of))
    }

    fn field(&self, path: &FieldPath) -> &'static str {
        self.0
            .and_then(|dictionary| dictionary.field_name(path))
            .unwrap_or_default()
    }

    fn target(&self, target: &TargetSelector) -> &'static str {
        match target {
            TargetSelector::Field(selector) => {
                let field = FieldPath::of_field(selector.segment(), selector.field());
                field.map_or("", |field| self.field(&field))
            }
            TargetSelector::Segments(segments) => {
                let name = segments.name();
                let segment = self.0.and_then(|dictionary| dictionary.segment(name.as_bytes()));
                segment.map_or("", |segment| segment.description)
            }
        }
    }

    fn mismatch(&self, mismatch: &Mismatch, style: &Style) -> String {
        let number = mismatch
            .output
            .as_ref()
            .map_or(String::new(), |which| format!("{which}: "));
        let title = |place: &str, name: &str| match name {
            "" => format!("{number}{place}\n"),
            name => format!("{number}{place}  {style}{name}{style:#}\n"),
        };
        match &mismatch.what {
            What::Words {
                subject,
                expected,
                got,
            } => title(subject, "") + two(expected, got).as_str(),
            What::Field {
                place,
                field,
                expected,
                got,
            } => {
                let name = field.map_or("", |field| self.field(&field));
                title(place, name) + two(expected, got).as_str()
            }
            What::Count {
                target,
                expected,
                got,
            } => {
                title(&target.to_string(), self.target(target))
                    + two(&times(*expected), &times(*got)).as_str()
            }
            What::Message { file, expected, got } => {
                let mut lines = title(&format!("message {}", text::safe(file)), "- expected, + got");
                match expected {
                    Some(expected) => {
                        let differences = diff::told(expected, got);
                        for line in differences.lines() {
                            writeln!(lines, "  {line}").expect("a string takes whatever is written to it");
                        }
                    }
                    None => lines += "  there was no message in the file: `weir test --update` writes it\n",
                }
                lines
            }
        }
    }
}

fn two(expected: &str, got: &str) -> String {
    let shown = |value: &str| match value {
        "" => "(nothing)".to_owned(),
        value => text::safe(value),
    };
    format!("  expected  {}\n  got       {}\n", shown(expected), shown(got))
}
