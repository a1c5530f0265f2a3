//! Messages that declare no character set, or none any more, are read to their end in the one that they came in.

use std::path::Path;

use serde_json::{Value, json};
use weir::hl7::Charset;

use crate::harness::{Answer, Receiver, Sender, Site, field, wait_until};

/// A receiver that knows the character set of its messages: the control id is `CID001` in all of them.
fn receiver() -> Receiver {
    Receiver::scripted(|_, _| Answer::Text("MSH|^~\\&|R\rMSA|AA|CID001\r"))
}

fn site(receiver: &Receiver, charset: &str, steps: &str) -> Site {
    Site::new(&yaml(receiver, charset, steps))
}

fn yaml(receiver: &Receiver, charset: &str, steps: &str) -> String {
    format!(
        "listeners:\n  in: {{ mllp: {{ bind: \"127.0.0.1:0\" }}, {charset} }}\n\
         destinations:\n  out:\n    mllp: {{ address: \"{}\", terminators: preserve }}\n    \
         retry: {{ first: 10ms, longest: 50ms }}\n  \
         files: {{ file: {{ folder: ../files, name: \"{{PID-5.1}}.hl7\" }} }}\n\
         routes:\n  all: {{ from: in, to: [out, files], steps: [{steps}] }}\n",
        receiver.address()
    )
}

fn started(site: &Site) -> crate::harness::Engine {
    std::fs::create_dir_all(site.folder().join("files")).unwrap();
    site.start()
}

/// A message from this facility about this patient, as `CID001`.
fn message(charset: &str, declared: &str, facility: &str, family: &str) -> Vec<u8> {
    let text = format!(
        "MSH|^~\\&|APP|{facility}|R|RF|20260301||ADT^A01^ADT_A01|CID001|P|2.5.1||||||{declared}\r\
         EVN|A01|20260301\rPID|1||1||{family}^ANNA\r"
    );
    let charset: Charset = charset.parse().unwrap();
    charset.encode(&text).unwrap().into_owned()
}

/// The names of the files that were written, once there are so many.
fn files(site: &Site, count: usize) -> Vec<String> {
    let names = || {
        let entries = std::fs::read_dir(site.folder().join("files")).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let is_whole = |name: &String| Path::new(name).extension().is_some_and(|end| end == "hl7");
        names.filter(is_whole).collect::<Vec<_>>()
    };
    wait_until(|| names().len() >= count);
    names()
}

#[test]
fn what_the_listener_assumes_holds_for_acknowledgments_deliveries_and_file_names() {
    // Their second bytes are `|`, `^` and a backslash: 83 7C, 83 5E, 95 5C.
    let japanese = ("SHIFT_JIS", "サポータ", "表");
    let polish = ("8859/2", "ŁÓDŹ", "Łukasz");
    for (charset, facility, family) in [japanese, polish] {
        let receiver = receiver();
        let site = site(&receiver, &format!("charset: {charset}"), "");
        let engine = started(&site);
        let mut sender = Sender::connect(engine.listener("in"));
        let sent = message(charset, "", facility, family);
        let reply = sender.exchange(&sent).unwrap();
        assert_eq!(field(&reply, "MSA", 1), "AA");
        assert_eq!(field(&reply, "MSA", 2), "CID001");
        let addressed = format!("MSH|^~\\&|R|RF|APP|{facility}|");
        let addressed = charset
            .parse::<Charset>()
            .unwrap()
            .encode(&addressed)
            .unwrap()
            .into_owned();
        assert!(
            reply.starts_with(&addressed),
            "{}",
            String::from_utf8_lossy(&reply)
        );
        // A refusal echoes as much.
        let at = memchr::memmem::find(&sent, b"2.5.1").unwrap();
        let refused = [&sent[..at], b"9.9", &sent[at + 5..]].concat();
        let reply = sender.exchange(&refused).unwrap();
        assert_eq!(
            (field(&reply, "MSA", 1), field(&reply, "MSA", 2)),
            ("AR".into(), "CID001".into())
        );
        assert!(
            reply.starts_with(&addressed),
            "{}",
            String::from_utf8_lossy(&reply)
        );
        assert_eq!(files(&site, 1), [format!("{family}.hl7")]);
        engine.wait_for_metric("weir_deliveries_delivered_total{destination=\"out\"}", 1.0);
        assert_eq!(engine.terminate(), 0);
        assert_eq!(receiver.stop(), [sent], "delivered once, as it came");
    }
}

#[test]
fn messages_of_a_batch_are_acknowledged_in_the_character_set_they_are_read_in() {
    let receiver = receiver();
    let site = site(&receiver, "charset: SHIFT_JIS, batch: split, batch_ack: each", "");
    let engine = started(&site);
    let mut sender = Sender::connect(engine.listener("in"));
    let sent = message("SHIFT_JIS", "", "サポータ", "表");
    sender.send(&[sent.clone(), sent].concat()).unwrap();
    for _ in 0..2 {
        let reply = sender.reply().unwrap();
        assert_eq!(
            (field(&reply, "MSA", 1), field(&reply, "MSA", 2)),
            ("AA".into(), "CID001".into())
        );
    }
    receiver.wait_for(2);
    assert_eq!(engine.terminate(), 0);
    assert_eq!(receiver.stop().len(), 2);
}

