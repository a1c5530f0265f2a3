//! `GET /api/v1/status`: what runs, and how much waits where.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::alerts::{self, Alert};
use super::{Failure, Sources};
use crate::alert::Board;
use crate::clock;
use crate::engine::{LaneState, Running, Status, Switch};
use crate::outbox::Sequence;

/// All of it.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "Status")]
pub struct Answer {
    /// When this was so, in UTC.
    pub at: String,
    /// The version of weir.
    pub version: String,
    /// Whether listeners accept and the outbox commits.
    pub ready: bool,
    /// Where what was accepted is kept.
    pub store: Store,
    /// The site that runs.
    pub site: Site,
    /// Its listeners, by name.
    pub listeners: Vec<Listener>,
    /// Its routes, in the order of its files.
    pub routes: Vec<Route>,
    /// Its destinations and those that are owed something and not in it any more, by name.
    pub destinations: Vec<Destination>,
    /// The trouble there is.
    #[serde(default)]
    pub alerts: Vec<Alert>,
}

/// The outbox.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Store {
    /// Bytes of messages kept.
    pub bytes: u64,
    /// Bytes left on its disk, where the system can tell.
    pub disk_free_bytes: Option<u64>,
    /// Why nothing more is accepted; nothing while it is.
    pub full: Option<String>,
}

/// The site that runs.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "RunningSite")]
pub struct Site {
    /// The version of its files.
    pub version: String,
    /// Since when it runs, in UTC.
    pub since: String,
}

/// A listener. The counts are since the start. What was received is, as soon as it is answered, in one of the five below
/// `received`, which is their sum then.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "ListenerStatus")]
pub struct Listener {
    /// Its name.
    pub name: String,
    /// Where it listens, or the folder it reads.
    pub address: String,
    /// `silent` when nothing came for longer than is normal, else `listening`.
    pub state: String,
    /// How long ago the last message came; it may have come before the start.
    pub last_message_age_seconds: Option<u64>,
    /// Messages whose frame was read completely.
    pub received: u64,
    /// Accepted with at least one delivery.
    pub accepted: u64,
    /// Every route said no.
    pub filtered: u64,
    /// No route takes them.
    pub unrouted: u64,
    /// Known from before: acknowledged again and not delivered again.
    #[serde(default)]
    pub repeated: u64,
    /// Not accepted.
    pub refused: u64,
}

/// A route.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "RouteStatus")]
pub struct Route {
    /// Its name.
    pub name: String,
    /// The listeners it takes messages from.
    pub from: Vec<String>,
    /// The destinations it sends to.
    pub to: Vec<String>,
}

/// A destination. The counts are since the start.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "DestinationStatus")]
pub struct Destination {
    /// Its name.
    pub name: String,
    /// Whether it is in the site that runs.
    #[serde(default)]
    pub in_site: bool,
    /// What its lane does: `delivering`; `draining` while it sends what it was owed when it was told to, or when it was
    /// taken out of the site; `paused`, `held`, `purging` or `parked`.
    pub state: String,
    /// The deliveries that hold it, by number, and why.
    #[serde(default)]
    pub held: BTreeMap<u64, String>,
    /// Deliveries that wait.
    pub waiting: u64,
    /// How old the oldest of them is.
    pub oldest_age_seconds: Option<u64>,
    /// Dead letters kept.
    pub dead_letters: u64,
    /// What it was owed at the start and since.
    pub owed: u64,
    /// Completed by a receipt.
    pub delivered: u64,
    /// Thrown away with a destination that was taken out of the site.
    pub purged: u64,
    /// Given up.
    pub dead_lettered: u64,
    /// Sent and not answered.
    pub ambiguous: u64,
    /// What keeps it from delivering; nothing when the last attempt succeeded.
    pub trouble: Option<Trouble>,
}

/// Attempts that do not succeed.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Trouble {
    /// When the first of them failed, in UTC.
    pub since: String,
    /// How many there were.
    pub attempts: u64,
    /// Why the last one failed.
    pub reason: String,
    /// When the next one is due, in UTC; nothing while none will be made, because it is paused or held.
    pub next_at: Option<String>,
}

pub(super) async fn get(State(sources): State<Sources>) -> Response {
    let (status, board) = (sources.status, sources.alerts);
    match tokio::task::spawn_blocking(move || answer(&status, &board)).await {
        Ok(answer) => Json(answer).into_response(),
        Err(_) => Failure::response(StatusCode::INTERNAL_SERVER_ERROR, "internal error"),
    }
}

