//! What the benches over loopback have in common: the real binary on a site of theirs, senders, and receivers.
//!
//! Nothing here leaves 127.0.0.1, and every port is of the system's choice.
#![allow(
    dead_code,
    unreachable_pub,
    reason = "each bench is a program of its own and uses its part"
)]

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::SocketAddr;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::Notify;

/// A receiver that accepts everything and counts.
pub struct Receiver {
    pub address: SocketAddr,
    pub arrived: Arc<AtomicU64>,
    came: Arc<Notify>,
}

impl Receiver {
    pub fn start() -> Receiver {
        Away::new().come_back()
    }

    fn serving(socket: TcpListener) -> Receiver {
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

    pub async fn wait_for(&self, count: u64) {
        loop {
            let came = self.came.notified();
            if self.arrived.load(Ordering::SeqCst) >= count {
                return;
            }
            came.await;
        }
    }
}

/// A receiver that is not there yet: its port is taken, and connecting to it is refused.
pub struct Away(TcpSocket);

impl Away {
    pub fn new() -> Away {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        Away(socket)
    }

    pub fn address(&self) -> SocketAddr {
        self.0.local_addr().unwrap()
    }

    pub fn come_back(self) -> Receiver {
        Receiver::serving(self.0.listen(128).unwrap())
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
pub struct Sender {
    pub stream: TcpStream,
    buffer: Vec<u8>,
}

impl Sender {
    pub async fn connect(address: SocketAddr) -> Sender {
        let stream = TcpStream::connect(address).await.unwrap();
        stream.set_nodelay(true).unwrap();
        Sender {
            stream,
            buffer: Vec::with_capacity(4096),
        }
    }

    /// Sends a frame and waits for its acknowledgment, which must be positive; how long that took.
    pub async fn exchange(&mut self, frame: &[u8]) -> Duration {
        let started = Instant::now();
        self.stream.write_all(frame).await.unwrap();
        self.buffer.clear();
        while !self.buffer.ends_with(b"\x1C\r") {
            assert!(
                self.stream.read_buf(&mut self.buffer).await.unwrap() > 0,
                "closed"
            );
        }
        assert!(self.buffer.windows(7).any(|seven| seven == b"MSA|AA|"), "refused");
        started.elapsed()
    }
}

/// A frame with an ADT of at least so many bytes (1 KB at the least) and a control id of its own.
pub fn frame(number: u64, bytes: usize) -> Vec<u8> {
    let message = include_str!("../../fixtures/adt-a01.hl7");
    let control_id = message.split('|').nth(9).unwrap();
    let mut message = message.replacen(control_id, &format!("B{number:09}"), 1);
    if let Some(missing) = bytes.checked_sub(message.len()) {
        let note = "all as it should be ".repeat(missing.div_ceil(20));
        message = format!("{message}NTE|1||{note:.missing$}\r");
    }
    [b"\x0B", message.as_bytes(), b"\x1C\r"].concat()
}

/// What a load took.
pub struct Loaded {
    pub seconds: f64,
    /// From a frame's first byte to its acknowledgment.
    pub latencies: Vec<Duration>,
}

/// The time that this share of them stayed within.
pub fn percentile(times: &mut [Duration], percent: usize) -> Duration {
    times.sort_unstable();
    times[(times.len() * percent / 100).min(times.len() - 1)]
}

/// Sends `total` messages of so many bytes over `senders` connections.
pub async fn load(address: SocketAddr, senders: u64, total: u64, bytes: usize) -> Loaded {
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
                let mut latencies = Vec::new();
                for number in (first..total).step_by(usize::try_from(senders).unwrap()) {
                    latencies.push(sender.exchange(&frame(number, bytes)).await);
                }
                latencies
            })
        })
        .collect();
    let mut latencies = Vec::new();
    for task in tasks {
        latencies.extend(task.await.unwrap());
    }
    let seconds = started.elapsed().as_secs_f64();
    Loaded { seconds, latencies }
}

/// The middle one of some figures.
pub fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}

pub fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

/// A folder for a site and its data: under `WEIR_BENCH_FOLDER`, if that says on which disk, else a temporary one.
pub fn folder() -> TempDir {
    match std::env::var_os("WEIR_BENCH_FOLDER") {
        Some(under) => tempfile::tempdir_in(under).unwrap(),
        None => tempfile::tempdir().unwrap(),
    }
}

/// One listener, one route and one MLLP destination, with or without an archive.
pub fn one_lane(receiver: SocketAddr, has_archive: bool) -> String {
    let archive = if has_archive { "" } else { "archive: off\n" };
    format!(
        "{archive}listeners: {{ in: {{ mllp: {{ bind: \"127.0.0.1:0\", connections_per_address_max: 256 }} }} }}\n\
         destinations: {{ out: {{ mllp: {{ address: \"{receiver}\" }} }} }}\n\
         routes: {{ all: {{ from: in, to: [out] }} }}\n"
    )
}

