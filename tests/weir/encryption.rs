//! Encryption at rest: what lies in the data folder cannot be read, by a key it can, and a key can be exchanged.

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD as BASE64;

use crate::harness::{Answer, Engine, Receiver, Sender, Site, control_id, field, wait_until, weir};

const ENCRYPTED: &str = "  encryption: { key: { file: ../weir.key } }\n";
/// Values of one message that nothing else holds.
const IN_MESSAGE: usize = 20;
/// And one more in the answer to it.
const CANARIES: usize = IN_MESSAGE + 1;
/// An answer that takes the message, with the last canary.
const ANSWER: &str = "MSH|^~\\&|R|R|||2026||ACK|1|P|2.5.1\rMSA|AA|{id}|Zq20CanaryBird20Xw\r";

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
    ]: [String; IN_MESSAGE] = std::array::from_fn(canary);
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

/// One destination is away, one refuses, one is held by its refusals, one takes everything. Beside them a file is named
/// after the patient, tags hold who it is, and a script fails over it.
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
    yaml += "  files: { file: { folder: files, name: \"{PID-5.1}-{PID-3.1}.hl7\" } }\n\
        routes:\n  \
          all:\n    from: in\n    messages: ADT\n    \
            steps:\n      - tag: { bird: \"{PID-5.1} {PID-5.2}\" }\n      - set: { PV1-2: O }\n    \
            to: [away, refusing, holding, taking, files]\n  \
          failing:\n    from: in\n    messages: ADT\n    \
            steps:\n      - script: 'throw get(\"PID-5.1\");'\n    to: [taking]\n";
    let site = Site::new(&yaml);
    std::fs::create_dir(site.folder().join("site/files")).unwrap();
    site
}

fn receivers() -> [Receiver; 4] {
    // What they answer has the control id in it: a canary.
    let refusing = || Receiver::scripted(|_, _| Answer::CodeBecause("AR", 200));
    [
        Receiver::scripted(|_, _| Answer::Away),
        refusing(),
        refusing(),
        Receiver::scripted(|_, _| Answer::Text(ANSWER)),
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
    for taking in ["taking", "files"] {
        let series = format!("weir_deliveries_delivered_total{{destination=\"{taking}\"}}");
        engine.wait_for_metric(&series, 2.0);
    }
}

/// Waits until the archive has every message that [`fill`] sends, and what became of it; attempts at who is away go on.
fn wait_for_archive(site: &Site) {
    let count = |criteria: &str| {
        let (_, page) = site.ask("GET", &format!("/api/v1/messages?{criteria}"));
        page["messages"].as_array().map_or(0, Vec::len)
    };
    wait_until(|| {
        count("") == 4
            && count("destination=refusing&state=dead") == 2
            && count("destination=taking&state=delivered") == 2
            && count("destination=files&state=delivered") == 2
    });
}

/// `weir archive search` by this, in JSON: how many it finds.
fn searched(site: &Site, arguments: &[&str]) -> usize {
    let all = [&["archive", "search", "--json", "--site", "site"], arguments].concat();
    let (_, out, err) = weir(site.folder(), &all, b"");
    let page: serde_json::Value =
        serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error}: {out}{err}"));
    page["messages"].as_array().unwrap().len()
}

/// That all of it is found and shown to whom may see it: by identifiers, names, tags, states and a condition.
fn is_searched(site: &Site) {
    let (mr, family, account, order) = (canary(2), canary(3), canary(9), canary(18));
    let tag = format!("bird={} {}", canary(3), canary(4));
    let condition = format!("PID-5.1 = \"{family}\"");
    for (arguments, expected) in [
        (&["--patient", &mr][..], 4),
        (&["--name", &family.to_lowercase()], 4),
        (&["--account", &account], 4),
        (&["--order", &order], 4),
        (&["--tag", &tag], 2),
        (&["--type", "ORU"], 1),
        (&["--destination", "refusing", "--state", "dead"], 2),
        (&[&condition], 4),
        (&["--patient", "nobody"], 0),
    ] {
        assert_eq!(searched(site, arguments), expected, "{arguments:?}");
    }
    let (_, list, _) = weir(
        site.folder(),
        &["archive", "search", "--json", "--tag", &tag, "--site", "site"],
        b"",
    );
    let list: serde_json::Value = serde_json::from_str(&list).unwrap();
    let number = list["messages"][1]["number"].to_string();
    let show = ["archive", "show", &number, "--json", "--site", "site"];
    let (status, shown, err) = weir(site.folder(), &show, b"");
    assert_eq!((status, err.as_str()), (0, ""));
    assert!(
        shown.contains(&canary(3)) && shown.contains(&canary(20)),
        "{shown}"
    );
}

