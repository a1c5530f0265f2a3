//! YAML text to a tree of values with places, within a budget.
//!
//! The only reader of YAML: events come from `saphyr-parser` one at a time, so a file that is too deep or too
//! rich is refused while it is read, not after. Tags, anchors, aliases and second documents are refused, so
//! nothing in a file can grow. Knows no setting.

use std::collections::HashMap;
use std::ops::Range;

use saphyr_parser::{Event, Parser, ScalarStyle as YamlStyle, ScanError, Span};
use serde_yaml::Value;

use crate::problem::{Content, Entry, Node, Problem, ProblemName, Problems, ScalarStyle};

/// Deeper nesting than any site needs.
const DEPTH_MAX: usize = 32;
/// More values than any one file needs; a table of 10,000 codes has 20,001.
pub(super) const NODES_PER_FILE_MAX: usize = 60_000;

/// More marks of structure than so many values have. The parser looks ahead over a whole `[ ]` or `{ }` before it
/// gives its first event, so what would cost it too much memory is counted before.
const MARKS_PER_FILE_MAX: usize = 100_000;

/// Reads one file. Problems are pushed; the tree holds what could be read, and is empty if the file is no YAML.
pub(super) fn read(source: usize, text: &str, problems: &mut Problems) -> Option<Node> {
    let mut reader = Reader {
        source,
        text,
        offsets: Offsets::of(text),
        problems,
        nodes: 0,
    };
    let marks = text.bytes().filter(|byte| b",[]{}:".contains(byte)).count();
    let root = if marks > MARKS_PER_FILE_MAX {
        Err(reader.too_many_values(0))
    } else {
        reader.document(Parser::new_from_str(text))
    };
    match root {
        Ok(node) => Some(node),
        Err(problem) => {
            reader.problems.push(*problem);
            None
        }
    }
}

/// The value as serde reads it. A plain scalar is a number only if it is written the one way weir writes that
/// number, and a truth value only as `true` or `false`; all else stays the text that was typed.
pub(super) fn value(node: &Node) -> Value {
    match &node.content {
        Content::Scalar { .. } if node.is_null() => Value::Null,
        Content::Scalar {
            text,
            style: ScalarStyle::Plain,
        } => plain(text),
        Content::Scalar { text, .. } => Value::String(text.clone()),
        Content::Sequence(elements) => Value::Sequence(elements.iter().map(value).collect()),
        Content::Mapping(entries) => Value::Mapping(
            entries
                .iter()
                .map(|entry| (Value::String(entry.key.clone()), value(&entry.value)))
                .collect(),
        ),
    }
}

fn plain(text: &str) -> Value {
    match (text, text.parse::<i64>()) {
        ("true", _) => Value::Bool(true),
        ("false", _) => Value::Bool(false),
        (_, Ok(number)) if number.to_string() == text => Value::Number(number.into()),
        _ => Value::String(text.to_owned()),
    }
}

struct Reader<'a> {
    source: usize,
    text: &'a str,
    offsets: Offsets,
    problems: &'a mut Problems,
    nodes: usize,
}

type Read<T> = Result<T, Box<Problem>>;

/// A list or mapping that is still open.
enum Open {
    Sequence {
        start: usize,
        elements: Vec<Node>,
    },
    Mapping {
        start: usize,
        entries: Vec<Entry>,
        key: Option<(String, Range<usize>)>,
    },
}

