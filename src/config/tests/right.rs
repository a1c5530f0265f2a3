//! Right sites, and what they become.

use std::net::SocketAddr;
use std::time::Duration;

use super::*;
use crate::config::{
    AcknowledgmentMode, BatchAcknowledgment, BatchMode, Batches, Continuation, CountMismatch, Malformed,
    NakAction, NakEnd, NakPolicy, OnFault, Order, Pace, Unrouted,
};
use crate::hl7::dictionary::Version;
use crate::hl7::{Charset, Expected, Message, Terminators};
use crate::route::Outcome;
use crate::{destination, step};

const SITE: &str = "
engine: { data: ../data, console: { bind: 127.0.0.1:9000 }, read_bytes_max: 64MiB }
listeners:
  adt-in:
    mllp: { bind: 127.0.0.1:2575, acknowledgment: enhanced_aa, frame_bytes_max: 1MiB }
    permit: { messages: [ADT], processing: [P], versions: any }
    unrouted: reject
    malformed: close
    charset: iso-8859-1
    continuation: accept
    validate: { profile: house, on_fault: warn, faults_max: 5 }
    batch: split
    batch_ack: each
    count_mismatch: warn
    batch_messages_max: 500
  plain-in: { mllp: { bind: 127.0.0.1:0 } }
destinations:
  lab:
    mllp: { address: localhost:2576, acknowledgment_timeout: 2m }
    retry: { first: 500ms, longest: 30s }
    unsettled_max: 1
    order: key PID-3.1
    connections_max: 2
    on_nak: { AE: { retry: 5, then: hold }, AR/207: retry }
    pace: { interval: 10ms, rate: { count: 5, per: 1s }, windows: [mon-fri 07:00-19:00, 22:00-06:00], zone: UTC }
  copies: { file: { folder: out, name: '{MSH-10}.hl7' } }
tables:
  class: { I: IP, 1: '01', 007: bond, no: 'N' }
  looked-into: { A: B }
profiles:
  house: { inherits: 2.5.1 }
