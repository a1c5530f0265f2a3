//! Kills and power cuts of a running engine under load, from socket to socket.
//!
//! Eight senders note each AA they have received. At a random instant the process is killed, or the power of its
//! disk is cut and then the process killed. It starts again over what is on disk, delivers what is owed, and the
//! checker compares. `WEIR_KILLS` and `WEIR_POWER_CUTS` say how often (20 and 3), `WEIR_SEED` repeats a run.

use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::checker::{self, Acknowledged, Arrivals, Id};
use super::powercut;
use crate::harness::{Answer, Engine, Receiver, Sender, Site, adt, control_id, field};

const SENDERS: usize = 8;
/// The default of `unsettled_max`.
const DUPLICATES_MAX: usize = 64;
/// A store is used for so many rounds, then a new one is made: faults while it is made count, too.
const ROUNDS_PER_STORE: u64 = 5;

#[test]
fn what_was_acknowledged_survives_kills() {
    let folder = tempfile::tempdir().unwrap();
    let mut totals = Totals::default();
    let mut random = seeded();
    for round in 0..times("WEIR_KILLS", 20) {
        let place = folder.path().join(format!("store-{}", round / ROUNDS_PER_STORE));
        let load = Load::start(&place, &mut random, round);
        std::thread::sleep(Duration::from_millis(random.u64(5..400)));
        totals.add(&load.end(Engine::kill, || ()), round);
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
    for round in 0..times("WEIR_POWER_CUTS", 3) {
        let store = round / ROUNDS_PER_STORE;
        let place = disk.path().join(format!("store-{store}"));
        if store > 0 && round % ROUNDS_PER_STORE == 0 {
            std::fs::remove_dir_all(disk.path().join(format!("store-{}", store - 1))).unwrap();
        }
        let load = Load::start(&place, &mut random, round);
        let cut = disk.arm();
        std::thread::sleep(Duration::from_millis(random.u64(5..1_500)));
        let cut_and_kill = |engine: Engine| {
            cut.now();
            engine.kill();
        };
        totals.add(&load.end(cut_and_kill, || disk.restore()), round);
    }
    totals.say("power cuts");
}

pub(super) fn times(variable: &str, otherwise: u64) -> u64 {
    std::env::var(variable).map_or(otherwise, |times| times.parse().unwrap())
}

pub(super) fn seeded() -> fastrand::Rng {
    let seed = std::env::var("WEIR_SEED").map_or_else(|_| fastrand::u64(..), |seed| seed.parse().unwrap());
    println!("WEIR_SEED={seed}");
    fastrand::Rng::with_seed(seed)
}

/// What a round came to.
struct Round {
    acknowledged: usize,
    arrivals: usize,
    verdict: checker::Verdict,
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

/// An engine under load: eight senders, one receiver that takes what comes, one that is away in every other round.
struct Load {
    place: std::path::PathBuf,
    engine: Engine,
    steady: Receiver,
    shaky: Receiver,
    is_away: Arc<AtomicBool>,
    acknowledged: Arc<Mutex<Acknowledged>>,
    stop: Arc<AtomicBool>,
    senders: Vec<std::thread::JoinHandle<()>>,
}

impl Load {
    fn start(place: &Path, random: &mut fastrand::Rng, round: u64) -> Load {
        let steady = Receiver::accepting();
        let is_away = Arc::new(AtomicBool::new(round % 2 == 1));
        let away = Arc::clone(&is_away);
        let shaky = Receiver::scripted(move |_, _| {
            if away.load(Ordering::SeqCst) {
                Answer::Away
            } else {
                Answer::Code("AA")
            }
        });
        std::fs::create_dir_all(place).unwrap();
        let receivers = [("steady", steady.address()), ("shaky", shaky.address())];
        let engine = Site::write(place, &Site::forwarding_yaml(&receivers)).start();
        let (acknowledged, stop) = (
            Arc::<Mutex<Acknowledged>>::default(),
            Arc::new(AtomicBool::new(false)),
        );
        let numbers = Arc::new(AtomicU64::new(round * 1_000_000));
        let senders = (0..SENDERS)
            .map(|source| {
                let address = engine.listener("in");
                let (acknowledged, stop, numbers) =
                    (Arc::clone(&acknowledged), Arc::clone(&stop), Arc::clone(&numbers));
                let mut random = random.fork();
                std::thread::spawn(move || {
                    let mut sender = Sender::connect(address);
                    while !stop.load(Ordering::SeqCst) {
                        let number = numbers.fetch_add(1, Ordering::SeqCst);
                        let Some(reply) = sender.exchange(&message(source, number, &mut random)) else {
                            return;
                        };
                        assert_eq!(field(&reply, "MSA", 2), format!("{source}-{number}"));
                        // While the disk is going away, a message is refused and not noted.
                        if field(&reply, "MSA", 1) == "AA" {
                            acknowledged
                                .lock()
                                .unwrap()
                                .note((source, number), &["steady", "shaky"]);
                        }
                    }
                })
            })
            .collect();
        Load {
            place: place.to_owned(),
            engine,
            steady,
            shaky,
            is_away,
            acknowledged,
            stop,
            senders,
        }
    }

    /// Ends the engine by `fault`, brings the disk back by `mend`, starts again, and judges when all is delivered.
    fn end(self, fault: impl FnOnce(Engine), mend: impl FnOnce()) -> Round {
        fault(self.engine);
        self.stop.store(true, Ordering::SeqCst);
        for sender in self.senders {
            sender.join().unwrap();
        }
        // Every AA, up to the last one: none may leave after a barrier that failed.
        let acknowledged = std::mem::take(&mut *self.acknowledged.lock().unwrap());
        mend();
        self.is_away.store(false, Ordering::SeqCst);
        let receivers = [("steady", self.steady.address()), ("shaky", self.shaky.address())];
        let engine = Site::write(&self.place, &Site::forwarding_yaml(&receivers)).start();
        for destination in ["steady", "shaky"] {
            engine.wait_for_metric(
                &format!("weir_outbox_depth{{destination=\"{destination}\"}}"),
                0.0,
            );
        }
        assert_eq!(engine.terminate(), 0);
        let mut arrivals = Arrivals::default();
        let mut count = 0;
        for (destination, receiver) in [("steady", self.steady), ("shaky", self.shaky)] {
            for message in receiver.stop() {
                arrivals.note(destination, id(&message));
                count += 1;
            }
        }
        Round {
            acknowledged: acknowledged.len(),
            arrivals: count,
            verdict: checker::check(&acknowledged, &arrivals),
        }
    }
}

/// Mostly 300 bytes to 2 KB, now and then up to 5 MB.
pub(super) fn message(source: usize, number: u64, random: &mut fastrand::Rng) -> Vec<u8> {
    let bytes = match random.u32(0..1_000) {
        0 => random.usize(1_000_000..5_000_000),
        1..30 => random.usize(6_000..200_000),
        _ => random.usize(0..1_700),
    };
    let mut message = adt(&format!("{source}-{number}"));
    message.extend_from_slice(b"OBX|1|TX|||");
    message.resize(message.len() + bytes, b'x');
    message.push(b'\r');
    message
}

pub(super) fn id(message: &[u8]) -> Id {
    let control_id = control_id(message);
    let (source, number) = control_id.split_once('-').unwrap();
    (source.parse().unwrap(), number.parse().unwrap())
}
