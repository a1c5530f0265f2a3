//! A file of a site in its canonical form: paths as the standard prints them, two spaces for each level, no stray
//! blanks.
//!
//! Only bytes that mean nothing are changed, and paths into the same paths: comments, quotes, the order of keys and
//! every value stay as they are. What the result holds is compared with what the file held; where the two differ,
//! the file is left as it is.

#[cfg(test)]
mod tests;

use std::ops::Range;
use std::sync::Arc;

use crate::problem::{Content, Node, Place, Problems, Source};

use super::files::unmarked;
use super::{written, yaml};

/// How far a level stands in.
const INDENTATION: usize = 2;

/// The canonical form of a file; `None` for what is no YAML, with the problems that say why.
pub fn format(name: &str, text: &str) -> Result<String, Problems> {
    let text = unmarked(text);
    let source = read(name, text)?;
    let formatted = rewritten(&source);
    // The same tree as that of the file with its paths made canonical and nothing else, in a layout that stays as it
    // is; those paths are what is left to do where a layout is beyond us.
    let canonical = applied(text, &paths(&source));
    Ok(match [&formatted, &canonical].map(|text| read(name, text)) {
        [Ok(one), Ok(other)] if same(&one.root, &other.root) && rewritten(&one) == formatted => formatted,
        [_, Ok(_)] => canonical,
        [_, Err(_)] => text.to_owned(),
    })
}

fn rewritten(source: &Source) -> String {
    let mut layout = Layout::of(source);
    layout.block(&source.root, 0);
    let mut edits = layout.edits();
    edits.extend(paths(source));
    edits.sort_by_key(|(bytes, _)| bytes.start);
    applied(&source.text, &edits)
}

fn read(name: &str, text: &str) -> Result<Arc<Source>, Problems> {
    let mut problems = Problems::new();
    let root = yaml::read(0, text, &mut problems);
    let is_read = root.is_some() && problems.is_empty();
    let source = Arc::new(Source {
        id: 0,
        name: name.to_owned(),
        text: text.to_owned(),
        root: root.unwrap_or(Node {
            bytes: 0..0,
            content: Content::Mapping(Vec::new()),
        }),
    });
    problems.add_source(Arc::clone(&source));
    if is_read { Ok(source) } else { Err(problems) }
}

/// Whether two trees hold the same, wherever it stands.
fn same(one: &Node, other: &Node) -> bool {
    match (&one.content, &other.content) {
        (Content::Sequence(one), Content::Sequence(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| same(one, other))
        }
        (Content::Mapping(one), Content::Mapping(other)) => {
            let mut pairs = one.iter().zip(other);
            one.len() == other.len()
                && pairs.all(|(one, other)| one.key == other.key && same(&one.value, &other.value))
        }
        (one, other) => one == other,
    }
}

/// Bytes of the file, and what stands there afterwards.
type Edit = (Range<usize>, String);

/// The text with these edits, which are in order and do not overlap.
fn applied(text: &str, edits: &[Edit]) -> String {
    let mut result = String::with_capacity(text.len());
    let mut at = 0;
    for (bytes, instead) in edits {
        result.push_str(text.get(at..bytes.start).unwrap_or_default());
        result.push_str(instead);
        at = bytes.end.max(at);
    }
    result.push_str(text.get(at..).unwrap_or_default());
    result
}

/// The paths that are written otherwise than the standard prints them.
fn paths(source: &Source) -> Vec<Edit> {
    let root = Place::root(source);
    let mut edits = Vec::new();
    for (section, pieces) in root.entries() {
        let find = match section {
            "routes" => written::in_route,
            "destinations" => written::in_destination,
            _ => continue,
        };
        for written in pieces.entries().flat_map(|(_, piece)| find(&piece)) {
            let canonical = written.target.to_string();
            let bytes = written.in_file();
            let typed = source.text.get(bytes.clone()).unwrap_or_default();
            // In quotes, a quote is written in a way of its own; and what cannot be found is left.
            let is_plain = |text: &str| !text.contains(['"', '\'', '\\']);
            if typed == written.text() && typed != canonical && is_plain(typed) && is_plain(&canonical) {
                edits.push((bytes, canonical));
            }
        }
    }
    edits.sort_by_key(|(bytes, _)| bytes.start);
    edits
}

