//! Copies of messages, character sets that listeners assume, and jobs whose files are damaged.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;

use serde_json::{Value, json};

use super::{accepted, again, audit, edited, job_when, message, numbers, preview, start, text};
use crate::harness::{Answer, Receiver, Sender, Site, wait_until, weir};

/// A message as text to edit.
fn characters(site: &Site, number: u64) -> String {
    let mut stream = UnixStream::connect(site.folder().join("data/control.sock")).unwrap();
    let head = "HTTP/1.1\r\nHost: weir\r\nConnection: close\r\n\r\n";
    write!(stream, "GET /api/v1/messages/{number}/text {head}").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer.split_once("\r\n\r\n").unwrap().1.to_owned()
}

/// A route that changes what `lab` gets.
fn changing(listener: &str, lab: &Receiver) -> Site {
    Site::new(&format!(
        "listeners:\n  in: {{ mllp: {{ bind: \"127.0.0.1:0\" }}{listener} }}\n\
         destinations:\n  lab: {{ mllp: {{ address: \"{}\" }}, retry: {{ first: 10ms, longest: 50ms }} }}\n\
         routes:\n  all:\n    from: in\n    messages: [ADT]\n    steps: [ {{ set: {{ PV1-3.1: CHANGED }} }} ]\n    \
           to: lab\n",
        lab.address()
    ))
}

#[test]
fn a_dead_letter_that_was_replayed_is_no_message_of_the_day() {
    let lab = Receiver::scripted(|count, _| match count {
        0 => Answer::CodeBecause("AR", 203),
        _ => Answer::Code("AA"),
    });
    let site = changing("", &lab);
    let engine = site.start();
    let mut sender = Sender::connect(engine.listener("in"));
    accepted(&mut sender, &message("M1"));
    engine.wait_for_metric("weir_outbox_dead_letters{destination=\"lab\"}", 1.0);
    let replay = ["replay", "lab", "--reason", "error 203", "--site", "site"];
    assert_eq!(weir(site.folder(), &replay, b"").0, 0);
    lab.wait_for(2);
    let [original, copy] = numbers(&site, "M1", 2)[..] else {
        panic!("expected the original and the copy");
    };
    engine.wait_for_metric("weir_archive_lag_notes", 0.0);
    for wanted in [
        json!({ "search": {} }),
        json!({ "search": {}, "destination": "lab" }),
    ] {
        let preview = preview(&site, &wanted);
        assert_eq!(preview["count"], 1, "{preview}");
        assert_eq!(preview["first"][0]["number"], original);
        let why = "sent again before, or brought back: the original of each is what counts";
        assert_eq!(preview["left_out"], json!([{ "name": why, "count": 1 }]));
    }
    let (code, answer) = again(&site, copy, &json!({}));
    let expected = format!(
        "message {copy} is a copy of message {original}, which went through no route: send {original} again"
    );
    assert_eq!((code, &answer["error"]), (409, &json!(expected)));
    assert_eq!(
        again(&site, copy, &json!({ "destination": "lab" })).0,
        200,
        "as it was sent"
    );
    lab.wait_for(3);
    assert_eq!(engine.terminate(), 0);
}

#[test]
fn what_still_waits_is_not_sent_beside_itself() {
    let lab = Receiver::accepting();
    let site = changing("", &lab);
    let engine = site.start();
    let queue = |order| weir(site.folder(), &["queue", order, "lab", "--site", "site"], b"").0;
    assert_eq!(queue("pause"), 0);
    let mut sender = Sender::connect(engine.listener("in"));
    accepted(&mut sender, &message("WAITS"));
    numbers(&site, "WAITS", 1);
    let preview = preview(&site, &json!({ "search": {}, "destination": "lab" }));
    let why = "still waiting for that destination: they go anyway";
    assert_eq!(
        (&preview["count"], &preview["left_out"]),
        (&json!(0), &json!([{ "name": why, "count": 1 }]))
    );
    assert_eq!(engine.terminate(), 0);
}

