//! What the sockets and folders of a site have to do with one another: two on one port, messages larger than the engine
//! may read, and messages that would go round.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::sync::Arc;

use crate::listener::Entrance;
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
    let mut folders: Vec<(&str, &Path, Place<'_>)> = Vec::new();
    if let (Some(engine), Some(place)) = (engine, sections.engine()) {
        sockets.push((
            "the console",
            engine.console.bind,
            place.key("console").key("bind"),
        ));
    }
    for (name, place) in sections.listeners() {
        if let Some(listener) = listeners.get(name) {
            let place = place.key(listener.kind.kind());
            match listener.kind.entrance() {
                Entrance::Socket(address) => sockets.push((name.as_ref(), address, place.key("bind"))),
                Entrance::Folder(folder) => folders.push((name.as_ref(), folder, place.key("folder"))),
            }
        }
    }
    same_folder(&folders, problems);
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
    if let (Some(engine), Some(place)) = (engine, sections.engine()) {
        large_frames(sections, engine, place, listeners, problems);
    }
    loops(sections, listeners, destinations, routes, problems);
}

/// Tells the listeners that watch the folder of another: each would take files from under the other.
fn same_folder(folders: &[(&str, &Path, Place<'_>)], problems: &mut Problems) {
    for (index, (name, folder, place)) in folders.iter().enumerate() {
        let mut earlier = folders.iter().take(index);
        if let Some((first_name, _, first)) = earlier.find(|(_, other, _)| is_same_folder(folder, other)) {
            let message = format!("{name} and {first_name} both watch one folder");
            let problem = Problem::error(ProblemName::SameAddress, message).at(place);
            problems.push(
                problem
                    .related(first, "watched here")
                    .help("give one of them another folder"),
            );
        }
    }
}

/// Tells the listeners whose largest message could never be read.
fn large_frames(
    sections: &Sections<'_>,
    engine: &Engine,
    engine_place: &Place<'_>,
    listeners: &BTreeMap<Arc<str>, Listener>,
    problems: &mut Problems,
) {
    for (name, place) in sections.listeners() {
        let Some(listener) = listeners.get(name) else {
            continue;
        };
        let frame_bytes_max = listener.kind.frame_bytes_max();
        if frame_bytes_max > engine.read_bytes_max {
            let message = format!(
                "a message of {name} may have {frame_bytes_max} bytes, more than the {} that may be read at once",
                engine.read_bytes_max
            );
            let problem = Problem::error(ProblemName::InvalidValue, message)
                .at(&place.key(listener.kind.kind()).key("frame_bytes_max"))
                .related(&engine_place.key("read_bytes_max"), "all messages together")
                .help(
                    "raise `read_bytes_max` to several times the largest message, or lower `frame_bytes_max`",
                );
            problems.push(problem);
        }
    }
}

/// Whether the second could not be opened beside the first.
fn overlap(one: SocketAddr, other: SocketAddr) -> bool {
    one.port() != 0
        && one.port() == other.port()
        && (one.ip() == other.ip() || one.ip().is_unspecified() || other.ip().is_unspecified())
}

/// Tells the destinations that close a loop: what they send comes in again by a listener of this site.
fn loops(
    sections: &Sections<'_>,
    listeners: &BTreeMap<Arc<str>, Listener>,
    destinations: &BTreeMap<Arc<str>, DestinationSettings>,
    routes: &[Arc<Route>],
    problems: &mut Problems,
) {
    let mut targets: BTreeMap<&str, &str> = BTreeMap::new();
    for (name, settings) in destinations {
        let mut listeners = listeners.iter();
        let target = listeners.find(|(_, listener)| reaches(&settings.kind, &listener.kind));
        targets.extend(target.map(|(target, _)| (name.as_ref(), target.as_ref())));
    }
    if targets.is_empty() {
        return;
    }
    for (name, target) in Walk::over(routes, &targets) {
        let destination = place_of(sections.destinations(), name);
        let Some((place, listener)) = destination.zip(place_of(sections.listeners(), target)) else {
            continue;
        };
        let (kind, key) = destinations
            .get(name)
            .map_or(("", ""), |settings| settings.kind.target());
        let message = format!("what goes to `{name}` comes back by `{target}` and is sent there again");
        let problem = Problem::error(ProblemName::DestinationLoop, message)
            .at(&place.key(kind).key(key))
            .related_key(&listener, "the listener it goes to")
            .help("let the destination lead to its receiver, or let no route lead back to it");
        problems.push(problem);
    }
}

fn place_of<'a>(named: &[Named<'a>], name: &str) -> Option<Place<'a>> {
    named
        .iter()
        .find(|(known, _)| **known == *name)
        .map(|(_, place)| place.clone())
}