/// What a line begins with.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Line {
    /// Nothing but blanks.
    Blank,
    /// A comment: it goes with what follows.
    Comment,
    /// Something that nobody has placed yet.
    Unplaced,
    /// A key or an element: it stands in so far.
    At(usize),
    /// The rest of a value that began before: it moves as far to the right as that did.
    Moved(isize),
    /// Inside a text in quotes that goes over several lines, or the like: not to be touched.
    Fixed,
}

/// Where every line of a file is to begin.
struct Layout<'a> {
    source: &'a Source,
    starts: Vec<usize>,
    lines: Vec<Line>,
    /// Blanks between a dash and what it introduces.
    gaps: Vec<Range<usize>>,
}

impl<'a> Layout<'a> {
    fn of(source: &'a Source) -> Layout<'a> {
        let newlines = source.text.match_indices('\n').map(|(at, _)| at + 1);
        let starts: Vec<usize> = std::iter::once(0).chain(newlines).collect();
        let mut layout = Layout {
            source,
            lines: Vec::new(),
            gaps: Vec::new(),
            starts,
        };
        layout.lines = (0..layout.starts.len())
            .map(|line| match layout.text_of(line).trim_start().chars().next() {
                None => Line::Blank,
                Some('#') => Line::Comment,
                Some(_) => Line::Unplaced,
            })
            .collect();
        layout
    }

    /// A line without what ends it.
    fn text_of(&self, line: usize) -> &'a str {
        let start = self.starts.get(line).copied().unwrap_or(self.source.text.len());
        let rest = self.source.text.get(start..).unwrap_or_default();
        rest.split('\n').next().unwrap_or_default()
    }

    fn indentation_of(&self, line: usize) -> usize {
        let text = self.text_of(line);
        text.len() - text.trim_start().len()
    }

    fn line_of(&self, byte: usize) -> usize {
        self.starts
            .partition_point(|start| *start <= byte)
            .saturating_sub(1)
    }

    fn column_of(&self, byte: usize) -> usize {
        byte - self.starts.get(self.line_of(byte)).copied().unwrap_or(byte)
    }

    /// Whether nothing but blanks stands before this byte in its line.
    fn begins_its_line(&self, byte: usize) -> bool {
        self.column_of(byte) == self.indentation_of(self.line_of(byte))
    }

    fn is_flow(&self, node: &Node) -> bool {
        let text = self.source.text.get(node.bytes.clone()).unwrap_or_default();
        text.starts_with(['{', '['])
    }

    /// Places the lines of a list or mapping in block form, which stands in so far.
    ///
    /// Goes as deep as the file does, which `yaml` bounds.
    fn block(&mut self, node: &Node, indentation: usize) {
        if self.is_flow(node) {
            return;
        }
        match &node.content {
            Content::Scalar { .. } => {}
            Content::Mapping(entries) => {
                for entry in entries {
                    let start = entry.key_bytes.start;
                    self.place(start, indentation);
                    self.value(&entry.value, start, indentation);
                }
            }
            Content::Sequence(elements) => {
                for element in elements {
                    self.element(element, indentation);
                }
            }
        }
    }

    /// An element of a list, whose dash stands in so far.
    fn element(&mut self, element: &Node, indentation: usize) {
        let start = element.bytes.start;
        let before = self.source.text.get(..start).unwrap_or_default();
        let dash = before.trim_end();
        if dash.ends_with('-') && dash.len() < before.len() {
            self.place(dash.len() - 1, indentation);
            // After an element that is empty the line ends with the dash.
            if !element.bytes.is_empty() && self.line_of(dash.len() - 1) == self.line_of(start) {
                self.gaps.push(dash.len()..before.len());
            }
        }
        self.place(start, indentation + INDENTATION);
        self.value(element, start, indentation);
    }

    /// What follows a key or a dash that now stands in so far; `start` is where the key is, or the element itself.
    fn value(&mut self, value: &Node, start: usize, indentation: usize) {
        let is_block = !self.is_flow(value) && !matches!(value.content, Content::Scalar { .. });
        if is_block {
            return self.block(value, indentation + INDENTATION);
        }
        let first = self.line_of(start) + 1;
        let last = self.line_of(value.bytes.end.saturating_sub(1).max(value.bytes.start));
        let is_element = start == value.bytes.start;
        let to = if is_element {
            indentation + INDENTATION
        } else {
            indentation
        };
        let moved = self.moved(start, to);
        for line in first..=last {
            if let Some(kind) = self.lines.get_mut(line) {
                let is_blank = *kind == Line::Blank;
                *kind = if is_blank { Line::Fixed } else { Line::Moved(moved) };
            }
        }
    }

