//! Any bytes in any character set of table 0211: decoded without end; what is encoded reads back the same.

use weir::hl7::{Charset, Message, Terminators};

const NAMES: [&str; 10] = [
    "8859/1",
    "8859/5",
    "8859/15",
    "UNICODE UTF-8",
    "GB 18030-2000",
    "BIG-5",
    "KS X 1001",
    "ISO IR87",
    "ASCII",
    "ISO IR14",
];

pub fn check(bytes: &[u8]) {
    let Some((&first, rest)) = bytes.split_first() else {
        return;
    };
    let name = NAMES[usize::from(first) % NAMES.len()];
    if let Ok(charset) = name.parse::<Charset>() {
        let text = charset.decode(rest).into_owned();
        if let Some(encoded) = charset.encode(&text) {
            assert_eq!(charset.decode(&encoded), text);
        }
    }
    let header = format!("MSH|^~\\&|A|B|C|D|2026||ADT^A01|1|P|2.5.1||||||{name}\rPID|||");
    let message: bytes::Bytes = [header.as_bytes(), rest].concat().into();
    if let Ok(parsed) = Message::parse(message.clone()) {
        assert_eq!(parsed.write(Terminators::Preserve), message);
        drop(parsed.text(&"PID-3.1".parse().expect("a path")));
    }
}
