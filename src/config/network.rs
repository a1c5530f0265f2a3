//! What the sockets of a site have to do with one another: two on one port, and messages that would go round.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use crate::problem::{Place, Problem, ProblemName, Problems};
use crate::route::Route;
use crate::{destination, listener};

use super::engine::Engine;
use super::sections::{Named, Sections};
use super::{DestinationSettings, Listener};

pub(super) fn check(
    sections: &Sections<'_>,
    engine: Option<&Engine>,
    listeners: &BTreeMap<Arc<str>, Listener>,
    destinations: &BTreeMap<Arc<str>, DestinationSettings>,
    routes: &[Arc<Route>],
    problems: &mut Problems,
) {
    let mut sockets: Vec<(&str, SocketAddr, Place<'_>)> = Vec::new();
    if let (Some(engine), Some(place)) = (engine, sections.engine()) {
        sockets.push(("the console", engine.console, place.key("console").key("bind")));
    }
    for (name, place) in sections.listeners() {
        if let Some(listener) = listeners.get(name) {
            let listener::Settings::Mllp(mllp) = &listener.kind;
            sockets.push((name.as_ref(), mllp.bind, place.key("mllp").key("bind")));
        }
    }
    for (index, (name, address, place)) in sockets.iter().enumerate() {
        if address.port() == 0 && !address.ip().is_loopback() {
            let message = "port 0 is another port at each start: no sender could know it";
            problems.push(
                Problem::error(ProblemName::PortZero, message)
                    .at(place)
                    .help("choose a port"),
            );
        }
        let mut earlier = sockets.iter().take(index);
        if let Some((first_name, _, first)) = earlier.find(|(_, other, _)| overlap(*address, *other)) {
            let message = format!("{name} and {first_name} both listen on port {}", address.port());
            let problem = Problem::error(ProblemName::SameAddress, message).at(place);
            problems.push(
                problem
                    .related(first, "taken here")
                    .help("give one of them another port"),
            );
        }
    }
    loops(sections.destinations(), listeners, destinations, routes, problems);
}

/// Whether the second could not be opened beside the first.
fn overlap(one: SocketAddr, other: SocketAddr) -> bool {
    one.port() != 0
        && one.port() == other.port()
        && (one.ip() == other.ip() || one.ip().is_unspecified() || other.ip().is_unspecified())
}

/// Tells every destination from which a message comes back to the listener it came in by.
fn loops(
    places: &[Named<'_>],
    listeners: &BTreeMap<Arc<str>, Listener>,
    destinations: &BTreeMap<Arc<str>, DestinationSettings>,
    routes: &[Arc<Route>],
    problems: &mut Problems,
) {
    // From a listener, by a destination, to a listener of the same site.
    let mut hops: BTreeSet<(&str, &str, &str)> = BTreeSet::new();
    for (name, settings) in destinations {
        let destination::Settings::Mllp(mllp) = &settings.kind else {
            continue;
        };
        for (target, _) in listeners
            .iter()
            .filter(|(_, listener)| reaches(&mllp.address, listener))
        {
            for route in routes.iter().filter(|route| route.to.contains(name)) {
                hops.extend(
                    route
                        .from
                        .iter()
                        .map(|from| (from.as_ref(), name.as_ref(), target.as_ref())),
                );
            }
        }
    }
    let looping: BTreeSet<&str> = hops
        .iter()
        .filter(|(from, _, target)| leads_to(&hops, target, from))
        .map(|(_, destination, _)| *destination)
        .collect();
    for (name, place) in places.iter().filter(|(name, _)| looping.contains(name.as_ref())) {
        let message = format!("what goes to `{name}` comes back to this site and is sent there again");
        let problem = Problem::error(ProblemName::DestinationLoop, message)
            .at(&place.key("mllp").key("address"))
            .help("give it the address of the receiver; this is one of the listeners of this site");
        problems.push(problem);
    }
}

/// Whether messages that come in by `start` can come in by `goal` too.
fn leads_to(hops: &BTreeSet<(&str, &str, &str)>, start: &str, goal: &str) -> bool {
    let mut reached: BTreeSet<&str> = BTreeSet::from([start]);
    let mut waiting = vec![start];
    while let Some(listener) = waiting.pop() {
        if listener == goal {
            return true;
        }
        for (_, _, next) in hops.iter().filter(|(from, _, _)| *from == listener) {
            if reached.insert(next) {
                waiting.push(next);
            }
        }
    }
    false
}

/// Whether an address is that of a listener of this site, as far as can be told without asking the network.
fn reaches(address: &str, listener: &Listener) -> bool {
    let listener::Settings::Mllp(mllp) = &listener.kind;
    let Some((host, port)) = address.rsplit_once(':') else {
        return false;
    };
    let ip: Option<IpAddr> = host.trim_matches(['[', ']']).parse().ok();
    let is_this_machine = host == "localhost" || ip.is_some_and(|ip| ip.is_loopback());
    let bound = mllp.bind.ip();
    let is_there = ip == Some(bound) || (is_this_machine && (bound.is_unspecified() || bound.is_loopback()));
    is_there && port.parse() == Ok(mllp.bind.port()) && mllp.bind.port() != 0
}