    /// How far to the right a key or an element goes that is to stand in so far, or what its line does where something
    /// other than dashes stands before it.
    fn moved(&self, start: usize, to: usize) -> isize {
        let line = self.line_of(start);
        let column = self.column_of(start);
        let before = self.text_of(line).get(..column).unwrap_or_default();
        let (to, from) = match self.lines.get(line) {
            Some(Line::At(indentation)) if !before.trim_matches([' ', '-']).is_empty() => {
                (*indentation, self.indentation_of(line))
            }
            _ => (to, column),
        };
        isize::try_from(to).unwrap_or(0) - isize::try_from(from).unwrap_or(0)
    }

    /// A line begins with what stands at this byte, unless something stands before it.
    fn place(&mut self, byte: usize, indentation: usize) {
        let line = self.line_of(byte);
        if self.begins_its_line(byte)
            && let Some(kind) = self.lines.get_mut(line)
        {
            *kind = Line::At(indentation);
        }
    }

    /// Where a comment goes: with the next line that stood in as far as it, else with the last one that did.
    fn comment(&self, line: usize) -> usize {
        let old = self.indentation_of(line);
        let placed = |other: &usize| match self.lines.get(*other) {
            Some(Line::At(indentation)) => Some((self.indentation_of(*other), *indentation)),
            _ => None,
        };
        let next = (line + 1..self.lines.len()).find_map(|other| placed(&other));
        let earlier = (0..line)
            .rev()
            .filter_map(|other| placed(&other))
            .find(|(was, _)| *was == old);
        match (next, earlier) {
            (Some((was, now)), _) if was == old => now,
            (_, Some((_, now))) | (Some((_, now)), None) => now,
            (None, None) => 0,
        }
    }

    /// The changes that give every line its place, and take stray blanks away.
    fn edits(self) -> Vec<Edit> {
        let mut edits: Vec<Edit> = Vec::new();
        for (line, kind) in self.lines.iter().enumerate() {
            let old = self.indentation_of(line);
            let new = match kind {
                Line::At(indentation) => *indentation,
                Line::Comment => self.comment(line),
                Line::Moved(by) => old.saturating_add_signed(*by),
                Line::Blank | Line::Unplaced | Line::Fixed => old,
            };
            let start = self.starts.get(line).copied().unwrap_or_default();
            if new != old {
                edits.push((start..start + old, " ".repeat(new)));
            }
            let text = self.text_of(line);
            let is_after_blank = line == 0 || matches!(self.lines.get(line - 1), Some(Line::Blank));
            let mut following = self.lines.iter().skip(line);
            let is_last = following.all(|line| *line == Line::Blank);
            if *kind == Line::Blank && (is_after_blank || is_last) {
                let end = self
                    .starts
                    .get(line + 1)
                    .copied()
                    .unwrap_or(self.source.text.len());
                edits.push((start..end, String::new()));
            } else if matches!(kind, Line::At(_) | Line::Comment | Line::Blank) {
                let kept = text.trim_end().len();
                edits.push((start + kept..start + text.len(), String::new()));
            } else if text.ends_with('\r') {
                let kept = text.trim_end_matches('\r').len();
                edits.push((start + kept..start + text.len(), String::new()));
            }
        }
        let gaps = self.gaps.into_iter().filter(|gap| gap.len() > 1);
        edits.extend(gaps.map(|gap| (gap, " ".to_owned())));
        // Blanks after the last line end are gone by now.
        let (text, end) = (&self.source.text, self.source.text.len());
        let last = text.trim_end();
        if !last.is_empty() && !text.get(last.len()..).is_some_and(|rest| rest.contains('\n')) {
            edits.push((end..end, "\n".to_owned()));
        }
        edits.retain(|(bytes, instead)| !(bytes.is_empty() && instead.is_empty()));
        edits
    }
}
