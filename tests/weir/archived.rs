//! What the archive says of messages that went through the real binary: all of them, with the right outcome, once.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use weir::archive::{Archive, Message, Query, State};

use crate::harness::{Answer, PATIENCE, Receiver, Sender, Site, adt, control_id, field, weir};

/// Everything in the archive of a site, the oldest first.
fn all(site: &Site) -> Vec<Message> {
    let folder = site.folder().join("data/archive");
    let archive = Archive::open_existing(&folder, None)
        .unwrap()
        .expect("an archive");
    let (mut numbers, mut before) = (Vec::new(), None);
    loop {
        let page = archive.search(&Query::default(), before, 1_000).unwrap();
        numbers.extend(page.found.iter().map(|found| found.number));
        before = page.next;
        if before.is_none() {
            break;
        }
    }
    let message = |number: &u64| archive.message(*number).unwrap().unwrap();
    numbers.iter().rev().map(message).collect()
}

/// A site that has something to do for each outcome, with a receiver at this address.
fn site(address: std::net::SocketAddr) -> Site {
    Site::new(&format!(
        "listeners:\n  in: {{ mllp: {{ bind: \"127.0.0.1:0\", frame_bytes_max: 64KiB }}, unrouted: accept, \
           duplicates: replay_acknowledgment }}\n\
         destinations:\n  ehr:\n    mllp: {{ address: \"{address}\", acknowledgment_timeout: 2s }}\n    \
           retry: {{ first: 10ms, longest: 50ms }}\n\
         routes:\n  admissions:\n    from: in\n    messages: [ADT]\n    when: \"PID-8 != 'U'\"\n    \
           steps:\n      - set: {{ PV1-2: I }}\n      - tag: {{ ward: \"seven\" }}\n    to: [ehr]\n"
    ))
}

fn with(message: &[u8], from: &str, to: &str) -> Vec<u8> {
    let text = String::from_utf8(message.to_vec()).unwrap();
    assert!(text.contains(from), "the fixture has {from}");
    text.replacen(from, to, 1).into_bytes()
}

#[test]
fn every_message_is_there_with_what_became_of_it() {
    // The second attempt is taken.
    let receiver = Receiver::scripted(|attempt, _| Answer::Code(if attempt == 0 { "AR" } else { "AA" }));
    let site = site(receiver.address());
    let engine = site.start();
    let mut sender = Sender::connect(engine.listener("in"));
    let mut codes = Vec::new();
    let sex = |message: &[u8]| with(message, &pid(message), &pid_of_unknown_sex(message));
    let delivered = adt("DELIVERED");
    let filtered = sex(&adt("FILTERED"));
    let unrouted = with(&adt("UNROUTED"), "ADT^A01", "ORU^R01");
    let refused = with(&adt("REFUSED"), "|2.5.1", "|9.9");
    for message in [&delivered, &delivered, &filtered, &unrouted, &refused] {
        codes.push(field(&sender.exchange(message).unwrap(), "MSA", 1));
    }
    assert_eq!(codes[..4], ["AA", "AA", "AA", "AA"]);
    let large = [adt("LARGE"), vec![b'x'; 70_000]].concat();
    codes.push(field(&sender.exchange(&large).unwrap(), "MSA", 1));
    receiver.wait_for(2);
    assert_eq!(engine.terminate(), 0);
    let found = all(&site);
    let states: Vec<_> = found
        .iter()
        .map(|message| (message.found.control_id.as_str(), message.found.state))
        .collect();
    assert_eq!(
        states,
        [
            ("DELIVERED", State::Delivered),
            ("DELIVERED", State::Repeated),
            ("FILTERED", State::Filtered),
            ("UNROUTED", State::Unrouted),
            ("REFUSED", State::Refused),
            ("LARGE", State::Refused),
        ]
    );
    for (message, sent) in found
        .iter()
        .zip([&delivered, &delivered, &filtered, &unrouted, &refused])
    {
        assert_eq!(message.raw, *sent, "as it was received");
    }
    assert!(
        large.starts_with(&found[5].raw) && found[5].raw.len() > 10,
        "its beginning"
    );
    assert_eq!(
        (&found[4].code, &found[5].code),
        (&Some(codes[4].clone()), &Some(codes[5].clone()))
    );
    let reason = found[4].reason.as_deref();
    assert!(reason.is_some_and(|reason| reason.contains("203")), "{reason:?}");
    assert_eq!(found[0].tags, [("ward".to_owned(), "seven".to_owned())]);
    assert_eq!(found[0].routes, [("admissions".to_owned(), None)]);
    assert!(found[2].routes[0].1.is_some());
    assert_eq!(
        found[0].sent(&found[0].deliveries[0]),
        receiver
            .messages()
            .first()
            .map(|sent| sent.clone().into())
            .as_ref()
    );
    let attempts = &found[0].deliveries[0].attempts;
    let told = attempts
        .iter()
        .map(|attempt| (attempt.code.as_deref(), attempt.problem.as_deref()));
    assert!(told.eq([(Some("AR"), Some("refused with AR")), (Some("AA"), None)]));
    assert!(attempts.iter().all(|attempt| attempt.answer.is_some()));
}

