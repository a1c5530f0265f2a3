//! What is seen from outside over HTTP: the pages, `/metrics`, `/health` and the API over TCP, the API over a socket of
//! the machine.
//!
//! One router serves both; who may ask for what stands in one table (`api`), and is asked before each endpoint by one
//! gate (`guard`). It hands on what it is asked to do and shows message content only to whoever may read it: a message
//! asked for by its number, whom those that a search found are about, a case or a trial of a route; and in a backup.
//! Without TLS it binds to loopback alone (`config` refuses anything else).

pub mod api;
pub mod control;
mod socket;

mod endpoint;
mod extract;
#[cfg(any(test, fuzzing))]
pub mod fuzzed;
mod guard;
mod observer;
mod pages;
mod serve;
mod shares;

use std::future::Future;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

use crate::access::Access;
use crate::alert::Board;
use crate::engine::{self, Reloader, Status};
use crate::tls::{self, Owner, Within};
use crate::{audit, config};
use endpoint::{Audited, Needs};
use guard::{Door, Gate};
use serve::{Peer, Visitor};
use socket::{Guest, Socket};

pub use observer::Observer;
use observer::Seen;

/// How many passwords are hashed at once: each takes 19 MiB and all of a core.
const HASHES_MAX: usize = 2;

/// What everything here is made from.
#[derive(Clone)]
pub struct Sources {
    status: Arc<Status>,
    reloader: Reloader,
    resends: engine::Jobs,
    metrics: PrometheusHandle,
    alerts: Board,
    access: Arc<Access>,
    audit: audit::Log,
    hashes: Arc<Semaphore>,
    seen: Seen,
    /// The folder of the site's files.
    site: Arc<Path>,
    /// The one turn to run cases.
    cases: Arc<Semaphore>,
}

impl Sources {
    /// An engine that runs the site of this folder, who may do what with it, and where that is written down; and what
    /// watches the engine, to be run beside it.
    pub fn new(
        site: &Path,
        status: Arc<Status>,
        (reloader, resends): (Reloader, engine::Jobs),
        metrics: PrometheusHandle,
        alerts: Board,
        access: Arc<Access>,
        audit: audit::Log,
    ) -> (Sources, Observer) {
        let (observer, seen) = Observer::new(Arc::clone(&status), alerts.clone());
        let sources = Sources {
            status,
            reloader,
            resends,
            metrics,
            alerts,
            access,
            audit,
            hashes: Arc::new(Semaphore::new(HASHES_MAX)),
            seen,
            site: site.into(),
            cases: Arc::new(Semaphore::new(1)),
        };
        (sources, observer)
    }

    /// Does work that hashes a password, off the runtime's threads and not too much of it at once.
    async fn hash<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Response> {
        let place = Arc::clone(&self.hashes).acquire_owned().await;
        let done = tokio::task::spawn_blocking(move || {
            let _until_done = place;
            work()
        });
        let failed = |_| api::Failure::response(StatusCode::INTERNAL_SERVER_ERROR, "internal error");
        done.await.map_err(failed)
    }
}

/// The HTTP pages, bound and not yet serving.
pub struct Console {
    socket: TcpListener,
    tls: Option<tls::Server>,
    names: Arc<[String]>,
    /// Who may read the metrics.
    metrics: Needs,
    sources: Sources,
}

impl Console {
    /// Binds the address of `engine.console.bind`.
    ///
    /// # Errors
    /// When the address cannot be bound, or its certificates cannot be used.
    pub async fn bind(settings: &config::Console, sources: Sources) -> std::io::Result<Console> {
        let server = |settings| tls::Server::new(settings, Within::Http);
        let tls = settings.tls.as_ref().map(server);
        if let Some(tls) = &tls {
            tls.renew(&Owner::console()).await?;
            let refusals = audit::Aside::new(sources.audit.clone());
            tls.tell_refusals(Arc::new(move |peer, why| {
                let entry = audit::Entry {
                    who: "nobody".to_owned(),
                    from: peer.ip().to_canonical().to_string(),
                    outcome: audit::Outcome::Refused,
                    detail: Some(why.to_owned()),
                    ..audit::Entry::by_weir("", "console")
                };
                refusals.note("node.refused", entry);
            }));
        }
        Ok(Console {
            socket: TcpListener::bind(settings.bind).await?,
            tls,
            names: settings.names.clone().into(),
            metrics: match settings.metrics {
                config::MetricsReaders::Anyone => Needs::Nothing,
                config::MetricsReaders::Login => Needs::Login,
            },
            sources,
        })
    }

    /// The address bound, with the real port where the settings asked for port 0.
    ///
    /// # Errors
    /// When the operating system cannot tell.
    pub fn address(&self) -> std::io::Result<SocketAddr> {
        self.socket.local_addr()
    }

    /// Serves until `stop` resolves.
    pub async fn serve(self, stop: impl Future<Output = ()> + Send + 'static) {
        let store_id = self.sources.status.outbox().store_id();
        let door = Door::tcp(self.tls.is_some(), store_id);
        let api = api::router(&door, &self.sources).layer(from_fn_with_state(self.names, guard::known_host));
        let metrics = Gate::new(&door, &self.sources, self.metrics, Audited::No);
        let router = Router::new()
            .route(
                "/metrics",
                get(metrics_page).route_layer(from_fn_with_state(metrics, guard::pass)),
            )
            .route("/health/live", get(live))
            .route("/health/ready", get(ready))
            .with_state(self.sources)
            .merge(api)
            .merge(pages::router())
            .layer(from_fn(guard::house_rules));
        let owner = Owner::console();
        let socket = Socket::new(self.socket, self.tls.clone());
        let visitor = |_: &tls::Stream, guest: Guest| Visitor {
            peer: Peer::Address(guest.address.ip()),
            until: guest.trust_lost(),
        };
        tokio::select! {
            () = serve::serve(socket, visitor, router, stop) => {}
            () = tls::keep_fresh(self.tls.as_ref(), &owner) => {}
        }
    }
}

/// Prometheus text form, version 0.0.4.
async fn metrics_page(State(sources): State<Sources>) -> impl IntoResponse {
    let page = tokio::task::spawn_blocking(move || {
        sources.status.refresh_gauges();
        sources.metrics.run_upkeep();
        sources.metrics.render()
    });
    let form = [(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")];
    page.await
        .map(|page| (form, page))
        .map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)
}

/// The process answers.
async fn live() -> &'static str {
    "live\n"
}

/// Listeners accept and the outbox commits; 503 while starting, stopping or after a failure.
async fn ready(State(sources): State<Sources>) -> impl IntoResponse {
    if sources.status.is_ready() {
        (StatusCode::OK, "ready\n")
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "not ready\n")
    }
}
