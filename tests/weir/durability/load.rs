//! An engine under load: eight senders that pipeline, two receivers, and the checker over all of it.
//!
//! The senders note each AA they have received. Whoever started the load does something terrible to the engine; it
//! starts again over what is on disk, delivers what is owed, and the checker compares.

use std::io::Write;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::thread::JoinHandle;

use super::checker::{self, Acknowledged, Arrivals, Id};
use crate::harness::{Answer, Engine, PATIENCE, Receiver, Sender, Site, adt, control_id, field, weir};

const SENDERS: usize = 8;
/// The default of `unsettled_max`.
pub(super) const DUPLICATES_MAX: usize = 64;
/// How many messages a sender may have sent before it reads the first reply; one is drawn for each burst.
const DEPTHS: [u64; 6] = [1, 1, 2, 8, 32, 64];

pub(super) fn times(variable: &str, otherwise: u64) -> u64 {
    std::env::var(variable).map_or(otherwise, |times| times.parse().unwrap())
}

pub(super) fn seeded() -> fastrand::Rng {
    let seed = std::env::var("WEIR_SEED").map_or_else(|_| fastrand::u64(..), |seed| seed.parse().unwrap());
    println!("WEIR_SEED={seed}");
    fastrand::Rng::with_seed(seed)
}

/// What a round came to.
pub(super) struct Round {
    pub(super) acknowledged: usize,
    pub(super) arrivals: usize,
    pub(super) verdict: checker::Verdict,
}

/// What the senders share.
struct Shared {
    numbers: AtomicU64,
    stop: AtomicBool,
    acknowledged: Mutex<Acknowledged>,
    more: Condvar,
}

/// An engine under load: eight senders, one receiver that takes what comes, one that is away in every other round.
pub(super) struct Load {
    place: PathBuf,
    /// What the site file says beside listeners, destinations and routes.
    settings: &'static str,
    pub(super) engine: Engine,
    steady: Receiver,
    shaky: Receiver,
    is_away: Arc<AtomicBool>,
    shared: Arc<Shared>,
    senders: Vec<JoinHandle<()>>,
}

/// The key of a store that is encrypted, beside it.
pub(super) const KEY: &str = "weir.key";

impl Load {
    pub(super) fn start(place: &Path, random: &mut fastrand::Rng, round: u64) -> Load {
        Load::start_under(&[], "", place, random, round)
    }

    /// The same by another program, and with more in the engine's section of the site file.
    pub(super) fn start_under(
        under: &[&str],
        settings: &'static str,
        place: &Path,
        random: &mut fastrand::Rng,
        round: u64,
    ) -> Load {
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
        let receivers = [("steady", steady.address()), ("shaky", shaky.address())];
        let engine = site(place, settings, receivers).start_under(under);
        let shared = Arc::new(Shared {
            numbers: AtomicU64::new(round * 1_000_000),
            stop: AtomicBool::new(false),
            acknowledged: Mutex::default(),
            more: Condvar::new(),
        });
        let senders = (0..SENDERS)
            .map(|source| {
                let (address, shared, random) = (engine.listener("in"), Arc::clone(&shared), random.fork());
                std::thread::spawn(move || send(source, address, &shared, random))
            })
            .collect();
        Load {
            place: place.to_owned(),
            settings,
            engine,
            steady,
            shaky,
            is_away,
            shared,
            senders,
        }
    }

    /// Waits until so many messages more are acknowledged.
    pub(super) fn wait_for_more(&self, count: usize) {
        let acknowledged = self.shared.acknowledged.lock().unwrap();
        let enough = acknowledged.len() + count;
        let (_acknowledged, waited) = self
            .shared
            .more
            .wait_timeout_while(acknowledged, PATIENCE, |acknowledged| acknowledged.len() < enough)
            .unwrap();
        assert!(!waited.timed_out(), "the load has stopped");
    }

    /// Ends the engine by `fault`, brings the disk back by `mend`, starts again, and judges when all is delivered.
    pub(super) fn end(self, fault: impl FnOnce(Engine), mend: impl FnOnce()) -> Round {
        fault(self.engine);
        self.shared.stop.store(true, Ordering::SeqCst);
        for sender in self.senders {
            sender.join().unwrap();
        }
        // Every AA, up to the last one: none may leave after a barrier that failed.
        let acknowledged = std::mem::take(&mut *self.shared.acknowledged.lock().unwrap());
        mend();
        self.is_away.store(false, Ordering::SeqCst);
        let receivers = [("steady", self.steady.address()), ("shaky", self.shaky.address())];
        let engine = site(&self.place, self.settings, receivers).start();
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

fn site(place: &Path, settings: &str, receivers: [(&str, SocketAddr); 2]) -> Site {
    Site::write(place, &format!("{settings}{}", Site::forwarding_yaml(&receivers)))
}

/// One sending system: bursts of a random depth over one connection, until that ends or it is told to stop.
fn send(source: usize, address: SocketAddr, shared: &Shared, mut random: fastrand::Rng) {
    let mut sender = Sender::connect(address);
    while !shared.stop.load(Ordering::SeqCst) {
        let depth = DEPTHS[random.usize(..DEPTHS.len())];
        let first = shared.numbers.fetch_add(depth, Ordering::SeqCst);
        for number in first..first + depth {
            // What was sent before the connection broke may have been answered.
            if sender.send(&message(source, number, &mut random)).is_err() {
                break;
            }
        }
        for number in first..first + depth {
            let Some(reply) = sender.reply() else { return };
            assert_eq!(field(&reply, "MSA", 2), format!("{source}-{number}"));
            // While the disk is going away, a message is refused and not noted.
            if field(&reply, "MSA", 1) == "AA" {
                let mut acknowledged = shared.acknowledged.lock().unwrap();
                acknowledged.note((source, number), &["steady", "shaky"]);
                shared.more.notify_one();
            }
        }
    }
}

/// Whether there is `strace`; or a word on what is left out without it, past the capture of test output.
pub(super) fn strace_or_word(what: &str) -> bool {
    let is_there = Command::new("strace").arg("-V").output().is_ok();
    if !is_there {
        let word = format!("NOT TRIED: {what} need strace\n");
        std::io::stderr().write_all(word.as_bytes()).unwrap();
    }
    is_there
}

/// Every record is whole, in the archive too, nothing waits, and the account of the outbox balances.
pub(super) fn assert_balances(place: &Path) {
    let key: &[&str] = if place.join(KEY).exists() {
        &["--key", KEY]
    } else {
        &[]
    };
    let archive = ["archive", "verify", "--data", "data"];
    let (status, out, err) = weir(place, &[&archive, key].concat(), b"");
    assert_eq!((status, err.as_str()), (0, ""), "{out}");
    let (status, out, err) = weir(place, &[&["verify", "--data", "data"], key].concat(), b"");
    assert_eq!((status, err.as_str()), (0, ""), "{out}");
    assert!(out.contains("the account balances"), "{out}");
    let waiting = out.lines().find_map(|line| line.strip_prefix("waiting"));
    assert_eq!(waiting.map(str::trim), Some("0"), "{out}");
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
