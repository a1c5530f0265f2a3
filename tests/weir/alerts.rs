//! Alerts of a weir that runs: told by webhook and by mail when trouble begins and when it ends, through a reload and a
//! restart, while somebody else cannot be told; and they hold no content.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::Receiver as Arrivals;

use serde_json::Value;

use crate::harness::{PATIENCE, Receiver, Sender, Site, adt, read_request, serve, wait_until, weir};

/// One POST, head and body.
fn take_post(mut stream: TcpStream) -> Option<String> {
    let (head, body) = read_request(&stream)?;
    let answer = b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n";
    stream.write_all(answer).ok()?;
    Some(format!("{head}{}", String::from_utf8(body).unwrap()))
}

/// One mail by SMTP: the commands and the letter.
fn take_mail(stream: TcpStream) -> Option<String> {
    let mut reader = BufReader::new(stream);
    reader.get_mut().write_all(b"220 mail\r\n").ok()?;
    let mut taken = String::new();
    let mut in_letter = false;
    loop {
        let from = taken.len();
        reader.read_line(&mut taken).ok().filter(|count| *count > 0)?;
        let line = taken[from..].trim_end();
        let answer: &[u8] = match line {
            "." if in_letter => {
                in_letter = false;
                b"250 taken\r\n"
            }
            _ if in_letter => continue,
            "DATA" => {
                in_letter = true;
                b"354 go on\r\n"
            }
            "QUIT" => {
                drop(reader.get_mut().write_all(b"221 bye\r\n"));
                return Some(taken);
            }
            _ => b"250 ok\r\n",
        };
        reader.get_mut().write_all(answer).ok()?;
    }
}

/// The alerts of the next message to a webhook.
fn told(posts: &Arrivals<String>) -> (String, Vec<Value>) {
    let post = posts.recv_timeout(PATIENCE).expect("a message comes");
    let (head, body) = post.split_once("\r\n\r\n").unwrap();
    let body: Value = serde_json::from_str(body).unwrap();
    assert_eq!(body["weir"], "hub");
    (head.to_owned(), body["alerts"].as_array().unwrap().clone())
}

/// Kind, state and object of an alert.
fn kind(alert: &Value) -> (Value, Value, Value) {
    (
        alert["kind"].clone(),
        alert["state"].clone(),
        alert["about"].clone(),
    )
}

fn nobody() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap()
}

/// A site that tells of trouble: by webhook, by mail, and a contact that is away.
fn with_contacts(receiver: &Receiver, hook: SocketAddr, smtp: SocketAddr) -> String {
    let forwarding = Site::forwarding_yaml(&[("ehr", receiver.address())]);
    format!(
        "{forwarding}alerts:\n  name: hub\n  contacts:\n    \
         on-call: {{ webhook: {{ url: \"http://{hook}/weir\", headers: {{ Authorization: {{ file: token }} }} }} }}\n    \
         ehr-team: {{ mail: {{ server: 127.0.0.1, port: {}, tls: none, from: weir@hub.example, to: ehr@hub.example }} }}\n    \
         away: {{ webhook: {{ url: \"http://{}/\" }} }}\n  \
         owners: [on-call, away]\n  \
         destinations: {{ ehr: {{ owners: [on-call, ehr-team, away] }} }}\n",
        smtp.port(),
        nobody()
    )
}

