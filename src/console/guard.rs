//! The gate before each endpoint: who is it, may they, is it written down. Asked before any of a body is read.
//!
//! Whoever comes over TCP is known by a bearer token or by the cookie of a session; a session must also show that it
//! is a page of this console that asks (a header no other page can send, and the origin). Whoever comes by the control
//! socket is known already: the system lets only weir's own user open it.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::extract::{FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;
use percent_encoding::percent_decode_str;
use tracing::{error, warn};

use super::Sources;
use super::api::Failure;
use super::endpoint::{Audited, Needs};
use super::serve::Peer;
use crate::access::{Access, Identity, Known, csrf_token};
use crate::audit::{self, Entry, Outcome};
use crate::clock;

/// What a page of a session sends along with each change.
pub(super) const CSRF_HEADER: &str = "x-csrf-token";
/// Why somebody wants something, percent-encoded where it is not plain ASCII.
pub(super) const REASON_HEADER: &str = "x-weir-reason";
/// How much of an address that was asked for goes into the log.
const OBJECT_CHARS_LOGGED: usize = 200;
/// How much of a name that was asked by is told back.
const HOST_CHARS_TOLD: usize = 200;
/// How many digits in the name of a cookie tell one weir from another.
const COOKIE_HEX_DIGITS: usize = 12;
/// The longest key that is looked at.
const KEY_BYTES_MAX: usize = 200;

/// The socket somebody comes by.
#[derive(Debug, Clone)]
pub(super) enum Door {
    /// The network.
    Tcp {
        /// Whether browsers reach it over TLS.
        is_secure: bool,
        /// The name of the cookie of its sessions.
        cookie: Arc<str>,
    },
    /// The control socket.
    Control,
}

impl Door {
    /// The network, for the weir of this outbox. A browser keeps cookies by host and not by port: so that two weirs at
    /// one host do not log each other out, each has a name of its own for its cookie. With TLS the browser itself holds
    /// that it was set by this host alone.
    pub(super) fn tcp(is_secure: bool, store_id: u128) -> Door {
        let hash = blake3::derive_key("weir 2026 name of the session cookie", &store_id.to_be_bytes());
        let hash = blake3::Hash::from(hash).to_hex();
        let digits = hash.get(..COOKIE_HEX_DIGITS).unwrap_or_default();
        let prefix = if is_secure { "__Host-" } else { "" };
        let cookie = format!("{prefix}weir-{digits}").into();
        Door::Tcp { is_secure, cookie }
    }

    /// The name of the cookie; whoever comes by the control socket needs none.
    pub(super) fn cookie_name(&self) -> Option<&str> {
        match self {
            Door::Tcp { cookie, .. } => Some(cookie),
            Door::Control => None,
        }
    }
}

/// What is asked before one endpoint.
#[derive(Clone)]
pub(super) struct Gate {
    door: Door,
    needs: Needs,
    audited: Audited,
    access: Arc<Access>,
    audit: audit::Log,
}

/// Whoever asks, as the work behind a gate sees them.
#[derive(Clone)]
pub(super) struct Caller {
    /// Who it is; nobody where a login is not needed.
    pub(super) known: Option<Known>,
    /// The session they come with.
    pub(super) session_key: Option<Arc<str>>,
    door: Door,
    /// Whether a page asks that came over TLS, by ours or by that of a proxy.
    is_page_secure: bool,
    peer: Peer,
    reason: Option<String>,
    audited: Audited,
    audit: audit::Log,
    /// The number of the record that allows this; 0 as long as there is none.
    record: Arc<AtomicU64>,
}

/// For the log, and for the audit log.
impl fmt::Display for Caller {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} from {}", self.who(), self.peer)
    }
}

impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Caller, Response> {
        let caller = parts.extensions.get().cloned();
        caller.ok_or_else(|| Failure::response(StatusCode::INTERNAL_SERVER_ERROR, "internal error"))
    }
}

/// Lets a request through to its work, or answers it.
pub(super) async fn pass(State(gate): State<Gate>, request: Request, next: Next) -> Response {
    let (mut head, body) = request.into_parts();
    let object = object(head.uri.path());
    let caller = match gate.admit(&head, &object).await {
        Ok(caller) => caller,
        Err(refused) => return close_unread(&head.method, refused),
    };
    head.extensions.insert(caller.clone());
    let response = next.run(Request::from_parts(head, body)).await;
    gate.look_back(&caller, &object, response).await
}

impl Gate {
    pub(super) fn new(door: &Door, sources: &Sources, needs: Needs, audited: Audited) -> Gate {
        Gate {
            door: door.clone(),
            needs,
            audited,
            access: Arc::clone(&sources.access),
            audit: sources.audit.clone(),
        }
    }

