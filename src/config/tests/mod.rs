//! Tests of loading a site: what a right one becomes, what a wrong one is told, and what a hostile one costs.

mod alerts;
mod audit;
mod cases;
mod exposure;
mod flow;
mod hostile;
mod right;
mod traces;
mod urls;
mod wrong;

use std::fs;

use tempfile::TempDir;

use super::{Site, load};
use crate::problem::Problems;

/// What every site needs, so that a test shows only what it is about.
const ENGINE: &str = "engine: { data: ../data }\n";

/// A folder with these files, and one for a file destination, `out`.
fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("out")).unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

pub(super) fn load_files(files: &[(&str, &str)]) -> (Option<Site>, Problems) {
    load(folder(files).path())
}

/// The problems of these files as people see them, the folder called `site`.
fn shown(files: &[(&str, &str)]) -> String {
    shown_in(&folder(files))
}

/// The problems of the site in a folder.
fn shown_in(folder: &TempDir) -> String {
    let (site, problems) = load(folder.path());
    assert_eq!(
        site.is_none(),
        problems.error_count() > 0,
        "a site comes without errors, and only then"
    );
    problems
        .render(false)
        .replace(&folder.path().display().to_string(), "site")
}
