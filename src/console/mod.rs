//! What is seen from outside over HTTP: `/metrics`, `/health` and the API over TCP, the API over a socket of the machine.
//!
//! One router serves both; who may ask for what stands in one table (`api`), and is asked before each endpoint by one
//! gate (`guard`). It hands on what it is asked to do and shows message content only where one is asked for by its
//! number. Until there is TLS it binds to loopback alone (`config` refuses anything else).

pub mod api;
pub mod control;

mod endpoint;
mod extract;
mod guard;
mod serve;

use std::future::Future;
use std::net::SocketAddr;
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
use crate::audit;
use crate::engine::{Reloader, Status};
use guard::Door;
use serve::Peer;

/// How many passwords are hashed at once: each takes 19 MiB and all of a core.
const HASHES_MAX: usize = 2;

/// What everything here is made from.
#[derive(Clone)]
pub struct Sources {
    status: Arc<Status>,
    reloader: Reloader,
    metrics: PrometheusHandle,
    alerts: Board,
    access: Arc<Access>,
    audit: audit::Log,
    hashes: Arc<Semaphore>,
}

impl Sources {
    /// An engine that runs, who may do what with it, and where that is written down.
    pub fn new(
        status: Arc<Status>,
        reloader: Reloader,
        metrics: PrometheusHandle,
        alerts: Board,
        access: Arc<Access>,
        audit: audit::Log,
    ) -> Sources {
        Sources {
            status,
            reloader,
            metrics,
            alerts,
            access,
            audit,
            hashes: Arc::new(Semaphore::new(HASHES_MAX)),
        }
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
    names: Arc<[String]>,
    sources: Sources,
}

impl Console {
    /// Binds the address of `engine.console.bind`.
    ///
    /// # Errors
    /// When the address cannot be bound.
    pub async fn bind(address: SocketAddr, names: Vec<String>, sources: Sources) -> std::io::Result<Console> {
        let socket = TcpListener::bind(address).await?;
        Ok(Console {
            socket,
            names: names.into(),
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
        let door = Door::Tcp { is_secure: false };
        let api = api::router(&door, &self.sources).layer(from_fn_with_state(self.names, guard::known_host));
        let router = Router::new()
            .route("/metrics", get(metrics_page))
            .route("/health/live", get(live))
            .route("/health/ready", get(ready))
            .with_state(self.sources)
            .merge(api)
            .layer(from_fn(guard::house_rules));
        serve::serve(
            self.socket,
            |_, address| Peer::Address(address.ip()),
            router,
            stop,
        )
        .await;
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
