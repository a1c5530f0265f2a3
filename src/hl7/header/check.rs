//! Whether a header is acceptable: what is checked before a message reaches any route.
//!
//! Pure; what is permitted comes from the caller.

use super::Header;
use crate::hl7::delimiters::{is_escape_doubled, is_repeated};
use crate::hl7::fault::{ErrorCode, Fault, Location, Refusal};
use crate::hl7::path::{FieldPath, SegmentName};

/// What a listener permits in a header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expected {
    /// The values of MSH-11.1 that are accepted; `None` accepts whatever is there, nothing too.
    pub processing_ids: Option<Vec<String>>,
    /// The values of MSH-12.1 that are accepted; `None` accepts whatever is there, nothing too.
    pub version_ids: Option<Vec<String>>,
    /// The longest MSH-10 that is accepted.
    pub control_id_bytes_max: usize,
}

impl Default for Expected {
    /// Production, training and debugging; every version from 2.1 to 2.9; control ids as long as 2.7 allows.
    ///
    /// Versions before 2.7 allow control ids of 20 characters, but senders of every version put longer ones
    /// there.
    fn default() -> Self {
        let versions = [
            "2.1", "2.2", "2.3", "2.3.1", "2.4", "2.5", "2.5.1", "2.6", "2.7", "2.7.1", "2.8", "2.8.1",
            "2.8.2", "2.9",
        ];
        Expected {
            processing_ids: Some(["P", "T", "D"].map(String::from).to_vec()),
            version_ids: Some(versions.map(String::from).to_vec()),
            control_id_bytes_max: 199,
        }
    }
}

impl Header<'_> {
    /// Whether the header is acceptable; else every fault in it.
    ///
    /// Faults in MSH-2, MSH-9, MSH-11 and MSH-12 and a missing MSH-10 make it a rejection, others an error.
    pub fn check(&self, expected: &Expected) -> Result<(), Refusal> {
        let rejections = self.rejections(expected);
        let is_rejected = !rejections.is_empty();
        let faults: Vec<Fault> = rejections.into_iter().chain(self.errors(expected)).collect();
        match (is_rejected, faults.is_empty()) {
            (true, _) => Err(Refusal::rejection(faults)),
            (false, false) => Err(Refusal::error(faults)),
            (false, true) => Ok(()),
        }
    }

    fn rejections(&self, expected: &Expected) -> Vec<Fault> {
        let mut faults = Vec::new();
        let encoding_characters = self.encoding_characters();
        let doubled = usize::from(is_escape_doubled(encoding_characters));
        if !(4..=5).contains(&(encoding_characters.len() - doubled)) {
            faults.push(fault(
                ErrorCode::DataType,
                2,
                "expected four or five encoding characters",
            ));
        } else if is_repeated(self.delimiters.field, encoding_characters) {
            faults.push(fault(ErrorCode::DataType, 2, "expected delimiters that differ"));
        }
        if self.message_type().is_empty() {
            faults.push(fault(
                ErrorCode::RequiredFieldMissing,
                9,
                "expected a message type",
            ));
        }
        if self.control_id().is_empty() {
            faults.push(fault(
                ErrorCode::RequiredFieldMissing,
                10,
                "expected a message control id",
            ));
        }
        if let Some(permitted) = not_among(self.processing_id(), expected.processing_ids.as_deref()) {
            let text = format!("expected a processing id among {permitted}");
            faults.push(fault(ErrorCode::UnsupportedProcessingId, 11, text));
        }
        if let Some(permitted) = not_among(self.version_id(), expected.version_ids.as_deref()) {
            let text = format!("expected a version among {permitted}");
            faults.push(fault(ErrorCode::UnsupportedVersionId, 12, text));
        }
        faults
    }

    fn errors(&self, expected: &Expected) -> Vec<Fault> {
        let mut faults = Vec::new();
        let control_id = self.control_id();
        let delimiters = &self.delimiters;
        let is_foreign = |&byte: &u8| {
            byte.is_ascii_control()
                || byte == delimiters.component
                || byte == delimiters.repetition
                || Some(byte) == delimiters.subcomponent
        };
        if control_id.len() > expected.control_id_bytes_max {
            let code = match self.version() {
                Some(version) if version < [2, 7, 0] => ErrorCode::DataType,
                _ => ErrorCode::ValueTooLong,
            };
            let text = format!(
                "expected a message control id of at most {}",
                expected.control_id_bytes_max
            );
            faults.push(fault(code, 10, text));
        }
        if control_id.iter().any(is_foreign) {
            let text = "expected a message control id without delimiters and control characters";
            faults.push(fault(ErrorCode::DataType, 10, text));
        }
        for (field, value) in [
            (15, self.accept_acknowledgment_type()),
            (16, self.application_acknowledgment_type()),
        ] {
            if !matches!(value, b"" | b"AL" | b"NE" | b"ER" | b"SU") {
                faults.push(fault(
                    ErrorCode::TableValueNotFound,
                    field,
                    "expected AL, NE, ER or SU",
                ));
            }
        }
        faults
    }
}