fn pid(message: &[u8]) -> String {
    let text = String::from_utf8(message.to_vec()).unwrap();
    text.split('\r')
        .find(|segment| segment.starts_with("PID"))
        .unwrap()
        .to_owned()
}

fn pid_of_unknown_sex(message: &[u8]) -> String {
    let pid = pid(message);
    let mut fields: Vec<&str> = pid.split('|').collect();
    fields[8] = "U";
    fields.join("|")
}

#[test]
fn a_message_is_found_within_two_seconds() {
    let receiver = Receiver::accepting();
    let site = site(receiver.address());
    let engine = site.start();
    let mut sender = Sender::connect(engine.listener("in"));
    sender.exchange(&adt("SOON")).unwrap();
    let acknowledged = Instant::now();
    let folder = site.folder().join("data/archive");
    let archive = loop {
        if let Some(archive) = Archive::open_existing(&folder, None).unwrap() {
            break archive;
        }
    };
    let query = Query {
        control_id: Some("SOON".to_owned()),
        ..Query::default()
    };
    while archive.search(&query, None, 1).unwrap().found.is_empty() {
        assert!(acknowledged.elapsed() < PATIENCE, "it is never found");
        std::thread::sleep(Duration::from_millis(10));
    }
    // Only said: this machine may be busy.
    println!("found {:?} after its acknowledgment", acknowledged.elapsed());
    engine.wait_for_metric("weir_archive_failures_total", 0.0);
    assert_eq!(engine.terminate(), 0);
}

#[test]
fn what_was_acknowledged_is_in_the_archive_after_kills_once_and_as_it_ended() {
    let receiver = Receiver::accepting();
    let site = site(receiver.address());
    let mut acknowledged: BTreeMap<String, State> = BTreeMap::new();
    for round in 0..6_u64 {
        let engine = site.start();
        let address = engine.listener("in");
        let senders: Vec<_> = (0..4)
            .map(|sender| {
                std::thread::spawn(move || {
                    let mut known = Vec::new();
                    let Some(mut connection) = Sender::try_connect(address) else {
                        return known;
                    };
                    for number in 0..10_000 {
                        let id = format!("R{round}S{sender}N{number}");
                        let (message, state) = match number % 3 {
                            0 => (with(&adt(&id), "ADT^A01", "ORU^R01"), State::Unrouted),
                            1 => {
                                let message = adt(&id);
                                (
                                    with(&message, &pid(&message), &pid_of_unknown_sex(&message)),
                                    State::Filtered,
                                )
                            }
                            _ => (adt(&id), State::Delivered),
                        };
                        match connection.exchange(&message) {
                            Some(reply) if field(&reply, "MSA", 1) == "AA" => known.push((id, state)),
                            _ => break,
                        }
                    }
                    known
                })
            })
            .collect();
        // At another moment each round: within a batch of the archive, between two, and before the first.
        std::thread::sleep(Duration::from_millis(30 + 170 * round));
        engine.kill();
        for sender in senders {
            acknowledged.extend(sender.join().unwrap());
        }
    }
    let engine = site.start();
    engine.wait_for_metric("weir_outbox_depth{destination=\"ehr\"}", 0.0);
    assert_eq!(engine.terminate(), 0);
    assert!(!acknowledged.is_empty());
    let mut found: BTreeMap<String, Vec<State>> = BTreeMap::new();
    for message in all(&site) {
        found
            .entry(control_id(&message.raw))
            .or_default()
            .push(message.found.state);
    }
    println!(
        "{} acknowledged, {} in the archive",
        acknowledged.len(),
        found.len()
    );
    for (id, state) in &acknowledged {
        assert_eq!(found.get(id), Some(&vec![*state]), "{id}");
    }
    for (id, states) in &found {
        assert_eq!(states.len(), 1, "{id} is there more than once");
    }
    let (status, out, err) = crate::harness::weir(site.folder(), &["verify", "site"], b"");
    assert_eq!(status, 0, "{out}{err}");
}

