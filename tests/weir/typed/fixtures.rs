//! What the fixtures hold, by the names of the standard.

use std::fs;
use std::path::Path;

use weir::hl7::Message;
use weir::hl7::datatype::ObservationValue;
use weir::hl7::segments::{Obr, Obx, Orc, Pid, Pv1, Rxe, Sch, Tq1};

fn fixture(name: &str) -> Message {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(name);
    Message::parse(fs::read(path).unwrap().into()).unwrap()
}

#[test]
fn a_patient() {
    let message = fixture("adt-a01.hl7");
    let pid: Pid<'_> = message.first().unwrap();
    let identifiers: Vec<_> = pid.patient_identifier_list().collect();
    let [identifier] = identifiers.as_slice() else {
        panic!("one identifier")
    };
    let authority = identifier.assigning_authority();
    assert_eq!(identifier.id_number().text().unwrap(), "900101");
    assert_eq!(authority.namespace_id().code().unwrap(), "NORTHTEST");
    assert_eq!(
        authority.universal_id().text().unwrap(),
        "2.16.840.1.113883.19.4.6"
    );
    assert_eq!(identifier.identifier_type_code().code().unwrap(), "MR");
    let name = pid.patient_name().next().unwrap();
    assert_eq!(name.family_name().surname().text().unwrap(), "TESTPATIENT");
    assert_eq!(name.given_name().text().unwrap(), "ANNA");
    assert_eq!(name.prefix().text(), None);
    let born = pid.datetime_of_birth().timestamp().unwrap().unwrap();
    assert_eq!(born.civil_date(), Some(jiff::civil::date(1984, 5, 12)));
    assert_eq!(born.civil_datetime(), None);
    assert_eq!(pid.administrative_sex().code().unwrap(), "F");
    let address = pid.patient_address().next().unwrap();
    assert_eq!(
        address
            .street_address()
            .street_or_mailing_address()
            .text()
            .unwrap(),
        "101 EXAMPLE STREET"
    );
    assert_eq!(pid.patient_alias().count(), 0);

    let visit: Pv1<'_> = message.first().unwrap();
    assert_eq!(visit.assigned_patient_location().bed().code().unwrap(), "A");
    let admitted = visit.admit_datetime().timestamp().unwrap().unwrap();
    assert_eq!(admitted.instant().unwrap().to_string(), "2026-03-02T13:00:00Z");
    assert_eq!(message.first::<Obx<'_>>().map(|_| ()), None);
}

#[test]
fn results() {
    let message = fixture("oru-r01-chemistry.hl7");
    let order: Obr<'_> = message.first().unwrap();
    assert_eq!(
        order.universal_service_identifier().identifier().text().unwrap(),
        "24323-8"
    );
    let shown: Vec<String> = message.all().flat_map(results_of).collect();
    let expected = [
        "182",
        "14",
        "0.91",
        "138",
        "6.4",
        "101",
        "9.2",
        "> 60",
        "1+ Slight",
    ];
    assert_eq!(shown, expected);
    let microbiology = fixture("oru-r01-microbiology.hl7");
    let shown: Vec<String> = microbiology.all().flat_map(results_of).take(4).collect();
    let expected = [
        "112283007 Escherichia coli",
        "> 100000",
        "78065002 Enterococcus faecalis",
        "10000 - 50000",
    ];
    assert_eq!(shown, expected);
}

fn results_of(obx: Obx<'_>) -> Vec<String> {
    obx.observation_value().map(result).collect()
}

fn result(value: ObservationValue<'_>) -> String {
    let shown = |parts: &[Option<String>]| parts.iter().flatten().cloned().collect::<Vec<_>>().join(" ");
    if let ObservationValue::Nm(number) = value {
        return number.number().unwrap().unwrap().to_string();
    }
    if let ObservationValue::Sn(number) = value {
        return shown(&[
            number.comparator().text().map(Into::into),
            number.num1().number().unwrap().map(|number| number.to_string()),
            number.separator_suffix().text().map(Into::into),
            number.num2().number().unwrap().map(|number| number.to_string()),
        ]);
    }
    let ObservationValue::Cwe(code) = value else {
        panic!("a number or a code: {value:?}")
    };
    shown(&[code.identifier().text(), code.text().text()].map(|text| text.map(Into::into)))
}

#[test]
fn a_document_within() {
    let message = fixture("oru-r01-pdf.hl7");
    let values: Vec<_> = message
        .all()
        .flat_map(|obx: Obx<'_>| obx.observation_value())
        .collect();
    let [ObservationValue::Ft(text), ObservationValue::Ed(document)] = values.as_slice() else {
        panic!("a text and a document: {values:?}");
    };
    assert_eq!(
        text.text().unwrap(),
        "Right lower lobe consolidation.\\.br\\No effusion & no pneumothorax."
    );
    assert_eq!(document.data_subtype().code().unwrap(), "pdf");
    assert_eq!(document.encoding().code().unwrap(), "Base64");
    assert!(document.data().text().unwrap().starts_with("JVBERi0xLjQK"));
}

#[test]
fn a_prescription_and_an_appointment() {
    let message = fixture("rde-o11.hl7");
    let (order, drug): (Orc<'_>, Rxe<'_>) = (message.first().unwrap(), message.first().unwrap());
    assert_eq!(order.order_control().code().unwrap(), "NW");
    assert_eq!(
        drug.give_code().text().text().unwrap(),
        "Amlodipine 5 MG Oral Tablet"
    );
    assert_eq!(drug.give_amount_minimum().decimal(), Ok(Some("1")));
    let timing: Tq1<'_> = message.first().unwrap();
    assert_eq!(
        timing
            .repeat_pattern()
            .next()
            .unwrap()
            .repeat_pattern_code()
            .identifier()
            .text()
            .unwrap(),
        "QD"
    );
    let message = fixture("siu-s12.hl7");
    let schedule: Sch<'_> = message.first().unwrap();
    assert_eq!(
        schedule
            .placer_appointment_id()
            .entity_identifier()
            .text()
            .unwrap(),
        "AP400701"
    );
    assert_eq!(schedule.appointment_duration().decimal(), Ok(Some("30")));
}

#[test]
fn versions_read_alike() {
    let [old, new] = ["adt-a04-v2.3.hl7", "adt-a08-v2.7.hl7"].map(fixture);
    for message in [&old, &new] {
        let pid: Pid<'_> = message.first().unwrap();
        let name = pid.patient_name().next().unwrap();
        assert!(name.family_name().surname().text().is_some());
        assert!(
            pid.patient_identifier_list()
                .next()
                .unwrap()
                .id_number()
                .text()
                .is_some()
        );
        assert_eq!(pid.administrative_sex().code().map(|sex| sex.len()), Some(1));
        assert!(pid.datetime_of_birth().timestamp().unwrap().is_some());
    }
}
