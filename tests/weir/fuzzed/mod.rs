//! What must hold for any bytes, one file for each place that takes bytes from outside.
//!
//! The fuzz targets in `fuzz/` look for bytes for which it does not hold; `seeds` keeps it held for the fixtures, for
//! what was found once, and for the public corpus.

mod acknowledgment;
mod batch;
mod charset;
mod escape;
mod expression;
mod format;
mod framing;
mod parse;
mod path;
mod route;
#[cfg(test)]
mod seeds;
mod site;
mod table;
mod typed;
mod validate;

use std::path::{Path, PathBuf};

/// What panics when it does not hold for these bytes.
pub type Check = fn(&[u8]);

/// Every place, by the name of its fuzz target.
pub const CHECKS: [(&str, Check); 14] = [
    ("acknowledgment", acknowledgment::check),
    ("batch", batch::check),
    ("charset", charset::check),
    ("escape", escape::check),
    ("expression", expression::check),
    ("format", format::check),
    ("framing", framing::check),
    ("parse", parse::check),
    ("path", path::check),
    ("route", route::check),
    ("site", site::check),
    ("table", table::check),
    ("typed", typed::check),
    ("validate", validate::check),
];

/// A file of the project, whichever of its packages asks.
fn of_project(name: &str) -> PathBuf {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let project = package
        .ancestors()
        .find(|folder| folder.join("fixtures").is_dir());
    project.expect("the project has fixtures").join(name)
}
