//! What the sockets of a site have to do with one another: two on one port, and messages that would go round.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use crate::problem::{Place, Problem, ProblemName, Problems};
use crate::route::Route;
use crate::{destination, listener};

use super::engine::Engine;
use super::sections::Sections;
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
    loops(sections, listeners, destinations, routes, problems);
}

/// Whether the second could not be opened beside the first.
fn overlap(one: SocketAddr, other: SocketAddr) -> bool {
    one.port() != 0
        && one.port() == other.port()
        && (one.ip() == other.ip() || one.ip().is_unspecified() || other.ip().is_unspecified())
}

/// Tells every destination from whose receiver, a listener of this site, a message would come to it again.
fn loops(
    sections: &Sections<'_>,
    listeners: &BTreeMap<Arc<str>, Listener>,
    destinations: &BTreeMap<Arc<str>, DestinationSettings>,
    routes: &[Arc<Route>],
    problems: &mut Problems,
) {
    let mut targets: BTreeMap<&str, &str> = BTreeMap::new();
    for (name, settings) in destinations {
        let destination::Settings::Mllp(mllp) = &settings.kind else {
            continue;
        };
        let target = listeners
            .iter()
            .find(|(_, listener)| reaches(&mllp.address, listener));
        targets.extend(target.map(|(target, _)| (name.as_ref(), target.as_ref())));
    }
    for (name, place) in sections.destinations() {
        let Some(target) = targets.get(name.as_ref()) else {
            continue;
        };
        let Some((_, listener)) = sections.listeners().iter().find(|(name, _)| **name == **target) else {
            continue;
        };
        if reached_from(target, routes, &targets).contains(name.as_ref()) {
            let message = format!("what goes to `{name}` comes back by `{target}` and is sent there again");
            let problem = Problem::error(ProblemName::DestinationLoop, message)
                .at(&place.key("mllp").key("address"))
                .related_key(listener, "the listener it goes to")
                .help("give the destination the address of its receiver, or let no route lead back to it");
            problems.push(problem);
        }
    }
}

/// Every destination that a message can come to which comes in by this listener.
fn reached_from<'a>(
    listener: &'a str,
    routes: &'a [Arc<Route>],
    targets: &BTreeMap<&'a str, &'a str>,
) -> BTreeSet<&'a str> {
    let mut destinations: BTreeSet<&str> = BTreeSet::new();
    let mut listeners: BTreeSet<&str> = BTreeSet::from([listener]);
    let mut waiting = vec![listener];
    while let Some(listener) = waiting.pop() {
        for destination in routes
            .iter()
            .filter(|route| route.takes_from(listener))
            .flat_map(|route| &route.to)
        {
            destinations.insert(destination);
            let target = targets.get(destination.as_ref());
            waiting.extend(target.filter(|target| listeners.insert(target)));
        }
    }
    destinations
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
