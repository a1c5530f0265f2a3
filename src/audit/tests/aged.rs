//! Records that are deleted by age: a record of that vouches for the beginning of what is left.

use jiff::ToSpan;

use super::*;

/// A log of three files of two records each, the first two of them older than what this returns.
fn aged(folder: &TempDir) -> (Log, Timestamp) {
    let log = Log::new(folder.path());
    for number in 1..=4 {
        log.append(entry(&format!("test.{number}"))).unwrap();
        if number % 2 == 0 {
            log.lock().as_mut().unwrap().bytes = FILE_BYTES_MAX;
        }
    }
    let between = clock::now();
    while clock::now() == between {}
    log.append(entry("test.5")).unwrap();
    log.append(entry("test.6")).unwrap();
    (log, between)
}

#[test]
fn old_files_go_and_what_is_left_verifies() {
    let folder = tempfile::tempdir().unwrap();
    let (log, between) = aged(&folder);
    let noted = verify(folder.path(), None).unwrap().head;
    let inside = log.newest(Some(3), 1, |_| true).unwrap()[0].head();
    let last_old = log.newest(Some(5), 1, |_| true).unwrap()[0].head();
    let through = last_old.clone();
    assert_eq!(
        log.delete_before(between - 1.hour()).unwrap(),
        None,
        "nothing is that old"
    );
    let deleted = Deleted { records: 4, through };
    assert_eq!(log.delete_before(between).unwrap(), Some(deleted));
    assert_eq!(log.delete_before(between).unwrap(), None, "once is enough");
    let found = verify(folder.path(), Some(&noted)).unwrap();
    assert_eq!(
        (found.records, found.deleted, found.faults.as_slice()),
        (3, 4, [].as_slice())
    );
    let record = log.newest(None, 1, |_| true).unwrap().pop().unwrap();
    assert_eq!(
        (record.what.as_str(), record.who.as_str()),
        ("audit.delete", "weir")
    );
    // A head that was noted elsewhere: the last that was deleted still fits, those before it cannot be compared.
    assert_eq!(verify(folder.path(), Some(&last_old)).unwrap().faults, []);
    let told = verify(folder.path(), Some(&inside)).unwrap().faults;
    assert!(told[0].what.contains("deleted by age"), "{told:?}");
    // After a restart too.
    Log::new(folder.path()).append(entry("test.after")).unwrap();
    assert_eq!(faults(&folder), [""; 0]);
}

#[test]
fn more_or_less_than_was_said_to_be_deleted_is_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    let (log, between) = aged(&folder);
    let place = Place::new(folder.path());
    let (first, second) = (fs::read(place.file(1)).unwrap(), fs::read(place.file(3)).unwrap());
    log.delete_before(between).unwrap();
    // A crash has left the second of two files.
    fs::write(place.file(3), &second).unwrap();
    assert_eq!(faults(&folder), [""; 0]);
    // Or both of them.
    fs::write(place.file(1), &first).unwrap();
    assert_eq!(faults(&folder), [""; 0]);
    // What is left is not what the record names.
    fs::remove_file(place.file(1)).unwrap();
    fs::write(
        place.file(3),
        String::from_utf8(second).unwrap().replacen("anna", "bert", 1),
    )
    .unwrap();
    assert!(!faults(&folder).is_empty());
    fs::remove_file(place.file(3)).unwrap();
    assert_eq!(faults(&folder), [""; 0]);
    // More was deleted than any record says.
    fs::remove_file(place.file(5)).unwrap();
    assert!(!faults(&folder).is_empty());
}

#[test]
fn nothing_is_deleted_that_cannot_be_written_down() {
    let folder = tempfile::tempdir().unwrap();
    let (log, between) = aged(&folder);
    let head = folder.path().join("audit.head");
    fs::remove_file(&head).unwrap();
    fs::create_dir_all(head.join("in the way")).unwrap();
    assert!(log.delete_before(between).is_err());
    assert_eq!(log.files().unwrap().len(), 3);
}

#[test]
fn a_file_is_closed_after_a_while_however_little_it_holds() {
    let folder = written(2);
    let log = Log::new(folder.path());
    log.append(entry("test.3")).unwrap();
    assert_eq!(
        log.files().unwrap().len(),
        1,
        "the file of another process is gone on with"
    );
    log.lock().as_mut().unwrap().began = Some(clock::now() - FILE_AGE_MAX);
    log.append(entry("test.4")).unwrap();
    log.append(entry("test.5")).unwrap();
    assert_eq!(log.files().unwrap().len(), 2);
    assert_eq!(faults(&folder), [""; 0]);
}
