//! A record as an `AuditEvent` of FHIR R4, as the mapping of that resource to DICOM audit messages has it.

use serde_json::{Value, json};

use super::Source;
use super::dicom::{access_point, description, details, indicator};
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
    let mut resource = json!({
        "resourceType": "AuditEvent",
        "type": coding(event.id),
        "action": event.action,
        "recorded": record.at,
        "outcome": indicator(record.outcome),
        "agent": [
            {
                "who": { "identifier": { "value": record.who } },
                "altId": record.who,
                "requestor": true,
                "network": { "address": place, "type": place_kind },
            },
            {
                "type": { "coding": [coding(weir)] },
                "who": { "identifier": { "value": source.id } },
                "altId": std::process::id().to_string(),
                "requestor": false,
                "network": { "address": source.host, "type": "1" },
            },
        ],
        "source": {
            "observer": { "identifier": { "value": source.id } },
            "type": [{ "system": SOURCE_TYPE, "code": "4", "display": "Application Server" }],
        },
        "entity": [{
            "what": { "identifier": { "value": record.object } },
            "type": { "system": OBJECT_TYPE, "code": "2", "display": "System Object" },
            "role": { "system": OBJECT_ROLE, "code": event.object.code(), "display": event.object.meaning() },
            "name": record.object,
            "detail": details(record)
                .into_iter()
                .filter(|(_, value)| !value.is_empty())
                .map(|(kind, value)| json!({ "type": kind, "valueString": value }))
                .collect::<Vec<_>>(),
        }],
    });
    if let Some(kind) = event.kind {
        resource["subtype"] = json!([coding(kind)]);
    }
    if let Some(said) = description(record) {
        resource["outcomeDesc"] = json!(said);
    }
    if let Some(role) = asks {
        resource["agent"][0]["type"] = json!({ "coding": [coding(role)] });
    }
    if let Some(site) = &source.site {
        resource["source"]["site"] = json!(site);
    }
    resource
}

fn coding(Code { code, meaning }: Code) -> Value {
    json!({ "system": DCM, "code": code, "display": meaning })
}
