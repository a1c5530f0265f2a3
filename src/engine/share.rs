//! Which deliveries of a lane go over which of its connections.
//!
//! Each connection reads all that the destination is owed and delivers its share in order, so what must stay in
//! order has to be in one share. A connection that is stuck holds up its own share and no other.

use std::hash::{DefaultHasher, Hash, Hasher};

use crate::config::Order;
use crate::hl7::{Charset, Message, ParseLimits};
use crate::outbox::Delivery;

/// One of several equal shares.
#[derive(Debug, Clone)]
pub(super) struct Share {
    order: Order,
    number: u64,
    of: usize,
}

impl Share {
    /// The shares of a lane: one where all is in order, else one for each connection.
    pub(super) fn all(order: Order, connections_max: usize) -> impl Iterator<Item = Share> {
        let of = match order {
            Order::Destination => 1,
            Order::Key(_) | Order::None => connections_max.max(1),
        };
        (0..of as u64).map(move |number| Share { order, number, of })
    }

    /// Of how many shares this is one.
    pub(super) fn of(&self) -> usize {
        self.of
    }

    /// Whether a delivery is in this share, read in this character set if it declares none: for all shares of a lane
    /// the same, or a delivery would be in none.
    pub(super) fn has(&self, delivery: &Delivery, charset: Option<Charset>) -> bool {
        if self.of == 1 {
            return true;
        }
        let lot = match &self.order {
            Order::Destination => 0,
            Order::None => delivery.sequence.0,
            // What has no value there, or is no message, is in order among itself.
            Order::Key(path) => {
                let bytes = delivery.bytes.clone();
                let message = Message::parse_assuming(bytes, &ParseLimits::default(), charset).ok();
                let value = message.as_ref().and_then(|message| message.text(path));
                let mut hasher = DefaultHasher::new();
                value.hash(&mut hasher);
                hasher.finish()
            }
        };
        lot % self.of as u64 == self.number
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outbox::Sequence;

    fn delivery(sequence: u64, text: &str) -> Delivery {
        Delivery {
            sequence: Sequence(sequence),
            message: Sequence(sequence),
            received_at: jiff::Timestamp::UNIX_EPOCH,
            listener: "in".to_owned(),
            control_id: bytes::Bytes::new(),
            site_version: String::new(),
            charset: None,
            bytes: text.to_owned().into(),
        }
    }

    #[test]
    fn every_delivery_is_in_one_share_and_a_key_always_in_the_same() {
        let order: Order = "key PID-3.1".parse().unwrap();
        let shares: Vec<Share> = Share::all(order, 4).collect();
        let owner = |delivery: &Delivery| {
            let owners: Vec<usize> = (0..4)
                .filter(|&index| shares[index].has(delivery, None))
                .collect();
            assert_eq!(owners.len(), 1);
            owners[0]
        };
        let mut used = std::collections::BTreeSet::new();
        for patient in 0..40 {
            let message = |event| format!("MSH|^~\\&|||||||{event}\rPID|||{patient}^^^H~9\r");
            let first = owner(&delivery(patient, &message("ADT^A01")));
            assert_eq!(first, owner(&delivery(patient + 100, &message("ADT^A08"))));
            used.insert(first);
        }
        assert_eq!(used.len(), 4, "forty patients go over four connections");
        assert_eq!(
            owner(&delivery(1, "MSH|^~\\&\r")),
            owner(&delivery(2, "no message"))
        );
    }

    #[test]
    fn a_key_is_read_in_the_character_set_of_the_delivery() {
        let order: Order = "key PID-3.1".parse().unwrap();
        let shares: Vec<Share> = Share::all(order, 16).collect();
        let shift_jis: Charset = "SHIFT_JIS".parse().unwrap();
        // Its second byte is `|`: read otherwise, PID-3 would be what stands in PID-2.
        let text = "MSH|^~\\&|A\rPID||ポ1|7^^^H\r";
        let message = Delivery {
            bytes: shift_jis.encode(text).unwrap().into_owned().into(),
            ..delivery(1, "")
        };
        let plain = delivery(2, "MSH|^~\\&|A\rPID||1|7^^^H\r");
        let owner = |delivery| {
            let mut shares = shares.iter();
            shares.position(|share| share.has(delivery, Some(shift_jis)))
        };
        assert_eq!(owner(&message), owner(&plain));
    }

    #[test]
    fn without_order_all_connections_take_turns_and_with_it_there_is_one() {
        let shares: Vec<Share> = Share::all(Order::None, 3).collect();
        let owner = |sequence| {
            (0..3)
                .find(|&index| shares[index].has(&delivery(sequence, ""), None))
                .unwrap()
        };
        assert_eq!([3, 4, 5, 6].map(owner), [0, 1, 2, 0]);
        assert_eq!(Share::all(Order::Destination, 8).count(), 1);
    }
}
