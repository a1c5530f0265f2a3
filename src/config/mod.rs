//! Loads a site: a folder of YAML files becomes listeners, destinations, tables, profiles and routes that can run.
//!
//! Every problem of the whole site is gathered and told at once, each with its place. Nothing runs before the
//! whole site is right, and nothing that is wrong is guessed at.
//!
//! A table may stand in a CSV file; `companion` reads what the YAML names so.
//! The way of a file: `files` (bytes, within limits) → `yaml` (a tree with places, within a budget) →
//! `sections` (names over all files) → `piece` (one piece to its `Settings`) → the `check` of the room that the
//! piece belongs to.
//! Relative paths in a site are relative to its folder, wherever weir was started.

mod alerts;
mod archive;
mod audit;
mod batch;
mod cases;
mod catalogue;
mod companion;
mod destination;
mod dictionary;
mod engine;
mod files;
mod format;
mod listener;
mod look_up;
mod nak;
mod network;
mod pace;
mod piece;
mod profile;
mod reach;
mod repeats;
mod reply;
mod routes;
mod schema;
mod sections;
mod security;
mod senders;
mod slips;
#[cfg(test)]
mod tests;
mod text;
mod traces;
mod traffic;
mod validation;
mod window;
mod written;
mod yaml;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use crate::case::Case;
use crate::outbox;
use crate::problem::{Content, Node, Place, Problem, ProblemName, Problems, Source};
use crate::route::Route;
use crate::secret::SecretPlace;

use self::cases::Reading;
use self::companion::Companions;
use self::files::SiteFile;
use self::profile::Profiles;
use self::sections::Sections;

pub use alerts::{Alerts, Contact, Mail, MailTls, Webhook};
pub use archive::Archive;
pub use audit::{Audit, Fhir, Repository, Syslog};
pub use batch::{BatchAcknowledgment, BatchMode, Batches, CountMismatch};
pub use cases::Missing;
pub use catalogue::{Setting, settings};
pub use companion::COMPANION_BYTES_MAX;
pub use destination::{DestinationSettings, OnRemove, Retry};
pub use engine::{Console, MetricsReaders, Reload, ReloadCases};
pub use files::{
    FILE_BYTES_MAX, FILES_MAX, Fingerprint, NamedFiles, SITE_BYTES_MAX, fingerprint, paths as file_paths,
};
pub use format::format;
pub use listener::{AcknowledgmentMode, Continuation, Layout, Listener, Malformed, Permit, Unrouted};
pub use look_up::{LookUpTable, RowSource};
pub use nak::{NakAction, NakEnd, NakPolicy};
pub use pace::{Order, Pace, Rate};
pub use piece::AsTyped;
pub use profile::read as profile;
pub use repeats::{Duplicates, Remembered, SequenceNumbers, Unavailable};
pub use schema::schema;
pub use senders::Senders;
pub use text::RouteText;
pub use traces::Traces;
pub use traffic::{Hours, Traffic};
pub use validation::{OnFault, Validation};
pub use window::Window;

/// A site that can run.
#[derive(Debug, Clone)]
pub struct Site {
    /// The folder for what must survive a restart.
    pub data: PathBuf,
    /// Where the pages are.
    pub console: Console,
    /// The most bytes of frames being read at once, over all listeners.
    pub read_bytes_max: usize,
    /// How long the attempts under way may go on when weir stops.
    pub stop_grace: Duration,
    /// How the store of accepted messages uses the machine.
    pub outbox: outbox::Settings,
    /// When a changed site is read anew.
    pub reload: Reload,
    /// Who gets a trace of every message, if anybody does.
    pub traces: Option<Traces>,
    /// Where the history of messages is kept; `None` when it is not.
    pub archive: Option<Archive>,
    /// What is worth telling people, whom, and when not.
    pub alerts: Arc<Alerts>,
    /// How long records of the audit log are kept, and who gets them.
    pub audit: Arc<Audit>,
    /// The doors.
    pub listeners: BTreeMap<Arc<str>, Listener>,
    /// The exits.
    pub destinations: BTreeMap<Arc<str>, DestinationSettings>,
    /// What lies between, in the order of files and lines.
    pub routes: Vec<Arc<Route>>,
    /// The tables whose rows a database gives, which have those of their samples until then.
    pub look_ups: BTreeMap<Arc<str>, LookUpTable>,
    /// How each of them is written.
    pub route_texts: Arc<BTreeMap<Arc<str>, RouteText>>,
    /// A short hash over the names and bytes of all files, tables included: the same site has the same version everywhere.
    pub version: Arc<str>,
}

impl Site {
    /// The routes that take messages from this listener.
    pub fn routes_from(&self, listener: &str) -> Vec<Arc<Route>> {
        self.routes
            .iter()
            .filter(|route| route.takes_from(listener))
            .map(Arc::clone)
            .collect()
    }
}

/// Loads the site in this folder. Without a site there is at least one error among the problems; with one there
/// may be warnings.
///
/// The files that cases name are not read: a site runs without them. A certificate that is not valid now is a warning:
/// one partner's is no reason to hold up all others.
pub fn load(folder: &Path) -> (Option<Site>, Problems) {
    let (site, problems, _) = load_to_watch(folder);
    (site, problems)
}

