//! A record as an `AuditEvent` of FHIR R4, as the mapping of that resource to DICOM audit messages has it.

use serde_json::{Value, json};

use super::Source;
use super::dicom::{access_point, description, details, indicator, printable};
use super::event::{self, Code};
use crate::audit::Record;

const DCM: &str = "http://dicom.nema.org/resources/ontology/DCM";
const SOURCE_TYPE: &str = "http://terminology.hl7.org/CodeSystem/security-source-type";
const OBJECT_TYPE: &str = "http://terminology.hl7.org/CodeSystem/audit-entity-type";
const OBJECT_ROLE: &str = "http://terminology.hl7.org/CodeSystem/object-role";

/// Writes it.
pub(super) fn resource(record: &Record, source: &Source) -> Value {
    let event = event::of(&record.what);
    let (asks, weir) = event.roles();
    let (place, place_kind) = access_point(&record.from, source);
    let who = printable(&record.who);
    let asking = json!({
        "who": { "identifier": { "value": who } },
        "altId": who,
        "requestor": true,
        "network": { "address": printable(place), "type": place_kind },
    });
    let id = printable(&source.id);
    let own = json!({
        "type": { "coding": [coding(weir)] },
        "who": { "identifier": { "value": id } },
        "altId": std::process::id().to_string(),
        "requestor": false,
        "network": { "address": printable(&source.host), "type": "1" },
    });
    let from = json!({
        "observer": { "identifier": { "value": id } },
        "type": [{ "system": SOURCE_TYPE, "code": "4", "display": "Application Server" }],
    });
    let details = details(record).into_iter().filter(|(_, value)| !value.is_empty());
    let object = printable(&record.object);
    let entity = json!({
        "what": { "identifier": { "value": object } },
        "type": { "system": OBJECT_TYPE, "code": "2", "display": "System Object" },
        "role": { "system": OBJECT_ROLE, "code": event.object.code(), "display": event.object.meaning() },
        "name": object,
        "detail": details
            .map(|(kind, value)| json!({ "type": kind, "valueString": printable(&value) }))
            .collect::<Vec<_>>(),
    });
    let role = asks.map(|role| json!({ "coding": [coding(role)] }));
    let resource = json!({
        "resourceType": "AuditEvent",
        "type": coding(event.id),
        "action": event.action,
        "recorded": record.at,
        "outcome": indicator(record.outcome),
        "agent": [with(asking, "type", role), own],
        "source": with(from, "site", source.site.as_ref().map(|site| json!(printable(site)))),
        "entity": [entity],
    });
    let resource = with(resource, "subtype", event.kind.map(|kind| json!([coding(kind)])));
    with(
        resource,
        "outcomeDesc",
        description(record).map(|said| json!(printable(&said))),
    )
}

/// The same with one more member, where there is one.
fn with(mut object: Value, key: &str, value: Option<Value>) -> Value {
    if let (Value::Object(members), Some(value)) = (&mut object, value) {
        members.insert(key.to_owned(), value);
    }
    object
}

fn coding(Code { code, meaning }: Code) -> Value {
    json!({ "system": DCM, "code": code, "display": meaning })
}
