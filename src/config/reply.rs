//! Synchronous routes of a site: whether the destination whose answer goes back answers at all, and whether every
//! listener of the route can pass an answer on.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::problem::{Place, Problem, ProblemName, Problems};
use crate::route::Route;

use super::sections::Sections;
use super::{AcknowledgmentMode, DestinationSettings, Listener, SequenceNumbers};

pub(super) fn check(
    sections: &Sections<'_>,
    listeners: &BTreeMap<Arc<str>, Listener>,
    destinations: &BTreeMap<Arc<str>, DestinationSettings>,
    routes: &[Arc<Route>],
    problems: &mut Problems,
) {
    for route in routes {
        let Some(reply) = &route.reply else { continue };
        let place = sections.routes().iter().find(|(name, _)| *name == route.name);
        let Some((_, place)) = place else { continue };
        let at = place.key("reply");
        let destination = destinations.get(&reply.from);
        if destination.is_some_and(|destination| !destination.kind.answers()) {
            let message = format!("`{}` never answers, so no answer of it can go back", reply.from);
            let problem = Problem::error(ProblemName::InvalidValue, message).at(&at);
            problems.push(problem.help("name a destination that answers with an HL7 message"));
        }
        for from in &route.from {
            if let Some(listener) = listeners.get(from) {
                check_listener(from, listener, &at, problems);
            }
        }
    }
}

fn check_listener(name: &str, listener: &Listener, at: &Place<'_>, problems: &mut Problems) {
    if listener.acknowledgment == AcknowledgmentMode::None {
        let message = format!("listener `{name}` answers nothing, so no answer can go back");
        let problem = Problem::error(ProblemName::InvalidValue, message).at(at);
        problems.push(problem.help("take `acknowledgment: none` away"));
    }
    if listener.remembered.is_some() {
        let message = format!(
            "listener `{name}` acknowledges a repeated message by itself, and answers of a destination are not kept"
        );
        let problem = Problem::error(ProblemName::InvalidValue, message).at(at);
        problems.push(problem.help("take `duplicates: replay_acknowledgment` away, or `reply`"));
    }
    if listener.sequence_numbers == SequenceNumbers::Check {
        let message = format!(
            "listener `{name}` tells sequence numbers in its own acknowledgments, and answers of a destination have none"
        );
        let problem = Problem::error(ProblemName::InvalidValue, message).at(at);
        problems.push(problem.help("take `sequence_numbers: check` away, or `reply`"));
    }
}
