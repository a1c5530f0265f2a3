//! A record as an audit message of DICOM PS3.15, A.5.1: XML, written by a library and never read.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use quick_xml::events::BytesText;
use quick_xml::writer::Writer;

use super::Source;
use super::event::{self, Code, Event};
use crate::audit::{Outcome, Record};

/// Writes it.
pub(super) fn message(record: &Record, source: &Source) -> String {
    let mut writer = Writer::new(Vec::new());
    write(&mut writer, record, source).expect("memory takes what is written");
    let text = String::from_utf8(writer.into_inner()).expect("only texts were written");
    format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>{text}")
}

type Out = Writer<Vec<u8>>;

fn write(writer: &mut Out, record: &Record, source: &Source) -> std::io::Result<()> {
    let event = event::of(&record.what);
    writer
        .create_element("AuditMessage")
        .write_inner_content(|writer| {
            identification(writer, record, &event)?;
            participants(writer, record, &event, source)?;
            let id = [("AuditSourceID", source.id.as_str())];
            let site = source
                .site
                .iter()
                .map(|site| ("AuditEnterpriseSiteID", site.as_str()));
            let element = writer.create_element("AuditSourceIdentification");
            let attributes: Vec<_> = site.chain(id).map(clean).collect();
            element
                .with_attributes(borrowed(&attributes))
                .write_inner_content(|writer| {
                    let code = [("csd-code", "4")];
                    writer
                        .create_element("AuditSourceTypeCode")
                        .with_attributes(code)
                        .write_empty()
                        .map(drop)
                })?;
            object(writer, record, &event)
        })
        .map(drop)
}

fn identification(writer: &mut Out, record: &Record, event: &Event) -> std::io::Result<()> {
    let attributes = [
        ("EventActionCode", event.action),
        ("EventDateTime", record.at.as_str()),
        ("EventOutcomeIndicator", indicator(record.outcome)),
    ];
    let element = writer.create_element("EventIdentification");
    element
        .with_attributes(attributes)
        .write_inner_content(|writer| {
            code(writer, "EventID", event.id)?;
            if let Some(kind) = event.kind {
                code(writer, "EventTypeCode", kind)?;
            }
            match description(record) {
                None => Ok(()),
                Some(text) => {
                    let text = printable(&text);
                    let element = writer.create_element("EventOutcomeDescription");
                    element.write_text_content(BytesText::new(&text)).map(drop)
                }
            }
        })?;
    Ok(())
}

fn participants(writer: &mut Out, record: &Record, event: &Event, source: &Source) -> std::io::Result<()> {
    let (asks, weir) = event.roles();
    let (place, place_kind) = access_point(&record.from, source);
    let attributes = [
        ("UserID", record.who.as_str()),
        ("UserIsRequestor", "true"),
        ("NetworkAccessPointID", place),
        ("NetworkAccessPointTypeCode", place_kind),
    ];
    participant(writer, &attributes, asks)?;
    let process = std::process::id().to_string();
    let attributes = [
        ("UserID", source.id.as_str()),
        ("AlternativeUserID", process.as_str()),
        ("UserIsRequestor", "false"),
        ("NetworkAccessPointID", source.host.as_str()),
        ("NetworkAccessPointTypeCode", "1"),
    ];
    participant(writer, &attributes, Some(weir))
}

fn participant(writer: &mut Out, attributes: &[(&str, &str)], role: Option<Code>) -> std::io::Result<()> {
    let attributes: Vec<_> = attributes.iter().copied().map(clean).collect();
    let element = writer
        .create_element("ActiveParticipant")
        .with_attributes(borrowed(&attributes));
    match role {
        None => element.write_empty().map(drop),
        Some(role) => element
            .write_inner_content(|writer| code(writer, "RoleIDCode", role))
            .map(drop),
    }
}

/// What it is about, and the record itself: with its number and hash whoever gets it twice knows it again.
fn object(writer: &mut Out, record: &Record, event: &Event) -> std::io::Result<()> {
    let attributes = [
        ("ParticipantObjectID", record.object.as_str()),
        ("ParticipantObjectTypeCode", "2"),
        ("ParticipantObjectTypeCodeRole", event.object.code()),
    ]
    .map(clean);
    let element = writer.create_element("ParticipantObjectIdentification");
    element
        .with_attributes(borrowed(&attributes))
        .write_inner_content(|writer| {
            let uri = [
                ("csd-code", "12"),
                ("codeSystemName", "RFC-3881"),
                ("originalText", "URI"),
            ];
            writer
                .create_element("ParticipantObjectIDTypeCode")
                .with_attributes(uri)
                .write_empty()?;
            let name = printable(&record.object);
            writer
                .create_element("ParticipantObjectName")
                .write_text_content(BytesText::new(&name))?;
            for (kind, value) in details(record) {
                let value = BASE64.encode(value);
                let pair = [("type", kind), ("value", value.as_str())];
                writer
                    .create_element("ParticipantObjectDetail")
                    .with_attributes(pair)
                    .write_empty()?;
            }
            Ok(())
        })?;
    Ok(())
}

fn code(writer: &mut Out, name: &str, Code { code, meaning }: Code) -> std::io::Result<()> {
    let attributes = [
        ("csd-code", code),
        ("codeSystemName", "DCM"),
        ("originalText", meaning),
    ];
    writer
        .create_element(name)
        .with_attributes(attributes)
        .write_empty()
        .map(drop)
}

/// `EventOutcomeIndicator`: success, minor failure, serious failure.
pub(super) fn indicator(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Allowed => "0",
        Outcome::Refused => "4",
        Outcome::Failed => "8",
    }
}

/// Why it did not come off, in words.
pub(super) fn description(record: &Record) -> Option<String> {
    if record.outcome == Outcome::Allowed {
        return None;
    }
    let said = record.detail.as_deref().map(|detail| format!(": {detail}"));
    Some(format!("{}{}", record.outcome.as_str(), said.unwrap_or_default()))
}

/// Where somebody came from, and what sort of place that is: the name of a machine, or an address of IP.
pub(super) fn access_point<'a>(from: &'a str, source: &'a Source) -> (&'a str, &'static str) {
    let is_address = from.parse::<std::net::IpAddr>().is_ok();
    if is_address {
        (from, "2")
    } else {
        (&source.host, "1")
    }
}

/// What else a record says, by name.
pub(super) fn details(record: &Record) -> Vec<(&'static str, String)> {
    let mut details = vec![
        ("record", record.number.to_string()),
        ("hash", record.hash.clone()),
        ("what", record.what.clone()),
        ("from", record.from.clone()),
    ];
    details.extend(record.reason.clone().map(|reason| ("reason", reason)));
    details.extend(record.detail.clone().map(|detail| ("detail", detail)));
    details.extend(record.of.map(|of| ("of", of.to_string())));
    details
}

/// Without what XML 1.0 cannot hold, however it is written, nor a text of FHIR.
pub(super) fn printable(text: &str) -> String {
    let is_held = |letter: char| matches!(letter, '\t' | '\n' | '\r' | ' '..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'..);
    let letters = text.chars();
    letters
        .map(|letter| if is_held(letter) { letter } else { '\u{FFFD}' })
        .collect()
}

fn clean<'n>((name, value): (&'n str, &str)) -> (&'n str, String) {
    (name, printable(value))
}

fn borrowed<'a>(attributes: &'a [(&'a str, String)]) -> impl Iterator<Item = (&'a str, &'a str)> {
    attributes.iter().map(|(name, value)| (*name, value.as_str()))
}
