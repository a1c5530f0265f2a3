//! What a search would send again: its set, and what people look at before they start it.
//!
//! The set is what is in the archive at this moment: a search goes from the newest down, so what comes in meanwhile is
//! no part of it. It blocks on the archive.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use crate::archive::{Archive, Found, PAGE_COUNT_MAX, Query, State};
use crate::clock;

use super::Way;
use super::jobs::JobsError;

/// The most messages of one job.
pub const MESSAGES_MAX: usize = 1_000_000;
/// How long the search may take.
const SEARCH_MAX: Duration = Duration::from_secs(60);
/// How many messages are shown.
const SHOWN: usize = 5;
/// How many types and destinations are counted by name; the rest are `other`.
const NAMES_MAX: usize = 50;
const OTHER: &str = "other";

/// What a job would send.
#[derive(Debug, Clone, Default)]
pub struct Preview {
    /// The first messages that would go.
    pub first: Vec<Found>,
    /// How many there are of each type.
    pub by_type: BTreeMap<String, u64>,
    /// How many went to each destination when they came in.
    pub by_destination: BTreeMap<String, u64>,
    /// How many were found and would not go, and why.
    pub left_out: BTreeMap<String, u64>,
}

/// The messages found, the oldest first, at most so many of the newest.
pub(super) fn look(
    archive: &Archive,
    query: &Query,
    way: &Way,
    limit: Option<usize>,
) -> Result<(Vec<u64>, Preview), JobsError> {
    let count_max = limit.unwrap_or(MESSAGES_MAX).min(MESSAGES_MAX);
    let began = clock::monotonic();
    let (mut set, mut preview, mut before) = (Vec::new(), Preview::default(), None);
    let mut first: VecDeque<Found> = VecDeque::new();
    loop {
        let page = archive.search(query, before, PAGE_COUNT_MAX)?;
        for found in page.found {
            if let Some(why) = unsendable(&found, way) {
                count(&mut preview.left_out, why);
                continue;
            }
            if set.len() == count_max && limit.is_some_and(|limit| limit <= MESSAGES_MAX) {
                return Ok(ended(set, preview, first));
            }
            if set.len() == count_max {
                return Err(JobsError::TooMany);
            }
            set.push(found.number);
            count(&mut preview.by_type, &found.message_type);
            for (destination, _) in &found.deliveries {
                count(&mut preview.by_destination, destination);
            }
            if first.len() == SHOWN {
                first.pop_front();
            }
            first.push_back(found);
        }
        before = page.next;
        if before.is_none() {
            return Ok(ended(set, preview, first));
        }
        if began.elapsed() > SEARCH_MAX {
            return Err(JobsError::TooSlow);
        }
    }
}

fn ended(mut set: Vec<u64>, preview: Preview, first: VecDeque<Found>) -> (Vec<u64>, Preview) {
    set.reverse();
    let first = first.into_iter().rev().collect();
    (set, Preview { first, ..preview })
}

/// Why a message that was found would not go.
fn unsendable(found: &Found, way: &Way) -> Option<&'static str> {
    match (found.state, way) {
        (State::Refused, _) => Some("refused when they came: their senders were told so"),
        (State::Repeated, _) => Some("known from before: the first of each is what counts"),
        _ if found.is_copy => Some("sent again before, or brought back: the original of each is what counts"),
        (_, Way::Straight(destination)) => {
            let to = found.deliveries.iter().filter(|(name, _)| name == destination);
            let states: Vec<State> = to.map(|(_, state)| *state).collect();
            if states.is_empty() {
                return Some("never made for that destination: `routed` sends what the routes make of them");
            }
            let waits = states.contains(&State::Queued);
            waits.then_some("still waiting for that destination: they go anyway")
        }
        (_, Way::Routes | Way::RoutesTo(_)) => None,
    }
}

fn count(counts: &mut BTreeMap<String, u64>, name: &str) {
    let is_known = counts.contains_key(name) || counts.len() < NAMES_MAX;
    *counts
        .entry(if is_known { name } else { OTHER }.to_owned())
        .or_default() += 1;
}
