//! One suite over every kind: what receivers do, and what each kind has to report of it.
//!
//! A row that cannot apply to a kind says why, and the suite checks that every kind has an answer to every row.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::BytesMut;
use tempfile::TempDir;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinSet, yield_now};

use super::file::{files, names};
use super::postgres::Postgres;
use super::{ack, message, outgoing};
use crate::destination::{DeliveryError, Destination, Receipt, Settings};
use crate::hl7::Message;
use crate::mllp::{Decoded, Decoder, Frame, FrameLimits, Strictness, encode};
use crate::tls::tests::foreign_server;
use crate::tls::tests::pki::{Flaw, Pki};

/// What a receiver does with a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Behavior {
    Accepts,
    Refuses,
    AcceptsSlowly,
    IsAway,
    IsSilent,
    NeverEnds,
    CutsItsReply,
    ClosesUnasked,
    AnswersGarbage,
    AnswersAnother,
    AnswersTooMuch,
}

/// What has to be reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Report {
    Receipt,
    Refused,
    /// Nothing was handed over.
    Unreachable,
    /// The receiver may have it.
    InDoubt,
}

#[rustfmt::skip]
const ROWS: &[(Behavior, Report)] = &[
    (Behavior::Accepts,        Report::Receipt),
    (Behavior::AcceptsSlowly,  Report::Receipt),
    (Behavior::Refuses,        Report::Refused),
    (Behavior::IsAway,         Report::Unreachable),
    (Behavior::IsSilent,       Report::InDoubt),
    (Behavior::NeverEnds,      Report::InDoubt),
    (Behavior::CutsItsReply,   Report::InDoubt),
    (Behavior::ClosesUnasked,  Report::InDoubt),
    (Behavior::AnswersGarbage, Report::InDoubt),
    (Behavior::AnswersAnother, Report::InDoubt),
    (Behavior::AnswersTooMuch, Report::InDoubt),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Mllp,
    Mllps,
    Http,
    Https,
    File,
    Sql,
}

const KINDS: &[Kind] = &[
    Kind::Mllp,
    Kind::Mllps,
    Kind::Http,
    Kind::Https,
    Kind::File,
    Kind::Sql,
];

/// A destination and the receiver it leads to.
struct Stage {
    destination: Destination,
    receiver: Receiver,
}

enum Receiver {
    Server(Box<Server>),
    Folder { _root: TempDir, folder: PathBuf },
    Database(Database),
}

impl Kind {
    /// Sets the stage, or says why this row is none for this kind.
    async fn stage(self, behavior: Behavior) -> Result<Stage, &'static str> {
        let (key, limit) = match self {
            Kind::File => return folder_stage(behavior),
            Kind::Sql => return Database::stage(behavior).await,
            Kind::Mllp => ("mllp: { address: 'ADDRESS'", "acknowledgment_timeout"),
            Kind::Mllps => (
                "mllp: { address: 'ADDRESS', tls: { trusted: 'CA' }",
                "acknowledgment_timeout",
            ),
            Kind::Http => ("http: { url: 'http://ADDRESS/hl7'", "answer_timeout"),
            Kind::Https => (
                "http: { url: 'https://ADDRESS/hl7', tls: { trusted: 'CA' }",
                "answer_timeout",
            ),
        };
        let server = Server::start(self, behavior).await;
        // Long enough for a machine that is busy, except where only the clock ends the wait.
        let is_waiting = matches!(behavior, Behavior::IsSilent | Behavior::NeverEnds);
        let time = if is_waiting { "200ms" } else { "60s" };
        let written = format!("{key}, {limit}: {time}, acknowledgment_bytes_max: 16KiB }}");
        let written = written.replace("ADDRESS", &server.address.to_string());
        let written = written.replace("CA'", &format!("{}'", server.pki.path("ca.pem").display()));
        Ok(Stage {
            destination: Destination::new(Arc::from("lab"), settings(&written)),
            receiver: Receiver::Server(Box::new(server)),
        })
    }
}

fn settings(written: &str) -> Settings {
    let (kind, written) = written.split_once(": ").unwrap();
    let value = serde_yaml::from_str(written).unwrap();
    match kind {
        "mllp" => Settings::Mllp(serde_yaml::from_value(value).unwrap()),
        "http" => Settings::Http(serde_yaml::from_value(value).unwrap()),
        other => panic!("{other} is set up elsewhere"),
    }
}

