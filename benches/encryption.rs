//! What encryption at rest costs the running engine: accepted and delivered messages a second with it, beside without.
//!
//! `cargo bench --bench encryption`. The same load from socket to receiver with and without a key, with and without an
//! archive, each a few times in turn, so that the machine's other work falls on all alike: medians, and the ratio of
//! each pair. With an archive it is also told when that has everything.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::cast_precision_loss,
    missing_docs,
    reason = "a bench fails by panicking, prints what it measures, and uses a part of the common tools"
)]

mod loopback;

use std::process::Command;
use std::time::{Duration, Instant};

use loopback::{Engine, Receiver, folder, load, median, one_lane};

const MESSAGE_BYTES: usize = 1_024;
const SENDERS: u64 = 64;
const MESSAGES: u64 = 30_000;
const ROUNDS: usize = 5;

/// Messages a second: accepted, delivered, and in the archive with what became of them (zero without one).
async fn run(archive: bool, key: bool) -> [f64; 3] {
    let receiver = Receiver::start();
    let folder = folder();
    let engine = Engine::start_with(folder.path(), &one_lane(receiver.address, archive), |section| {
        if !key {
            return section;
        }
        let made = Command::new(env!("CARGO_BIN_EXE_weir"))
            .args(["key", "new", "weir.key"])
            .current_dir(folder.path())
            .output();
        assert!(made.unwrap().status.success());
        section.replacen(
            "engine: {",
            "engine: { encryption: { key: { file: ../weir.key } },",
            1,
        )
    });
    let started = Instant::now();
    let seconds = load(engine.listener("in"), SENDERS, MESSAGES, MESSAGE_BYTES)
        .await
        .seconds;
    receiver.wait_for(MESSAGES).await;
    let delivered = started.elapsed().as_secs_f64();
    // Of each message what came in, the attempt, and the end.
    while archive && engine.metric("weir_archive_notes_total") < (3 * MESSAGES) as f64 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let archived = if archive {
        MESSAGES as f64 / started.elapsed().as_secs_f64()
    } else {
        0.0
    };
    [MESSAGES as f64 / seconds, MESSAGES as f64 / delivered, archived]
}

async fn measure() {
    println!("{MESSAGES} messages of {MESSAGE_BYTES} bytes from {SENDERS} senders, medians of {ROUNDS}");
    println!("archive | key | accepted/s | delivered/s | archived/s");
    for archive in [false, true] {
        let mut rounds = [Vec::new(), Vec::new()];
        for _ in 0..ROUNDS {
            rounds[0].push(run(archive, false).await);
            rounds[1].push(run(archive, true).await);
        }
        let medians = rounds
            .map(|rounds| [0, 1, 2].map(|figure| median(rounds.iter().map(|round| round[figure]).collect())));
        for (key, [accepted, delivered, archived]) in ["no", "yes"].iter().zip(medians) {
            let archive = if archive { "on" } else { "off" };
            println!("{archive:>7} | {key:>3} | {accepted:>10.0} | {delivered:>11.0} | {archived:>10.0}");
        }
        let [plain, sealed] = medians;
        let ratio = |figure: usize| sealed[figure] / plain[figure];
        print!("ratio: accepted {:.2}, delivered {:.2}", ratio(0), ratio(1));
        if archive {
            print!(", archived {:.2}", ratio(2));
        }
        println!();
    }
}

fn main() {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap()
        .block_on(measure());
}
