//! The cases of routes, and the files that they name.
//!
//! Cases stand in their route, or in the section `cases` of any file under the name of their route.
//! Reads each file once, never more than its limits, and nothing but regular files.

use std::collections::{BTreeMap, HashMap};
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;

use crate::case::{Case, Files, Known, Settings};
use crate::problem::{Content, Place, Problem, ProblemName, Problems, nearest};
use crate::route::{Names, Route};

use super::listener::Listener;
use super::sections::Sections;
use super::{piece, yaml};

/// More cases than any one site needs.
const CASES_MAX: usize = 10_000;
/// The largest file that a case may name.
const FILE_BYTES_MAX: usize = 16 << 20;
/// The most bytes of all these files together.
const FILES_BYTES_MAX: usize = 256 << 20;

/// Whether the files that cases name are read.
#[derive(Debug, Clone, Copy)]
pub(super) enum Reading {
    /// They are not: only what stands in the site is checked.
    Nothing,
    /// They are.
    Files {
        /// What becomes of an expected message that is not there.
        missing: Missing,
    },
}

/// What a file is that should hold an expected message and does not exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Missing {
    /// A problem.
    IsWrong,
    /// Yet to be written.
    IsNew,
}

/// Reads the cases of a site.
pub(super) struct Reader<'a> {
    pub(super) folder: &'a Path,
    pub(super) reading: Reading,
    pub(super) names: &'a Names,
    pub(super) routes: &'a [Arc<Route>],
    pub(super) listeners: &'a BTreeMap<Arc<str>, Listener>,
}

impl Reader<'_> {
    /// All cases in the order of routes; those that are wrong are told and left out.
    pub(super) fn read_all(&self, sections: &Sections<'_>, problems: &mut Problems) -> Vec<Case> {
        let mut fixtures = Fixtures {
            folder: self.folder,
            reading: self.reading,
            read: HashMap::new(),
            bytes_left: FILES_BYTES_MAX,
        };
        let mut count = 0;
        let mut cases = Vec::new();
        for (name, route_place) in sections.routes() {
            let own = route_place
                .entries()
                .filter(|(key, _)| *key == "cases")
                .map(|(_, list)| list);
            let apart = sections
                .cases()
                .iter()
                .filter(|(of, _)| of == name)
                .map(|(_, list)| list.clone());
            let mut seen: HashMap<String, Place<'_>> = HashMap::new();
            for list in own.chain(apart) {
                must_be_list(&list, problems);
                for place in list.elements() {
                    count += 1;
                    if count > CASES_MAX {
                        let message = format!("more than {CASES_MAX} cases in one site");
                        problems.push(Problem::error(ProblemName::SiteTooLarge, message).at(&place));
                        return cases;
                    }
                    cases.extend(self.case(name, &place, &mut seen, &mut fixtures, problems));
                }
            }
        }
        tell_unknown(sections, problems);
        cases
    }

    fn case<'p>(
        &self,
        route: &Arc<str>,
        place: &Place<'p>,
        seen: &mut HashMap<String, Place<'p>>,
        fixtures: &mut Fixtures<'_>,
        problems: &mut Problems,
    ) -> Option<Case> {
        let settings: Settings = piece::read(place, yaml::value(place.node()), problems)?;
        let name = settings.name.0.clone();
        if let Some(first) = seen.get(&name) {
            let message = format!("route `{route}` has two cases of the name `{name}`");
            let problem = Problem::error(ProblemName::DuplicateName, message).at(&place.key("name"));
            problems.push(problem.related(&first.key("name"), "first given here"));
        } else {
            seen.insert(name, place.clone());
        }
        let charset = |listener: &str| self.listeners.get(listener).and_then(|listener| listener.charset);
        let known = Known {
            route: self.routes.iter().find(|known| known.name == *route),
            names: self.names,
            charset: &charset,
        };
        settings.check(place, &known, fixtures, problems)
    }
}

/// Cases of routes that there are not.
fn tell_unknown(sections: &Sections<'_>, problems: &mut Problems) {
    let is_route = |name: &str| sections.routes().iter().any(|(route, _)| **route == *name);
    for (name, place) in sections.cases().iter().filter(|(name, _)| !is_route(name)) {
        let right = sections.routes().iter().map(|(route, _)| route.as_ref());
        let problem = Problem::error(
            ProblemName::UnknownRoute,
            format!("route `{name}` is not defined"),
        );
        let problem = problem.at_key(place).nearest(name, right);
        problems.push(problem.help("cases stand under the name of the route that they are of"));
    }
}

