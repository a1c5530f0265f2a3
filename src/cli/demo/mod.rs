//! `weir demo`: the example site, two receiving systems and a hospital, all in one process and over real sockets.

mod hospital;
mod keep;
mod receivers;
mod shipped;

use std::collections::BTreeMap;
use std::io::Write;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use clap::Args;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc;
use tokio::time::Instant;

use crate::config::Site;
use crate::engine::{Count, Status};
use crate::{destination, listener};

use receivers::Receivers;

use super::client::Said;
use super::serving::{self, Serving};
use super::{CannotRun, Finding, run, text};

/// Between two messages, so that a person can follow.
const PAUSE: Duration = Duration::from_millis(60);
/// How long the last deliveries may take.
const DRAIN_MAX: Duration = Duration::from_secs(15);
/// How long a delivery may wait until that is an alert: not longer than a visitor's patience.
const QUEUE_AGE_MAX: Duration = Duration::from_secs(10);
/// Between two attempts at a receiver that is away, at most: so that it is soon seen to be back.
const RETRY_LONGEST: Duration = Duration::from_secs(2);
/// A free port of this machine.
const ANY_PORT: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

/// Shows weir at work: a hospital, the example site, two receiving systems.
///
/// Starts the example site in a temporary folder with two receiving systems, plays a hospital's messages through
/// real sockets, and ends with an account of every message and delivery. It needs no files and takes free ports.
///
/// Exit status: 0 the account balances, 1 it does not, 2 it could not run.
#[derive(Args)]
pub(super) struct Demo {
    /// Leave everything running afterwards, to look around and to send messages of your own; Ctrl-C ends it.
    #[arg(long)]
    keep: bool,
}

/// Something to show, as it happens.
enum Event {
    Sent {
        listener: &'static str,
        message: &'static [u8],
        said: Said,
        took: Duration,
    },
    Arrived {
        destination: &'static str,
        message: Bytes,
    },
    AllSent,
}

impl Demo {
    pub(super) fn run(self, out: &mut dyn Write) -> Result<Finding, CannotRun> {
        super::runtime()?.block_on(self.play(out))
    }

    async fn play(&self, out: &mut dyn Write) -> Result<Finding, CannotRun> {
        // Heard from here to the end: a signal between two waits is not lost.
        let mut interrupt = signal(SignalKind::interrupt())?;
        let folder = tempfile::tempdir()?;
        let (events, mut happened) = mpsc::channel(64);
        let receivers = Receivers::start(&["ehr", "registry"], &events).await?;
        let site = site(folder.path(), receivers.addresses())?;
        let mut serving = serving::start(&folder.path().join("routes"), site).await?;
        // Its addresses were changed after it was read: the files would not give it again.
        serving.reloads.close();
        introduce(&serving, receivers.addresses(), folder.path(), out)?;

        let player = tokio::spawn(hospital::play(serving.engine.addresses().clone(), events.clone()));
        loop {
            let event = tokio::select! {
                event = happened.recv() => event,
                _ = interrupt.recv() => {
                    serving.stop().await;
                    return Ok(Finding::Fine);
                }
            };
            match event {
                Some(Event::AllSent) | None => break,
                Some(event) => show(&event, out)?,
            }
        }
        player
            .await
            .map_err(|_| CannotRun::at("demo", "internal error"))??;
        self.finish(serving, &receivers, &mut happened, &mut interrupt, out)
            .await
    }

    async fn finish(
        &self,
        serving: Serving,
        receivers: &Receivers,
        happened: &mut mpsc::Receiver<Event>,
        interrupt: &mut Signal,
        out: &mut dyn Write,
    ) -> Result<Finding, CannotRun> {
        let engine = &serving.engine;
        let deadline = Instant::now() + DRAIN_MAX;
        while engine.status().queued() > 0 && Instant::now() < deadline {
            if let Ok(Some(event)) = tokio::time::timeout(PAUSE, happened.recv()).await {
                show(&event, out)?;
            }
        }
        while let Ok(event) = happened.try_recv() {
            show(&event, out)?;
        }
        let balances = account(engine.status(), out)?;
        if self.keep {
            keep::introduce(&serving, receivers, out)?;
            keep::keep(&serving, receivers, happened, interrupt, out).await?;
        } else {
            writeln!(
                out,
                "The metrics were at http://{}/metrics; `weir demo --keep` leaves everything running.",
                serving.console
            )?;
        }
        serving.stop().await;
        Ok(if balances { Finding::Fine } else { Finding::NotSo })
    }
}

