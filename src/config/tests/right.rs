//! Right sites, and what they become.

use std::net::SocketAddr;
use std::time::Duration;

use super::*;
use crate::config::{
    AcknowledgmentMode, BatchAcknowledgment, BatchMode, Batches, CountMismatch, Malformed, Unrouted,
};
use crate::hl7::{Charset, Expected, Message, Terminators};
use crate::route::Outcome;
use crate::{destination, step};

const SITE: &str = "
engine: { data: ../data, console: { bind: 127.0.0.1:9000 }, read_bytes_max: 64MiB }
listeners:
  adt-in:
    mllp: { bind: 0.0.0.0:2575, acknowledgment: enhanced_aa, frame_bytes_max: 1MiB }
    permit: { messages: [ADT], processing: [P], versions: any }
    unrouted: reject
    malformed: close
    charset: iso-8859-1
    batch: split
    batch_ack: each
    count_mismatch: warn
    batch_messages_max: 500
  plain-in: { mllp: { bind: 127.0.0.1:0 } }
destinations:
  lab:
    mllp: { address: lab.example:2576, acknowledgment_timeout: 2m }
    retry: { first: 500ms, longest: 30s }
    unsettled_max: 1
  copies: { file: { folder: out, name: '{MSH-10}.hl7' } }
tables:
  class: { I: IP, 1: '01', 007: bond, no: 'N' }
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
  everything: { from: [adt-in, plain-in], to: copies }
";

#[test]
fn a_whole_site() {
    let folder = folder(&[("site.yaml", SITE)]);
    let (site, problems) = load(folder.path());
    assert!(problems.is_empty(), "{problems}");
    let site = site.unwrap();
    assert_eq!(site.data, folder.path().join("../data"));
    assert_eq!(site.console, "127.0.0.1:9000".parse::<SocketAddr>().unwrap());
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
    let lab = &site.destinations["lab"];
    assert_eq!(
        (lab.retry.first, lab.retry.longest),
        (Duration::from_millis(500), Duration::from_secs(30))
    );
    assert_eq!(lab.unsettled_max, 1);
    let copies = &site.destinations["copies"];
    assert_eq!(
        (copies.retry.first, copies.unsettled_max),
        (Duration::from_secs(1), 64)
    );
    let destination::Settings::File(file) = &copies.kind else {
        panic!("a file destination")
    };
    assert_eq!(file.folder, folder.path().join("out"));
    assert_eq!(site.routes_from("adt-in").len(), 2);
    assert_eq!(site.routes_from("plain-in").len(), 1);
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
    let known = crate::config::piece::variants::<step::Settings>();
    let documented: Vec<&str> = step::DOCS.iter().map(|doc| doc.kind).collect();
    assert_eq!(known, documented, "every kind is documented");
    for doc in step::DOCS {
        let yaml = format!(
            "{ENGINE}listeners: {{ in: {{ mllp: {{ bind: 127.0.0.1:0 }} }} }}\n\
             destinations: {{ out: {{ mllp: {{ address: 'x:1' }} }} }}\n\
             tables: {{ {} }}\n\
             routes: {{ r: {{ from: in, to: out, steps: [ {{ {} }} ] }} }}\n",
            doc.tables, doc.example
        );
        let (site, problems) = load_files(&[("site.yaml", &yaml)]);
        let site = site.unwrap_or_else(|| panic!("{}: {problems}", doc.kind));
        let given = Message::parse(doc.given.into()).unwrap();
        let Outcome::Deliver { message, .. } = site.routes[0].run(&given, None) else {
            panic!("{}: not delivered", doc.kind)
        };
        assert_eq!(
            String::from_utf8_lossy(&message.write(Terminators::Preserve)),
            doc.becomes,
            "{}",
            doc.kind
        );
    }
}
