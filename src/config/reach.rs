//! Which types of messages can come to a route at all: a listener's `permit` stands before every route.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::problem::{Problem, ProblemName, Problems};
use crate::route::Route;

use super::Listener;
use super::sections::Sections;

/// Warns of types of messages that no listener of their route takes.
pub(super) fn check(
    sections: &Sections<'_>,
    listeners: &BTreeMap<Arc<str>, Listener>,
    routes: &[Arc<Route>],
    problems: &mut Problems,
) {
    let places: BTreeMap<_, _> = sections
        .routes()
        .iter()
        .map(|(name, place)| (name, place))
        .collect();
    for route in routes {
        let Some(place) = places.get(&route.name).map(|place| place.key("messages")) else {
            continue;
        };
        let doors: Vec<&Listener> = route.from.iter().filter_map(|name| listeners.get(name)).collect();
        for (index, pattern) in route.messages().iter().enumerate() {
            if doors.iter().any(|door| door.permit.overlaps(pattern)) {
                continue;
            }
            let message = match route.from.as_slice() {
                [one] => format!("listener `{one}` takes no {pattern}: its `permit` refuses it"),
                _ => format!("none of the route's listeners takes {pattern}: their `permit` refuses it"),
            };
            let problem = Problem::warning(ProblemName::UnreachableRoute, message).at(&place.index(index));
            problems.push(
                problem.help("add the type to `permit.messages` of the listener, or take it from the route"),
            );
        }
    }
}
