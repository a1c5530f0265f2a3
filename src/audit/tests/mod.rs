//! A log that is written, damaged in every way, and gone on with.

mod aged;
mod follow;

use std::fs;

use tempfile::TempDir;

use super::*;

fn entry(what: &str) -> Entry {
    Entry {
        who: "user:anna".to_owned(),
        from: "127.0.0.1".to_owned(),
        what: what.to_owned(),
        object: "destinations/ehr/queue/17".to_owned(),
        reason: Some("the ward asked".to_owned()),
        outcome: Outcome::Allowed,
        detail: None,
        of: None,
    }
}

/// A log of so many records.
fn written(records: u64) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let log = Log::new(folder.path());
    for number in 1..=records {
        assert_eq!(log.append(entry(&format!("test.{number}"))).unwrap(), number);
    }
    folder
}

fn file(folder: &TempDir) -> PathBuf {
    Place::new(folder.path()).file(1)
}

/// Changes the lines of the only file; what `verify` says, and what it says after one more record.
fn changed(change: impl Fn(&mut Vec<String>)) -> (Vec<String>, Vec<String>) {
    let folder = written(5);
    let path = file(&folder);
    let text = fs::read_to_string(&path).unwrap();
    let mut lines: Vec<String> = text.split_inclusive('\n').map(str::to_owned).collect();
    change(&mut lines);
    fs::write(&path, lines.concat()).unwrap();
    let before = faults(&folder);
    Log::new(folder.path()).append(entry("test.after")).unwrap();
    let after = faults(&folder);
    (before, after)
}

fn faults(folder: &TempDir) -> Vec<String> {
    let verified = verify(folder.path(), None).unwrap();
    let fault = |fault: &Fault| {
        let name = fault.file.file_name().unwrap().to_str().unwrap();
        format!("{name}:{}: {}", fault.line, fault.what)
    };
    verified.faults.iter().map(fault).collect()
}

#[test]
fn what_was_written_is_read_and_holds() {
    let folder = written(5);
    let log = Log::new(folder.path());
    assert_eq!(log.append(entry("test.6")).unwrap(), 6);
    let verified = verify(folder.path(), None).unwrap();
    assert_eq!((verified.records, verified.faults.as_slice()), (6, [].as_slice()));
    assert_eq!(
        Place::new(folder.path()).read_head().unwrap(),
        Some(verified.head)
    );
    let newest = log.newest(None, 2, |_| true).unwrap();
    let names: Vec<_> = newest.iter().map(|record| record.what.as_str()).collect();
    assert_eq!(names, ["test.6", "test.5"]);
    let older = log.newest(Some(5), 9, |record| record.what != "test.3").unwrap();
    let numbers: Vec<_> = older.iter().map(|record| record.number).collect();
    assert_eq!(numbers, [4, 2, 1]);
}

#[test]
fn every_flipped_bit_is_found() {
    let folder = written(3);
    let path = file(&folder);
    let bytes = fs::read(&path).unwrap();
    for at in 0..bytes.len() {
        let mut flipped = bytes.clone();
        flipped[at] ^= 1;
        fs::write(&path, flipped).unwrap();
        assert!(!faults(&folder).is_empty(), "byte {at}");
    }
    fs::write(&path, &bytes).unwrap();
    assert_eq!(faults(&folder), [""; 0]);
}

#[test]
fn deleted_swapped_and_cut_records_are_found_and_stay_found() {
    let check = |change: fn(&mut Vec<String>), expected: &str| {
        let (before, after) = changed(change);
        assert!(before.iter().any(|fault| fault.contains(expected)), "{before:?}");
        assert!(!after.is_empty(), "one more record hides it: {before:?}");
    };
    check(|lines| drop(lines.remove(2)), "jsonl:3: is record 4, expected 3");
    check(|lines| lines.swap(1, 2), "jsonl:2: is record 3, expected 2");
    check(
        |lines| drop(lines.pop()),
        "ends with record 4 and should go on to 5",
    );
    check(Vec::clear, "ends with record 0 and should go on to 5");
    check(|lines| drop(lines.remove(0)), "jsonl:1: is record 2, expected 1");
    check(
        |lines| lines[2] = lines[2].replace("anna", "bert"),
        "jsonl:3: is not what was written",
    );
    check(
        |lines| lines.push(lines[4].clone()),
        "jsonl:6: is record 5, expected 6",
    );
}

