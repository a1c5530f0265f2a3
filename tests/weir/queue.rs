//! What an operator does about a queue at night: looks, pauses, skips, sends again, throws away, and checks the account.

use std::fs;
use std::sync::{Mutex, mpsc};

use serde_json::{Value, json};

use crate::harness::{
    Answer, Engine, PATIENCE, Receiver, Sender, Site, adt, control_id, field, wait_until, weir,
};

fn accepted(sender: &mut Sender, id: &str) {
    let reply = sender.exchange(&adt(id)).expect("a reply");
    assert_eq!(field(&reply, "MSA", 1), "AA", "{id}");
}

/// Runs `weir …` about this site; its status and output, and nothing may be told on standard error.
fn run(site: &Site, arguments: &[&str]) -> (i32, String) {
    let (status, out, err) = weir(site.folder(), &[arguments, &["--site", "site"]].concat(), b"");
    assert_eq!(err, "", "{arguments:?}");
    (status, out)
}

fn listed(site: &Site, list: &str) -> Vec<Value> {
    let (status, out) = run(site, &["queue", list, "ehr", "--json"]);
    assert_eq!(status, 0);
    serde_json::from_str(&out).unwrap()
}

fn control_ids(found: &[Value]) -> Vec<&str> {
    let of = |found: &Value| found["control_id"].as_str().map(|_| ());
    found
        .iter()
        .map(|found| {
            if of(found).is_some() {
                found
            } else {
                &found["delivery"]
            }
        })
        .map(|delivery| delivery["control_id"].as_str().unwrap())
        .collect()
}

