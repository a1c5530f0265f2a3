//! The sections of a site, gathered from all its files: who is called what, and where that is written.
//!
//! Checks names and nothing else: their form, that each is given once, and, at the end, that each is used.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::problem::{Content, Place, Problem, ProblemName, Problems, Source};
use crate::route::Route;
use crate::table::Tables;

use super::piece::push_unknown_key;

/// More names than any one section needs; what looks for loops and doubles takes the square of it.
const NAMES_MAX: usize = 1_000;
const SECTIONS: &[&str] = &[
    "engine",
    "alerts",
    "archive",
    "audit",
    "listeners",
    "destinations",
    "tables",
    "profiles",
    "routes",
    "cases",
];
/// Names are labels of metrics and parts of addresses and file names.
pub(super) const NAME_BYTES_MAX: usize = 64;
/// What other readers of YAML take for a truth value or for nothing.
pub(super) const TRUTH_WORDS: &[&str] = &["y", "n", "yes", "no", "on", "off", "true", "false", "null"];

/// Something with a name, and where it is written.
pub(super) type Named<'a> = (Arc<str>, Place<'a>);

/// Everything a site defines.
#[derive(Default)]
pub(super) struct Sections<'a> {
    engine: Option<Place<'a>>,
    archive: Option<Place<'a>>,
    alerts: Option<Place<'a>>,
    audit: Option<Place<'a>>,
    listeners: Vec<Named<'a>>,
    destinations: Vec<Named<'a>>,
    tables: Vec<Named<'a>>,
    profiles: Vec<Named<'a>>,
    routes: Vec<Named<'a>>,
    /// Lists of cases by the names of their routes; a name may come more than once.
    cases: Vec<Named<'a>>,
    /// Some section is not one: a name may be defined there.
    has_unknown: bool,
}

impl<'a> Sections<'a> {
    pub(super) fn gather(sources: &'a [Arc<Source>], problems: &mut Problems) -> Sections<'a> {
        let mut sections = Sections::default();
        let mut seen: BTreeMap<String, Place<'a>> = BTreeMap::new();
        for source in sources {
            let root = Place::root(source);
            if !matches!(root.node().content, Content::Mapping(_)) && !root.node().is_null() {
                let message = "a file of a site is a mapping of `engine`, `listeners` and so on";
                problems.push(Problem::error(ProblemName::WrongType, message).at(&root));
            }
            for (key, place) in root.entries() {
                match key {
                    "engine" => take_once(&mut sections.engine, key, place, problems),
                    "archive" => take_once(&mut sections.archive, key, place, problems),
                    "alerts" => take_once(&mut sections.alerts, key, place, problems),
                    "audit" => take_once(&mut sections.audit, key, place, problems),
                    "listeners" => take(&mut sections.listeners, &place, &mut seen, problems),
                    "destinations" => take(&mut sections.destinations, &place, &mut seen, problems),
                    "tables" => take(&mut sections.tables, &place, &mut seen, problems),
                    "profiles" => take(&mut sections.profiles, &place, &mut seen, problems),
                    "routes" => take(&mut sections.routes, &place, &mut seen, problems),
                    "cases" => {
                        must_be_mapping(&place, problems);
                        let lists = place.entries().map(|(name, place)| (name.into(), place));
                        sections.cases.extend(lists);
                    }
                    _ => {
                        sections.has_unknown = true;
                        push_unknown_key(key, SECTIONS, || place, problems);
                    }
                }
            }
        }
        sections
    }

    /// Whether a section was not understood, so that names defined in it are not known.
    pub(super) fn has_unknown(&self) -> bool {
        self.has_unknown
    }

    pub(super) fn engine(&self) -> Option<&Place<'a>> {
        self.engine.as_ref()
    }

    pub(super) fn archive(&self) -> Option<&Place<'a>> {
        self.archive.as_ref()
    }

    pub(super) fn alerts(&self) -> Option<&Place<'a>> {
        self.alerts.as_ref()
    }

    pub(super) fn audit(&self) -> Option<&Place<'a>> {
        self.audit.as_ref()
    }

    pub(super) fn listeners(&self) -> &[Named<'a>] {
        &self.listeners
    }

    pub(super) fn destinations(&self) -> &[Named<'a>] {
        &self.destinations
    }

    pub(super) fn tables(&self) -> &[Named<'a>] {
        &self.tables
    }

    pub(super) fn profiles(&self) -> &[Named<'a>] {
        &self.profiles
    }

    pub(super) fn routes(&self) -> &[Named<'a>] {
        &self.routes
    }

    pub(super) fn cases(&self) -> &[Named<'a>] {
        &self.cases
    }

    /// Warns of what no route uses. Only for a site without errors: a route that is wrong may use it.
    /// Without any route one warning is enough.
    pub(super) fn warn_unused(&self, routes: &[Arc<Route>], tables: &Tables, problems: &mut Problems) {
        if let (true, Some((_, first))) = (routes.is_empty(), self.listeners.first()) {
            let message = "the site has no routes, so every message goes nowhere";
            let problem = Problem::warning(ProblemName::NoRoutes, message).at_key(first);
            let help =
                "add under `routes`, with a destination of yours:\nall: { from: LISTENER, to: DESTINATION }";
            return problems.push(problem.label("where messages come in").help(help));
        }
        let listener_is_used = |name: &str| routes.iter().any(|route| route.takes_from(name));
        warn(
            &self.listeners,
            ProblemName::UnusedListener,
            listener_is_used,
            problems,
        );
        let destination_is_used =
            |name: &str| routes.iter().flat_map(|route| &route.to).any(|to| **to == *name);
        warn(
            &self.destinations,
            ProblemName::UnusedDestination,
            destination_is_used,
            problems,
        );
        warn(
            &self.tables,
            ProblemName::UnusedTable,
            // Whoever looks into a table, a step or an expression, holds it besides the site.
            |name| tables.get(name).is_some_and(|table| Arc::strong_count(table) > 1),
            problems,
        );
    }
}

