//! A YAML file in memory: its text, and a tree that knows where each key and value stands.
//!
//! Built by the reader of the site; read by every check to say where a problem is.
//! Never touches the disk and never interprets a value.

use std::ops::Range;

/// A file of the site: its name as people write it, its text, and the tree of its values.
#[derive(Debug)]
pub struct Source {
    /// Its number among the sources of the site.
    pub id: usize,
    /// The path to show.
    pub name: String,
    /// All of it.
    pub text: String,
    /// Its values; an empty mapping when the file could not be read as YAML.
    pub root: Node,
}

/// A place as editors and programs count: lines and columns from 1, columns in characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Location {
    /// The file, as shown to people.
    pub file: String,
    /// Its line, from 1.
    pub line: usize,
    /// The character of the line, from 1.
    pub column: usize,
}

impl Source {
    /// The place of a byte of the text.
    pub fn location(&self, byte: usize) -> Location {
        let before = self.text.get(..byte).unwrap_or_default();
        let line = before.rsplit('\n').next().unwrap_or_default();
        Location {
            file: self.name.clone(),
            line: before.matches('\n').count() + 1,
            column: line.chars().count() + 1,
        }
    }
}

/// A value, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// The bytes of the source that hold it.
    pub bytes: Range<usize>,
    /// What it is.
    pub content: Content,
}

/// The three shapes of a YAML value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// A text, a number, nothing: told apart only by who reads it.
    Scalar {
        /// As YAML gives it, escapes undone.
        text: String,
        /// As it was written.
        style: ScalarStyle,
    },
    /// A list.
    Sequence(Vec<Node>),
    /// Keys and values in the order written.
    Mapping(Vec<Entry>),
}

/// How a scalar was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScalarStyle {
    /// Bare.
    Plain,
    /// `'…'`
    SingleQuoted,
    /// `"…"`
    DoubleQuoted,
    /// After `|` or `>`.
    Block,
}

/// A key and its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The key; always a text.
    pub key: String,
    /// Where the key stands.
    pub key_bytes: Range<usize>,
    /// What it leads to.
    pub value: Node,
}

impl Node {
    /// The keys and values, if it is a mapping.
    pub fn entries(&self) -> &[Entry] {
        match &self.content {
            Content::Mapping(entries) => entries,
            Content::Scalar { .. } | Content::Sequence(_) => &[],
        }
    }

    /// The elements, if it is a list.
    pub fn elements(&self) -> &[Node] {
        match &self.content {
            Content::Sequence(elements) => elements,
            Content::Scalar { .. } | Content::Mapping(_) => &[],
        }
    }

    /// The value of a key, if it is a mapping that has it.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entries()
            .iter()
            .find(|entry| entry.key == key)
            .map(|entry| &entry.value)
    }

    /// Whether nothing was written: an empty value, `~` or `null`.
    pub fn is_null(&self) -> bool {
        matches!(&self.content, Content::Scalar { text, style: ScalarStyle::Plain } if matches!(text.as_str(), "" | "~" | "null"))
    }
}

/// One setting: its path from the root, and where its key and value stand.
#[derive(Debug, Clone)]
pub struct Place<'a> {
    source: &'a Source,
    node: &'a Node,
    key_bytes: Option<Range<usize>>,
    setting: String,
}

impl<'a> Place<'a> {
    /// The root of a source.
    pub fn root(source: &'a Source) -> Place<'a> {
        Place {
            source,
            node: &source.root,
            key_bytes: None,
            setting: String::new(),
        }
    }

    /// The setting below this one; this one itself if there is none, so that a problem about what is missing
    /// stands where it is missing.
    #[must_use]
    pub fn key(&self, key: &str) -> Place<'a> {
        match self.node.entries().iter().find(|entry| entry.key == key) {
            Some(entry) => self.entry(entry),
            None => Place {
                setting: self.setting_of(key),
                ..self.clone()
            },
        }
    }

    fn entry(&self, entry: &'a Entry) -> Place<'a> {
        Place {
            source: self.source,
            node: &entry.value,
            key_bytes: Some(entry.key_bytes.clone()),
            setting: self.setting_of(&entry.key),
        }
    }

    fn setting_of(&self, key: &str) -> String {
        if self.setting.is_empty() {
            key.to_owned()
        } else {
            format!("{}.{key}", self.setting)
        }
    }

    /// The element of this list; this one itself if there is none, so that `to: lab` and `to: [lab]` are one.
    #[must_use]
    pub fn index(&self, index: usize) -> Place<'a> {
        match self.node.elements().get(index) {
            Some(node) => Place {
                source: self.source,
                node,
                key_bytes: None,
                setting: format!("{}[{index}]", self.setting),
            },
            None => self.clone(),
        }
    }

