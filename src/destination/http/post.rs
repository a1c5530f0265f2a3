//! One POST of something that is no message: what is told to people by a webhook.
//!
//! Over a connection of its own, with the same rules as for messages: TLS as the address says, no redirects, no proxy.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::header::{CONTENT_TYPE, HOST, USER_AGENT};
use hyper::{Request, StatusCode};
use tokio::time::timeout;

use super::counted::Counted;
use super::{HeaderText, UrlPlace, open_to, read_secrets, reason};
use crate::tls::{self, NotReached, Plaintext};

/// More of an answer is not read: its status is what counts.
const ANSWER_BYTES_MAX: usize = 64 * 1024;

/// Where to post, and what.
pub struct Post<'a> {
    /// Where.
    pub url: &'a UrlPlace,
    /// Whether a secret address may travel unencrypted to another machine; one of the site is checked with it.
    pub plaintext: Option<Plaintext>,
    /// Headers of the request.
    pub headers: &'a BTreeMap<String, HeaderText>,
    /// What makes the connection secret, where the address asks for it.
    pub tls: &'a tls::Client,
    /// What the body is called.
    pub content_type: &'static str,
    /// The body.
    pub body: Bytes,
}

/// Posts it within a time. What was answered is its status; an error says why there was none, without secrets.
pub async fn post(what: Post<'_>, limit: Duration) -> Result<StatusCode, NotReached> {
    let within = timeout(limit, exchange(what, limit)).await;
    within.unwrap_or_else(|_| Err(format!("no answer within {}", humantime::format_duration(limit)).into()))
}

async fn exchange(what: Post<'_>, limit: Duration) -> Result<StatusCode, NotReached> {
    let (url, headers) = read_secrets(what.url, what.plaintext, what.headers).await?;
    let mut request = Request::post(url.path())
        .header(HOST, url.authority())
        .header(CONTENT_TYPE, what.content_type)
        .header(USER_AGENT, concat!("weir/", env!("CARGO_PKG_VERSION")))
        .body(Full::new(Counted::new(what.body)))
        .map_err(|error| error.to_string())?;
    request.headers_mut().extend(headers);
    let connection = open_to(&url, what.tls, limit).await;
    let mut connection = connection.map_err(|error| NotReached::because(&error, &error))?;
    let sent = connection.sender.send_request(request).await;
    let (head, body) = sent
        .map_err(|error| NotReached::because(reason(&error), &error))?
        .into_parts();
    // Read so that the other side sees an orderly end; what it says is for nobody.
    drop(Limited::new(body, ANSWER_BYTES_MAX).collect().await);
    Ok(head.status)
}
