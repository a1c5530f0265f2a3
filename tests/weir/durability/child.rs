//! The process under test: this test binary again, at work on an outbox.
//!
//! It offers messages of many sizes from many sources, delivers and settles them, and prints each acknowledgment
//! and each delivery. Whoever started it reads that from a pipe, does something terrible to it, and lets a second
//! one deliver what is still owed.

use std::{
    env,
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Child, ChildStdout, Command, Stdio},
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};

use bytes::Bytes;
use tokio::sync::Semaphore;
use weir::outbox::{
    Acceptance, BodyRef, Charsets, Delivery, Entry, OpenError, Outbox, Outcome, Sequence, Settings,
    Settlement,
};

use super::checker::{Acknowledged, Id};

const DESTINATIONS: [&str; 2] = ["lab", "archive"];
/// How many deliveries a destination may have unsettled, and so how many one fault may repeat.
pub(crate) const UNSETTLED_MAX: usize = 16;
/// How a child ends when its outbox has failed.
pub(crate) const FAIL_STOP: i32 = 3;

/// When a write of a child has failed that does not end: the store may hang where it should fail.
const WRITE_TIMEOUT: Duration = Duration::from_secs(30);

/// Starts a child that loads or drains the outbox in a folder, alone or under another program such as `strace`.
pub(crate) fn spawn(under: &[String], job: &str, folder: &Path, senders: usize, cut: u64) -> Child {
    let this = env::current_exe().unwrap();
    let mut command = match under {
        [] => Command::new(this),
        [program, arguments @ ..] => {
            let mut command = Command::new(program);
            command.args(arguments).arg(this);
            command
        }
    };
    command
        .args(["durability::child::child", "--exact", "--nocapture"])
        .env("WEIR_CHILD_JOB", job)
        .env("WEIR_CHILD_FOLDER", folder)
        .env("WEIR_CHILD_SENDERS", senders.to_string())
        .env("WEIR_CHILD_CUT", cut.to_string())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Acknowledgments, and arrivals in order.
pub(crate) type Gathered = (Acknowledged, Vec<(String, Id)>);

/// What a child prints, as it comes.
pub(crate) struct Notes {
    gathered: Arc<Mutex<Gathered>>,
    reader: thread::JoinHandle<()>,
}

impl Notes {
    pub(crate) fn gather(stdout: ChildStdout) -> Notes {
        let gathered = Arc::new(Mutex::default());
        let into = Arc::clone(&gathered);
        let reader = thread::spawn(move || {
            let mut stdout = BufReader::new(stdout);
            let mut line = String::new();
            // A killed child may leave half a line, which counts for nothing.
            while stdout.read_line(&mut line).is_ok_and(|bytes| bytes > 0) && line.ends_with('\n') {
                note(&line, &mut into.lock().unwrap());
                line.clear();
            }
        });
        Notes { gathered, reader }
    }

    /// What was acknowledged up to now.
    pub(crate) fn acknowledged(&self) -> Acknowledged {
        self.gathered.lock().unwrap().0.clone()
    }

    /// Everything, once the child has ended.
    pub(crate) fn at_the_end(self) -> Gathered {
        self.reader.join().unwrap();
        std::mem::take(&mut self.gathered.lock().unwrap())
    }
}

fn note(line: &str, gathered: &mut Gathered) {
    let words: Vec<&str> = line.split_whitespace().collect();
    let id = |source: &str, number: &str| (source.parse().unwrap(), number.parse().unwrap());
    match words.as_slice() {
        ["acknowledged", source, number] => gathered.0.note(id(source, number), &DESTINATIONS),
        ["arrived", destination, source, number] => {
            gathered.1.push(((*destination).to_owned(), id(source, number)));
        }
        // The test harness of the child prints, too.
        _ => assert!(!line.starts_with("altered"), "a delivery was altered: {line}"),
    }
}

/// The process that is cut, killed or made to fail. The durability tests start it and say what it is to do; in an
/// ordinary test run nobody does, and there is nothing to do.
#[test]
fn child() {
    if env::var_os("WEIR_CHILD_JOB").is_none() {
        return;
    }
    let word = |name: &str| env::var(format!("WEIR_CHILD_{name}")).expect("run by the durability tests");
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(4)
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let settings = Settings {
            write_timeout: WRITE_TIMEOUT,
            ..Settings::default()
        };
        let opened = Outbox::open(Path::new(&word("FOLDER")), &settings);
        let draining = word("JOB") == "drain";
        let outbox = match opened {
            // The cut may come while the store is made or opened.
            Err(OpenError::Io { .. }) if !draining => std::process::exit(FAIL_STOP),
            opened => opened.unwrap(),
        };
        let cut: u64 = word("CUT").parse().unwrap();
        // The second destination is mostly down while messages come in: what is delivered at once cannot be lost.
        let up = if draining || cut % 3 == 2 { 2 } else { 1 };
        let lanes: Vec<_> = DESTINATIONS[..up]
            .iter()
            .map(|name| tokio::spawn(deliver(outbox.clone(), name, draining)))
            .collect();
        if !draining {
            for name in DESTINATIONS {
                let outbox = outbox.clone();
                thread::spawn(move || read_over_and_over(&outbox, name));
            }
            for source in 0..word("SENDERS").parse().unwrap() {
                tokio::spawn(send(outbox.clone(), source, cut * 1_000_000));
            }
            outbox.failure().await;
            std::process::exit(FAIL_STOP);
        }
        for lane in lanes {
            lane.await.unwrap();
        }
        let counts = outbox.counts();
        say(&format!(
            "damage: {} missing, {} quarantined\n",
            counts.missing, counts.quarantined
        ));
        outbox.close().await;
    });
}

