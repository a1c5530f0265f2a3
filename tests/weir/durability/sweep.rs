//! The process killed at the Nth write, sync, rename or removal of each of its threads, for N from 1 until it gets
//! through.
//!
//! A random kill seldom hits the moment between two system calls that belong together; this hits each of them, from
//! the making of the store to the last watermark. `strace` does it. `WEIR_SWEEP` says how many points of each call
//! are tried, evenly spread (4): `just sweep` tries them all.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use super::checker::{self, Acknowledged, Arrivals};
use super::load::{DUPLICATES_MAX, assert_balances, id, message, strace_or_word, times};
use crate::harness::{Engine, PATIENCE, Receiver, Sender, Site, field};

/// What makes files be what they are. sled writes by `pwrite64` and `sync_file_range`, we sync by the others.
const CALLS: [&str; 6] = [
    "pwrite64",
    "sync_file_range",
    "fdatasync",
    "fsync",
    "rename",
    "unlink",
];
const SENDERS: usize = 2;
/// How many messages each sender has sent before it reads their replies, one burst after the other.
const BURSTS: [u64; 10] = [1, 2, 1, 4, 8, 1, 1, 16, 1, 2];

#[test]
fn a_kill_at_any_system_call_loses_nothing() {
    if !strace_or_word("kills at system calls") {
        return;
    }
    let points_max = times("WEIR_SWEEP", 4);
    for call in CALLS {
        let calls = calls_of_a_run(call);
        let step = usize::try_from(calls.div_ceil(points_max).max(1)).unwrap();
        let (mut killed, mut acknowledged) = (0, 0);
        for point in (1..).step_by(step) {
            match kill_at(call, point) {
                Some(count) => (killed, acknowledged) = (killed + 1, acknowledged + count),
                None => break,
            }
        }
        println!(
            "{call}: killed at {killed} points of about {calls}: {acknowledged} acknowledged, 0 lost, order kept"
        );
        // Whether a snapshot of sled is replaced and so removed is left to chance.
        assert!(killed > 0 || calls == 0, "{call}: no point was hit");
    }
}

/// How often the busiest thread makes this call in a run that nobody disturbs: strace counts by thread.
fn calls_of_a_run(call: &str) -> u64 {
    let folder = tempfile::tempdir().unwrap();
    let trace = folder.path().join("trace");
    let run = run(folder.path(), &strace(&trace, call, None));
    assert!(run.is_clean, "{call}: a run without a fault");
    let mut calls = HashMap::<_, u64>::new();
    let text = std::fs::read_to_string(trace).unwrap();
    for line in text.lines().filter(|line| line.contains(&format!(" {call}("))) {
        *calls.entry(line.split(' ').next()).or_default() += 1;
    }
    calls.into_values().max().unwrap_or_default()
}

/// Kills it at this point of this call, starts again and judges; `None` when it got through and ended by itself.
fn kill_at(call: &str, point: usize) -> Option<usize> {
    let what = format!("killed at {call} {point}");
    let folder = tempfile::tempdir().unwrap();
    let trace = folder.path().join("trace");
    let Run {
        acknowledged,
        receiver,
        is_clean,
    } = run(folder.path(), &strace(&trace, call, Some(point)));
    let engine = site(folder.path(), receiver.address()).start();
    engine.wait_for_metric("weir_outbox_depth{destination=\"out\"}", 0.0);
    assert_eq!(engine.terminate(), 0, "{what}");
    let mut arrivals = Arrivals::default();
    for message in receiver.stop() {
        arrivals.note("out", id(&message));
    }
    let verdict = checker::check(&acknowledged, &arrivals);
    verdict.assert_holds(DUPLICATES_MAX, &what);
    assert_balances(folder.path());
    if is_clean {
        assert_eq!(verdict.duplicates(), 0, "{what}: no fault, no duplicate");
    }
    (!is_clean).then_some(acknowledged.len())
}

/// The words before `weir` that trace a call, and kill the process when one of its threads makes it this often.
fn strace(trace: &Path, call: &str, kill_at: Option<usize>) -> Vec<String> {
    let mut words = ["strace", "-D", "-f", "-qq", "-o"].map(str::to_owned).to_vec();
    words.extend([
        trace.display().to_string(),
        "-e".to_owned(),
        format!("trace={call}"),
    ]);
    if let Some(point) = kill_at {
        words.extend([
            "-e".to_owned(),
            format!("inject={call}:signal=SIGKILL:when={point}"),
        ]);
    }
    words
}

/// What became of a run.
struct Run {
    acknowledged: Acknowledged,
    receiver: Receiver,
    /// It ended by itself, after all was delivered.
    is_clean: bool,
}

fn site(folder: &Path, receiver: SocketAddr) -> Site {
    Site::write(folder, &Site::forwarding_yaml(&[("out", receiver)]))
}

/// A start, a few messages, and a stop when all of them are delivered; or until it is dead.
fn run(folder: &Path, under: &[String]) -> Run {
    let receiver = Receiver::accepting();
    let under: Vec<&str> = under.iter().map(String::as_str).collect();
    let mut acknowledged = Acknowledged::default();
    let mut is_clean = false;
    if let Ok(engine) = site(folder, receiver.address()).try_start_under(&under) {
        let listener = engine.listener("in");
        let senders: Vec<_> = (0..SENDERS)
            .map(|source| thread::spawn(move || send(source, listener)))
            .collect();
        for (source, sender) in senders.into_iter().enumerate() {
            for number in sender.join().unwrap() {
                acknowledged.note((source, number), &["out"]);
            }
        }
        is_clean = stop_when_delivered(engine, &receiver);
    }
    Run {
        acknowledged,
        receiver,
        is_clean,
    }
}

/// The numbers that were acknowledged before the connection ended.
fn send(source: usize, listener: SocketAddr) -> Vec<u64> {
    let mut random = fastrand::Rng::with_seed(7);
    let Some(mut sender) = Sender::try_connect(listener) else {
        return Vec::new();
    };
    let mut acknowledged = Vec::new();
    let mut numbers = 0..;
    for burst in BURSTS {
        let numbers: Vec<u64> = numbers.by_ref().take(usize::try_from(burst).unwrap()).collect();
        for number in &numbers {
            if sender.send(&message(source, *number, &mut random)).is_err() {
                break;
            }
        }
        for number in numbers {
            let Some(reply) = sender.reply() else {
                return acknowledged;
            };
            if field(&reply, "MSA", 1) == "AA" {
                acknowledged.push(number);
            }
        }
    }
    acknowledged
}

/// Whether it lived to deliver all and end by itself.
fn stop_when_delivered(mut engine: Engine, receiver: &Receiver) -> bool {
    let deadline = Instant::now() + PATIENCE;
    let all = usize::try_from(BURSTS.iter().sum::<u64>()).unwrap() * SENDERS;
    while engine.ended().is_none() && receiver.control_ids().len() < all {
        assert!(Instant::now() < deadline, "neither dead nor done");
        // Neither of the two can be awaited together with the other.
        thread::sleep(Duration::from_millis(5));
    }
    // One that has died since and is not waited for keeps its number: no other process gets the signal.
    if engine.ended().is_none() {
        engine.signal("TERM");
    }
    engine.end().success()
}
