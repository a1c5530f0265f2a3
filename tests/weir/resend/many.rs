//! A search sent again: preview, confirmation, rate, back-pressure, stop, restart, and who may.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{accepted, again, audit, ids, job_when, message, numbers, preview, start};
use crate::harness::{Engine, Receiver, Sender, Site, weir};

/// A running site that forwards to `ehr`, with so many messages `M0`, `M1`, … in its archive.
fn running(count: usize, outbox: &str) -> (Site, Engine, Receiver) {
    let receiver = Receiver::accepting();
    let site = Site::new(&format!(
        "{outbox}{}",
        Site::forwarding_yaml(&[("ehr", receiver.address())])
    ));
    let engine = site.start();
    let mut sender = Sender::connect(engine.listener("in"));
    for number in 0..count {
        accepted(&mut sender, &message(&format!("M{number}")));
        receiver.wait_for(number + 1);
    }
    engine.wait_for_metric("weir_outbox_depth{destination=\"ehr\"}", 0.0);
    if count > 0 {
        numbers(&site, &format!("M{}", count - 1), 1);
        engine.wait_for_metric("weir_archive_lag_notes", 0.0);
    }
    (site, engine, receiver)
}

fn is_done(job: &Value) -> bool {
    job["state"] == "done"
}

#[test]
fn a_search_goes_again_in_its_order_after_a_preview_and_a_confirmation() {
    let (site, engine, receiver) = running(6, "");
    let wanted = json!({ "search": { "type": "ADT" }, "rate_per_second": 1000, "limit": 5 });
    let preview = preview(&site, &wanted);
    assert_eq!(preview["count"], 5, "{preview}");
    assert_eq!(preview["by_type"], json!([{ "name": "ADT^A01", "count": 5 }]));
    assert_eq!(preview["by_destination"], json!([{ "name": "ehr", "count": 5 }]));
    assert_eq!(preview["confirmation"], "send 5 again");
    assert_eq!(
        preview["first"][0]["control_id"], "M1",
        "the newest five, the oldest of them first"
    );
    // What comes in now is no part of it.
    let mut sender = Sender::connect(engine.listener("in"));
    accepted(&mut sender, &message("LATER"));
    receiver.wait_for(7);

    let path = format!("/api/v1/resends/{}/start", preview["id"]);
    for (body, expected) in [
        (
            json!({ "confirmation": "send 4 again", "reason": "a test" }),
            (409, "send 5 again"),
        ),
        (
            json!({ "confirmation": "send 5 again", "reason": " " }),
            (400, "expected why"),
        ),
        (json!({ "confirmation": "send 5 again" }), (400, "body")),
    ] {
        let (code, answer) = site.post(&path, &body);
        let error = answer["error"].as_str().unwrap();
        assert!(
            (code, error.contains(expected.1)) == (expected.0, true),
            "{code} {error}"
        );
    }
    assert_eq!(receiver.messages().len(), 7, "nothing before it is confirmed");
    assert_eq!(start(&site, &preview).0, 200);
    let job = job_when(&site, &preview["id"], is_done);
    assert_eq!(
        (&job["sent"], &job["failed"], &job["left"]),
        (&json!(5), &json!(0), &json!(0))
    );
    assert_eq!(
        (&job["reason"], &job["criteria"]),
        (&json!("the day again"), &json!("messages by type"))
    );
    receiver.wait_for(12);
    assert_eq!(ids(&receiver.messages())[7..], ["M1", "M2", "M3", "M4", "M5"]);
    assert_eq!(start(&site, &preview).0, 409, "once is enough");
    // Each says where it comes from.
    let copies = numbers(&site, "M3", 2);
    let told = super::shown(&site, copies[1]);
    assert_eq!(
        (&told["origin"]["message"], &told["origin"]["why"]),
        (&json!(copies[0]), &json!("the day again"))
    );
    assert_eq!(engine.terminate(), 0);
}