fn folder_stage(behavior: Behavior) -> Result<Stage, &'static str> {
    match behavior {
        Behavior::Accepts | Behavior::IsAway => {}
        Behavior::Refuses => return Err("a folder refuses no message for what it holds"),
        Behavior::AcceptsSlowly
        | Behavior::IsSilent
        | Behavior::NeverEnds
        | Behavior::CutsItsReply
        | Behavior::ClosesUnasked
        | Behavior::AnswersGarbage
        | Behavior::AnswersAnother
        | Behavior::AnswersTooMuch => return Err("a folder does not answer: the system does, or blocks"),
    }
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("mount");
    if behavior == Behavior::Accepts {
        std::fs::create_dir(&folder).unwrap();
    }
    Ok(Stage {
        destination: files(&folder, "{MSH-10}.hl7"),
        receiver: Receiver::Folder { _root: root, folder },
    })
}

impl Receiver {
    /// From now on it accepts.
    async fn comes_back(&mut self) {
        match self {
            Receiver::Server(server) => server.comes_back().await,
            Receiver::Folder { folder, .. } => drop(std::fs::create_dir(folder)),
            Receiver::Database(database) => database.comes_back().await,
        }
    }

    /// How many different messages it has taken as its own.
    fn taken(&self) -> usize {
        match self {
            Receiver::Server(server) => server.taken.load(Ordering::SeqCst),
            Receiver::Folder { folder, .. } => names(folder).len(),
            Receiver::Database(database) => database.rows(),
        }
    }
}

/// A server for MLLP or HTTP.
struct Server {
    kind: Kind,
    address: SocketAddr,
    pki: Pki,
    behavior: watch::Sender<Behavior>,
    taken: Arc<AtomicUsize>,
    tasks: JoinSet<()>,
}

impl Server {
    async fn start(kind: Kind, behavior: Behavior) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut server = Server {
            kind,
            pki: Pki::new(),
            address: listener.local_addr().unwrap(),
            behavior: watch::Sender::new(behavior),
            taken: Arc::default(),
            tasks: JoinSet::new(),
        };
        server.pki.issue("lab.example", Flaw::None);
        if behavior != Behavior::IsAway {
            server.listen(listener);
        }
        server
    }

    fn listen(&mut self, listener: TcpListener) {
        let (kind, taken) = (self.kind, Arc::clone(&self.taken));
        let behavior = self.behavior.subscribe();
        let is_secure = matches!(kind, Kind::Mllps | Kind::Https);
        let tls = is_secure.then(|| foreign_server(&self.pki, "lab.example"));
        self.tasks.spawn(async move {
            let mut connections = JoinSet::new();
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let (tls, behavior, taken) = (tls.clone(), behavior.clone(), Arc::clone(&taken));
                connections.spawn(async move {
                    match tls {
                        None => serve(stream, kind, behavior, taken).await,
                        Some(tls) => serve(tls.accept(stream).await.unwrap(), kind, behavior, taken).await,
                    }
                });
            }
        });
    }

    async fn comes_back(&mut self) {
        let was_away = self.behavior.send_replace(Behavior::Accepts) == Behavior::IsAway;
        if was_away {
            let listener = TcpListener::bind(self.address).await.unwrap();
            self.listen(listener);
        }
    }
}

/// One connection: reads messages and behaves.
async fn serve(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    kind: Kind,
    behavior: watch::Receiver<Behavior>,
    taken: Arc<AtomicUsize>,
) {
    let mut buffer = BytesMut::new();
    while let Some(content) = read_message(&mut stream, &mut buffer, kind).await {
        let received = Message::parse(content).unwrap();
        let control_id = String::from_utf8(received.header().control_id().to_vec()).unwrap();
        let right = written(kind, ack("AA", &control_id).as_bytes());
        let half = &right[..right.len() / 2];
        let behavior = *behavior.borrow();
        let (reply, closes) = match behavior {
            Behavior::Accepts | Behavior::AcceptsSlowly => (right.clone(), false),
            Behavior::Refuses => (written(kind, ack("AR", &control_id).as_bytes()), false),
            Behavior::IsAway | Behavior::IsSilent => (Vec::new(), false),
            Behavior::NeverEnds => (half.to_vec(), false),
            Behavior::CutsItsReply => (half.to_vec(), true),
            Behavior::ClosesUnasked => (Vec::new(), true),
            Behavior::AnswersGarbage => (written(kind, b"<html>SECRET</html>"), false),
            Behavior::AnswersAnother => (written(kind, ack("AA", "SECRET").as_bytes()), false),
            Behavior::AnswersTooMuch => (written(kind, &vec![b'x'; 64 * 1024]), false),
        };
        if matches!(behavior, Behavior::Accepts | Behavior::AcceptsSlowly) {
            taken.fetch_add(1, Ordering::SeqCst);
        }
        let step = if behavior == Behavior::AcceptsSlowly {
            1
        } else {
            usize::MAX
        };
        for piece in reply.chunks(step.min(reply.len().max(1))) {
            // Fails when the destination has had enough.
            if stream.write_all(piece).await.is_err() {
                return;
            }
            // Within TLS it would wait for more.
            drop(stream.flush().await);
            yield_now().await;
        }
        if closes {
            return;
        }
    }
}

