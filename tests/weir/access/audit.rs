//! The audit log of a running weir: what stands in it, what happens without it, and how damage shows.

use std::fs;

use serde_json::Value;

use super::{PASSWORD, Running};
use crate::harness::{Sender, adt, field, weir};

/// Who, what, with which object, with which outcome.
fn told(records: &[Value]) -> Vec<[String; 4]> {
    let text = |record: &Value, key: &str| record[key].as_str().unwrap_or_default().to_owned();
    let row = |record: &Value| ["who", "what", "object", "outcome"].map(|key| text(record, key));
    records.iter().map(row).collect()
}

fn accepted(sender: &mut Sender, control: &str) {
    let reply = sender.exchange(&adt(control)).unwrap();
    assert_eq!(field(&reply, "MSA", 1), "AA");
}

/// A running weir whose destination is paused with one message in its queue.
fn with_one_that_waits() -> Running {
    let running = Running::start_set_up();
    let (status, _, err) = weir(
        running.site.folder(),
        &["queue", "pause", "ehr", "--site", "site"],
        b"",
    );
    assert_eq!(status, 0, "{err}");
    let mut sender = Sender::connect(running.engine.listener("in"));
    accepted(&mut sender, "M1");
    running
}

#[test]
fn every_look_at_content_and_every_change_is_written_down() {
    let running = with_one_that_waits();
    running.user("rita", "reader");
    let rita = running.logged_in("rita");
    let reason = rita.with("x-weir-reason", "the ward asked f%C3%BCr it");
    let content = reason.get("/api/v1/destinations/ehr/queue/1");
    assert_eq!(content.code, 200);
    assert!(content.body.contains("TESTPATIENT"), "{}", content.body);
    assert_eq!(rita.get("/api/v1/destinations/ehr/queue/77").code, 404);
    assert_eq!(
        rita.ask("DELETE", "/api/v1/destinations/ehr/queue/1", None).code,
        403
    );
    let records = running.records();
    let uid = records[1]["who"].as_str().unwrap().to_owned();
    assert!(uid.starts_with("local:"), "{uid}");
    let version = records[0]["object"].as_str().unwrap();
    assert!(version.starts_with("site version "), "{version}");
    let expected = [
        [&uid, "user.add", "users/anna", "allowed"],
        [&uid, "destination.order", "destinations/ehr/pause", "allowed"],
        [&uid, "user.add", "users/rita", "allowed"],
        ["user:rita", "session.begin", "session", "allowed"],
        ["user:rita", "queue.read", "destinations/ehr/queue/1", "allowed"],
        ["user:rita", "queue.read", "destinations/ehr/queue/77", "allowed"],
        ["user:rita", "queue.read", "destinations/ehr/queue/77", "failed"],
        ["user:rita", "queue.skip", "destinations/ehr/queue/1", "refused"],
        [&uid, "audit.export", "audit/export", "allowed"],
    ];
    assert_eq!(told(&records[1..]), expected.map(|row| row.map(str::to_owned)));
    assert_eq!(records[5]["reason"], "the ward asked für it");
    assert_eq!(records[3]["detail"], "roles reader");
    assert_eq!(
        (&records[7]["of"], &records[7]["detail"]),
        (&records[6]["number"], &Value::from("answered 404"))
    );
    let text = records.iter().map(ToString::to_string).collect::<String>();
    assert!(
        !text.contains("TESTPATIENT") && !text.contains(PASSWORD),
        "{text}"
    );
    assert_eq!(running.engine.terminate(), 0);
}

