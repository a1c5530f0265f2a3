//! Facts known from the standard itself, which neither source nor generator was asked for.

use super::super::{Dictionary, ElementKind, Optionality, Version};

/// The field at a path, as `data type, optionality and repetition, name`; `-` if there is none.
#[track_caller]
fn check(version: Version, path: &str, expected: &str) {
    let found = Dictionary::of(version).field(&path.parse().unwrap());
    let shown = found.map_or("-".to_owned(), |field| {
        let repetitions = match field.repetitions_max {
            Some(1) => String::new(),
            Some(limit) => limit.to_string(),
            None => "*".to_owned(),
        };
        let table = field.table.map_or(String::new(), |table| format!(" {table:04}"));
        format!(
            "{} {}{repetitions}{table} {}",
            field.data_type,
            field.optionality.letter(),
            field.name
        )
    });
    assert_eq!(shown, expected, "{version} {path}");
}

#[test]
fn patient_identifiers_through_the_versions() {
    check(Version::V2_1, "PID-3", "CK R Patient id internal");
    check(Version::V2_2, "PID-3", "CM_PAT_ID R* Patient ID (Internal ID)");
    check(Version::V2_3, "PID-3", "CX R* Patient ID (Internal ID)");
    for version in Version::ALL
        .into_iter()
        .filter(|version| *version > Version::V2_3)
    {
        check(version, "PID-3", "CX R* Patient Identifier List");
        let name = Dictionary::of(version).field_name(&"PID-3.4.2".parse().unwrap());
        assert_eq!(name, Some("Universal ID"), "{version}");
    }
    check(Version::V2_6, "PID-2", "CX O Patient ID");
    for version in Version::ALL
        .into_iter()
        .filter(|version| *version > Version::V2_6)
    {
        check(version, "PID-2", " W Patient ID");
    }
}

#[test]
fn types_that_vary_and_types_that_came() {
    for version in Version::ALL {
        let value = Dictionary::of(version).field(&"OBX-5".parse().unwrap()).unwrap();
        assert_eq!(value.data_type, "varies", "{version}");
        check(version, "OBX-5.1", "-");
        let message_type = Dictionary::of(version).field(&"MSH-9".parse().unwrap()).unwrap();
        assert_eq!(message_type.optionality, Optionality::Required, "{version}");
        let is_msg = message_type.data_type == "MSG";
        assert_eq!(is_msg, version >= Version::V2_3_1, "{version}");
        assert_eq!(
            Dictionary::of(version).data_type("CX").is_some(),
            version >= Version::V2_3
        );
        assert_eq!(
            Dictionary::of(version).segment("SPM").is_some(),
            version >= Version::V2_5
        );
        assert_eq!(
            Dictionary::of(version).segment("PRT").is_some(),
            version >= Version::V2_7
        );
    }
    check(Version::V2_5_1, "PID-8.1", "IS O 0001 Administrative Sex");
    check(Version::V2_5_1, "PID-8.2", "-");
    check(Version::V2_5_1, "PID-7", "TS O Date/Time of Birth");
    check(Version::V2_7, "PID-7", "DTM O Date/Time of Birth");
    check(Version::V2_5_1, "PID-5.1.1", "ST R Surname");
    check(Version::V2_5_1, "OBR-4", "CE R Universal Service Identifier");
    check(Version::V2_8_2, "OBR-4", "CWE R Universal Service Identifier");
    check(
        Version::V2_5_1,
        "OBR-50",
        "CWE O Parent Universal Service Identifier",
    );
    check(Version::V2_5_1, "ZPI-1", "-");
    check(Version::V2_5_1, "PID-99", "-");
}

#[test]
fn tables() {
    let check = |version: Version, number: u16, code: &str, expected: Option<(&str, bool)>| {
        let table = Dictionary::of(version).table(number).unwrap();
        let found = table
            .code(code)
            .map(|code| (code.description, table.is_of_version));
        assert_eq!(found, expected, "{version} {number} {code}");
    };
    check(Version::V2_5_1, 1, "F", Some(("Female", true)));
    check(Version::V2_3_1, 1, "A", None);
    check(Version::V2_1, 1, "F", Some(("Female", false)));
    check(Version::V2_5_1, 76, "ADT", Some(("ADT message", true)));
    check(Version::V2_4, 76, "SDR", None);
    check(
        Version::V2_7_1,
        8,
        "CA",
        Some(("Enhanced mode: Accept acknowledgment: Commit Accept", true)),
    );
    let dictionary = Dictionary::of(Version::V2_5_1);
    assert!(dictionary.table(9999).is_none());
    // Without codes, without an end (`...`), and of no version.
    for (number, is_complete) in [(1, true), (8, true), (182, false), (189, false)] {
        assert_eq!(
            dictionary.table(number).unwrap().is_complete(),
            is_complete,
            "{number}"
        );
    }
    assert!(!Dictionary::of(Version::V2_2).table(1).unwrap().is_complete());
}

