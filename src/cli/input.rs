//! Files of messages, as the commands take them: one message, a bare sequence or a batch; `-` is standard input.

use std::io::Read;
use std::ops::Range;
use std::path::Path;

use bytes::Bytes;

use crate::hl7::{Message, batch, charset};
use crate::mllp::unframed;

use super::{CannotRun, text};

/// The largest file a command reads into memory.
const FILE_BYTES_MAX: u64 = 256 * 1024 * 1024;

/// What people call it.
pub(super) fn place(file: &Path) -> String {
    if file.as_os_str() == "-" {
        "standard input".to_owned()
    } else {
        file.display().to_string()
    }
}

/// Reads a file, or standard input for `-`.
pub(super) fn read(file: &Path) -> Result<Bytes, CannotRun> {
    let mut content = Vec::new();
    let read = if file.as_os_str() == "-" {
        std::io::stdin()
            .lock()
            .take(FILE_BYTES_MAX + 1)
            .read_to_end(&mut content)
    } else {
        std::fs::File::open(file).and_then(|open| open.take(FILE_BYTES_MAX + 1).read_to_end(&mut content))
    };
    let count = read.map_err(|error| CannotRun::at(place(file), error))?;
    if count as u64 > FILE_BYTES_MAX {
        return Err(CannotRun::at(
            place(file),
            format!("larger than {FILE_BYTES_MAX} bytes: split it first"),
        ));
    }
    Ok(Bytes::from(content))
}

/// The messages of a file, each with its bytes as they stand there, without the marks of a frame: to be sent as they
/// are.
pub(super) fn messages(file: &Path) -> Result<Vec<Bytes>, CannotRun> {
    split(file, &read(file)?)
}

/// The messages of a file, which may be in UTF-16, whether they are any or not.
pub(super) fn readable(file: &Path) -> Result<Vec<Bytes>, CannotRun> {
    split(file, &charset::narrowed(&read(file)?))
}

fn split(file: &Path, content: &Bytes) -> Result<Vec<Bytes>, CannotRun> {
    let messages: Vec<_> = batch::split(&unframed(content))
        .map(|message| unframed(&message))
        .collect();
    if messages.is_empty() {
        return Err(CannotRun::at(
            place(file),
            "no message found: expected a line that begins with MSH",
        ));
    }
    Ok(messages)
}

/// A message of a file, where it stands there.
pub(super) struct Placed {
    /// Its number in the file, from 1.
    pub(super) number: usize,
    /// Its bytes in the file.
    pub(super) range: Range<usize>,
    /// The message.
    pub(super) message: Message,
}

/// The messages of a file, which may be in UTF-16, parsed; only the `number`-th (from 1) when asked.
pub(super) fn chosen(file: &Path, number: Option<u32>) -> Result<Vec<Placed>, CannotRun> {
    chosen_of(&charset::narrowed(&read(file)?), file, number)
}

/// The same of a file that is already read, its bytes as they are.
pub(super) fn chosen_of(content: &Bytes, file: &Path, number: Option<u32>) -> Result<Vec<Placed>, CannotRun> {
    let messages = split(file, content)?;
    let count = messages.len();
    let is_chosen = |index: usize| number.is_none_or(|number| number as usize == index + 1);
    let chosen: Vec<_> = messages
        .into_iter()
        .enumerate()
        .filter(|(index, _)| is_chosen(*index))
        .collect();
    if chosen.is_empty() {
        return Err(CannotRun::at(
            place(file),
            format!(
                "there is no such message, it holds {}",
                text::count(count, "message")
            ),
        ));
    }
    chosen
        .into_iter()
        .map(|(index, bytes)| {
            let start = offset(&bytes, content);
            let range = start..start + bytes.len();
            let message = Message::parse(bytes)
                .map_err(|error| CannotRun::at(format!("{}: message {}", place(file), index + 1), error))?;
            Ok(Placed {
                number: index + 1,
                range,
                message,
            })
        })
        .collect()
}

/// Where a part begins in the very bytes that it was cut from.
pub(super) fn offset(part: &[u8], whole: &[u8]) -> usize {
    part.as_ptr().addr().saturating_sub(whole.as_ptr().addr())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_in_utf_16_holds_messages_too() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("wide.hl7");
        let text = "\u{feff}MSH|^~\\&|A\rPID|||1||M\u{dc}LLER\rMSH|^~\\&|B\r";
        let wide: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        std::fs::write(&file, &wide).unwrap();
        let messages = chosen(&file, None).unwrap();
        assert_eq!(messages.len(), 2);
        let name = messages[0].message.text(&"PID-5".parse().unwrap());
        assert_eq!(name.as_deref(), Some("M\u{dc}LLER"));
        // What is sent is sent as it is.
        assert_eq!(read(&file).unwrap(), wide);
    }

    #[test]
    fn a_file_of_frames_holds_their_messages() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("frames.hl7");
        let content = b"\x0BMSH|^~\\&|A\rPID|1\r\x1C\r\x0BMSH|^~\\&|B\r\x1C\r";
        std::fs::write(&file, content).unwrap();
        assert_eq!(
            messages(&file).unwrap(),
            [&b"MSH|^~\\&|A\rPID|1\r"[..], b"MSH|^~\\&|B\r"]
        );
        let ranges: Vec<_> = chosen(&file, None)
            .unwrap()
            .into_iter()
            .map(|placed| placed.range)
            .collect();
        assert_eq!(ranges, [1..18, 21..32]);
    }
}