#[test]
fn what_cannot_be_written_down_is_refused_and_messages_flow() {
    let running = with_one_that_waits();
    running.user("rita", "reader");
    let rita = running.logged_in("rita");
    let head = running.site.folder().join("data/audit.head");
    let said = fs::read(&head).unwrap();
    fs::remove_file(&head).unwrap();
    fs::create_dir_all(head.join("in the way")).unwrap();
    let content = rita.get("/api/v1/destinations/ehr/queue/1");
    assert_eq!(content.code, 503);
    assert!(
        content.body.contains("the audit log cannot be written"),
        "{}",
        content.body
    );
    assert!(!content.body.contains("TESTPATIENT"));
    let alert = r#"weir_alerts{kind="audit-unwritten"}"#;
    running.engine.wait_for_metric(alert, 1.0);
    let resume = ["queue", "resume", "ehr", "--site", "site"];
    assert_eq!(weir(running.site.folder(), &resume, b"").0, 2);
    assert_eq!(
        rita.get("/api/v1/status").code,
        200,
        "names and counts are still shown"
    );
    let mut sender = Sender::connect(running.engine.listener("in"));
    accepted(&mut sender, "M2");
    fs::remove_dir_all(&head).unwrap();
    fs::write(&head, said).unwrap();
    assert_eq!(weir(running.site.folder(), &resume, b"").0, 0);
    running.receiver.wait_for(2);
    running.engine.wait_for_metric(alert, 0.0);
    assert_eq!(running.engine.terminate(), 0);
}

#[test]
fn changed_deleted_and_cut_off_records_are_found_by_verify() {
    let running = Running::start_set_up();
    running.user("bert", "viewer");
    assert_eq!(running.engine.terminate(), 0);
    let folder = running.site.folder();
    let verify = |more: &[&str]| {
        weir(
            folder,
            &[&["audit", "verify", "--site", "site"], more].concat(),
            b"",
        )
    };
    let (status, out, _) = verify(&[]);
    assert_eq!(status, 0, "{out}");
    let noted = out.trim_end().rsplit(' ').next().unwrap().to_owned();
    assert!(out.starts_with("4 records hold, head 4:"), "{out}");
    assert_eq!(verify(&["--expect", &noted]).0, 0);
    let file = folder.join("data/audit/000000000001.jsonl");
    let text = fs::read_to_string(&file).unwrap();
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let check = |changed: String, expected: &str| {
        fs::write(&file, changed).unwrap();
        let (status, out, _) = verify(&[]);
        assert_eq!(status, 1, "{out}");
        assert!(out.contains(expected), "{out}");
    };
    check(
        text.replace("users/bert", "users/carl"),
        "000000000001.jsonl:3: is not what was written",
    );
    check(
        [lines[0], lines[2]].concat(),
        "000000000001.jsonl:2: is record 3, expected 2",
    );
    check(
        [lines[1], lines[0], lines[2]].concat(),
        "000000000001.jsonl:1: is record 2, expected 1",
    );
    check([lines[0], lines[1]].concat(), "its end was cut off");
    // weir itself finds it when it starts, writes it down and goes on.
    let engine = running.site.start();
    assert!(
        running.site.log().contains("the audit log is damaged"),
        "{}",
        running.site.log()
    );
    assert_eq!(engine.terminate(), 0);
    let (status, out, _) = verify(&["--expect", &noted]);
    assert_eq!(status, 1);
    assert!(
        out.contains("weir found damage here when it started: the last records are gone"),
        "{out}"
    );
    assert!(
        out.contains("there is no record 4 with the expected hash"),
        "{out}"
    );
}

#[test]
fn c8_whoever_takes_the_log_or_a_backup_along_says_why() {
    let running = Running::start_set_up();
    for (role, path) in [
        ("auditor", "/api/v1/audit/export"),
        ("administrator", "/api/v1/backup"),
    ] {
        let client = running.bearer(&running.token(role, role));
        for without in [client.clone(), client.with("x-weir-reason", "%20")] {
            let answer = without.get(path);
            assert_eq!(answer.code, 400, "{path}");
            assert!(answer.body.contains("x-weir-reason"), "{}", answer.body);
        }
        for damaged in ["two%0Alines", "a%00b", "a%C2%85b"] {
            let answer = client.with("x-weir-reason", damaged).get(path);
            assert_eq!(answer.code, 400, "{}", answer.body);
            assert!(answer.body.contains("one line of text"), "{}", answer.body);
        }
        let with = client.with("x-weir-reason", "the yearly review").get(path);
        assert_eq!(with.code, 200);
        assert_eq!(with.header("content-type"), Some("application/x-ndjson"));
    }
    let records = running.records();
    let reasons = records
        .iter()
        .filter(|record| record["reason"] == "the yearly review");
    let names: Vec<_> = reasons.map(|record| record["what"].as_str().unwrap()).collect();
    assert_eq!(names, ["audit.export", "backup"]);
    assert_eq!(running.engine.terminate(), 0);
}
