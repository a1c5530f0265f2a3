//! The names of character sets: table 0211, and how senders spell them.
//!
//! Spellings are compared by their letters and digits alone: `ISO-8859-1`, `iso_8859-1` and `ISO 8859/1` are one.

use super::multibyte::Multibyte;
use super::{Charset, CharsetError, Coding};

/// One character set.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) name: &'static str,
    /// Capital letters and digits only.
    spellings: &'static [&'static str],
    pub(super) coding: Coding,
}

/// The longest name that is looked up, in letters and digits.
const NAME_CHARS_MAX: usize = 24;

pub(super) static UTF_8: Entry = Entry {
    name: "UNICODE UTF-8",
    // `UNICODE` alone can only be UTF-8 where nothing else can be framed.
    spellings: &["UNICODEUTF8", "UTF8", "UNICODE", "ISOIR192", "CP65001"],
    coding: Coding::Utf8,
};

pub(super) static LATIN_1: Entry = Entry {
    name: "8859/1",
    spellings: &["88591", "ISO88591", "LATIN1", "ISOLATIN1", "ISOIR100"],
    coding: Coding::Wider(&encoding_rs::WINDOWS_1252_INIT),
};

const WIDE: Coding = Coding::Unsupported("UTF-16 and UTF-32 cannot be framed: expected UNICODE UTF-8");

#[rustfmt::skip]
static ENTRIES: &[Entry] = &[
    entry("ASCII", &["ASCII", "USASCII", "ISOIR6", "ISO646", "ANSIX341968"], Coding::Ascii),
    entry("8859/2", &["88592", "ISO88592", "LATIN2", "ISOIR101"], Coding::Table(&encoding_rs::ISO_8859_2_INIT)),
    entry("8859/3", &["88593", "ISO88593", "LATIN3", "ISOIR109"], Coding::Table(&encoding_rs::ISO_8859_3_INIT)),
    entry("8859/4", &["88594", "ISO88594", "LATIN4", "ISOIR110"], Coding::Table(&encoding_rs::ISO_8859_4_INIT)),
    entry("8859/5", &["88595", "ISO88595", "ISOIR144"], Coding::Table(&encoding_rs::ISO_8859_5_INIT)),
    entry("8859/6", &["88596", "ISO88596", "ISOIR127"], Coding::Table(&encoding_rs::ISO_8859_6_INIT)),
    entry("8859/7", &["88597", "ISO88597", "ISOIR126"], Coding::Table(&encoding_rs::ISO_8859_7_INIT)),
    entry("8859/8", &["88598", "ISO88598", "ISO88598I", "ISOIR138"], Coding::Table(&encoding_rs::ISO_8859_8_INIT)),
    entry("8859/9", &["88599", "ISO88599", "LATIN5", "ISOIR148"], Coding::Wider(&encoding_rs::WINDOWS_1254_INIT)),
    entry("8859/10", &["885910", "ISO885910", "LATIN6"], Coding::Table(&encoding_rs::ISO_8859_10_INIT)),
    entry("8859/11", &["885911", "ISO885911", "TIS620", "ISOIR166"], Coding::Wider(&encoding_rs::WINDOWS_874_INIT)),
    entry("8859/13", &["885913", "ISO885913", "LATIN7"], Coding::Table(&encoding_rs::ISO_8859_13_INIT)),
    entry("8859/14", &["885914", "ISO885914", "LATIN8"], Coding::Table(&encoding_rs::ISO_8859_14_INIT)),
    entry("8859/15", &["885915", "ISO885915", "LATIN9"], Coding::Table(&encoding_rs::ISO_8859_15_INIT)),
    entry("8859/16", &["885916", "ISO885916", "LATIN10"], Coding::Table(&encoding_rs::ISO_8859_16_INIT)),
    entry("WINDOWS-874", &["WINDOWS874", "CP874"], Coding::Table(&encoding_rs::WINDOWS_874_INIT)),
    entry("WINDOWS-1250", &["WINDOWS1250", "CP1250"], Coding::Table(&encoding_rs::WINDOWS_1250_INIT)),
    entry("WINDOWS-1251", &["WINDOWS1251", "CP1251"], Coding::Table(&encoding_rs::WINDOWS_1251_INIT)),
    entry("WINDOWS-1252", &["WINDOWS1252", "CP1252"], Coding::Table(&encoding_rs::WINDOWS_1252_INIT)),
    entry("WINDOWS-1253", &["WINDOWS1253", "CP1253"], Coding::Table(&encoding_rs::WINDOWS_1253_INIT)),
    entry("WINDOWS-1254", &["WINDOWS1254", "CP1254"], Coding::Table(&encoding_rs::WINDOWS_1254_INIT)),
    entry("WINDOWS-1255", &["WINDOWS1255", "CP1255"], Coding::Table(&encoding_rs::WINDOWS_1255_INIT)),
    entry("WINDOWS-1256", &["WINDOWS1256", "CP1256"], Coding::Table(&encoding_rs::WINDOWS_1256_INIT)),
    entry("WINDOWS-1257", &["WINDOWS1257", "CP1257"], Coding::Table(&encoding_rs::WINDOWS_1257_INIT)),
    entry("WINDOWS-1258", &["WINDOWS1258", "CP1258"], Coding::Table(&encoding_rs::WINDOWS_1258_INIT)),
    entry("KOI8-R", &["KOI8R"], Coding::Table(&encoding_rs::KOI8_R_INIT)),
    entry("IBM866", &["IBM866", "CP866"], Coding::Table(&encoding_rs::IBM866_INIT)),
    entry("KS X 1001", &["KSX1001", "KSC5601", "EUCKR", "CP949", "ISOIR149"], Coding::Table(&encoding_rs::EUC_KR_INIT)),
    entry("EUC-JP", &["EUCJP"], Coding::Table(&encoding_rs::EUC_JP_INIT)),
    entry("GB 18030-2000", &["GB18030", "GB180302000", "GB2312", "GBK", "CP936"], Coding::Multibyte(&encoding_rs::GB18030_INIT, Multibyte::Gb18030)),
    entry("BIG-5", &["BIG5", "CP950"], Coding::Multibyte(&encoding_rs::BIG5_INIT, Multibyte::Big5)),
    entry("SHIFT_JIS", &["SHIFTJIS", "SJIS", "CP932", "WINDOWS31J"], Coding::Multibyte(&encoding_rs::SHIFT_JIS_INIT, Multibyte::ShiftJis)),
    entry("ISO IR13", &["ISOIR13"], Coding::Japanese),
    entry("ISO IR14", &["ISOIR14"], Coding::Japanese),
    entry("ISO IR87", &["ISOIR87", "ISO2022JP"], Coding::Japanese),
    entry("ISO IR159", &["ISOIR159"], Coding::Japanese),
    entry("CNS 11643-1992", &["CNS116431992", "CNS11643", "EUCTW"], Coding::Unsupported("CNS 11643 is not supported: expected UNICODE UTF-8 or BIG-5")),
    entry("UNICODE UTF-16", &["UNICODEUTF16", "UTF16", "UTF16LE", "UTF16BE", "UCS2"], WIDE),
    entry("UNICODE UTF-32", &["UNICODEUTF32", "UTF32", "UTF32LE", "UTF32BE", "UCS4"], WIDE),
];

