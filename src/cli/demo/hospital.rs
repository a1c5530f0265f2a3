//! The demo's hospital: sends messages over the connection of their listener, and waits for each answer.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep};

use super::super::CannotRun;
use super::super::client::{self, Client, Said};
use super::{DRAIN_MAX, Event, PAUSE, shipped};
use crate::hl7::{FieldPath, Message, Terminators};

/// How a message that was sent before is told from those of others: its control id begins so.
pub(super) const AGAIN: &str = "DEMO-";
/// Between two messages while the demo is kept running.
const EVERY: Duration = Duration::from_secs(2);

/// The lines that its systems hold open, by listener.
struct Lines {
    addresses: BTreeMap<Arc<str>, SocketAddr>,
    clients: BTreeMap<&'static str, Client>,
}

impl Lines {
    fn to(addresses: BTreeMap<Arc<str>, SocketAddr>) -> Lines {
        Lines {
            addresses,
            clients: BTreeMap::new(),
        }
    }

    async fn exchange(&mut self, listener: &'static str, message: &[u8]) -> Result<Said, CannotRun> {
        let client = match self.clients.entry(listener) {
            std::collections::btree_map::Entry::Occupied(open) => open.into_mut(),
            std::collections::btree_map::Entry::Vacant(free) => {
                let address = self.addresses.get(listener);
                let address = address.ok_or_else(|| CannotRun::at(listener, "not in the example site"))?;
                free.insert(
                    Client::connect(&client::Receiver {
                        address: address.to_string(),
                        tls: None,
                        answer_timeout: DRAIN_MAX,
                    })
                    .await?,
                )
            }
        };
        client.exchange(message).await
    }
}

/// Sends every message once, in order.
pub(super) async fn play(
    listeners: BTreeMap<Arc<str>, SocketAddr>,
    events: mpsc::Sender<Event>,
) -> Result<(), CannotRun> {
    let mut lines = Lines::to(listeners);
    for (listener, message) in shipped::MESSAGES {
        let started = Instant::now();
        let said = lines.exchange(listener, message).await?;
        let event = Event::Sent {
            listener,
            message,
            said,
            took: started.elapsed(),
        };
        // The other end has stopped looking: the command is ending.
        if events.send(event).await.is_err() {
            return Ok(());
        }
        sleep(PAUSE).await;
    }
    drop(events.send(Event::AllSent).await);
    Ok(())
}

/// Sends those that are taken again and again, each time as a new message.
pub(super) async fn go_on(listeners: BTreeMap<Arc<str>, SocketAddr>) -> Result<(), CannotRun> {
    let mut lines = Lines::to(listeners);
    for number in 1_u64.. {
        let nth = usize::try_from(number).unwrap_or_default() % shipped::MESSAGES.len();
        let Some((listener, message)) = shipped::MESSAGES.get(nth) else {
            continue;
        };
        let Some(message) = again(message, number) else {
            continue;
        };
        lines.exchange(listener, &message).await?;
        sleep(EVERY).await;
    }
    Ok(())
}

/// The message under another control id; `None` of what no listener of the example site takes.
fn again(message: &'static [u8], number: u64) -> Option<Bytes> {
    let mut message = Message::parse(Bytes::from_static(message)).ok()?;
    let header = message.header();
    let is_taken = matches!(header.message_type(), b"ADT" | b"ORU") && header.version_id() != b"9.9";
    if !is_taken {
        return None;
    }
    let control_id: FieldPath = "MSH-10".parse().ok()?;
    message.set(&control_id, &format!("{AGAIN}{number}")).ok()?;
    Some(message.write(Terminators::Preserve))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_taken_is_sent_again_as_a_new_message() {
        let again: Vec<_> = (0..)
            .zip(shipped::MESSAGES)
            .map(|(number, (_, message))| again(message, number))
            .collect();
        assert_eq!(again.iter().filter(|message| message.is_none()).count(), 3);
        let first = Message::parse(again[0].clone().unwrap()).unwrap();
        assert_eq!(first.header().control_id(), b"DEMO-0");
    }
}