#[test]
fn structures_of_trigger_events() {
    let check = |version: Version, message_type: &str, event: &str, expected: Option<&str>| {
        let found = Dictionary::of(version).structure_of(message_type, event);
        assert_eq!(
            found.map(|structure| structure.name),
            expected,
            "{version} {message_type}^{event}"
        );
    };
    for version in Version::ALL {
        check(version, "ORU", "R01", Some("ORU_R01"));
        check(version, "ACK", "A01", Some("ACK"));
        check(version, "ACK", "", Some("ACK"));
        check(version, "XYZ", "A01", None);
        check(version, "ADT", "Z99", None);
    }
    for version in Version::ALL
        .into_iter()
        .filter(|version| *version >= Version::V2_3)
    {
        check(version, "ADT", "A04", Some("ADT_A01"));
        check(version, "ADT", "A08", Some("ADT_A01"));
        check(version, "ADT", "A11", Some("ADT_A09"));
        check(version, "ADT", "A40", Some("ADT_A39"));
        check(version, "MDM", "T08", Some("MDM_T02"));
    }
    check(Version::V2_3, "ADT", "A28", Some("ADT_A01"));
    check(Version::V2_5, "ADT", "A28", Some("ADT_A05"));
    check(Version::V2_4, "SIU", "S14", Some("SIU_S14"));
    check(Version::V2_3, "SIU", "S14", Some("SIU_S12"));
    check(Version::V2_2, "ORM", "", Some("ORM_O01"));
}

#[test]
fn the_tree_of_a_structure() {
    let structure = Dictionary::of(Version::V2_5_1).structure("ORU_R01").unwrap();
    let top: Vec<_> = structure.elements().map(|element| element.name()).collect();
    assert_eq!(top, ["MSH", "SFT", "PATIENT_RESULT", "DSC"]);
    let result = structure.elements().nth(2).unwrap();
    assert_eq!(
        (result.kind(), result.min(), result.max()),
        (ElementKind::Group, 1, None)
    );
    let inner: Vec<_> = result.children().map(|element| element.name()).collect();
    assert_eq!(inner, ["PATIENT", "ORDER_OBSERVATION"]);
    let order = result.children().nth(1).unwrap();
    let of_order: Vec<_> = order.children().map(|element| element.name()).collect();
    let expected = [
        "ORC",
        "OBR",
        "NTE",
        "TIMING_QTY",
        "CTD",
        "OBSERVATION",
        "FT1",
        "CTI",
        "SPECIMEN",
    ];
    assert_eq!(of_order, expected);
    assert_eq!(order.children().next().unwrap().children().count(), 0);
}

#[test]
fn what_is_required_as_it_is_printed() {
    let check = |version: Version, path: &str, letter: char| {
        let field = Dictionary::of(version).field(&path.parse().unwrap()).unwrap();
        assert_eq!(field.optionality.letter(), letter, "{version} {path}");
    };
    for (path, letter) in [
        ("ORC-7", 'O'),
        ("OBR-27", 'O'),
        ("OM3-7", 'O'),
        ("RXG-2", 'O'),
        ("RXG-1", 'R'),
        ("EVN-2", 'R'),
        ("IN1-2", 'R'),
        ("PR1-3", 'R'),
        ("PR1-5", 'R'),
        ("QRD-1", 'R'),
        ("OM1-2", 'R'),
        ("OM1-4", 'R'),
        ("OM1-8", 'R'),
    ] {
        check(Version::V2_3, path, letter);
    }
    for path in [
        "ORC-1", "CTD-1", "RDT-1", "LCH-5", "OM1-2", "OM1-4", "OM1-5", "OM1-8",
    ] {
        check(Version::V2_3_1, path, 'R');
    }
    for version in [Version::V2_3_1, Version::V2_7, Version::V2_8] {
        check(version, "OBX-2", 'C');
        check(version, "OBX-4", 'C');
    }
}

#[test]
fn codes_that_stand_for_more_and_codes_that_are_none() {
    let table = |version: Version, number: u16| Dictionary::of(version).table(number).unwrap();
    let types = table(Version::V2_5_1, 301);
    assert!(["L", "M", "N"].iter().all(|code| types.code(code).is_some()));
    assert!(types.code("L,M,N").is_none() && types.code("CLIA").is_none());
    assert!(types.is_of_later_version("CLIA") && !types.is_of_later_version("ISO"));
    assert!(!table(Version::V2_7, 301).is_of_later_version("CLIA"));
    // NNxxx: a national number of a country.
    assert!(!table(Version::V2_5_1, 203).is_complete());
    for number in [88, 340] {
        assert!(table(Version::V2_8, number).codes.is_empty(), "{number}");
    }
    for version in Version::ALL {
        for number in [203, 725] {
            let codes = Dictionary::of(version)
                .table(number)
                .map_or(&[][..], |table| &table.codes);
            assert!(
                codes.iter().all(|code| !code.code.contains(' ')),
                "{version} {number}"
            );
        }
    }
}
