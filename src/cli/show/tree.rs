//! A message as lines for people: groups and components by indentation, names beside values, problems in place.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::IsTerminal;

use anstyle::{AnsiColor, Style};

use super::super::text;
use crate::shown::{Held, Place, Problem, Row, Shown, printable};

/// Names longer than this push their value to the right instead of all values.
const NAME_CHARS_MAX: usize = 40;

/// How the parts of a line look; nothing changes where colors are off.
pub(in crate::cli) struct Look {
    group: Style,
    segment: Style,
    name: Style,
    problem: Style,
}

impl Look {
    /// Colors where this is a terminal that wants them.
    pub(in crate::cli) fn of(to: &impl IsTerminal) -> Look {
        if text::is_colored(to) {
            Look::colored()
        } else {
            Look::plain()
        }
    }

    /// Colors for a terminal.
    pub(in crate::cli) fn colored() -> Look {
        Look {
            group: AnsiColor::Cyan.on_default(),
            segment: Style::new().bold(),
            name: Style::new().dimmed(),
            problem: AnsiColor::Yellow.on_default(),
        }
    }

    /// No colors.
    pub(in crate::cli) fn plain() -> Look {
        Look {
            group: Style::new(),
            segment: Style::new(),
            name: Style::new(),
            problem: Style::new(),
        }
    }
}

/// The lines of one message.
pub(in crate::cli) fn tree(shown: &Shown<'_>, look: &Look) -> String {
    let mut problems: BTreeMap<&str, Vec<&Problem>> = BTreeMap::new();
    for problem in &shown.problems {
        problems.entry(&problem.path).or_default().push(problem);
    }
    let mut tree = Tree {
        look,
        problems,
        path_chars: 0,
        name_chars: 0,
        out: String::new(),
    };
    for row in &shown.rows {
        if let Row::Segment(segment) = row {
            tree.measure(&segment.fields, segment.groups.len() + 1);
        }
    }
    tree.problems(0, "");
    for row in &shown.rows {
        match row {
            Row::Group { depth, label } => tree.line(*depth, look.group, label, ""),
            Row::Segment(segment) => {
                let depth = segment.groups.len();
                tree.line(depth, look.segment, &segment.path, segment.name);
                tree.problems(depth + 1, &segment.path);
                tree.places(&segment.fields, depth + 1);
            }
        }
    }
    tree.homeless_problems();
    tree.out
}

struct Tree<'s> {
    look: &'s Look,
    problems: BTreeMap<&'s str, Vec<&'s Problem>>,
    /// The widest path with its indentation.
    path_chars: usize,
    /// The widest name.
    name_chars: usize,
    out: String,
}

impl Tree<'_> {
    fn measure(&mut self, places: &[Place], depth: usize) {
        for place in places {
            let name_chars = place.name.chars().count().min(NAME_CHARS_MAX);
            self.path_chars = self.path_chars.max(2 * depth + place.path.chars().count());
            self.name_chars = self.name_chars.max(name_chars);
            if let Held::Places(places) = &place.held {
                self.measure(places, depth + 1);
            }
        }
    }

    /// The heading of a group or segment.
    fn line(&mut self, depth: usize, style: Style, label: &str, name: &str) {
        let indent = 2 * depth;
        let gap = if name.is_empty() { "" } else { "  " };
        self.write(format_args!("{:indent$}{style}{label}{style:#}{gap}{name}\n", ""));
    }

    fn places(&mut self, places: &[Place], depth: usize) {
        for place in places {
            let value = match &place.held {
                Held::Null => "\"\"".to_owned(),
                Held::Text(text) => printable(text.as_bytes()),
                Held::Places(_) => String::new(),
            };
            let path = format!("{:indent$}{}", "", place.path, indent = 2 * depth);
            let (style, path_chars, name_chars) = (self.look.name, self.path_chars, self.name_chars);
            if value.is_empty() {
                let name = place.name;
                let gap = if name.is_empty() { 0 } else { path_chars + 2 };
                self.write(format_args!("{path:<gap$}{style}{name}{style:#}\n"));
            } else if name_chars == 0 {
                self.write(format_args!("{path:<path_chars$}  {value}\n"));
            } else {
                let name = format!("{:<name_chars$}", place.name);
                self.write(format_args!(
                    "{path:<path_chars$}  {style}{name}{style:#}  {value}\n"
                ));
            }
            self.problems(depth + 1, &place.path);
            if let Held::Places(places) = &place.held {
                self.places(places, depth + 1);
            }
        }
    }

    fn problems(&mut self, depth: usize, path: &str) {
        for problem in self.problems.remove(path).unwrap_or_default() {
            self.problem(depth, problem, "");
        }
    }

    /// What is wrong with places that hold nothing and so have no line.
    fn homeless_problems(&mut self) {
        for problem in std::mem::take(&mut self.problems).into_values().flatten() {
            self.problem(0, problem, &problem.path);
        }
    }

    fn problem(&mut self, depth: usize, problem: &Problem, path: &str) {
        let style = self.look.problem;
        let indent = 2 * depth;
        let parts = ["warning", path, problem.name, &problem.text];
        let told: Vec<_> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        let told = told.join(": ");
        self.write(format_args!("{:indent$}{style}{told}{style:#}\n", ""));
    }

    fn write(&mut self, line: std::fmt::Arguments<'_>) {
        self.out
            .write_fmt(line)
            .expect("a string takes whatever is written to it");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hl7::Message;

    #[test]
    fn colors_add_nothing_else() {
        let bytes = "MSH|^~\\&|||||||ORU^R01|1|P|2.5.1\rPID|1||A^B\rpid|\x1b[2J";
        let message = Message::parse(bytes.into()).unwrap();
        let shown = Shown::of(1, &message);
        let (plain, colored) = (tree(&shown, &Look::plain()), tree(&shown, &Look::colored()));
        assert!(!plain.contains('\x1b'), "{plain}");
        assert!(colored.contains("\x1b[1mPID\x1b[0m  Patient"), "{colored}");
        assert!(colored.contains("\x1b[36mPATIENT\x1b[0m"), "{colored}");
        assert!(
            colored.contains("\x1b[33mwarning: segment-name\x1b[0m"),
            "{colored}"
        );
        let mut stripped = colored;
        for code in ["\x1b[0m", "\x1b[1m", "\x1b[2m", "\x1b[33m", "\x1b[36m"] {
            stripped = stripped.replace(code, "");
        }
        assert_eq!(stripped, plain);
    }
}
