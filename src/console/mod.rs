//! What is seen from outside over HTTP: `/metrics` and `/health` over TCP, the API over a socket of the machine.
//!
//! It reads counters and the engine's health, and hands on what it is asked to do; it never sees a message.
//! Until there are users, roles and TLS the pages bind to loopback alone (`config` refuses anything else) and change
//! nothing; what may change something is served on the control socket, which only weir's own user can open.

pub mod api;
pub mod control;
mod socket;

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::get;
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::net::TcpListener;

use crate::config;
use crate::engine::Status;
use crate::tls::{self, Owner, Within};

use self::socket::Socket;

/// What the pages are made from.
#[derive(Clone)]
struct Sources {
    status: Arc<Status>,
    metrics: PrometheusHandle,
}

/// The HTTP pages, bound and not yet serving.
pub struct Console {
    socket: TcpListener,
    tls: Option<tls::Server>,
    sources: Sources,
}

impl Console {
    /// Binds the address of `engine.console.bind`.
    ///
    /// # Errors
    /// When the address cannot be bound, or its certificates cannot be used.
    pub async fn bind(
        settings: &config::Console,
        status: Arc<Status>,
        metrics: PrometheusHandle,
    ) -> std::io::Result<Console> {
        let server = |settings| tls::Server::new(settings, Within::Http);
        let tls = settings.tls.as_ref().map(server);
        if let Some(tls) = &tls {
            tls.renew(&Owner::console()).await?;
        }
        Ok(Console {
            socket: TcpListener::bind(settings.bind).await?,
            tls,
            sources: Sources { status, metrics },
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
    ///
    /// # Errors
    /// When the socket fails.
    pub async fn serve(self, stop: impl Future<Output = ()> + Send + 'static) -> std::io::Result<()> {
        let pages = Router::new()
            .route("/metrics", get(metrics_page))
            .route("/health/live", get(live))
            .route("/health/ready", get(ready))
            .with_state(self.sources);
        let owner = Owner::console();
        let socket = Socket::new(self.socket, self.tls.clone());
        tokio::select! {
            served = axum::serve(socket, pages).with_graceful_shutdown(stop) => served,
            () = tls::keep_fresh(self.tls.as_ref(), &owner) => Ok(()),
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
