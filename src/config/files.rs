//! The files of a site: every `.yaml` and `.yml` below its folder, in the order of their names.
//!
//! Never follows a link out of the folder, never goes into a folder that is a site of its own, never reads more than
//! its limits, and judges a file by its size before reading it. Reads only; knows nothing of what the files mean.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use crate::problem::{Problem, ProblemName, Problems};

/// The largest file read.
pub const FILE_BYTES_MAX: usize = 1 << 20;
/// The most files read.
pub const FILES_MAX: usize = 1_000;
/// The most bytes of all files together.
pub const SITE_BYTES_MAX: usize = 16 << 20;
/// How deep folders may lie in folders.
const FOLDER_DEPTH_MAX: usize = 8;
/// How many names behind linked folders are looked at: a link may lead to the whole disk.
const LINK_LOOKS_MAX: usize = 10_000;
/// The file that makes a folder below a site a site of its own.
const SITE_MARK: &str = ".weir-site";

/// The files that make a site.
const YAML: &[&str] = &["yaml", "yml"];
/// These and the tables they may name; what else they name is known once they were read ([`NamedFiles`]).
const WATCHED: &[&str] = &["yaml", "yml", "csv"];

/// A file as read.
pub(super) struct SiteFile {
    /// Its path as people would type it.
    pub(super) name: String,
    /// Its text, without a byte order mark.
    pub(super) text: String,
}

/// Names, sizes and times of the files of a site, as one number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fingerprint([u8; 32]);

/// Looks at the files of the site in this folder without reading them. The fingerprint is another one when a file
/// has come, gone or been written, whatever the clock says. Blocks.
pub fn fingerprint(folder: &Path) -> Fingerprint {
    let mut hasher = blake3::Hasher::new();
    // What cannot be read now is told when the site is loaded.
    for path in find(folder, WATCHED, &mut Problems::new()).map_or_else(Vec::new, |finder| finder.found) {
        hasher.update(path.as_os_str().as_encoded_bytes());
        look(&path, &mut hasher);
    }
    Fingerprint(*hasher.finalize().as_bytes())
}

/// Adds the sizes and times of a file, if there is one.
fn look(path: &Path, hasher: &mut blake3::Hasher) {
    let Ok(file) = fs::metadata(path) else {
        return;
    };
    for number in [file.mtime(), file.mtime_nsec(), file.ctime(), file.ctime_nsec()] {
        hasher.update(&number.to_le_bytes());
    }
    hasher.update(&file.len().to_le_bytes());
    hasher.update(&file.ino().to_le_bytes());
}

/// The files that those of a site name, whatever their endings, each as it was before it was read; those that are
/// not there, too.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NamedFiles(BTreeMap<PathBuf, Fingerprint>);

impl NamedFiles {
    /// Looks at a file that is going to be read. Of more than a site may have no more are known.
    pub(super) fn note(&mut self, path: PathBuf) {
        if self.0.len() < FILES_MAX {
            self.0.entry(path).or_insert_with_key(|path| of_one(path));
        }
    }

    /// The same files as they are now. Blocks.
    #[must_use]
    pub fn look(&self) -> NamedFiles {
        NamedFiles(self.0.keys().map(|path| (path.clone(), of_one(path))).collect())
    }
}

fn of_one(path: &Path) -> Fingerprint {
    let mut hasher = blake3::Hasher::new();
    look(path, &mut hasher);
    Fingerprint(*hasher.finalize().as_bytes())
}

/// Reads the files of the site; what could not be read is a problem, the rest is returned.
pub(super) fn read(folder: &Path, problems: &mut Problems) -> Vec<SiteFile> {
    let paths = find(folder, YAML, problems).map_or_else(Vec::new, |mut finder| {
        finder.tell_links();
        finder.found
    });
    let mut bytes_left = SITE_BYTES_MAX;
    let mut files = Vec::with_capacity(paths.len());
    for path in paths {
        match read_text(&path, bytes_left) {
            Ok(text) => {
                bytes_left -= text.len();
                files.push(SiteFile {
                    name: path.display().to_string(),
                    text,
                });
            }
            Err(problem) => problems.push(*problem),
        }
    }
    files
}