#[test]
fn a_message_stays_in_its_character_set_when_a_route_removes_its_declaration() {
    let sent = message("SHIFT_JIS", "SHIFT_JIS", "サポータ", "表");
    let undeclared = message("SHIFT_JIS", "", "サポータ", "表");
    let receiver = receiver();
    let steps = "{ remove: [MSH-18] }";
    let site = site(&receiver, "", steps);
    let engine = started(&site);
    let mut sender = Sender::connect(engine.listener("in"));
    let reply = sender.exchange(&sent).unwrap();
    assert_eq!(
        (field(&reply, "MSA", 1), field(&reply, "MSA", 2)),
        ("AA".into(), "CID001".into())
    );
    assert_eq!(files(&site, 1), ["表.hl7"]);
    engine.wait_for_metric("weir_deliveries_delivered_total{destination=\"out\"}", 1.0);
    let find = || {
        site.post("/api/v1/messages/search", &json!({ "control_id": "CID001" }))
            .1
    };
    wait_until(|| find()["messages"].as_array().map(Vec::len) == Some(1));
    let page = find();
    // As it was sent, once more.
    let path = format!("/api/v1/messages/{}/resend", page["messages"][0]["number"]);
    let (code, answer) = site.post(&path, &json!({ "destination": "out", "reason": "again" }));
    assert_eq!(code, 200, "{answer}");
    engine.wait_for_metric("weir_deliveries_delivered_total{destination=\"out\"}", 2.0);
    assert_eq!(engine.terminate(), 0);
    let came = receiver.stop();
    assert_eq!(came.len(), 2, "each delivered once");
    for message in came {
        let (expected, found) = (
            String::from_utf8_lossy(&undeclared),
            String::from_utf8_lossy(&message),
        );
        assert_eq!(found.replace("2.5.1\r", "2.5.1||||||\r"), expected);
    }
}

#[test]
fn a_message_that_a_route_writes_in_another_character_set_stays_in_that() {
    let sent = message("SHIFT_JIS", "SHIFT_JIS", "サポータ", "表");
    let receiver = receiver();
    let steps = "{ set: { MSH-18: \"UNICODE UTF-8\" } }, { remove: [MSH-18] }";
    let site = site(&receiver, "", steps);
    let engine = started(&site);
    let reply = Sender::connect(engine.listener("in")).exchange(&sent).unwrap();
    assert_eq!(field(&reply, "MSA", 1), "AA");
    assert_eq!(files(&site, 1), ["表.hl7"]);
    engine.wait_for_metric("weir_deliveries_delivered_total{destination=\"out\"}", 1.0);
    assert_eq!(engine.terminate(), 0);
    let [came] = receiver.stop().try_into().unwrap();
    let came = String::from_utf8(came).unwrap();
    assert!(came.contains("|サポータ|") && came.contains("|表^"), "{came}");
}

#[test]
fn what_waits_is_read_as_it_came_after_a_restart_with_another_setting() {
    let away = receiver();
    let address = away.address();
    let site = site(&away, "charset: SHIFT_JIS", "");
    drop(away.stop());
    let engine = started(&site);
    let sent = message("SHIFT_JIS", "", "サポータ", "表");
    let reply = Sender::connect(engine.listener("in")).exchange(&sent).unwrap();
    assert_eq!(field(&reply, "MSA", 1), "AA");
    assert_eq!(engine.terminate(), 0);
    let receiver = Receiver::at(address, |_, _| Answer::Text("MSH|^~\\&|R\rMSA|AA|CID001\r"));
    let folder = site.folder();
    let site = Site::write(folder, &yaml(&receiver, "charset: 8859/2", ""));
    let engine = started(&site);
    engine.wait_for_metric("weir_deliveries_delivered_total{destination=\"out\"}", 1.0);
    assert_eq!(engine.terminate(), 0);
    assert_eq!(receiver.stop(), [sent]);
}

#[test]
fn the_archive_finds_and_shows_it_in_the_character_set_it_came_in() {
    let receiver = receiver();
    let site = site(&receiver, "charset: SHIFT_JIS", "");
    let engine = started(&site);
    let sent = message("SHIFT_JIS", "", "サポータ", "表ポ");
    Sender::connect(engine.listener("in")).exchange(&sent).unwrap();
    receiver.wait_for(1);
    let find = |asked: Value| site.post("/api/v1/messages/search", &asked).1["messages"].clone();
    wait_until(|| find(json!({ "state": "delivered" })).as_array().map(Vec::len) == Some(1));
    for asked in [
        json!({ "name": "表ポ" }),
        json!({ "name": "anna" }),
        json!({ "control_id": "CID001" }),
        json!({ "where": "PID-5.1 = '表ポ' and MSH-10 = 'CID001'" }),
    ] {
        let (_, page) = site.post("/api/v1/messages/search", &asked);
        let found = &page["messages"];
        assert_eq!(found[0]["control_id"], "CID001", "{asked}: {page}");
        assert_eq!(found[0]["message_type"], "ADT^A01", "{asked}");
        assert_eq!(found[0]["subject"]["name"], "表ポ, ANNA", "{asked}");
    }
    let path = format!(
        "/api/v1/messages/{}",
        find(json!({ "name": "anna" }))[0]["number"]
    );
    let shown = site.ask("GET", &path).1;
    assert_eq!(shown["charset"], "SHIFT_JIS");
    assert!(shown["message"].to_string().contains("表ポ"), "{shown}");
    // Through the routes again.
    let again = json!({ "reason": "again" });
    let (code, answer) = site.post(&format!("{path}/resend"), &again);
    assert_eq!(code, 200, "{answer}");
    engine.wait_for_metric("weir_deliveries_delivered_total{destination=\"out\"}", 2.0);
    wait_until(|| find(json!({ "name": "表ポ" })).as_array().map(Vec::len) == Some(2));
    assert_eq!(engine.terminate(), 0);
    assert_eq!(receiver.stop(), [sent.clone(), sent]);
}