#[test]
fn no_file_of_an_encrypted_data_folder_holds_any_of_20_canaries() {
    let receivers = receivers();
    let site = site(&receivers, ENCRYPTED);
    make_key(&site, "weir.key");
    let data = site.folder().join("data");
    let engine = site.start();
    fill(&engine);
    wait_for_archive(&site);
    assert_eq!(found(&data), [], "while it runs");
    is_searched(&site);
    let (status, _, err) = weir(site.folder(), &["backup", "sealed", "--site", "site"], b"");
    assert_eq!((status, err.as_str()), (0, ""));
    let (status, _, err) = weir(
        site.folder(),
        &["backup", "open", "--plain", "--site", "site"],
        b"",
    );
    assert_eq!((status, err.as_str()), (0, ""));
    let audit = std::fs::read_to_string(data.join("audit/000000000001.jsonl")).unwrap();
    assert_eq!(audit.matches("in plain text, of an outbox").count(), 1, "{audit}");
    let [sealed, open] = ["sealed", "open"].map(|name| std::fs::read(site.folder().join(name)).unwrap());
    assert_eq!(in_bytes(&sealed), 0);
    assert!(in_bytes(&open) >= IN_MESSAGE, "they would be found");
    engine.kill();
    assert_eq!(found(&data), [], "killed");
    assert_eq!(site.start().terminate(), 0);
    assert_eq!(found(&data), [], "stopped");
    is_searched(&site);
    let keys = std::fs::read_to_string(site.folder().join("weir.key")).unwrap();
    let holds_key = |path: &Path| holds(&std::fs::read(path).unwrap(), keys.trim().as_bytes());
    assert!(!holds_key(&data.join("outbox/keys")) && !holds_key(&data.join("archive/keys")));
    let (status, out, err) = weir(site.folder(), &["archive", "verify", "--site", "site"], b"");
    assert_eq!((status, err.as_str()), (0, ""), "{out}");
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
    assert!(found.iter().any(|(_, count)| *count >= IN_MESSAGE), "{found:?}");
    assert!(
        found.iter().any(|(file, _)| file.contains("archive")),
        "{found:?}"
    );
}

