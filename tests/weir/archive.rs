//! The history of messages, as a person asks for it: while weir runs, and while it does not.
//!
//! The archive is written here as the engine would, and asked through the program.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use weir::archive::{Archive, Attempt, End, Event, Outcome, Owed, Passage, Received, Settlement, What};

use crate::harness::{Receiver, Sender, Site, adt, field, wait_until, weir};

/// Two messages to `ehr`: A1 delivered, with an answer, and A2 a dead letter; and one that was refused.
fn history(site: &Site) {
    let archive = Archive::open(&site.folder().join("data/archive"), None).unwrap();
    let at = "2026-03-01T08:05:09Z".parse().unwrap();
    let ehr: Arc<str> = "ehr".into();
    let received = |message: u64, raw: Vec<u8>, outcome: Outcome| Received {
        message,
        received_at: at,
        listener: "in".into(),
        site_version: "v1".into(),
        charsets: Vec::new(),
        raw: raw.into(),
        deliveries: match outcome {
            Outcome::Accepted => vec![Owed {
                destination: Arc::clone(&ehr),
                sequence: message + 1,
                result: Some(0),
                dead: None,
            }],
            Outcome::Filtered | Outcome::Unrouted | Outcome::Repeated | Outcome::Refused { .. } => Vec::new(),
        },
        outcome,
        routes: vec![Passage {
            route: "all".into(),
            filtered: None,
        }],
        tags: vec![("ward".into(), "7W".to_owned())],
        results: vec![b"MSH|^~\\&|SENT\r".as_slice().into()],
        origin: None,
    };
    let attempt = |sequence: u64, problem: Option<&str>| Attempt {
        destination: Arc::clone(&ehr),
        sequence,
        at,
        took: Duration::from_millis(12),
        code: Some(if problem.is_none() { "AA" } else { "AR" }.into()),
        problem: problem.map(str::to_owned),
        answer: Some(b"MSH|^~\\&|EHR\rMSA|AA|A1\r".as_slice().into()),
    };
    let settlement = |sequence: u64, end: End| Settlement {
        destination: Arc::clone(&ehr),
        sequence,
        at,
        end,
        by: None,
    };
    let refused = Outcome::Refused {
        code: Some("AR".into()),
        reason: "this listener does not take this event".to_owned(),
    };
    let dead = End::Dead {
        reason: "refused with AR".to_owned(),
    };
    let what = [
        What::Received(received(1, adt("A1"), Outcome::Accepted)),
        What::Attempted(attempt(2, None)),
        What::Settled(settlement(2, End::Delivered)),
        What::Received(received(3, adt("A2"), Outcome::Accepted)),
        What::Attempted(attempt(4, Some("refused with AR"))),
        What::Settled(settlement(4, dead)),
        What::Received(received(5, adt("A3"), refused)),
    ];
    let events: Vec<_> = (1..)
        .zip(what)
        .map(|(number, what)| Event { number, what })
        .collect();
    archive.write(1, &events).unwrap();
}

fn site() -> Site {
    let forwarding = Site::forwarding_yaml(&[("ehr", Receiver::accepting().address())]);
    // The messages are of a day that recedes.
    let site = Site::new(&format!("archive: {{ age_max: 36500d }}\n{forwarding}"));
    history(&site);
    site
}

#[track_caller]
fn run(site: &Site, arguments: &[&str], expected: i32) -> String {
    let all = [&["archive"], arguments, &["--site", "site"]].concat();
    let (status, out, err) = weir(site.folder(), &all, b"");
    assert_eq!((status, err.as_str()), (expected, ""), "{arguments:?}: {out}");
    out
}

/// The numbers that a search shows.
#[track_caller]
fn search(site: &Site, arguments: &[&str]) -> Vec<u64> {
    let out = run(site, &[&["search", "--json"], arguments].concat(), 0);
    let page: Value = serde_json::from_str(&out).unwrap();
    let numbers = page["messages"].as_array().unwrap().iter();
    numbers
        .map(|message| message["number"].as_u64().unwrap())
        .collect()
}