fn warn(
    named: &[Named<'_>],
    problem_name: ProblemName,
    is_used: impl Fn(&str) -> bool,
    problems: &mut Problems,
) {
    for (name, place) in named.iter().filter(|(name, _)| !is_used(name)) {
        let message = format!("no route uses `{name}`");
        problems.push(Problem::warning(problem_name, message).at_key(place));
    }
}

/// Takes a section that stands once in the whole site.
fn take_once<'a>(section: &mut Option<Place<'a>>, name: &str, place: Place<'a>, problems: &mut Problems) {
    match section {
        None => *section = Some(place),
        Some(first) => problems.push(given_twice(name, &place, first)),
    }
}

/// Takes the entries of one section of one file.
fn take<'a>(
    section: &mut Vec<Named<'a>>,
    place: &Place<'a>,
    seen: &mut BTreeMap<String, Place<'a>>,
    problems: &mut Problems,
) {
    must_be_mapping(place, problems);
    for (name, entry) in place.entries() {
        if section.len() == NAMES_MAX {
            let message = format!("more than {NAMES_MAX} `{}` in one site", place.setting());
            return problems.push(Problem::error(ProblemName::SiteTooLarge, message).at_key(&entry));
        }
        if let Some(problem) = bad_name(name) {
            problems.push(problem.at_key(&entry));
        }
        if let Some(first) = seen.get(name) {
            problems.push(given_twice(name, &entry, first));
        } else {
            seen.insert(name.to_owned(), entry.clone());
            section.push((name.into(), entry));
        }
    }
}

fn must_be_mapping(place: &Place<'_>, problems: &mut Problems) {
    if !matches!(place.node().content, Content::Mapping(_)) && !place.node().is_null() {
        let message = format!(
            "`{}` is a mapping of names, each with its settings",
            place.setting()
        );
        problems.push(Problem::error(ProblemName::WrongType, message).at(place));
    }
}

fn given_twice(name: &str, again: &Place<'_>, first: &Place<'_>) -> Problem {
    Problem::error(
        ProblemName::DuplicateName,
        format!("`{name}` is given twice in this site"),
    )
    .at_key(again)
    .label("given again here")
    .related_key(first, "first given here")
    .help("names are unique over listeners, destinations, tables, profiles and routes of all files; there is one `engine`, one `archive`, one `audit` and one `alerts`")
}

pub(super) fn bad_name(name: &str) -> Option<Problem> {
    if TRUTH_WORDS.contains(&name) {
        let message = format!("`{name}` is no name: many readers of YAML take it for a truth value");
        return Some(Problem::error(ProblemName::BadName, message).help("choose another name"));
    }
    let is_kebab_case = name.starts_with(|first: char| first.is_ascii_lowercase())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
        && !name.ends_with('-')
        && !name.contains("--");
    if is_kebab_case && name.len() <= NAME_BYTES_MAX {
        return None;
    }
    let message =
        format!("`{name}` is no name: names are kebab-case, of at most {NAME_BYTES_MAX} characters");
    let problem = Problem::error(ProblemName::BadName, message)
        .help("begin with a lower case letter; then lower case letters, digits and single hyphens");
    let guess = kebab_case(name);
    // What a name has beyond ASCII would be lost.
    Some(if name.is_ascii() && bad_name_guess_is_right(&guess) {
        problem.suggest(&guess)
    } else {
        problem
    })
}

fn bad_name_guess_is_right(guess: &str) -> bool {
    guess.starts_with(|first: char| first.is_ascii_lowercase()) && guess.len() <= NAME_BYTES_MAX
}

/// `ADT_toLab` as `adt-to-lab`.
fn kebab_case(name: &str) -> String {
    let mut guess = String::new();
    let mut after_lower = false;
    for character in name.chars() {
        let is_part = character.is_ascii_alphanumeric();
        if (!is_part || (after_lower && character.is_ascii_uppercase())) && !guess.ends_with('-') {
            guess.push('-');
        }
        if is_part {
            guess.push(character.to_ascii_lowercase());
        }
        after_lower = character.is_ascii_lowercase();
    }
    guess.trim_matches('-').to_owned()
}
