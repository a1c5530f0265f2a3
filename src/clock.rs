//! The only file that asks for the time.
//!
//! Order, retries and time-outs never use the wall clock: those use sequence numbers and Tokio's monotonic
//! time. The wall clock here serves what people and the standard read: MSH-7, records, logs.

use std::time::Instant;

use jiff::{Timestamp, Zoned};

/// The wall clock, in UTC.
#[expect(clippy::disallowed_methods, reason = "this is the file that asks")]
pub fn now() -> Timestamp {
    Timestamp::now()
}

/// The wall clock in the machine's time zone, for HL7 timestamps with an offset.
#[expect(clippy::disallowed_methods, reason = "this is the file that asks")]
pub fn now_local() -> Zoned {
    Zoned::now()
}

/// The monotonic clock, for how long something took.
#[expect(clippy::disallowed_methods, reason = "this is the file that asks")]
pub fn monotonic() -> Instant {
    Instant::now()
}

/// An HL7 DTM of the given moment: `YYYYMMDDHHMMSS.FFF+ZZZZ` (HL7 v2.5.1, 2.A.22).
pub fn hl7_timestamp(at: &Zoned) -> String {
    at.strftime("%Y%m%d%H%M%S%.3f%z").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timestamp_has_milliseconds_and_an_offset() {
        let at: Zoned = "2026-03-01T08:05:09.12-05:00[-05:00]".parse().unwrap();
        assert_eq!(hl7_timestamp(&at), "20260301080509.120-0500");
    }
}