/// Everything that can be asked, whoever answers; by what name a delivery goes depends on that.
fn ask_everything(site: &Site, delivery: &str) {
    assert_eq!(search(site, &[]), [5, 3, 1]);
    assert_eq!(search(site, &["--control-id", "a2"]), [3]);
    assert_eq!(search(site, &["--state", "dead,refused"]), [5, 3]);
    assert_eq!(
        search(site, &["--destination", "ehr", "--tag", "ward=7W"]),
        [3, 1]
    );
    assert_eq!(
        search(site, &["--until", "2026-03-01T09:00:00Z", "--count", "1"]),
        [5]
    );
    assert_eq!(search(site, &["MSH-10 = \"A1\""]), [1]);
    let nobody = ["archive", "search", "--patient", "nobody", "--site", "site"];
    let (status, _, err) = weir(site.folder(), &nobody, b"");
    assert_eq!(
        (status, err.as_str()),
        (1, "no message in the archive is as asked\n")
    );
    let list = run(site, &["search", "--before", "5", "--count", "1"], 0);
    assert!(
        list.contains("dead       ADT^A01") || list.contains("dead       ADT"),
        "{list}"
    );
    assert!(list.contains("go on with --before 3"), "{list}");

    let shown = run(site, &["show", "3"], 0);
    for part in [
        "message 3, dead, received 2026-03-01T08:05:09Z by in, site version v1",
        "route       all",
        "tag         ward=7W",
        &format!("dead        ehr {delivery} refused with AR"),
        "12 ms AR refused with AR",
        "MSH-10",
    ] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    let refused = run(site, &["show", "5"], 0);
    assert!(refused.contains("answered    AR this listener"), "{refused}");
    assert_eq!(run(site, &["show", "1", "--raw"], 0).into_bytes(), adt("A1"));
    assert_eq!(run(site, &["show", "1", "--sent", "ehr"], 0), "MSH|^~\\&|SENT\r");
    let all: Value = serde_json::from_str(&run(site, &["show", "1", "--json"], 0)).unwrap();
    assert_eq!(all["deliveries"][0]["attempts"][0]["code"], "AA");
    assert_eq!(all["message"]["segments"][0]["name"], "Message Header");

    let held = run(
        site,
        &["hold", "case 7", "--reason", "court", "--control-id", "A1"],
        0,
    );
    assert_eq!(held, "case 7: 1 message held\n");
    assert!(run(site, &["holds"], 0).contains("court"));
    let unsure = run(site, &["purge", "--state", "dead,delivered"], 1);
    let would = "would be: 1 deleted, 1 held, 0 still owed, 0 not there\n";
    assert!(unsure.starts_with(would) && unsure.contains("--yes"), "{unsure}");
    let unsure = run(site, &["purge", "--number", "1", "5", "99"], 1);
    let would = "would be: 1 deleted, 1 held, 0 still owed, 1 not there\n";
    assert!(unsure.starts_with(would), "{unsure}");
    assert_eq!(search(site, &[]), [5, 3, 1]);
    let purged = run(site, &["purge", "--yes", "--number", "1", "5", "99"], 0);
    assert_eq!(purged, "1 deleted, 1 held, 0 still owed, 1 not there\n");
    let all = run(site, &["hold", "case 8", "--reason", "court", "--all"], 0);
    assert_eq!(all, "case 8: 2 messages held\n");
    let kept = run(site, &["purge", "--yes", "--all"], 1);
    assert_eq!(kept, "0 deleted, 2 held, 0 still owed, 0 not there\n");
    assert_eq!(run(site, &["release", "case 8"], 0), "case 8: released\n");
    assert_eq!(run(site, &["release", "case 7"], 0), "case 7: released\n");
    assert_eq!(search(site, &[]), [3, 1]);
    assert!(run(site, &["summary"], 0).starts_with("2 messages"));
}

