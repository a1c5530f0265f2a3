//! What keeping an archive costs whoever sends: messages a second through the running engine, with an archive and
//! without, round after round in one run; and how much of a processor weir needs for each message until the archive has
//! it, which other work on the machine changes less.
//!
//! `cargo bench --bench archive_intake -- 60000`: so many messages in each round; without a number it is left out. Once
//! from 4 senders, where each waits for its answer most of the time, and once from 64, where two processors have no time
//! left. Prints the medians of the rounds, their ratio, and how long the archive needed for the rest when the last
//! message was acknowledged.
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
const SENDERS: [u64; 2] = [4, 64];
const ROUNDS: usize = 5;
/// Of each message the archive is told that it came, that it was tried, and that it has ended.
const NOTES_OF_A_MESSAGE: u64 = 3;
/// Between two looks at how far the archive is.
const PAUSE: Duration = Duration::from_millis(20);

/// What a round has shown.
struct Round {
    /// Messages a second that were acknowledged.
    rate: f64,
    /// Seconds after the last of them until all were delivered and in the archive.
    rest: f64,
    /// Microseconds of a processor for each message.
    work: f64,
}

async fn round(total: u64, senders: u64, has_archive: bool) -> Round {
    let receiver = Receiver::start();
    let folder = folder();
    let engine = Engine::start(folder.path(), &one_lane(receiver.address, has_archive));
    let before = engine.busy().seconds;
    let loaded = load(engine.listener("in"), senders, total, MESSAGE_BYTES).await;
    let sent = Instant::now();
    receiver.wait_for(total).await;
    let notes = (total * NOTES_OF_A_MESSAGE) as f64;
    while has_archive && engine.metric("weir_archive_notes_total") < notes {
        tokio::time::sleep(PAUSE).await;
    }
    Round {
        rate: total as f64 / loaded.seconds,
        rest: sent.elapsed().as_secs_f64(),
        work: 1e6 * (engine.busy().seconds - before) / total as f64,
    }
}

async fn measure(total: u64, senders: u64) {
    let (mut with, mut without) = (Vec::new(), Vec::new());
    for number in 0..ROUNDS {
        // Neither is always the first.
        for has_archive in [number % 2 == 0, number % 2 != 0] {
            let rounds = if has_archive { &mut with } else { &mut without };
            rounds.push(round(total, senders, has_archive).await);
        }
    }
    let of = |rounds: &[Round], figure: fn(&Round) -> f64| median(rounds.iter().map(figure).collect());
    let rates = [&without, &with].map(|rounds| of(rounds, |round| round.rate));
    let work = [&without, &with].map(|rounds| of(rounds, |round| round.work));
    println!(
        "{total} messages of {MESSAGE_BYTES} bytes from {senders} senders, median of {ROUNDS}: {:.0} a second without an \
         archive, {:.0} with one, {:.0} %; {:.0} and {:.0} µs of a processor each; the archive had all of them {:.2} s \
         after the last",
        rates[0],
        rates[1],
        100.0 * rates[1] / rates[0],
        work[0],
        work[1],
        of(&with, |round| round.rest),
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
        .block_on(async {
            for senders in SENDERS {
                measure(total, senders).await;
            }
        });
}
