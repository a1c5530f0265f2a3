//! Any bytes as an answer, and any bytes answered: both end, and what we build is an acknowledgment.

use bytes::Bytes;
use weir::hl7::ack::{self, AckStamp};
use weir::hl7::{Acknowledgment, AcknowledgmentCode, ErrorCode, Fault, Header};

pub fn check(bytes: &[u8]) {
    drop(Acknowledgment::parse(Bytes::copy_from_slice(bytes)));
    let header = Header::parse(bytes).ok();
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
    let read = Acknowledgment::parse(Bytes::from(built)).expect("ours can be read");
    assert_eq!(read.code, AcknowledgmentCode::ApplicationError);
}