/// What the audit log says was done, in order.
fn audited(site: &Site) -> String {
    let mut all = String::new();
    for entry in std::fs::read_dir(site.folder().join("data/audit")).unwrap() {
        all += std::fs::read_to_string(entry.unwrap().path()).unwrap().as_str();
    }
    all
}

#[track_caller]
fn check_audit(site: &Site) {
    let log = audited(site);
    for what in [
        "\"message.search\"",
        "\"message.read\"",
        "\"messages/3\"",
        "\"archive.hold\"",
        "court and messages by control_id",
        "\"archive.preview\"",
        "messages by state",
        "\"archive.purge\"",
        "3 messages by number",
        "\"archive.release\"",
    ] {
        assert!(log.contains(what), "{what}: {log}");
    }
    assert!(
        !log.contains("A1\""),
        "an identifier that was searched for: {log}"
    );
}

#[test]
fn the_history_is_asked_of_a_weir_that_runs() {
    let site = site();
    let engine = site.start();
    // Its outbox is a new one.
    ask_everything(&site, "of an outbox before this one");
    check_audit(&site);
    let (status, _, err) = weir(site.folder(), &["archive", "verify", "--site", "site"], b"");
    assert_eq!(status, 2);
    assert!(err.contains("stop it"), "{err}");
    let (code, page) = site.ask("GET", "/api/v1/messages?state=dead&count=5");
    assert_eq!((code, &page["messages"][0]["number"]), (200, &json!(3)), "{page}");
    let (code, refused) = site.ask("GET", "/api/v1/messages?patient=1");
    assert_eq!(code, 400, "{refused}");
    assert_eq!(site.ask("GET", "/api/v1/messages/99").0, 404);
    assert_eq!(engine.terminate(), 0);
}

#[test]
fn messages_of_any_length_are_looked_at_while_weir_runs() {
    let away = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = away.local_addr().unwrap();
    drop(away);
    let site = Site::forwarding(&[("ehr", address)]);
    let engine = site.start();
    // As a tree it is longer than any answer that is read at once, and so are its bytes.
    let mut message = adt("LONG");
    for number in 1..=8_500 {
        message.extend(format!("OBX|{number}|NM|GLU^GLUCOSE^L||5.6|mmol/L^^UCUM|3.9-6.1|N|||F\r").bytes());
    }
    message.extend(b"OBX|8501|ED|PDF||^APPLICATION^PDF^BASE64^");
    message.extend(std::iter::repeat_n(b'Q', 17 << 20));
    message.push(b'\r');
    let acknowledgment = Sender::connect(engine.listener("in")).exchange(&message).unwrap();
    assert_eq!(field(&acknowledgment, "MSA", 1), "AA");
    wait_until(|| {
        site.ask("GET", "/api/v1/messages").1["messages"]
            .as_array()
            .is_some_and(|all| all.len() == 1)
    });
    let number = site.ask("GET", "/api/v1/messages").1["messages"][0]["number"].to_string();
    let sequence = site.ask("GET", "/api/v1/destinations/ehr/queue").1[0]["sequence"].to_string();
    let (number, sequence) = (number.as_str(), sequence.as_str());
    let is_sent = |out: &str| assert!(out.as_bytes() == message, "{} bytes", out.len());
    let looks = || {
        is_sent(&run(&site, &["show", number, "--raw"], 0));
        is_sent(&run(&site, &["show", number, "--sent", "ehr"], 0));
        let out = run(&site, &["show", number], 0);
        assert!(
            out.contains(" ehr number ") && out.contains("8501"),
            "{} bytes",
            out.len()
        );
        let out = run(&site, &["show", number, "--json"], 0);
        let told: Value = serde_json::from_str(&out).unwrap();
        assert!(told["message"].is_object(), "{} bytes", out.len());
    };
    looks();
    let queue = |arguments: &[&str]| {
        let all = [&["queue", "show", "ehr"], arguments, &["--site", "site"]].concat();
        weir(site.folder(), &all, b"")
    };
    is_sent(&queue(&[sequence, "--raw"]).1);
    assert_eq!(queue(&[sequence]).1.lines().count(), 8_505);
    assert_eq!(queue(&["999"]).0, 1, "there is none");
    let (status, _, err) = weir(
        site.folder(),
        &["archive", "show", "999", "--raw", "--site", "site"],
        b"",
    );
    assert_eq!(
        (status, err.as_str()),
        (2, "there is no message 999 in the archive\n")
    );
    let (_, told) = site.ask("GET", &format!("/api/v1/messages/{number}?tree=false"));
    assert!(told["deliveries"].is_array() && told["message"].is_null() && told["text"].is_null());
    assert_eq!(engine.terminate(), 0);
    looks();
}

