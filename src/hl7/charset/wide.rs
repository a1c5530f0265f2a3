//! Files in UTF-16 and UTF-32, turned into UTF-8: they cannot be framed, so no message on the wire comes this way.
//!
//! MSH-18 stays as it is; it then says what the file was in.

use bytes::Bytes;
use encoding_rs::{Encoding, UTF_16BE, UTF_16LE};

use crate::hl7::segment::slice;

/// The file in UTF-8, if a byte order mark or the zeros in its first character tell of UTF-16 or UTF-32; else as it
/// is. What stands for no character becomes U+FFFD.
pub fn narrowed(file: &Bytes) -> Bytes {
    let text = match file.as_ref() {
        [0xFF, 0xFE, 0, 0, ..] => four(file, 4, u32::from_le_bytes),
        [0, 0, 0xFE, 0xFF, ..] => four(file, 4, u32::from_be_bytes),
        [first, 0, 0, 0, ..] if *first != 0 => four(file, 0, u32::from_le_bytes),
        [0, 0, 0, last, ..] if *last != 0 => four(file, 0, u32::from_be_bytes),
        [0xFF, 0xFE, ..] => two(file, 2, UTF_16LE),
        [0xFE, 0xFF, ..] => two(file, 2, UTF_16BE),
        [first, 0, ..] if *first != 0 => two(file, 0, UTF_16LE),
        [0, second, ..] if *second != 0 => two(file, 0, UTF_16BE),
        _ => return file.clone(),
    };
    text.into()
}

fn two(file: &[u8], mark: usize, encoding: &'static Encoding) -> String {
    let units = slice(file, &(mark..file.len()));
    encoding.decode_without_bom_handling(units).0.into_owned()
}

fn four(file: &[u8], mark: usize, number: fn([u8; 4]) -> u32) -> String {
    let (units, _) = slice(file, &(mark..file.len())).as_chunks::<4>();
    units
        .iter()
        .map(|unit| char::from_u32(number(*unit)).unwrap_or(char::REPLACEMENT_CHARACTER))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(file: &[u8], expected: &[u8]) {
        let narrowed = narrowed(&Bytes::copy_from_slice(file));
        assert_eq!(narrowed, expected, "{}", file.escape_ascii());
    }

    #[test]
    fn makes_utf_8_of_what_is_wide() {
        let text = "MSH|^~\\&|\u{e9}\u{1F600}\r";
        let utf_16: Vec<u16> = text.encode_utf16().collect();
        let little: Vec<u8> = utf_16.iter().flat_map(|unit| unit.to_le_bytes()).collect();
        let big: Vec<u8> = utf_16.iter().flat_map(|unit| unit.to_be_bytes()).collect();
        let little_4: Vec<u8> = text
            .chars()
            .flat_map(|char| u32::from(char).to_le_bytes())
            .collect();
        let big_4: Vec<u8> = text
            .chars()
            .flat_map(|char| u32::from(char).to_be_bytes())
            .collect();
        for (mark, file) in [
            (&b"\xFF\xFE"[..], &little),
            (b"\xFE\xFF", &big),
            (b"\xFF\xFE\0\0", &little_4),
            (b"\0\0\xFE\xFF", &big_4),
        ] {
            check(&[mark, file].concat(), text.as_bytes());
            check(file, text.as_bytes());
        }
    }

    #[test]
    fn leaves_the_rest() {
        for file in [
            &b""[..],
            b"M",
            b"MSH|^~\\&|A",
            "\u{feff}MSH|".as_bytes(),
            b"\0\0\0\0",
            b"\xFF",
            b"\0",
        ] {
            check(file, file);
        }
        check(b"\xFF\xFE\0\0\0\0\x11\0\x01", "\u{FFFD}".as_bytes());
    }
}
