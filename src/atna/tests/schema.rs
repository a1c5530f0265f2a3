//! What is sent, judged by tables of what the standards want: DICOM PS3.15, A.5.1, element by element, and FHIR R4's
//! `AuditEvent`. The XML is read by a parser that only tests have.
#![allow(unreachable_pub, reason = "the tests of the program use it too")]

use std::collections::BTreeMap;

use quick_xml::Reader;
use quick_xml::events::Event;
use serde_json::Value;

/// An element with its attributes, its text and what is within.
#[derive(Debug, Default, Clone)]
pub struct Element {
    pub name: String,
    pub attributes: BTreeMap<String, String>,
    pub text: String,
    pub inner: Vec<Element>,
}

impl Element {
    /// The only element of this name within.
    pub fn only(&self, name: &str) -> &Element {
        let found: Vec<_> = self.inner.iter().filter(|inner| inner.name == name).collect();
        assert_eq!(found.len(), 1, "{name} within {}", self.name);
        found[0]
    }
}

/// Reads a whole document.
pub fn parse(xml: &str) -> Element {
    let mut reader = Reader::from_str(xml);
    let mut open = vec![Element::default()];
    loop {
        match reader
            .read_event()
            .unwrap_or_else(|error| panic!("{error}: {xml}"))
        {
            Event::Start(start) => open.push(element(&start)),
            Event::Empty(start) => {
                let element = element(&start);
                open.last_mut().unwrap().inner.push(element);
            }
            Event::End(_) => {
                let closed = open.pop().unwrap();
                open.last_mut().unwrap().inner.push(closed);
            }
            Event::Text(text) => open.last_mut().unwrap().text += &text.decode().unwrap(),
            Event::GeneralRef(reference) => {
                let resolved = format!("&{};", reference.decode().unwrap());
                let resolved = quick_xml::escape::unescape(&resolved).unwrap().into_owned();
                open.last_mut().unwrap().text += &resolved;
            }
            Event::Decl(_) => {}
            Event::Eof => break,
            other @ (Event::CData(_) | Event::Comment(_) | Event::PI(_) | Event::DocType(_)) => {
                panic!("{other:?} has no place here")
            }
        }
    }
    let [document] = &open[..] else {
        panic!("not closed: {xml}")
    };
    let [root] = &document.inner[..] else {
        panic!("one root: {xml}")
    };
    root.clone()
}

fn element(start: &quick_xml::events::BytesStart<'_>) -> Element {
    let attributes = start.attributes().map(|attribute| {
        let attribute = attribute.unwrap();
        let value = std::str::from_utf8(&attribute.value).unwrap();
        let value = quick_xml::escape::unescape(value).unwrap().into_owned();
        (String::from_utf8(attribute.key.as_ref().to_vec()).unwrap(), value)
    });
    Element {
        name: String::from_utf8(start.name().as_ref().to_vec()).unwrap(),
        attributes: attributes.collect(),
        ..Element::default()
    }
}

/// An attribute that may stand in an element: whether it must, and its values where they are counted.
type Attribute = (&'static str, bool, &'static [&'static str]);
/// An element: its attributes, and the elements within in their order, with how often each comes.
type Rule = (
    &'static str,
    &'static [Attribute],
    &'static [(&'static str, usize, usize)],
);

const MANY: usize = usize::MAX;
const CODED: &[Attribute] = &[
    ("csd-code", true, &[]),
    ("codeSystemName", true, &[]),
    ("displayName", false, &[]),
    ("originalText", true, &[]),
];

/// The schema of A.5.1, as far as weir could use it.
const RULES: &[Rule] = &[
    (
        "AuditMessage",
        &[],
        &[
            ("EventIdentification", 1, 1),
            ("ActiveParticipant", 1, MANY),
            ("AuditSourceIdentification", 1, 1),
            ("ParticipantObjectIdentification", 0, MANY),
        ],
    ),
    (
        "EventIdentification",
        &[
            ("EventActionCode", false, &["C", "R", "U", "D", "E"]),
            ("EventDateTime", true, &[]),
            ("EventOutcomeIndicator", true, &["0", "4", "8", "12"]),
        ],
        &[
            ("EventID", 1, 1),
            ("EventTypeCode", 0, MANY),
            ("EventOutcomeDescription", 0, 1),
        ],
    ),
    ("EventID", CODED, &[]),
    ("EventTypeCode", CODED, &[]),
    ("EventOutcomeDescription", &[], &[]),
    (
        "ActiveParticipant",
        &[
            ("UserID", true, &[]),
            ("AlternativeUserID", false, &[]),
            ("UserName", false, &[]),
            ("UserIsRequestor", true, &["true", "false"]),
            ("NetworkAccessPointID", false, &[]),
            ("NetworkAccessPointTypeCode", false, &["1", "2", "3", "4", "5"]),
        ],
        &[("RoleIDCode", 0, MANY)],
    ),
    ("RoleIDCode", CODED, &[]),
    (
        "AuditSourceIdentification",
        &[
            ("AuditEnterpriseSiteID", false, &[]),
            ("AuditSourceID", true, &[]),
        ],
        &[("AuditSourceTypeCode", 0, MANY)],
    ),
    (
        "AuditSourceTypeCode",
        &[("csd-code", true, &["1", "2", "3", "4", "5", "6", "7", "8", "9"])],
        &[],
    ),
    (
        "ParticipantObjectIdentification",
        &[
            ("ParticipantObjectID", true, &[]),
            ("ParticipantObjectTypeCode", false, &["1", "2", "3", "4"]),
            (
                "ParticipantObjectTypeCodeRole",
                false,
                &["3", "11", "13", "16", "17", "24", "26"],
            ),
        ],
        &[
            ("ParticipantObjectIDTypeCode", 1, 1),
            ("ParticipantObjectName", 1, 1),
            ("ParticipantObjectDetail", 0, MANY),
        ],
    ),
    ("ParticipantObjectIDTypeCode", CODED, &[]),
    ("ParticipantObjectName", &[], &[]),
    (
        "ParticipantObjectDetail",
        &[("type", true, &[]), ("value", true, &[])],
        &[],
    ),
];

