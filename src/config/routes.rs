//! The sections `tables` and `routes`: from what was typed to routes that can run.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::problem::{Content, Place, Problem, ProblemName, Problems};
use crate::route::{self, Names, Route};
use crate::step::{self, Step, Tables};
use crate::table::Table;
use crate::typed::{Pairs, Text};

use super::sections::{Named, Sections};
use super::{piece, yaml};

/// More steps than any one route needs.
const STEPS_MAX: usize = 1_000;

/// The names that routes and cases may use.
pub(super) fn names(sections: &Sections<'_>) -> Names {
    Names {
        listeners: names_of(sections.listeners()),
        destinations: names_of(sections.destinations()),
    }
}

/// Reads every route; those that are wrong are told and left out.
pub(super) fn read_all(sections: &Sections<'_>, names: &Names, problems: &mut Problems) -> Vec<Arc<Route>> {
    let tables = tables(sections.tables(), problems);
    let reader = Reader {
        names,
        tables,
        kinds: piece::variants::<step::Settings>(),
    };
    let routes = sections.routes().iter();
    routes
        .filter_map(|(name, place)| reader.route(name, place, problems).map(Arc::new))
        .collect()
}

fn names_of(named: &[Named<'_>]) -> BTreeSet<Arc<str>> {
    named.iter().map(|(name, _)| Arc::clone(name)).collect()
}

/// All tables. One that is wrong is there, but empty: its name is known, and that it is wrong has been told.
fn tables(named: &[Named<'_>], problems: &mut Problems) -> Tables {
    let mut tables = Tables::new();
    for (name, place) in named {
        let codes = piece::read::<Pairs<Text>>(place, yaml::value(place.node()), problems);
        let codes = codes.map(|Pairs(codes)| codes).unwrap_or_default();
        let codes = codes.into_iter().map(|(code, Text(value))| (code, value));
        tables.insert(Arc::clone(name), Arc::new(Table::new(Arc::clone(name), codes)));
    }
    tables
}

/// What the routes of a site may name.
struct Reader<'a> {
    names: &'a Names,
    tables: Tables,
    kinds: Vec<String>,
}

impl Reader<'_> {
    fn route(&self, name: &Arc<str>, place: &Place<'_>, problems: &mut Problems) -> Option<Route> {
        let errors_before = problems.error_count();
        let mut value = yaml::value(place.node());
        let has_steps = value
            .as_mapping_mut()
            .is_some_and(|map| map.shift_remove("steps").is_some());
        let steps = if has_steps {
            self.steps(&place.key("steps"), problems)
        } else {
            Vec::new()
        };
        if let Some(map) = value.as_mapping_mut() {
            // Read later, when all routes are known.
            map.shift_remove("cases");
        }
        let settings: Option<route::Settings> = piece::read_with(place, value, &["steps", "cases"], problems);
        let route = settings?.check(Arc::clone(name), steps, place, self.names, problems);
        route.filter(|_| problems.error_count() == errors_before)
    }

    fn steps(&self, place: &Place<'_>, problems: &mut Problems) -> Vec<Step> {
        let Content::Sequence(elements) = &place.node().content else {
            let problem = Problem::error(ProblemName::WrongType, "`steps` is a list")
                .at(place)
                .label("expected a list")
                .help("begin each step with `- `");
            problems.push(problem);
            return Vec::new();
        };
        if elements.len() > STEPS_MAX {
            let message = format!("more than {STEPS_MAX} steps in one route");
            problems.push(Problem::error(ProblemName::SiteTooLarge, message).at_key(place));
            return Vec::new();
        }
        let places = place.elements().enumerate();
        places
            .filter_map(|(index, place)| self.step(index + 1, &place, problems))
            .collect()
    }

    fn step(&self, number: usize, place: &Place<'_>, problems: &mut Problems) -> Option<Step> {
        let value = yaml::value(place.node());
        let parts = piece::kind_and_common(place, value, &self.kinds, step::COMMON_KEYS, problems)?;
        let common: Option<step::Common> = piece::read(place, parts.common, problems);
        let settings: Option<step::Settings> =
            piece::read_kind(place, &parts.kind, parts.value, &[], problems);
        settings?.check(common?, number, place, &self.tables, problems)
    }
}
