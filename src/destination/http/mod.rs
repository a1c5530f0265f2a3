//! HTTP destinations: one POST a message, as HL7 over HTTP has it, and the acknowledgment in the answer's body.
//!
//! One connection, kept between messages while the receiver keeps it. The address comes from the site alone:
//! redirects are never followed and no proxy is asked. Nothing is retried here; what a status means is in `answer.rs`.

mod answer;
mod counted;
mod post;
mod settings;
mod url;

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::Buf;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::client::conn::http1::{Builder, SendRequest};
use hyper::header::{ACCEPT, CONTENT_TYPE, HOST, HeaderName, HeaderValue, USER_AGENT};
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use metrics::counter;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::task::{JoinSet, spawn_blocking};
use tokio::time::{Instant, timeout, timeout_at};

use self::answer::Answer;
use self::counted::{Counted, Unwritten};
use super::{DeliveryError, Outgoing, Receipt, connect, parse};
use crate::hl7::Message;
use crate::metrics::DESTINATION_CONNECTIONS_TOTAL;
use crate::tls::{self, Owner, Plaintext, Since, Within};

pub use post::{Post, post};
pub use settings::{Acknowledged, HeaderText, Settings};
pub use url::{Url, UrlPlace};

/// The sending end of one HTTP destination.
pub struct Client {
    name: Arc<str>,
    settings: Settings,
    tls: tls::Client,
    /// Open between deliveries, and only if the last one left no doubt.
    connection: Option<Connection>,
}

/// A connection to the receiver.
struct Connection {
    sender: SendRequest<Full<Counted>>,
    /// Drives it; dropped with it, so that nothing of an attempt outlives the attempt.
    _driver: JoinSet<()>,
    /// Whom it leads to: whether within TLS, and the host and port.
    server: (bool, String),
    /// By which certificates its receiver was let through, where it is kept within TLS.
    since: Since,
    last_used: Instant,
}

impl Client {
    pub(super) fn new(name: Arc<str>, settings: Settings) -> Client {
        Client {
            tls: tls::Client::new(settings.tls.clone(), Within::Http, Owner::destination(&name)),
            name,
            settings,
            connection: None,
        }
    }

    pub(super) async fn deliver(&mut self, outgoing: &Outgoing) -> Result<Receipt, DeliveryError> {
        let message = parse(outgoing)?;
        let body = Counted::new(self.settings.terminators.apply(&outgoing.bytes, &message));
        let unwritten = body.unwritten();
        let settings = &self.settings;
        let read = read_secrets(&settings.url, settings.plaintext, &settings.headers).await;
        let (url, headers) = read.map_err(DeliveryError::unreachable)?;
        let request = self.request(&url, headers, &message, body)?;
        // Out of `self` until there is no doubt about it: every early return closes it.
        let mut connection = self.ready(&url).await?;
        let limit = self.settings.answer_timeout;
        let deadline = Instant::now() + limit;
        let Ok(answer) = timeout_at(deadline, self.exchange(&mut connection, request)).await else {
            let limit = humantime::format_duration(limit);
            return Err(DeliveryError::no_acknowledgment(format_args!(
                "no whole answer came within {limit}"
            )));
        };
        let settings = &self.settings;
        let meant = answer?.meaning(&message.header(), settings.acknowledgment, settings.control_id);
        // A refusal may come before its message has ended; nothing can be taken that was not read.
        if meant.is_ok() && !is_taken(&mut connection, &unwritten, deadline).await {
            return Err(DeliveryError::no_acknowledgment(
                "the answer came early, and the receiver did not read the whole message",
            ));
        }
        if matches!(meant, Ok(_) | Err(DeliveryError::Refused(_))) && unwritten.is_none() {
            connection.last_used = Instant::now();
            self.connection = Some(connection);
        }
        meant
    }

    /// Sends the request and reads the whole answer.
    async fn exchange(
        &self,
        connection: &mut Connection,
        request: Request<Full<Counted>>,
    ) -> Result<Answer, DeliveryError> {
        let sent = connection.sender.try_send_request(request).await;
        let response: Response<Incoming> = sent.map_err(|mut failure| {
            // Given back: not a byte of it was written.
            if failure.take_message().is_some() {
                DeliveryError::unreachable("the receiver closed the connection")
            } else {
                unanswered(&failure.into_error())
            }
        })?;
        let (head, body) = response.into_parts();
        let bytes_max = self.settings.acknowledgment_bytes_max;
        let body = Limited::new(body, bytes_max).collect().await.map_err(|failure| {
            match failure.downcast::<hyper::Error>() {
                Ok(failure) => DeliveryError::no_acknowledgment(reason(&failure)),
                Err(_) => DeliveryError::no_acknowledgment(format_args!(
                    "the answer is longer than {bytes_max} bytes"
                )),
            }
        })?;
        Ok(Answer::new(&head, body.to_bytes()))
    }

