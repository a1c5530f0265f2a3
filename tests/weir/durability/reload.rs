//! Reloads under load: nothing that was acknowledged is lost, doubled or out of order.
//!
//! Eight senders pipeline messages, each over its own connection, and open another when theirs is closed. Meanwhile
//! the site is changed and reloaded: routes, a destination's settings, a destination that comes and goes, a
//! listener's settings, its address, and now and then a site that is wrong. `WEIR_RELOADS` says how often (20),
//! `WEIR_SEED` repeats a run.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::thread::JoinHandle;

use super::checker::{self, Acknowledged, Arrivals};
use super::load::{id, message, seeded, times};
use crate::harness::{Answer, PATIENCE, Receiver, Sender, Site, field};

const SENDERS: usize = 8;
/// Messages sent before the first of their replies is read.
const PIPELINE: usize = 4;

#[test]
fn reloads_under_load_lose_double_and_reorder_nothing() {
    let mut random = seeded();
    let is_away = Arc::new(AtomicBool::new(false));
    let away = Arc::clone(&is_away);
    let [steady, shaky, passing] = [
        Receiver::accepting(),
        Receiver::scripted(move |_, _| {
            if away.load(Ordering::SeqCst) {
                Answer::Away
            } else {
                Answer::Code("AA")
            }
        }),
        Receiver::accepting(),
    ];
    let receivers = [&steady, &shaky, &passing].map(Receiver::address);
    let site = Site::new(&yaml(0, receivers));
    let engine = site.start();
    let load = Load::start(engine.listener("in"), &mut random);
    let reloads = times("WEIR_RELOADS", 20);
    let mut outcomes = [0; 2];
    for round in 1..=reloads {
        is_away.store(round % 7 < 3, Ordering::SeqCst);
        load.wait_for_more(random.usize(1..60));
        site.rewrite(&yaml(round, receivers));
        let (status, out, err) = site.reload();
        assert_eq!(status, i32::from(is_wrong(round)), "round {round}: {out}{err}");
        outcomes[usize::from(is_wrong(round))] += 1;
        load.go_to(site.listener("in"));
    }
    is_away.store(false, Ordering::SeqCst);
    let acknowledged = load.end();
    for destination in ["steady", "shaky", "passing"] {
        engine.wait_for_metric(
            &format!("weir_outbox_depth{{destination=\"{destination}\"}}"),
            0.0,
        );
        let total = |what: &str| {
            engine.metric(&format!(
                "weir_deliveries_{what}_total{{destination=\"{destination}\"}}"
            ))
        };
        assert!(
            (total("owed") - total("delivered")).abs() < f64::EPSILON,
            "{destination}"
        );
    }
    assert_eq!(engine.terminate(), 0);
    let mut arrivals = Arrivals::default();
    let mut count = 0;
    for (destination, receiver) in [("steady", steady), ("shaky", shaky), ("passing", passing)] {
        for message in receiver.stop() {
            arrivals.note(destination, id(&message));
            count += 1;
        }
    }
    let verdict = checker::check(&acknowledged, &arrivals);
    let [applied, refused] = outcomes;
    println!(
        "{reloads} reloads ({applied} applied, {refused} refused): {} acknowledged, {count} arrivals, {} lost, {} doubled, {} out of order",
        acknowledged.len(),
        verdict.lost.len(),
        verdict.duplicates(),
        verdict.order_breaks.len()
    );
    assert!(acknowledged.len() > 0, "no load, nothing shown");
    verdict.assert_holds(0, &"reloads under load");
}

