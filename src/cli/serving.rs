//! A site that runs, with its pages: what `run` and `demo` have in common.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::config::Site;
use crate::console::Console;
use crate::engine::Engine;
use crate::metrics;

use super::CannotRun;

/// An engine and the pages about it.
pub(super) struct Serving {
    pub(super) engine: Engine,
    /// Where the pages are.
    pub(super) console: SocketAddr,
    stop_console: oneshot::Sender<()>,
    console_task: JoinHandle<io::Result<()>>,
}

/// Starts both. The pages come up last: they are about an engine that runs.
pub(super) async fn start(site: Site) -> Result<Serving, CannotRun> {
    let recorder = metrics::install().map_err(|error| CannotRun::at("metrics", error))?;
    let bind = site.console;
    let engine = Engine::start(site)
        .await
        .map_err(|error| CannotRun::Because(error.to_string()))?;
    let console = Console::bind(bind, Arc::clone(engine.status()), recorder).await;
    let console = console.map_err(|error| {
        CannotRun::at(
            format!("engine.console.bind: {bind}"),
            format!("{error}: is another weir running?"),
        )
    })?;
    let address = console.address()?;
    let (stop_console, stopped) = oneshot::channel();
    let stopped = async { drop(stopped.await) };
    Ok(Serving {
        engine,
        console: address,
        stop_console,
        console_task: tokio::spawn(console.serve(stopped)),
    })
}

impl Serving {
    /// Stops the engine in good order, then the pages.
    pub(super) async fn stop(self) {
        self.engine.stop().await;
        drop(self.stop_console);
        if !matches!(self.console_task.await, Ok(Ok(()))) {
            tracing::error!("the pages ended early");
        }
    }
}
