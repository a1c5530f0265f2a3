//! A destination that is away for long: what a backlog costs in memory, disk, restart and draining, and what it
//! costs the sender and the destination beside it.
//!
//! `cargo bench --bench backlog -- 1000000` queues so many messages of 2 KB; it ends itself after an hour.
//! Every message goes to two destinations; one is away. A second weir without that destination runs beside, and
//! the same load goes to both by turns, so that what else the machine does shows in both. Restarting is after
//! SIGKILL, with what the kernel still holds of the file in memory.
//! The files lie where `WEIR_BENCH_FOLDER` says, or where temporary files do.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::cast_precision_loss,
    missing_docs,
    reason = "a bench fails by panicking and prints what it measures"
)]

mod loopback;

use std::net::SocketAddr;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use loopback::{Away, Engine, Receiver, count, folder, load, median, milliseconds, percentile};

/// As many as are promised.
const MESSAGES: u64 = 1_000_000;
const MESSAGE_BYTES: usize = 2_048;
const SENDERS: u64 = 32;
const TIME_MAX: Duration = Duration::from_secs(60 * 60);

/// Turns of the load that is measured, and what is sent in each.
const TURNS: usize = 9;
const TURN_MESSAGES: u64 = 10_000;
const TURN_SENDERS: u64 = 8;

fn site(well: SocketAddr, away: Option<SocketAddr>) -> String {
    let listener = |name| {
        format!("  {name}: {{ mllp: {{ bind: \"127.0.0.1:0\", connections_per_address_max: 64 }} }}\n")
    };
    let second = away.map(|_| listener("both")).unwrap_or_default();
    let away = away.map(|address| {
        (
            format!(
                "  away: {{ mllp: {{ address: \"{address}\" }}, retry: {{ first: 100ms, longest: 1s }} }}\n"
            ),
            "  to-both: { from: both, to: [well, away] }\n",
        )
    });
    let (away, to_both) = away.unwrap_or_default();
    format!(
        "listeners:\n{}{second}destinations:\n  well: {{ mllp: {{ address: \"{well}\" }} }}\n{away}\
         routes:\n  to-one: {{ from: one, to: [well] }}\n{to_both}",
        listener("one"),
    )
}

/// A weir and the receiver of its destination that is well.
struct Side<'a> {
    engine: &'a Engine,
    well: &'a Receiver,
}

/// The load that only the destination that is well gets, by turns through a weir without and one with a backlog.
async fn beside(without: Side<'_>, with: Side<'_>) {
    let (mut p99, mut rate) = ([vec![], vec![]], [vec![], vec![]]);
    for _ in 0..TURNS {
        for (index, Side { engine, well }) in [&without, &with].into_iter().enumerate() {
            let before = well.arrived.load(Ordering::SeqCst);
            let mut loaded = load(engine.listener("one"), TURN_SENDERS, TURN_MESSAGES, MESSAGE_BYTES).await;
            p99[index].push(milliseconds(percentile(&mut loaded.latencies, 99)));
            rate[index].push(TURN_MESSAGES as f64 / loaded.seconds);
            // What one has still to deliver is no burden of the other.
            well.wait_for(before + TURN_MESSAGES).await;
        }
    }
    let ([without, with], [rate_without, rate_with]) = (p99.map(median), rate.map(median));
    println!(
        "p99 of acknowledgments beside it: {with:.2} ms, without it {without:.2} ms: {:.2}x (aim: at most 1.5x)",
        with / without
    );
    println!(
        "accepted beside it: {rate_with:.0}/s, without it {rate_without:.0}/s: {:.2}x (aim: at least 0.9x)",
        rate_with / rate_without
    );
}

fn told_memory(when: &str, engine: &Engine) {
    let (now, highest) = engine.resident_mib();
    println!("resident {when}: {now} MiB, at the highest {highest} MiB (aim: under 256 MiB)");
}

async fn measure(messages: u64) {
    let (well, lonely, away) = (Receiver::start(), Receiver::start(), Away::new());
    let (folder, beside_folder) = (folder(), folder());
    let without = Engine::start(beside_folder.path(), &site(lonely.address, None));
    let engine = Engine::start(folder.path(), &site(well.address, Some(away.address())));
    told_memory("when idle", &engine);

    let mut loaded = load(engine.listener("both"), SENDERS, messages, MESSAGE_BYTES).await;
    well.wait_for(messages).await;
    println!(
        "queued {messages} messages of {MESSAGE_BYTES} bytes at {:.0}/s, p99 {:.2} ms, delivered to the other meanwhile",
        messages as f64 / loaded.seconds,
        milliseconds(percentile(&mut loaded.latencies, 99))
    );
    told_memory("with the backlog", &engine);
    let queued = messages as f64 * MESSAGE_BYTES as f64;
    println!(
        "on disk: {:.2} bytes per byte queued (aim: under 1.6)",
        engine.disk_bytes() as f64 / queued
    );
    let without = Side {
        engine: &without,
        well: &lonely,
    };
    let with = Side {
        engine: &engine,
        well: &well,
    };
    beside(without, with).await;

    drop(engine);
    let engine = Engine::start_again(folder.path());
    println!(
        "listening {:.2} s after a start from a kill (aim: under 10 s)",
        engine.started_in.as_secs_f64()
    );
    told_memory("after the restart", &engine);

    let back = away.come_back();
    back.wait_for(1).await;
    let started = Instant::now();
    back.wait_for(messages).await;
    println!(
        "drained at {:.0}/s (aim: at least 5000/s)",
        messages as f64 / started.elapsed().as_secs_f64()
    );
    told_memory("after draining", &engine);
}

fn main() {
    let Some(messages) = count("backlog", MESSAGES) else {
        return;
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let done = runtime
        .unwrap()
        .block_on(async { tokio::time::timeout(TIME_MAX, measure(messages)).await });
    assert!(done.is_ok(), "not done within {TIME_MAX:?}");
}
