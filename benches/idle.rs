//! What weir takes when nothing comes: how soon it serves on an empty store, its memory, its share of a processor and
//! how often it wakes up; with archive, console and the watch for alerts, as every site has them.
//!
//! `cargo bench --bench idle -- 30` looks for so many seconds; without a number it is left out.
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

use std::time::Duration;

use loopback::{Engine, Receiver, count, folder, median, milliseconds, one_lane};

const STARTS: usize = 5;
/// What a start leaves to do is not idleness.
const SETTLING: Duration = Duration::from_secs(5);

async fn measure(seconds: u64) {
    let receiver = Receiver::start();
    let site = one_lane(receiver.address, true);
    let mut starts = Vec::new();
    for _ in 0..STARTS {
        let folder = folder();
        starts.push(milliseconds(Engine::start(folder.path(), &site).started_in));
    }
    let folder = folder();
    let engine = Engine::start(folder.path(), &site);
    tokio::time::sleep(SETTLING).await;
    let before = engine.busy();
    tokio::time::sleep(Duration::from_secs(seconds)).await;
    let after = engine.busy();
    let (now, highest) = engine.resident_mib();
    println!(
        "serving after {:.0} ms on an empty store, median of {STARTS}",
        median(starts)
    );
    println!("{now} MiB resident when idle, {highest} at the highest");
    println!(
        "{:.2} % of a processor and {:.0} wakes a second over {seconds} s",
        100.0 * (after.seconds - before.seconds) / seconds as f64,
        (after.wakes - before.wakes) as f64 / seconds as f64
    );
    for (thread, wakes) in after.by_thread {
        let before = before.by_thread.get(&thread).copied().unwrap_or(0);
        println!(
            "  {:>6.1} wakes a second: {thread}",
            (wakes - before) as f64 / seconds as f64
        );
    }
}

fn main() {
    let Some(seconds) = count("idle", 30) else {
        return;
    };
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap()
        .block_on(measure(seconds));
}