#[test]
fn the_history_is_asked_while_no_weir_runs() {
    let site = site();
    ask_everything(&site, "number 4");
    check_audit(&site);
    assert_eq!(
        run(&site, &["verify"], 0),
        "2 messages are as they were written\n"
    );
}

#[test]
fn commands_at_once_write_one_chain() {
    let site = site();
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| run(&site, &["show", "1"], 0));
        }
    });
    let log = audited(&site);
    assert_eq!(log.matches("\"message.read\"").count(), 8, "{log}");
    let (status, out, err) = weir(site.folder(), &["audit", "verify", "--data", "data"], b"");
    assert_eq!((status, err.as_str()), (0, ""), "{out}");
}

#[test]
fn a_hold_is_named_and_reasoned_in_one_line() {
    let site = site();
    for hold in [["case 7", "two\nlines"], ["case\u{85}7", "court"]] {
        let [name, reason] = hold;
        let (status, _, err) = weir(
            site.folder(),
            &[
                "archive", "hold", name, "--reason", reason, "--number", "1", "--site", "site",
            ],
            b"",
        );
        assert_eq!(status, 2);
        assert!(err.contains("one line"), "{err}");
    }
    assert!(!site.folder().join("data/audit").exists(), "nothing was allowed");
}

#[test]
fn wrong_questions_are_told() {
    let site = site();
    let wrong = |arguments: &[&str], expected: &str| {
        let all = [&["archive"], arguments, &["--site", "site"]].concat();
        let (status, _, err) = weir(site.folder(), &all, b"");
        assert_eq!(status, 2, "{err}");
        assert!(err.contains(expected), "{err}");
    };
    wrong(&["search", "PID-5.1 = "], "the condition, byte");
    wrong(&["search", "PID-5.1=TEST"], "did you mean `\"TEST\"`?");
    wrong(
        &["search", "--state", "lost"],
        "expected some of queued, delivered",
    );
    wrong(&["search", "--tag", "ward"], "as `ward=7W`");
    wrong(&["search", "--since", "yesterday"], "or how long ago");
    wrong(&["show", "99"], "there is no message 99 in the archive");
    wrong(&["show", "5", "--sent", "ehr"], "nothing was made of message 5");
    wrong(&["release", "case 8"], "there is no hold of that name");
    wrong(&["purge", "--yes"], "or --all for every message");
    wrong(&["purge"], "or --all for every message");
    for all in [&["--number", "1"][..], &["--type", "ADT"], &["PID-5.1 = 'X'"]] {
        wrong(
            &[&["purge", "--yes", "--all"], all].concat(),
            "cannot be used with",
        );
    }
}

/// The archive is asked and must refuse; all three messages are there afterwards.
#[track_caller]
fn refused(site: &Site, arguments: &[&str], expected: &str) {
    let all = [&["archive"], arguments, &["--site", "site"]].concat();
    let (status, out, err) = weir(site.folder(), &all, b"");
    assert_eq!((status, out.as_str()), (2, ""), "{arguments:?}: {err}");
    assert!(err.contains(expected), "{arguments:?}: {err}");
    assert_eq!(search(site, &[]), [5, 3, 1], "{arguments:?}");
    assert_eq!(run(site, &["holds"], 0), "", "{arguments:?}");
}

