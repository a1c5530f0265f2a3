//! What `weir explain` prints, word by word.

use expect_test::{Expect, expect};

use super::*;

fn explained(word: &str, version: Version) -> Result<String, String> {
    let mut out = Vec::new();
    let explain = Explain {
        word: word.to_owned(),
        version,
    };
    match explain.run(&mut out) {
        Ok(_) => Ok(String::from_utf8(out).unwrap()),
        Err(CannotRun::Because(why)) => Err(why),
        Err(CannotRun::Told | CannotRun::OutputClosed) => Err("nothing".to_owned()),
    }
}

fn check(word: &str, expected: &Expect) {
    let shown = explained(word, Version::COMMON).unwrap_or_else(|why| format!("error: {why}"));
    expected.assert_eq(&shown);
}

#[test]
fn a_trigger_event_lists_its_messages() {
    check(
        "A08",
        &expect![[r"
        A08  ADT/ACK - Update patient information  (HL7 2.5.1)
          ADT^A08  ADT_A01
    "]],
    );
    check(
        "r01",
        &expect![[r"
        R01  ORU/ACK - Unsolicited transmission of an observation message  (HL7 2.5.1)
          ORU^R01  ORU_R01
    "]],
    );
}

#[test]
fn fields_and_their_parts() {
    check(
        "PID-3",
        &expect![[r"
        PID-3  Patient Identifier List  (HL7 2.5.1)
          data type    CX  Extended Composite ID with Check Digit
          optionality  required
          repetitions  repeats
          length       up to 250

          PID-3.1   ID Number                       ST   R
          PID-3.2   Check Digit                     ST   O
          PID-3.3   Check Digit Scheme              ID   O  table 0061
          PID-3.4   Assigning Authority             HD   O  table 0363
          PID-3.5   Identifier Type Code            ID   O  table 0203
          PID-3.6   Assigning Facility              HD   O
          PID-3.7   Effective Date                  DT   O
          PID-3.8   Expiration Date                 DT   O
          PID-3.9   Assigning Jurisdiction          CWE  O
          PID-3.10  Assigning Agency or Department  CWE  O
    "]],
    );
    check(
        "pid-3.4",
        &expect![[r"
        PID-3.4  Assigning Authority  (HL7 2.5.1)
          data type    HD  Hierarchic Designator
          optionality  optional
          repetitions  does not repeat
          length       up to 227
          table        0363

          PID-3.4.1  Namespace ID       IS  O  table 0300
          PID-3.4.2  Universal ID       ST  C
          PID-3.4.3  Universal ID Type  ID  C  table 0301
    "]],
    );
    check(
        "PID-3.4.2",
        &expect![[r"
        PID-3.4.2  Universal ID  (HL7 2.5.1)
          data type    ST  String Data
          optionality  conditional
          repetitions  does not repeat
          length       up to 199
    "]],
    );
    check(
        "OBX-5",
        &expect![[r"
        OBX-5  Observation Value  (HL7 2.5.1)
          data type    varies
          optionality  optional
          repetitions  repeats
          length       up to 99999
    "]],
    );
}

#[test]
fn segments_and_data_types() {
    check(
        "MSA",
        &expect![[r"
        MSA  Message Acknowledgment  (HL7 2.5.1)
          MSA-1  Acknowledgment Code          ID  R  table 0008
          MSA-2  Message Control ID           ST  R
          MSA-3  Text Message                 ST  O
          MSA-4  Expected Sequence Number     NM  O
          MSA-5  Delayed Acknowledgment Type      W
          MSA-6  Error Condition              CE  O  table 0357
    "]],
    );
    check(
        "HD",
        &expect![[r"
        HD  Hierarchic Designator  (HL7 2.5.1)
          HD.1  Namespace ID       IS  O  table 0300
          HD.2  Universal ID       ST  C
          HD.3  Universal ID Type  ID  C  table 0301
    "]],
    );
    check(
        "ST",
        &expect![[r"
        ST  String Data  (HL7 2.5.1)
          a data type without components
    "]],
    );
}

#[test]
fn structures_and_messages() {
    check(
        "ORU_R01",
        &expect![[r"
        ORU_R01  Unsolicited transmission of an observation message  (HL7 2.5.1)
          MSH                              1..1  Message Header
          SFT                              0..*  Software Segment
          PATIENT_RESULT                   1..*  group
            PATIENT                        0..1  group
              PID                          1..1  Patient Identification
              PD1                          0..1  Patient Additional Demographic
              NTE                          0..*  Notes and Comments
              NK1                          0..*  Next of Kin/Associated Parties
              VISIT                        0..1  group
                PV1                        1..1  Patient Visit
                PV2                        0..1  Patient Visit - Additional Information
            ORDER_OBSERVATION              1..*  group
              ORC                          0..1  Common Order
              OBR                          1..1  Observation Request
              NTE                          0..*  Notes and Comments
              TIMING_QTY                   0..*  group
                TQ1                        1..1  Timing/Quantity
                TQ2                        0..*  Timing/Quantity Relationship
              CTD                          0..1  Contact Data
              OBSERVATION                  0..*  group
                OBX                        1..1  Observation/Result
                NTE                        0..*  Notes and Comments
              FT1                          0..*  Financial Transaction
              CTI                          0..*  Clinical Trial Identification
              SPECIMEN                     0..*  group
                SPM                        1..1  Specimen
                OBX                        0..*  Observation/Result
          DSC                              0..1  Continuation Pointer
    "]],
    );
    check(
        "ADT^A40",
        &expect![[r"
        ADT^A40  ADT/ACK - Merge patient - patient identifier list  (HL7 2.5.1)
        has the structure

        ADT_A39  Merge person - patient id  (HL7 2.5.1)
          MSH                              1..1  Message Header
          SFT                              0..*  Software Segment
          EVN                              1..1  Event Type
          PATIENT                          1..*  group
            PID                            1..1  Patient Identification
            PD1                            0..1  Patient Additional Demographic
            MRG                            1..1  Merge Patient Information
            PV1                            0..1  Patient Visit
    "]],
    );
    check(
        "MDM",
        &expect![[r"
        MDM  Medical document management  (HL7 2.5.1)
          MDM^T01  MDM_T01   MDM/ACK - Original document notification
          MDM^T02  MDM_T02   MDM/ACK - Original document notification and content
          MDM^T03  MDM_T01   MDM/ACK - Document status change notification
          MDM^T04  MDM_T02   MDM/ACK - Document status change notification and content
          MDM^T05  MDM_T01   MDM/ACK - Document addendum notification
          MDM^T06  MDM_T02   MDM/ACK - Document addendum notification and content
          MDM^T07  MDM_T01   MDM/ACK - Document edit notification
          MDM^T08  MDM_T02   MDM/ACK - Document edit notification and content
          MDM^T09  MDM_T01   MDM/ACK - Document replacement notification
          MDM^T10  MDM_T02   MDM/ACK - Document replacement notification and content
          MDM^T11  MDM_T01   MDM/ACK - Document cancel notification
    "]],
    );
}

#[test]
fn tables() {
    check(
        "0155",
        &expect![[r"
            0155  Accept/application acknowledgment conditions  (HL7 2.5.1)
              AL  Always
              ER  Error/reject conditions only
              NE  Never
              SU  Successful completion only
        "]],
    );
    assert_eq!(
        explained("HL70155", Version::COMMON),
        explained("155", Version::COMMON)
    );
    assert!(
        explained("0001", Version::V2_2)
            .unwrap()
            .contains("the codes are of no version")
    );
}

#[test]
fn problems_of_a_site() {
    check(
        "port-zero",
        &expect![[r"
            port-zero
              Port 0 lets the system choose another port at each start, so no sender could be told where to
              connect. It is allowed on a loopback address, for tests.
        "]],
    );
}

#[test]
fn what_there_is_not() {
    check(
        "PIDD",
        &expect![
            "error: PIDD: no word of HL7 2.5.1, no step, function, setting or problem; perhaps PID, PIP"
        ],
    );
    check(
        "PID-99",
        &expect!["error: PID-99: no word of HL7 2.5.1, no step, function, setting or problem; perhaps PID"],
    );
    check(
        "ADT^Z99",
        &expect![
            "error: ADT^Z99: no word of HL7 2.5.1, no step, function, setting or problem; perhaps ADT_A09"
        ],
    );
    check(
        "port-zer",
        &expect![
            "error: port-zer: no word of HL7 2.5.1, no step, function, setting or problem; perhaps port-zero"
        ],
    );
}

#[test]
fn steps_and_settings() {
    let page = explained("remove", Version::COMMON).unwrap();
    assert!(page.starts_with("remove  (a step)\n  takes segments"), "{page}");
    assert!(page.contains("\n  example\n    - remove: [NK1"), "{page}");
    check(
        "destinations.lab.retry",
        &expect![[r"
        destinations.retry  (a setting)
          How long to wait before another attempt.

          value     a mapping of keys and values

          keys
          first    After the first failure, as `1s` (the default)
          longest  Never longer than this, as `60s` (the default)
    "]],
    );
    check(
        "await",
        &expect![[r"
        destinations.mllp.await  (a setting)
          Which acknowledgment completes a delivery: the first (`accept`, the default), or, after an accept
          acknowledgment (CA), only the `application` acknowledgment that follows it on the same connection.

          value     one of these words

          accept       The first that comes.
          application  AA, AE or AR; CA only promises it.
    "]],
    );
    check(
        "routes.adt-to-lab.steps[2].translate.otherwise",
        &expect![[r"
        routes.steps.translate.otherwise  (a setting)
          What a field gets for a code that is not in the table, or has an empty cell there.

          value     `fail`, `keep`, `clear` or a mapping of keys and values

          keys
          value  The value that the field gets
    "]],
    );
    check(
        "upper",
        &expect![[r#"
        upper(TEXT)
          the text in capitals

          upper(MSH-4)  WEST

          with the message
            MSH|^~\&|LAB|West|||20261122142530+0100||ORU^R01^ORU_R01|42|P|2.5.1
            PID|1||12^^^WEST^MR~34^^^SSA^SS||DOE^ANNA||19800102|""|||1 MAIN ST||5551234567
            PV1|1|I|7W
            OBX|1|NM|GLU^Glucose||5.60|mmol/L|||||F
            OBX|2|NM|NA^Sodium||140|mmol/L|||||F
            OBX|3|TX|CMT^Comment||taken \T\ kept cold||||||P
            NTE|1||first line
            NTE|2||second line
    "#]],
    );
    check(
        "retri",
        &expect!["error: retri: no word of HL7 2.5.1, no step, function, setting or problem; perhaps retry"],
    );
    check(
        "destination.retry",
        &expect![
            "error: destination.retry: no word of HL7 2.5.1, no step, function, setting or problem; perhaps destinations.retry, destination-loop"
        ],
    );
}

/// Whatever is listed is explained.
#[test]
fn every_word_that_is_listed() {
    for doc in FUNCTIONS.iter().chain(OPERATORS) {
        let page = explained(doc.name, Version::COMMON).unwrap();
        assert!(page.contains("with the message"), "{}", doc.name);
    }
    let settings = config::settings();
    let paths = settings.iter().map(|setting| setting.path.as_str());
    let steps = DOCS.iter().map(|doc| doc.kind);
    let problems = ProblemName::ALL.iter().map(|name| name.as_str());
    for word in paths.chain(steps).chain(problems) {
        let page = explained(word, Version::COMMON).unwrap();
        let is_page = page.lines().count() >= 2 && page.contains(word);
        assert!(is_page, "{word}: {page}");
    }
}