/// Blocks on the store.
pub(in crate::console) fn answer(status: &Status, board: &Board) -> Answer {
    let running = status.running();
    let now = clock::now();
    Answer {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        at: time(now),
        ready: status.is_ready(),
        store: store(status),
        site: Site {
            version: running.version.to_string(),
            since: time(running.since),
        },
        listeners: listeners(status),
        routes: running
            .routes
            .iter()
            .map(|route| Route {
                name: route.name.to_string(),
                from: texts(&route.from),
                to: texts(&route.to),
            })
            .collect(),
        destinations: status
            .owed_destinations()
            .iter()
            .map(|name| destination(name, status, &running, now))
            .filter(is_shown)
            .collect(),
        alerts: alerts::open(board),
    }
}

fn listeners(status: &Status) -> Vec<Listener> {
    let counts = status.listeners();
    let running = status.running();
    let now = clock::now();
    let of_site = running.listeners.iter();
    of_site
        .filter_map(|(name, address)| {
            let counts = counts.get(name)?;
            Some(Listener {
                name: name.to_string(),
                address: address.clone(),
                state: if counts.is_silent() { "silent" } else { "listening" }.to_owned(),
                last_message_age_seconds: counts.last_message().map(|last| age(last, now)),
                received: counts.received.get(),
                accepted: counts.accepted.get(),
                filtered: counts.filtered.get(),
                unrouted: counts.unrouted.get(),
                repeated: counts.repeated.get(),
                refused: counts.refused.get(),
            })
        })
        .collect()
}

fn destination(name: &Arc<str>, status: &Status, running: &Running, now: Timestamp) -> Destination {
    let depth = status.depth(name);
    let counts = status.destinations().remove(name);
    let state = counts.as_ref().map_or(LaneState::Parked, |counts| counts.state());
    let count = |which: fn(&crate::engine::DestinationCounts) -> &crate::engine::Count| {
        counts.as_ref().map_or(0, |counts| which(counts).get())
    };
    let switch = status.switches().get(name);
    let word = word(state, &switch, depth.oldest);
    let is_sent = ["delivering", DRAINING].contains(&word);
    let trouble = counts.as_ref().and_then(|counts| counts.trouble());
    Destination {
        name: name.to_string(),
        in_site: running.destinations.contains(name),
        state: word.to_owned(),
        held: switch.held,
        waiting: depth.queued,
        oldest_age_seconds: depth.oldest_at.map(|oldest| age(oldest, now)),
        dead_letters: depth.dead,
        owed: count(|counts| &counts.owed),
        delivered: count(|counts| &counts.delivered),
        purged: count(|counts| &counts.purged),
        dead_lettered: count(|counts| &counts.dead_lettered),
        ambiguous: count(|counts| &counts.ambiguous),
        trouble: trouble.map(|trouble| Trouble {
            since: time(trouble.since),
            attempts: trouble.attempts,
            reason: trouble.reason,
            next_at: is_sent.then(|| time(trouble.next_at)),
        }),
    }
}

fn store(status: &Status) -> Store {
    let level = status.outbox().level();
    Store {
        bytes: level.bytes,
        disk_free_bytes: level.disk_free_bytes,
        full: status.outbox().full().map(str::to_owned),
    }
}

/// To the second.
fn time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// How long ago this was. A clock that was set back makes nothing younger than now.
fn age(then: Timestamp, now: Timestamp) -> u64 {
    u64::try_from(now.duration_since(then).as_secs()).unwrap_or_default()
}

/// A destination that is gone, with all it was owed, is of no interest any more.
fn is_shown(destination: &Destination) -> bool {
    destination.state != PARKED || destination.waiting + destination.dead_letters > 0
}

const PARKED: &str = "parked";
const DRAINING: &str = "draining";

/// What is the matter with a lane, whose oldest delivery is this one: that it ends counts for more than that somebody
/// has stopped it.
fn word(state: LaneState, switch: &Switch, oldest: Option<Sequence>) -> &'static str {
    match state {
        LaneState::Parked => PARKED,
        LaneState::Purging => "purging",
        _ if !switch.held.is_empty() => "held",
        _ if switch.is_paused(oldest) => "paused",
        _ if switch.paused_after.is_some() => DRAINING,
        LaneState::Draining => DRAINING,
        LaneState::Delivering => "delivering",
    }
}

fn texts(names: &[Arc<str>]) -> Vec<String> {
    names.iter().map(ToString::to_string).collect()
}