/// The example site, on free ports and in the temporary folder.
fn site(folder: &Path, receivers: &BTreeMap<&'static str, SocketAddr>) -> Result<Site, CannotRun> {
    let routes = shipped::write_site(folder);
    let routes = routes.map_err(|error| CannotRun::at(folder.display(), error))?;
    let mut site = run::load(&routes)?;
    site.console.bind = ANY_PORT;
    Arc::make_mut(&mut site.alerts).queue_age_max = QUEUE_AGE_MAX;
    for listener in site.listeners.values_mut() {
        if let listener::Settings::Mllp(mllp) = &mut listener.kind {
            mllp.bind = ANY_PORT;
        }
    }
    for (name, destination) in &mut site.destinations {
        destination.retry.longest = RETRY_LONGEST;
        match &mut destination.kind {
            destination::Settings::Mllp(mllp) => {
                let address = receivers
                    .get(&**name)
                    .ok_or_else(|| CannotRun::at(name, "nobody plays it"))?;
                mllp.address = address.to_string();
            }
            destination::Settings::File(_) => {}
            destination::Settings::Http(_) | destination::Settings::Sql(_) => {
                return Err(CannotRun::at(name, "nobody plays it"));
            }
        }
    }
    Ok(site)
}

fn introduce(
    serving: &Serving,
    receivers: &BTreeMap<&'static str, SocketAddr>,
    folder: &Path,
    out: &mut dyn Write,
) -> Result<(), CannotRun> {
    writeln!(
        out,
        "weir {} with the example site, its outbox in {}\n",
        env!("CARGO_PKG_VERSION"),
        folder.display()
    )?;
    for (name, address) in serving.engine.addresses() {
        writeln!(out, "  listener     {name:<20} {address}")?;
    }
    for (name, address) in receivers {
        writeln!(out, "  destination  {name:<20} {address}")?;
    }
    writeln!(
        out,
        "  destination  {:<20} {}",
        "copies",
        folder.join("routes/copies").display()
    )?;
    writeln!(
        out,
        "  metrics      {:<20} http://{}/metrics",
        "", serving.console
    )?;
    Ok(writeln!(out)?)
}

fn show(event: &Event, out: &mut dyn Write) -> Result<(), CannotRun> {
    match event {
        Event::Sent {
            listener,
            message,
            said,
            took,
        } => writeln!(
            out,
            "  {listener:<20} ──▶  {:<32} {:<14} {:.1} ms",
            text::title(&Bytes::from_static(message)),
            said.text,
            took.as_secs_f64() * 1000.0
        )?,
        Event::Arrived { destination, message } => {
            writeln!(
                out,
                "  {:<20} ──▶  {:<32} {destination}",
                "",
                text::title(message)
            )?;
        }
        Event::AllSent => {}
    }
    Ok(out.flush()?)
}

/// Every message and every delivery accounted for; whether it balances.
fn account(status: &Status, out: &mut dyn Write) -> Result<bool, CannotRun> {
    let mut balances = true;
    writeln!(
        out,
        "\n  {:<20} {:>9} = {:>9} + {:>9} + {:>9} + {:>9}",
        "listener", "received", "accepted", "filtered", "unrouted", "refused"
    )?;
    for (name, counts) in &status.listeners() {
        let [received, accepted, filtered, unrouted, refused] = [
            &counts.received,
            &counts.accepted,
            &counts.filtered,
            &counts.unrouted,
            &counts.refused,
        ]
        .map(Count::get);
        balances &= received == accepted + filtered + unrouted + refused;
        writeln!(
            out,
            "  {name:<20} {received:>9} = {accepted:>9} + {filtered:>9} + {unrouted:>9} + {refused:>9}"
        )?;
    }
    writeln!(
        out,
        "\n  {:<20} {:>9} = {:>9} + {:>9} + {:>9}",
        "destination", "owed", "delivered", "dead", "queued"
    )?;
    for (name, counts) in &status.destinations() {
        let [owed, delivered, dead] =
            [&counts.owed, &counts.delivered, &counts.dead_lettered].map(Count::get);
        let queued = status.depth(name).queued;
        balances &= owed == delivered + dead + queued;
        writeln!(
            out,
            "  {name:<20} {owed:>9} = {delivered:>9} + {dead:>9} + {queued:>9}"
        )?;
    }
    writeln!(
        out,
        "\n{}",
        if balances {
            "It balances: nothing was lost."
        } else {
            "IT DOES NOT BALANCE."
        }
    )?;
    Ok(balances)
}