#[test]
fn a_text_is_edited_in_the_character_set_that_its_listener_assumes() {
    let lab = Receiver::accepting();
    let site = changing(", charset: 8859/15", &lab);
    let engine = site.start();
    let mut sender = Sender::connect(engine.listener("in"));
    // In 8859/15 this is the euro sign; in 8859/1 another one.
    let latin_9 = |name: &str| -> Vec<u8> {
        let message = text(&message("M1")).replace("ANNA", name);
        message
            .chars()
            .map(|c| if c == '\u{20ac}' { 0xa4 } else { c as u8 })
            .collect()
    };
    accepted(&mut sender, &latin_9("\u{20ac}VA"));
    lab.wait_for(1);
    let number = numbers(&site, "M1", 1)[0];
    let shown_text = characters(&site, number);
    assert!(shown_text.contains("^\u{20ac}VA"), "{shown_text}");
    let body = json!({ "text": shown_text.replace("VA", "V"), "message": number });
    let (code, checked) = site.post("/api/v1/messages/check", &body);
    assert_eq!(code, 200, "{checked}");
    let body = json!({ "text": body["text"], "reason": "her name" });
    assert_eq!(edited(&site, number, &body).0, 200);
    let sends = [
        "resend",
        &number.to_string(),
        "--edit",
        "-",
        "--reason",
        "her name",
        "--site",
        "site",
    ];
    let (status, out, err) = weir(site.folder(), &sends, &latin_9("\u{20ac}VI"));
    assert_eq!((status, err.as_str()), (0, ""), "{out}");
    lab.wait_for(3);
    let has = |message: &[u8], part: &[u8]| message.windows(part.len()).any(|window| window == part);
    let sent = lab.messages();
    assert!(
        has(&sent[1], b"^\xa4V\r") || has(&sent[1], b"^\xa4V|"),
        "by its text"
    );
    assert!(
        has(&sent[2], b"^\xa4VI\r") || has(&sent[2], b"^\xa4VI|"),
        "by its bytes"
    );
    let both = json!({ "text": "MSH", "bytes": "TVNI", "reason": "both" });
    assert_eq!(edited(&site, number, &both).0, 400);
    assert_eq!(engine.terminate(), 0);
}

#[test]
fn a_job_that_cannot_go_on_is_written_down_and_damaged_jobs_keep_nobody_from_starting() {
    let lab = Receiver::accepting();
    let site = changing("", &lab);
    let engine = site.start();
    let mut sender = Sender::connect(engine.listener("in"));
    for id in ["M1", "M2", "M3"] {
        accepted(&mut sender, &message(id));
    }
    numbers(&site, "M3", 1);
    let preview = preview(&site, &json!({ "search": {}, "rate_per_second": 1 }));
    assert_eq!(start(&site, &preview).0, 200);
    assert_eq!(engine.terminate(), 0);
    let data = site.folder().join("data");
    std::fs::write(data.join("resends").join(preview["id"].to_string()), "no set").unwrap();
    let engine = site.start();
    let job = job_when(&site, &preview["id"], |job| job["state"] == "done");
    let problem = job["problem"].as_str().unwrap();
    assert!(problem.starts_with("its set cannot be read"), "{job}");
    wait_until(|| {
        let records = audit(&site);
        let mut records = records
            .lines()
            .map(|line| serde_json::from_str::<Value>(line).unwrap());
        records.any(|record| {
            let detail = record["detail"].as_str().unwrap_or_default();
            record["what"] == "resend.end" && detail.contains("its set cannot be read")
        })
    });
    assert_eq!(engine.terminate(), 0);

    std::fs::write(data.join("resends.json"), "{").unwrap();
    let engine = site.start();
    assert_eq!(site.ask("GET", "/api/v1/resends").1, json!([]));
    assert_eq!(std::fs::read(data.join("resends.unreadable.json")).unwrap(), b"{");
    accepted(&mut Sender::connect(engine.listener("in")), &message("AFTER"));
    assert_eq!(engine.terminate(), 0);
}
