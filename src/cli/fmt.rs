//! `weir fmt`: the files of a site in their canonical form.

use std::fs;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use tempfile::NamedTempFile;

use crate::config;
use crate::problem::Problems;

use super::{CannotRun, Finding};

/// Writes the files of a site in their canonical form: paths as PID-5.1, two spaces a level, no stray blanks.
///
/// Comments, quotes and the order of keys stay; what the files mean never changes. Names each file that changed.
/// Exit status: 0 done, 1 with --check when a file is not in its canonical form, 2 when one is no YAML.
#[derive(Args)]
#[command(after_help = "Example: weir fmt --check routes")]
pub(super) struct Fmt {
    /// Files, or folders of them; `-` reads one file from standard input and prints it.
    #[arg(default_value = "routes")]
    files: Vec<PathBuf>,
    /// Change nothing; exit with status 1 if something would change.
    #[arg(long)]
    check: bool,
}

impl Fmt {
    pub(super) fn run(self, out: &mut dyn Write) -> Result<Finding, CannotRun> {
        let mut wrong: Vec<String> = Vec::new();
        let mut is_canonical = true;
        for file in &self.files {
            for file in expanded(file, &mut wrong) {
                match self.format(&file, out) {
                    Ok(was_canonical) => is_canonical &= was_canonical,
                    Err(CannotRun::Because(why)) => wrong.push(why),
                    Err(other) => return Err(other),
                }
            }
        }
        match (wrong.is_empty(), self.check && !is_canonical) {
            (false, _) => Err(CannotRun::Because(wrong.join("\n"))),
            (true, true) => Ok(Finding::NotSo),
            (true, false) => Ok(Finding::Fine),
        }
    }

    /// Formats one file; whether it was in its canonical form already.
    fn format(&self, file: &Path, out: &mut dyn Write) -> Result<bool, CannotRun> {
        let is_input = file == Path::new("-");
        let text = if is_input {
            input()
        } else {
            fs::read_to_string(file)
        };
        let text = text.map_err(|error| CannotRun::at(file.display(), error))?;
        let formatted =
            config::format(&file.display().to_string(), &text).map_err(|problems| told(&problems))?;
        let was_canonical = formatted == text;
        if is_input && !self.check {
            out.write_all(formatted.as_bytes())?;
        } else if !was_canonical {
            if !self.check {
                replace(file, &formatted).map_err(|error| CannotRun::at(file.display(), error))?;
            }
            let what = if self.check {
                "not in its canonical form"
            } else {
                "written anew"
            };
            writeln!(out, "{}: {what}", file.display())?;
        }
        Ok(was_canonical)
    }
}

/// A folder stands for its YAML files.
fn expanded(file: &Path, wrong: &mut Vec<String>) -> Vec<PathBuf> {
    if !file.is_dir() {
        return vec![file.to_owned()];
    }
    let mut problems = Problems::new();
    let files = config::file_paths(file, &mut problems);
    if !problems.is_empty() {
        wrong.push(problems.render(false));
    }
    files
}

fn input() -> io::Result<String> {
    let mut text = String::new();
    // One byte more than is read of any file: then it is too large.
    let bytes_max = config::FILE_BYTES_MAX as u64 + 1;
    io::stdin().take(bytes_max).read_to_string(&mut text)?;
    Ok(text)
}

fn told(problems: &Problems) -> CannotRun {
    CannotRun::Because(problems.render(false))
}

/// Puts the text in place of the file at once, with its permissions: whoever reads it meanwhile sees one or the other.
fn replace(file: &Path, text: &str) -> io::Result<()> {
    let file = fs::canonicalize(file)?;
    let folder = file.parent().unwrap_or(Path::new("."));
    let mut aside = NamedTempFile::new_in(folder)?;
    aside.write_all(text.as_bytes())?;
    aside
        .as_file()
        .set_permissions(fs::metadata(&file)?.permissions())?;
    aside.as_file().sync_all()?;
    aside.persist(&file)?;
    Ok(())
}
