//! One message again: through the routes, to one destination, edited; the trail, and what is refused.

use serde_json::json;

use super::{accepted, again, audit, edited, ids, message, numbers, shown, text};
use crate::harness::{Receiver, Sender, Site, field, weir};

/// A route that changes what `lab` gets and leaves out patients of unknown sex, and one that splits nothing.
fn site_yaml(ehr: &Receiver, lab: &Receiver, ward: &str) -> String {
    format!(
        "listeners:\n  in: {{ mllp: {{ bind: \"127.0.0.1:0\", frame_bytes_max: 64KiB }}, unrouted: accept, \
           duplicates: replay_acknowledgment }}\n\
         destinations:\n  ehr: {{ mllp: {{ address: \"{}\" }}, retry: {{ first: 10ms, longest: 50ms }} }}\n  \
           lab: {{ mllp: {{ address: \"{}\" }}, retry: {{ first: 10ms, longest: 50ms }} }}\n\
         routes:\n  all:\n    from: in\n    messages: [ADT]\n    when: \"PID-8 != 'U'\"\n    \
           steps: [ {{ set: {{ PV1-3.1: {ward} }} }}, \
             {{ if: \"PID-5.1 = 'REJECTED'\", then: [ {{ reject: {{ text: no such patient }} }} ] }} ]\n    \
           to: [ehr, lab]\n",
        ehr.address(),
        lab.address()
    )
}

struct Running {
    site: Site,
    engine: crate::harness::Engine,
    ehr: Receiver,
    lab: Receiver,
}

/// With one message `M1` that both have.
fn running() -> (Running, u64) {
    let (ehr, lab) = (Receiver::accepting(), Receiver::accepting());
    let site = Site::new(&site_yaml(&ehr, &lab, "OLD"));
    let engine = site.start();
    let mut sender = Sender::connect(engine.listener("in"));
    accepted(&mut sender, &message("M1"));
    ehr.wait_for(1);
    lab.wait_for(1);
    let number = numbers(&site, "M1", 1)[0];
    let running = Running {
        site,
        engine,
        ehr,
        lab,
    };
    (running, number)
}

impl Running {
    fn end(self) {
        assert_eq!(self.engine.terminate(), 0);
    }

    /// Routes and destinations from now on.
    fn change(&self, ward: &str) {
        self.site.change(&site_yaml(&self.ehr, &self.lab, ward));
    }
}

#[test]
fn through_the_routes_as_they_are_now_it_goes_to_all_and_no_dedupe_swallows_it() {
    let (running, number) = running();
    running.change("NEW");
    for reason in ["two\nlines", "a\u{85}b"] {
        let (code, answer) = again(&running.site, number, &json!({ "reason": reason }));
        assert_eq!(code, 400, "{answer}");
        assert!(answer.to_string().contains("one line"), "{answer}");
    }
    let (code, answer) = again(&running.site, number, &json!({ "reason": "the ward was wrong" }));
    assert_eq!((code, &answer["outcome"]), (200, &json!("accepted")), "{answer}");
    let to: Vec<_> = answer["deliveries"].as_array().unwrap().iter().collect();
    assert_eq!(to.len(), 2, "{answer}");
    running.ehr.wait_for(2);
    running.lab.wait_for(2);
    let sent = running.ehr.messages();
    assert_eq!(ids(&sent), ["M1", "M1"], "receivers know it by its control id");
    let wards: Vec<_> = sent.iter().map(|message| field(message, "PV1", 3)).collect();
    assert_eq!(wards, ["OLD^101^A", "NEW^101^A"]);
    let new = answer["message"].as_u64().unwrap();
    let told = shown(&running.site, new);
    assert_eq!(
        (&told["listener"], &told["bytes"]),
        (&json!("in"), &json!(message("M1").len()))
    );
    let sequences: Vec<_> = told["deliveries"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["sequence"])
        .collect();
    let answered: Vec<_> = to.iter().map(|one| &one["sequence"]).collect();
    assert_eq!(sequences, answered);
    running.end();
}

#[test]
fn to_one_destination_it_goes_as_it_was_sent_and_to_no_other() {
    let (running, number) = running();
    running.change("NEW");
    let body = json!({ "destination": "lab", "reason": "lab lost it" });
    let (code, answer) = again(&running.site, number, &body);
    assert_eq!(
        (code, answer["deliveries"].as_array().unwrap().len()),
        (200, 1),
        "{answer}"
    );
    running.lab.wait_for(2);
    let sent = running.lab.messages();
    assert_eq!(sent[0], sent[1], "as it was sent, whatever the routes say now");
    // What the routes make of it now goes to one alone, too.
    let body = json!({ "destination": "lab", "routed": true, "reason": "lab wants the new ward" });
    let (code, answer) = again(&running.site, number, &body);
    assert_eq!(
        (code, &answer["deliveries"][0]["destination"]),
        (200, &json!("lab")),
        "{answer}"
    );
    running.lab.wait_for(3);
    assert_eq!(field(&running.lab.messages()[2], "PV1", 3), "NEW^101^A");
    assert_eq!(running.ehr.messages().len(), 1);
    running.end();
}

