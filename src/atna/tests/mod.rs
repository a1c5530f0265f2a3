//! What is sent of every kind of record, judged by what the standards want; no record has a name that is not known.

pub(crate) mod schema;
mod spool;

use base64::Engine as _;
use expect_test::expect;

use super::*;
use crate::audit::{Outcome, Record};

fn source() -> Source {
    Source {
        id: "hub <north> & \"south\"".to_owned(),
        site: Some("North".to_owned()),
        host: "hub-1".to_owned(),
    }
}

fn record(what: &str, outcome: Outcome) -> Record {
    Record {
        number: 17,
        at: "2026-11-23T08:05:09.123456789Z".to_owned(),
        who: "user:anna".to_owned(),
        from: "10.0.0.7".to_owned(),
        what: what.to_owned(),
        object: "destinations/ehr/queue/17?<a>&\u{1}".to_owned(),
        reason: Some("the ward asked f\u{fc}r it\u{0}\u{b}".to_owned()),
        outcome,
        detail: Some("answered 404".to_owned()),
        of: Some(16),
        previous: "0".repeat(64),
        hash: "a".repeat(64),
    }
}

/// Every kind of record, and one that this weir does not know, with every outcome.
fn records() -> impl Iterator<Item = Record> {
    let names = event::tests::names().chain(["from.tomorrow"]);
    names.flat_map(|what| {
        [Outcome::Allowed, Outcome::Refused, Outcome::Failed].map(|outcome| record(what, outcome))
    })
}

#[test]
fn every_event_of_dicom_is_as_its_schema_says() {
    for record in records() {
        let message = schema::parse(&dicom::message(&record, &source()));
        schema::check_dicom(&message);
        let object = message.only("ParticipantObjectIdentification");
        assert_eq!(
            object.attributes["ParticipantObjectID"],
            "destinations/ehr/queue/17?<a>&\u{FFFD}"
        );
        let from = message.only("AuditSourceIdentification");
        assert_eq!(from.attributes["AuditSourceID"], source().id);
        let said: Vec<_> = object
            .inner
            .iter()
            .filter(|detail| detail.name == "ParticipantObjectDetail")
            .map(|detail| {
                let value = base64::engine::general_purpose::STANDARD.decode(&detail.attributes["value"]);
                (
                    detail.attributes["type"].clone(),
                    String::from_utf8(value.unwrap()).unwrap(),
                )
            })
            .collect();
        assert!(said.contains(&("record".to_owned(), "17".to_owned())), "{said:?}");
        assert!(
            said.contains(&("what".to_owned(), record.what.clone())),
            "{said:?}"
        );
    }
}

#[test]
fn every_event_of_fhir_is_as_the_resource_wants() {
    for record in records() {
        let resource = fhir::resource(&record, &source());
        schema::check_fhir(&resource);
        let text = resource.to_string();
        // JSON has no other way to write them.
        assert!(!text.contains("\\u00"), "{text}");
        assert!(text.contains("asked f\u{fc}r it\u{FFFD}\u{FFFD}"), "{text}");
    }
    // Somebody on this machine has no address.
    let local = Record {
        from: "control socket".to_owned(),
        ..record("reload", Outcome::Allowed)
    };
    let network = &fhir::resource(&local, &source())["agent"][0]["network"];
    assert_eq!(network.to_string(), r#"{"address":"hub-1","type":"1"}"#);
}

#[test]
fn every_name_that_is_written_down_beside_the_api_is_known() {
    let mut found = std::collections::BTreeSet::new();
    let mut folders = vec![PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/src"))];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() && !path.ends_with("tests") {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs")
                && !path.ends_with("tests.rs")
            {
                let text = std::fs::read_to_string(&path).unwrap();
                let text = text.split("\nmod tests {").next().unwrap();
                let text: String = text.chars().filter(|letter| !letter.is_whitespace()).collect();
                for way in [
                    "by_weir(\"",
                    "refusals.note(\"",
                    "source.record(\"",
                    "constWHAT:&str=\"",
                ] {
                    let names = text
                        .split(way)
                        .skip(1)
                        .map(|rest| rest.split('"').next().unwrap());
                    found.extend(names.filter(|name| !name.is_empty()).map(str::to_owned));
                }
            }
        }
    }
    for name in [
        "start",
        "node.refused",
        "archive.purge",
        "archive.encrypt",
        "audit.delete",
    ] {
        assert!(found.contains(name), "{name} is not found any more: {found:?}");
    }
    let unknown: Vec<_> = found.iter().filter(|name| !is_known(name)).collect();
    assert!(unknown.is_empty(), "not in src/atna/event.rs: {unknown:?}");
}

