//! Edits of the texts of a place, each by itself: no delimiter between them is seen, and none can be made.

use super::EditError;
use crate::hl7::escape;
use crate::hl7::message::Message;
use crate::hl7::path::{FieldPath, Level};
use crate::hl7::segment::slice;

impl Message {
    /// Gives each text of the place another where `map` has one: the value itself, or the components and
    /// subcomponents of all repetitions it consists of.
    ///
    /// Texts are decoded for `map` and escaped again; those it leaves keep their bytes. The HL7 null is no text.
    pub fn map_texts(
        &mut self,
        path: &FieldPath,
        mut map: impl FnMut(&str) -> Option<String>,
    ) -> Result<(), EditError> {
        let raw = self.located(path);
        let mut mapped: Option<Vec<u8>> = None;
        let mut start = 0;
        for end in self.text_ends(&raw, path.level()) {
            let text = slice(&raw, &(start..end));
            let is_text = !text.is_empty() && text != b"\"\"";
            let new = is_text
                .then(|| map(&escape::decode(text, &self.delimiters.escaping(path))))
                .flatten();
            if let Some(new) = new {
                let new = self.encoded(path, &new)?;
                mapped
                    .get_or_insert_with(|| slice(&raw, &(0..start)).to_vec())
                    .extend(new);
            } else if let Some(mapped) = &mut mapped {
                mapped.extend(text);
            }
            if let Some(mapped) = &mut mapped {
                // The delimiter behind it, if it is not the last.
                mapped.extend(slice(&raw, &(end..raw.len().min(end + 1))));
            }
            start = end + 1;
        }
        match mapped {
            Some(mapped) => self
                .put(path, &mapped)
                .map_err(|kind| EditError { path: *path, kind }),
            None => Ok(()),
        }
    }

    /// Where the texts of a value end: at each delimiter deeper than its level, and at its end.
    fn text_ends(&self, raw: &[u8], level: Level) -> Vec<usize> {
        let deeper = Level::ALL.iter().filter(|deeper| **deeper > level);
        let delimiters: Vec<u8> = deeper
            .filter_map(|level| self.delimiters.between(*level))
            .collect();
        let is_end = |(_, byte): &(usize, u8)| delimiters.contains(byte);
        let mut ends: Vec<usize> = match self.delimiters.multibyte {
            None => {
                let bytes = raw.iter().copied().enumerate();
                bytes.filter(is_end).map(|(at, _)| at).collect()
            }
            Some(multibyte) => multibyte.plain(raw).filter(is_end).map(|(at, _)| at).collect(),
        };
        ends.push(raw.len());
        ends
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hl7::Terminators;

    #[track_caller]
    fn check(path: &str, field: &str, expected: &str) {
        let given = format!("MSH|^~\\&|A\rPID|{field}|x\r");
        let mut message = Message::parse(given.into()).unwrap();
        let mut seen = Vec::new();
        let mapped = message.map_texts(&path.parse().unwrap(), |text| {
            seen.push(text.to_owned());
            text.contains('a').then(|| text.replace('a', "^"))
        });
        let written = String::from_utf8(message.write(Terminators::Cr).to_vec()).unwrap();
        assert_eq!(message.is_edited(), field.contains('a'));
        let shown = match mapped {
            Ok(()) => written.split('|').nth(3).unwrap().to_owned(),
            Err(error) => error.to_string(),
        };
        assert_eq!(format!("{} -> {shown}", seen.join(" ")), expected);
    }

    #[test]
    fn each_text_by_itself() {
        check("PID-1", "abc", "abc -> \\S\\bc");
        check("PID-1", "xa^b~c&da", "xa b c da -> x\\S\\^b~c&d\\S\\");
        check("PID-1", "x^y", "x y -> x^y");
        check(
            "PID-1",
            "a\\T\\a^\\.br\\",
            "a&a \\.br\\ -> \\S\\\\T\\\\S\\^\\.br\\",
        );
        check("PID-1", "\\T\\^a", "& a -> \\T\\^\\S\\");
        check("PID-1", "\"\"", " -> \"\"");
        check("PID-1", "", " -> ");
        check("PID-9", "x", " -> x");
        check("PID-1.1", "xa&y", "xa y -> x\\S\\&y");
    }

    #[test]
    fn what_cannot_be_written_changes_nothing() {
        let mut message = Message::parse("MSH|^~\\&|A\rPID|ab\r".into()).unwrap();
        let wrong = message.map_texts(&"PID-1".parse().unwrap(), |_| Some("\0".to_owned()));
        assert_eq!(
            wrong.unwrap_err().to_string(),
            "PID-1: the text holds a NUL character"
        );
        assert!(!message.is_edited());
    }
}