#[test]
fn a_record_made_up_with_its_own_hash_does_not_fit_in() {
    let (before, after) = changed(|lines| {
        let mut record = Record::read(lines[2].trim_end().as_bytes()).unwrap();
        record.who = "user:bert".to_owned();
        lines[2] = record.write().0;
    });
    assert_eq!(
        before,
        ["000000000001.jsonl:4: does not follow the record before it"]
    );
    assert!(after.len() > before.len(), "{after:?}");
}

#[test]
fn an_end_made_up_anew_is_found_by_the_head() {
    let (before, _) = changed(|lines| {
        let mut record = Record::read(lines[4].trim_end().as_bytes()).unwrap();
        record.who = "user:bert".to_owned();
        lines[4] = record.write().0;
    });
    assert_eq!(before, ["audit:0: record 5 is not the one that was written last"]);
}

#[test]
fn a_log_that_is_gone_is_found() {
    let folder = written(3);
    fs::remove_dir_all(folder.path().join("audit")).unwrap();
    assert!(!faults(&folder).is_empty());
    let log = Log::new(folder.path());
    assert_eq!(
        log.append(entry("test.after")).unwrap(),
        5,
        "after the record of the damage"
    );
    assert!(!faults(&folder).is_empty());
    fs::remove_file(folder.path().join("audit.head")).unwrap();
    assert!(!faults(&folder).is_empty());
}

#[test]
fn a_chain_written_anew_does_not_have_the_head_that_was_noted() {
    let folder = written(3);
    let noted = verify(folder.path(), None).unwrap().head;
    assert!(verify(folder.path(), Some(&noted)).unwrap().faults.is_empty());
    assert_eq!(Head::parse(&noted.to_string()), Some(noted.clone()));
    let other = written(4);
    assert_eq!(verify(other.path(), Some(&noted)).unwrap().faults.len(), 1);
}

#[test]
fn what_a_crash_leaves_is_no_damage() {
    let folder = written(3);
    let path = file(&folder);
    let whole = fs::read(&path).unwrap();
    let head = fs::read(folder.path().join("audit.head")).unwrap();
    // A record that was not written to its end.
    Log::new(folder.path()).append(entry("test.4")).unwrap();
    let more = fs::read(&path).unwrap();
    for cut in [whole.len() + 1, more.len() - 1] {
        fs::write(&path, &more[..cut]).unwrap();
        fs::write(folder.path().join("audit.head"), &head).unwrap();
        assert_eq!(Log::new(folder.path()).append(entry("test.again")).unwrap(), 4);
        assert_eq!(faults(&folder), [""; 0]);
    }
    // A record whose head was not written.
    fs::write(folder.path().join("audit.head"), &head).unwrap();
    assert_eq!(Log::new(folder.path()).append(entry("test.5")).unwrap(), 5);
    assert_eq!(faults(&folder), [""; 0]);
    // A file without a record.
    fs::write(Place::new(folder.path()).file(6), "").unwrap();
    assert_eq!(Log::new(folder.path()).append(entry("test.6")).unwrap(), 6);
    assert_eq!(faults(&folder), [""; 0]);
}

