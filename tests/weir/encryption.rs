//! Encryption at rest: what lies in the data folder cannot be read, by a key it can, and a key can be exchanged.

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD as BASE64;

use crate::harness::{Answer, Engine, Receiver, Sender, Site, control_id, field, weir};

const ENCRYPTED: &str = "  encryption: { key: { file: ../weir.key } }\narchive: off\n";
/// Values of one message that nothing else holds.
const CANARIES: usize = 20;

fn canary(number: usize) -> String {
    format!("Zq{number:02}CanaryBird{number:02}Xw")
}

/// A message with a canary in twenty fields, the control id among them, and as many bytes more.
fn message(kind: &str, version: &str, more: usize) -> Vec<u8> {
    let [
        id,
        facility,
        mr,
        family,
        given,
        mother,
        street,
        city,
        phone,
        account,
        ssn,
        next_of_kin,
        kin_phone,
        guarantor,
        plan,
        diagnosis,
        result,
        note,
        order,
        visit,
    ]: [String; CANARIES] = std::array::from_fn(canary);
    let more = result.repeat(more / result.len());
    format!(
        "MSH|^~\\&|ADT|{facility}|WEIR|HUB|20260301080509+0000||{kind}|{id}|P|{version}\r\
         EVN||20260301080509+0000\r\
         PID|1||{mr}^^^GENERAL^MR||{family}^{given}|{mother}|19800101|F|||{street}^^{city}||{phone}|||||{account}|{ssn}\r\
         NK1|1|{next_of_kin}||{kin_phone}\r\
         PV1|1|I|WARD1^101^A||||||||||||||||{visit}\r\
         DG1|1||{diagnosis}\r\
         GT1|1||{guarantor}\r\
         IN1|1|{plan}\r\
         ORC|RE|{order}\r\
         OBX|1|ST|A||{result}{more}\r\
         NTE|1||{note}\r"
    )
    .into_bytes()
}

/// The forms in which a value may lie in a file.
fn forms(value: &str) -> Vec<Vec<u8>> {
    let mut forms = vec![
        value.as_bytes().to_vec(),
        value.encode_utf16().flat_map(u16::to_le_bytes).collect(),
        value.encode_utf16().flat_map(u16::to_be_bytes).collect(),
    ];
    // Base64 has three alignments; the digits at both ends belong to neighbors, too.
    for shift in 0..3 {
        let digits = BASE64.encode([vec![0; shift], value.as_bytes().to_vec()].concat());
        let first = (shift * 8).div_ceil(6);
        let last = (shift + value.len()) * 8 / 6;
        forms.push(digits.as_bytes()[first..last].to_vec());
    }
    forms
}

fn holds(bytes: &[u8], needle: &[u8]) -> bool {
    memchr::memmem::find(bytes, needle).is_some()
}

/// How many canaries are in these bytes, in any form.
fn in_bytes(bytes: &[u8]) -> usize {
    (0..CANARIES)
        .filter(|number| forms(&canary(*number)).iter().any(|form| holds(bytes, form)))
        .count()
}

/// The files below this folder that hold a canary, and how many.
fn found(folder: &Path) -> Vec<(String, usize)> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            all.extend(found(&path));
        } else if path.is_file() {
            let count = in_bytes(&std::fs::read(&path).unwrap());
            if count > 0 {
                all.push((path.display().to_string(), count));
            }
        }
    }
    all
}

/// One destination is away, one refuses, one is held by its refusals, one takes everything.
fn site(receivers: &[Receiver; 4], encryption: &str) -> Site {
    let mut yaml =
        format!("{encryption}listeners:\n  in: {{ mllp: {{ bind: \"127.0.0.1:0\" }} }}\ndestinations:\n");
    let names = ["away", "refusing", "holding", "taking"];
    for (name, receiver) in names.iter().zip(receivers) {
        let address = receiver.address();
        let destination = format!(
            "  {name}:\n    mllp: {{ address: \"{address}\" }}\n    retry: {{ first: 10ms, longest: 100ms }}\n"
        );
        yaml += destination.as_str();
        if *name == "holding" {
            yaml += "    on_nak: { AR: hold }\n";
        }
    }
    yaml += "routes:\n  all: { from: in, messages: ADT, to: [away, refusing, holding, taking] }\n";
    Site::new(&yaml)
}

fn receivers() -> [Receiver; 4] {
    // What they answer has the control id in it: a canary.
    let refusing = || Receiver::scripted(|_, _| Answer::CodeBecause("AR", 200));
    [
        Receiver::scripted(|_, _| Answer::Away),
        refusing(),
        refusing(),
        Receiver::accepting(),
    ]
}

fn make_key(site: &Site, name: &str) {
    let (status, out, err) = weir(site.folder(), &["key", "new", name], b"");
    assert_eq!(status, 0, "{out}{err}");
}