#[test]
fn c8_sending_many_again_needs_the_role_a_reason_and_the_words_and_is_written_down() {
    let (site, engine, _receiver) = running(3, "");
    let wanted = json!({ "search": { "patient": "100234" }, "destination": "ehr", "rate_per_second": 100 });
    let preview = preview(&site, &wanted);
    assert_eq!(start(&site, &preview).0, 200);
    job_when(&site, &preview["id"], is_done);
    for rate in [0, 1_001] {
        let (code, answer) = site.post("/api/v1/resends", &json!({ "rate_per_second": rate }));
        assert_eq!(
            (code, &answer["error"]),
            (400, &json!("`rate_per_second`: expected 1 to 1000"))
        );
    }
    let records = audit(&site);
    let lines: Vec<Value> = records
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let of = |what: &str| {
        lines
            .iter()
            .find(|line| line["what"] == what)
            .unwrap_or_else(|| panic!("{what}: {records}"))
    };
    assert_eq!(
        of("resend.preview")["detail"],
        "messages by patient, to ehr alone"
    );
    assert_eq!(of("resend.start")["reason"], "the day again");
    assert_eq!(
        of("resend.start")["detail"],
        "3 messages, messages by patient, to ehr alone, 100 a second"
    );
    let end = of("resend.end")["detail"].as_str().unwrap();
    assert!(
        end.starts_with("of 3 messages 3 sent, 0 wanted by nobody, 0 failed, 0 left; started by local:"),
        "{end}"
    );
    assert!(
        !records.contains("100234") && !records.contains("TESTPATIENT"),
        "{records}"
    );
    let kept = std::fs::read_to_string(site.folder().join("data/resends.json")).unwrap();
    assert!(!kept.contains("100234"), "{kept}");
    assert_eq!(engine.terminate(), 0);
}

#[test]
fn it_is_never_faster_than_its_rate() {
    let (site, engine, _receiver) = running(6, "");
    let preview = preview(&site, &json!({ "search": {}, "rate_per_second": 10 }));
    assert_eq!(start(&site, &preview).0, 200);
    let job = job_when(&site, &preview["id"], is_done);
    let time = |key: &str| job[key].as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
    let took = time("ended_at").duration_since(time("started_at"));
    // Six messages are five intervals; however slow the machine is, it is never less.
    assert!(took.as_millis() >= 500, "{took}");
    assert_eq!(engine.terminate(), 0);
}

#[test]
fn a_full_outbox_stops_it_and_it_goes_on_by_itself() {
    let (site, engine, receiver) = running(20, "  outbox: { entries_max: 10 }\n");
    let queue = |order| weir(site.folder(), &["queue", order, "ehr", "--site", "site"], b"").0;
    assert_eq!(queue("pause"), 0);
    let preview = preview(&site, &json!({ "search": {}, "rate_per_second": 1000 }));
    assert_eq!(start(&site, &preview).0, 200);
    let job = job_when(&site, &preview["id"], |job| job["waits_for"].is_string());
    assert_eq!(
        (&job["waits_for"], &job["sent"]),
        (&json!("the outbox is 80 % full"), &json!(8))
    );
    // What comes in has its room.
    let mut sender = Sender::connect(engine.listener("in"));
    accepted(&mut sender, &message("LIVE"));
    assert_eq!(queue("resume"), 0);
    let job = job_when(&site, &preview["id"], is_done);
    assert_eq!((&job["sent"], &job["failed"]), (&json!(20), &json!(0)));
    receiver.wait_for(41);
    assert_eq!(engine.terminate(), 0);
}

#[test]
fn a_long_queue_stops_it_and_it_goes_on_by_itself() {
    let (site, engine, receiver) = running(103, "");
    let queue = |order| weir(site.folder(), &["queue", order, "ehr", "--site", "site"], b"").0;
    assert_eq!(queue("pause"), 0);
    let preview = preview(&site, &json!({ "search": {}, "rate_per_second": 1000 }));
    assert_eq!(start(&site, &preview).0, 200);
    let job = job_when(&site, &preview["id"], |job| job["waits_for"].is_string());
    let expected = (json!("100 deliveries wait for `ehr`"), json!(100));
    assert_eq!((&job["waits_for"], &job["sent"]), (&expected.0, &expected.1));
    assert_eq!(queue("resume"), 0);
    let job = job_when(&site, &preview["id"], is_done);
    assert_eq!((&job["sent"], &job["failed"]), (&json!(103), &json!(0)));
    receiver.wait_for(206);
    assert_eq!(engine.terminate(), 0);
}