/// A script whose variable is not set: nothing may be taken for everything.
fn ask_with_nothing(site: &Site) {
    for name in ["", " ", ".", "^,", "-"] {
        refused(
            site,
            &["purge", "--yes", "--name", name],
            "`name`: expected a word",
        );
    }
    for (option, key) in [
        ("--patient", "patient"),
        ("--control-id", "control_id"),
        ("--order", "order"),
        ("--account", "account"),
        ("--tag", "tag"),
        ("--type", "type"),
        ("--application", "application"),
        ("--facility", "facility"),
        ("--listener", "listener"),
        ("--route", "route"),
        ("--destination", "destination"),
        ("--state", "state"),
    ] {
        let expected = format!("`{key}`: expected what to search for");
        refused(site, &["purge", "--yes", option, ""], &expected);
    }
    refused(
        site,
        &["purge", "--yes", " "],
        "`where`: expected what to search for",
    );
    refused(site, &["purge", "--yes", "--tag", "=7W"], "as `ward=7W`");
    refused(site, &["search", "--name", "."], "`name`: expected a word");
}

#[test]
fn a_criterion_with_nothing_to_look_for_is_refused() {
    let site = site();
    ask_with_nothing(&site);
    let engine = site.start();
    ask_with_nothing(&site);
    for path in ["messages/search", "resends"] {
        let name = json!({ "name": "." });
        let body = if path == "resends" {
            json!({ "search": name })
        } else {
            name
        };
        let (code, answer) = site.post(&format!("/api/v1/{path}"), &body);
        assert_eq!(code, 400, "{path}: {answer}");
    }
    assert_eq!(site.ask("GET", "/api/v1/messages?listener=").0, 400);
    assert_eq!(engine.terminate(), 0);
}

/// Numbers beside what is wrong, or beside another choice: nothing is done by half.
fn ask_for_two_things(site: &Site) {
    for rest in [["--type", "ADT^A01"], ["--since", "1h"]] {
        let both = "cannot be used with";
        refused(
            site,
            &[&["purge", "--yes", "--number", "1"][..], &rest].concat(),
            both,
        );
        let hold = ["hold", "h1", "--reason", "x", "--number", "1"];
        refused(site, &[&hold[..], &rest].concat(), both);
    }
    let condition = ["purge", "PID-5.1 = 'X'", "--yes", "--number", "1"];
    refused(site, &condition, "cannot be used with");
}

/// What cannot be understood makes no hold.
fn hold_what_is_wrong(site: &Site) {
    for (wrong, expected) in [
        (&["PID-5.1 == \"X\""][..], "the condition, byte"),
        (&["--state", "delivred"], "expected some of queued"),
        (&["--name", ""], "`name`: expected a word"),
        (&[], "or --all for every message"),
    ] {
        refused(
            site,
            &[&["hold", "h1", "--reason", "x"], wrong].concat(),
            expected,
        );
    }
}

