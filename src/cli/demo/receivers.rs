//! The demo's receiving systems: they take every message, and can be taken away and brought back.

use std::collections::BTreeMap;
use std::future::pending;
use std::net::SocketAddr;

use bytes::Bytes;
use tokio::sync::mpsc;
use tokio::time::sleep;

use super::super::CannotRun;
use super::super::receiver::{self, Receiver};
use super::{ANY_PORT, Event, PAUSE};
use crate::hl7::AcknowledgmentCode;

/// What a receiving system is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    /// To go away.
    Stop,
    /// To be there again, at the same address.
    Start,
}

/// All of them; they end with this.
pub(super) struct Receivers {
    addresses: BTreeMap<&'static str, SocketAddr>,
    orders: BTreeMap<&'static str, mpsc::Sender<Order>>,
}

impl Receivers {
    /// Starts them on free ports.
    pub(super) async fn start(
        names: &[&'static str],
        events: &mpsc::Sender<Event>,
    ) -> Result<Receivers, CannotRun> {
        let (mut addresses, mut orders) = (BTreeMap::new(), BTreeMap::new());
        for name in names {
            let receiver = start(ANY_PORT).await?;
            addresses.insert(*name, receiver.address);
            let (sender, told) = mpsc::channel(1);
            orders.insert(*name, sender);
            tokio::spawn(play(name, receiver, told, events.clone()));
        }
        Ok(Receivers { addresses, orders })
    }

    /// Where they are.
    pub(super) fn addresses(&self) -> &BTreeMap<&'static str, SocketAddr> {
        &self.addresses
    }

    /// Tells one of them something; whether there is one of this name.
    pub(super) async fn tell(&self, name: &str, order: Order) -> bool {
        let Some(orders) = self.orders.get(name) else {
            return false;
        };
        orders.send(order).await.is_ok()
    }
}

async fn start(bind: SocketAddr) -> Result<Receiver, CannotRun> {
    receiver::start(bind, None, AcknowledgmentCode::ApplicationAccept).await
}

/// Reports what arrives, and does what it is told.
async fn play(
    destination: &'static str,
    receiver: Receiver,
    mut orders: mpsc::Receiver<Order>,
    events: mpsc::Sender<Event>,
) {
    let address = receiver.address;
    let mut there = Some(receiver);
    loop {
        tokio::select! {
            Some(message) = arrival(&mut there) => {
                // Shown a moment later, so that the sender's acknowledgment, which left before, stands above it.
                sleep(PAUSE / 3).await;
                let arrived = Event::Arrived { destination, message };
                if events.send(arrived).await.is_err() {
                    return;
                }
            }
            order = orders.recv() => match (order, there.take()) {
                (Some(Order::Stop), Some(receiver)) => receiver.stop().await,
                // Its port may have been taken by another meanwhile: then it stays away.
                (Some(Order::Start), None) => there = start(address).await.ok(),
                (Some(_), unchanged) => there = unchanged,
                (None, _) => return,
            },
        }
    }
}

/// What arrives next, never while it is away.
async fn arrival(there: &mut Option<Receiver>) -> Option<Bytes> {
    match there {
        Some(receiver) => receiver.messages.recv().await,
        None => pending().await,
    }
}