async fn read_message(
    stream: &mut (impl AsyncRead + Unpin),
    buffer: &mut BytesMut,
    kind: Kind,
) -> Option<bytes::Bytes> {
    let mut decoder = Decoder::new(FrameLimits::default(), Strictness::Strict);
    loop {
        let found = match kind {
            Kind::Http | Kind::Https => whole_request(buffer),
            Kind::Mllp | Kind::Mllps | Kind::File | Kind::Sql => match decoder.decode(buffer).unwrap() {
                Some(Decoded::Frame(Frame::Whole(content))) => Some(content),
                _ => None,
            },
        };
        if found.is_some() {
            return found;
        }
        if stream.read_buf(buffer).await.unwrap_or(0) == 0 {
            return None;
        }
    }
}

/// The body of a request that is there whole.
fn whole_request(buffer: &mut BytesMut) -> Option<bytes::Bytes> {
    let text = String::from_utf8_lossy(buffer).into_owned();
    let (head, rest) = text.split_once("\r\n\r\n")?;
    assert!(head.starts_with("POST /hl7 HTTP/1.1\r\n"), "{head}");
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "));
    let length: usize = length.unwrap().parse().unwrap();
    if rest.len() < length {
        return None;
    }
    let request = buffer.split_to(head.len() + 4 + length).freeze();
    Some(request.slice(head.len() + 4..))
}

/// An answer as this kind has it.
fn written(kind: Kind, content: &[u8]) -> Vec<u8> {
    if matches!(kind, Kind::Http | Kind::Https) {
        let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", content.len());
        return [head.as_bytes(), content].concat();
    }
    let mut out = BytesMut::new();
    encode(content, &mut out).unwrap();
    out.to_vec()
}

/// A PostgreSQL server, and before it a relay that behaves when a statement is to be run.
struct Database {
    server: Postgres,
    address: SocketAddr,
    behavior: watch::Sender<Behavior>,
    relay: JoinSet<()>,
}

impl Database {
    async fn stage(behavior: Behavior) -> Result<Stage, &'static str> {
        if behavior == Behavior::AnswersAnother {
            return Err("answers carry no control id: a connection keeps their order");
        }
        if behavior == Behavior::AnswersTooMuch {
            return Err("of the answer only its number of rows is kept");
        }
        let Some(server) = Postgres::start() else {
            return Err("there is no server on this machine");
        };
        server.ask("create table messages (id text primary key);");
        if behavior == Behavior::Refuses {
            server.ask("alter table messages add constraint closed check (false);");
        }
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let more = "statement_timeout: 300ms, plaintext: accepted, values: ['{MSH-10}'], \
                    statement: 'insert into messages values ($1) on conflict do nothing'";
        let (password, client) = super::sql::client(address.port(), more);
        let mut database = Database {
            server,
            address,
            behavior: watch::Sender::new(behavior),
            relay: JoinSet::new(),
        };
        // The password stays where it is as long as the relay lives.
        database.relay.spawn(async move {
            let _password = password;
            std::future::pending::<()>().await;
        });
        if behavior != Behavior::IsAway {
            database.listen(listener);
        }
        Ok(Stage {
            destination: Destination::Sql(client),
            receiver: Receiver::Database(database),
        })
    }

    fn listen(&mut self, listener: TcpListener) {
        let (port, behavior) = (self.server.port, self.behavior.subscribe());
        self.relay.spawn(async move {
            let mut connections = JoinSet::new();
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                connections.spawn(relay(stream, port, behavior.clone()));
            }
        });
    }

    async fn comes_back(&mut self) {
        let before = self.behavior.send_replace(Behavior::Accepts);
        if before == Behavior::IsAway {
            let listener = TcpListener::bind(self.address).await.unwrap();
            self.listen(listener);
        }
        if before == Behavior::Refuses {
            self.server.ask("alter table messages drop constraint closed;");
        }
    }

    fn rows(&self) -> usize {
        let count = self.server.ask("select count(*) from messages;");
        count.trim().parse().unwrap()
    }
}