#[test]
fn an_order_is_understood_before_anything_is_done() {
    let site = site();
    ask_for_two_things(&site);
    hold_what_is_wrong(&site);
    assert!(!audited(&site).contains("\"archive."), "nothing was allowed");
    let engine = site.start();
    ask_for_two_things(&site);
    hold_what_is_wrong(&site);
    for (chosen, expected) in [
        (
            json!({ "numbers": [1], "search": { "type": "ADT" } }),
            "found both",
        ),
        (
            json!({ "numbers": [1], "search": { "state": "delivred" } }),
            "found both",
        ),
        (json!({ "search": { "state": "delivred" } }), "expected some of"),
        (json!({ "search": { "count": 1 } }), "`count`: a search means all"),
        (json!({}), "an empty search means all messages"),
    ] {
        let hold = json!({ "name": "h1", "reason": "x", "messages": chosen });
        for (path, body) in [("archive/purge", &chosen), ("archive/holds", &hold)] {
            let (code, answer) = site.post(&format!("/api/v1/{path}"), body);
            let error = answer["error"].as_str().unwrap_or_default();
            assert!(
                code == 400 && error.contains(expected),
                "{path} {body}: {code} {answer}"
            );
        }
    }
    for search in [json!({ "before": 5 }), json!({ "count": 1 })] {
        let (code, answer) = site.post("/api/v1/resends", &json!({ "search": search }));
        assert!(
            code == 400 && answer["error"].as_str().unwrap().contains("`limit`"),
            "{answer}"
        );
    }
    assert_eq!(search(&site, &[]), [5, 3, 1]);
    assert_eq!(run(&site, &["holds"], 0), "");
    assert!(!audited(&site).contains("\"archive."), "nothing was allowed");
    assert_eq!(engine.terminate(), 0);
}

#[test]
fn what_was_lost_with_an_outbox_is_told_ended_and_can_be_deleted() {
    let site = site();
    let lost = Owed {
        destination: "ehr".into(),
        sequence: 8,
        result: None,
        dead: None,
    };
    let received = Received {
        message: 7,
        received_at: "2026-03-01T08:05:09Z".parse().unwrap(),
        listener: "in".into(),
        site_version: "v1".into(),
        charsets: Vec::new(),
        raw: adt("A4").into(),
        deliveries: vec![lost],
        outcome: Outcome::Accepted,
        routes: Vec::new(),
        tags: Vec::new(),
        results: Vec::new(),
        origin: None,
    };
    let event = Event {
        number: 8,
        what: What::Received(received),
    };
    let archive = Archive::open(&site.folder().join("data/archive"), None).unwrap();
    archive.write(1, &[event]).unwrap();
    drop(archive);
    let (status, _, err) = weir(
        site.folder(),
        &["archive", "lost", "--yes", "--site", "site"],
        b"",
    );
    assert!(status == 2 && err.contains("expected a weir that runs"), "{err}");
    let engine = site.start();
    let owed = run(&site, &["purge", "--yes", "--number", "7"], 1);
    assert_eq!(owed, "0 deleted, 0 held, 1 still owed, 0 not there\n");
    let told = run(&site, &["lost"], 1);
    assert_eq!(
        told,
        "1 queued in an outbox that is gone; --yes ends them as purged\n"
    );
    assert_eq!(run(&site, &["lost", "--yes"], 0), "1 ended as purged\n");
    assert!(audited(&site).contains("\"archive.lost\""));
    assert_eq!(search(&site, &["--state", "purged"]), [7]);
    let purged = run(&site, &["purge", "--yes", "--number", "7"], 0);
    assert_eq!(purged, "1 deleted, 0 held, 0 still owed, 0 not there\n");
    assert_eq!(engine.terminate(), 0);
}

#[test]
fn an_archive_that_cannot_be_opened_stops_nothing_and_off_is_off() {
    let receiver = Receiver::accepting();
    let site = Site::forwarding(&[("ehr", receiver.address())]);
    let folder = site.folder().join("data/archive");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("archive.sqlite"), [7; 5_000]).unwrap();
    let engine = site.start();
    wait_until(|| site.log().contains("the archive takes nothing"));
    assert_eq!(site.ask("GET", "/api/v1/archive").0, 404);
    assert_eq!(engine.terminate(), 0);

    let yaml = Site::forwarding_yaml(&[("ehr", receiver.address())]);
    let off = Site::new(&format!("archive: off\n{yaml}"));
    let engine = off.start();
    assert!(!off.folder().join("data/archive").exists());
    assert_eq!(engine.terminate(), 0);
    let (status, _, err) = weir(off.folder(), &["archive", "search", "--site", "site"], b"");
    assert_eq!((status, err.as_str()), (2, "the site says `archive: off`\n"));
}