/// A walk from route to route, by destinations that are listeners of the same site. Each route is entered once.
struct Walk<'a> {
    routes: &'a [Arc<Route>],
    /// The listener a destination sends to.
    targets: &'a BTreeMap<&'a str, &'a str>,
    /// The routes of a listener.
    by_listener: BTreeMap<&'a str, Vec<usize>>,
    /// Whether a route is left already; it is on the way to where the walk is if not.
    is_left: BTreeMap<usize, bool>,
    /// Listeners all of whose routes are left.
    exhausted: BTreeSet<&'a str>,
    /// A destination and the listener by which it leads back.
    loops: BTreeSet<(&'a str, &'a str)>,
}

impl<'a> Walk<'a> {
    /// Every destination that closes a loop.
    fn over(
        routes: &'a [Arc<Route>],
        targets: &'a BTreeMap<&'a str, &'a str>,
    ) -> BTreeSet<(&'a str, &'a str)> {
        let mut by_listener: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (index, route) in routes.iter().enumerate() {
            for from in &route.from {
                by_listener.entry(from).or_default().push(index);
            }
        }
        let (is_left, exhausted, loops) = (BTreeMap::new(), BTreeSet::new(), BTreeSet::new());
        let mut walk = Walk {
            routes,
            targets,
            by_listener,
            is_left,
            exhausted,
            loops,
        };
        for index in 0..routes.len() {
            if !walk.is_left.contains_key(&index) {
                walk.enter(index);
            }
        }
        walk.loops
    }

    /// Goes deeper by one call for each route; a site has at most a thousand.
    fn enter(&mut self, index: usize) {
        let Some(route) = self.routes.get(index) else {
            return;
        };
        self.is_left.insert(index, false);
        for destination in &route.to {
            let Some(&target) = self.targets.get(destination.as_ref()) else {
                continue;
            };
            if self.exhausted.contains(target) {
                continue;
            }
            let mut is_closed = false;
            for next in self.by_listener.get(target).cloned().unwrap_or_default() {
                match self.is_left.get(&next) {
                    None => self.enter(next),
                    Some(true) => {}
                    Some(false) => is_closed = true,
                }
            }
            if is_closed {
                self.loops.insert((destination, target));
            } else {
                self.exhausted.insert(target);
            }
        }
        self.is_left.insert(index, true);
    }
}

/// Whether what goes to a destination comes in by this listener, as far as can be told without asking the network.
fn reaches(destination: &destination::Settings, listener: &listener::Settings) -> bool {
    match (destination, listener) {
        (destination::Settings::Mllp(to), listener::Settings::Mllp(from)) => {
            is_address_of(&to.address, from.bind)
        }
        (destination::Settings::File(to), listener::Settings::Folder(from)) => {
            is_same_folder(&to.folder, &from.folder)
        }
        (destination::Settings::Http(to), listener::Settings::Http(from)) => {
            // One that cannot be read is a problem of its own.
            let url = to.url.read();
            url.is_ok_and(|url| url.path() == from.path && is_address_of(&url.address(), from.bind))
        }
        (
            destination::Settings::Mllp(_)
            | destination::Settings::File(_)
            | destination::Settings::Http(_)
            | destination::Settings::Sql(_),
            listener::Settings::Mllp(_) | listener::Settings::Folder(_) | listener::Settings::Http(_),
        ) => false,
    }
}

/// However each is written.
fn is_same_folder(one: &Path, other: &Path) -> bool {
    let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
    real(one) == real(other)
}

fn is_address_of(address: &str, bind: SocketAddr) -> bool {
    let Some((host, port)) = address.rsplit_once(':') else {
        return false;
    };
    let ip: Option<IpAddr> = host.trim_matches(['[', ']']).parse().ok();
    let is_this_machine = host == "localhost" || ip.is_some_and(|ip| ip.is_loopback());
    let bound = bind.ip();
    let is_there = ip == Some(bound) || (is_this_machine && (bound.is_unspecified() || bound.is_loopback()));
    is_there && port.parse() == Ok(bind.port()) && bind.port() != 0
}