impl Reader<'_> {
    /// Walks the events with its own stack, so depth costs no call stack.
    fn document<I: saphyr_parser::Input>(&mut self, mut parser: Parser<'_, I>) -> Read<Node> {
        let mut open: Vec<Open> = Vec::new();
        let mut root = None;
        while let Some(event) = parser.next_event() {
            let (event, span) = event.map_err(|error| self.syntax(&error))?;
            let bytes = self.offsets.bytes(span);
            let start = bytes.start;
            if matches!(event, Event::DocumentStart(_)) && root.is_some() {
                return Err(self.several_documents(bytes));
            }
            let finished = self.event(event, bytes, &mut open)?;
            self.spend(open.len(), finished.is_some(), start)?;
            match (finished, open.last_mut()) {
                (Some(node), Some(parent)) => self.attach(parent, node)?,
                (Some(node), None) => root = Some(node),
                (None, _) => {}
            }
        }
        Ok(root.unwrap_or(Node {
            bytes: 0..0,
            content: Content::Mapping(Vec::new()),
        }))
    }

    /// What an event finishes, if anything: a scalar, or the innermost list or mapping.
    fn event(&mut self, event: Event<'_>, bytes: Range<usize>, open: &mut Vec<Open>) -> Read<Option<Node>> {
        match event {
            Event::Nothing
            | Event::StreamStart
            | Event::StreamEnd
            | Event::DocumentStart(_)
            | Event::DocumentEnd => Ok(None),
            Event::Alias(_) => Err(self.unsupported(bytes, "an alias (`*name`)")),
            Event::Scalar(text, style, anchor, tag) => {
                self.refuse_anchor_and_tag(anchor, tag.is_some(), &bytes)?;
                let content = Content::Scalar {
                    text: text.into_owned(),
                    style: scalar_style(style),
                };
                Ok(Some(Node { bytes, content }))
            }
            Event::SequenceStart(anchor, tag) => {
                self.refuse_anchor_and_tag(anchor, tag.is_some(), &bytes)?;
                open.push(Open::Sequence {
                    start: bytes.start,
                    elements: Vec::new(),
                });
                Ok(None)
            }
            Event::MappingStart(anchor, tag) => {
                self.refuse_anchor_and_tag(anchor, tag.is_some(), &bytes)?;
                open.push(Open::Mapping {
                    start: bytes.start,
                    entries: Vec::new(),
                    key: None,
                });
                Ok(None)
            }
            Event::SequenceEnd | Event::MappingEnd => Ok(open.pop().map(|open| self.close(open, bytes.end))),
        }
    }

    /// Puts a finished node where it belongs: an element, a key, or the value of the key before.
    fn attach(&mut self, parent: &mut Open, node: Node) -> Read<()> {
        match parent {
            Open::Sequence { elements, .. } => elements.push(node),
            Open::Mapping { entries, key, .. } => match key.take() {
                Some((key, key_bytes)) => entries.push(Entry {
                    key,
                    key_bytes,
                    value: node,
                }),
                None => match node.content {
                    Content::Scalar { text, .. } => *key = Some((text, node.bytes)),
                    Content::Sequence(_) | Content::Mapping(_) => {
                        return Err(self.unsupported(node.bytes, "a key that is a list or a mapping"));
                    }
                },
            },
        }
        Ok(())
    }

    /// Ends a list or mapping; of a key given twice the first counts, and both places are told.
    fn close(&mut self, open: Open, end: usize) -> Node {
        match open {
            Open::Sequence { start, elements } => Node {
                bytes: start..end,
                content: Content::Sequence(elements),
            },
            Open::Mapping { start, entries, .. } => {
                let mut seen: HashMap<String, Range<usize>> = HashMap::new();
                let mut kept: Vec<Entry> = Vec::with_capacity(entries.len());
                for entry in entries {
                    if let Some(first) = seen.get(&entry.key) {
                        self.duplicate(&entry, first.clone());
                    } else {
                        seen.insert(entry.key.clone(), entry.key_bytes.clone());
                        kept.push(entry);
                    }
                }
                Node {
                    bytes: start..end,
                    content: Content::Mapping(kept),
                }
            }
        }
    }

    fn duplicate(&mut self, entry: &Entry, first: Range<usize>) {
        let mut problem = Problem::error(
            ProblemName::DuplicateKey,
            format!("`{}` is given twice in one mapping", entry.key),
        )
        .at_bytes(self.source, entry.key_bytes.clone())
        .label("given again here")
        .help("keep one of the two");
        problem.related = Some((
            crate::problem::Region {
                source: self.source,
                bytes: first,
            },
            "first given here".to_owned(),
        ));
        self.problems.push(problem);
    }

    /// Takes one value and this depth out of the budget.
    fn spend(&mut self, depth: usize, is_value: bool, at: usize) -> Read<()> {
        self.nodes += usize::from(is_value);
        if depth > DEPTH_MAX {
            return Err(self.too_large(at..at, format!("nested deeper than {DEPTH_MAX} levels")));
        }
        if self.nodes > NODES_PER_FILE_MAX {
            return Err(self.too_many_values(at));
        }
        Ok(())
    }

    fn too_many_values(&self, at: usize) -> Box<Problem> {
        self.too_large(
            at..at,
            format!("more than {NODES_PER_FILE_MAX} values in one file"),
        )
    }

    fn too_large(&self, bytes: Range<usize>, message: String) -> Box<Problem> {
        Box::new(Problem::error(ProblemName::SiteTooLarge, message).at_bytes(self.source, bytes))
    }

    fn refuse_anchor_and_tag(&self, anchor: usize, tagged: bool, bytes: &Range<usize>) -> Read<()> {
        // saphyr numbers anchors from 1; 0 is none.
        match (anchor, tagged) {
            (0, false) => Ok(()),
            (_, true) => Err(self.unsupported(bytes.clone(), "a tag (`!name`)")),
            (_, false) => Err(self.unsupported(bytes.clone(), "an anchor (`&name`)")),
        }
    }

    fn unsupported(&self, bytes: Range<usize>, what: &str) -> Box<Problem> {
        let problem = Problem::error(
            ProblemName::UnsupportedYaml,
            format!("{what} is not part of site files"),
        )
        .at_bytes(self.source, self.first_line(bytes))
        .help("write the value where it is used; a text that begins with `!`, `&` or `*` needs quotes");
        Box::new(problem)
    }

    fn several_documents(&self, bytes: Range<usize>) -> Box<Problem> {
        let problem = Problem::error(
            ProblemName::UnsupportedYaml,
            "a second document (`---`) in one file",
        )
        .at_bytes(self.source, self.first_line(bytes))
        .help("put it into a file of its own");
        Box::new(problem)
    }

    fn first_line(&self, bytes: Range<usize>) -> Range<usize> {
        let line = self
            .text
            .get(bytes.clone())
            .unwrap_or_default()
            .lines()
            .next()
            .unwrap_or_default();
        bytes.start..bytes.start + line.len()
    }

    fn syntax(&self, error: &ScanError) -> Box<Problem> {
        let at = self.offsets.byte(error.marker().index());
        // At the end of the file, what is missing is missing after the last thing written.
        let rest = self.text.get(at..).unwrap_or_default();
        let at = if rest.trim().is_empty() {
            self.text.trim_end().len()
        } else {
            at
        };
        if let Some(tab) = self.tab_indentation_before(at) {
            let problem = Problem::error(ProblemName::TabIndentation, "a tab in the indentation")
                .at_bytes(self.source, tab)
                .label("a tab")
                .help("indent with spaces");
            return Box::new(problem);
        }
        if error.info().contains("unknown anchor") {
            return self.unsupported(at..at, "an alias (`*name`)");
        }
        if error.info().contains("recursion limit") {
            return self.too_large(at..at, format!("nested deeper than {DEPTH_MAX} levels"));
        }
        let help = if self.is_path_in_brackets(at) {
            "a path with brackets needs quotes inside `[ ]` and `{ }`: \"PID-3[2]\""
        } else if self.is_beside_hole(at) {
            HOLE_HELP
        } else {
            help(error.info())
        };
        let message = format!("this is not YAML: {}", error.info());
        let problem = Problem::error(ProblemName::YamlSyntax, message)
            .at_bytes(self.source, at..at)
            .help(help);
        Box::new(problem)
    }

    /// Whether reading stopped at the bracket of something like `PID-3[2]`.
    fn is_path_in_brackets(&self, at: usize) -> bool {
        self.text.split_at_checked(at).is_some_and(|(before, after)| {
            before.ends_with(|last: char| last.is_ascii_alphanumeric()) && after.starts_with('[')
        })
    }

    /// Whether reading stopped behind a hole that a value begins with (`{PID-5.1}-x`), or at one within it.
    fn is_beside_hole(&self, at: usize) -> bool {
        let (before, after) = self.text.split_at_checked(at).unwrap_or_default();
        let line = before.rsplit('\n').next().unwrap_or_default().trim_end();
        let begins = line
            .strip_suffix('}')
            .and_then(|line| line.rsplit_once('{'))
            .is_some_and(|(before, hole)| {
                !hole.contains(':') && before.trim_end().ends_with([':', '-', '[', ','])
            });
        begins || after.starts_with('{') && line.ends_with(|last: char| last.is_alphanumeric())
    }

    /// The tab that indents the line where reading stopped, or the line before it.
    fn tab_indentation_before(&self, at: usize) -> Option<Range<usize>> {
        let line_end = self
            .text
            .get(at..)?
            .find('\n')
            .map_or(self.text.len(), |length| at + length);
        let mut end = line_end;
        for _ in 0..2 {
            let start = self.text.get(..end)?.rfind('\n').map_or(0, |newline| newline + 1);
            let line = self.text.get(start..end)?;
            let indentation = line.len() - line.trim_start().len();
            let tab = line.get(..indentation)?.find('\t');
            if let Some(tab) = tab.filter(|_| indentation < line.len()) {
                return Some(start + tab..start + tab + 1);
            }
            end = start.checked_sub(1)?;
        }
        None
    }
}

