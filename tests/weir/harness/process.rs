//! The real binary: one command to its end, or an engine that runs.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::PATIENCE;
use super::command::{program, program_under};

/// Runs `weir` to its end; returns exit status, standard output, standard error.
pub fn weir(folder: &Path, arguments: &[&str], input: &[u8]) -> (i32, String, String) {
    let mut child = program(folder)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A command that reads no input has closed its end.
    drop(child.stdin.take().unwrap().write_all(input));
    let output = child.wait_with_output().unwrap();
    (
        output.status.code().expect("ended by itself"),
        String::from_utf8(output.stdout).unwrap(),
        String::from_utf8(output.stderr).unwrap(),
    )
}

/// A site in a temporary folder.
pub struct Site {
    folder: PathBuf,
    _owned: Option<TempDir>,
}

impl Site {
    /// From the text of one YAML file, below `listeners:` and so on; the engine's own section is added.
    pub fn new(yaml: &str) -> Site {
        let owned = tempfile::tempdir().unwrap();
        let site = Site::write(owned.path(), yaml);
        Site {
            _owned: Some(owned),
            ..site
        }
    }

    /// The same in a folder somebody else keeps.
    pub fn write(folder: &Path, yaml: &str) -> Site {
        let engine = "engine:\n  data: ../data\n  console: { bind: \"127.0.0.1:0\" }\n";
        std::fs::create_dir_all(folder.join("site")).unwrap();
        std::fs::write(folder.join("site/site.yaml"), format!("{engine}{yaml}")).unwrap();
        Site {
            folder: folder.to_owned(),
            _owned: None,
        }
    }

    /// One listener `in`, one route that takes everything to all of these, none changed on its way.
    pub fn forwarding(receivers: &[(&str, SocketAddr)]) -> Site {
        Site::new(&Site::forwarding_yaml(receivers))
    }

    pub fn forwarding_yaml(receivers: &[(&str, SocketAddr)]) -> String {
        let mut yaml = "listeners:\n  in: { mllp: { bind: \"127.0.0.1:0\" } }\ndestinations:\n".to_owned();
        for (name, address) in receivers {
            writeln!(
                yaml,
                "  {name}:\n    mllp: {{ address: \"{address}\", acknowledgment_timeout: 2s, terminators: preserve }}\n    \
                 retry: {{ first: 10ms, longest: 100ms }}"
            )
            .unwrap();
        }
        let names: Vec<_> = receivers.iter().map(|(name, _)| *name).collect();
        write!(
            yaml,
            "routes:\n  all: {{ from: in, to: [{}] }}\n",
            names.join(", ")
        )
        .unwrap();
        yaml
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Puts another text into its place; nobody is told.
    pub fn rewrite(&self, yaml: &str) {
        Site::write(&self.folder, yaml);
    }

    /// `weir reload`: exit status, standard output, standard error.
    pub fn reload(&self) -> (i32, String, String) {
        weir(&self.folder, &["reload", "site"], b"")
    }

    /// Puts another text into its place and reloads it, which must go well; returns what was said.
    pub fn change(&self, yaml: &str) -> String {
        self.rewrite(yaml);
        let (status, out, err) = self.reload();
        assert_eq!(status, 0, "{out}{err}");
        out
    }

    /// `weir status --json`.
    pub fn status(&self) -> serde_json::Value {
        let (status, out, err) = weir(&self.folder, &["status", "site", "--json"], b"");
        assert_eq!(status, 0, "{err}");
        serde_json::from_str(&out).unwrap()
    }

    /// A request on the control socket: status code and body.
    pub fn ask(&self, method: &str, path: &str) -> (u16, serde_json::Value) {
        self.request(&format!(
            "{method} {path} HTTP/1.1\r\nHost: weir\r\nConnection: close\r\n\r\n"
        ))
    }

    /// The same with a body of JSON.
    pub fn post(&self, path: &str, body: &serde_json::Value) -> (u16, serde_json::Value) {
        let body = body.to_string();
        let length = body.len();
        self.request(&format!(
            "POST {path} HTTP/1.1\r\nHost: weir\r\nConnection: close\r\nContent-Type: application/json\r\n\
             Content-Length: {length}\r\n\r\n{body}"
        ))
    }

    fn request(&self, request: &str) -> (u16, serde_json::Value) {
        let mut stream = UnixStream::connect(self.folder.join("data/control.sock")).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let code = head.split(' ').nth(1).unwrap().parse().unwrap();
        // Some answers have no body.
        (code, serde_json::from_str(body).unwrap_or_default())
    }

    /// Where a listener listens now.
    pub fn listener(&self, name: &str) -> SocketAddr {
        let status = self.status();
        let listeners = status["listeners"].as_array().unwrap();
        let listener = listeners.iter().find(|listener| listener["name"] == name);
        listener.unwrap()["address"].as_str().unwrap().parse().unwrap()
    }

    /// What is in the file `log`.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.join("log")).unwrap()
    }

