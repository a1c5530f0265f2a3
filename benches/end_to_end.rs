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

use std::io::{BufRead, BufReader, Read, Write};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

/// A receiver that accepts everything and counts.
struct Receiver {
    address: SocketAddr,
    arrived: Arc<AtomicU64>,
    came: Arc<Notify>,
}

impl Receiver {
    async fn start() -> Receiver {
        let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = socket.local_addr().unwrap();
        let (arrived, came) = (Arc::new(AtomicU64::new(0)), Arc::new(Notify::new()));
        let receiver = Receiver {
            address,
            arrived: Arc::clone(&arrived),
            came: Arc::clone(&came),
        };
        tokio::spawn(async move {
            loop {
                let (stream, _) = socket.accept().await.unwrap();
                tokio::spawn(receive(stream, Arc::clone(&arrived), Arc::clone(&came)));
            }
        });
        receiver
    }

    async fn wait_for(&self, count: u64) {
        loop {
            let came = self.came.notified();
            if self.arrived.load(Ordering::SeqCst) >= count {
                return;
            }
            came.await;
        }
    }
}

async fn receive(mut stream: TcpStream, arrived: Arc<AtomicU64>, came: Arc<Notify>) {
    stream.set_nodelay(true).unwrap();
    let mut buffer = Vec::with_capacity(64 * 1024);
    while stream.read_buf(&mut buffer).await.unwrap_or(0) > 0 {
        while let Some(end) = memchr::memchr(0x1C, &buffer) {
            let control_id = buffer.split(|&byte| byte == b'|').nth(9).unwrap();
            let reply = [
                b"\x0BMSH|^~\\&|R|R|||20260301080510||ACK|1|P|2.5.1\rMSA|AA|".as_slice(),
                control_id,
                b"\r\x1C\r",
            ]
            .concat();
            drop(buffer.drain(..(end + 2).min(buffer.len())));
            arrived.fetch_add(1, Ordering::SeqCst);
            came.notify_waiters();
            if stream.write_all(&reply).await.is_err() {
                return;
            }
        }
    }
}

/// A sender: one connection, one message at a time.
struct Sender {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Sender {
    async fn connect(address: SocketAddr) -> Sender {
        let stream = TcpStream::connect(address).await.unwrap();
        stream.set_nodelay(true).unwrap();
        Sender {
            stream,
            buffer: Vec::with_capacity(4096),
        }
    }

