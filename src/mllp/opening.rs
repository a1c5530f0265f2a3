//! Recognizes, from the first bytes of a connection, a peer that does not speak MLLP at all.
//!
//! Only the bytes before the first frame are looked at, and none of them is kept once the verdict is in.

/// What a peer speaks instead of MLLP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Foreign {
    /// A TLS handshake on a plain port.
    Tls,
    /// An HTTP request, or an HTTP response where an acknowledgment was due.
    Http,
    /// HL7 without any framing.
    Unframed,
}

/// No opening is longer than the longest of [`OPENINGS`].
const OPENING_BYTES_MAX: usize = 8;

const OPENINGS: [(&[u8], Foreign); 15] = [
    (&[0x16, 0x03], Foreign::Tls),
    (b"GET ", Foreign::Http),
    (b"HEAD ", Foreign::Http),
    (b"POST ", Foreign::Http),
    (b"PUT ", Foreign::Http),
    (b"PATCH ", Foreign::Http),
    (b"DELETE ", Foreign::Http),
    (b"OPTIONS ", Foreign::Http),
    (b"CONNECT ", Foreign::Http),
    (b"TRACE ", Foreign::Http),
    (b"PRI ", Foreign::Http),
    (b"HTTP/", Foreign::Http),
    (b"MSH", Foreign::Unframed),
    (b"FHS", Foreign::Unframed),
    (b"BHS", Foreign::Unframed),
];

/// The first bytes a connection sent outside of a frame, until they are recognized or known to be nothing.
#[derive(Default)]
pub(super) struct Opening {
    seen: [u8; OPENING_BYTES_MAX],
    length: usize,
    decided: bool,
}

impl Opening {
    /// Takes bytes that stood before the first frame; tells once what they are the beginning of.
    pub(super) fn recognize(&mut self, skipped: &[u8]) -> Option<Foreign> {
        for &byte in skipped {
            if self.decided {
                return None;
            }
            // Blank lines may come before anything.
            if self.length == 0 && matches!(byte, b'\r' | b'\n') {
                continue;
            }
            let Some(place) = self.seen.get_mut(self.length) else {
                self.decided = true;
                return None;
            };
            *place = byte;
            self.length += 1;
            let seen = self.seen.get(..self.length).unwrap_or_default();
            if let Some((_, foreign)) = OPENINGS.iter().find(|(opening, _)| *opening == seen) {
                self.decided = true;
                return Some(*foreign);
            }
        }
        None
    }

    /// A frame has begun: whatever stands between frames from now on is no opening.
    pub(super) fn decide(&mut self) {
        self.decided = true;
    }
}
