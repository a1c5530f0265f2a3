//! The listeners of the site that runs: each a socket, and behind it the intake of the site.
//!
//! A reload changes the intake behind a door without touching its connections; a door whose own settings changed is
//! opened anew over the same socket, or over one that is bound before the old one closes. What was read is answered
//! by whoever took it.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, PoisonError, RwLock};

use futures_util::FutureExt;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tracing::{error, info};

use crate::config::{Listener, Site};
use crate::listener::{self, Entrance, ReadBudget};
use crate::outbox::Outbox;

use super::acknowledge::ControlIds;
use super::answers::Answers;
use super::in_hand::InHand;
use super::in_use::{self, InUse, Released};
use super::intake::Intake;
use super::status::Status;

/// Why a port or folder cannot be taken.
pub(super) struct BindError {
    pub(super) name: Arc<str>,
    /// What was tried, as `binding 127.0.0.1:2575`.
    pub(super) attempt: String,
    /// What to look for.
    pub(super) hint: &'static str,
    pub(super) cause: std::io::Error,
}

/// The sockets of a site that is about to run: those of listeners that are new or have other settings.
pub(super) type Sockets = BTreeMap<Arc<str>, listener::Bound>;

/// What every intake works with.
#[derive(Clone)]
pub(super) struct Behind {
    pub(super) outbox: Outbox,
    pub(super) status: Arc<Status>,
    pub(super) answers: Arc<Answers>,
    pub(super) in_hand: Arc<InHand>,
}

/// All listeners.
pub(super) struct Doors {
    behind: Behind,
    control_ids: Arc<ControlIds>,
    budget: ReadBudget,
    open: BTreeMap<Arc<str>, Door>,
    /// The site that runs.
    in_use: InUse,
    /// Tells when nobody works any more for the site before the next one.
    released: Released,
    tasks: JoinSet<()>,
}

struct Door {
    settings: Listener,
    /// A second handle of its socket, for the day its settings change.
    socket: listener::Bound,
    /// What takes its frames, which a reload replaces.
    intake: Arc<RwLock<Arc<Intake>>>,
    stop: watch::Sender<bool>,
}

impl Doors {
    pub(super) fn new(behind: Behind, read_bytes_max: usize) -> Doors {
        let (in_use, released) = in_use::begin();
        Doors {
            behind,
            control_ids: Arc::new(ControlIds::starting_now()),
            budget: ReadBudget::new(read_bytes_max),
            open: BTreeMap::new(),
            in_use,
            released,
            tasks: JoinSet::new(),
        }
    }

    /// Takes the ports that this site needs and the one that runs has not got. Nothing has changed when one of them
    /// cannot be taken.
    pub(super) async fn bind(&self, site: &Site) -> Result<Sockets, Vec<BindError>> {
        let mut sockets = Sockets::new();
        let mut errors = Vec::new();
        for (name, settings) in &site.listeners {
            if let Some(door) = self.open.get(name)
                && door.settings.typed == settings.typed
            {
                // Who reloads wants new certificates to count from here on; what is wrong with them is in the log.
                drop(door.socket.renew(name).await);
                continue;
            }
            let bound = match self.socket(name, &settings.kind) {
                Some(socket) => Ok(socket),
                None => listener::bind(&settings.kind).await,
            };
            match bound {
                Ok(socket) => match socket.renew(name).await {
                    Ok(()) => drop(sockets.insert(Arc::clone(name), socket)),
                    Err(cause) => errors.push(certificate_error(name, cause)),
                },
                Err(cause) => errors.push(bind_error(name, settings.kind.entrance(), cause)),
            }
        }
        if errors.is_empty() {
            Ok(sockets)
        } else {
            Err(errors)
        }
    }

    /// A socket that is bound to this address already: by the same listener, or by one that had it until now.
    fn socket(&self, name: &str, settings: &listener::Settings) -> Option<listener::Bound> {
        let own = self.open.get(name).and_then(|door| door.socket.again(settings));
        // Whatever port another listener got for its port 0 is not the one meant here.
        let is_fixed = match settings.entrance() {
            Entrance::Socket(address) => address.port() != 0,
            Entrance::Folder(_) => true,
        };
        own.or_else(|| {
            let mut others = self.open.values().filter(|_| is_fixed);
            others.find_map(|door| door.socket.again(settings))
        })
    }

