//! How fast messages go through the outbox: accepted, durable, settled; beside a bare file on the same disk.
//!
//! `cargo bench --bench outbox`. Each round offers a batch of messages of 1 KB at once, waits until all are
//! durable, settles them and goes on; the same with an encrypted outbox; the file gets the same bytes in one append and one `fdatasync` a round.
//! The files lie under the target folder, or where `WEIR_BENCH_FOLDER` says: on the disk that matters. Syncs are
//! counted, so that the figures can be carried over to a disk whose sync costs something else.
#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a bench asks for the time and prints what it measured"
)]

use std::{
    fs::File,
    io::Write,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use bytes::Bytes;
use weir::durable;
use weir::outbox::{Acceptance, BodyRef, Charsets, Entry, Outbox, Outcome, Sequence, Settings, Settlement};
use weir::seal::OperatorKey;
use weir::secret::SecretPlace;

const MESSAGE_BYTES: usize = 1_024;
const BATCHES: [usize; 4] = [1, 8, 64, 512];
const EACH: Duration = Duration::from_secs(3);
const DESTINATION: &str = "lab";

/// What was done in how much time with how many syncs.
struct Measured {
    items: usize,
    syncs: u64,
    took: Duration,
}

impl Measured {
    #[expect(clippy::cast_precision_loss, reason = "figures for people")]
    fn per_second(&self) -> f64 {
        self.items as f64 / self.took.as_secs_f64()
    }

    #[expect(clippy::cast_precision_loss, reason = "figures for people")]
    fn syncs_per_message(&self) -> f64 {
        self.syncs as f64 / self.items as f64
    }
}

fn main() {
    let under = std::env::var_os("WEIR_BENCH_FOLDER")
        .map_or_else(|| PathBuf::from(env!("CARGO_TARGET_TMPDIR")), PathBuf::from);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    println!(
        "messages of {MESSAGE_BYTES} bytes, {} s each, in {}",
        EACH.as_secs(),
        under.display()
    );
    let key = under.join("bench.key");
    let made = OperatorKey::generate().expect("random numbers");
    durable::replace(&key, made.text().as_bytes()).expect("a folder to write in");
    let encrypted = Settings {
        key: Some(SecretPlace::File(key)),
        ..Settings::default()
    };
    println!(
        "batch    outbox/s  syncs/msg  encrypted/s  encrypted:outbox      file/s  syncs/msg  outbox:file"
    );
    for batch in BATCHES {
        let folder = tempfile::tempdir_in(&under).expect("a folder to write in");
        let file = file(folder.path(), batch);
        let plain = runtime.block_on(outbox(&folder.path().join("outbox"), &Settings::default(), batch));
        let sealed = runtime.block_on(outbox(&folder.path().join("encrypted"), &encrypted, batch));
        println!(
            "{batch:5} {:11.0} {:10.3} {:12.0} {:17.2} {:11.0} {:10.3} {:12.2}",
            plain.per_second(),
            plain.syncs_per_message(),
            sealed.per_second(),
            sealed.per_second() / plain.per_second(),
            file.per_second(),
            file.syncs_per_message(),
            plain.per_second() / file.per_second(),
        );
    }
}

async fn outbox(folder: &Path, settings: &Settings, batch: usize) -> Measured {
    let outbox = Outbox::open(folder, settings).expect("a new outbox");
    let raw = Bytes::from(vec![b'x'; MESSAGE_BYTES]);
    let start = Instant::now();
    let mut items = 0;
    while start.elapsed() < EACH {
        let mut pending = Vec::with_capacity(batch);
        for _ in 0..batch {
            pending.push(
                outbox
                    .offer(acceptance(raw.clone()))
                    .await
                    .expect("the outbox is open"),
            );
        }
        for pending in pending {
            settle(&outbox, pending.await.expect("the outbox is open").first).await;
        }
        items += batch;
    }
    let (took, syncs) = (start.elapsed(), outbox.counts().barriers);
    outbox.close().await;
    Measured { items, syncs, took }
}

fn acceptance(raw: Bytes) -> Acceptance {
    Acceptance {
        received_at: jiff::Timestamp::UNIX_EPOCH,
        listener: "adt".into(),
        control_id: Bytes::from_static(b"MSG00001"),
        site_version: "0123456789abcdef".into(),
        charsets: Charsets::default(),
        raw,
        results: Vec::new(),
        deliveries: vec![Entry {
            destination: DESTINATION.into(),
            body: BodyRef::Raw,
        }],
        dead: Vec::new(),
        window: None,
        instead_of: None,
        told: None,
        link: None,
    }
}

async fn settle(outbox: &Outbox, sequence: Sequence) {
    let settlement = Settlement {
        destination: DESTINATION.into(),
        sequence,
        outcome: Outcome::Delivered,
    };
    outbox.settle(settlement, None).await.expect("the outbox is open");
}

fn file(folder: &Path, batch: usize) -> Measured {
    let mut file = File::create(folder.join("file")).expect("a file");
    let content = vec![b'x'; MESSAGE_BYTES * batch];
    let start = Instant::now();
    let (mut items, mut syncs) = (0, 0);
    while start.elapsed() < EACH {
        file.write_all(&content).expect("room on the disk");
        file.sync_data().expect("a disk that syncs");
        items += batch;
        syncs += 1;
    }
    Measured {
        items,
        syncs,
        took: start.elapsed(),
    }
}
