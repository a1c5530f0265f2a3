//! HTTP listeners: a POST of one message, or of several, is answered with its acknowledgment, as HL7 over HTTP has it.
//!
//! One request of a connection after the other, so that their order is that of the sender. Nothing is read beyond the
//! limits, and no more than the budget of all listeners has room for. Who sends is what TLS says: no header is believed.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http_body_util::{BodyExt, Full};
use hyper::body::{Body, Incoming as RequestBody};
use hyper::header::{ALLOW, CONNECTION, CONTENT_TYPE, HeaderMap, HeaderValue, RETRY_AFTER};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use metrics::counter;
use schemars::JsonSchema;
use serde::Deserialize;
use tokio::sync::watch;
use tokio::time::timeout;
use tokio_io_timeout::TimeoutStream;
use tracing::debug;

use super::budget::Share;
use super::door::{Caps, Door};
use super::{
    Incoming, Intake, ReadBudget, Reply, Ruling, count_failure, guard_intake, guard_reply, mllp, stopped,
};
use crate::metrics::{LISTENER_FRAME_BYTES_TOTAL, LISTENER_FRAMES_TOTAL};
use crate::mllp::Frame;
use crate::tls::{self, Accepted, Certificate, Plaintext, ServerSettings, Within};
use crate::units;

/// What messages are called, in requests and in answers.
const MEDIA_TYPE: &str = "x-application/hl7-v2+er7";
/// What else they are called in requests.
const OTHER_MEDIA_TYPES: [&str; 4] = [
    "application/hl7-v2",
    "application/hl7-v2+er7",
    "text/plain",
    "application/octet-stream",
];
/// The headers of a request, all together.
const HEADER_BYTES_MAX: usize = 16 * 1024;
/// How many headers a request may have.
const HEADERS_MAX: usize = 64;
/// How much of a message that is too large is kept, to read its header.
const PREFIX_BYTES: usize = 4 * 1024;
/// When to try again what could not be stored.
const RETRY_AFTER_SECONDS: &str = "5";

/// The settings of an HTTP listener.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The address and port to listen on, as `127.0.0.1:8080`.
    pub bind: SocketAddr,
    /// TLS: `certificate`, `key`, and `clients` for who may connect.
    #[serde(default)]
    pub tls: Option<ServerSettings>,
    /// `accepted`: messages may come unencrypted from other machines.
    #[serde(default)]
    pub plaintext: Option<Plaintext>,
    /// The path that is posted to, as `/` (the default).
    #[serde(default = "default_path")]
    pub path: String,
    /// The longest message, as `32MiB` (the default).
    #[serde(default = "mllp::default_frame_bytes_max", deserialize_with = "units::bytes")]
    pub frame_bytes_max: usize,
    /// The time for the headers of a request, and again for its message, as `30s` (the default).
    #[serde(
        default = "mllp::default_frame_deadline",
        deserialize_with = "units::time_limit"
    )]
    pub frame_deadline: Duration,
    /// The time in which a sender that reads nothing of an answer is given up, as `30s` (the default).
    #[serde(
        default = "mllp::default_write_timeout",
        deserialize_with = "units::time_limit"
    )]
    pub write_timeout: Duration,
    /// How many connections may be open at once: 256 by default.
    #[serde(default = "mllp::default_connections_max")]
    pub connections_max: NonZeroUsize,
    /// How many of them may come from one address: 32 by default.
    #[serde(default = "mllp::default_connections_per_address_max")]
    pub connections_per_address_max: NonZeroUsize,
    /// How long connections may go on answering what they have read when weir stops, as `10s` (the default).
    #[serde(default = "mllp::default_stop_grace", deserialize_with = "units::duration")]
    pub stop_grace: Duration,
}

fn default_path() -> String {
    "/".to_owned()
}

/// A listener with its socket.
#[derive(Clone)]
pub struct Bound {
    door: Door,
    tls: Option<tls::Server>,
    settings: Settings,
}

impl Bound {
    pub(super) async fn bind(settings: &Settings) -> io::Result<Bound> {
        Ok(Bound::on(Door::bind(settings.bind).await?, settings))
    }