/// The same with the files that those of the site name, whether it is right or not.
pub fn load_to_watch(folder: &Path) -> (Option<Site>, Problems, NamedFiles) {
    let mut named = NamedFiles::default();
    let (loaded, problems) = load_as(folder, Reading::Nothing, &mut named, Problems::mild_in(MILD));
    (loaded.map(|(site, _)| site), problems, named)
}

/// The same with the cases of its routes, and with what is wrong with the files that they name.
pub fn load_with_cases(folder: &Path, missing: Missing) -> (Option<(Site, Vec<Case>)>, Problems) {
    let reading = Reading::Files { missing };
    load_as(
        folder,
        reading,
        &mut NamedFiles::default(),
        Problems::mild_in(MILD),
    )
}

/// The same for whoever wants to know of everything that is not right before it runs: nothing is taken mildly.
pub fn check(folder: &Path) -> (Option<(Site, Vec<Case>)>, Problems) {
    let reading = Reading::Files {
        missing: Missing::IsWrong,
    };
    load_as(folder, reading, &mut NamedFiles::default(), Problems::new())
}

/// What is an error before a site runs, and a warning when it is to run: it may have become so by itself.
const MILD: &[ProblemName] = &[ProblemName::CertificateNotValid];

/// Problems of a name that is defined nowhere.
const UNKNOWN: [ProblemName; 5] = [
    ProblemName::UnknownListener,
    ProblemName::UnknownDestination,
    ProblemName::UnknownTable,
    ProblemName::UnknownProfile,
    ProblemName::UnknownRoute,
];

fn load_as(
    folder: &Path,
    reading: Reading,
    watched: &mut NamedFiles,
    mut problems: Problems,
) -> (Option<(Site, Vec<Case>)>, Problems) {
    let files = files::read(folder, &mut problems);
    let sources = sources(files, &mut problems);
    let all_were_read = problems.error_count() == 0;
    if all_were_read && sources.iter().all(|source| source.root.entries().is_empty()) {
        problems.push(no_site(folder));
        return (None, problems);
    }
    let sections = Sections::gather(&sources, &mut problems);
    let engine = read_engine(&sections, folder, all_were_read, &mut problems);
    let mut profiles = Profiles::read_all(sections.profiles(), &mut problems);
    let listeners = listener::read_all(sections.listeners(), folder, &mut profiles, &mut problems);
    let destinations = destination::read_all(sections.destinations(), folder, &mut problems);
    let names = routes::names(&sections);
    let alerts = sections
        .alerts()
        .and_then(|place| alerts::read(place, sections.destinations(), folder, &mut problems));
    let audit = audit::read(sections.audit(), folder, &mut problems);
    let mut companions = Companions::new(folder, watched);
    let (routes, tables, row_sources) =
        routes::read_all(&sections, &names, &mut companions, &mut profiles, &mut problems);
    let cases = cases::Reader {
        folder,
        reading,
        names: &names,
        routes: &routes,
        listeners: &listeners,
    }
    .read_all(&sections, &mut problems);
    network::check(
        &sections,
        engine.as_ref(),
        &listeners,
        &destinations,
        &routes,
        &mut problems,
    );
    reply::check(&sections, &listeners, &destinations, &routes, &mut problems);
    if !all_were_read || sections.has_unknown() {
        // A name that is unknown may be defined where nothing could be read.
        problems.withdraw(&UNKNOWN);
    }
    let archive = engine
        .as_ref()
        .and_then(|engine| read_archive(&sections, folder, engine, &mut problems));
    let Some(engine) = engine.filter(|_| problems.error_count() == 0) else {
        return (None, problems);
    };
    sections.warn_unused(&routes, &tables, &mut problems);
    reach::check(&sections, &listeners, &routes, &mut problems);
    warn_of_steps(&sections, &mut problems);
    profiles.warn_unused(&mut problems);
    let site = Site {
        stop_grace: engine.stop_grace(&destinations),
        data: engine.data,
        console: engine.console,
        read_bytes_max: engine.read_bytes_max,
        outbox: engine.outbox,
        reload: engine.reload,
        traces: engine.traces,
        archive,
        alerts: Arc::new(alerts.unwrap_or_default()),
        audit: Arc::new(audit),
        listeners,
        destinations,
        routes,
        look_ups: routes::look_ups(row_sources, &tables),
        route_texts: Arc::new(text::of_routes(&sections)),
        version: version(folder, sources.iter().chain(companions.sources())),
    };
    (Some((site, cases)), problems)
}

/// The section `archive`; where it lies and how it is encrypted, if it does not say so itself, is as in `engine`.
fn read_archive(
    sections: &Sections<'_>,
    folder: &Path,
    engine: &engine::Engine,
    problems: &mut Problems,
) -> Option<Archive> {
    let key = engine.outbox.key.as_ref();
    archive::read(sections.archive(), folder, &engine.data, key, problems)
}