fn scalar_style(style: YamlStyle) -> ScalarStyle {
    match style {
        YamlStyle::Plain => ScalarStyle::Plain,
        YamlStyle::SingleQuoted => ScalarStyle::SingleQuoted,
        YamlStyle::DoubleQuoted => ScalarStyle::DoubleQuoted,
        YamlStyle::Literal | YamlStyle::Folded => ScalarStyle::Block,
    }
}

/// What to do about a value that begins with `{`, which YAML takes for a mapping.
pub(super) const HOLE_HELP: &str = "a value with a hole needs quotes: `\"{PID-5.1}\"`";

/// What probably went wrong, in the words of someone who writes a site.
fn help(info: &str) -> &'static str {
    if info.contains("mapping values are not allowed") {
        "either this line is indented differently from the one it belongs to, or a value that holds `: ` needs \
         quotes"
    } else if info.contains("trailing content after") {
        "a value that has quotes of its own, as a condition with a list, needs quotes around the whole: `'…'`"
    } else if info.contains("quoted scalar") {
        "a quote that is opened before this place is not closed"
    } else if info.contains("flow") || info.contains("placement of ':'") || info.contains("',' or") {
        "look, here and in the lines above, for a `{` or `[` that is not closed, or a comma that is missing"
    } else if info.contains("node content") {
        "a value is missing here, or a `{` or `[` above is not closed; a text that begins with `%` or `@` needs quotes"
    } else if info.contains("block") || info.contains("simple key") || info.contains("indent") {
        "the indentation here does not fit the lines above, or a `:` or `- ` is missing"
    } else {
        "texts that begin with one of `{ [ @ * & ! % |` need quotes"
    }
}

