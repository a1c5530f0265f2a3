//! Which event of DICOM PS3.15, A.5.3, a record of the audit log is: a table, by what the record says was done.
//!
//! `docs/audit.md` shows the same table, and a test compares the two; others want every name to be here that the API
//! writes down, or anything else of weir.

/// A code of DICOM's own terminology (DCM).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Code {
    pub(super) code: &'static str,
    pub(super) meaning: &'static str,
}

const fn dcm(code: &'static str, meaning: &'static str) -> Code {
    Code { code, meaning }
}

const ACTIVITY: Code = dcm("110100", "Application Activity");
const LOG_USED: Code = dcm("110101", "Audit Log Used");
const EXPORT: Code = dcm("110106", "Export");
const IMPORT: Code = dcm("110107", "Import");
const PATIENT_RECORD: Code = dcm("110110", "Patient Record");
const QUERY: Code = dcm("110112", "Query");
const ALERT: Code = dcm("110113", "Security Alert");
const AUTHENTICATION: Code = dcm("110114", "User Authentication");

const START: Code = dcm("110120", "Application Start");
const STOP: Code = dcm("110121", "Application Stop");
const LOGIN: Code = dcm("110122", "Login");
const LOGOUT: Code = dcm("110123", "Logout");
const NODE_AUTHENTICATION: Code = dcm("110126", "Node Authentication");
const NETWORK_CONFIGURATION: Code = dcm("110128", "Network Configuration");
const SECURITY_CONFIGURATION: Code = dcm("110129", "Security Configuration");
const SOFTWARE_CONFIGURATION: Code = dcm("110131", "Software Configuration");
const RESTRICTED_FUNCTION: Code = dcm("110132", "Use of Restricted Function");
const OBJECT_ATTRIBUTES: Code = dcm("110135", "Object Security Attributes Changed");
const ROLES: Code = dcm("110136", "Security Roles Changed");
const USER_ATTRIBUTES: Code = dcm("110137", "User security Attributes Changed");

/// `Application`: weir itself.
pub(super) const APPLICATION: Code = dcm("110150", "Application");
/// `Application Launcher`: who started it.
pub(super) const LAUNCHER: Code = dcm("110151", "Application Launcher");
/// `Destination Role ID`: who gets something.
pub(super) const DESTINATION: Code = dcm("110152", "Destination Role ID");
/// `Source Role ID`: where it comes from.
pub(super) const SOURCE: Code = dcm("110153", "Source Role ID");

/// What sort of object it is about (`ParticipantObjectTypeCodeRole`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Object {
    /// A message, or several.
    Report,
    /// A user or a token.
    User,
    /// The audit log, or a certificate.
    Resource,
    /// A destination.
    Destination,
    /// What is kept.
    Repository,
    /// A search.
    Query,
    /// The site, or weir itself.
    Element,
}

impl Object {
    pub(super) fn code(self) -> &'static str {
        match self {
            Object::Report => "3",
            Object::User => "11",
            Object::Resource => "13",
            Object::Destination => "16",
            Object::Repository => "17",
            Object::Query => "24",
            Object::Element => "26",
        }
    }

    pub(super) fn meaning(self) -> &'static str {
        match self {
            Object::Report => "Report",
            Object::User => "Security User Entity",
            Object::Resource => "Security Resource",
            Object::Destination => "Data Destination",
            Object::Repository => "Data Repository",
            Object::Query => "Query",
            Object::Element => "Processing Element",
        }
    }
}

/// An event of the standard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Event {
    /// `EventID`.
    pub(super) id: Code,
    /// `EventTypeCode`.
    pub(super) kind: Option<Code>,
    /// `EventActionCode`: C, R, U, D or E.
    pub(super) action: &'static str,
    pub(super) object: Object,
}

impl Event {
    /// `RoleIDCode` of who asked, and of weir.
    pub(super) fn roles(&self) -> (Option<Code>, Code) {
        if self.id == ACTIVITY {
            (Some(LAUNCHER), APPLICATION)
        } else if self.id == EXPORT && self.object == Object::Repository {
            // A copy of all there is goes to who asks for it.
            (Some(DESTINATION), SOURCE)
        } else if self.id == EXPORT {
            // Who gets it is a destination.
            (Some(SOURCE), SOURCE)
        } else if self.id == IMPORT {
            (Some(DESTINATION), DESTINATION)
        } else if self.id == QUERY {
            (Some(SOURCE), DESTINATION)
        } else {
            (None, APPLICATION)
        }
    }
}

type Row = (&'static str, Code, Option<Code>, &'static str, Object);