/// The number among the arguments; without one nothing is measured, because `cargo bench` runs every bench and these
/// take minutes.
pub fn count(bench: &str, usual: u64) -> Option<u64> {
    let count = std::env::args().find_map(|argument| argument.parse().ok());
    if count.is_none() {
        println!("left out: `cargo bench --bench {bench} -- {usual}` says how many, and runs it");
    }
    count
}

/// How busy a process has been since it began.
pub struct Busy {
    /// Of a processor.
    pub seconds: f64,
    /// How often one of its threads has waited for something and gone on.
    pub wakes: u64,
    /// The same for threads of each name.
    pub by_thread: BTreeMap<String, u64>,
}

/// A running weir.
pub struct Engine {
    child: Child,
    folder: PathBuf,
    listeners: Vec<(String, SocketAddr)>,
    console: SocketAddr,
    pub started_in: Duration,
}

impl Engine {
    /// Starts it in a folder with this site, to which the section `engine` is added.
    pub fn start(folder: &Path, site: &str) -> Engine {
        Engine::start_with(folder, site, |engine| engine)
    }

    /// The same with another section `engine`.
    pub fn start_with(folder: &Path, site: &str, engine: impl FnOnce(String) -> String) -> Engine {
        let section = "engine: { data: ../data, console: { bind: \"127.0.0.1:0\" } }\n";
        let engine = engine(section.to_owned());
        std::fs::create_dir_all(folder.join("site")).unwrap();
        std::fs::write(folder.join("site/site.yaml"), format!("{engine}{site}")).unwrap();
        Engine::start_again(folder)
    }

    /// Starts it in a folder where a site is.
    pub fn start_again(folder: &Path) -> Engine {
        let started = Instant::now();
        let mut child = Command::new(env!("CARGO_BIN_EXE_weir"))
            .args(["run", "site", "--log", "error"])
            .current_dir(folder)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (mut listeners, mut console) = (Vec::new(), None);
        for line in BufReader::new(child.stdout.take().unwrap()).lines() {
            let line = line.unwrap();
            let words: Vec<_> = line.split_whitespace().collect();
            match words.as_slice() {
                ["listening", name, address] => {
                    listeners.push(((*name).to_owned(), address.parse().unwrap()));
                }
                ["watching", url] => console = url.split('/').nth(2).and_then(|address| address.parse().ok()),
                ["ready"] => break,
                _ => {}
            }
        }
        Engine {
            child,
            folder: folder.to_owned(),
            listeners,
            console: console.expect("weir starts"),
            started_in: started.elapsed(),
        }
    }

    pub fn listener(&self, name: &str) -> SocketAddr {
        self.listeners.iter().find(|(known, _)| known == name).unwrap().1
    }

    pub fn metric(&self, name: &str) -> f64 {
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
    pub fn resident_mib(&self) -> (u64, u64) {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let of = |name: &str| {
            let line = status.lines().find(|line| line.starts_with(name)).unwrap();
            line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() / 1024
        };
        (of("VmRSS:"), of("VmHWM:"))
    }

    /// How busy it has been.
    pub fn busy(&self) -> Busy {
        /// Linux counts for programs in hundredths, whatever its own clock.
        const TICKS_A_SECOND: f64 = 100.0;
        let process = PathBuf::from(format!("/proc/{}", self.child.id()));
        let stat = std::fs::read_to_string(process.join("stat")).unwrap();
        // After the name in parentheses: state is the first, time in user and system mode are the 12th and 13th.
        let (_, rest) = stat.rsplit_once(')').unwrap();
        let ticks: f64 = rest
            .split_whitespace()
            .skip(11)
            .take(2)
            .map(|ticks| ticks.parse::<f64>().unwrap())
            .sum();
        let mut by_thread = BTreeMap::new();
        for thread in std::fs::read_dir(process.join("task")).unwrap() {
            let status = std::fs::read_to_string(thread.unwrap().path().join("status")).unwrap();
            let of = |name: &str| {
                let line = status.lines().find_map(|line| line.strip_prefix(name));
                line.unwrap().trim().to_owned()
            };
            let wakes: u64 = of("voluntary_ctxt_switches:").parse().unwrap();
            *by_thread.entry(of("Name:")).or_default() += wakes;
        }
        Busy {
            seconds: ticks / TICKS_A_SECOND,
            wakes: by_thread.values().sum(),
            by_thread,
        }
    }

    /// What its data take of the disk.
    pub fn disk_bytes(&self) -> u64 {
        let mut folders = vec![self.folder.join("data")];
        let mut bytes = 0;
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let entry = entry.unwrap();
                let metadata = entry.metadata().unwrap();
                if metadata.is_dir() {
                    folders.push(entry.path());
                }
                bytes += metadata.blocks() * 512;
            }
        }
        bytes
    }
}

impl Drop for Engine {
    /// SIGKILL: whoever starts it again sees it come back from a crash.
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
