//! Any bytes, cut up in any way: the decoder ends, gives frames no longer than their limit, and gives the same frames
//! however the bytes are cut.

use bytes::BytesMut;
use weir::mllp::{Decoded, Decoder, Frame, FrameLimits, Strictness};

const LIMITS: FrameLimits = FrameLimits {
    frame_bytes_max: 4096,
    junk_bytes_max: 512,
};

fn frames(bytes: &[u8], chunk: usize) -> Vec<Frame> {
    let mut decoder = Decoder::new(LIMITS, Strictness::Lenient);
    let (mut buffer, mut found) = (BytesMut::new(), Vec::new());
    for piece in bytes.chunks(chunk) {
        buffer.extend_from_slice(piece);
        loop {
            match decoder.decode(&mut buffer) {
                Ok(Some(Decoded::Frame(frame))) => {
                    if let Frame::Whole(content) = &frame {
                        assert!(content.len() <= LIMITS.frame_bytes_max);
                    }
                    found.push(frame);
                }
                Ok(Some(Decoded::Deviation(_))) => {}
                Ok(None) => break,
                Err(_) => return found,
            }
        }
    }
    found
}

pub fn check(bytes: &[u8]) {
    let Some((&first, rest)) = bytes.split_first() else {
        return;
    };
    assert_eq!(
        frames(rest, usize::from(first).max(1)).len(),
        frames(rest, usize::MAX).len()
    );
}
