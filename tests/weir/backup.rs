//! A backup of a weir that runs, restored elsewhere: everything that is owed is owed again, in order; users, the audit
//! log, pauses and history come back; and what a copy put back by hand does to the archive.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::harness::{Answer, Receiver, Sender, Site, adt, control_id, field, wait_until, weir};

fn send(sender: &mut Sender, id: &str) {
    assert_eq!(field(&sender.exchange(&adt(id)).unwrap(), "MSA", 1), "AA", "{id}");
}

/// A weir that owes ten messages and has given one up, and the backup of it.
fn backed_up(receiver: &Receiver) -> (Site, std::path::PathBuf) {
    let site = Site::forwarding(&[("ehr", receiver.address())]);
    let engine = site.start();
    let mut sender = Sender::connect(engine.listener("in"));
    send(&mut sender, "DEAD");
    engine.wait_for_metric(r#"weir_outbox_dead_letters{destination="ehr"}"#, 1.0);
    for number in 0..10 {
        send(&mut sender, &format!("M{number}"));
    }
    let file = site.folder().join("weir.backup");
    let (status, out, err) = weir(site.folder(), &["backup", "weir.backup", "--site", "site"], b"");
    assert_eq!((status, err.as_str()), (0, ""), "{out}");
    assert_eq!(engine.terminate(), 0);
    (site, file)
}

/// The records of the audit log of a weir that does not run, the oldest first.
fn audited(site: &Site) -> Vec<Value> {
    let (status, out, err) = weir(site.folder(), &["audit", "verify", "--data", "data"], b"");
    assert_eq!((status, err.as_str()), (0, ""), "{out}");
    let files = std::fs::read_dir(site.folder().join("data/audit")).unwrap();
    let mut files: Vec<_> = files.map(|file| file.unwrap().path()).collect();
    files.sort();
    let lines = files.iter().map(|file| std::fs::read_to_string(file).unwrap());
    let lines = lines.collect::<String>();
    let records = lines.lines().map(|line| serde_json::from_str(line).unwrap());
    records.collect()
}

fn refusing_the_first() -> Receiver {
    Receiver::scripted(|_, message| match control_id(message).as_str() {
        "DEAD" => Answer::CodeBecause("AR", 200),
        _ => Answer::Away,
    })
}

#[test]
fn f36_a_backup_is_restored_elsewhere_in_order() {
    let receiver = refusing_the_first();
    let address = receiver.address();
    let (_first, file) = backed_up(&receiver);
    receiver.stop();

    let elsewhere = Site::forwarding(&[("ehr", address)]);
    let (status, out, err) = weir(
        elsewhere.folder(),
        &["restore", file.to_str().unwrap(), "site"],
        b"",
    );
    assert_eq!((status, err.as_str()), (0, ""), "{out}");
    assert!(out.ends_with("11 owed again\n"), "{out}");
    let (status, out, _) = weir(elsewhere.folder(), &["verify", "site"], b"");
    assert_eq!(status, 0, "{out}");
    // In the log that came back, behind what it told before.
    let audited = audited(&elsewhere);
    let (first, last) = (&audited[0], audited.last().unwrap());
    assert_eq!(
        (&first["what"], &last["what"]),
        (&"start".into(), &"restore".into())
    );
    assert_eq!(
        (&last["object"], &last["detail"]),
        (&"outbox".into(), &"11 owed again".into())
    );
    assert_eq!(
        (&last["outcome"], &last["from"]),
        (&"allowed".into(), &"weir restore".into())
    );

    let receiver = Receiver::at(address, |_, _| Answer::Code("AA"));
    let engine = elsewhere.start();
    receiver.wait_for(10);
    let expected: Vec<String> = (0..10).map(|number| format!("M{number}")).collect();
    assert_eq!(receiver.control_ids(), expected);
    let (_, dead, _) = weir(
        elsewhere.folder(),
        &["queue", "dead", "ehr", "--site", "site"],
        b"",
    );
    assert!(
        dead.contains("DEAD") && dead.contains("refused with AR and error 200"),
        "{dead}"
    );
    assert_eq!(engine.terminate(), 0);
    assert!(receiver.stop().contains(&adt("M3")), "byte for byte");
}

#[test]
fn only_a_whole_backup_is_restored_and_only_where_nothing_is() {
    let receiver = refusing_the_first();
    let (site, file) = backed_up(&receiver);
    let whole = std::fs::read(&file).unwrap();
    let elsewhere = Site::forwarding(&[("ehr", receiver.address())]);
    let refused = |content: &[u8], site: &Site, expected: &str| {
        let path = site.folder().join("given");
        std::fs::write(&path, content).unwrap();
        let (status, out, err) = weir(site.folder(), &["restore", "given", "site"], b"");
        assert_eq!((status, out.as_str()), (2, ""), "{err}");
        assert!(err.contains(expected), "{err}");
    };
    let last_line = whole[..whole.len() - 1]
        .iter()
        .rposition(|byte| *byte == b'\n')
        .unwrap()
        + 1;
    refused(&whole[..last_line], &elsewhere, "it has no end");
    refused(&whole[..whole.len() / 2], &elsewhere, "a line without an end");
    refused(b"", &elsewhere, "it has no end");
    refused(
        &[whole.clone(), whole.clone()].concat(),
        &elsewhere,
        "something follows its end",
    );
    refused(b"MSH|^~\\&|\n", &elsewhere, "line 1: not a line of a backup");
    let mut changed = whole.clone();
    let at = whole
        .windows(9)
        .position(|bytes| bytes == b"\"ehr\",\"se")
        .unwrap()
        + 1;
    changed[at] = b'o';
    refused(&changed, &elsewhere, "its end does not fit");
    assert!(
        !elsewhere.folder().join("data/outbox").exists(),
        "nothing was begun"
    );
    refused(&whole, &site, "there is an outbox already");
    for (left, expected) in [
        ("switches.json", "by the numbers of another outbox"),
        ("outbox.restoring", "a restore that did not come to its end"),
    ] {
        let left = elsewhere.folder().join("data").join(left);
        std::fs::create_dir_all(&left).unwrap();
        refused(&whole, &elsewhere, expected);
        if left.ends_with("outbox.restoring") {
            let (status, _, err) = weir(elsewhere.folder(), &["run", "site"], b"");
            assert_eq!(status, 2);
            assert!(err.contains("a restore is at work here"), "{err}");
            assert!(!elsewhere.folder().join("data/outbox").exists());
        }
        std::fs::remove_dir(&left).unwrap();
    }
}

#[test]
fn nobody_else_may_read_a_backup_and_it_can_go_to_another_program() {
    use std::os::unix::fs::PermissionsExt;
    let receiver = refusing_the_first();
    let (site, file) = backed_up(&receiver);
    let archive = site.folder().join("weir.backup.archive");
    let database = archive.join("archive.sqlite");
    for (path, expected) in [(&file, 0o600), (&archive, 0o700), (&database, 0o600)] {
        let mode = path.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, expected, "{}", path.display());
    }
    let engine = site.start();
    let (status, out, err) = weir(site.folder(), &["backup", "-", "--site", "site"], b"");
    assert_eq!((status, err.as_str()), (0, ""));
    assert_eq!(
        out.lines().filter(|line| line.starts_with(r#"{"owed""#)).count(),
        11
    );
    assert_eq!(engine.terminate(), 0);
    let (status, _, err) = weir(site.folder(), &["backup", "other", "--site", "site"], b"");
    assert_eq!(status, 2);
    assert!(err.contains("no weir is running"), "{err}");
    assert!(!site.folder().join("other").exists());
}

/// Runs a command that must go well; what it prints.
#[track_caller]
fn done(site: &Site, arguments: &[&str]) -> String {
    let (status, out, err) = weir(site.folder(), arguments, b"");
    assert_eq!((status, err.as_str()), (0, ""), "{arguments:?}: {out}");
    out
}

/// Control id and state of all in the archive, with who made the last of each and from which message.
fn history(site: &Site) -> BTreeMap<(String, u64), (String, Value)> {
    let search = ["archive", "search", "--json", "--site", "site"];
    // 1: nothing is there yet.
    let (status, out, err) = weir(site.folder(), &search, b"");
    assert!(status < 2, "{err}");
    let page: Value = serde_json::from_str(&out).unwrap();
    let all = page["messages"].as_array().unwrap().iter();
    let one = |message: &Value| {
        let number = message["number"].as_u64().unwrap();
        let shown = done(
            site,
            &["archive", "show", &number.to_string(), "--json", "--site", "site"],
        );
        let shown: Value = serde_json::from_str(&shown).unwrap();
        let text = |key: &str| message[key].as_str().unwrap().to_owned();
        (
            (text("control_id"), number),
            (text("state"), shown["origin"].clone()),
        )
    };
    all.map(one).collect()
}

/// The states of a message in the archive, the oldest first.
fn states(site: &Site, id: &str) -> Vec<String> {
    let all = history(site).into_iter();
    all.filter(|((of, _), _)| of == id)
        .map(|(_, (state, _))| state)
        .collect()
}

/// A site with a receiver `ehr` that takes what it is asked to, and `lab`, which is away.
fn two_receivers(ehr: &Receiver) -> Site {
    let away = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    Site::forwarding(&[("ehr", ehr.address()), ("lab", away)])
}

#[test]
fn users_the_audit_log_pauses_and_history_come_back() {
    let receiver = Receiver::accepting();
    let site = two_receivers(&receiver);
    let engine = site.start();
    let user = ["user", "add", "ada", "--role", "administrator", "--site", "site"];
    let (status, _, err) = weir(site.folder(), &user, b"a long enough passphrase\n");
    assert_eq!(status, 0, "{err}");
    let mut sender = Sender::connect(engine.listener("in"));
    for id in ["ONE", "TWO", "THREE"] {
        send(&mut sender, id);
    }
    receiver.wait_for(3);
    done(&site, &["queue", "pause", "lab", "--site", "site"]);
    wait_until(|| history(&site).len() == 3);
    let out = done(&site, &["backup", "weir.backup", "--site", "site"]);
    assert!(out.contains("weir.backup.archive: "), "{out}");
    let audited = done(&site, &["audit", "verify", "--site", "site"]);
    let waiting = engine.metric(r#"weir_outbox_depth{destination="lab"}"#);
    assert_eq!(engine.terminate(), 0);

    let elsewhere = two_receivers(&receiver);
    let backup = site.folder().join("weir.backup");
    let restore = ["restore", backup.to_str().unwrap(), "site"];
    // The archive has a disk of its own, on which somebody has put something, and then has not.
    let disk = elsewhere.folder().join("data/archive");
    std::fs::create_dir_all(disk.join("lost+found")).unwrap();
    std::fs::write(disk.join("notes.txt"), "").unwrap();
    let (status, _, err) = weir(elsewhere.folder(), &restore, b"");
    assert!(
        status == 2 && err.contains("it holds files but no archive"),
        "{err}"
    );
    std::fs::remove_file(disk.join("notes.txt")).unwrap();
    let out = done(&elsewhere, &restore);
    assert!(disk.join("lost+found").exists());
    for restored in ["access.json", "audit", "audit.head", "switches.json", "archive"] {
        assert!(out.contains(&format!("{restored}: restored\n")), "{out}");
    }
    let records = |out: &str| out.split(' ').next().unwrap().parse::<u64>().unwrap();
    let verified = done(&elsewhere, &["audit", "verify", "--site", "site"]);
    assert!(
        records(&verified) + 5 > records(&audited) && records(&verified) > 3,
        "{verified}"
    );

    let engine = elsewhere.start();
    assert!(engine.setup_token().is_none(), "there is an administrator");
    let (_, status) = elsewhere.ask("GET", "/api/v1/status");
    assert!(status.to_string().contains("paused"), "{status}");
    assert!((engine.metric(r#"weir_outbox_depth{destination="lab"}"#) - waiting).abs() < f64::EPSILON);
    engine.wait_for_metric("weir_archive_lag_notes", 0.0);
    // For lab each is owed again, as a message that says where it comes from.
    wait_until(|| states(&elsewhere, "THREE").len() == 2);
    for ((id, _), (state, origin)) in history(&elsewhere) {
        let is_new = !origin.is_null();
        if id == "THREE" {
            assert_eq!(state, if is_new { "queued" } else { "delivered" }, "{origin}");
        }
        if is_new {
            assert_eq!(origin["by"], "weir restore", "{origin}");
        }
    }
    assert_eq!(engine.terminate(), 0);
    let verified = done(&elsewhere, &["audit", "verify", "--site", "site"]);
    assert!(records(&verified) > 3, "the chain goes on: {verified}");
}

#[test]
fn what_is_there_stays_and_what_is_lost_is_told_in_the_archive() {
    let receiver = Receiver::scripted(|_, _| Answer::Away);
    let site = Site::forwarding(&[("ehr", receiver.address())]);
    let engine = site.start();
    let mut sender = Sender::connect(engine.listener("in"));
    send(&mut sender, "KEPT");
    done(&site, &["backup", "weir.backup", "--site", "site"]);
    send(&mut sender, "LOST");
    // Attempts go on, so the archive has never all of them.
    wait_until(|| states(&site, "LOST") == ["queued"]);
    engine.kill();
    // The outbox is lost, and nothing else.
    let data = site.folder().join("data");
    std::fs::remove_dir_all(data.join("outbox")).unwrap();
    let out = done(&site, &["restore", "weir.backup", "site"]);
    assert!(!out.contains("archive: restored"), "{out}");
    assert!(out.contains("audit: was there and stays as it is"), "{out}");
    assert!(
        out.contains("1 that the archive shows as owed are not in the backup"),
        "{out}"
    );
    assert!(out.ends_with("1 owed again\n"), "{out}");
    assert_eq!(states(&site, "LOST"), ["purged"]);
    let engine = site.start();
    wait_until(|| states(&site, "KEPT") == ["resent", "queued"]);
    // Numbers are given anew, and are not those of before.
    let mut sender = Sender::connect(engine.listener("in"));
    send(&mut sender, "NEW");
    wait_until(|| states(&site, "NEW") == ["queued"]);
    assert_eq!(states(&site, "LOST"), ["purged"]);
    assert_eq!(engine.terminate(), 0);
    done(&site, &["archive", "verify", "--site", "site"]);
}

#[test]
fn what_one_destination_has_and_another_lost_is_found_as_lost() {
    let (lab, ehr) = (Receiver::accepting(), Receiver::scripted(|_, _| Answer::Away));
    let site = Site::forwarding(&[("lab", lab.address()), ("ehr", ehr.address())]);
    let engine = site.start();
    done(&site, &["backup", "weir.backup", "--site", "site"]);
    send(&mut Sender::connect(engine.listener("in")), "HALF");
    let deliveries = || {
        let (_, page) = site.ask("GET", "/api/v1/messages");
        let all = page["messages"][0]["deliveries"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        let of = |one: &Value| format!("{} {}", one["destination"], one["state"]).replace('"', "");
        all.iter().map(of).collect::<std::collections::BTreeSet<_>>()
    };
    let half = ["ehr queued", "lab delivered"].map(str::to_owned);
    wait_until(|| deliveries() == half.clone().into());
    engine.kill();
    std::fs::remove_dir_all(site.folder().join("data/outbox")).unwrap();
    let out = done(&site, &["restore", "weir.backup", "site"]);
    assert!(
        out.contains("1 that the archive shows as owed are not in the backup"),
        "{out}"
    );
    let found = done(
        &site,
        &["archive", "search", "--state", "purged", "--site", "site"],
    );
    assert!(
        found.contains(" HALF ") && found.contains("ehr (purged)"),
        "{found}"
    );
    // What the one has is not deleted for what the other lost.
    let purge = ["archive", "purge", "--state", "purged", "--yes", "--site", "site"];
    let (status, told, _) = weir(site.folder(), &purge, b"");
    assert_eq!(
        (status, told.as_str()),
        (1, "0 deleted, 0 held, 0 still owed, 0 not there\n")
    );
}

#[test]
fn a_wrong_section_of_the_archive_is_not_taken_for_none() {
    let receiver = Receiver::accepting();
    let forwarding = Site::forwarding_yaml(&[("ehr", receiver.address())]);
    let site = Site::new(&forwarding);
    let folder = site.folder();
    let engine = site.start();
    send(&mut Sender::connect(engine.listener("in")), "ONE");
    receiver.wait_for(1);
    wait_until(|| history(&site).len() == 1);
    done(&site, &["backup", "weir.backup", "--site", "site"]);
    let refused = |arguments: &[&str], expected: &str| {
        let (status, out, err) = weir(folder, arguments, b"");
        assert_eq!((status, out.as_str()), (2, ""), "{arguments:?}: {err}");
        assert!(err.contains(expected), "{arguments:?}: {err}");
    };
    let backup = ["backup", "another.backup", "--site", "site"];
    let wrong = format!("archive: {{ age_max: 90 }}\n{forwarding}");
    site.rewrite(&wrong);
    let place = "site/site.yaml:4:";
    let (_, _, checked) = weir(folder, &["check", "site"], b"");
    assert!(checked.contains(place), "{checked}");
    refused(&backup, place);
    assert!(!folder.join("another.backup").exists());
    // What does not ask for the archive goes on.
    done(
        &site,
        &["backup", "without.backup", "--without-archive", "--site", "site"],
    );
    done(&site, &["status", "--site", "site"]);
    assert_eq!(engine.terminate(), 0);
    done(&site, &["verify", "site"]);
    refused(&["archive", "search", "--site", "site"], place);
    std::fs::rename(folder.join("data"), folder.join("before")).unwrap();
    refused(&["restore", "weir.backup", "site"], place);
    assert!(!folder.join("data").exists(), "nothing was touched");
    // Nor where the file with the section cannot be read.
    site.rewrite(&forwarding);
    std::fs::write(folder.join("site/archive.yaml"), "archive: { folder: elsewhere\n").unwrap();
    refused(&["restore", "weir.backup", "site"], "site/archive.yaml:");
    std::fs::remove_file(folder.join("site/archive.yaml")).unwrap();
    let out = done(&site, &["restore", "weir.backup", "site"]);
    assert!(out.contains("archive: restored"), "{out}");
}

/// Copies a folder with all that is in it.
fn copy(from: &Path, to: &Path) {
    let copied = Command::new("cp").arg("-a").args([from, to]).status().unwrap();
    assert!(copied.success());
}

#[test]
fn an_outbox_put_back_from_a_copy_beside_a_newer_archive_loses_nothing_of_what_comes() {
    let receiver = Receiver::accepting();
    let site = Site::forwarding(&[("ehr", receiver.address())]);
    let data = site.folder().join("data");
    let run = |ids: &[&str]| {
        let engine = site.start();
        let mut sender = Sender::connect(engine.listener("in"));
        for id in ids {
            send(&mut sender, id);
        }
        engine.wait_for_metric(r#"weir_outbox_depth{destination="ehr"}"#, 0.0);
        engine.wait_for_metric("weir_archive_lag_notes", 0.0);
        assert_eq!(engine.terminate(), 0);
    };
    run(&["FIRST"]);
    copy(&data.join("outbox"), &data.join("copy"));
    run(&["SECOND", "THIRD", "FOURTH"]);
    std::fs::remove_dir_all(data.join("outbox")).unwrap();
    std::fs::rename(data.join("copy"), data.join("outbox")).unwrap();
    run(&["FIFTH"]);
    let log = site.log();
    assert!(log.contains("the outbox is older than its archive"), "{log}");
    run(&["SIXTH"]);
    for id in ["FIRST", "SECOND", "THIRD", "FOURTH", "FIFTH", "SIXTH"] {
        assert_eq!(states(&site, id), ["delivered"], "{id}");
    }
    done(&site, &["archive", "verify", "--site", "site"]);
}