    async fn admit(&self, head: &Parts, object: &str) -> Result<Caller, Response> {
        let headers = &head.headers;
        let peer = head.extensions.get::<Peer>().copied();
        let peer = peer.ok_or_else(|| refuse(StatusCode::INTERNAL_SERVER_ERROR, "internal error"))?;
        let (known, session_key) = self.identify(headers, peer);
        let caller = Caller {
            known,
            session_key,
            door: self.door.clone(),
            is_page_secure: is_page_secure(headers),
            peer,
            reason: reason(headers),
            audited: self.audited,
            audit: self.audit.clone(),
            record: Arc::default(),
        };
        let is_open = self.needs == Needs::Nothing;
        let is_local = matches!(self.door, Door::Control);
        if !is_open && !is_local && self.access.needs_setup() {
            let error =
                "there is no administrator yet: make one with the token that weir printed when it started";
            return Err(refuse(StatusCode::FORBIDDEN, error));
        }
        if !is_open && caller.known.is_none() {
            let mut response = refuse(StatusCode::UNAUTHORIZED, "log in first, or send a bearer token");
            let bearer = HeaderValue::from_static("Bearer");
            response.headers_mut().insert(header::WWW_AUTHENTICATE, bearer);
            return Err(response);
        }
        if !is_local && !head.method.is_safe() {
            from_our_page(headers, caller.session_key.as_deref())
                .map_err(|error| refuse(StatusCode::FORBIDDEN, error))?;
        }
        if let Needs::Permission(permission) = self.needs
            && !caller.known.as_ref().is_some_and(|known| known.may(permission))
        {
            let shown: String = object.chars().take(OBJECT_CHARS_LOGGED).collect();
            warn!(by = %caller, method = %head.method, object = shown, %permission, "refused: the permission is missing");
            if let Some(what) = self.audited.name() {
                caller.write(what, object, Outcome::Refused, None).await?;
            }
            let error = format!("this needs the permission to {permission}");
            return Err(refuse(StatusCode::FORBIDDEN, error));
        }
        let is_line = |reason: &str| !reason.contains(char::is_control);
        if !caller.reason().is_none_or(is_line) {
            let error = format!("{REASON_HEADER}: expected one line of text, without control characters");
            return Err(refuse(StatusCode::BAD_REQUEST, error));
        }
        match self.audited {
            Audited::No | Audited::ByItself(_) => {}
            Audited::WithReason(_) if caller.reason.is_none() && !is_local => {
                let error = format!("expected why, in the header {REASON_HEADER}");
                return Err(refuse(StatusCode::BAD_REQUEST, error));
            }
            Audited::As(_) | Audited::WithReason(_) => caller.record(object, None).await?,
        }
        Ok(caller)
    }

    /// Who it is, and the key of the session if it is one.
    fn identify(&self, headers: &HeaderMap, peer: Peer) -> (Option<Known>, Option<Arc<str>>) {
        if let (Door::Control, Peer::Local(uid)) = (&self.door, peer) {
            return (Some(Known::local(uid)), None);
        }
        if let Some(authorization) = headers.get(header::AUTHORIZATION) {
            // Whoever sends a token is a program: a cookie beside it is not looked at.
            let token = authorization.to_str().ok().and_then(bearer);
            let token = token.filter(|token| token.len() <= KEY_BYTES_MAX);
            return (token.and_then(|token| self.access.bearer(token)), None);
        }
        let name = self.door.cookie_name();
        let Some(key) = name.and_then(|name| cookie(headers, name)) else {
            return (None, None);
        };
        match self.access.session(key, clock::monotonic()) {
            Some(known) => (Some(known), Some(key.into())),
            None => (None, None),
        }
    }

    /// Writes down what failed, and holds back what should have been written down and was not.
    async fn look_back(&self, caller: &Caller, object: &str, response: Response) -> Response {
        let number = caller.record.load(Ordering::Relaxed);
        let status = response.status();
        let is_failure = status.is_client_error() || status.is_server_error();
        if let Some(what) = self.audited.name().filter(|_| number > 0 && is_failure) {
            // It has not happened, so a record that cannot be written takes nothing back.
            drop(
                caller
                    .write(what, object, Outcome::Failed, Some((number, status)))
                    .await,
            );
        }
        if matches!(self.audited, Audited::ByItself(_)) && number == 0 && !is_failure {
            error!(object, by = %caller, "an endpoint has written nothing into the audit log");
            return refuse(StatusCode::INTERNAL_SERVER_ERROR, "internal error");
        }
        response
    }
}

impl Audited {
    pub(super) fn name(self) -> Option<&'static str> {
        match self {
            Audited::No => None,
            Audited::As(name) | Audited::WithReason(name) | Audited::ByItself(name) => Some(name),
        }
    }
}

