//! Which acknowledgments a message asks for: what MSH-9.1, MSH-15 and MSH-16 say (HL7 v2.5.1, 2.9.2 and 2.9.3).

use crate::hl7::header::Header;

/// A condition of table 0155, in MSH-15 and MSH-16.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    /// `AL`
    Always,
    /// `NE`
    Never,
    /// `ER`
    OnError,
    /// `SU`
    OnSuccess,
}

impl Condition {
    /// Reads the field; `None` where the value is not in table 0155. Empty counts as never, because the
    /// enhanced mode asks only for what is valued (HL7 v2.5.1, 2.9.3).
    pub fn read(field: &[u8]) -> Option<Condition> {
        match field {
            b"AL" => Some(Condition::Always),
            b"" | b"NE" => Some(Condition::Never),
            b"ER" => Some(Condition::OnError),
            b"SU" => Some(Condition::OnSuccess),
            _ => None,
        }
    }

    /// Whether an acknowledgment that accepts, or refuses, is asked for.
    pub fn asks(self, is_accept: bool) -> bool {
        match self {
            Condition::Always => true,
            Condition::Never => false,
            Condition::OnError => !is_accept,
            Condition::OnSuccess => is_accept,
        }
    }
}

/// Acknowledgments of one message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Acknowledgments {
    /// Not one.
    None,
    /// The accept acknowledgment alone.
    Accept,
    /// The application acknowledgment alone.
    Application,
    /// First the accept acknowledgment, then the application acknowledgment.
    Both,
}

/// What a message asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asked {
    /// When for an accept acknowledgment.
    pub accept: Condition,
    /// When for an application acknowledgment.
    pub application: Condition,
}

impl Asked {
    /// What the message with this header asks for: in original mode (MSH-15 and MSH-16 empty) always an application
    /// acknowledgment, in an acknowledgment nothing. What is not in table 0155 asks for no silence.
    pub fn of(header: &Header<'_>) -> Asked {
        let accept = header.accept_acknowledgment_type();
        let application = header.application_acknowledgment_type();
        if is_acknowledgment(header) {
            return Asked {
                accept: Condition::Never,
                application: Condition::Never,
            };
        }
        if accept.is_empty() && application.is_empty() {
            return Asked {
                accept: Condition::Never,
                application: Condition::Always,
            };
        }
        let read = |field| Condition::read(field).unwrap_or(Condition::Always);
        Asked {
            accept: read(accept),
            application: read(application),
        }
    }

    /// What comes of a message that is taken.
    pub fn on_success(self) -> Acknowledgments {
        self.when(true)
    }

    /// What may come of a message that is refused, at once or later.
    pub fn on_error(self) -> Acknowledgments {
        self.when(false)
    }

    fn when(self, is_accept: bool) -> Acknowledgments {
        match (self.accept.asks(is_accept), self.application.asks(is_accept)) {
            (false, false) => Acknowledgments::None,
            (true, false) => Acknowledgments::Accept,
            (false, true) => Acknowledgments::Application,
            (true, true) => Acknowledgments::Both,
        }
    }
}

/// Whether a message is itself an acknowledgment (MSH-9.1 ACK). Those are never acknowledged, well or ill: two
/// systems that acknowledge each other's acknowledgments never come to an end.
pub fn is_acknowledgment(header: &Header<'_>) -> bool {
    header.message_type() == b"ACK"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(message_type: &str, accept: &str, application: &str, success: &str, error: &str) {
        let text = format!("MSH|^~\\&|||||||{message_type}|1|P|2.5.1|||{accept}|{application}\r");
        let asked = Asked::of(&Header::parse(text.as_bytes()).unwrap());
        assert_eq!(format!("{:?}", asked.on_success()), success, "{text}");
        assert_eq!(format!("{:?}", asked.on_error()), error, "{text}");
    }

    #[test]
    fn the_header_says_which_acknowledgments_come() {
        #[rustfmt::skip]
        let rows = [
            // MSH-15, MSH-16, on success, on error
            ("",   "",   "Application", "Application"),
            ("AL", "AL", "Both",        "Both"),        ("AL", "NE", "Accept",      "Accept"),
            ("AL", "ER", "Accept",      "Both"),        ("AL", "SU", "Both",        "Accept"),
            ("NE", "AL", "Application", "Application"), ("NE", "NE", "None",        "None"),
            ("NE", "ER", "None",        "Application"), ("NE", "SU", "Application", "None"),
            ("ER", "AL", "Application", "Both"),        ("ER", "NE", "None",        "Accept"),
            ("ER", "ER", "None",        "Both"),        ("ER", "SU", "Application", "Accept"),
            ("SU", "AL", "Both",        "Application"), ("SU", "NE", "Accept",      "None"),
            ("SU", "ER", "Accept",      "Application"), ("SU", "SU", "Both",        "None"),
            ("AL", "",   "Accept",      "Accept"),      ("",   "AL", "Application", "Application"),
            ("NE", "",   "None",        "None"),        ("",   "NE", "None",        "None"),
            ("al", "NE", "Accept",      "Accept"),      ("NE", "\"\"", "Application", "Application"),
        ];
        for (accept, application, success, error) in rows {
            check("ADT^A01", accept, application, success, error);
            check("ACK^A01^ACK", accept, application, "None", "None");
        }
        check("", "", "", "Application", "Application");
    }
}