#[test]
fn what_cannot_be_written_is_no_record_and_the_next_tries_anew() {
    let folder = tempfile::tempdir().unwrap();
    let log = Log::new(folder.path());
    log.append(entry("test.1")).unwrap();
    // A head that cannot be replaced.
    let head = folder.path().join("audit.head");
    let said = fs::read(&head).unwrap();
    fs::remove_file(&head).unwrap();
    fs::create_dir_all(head.join("in the way")).unwrap();
    assert!(log.append(entry("test.2")).is_err());
    fs::remove_dir_all(&head).unwrap();
    fs::write(&head, said).unwrap();
    assert_eq!(log.append(entry("test.2")).unwrap(), 3, "the record was there");
    assert_eq!(faults(&folder), [""; 0]);
}

#[test]
fn a_head_that_is_never_replaced_leaves_no_record_behind() {
    let folder = tempfile::tempdir().unwrap();
    let (data, away) = (folder.path().join("data"), folder.path().join("away"));
    fs::create_dir(&data).unwrap();
    let place = Place::new(&data);
    for _ in 0..3 {
        let mut open = place.open().unwrap();
        // The file that is open can still be written to, and nothing can be made beside the head.
        fs::rename(&data, &away).unwrap();
        assert!(place.append(&mut open, entry("test.1")).is_err());
        fs::rename(&away, &data).unwrap();
        assert_eq!(place.file(1).metadata().unwrap().len(), 0);
    }
    assert_eq!(Log::new(&data).append(entry("test.1")).unwrap(), 1);
    assert_eq!(verify(&data, None).unwrap().faults, []);
}

#[test]
fn a_full_file_is_followed_by_another() {
    let folder = tempfile::tempdir().unwrap();
    let log = Log::new(folder.path());
    log.append(entry("test.1")).unwrap();
    log.lock().as_mut().unwrap().bytes = FILE_BYTES_MAX;
    log.append(entry("test.2")).unwrap();
    log.append(entry("test.3")).unwrap();
    assert_eq!(log.files().unwrap().len(), 2);
    assert_eq!(faults(&folder), [""; 0]);
    assert_eq!(log.newest(None, 9, |_| true).unwrap().len(), 3);
    // The first file taken away.
    fs::remove_file(file(&folder)).unwrap();
    assert_eq!(faults(&folder).len(), 1);
}

#[test]
fn texts_from_outside_are_cut() {
    let folder = tempfile::tempdir().unwrap();
    let log = Log::new(folder.path());
    log.append(Entry {
        object: "ä".repeat(5_000),
        reason: Some("line\nend \"quoted\"".to_owned()),
        ..entry("test.1")
    })
    .unwrap();
    let record = log.newest(None, 1, |_| true).unwrap().pop().unwrap();
    assert_eq!(record.object.chars().count(), 501);
    assert_eq!(record.reason.as_deref(), Some("line\nend \"quoted\""));
    assert_eq!(faults(&folder), [""; 0]);
}

#[test]
fn what_was_written_before_is_the_newest_when_nothing_can_be_written() {
    let folder = written(3);
    let log = Log::new(folder.path());
    let newest = log.newest_number();
    assert_eq!(*newest.borrow(), 0);
    log.look().unwrap();
    assert_eq!(*newest.borrow(), 3);
    log.append(entry("test.4")).unwrap();
    log.look().unwrap();
    assert_eq!(*newest.borrow(), 4);
}

#[test]
fn a_log_says_whether_it_refuses_until_it_can_be_written_again() {
    let folder = written(2);
    let log = Log::new(folder.path());
    assert!(!log.is_refusing());
    // A folder in its place: not even root replaces that by a file.
    let (head, aside) = (folder.path().join(HEAD_NAME), folder.path().join("aside"));
    fs::rename(&head, &aside).unwrap();
    fs::create_dir(&head).unwrap();
    log.append(entry("test.3")).unwrap_err();
    assert!(log.is_refusing());
    assert!(log.is_refusing());
    fs::remove_dir(&head).unwrap();
    fs::rename(&aside, &head).unwrap();
    assert!(!log.is_refusing());
    assert_eq!(log.append(entry("test.3")).unwrap(), 3);
    assert_eq!(faults(&folder), [""; 0]);
}