impl Caller {
    /// Who asks, as the audit log names them.
    pub(super) fn who(&self) -> String {
        match &self.known {
            Some(known) => known.identity.to_string(),
            None => "nobody".to_owned(),
        }
    }

    /// Why they want it, as far as they have said.
    pub(super) fn reason(&self) -> Option<&str> {
        self.reason.as_deref()
    }

    /// The same caller with the reason that the body gives, if it gives one.
    pub(super) fn because(&self, reason: Option<String>) -> Caller {
        let reason = reason.map(|reason| reason.trim().to_owned());
        Caller {
            reason: reason
                .filter(|reason| !reason.is_empty())
                .or_else(|| self.reason.clone()),
            ..self.clone()
        }
    }

    /// The name of the cookie of sessions at the door they come by, if there are any.
    pub(super) fn cookie_name(&self) -> Option<&str> {
        self.door.cookie_name()
    }

    /// A cookie that gives their browser this session key, or takes it away; none for whoever needs none. It goes over TLS
    /// alone where the page has come by it, also where that ends at a proxy before us.
    pub(super) fn cookie(&self, key: Option<&str>) -> Option<HeaderValue> {
        let name = self.cookie_name()?;
        let is_secure = self.is_page_secure || matches!(self.door, Door::Tcp { is_secure: true, .. });
        let secure = if is_secure { "; Secure" } else { "" };
        let (key, age) = key.map_or(("", "; Max-Age=0"), |key| (key, ""));
        let text = format!("{name}={key}; Path=/; HttpOnly; SameSite=Strict{secure}{age}");
        Some(HeaderValue::from_str(&text).expect("keys are letters, digits, `-` and `_`"))
    }

    /// Whether they come by the control socket.
    pub(super) fn is_local(&self) -> bool {
        matches!(self.door, Door::Control)
    }

    /// The address they come from.
    pub(super) fn from(&self) -> String {
        self.peer.to_string()
    }

    /// The identity, of whoever is logged in.
    pub(super) fn identity(&self) -> Option<&Identity> {
        self.known.as_ref().map(|known| &known.identity)
    }

    /// Writes down that this is allowed, before it is done. The object is named as its address below `/api/v1/`.
    ///
    /// # Errors
    /// When it cannot be written down: the answer. Nothing may be done then.
    pub(super) async fn record(&self, object: &str, detail: Option<String>) -> Result<(), Response> {
        let what = self.audited.name().unwrap_or("unnamed");
        let entry = Entry {
            detail,
            ..self.entry(what, object, Outcome::Allowed)
        };
        let number = self.append(entry).await?;
        self.record.store(number, Ordering::Relaxed);
        Ok(())
    }

    /// Writes down that it was refused, of somebody who only says who they are.
    ///
    /// # Errors
    /// When it cannot be written down: the answer.
    pub(super) async fn record_refusal(
        &self,
        who: String,
        object: &str,
        detail: Option<String>,
    ) -> Result<(), Response> {
        let what = self.audited.name().unwrap_or("unnamed");
        let entry = Entry {
            who,
            detail,
            ..self.entry(what, object, Outcome::Refused)
        };
        self.append(entry).await.map(drop)
    }

    async fn write(
        &self,
        what: &str,
        object: &str,
        outcome: Outcome,
        failed: Option<(u64, StatusCode)>,
    ) -> Result<(), Response> {
        let entry = Entry {
            detail: failed.map(|(_, status)| format!("answered {}", status.as_u16())),
            of: failed.map(|(number, _)| number),
            ..self.entry(what, object, outcome)
        };
        self.append(entry).await.map(drop)
    }

    fn entry(&self, what: &str, object: &str, outcome: Outcome) -> Entry {
        Entry {
            who: self.who(),
            from: self.from(),
            what: what.to_owned(),
            object: object.to_owned(),
            reason: self.reason.clone(),
            outcome,
            detail: None,
            of: None,
        }
    }

    async fn append(&self, entry: Entry) -> Result<u64, Response> {
        let audit = self.audit.clone();
        let written = tokio::task::spawn_blocking(move || audit.append(entry)).await;
        match written {
            Ok(Ok(number)) => Ok(number),
            Ok(Err(failure)) => {
                error!(%failure, by = %self, "refused: it cannot be written down");
                Err(refuse(StatusCode::SERVICE_UNAVAILABLE, failure.to_string()))
            }
            Err(_) => Err(refuse(StatusCode::INTERNAL_SERVER_ERROR, "internal error")),
        }
    }
}

fn refuse(code: StatusCode, error: impl Into<String>) -> Response {
    Failure::response(code, error)
}