routes:
  adt-to-lab:
    from: adt-in
    messages: [ADT^A01]
    when: PV1-2 valued
    steps:
      - set: { MSH-5: LAB, MSH-6: 12 }
        name: who gets it
      - translate: { field: PV1-2, table: class }
        when: PV1-2 != 'X'
    to: [lab, copies]
  everything: { from: [adt-in, plain-in], when: 'lookup(''looked-into'', MSH-4) = ''''', to: copies }
";

#[test]
fn what_a_listener_validates() {
    let folder = folder(&[("site.yaml", SITE)]);
    let site = load(folder.path()).0.unwrap();
    let (adt_in, plain_in) = (&site.listeners["adt-in"], &site.listeners["plain-in"]);
    assert_eq!(adt_in.continuation, Continuation::Accept);
    let validation = adt_in.validation.as_ref().unwrap();
    assert_eq!((validation.on_fault, validation.faults_max), (OnFault::Warn, 5));
    assert_eq!(validation.profile.version(), Some(Version::V2_5_1));
    assert_eq!(plain_in.continuation, Continuation::Reject);
    assert!(plain_in.validation.is_none());
}

#[test]
fn a_whole_site() {
    let folder = folder(&[("site.yaml", SITE)]);
    let (site, problems) = load(folder.path());
    assert!(problems.is_empty(), "{problems}");
    let site = site.unwrap();
    assert_eq!(site.data, folder.path().join("../data"));
    assert_eq!(site.console.bind, "127.0.0.1:9000".parse::<SocketAddr>().unwrap());
    assert_eq!(site.read_bytes_max, 64 << 20);
    let adt_in = &site.listeners["adt-in"];
    assert_eq!(adt_in.kind.frame_bytes_max(), 1 << 20);
    assert_eq!(adt_in.acknowledgment, AcknowledgmentMode::EnhancedAa);
    assert_eq!(adt_in.unrouted, Unrouted::Reject);
    assert_eq!(adt_in.malformed, Malformed::Close);
    assert_eq!(adt_in.charset, Some(Charset::LATIN_1));
    assert_eq!(adt_in.expected.processing_ids, Some(vec!["P".to_owned()]));
    assert_eq!(adt_in.expected.version_ids, None, "any");
    let plain_in = &site.listeners["plain-in"];
    assert_eq!(plain_in.acknowledgment, AcknowledgmentMode::Original);
    assert_eq!(plain_in.unrouted, Unrouted::Accept);
    assert_eq!(plain_in.charset, None);
    let batches = Batches {
        mode: BatchMode::Split,
        acknowledgment: BatchAcknowledgment::Each,
        count_mismatch: CountMismatch::Warn,
        messages_max: 500,
    };
    assert_eq!(adt_in.batches, batches);
    assert_eq!(plain_in.batches.mode, BatchMode::Reject);
    assert_eq!(plain_in.batches.messages_max, 10_000);
    assert_eq!(
        plain_in.expected.processing_ids,
        Expected::default().processing_ids
    );
    assert_eq!(site.routes_from("adt-in").len(), 2);
    assert_eq!(site.routes_from("plain-in").len(), 1);
}

#[test]
fn the_destinations_of_a_whole_site() {
    let folder = folder(&[("site.yaml", SITE)]);
    let site = load(folder.path()).0.unwrap();
    let lab = &site.destinations["lab"];
    assert_eq!(
        (lab.retry.first, lab.retry.longest),
        (Duration::from_millis(500), Duration::from_secs(30))
    );
    assert_eq!((lab.unsettled_max, lab.connections_max), (1, 2));
    assert_eq!(lab.order, Order::Key("PID-3.1".parse().unwrap()));
    let hold = NakAction::Then {
        retries: 5,
        end: NakEnd::Hold,
    };
    assert_eq!(lab.on_nak.action("AE".parse().unwrap(), Some(101)), hold);
    assert_eq!(lab.pace.interval, Some(Duration::from_millis(10)));
    assert_eq!(lab.pace.rate.unwrap().count, 5);
    assert_eq!(
        format!("{:?}", lab.pace.windows),
        "[mon-fri 07:00-19:00, mon-sun 22:00-06:00]"
    );
    assert!(lab.pace.zone.is_some());
    let copies = &site.destinations["copies"];
    assert_eq!(
        (copies.retry.first, copies.unsettled_max),
        (Duration::from_secs(1), 64)
    );
    assert_eq!(
        (copies.order, &copies.pace),
        (Order::Destination, &Pace::default())
    );
    assert_eq!(copies.on_nak, NakPolicy::default());
    let destination::Settings::File(file) = &copies.kind else {
        panic!("a file destination")
    };
    assert_eq!(file.folder, folder.path().join("out"));
}

#[test]
fn what_a_listener_permits() {
    let (site, _) = load_files(&[("site.yaml", SITE)]);
    let site = site.unwrap();
    let check = |listener: &str, msh_9: &str, expected: Option<u16>| {
        let message = Message::parse(format!("MSH|^~\\&|||||||{msh_9}|1|P|2.5\r").into()).unwrap();
        let refusal = site.listeners[listener].permit.check(&message.header()).err();
        assert_eq!(
            refusal.map(|refusal| refusal.faults[0].code.number()),
            expected,
            "{msh_9}"
        );
    };
    check("adt-in", "ADT^A01", None);
    check("adt-in", "ORU^R01", Some(200));
    check("plain-in", "ORU^R01", None);
    let yaml = SITE.replace("messages: [ADT],", "messages: [ADT^A01, 'ADT^A04'],");
    let (other, _) = load_files(&[("site.yaml", &yaml)]);
    let other = other.unwrap();
    let a08 = Message::parse("MSH|^~\\&|||||||ADT^A08|1|P|2.5\r".into()).unwrap();
    let refusal = other.listeners["adt-in"].permit.check(&a08.header()).unwrap_err();
    assert_eq!(refusal.faults[0].code.number(), 201);
}

#[test]
fn the_version_is_of_names_and_bytes() {
    let version = |files: &[(&str, &str)]| load_files(files).0.unwrap().version;
    let one = version(&[("a.yaml", SITE)]);
    assert_eq!(one.len(), 12);
    assert_eq!(one, version(&[("a.yaml", SITE)]));
    assert_ne!(one, version(&[("b.yaml", SITE)]));
    assert_ne!(one, version(&[("a.yaml", &format!("{SITE}# note\n"))]));
    let with_table = |csv| {
        let table = "tables:\n  codes: { file: x.csv, key: a }\n";
        version(&[("a.yaml", SITE), ("b.yaml", table), ("x.csv", csv)])
    };
    let with_script = |script| {
        let site = SITE.replacen("steps:", "steps:\n      - script: { file: x.rhai }", 1);
        version(&[("a.yaml", &site), ("x.rhai", script)])
    };
    assert_ne!(with_script("1"), with_script("2"));
    assert_eq!(with_table("a,b\n1,2\n"), with_table("a,b\n1,2\n"));
    assert_ne!(with_table("a,b\n1,2\n"), with_table("a,b\n1,3\n"));
    assert_ne!(one, version(&[("a.yaml", SITE), ("c.yaml", "")]));
}

#[test]
fn files_in_folders_and_links() {
    let routes = SITE.split_once("routes:").unwrap();
    let folder = folder(&[
        ("ops/engine.yml", routes.0),
        ("analysts/adt.yaml", &format!("routes:{}", routes.1)),
        ("notes.txt", "not: [yaml"),
        (".hidden.yaml", "not: [yaml"),
        (".git/config.yaml", "not: [yaml"),
        ("examples/.weir-site", ""),
        ("examples/site.yaml", "not: [yaml"),
        ("examples/below/site.yaml", "not: [yaml"),
    ]);
    // As a ConfigMap is mounted: links to files in a hidden folder of the same site.
    fs::create_dir(folder.path().join("..data")).unwrap();
    fs::write(folder.path().join("..data/more.yaml"), "tables: {}").unwrap();
    std::os::unix::fs::symlink("..data/more.yaml", folder.path().join("more.yaml")).unwrap();
    // A link to a folder is not followed, so a circle of folders is none.
    std::os::unix::fs::symlink("..", folder.path().join("ops/up")).unwrap();
    let (site, problems) = load(folder.path());
    assert!(problems.is_empty(), "{problems}");
    assert!(site.is_some());
}

#[test]
fn the_example_site_has_no_problem() {
    let (site, problems) = load(std::path::Path::new(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/routes"
    )));
    assert!(problems.is_empty(), "{problems}");
    assert!(site.is_some());
}

/// The example of every kind of step does what its documentation says.
#[test]
fn every_step_example_runs() {
    let received = "2024-01-01T12:00:00+01:00[+01:00]".parse().unwrap();
    let known = crate::config::piece::variants::<step::Settings>();
    let documented: Vec<&str> = step::DOCS.iter().map(|doc| doc.kind).collect();
    assert_eq!(known, documented, "every kind is documented");
    for doc in step::DOCS {
        let yaml = format!(
            "{ENGINE}listeners: {{ in: {{ mllp: {{ bind: 127.0.0.1:0 }} }} }}\n\
             destinations: {{ out: {{ mllp: {{ address: 'localhost:1' }} }} }}\n\
             tables: {{ {} }}\n\
             routes: {{ r: {{ from: in, to: out, steps: [ {{ {} }} ] }} }}\n",
            doc.tables, doc.example
        );
        let (site, problems) = load_files(&[("site.yaml", &yaml)]);
        let site = site.unwrap_or_else(|| panic!("{}: {problems}", doc.kind));
        let given = Message::parse(doc.given.into()).unwrap();
        let becomes = match site.routes[0].run(&given, &received, None) {
            Outcome::Deliver { outputs, .. } => {
                let bodies = outputs
                    .iter()
                    .map(|output| output.message.write(Terminators::Preserve));
                let texts: Vec<String> = bodies
                    .map(|body| String::from_utf8(body.to_vec()).unwrap())
                    .collect();
                texts.concat()
            }
            Outcome::Filtered { reason, .. } => format!("filtered: {reason}"),
            Outcome::Rejected { refusal, .. } => {
                format!("{}: {}", refusal.code.as_str(), refusal.faults[0].text)
            }
            Outcome::Failed { failure, .. } => format!("failed: {}", failure.reason),
            Outcome::NotMine => panic!("{}: the route is for this message", doc.kind),
        };
        assert_eq!(becomes, doc.becomes, "{}", doc.kind);
    }
}