/// Passes everything on, until the client binds values to a statement.
async fn relay(mut client: TcpStream, port: u16, behavior: watch::Receiver<Behavior>) {
    /// The first byte of a Bind message.
    const BIND: u8 = b'B';
    let mut server = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    let (mut asked, mut answered) = (BytesMut::new(), BytesMut::new());
    loop {
        tokio::select! {
            read = client.read_buf(&mut asked) => {
                if read.unwrap_or(0) == 0 {
                    return;
                }
                let is_bound = asked.first() == Some(&BIND);
                let behaves = |those: &[Behavior]| is_bound && those.contains(&*behavior.borrow());
                if behaves(&[Behavior::IsSilent]) {
                    return std::future::pending().await;
                }
                if behaves(&[Behavior::ClosesUnasked]) {
                    return;
                }
                if behaves(&[Behavior::AnswersGarbage]) {
                    client.write_all(b"<html>SECRET</html>").await.unwrap();
                    drop(client.read_buf(&mut asked).await);
                    return;
                }
                server.write_all(&asked).await.unwrap();
                if behaves(&[Behavior::NeverEnds, Behavior::CutsItsReply]) {
                    server.read_buf(&mut answered).await.unwrap();
                    client.write_all(&answered[..3]).await.unwrap();
                    if behaves(&[Behavior::NeverEnds]) {
                        return std::future::pending().await;
                    }
                    return;
                }
                asked.clear();
            }
            read = server.read_buf(&mut answered) => {
                if read.unwrap_or(0) == 0 {
                    return;
                }
                let step = if *behavior.borrow() == Behavior::AcceptsSlowly { 1 } else { usize::MAX };
                for piece in answered.chunks(step.min(answered.len())) {
                    client.write_all(piece).await.unwrap();
                    yield_now().await;
                }
                answered.clear();
            }
        }
    }
}

fn report(result: &Result<Receipt, DeliveryError>) -> Report {
    match result {
        Ok(_) => Report::Receipt,
        // A database has no acknowledgment to refuse with.
        Err(DeliveryError::Refused(_) | DeliveryError::Impossible { .. }) => Report::Refused,
        Err(
            DeliveryError::Unreachable { .. } | DeliveryError::Untrusted { .. } | DeliveryError::Busy { .. },
        ) => Report::Unreachable,
        Err(DeliveryError::NoAcknowledgment { .. }) => Report::InDoubt,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_kind_reports_what_receivers_do_and_goes_on_when_they_come_back() {
    let mut held = Vec::new();
    for kind in KINDS {
        for (behavior, expected) in ROWS {
            let Stage {
                mut destination,
                mut receiver,
            } = match kind.stage(*behavior).await {
                Ok(stage) => stage,
                Err(reason) => {
                    assert!(!reason.is_empty());
                    continue;
                }
            };
            let row = format!("{kind:?} {behavior:?}");
            let result = destination.deliver(&message("1")).await;
            assert_eq!(report(&result), *expected, "{row}: {result:?}");
            assert!(!format!("{result:?}").contains("SECRET"), "{row}: {result:?}");
            receiver.comes_back().await;
            for control_id in ["1", "2"] {
                let result = destination.deliver(&message(control_id)).await;
                assert_eq!(report(&result), Report::Receipt, "{row}, come back: {result:?}");
            }
            // What was accepted the first time is sent again here; a folder knows its own file, a table its key.
            let repeats = *expected == Report::Receipt && !matches!(kind, Kind::File | Kind::Sql);
            let repeats = usize::from(repeats);
            assert_eq!(receiver.taken(), 2 + repeats, "{row}");
            held.push((*kind, *behavior));
        }
    }
    for kind in [Kind::Mllp, Kind::Mllps, Kind::Http, Kind::Https] {
        let rows = held.iter().filter(|(held, _)| *held == kind).count();
        assert_eq!(rows, ROWS.len(), "{kind:?} can show every row");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_message_is_impossible_for_every_kind() {
    for kind in KINDS {
        let Ok(mut stage) = kind.stage(Behavior::Accepts).await else {
            continue;
        };
        let result = stage.destination.deliver(&outgoing("PID|1||SECRET")).await;
        assert!(
            matches!(result, Err(DeliveryError::Impossible { .. })),
            "{kind:?}: {result:?}"
        );
        assert!(!format!("{result:?}").contains("SECRET"));
        assert_eq!(stage.receiver.taken(), 0, "{kind:?}");
    }
}