    /// Lets this site take every frame that is read from here on. Returns what tells when no frame is left that the
    /// site before has taken.
    pub(super) fn open(&mut self, site: &Site, mut sockets: Sockets) -> Released {
        let (in_use, released) = in_use::begin();
        let mut before = std::mem::take(&mut self.open);
        for (name, settings) in &site.listeners {
            let intake = Arc::new(Intake::new(
                name,
                settings,
                site,
                self.behind.clone(),
                &self.control_ids,
                in_use.clone(),
            ));
            let door = match (before.remove(name), sockets.remove(name)) {
                (Some(door), None) => {
                    door.take_by(intake);
                    Door {
                        settings: settings.clone(),
                        ..door
                    }
                }
                (Some(door), Some(socket)) => {
                    door.take_by(Arc::clone(&intake));
                    let slot = Arc::clone(&door.intake);
                    info!(listener = %name, "opened anew with its new settings");
                    let opened = self.start(name, settings, socket, slot);
                    door.close();
                    opened
                }
                (None, Some(socket)) => {
                    info!(listener = %name, "accepting");
                    self.start(name, settings, socket, Arc::new(RwLock::new(intake)))
                }
                (None, None) => continue,
            };
            self.open.insert(Arc::clone(name), door);
        }
        for (name, door) in before {
            info!(listener = %name, "not in the site any more: accepts nothing, answers what it has read");
            door.close();
        }
        self.in_use = in_use;
        std::mem::replace(&mut self.released, released)
    }

    /// What whoever else works for the site that runs holds.
    pub(super) fn in_use(&self) -> InUse {
        self.in_use.clone()
    }

    /// Serves on this socket, with whatever intake is behind the door when a frame has been read.
    fn start(
        &mut self,
        name: &Arc<str>,
        settings: &Listener,
        socket: listener::Bound,
        intake: Arc<RwLock<Arc<Intake>>>,
    ) -> Door {
        let stop = watch::Sender::new(false);
        let behind = Arc::clone(&intake);
        let receive: listener::Intake = Arc::new(move |incoming| {
            let intake = Arc::clone(&behind.read().unwrap_or_else(PoisonError::into_inner));
            intake.receive(incoming).boxed()
        });
        let serving = socket.clone();
        self.tasks
            .spawn(serving.run(Arc::clone(name), receive, self.budget.clone(), stop.subscribe()));
        Door {
            settings: settings.clone(),
            socket,
            intake,
            stop,
        }
    }

    /// Where each listener that has a socket listens, with the real port where port 0 was asked for.
    pub(super) fn addresses(&self) -> BTreeMap<Arc<str>, SocketAddr> {
        let addresses = self.open.iter();
        addresses
            .filter_map(|(name, door)| match door.socket.entrance().ok()? {
                Entrance::Socket(address) => Some((Arc::clone(name), address)),
                Entrance::Folder(_) => None,
            })
            .collect()
    }

    /// Where each listener takes messages from, as people read it.
    pub(super) fn entrances(&self) -> BTreeMap<Arc<str>, String> {
        let doors = self.open.iter();
        doors
            .filter_map(|(name, door)| Some((Arc::clone(name), door.socket.entrance().ok()?.to_string())))
            .collect()
    }

    /// Resolves when a listener has ended although nobody told it to, and never otherwise.
    pub(super) async fn failure(&mut self) -> String {
        while let Some(ended) = self.tasks.join_next().await {
            // Without a panic it ends only when it is told to.
            if ended.is_err() {
                return "internal error: a listener has ended".to_owned();
            }
        }
        std::future::pending().await
    }

    /// Lets nothing in any more; returns when all that was read is answered. Listeners bound that themselves, each
    /// by its `stop_grace`.
    pub(super) async fn stop(mut self) {
        std::mem::take(&mut self.open).into_values().for_each(Door::close);
        while let Some(ended) = self.tasks.join_next().await {
            if ended.is_err() {
                error!("a listener ended in an internal error");
            }
        }
    }
}

fn bind_error(name: &Arc<str>, entrance: Entrance<'_>, cause: std::io::Error) -> BindError {
    let (verb, hint) = match entrance {
        Entrance::Socket(_) => (
            "binding",
            "is another weir running, or another program on that port?",
        ),
        Entrance::Folder(_) => ("opening", "is it there, and may weir write to it?"),
    };
    BindError {
        name: Arc::clone(name),
        attempt: format!("{verb} {entrance}"),
        hint,
        cause,
    }
}

fn certificate_error(name: &Arc<str>, cause: std::io::Error) -> BindError {
    BindError {
        name: Arc::clone(name),
        attempt: "reading its certificates".to_owned(),
        hint: "has a file changed since the site was checked?",
        cause,
    }
}

impl Door {
    /// Frames read from here on are taken by this intake.
    fn take_by(&self, intake: Arc<Intake>) {
        *self.intake.write().unwrap_or_else(PoisonError::into_inner) = intake;
    }

    /// Accepts and reads no more; what was read is answered.
    fn close(self) {
        self.stop.send_replace(true);
    }
}
