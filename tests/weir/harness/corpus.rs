//! The public HL7 files beside the project, where they are: other people's, and never part of it.

use std::path::{Path, PathBuf};

/// The folder of the corpus; `None`, with a word in the test's output, where it is absent.
pub fn corpus() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()?
        .join("shared")
        .join("corpus");
    if !beside.is_dir() {
        println!("skipped: no corpus of public messages at {}", beside.display());
        return None;
    }
    Some(beside)
}

/// Every HL7 file below a folder, in order.
pub fn hl7_files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for path in std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
    {
        if path.is_dir() {
            found.extend(hl7_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "hl7") {
            found.push(path);
        }
    }
    found.sort();
    found
}
