//! A receiving system for trying things out: takes messages on a port and answers every one with the same code.
//!
//! It is a listener with an intake that stores nothing, so never more than a stand-in.

use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::future::{BoxFuture, ready};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

use crate::clock;
use crate::engine::ControlIds;
use crate::hl7::ack::{self, AckStamp};
use crate::hl7::{AcknowledgmentCode, Header};
use crate::listener::{self, Incoming, ReadBudget, Reply};
use crate::mllp::Frame;
use crate::tls::ServerSettings;

use super::CannotRun;

/// Messages that may wait to be looked at before the receiver stops reading.
const WAITING_MAX: usize = 1024;
/// Memory for frames being read.
const READ_BYTES_MAX: usize = 256 * 1024 * 1024;

/// A receiver that runs until it is dropped.
pub(super) struct Receiver {
    /// Where it listens.
    pub(super) address: SocketAddr,
    /// What comes in, in order.
    pub(super) messages: mpsc::Receiver<Bytes>,
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Receiver {
    /// Reads no more, and returns when what was read is answered.
    pub(super) async fn stop(self) {
        drop(self.messages);
        drop(self.stop);
        if self.task.await.is_err() {
            tracing::error!("the receiver ended early");
        }
    }
}

/// Starts a receiver.
pub(super) async fn start(
    bind: SocketAddr,
    tls: Option<ServerSettings>,
    answer: AcknowledgmentCode,
) -> Result<Receiver, CannotRun> {
    let name: Arc<str> = Arc::from("receiver");
    let mut settings = listener::mllp::Settings::at(bind);
    settings.tls = tls;
    let settings = listener::Settings::Mllp(settings);
    let bound = listener::bind(&settings)
        .await
        .map_err(|error| CannotRun::at(bind, error))?;
    bound
        .renew(&name)
        .await
        .map_err(|error| CannotRun::Because(error.to_string()))?;
    let address = match bound.entrance()? {
        listener::Entrance::Socket(address) => address,
        listener::Entrance::Folder(_) => bind,
    };
    let (sender, messages) = mpsc::channel(WAITING_MAX);
    let control_ids = Arc::new(ControlIds::starting_now());
    let intake: listener::Intake =
        Arc::new(move |incoming| receive(incoming, answer, Arc::clone(&control_ids), sender.clone()).boxed());
    let (stop, stopped) = watch::channel(false);
    let task = tokio::spawn(bound.run(name, intake, ReadBudget::new(READ_BYTES_MAX), stopped));
    Ok(Receiver {
        address,
        messages,
        stop,
        task,
    })
}

/// Passes a message on and answers it; what is too large is not answered, and ends the connection.
async fn receive(
    incoming: Incoming,
    answer: AcknowledgmentCode,
    control_ids: Arc<ControlIds>,
    messages: mpsc::Sender<Bytes>,
) -> BoxFuture<'static, Reply> {
    let Frame::Whole(message) = incoming.frame else {
        return ready(Reply {
            close: true,
            ..Reply::default()
        })
        .boxed();
    };
    let timestamp = clock::hl7_timestamp(&clock::now_local());
    let stamp = AckStamp {
        control_id: &control_ids.next(),
        timestamp: &timestamp,
        sequence_number: None,
    };
    let reply = ack::build(Header::parse(&message).ok().as_ref(), answer, &[], &stamp);
    // Nobody looks any more: the command is ending.
    drop(messages.send(message).await);
    ready(Reply {
        frames: vec![Bytes::from(reply)],
        ..Reply::default()
    })
    .boxed()
}
