//! The archive as a whole, in a folder of its own, with times that are given.

mod keep;
mod sealed;
mod search;
mod states;
mod write;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;
use tempfile::TempDir;

use super::{Archive, Attempt, End, Event, Outcome, Owed, Passage, Query, Received, Settlement, State, What};

/// The outbox that tells.
const STORE: u128 = 7;

/// An archive in a folder that goes with it, and a journal.
struct Bench {
    archive: Archive,
    folder: TempDir,
    /// The next record of the journal.
    journal: u64,
}

fn bench() -> Bench {
    let folder = tempfile::tempdir().unwrap();
    Bench {
        archive: Archive::open(folder.path(), None).unwrap(),
        folder,
        journal: 1,
    }
}

impl Bench {
    /// Writes these records as one batch.
    fn tell(&mut self, what: Vec<What>) {
        let events = self.events(what);
        self.archive.write(STORE, &events).unwrap();
    }

    fn events(&mut self, what: Vec<What>) -> Vec<Event> {
        let event = |what| {
            self.journal += 1;
            Event {
                number: self.journal,
                what,
            }
        };
        what.into_iter().map(event).collect()
    }

    /// The numbers of all that is found, page by page.
    fn find(&self, query: &Query) -> Vec<u64> {
        let (mut found, mut before) = (Vec::new(), None);
        loop {
            let page = self.archive.search(query, before, 3).unwrap();
            found.extend(page.found.iter().map(|found| found.number));
            before = page.next;
            if before.is_none() {
                return found;
            }
        }
    }

    fn state(&self, number: u64) -> State {
        self.archive.message(number).unwrap().unwrap().found.state
    }
}

/// So many seconds after the beginning of 2026.
fn at(seconds: u64) -> Timestamp {
    let beginning: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
    beginning + Duration::from_secs(seconds)
}

fn adt(number: u64) -> String {
    format!(
        "MSH|^~\\&|EHR|NORTH|LAB|SOUTH|20260101||ADT^A01|c-{number}|P|2.5.1\r\
         PID|1||{number}^^^N^MR~9{number}^^^S^PI||DOE^JOHN{number}||19700101|M||||||||||acc-{number}\r"
    )
}

/// A message from `door` by route `all`, owed to these destinations as received.
fn received(number: u64, raw: &str, destinations: &[&str]) -> Received {
    let owed = |(index, destination): (usize, &&str)| Owed {
        destination: Arc::from(*destination),
        sequence: number + 1 + index as u64,
        result: None,
        dead: None,
    };
    Received {
        message: number,
        received_at: at(number),
        listener: "door".into(),
        site_version: "v1".into(),
        charsets: Vec::new(),
        raw: Bytes::from(raw.to_owned()),
        outcome: Outcome::Accepted,
        routes: vec![Passage {
            route: "all".into(),
            filtered: None,
        }],
        tags: Vec::new(),
        results: Vec::new(),
        deliveries: destinations.iter().enumerate().map(owed).collect(),
        origin: None,
    }
}

fn came(number: u64, destinations: &[&str]) -> What {
    What::Received(received(number, &adt(number), destinations))
}

fn ended(destination: &str, sequence: u64, end: End) -> What {
    What::Settled(Settlement {
        destination: destination.into(),
        sequence,
        at: at(1_000 + sequence),
        end,
        by: None,
    })
}

fn tried(destination: &str, sequence: u64, problem: Option<&str>) -> What {
    What::Attempted(Attempt {
        destination: destination.into(),
        sequence,
        at: at(900 + sequence),
        took: Duration::from_millis(12),
        code: Some(if problem.is_some() { "AE" } else { "AA" }.into()),
        problem: problem.map(str::to_owned),
        answer: Some(Bytes::from_static(b"MSH|^~\\&|LAB\rMSA|AA|1\r")),
    })
}
