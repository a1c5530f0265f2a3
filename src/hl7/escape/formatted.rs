//! Formatted text (data type FT; HL7 v2.5.1, 2.7.6): what the escapes in a value mean to whoever shows it.
//!
//! Text and escapes come in the order in which they stand; nothing is laid out here but line by line.

use std::borrow::Cow;
use std::fmt;

use super::sequence::{Sequence, pieces};
use crate::hl7::charset::characters;
use crate::hl7::delimiters::Delimiters;

/// The most lines or blanks one command stands for when text is laid out.
const SKIP_MAX: u16 = 100;

/// A value with its escapes told apart. `Debug` prints the size, never the text.
pub struct FormattedText<'a> {
    text: Cow<'a, str>,
    delimiters: Delimiters,
}

/// A part of a [`FormattedText`].
#[derive(Clone, PartialEq, Eq)]
pub enum Part<'a> {
    /// Characters to show; parts of text that follow each other are one text.
    Text(Cow<'a, str>),
    /// How what follows is shown.
    Format(Format),
    /// What follows is in another character set: the escape without its escape characters, as `C2842` or `M2842AA`.
    Charset(&'a str),
    /// An escape of the sender's own: what stands after the `Z`.
    Local(&'a str),
}

/// A formatting command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// `\H\` begins highlighting, `\N\` ends it.
    Highlight(bool),
    /// `\.br\` begins a new line.
    Break,
    /// `\.sp3\` ends the line and goes down by so many lines.
    Space(u16),
    /// `\.fi\` begins word wrap, `\.nf\` ends it.
    Fill(bool),
    /// `\.in+4\` indents what follows by so many characters.
    Indent(i16),
    /// `\.ti-4\` indents the next line alone.
    IndentOnce(i16),
    /// `\.sk5\` skips so many characters.
    Skip(u16),
    /// `\.ce\` ends the line and centers the next.
    Center,
}

impl Format {
    /// The command of this name and number, as `in+4`.
    pub(super) fn read(command: &[u8]) -> Option<Format> {
        let (name, number) = command.split_at_checked(2)?;
        let number = std::str::from_utf8(number).ok()?;
        let count = || match number {
            "" => Some(1),
            number => number.parse().ok(),
        };
        let by = || number.parse().ok();
        match (name, number) {
            (b"br", "") => Some(Format::Break),
            (b"fi", "") => Some(Format::Fill(true)),
            (b"nf", "") => Some(Format::Fill(false)),
            (b"ce", "") => Some(Format::Center),
            (b"sp", _) => count().map(Format::Space),
            (b"sk", _) => count().map(Format::Skip),
            (b"in", _) => by().map(Format::Indent),
            (b"ti", _) => by().map(Format::IndentOnce),
            _ => None,
        }
    }
}

impl<'a> FormattedText<'a> {
    pub(in crate::hl7) fn new(raw: &'a [u8], delimiters: Delimiters) -> FormattedText<'a> {
        FormattedText {
            text: characters(raw, delimiters.charset),
            delimiters,
        }
    }

    /// The parts in order. A lone escape character and an unknown escape are text, as they stand.
    pub fn parts(&self) -> impl Iterator<Item = Part<'_>> {
        // Without an escape character no byte of a text begins a sequence.
        let escape = self.delimiters.escape.unwrap_or(0xFF);
        pieces(&self.text, escape, &self.delimiters).map(|(piece, sequence)| match sequence {
            Some(Sequence::Character(byte)) => Part::Text(char::from(byte).to_string().into()),
            Some(Sequence::Hex(bytes)) => {
                Part::Text(characters(&bytes, self.delimiters.charset).into_owned().into())
            }
            Some(Sequence::Formatting(Some(format))) => Part::Format(format),
            Some(Sequence::Charset) => Part::Charset(inner(piece, 0)),
            Some(Sequence::Local) => Part::Local(inner(piece, 1)),
            Some(Sequence::Formatting(None)) | None => Part::Text(piece.into()),
        })
    }

    /// The text for a reader: lines broken, blanks skipped, other formatting left out, unknown escapes as they stand.
    pub fn lines(&self) -> String {
        let mut out = String::with_capacity(self.text.len());
        for part in self.parts() {
            match part {
                Part::Text(text) => out.push_str(&text),
                Part::Format(Format::Break | Format::Center) => out.push('\n'),
                Part::Format(Format::Space(lines)) => {
                    out.extend(std::iter::repeat_n('\n', lines.min(SKIP_MAX).into()));
                }
                Part::Format(Format::Skip(count)) => {
                    out.extend(std::iter::repeat_n(' ', count.min(SKIP_MAX).into()));
                }
                Part::Format(
                    Format::Highlight(_) | Format::Fill(_) | Format::Indent(_) | Format::IndentOnce(_),
                )
                | Part::Charset(_)
                | Part::Local(_) => {}
            }
        }
        out
    }
}

/// What stands between the escape characters, after so many bytes.
fn inner(piece: &str, after: usize) -> &str {
    piece.get(1 + after..piece.len() - 1).unwrap_or_default()
}

impl fmt::Debug for FormattedText<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "FormattedText({} bytes)", self.text.len())
    }
}