    /// On a socket that is there already.
    pub(super) fn on(door: Door, settings: &Settings) -> Bound {
        let server = |settings| tls::Server::new(settings, Within::Http);
        Bound {
            door,
            tls: settings.tls.as_ref().map(server),
            settings: settings.clone(),
        }
    }

    pub(super) fn door(&self) -> &Door {
        &self.door
    }

    pub(super) fn tls(&self) -> Option<&tls::Server> {
        self.tls.as_ref()
    }

    pub(super) fn address(&self) -> io::Result<SocketAddr> {
        self.door.address()
    }

    pub(super) async fn run(
        self,
        name: Arc<str>,
        intake: Intake,
        budget: ReadBudget,
        shutdown: watch::Receiver<bool>,
    ) {
        let Bound { door, tls, settings } = self;
        let caps = Caps {
            connections_max: settings.connections_max.get(),
            connections_per_address_max: settings.connections_per_address_max.get(),
            stop_grace: settings.stop_grace,
        };
        let service = Arc::new(Service {
            name: Arc::clone(&name),
            settings,
            intake,
            budget,
            shutdown: shutdown.clone(),
        });
        let serve = move |accepted, peer| serve(accepted, peer, Arc::clone(&service));
        door.serve(name, caps, tls, shutdown, serve).await;
    }
}

/// What all connections of one listener share.
struct Service {
    name: Arc<str>,
    settings: Settings,
    intake: Intake,
    budget: ReadBudget,
    shutdown: watch::Receiver<bool>,
}

