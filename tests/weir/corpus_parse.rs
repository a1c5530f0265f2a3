//! Every public message we could gather is parsed or refused for a stated reason, and goes out as it came in.
//!
//! The corpus lies outside the repository (`../shared/corpus`); without it this test says so and passes.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use weir::hl7::{Message, ParseErrorKind, Terminators, batch};

#[test]
fn corpus_parses_and_writes_back() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus");
    if !folder.is_dir() {
        println!("skipped: no corpus at {}", folder.display());
        return;
    }
    let files = files(&folder);
    let mut counts = Counts::default();
    for file in &files {
        let bytes = Bytes::from(fs::read(file).unwrap());
        let pieces: Vec<Bytes> = batch::split(&bytes).collect();
        assert!(
            pieces
                .iter()
                .all(|piece| bytes.windows(piece.len()).any(|part| part == piece))
        );
        for piece in pieces {
            counts.take(file, piece);
        }
    }
    println!("{} files, {} messages", files.len(), counts.messages);
    println!("refused: {:?}", counts.refused);
    println!("warnings: {:?}", counts.warnings);
    println!(
        "headers refused: {}, control characters: {}",
        counts.headers_refused, counts.control_characters
    );
    assert!(counts.messages > 1_500, "the corpus is not whole");
    // A UTF-16 file, and three lines of junk before a message.
    assert_eq!(counts.refused.values().sum::<usize>(), 2);
}

#[derive(Default)]
struct Counts {
    messages: usize,
    headers_refused: usize,
    control_characters: usize,
    refused: BTreeMap<String, usize>,
    warnings: BTreeMap<&'static str, usize>,
}

impl Counts {
    fn take(&mut self, file: &Path, piece: Bytes) {
        let message = match Message::parse(piece.clone()) {
            Ok(message) => message,
            Err(error) => {
                println!("{}: {error}", file.display());
                assert!(matches!(
                    error.kind,
                    ParseErrorKind::WideCharacters | ParseErrorKind::NoHeader
                ));
                *self.refused.entry(format!("{:?}", error.kind)).or_default() += 1;
                return;
            }
        };
        assert_eq!(message.write(Terminators::Preserve), piece, "{}", file.display());
        let canonical = message.write(Terminators::Cr);
        let again = Message::parse(canonical.clone()).unwrap();
        let segments = |message: &Message| {
            message
                .segments()
                .map(|segment| segment.raw().to_vec())
                .collect::<Vec<_>>()
        };
        assert_eq!(segments(&message), segments(&again), "{}", file.display());
        assert_eq!(
            again.write(Terminators::Preserve),
            canonical,
            "{}",
            file.display()
        );
        self.messages += 1;
        self.headers_refused += usize::from(message.header().check(&weir::hl7::Expected::default()).is_err());
        self.control_characters += usize::from(message.control_character().is_some());
        for warning in message.warnings() {
            *self.warnings.entry(warning.as_str()).or_default() += 1;
        }
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else if path.extension().is_some_and(|extension| extension == "hl7") {
            found.push(path);
        }
    }
    found
}