#[test]
fn an_archive_that_takes_nothing_holds_nobody_up_and_has_all_of_it_later() {
    let receiver = Receiver::accepting();
    let site = site(receiver.address());
    let place = site.folder().join("data/archive");
    std::fs::create_dir_all(place.parent().unwrap()).unwrap();
    // A file where its folder is to be.
    std::fs::write(&place, "in the way").unwrap();
    let engine = site.start();
    let mut sender = Sender::connect(engine.listener("in"));
    for id in ["ONE", "TWO"] {
        assert_eq!(field(&sender.exchange(&adt(id)).unwrap(), "MSA", 1), "AA");
    }
    receiver.wait_for(2);
    let deadline = Instant::now() + PATIENCE;
    while engine.metric("weir_archive_failures_total") < 1.0 {
        assert!(Instant::now() < deadline, "the failure is not counted");
    }
    // Stopped and started again, it has them still, and says so.
    assert_eq!(engine.terminate(), 0);
    let (status, out, err) = crate::harness::weir(site.folder(), &["verify", "site"], b"");
    assert_eq!(status, 0, "{out}{err}");
    let count = |name: &str| -> Option<u64> {
        let line = out.lines().find_map(|line| line.strip_prefix(name))?;
        line.trim().parse().ok()
    };
    assert_eq!(count("messages kept"), Some(2), "{out}");
    assert_eq!(count("messages unclaimed"), Some(0), "{out}");
    // Two came in, each was tried, each has ended.
    assert_eq!(count("notes for the archive"), Some(6), "{out}");
    assert_eq!(count("notes it will never have"), Some(0), "{out}");
    std::fs::remove_file(&place).unwrap();
    let engine = site.start();
    engine.wait_for_metric("weir_archive_lag_notes", 0.0);
    assert_eq!(engine.terminate(), 0);
    let found = all(&site);
    let outcomes: Vec<_> = found.iter().map(|message| message.found.state).collect();
    assert_eq!(outcomes, [State::Delivered, State::Delivered]);
}

#[test]
fn a_delivery_of_an_outbox_before_has_no_number_by_which_another_would_be_sent() {
    let receiver = Receiver::accepting();
    let site = Site::new(&format!(
        "listeners:\n  in: {{ mllp: {{ bind: \"127.0.0.1:0\" }} }}\n\
         destinations:\n  ehr: {{ mllp: {{ address: \"{}\" }} }}\n\
         routes:\n  all: {{ from: in, steps: [{{ fail: no }}], to: ehr }}\n",
        receiver.address()
    ));
    let show = |number: &str| {
        let arguments = ["archive", "show", number, "--site", "site"];
        let (status, out, err) = weir(site.folder(), &arguments, b"");
        assert_eq!((status, err.as_str()), (0, ""), "{out}");
        out
    };
    for (id, of_first) in [
        ("FIRST", "ehr number 1"),
        ("SECOND", "ehr of an outbox before this one"),
    ] {
        let engine = site.start();
        let mut sender = Sender::connect(engine.listener("in"));
        sender.exchange(&adt(id)).unwrap();
        engine.wait_for_metric("weir_archive_notes_total", 1.0);
        let shown = show("1");
        assert!(shown.contains("FIRST") && shown.contains(of_first), "{shown}");
        let newest = show(if id == "FIRST" { "1" } else { "10000000000001" });
        assert!(newest.contains(id) && newest.contains("ehr number 1"), "{newest}");
        assert_eq!(engine.terminate(), 0);
        std::fs::remove_dir_all(site.folder().join("data/outbox")).unwrap();
    }
}

#[test]
fn what_is_too_old_goes_also_while_messages_keep_coming() {
    const PAUSE: Duration = Duration::from_millis(20);
    let receiver = Receiver::accepting();
    let yaml = Site::forwarding_yaml(&[("ehr", receiver.address())]);
    let site = Site::new(&format!("archive: {{ age_max: 10d }}\n{yaml}"));
    let engine = site.start();
    let mut sender = Sender::connect(engine.listener("in"));
    let mut send = |number: u32| {
        let reply = sender.exchange(&adt(&format!("M{number}"))).unwrap();
        assert_eq!(field(&reply, "MSA", 1), "AA");
    };
    let deadline = Instant::now() + PATIENCE;
    for number in 0.. {
        assert!(Instant::now() < deadline, "nothing is deleted");
        send(number);
        if number == 150 {
            site.change(&format!("archive: {{ age_max: 1s }}\n{yaml}"));
        }
        if number > 150 && number % 50 == 0 && engine.metric("weir_archive_purged_messages_total") >= 50.0 {
            break;
        }
        // Never so long that the archive has everything.
        std::thread::sleep(PAUSE);
    }
    assert_eq!(engine.terminate(), 0);
}
