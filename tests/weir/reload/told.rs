//! How a reload is asked for, and what is said of it.

use std::fs;
use std::net::TcpListener;
use std::thread;

use crate::harness::{Receiver, Sender, Site, weir};

use super::{IN, accepted, mllp, table_from, yaml};

/// One listener and one destination, and a route that stamps what passes.
fn stamping(receiver: &Receiver, stamp: &str) -> String {
    let route = format!("all: {{ from: in, to: ehr, steps: [ {{ set: {{ MSH-6: {stamp} }} }} ] }}");
    yaml(&[IN], &[&mllp("ehr", receiver.address(), "")], &[&route])
}

/// The stamps of what arrived.
fn stamps(receiver: &Receiver, count: usize) -> Vec<String> {
    let messages = receiver.wait_for(count);
    let stamp = |message: &Vec<u8>| crate::harness::field(message, "MSH", 6);
    messages.iter().map(stamp).collect()
}

#[test]
fn a_changed_route_takes_over_and_no_connection_notices() {
    let receiver = Receiver::accepting();
    let site = Site::new(&stamping(&receiver, "ONE"));
    let engine = site.start();
    let version = site.status()["site"]["version"].clone();
    let mut sender = Sender::connect(engine.listener("in"));
    accepted(&mut sender, "R1");
    assert_eq!(stamps(&receiver, 1), ["ONE"]);

    let out = site.change(&stamping(&receiver, "TWO"));
    let now = site.status()["site"]["version"].clone();
    assert_ne!(now, version);
    assert_eq!(
        out,
        format!("site version {} runs\n", now.as_str().unwrap()),
        "nothing but routes"
    );
    accepted(&mut sender, "R2");
    assert_eq!(stamps(&receiver, 2), ["ONE", "TWO"]);
    assert_eq!(site.listener("in"), engine.listener("in"));
    let one = |series: &str| assert!((engine.metric(series) - 1.0).abs() < f64::EPSILON, "{series}");
    one(r#"weir_destination_connections_total{destination="ehr"}"#);
    one(r#"weir_listener_connections{listener="in"}"#);
    one(r#"weir_reloads_total{outcome="applied"}"#);
    one(&format!("weir_site_info{{version={now}}}"));
    engine.wait_for_metric(&format!("weir_site_info{{version={version}}}"), 0.0);
    assert!(engine.metric("weir_site_loaded_timestamp_seconds") > 1.7e9);
    assert_eq!(engine.terminate(), 0);
}

#[test]
fn sighup_reloads() {
    let receiver = Receiver::accepting();
    let site = Site::new(&stamping(&receiver, "ONE"));
    let engine = site.start_logging("info");
    let mut sender = Sender::connect(engine.listener("in"));
    accepted(&mut sender, "H1");
    site.rewrite(&stamping(&receiver, "TWO"));
    engine.signal("HUP");
    engine.wait_for_metric(r#"weir_reloads_total{outcome="applied"}"#, 1.0);
    accepted(&mut sender, "H2");
    assert_eq!(stamps(&receiver, 2), ["ONE", "TWO"]);
    assert_eq!(engine.terminate(), 0);
    assert!(site.log().contains("SIGHUP"), "{}", site.log());
}

#[test]
fn a_stop_waits_for_no_reload() {
    let receiver = Receiver::accepting();
    let database = TcpListener::bind("127.0.0.1:0").unwrap();
    let site = Site::new(&stamping(&receiver, "ONE"));
    let engine = site.start();
    site.rewrite(&format!(
        "{}{}",
        stamping(&receiver, "TWO"),
        table_from(&database)
    ));
    let folder = site.folder().to_owned();
    let asked = thread::spawn(move || weir(&folder, &["reload", "site"], b""));
    // It waits for the database, which says nothing; the site that runs goes on.
    let _connection = database.accept().unwrap();
    accepted(&mut Sender::connect(engine.listener("in")), "R1");
    assert_eq!(stamps(&receiver, 1), ["ONE"]);
    engine.signal("TERM");
    assert_eq!(engine.end().code(), Some(0));
    let (status, out, err) = asked.join().unwrap();
    assert_ne!(status, 0, "{out}{err}");
    assert!(site.log().contains("a reload is given up"), "{}", site.log());
}

#[test]
fn watched_files_are_noticed() {
    let receiver = Receiver::accepting();
    let site = Site::new(&stamping(&receiver, "ONE"));
    let engine = site.start_with(&["--watch"]);
    let mut sender = Sender::connect(engine.listener("in"));
    accepted(&mut sender, "W1");
    site.rewrite(&stamping(&receiver, "TWO"));
    engine.wait_for_metric(r#"weir_reloads_total{outcome="applied"}"#, 1.0);
    accepted(&mut sender, "W2");
    // A file more, with a mistake, and the mistake put right.
    let more = site.folder().join("site/more.yaml");
    fs::write(&more, "tables: { sex: { F: W } }\ntabels: {}\n").unwrap();
    engine.wait_for_metric(r#"weir_reloads_total{outcome="refused"}"#, 1.0);
    fs::remove_file(&more).unwrap();
    engine.wait_for_metric(r#"weir_reloads_total{outcome="applied"}"#, 2.0);
    accepted(&mut sender, "W3");
    assert_eq!(stamps(&receiver, 3), ["ONE", "TWO", "TWO"]);
    assert_eq!(engine.terminate(), 0);
}

#[test]
fn a_table_in_a_file_is_watched_too() {
    let receiver = Receiver::accepting();
    let translating = yaml(
        &[IN],
        &[&mllp("ehr", receiver.address(), "")],
        &["all: { from: in, to: ehr, steps: [ { translate: { field: PID-8, table: sex } } ] }"],
    ) + "tables:\n  sex: { file: sex.csv, key: ours }\n";
    let site = Site::new(&translating);
    let table = site.folder().join("site/sex.csv");
    fs::write(&table, "ours,theirs\nF,W\n").unwrap();
    let engine = site.start_with(&["--watch"]);
    let mut sender = Sender::connect(engine.listener("in"));
    accepted(&mut sender, "T1");
    fs::write(&table, "ours,theirs\nF,X\n").unwrap();
    engine.wait_for_metric(r#"weir_reloads_total{outcome="applied"}"#, 1.0);
    accepted(&mut sender, "T2");
    let messages = receiver.wait_for(2);
    let sexes: Vec<_> = messages
        .iter()
        .map(|message| crate::harness::field(message, "PID", 8))
        .collect();
    assert_eq!(sexes, ["W", "X"]);
    assert_eq!(engine.terminate(), 0);
}

#[test]
fn whatever_a_site_names_is_watched() {
    let receiver = Receiver::accepting();
    let scripted = yaml(
        &[IN],
        &[&mllp("ehr", receiver.address(), "")],
        &["all: { from: in, to: ehr, steps: [ { script: { file: stamp.rhai } } ] }"],
    );
    let site = Site::new(&scripted);
    let write = |name: &str, text: &str| fs::write(site.folder().join("site").join(name), text).unwrap();
    write("stamp.rhai", "set(\"MSH-6\", \"ONE\")");
    let engine = site.start_with(&["--watch"]);
    let applied = |count| engine.wait_for_metric(r#"weir_reloads_total{outcome="applied"}"#, count);
    let refused = |count| engine.wait_for_metric(r#"weir_reloads_total{outcome="refused"}"#, count);
    let mut sender = Sender::connect(engine.listener("in"));
    accepted(&mut sender, "F1");
    write("stamp.rhai", "set(\"MSH-6\", \"TWO\")");
    applied(1.0);
    accepted(&mut sender, "F2");
    // A mistake in it, and the mistake put right.
    write("stamp.rhai", "sett(\"MSH-6\", \"TWO\")");
    refused(1.0);
    write("stamp.rhai", "set(\"MSH-6\", lookup(\"stamps\", \"2\"))");
    refused(2.0);
    // A table of another ending, which comes after it was named.
    write("tables.yaml", "tables:\n  stamps: { file: stamps.txt, key: a }\n");
    refused(3.0);
    write("stamps.txt", "a,b\n2,THREE\n");
    applied(2.0);
    accepted(&mut sender, "F3");
    write("stamps.txt", "a,b\n2,FOUR\n");
    applied(3.0);
    accepted(&mut sender, "F4");
    assert_eq!(stamps(&receiver, 4), ["ONE", "TWO", "THREE", "FOUR"]);
    assert_eq!(engine.terminate(), 0);
}

#[test]
fn a_site_may_ask_to_be_watched_and_a_reload_by_hand_is_none_of_its_own() {
    let receiver = Receiver::accepting();
    let site = Site::new(&stamping(&receiver, "ONE"));
    let engine = site.start();
    // The harness writes the section `engine` into the first file; here it is one of our own.
    let file = site.folder().join("site/site.yaml");
    let watching = |stamp: &str| {
        let text = fs::read_to_string(&file).unwrap();
        let text = text.replace("ONE", stamp).replace("TWO", stamp);
        let text = if text.contains("on_change") {
            text
        } else {
            text.replace(
                "  data: ../data\n",
                "  data: ../data\n  reload: { on_change: true }\n",
            )
        };
        fs::write(&file, text).unwrap();
    };
    watching("TWO");
    assert_eq!(site.reload().0, 0);
    watching("THREE");
    engine.wait_for_metric(r#"weir_reloads_total{outcome="applied"}"#, 2.0);
    let mut sender = Sender::connect(engine.listener("in"));
    accepted(&mut sender, "O1");
    assert_eq!(stamps(&receiver, 1), ["THREE"]);
    assert_eq!(engine.terminate(), 0);
}

#[test]
fn nobody_to_reload() {
    let receiver = Receiver::accepting();
    let site = Site::new(&stamping(&receiver, "ONE"));
    let (status, out, err) = site.reload();
    assert_eq!((status, out.as_str()), (2, ""));
    assert!(err.contains("no weir is running with this data folder"), "{err}");
}
