//! A message that a route splits: each part is looked at by itself, as it was sent.

use serde_json::{Value, json};

use crate::harness::{Answer, Receiver, Sender, Site, field, wait_until, weir};

/// Two orders, each with its result.
pub const TWO_ORDERS: &[u8] = b"MSH|^~\\&|LAB|WEST|||20240101||ORU^R01^ORU_R01|SPLIT|P|2.5\rPID|1||12\r\
    OBR|1|||first\rOBX|1|ST|x||low\rOBR|2|||second\rOBX|1|ST|y||high\r";

/// A receiver that refuses the second.
pub fn refusing_the_second() -> Receiver {
    let is_second = |message: &[u8]| memchr::memmem::find(message, b"second").is_some();
    Receiver::scripted(move |_, message| Answer::Code(if is_second(message) { "AR" } else { "AA" }))
}

/// A site that sends one message for each order.
pub fn site(lab: &Receiver) -> Site {
    Site::new(&format!(
        "listeners:\n  in: {{ mllp: {{ bind: \"127.0.0.1:0\" }} }}\n\
         destinations:\n  lab: {{ mllp: {{ address: \"{}\" }}, on_nak: {{ AR: dead_letter }} }}\n\
         routes:\n  orders: {{ from: in, steps: [ {{ split: {{ group: OBR }} }} ], to: lab }}\n",
        lab.address()
    ))
}

/// The message once it has settled: its number, and those of its two deliveries.
fn settled(site: &Site) -> (u64, Vec<u64>) {
    let list = || site.ask("GET", "/api/v1/messages").1["messages"].clone();
    let states = || {
        let deliveries = list()[0]["deliveries"].as_array().cloned().unwrap_or_default();
        deliveries
            .into_iter()
            .map(|one| one["state"].clone())
            .collect::<Vec<_>>()
    };
    wait_until(|| states() == [json!("delivered"), json!("dead")]);
    let number = list()[0]["number"].as_u64().unwrap();
    let (_, told) = site.ask("GET", &format!("/api/v1/messages/{number}?tree=false"));
    let sequences = told["deliveries"].as_array().unwrap().iter();
    let sequences = sequences.map(|one| one["sequence"].as_u64().unwrap());
    (number, sequences.collect())
}

#[test]
fn each_part_is_shown_as_it_was_sent() {
    let lab = refusing_the_second();
    let site = site(&lab);
    let engine = site.start();
    let acknowledgment = Sender::connect(engine.listener("in"))
        .exchange(TWO_ORDERS)
        .unwrap();
    assert_eq!(field(&acknowledgment, "MSA", 1), "AA");
    let (number, sequences) = settled(&site);
    let [first, second] = sequences[..] else {
        panic!("{sequences:?}");
    };

    let path = format!("/api/v1/messages/{number}/sent/lab");
    let (code, problem) = site.ask("GET", &path);
    let several = format!(
        "2 were made of that message for that destination: name one by its sequence, {first}, {second}"
    );
    assert_eq!((code, &problem["error"]), (409, &Value::from(several.clone())));
    assert_eq!(site.ask("GET", &format!("{path}?sequence=999")).0, 404);
    assert_eq!(site.ask("GET", &format!("{path}?index=3")).0, 404);
    assert_eq!(site.ask("GET", &format!("{path}?part=1")).0, 400);

    let sent = lab.messages();
    let show = |which: &[&str]| {
        let number = number.to_string();
        let all = ["archive", "show", &number, "--sent", "lab"];
        weir(site.folder(), &[&all, which, &["--site", "site"]].concat(), b"")
    };
    // Of a weir that runs, and of the archive itself.
    let look = || {
        let of = |which: &[&str]| {
            let (status, out, err) = show(which);
            assert_eq!((status, err.as_str()), (0, ""), "{which:?}");
            out.into_bytes()
        };
        assert_eq!(of(&["--sequence", &first.to_string()]), sent[0]);
        assert_eq!(of(&["--sequence", &second.to_string()]), sent[1]);
        assert_eq!(of(&["--index", "1"]), sent[0]);
        assert_eq!(of(&["--index", "2"]), sent[1]);
        assert_eq!(show(&[]), (2, String::new(), format!("{several}\n")));
    };
    look();
    assert_eq!(engine.terminate(), 0);
    look();

    // With another outbox the numbers may be others'.
    std::fs::remove_dir_all(site.folder().join("data/outbox")).unwrap();
    let engine = site.start();
    let (code, problem) = site.ask("GET", &path);
    let several = "2 were made of that message for that destination: name one by its index, 1, 2";
    assert_eq!((code, &problem["error"]), (409, &Value::from(several)));
    assert_eq!(show(&["--index", "2"]).1.into_bytes(), sent[1]);
    assert_eq!(engine.terminate(), 0);
}
