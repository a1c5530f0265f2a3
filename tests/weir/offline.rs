//! Orders about data that no weir uses: what they leave, what they refuse, and what a start finds of those before it.

use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, lchown};
use std::path::Path;

use crate::harness::{Receiver, Sender, Site, adt, field, wait_until, weir};

/// A key, and the archive in a folder of its own, which may be a disk.
const SETTINGS: &str =
    "  encryption: { key: { file: ../weir.key } }\narchive: { folder: ../history }\nlisteners:";
/// A user and a group that need not exist.
const SOMEBODY: (u32, u32) = (54_321, 54_322);

/// Runs a command that must go well; what it prints.
#[track_caller]
fn done(site: &Site, arguments: &[&str]) -> String {
    let (status, out, err) = weir(site.folder(), arguments, b"");
    assert_eq!((status, err.as_str()), (0, ""), "{arguments:?}: {out}");
    out
}

/// Runs a command that must be refused; why.
#[track_caller]
fn refused(site: &Site, arguments: &[&str]) -> String {
    let (status, out, err) = weir(site.folder(), arguments, b"");
    assert_eq!((status, out.as_str()), (2, ""), "{arguments:?}: {err}");
    err
}

/// A site with a user and one message in its archive, which has stopped; and two backups, one of which is plain.
fn stopped(receiver: &Receiver, settings: &str) -> Site {
    let yaml = Site::forwarding_yaml(&[("ehr", receiver.address())]);
    let site = Site::new(&yaml.replacen("listeners:", settings, 1));
    for name in ["weir.key", "new.key"] {
        done(&site, &["key", "new", name]);
    }
    let engine = site.start();
    let answer = Sender::connect(engine.listener("in")).exchange(&adt("ONE"));
    assert_eq!(field(&answer.unwrap(), "MSA", 1), "AA");
    wait_until(|| {
        let (_, page) = site.ask("GET", "/api/v1/messages?state=delivered");
        page["messages"].as_array().is_some_and(|all| all.len() == 1)
    });
    let user = ["user", "add", "ada", "--role", "administrator", "--site", "site"];
    let (status, _, err) = weir(site.folder(), &user, b"a long enough passphrase\n");
    assert_eq!(status, 0, "{err}");
    done(&site, &["backup", "weir.backup", "--site", "site"]);
    done(&site, &["backup", "plain.backup", "--plain", "--site", "site"]);
    assert_eq!(engine.terminate(), 0);
    site
}

/// Everything in a folder, and that itself.
fn all(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut found = vec![folder.to_owned()];
    for entry in std::fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_dir() {
            found.extend(all(&entry.path()));
        } else {
            found.push(entry.path());
        }
    }
    found
}

#[test]
fn what_root_orders_leaves_nothing_that_weirs_own_user_cannot_use() {
    let receiver = Receiver::accepting();
    let site = stopped(&receiver, SETTINGS);
    let [data, history] = ["data", "history"].map(|name| site.folder().join(name));
    if chown(&data, Some(SOMEBODY.0), Some(SOMEBODY.1)).is_err() {
        return eprintln!("left out: this is not root");
    }
    let give = || {
        for path in all(&data).iter().chain(&all(&history)) {
            lchown(path, Some(SOMEBODY.0), Some(SOMEBODY.1)).unwrap();
        }
    };
    let are_theirs = |what: &str| {
        for path in all(&data).iter().chain(&all(&history)) {
            let found = path.symlink_metadata().unwrap();
            assert_eq!((found.uid(), found.gid()), SOMEBODY, "{what}: {}", path.display());
        }
    };
    give();
    let hold = ["archive", "hold", "case", "--reason", "why", "--type", "ADT"];
    let purge = ["archive", "purge", "--type", "ADT", "--yes"];
    for order in [
        &["archive", "search", "--type", "ADT"][..],
        &["archive", "summary"],
        &hold,
        &["archive", "release", "case"],
        &purge,
        &["verify", "site"],
        &["key", "rotate", "--to", "new.key", "site"],
    ] {
        let of_site = ["--site", "site"];
        let is_told = order.contains(&"site");
        let arguments = if is_told {
            order.to_vec()
        } else {
            [order, &of_site].concat()
        };
        done(&site, &arguments);
        are_theirs(&arguments.join(" "));
    }
    // Nothing of them is left but the folders that somebody has: audit log, users, outbox and archive are made.
    for folder in [&data, &history] {
        std::fs::remove_dir_all(folder).unwrap();
        std::fs::create_dir(folder).unwrap();
    }
    give();
    done(&site, &["restore", "weir.backup", "site"]);
    are_theirs("restore");
    assert!(data.join("access.json").exists() && history.join("archive.sqlite").exists());
}

#[test]
fn a_plain_archive_that_root_encrypts_stays_its_owners() {
    let receiver = Receiver::accepting();
    let plain = "archive: { folder: ../history }\nlisteners:";
    let site = stopped(&receiver, plain);
    let history = site.folder().join("history");
    if chown(&history, Some(SOMEBODY.0), Some(SOMEBODY.1)).is_err() {
        return eprintln!("left out: this is not root");
    }
    done(
        &site,
        &["archive", "encrypt", "--key", "weir.key", "--site", "site"],
    );
    for name in ["archive.sqlite", "keys"] {
        let found = history.join(name).metadata().unwrap();
        assert_eq!((found.uid(), found.gid()), SOMEBODY, "{name}");
        assert_eq!(found.mode() & 0o777, 0o600, "{name}");
    }
}