    /// The request that carries a message.
    fn request(
        &self,
        url: &Url,
        headers: Headers,
        message: &Message,
        body: Counted,
    ) -> Result<Request<Full<Counted>>, DeliveryError> {
        let mut content_type = self.settings.content_type.clone();
        if let Some(charset) = charset(message, body.chunk()) {
            content_type = format!("{content_type}; charset={charset}");
        }
        let mut request = Request::post(url.path())
            .header(HOST, url.authority())
            .header(CONTENT_TYPE, content_type)
            .header(ACCEPT, self.settings.content_type.as_str())
            .header(USER_AGENT, concat!("weir/", env!("CARGO_PKG_VERSION")))
            .body(Full::new(body))
            .map_err(DeliveryError::unreachable)?;
        request.headers_mut().extend(headers);
        Ok(request)
    }

    /// The open connection if it can be trusted, or a new one.
    async fn ready(&mut self, url: &Url) -> Result<Connection, DeliveryError> {
        let limit = self.settings.connect_timeout;
        if let Some(mut connection) = self.connection.take() {
            let is_fresh = connection.last_used.elapsed() <= self.settings.reconnect_after;
            let is_there = connection.server == url.server();
            if is_there
                && is_fresh
                && !connection.since.has_changed().await
                && matches!(timeout(limit, connection.sender.ready()).await, Ok(Ok(())))
            {
                return Ok(connection);
            }
        }
        let connected = timeout(limit, self.connect(url)).await;
        connected
            .unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
            .map_err(|failure| DeliveryError::unconnected(&failure))
    }

    async fn connect(&self, url: &Url) -> io::Result<Connection> {
        let since = Since::now(url.is_secure().then_some(&self.tls)).await;
        let connection = open_to(url, &self.tls, self.settings.connect_timeout).await?;
        counter!(DESTINATION_CONNECTIONS_TOTAL, "destination" => Arc::clone(&self.name)).increment(1);
        Ok(Connection { since, ..connection })
    }
}

/// Whether the request is written whole by this deadline: some answer first and read on.
async fn is_taken(connection: &mut Connection, unwritten: &Unwritten, deadline: Instant) -> bool {
    if !unwritten.is_none() {
        // Ends when all is written, or nothing more can be.
        drop(timeout_at(deadline, connection.sender.ready()).await);
    }
    unwritten.is_none()
}

/// A new connection to where the address points.
async fn open_to(url: &Url, tls: &tls::Client, limit: Duration) -> io::Result<Connection> {
    let stream = connect(&url.address(), limit).await?;
    // A message is written whole; a failure here costs only speed.
    drop(stream.set_nodelay(true));
    if url.is_secure() {
        open(url.server(), tls.connect(url.host(), stream).await?).await
    } else {
        open::<TcpStream>(url.server(), stream).await
    }
}

/// Headers of a request.
type Headers = Vec<(HeaderName, HeaderValue)>;

/// Where it goes, and the headers that a site asks for. Secrets are read for each request, so that a new one counts at
/// once.
async fn read_secrets(
    url: &UrlPlace,
    plaintext: Option<Plaintext>,
    asked: &BTreeMap<String, HeaderText>,
) -> Result<(Url, Headers), String> {
    let (url, asked) = (url.clone(), asked.clone());
    let read = spawn_blocking(move || {
        let url = url.read_to_post(plaintext)?;
        let headers: Result<Headers, String> = asked.iter().map(|(name, text)| text.header(name)).collect();
        Ok((url, headers?))
    });
    read.await.unwrap_or_else(|_| Err("internal error".to_owned()))
}

/// Speaks HTTP over a stream.
async fn open<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(
    server: (bool, String),
    stream: S,
) -> io::Result<Connection> {
    let mut builder = Builder::new();
    // From where the body lies: what hyper copies first would count as written.
    builder.writev(true);
    let (sender, connection) = builder
        .handshake(TokioIo::new(stream))
        .await
        .map_err(io::Error::other)?;
    let mut driver = JoinSet::new();
    driver.spawn(async move {
        // What became of it is told to the sender.
        drop(connection.await);
    });
    Ok(Connection {
        sender,
        _driver: driver,
        server,
        since: Since::default(),
        last_used: Instant::now(),
    })
}

/// What it means that no answer came.
fn unanswered(failure: &hyper::Error) -> DeliveryError {
    if tls::is_refusal(failure) {
        DeliveryError::not_taken(failure)
    } else {
        DeliveryError::no_acknowledgment(reason(failure))
    }
}

/// hyper's own words, and those of what lies beneath; neither quotes what was received.
fn reason(failure: &hyper::Error) -> String {
    if failure.is_incomplete_message() {
        return "the receiver closed the connection".to_owned();
    }
    if failure.is_parse() {
        return "expected an answer in HTTP".to_owned();
    }
    failure.to_string()
}

/// The name of the character set in HTTP, where it can be told.
fn charset(message: &Message, bytes: &[u8]) -> Option<String> {
    match message.charset().map(crate::hl7::Charset::as_str) {
        None => std::str::from_utf8(bytes).is_ok().then(|| "utf-8".to_owned()),
        Some("UNICODE UTF-8") => Some("utf-8".to_owned()),
        Some("ASCII") => Some("us-ascii".to_owned()),
        Some(name) => name.strip_prefix("8859/").map(|part| format!("iso-8859-{part}")),
    }
}
