//! Reading allocates nothing: fields by path, texts without escapes, every typed field.

use std::fs;

use allocation_counter::measure;
use bytes::Bytes;
use weir::hl7::{FieldPath, Message};

use crate::harness::{hl7_files, repository_file};
use crate::typed::walk;

const PATHS: [&str; 10] = [
    "MSH-9.1", "MSH-9.2", "MSH-10", "PID-3.1", "PID-5.1", "PID-5.2", "PID-7", "PID-8", "PV1-3.1", "OBX[2]-5",
];

fn allocations(work: impl FnOnce()) -> u64 {
    measure(work).count_total
}

#[test]
fn reading_allocates_nothing() {
    let paths: Vec<FieldPath> = PATHS.iter().map(|path| path.parse().unwrap()).collect();
    let (mut files, mut values) = (0, 0);
    for file in hl7_files(&repository_file("fixtures")) {
        let Ok(message) = Message::parse(Bytes::from(fs::read(&file).unwrap())) else {
            continue;
        };
        files += 1;
        let by_path = allocations(|| {
            for path in &paths {
                let value = message.read(path).raw();
                // What has escapes, or is in another character set than UTF-8, has to be written anew.
                let is_plain = value.is_some_and(|raw| raw.is_ascii() && !raw.contains(&b'\\'));
                values += usize::from(is_plain && message.text(path).is_some());
            }
        });
        assert_eq!(by_path, 0, "{}: by path", file.display());
        let typed = allocations(|| {
            for segment in message.segments() {
                walk::segment(segment, |found| values += usize::from(found.part.raw().is_some()));
            }
        });
        assert_eq!(typed, 0, "{}: typed", file.display());
    }
    assert!(files > 50 && values > 1_000, "{files} files, {values} values");
    assert_eq!(allocations(|| drop(vec![1_u8])), 1, "allocations are counted");
}