#[test]
fn an_edited_text_goes_instead_and_the_trail_leads_both_ways() {
    let (running, number) = running();
    let before = shown(&running.site, number);
    let text = text(&message("M1"))
        .replace("ANNA", "ANNABEL")
        .replace('\r', "\n");
    let body = json!({ "text": text, "reason": "a wrong first name" });
    let (code, answer) = edited(&running.site, number, &body);
    assert_eq!((code, &answer["outcome"]), (200, &json!("accepted")), "{answer}");
    running.ehr.wait_for(2);
    let sent = running.ehr.messages();
    assert_eq!(field(&sent[1], "PID", 5), "TESTPATIENT^ANNABEL");
    assert_eq!(field(&sent[1], "PV1", 3), "OLD^101^A", "through the routes");
    // As it stands, through no route.
    let body = json!({ "text": text, "reason": "once more for lab", "destination": "lab" });
    let (code, straight) = edited(&running.site, number, &body);
    assert_eq!(code, 200, "{straight}");
    running.lab.wait_for(3);
    assert_eq!(field(&running.lab.messages()[2], "PV1", 3), "WARD1^101^A");

    let (first, second) = (
        answer["message"].as_u64().unwrap(),
        straight["message"].as_u64().unwrap(),
    );
    let told = shown(&running.site, first);
    let origin = &told["origin"];
    assert_eq!(
        (&origin["message"], &origin["edited"]),
        (&json!(number), &json!(true))
    );
    assert_eq!(origin["why"], "a wrong first name");
    assert!(origin["by"].as_str().unwrap().starts_with("local:"), "{origin}");
    shown(&running.site, second);
    let original = shown(&running.site, number);
    let made: Vec<_> = original["resent_as"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["message"])
        .collect();
    assert_eq!(made, [&json!(second), &json!(first)]);
    assert_eq!(
        original["message"], before["message"],
        "the original stays as it is"
    );
    let site = running.site.folder();
    let (status, out, err) = weir(
        site,
        &["archive", "show", &number.to_string(), "--site", "site"],
        b"",
    );
    assert_eq!((status, err.as_str()), (0, ""));
    assert!(
        out.contains(&format!("sent again  as message {first}, edited, at ")),
        "{out}"
    );
    let (_, out, _) = weir(
        site,
        &["archive", "show", &first.to_string(), "--site", "site"],
        b"",
    );
    let line = format!("comes from  message {number}, edited, by local:");
    assert!(
        out.contains(&line) && out.contains(": a wrong first name"),
        "{out}"
    );
    running.end();
}

#[test]
fn the_audit_log_says_who_and_why_and_never_what() {
    let (running, number) = running();
    let text = text(&message("M1")).replace("ANNA", "ANNABEL");
    let body = json!({ "text": text, "reason": "a wrong first name", "destination": "lab" });
    assert_eq!(edited(&running.site, number, &body).0, 200);
    let bad = json!({ "text": "PID|ANNABEL", "reason": "a wrong first name" });
    assert_eq!(edited(&running.site, number, &bad).0, 400);
    let records = audit(&running.site);
    for expected in [
        "message.edit",
        "a wrong first name",
        "to lab alone",
        &format!("messages/{number}/edited"),
    ] {
        assert!(records.contains(expected), "{expected}: {records}");
    }
    assert!(
        !records.contains("ANNA") && !records.contains("TESTPATIENT"),
        "{records}"
    );
    running.end();
}