/// The paths of the files of the site, in their order.
pub fn paths(folder: &Path, problems: &mut Problems) -> Vec<PathBuf> {
    read(folder, problems)
        .into_iter()
        .map(|file| file.name.into())
        .collect()
}

/// Finds the files below the folder with one of these extensions, in order.
fn find<'a>(
    folder: &Path,
    extensions: &'static [&'static str],
    problems: &'a mut Problems,
) -> Option<Finder<'a>> {
    let root = match fs::canonicalize(folder) {
        Ok(root) if root.is_dir() => root,
        Ok(_) => {
            let message = format!("{} is a file, not the folder of a site", folder.display());
            problems.push(
                Problem::error(ProblemName::UnreadableFile, message).help("name the folder that holds it"),
            );
            return None;
        }
        Err(error) => {
            problems.push(unreadable(folder, &error));
            return None;
        }
    };
    let mut finder = Finder {
        root,
        extensions,
        seen: BTreeSet::new(),
        found: Vec::new(),
        links: Vec::new(),
        problems,
    };
    finder.walk(folder, 0);
    Some(finder)
}

struct Finder<'a> {
    root: PathBuf,
    extensions: &'static [&'static str],
    seen: BTreeSet<PathBuf>,
    found: Vec<PathBuf>,
    /// Those to folders, which are not followed.
    links: Vec<PathBuf>,
    problems: &'a mut Problems,
}

impl Finder<'_> {
    fn walk(&mut self, folder: &Path, depth: usize) {
        let mut paths = match entries(folder) {
            Ok(paths) => paths,
            Err(error) => return self.problems.push(unreadable(folder, &error)),
        };
        paths.sort();
        for path in paths {
            if !is_hidden(&path) {
                self.visit(&path, depth);
            }
        }
    }

    fn visit(&mut self, path: &Path, depth: usize) {
        let is_wanted = has_extension(path, self.extensions);
        let is_link = path.is_symlink();
        if path.is_dir() && !is_link {
            if path.join(SITE_MARK).exists() {
                return;
            }
            if depth < FOLDER_DEPTH_MAX {
                return self.walk(path, depth + 1);
            }
            let message = format!("{}: folders lie deeper than {FOLDER_DEPTH_MAX}", path.display());
            return self
                .problems
                .push(Problem::error(ProblemName::SiteTooLarge, message));
        }
        if !is_wanted {
            if is_link && path.is_dir() {
                self.links.push(path.to_owned());
            }
            return;
        }
        match fs::canonicalize(path) {
            Err(error) => self.problems.push(unreadable(path, &error)),
            Ok(target) if !target.starts_with(&self.root) => {
                let message = format!("{}: a link that leads out of the site's folder", path.display());
                let help = "put the file itself into the folder";
                self.problems
                    .push(Problem::error(ProblemName::UnreadableFile, message).help(help));
            }
            Ok(target) if !target.is_file() => {
                let message = format!("{}: not a regular file", path.display());
                self.problems
                    .push(Problem::error(ProblemName::UnreadableFile, message));
            }
            Ok(_) if self.found.len() == FILES_MAX => {
                let message = format!("{}: more than {FILES_MAX} files in one site", path.display());
                self.problems
                    .push(Problem::error(ProblemName::SiteTooLarge, message));
            }
            Ok(target) => {
                if self.seen.insert(target) {
                    self.found.push(path.to_owned());
                }
            }
        }
    }
}