const fn entry(name: &'static str, spellings: &'static [&'static str], coding: Coding) -> Entry {
    Entry {
        name,
        spellings,
        coding,
    }
}

/// The character set of this name, however it is spelled.
pub(super) fn find(name: &[u8]) -> Result<Charset, CharsetError> {
    if name == UTF_8.name.as_bytes() {
        return Ok(Charset(&UTF_8));
    }
    let mut letters = [0; NAME_CHARS_MAX];
    let mut count = 0;
    for byte in name.iter().filter(|byte| byte.is_ascii_alphanumeric()) {
        *letters.get_mut(count).ok_or(CharsetError::Unknown)? = byte.to_ascii_uppercase();
        count += 1;
    }
    let letters = letters.get(..count).unwrap_or_default();
    let is_other =
        |byte: &u8| !(byte.is_ascii_alphanumeric() || matches!(byte, b' ' | b'-' | b'_' | b'/' | b'.'));
    let found = [&UTF_8, &LATIN_1]
        .into_iter()
        .chain(ENTRIES)
        .find(|entry| {
            entry
                .spellings
                .iter()
                .any(|spelling| spelling.as_bytes() == letters)
        })
        .filter(|_| !name.iter().any(is_other));
    match found {
        Some(Entry {
            coding: Coding::Unsupported(reason),
            ..
        }) => Err(CharsetError::Unsupported(reason)),
        Some(entry) => Ok(Charset(entry)),
        None => Err(CharsetError::Unknown),
    }
}

/// Every character set that can be read and written, in the order of the table.
#[cfg(test)]
pub(in crate::hl7) fn all() -> impl Iterator<Item = Charset> {
    [&UTF_8, &LATIN_1]
        .into_iter()
        .chain(ENTRIES)
        .filter(|entry| !matches!(entry.coding, Coding::Unsupported(_)))
        .map(Charset)
}
