//! A crowd at the door: 10,000 connections that say nothing and 1,000 that send a byte a second, and what they
//! cost one good sender beside them.
//!
//! `cargo bench --bench crowd -- 10000` has so many idle ones and a tenth of them slow; it ends itself after ten
//! minutes. Both it and weir hold a socket for each connection, so it wants `ulimit -n` to be somewhat more than
//! all of them, and says so. A slow one is closed by weir at `frame_deadline` and connects again, as those that do
//! this on purpose would.
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
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use loopback::{Engine, Receiver, Sender, count, folder, frame, milliseconds, percentile};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::task::JoinSet;

/// As many as are promised.
const IDLE: u64 = 10_000;
const MESSAGE_BYTES: usize = 2_048;
/// What one good sender sends, before the crowd comes and while it is there: for so long that weir closes slow ones.
const MESSAGES: u64 = 20_000;
const MESSAGE_EVERY: Duration = Duration::from_millis(2);
const BYTE_EVERY: Duration = Duration::from_secs(1);
const TIME_MAX: Duration = Duration::from_secs(10 * 60);
/// Sockets and files beside the crowd's.
const FILES_BESIDE: u64 = 200;

/// Sends a message a byte at a time, and the next on a new connection when weir has had enough of it.
async fn dawdle(address: SocketAddr, number: u64, closed: Arc<AtomicU64>) {
    let frame = frame(number, MESSAGE_BYTES);
    loop {
        let mut stream = TcpStream::connect(address).await.unwrap();
        for byte in &frame {
            if stream.write_all(std::slice::from_ref(byte)).await.is_err() {
                break;
            }
            tokio::time::sleep(BYTE_EVERY).await;
        }
        closed.fetch_add(1, Ordering::Relaxed);
    }
}

/// The good sender's p50 and p99 in milliseconds.
async fn good_sender(when: &str, engine: &Engine) -> f64 {
    let mut sender = Sender::connect(engine.listener("in")).await;
    let mut turn = tokio::time::interval(MESSAGE_EVERY);
    let mut latencies = Vec::new();
    for number in 0..MESSAGES {
        turn.tick().await;
        latencies.push(sender.exchange(&frame(number, MESSAGE_BYTES)).await);
    }
    let [median, p99] = [50, 99].map(|percent| milliseconds(percentile(&mut latencies, percent)));
    let (now, highest) = engine.resident_mib();
    println!(
        "{when}: median {median:.2} ms, p99 {p99:.2} ms; resident {now} MiB, at the highest {highest} MiB"
    );
    p99
}

async fn measure(idle: u64, slow: u64) {
    let receiver = Receiver::start();
    let (address, crowd) = (receiver.address, idle + slow + 10);
    let folder = folder();
    let engine = Engine::start(
        folder.path(),
        &format!(
            "listeners: {{ in: {{ mllp: {{ bind: \"127.0.0.1:0\", connections_max: {crowd}, connections_per_address_max: {crowd} }} }} }}\n\
             destinations: {{ out: {{ mllp: {{ address: \"{address}\" }} }} }}\n\
             routes: {{ all: {{ from: in, to: [out] }} }}\n"
        ),
    );
    let alone = good_sender("alone", &engine).await;

    let started = Instant::now();
    let mut silent = Vec::new();
    for _ in 0..idle {
        silent.push(TcpStream::connect(engine.listener("in")).await.unwrap());
    }
    let (mut slow_ones, closed) = (JoinSet::new(), Arc::new(AtomicU64::new(0)));
    for number in 0..slow {
        slow_ones.spawn(dawdle(engine.listener("in"), number, Arc::clone(&closed)));
    }
    while engine.metric("weir_listener_connections{listener=\"in\"}") < (idle + slow) as f64 {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    println!(
        "{idle} idle and {slow} slow connections within {:.2} s",
        started.elapsed().as_secs_f64()
    );

    let beside = good_sender("beside the crowd", &engine).await;
    println!("p99 beside the crowd: {:.2}x (aim: at most 1.5x)", beside / alone);
    println!(
        "slow ones that weir closed meanwhile: {}",
        closed.load(Ordering::Relaxed)
    );
    drop(silent);
}

/// How many files a process may have open, as the system tells it.
fn files_max() -> u64 {
    let limits = std::fs::read_to_string("/proc/self/limits").unwrap();
    let line = limits.lines().find(|line| line.starts_with("Max open files"));
    line.and_then(|line| line.split_whitespace().nth(3)?.parse().ok())
        .unwrap_or(u64::MAX)
}

fn main() {
    let Some(idle) = count("crowd", IDLE) else {
        return;
    };
    let slow = idle / 10;
    let needed = idle + slow + FILES_BESIDE;
    assert!(
        files_max() >= needed,
        "{idle} idle and {slow} slow connections need `ulimit -n {needed}`; it is {}",
        files_max()
    );
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let done = runtime
        .unwrap()
        .block_on(async { tokio::time::timeout(TIME_MAX, measure(idle, slow)).await });
    assert!(done.is_ok(), "not done within {TIME_MAX:?}");
}
