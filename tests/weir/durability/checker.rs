//! The oracle of every durability test: what was acknowledged against what arrived.
//!
//! It knows nothing of how either was gathered. A test notes each acknowledgment when it has *received* it, and
//! each arrival at a destination in order; the checker says what was lost, doubled or out of order.

use std::{
    collections::{HashMap, HashSet},
    fmt,
};

/// What names a message: its source, and its place among the messages of that source.
pub(crate) type Id = (usize, u64);

/// What was acknowledged, and who is owed it.
#[derive(Debug, Default, Clone)]
pub(crate) struct Acknowledged {
    /// In the order in which each source received its acknowledgments.
    messages: Vec<(Id, Vec<String>)>,
}

impl Acknowledged {
    pub(crate) fn note(&mut self, id: Id, owed_to: &[&str]) {
        self.messages
            .push((id, owed_to.iter().map(|name| (*name).to_owned()).collect()));
    }

    pub(crate) fn len(&self) -> usize {
        self.messages.len()
    }
}

/// What arrived at each destination, in order.
#[derive(Debug, Default, Clone)]
pub(crate) struct Arrivals {
    by_destination: HashMap<String, Vec<Id>>,
}

impl Arrivals {
    pub(crate) fn note(&mut self, destination: &str, id: Id) {
        self.by_destination
            .entry(destination.to_owned())
            .or_default()
            .push(id);
    }
}

/// What became of it all.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Verdict {
    /// Acknowledged and owed to a destination where it never arrived.
    pub(crate) lost: Vec<(String, Id)>,
    /// Arrivals beyond the first of each message, by destination.
    pub(crate) duplicates: HashMap<String, usize>,
    /// First arrivals that came before an earlier message of the same source.
    pub(crate) order_breaks: Vec<(String, Id)>,
}

impl Verdict {
    pub(crate) fn duplicates(&self) -> usize {
        self.duplicates.values().sum()
    }

    /// Fails unless nothing is lost or out of order and no destination has more duplicates than allowed.
    pub(crate) fn assert_holds(&self, duplicates_max: usize, what: &dyn fmt::Display) {
        assert!(
            self.lost.is_empty(),
            "{what}: {} lost: {:?}",
            self.lost.len(),
            self.lost.first()
        );
        assert!(
            self.order_breaks.is_empty(),
            "{what}: {} out of order: {:?}",
            self.order_breaks.len(),
            self.order_breaks.first()
        );
        for (destination, duplicates) in &self.duplicates {
            assert!(
                *duplicates <= duplicates_max,
                "{what}: {duplicates} duplicates at {destination}"
            );
        }
    }
}

/// Judges a run that has come to rest. A message that arrived and was never acknowledged is no fault (its
/// acknowledgment may have been cut off), but it has its place in the order.
pub(crate) fn check(acknowledged: &Acknowledged, arrivals: &Arrivals) -> Verdict {
    let mut verdict = Verdict::default();
    let mut arrived: HashMap<&str, HashSet<Id>> = HashMap::new();
    for (destination, ids) in &arrivals.by_destination {
        let seen = arrived.entry(destination).or_default();
        let mut newest: HashMap<usize, u64> = HashMap::new();
        for &(source, number) in ids {
            if !seen.insert((source, number)) {
                *verdict.duplicates.entry(destination.clone()).or_default() += 1;
                continue;
            }
            let newest = newest.entry(source).or_insert(number);
            if number < *newest {
                verdict.order_breaks.push((destination.clone(), (source, number)));
            }
            *newest = number.max(*newest);
        }
    }
    for (id, owed_to) in &acknowledged.messages {
        for destination in owed_to {
            if !arrived
                .get(destination.as_str())
                .is_some_and(|seen| seen.contains(id))
            {
                verdict.lost.push((destination.clone(), *id));
            }
        }
    }
    verdict
}

/// Four messages of two sources, owed to two destinations, and the arrivals of a run without fault.
fn a_run() -> (Acknowledged, Vec<(&'static str, Id)>) {
    let mut acknowledged = Acknowledged::default();
    let mut arrivals = Vec::new();
    for id in [(0, 1), (1, 1), (0, 2), (1, 2)] {
        acknowledged.note(id, &["a", "b"]);
        arrivals.extend([("a", id), ("b", id)]);
    }
    (acknowledged, arrivals)
}

fn judge(acknowledged: &Acknowledged, arrivals: &[(&str, Id)]) -> Verdict {
    let mut noted = Arrivals::default();
    for (destination, id) in arrivals {
        noted.note(destination, *id);
    }
    check(acknowledged, &noted)
}

#[test]
fn a_run_without_fault_is_without_fault() {
    let (acknowledged, mut arrivals) = a_run();
    assert_eq!(judge(&acknowledged, &arrivals), Verdict::default());
    arrivals.push(("a", (0, 3)));
    assert_eq!(
        judge(&acknowledged, &arrivals),
        Verdict::default(),
        "not acknowledged, and no fault"
    );
    let sources_interleaved = [("a", (1, 1)), ("a", (1, 2)), ("a", (0, 1)), ("a", (0, 2))];
    assert_eq!(
        judge(&Acknowledged::default(), &sources_interleaved),
        Verdict::default()
    );
}

#[test]
fn every_planted_loss_is_found() {
    let (acknowledged, arrivals) = a_run();
    for at in 0..arrivals.len() {
        let mut planted = arrivals.clone();
        let (destination, id) = planted.remove(at);
        let verdict = judge(&acknowledged, &planted);
        assert_eq!(verdict.lost, [(destination.to_owned(), id)]);
        assert!(std::panic::catch_unwind(|| verdict.assert_holds(usize::MAX, &"planted")).is_err());
    }
    assert_eq!(judge(&acknowledged, &[]).lost.len(), arrivals.len());
}

#[test]
fn every_planted_duplicate_is_found_and_counted_by_destination() {
    let (acknowledged, arrivals) = a_run();
    for duplicate in &arrivals {
        let planted = [arrivals.as_slice(), &[*duplicate, *duplicate]].concat();
        let verdict = judge(&acknowledged, &planted);
        assert_eq!(verdict.duplicates, HashMap::from([(duplicate.0.to_owned(), 2)]));
        assert!(verdict.lost.is_empty() && verdict.order_breaks.is_empty());
        verdict.assert_holds(2, &"planted, within the window");
        assert!(std::panic::catch_unwind(|| verdict.assert_holds(1, &"beyond it")).is_err());
    }
}

#[test]
fn every_planted_swap_within_a_source_is_found() {
    let (acknowledged, arrivals) = a_run();
    let mut swaps = 0;
    for first in 0..arrivals.len() {
        for second in first + 1..arrivals.len() {
            let ((to, (source, _)), (other_to, (other_source, _))) = (arrivals[first], arrivals[second]);
            if to == other_to && source == other_source {
                let mut planted = arrivals.clone();
                planted.swap(first, second);
                let verdict = judge(&acknowledged, &planted);
                assert_eq!(verdict.order_breaks, [(to.to_owned(), (source, 1))]);
                assert!(std::panic::catch_unwind(|| verdict.assert_holds(9, &"planted")).is_err());
                swaps += 1;
            }
        }
    }
    assert_eq!(swaps, 4, "two sources at two destinations");
}