/// Sends until the outbox fails: some messages one by one, some several at a time.
async fn send(outbox: Outbox, source: usize, mut number: u64) {
    loop {
        let together = [1, 2, 6, 64][fastrand::usize(0..4)];
        let mut pending = Vec::new();
        for number in number..number + together {
            match outbox.offer(acceptance(source, number)).await {
                Ok(accepted) => pending.push((number, accepted)),
                Err(_) => return,
            }
        }
        for (number, accepted) in pending {
            match accepted.await {
                Ok(_) => say(&format!("acknowledged {source} {number}\n")),
                Err(_) => return,
            }
        }
        number += together;
    }
}

/// Reads all that is owed without end, as a console would. sled writes while it reads, which once tore its log.
fn read_over_and_over(outbox: &Outbox, destination: &str) {
    let mut after = None;
    while let Ok(deliveries) = outbox.next(destination, after, 50, 1 << 20) {
        after = deliveries.last().map(|delivery| delivery.sequence);
    }
}

/// Delivers in order; when draining, until nothing is owed.
async fn deliver(outbox: Outbox, destination: &'static str, draining: bool) {
    let window = Arc::new(Semaphore::new(UNSETTLED_MAX));
    let mut arrivals = outbox.arrivals(destination);
    let mut after = None;
    loop {
        arrivals.borrow_and_update();
        let Ok(deliveries) = outbox.next(destination, after, 64, 16 << 20) else {
            return;
        };
        for delivery in &deliveries {
            let hold = Arc::clone(&window).acquire_owned().await.unwrap();
            arrived(destination, delivery);
            after = Some(delivery.sequence);
            if outbox
                .settle(delivered(destination, delivery.sequence), Some(hold))
                .await
                .is_err()
            {
                return;
            }
        }
        let waits = deliveries.is_empty();
        if waits && (draining || arrivals.changed().await.is_err()) {
            return;
        }
    }
}

fn delivered(destination: &str, sequence: Sequence) -> Settlement {
    Settlement {
        destination: destination.into(),
        sequence,
        outcome: Outcome::Delivered,
    }
}

/// A body that says whose it is and how long, and is filled so that any change shows.
fn body(source: usize, number: u64, bytes: usize) -> Bytes {
    let mut body = format!("{source} {number} {bytes} ").into_bytes();
    body.resize(body.len() + bytes, filling(number));
    body.into()
}

fn filling(number: u64) -> u8 {
    b'a' + u8::try_from(number % 26).unwrap()
}

fn acceptance(source: usize, number: u64) -> Acceptance {
    let bytes = match fastrand::u32(0..1_000) {
        0..3 => fastrand::usize(500_000..5_000_000),
        3..100 => fastrand::usize(6_000..100_000),
        _ => fastrand::usize(300..3_000),
    };
    let entry = |name: &str, body| Entry {
        destination: name.into(),
        body,
    };
    // The second destination gets a body of its own, now and then.
    let results = if fastrand::bool() {
        vec![body(source, number, bytes / 2)]
    } else {
        Vec::new()
    };
    let second = if results.is_empty() {
        BodyRef::Raw
    } else {
        BodyRef::Result(0)
    };
    Acceptance {
        received_at: jiff::Timestamp::UNIX_EPOCH,
        listener: "adt".into(),
        control_id: Bytes::from(number.to_string()),
        site_version: "v".into(),
        charsets: Charsets::default(),
        raw: body(source, number, bytes),
        results,
        deliveries: vec![
            entry(DESTINATIONS[0], BodyRef::Raw),
            entry(DESTINATIONS[1], second),
        ],
        dead: Vec::new(),
        window: None,
        instead_of: None,
        told: None,
        link: None,
    }
}

fn arrived(destination: &str, delivery: &Delivery) {
    let mut parts = delivery.bytes.splitn(4, |byte| *byte == b' ');
    let mut number = || {
        parts
            .next()
            .and_then(|part| std::str::from_utf8(part).ok()?.parse::<u64>().ok())
    };
    let (source, number, bytes) = (number(), number(), number());
    let rest = parts.next().unwrap_or_default();
    match (source, number, bytes) {
        (Some(source), Some(number), Some(bytes))
            if rest.len() as u64 == bytes && rest.iter().all(|byte| *byte == filling(number)) =>
        {
            say(&format!("arrived {destination} {source} {number}\n"));
        }
        _ => say(&format!("altered {destination} {}\n", delivery.sequence)),
    }
}

/// Past the capture of test output, and in one piece.
fn say(line: &str) {
    std::io::stdout().lock().write_all(line.as_bytes()).unwrap();
}
