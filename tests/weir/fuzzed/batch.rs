//! Any bytes as a file or a transfer: nothing of a message is lost, counts are compared, the limit holds.

use bytes::Bytes;
use weir::hl7::Message;
use weir::hl7::batch::{self, Transfer};

pub fn check(bytes: &[u8]) {
    let bytes = Bytes::copy_from_slice(bytes);
    let pieces: Vec<Bytes> = batch::split(&bytes).collect();
    assert!(pieces.iter().map(Bytes::len).sum::<usize>() <= bytes.len());
    let transfer = Transfer::read(&bytes, 3, None);
    assert!(transfer.messages.len() <= 3);
    if Message::parse(bytes).is_ok() {
        assert_eq!(pieces.len(), 1, "one message is one in a file");
    }
}