/// Warns of what steps name that is not there, and of what they hardly mean.
fn warn_of_steps(sections: &Sections<'_>, problems: &mut Problems) {
    dictionary::check(sections, problems);
    slips::check(sections, problems);
}

/// The section `engine`; that there is none is a problem when nothing was left unread.
fn read_engine(
    sections: &Sections<'_>,
    folder: &Path,
    all_were_read: bool,
    problems: &mut Problems,
) -> Option<engine::Engine> {
    if let Some(place) = sections.engine() {
        let engine = engine::read(place, folder, problems)?;
        if engine.traces.is_some() {
            traces::check_archive(sections.archive(), place, problems);
        }
        return Some(engine);
    }
    if all_were_read {
        problems.push(engine::missing(folder));
    }
    None
}

fn no_site(folder: &Path) -> Problem {
    let message = format!("{}: there is no site in this folder", folder.display());
    let help = "a site is a folder of YAML files with `engine`, `listeners`, `destinations` and `routes`";
    Problem::error(ProblemName::EmptySite, message).help(help)
}

/// The folder for what must survive a restart, of the site in this folder, whatever else is wrong with that site.
///
/// # Errors
/// The problems that keep it from being known.
pub fn data_folder(folder: &Path) -> Result<PathBuf, Problems> {
    found(folder, None).map(|kept| kept.data)
}

/// What a site keeps on the disk, and where.
pub struct Kept {
    /// Its data folder.
    pub data: PathBuf,
    /// Where the key is kept by which it is encrypted, if it is.
    pub key: Option<SecretPlace>,
    /// Its archive, if it keeps one; the problems that keep that from being known.
    pub archive: Result<Option<Archive>, Problems>,
}

/// The same with its key and its archive. A data folder that is given is not looked for, and no key of its.
///
/// # Errors
/// The problems that keep them from being known.
pub fn kept(folder: &Path, data: Option<PathBuf>) -> Result<Kept, Problems> {
    found(folder, data)
}

/// Where the archive of a data folder is, when nobody says otherwise.
pub fn archive_folder(data: &Path) -> PathBuf {
    data.join(archive::FOLDER)
}

fn found(folder: &Path, data: Option<PathBuf>) -> Result<Kept, Problems> {
    let mut problems = Problems::new();
    let sources = sources(files::read(folder, &mut problems), &mut problems);
    // The section may stand in what could not be read; with `--data` the site may be missing altogether.
    let is_unread = problems.error_count() > 0 && data.is_none();
    let section = |name: &str| {
        sources.iter().find_map(|source| {
            let root = Place::root(source);
            let found = root.entries().find(|(key, _)| *key == name);
            found.map(|(_, place)| place)
        })
    };
    let (data, key) = match (data, section("engine")) {
        (Some(data), _) => (data, None),
        (None, Some(place)) => match engine::read(&place, folder, &mut problems) {
            Some(engine) => (engine.data, engine.outbox.key),
            None => return Err(problems),
        },
        (None, None) => {
            if problems.error_count() == 0 {
                problems.push(engine::missing(folder));
            }
            return Err(problems);
        }
    };
    let mut of_archive = Problems::new();
    for source in &sources {
        of_archive.add_source(Arc::clone(source));
    }
    let section = section("archive");
    let archive = archive::read(section.as_ref(), folder, &data, key.as_ref(), &mut of_archive);
    let archive = if of_archive.error_count() > 0 {
        Err(of_archive)
    } else if is_unread && section.is_none() {
        Err(problems)
    } else {
        Ok(archive)
    };
    Ok(Kept { data, key, archive })
}

fn sources(files: Vec<SiteFile>, problems: &mut Problems) -> Vec<Arc<Source>> {
    let mut sources = Vec::with_capacity(files.len());
    for (id, SiteFile { name, text }) in files.into_iter().enumerate() {
        let root = yaml::read(id, &text, problems);
        let root = root.unwrap_or(Node {
            bytes: 0..0,
            content: Content::Mapping(Vec::new()),
        });
        let source = Arc::new(Source { id, name, text, root });
        problems.add_source(Arc::clone(&source));
        sources.push(source);
    }
    sources
}

fn version<'a>(folder: &Path, files: impl Iterator<Item = &'a Arc<Source>>) -> Arc<str> {
    /// Enough to tell the versions of one site apart.
    const HEX_DIGITS: usize = 12;
    let mut hasher = blake3::Hasher::new();
    for file in files {
        // Lengths before contents, so that no two sites run together to the same bytes.
        let relative = Path::new(&file.name)
            .strip_prefix(folder)
            .unwrap_or(Path::new(&file.name));
        let name = relative.to_string_lossy();
        hasher.update(&(name.len() as u64).to_le_bytes());
        hasher.update(name.as_bytes());
        hasher.update(&(file.text.len() as u64).to_le_bytes());
        hasher.update(file.text.as_bytes());
    }
    hasher
        .finalize()
        .to_hex()
        .chars()
        .take(HEX_DIGITS)
        .collect::<String>()
        .into()
}