/// Sends what is delivered, given up, held, not routed and refused, and waits until all of that has happened.
fn fill(engine: &Engine) {
    let mut sender = Sender::connect(engine.listener("in"));
    let adt = "ADT^A01^ADT_A01";
    for (sent, expected) in [
        (message(adt, "2.5.1", 0), "AA"),
        (message(adt, "2.5.1", 50_000), "AA"),
        (message("ORU^R01^ORU_R01", "2.5.1", 0), "AA"),
        (message(adt, "9.9", 0), "AR"),
    ] {
        let answer = sender.exchange(&sent).unwrap();
        assert_eq!(field(&answer, "MSA", 1), expected);
    }
    engine.wait_for_metric(r#"weir_outbox_dead_letters{destination="refusing"}"#, 2.0);
    engine.wait_for_metric(
        r#"weir_destination_stopped{destination="holding",why="held"}"#,
        1.0,
    );
    engine.wait_for_metric(r#"weir_deliveries_delivered_total{destination="taking"}"#, 2.0);
}

#[test]
fn no_file_of_an_encrypted_data_folder_holds_any_of_20_canaries() {
    let receivers = receivers();
    let site = site(&receivers, ENCRYPTED);
    make_key(&site, "weir.key");
    let data = site.folder().join("data");
    let engine = site.start();
    fill(&engine);
    assert_eq!(found(&data), [], "while it runs");
    let (status, _, err) = weir(site.folder(), &["backup", "sealed", "--site", "site"], b"");
    assert_eq!((status, err.as_str()), (0, ""));
    let (status, _, err) = weir(
        site.folder(),
        &["backup", "open", "--plain", "--site", "site"],
        b"",
    );
    assert_eq!((status, err.as_str()), (0, ""));
    let [sealed, open] = ["sealed", "open"].map(|name| std::fs::read(site.folder().join(name)).unwrap());
    assert_eq!((in_bytes(&sealed), in_bytes(&open)), (0, CANARIES));
    engine.kill();
    assert_eq!(found(&data), [], "killed");
    assert_eq!(site.start().terminate(), 0);
    assert_eq!(found(&data), [], "stopped");
    let (status, out, err) = weir(site.folder(), &["verify", "site"], b"");
    assert_eq!(status, 0, "{out}{err}");
}

#[test]
fn without_encryption_the_canaries_are_found() {
    let receivers = receivers();
    let site = site(&receivers, "");
    let engine = site.start();
    fill(&engine);
    assert_eq!(engine.terminate(), 0);
    let found = found(&site.folder().join("data"));
    assert!(found.iter().any(|(_, count)| *count == CANARIES), "{found:?}");
}

#[test]
fn a_key_is_exchanged_and_a_wrong_one_touches_nothing() {
    let receivers = receivers();
    let site = site(&receivers, ENCRYPTED);
    let folder = site.folder();
    make_key(&site, "weir.key");
    make_key(&site, "new.key");
    let (status, _, err) = weir(folder, &["key", "new", "weir.key"], b"");
    assert_eq!(status, 2, "a key is never overwritten: {err}");
    let engine = site.start();
    fill(&engine);
    let (status, _, err) = weir(folder, &["backup", "old.backup", "--site", "site"], b"");
    assert_eq!((status, err.as_str()), (0, ""));
    // Exchanged while it runs: that goes on with what it has.
    let (status, out, err) = weir(folder, &["key", "rotate", "--to", "new.key", "site"], b"");
    assert_eq!((status, err.as_str()), (0, ""), "{out}");
    engine.kill();

    let store = std::fs::read(folder.join("data/outbox/store/db")).unwrap();
    let (status, _, err) = weir(folder, &["run", "site"], b"");
    assert_eq!(status, 2);
    assert!(
        err.contains("encrypted under the operator's key") && err.contains("weir key rotate"),
        "{err}"
    );
    let (status, _, err) = weir(folder, &["verify", "--data", "data"], b"");
    assert_eq!(status, 2);
    assert!(err.contains("encrypted, and no key is given"), "{err}");
    assert!(store == std::fs::read(folder.join("data/outbox/store/db")).unwrap());
    let (status, out, err) = weir(folder, &["verify", "site", "--key", "new.key"], b"");
    assert_eq!(status, 0, "{out}{err}");

    // The new key where the site looks for it; the backup is still under the old one.
    std::fs::rename(folder.join("weir.key"), folder.join("old.key")).unwrap();
    std::fs::rename(folder.join("new.key"), folder.join("weir.key")).unwrap();
    assert_eq!(site.start().terminate(), 0);
    std::fs::rename(folder.join("data"), folder.join("before")).unwrap();
    let (status, _, err) = weir(folder, &["restore", "old.backup", "site"], b"");
    assert_eq!(status, 2);
    assert!(err.contains("encrypted under the operator's key"), "{err}");
    let (status, out, err) = weir(
        folder,
        &["restore", "old.backup", "site", "--backup-key", "old.key"],
        b"",
    );
    assert_eq!((status, err.as_str()), (0, ""), "{out}");
    assert_eq!(found(&folder.join("data")), []);
    let [away, ..] = receivers;
    let address = away.address();
    away.stop();
    let receiver = Receiver::at(address, |_, _| Answer::Code("AA"));
    let engine = site.start();
    receiver.wait_for(2);
    assert_eq!(control_id(&receiver.stop()[0]), canary(0));
    assert_eq!(engine.terminate(), 0);
}

#[test]
fn a_plain_data_folder_becomes_encrypted_by_a_backup() {
    let receivers = receivers();
    let site = site(&receivers, "");
    let folder = site.folder();
    let engine = site.start();
    fill(&engine);
    let (status, _, err) = weir(folder, &["backup", "plain.backup", "--site", "site"], b"");
    assert_eq!((status, err.as_str()), (0, ""));
    assert_eq!(engine.terminate(), 0);
    make_key(&site, "weir.key");
    let text = std::fs::read_to_string(folder.join("site/site.yaml")).unwrap();
    let text = text.replacen("listeners:", &format!("{ENCRYPTED}listeners:"), 1);
    std::fs::write(folder.join("site/site.yaml"), text).unwrap();
    let (status, _, err) = weir(folder, &["run", "site"], b"");
    assert_eq!(status, 2);
    assert!(err.contains("not encrypted, and the site names a key"), "{err}");
    std::fs::rename(folder.join("data"), folder.join("before")).unwrap();
    let (status, out, err) = weir(folder, &["restore", "plain.backup", "site"], b"");
    assert_eq!((status, err.as_str()), (0, ""), "{out}");
    let engine = site.start();
    engine.wait_for_metric(r#"weir_outbox_depth{destination="away"}"#, 2.0);
    assert_eq!(engine.terminate(), 0);
    assert_eq!(found(&folder.join("data")), []);
}

#[test]
fn nothing_that_is_shown_holds_a_canary_or_the_key() {
    let receivers = receivers();
    let site = site(&receivers, ENCRYPTED);
    let folder = site.folder();
    make_key(&site, "weir.key");
    make_key(&site, "other.key");
    let engine = site.start_logging("trace");
    fill(&engine);
    let mut shown = vec![engine.page("/metrics").1, engine.page("/health").1];
    for arguments in [
        &["status", "site", "--json"][..],
        &["queue", "list", "away", "--site", "site"],
        &["queue", "dead", "refusing", "--site", "site"],
        &["queue", "show", "away", "999", "--site", "site"],
        &["audit", "list", "--json", "--site", "site"],
        &["check", "site", "--json"],
        &["reload", "site"],
        &["restore", "weir.key", "site"],
        &["get", "weir.key", "MSH-9"],
        &["verify", "site"],
        &["key", "id", "weir.key"],
        &["verify", "--data", "data", "--key", "other.key"],
        &["key", "rotate", "--to", "site/site.yaml", "site"],
    ] {
        let (_, out, err) = weir(folder, arguments, b"");
        assert!(!out.is_empty() || !err.is_empty(), "{arguments:?}");
        shown.extend([out, err]);
    }
    for path in [
        "/api/v1/status",
        "/api/v1/dead",
        "/api/v1/history",
        "/api/v1/routes",
        "/api/v1/audit",
    ] {
        let (code, answer) = site.ask("GET", path);
        assert_eq!(code, 200, "{path}");
        shown.push(answer.to_string());
    }
    assert_eq!(engine.terminate(), 0);
    let (_, out, err) = weir(folder, &["verify", "site"], b"");
    shown.extend([out, err, site.log()]);
    assert!(site.log().contains("TRACE"), "the level was asked for");
    let keys = ["weir.key", "other.key"].map(|name| std::fs::read_to_string(folder.join(name)).unwrap());
    for text in &shown {
        // Lists show control ids (MSH-10) to whoever may see lists.
        let held: Vec<usize> = (1..CANARIES)
            .filter(|number| {
                forms(&canary(*number))
                    .iter()
                    .any(|form| holds(text.as_bytes(), form))
            })
            .collect();
        assert!(held.is_empty(), "{held:?} in {text}");
        assert!(keys.iter().all(|key| !text.contains(key.trim())), "{text}");
    }
    assert!(!site.log().contains(&canary(0)), "the log holds a control id");
}

#[test]
fn an_archive_that_would_keep_all_in_plain_is_refused() {
    let receivers = receivers();
    let site = site(&receivers, &ENCRYPTED.replace("archive: off\n", ""));
    let (status, out, err) = weir(site.folder(), &["check", "site"], b"");
    assert_eq!(status, 2, "{out}{err}");
    let told = out + err.as_str();
    assert!(told.contains("the archive cannot be encrypted yet"), "{told}");
}