fn wait_for_dead(engine: &Engine, count: f64) {
    engine.wait_for_metric(r#"weir_outbox_dead_letters{destination="ehr"}"#, count);
}

#[test]
fn a_lane_is_paused_over_a_restart_drained_and_resumed() {
    let receiver = Receiver::accepting();
    let site = Site::forwarding(&[("ehr", receiver.address())]);
    let engine = site.start();
    let mut sender = Sender::connect(engine.listener("in"));
    accepted(&mut sender, "BEFORE");
    receiver.wait_for(1);
    assert_eq!(
        run(&site, &["queue", "pause", "ehr"]),
        (0, "ehr: told to pause\n".to_owned())
    );
    accepted(&mut sender, "HELD1");
    accepted(&mut sender, "HELD2");
    assert_eq!(engine.terminate(), 0);

    let engine = site.start();
    engine.wait_for_metric(r#"weir_destination_stopped{destination="ehr",why="paused"}"#, 1.0);
    let waiting = listed(&site, "list");
    assert_eq!(control_ids(&waiting), ["HELD1", "HELD2"]);
    let number = waiting[0]["sequence"].to_string();
    let (_, raw) = run(&site, &["queue", "show", "ehr", &number, "--raw"]);
    assert_eq!(raw.as_bytes(), adt("HELD1"));

    // What is owed by now is sent, what comes later is not.
    assert_eq!(run(&site, &["queue", "drain", "ehr"]).0, 0);
    receiver.wait_for(3);
    let mut sender = Sender::connect(engine.listener("in"));
    accepted(&mut sender, "LATER");
    let (_, out, _) = weir(site.folder(), &["status", "site"], b"");
    assert!(out.contains("paused"), "{out}");
    assert_eq!(receiver.control_ids(), ["BEFORE", "HELD1", "HELD2"]);
    assert_eq!(run(&site, &["queue", "resume", "ehr"]).0, 0);
    receiver.wait_for(4);
    assert_eq!(engine.terminate(), 0);
    assert_eq!(receiver.stop().len(), 4);
}

#[test]
fn what_drains_says_so_until_it_has_and_what_is_paused_promises_no_attempt() {
    let receiver = Receiver::accepting();
    let address = receiver.address();
    let site = Site::forwarding(&[("ehr", address)]);
    let engine = site.start();
    receiver.stop();
    accepted(&mut Sender::connect(engine.listener("in")), "ONE");
    let ehr = || site.status()["destinations"][0].clone();
    wait_until(|| ehr()["trouble"]["attempts"].as_u64() >= Some(1));
    let stopped = r#"weir_destination_stopped{destination="ehr",why="paused"}"#;

    assert_eq!(run(&site, &["queue", "drain", "ehr"]).0, 0);
    let drains = ehr();
    assert_eq!(
        (&drains["state"], &drains["in_site"]),
        (&json!("draining"), &json!(true))
    );
    assert!(drains["trouble"]["next_at"].is_string(), "{drains}");
    engine.wait_for_metric(stopped, 0.0);
    assert_eq!(run(&site, &["queue", "pause", "ehr"]).0, 0);
    let paused = ehr();
    assert_eq!(paused["state"], "paused");
    assert_eq!(paused["trouble"]["next_at"], Value::Null, "{paused}");
    engine.wait_for_metric(stopped, 1.0);

    assert_eq!(run(&site, &["queue", "drain", "ehr"]).0, 0);
    assert_eq!(ehr()["state"], "draining");
    accepted(&mut Sender::connect(engine.listener("in")), "LATER");
    let receiver = Receiver::at(address, |_, _| Answer::Code("AA"));
    wait_until(|| ehr()["state"] == "paused");
    assert_eq!(receiver.control_ids(), ["ONE"]);
    assert_eq!(ehr()["waiting"], 1);
    engine.wait_for_metric(stopped, 1.0);
    assert_eq!(engine.terminate(), 0);
}

#[test]
fn one_that_is_stuck_is_skipped_and_an_attempt_is_made_at_once() {
    let receiver = Receiver::scripted(|_, message| match control_id(message).as_str() {
        "STUCK" => Answer::Code("AR"),
        _ => Answer::Code("AA"),
    });
    // It would try again after an hour.
    let yaml = Site::forwarding_yaml(&[("ehr", receiver.address())]);
    let site = Site::new(&yaml.replace("first: 10ms, longest: 100ms", "first: 1h, longest: 2h"));
    let engine = site.start();
    let mut sender = Sender::connect(engine.listener("in"));
    for id in ["STUCK", "NEXT"] {
        accepted(&mut sender, id);
    }
    receiver.wait_for(1);
    assert_eq!(run(&site, &["queue", "retry", "ehr"]).0, 0);
    receiver.wait_for(2);
    let number = listed(&site, "list")[0]["sequence"].to_string();
    let done = format!("ehr {number}: is skipped when its turn comes\n");
    assert_eq!(run(&site, &["queue", "skip", "ehr", &number]), (0, done));
    receiver.wait_for(3);
    assert_eq!(receiver.control_ids(), ["STUCK", "STUCK", "NEXT"]);
    wait_for_dead(&engine, 1.0);
    assert_eq!(listed(&site, "dead")[0]["reason"], "skipped by an operator");
    assert_eq!(engine.terminate(), 0);
}

#[test]
fn a_mark_to_skip_ends_with_its_delivery_whatever_the_attempt_under_way_comes_to() {
    // A dead letter without a skip, delivered, held: each while it is marked.
    for (code, dead) in [("AE", 1.0), ("AA", 0.0), ("AR", 1.0)] {
        let ((arrive, arrived), (gate, opened)) = (mpsc::channel(), mpsc::channel());
        let (arrive, opened) = (Mutex::new(arrive), Mutex::new(opened));
        let receiver = Receiver::scripted(move |before, _| {
            if before == 0 {
                arrive.lock().unwrap().send(()).unwrap();
                opened.lock().unwrap().recv().unwrap_or_default();
                Answer::Code(code)
            } else {
                Answer::Code("AA")
            }
        });
        let yaml = Site::forwarding_yaml(&[("ehr", receiver.address())]);
        let yaml = yaml.replace("acknowledgment_timeout: 2s", "acknowledgment_timeout: 10m");
        let nak = "    on_nak: { AE: dead_letter, AR: hold }\n    retry:";
        let site = Site::new(&yaml.replace("    retry:", nak));
        let engine = site.start();
        let mut sender = Sender::connect(engine.listener("in"));
        accepted(&mut sender, "ONE");
        arrived.recv_timeout(PATIENCE).unwrap();
        let number = listed(&site, "list")[0]["sequence"].to_string();
        assert_eq!(run(&site, &["queue", "skip", "ehr", &number]).0, 0);
        gate.send(()).unwrap();
        accepted(&mut sender, "TWO");
        // In order, so the first has its end.
        engine.wait_for_metric(
            r#"weir_deliveries_delivered_total{destination="ehr"}"#,
            2.0 - dead,
        );
        wait_for_dead(&engine, dead);
        assert_eq!(receiver.control_ids(), ["ONE", "TWO"], "{code}");
        assert_eq!(engine.terminate(), 0);
        let told = fs::read_to_string(site.folder().join("data/switches.json")).unwrap();
        let told: Value = serde_json::from_str(&told).unwrap();
        assert_eq!(told["destinations"], json!({}), "{code}");
    }
}

#[test]
fn what_a_refusal_holds_goes_on_when_somebody_says_so() {
    let receiver = Receiver::scripted(|before, _| {
        if before == 0 {
            Answer::Code("AE")
        } else {
            Answer::Code("AA")
        }
    });
    let yaml = Site::forwarding_yaml(&[("ehr", receiver.address())]);
    let site = Site::new(&yaml.replace("    retry:", "    on_nak: { AE: hold }\n    retry:"));
    let engine = site.start();
    let mut sender = Sender::connect(engine.listener("in"));
    accepted(&mut sender, "ONE");
    engine.wait_for_metric(r#"weir_destination_stopped{destination="ehr",why="held"}"#, 1.0);
    // One behind it is given up when its turn comes, and the list says so until then.
    accepted(&mut sender, "TWO");
    let number = listed(&site, "list")[1]["sequence"].to_string();
    let told = format!("ehr {number}: is skipped when its turn comes\n");
    assert_eq!(run(&site, &["queue", "skip", "ehr", &number]), (0, told));
    let skipped: Vec<bool> = listed(&site, "list")
        .iter()
        .map(|one| one["skipped"] == true)
        .collect();
    assert_eq!(skipped, [false, true]);
    let (_, list) = run(&site, &["queue", "list", "ehr"]);
    let marked: Vec<bool> = list.lines().map(|line| line.ends_with("to be skipped")).collect();
    assert_eq!(marked, [false, false, true], "{list}");
    assert_eq!(run(&site, &["queue", "resume", "ehr"]).0, 0);
    receiver.wait_for(2);
    engine.wait_for_metric(r#"weir_destination_stopped{destination="ehr",why="held"}"#, 0.0);
    wait_for_dead(&engine, 1.0);
    assert_eq!(receiver.control_ids(), ["ONE", "ONE"]);
    assert_eq!(engine.terminate(), 0);
}

#[test]
fn dead_letters_are_sent_again_thrown_away_and_accounted_for() {
    let mended = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    let is_mended = std::sync::Arc::clone(&mended);
    let receiver = Receiver::scripted(move |_, _| {
        if is_mended.load(std::sync::atomic::Ordering::SeqCst) {
            Answer::Code("AA")
        } else {
            Answer::CodeBecause("AR", 203)
        }
    });
    let site = Site::forwarding(&[("ehr", receiver.address())]);
    let engine = site.start();
    let mut sender = Sender::connect(engine.listener("in"));
    for id in ["D1", "D2", "D3", "D4"] {
        accepted(&mut sender, id);
    }
    wait_for_dead(&engine, 4.0);
    let dead = listed(&site, "dead");
    assert_eq!(control_ids(&dead), ["D1", "D2", "D3", "D4"]);
    assert_eq!(dead[0]["reason"], "refused with AR and error 203");
    let number = |index: usize| dead[index]["sequence"].to_string();

    mended.store(true, std::sync::atomic::Ordering::SeqCst);
    let (_, planned) = run(&site, &["replay", "ehr", "--reason", "error 203", "--dry-run"]);
    assert!(
        planned.ends_with("4 dead letters would be sent again\n"),
        "{planned}"
    );
    assert_eq!(run(&site, &["queue", "discard", "ehr", &number(0)]).0, 0);
    let (status, out) = run(&site, &["replay", "ehr", &number(2)]);
    assert_eq!((status, out.as_str()), (0, "1 dead letter sent again\n"));
    receiver.wait_until(|messages| messages.last().is_some_and(|last| control_id(last) == "D3"));
    let (status, out) = run(
        &site,
        &[
            "replay",
            "ehr",
            "--listener",
            "in",
            "--since",
            "2020-01-01T00:00:00Z",
        ],
    );
    assert_eq!((status, out.as_str()), (0, "2 dead letters sent again\n"));
    receiver.wait_until(|messages| messages.last().is_some_and(|last| control_id(last) == "D4"));
    wait_for_dead(&engine, 0.0);
    let (status, _, err) = weir(
        site.folder(),
        &["queue", "discard", "ehr", &number(0), "--site", "site"],
        b"",
    );
    assert_eq!(status, 1, "{err}");
    assert!(err.contains("has no number"), "{err}");
    assert_eq!(engine.terminate(), 0);

    let (status, out, err) = weir(site.folder(), &["verify", "site"], b"");
    assert_eq!((status, err.as_str()), (0, ""), "{out}");
    let count = |name: &str| {
        let line = out.lines().find(|line| line.starts_with(name)).unwrap();
        line.split_whitespace().last().unwrap().parse::<u64>().unwrap()
    };
    assert_eq!(
        ["owed", "delivered", "purged", "dead letters sent", "waiting"].map(count),
        [7, 3, 1, 3, 0]
    );
    assert!(out.ends_with("the account balances\n"), "{out}");
}

#[test]
fn what_is_not_there_is_said() {
    let receiver = Receiver::accepting();
    let site = Site::forwarding(&[("ehr", receiver.address())]);
    let check = |arguments: &[&str], expected_status: i32, expected: &str| {
        let (status, out, err) = weir(site.folder(), &[arguments, &["--site", "site"]].concat(), b"");
        assert_eq!(
            (status, out.as_str()),
            (expected_status, ""),
            "{arguments:?} {err}"
        );
        assert!(err.contains(expected), "{arguments:?}: {err}");
    };
    check(&["queue", "list", "ehr"], 2, "no weir is running");
    let engine = site.start();
    check(&["queue", "list", "her"], 1, "there is no destination `her`");
    check(&["queue", "pause", "../x"], 1, "there is no destination `../x`");
    check(&["queue", "show", "ehr", "7"], 1, "`ehr` has no number 7 there");
    check(&["queue", "skip", "ehr", "7"], 1, "`ehr` has no number 7 there");
    check(&["replay", "her"], 1, "there is no destination `her`");
    let (status, _, err) = weir(site.folder(), &["verify", "site"], b"");
    assert_eq!(status, 2);
    assert!(err.contains("in use by another process"), "{err}");
    assert_eq!(engine.terminate(), 0);
}