#[test]
fn one_runs_at_a_time_and_one_that_was_stopped_goes_on_where_it_stands() {
    let (site, engine, receiver) = running(4, "");
    let queue = |order| weir(site.folder(), &["queue", order, "ehr", "--site", "site"], b"").0;
    let slow = preview(&site, &json!({ "search": {}, "rate_per_second": 1 }));
    let other = preview(&site, &json!({ "search": {} }));
    assert_eq!(start(&site, &slow).0, 200);
    let (code, answer) = start(&site, &other);
    assert_eq!(
        (code, answer["error"].as_str().unwrap().contains("is running")),
        (409, true)
    );
    job_when(&site, &slow["id"], |job| job["sent"] != 0);
    let path = format!("/api/v1/resends/{}", slow["id"]);
    let (code, stopped) = site.ask("DELETE", &path);
    assert_eq!((code, &stopped["state"]), (200, &json!("stopped")), "{stopped}");
    assert_eq!(site.ask("DELETE", &path).0, 409);
    // It is stopped for good, over a restart too.
    assert_eq!(engine.terminate(), 0);
    let engine = site.start();
    let stopped = site.ask("GET", &path).1;
    assert_eq!(stopped["state"], "stopped");
    assert_eq!(
        site.ask("GET", "/api/v1/resends").1.as_array().unwrap().len(),
        1,
        "previews are forgotten"
    );
    let left = stopped["left"].as_u64().unwrap();
    assert!((1..4).contains(&left), "{stopped}");
    let go_on = [
        "resend",
        "go-on",
        &slow["id"].to_string(),
        "--reason",
        "after all",
        "--site",
        "site",
    ];
    let (status, out, err) = weir(site.folder(), &go_on, b"");
    assert_eq!((status, err.as_str()), (0, ""), "{out}");
    assert!(out.contains("done: of 4 sent 4,"), "{out}");
    receiver.wait_for(8);
    assert_eq!(ids(&receiver.messages())[4..], ["M0", "M1", "M2", "M3"]);
    assert_eq!(queue("pause"), 0);
    assert_eq!(engine.terminate(), 0);
}

#[test]
fn after_a_kill_it_goes_on_and_every_message_of_the_set_arrives() {
    const COUNT: usize = 400;
    let (site, engine, receiver) = running(COUNT, "");
    let preview = preview(&site, &json!({ "search": {}, "rate_per_second": 1000 }));
    assert_eq!(start(&site, &preview).0, 200);
    // In the middle of it, behind the first checkpoint.
    receiver.wait_for(COUNT + 150);
    engine.kill();
    let engine = site.start();
    let job = job_when(&site, &preview["id"], is_done);
    assert_eq!((&job["failed"], &job["left"]), (&json!(0), &json!(0)));
    engine.wait_for_metric("weir_outbox_depth{destination=\"ehr\"}", 0.0);
    engine.wait_for_metric("weir_archive_lag_notes", 0.0);
    let mut arrived: BTreeMap<String, usize> = BTreeMap::new();
    for id in ids(&receiver.messages()) {
        *arrived.entry(id).or_default() += 1;
    }
    for number in 0..COUNT {
        let id = format!("M{number}");
        assert!(arrived[&id] >= 2, "{id} did not come again");
    }
    // A crash repeats no more than what lies between two checkpoints, and the message in hand.
    let (_, page) = site.post("/api/v1/messages/search", &json!({ "count": 1000 }));
    let made = page["messages"].as_array().unwrap().len() - COUNT;
    assert!(
        (COUNT..=COUNT + 101).contains(&made),
        "{made} were made of {COUNT}"
    );
    assert_eq!(engine.terminate(), 0);
}

/// Without a search `--all` says that every message is meant.
#[track_caller]
fn all_has_to_be_said(run: impl Fn(&[&str]) -> (i32, String, String)) {
    let unsaid = ["--to", "new", "--routed", "--limit", "2"];
    for rest in [&["--yes", "--reason", "x"][..], &["--preview"]] {
        let (status, out, err) = run(&[&unsaid, rest].concat());
        assert_eq!((status, out.as_str()), (2, ""), "{err}");
        assert!(err.contains("or --all for every message"), "{err}");
    }
    let (status, out, err) = run(&[&unsaid[..], &["--all", "--preview"]].concat());
    assert_eq!((status, err.as_str()), (0, ""), "{out}");
    assert!(out.starts_with("2 messages would be sent"), "{out}");
    assert_eq!(run(&["--all", "--since", "1h", "--preview"]).0, 2);
}