impl Finder<'_> {
    /// Tells of links to folders behind which files of a site lie that were not found otherwise.
    fn tell_links(&mut self) {
        let mut looks = LINK_LOOKS_MAX;
        for link in std::mem::take(&mut self.links) {
            if let Some(file) = self.left_out(&link, 0, &mut looks) {
                let (link, file) = (link.display(), file.display());
                let message = format!("{link}: a link to a folder is not followed, so `{file}` is left out");
                let help = "put the folder itself in its place, or links to its files, which must lie in the site's folder";
                let problem = Problem::error(ProblemName::UnreadableFile, message).help(help);
                self.problems.push(problem);
            }
        }
    }

    /// A file of a site in this folder that was not found.
    fn left_out(&self, folder: &Path, depth: usize, looks: &mut usize) -> Option<PathBuf> {
        if folder.join(SITE_MARK).exists() {
            return None;
        }
        let mut paths = entries(folder).unwrap_or_default();
        paths.sort();
        for path in paths.into_iter().filter(|path| !is_hidden(path)) {
            *looks = looks.checked_sub(1)?;
            if path.is_dir() {
                let goes_in = depth < FOLDER_DEPTH_MAX && !path.is_symlink();
                let found = goes_in.then(|| self.left_out(&path, depth + 1, looks)).flatten();
                if found.is_some() {
                    return found;
                }
                continue;
            }
            let is_found = |path| fs::canonicalize(path).is_ok_and(|target| self.seen.contains(&target));
            if has_extension(&path, self.extensions) && !is_found(&path) {
                return Some(path);
            }
        }
        None
    }
}

/// Hidden files are editors' and version control's; a mounted `ConfigMap` keeps its old versions there.
fn is_hidden(path: &Path) -> bool {
    path.file_name()
        .is_some_and(|name| name.to_string_lossy().starts_with('.'))
}

fn has_extension(path: &Path, extensions: &[&str]) -> bool {
    path.extension()
        .is_some_and(|extension| extensions.iter().any(|wanted| extension == *wanted))
}

fn entries(folder: &Path) -> io::Result<Vec<PathBuf>> {
    // One more than can be used, so that a folder of a million names costs no memory.
    const ENTRIES_MAX: usize = 100_000;
    fs::read_dir(folder)?
        .take(ENTRIES_MAX)
        .map(|entry| entry.map(|entry| entry.path()))
        .collect()
}

/// The bytes of a file, judged by its size before it is read; `None` if there are more than `bytes_max`.
pub(super) fn read_bytes(path: &Path, bytes_max: usize) -> io::Result<Option<Vec<u8>>> {
    let file = File::open(path)?;
    if file.metadata()?.len() > bytes_max as u64 {
        return Ok(None);
    }
    // The file may grow while it is read.
    let mut bytes = Vec::new();
    file.take(bytes_max as u64 + 1).read_to_end(&mut bytes)?;
    Ok((bytes.len() <= bytes_max).then_some(bytes))
}

pub(super) fn read_text(path: &Path, bytes_left: usize) -> Result<String, Box<Problem>> {
    let bytes_max = FILE_BYTES_MAX.min(bytes_left);
    let bytes = read_bytes(path, bytes_max).map_err(|error| Box::new(unreadable(path, &error)))?;
    let Some(bytes) = bytes else {
        let message = if bytes_max < FILE_BYTES_MAX {
            format!(
                "{}: the site is larger than {} MiB",
                path.display(),
                SITE_BYTES_MAX >> 20
            )
        } else {
            format!("{}: larger than {} MiB", path.display(), FILE_BYTES_MAX >> 20)
        };
        return Err(Box::new(
            Problem::error(ProblemName::SiteTooLarge, message).help("split it"),
        ));
    };
    let text = String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        let message = format!("{}: not UTF-8 text (byte {at})", path.display());
        Box::new(Problem::error(ProblemName::UnreadableFile, message).help("save it as UTF-8"))
    })?;
    Ok(unmarked(&text).to_owned())
}

/// A text without what tools put before it: a byte order mark, or one of each of several.
pub(super) fn unmarked(text: &str) -> &str {
    text.trim_start_matches('\u{feff}')
}

fn unreadable(path: &Path, error: &io::Error) -> Problem {
    Problem::error(
        ProblemName::UnreadableFile,
        format!("{}: {error}", path.display()),
    )
}