#[test]
fn what_cannot_be_sent_again_is_answered_with_why_and_nothing_is_sent() {
    let (running, number) = running();
    let mut sender = Sender::connect(running.engine.listener("in"));
    let unknown_sex = text(&message("FILTERED")).replace("|F\r", "|U\r");
    accepted(&mut sender, unknown_sex.as_bytes());
    let refused = text(&message("REFUSED")).replace("|2.5.1", "|9.9");
    assert_eq!(
        field(&sender.exchange(refused.as_bytes()).unwrap(), "MSA", 1),
        "AR"
    );
    let (filtered, refused) = (
        numbers(&running.site, "FILTERED", 1)[0],
        numbers(&running.site, "REFUSED", 1)[0],
    );
    let check = |(code, answer): (u16, serde_json::Value), expected: (u16, &str)| {
        let error = answer["error"].as_str().unwrap_or_default();
        assert!(
            code == expected.0 && error.contains(expected.1),
            "{code} {answer}, expected {expected:?}"
        );
    };
    let resend = |number, body: serde_json::Value| again(&running.site, number, &body);
    check(resend(99_999, json!({})), (404, "there is no message 99999"));
    check(
        resend(number, json!({ "destination": "elsewhere" })),
        (404, "there is no destination `elsewhere`"),
    );
    check(
        resend(number, json!({ "routed": true })),
        (400, "`routed` is said of one `destination`"),
    );
    check(resend(number, json!({ "to": "lab" })), (400, "body"));
    check(
        resend(filtered, json!({ "destination": "lab" })),
        (409, "was never made for `lab`"),
    );
    check(resend(refused, json!({})), (409, "was refused when it came"));
    check(
        resend(number, json!({ "reason": "x".repeat(501) })),
        (400, "at most 500 characters"),
    );
    let edit = |text: String| {
        edited(
            &running.site,
            number,
            &json!({ "text": text, "reason": "a test" }),
        )
    };
    check(
        edit("PID|1".to_owned()),
        (400, "expected MSH as the first segment"),
    );
    let long = [text(&message("M1")), format!("NTE|1||{}\r", "x".repeat(80_000))].concat();
    check(edit(long), (400, "its listener takes no more than 65536"));
    assert_eq!(
        (running.ehr.messages().len(), running.lab.messages().len()),
        (1, 1)
    );
    running.end();
}

#[test]
fn what_the_routes_do_not_want_is_told_and_kept_with_its_origin() {
    let (running, number) = running();
    let mut sender = Sender::connect(running.engine.listener("in"));
    let unknown_sex = text(&message("FILTERED")).replace("|F\r", "|U\r");
    accepted(&mut sender, unknown_sex.as_bytes());
    let filtered = numbers(&running.site, "FILTERED", 1)[0];
    let edited_as = |text: String| edited(&running.site, number, &json!({ "text": text }));
    let (code, answer) = again(&running.site, filtered, &json!({}));
    assert_eq!((code, &answer["outcome"]), (200, &json!("filtered")), "{answer}");
    assert_eq!(answer["problem"], "the condition of route all does not hold");
    let (code, answer) = edited_as(text(&message("M1")).replace("TESTPATIENT", "REJECTED"));
    assert_eq!((code, &answer["outcome"]), (200, &json!("refused")), "{answer}");
    assert!(
        answer["problem"].as_str().unwrap().contains("no such patient"),
        "{answer}"
    );
    let told = shown(&running.site, answer["message"].as_u64().unwrap());
    assert_eq!(
        (&told["state"], &told["origin"]["message"]),
        (&json!("refused"), &json!(number))
    );
    running.end();
}

#[test]
fn what_waits_waits_and_what_was_purged_is_gone() {
    let (running, number) = running();
    let folder = running.site.folder();
    assert_eq!(
        weir(folder, &["queue", "pause", "lab", "--site", "site"], b"").0,
        0
    );
    let body = json!({ "destination": "lab", "reason": "while it is paused" });
    let (code, answer) = again(&running.site, number, &body);
    assert_eq!(
        (code, answer["deliveries"].as_array().unwrap().len()),
        (200, 1),
        "{answer}"
    );
    let mut sender = Sender::connect(running.engine.listener("in"));
    accepted(&mut sender, &message("M2"));
    assert_eq!(
        weir(folder, &["queue", "resume", "lab", "--site", "site"], b"").0,
        0
    );
    running.lab.wait_for(3);
    assert_eq!(
        ids(&running.lab.messages()),
        ["M1", "M1", "M2"],
        "in the order of acceptance"
    );
    let purge = [
        "archive",
        "purge",
        "--number",
        &number.to_string(),
        "--yes",
        "--site",
        "site",
    ];
    let (status, out, err) = weir(folder, &purge, b"");
    assert_eq!(status, 0, "{out}{err}");
    assert_eq!(again(&running.site, number, &json!({})).0, 404);
    running.end();
}

#[test]
fn without_an_archive_there_is_nothing_to_send_again() {
    let receiver = Receiver::accepting();
    let site = Site::new(&format!(
        "archive: off\n{}",
        Site::forwarding_yaml(&[("ehr", receiver.address())])
    ));
    let engine = site.start();
    let (code, answer) = again(&site, 1, &json!({}));
    assert_eq!(code, 404);
    assert!(
        answer["error"].as_str().unwrap().contains("no archive is kept"),
        "{answer}"
    );
    assert_eq!(engine.terminate(), 0);
}