/// From which start on which key was used is in the audit log.
#[track_caller]
fn starts_tell_the_keys(folder: &Path, keys: &[&str]) {
    let audit = std::fs::read_to_string(folder.join("data/audit/000000000001.jsonl")).unwrap();
    let starts = audit.lines().filter(|line| line.contains(r#""what":"start""#));
    let starts: Vec<_> = starts.collect();
    assert_eq!(starts.len(), keys.len(), "{audit}");
    for (start, key) in starts.iter().zip(keys) {
        let (_, id, _) = weir(folder, &["key", "id", key], b"");
        let told = format!("encrypted under the operator's key {}\"", id.trim());
        assert!(start.contains(&told), "{start}");
    }
}

/// A wrong section of the archive is not taken for none, whose keys would stay under the old one.
fn no_exchange_past_a_wrong_archive(folder: &Path) {
    let file = folder.join("site/site.yaml");
    let right = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, format!("{right}archive: {{ age_max: 90 }}\n")).unwrap();
    let (status, out, err) = weir(folder, &["key", "rotate", "--to", "new.key", "site"], b"");
    assert_eq!((status, out.as_str()), (2, ""), "{err}");
    assert!(err.contains("site/site.yaml:") && err.contains("90"), "{err}");
    std::fs::write(&file, right).unwrap();
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
    wait_for_archive(&site);
    let (status, _, err) = weir(folder, &["backup", "old.backup", "--site", "site"], b"");
    assert_eq!((status, err.as_str()), (0, ""));
    no_exchange_past_a_wrong_archive(folder);
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
    for command in [
        &["verify", "--data", "data"][..],
        &["archive", "verify", "--data", "data"],
    ] {
        let (status, _, err) = weir(folder, command, b"");
        assert_eq!(status, 2);
        assert!(err.contains("encrypted, and no key is given"), "{err}");
    }
    let old = ["archive", "summary", "--site", "site"];
    let (status, _, err) = weir(folder, &old, b"");
    assert_eq!(status, 2);
    assert!(err.contains("encrypted under the operator's key"), "{err}");
    let (status, out, err) = weir(folder, &[&old[..], &["--key", "new.key"]].concat(), b"");
    assert_eq!((status, err.as_str()), (0, ""), "{out}");
    assert!(store == std::fs::read(folder.join("data/outbox/store/db")).unwrap());
    let (status, out, err) = weir(folder, &["verify", "site", "--key", "new.key"], b"");
    assert_eq!(status, 0, "{out}{err}");

    // The new key where the site looks for it; the backup is still under the old one.
    std::fs::rename(folder.join("weir.key"), folder.join("old.key")).unwrap();
    std::fs::rename(folder.join("new.key"), folder.join("weir.key")).unwrap();
    assert_eq!(site.start().terminate(), 0);
    starts_tell_the_keys(folder, &["old.key", "weir.key"]);
    is_searched(&site);
    let (status, out, err) = weir(folder, &["archive", "verify", "--site", "site"], b"");
    assert_eq!((status, err.as_str()), (0, ""), "{out}");
    std::fs::rename(folder.join("data"), folder.join("before")).unwrap();
    let (status, _, err) = weir(folder, &["restore", "old.backup", "site"], b"");
    assert_eq!(status, 2);
    assert!(
        err.contains("encrypted under the operator's key") && err.contains("--backup-key"),
        "{err}"
    );
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
    let (status, out, err) = weir(folder, &["restore", "plain.backup", "site", "--plain"], b"");
    assert_eq!((status, err.as_str()), (0, ""), "{out}");
    let engine = site.start();
    engine.wait_for_metric(r#"weir_outbox_depth{destination="away"}"#, 2.0);
    assert_eq!(engine.terminate(), 0);
    assert_eq!(found(&folder.join("data")), []);
}

#[test]
fn a_plain_archive_becomes_encrypted_by_an_order() {
    let receivers = receivers();
    let elsewhere = "archive: { folder: ../history }\n";
    let site = site(&receivers, elsewhere);
    let (folder, history) = (site.folder(), site.folder().join("history"));
    let engine = site.start();
    fill(&engine);
    wait_for_archive(&site);
    assert_eq!(engine.terminate(), 0);
    assert_ne!(found(&history), []);
    make_key(&site, "weir.key");
    // A new outbox, and the history of the one before it.
    std::fs::rename(folder.join("data"), folder.join("before")).unwrap();
    let text = std::fs::read_to_string(folder.join("site/site.yaml")).unwrap();
    let text = text.replacen(elsewhere, &format!("{ENCRYPTED}{elsewhere}"), 1);
    std::fs::write(folder.join("site/site.yaml"), text).unwrap();
    let (status, _, err) = weir(folder, &["run", "site"], b"");
    assert_eq!(status, 2);
    assert!(err.contains("weir archive encrypt"), "{err}");
    // What fails is written down as failed.
    std::fs::rename(&history, folder.join("aside")).unwrap();
    let (status, _, _) = weir(folder, &["archive", "encrypt", "--site", "site"], b"");
    assert_eq!(status, 2);
    let audit = std::fs::read_to_string(folder.join("data/audit/000000000001.jsonl")).unwrap();
    assert!(
        audit.contains(r#""what":"archive.encrypt","object":"archive","outcome":"failed""#),
        "{audit}"
    );
    if history.exists() {
        std::fs::remove_dir_all(&history).unwrap();
    }
    std::fs::rename(folder.join("aside"), &history).unwrap();
    let (status, out, err) = weir(folder, &["archive", "encrypt", "--site", "site"], b"");
    assert_eq!((status, err.as_str()), (0, ""), "{out}");
    assert!(out.contains("4 messages encrypted"), "{out}");
    assert_eq!(found(&history), []);
    is_searched(&site);
    let engine = site.start();
    let (status, _, err) = weir(folder, &["archive", "encrypt", "--site", "site"], b"");
    assert_eq!(status, 2);
    assert!(err.contains("weir is running"), "{err}");
    is_searched(&site);
    assert_eq!(engine.terminate(), 0);
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
        &["archive", "summary", "--site", "site"],
        &["archive", "holds", "--site", "site"],
        &["archive", "search", "--state", "dead", "--site", "site"],
        &["archive", "show", "999999", "--site", "site"],
        &["reload", "site"],
        &["restore", "weir.key", "site"],
        &["get", "weir.key", "MSH-9"],
        &["verify", "site"],
        &["key", "id", "weir.key"],
        &["verify", "--data", "data", "--key", "other.key"],
        &["key", "rotate", "--to", "site/site.yaml", "site"],
    ] {
        let (_, out, err) = weir(folder, arguments, b"");
        let is_quiet = arguments == ["archive", "holds", "--site", "site"];
        assert!(is_quiet || !out.is_empty() || !err.is_empty(), "{arguments:?}");
        shown.extend([out, err]);
    }
    for path in [
        "/api/v1/status",
        "/api/v1/dead",
        "/api/v1/history",
        "/api/v1/routes",
        "/api/v1/audit",
        "/api/v1/messages",
        "/api/v1/archive",
        "/api/v1/alerts",
        "/api/v1/openapi.json",
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
fn a_weir_that_crashes_writes_no_core() {
    let receivers = receivers();
    let engine = site(&receivers, "").start();
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", engine.process())).unwrap();
    let core = limits.lines().find(|line| line.starts_with("Max core file size"));
    let words: Vec<_> = core.unwrap().split_whitespace().collect();
    assert_eq!(words[4..], ["0", "0", "bytes"]);
    assert_eq!(engine.terminate(), 0);
}