fn must_be_list(place: &Place<'_>, problems: &mut Problems) {
    if !matches!(place.node().content, Content::Sequence(_)) && !place.node().is_null() {
        let problem = Problem::error(ProblemName::WrongType, "cases are a list").at(place);
        problems.push(
            problem
                .label("expected a list")
                .help("begin each case with `- name: …`"),
        );
    }
}

/// The files that cases name, each read once.
struct Fixtures<'a> {
    folder: &'a Path,
    reading: Reading,
    read: HashMap<String, Result<Bytes, ReadError>>,
    bytes_left: usize,
}

/// Why a file could not be read.
#[derive(Debug, Clone, thiserror::Error)]
enum ReadError {
    #[error("there is no such file")]
    Missing,
    #[error("not a regular file")]
    NotRegular,
    #[error("larger than {} MiB", FILE_BYTES_MAX >> 20)]
    TooLarge,
    #[error("the files of all cases are together larger than {} MiB", FILES_BYTES_MAX >> 20)]
    AllTooLarge,
    #[error("{0}")]
    Io(Arc<io::Error>),
}

impl From<io::Error> for ReadError {
    fn from(error: io::Error) -> ReadError {
        if error.kind() == io::ErrorKind::NotFound {
            ReadError::Missing
        } else {
            ReadError::Io(Arc::new(error))
        }
    }
}

impl Fixtures<'_> {
    fn bytes(&mut self, name: &str) -> Result<Bytes, ReadError> {
        if let Some(read) = self.read.get(name) {
            return read.clone();
        }
        let read = read(&self.folder.join(name), self.bytes_left);
        self.bytes_left -= read.as_ref().map_or(0, Bytes::len);
        self.read.insert(name.to_owned(), read.clone());
        read
    }

    fn told(&self, name: &str, error: &ReadError, place: &Place<'_>) -> Problem {
        let problem = Problem::error(ProblemName::UnreadableFile, format!("`{name}`: {error}")).at(place);
        let folder = self.folder.display();
        let problem = problem.help(format!(
            "files of cases are relative to the site's folder, {folder}"
        ));
        match self.meant(name).filter(|_| matches!(error, ReadError::Missing)) {
            Some(meant) => problem.suggest(&meant),
            None => problem,
        }
    }

    /// The file of the same folder that was probably meant.
    fn meant(&self, name: &str) -> Option<String> {
        const ENTRIES_MAX: usize = 10_000;
        let path = Path::new(name);
        let wrong = path.file_name()?.to_str()?;
        let entries = fs::read_dir(self.folder.join(path.parent()?)).ok()?;
        let entries = entries
            .take(ENTRIES_MAX)
            .filter_map(|entry| entry.ok()?.file_name().into_string().ok());
        let names: Vec<String> = entries.collect();
        let meant = nearest(wrong, names.iter().map(String::as_str))?;
        Some(path.with_file_name(meant).display().to_string())
    }
}

impl Files for Fixtures<'_> {
    fn given(&mut self, name: &str, place: &Place<'_>, problems: &mut Problems) -> Option<Bytes> {
        if matches!(self.reading, Reading::Nothing) {
            return None;
        }
        let read = self.bytes(name);
        read.map_err(|error| problems.push(self.told(name, &error, place)))
            .ok()
    }

    fn expected(&mut self, name: &str, place: &Place<'_>, problems: &mut Problems) -> Option<Bytes> {
        let Reading::Files { missing } = self.reading else {
            return None;
        };
        match self.bytes(name) {
            Ok(bytes) => Some(bytes),
            Err(ReadError::Missing) if missing == Missing::IsNew => Some(Bytes::new()),
            Err(error) => {
                let problem = self.told(name, &error, place);
                problems.push(if matches!(error, ReadError::Missing) {
                    problem.help("`weir test --update` writes it if it is new")
                } else {
                    problem
                });
                None
            }
        }
    }
}

fn read(path: &Path, bytes_left: usize) -> Result<Bytes, ReadError> {
    // Asked before it is opened: a pipe would wait for its writer.
    let metadata = path.metadata()?;
    if !metadata.is_file() {
        return Err(ReadError::NotRegular);
    }
    let mut bytes = Vec::new();
    File::open(path)?
        .take(FILE_BYTES_MAX as u64 + 1)
        .read_to_end(&mut bytes)?;
    if bytes.len() > FILE_BYTES_MAX {
        return Err(ReadError::TooLarge);
    }
    if bytes.len() > bytes_left {
        return Err(ReadError::AllTooLarge);
    }
    Ok(bytes.into())
}
