//! Message content as text that is safe on a terminal.

use std::io::IsTerminal;

use bytes::Bytes;

use crate::hl7::{Message, batch};

pub(super) use crate::shown::{printable, safe, segment_path};

/// Whether what is printed there may have colors.
pub(super) fn is_colored(to: &impl IsTerminal) -> bool {
    to.is_terminal() && std::env::var_os("NO_COLOR").is_none()
}

/// Messages as a person reads them: a line for each segment, each in the character set of its message, with control
/// characters shown.
pub(super) fn lines(messages: &Bytes) -> String {
    let mut shown = String::new();
    let mut at = 0;
    for piece in batch::split(messages) {
        let start = super::input::offset(&piece, messages);
        shown += &plain_lines(messages.get(at..start).unwrap_or_default());
        at = start + piece.len();
        match Message::parse(piece.clone()) {
            Ok(message) => {
                let lines = message
                    .segments()
                    .map(|segment| safe(&message.characters(segment.raw())) + "\n");
                shown.extend(lines);
            }
            Err(_) => shown += &plain_lines(&piece),
        }
    }
    shown + plain_lines(messages.get(at..).unwrap_or_default()).as_str()
}

/// What is no message, line by line.
fn plain_lines(bytes: &[u8]) -> String {
    let lines = bytes.split(|byte| matches!(byte, b'\r' | b'\n'));
    let shown = lines.filter(|line| !line.is_empty());
    shown.map(|line| printable(line) + "\n").collect()
}

/// A number of things: `1 route`, `2 routes`.
pub(super) fn count(number: usize, thing: &str) -> String {
    match number {
        1 => format!("1 {thing}"),
        _ => format!("{number} {thing}s"),
    }
}

/// What is written for people stays within this.
const COLUMNS_MAX: usize = 100;

/// A text in lines of at most [`COLUMNS_MAX`] characters, each after this indentation.
pub(super) fn wrapped(text: &str, indentation: &str) -> String {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= COLUMNS_MAX => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(format!("{indentation}{word}")),
        }
    }
    lines.push(String::new());
    lines.join("\n")
}

/// Two columns: words, and what they are.
pub(super) fn rows(rows: &[(&str, &str)]) -> String {
    let width = rows
        .iter()
        .map(|(word, _)| word.chars().count())
        .max()
        .unwrap_or(0);
    let shown = rows.iter().map(|(word, meaning)| {
        let meaning = wrapped(meaning, &" ".repeat(width + 4));
        format!("  {word:width$}  {}\n", meaning.trim())
    });
    shown.collect()
}

/// All up to the first full stop that ends a sentence.
pub(super) fn first_sentence(text: &str) -> &str {
    text.split_once(". ")
        .map_or(text, |(first, _)| first)
        .trim_end_matches('.')
}

/// Message type and control id, to name a message in a line.
pub(super) fn title(message: &Bytes) -> String {
    let Ok(message) = Message::parse(message.clone()) else {
        return format!("{} bytes that are no message", message.len());
    };
    let header = message.header();
    let mut kind = printable(header.message_type());
    if !header.trigger_event().is_empty() {
        kind = format!("{kind}^{}", printable(header.trigger_event()));
    }
    format!("{kind:<8} {}", printable(header.control_id()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_texts_are_wrapped() {
        let text = "one two three ".repeat(20);
        let lines = wrapped(&text, "  ");
        assert!(
            lines
                .lines()
                .all(|line| line.starts_with("  ") && line.len() <= COLUMNS_MAX)
        );
        assert_eq!(lines.split_whitespace().count(), 60);
        assert_eq!(rows(&[("a", "b"), ("long", "c d")]), "  a     b\n  long  c d\n");
        assert_eq!(first_sentence("As `30s`. Not more."), "As `30s`");
    }

    #[test]
    fn a_message_cannot_control_the_terminal() {
        assert_eq!(printable(b"A\x1b[31mB\x07"), "A\\x1b[31mB\\x07");
        assert_eq!(printable("Müller".as_bytes()), "Müller");
        assert_eq!(printable(b"M\xfcller"), "Müller");
        assert_eq!(printable("\u{9b}31m".as_bytes()), "\\x9b31m");
        assert_eq!(
            lines(&Bytes::from_static(b"MSH|A\r\nPID|\x1b[2J\r\rPV1")),
            "MSH|A\nPID|\\x1b[2J\nPV1\n"
        );
    }

    #[test]
    fn each_message_in_its_own_character_set() {
        let header = |charset: &str| format!("MSH|^~\\&|||||||ADT|1|P|2.5.1||||||{charset}\r").into_bytes();
        let file = [
            b"BHS|^~\\&\r".as_slice(),
            &header("8859/2"),
            b"PID|\xA3\xF3d\x9f\r",
            &header("UNICODE UTF-8"),
            "PID|Łódź\r".as_bytes(),
            b"BTS|2\r",
        ];
        let shown = lines(&Bytes::from(file.concat()));
        let text: Vec<&str> = shown.lines().filter(|line| !line.starts_with("MSH")).collect();
        assert_eq!(text, ["BHS|^~\\&", "PID|Łód\\x9f", "PID|Łódź", "BTS|2"]);
    }
}