    /// Every entry of this mapping with its key.
    pub fn entries(&self) -> impl Iterator<Item = (&'a str, Place<'a>)> {
        let this = self.clone();
        self.node
            .entries()
            .iter()
            .map(move |entry| (entry.key.as_str(), this.entry(entry)))
    }

    /// Every element of this list.
    pub fn elements(&self) -> impl Iterator<Item = Place<'a>> {
        let this = self.clone();
        (0..self.node.elements().len()).map(move |index| this.index(index))
    }

    /// What stands here.
    pub fn node(&self) -> &'a Node {
        self.node
    }

    /// The path of the setting, as `routes.adt-to-lab.steps[0]`.
    pub fn setting(&self) -> &str {
        &self.setting
    }

    /// Where it stands, as editors count.
    pub fn location(&self) -> Location {
        self.source.location(self.key_bytes().start)
    }

    /// The lines of this entry as written, from the comments right above its key to its last line, and the number of
    /// the first of them.
    pub fn lines(&self) -> (usize, &'a str) {
        let text = self.source.text.as_str();
        let before = text.get(..self.key_bytes().start).unwrap_or_default();
        let mut start = before.rfind('\n').map_or(0, |end| end + 1);
        let above = text.get(..start).unwrap_or_default().split_inclusive('\n').rev();
        for comment in above.take_while(|line| is_comment(line)) {
            start -= comment.len();
        }
        // The end of a block is the start of the next token: what stands before that is of the next entry.
        let mut end = start;
        let mut at = start;
        for line in text.get(start..).unwrap_or_default().split_inclusive('\n') {
            let first_word = at + line.len() - line.trim_start().len();
            if first_word >= self.node.bytes.end.max(self.key_bytes().end) {
                break;
            }
            at += line.len();
            if !line.trim().is_empty() && !is_comment(line) {
                end = at;
            }
        }
        let first = text.get(..start).unwrap_or_default().matches('\n').count() + 1;
        (first, text.get(start..end).unwrap_or_default())
    }

    pub(super) fn source_id(&self) -> usize {
        self.source.id
    }

    pub(super) fn value_bytes(&self) -> Range<usize> {
        // The end of a block is the start of the next token: leave out the blank lines and comments between.
        // A value of several lines is shown by its first.
        let text = self.source.text.get(self.node.bytes.clone()).unwrap_or_default();
        let first_line = text.lines().next().unwrap_or_default().trim_end();
        match (first_line.is_empty(), &self.key_bytes) {
            (true, Some(key_bytes)) => key_bytes.clone(),
            _ => self.node.bytes.start..self.node.bytes.start + first_line.len(),
        }
    }

    pub(super) fn key_bytes(&self) -> Range<usize> {
        self.key_bytes.clone().unwrap_or_else(|| self.value_bytes())
    }

    /// Where a part of the key stands; all of the key where that cannot be told, as behind an escape in quotes.
    pub fn key_bytes_within(&self, offset: usize, length: usize) -> Range<usize> {
        let whole = self.key_bytes();
        let typed = self.source.text.get(whole.clone()).unwrap_or_default();
        let quote = usize::from(typed.starts_with(['"', '\'']));
        let start = quote + offset;
        let is_as_meant = |before: &str| quote == 0 || !before.contains(['\\', '\'']);
        match typed.get(..start + length) {
            Some(before) if is_as_meant(before.get(quote..).unwrap_or_default()) => {
                whole.start + start..whole.start + start + length
            }
            _ => whole,
        }
    }

    /// Where the bytes of a scalar's text stand in the source; all of it where that cannot be told.
    pub fn bytes_within(&self, offset: usize, length: usize) -> Range<usize> {
        let whole = self.value_bytes();
        let Content::Scalar { text, style } = &self.node.content else {
            return whole;
        };
        let source = self.source.text.as_str();
        let typed = source.get(self.node.bytes.clone()).unwrap_or_default();
        let first = self.node.bytes.start;
        let place = |offset| match style {
            ScalarStyle::Block => block_offset(source, first, text, offset),
            ScalarStyle::Plain | ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted => {
                typed_offset(typed, text, *style, offset).map(|at| first + at)
            }
        };
        match (place(offset), place(offset.saturating_add(length))) {
            (Some(start), Some(end)) => start..end.max(start),
            _ => whole,
        }
    }
}