/// What the log says was done, and the event that is.
const TABLE: &[Row] = &[
    ("start", ACTIVITY, Some(START), "E", Object::Element),
    ("stop", ACTIVITY, Some(STOP), "E", Object::Element),
    (
        "reload",
        ALERT,
        Some(SOFTWARE_CONFIGURATION),
        "E",
        Object::Element,
    ),
    ("session.begin", AUTHENTICATION, Some(LOGIN), "E", Object::User),
    ("session.end", AUTHENTICATION, Some(LOGOUT), "E", Object::User),
    ("setup", ALERT, Some(ROLES), "E", Object::User),
    ("user.add", ALERT, Some(ROLES), "E", Object::User),
    ("user.change", ALERT, Some(ROLES), "E", Object::User),
    ("user.remove", ALERT, Some(ROLES), "E", Object::User),
    (
        "user.own_password",
        ALERT,
        Some(USER_ATTRIBUTES),
        "E",
        Object::User,
    ),
    ("token.add", ALERT, Some(ROLES), "E", Object::User),
    ("token.remove", ALERT, Some(ROLES), "E", Object::User),
    (
        "sender.refused",
        ALERT,
        Some(NODE_AUTHENTICATION),
        "E",
        Object::Element,
    ),
    (
        "node.refused",
        ALERT,
        Some(NODE_AUTHENTICATION),
        "E",
        Object::Element,
    ),
    (
        "destination.order",
        ALERT,
        Some(NETWORK_CONFIGURATION),
        "E",
        Object::Destination,
    ),
    ("route.try", PATIENT_RECORD, None, "R", Object::Report),
    ("route.cases", PATIENT_RECORD, None, "R", Object::Report),
    ("queue.read", PATIENT_RECORD, None, "R", Object::Report),
    ("queue.skip", PATIENT_RECORD, None, "D", Object::Report),
    ("dead.read", PATIENT_RECORD, None, "R", Object::Report),
    ("dead.resend", EXPORT, None, "R", Object::Report),
    ("dead.discard", PATIENT_RECORD, None, "D", Object::Report),
    ("message.search", QUERY, None, "E", Object::Query),
    ("message.read", PATIENT_RECORD, None, "R", Object::Report),
    ("message.check", PATIENT_RECORD, None, "R", Object::Report),
    ("message.resend", EXPORT, None, "R", Object::Report),
    ("message.edit", PATIENT_RECORD, None, "C", Object::Report),
    ("resend.preview", QUERY, None, "E", Object::Query),
    ("resend.start", EXPORT, None, "R", Object::Report),
    (
        "resend.stop",
        ALERT,
        Some(RESTRICTED_FUNCTION),
        "E",
        Object::Report,
    ),
    ("resend.end", EXPORT, None, "R", Object::Report),
    ("backup", EXPORT, None, "R", Object::Repository),
    ("restore", IMPORT, None, "C", Object::Repository),
    (
        "archive.encrypt",
        ALERT,
        Some(OBJECT_ATTRIBUTES),
        "E",
        Object::Repository,
    ),
    (
        "archive.hold",
        ALERT,
        Some(OBJECT_ATTRIBUTES),
        "E",
        Object::Repository,
    ),
    (
        "archive.release",
        ALERT,
        Some(OBJECT_ATTRIBUTES),
        "E",
        Object::Repository,
    ),
    ("archive.lost", PATIENT_RECORD, None, "D", Object::Repository),
    ("archive.preview", QUERY, None, "E", Object::Query),
    ("archive.purge", PATIENT_RECORD, None, "D", Object::Repository),
    ("audit.read", LOG_USED, None, "R", Object::Resource),
    ("audit.export", LOG_USED, None, "R", Object::Resource),
    (
        "audit.delete",
        ALERT,
        Some(SECURITY_CONFIGURATION),
        "E",
        Object::Resource,
    ),
    (
        "audit.damaged",
        ALERT,
        Some(OBJECT_ATTRIBUTES),
        "E",
        Object::Resource,
    ),
];

/// What a record is that another version of weir has written, by a name that is not in the table.
const OTHER: Event = Event {
    id: ALERT,
    kind: Some(RESTRICTED_FUNCTION),
    action: "E",
    object: Object::Element,
};

/// The event of a record that says this was done.
pub(super) fn of(what: &str) -> Event {
    find(what).unwrap_or(OTHER)
}

/// Whether a record of this name is in the table.
#[cfg(test)]
pub(crate) fn is_known(what: &str) -> bool {
    find(what).is_some()
}

fn find(what: &str) -> Option<Event> {
    let row = TABLE.iter().find(|(name, ..)| *name == what);
    row.map(|&(_, id, kind, action, object)| Event {
        id,
        kind,
        action,
        object,
    })
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Every name of the table.
    pub(in crate::atna) fn names() -> impl Iterator<Item = &'static str> {
        TABLE.iter().map(|(name, ..)| *name)
    }

    #[test]
    fn the_table_of_the_document_is_this_one() {
        let document = include_str!("../../docs/audit.md");
        let rows: Vec<&str> = document
            .lines()
            .skip_while(|line| !line.starts_with("| record |"))
            .skip(2)
            .take_while(|line| line.starts_with('|'))
            .collect();
        let written: Vec<String> = TABLE
            .iter()
            .map(|(name, id, kind, action, object)| {
                let text = |code: &Code| format!("{} {}", code.code, code.meaning);
                let kind = kind.as_ref().map(text).unwrap_or_default();
                let (asks, weir) = of(name).roles();
                let asks = asks.as_ref().map(text).unwrap_or_default();
                let object = format!("{} {}", object.code(), object.meaning());
                let (id, weir) = (text(id), text(&weir));
                format!("| `{name}` | {id} | {kind} | {action} | {asks} | {weir} | {object} |")
            })
            .collect();
        assert_eq!(rows, written, "\n{}", written.join("\n"));
    }
}
