//! A backup of a weir that runs, restored elsewhere: everything that is owed is owed again, in order.

use crate::harness::{Answer, Receiver, Sender, Site, adt, control_id, field, weir};

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
        std::fs::remove_dir(&left).unwrap();
    }
}

#[test]
fn nobody_else_may_read_a_backup_and_it_can_go_to_another_program() {
    use std::os::unix::fs::PermissionsExt;
    let receiver = refusing_the_first();
    let (site, file) = backed_up(&receiver);
    assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    let engine = site.start();
    let (status, out, err) = weir(site.folder(), &["backup", "-", "--site", "site"], b"");
    assert_eq!((status, err.as_str()), (0, ""));
    assert_eq!(out.lines().count(), 1 + 11 + 1);
    assert_eq!(engine.terminate(), 0);
    let (status, _, err) = weir(site.folder(), &["backup", "other", "--site", "site"], b"");
    assert_eq!(status, 2);
    assert!(err.contains("no weir is running"), "{err}");
    assert!(!site.folder().join("other").exists());
}