/// saphyr counts characters; places count bytes.
struct Offsets {
    /// The byte of each character, only for texts that are not ASCII.
    bytes: Option<Vec<u32>>,
    length: usize,
}

impl Offsets {
    fn of(text: &str) -> Offsets {
        // A file is at most 1 MiB, so u32 holds every offset.
        let bytes = (!text.is_ascii()).then(|| {
            text.char_indices()
                .map(|(byte, _)| u32::try_from(byte).unwrap_or(u32::MAX))
                .collect()
        });
        Offsets {
            bytes,
            length: text.len(),
        }
    }

    fn byte(&self, character: usize) -> usize {
        let byte = match &self.bytes {
            None => character,
            Some(bytes) => bytes.get(character).map_or(self.length, |byte| *byte as usize),
        };
        byte.min(self.length)
    }

    fn bytes(&self, span: Span) -> Range<usize> {
        let start = self.byte(span.start.index());
        start..self.byte(span.end.index()).max(start)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_value(text: &str) -> Value {
        let mut problems = Problems::new();
        let node = read(0, text, &mut problems).unwrap();
        assert!(problems.is_empty(), "{text}");
        value(&node)
    }

    #[test]
    fn nothing_is_coerced() {
        let check = |text: &str, expected: Value| assert_eq!(read_value(text), expected, "{text}");
        check("8080", Value::Number(8080.into()));
        check("-3", Value::Number((-3).into()));
        for text in [
            "2575.5", "1.10", "007", "0o17", "0x1F", "1e3", "+5", "-0", "no", "yes", "True", "1_000",
        ] {
            check(text, Value::String(text.to_owned()));
        }
        check("'8080'", Value::String("8080".to_owned()));
        check(
            "99999999999999999999",
            Value::String("99999999999999999999".to_owned()),
        );
        check("true", Value::Bool(true));
        check("'true'", Value::String("true".to_owned()));
        check("~", Value::Null);
        check("''", Value::String(String::new()));
    }

    #[test]
    fn places_count_bytes() {
        let text = "é: 'ü'\nb: [x, {c: d}]\n";
        let mut problems = Problems::new();
        let node = read(0, text, &mut problems).unwrap();
        let entries = node.entries();
        assert_eq!(text.get(entries[0].key_bytes.clone()), Some("é"));
        assert_eq!(text.get(entries[0].value.bytes.clone()), Some("'ü'"));
        let inner = &entries[1].value.elements()[1];
        assert_eq!(text.get(inner.bytes.clone()), Some("{c: d}"));
        assert_eq!(text.get(inner.entries()[0].key_bytes.clone()), Some("c"));
    }
}