    async fn exchange(&mut self, frame: &[u8]) {
        self.stream.write_all(frame).await.unwrap();
        self.buffer.clear();
        while !self.buffer.ends_with(b"\x1C\r") {
            assert!(
                self.stream.read_buf(&mut self.buffer).await.unwrap() > 0,
                "closed"
            );
        }
        assert!(self.buffer.windows(7).any(|seven| seven == b"MSA|AA|"), "refused");
    }
}

/// The frame of the 1 KB ADT with a control id of its own.
fn frame(number: u64) -> Vec<u8> {
    let message = include_str!("../fixtures/adt-a01.hl7");
    let control_id = message.split('|').nth(9).unwrap();
    let message = message.replacen(control_id, &format!("B{number:09}"), 1);
    [b"\x0B", message.as_bytes(), b"\x1C\r"].concat()
}

/// Sends `total` messages over `senders` connections; the seconds it took.
async fn load(address: SocketAddr, senders: u64, total: u64) -> f64 {
    let mut connected = Vec::new();
    for _ in 0..senders {
        connected.push(Sender::connect(address).await);
    }
    let started = Instant::now();
    let tasks: Vec<_> = connected
        .into_iter()
        .zip(0..)
        .map(|(mut sender, first): (_, u64)| {
            tokio::spawn(async move {
                for number in (first..total).step_by(usize::try_from(senders).unwrap()) {
                    sender.exchange(&frame(number)).await;
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    started.elapsed().as_secs_f64()
}

/// A running weir with one listener, one route and one MLLP destination.
struct Engine {
    child: Child,
    listener: SocketAddr,
    console: SocketAddr,
    started_in: Duration,
}

impl Engine {
    fn start(folder: &Path, receiver: SocketAddr) -> Engine {
        let site = format!(
            "engine: {{ data: ../data, console: {{ bind: \"127.0.0.1:0\" }} }}\n\
             listeners: {{ in: {{ mllp: {{ bind: \"127.0.0.1:0\", connections_per_address_max: 256 }} }} }}\n\
             destinations: {{ out: {{ mllp: {{ address: \"{receiver}\" }} }} }}\n\
             routes: {{ all: {{ from: in, to: [out] }} }}\n"
        );
        std::fs::create_dir_all(folder.join("site")).unwrap();
        std::fs::write(folder.join("site/site.yaml"), site).unwrap();
        let started = Instant::now();
        let mut child = Command::new(env!("CARGO_BIN_EXE_weir"))
            .args(["run", "site", "--log", "error"])
            .current_dir(folder)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (mut listener, mut console) = (None, None);
        for line in BufReader::new(child.stdout.take().unwrap()).lines() {
            let line = line.unwrap();
            let words: Vec<_> = line.split_whitespace().collect();
            match words.as_slice() {
                ["listening", _, address] => listener = address.parse().ok(),
                ["watching", url] => console = url.split('/').nth(2).and_then(|address| address.parse().ok()),
                ["ready"] => break,
                _ => {}
            }
        }
        Engine {
            child,
            listener: listener.unwrap(),
            console: console.unwrap(),
            started_in: started.elapsed(),
        }
    }

    fn metric(&self, name: &str) -> f64 {
        let mut stream = std::net::TcpStream::connect(self.console).unwrap();
        write!(
            stream,
            "GET /metrics HTTP/1.1\r\nHost: weir\r\nConnection: close\r\n\r\n"
        )
        .unwrap();
        let mut page = String::new();
        stream.read_to_string(&mut page).unwrap();
        page.lines()
            .find_map(|line| line.strip_prefix(name)?.trim().parse().ok())
            .unwrap_or_default()
    }

    /// Resident memory in MiB: now, and at its highest.
    fn resident_mib(&self) -> (u64, u64) {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let of = |name: &str| {
            let line = status.lines().find(|line| line.starts_with(name)).unwrap();
            line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() / 1024
        };
        (of("VmRSS:"), of("VmHWM:"))
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// The median time from sending to arrival at the receiver, one message at a time with pauses.
async fn idle_latency(engine: &Engine, receiver: &Receiver) -> Duration {
    let mut sender = Sender::connect(engine.listener).await;
    let mut times = Vec::new();
    for number in 0..200 {
        let before = receiver.arrived.load(Ordering::SeqCst);
        let frame = frame(number);
        let started = Instant::now();
        let ((), arrived) = tokio::join!(sender.exchange(&frame), async {
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
            let receiver = Receiver::start().await;
            straight.push(total as f64 / load(receiver.address, senders, total).await);
            let receiver = Receiver::start().await;
            let folder = tempfile::tempdir().unwrap();
            let engine = Engine::start(folder.path(), receiver.address);
            let started = Instant::now();
            accepted.push(total as f64 / load(engine.listener, senders, total).await);
            receiver.wait_for(total).await;
            delivered.push(total as f64 / started.elapsed().as_secs_f64());
            syncs.push(engine.metric("weir_outbox_commits_total") / total as f64);
        }
        let [straight, accepted, delivered, syncs] =
            [straight, accepted, delivered, syncs].map(|mut figures| {
                figures.sort_by(f64::total_cmp);
                figures[figures.len() / 2]
            });
        let ratio = accepted / straight;
        println!(
            "{senders:>7} | {straight:>10.0} | {accepted:>10.0} | {delivered:>11.0} | {ratio:>17.2} | {syncs:>6.2}"
        );
    }
    let receiver = Receiver::start().await;
    let folder = tempfile::tempdir().unwrap();
    let engine = Engine::start(folder.path(), receiver.address);
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
    load(engine.listener, 64, 60_000).await;
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