#[test]
fn a_message_of_syslog_has_its_header() {
    let shown = |record: &Record| {
        let message = syslog::message(record, &source());
        let (header, xml) = message.split_once('\u{FEFF}').unwrap();
        schema::check_dicom(&schema::parse(xml));
        header.replace(&std::process::id().to_string(), "PROCESS")
    };
    expect![[r#"<85>1 2026-11-23T08:05:09.123456Z hub-1 weir PROCESS IHE+RFC-3881 [meta sequenceId="17"] "#]]
        .assert_eq(&shown(&record("start", Outcome::Allowed)));
    let wrapped = Record {
        number: 2_147_483_648,
        ..record("session.begin", Outcome::Refused)
    };
    expect![[r#"<84>1 2026-11-23T08:05:09.123456Z hub-1 weir PROCESS IHE+RFC-3881 [meta sequenceId="1"] "#]]
        .assert_eq(&shown(&wrapped));
}

#[test]
fn a_login_is_written_so() {
    let login = Record {
        object: "session".to_owned(),
        reason: None,
        detail: None,
        of: None,
        ..record("session.begin", Outcome::Refused)
    };
    let plain = Source {
        id: "hub".to_owned(),
        site: None,
        ..source()
    };
    let process = format!("\"{}\"", std::process::id());
    let xml = dicom::message(&login, &plain)
        .replace(&process, "\"PROCESS\"")
        .replace('>', ">\n");
    expect![[r#"
        <?xml version="1.0" encoding="UTF-8"?>
        <AuditMessage>
        <EventIdentification EventActionCode="E" EventDateTime="2026-11-23T08:05:09.123456789Z" EventOutcomeIndicator="4">
        <EventID csd-code="110114" codeSystemName="DCM" originalText="User Authentication"/>
        <EventTypeCode csd-code="110122" codeSystemName="DCM" originalText="Login"/>
        <EventOutcomeDescription>
        refused</EventOutcomeDescription>
        </EventIdentification>
        <ActiveParticipant UserID="user:anna" UserIsRequestor="true" NetworkAccessPointID="10.0.0.7" NetworkAccessPointTypeCode="2"/>
        <ActiveParticipant UserID="hub" AlternativeUserID="PROCESS" UserIsRequestor="false" NetworkAccessPointID="hub-1" NetworkAccessPointTypeCode="1">
        <RoleIDCode csd-code="110150" codeSystemName="DCM" originalText="Application"/>
        </ActiveParticipant>
        <AuditSourceIdentification AuditSourceID="hub">
        <AuditSourceTypeCode csd-code="4"/>
        </AuditSourceIdentification>
        <ParticipantObjectIdentification ParticipantObjectID="session" ParticipantObjectTypeCode="2" ParticipantObjectTypeCodeRole="11">
        <ParticipantObjectIDTypeCode csd-code="12" codeSystemName="RFC-3881" originalText="URI"/>
        <ParticipantObjectName>
        session</ParticipantObjectName>
        <ParticipantObjectDetail type="record" value="MTc="/>
        <ParticipantObjectDetail type="hash" value="YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYQ=="/>
        <ParticipantObjectDetail type="what" value="c2Vzc2lvbi5iZWdpbg=="/>
        <ParticipantObjectDetail type="from" value="MTAuMC4wLjc="/>
        </ParticipantObjectIdentification>
        </AuditMessage>
    "#]].assert_eq(&xml);
}