    /// Starts the engine and waits until it says that it is ready.
    pub fn start(&self) -> Engine {
        self.start_logging("warn")
    }

    /// The same, with this much in the file `log`.
    pub fn start_logging(&self, level: &str) -> Engine {
        self.start_with(&["--log", level])
    }

    /// The same with these arguments.
    pub fn start_with(&self, arguments: &[&str]) -> Engine {
        self.started(Engine::launch(&self.folder, &[], arguments))
    }

    /// Starts it by another program such as `prlimit` or `strace -D`, which must become weir or run beside it.
    pub fn start_under(&self, under: &[&str]) -> Engine {
        self.started(self.try_start_under(under))
    }

    /// The same where it may not come so far as to be ready: then how it ended.
    pub fn try_start_under(&self, under: &[&str]) -> Result<Engine, ExitStatus> {
        Engine::launch(&self.folder, under, &["--log", "warn"])
    }

    fn started(&self, launched: Result<Engine, ExitStatus>) -> Engine {
        launched.unwrap_or_else(|status| panic!("weir did not start, {status}: {}", self.log()))
    }
}

/// A running `weir run`.
pub struct Engine {
    child: Child,
    listeners: BTreeMap<String, SocketAddr>,
    console: SocketAddr,
    setup_token: Option<String>,
}

impl Engine {
    fn launch(folder: &Path, under: &[&str], arguments: &[&str]) -> Result<Engine, ExitStatus> {
        let mut child = program_under(under, folder)
            .args(["run", "site"])
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(
                std::fs::OpenOptions::new()
                    .create(true)
                    .append(true)
                    .open(folder.join("log"))
                    .unwrap(),
            )
            .spawn()
            .unwrap();
        let mut listeners = BTreeMap::new();
        let mut console = None;
        let mut setup_token = None;
        let mut ready = false;
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        while let Some(Ok(line)) = lines.next() {
            let words: Vec<_> = line.split_whitespace().collect();
            match words.as_slice() {
                ["listening", name, address] => {
                    listeners.insert((*name).to_owned(), address.parse().unwrap());
                }
                ["watching", url] => {
                    console = url
                        .split_once("//")
                        .and_then(|(_, rest)| rest.split('/').next()?.parse().ok());
                }
                ["setup", .., token] => setup_token = Some((*token).to_owned()),
                ["ready"] => {
                    ready = true;
                    break;
                }
                _ => {}
            }
        }
        // Whatever it prints later must not block it.
        std::thread::spawn(move || lines.count());
        if !ready {
            return Err(child.wait().unwrap());
        }
        Ok(Engine {
            child,
            listeners,
            console: console.expect("weir says where its pages are"),
            setup_token,
        })
    }

    pub fn listener(&self, name: &str) -> SocketAddr {
        self.listeners[name]
    }

    /// Where the console is.
    pub fn console(&self) -> SocketAddr {
        self.console
    }

    /// What makes the first administrator, as long as there is none.
    pub fn setup_token(&self) -> Option<&str> {
        self.setup_token.as_deref()
    }

    /// A page of the console: status code and body.
    pub fn page(&self, path: &str) -> (u16, String) {
        let mut stream = TcpStream::connect(self.console).unwrap();
        write!(
            stream,
            "GET {path} HTTP/1.1\r\nHost: weir\r\nConnection: close\r\n\r\n"
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
    }

    /// The value of one series of `/metrics`, such as `weir_outbox_depth{destination="ehr"}`; 0 when absent.
    pub fn metric(&self, series: &str) -> f64 {
        let (_, page) = self.page("/metrics");
        page.lines()
            .find_map(|line| line.strip_prefix(series)?.strip_prefix(' ')?.parse().ok())
            .unwrap_or_default()
    }

    /// Asks for a series until it has this value: what the page shows may be a moment behind the sockets.
    pub fn wait_for_metric(&self, series: &str, expected: f64) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let value = self.metric(series);
            if (value - expected).abs() < f64::EPSILON {
                return;
            }
            assert!(
                Instant::now() < deadline,
                "{series} is {value}, expected {expected}"
            );
        }
    }

    /// SIGKILL: nothing is said, nothing is flushed.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// The number of its process.
    pub fn process(&self) -> u32 {
        self.child.id()
    }

    /// A signal, as `kill` names it.
    pub fn signal(&self, name: &str) {
        let mut kill = Command::new("kill");
        kill.args(["-s", name, &self.child.id().to_string()]);
        assert!(kill.status().unwrap().success());
    }

    /// How it has ended, if it has.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().unwrap()
    }

    /// Waits for it to end by itself.
    pub fn end(mut self) -> ExitStatus {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.ended() {
                return status;
            }
            assert!(Instant::now() < deadline, "it has not ended for {PATIENCE:?}");
            // Nothing tells of the end of a process but asking.
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// SIGTERM, and the exit status.
    pub fn terminate(mut self) -> i32 {
        self.signal("TERM");
        self.child.wait().unwrap().code().expect("ended by itself")
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        // Only when a test failed before its end; otherwise the process is gone already.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
