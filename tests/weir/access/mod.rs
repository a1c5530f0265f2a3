//! Who may do what in the console and the API: first start, log-ins, roles, tokens, the audit log, and attacks.

mod attacks;
mod audit;
mod entrance;
mod forms;
mod resend;
mod secrets;
mod streams;
mod table;

use std::fmt::Write as _;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

use serde_json::{Value, json};

use crate::harness::{Engine, PATIENCE, Receiver, Site, weir};

const PASSWORD: &str = "correct horse battery";

/// A site that forwards to one receiver, running.
struct Running {
    site: Site,
    engine: Engine,
    receiver: Receiver,
}

impl Running {
    fn start() -> Running {
        let receiver = Receiver::accepting();
        let site = Site::forwarding(&[("ehr", receiver.address())]);
        let engine = site.start();
        Running {
            site,
            engine,
            receiver,
        }
    }

    /// With the administrator `anna`.
    fn start_set_up() -> Running {
        let running = Running::start();
        running.user("anna", "administrator");
        running
    }

    /// `weir user add`.
    fn user(&self, name: &str, role: &str) {
        let arguments = ["user", "add", name, "--role", role, "--site", "site"];
        let said = weir(self.site.folder(), &arguments, format!("{PASSWORD}\n").as_bytes());
        assert_eq!(said, (0, format!("{name}: added\n"), String::new()));
    }

    /// `weir token add`: the token.
    fn token(&self, name: &str, role: &str) -> String {
        let arguments = ["token", "add", name, "--role", role, "--site", "site"];
        let (status, out, err) = weir(self.site.folder(), &arguments, b"");
        assert_eq!((status, err.as_str()), (0, ""));
        out.trim_end().to_owned()
    }

    fn stranger(&self) -> Client {
        Client {
            address: self.engine.console(),
            headers: Vec::new(),
        }
    }

    fn bearer(&self, token: &str) -> Client {
        self.stranger().with("Authorization", &format!("Bearer {token}"))
    }

    /// Logs in, as a page does.
    fn logged_in(&self, name: &str) -> Client {
        let body = json!({ "name": name, "password": PASSWORD });
        let answer = self.stranger().ask("POST", "/api/v1/session", Some(&body));
        assert_eq!(answer.code, 200, "{}", answer.body);
        let cookie = answer.header("set-cookie").unwrap();
        let csrf = answer.json()["csrf_token"].as_str().unwrap().to_owned();
        self.stranger()
            .with("Cookie", cookie.split(';').next().unwrap())
            .with("x-csrf-token", &csrf)
    }

    /// The name of the cookie of its sessions.
    fn cookie_name(&self) -> String {
        let anna = self.logged_in("anna");
        let (_, cookie) = anna.headers.iter().find(|(name, _)| name == "Cookie").unwrap();
        cookie.split('=').next().unwrap().to_owned()
    }

    /// The records of the audit log, the oldest first.
    fn records(&self) -> Vec<Value> {
        let arguments = ["audit", "export", "-", "--site", "site"];
        let (status, out, err) = weir(self.site.folder(), &arguments, b"");
        assert_eq!((status, err.as_str()), (0, ""));
        out.lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }
}

/// Somebody at the console's address, with what they send along with each request.
#[derive(Clone)]
struct Client {
    address: SocketAddr,
    headers: Vec<(String, String)>,
}

struct Answer {
    code: u16,
    head: String,
    body: String,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }

    fn header(&self, name: &str) -> Option<&str> {
        let lines = self.head.lines().skip(1);
        let mut pairs = lines.filter_map(|line| line.split_once(": "));
        pairs.find_map(|(key, value)| key.eq_ignore_ascii_case(name).then_some(value))
    }
}

impl Client {
    /// The same with this header, instead of one of that name.
    fn with(&self, name: &str, value: &str) -> Client {
        let mut client = self.without(name);
        client.headers.push((name.to_owned(), value.to_owned()));
        client
    }

    fn without(&self, name: &str) -> Client {
        let mut client = self.clone();
        client.headers.retain(|(key, _)| key != name);
        client
    }

    fn ask(&self, method: &str, path: &str, body: Option<&Value>) -> Answer {
        let mut request = format!("{method} {path} HTTP/1.1\r\nConnection: close\r\n");
        let client = if self.headers.iter().any(|(name, _)| name == "Host") {
            self.clone()
        } else {
            self.with("Host", &self.address.to_string())
        };
        for (name, value) in &client.headers {
            write!(request, "{name}: {value}\r\n").unwrap();
        }
        let body = body.map(ToString::to_string);
        if let Some(body) = &body {
            let length = body.len();
            write!(
                request,
                "Content-Type: application/json\r\nContent-Length: {length}\r\n"
            )
            .unwrap();
        }
        request += "\r\n";
        request += body.as_deref().unwrap_or_default();
        self.raw(request.as_bytes())
    }

    fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, None)
    }

    /// Sends these bytes and reads until the other side closes, or says no more.
    fn raw(&self, bytes: &[u8]) -> Answer {
        let mut stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        // Whoever is refused early may not be read to the end.
        drop(stream.write_all(bytes));
        let mut answer = Vec::new();
        let mut part = [0; 4096];
        // A stream of events has no end: its first one will do.
        while !has_event(&answer) {
            match stream.read(&mut part) {
                Ok(count) if count > 0 => answer.extend_from_slice(&part[..count]),
                _ => break,
            }
        }
        let answer = String::from_utf8_lossy(&answer).into_owned();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
        let code = head.split(' ').nth(1).and_then(|code| code.parse().ok());
        let body = if head.to_ascii_lowercase().contains("transfer-encoding: chunked") {
            unchunked(body)
        } else {
            body.to_owned()
        };
        Answer {
            code: code.unwrap_or_default(),
            head: head.to_owned(),
            body,
        }
    }
}

/// Whether this is the beginning of a stream of events with one event in whole.
fn has_event(answer: &[u8]) -> bool {
    let text = String::from_utf8_lossy(answer);
    let body = text.split_once("\r\n\r\n").map(|(_, body)| body);
    text.contains("text/event-stream")
        && body.is_some_and(|body| body.contains("\n\n") && body.ends_with("\r\n"))
}

fn unchunked(mut body: &str) -> String {
    let mut whole = String::new();
    while let Some((length, rest)) = body.split_once("\r\n") {
        let length = usize::from_str_radix(length, 16).unwrap();
        if length == 0 {
            break;
        }
        whole += &rest[..length];
        body = rest[length..].trim_start_matches("\r\n");
    }
    whole
}