/// A body that nobody reads must not be taken for the next request.
fn close_unread(method: &Method, mut response: Response) -> Response {
    if method != Method::GET {
        let close = HeaderValue::from_static("close");
        response.headers_mut().insert(header::CONNECTION, close);
    }
    response
}

/// What it is about: the address, without what is asked of it, which may name a patient.
fn object(path: &str) -> String {
    path.strip_prefix("/api/v1/").unwrap_or(path).to_owned()
}

fn reason(headers: &HeaderMap) -> Option<String> {
    let text = headers.get(REASON_HEADER)?.to_str().ok()?;
    let text = percent_decode_str(text).decode_utf8_lossy();
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// The token of `Bearer TOKEN`; upper and lower case are the same in the name of a scheme (RFC 9110, 11.1).
fn bearer(authorization: &str) -> Option<&str> {
    let (scheme, token) = authorization.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token)
}

fn cookie<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let lines = headers.get_all(header::COOKIE).into_iter();
    let cookies = lines
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(';'));
    let mut values = cookies.filter_map(|cookie| cookie.trim().strip_prefix(name)?.strip_prefix('='));
    values
        .next()
        .filter(|key| !key.is_empty() && key.len() <= KEY_BYTES_MAX)
}

/// Whether a change comes from a page of ours: no page of another site can send our header, or say another origin.
fn from_our_page(headers: &HeaderMap, session_key: Option<&str>) -> Result<(), String> {
    let text = |name| {
        headers
            .get(name)
            .and_then(|value: &HeaderValue| value.to_str().ok())
    };
    if let Some(origin) = headers.get(header::ORIGIN) {
        let ours = text(header::HOST.as_str());
        let asking = origin.to_str().ok();
        let asking =
            asking.and_then(|origin| origin.strip_prefix("http://").or(origin.strip_prefix("https://")));
        if asking.is_none() || asking != ours {
            return Err(of_another_site(origin, ours));
        }
    }
    if let Some(key) = session_key {
        let sent = text(CSRF_HEADER).unwrap_or_default();
        // Hashed first, so that the time of the comparison tells nothing.
        if blake3::hash(sent.as_bytes()) != blake3::hash(csrf_token(key).as_bytes()) {
            return Err(format!(
                "expected the session's token in the header {CSRF_HEADER}"
            ));
        }
    }
    Ok(())
}

/// Why a page is refused that is not of the name it asks by: one of another site, or ours behind a proxy that asks by
/// another name than the browser does.
fn of_another_site(origin: &HeaderValue, host: Option<&str>) -> String {
    let told = |text: &str| -> String { text.chars().take(HOST_CHARS_TOLD).collect() };
    let origin = told(&String::from_utf8_lossy(origin.as_bytes()));
    let host = told(host.unwrap_or_default());
    format!(
        "the page is of `{origin}`, and weir was asked for as `{host}`: a page of another site may change nothing here; \
         where both are this console, the proxy between must pass the Host on as the browser sends it, and \
         engine.console.names must have that name"
    )
}

/// Whether a browser says that the page it asks for came over TLS.
fn is_page_secure(headers: &HeaderMap) -> bool {
    let origin = headers.get(header::ORIGIN);
    origin.is_some_and(|origin| origin.as_bytes().starts_with(b"https://"))
}

/// Answers nobody who calls this console by a name that is not its own: a name of somebody else's that leads here
/// would make their pages ours.
pub(super) async fn known_host(State(names): State<Arc<[String]>>, request: Request, next: Next) -> Response {
    let host = request
        .headers()
        .get(header::HOST)
        .and_then(|host| host.to_str().ok());
    let host = host.and_then(|host| host.parse::<axum::http::uri::Authority>().ok());
    if host.is_some_and(|host| is_ours(host.host(), &names)) {
        return next.run(request).await;
    }
    let error = "this console is not known by that name: ask it by its address, or add the name to engine.console.names";
    close_unread(request.method(), refuse(StatusCode::FORBIDDEN, error))
}

/// An address cannot be made to lead elsewhere; a name must be one of ours.
fn is_ours(host: &str, names: &[String]) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']');
    address.parse::<std::net::IpAddr>().is_ok()
        || host.eq_ignore_ascii_case("localhost")
        || names.iter().any(|name| name.eq_ignore_ascii_case(host))
}

/// What every answer of the API carries, and what no request may.
pub(super) async fn house_rules(request: Request, next: Next) -> Response {
    // A body whose length is told in two ways is read in two ways, by us and by a proxy before us.
    if request.headers().contains_key(header::TRANSFER_ENCODING) {
        let error = "expected a body with a content-length";
        return close_unread(request.method(), refuse(StatusCode::BAD_REQUEST, error));
    }
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
        ),
    ] {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    response
}
