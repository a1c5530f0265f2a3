//! Any bytes as an answer, and any bytes answered: both end, and what we build is an acknowledgment whose fields stand
//! where they belong, whatever it echoes.

use bytes::Bytes;
use weir::hl7::ack::{self, AckStamp};
use weir::hl7::{
    Acknowledgment, AcknowledgmentCode, Charset, ErrorCode, Fault, Header, Message, ParseLimits,
};

pub fn check(bytes: &[u8]) {
    drop(Acknowledgment::parse(Bytes::copy_from_slice(bytes)));
    for assumed in [None, Some("SHIFT_JIS"), Some("ISO IR87")] {
        check_answer(bytes, assumed.map(|name| name.parse().expect("a character set")));
    }
}

fn check_answer(bytes: &[u8], assumed: Option<Charset>) {
    let header = Header::parse_assuming(bytes, assumed).ok();
    let stamp = AckStamp {
        sequence_number: None,
        control_id: "W1",
        timestamp: "20260301080509",
    };
    let faults = [Fault::new(ErrorCode::DataType, None, "a | b")];
    let built = ack::build(
        header.as_ref(),
        AcknowledgmentCode::ApplicationError,
        &faults,
        &stamp,
    );
    let built = Bytes::from(built);
    let read = Acknowledgment::parse_assuming(built.clone(), assumed).expect("ours can be read");
    assert_eq!(read.code, AcknowledgmentCode::ApplicationError);
    let message =
        Message::parse_assuming(built, &ParseLimits::default(), assumed).expect("ours is a message");
    // A header that in the character set it declares does not declare it any more is read in none.
    if header.is_some_and(|header| header.charset() != message.charset()) {
        return;
    }
    for (path, expected) in [("MSH-7", "20260301080509"), ("MSH-10", "W1")] {
        let path = path.parse().expect("a path");
        assert_eq!(message.read(&path).raw(), Some(expected.as_bytes()), "{path}");
    }
}
