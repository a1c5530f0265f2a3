//! The files that the YAML of a site names: tables, and whatever else stands in a file of its own.
//!
//! They lie below the folder of the site, are read once, and count towards the version of the site as its YAML
//! does. Never follows a path or a link out of the folder, and judges a file by its size before reading it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use crate::problem::{Content, Node, Place, Problem, ProblemName, Problems, Source};

use super::files::{self, NamedFiles};

/// The most bytes of all of them together.
pub const COMPANION_BYTES_MAX: usize = 64 << 20;

/// The files named so far.
pub(super) struct Companions<'a> {
    folder: &'a Path,
    read: BTreeMap<PathBuf, Arc<Source>>,
    /// These and those that could not be read.
    named: &'a mut NamedFiles,
    bytes_left: usize,
}

impl<'a> Companions<'a> {
    /// None yet, of the site in this folder. `named` is told of each.
    pub(super) fn new(folder: &'a Path, named: &'a mut NamedFiles) -> Companions<'a> {
        Companions {
            folder,
            read: BTreeMap::new(),
            named,
            bytes_left: COMPANION_BYTES_MAX,
        }
    }

    /// The folder of the site.
    pub(super) fn folder(&self) -> &Path {
        self.folder
    }

    /// Those that were read, by name.
    pub(super) fn sources(&self) -> impl Iterator<Item = &Arc<Source>> {
        self.read.values()
    }

    /// Reads the file named here, unless it was read before. Told as a problem: one that lies elsewhere, is no
    /// text, or is larger than `bytes_max`.
    pub(super) fn read(
        &mut self,
        name: &str,
        place: &Place<'_>,
        bytes_max: usize,
        problems: &mut Problems,
    ) -> Option<Arc<Source>> {
        let path = self
            .locate(name)
            .map_err(|problem| problems.push(problem.at(place)))
            .ok()?;
        if let Some(source) = self.read.get(&path) {
            return Some(Arc::clone(source));
        }
        let shown = self.folder.join(name).display().to_string();
        let bytes_max = bytes_max.min(self.bytes_left);
        let bytes = match files::read_bytes(&path, bytes_max) {
            Ok(Some(bytes)) => bytes,
            Ok(None) => {
                let message = format!(
                    "{shown}: larger than {} MiB, or all such files together than {} MiB",
                    bytes_max >> 20,
                    COMPANION_BYTES_MAX >> 20
                );
                problems.push(
                    Problem::error(ProblemName::SiteTooLarge, message)
                        .at(place)
                        .help("split it"),
                );
                return None;
            }
            Err(error) => {
                let message = format!("{shown}: {error}");
                problems.push(Problem::error(ProblemName::UnreadableFile, message).at(place));
                return None;
            }
        };
        self.bytes_left -= bytes.len();
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
        let wrong = std::str::from_utf8(bytes).err().map(|error| error.valid_up_to());
        let source = Arc::new(Source {
            id: problems.source_count(),
            name: shown,
            // Where it is no UTF-8 its lines are shown all the same.
            text: String::from_utf8_lossy(bytes).into_owned(),
            root: Node {
                bytes: 0..0,
                content: Content::Mapping(Vec::new()),
            },
        });
        problems.add_source(Arc::clone(&source));
        if let Some(at) = wrong {
            let problem = Problem::error(ProblemName::UnreadableFile, "the file is not UTF-8 text");
            let replacement = at..at + char::REPLACEMENT_CHARACTER.len_utf8();
            problems.push(
                problem
                    .at_bytes(source.id, replacement)
                    .help("save it as UTF-8; a spreadsheet calls that \"CSV UTF-8\""),
            );
            return None;
        }
        self.read.insert(path, Arc::clone(&source));
        Some(source)
    }

    /// Where the file really is: below the folder of the site, and a regular file.
    fn locate(&mut self, name: &str) -> Result<PathBuf, Box<Problem>> {
        let unreadable = |message: String| Box::new(Problem::error(ProblemName::UnreadableFile, message));
        let outside = || {
            let problem = unreadable(format!("`{name}` leads out of the folder of the site"));
            let help = "put the file into the folder and name it relative to the folder, as `tables/x.csv`";
            Box::new(problem.help(help))
        };
        let typed = Path::new(name);
        let is_below = |part| matches!(part, Component::Normal(_) | Component::CurDir);
        if !typed.components().all(is_below) {
            return Err(outside());
        }
        let path = self.folder.join(typed);
        self.named.note(path.clone());
        let real = |path: &Path| {
            fs::canonicalize(path).map_err(|error| unreadable(format!("{}: {error}", path.display())))
        };
        let root = real(self.folder)?;
        let found = real(&path).map_err(|problem| Box::new(self.near(typed, *problem)))?;
        if !found.starts_with(&root) {
            return Err(outside());
        }
        if !found.is_file() {
            return Err(unreadable(format!("{}: not a regular file", path.display())));
        }
        Ok(found)
    }

    /// With the nearest name in the folder where the file should be.
    fn near(&self, typed: &Path, problem: Problem) -> Problem {
        /// A folder of more names is not searched for a likely one.
        const NAMES_MAX: usize = 1_000;
        let parent = typed.parent().unwrap_or(Path::new(""));
        let Ok(entries) = fs::read_dir(self.folder.join(parent)) else {
            return problem.help("the path is relative to the folder of the site");
        };
        let names: Vec<String> = entries
            .take(NAMES_MAX)
            .filter_map(Result::ok)
            .map(|entry| parent.join(entry.file_name()).display().to_string())
            .collect();
        let problem = problem.help("the path is relative to the folder of the site");
        problem.nearest(&typed.display().to_string(), names.iter().map(String::as_str))
    }
}