/// Serves one connection until either side ends it. A connection that waits for its next request is closed after the
/// time that headers may take.
async fn serve(accepted: Accepted, peer: SocketAddr, service: Arc<Service>) {
    let Accepted {
        stream, certificate, ..
    } = accepted;
    let mut shutdown = service.shutdown.clone();
    let mut builder = http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .half_close(true)
        .header_read_timeout(service.settings.frame_deadline)
        .max_buf_size(HEADER_BYTES_MAX)
        .max_headers(HEADERS_MAX);
    let answering = {
        let service = Arc::clone(&service);
        service_fn(move |request| {
            let (service, certificate) = (Arc::clone(&service), certificate.clone());
            async move { Ok::<_, Infallible>(service.answer(request, certificate, peer).await) }
        })
    };
    let mut stream = TimeoutStream::new(stream);
    stream.set_write_timeout(Some(service.settings.write_timeout));
    let mut connection = pin!(builder.serve_connection(TokioIo::new(Box::pin(stream)), answering));
    let served = tokio::select! {
        served = connection.as_mut() => served,
        () = stopped(&mut shutdown) => {
            // What is being read is read to its end and answered.
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(failure) = served {
        // hyper's words quote nothing of what was received.
        count_failure(&service.name, "http");
        debug!(listener = &*service.name, %peer, %failure, "connection given up");
    }
}

/// Why a request is no message, and what it is answered.
struct Refused {
    status: StatusCode,
    text: &'static str,
}

impl Service {
    async fn answer(
        &self,
        request: Request<RequestBody>,
        certificate: Option<Arc<Certificate>>,
        peer: SocketAddr,
    ) -> Response<Full<Bytes>> {
        match self.message(request, peer).await {
            Ok((frame, share)) => {
                let is_too_large = matches!(frame, Frame::TooLarge { .. });
                let incoming = Incoming {
                    frame,
                    is_file: false,
                    certificate,
                    peer: Some(peer),
                };
                let taken = guard_intake(&self.intake, incoming).await;
                // Until here the message was weir's only as one that is being read.
                drop(share);
                let reply = match taken {
                    Some(reply) => guard_reply(reply).await,
                    None => None,
                };
                if reply.is_none() {
                    count_failure(&self.name, "intake_panic");
                }
                answered(reply, is_too_large)
            }
            Err(refused) => {
                count_failure(&self.name, "http");
                let status = refused.status.as_u16();
                debug!(listener = &*self.name, status, "a request is no message");
                let mut response = Response::new(Full::from(refused.text));
                *response.status_mut() = refused.status;
                let headers = response.headers_mut();
                headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/plain"));
                headers.insert(CONNECTION, HeaderValue::from_static("close"));
                if refused.status == StatusCode::METHOD_NOT_ALLOWED {
                    headers.insert(ALLOW, HeaderValue::from_static("POST"));
                }
                response
            }
        }
    }

    /// The message in a request, read within the limits, and its share of the budget.
    async fn message(
        &self,
        request: Request<RequestBody>,
        peer: SocketAddr,
    ) -> Result<(Frame, Share), Refused> {
        let (head, body) = request.into_parts();
        let refuse = |status, text| Err(Refused { status, text });
        if head.uri.path() != self.settings.path {
            return refuse(StatusCode::NOT_FOUND, "nothing is posted to this path\n");
        }
        if head.method != Method::POST {
            return refuse(StatusCode::METHOD_NOT_ALLOWED, "messages are posted\n");
        }
        if !is_message(&head.headers) {
            let text = "expected a message in ER7 (vertical bars): x-application/hl7-v2+er7\n";
            return refuse(StatusCode::UNSUPPORTED_MEDIA_TYPE, text);
        }
        let Ok(read) = timeout(self.settings.frame_deadline, self.read(body, peer)).await else {
            return refuse(StatusCode::REQUEST_TIMEOUT, "the message took too long\n");
        };
        let Some((frame, share)) = read else {
            return refuse(StatusCode::BAD_REQUEST, "the message was cut off\n");
        };
        counter!(LISTENER_FRAMES_TOTAL, "listener" => Arc::clone(&self.name)).increment(1);
        match &frame {
            Frame::Whole(content) => {
                let bytes = content.len() as u64;
                counter!(LISTENER_FRAME_BYTES_TOTAL, "listener" => Arc::clone(&self.name)).increment(bytes);
            }
            Frame::TooLarge { .. } => count_failure(&self.name, "too_large"),
        }
        Ok((frame, share))
    }

    /// Reads a body; `None` when it was cut off.
    async fn read(&self, mut body: RequestBody, peer: SocketAddr) -> Option<(Frame, Share)> {
        let bytes_max = self.settings.frame_bytes_max;
        let mut share = self.budget.share(bytes_max, Some(peer.ip()));
        let mut content = BytesMut::new();
        let announced = body.size_hint().exact();
        let mut is_too_large = announced.is_some_and(|announced| announced > bytes_max as u64);
        while let Some(part) = body.frame().await {
            // Trailers are nobody's.
            let Ok(part) = part.ok()?.into_data() else {
                continue;
            };
            is_too_large |= content.len() + part.len() > bytes_max;
            if is_too_large {
                let room = PREFIX_BYTES.saturating_sub(content.len());
                content.extend(part.iter().take(room));
                content.truncate(PREFIX_BYTES);
                let prefix = content.freeze();
                return Some((Frame::TooLarge { prefix }, share));
            }
            share.cover(content.len() + part.len()).await;
            content.extend_from_slice(&part);
        }
        Some((Frame::Whole(content.freeze()), share))
    }
}

/// Whether the headers call it a message; a sender that calls it nothing is believed.
fn is_message(headers: &HeaderMap) -> bool {
    let Some(value) = headers.get(CONTENT_TYPE) else {
        return true;
    };
    let text = value.to_str().unwrap_or_default();
    let media_type = text.split(';').next().unwrap_or_default().trim();
    let mut known = [MEDIA_TYPE].into_iter().chain(OTHER_MEDIA_TYPES);
    known.any(|known| known.eq_ignore_ascii_case(media_type))
}

/// The response to a message: its acknowledgments, and the status that HL7 over HTTP gives them.
fn answered(reply: Option<Reply>, is_too_large: bool) -> Response<Full<Bytes>> {
    let reply = reply.unwrap_or(Reply {
        ruling: Ruling::Unavailable,
        close: true,
        ..Reply::default()
    });
    let status = match reply.ruling {
        _ if is_too_large => StatusCode::PAYLOAD_TOO_LARGE,
        Ruling::Accepted if reply.frames.is_empty() => StatusCode::NO_CONTENT,
        Ruling::Accepted => StatusCode::OK,
        Ruling::Rejected(_) => StatusCode::BAD_REQUEST,
        Ruling::Erroneous(_) => StatusCode::INTERNAL_SERVER_ERROR,
        Ruling::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
    };
    let mut response = Response::new(Full::from(reply.frames.concat()));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
    if status == StatusCode::SERVICE_UNAVAILABLE {
        headers.insert(RETRY_AFTER, HeaderValue::from_static(RETRY_AFTER_SECONDS));
    }
    if reply.close {
        headers.insert(CONNECTION, HeaderValue::from_static("close"));
    }
    response
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpStream;
    use tokio::sync::Semaphore;

    use super::*;

    #[test]
    fn the_ruling_gives_the_status() {
        let check = |ruling: Ruling, frames: &[&'static str], status: u16, retry_after: bool| {
            let frames = frames.iter().map(|frame| Bytes::from(*frame)).collect();
            let reply = Reply {
                frames,
                ruling: ruling.clone(),
                ..Reply::default()
            };
            let response = answered(Some(reply), false);
            assert_eq!(response.status().as_u16(), status, "{ruling:?}");
            assert_eq!(
                response.headers().contains_key(RETRY_AFTER),
                retry_after,
                "{ruling:?}"
            );
        };
        check(Ruling::Accepted, &["AA"], 200, false);
        check(Ruling::Accepted, &[], 204, false);
        check(Ruling::Rejected(String::new()), &["AR"], 400, false);
        check(Ruling::Erroneous(String::new()), &["AE"], 500, false);
        check(Ruling::Unavailable, &["AR"], 503, true);
        check(Ruling::Unavailable, &[], 503, true);
        assert_eq!(
            answered(None, false).status().as_u16(),
            503,
            "the intake panicked"
        );
        let too_large = answered(Some(Reply::default()), true);
        assert_eq!(too_large.status().as_u16(), 413);
    }

    #[expect(clippy::async_yields_async, reason = "an intake is a future of a future")]
    #[tokio::test]
    async fn a_message_keeps_its_share_of_the_budget_until_it_is_taken() {
        const MESSAGE_BYTES: usize = 100 << 10;
        let budget = ReadBudget::new(MESSAGE_BYTES);
        let settings: Settings =
            serde_yaml::from_str("{ bind: '127.0.0.1:0', frame_bytes_max: 100KiB }").unwrap();
        let bound = Bound::bind(&settings).await.unwrap();
        let address = bound.address().unwrap();
        let (arrived, gate) = (Arc::new(Semaphore::new(0)), Arc::new(Semaphore::new(0)));
        let (come, open) = (Arc::clone(&arrived), Arc::clone(&gate));
        let intake: Intake = Arc::new(move |_| {
            let (come, open) = (Arc::clone(&come), Arc::clone(&open));
            async move {
                come.add_permits(1);
                open.acquire().await.unwrap().forget();
                async { Reply::default() }.boxed()
            }
            .boxed()
        });
        let (stop, shutdown) = watch::channel(false);
        let running = tokio::spawn(bound.run("in".into(), intake, budget.clone(), shutdown));
        let mut sender = TcpStream::connect(address).await.unwrap();
        let head = format!("POST / HTTP/1.1\r\nHost: weir\r\nContent-Length: {MESSAGE_BYTES}\r\n\r\n");
        sender.write_all(head.as_bytes()).await.unwrap();
        sender.write_all(&vec![b'x'; MESSAGE_BYTES]).await.unwrap();
        arrived.acquire().await.unwrap().forget();
        let mut other = budget.share(MESSAGE_BYTES, None);
        assert!(
            other.cover(MESSAGE_BYTES).now_or_never().is_none(),
            "it is not taken yet"
        );
        gate.add_permits(1);
        let mut status = [0; 12];
        sender.read_exact(&mut status).await.unwrap();
        assert_eq!(&status, b"HTTP/1.1 204");
        other.cover(MESSAGE_BYTES).await;
        drop(sender);
        stop.send_replace(true);
        running.await.unwrap();
    }

    #[test]
    fn messages_have_several_names() {
        let check = |content_type: &str| {
            let value = HeaderValue::from_str(content_type).unwrap();
            is_message(&HeaderMap::from_iter([(CONTENT_TYPE, value)]))
        };
        assert!(is_message(&HeaderMap::new()));
        assert!(check("x-application/hl7-v2+er7; charset=utf-8"));
        assert!(check("Application/HL7-v2"));
        assert!(check("text/plain;charset=ISO-8859-1"));
        for other in ["x-application/hl7-v2+xml", "application/json", "text/html", ""] {
            assert!(!check(other), "{other}");
        }
    }
}