/// The site of a round.
fn yaml(round: u64, [steady, shaky, passing]: [SocketAddr; 3]) -> String {
    let host = if round % 10 >= 5 { "127.0.0.2" } else { "127.0.0.1" };
    let idle = if round % 4 == 3 { "50m" } else { "1h" };
    let retry = if round % 3 == 2 { "20ms" } else { "10ms" };
    let mut yaml = format!(
        "listeners:\n  in: {{ mllp: {{ bind: \"{host}:0\", idle_timeout: {idle} }} }}\ndestinations:\n"
    );
    let mut destinations = vec![("steady", steady), ("shaky", shaky)];
    if round % 2 == 1 {
        destinations.push(("passing", passing));
    }
    for (name, address) in &destinations {
        writeln!(
            yaml,
            "  {name}: {{ mllp: {{ address: \"{address}\" }}, retry: {{ first: {retry}, longest: 100ms }}, on_remove: drain }}"
        )
        .unwrap();
    }
    let names: Vec<_> = destinations.iter().map(|(name, _)| *name).collect();
    let step = if is_wrong(round) { "sett" } else { "set" };
    write!(
        yaml,
        "routes:\n  all: {{ from: in, to: [{}], steps: [ {{ {step}: {{ MSH-6: R{round} }} }} ] }}\n",
        names.join(", ")
    )
    .unwrap();
    yaml
}

fn is_wrong(round: u64) -> bool {
    round % 9 == 8
}

/// What senders and test share.
struct Shared {
    address: Mutex<SocketAddr>,
    stop: AtomicBool,
    acknowledged: Mutex<Acknowledged>,
    more: Condvar,
}

struct Load {
    shared: Arc<Shared>,
    senders: Vec<JoinHandle<()>>,
}

impl Load {
    fn start(address: SocketAddr, random: &mut fastrand::Rng) -> Load {
        let shared = Arc::new(Shared {
            address: Mutex::new(address),
            stop: AtomicBool::new(false),
            acknowledged: Mutex::default(),
            more: Condvar::new(),
        });
        let senders = (0..SENDERS)
            .map(|source| {
                let (shared, random) = (Arc::clone(&shared), random.fork());
                std::thread::spawn(move || send(source, &shared, random))
            })
            .collect();
        Load { shared, senders }
    }

    /// Waits until so many messages more are acknowledged.
    fn wait_for_more(&self, count: usize) {
        let acknowledged = self.shared.acknowledged.lock().unwrap();
        let enough = acknowledged.len() + count;
        let (_acknowledged, waited) = self
            .shared
            .more
            .wait_timeout_while(acknowledged, PATIENCE, |acknowledged| acknowledged.len() < enough)
            .unwrap();
        assert!(!waited.timed_out(), "the load has stopped");
    }

    /// Where senders connect that have lost their connection.
    fn go_to(&self, address: SocketAddr) {
        *self.shared.address.lock().unwrap() = address;
    }

    fn end(self) -> Acknowledged {
        self.shared.stop.store(true, Ordering::SeqCst);
        for sender in self.senders {
            sender.join().unwrap();
        }
        std::mem::take(&mut *self.shared.acknowledged.lock().unwrap())
    }
}

/// One sending system: over connection after connection, until it is told to stop.
fn send(source: usize, shared: &Shared, mut random: fastrand::Rng) {
    let mut numbers = 0_u64..;
    while !shared.stop.load(Ordering::SeqCst) {
        let address = *shared.address.lock().unwrap();
        // It may have moved a moment ago.
        let Some(mut sender) = Sender::try_connect(address) else {
            std::thread::yield_now();
            continue;
        };
        let mut is_open = true;
        while is_open && !shared.stop.load(Ordering::SeqCst) {
            is_open = send_some(source, shared, &mut numbers, &mut sender, &mut random);
        }
    }
}

/// Sends a few messages and reads their replies; false when the connection was closed before the last.
fn send_some(
    source: usize,
    shared: &Shared,
    numbers: &mut std::ops::RangeFrom<u64>,
    sender: &mut Sender,
    random: &mut fastrand::Rng,
) -> bool {
    let numbers: Vec<u64> = numbers.take(PIPELINE).collect();
    for number in &numbers {
        if sender.send(&message(source, *number, random)).is_err() {
            break;
        }
    }
    for number in numbers {
        let Some(reply) = sender.reply() else { return false };
        assert_eq!(field(&reply, "MSA", 2), format!("{source}-{number}"));
        assert_eq!(field(&reply, "MSA", 1), "AA");
        let mut acknowledged = shared.acknowledged.lock().unwrap();
        acknowledged.note((source, number), &["steady", "shaky"]);
        shared.more.notify_one();
    }
    true
}