#[test]
fn trouble_is_told_once_when_it_begins_and_once_when_it_ends() {
    let receiver = Receiver::accepting();
    let (hook, posts) = serve(take_post);
    let (smtp, mails) = serve(take_mail);
    let yaml = with_contacts(&receiver, hook, smtp);
    let site = Site::new("routes: {}\n");
    let token = site.folder().join("site/token");
    std::fs::write(&token, "Bearer hunter2\n").unwrap();
    std::fs::set_permissions(&token, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    site.rewrite(&yaml);
    let engine = site.start();
    assert_eq!(site.ask("POST", "/api/v1/destinations/ehr/pause").0, 200);
    let mut sender = Sender::connect(engine.listener("in"));
    assert!(sender.exchange(&adt("SECRET1")).is_some());

    let (head, alerts) = told(&posts);
    assert!(head.starts_with("POST /weir HTTP/1.1"), "{head}");
    assert!(
        head.to_ascii_lowercase()
            .contains("authorization: bearer hunter2"),
        "{head}"
    );
    assert_eq!(
        alerts.iter().map(kind).collect::<Vec<_>>(),
        [("paused".into(), "began".into(), "ehr".into())]
    );
    let mail = mails.recv_timeout(PATIENCE).expect("a mail comes");
    assert!(mail.contains("RCPT TO:<ehr@hub.example>"), "{mail}");
    assert!(
        mail.contains("Subject: weir hub: destination ehr: paused"),
        "{mail}"
    );
    let id = mail.lines().find_map(|line| line.strip_prefix("Message-ID: "));
    assert!(
        id.is_some_and(|id| id.starts_with('<') && id.ends_with("@hub.example>")),
        "{mail}"
    );

    // It is shown, with who has been told, and who could not be.
    wait_until(|| {
        let (_, shown) = site.ask("GET", "/api/v1/alerts");
        shown["alerts"][0]["told"] == serde_json::json!(["ehr-team", "on-call"])
            && shown["failures"][0]["contact"] == "away"
    });
    let (_, shown, _) = weir(site.folder(), &["status", "site"], b"");
    assert!(shown.contains("alert paused"), "{shown}");
    engine.wait_for_metric(r#"weir_alerts{kind="paused"}"#, 1.0);
    // A reload begins nothing anew; a contact that is away keeps no delivery.
    site.change(&yaml.replace("name: hub\n", "name: hub\n  queue_age_max: 5m\n"));
    assert_eq!(site.ask("POST", "/api/v1/destinations/ehr/resume").0, 200);
    receiver.wait_for(1);
    let (_, alerts) = told(&posts);
    assert_eq!(
        alerts.iter().map(kind).collect::<Vec<_>>(),
        [("paused".into(), "ended".into(), "ehr".into())]
    );
    assert!(alerts[0]["lasted_seconds"].is_u64(), "{alerts:?}");
    let mail = mails.recv_timeout(PATIENCE).expect("a mail comes");
    assert!(mail.contains("paused ended"), "{mail}");
    // What is over is shown too, with who had been told that it began.
    let (_, shown) = site.ask("GET", "/api/v1/alerts");
    assert_eq!(shown["alerts"], serde_json::json!([]));
    let over = &shown["over"][0];
    assert_eq!((&over["kind"], &over["about"]), (&"paused".into(), &"ehr".into()));
    assert_eq!(over["told"], serde_json::json!(["ehr-team", "on-call"]));
    assert!(over["ended"].as_str() >= over["since"].as_str(), "{over}");
    assert!(
        !mail.contains("SECRET1") && !mail.contains("TESTPATIENT"),
        "{mail}"
    );
    assert_eq!(engine.terminate(), 0);
    assert!(
        posts.try_recv().is_err() && mails.try_recv().is_err(),
        "nothing else was told"
    );
}

/// A site that tells `on-call` at this address, with more settings of `alerts`.
fn told_to(receiver: &Receiver, hook: SocketAddr, more: &str) -> Site {
    let forwarding = Site::forwarding_yaml(&[("ehr", receiver.address())]);
    Site::new(&format!(
        "{forwarding}alerts:\n  name: hub\n  contacts: {{ on-call: {{ webhook: {{ url: \"http://{hook}/\" }} }} }}\n{more}"
    ))
}

#[test]
fn a_restart_tells_nobody_again_and_the_end_of_what_has_ended_meanwhile() {
    let receiver = Receiver::accepting();
    let (hook, posts) = serve(take_post);
    let site = told_to(&receiver, hook, "");
    let next = || told(&posts).1.iter().map(kind).collect::<Vec<_>>();
    let paused = |state: &str| [("paused".into(), state.into(), "ehr".into())];

    let engine = site.start();
    assert_eq!(site.ask("POST", "/api/v1/destinations/ehr/pause").0, 200);
    assert_eq!(next(), paused("began"));
    assert_eq!(engine.terminate(), 0);
    // It is there still: the next that is told is its end.
    let engine = site.start();
    let shown = || site.ask("GET", "/api/v1/alerts").1["alerts"][0]["told"].clone();
    wait_until(|| shown() == serde_json::json!(["on-call"]));
    assert_eq!(site.ask("POST", "/api/v1/destinations/ehr/resume").0, 200);
    assert_eq!(next(), paused("ended"));

    assert_eq!(site.ask("POST", "/api/v1/destinations/ehr/pause").0, 200);
    assert_eq!(next(), paused("began"));
    wait_until(|| {
        let kept = std::fs::read(site.folder().join("data/alerts.json")).unwrap_or_default();
        let kept: Value = serde_json::from_slice(&kept).unwrap_or_default();
        kept["open"][0]["told"] == serde_json::json!(["on-call"])
    });
    engine.kill();
    // It ends while weir is down.
    std::fs::remove_file(site.folder().join("data/switches.json")).unwrap();
    let engine = site.start();
    assert_eq!(next(), paused("ended"));
    // Both are over, and a weir that was started since shows them.
    let over = site.ask("GET", "/api/v1/alerts").1["over"].clone();
    assert_eq!(
        (&over[0]["kind"], &over[1]["kind"]),
        (&"paused".into(), &"paused".into()),
        "{over}"
    );
    assert_eq!(over[1]["told"], serde_json::json!(["on-call"]));
    assert_eq!(engine.terminate(), 0);
    assert!(posts.try_recv().is_err(), "nothing else was told");
}

#[test]
fn an_archive_that_takes_nothing_is_told_and_that_it_does_again() {
    let receiver = Receiver::accepting();
    let (hook, posts) = serve(take_post);
    let site = told_to(&receiver, hook, "  archive_lag_max: 1s\n");
    let place = site.folder().join("data/archive");
    std::fs::create_dir_all(place.parent().unwrap()).unwrap();
    // A file where its folder is to be.
    std::fs::write(&place, "in the way").unwrap();
    let engine = site.start();
    let mut sender = Sender::connect(engine.listener("in"));
    assert!(sender.exchange(&adt("SECRET1")).is_some());
    let (_, alerts) = told(&posts);
    let kinds = |alerts: &[Value]| alerts.iter().map(kind).collect::<Vec<_>>();
    assert_eq!(
        kinds(&alerts),
        [("archive-behind".into(), "began".into(), Value::Null)]
    );
    let text = alerts[0]["text"].as_str().unwrap();
    assert!(text.contains("notes") && !text.contains("SECRET1"), "{text}");
    assert!(engine.metric("weir_archive_lag_seconds") >= 1.0);
    std::fs::remove_file(&place).unwrap();
    let (_, alerts) = told(&posts);
    assert_eq!(
        kinds(&alerts),
        [("archive-behind".into(), "ended".into(), Value::Null)]
    );
    assert_eq!(engine.terminate(), 0);
}