/// Where byte `offset` of the text stands in what was typed on one line.
fn typed_offset(typed: &str, text: &str, style: ScalarStyle, offset: usize) -> Option<usize> {
    if typed.contains('\n') || offset > text.len() {
        return None;
    }
    match style {
        ScalarStyle::Plain => Some(offset),
        ScalarStyle::Block => None,
        ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted => {
            let mut at = 1;
            let mut text_at = 0;
            while text_at < offset {
                let rest = typed.get(at..)?;
                at += typed_unit_bytes(rest, style)?;
                text_at += text.get(text_at..)?.chars().next()?.len_utf8();
            }
            Some(at)
        }
    }
}

/// Where byte `offset` of the text of a block stands in the source, the first character of the block at `start`:
/// lines are as they were typed, behind their indentation. `None` where they are not, as after `>`.
fn block_offset(source: &str, start: usize, text: &str, offset: usize) -> Option<usize> {
    let before = text.get(..offset)?;
    let column_from = before.rfind('\n').map_or(0, |newline| newline + 1);
    // Blank lines at the beginning belong to the text, and stand before the first character.
    let blank_lines = text.len() - text.trim_start_matches('\n').len();
    let line_number = before.matches('\n').count().checked_sub(blank_lines)?;
    let first_line = source.get(..start)?.rfind('\n')? + 1;
    let lines = source.get(first_line..)?.split_inclusive('\n');
    let line_start = first_line + lines.take(line_number).map(str::len).sum::<usize>();
    let line = source.get(line_start..)?.lines().next().unwrap_or_default();
    let blanks = line.len() - line.trim_start_matches(' ').len();
    let indentation = blanks.min(start - first_line);
    let typed = line.get(indentation..)?;
    let expected = text.get(column_from..)?.lines().next().unwrap_or_default();
    (typed == expected).then_some(line_start + indentation + offset - column_from)
}

/// How many bytes were typed for the next character.
fn typed_unit_bytes(rest: &str, style: ScalarStyle) -> Option<usize> {
    let mut characters = rest.chars();
    let first = characters.next()?;
    Some(match (style, first, characters.next()) {
        (ScalarStyle::SingleQuoted, '\'', _) => 2,
        (ScalarStyle::DoubleQuoted, '\\', Some('x')) => 4,
        (ScalarStyle::DoubleQuoted, '\\', Some('u')) => 6,
        (ScalarStyle::DoubleQuoted, '\\', Some('U')) => 10,
        (ScalarStyle::DoubleQuoted, '\\', Some(escaped)) => 1 + escaped.len_utf8(),
        _ => first.len_utf8(),
    })
}

fn is_comment(line: &str) -> bool {
    line.trim_start().starts_with('#')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_in_what_was_typed() {
        let check = |typed: &str, text: &str, style, offset, expected| {
            assert_eq!(
                typed_offset(typed, text, style, offset),
                expected,
                "{typed} {offset}"
            );
        };
        check("PV1-2 = 3", "PV1-2 = 3", ScalarStyle::Plain, 6, Some(6));
        check("'a ''b'' c'", "a 'b' c", ScalarStyle::SingleQuoted, 6, Some(9));
        check(
            r#""a \"b\" c""#,
            "a \"b\" c",
            ScalarStyle::DoubleQuoted,
            6,
            Some(9),
        );
        check(r#""\u00e9 c""#, "é c", ScalarStyle::DoubleQuoted, 3, Some(8));
        check("'é c'", "é c", ScalarStyle::SingleQuoted, 3, Some(4));
        check("a", "a", ScalarStyle::Plain, 2, None);
        check("a\n b", "a b", ScalarStyle::Plain, 2, None);
    }

    #[test]
    fn offsets_in_blocks() {
        let check = |source: &str, first: &str, text, offset, expected: Option<&str>| {
            let at = block_offset(source, source.find(first).unwrap(), text, offset);
            let found = at.and_then(|at| source.get(at..));
            assert_eq!(
                found.map(|rest| rest.lines().next().unwrap()),
                expected,
                "{source} {offset}"
            );
        };
        check("x: |\n  ab\n", "ab", "ab\n", 1, Some("b"));
        check(
            "x: |-\n  ab\n\n    c d\ny: 1\n",
            "ab",
            "ab\n\n  c d",
            8,
            Some("d"),
        );
        check("x: |-\n  ab\n\n    c d\n", "ab", "ab\n\n  c d", 4, Some("  c d"));
        check("x: |\n\n  ab\n", "ab", "\nab\n", 2, Some("b"));
        check("x: >\n  ab\n  cd\n", "ab", "ab cd\n", 3, None);
        check("x: >\n  ab\n", "ab", "ab\n", 9, None);
    }
}
