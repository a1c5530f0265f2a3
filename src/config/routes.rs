//! The sections `tables` and `routes`: from what was typed to routes that can run.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use serde_yaml::Value;

use crate::expression::Known;
use crate::problem::{Content, Place, Problem, ProblemName, Problems, Source};
use crate::route::{self, Names, Route, Steps};
use crate::step::{self, Beside, Bodies, Step};
use crate::table::{self, Table, Tables};
use crate::typed::{Pairs, Text};

use super::companion::Companions;
use super::look_up::{self, LookUpTable, RowSource};
use super::profile::Profiles;
use super::sections::{Named, Sections};
use super::{piece, yaml};

/// Where the rows of tables come from that a database gives, by the name of the table.
pub(super) type RowSources = BTreeMap<Arc<str>, RowSource>;

/// More steps than any one route needs.
const STEPS_MAX: usize = 1_000;

/// The names that routes and cases may use.
pub(super) fn names(sections: &Sections<'_>) -> Names {
    Names {
        listeners: names_of(sections.listeners()),
        destinations: names_of(sections.destinations()),
    }
}

/// Reads every table and every route; routes that are wrong are told and left out.
pub(super) fn read_all<'a>(
    sections: &Sections<'_>,
    names: &Names,
    companions: &mut Companions<'a>,
    profiles: &mut Profiles<'a>,
    problems: &mut Problems,
) -> (Vec<Arc<Route>>, Tables, RowSources) {
    let (tables, sources) = tables(sections.tables(), companions, problems);
    let mut reader = Reader {
        names,
        tables,
        profiles,
        kinds: piece::variants::<step::Settings>(),
        companions,
    };
    let routes = sections.routes().iter();
    let routes = routes.filter_map(|(name, place)| reader.route(name, place, problems).map(Arc::new));
    (routes.collect(), reader.tables, sources)
}