/// What is permitted, as a text, when the value is not among it.
fn not_among(value: &[u8], permitted: Option<&[String]>) -> Option<String> {
    let permitted = permitted?;
    let is_among = permitted.iter().any(|permitted| permitted.as_bytes() == value);
    (!is_among).then(|| permitted.join(", "))
}

fn fault(code: ErrorCode, field: u16, text: impl Into<String>) -> Fault {
    let location = FieldPath::of_field(SegmentName::MSH, field);
    Fault::new(code, location.as_ref().map(Location::from), text)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Shows the answer and, for each fault, its code and field.
    fn check(header: &str, expected: &str) {
        let header = Header::parse(header.as_bytes()).unwrap();
        let shown = match header.check(&Expected::default()) {
            Ok(()) => String::from("accepted"),
            Err(refusal) => {
                let faults = refusal.faults.iter().map(|fault| {
                    let field = fault.location.and_then(|location| location.field).unwrap();
                    format!(" {} MSH-{field}", fault.code.number())
                });
                format!("{}{}", refusal.code, faults.collect::<String>())
            }
        };
        assert_eq!(shown, expected, "{header:?}");
    }

    /// A header whose MSH-2, MSH-9 to MSH-12 and MSH-15 to MSH-16 are given.
    fn check_fields(msh_2: &str, middle: &str, acknowledgments: &str, expected: &str) {
        check(
            &format!("MSH|{msh_2}|A|B|C|D|20260101||{middle}|||{acknowledgments}\r"),
            expected,
        );
    }

    #[test]
    fn accepts_what_is_well_formed() {
        check_fields("^~\\&", "ADT^A01|1|P|2.5.1", "", "accepted");
        check_fields("^~\\&#", "ADT^A01|1|T|2.7", "AL|NE", "accepted");
        check_fields("^~\\&#", "ADT^A01|1|D|2.5.1", "NE|SU", "accepted");
        check_fields("^~\\\\&", "ADT^A01|1|P^T|2.5.1^x^y", "ER|AL", "accepted");
        check("MSH|^~\\&|||^^|^&^|||ADT^A01|1|P|2.3\r", "accepted");
    }

    #[test]
    fn rejects_encoding_characters() {
        for msh_2 in ["", "^", "^~", "^~\\", "^~&", "^~\\&#$", "^&&^", "^~\\\\"] {
            check_fields(msh_2, "ADT^A01|1|P|2.7", "", "AR 102 MSH-2");
        }
    }

    #[test]
    fn rejects_what_is_missing_or_unknown() {
        check_fields("^~\\&", "|1|P|2.5", "", "AR 101 MSH-9");
        check_fields("^~\\&", "^A01|1|P|2.5", "", "AR 101 MSH-9");
        check_fields("^~\\&", "ADT^A01||P|2.5", "", "AR 101 MSH-10");
        check_fields("^~\\&", "ADT^A01|1||2.5", "", "AR 202 MSH-11");
        check_fields("^~\\&", "ADT^A01|1|X|2.5", "", "AR 202 MSH-11");
        check_fields("^~\\&", "ADT^A01|1|P|", "", "AR 203 MSH-12");
        check_fields("^~\\&", "ADT^A01|1|P|9.9", "", "AR 203 MSH-12");
        check_fields(
            "^~\\&",
            "|||",
            "",
            "AR 101 MSH-9 101 MSH-10 202 MSH-11 203 MSH-12",
        );
    }

    #[test]
    fn errors_in_the_control_id() {
        let long = "x".repeat(200);
        check_fields("^~\\&", &format!("ADT^A01|{long}|P|2.7"), "", "AE 104 MSH-10");
        check_fields("^~\\&", &format!("ADT^A01|{long}|P|2.6"), "", "AE 102 MSH-10");
        for control_id in ["a^b", "a~b", "a&b", "a\u{7f}", "a\tb", "a\0"] {
            check_fields(
                "^~\\&",
                &format!("ADT^A01|{control_id}|P|2.5"),
                "",
                "AE 102 MSH-10",
            );
        }
    }

    #[test]
    fn errors_in_the_acknowledgment_types() {
        let types = ["AL", "NE", "ER", "SU"];
        for accept in types {
            for application in types {
                check_fields(
                    "^~\\&",
                    "ADT^A01|1|P|2.5",
                    &format!("{accept}|{application}"),
                    "accepted",
                );
            }
        }
        check_fields("^~\\&", "ADT^A01|1|P|2.5", "YES|al", "AE 103 MSH-15 103 MSH-16");
        check_fields("^~\\&", "ADT^A01|1|P|", "YES", "AR 203 MSH-12 103 MSH-15");
    }
}