#[test]
fn a_new_destination_gets_what_the_routes_make_for_it_and_what_is_refused_is_left_out() {
    let (old, new) = (Receiver::accepting(), Receiver::accepting());
    let site = Site::forwarding(&[("ehr", old.address())]);
    let engine = site.start();
    let mut sender = Sender::connect(engine.listener("in"));
    for id in ["ONE", "TWO"] {
        accepted(&mut sender, &message(id));
    }
    let refused = String::from_utf8(message("REFUSED"))
        .unwrap()
        .replace("|2.5.1", "|9.9");
    sender.exchange(refused.as_bytes()).unwrap();
    accepted(&mut sender, &message("THREE"));
    numbers(&site, "THREE", 1);
    numbers(&site, "REFUSED", 1);
    site.change(&Site::forwarding_yaml(&[
        ("ehr", old.address()),
        ("new", new.address()),
    ]));
    let folder = site.folder();
    let run = |arguments: &[&str]| {
        weir(
            folder,
            &[&["resend"], arguments, &["--site", "site"]].concat(),
            b"",
        )
    };
    let (status, out, err) = run(&["--destination", "ehr", "--to", "new", "--preview"]);
    assert_eq!(err, "");
    assert!(
        status == 1 && out.contains("left out") && out.contains("never made for that destination"),
        "{out}"
    );
    let (status, out, err) = run(&["--since", "1h", "--to", "new", "--routed", "--preview"]);
    assert_eq!((status, err.as_str()), (0, ""), "{out}");
    assert!(
        out.starts_with("3 messages would be sent, at most 50 a second\n"),
        "{out}"
    );
    assert!(out.contains("1 refused when they came"), "{out}");
    assert_eq!(run(&["--since", "1h", "--yes"]).0, 2, "--yes needs --reason");
    assert_eq!(run(&["--since", "1h"]).0, 2);
    all_has_to_be_said(run);
    let yes = [
        "--since",
        "1h",
        "--to",
        "new",
        "--routed",
        "--rate",
        "1000",
        "--reason",
        "it is new",
        "--yes",
    ];
    let (status, out, err) = run(&yes);
    assert_eq!((status, err.as_str()), (0, ""), "{out}");
    assert!(
        out.contains("done: of 3 sent 3, wanted by nobody 0, failed 0, left 0, by local:"),
        "{out}"
    );
    new.wait_for(3);
    assert_eq!(ids(&new.messages()), ["ONE", "TWO", "THREE"]);
    assert_eq!(old.messages().len(), 3, "the others get nothing");
    let (status, out, _) = run(&["jobs"]);
    assert!(status == 0 && out.contains("done: of 3 sent 3"), "{out}");
    assert_eq!(run(&["stop", "99"]).0, 1);
    assert_eq!(engine.terminate(), 0);
}

#[test]
fn one_message_by_command_as_it_was_and_edited() {
    let (site, engine, receiver) = running(1, "");
    let folder = site.folder();
    let number = numbers(&site, "M0", 1)[0].to_string();
    let run = |arguments: &[&str], input: &[u8]| {
        weir(
            folder,
            &[&["resend"], arguments, &["--site", "site"]].concat(),
            input,
        )
    };
    let (status, out, err) = run(&[&number, "--to", "ehr"], b"");
    assert_eq!((status, err.as_str()), (0, ""), "{out}");
    assert!(out.contains(", accepted\n  queued      ehr number "), "{out}");
    let edited = String::from_utf8(message("M0"))
        .unwrap()
        .replace("ANNA", "B\u{e4}rbel");
    let edited = edited
        .replace("|2.5.1\r", "|2.5.1||||||UNICODE UTF-8\r")
        .replace('\r', "\n");
    let (status, out, err) = run(
        &[&number, "--edit", "-", "--reason", "her name"],
        edited.as_bytes(),
    );
    assert_eq!((status, err.as_str()), (0, ""), "{out}");
    receiver.wait_for(3);
    let sent = String::from_utf8(receiver.messages()[2].clone()).unwrap();
    assert!(sent.contains("B\u{e4}rbel") && !sent.contains('\n'), "{sent}");
    assert_eq!(run(&[&number, "--to", "elsewhere"], b"").0, 1);
    let (status, _, err) = run(&["4711"], b"");
    assert_eq!(
        (status, err.trim_end()),
        (1, "there is no message 4711 in the archive")
    );
    assert_eq!(run(&[&number, "--edit", "-"], b"PID|1").0, 2);
    assert_eq!(run(&[], b"").0, 2);
    assert_eq!(again(&site, 1, &json!({ "destination": "ehr" })).0, 200);
    assert_eq!(engine.terminate(), 0);
}
