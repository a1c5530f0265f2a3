//! Kills and power cuts of a running engine under load, from socket to socket.
//!
//! Eight senders note each AA they have received. At a random instant the process is killed, or the power of its
//! disk is cut and then the process killed. It starts again over what is on disk, delivers what is owed, and the
//! checker compares; after the last round of a store its account must balance, and its archive be whole. Every other
//! store is encrypted. `WEIR_KILLS` and `WEIR_POWER_CUTS` say how often (20 and 3), `WEIR_SEED` repeats a run.

use std::path::Path;
use std::time::Duration;

use super::load::{DUPLICATES_MAX, KEY, Load, Round, assert_balances, seeded, times};
use super::powercut;
use crate::harness::{Engine, weir};

/// A store is used for so many rounds, then a new one is made: faults while it is made count, too.
const ROUNDS_PER_STORE: u64 = 5;

const ENCRYPTED: &str = "  encryption: { key: { file: ../weir.key } }\n";

#[test]
fn what_was_acknowledged_survives_kills() {
    let folder = tempfile::tempdir().unwrap();
    let mut totals = Totals::default();
    let mut random = seeded();
    let rounds = times("WEIR_KILLS", 20);
    for round in 0..rounds {
        let place = folder.path().join(format!("store-{}", round / ROUNDS_PER_STORE));
        let load = load(&place, &mut random, round);
        std::thread::sleep(Duration::from_millis(random.u64(5..400)));
        totals.add(&load.end(Engine::kill, || ()), round);
        account(&place, round, rounds);
    }
    totals.say("kills");
}

#[test]
fn what_was_acknowledged_survives_power_cuts() {
    let Some(mut disk) = powercut::disk_or_word(2_048) else {
        return;
    };
    let mut totals = Totals::default();
    let mut random = seeded();
    let rounds = times("WEIR_POWER_CUTS", 3);
    for round in 0..rounds {
        let place = disk.path().join(format!("store-{}", round / ROUNDS_PER_STORE));
        let load = load(&place, &mut random, round);
        let cut = disk.arm();
        std::thread::sleep(Duration::from_millis(random.u64(5..1_500)));
        let cut_and_kill = |engine: Engine| {
            cut.now();
            engine.kill();
        };
        totals.add(&load.end(cut_and_kill, || disk.restore()), round);
        account(&place, round, rounds);
    }
    totals.say("power cuts");
}

/// A load on a store; every other one is encrypted.
fn load(place: &Path, random: &mut fastrand::Rng, round: u64) -> Load {
    if (round / ROUNDS_PER_STORE).is_multiple_of(2) {
        return Load::start(place, random, round);
    }
    if !place.join(KEY).exists() {
        std::fs::create_dir_all(place).unwrap();
        let (status, _, err) = weir(place, &["key", "new", KEY], b"");
        assert_eq!(status, 0, "{err}");
    }
    Load::start_under(&[], ENCRYPTED, place, random, round)
}

/// After the last round of a store: everything in it is accounted for. Then it has done its work.
fn account(place: &Path, round: u64, rounds: u64) {
    if round % ROUNDS_PER_STORE == ROUNDS_PER_STORE - 1 || round + 1 == rounds {
        assert_balances(place);
        std::fs::remove_dir_all(place).unwrap();
    }
}

#[derive(Default)]
struct Totals {
    rounds: u64,
    acknowledged: usize,
    duplicates: usize,
}

impl Totals {
    fn add(&mut self, round: &Round, number: u64) {
        let duplicates = round.verdict.duplicates();
        println!(
            "round {number}: {} acknowledged, {} arrivals, {duplicates} duplicates",
            round.acknowledged, round.arrivals
        );
        round
            .verdict
            .assert_holds(DUPLICATES_MAX, &format!("round {number}"));
        self.rounds += 1;
        self.acknowledged += round.acknowledged;
        self.duplicates += duplicates;
    }

    fn say(&self, what: &str) {
        println!(
            "{} {what}: {} acknowledged, 0 lost, {} duplicates, order kept",
            self.rounds, self.acknowledged, self.duplicates
        );
        assert!(self.acknowledged > 0, "no load, nothing shown");
    }
}