/// Checks an audit message of DICOM.
pub fn check_dicom(message: &Element) {
    assert_eq!(message.name, "AuditMessage");
    check_element(message);
    let event = message.only("EventIdentification");
    let at = &event.attributes["EventDateTime"];
    at.parse::<jiff::Timestamp>()
        .unwrap_or_else(|error| panic!("{at}: {error}"));
    let asks = message
        .inner
        .iter()
        .filter(|inner| inner.name == "ActiveParticipant");
    let requestors = asks.filter(|participant| participant.attributes["UserIsRequestor"] == "true");
    assert_eq!(requestors.count(), 1, "one participant asks");
    for detail in &message.only("ParticipantObjectIdentification").inner {
        if let Some(value) = detail.attributes.get("value") {
            use base64::Engine as _;
            base64::engine::general_purpose::STANDARD.decode(value).unwrap();
        }
    }
}

fn check_element(element: &Element) {
    let rule = RULES.iter().find(|(name, ..)| *name == element.name);
    let (name, attributes, inner) = rule.unwrap_or_else(|| panic!("no element {}", element.name));
    for attribute in element.attributes.keys() {
        assert!(
            attributes.iter().any(|(known, ..)| known == attribute),
            "{name}: no attribute {attribute}"
        );
    }
    for (attribute, is_required, values) in *attributes {
        match element.attributes.get(*attribute) {
            None => assert!(!is_required, "{name} lacks {attribute}"),
            Some(value) => assert!(
                values.is_empty() || values.contains(&value.as_str()),
                "{name}: {attribute} is {value}"
            ),
        }
    }
    let mut rest = element.inner.iter().peekable();
    for (wanted, least, most) in *inner {
        let mut count = 0;
        while let Some(found) = rest.next_if(|found| found.name == *wanted) {
            check_element(found);
            count += 1;
        }
        assert!((*least..=*most).contains(&count), "{name}: {count} of {wanted}");
    }
    assert!(rest.peek().is_none(), "{name}: {rest:?} out of place");
}

/// What an `AuditEvent` has to have: paths with a star for each of a list, and the values where they are counted.
const FHIR: &[(&str, &[&str])] = &[
    ("resourceType", &["AuditEvent"]),
    ("type.system", &["http://dicom.nema.org/resources/ontology/DCM"]),
    ("type.code", &[]),
    ("type.display", &[]),
    ("action", &["C", "R", "U", "D", "E"]),
    ("recorded", &[]),
    ("outcome", &["0", "4", "8", "12"]),
    ("agent.*.who.identifier.value", &[]),
    ("agent.*.requestor", &["true", "false"]),
    ("agent.*.network.address", &[]),
    ("agent.*.network.type", &["1", "2", "3", "4", "5"]),
    ("source.observer.identifier.value", &[]),
    ("source.type.*.code", &["4"]),
    ("entity.*.what.identifier.value", &[]),
    ("entity.*.type.code", &["1", "2", "3", "4"]),
    ("entity.*.role.code", &["3", "11", "13", "16", "17", "24", "26"]),
    ("entity.*.detail.*.type", &[]),
    ("entity.*.detail.*.valueString", &[]),
];
const FHIR_KEYS: &[&str] = &[
    "resourceType",
    "type",
    "subtype",
    "action",
    "recorded",
    "outcome",
    "outcomeDesc",
    "agent",
    "source",
    "entity",
];

/// Checks an `AuditEvent` of FHIR R4.
pub fn check_fhir(event: &Value) {
    for key in event.as_object().unwrap().keys() {
        assert!(FHIR_KEYS.contains(&key.as_str()), "no element {key}");
    }
    for (path, values) in FHIR {
        let mut found = vec![event];
        for step in path.split('.') {
            found = match step {
                "*" => found.iter().flat_map(|value| value.as_array().unwrap()).collect(),
                key => found.iter().map(|value| &value[key]).collect(),
            };
            assert!(!found.is_empty(), "{path}: nothing");
        }
        for value in found {
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            assert!(
                !value.is_null() && !text.is_empty(),
                "{path} lacks a value: {event}"
            );
            assert!(
                values.is_empty() || values.contains(&text.as_str()),
                "{path} is {text}"
            );
        }
    }
    event["recorded"]
        .as_str()
        .unwrap()
        .parse::<jiff::Timestamp>()
        .unwrap();
    let asks = event["agent"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|agent| agent["requestor"] == true);
    assert_eq!(asks.count(), 1, "one agent asks");
    // Invariant sev-1: a name or a query, and not both.
    assert!(event["entity"][0]["query"].is_null());
}