#[test]
fn no_store_is_passed_over_when_a_key_is_exchanged() {
    let receiver = Receiver::accepting();
    let site = stopped(&receiver, SETTINGS);
    let at = |name: &str| site.folder().join(name);
    let rotate = ["key", "rotate", "--to", "new.key", "site"];
    let before = std::fs::read(at("data/outbox/keys")).unwrap();
    // The disk of the archive is not mounted: its folder is empty, or is not there.
    std::fs::rename(at("history"), at("unmounted")).unwrap();
    let said = refused(&site, &rotate);
    assert!(
        said.contains("history/keys: not there") && said.contains("--without-archive"),
        "{said}"
    );
    std::fs::create_dir(at("history")).unwrap();
    refused(&site, &rotate);
    // Nor is that of the outbox.
    std::fs::rename(at("data/outbox/keys"), at("away")).unwrap();
    std::fs::rename(at("history"), at("empty")).unwrap();
    std::fs::rename(at("unmounted"), at("history")).unwrap();
    let said = refused(&site, &rotate);
    assert!(said.contains("outbox/keys: not there"), "{said}");
    std::fs::rename(at("away"), at("data/outbox/keys")).unwrap();
    assert_eq!(std::fs::read(at("data/outbox/keys")).unwrap(), before);
    // Somebody says that there is none, and is wrong: then the older key is needed, and the error says so.
    std::fs::rename(at("history"), at("unmounted")).unwrap();
    let out = done(
        &site,
        &["key", "rotate", "--to", "new.key", "--without-archive", "site"],
    );
    assert!(out.contains("outbox/keys: under the key"), "{out}");
    std::fs::rename(at("unmounted"), at("history")).unwrap();
    let said = refused(
        &site,
        &["archive", "summary", "--key", "new.key", "--site", "site"],
    );
    let older = done(&site, &["key", "id", "weir.key"]);
    assert!(said.contains(&format!("give the key {}", older.trim())), "{said}");
    assert!(said.contains("the one before"), "{said}");
    // The same order finds what is left.
    let out = done(&site, &rotate);
    assert!(
        out.contains("outbox/keys: was under") && out.contains("history/keys: under"),
        "{out}"
    );
}

#[test]
fn what_anybody_could_have_written_is_not_restored_where_there_is_a_key() {
    let receiver = Receiver::accepting();
    let site = stopped(&receiver, SETTINGS);
    let at = |name: &str| site.folder().join(name);
    for name in ["data", "history"] {
        std::fs::rename(at(name), at(&format!("{name}.before"))).unwrap();
    }
    let said = refused(&site, &["restore", "plain.backup", "site"]);
    assert!(
        said.contains("not encrypted, and there is a key") && said.contains("--plain"),
        "{said}"
    );
    assert!(!at("data").exists() && !at("history").exists());
    // The archive beside an encrypted one, too.
    std::fs::rename(at("weir.backup.archive/keys"), at("away")).unwrap();
    let said = refused(&site, &["restore", "weir.backup", "site"]);
    assert!(said.contains("weir.backup.archive: not encrypted"), "{said}");
    assert!(!at("history").exists());
    std::fs::rename(at("away"), at("weir.backup.archive/keys")).unwrap();
    let out = done(&site, &["restore", "plain.backup", "site", "--plain"]);
    assert!(out.contains("access.json: restored"), "{out}");
    let engine = site.start();
    assert_eq!(engine.terminate(), 0);
}

#[test]
fn an_encrypted_backup_leaves_a_site_without_a_key_as_it_is() {
    let receiver = Receiver::accepting();
    let site = stopped(&receiver, SETTINGS);
    let yaml = Site::forwarding_yaml(&[("ehr", receiver.address())]);
    let elsewhere = Site::new(&yaml);
    let backup = site.folder().join("weir.backup");
    let key = site.folder().join("weir.key");
    let [backup, key] = [&backup, &key].map(|path| path.to_str().unwrap());
    let said = refused(&elsewhere, &["restore", backup, "site", "--backup-key", key]);
    assert!(said.contains("encrypted, and the site names no key"), "{said}");
    assert!(!elsewhere.folder().join("data/archive").exists());
    // The wrong key for a backup is told by the option that takes the right one.
    let wrong = site.folder().join("new.key");
    let said = refused(
        &elsewhere,
        &["restore", backup, "site", "--backup-key", wrong.to_str().unwrap()],
    );
    assert!(
        said.contains("under which it was made by `--backup-key`"),
        "{said}"
    );
}

#[test]
fn what_killed_processes_left_goes_at_the_next_start() {
    let receiver = Receiver::accepting();
    let site = stopped(&receiver, SETTINGS);
    std::fs::create_dir(site.folder().join("data/tables")).unwrap();
    let left = ["data", "data/tables", "data/outbox", "history"]
        .map(|name| site.folder().join(name).join(".unfinished-aB3dEf"));
    for path in &left {
        std::fs::write(path, "half").unwrap();
    }
    let engine = site.start();
    for path in &left {
        assert!(!path.exists(), "{}", path.display());
    }
    assert_eq!(engine.terminate(), 0);
}

#[test]
fn a_folder_that_somebody_made_for_the_archive_is_closed_to_others() {
    let receiver = Receiver::accepting();
    let yaml = Site::forwarding_yaml(&[("ehr", receiver.address())]);
    let site = Site::new(&yaml.replacen("listeners:", "archive: { folder: ../history }\nlisteners:", 1));
    let history = site.folder().join("history");
    std::fs::create_dir(&history).unwrap();
    std::fs::set_permissions(&history, PermissionsExt::from_mode(0o755)).unwrap();
    let engine = site.start();
    let database = history.join("archive.sqlite");
    wait_until(|| database.exists() && history.join("archive.sqlite-wal").exists());
    for path in all(&history) {
        let mode = path.metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{}", path.display());
    }
    assert_eq!(engine.terminate(), 0);
}
