//! Reading the log on from a place, over restarts, new files, deletion and damage.

use super::*;

/// The numbers of what is read from here on, and how many records were missed.
fn read(log: &Log, cursor: &mut Cursor, count_max: usize) -> (Vec<u64>, u64) {
    let read = log.read_after(cursor, count_max).unwrap();
    (
        read.records.iter().map(|record| record.number).collect(),
        read.missed,
    )
}

fn from_the_beginning() -> Cursor {
    Cursor::after(Head::of_nothing())
}

/// A log of so many records, that many to a file, as a process that has written all of them.
fn in_files(folder: &TempDir, records: u64, each: u64) -> Log {
    let log = Log::new(folder.path());
    for number in 1..=records {
        log.append(entry(&format!("test.{number}"))).unwrap();
        if number % each == 0 {
            log.lock().as_mut().unwrap().bytes = FILE_BYTES_MAX;
        }
    }
    log
}

#[test]
fn every_record_is_read_once_over_files_and_restarts() {
    let folder = tempfile::tempdir().unwrap();
    let log = in_files(&folder, 8, 3);
    assert_eq!(log.files().unwrap().len(), 3);
    let mut cursor = from_the_beginning();
    assert_eq!(read(&log, &mut cursor, 5), (vec![1, 2, 3, 4, 5], 0));
    // Whoever starts again knows the head, and nothing of files.
    let mut cursor = Cursor::after(cursor.head().clone());
    assert_eq!(read(&log, &mut cursor, 9), (vec![6, 7, 8], 0));
    assert_eq!(read(&log, &mut cursor, 9), (vec![], 0));
    log.append(entry("test.9")).unwrap();
    assert_eq!(read(&log, &mut cursor, 9), (vec![9], 0));
    for number in 1..=9 {
        let head = log.newest(Some(number + 1), 1, |_| true).unwrap()[0].head();
        let after: Vec<u64> = (number + 1..=9).collect();
        assert_eq!(read(&log, &mut Cursor::after(head), 9), (after, 0));
    }
}

#[test]
fn what_would_not_survive_a_power_cut_is_not_read() {
    let folder = written(3);
    // Another process has written these; this one knows of none that is durable.
    let log = Log::new(folder.path());
    let mut cursor = from_the_beginning();
    assert_eq!(read(&log, &mut cursor, 9), (vec![], 0));
    log.append(entry("test.4")).unwrap();
    let (line, _) = Record::new(
        entry("test.5"),
        clock::now(),
        &Head {
            number: 4,
            hash: "0".repeat(64),
        },
    )
    .write();
    let mut text = fs::read_to_string(file(&folder)).unwrap();
    text.push_str(&line);
    fs::write(file(&folder), text).unwrap();
    assert_eq!(read(&log, &mut cursor, 9), (vec![1, 2, 3, 4], 0));
}

#[test]
fn what_was_deleted_or_damaged_is_counted_as_missed() {
    let folder = tempfile::tempdir().unwrap();
    let log = in_files(&folder, 7, 3);
    let place = Place::new(folder.path());
    fs::remove_file(place.file(1)).unwrap();
    let text = fs::read_to_string(place.file(4)).unwrap();
    fs::write(place.file(4), text.replacen("anna", "bert", 1)).unwrap();
    assert_eq!(read(&log, &mut from_the_beginning(), 9), (vec![5, 6, 7], 4));
    let mut cursor = from_the_beginning();
    cursor.at = Some((1, 10));
    assert_eq!(
        read(&log, &mut cursor, 9),
        (vec![5, 6, 7], 4),
        "deleted while it was read"
    );
}

#[test]
fn a_place_in_another_log_begins_anew() {
    let folder = written(5);
    let log = Log::new(folder.path());
    log.append(entry("test.6")).unwrap();
    let all = (vec![1, 2, 3, 4, 5, 6], 0);
    for number in [2, 6, 900] {
        let other = Head {
            number,
            hash: "a".repeat(64),
        };
        assert_eq!(read(&log, &mut Cursor::after(other), 9), all);
    }
}