impl fmt::Debug for Part<'_> {
    /// Prints the kind, never the text.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Part::Text(text) => write!(formatter, "Text({} bytes)", text.len()),
            Part::Format(format) => write!(formatter, "{format:?}"),
            Part::Charset(escape) => write!(formatter, "Charset({} bytes)", escape.len()),
            Part::Local(escape) => write!(formatter, "Local({} bytes)", escape.len()),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(raw: &[u8]) -> FormattedText<'_> {
        FormattedText::new(raw, Delimiters::default())
    }

    fn check(raw: &str, expected: &str, lines: &str) {
        let text = of(raw.as_bytes());
        let parts: Vec<String> = text
            .parts()
            .map(|part| match part {
                Part::Text(text) => text.into_owned(),
                Part::Format(format) => format!("<{format:?}>"),
                Part::Charset(escape) => format!("<Charset {escape}>"),
                Part::Local(escape) => format!("<Local {escape}>"),
            })
            .collect();
        assert_eq!(parts.concat(), expected, "{raw}");
        assert_eq!(text.lines(), lines, "{raw}");
    }

    #[test]
    fn tells_what_escapes_mean() {
        check("one\\.br\\two", "one<Break>two", "one\ntwo");
        check("a\\H\\b\\N\\c", "a<Highlight(true)>b<Highlight(false)>c", "abc");
        check("a\\.sp\\b\\.sp+2\\c", "a<Space(1)>b<Space(2)>c", "a\nb\n\nc");
        check("\\.in+4\\\\.ti-4\\x", "<Indent(4)><IndentOnce(-4)>x", "x");
        check("\\.fi\\a\\.nf\\", "<Fill(true)>a<Fill(false)>", "a");
        check("a\\.ce\\b\\.sk3\\c", "a<Center>b<Skip(3)>c", "a\nb   c");
        check("a\\T\\b\\X41\\", "a&bA", "a&bA");
        check("\\C2842\\x\\M2842AA\\", "<Charset C2842>x<Charset M2842AA>", "x");
        check("\\Z1.2\\x\\Z\\", "<Local 1.2>x<Local >", "x");
    }

    #[test]
    fn leaves_what_means_nothing() {
        for text in [
            "\\",
            "C:\\dir",
            "\\.foo\\",
            "\\.brx\\",
            "\\.in\\",
            "\\.sp99999999\\",
            "\\Q\\",
            "\\.b\\",
            "\\\\",
        ] {
            check(text, text, text);
        }
        check("\\\\.br\\", "\\<Break>", "\\\n");
        assert!(of("\\.sp60000\\".repeat(10).as_bytes()).lines().len() <= 1_000);
    }

    #[test]
    fn without_an_escape_character_all_is_text() {
        let bare = Delimiters {
            escape: None,
            ..Delimiters::default()
        };
        let text = FormattedText::new(b"a\\.br\\b", bare);
        assert_eq!(text.lines(), "a\\.br\\b");
    }

    proptest! {
        #[test]
        fn never_panics_and_loses_no_text(raw in proptest::collection::vec(any::<u8>(), 0..60), escapes in "[\\\\XFZ0-9A-F.brsp+-]{0,40}") {
            of(&raw).lines();
            of(escapes.as_bytes()).lines();
        }
    }
}
