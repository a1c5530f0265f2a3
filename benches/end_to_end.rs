//! From a sender's socket to a receiver's, over loopback: the same senders straight to the receiver, and through
//! weir with one lane, in the same run.
//!
//! `cargo bench --bench end_to_end`. Prints messages a second accepted (acknowledged to the sender) and delivered
//! (arrived at the receiver), syncs of the disk per message, the time from sending to arrival when idle, and
//! resident memory. The machine's other work shows in every figure: compare within a run.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::cast_precision_loss,
    missing_docs,
    reason = "a bench fails by panicking and prints what it measures"
)]

mod loopback;

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use loopback::{Engine, Receiver, Sender, folder, frame, load, median, one_lane};

/// The fixture as it is.
const MESSAGE_BYTES: usize = 1_024;

/// The median time from sending to arrival at the receiver, one message at a time with pauses.
async fn idle_latency(engine: &Engine, receiver: &Receiver) -> Duration {
    let mut sender = Sender::connect(engine.listener("in")).await;
    let mut times = Vec::new();
    for number in 0..200 {
        let before = receiver.arrived.load(Ordering::SeqCst);
        let frame = frame(number, MESSAGE_BYTES);
        let started = Instant::now();
        let (_, arrived) = tokio::join!(sender.exchange(&frame), async {
            receiver.wait_for(before + 1).await;
            started.elapsed()
        });
        times.push(arrived);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    times.sort();
    times[times.len() / 2]
}

async fn measure() {
    println!("senders | straight/s | accepted/s | delivered/s | accepted:straight | syncs/message");
    for (senders, total) in [(1, 5_000), (8, 30_000), (64, 60_000)] {
        let (mut straight, mut accepted, mut delivered, mut syncs) = (vec![], vec![], vec![], vec![]);
        for _ in 0..3 {
            let receiver = Receiver::start();
            straight.push(
                total as f64
                    / load(receiver.address, senders, total, MESSAGE_BYTES)
                        .await
                        .seconds,
            );
            let receiver = Receiver::start();
            let folder = folder();
            let engine = Engine::start(folder.path(), &one_lane(receiver.address, true));
            let started = Instant::now();
            accepted.push(
                total as f64
                    / load(engine.listener("in"), senders, total, MESSAGE_BYTES)
                        .await
                        .seconds,
            );
            receiver.wait_for(total).await;
            delivered.push(total as f64 / started.elapsed().as_secs_f64());
            syncs.push(engine.metric("weir_outbox_commits_total") / total as f64);
        }
        let [straight, accepted, delivered, syncs] = [straight, accepted, delivered, syncs].map(median);
        let ratio = accepted / straight;
        println!(
            "{senders:>7} | {straight:>10.0} | {accepted:>10.0} | {delivered:>11.0} | {ratio:>17.2} | {syncs:>6.2}"
        );
    }
    let receiver = Receiver::start();
    let folder = folder();
    let engine = Engine::start(folder.path(), &one_lane(receiver.address, true));
    let (idle, _) = engine.resident_mib();
    println!(
        "started and listening in {:.0} ms, {idle} MiB resident when idle",
        engine.started_in.as_secs_f64() * 1e3
    );
    let latency = idle_latency(&engine, &receiver).await;
    println!(
        "from sending to arrival when idle, median: {:.2} ms",
        latency.as_secs_f64() * 1e3
    );
    load(engine.listener("in"), 64, 60_000, MESSAGE_BYTES).await;
    println!(
        "after 60,000 messages from 64 senders: {} MiB resident at the highest",
        engine.resident_mib().1
    );
}

fn main() {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap()
        .block_on(measure());
}