fn names_of(named: &[Named<'_>]) -> BTreeSet<Arc<str>> {
    named.iter().map(|(name, _)| Arc::clone(name)).collect()
}

/// All tables. One that is wrong is there all the same: its name is known, and that it is wrong has been told.
fn tables(
    named: &[Named<'_>],
    companions: &mut Companions<'_>,
    problems: &mut Problems,
) -> (Tables, RowSources) {
    let mut tables = Tables::new();
    let mut sources = RowSources::new();
    for (name, place) in named {
        let table = if look_up::is_one(place) {
            let read = look_up::read(name, place, companions, problems);
            read.map(|(table, source)| {
                sources.insert(Arc::clone(name), source);
                table
            })
        } else if is_file(place) {
            table_of_file(name, place, companions, problems)
        } else {
            let codes = piece::read::<Pairs<Text>>(place, yaml::value(place.node()), problems);
            codes.map(|Pairs(codes)| {
                let codes = codes.into_iter().map(|(code, Text(value))| (code, value));
                Table::new(Arc::clone(name), codes)
            })
        };
        let table = table.unwrap_or_else(|| Table::wrong(Arc::clone(name)));
        tables.insert(Arc::clone(name), Arc::new(table));
    }
    (tables, sources)
}

/// The tables that a database gives, each with where its rows come from.
pub(super) fn look_ups(sources: RowSources, tables: &Tables) -> BTreeMap<Arc<str>, LookUpTable> {
    let with_table = |(name, source): (Arc<str>, RowSource)| {
        let table = Arc::clone(tables.get(&name)?);
        Some((name, LookUpTable { table, source }))
    };
    sources.into_iter().filter_map(with_table).collect()
}

/// Whether a table says where its codes stand instead of listing them. Codes called `file` stand in a file.
fn is_file(place: &Place<'_>) -> bool {
    let is_csv = |text: &str| {
        Path::new(text)
            .extension()
            .is_some_and(|extension| extension == "csv")
    };
    place.node().entries().iter().any(|entry| {
        entry.key == "file" || matches!(&entry.value.content, Content::Scalar { text, .. } if is_csv(text))
    })
}

fn table_of_file(
    name: &Arc<str>,
    place: &Place<'_>,
    companions: &mut Companions<'_>,
    problems: &mut Problems,
) -> Option<Table> {
    let settings: table::Settings = piece::read(place, yaml::value(place.node()), problems)?;
    let Text(file) = &settings.file;
    let source = companions.read(file, &place.key("file"), table::FILE_BYTES_MAX, problems)?;
    settings.check(Arc::clone(name), place, &source, problems)
}

/// What the routes of a site may name.
struct Reader<'p, 'a> {
    names: &'p Names,
    tables: Tables,
    profiles: &'p mut Profiles<'a>,
    kinds: Vec<String>,
    /// The files that scripts stand in are read when their step is.
    companions: &'p mut Companions<'a>,
}

impl Reader<'_, '_> {
    fn known(&self) -> Known<'_> {
        Known {
            tables: &self.tables,
            is_received: true,
        }
    }

    fn route(&mut self, name: &Arc<str>, place: &Place<'_>, problems: &mut Problems) -> Option<Route> {
        let errors_before = problems.error_count();
        let mut value = yaml::value(place.node());
        let mut steps = Steps::default();
        let of_route = self.taken_out(&mut value, "steps", place, "", 1, problems);
        steps.of_route = of_route.unwrap_or_default();
        let to = place.key("to");
        for (index, entry) in entries_of(value.get_mut("to")).into_iter().enumerate() {
            let at = to.index(index);
            let name = entry
                .get("destination")
                .and_then(Value::as_str)
                .unwrap_or_default();
            let prefix = format!("{name}.");
            let own = self.taken_out(entry, "steps", &at, &prefix, 1, problems);
            steps.own.extend(own.map(|own| (index, own)));
        }
        if let Some(map) = value.as_mapping_mut() {
            // Read later, when all routes are known.
            map.shift_remove("cases");
        }
        let settings: Option<route::Settings> = piece::read_with(place, value, &["steps", "cases"], problems);
        let name = Arc::clone(name);
        let route = settings?.check(name, steps, place, self.names, self.known(), problems);
        route.filter(|_| problems.error_count() == errors_before)
    }

    /// Takes a list of steps out of a piece and reads it; `None` if there is none.
    fn taken_out(
        &mut self,
        value: &mut Value,
        key: &str,
        place: &Place<'_>,
        prefix: &str,
        depth: usize,
        problems: &mut Problems,
    ) -> Option<Vec<Step>> {
        value.as_mapping_mut()?.shift_remove(key)?;
        let place = place.key(key);
        let Content::Sequence(elements) = &place.node().content else {
            let problem = Problem::error(ProblemName::WrongType, format!("`{key}` is a list"))
                .at(&place)
                .label("expected a list")
                .help("begin each step with `- `");
            problems.push(problem);
            return Some(Vec::new());
        };
        let too_many = if elements.len() > STEPS_MAX {
            Some(format!("more than {STEPS_MAX} steps in one list"))
        } else if depth > step::DEPTH_MAX {
            Some(format!("more than {} steps within one another", step::DEPTH_MAX))
        } else {
            None
        };
        if let Some(message) = too_many {
            problems.push(Problem::error(ProblemName::SiteTooLarge, message).at_key(&place));
            return Some(Vec::new());
        }
        let steps = place.elements().enumerate().filter_map(|(index, place)| {
            let number = format!("{prefix}{}", index + 1);
            self.step(number, &place, depth, problems)
        });
        Some(steps.collect())
    }

    /// The file that a script stands in, if it stands in one.
    fn script(&mut self, value: &Value, place: &Place<'_>, problems: &mut Problems) -> Option<Arc<Source>> {
        let file = value.get("file")?.as_str()?;
        let at = place.key("file");
        self.companions.read(file, &at, step::SCRIPT_BYTES_MAX, problems)
    }

    fn step(
        &mut self,
        number: String,
        place: &Place<'_>,
        depth: usize,
        problems: &mut Problems,
    ) -> Option<Step> {
        let mut value = yaml::value(place.node());
        let kind = value.as_mapping().into_iter().flat_map(serde_yaml::Mapping::keys);
        let kind = kind
            .filter_map(Value::as_str)
            .find(|key| self.kinds.iter().any(|kind| kind == key));
        let body_keys = kind.map(step::body_keys).unwrap_or_default();
        let mut bodies = Bodies::new();
        for &key in body_keys {
            let prefix = if key == "else" {
                format!("{number}.else.")
            } else {
                format!("{number}.")
            };
            if let Some(steps) = self.taken_out(&mut value, key, place, &prefix, depth + 1, problems) {
                bodies.insert(key, steps);
            }
        }
        let keys = [step::COMMON_KEYS, body_keys].concat();
        let parts = piece::kind_and_common(place, value, &self.kinds, &keys, problems)?;
        let common: Option<step::Common> = piece::read(place, parts.common, problems);
        let script = (parts.kind == "script")
            .then(|| self.script(&parts.value, &place.key("script"), problems))
            .flatten();
        let settings: Option<step::Settings> =
            piece::read_kind(place, &parts.kind, parts.value, &[], problems);
        let settings = settings?;
        let profile = settings.profile().and_then(|name| {
            let at = place.key(&parts.kind).key("profile");
            self.profiles.named(name, &at, problems)
        });
        let beside = Beside {
            number,
            is_within: depth > 1,
            common: common?,
            bodies,
            script,
            profile,
        };
        settings.check(beside, place, self.known(), problems)
    }
}

/// The entries of a list, or the one value that stands for a list of one.
fn entries_of(value: Option<&mut Value>) -> Vec<&mut Value> {
    match value {
        Some(Value::Sequence(list)) => list.iter_mut().collect(),
        one => one.into_iter().collect(),
    }
}
