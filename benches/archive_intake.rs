//! What keeping an archive costs whoever sends: messages a second through the running engine, with an archive and
//! without, round after round in one run.
//!
//! `cargo bench --bench archive_intake -- 60000`: so many messages in each round, from 64 senders at once; without a
//! number it is left out. Prints the median of the rounds, their ratio, and how long the archive needed for the rest
//! when the last message was acknowledged. The machine's other work shows in every figure: compare within a run.
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

use std::time::{Duration, Instant};

use loopback::{Engine, Receiver, count, folder, load, median, one_lane};

const MESSAGE_BYTES: usize = 1_024;
const SENDERS: u64 = 64;
const ROUNDS: usize = 5;
/// Of each message the archive is told that it came, that it was tried, and that it has ended.
const NOTES_OF_A_MESSAGE: u64 = 3;
/// Between two looks at how far the archive is.
const PAUSE: Duration = Duration::from_millis(20);

/// Messages a second that were acknowledged, and how many seconds later the archive had all of them.
async fn round(total: u64, has_archive: bool) -> (f64, f64) {
    let receiver = Receiver::start();
    let folder = folder();
    let engine = Engine::start(folder.path(), &one_lane(receiver.address, has_archive));
    let loaded = load(engine.listener("in"), SENDERS, total, MESSAGE_BYTES).await;
    let sent = Instant::now();
    receiver.wait_for(total).await;
    let notes = (total * NOTES_OF_A_MESSAGE) as f64;
    while has_archive && engine.metric("weir_archive_notes_total") < notes {
        tokio::time::sleep(PAUSE).await;
    }
    (total as f64 / loaded.seconds, sent.elapsed().as_secs_f64())
}

async fn measure(total: u64) {
    let (mut with, mut without, mut behind) = (Vec::new(), Vec::new(), Vec::new());
    for number in 0..ROUNDS {
        // Neither is always the first.
        for has_archive in [number % 2 == 0, number % 2 != 0] {
            let (rate, rest) = round(total, has_archive).await;
            if has_archive {
                with.push(rate);
                behind.push(rest);
            } else {
                without.push(rate);
            }
        }
    }
    println!("without an archive {without:.0?}\nwith an archive    {with:.0?}");
    let [with, without, behind] = [with, without, behind].map(median);
    println!(
        "{total} messages of {MESSAGE_BYTES} bytes from {SENDERS} senders, median of {ROUNDS}: {without:.0} a second \
         without an archive, {with:.0} with one, {:.0} %; the archive had all of them {behind:.2} s after the last",
        100.0 * with / without
    );
}

fn main() {
    let Some(total) = count("archive_intake", 60_000) else {
        return;
    };
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap()
        .block_on(measure(total));
}
