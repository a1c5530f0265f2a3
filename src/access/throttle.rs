//! Slows down whoever guesses: after a few wrong log-ins each further one must wait longer, by account and by address.
//!
//! Whether an account exists makes no difference. The control socket is never slowed down, so nobody can be locked
//! out of their own machine; nor out of a place where they were right lately, by somebody who guesses elsewhere.

use std::collections::HashMap;
use std::iter;
use std::net::{IpAddr, Ipv6Addr};
use std::time::{Duration, Instant};

/// Wrong log-ins that cost nothing: people mistype.
const FREE_COUNT: u32 = 5;
/// What the next one costs; each further one twice as much.
const FIRST_WAIT: Duration = Duration::from_secs(1);
/// The longest wait for an account, from where nobody was right before.
const ACCOUNT_WAIT_MAX: Duration = Duration::from_secs(60);
/// The longest wait for an address.
const ADDRESS_WAIT_MAX: Duration = Duration::from_secs(15 * 60);
/// Without further wrong log-ins everything is forgotten after this.
const FORGOTTEN_AFTER: Duration = Duration::from_secs(60 * 60);
/// How many accounts and addresses are remembered; the longest quiet one makes room.
const REMEMBERED_MAX: usize = 10_000;
/// How long an account that was right from an address does not wait there for what others guess.
const PROVEN_FOR: Duration = Duration::from_secs(30 * 24 * 60 * 60);
/// How many such pairs are remembered.
const PROVEN_MAX: usize = 1_000;

/// What is slowed down.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Slowed {
    /// The hash of its name: that may be of any length, or a password in the wrong field.
    Account(blake3::Hash),
    Address(String),
}

impl Slowed {
    fn wait_max(&self) -> Duration {
        match self {
            Slowed::Account(_) => ACCOUNT_WAIT_MAX,
            Slowed::Address(_) => ADDRESS_WAIT_MAX,
        }
    }
}

struct Wrong {
    count: u32,
    last: Instant,
    /// When it may try again.
    free_at: Instant,
    /// Tries that came too early and were not looked at.
    unheard: u64,
}

/// The wrong log-ins that are remembered.
#[derive(Default)]
pub(super) struct Throttle {
    wrong: HashMap<Slowed, Wrong>,
    /// When an account was right from an address.
    proven: HashMap<Vec<Slowed>, Instant>,
}

impl Throttle {
    /// Counts a try and says how long it must wait, if it must. A try that may go on counts as wrong until it is
    /// found right: so many at once are no way around.
    pub(super) fn begin(&mut self, account: &str, address: &str, now: Instant) -> Result<(), Duration> {
        let (account, address) = of(account, address);
        let slowed: Vec<Slowed> = iter::once(account).chain(address).collect();
        let proven = self.proven.get(slowed.as_slice());
        let is_proven = proven.is_some_and(|then| now.duration_since(*then) < PROVEN_FOR);
        let free_at = slowed
            .iter()
            .filter(|slowed| !(is_proven && matches!(slowed, Slowed::Account(_))))
            .filter_map(|slowed| self.wrong.get(slowed))
            .map(|wrong| wrong.free_at);
        let wait = free_at
            .max()
            .map(|free_at| free_at.saturating_duration_since(now));
        if let Some(wait) = wait.filter(|wait| !wait.is_zero()) {
            for slowed in &slowed {
                if let Some(wrong) = self.wrong.get_mut(slowed) {
                    wrong.unheard += 1;
                }
            }
            return Err(wait);
        }
        for slowed in slowed {
            self.count(slowed, now);
        }
        Ok(())
    }

    /// The try was right: the account starts anew, and the address has one wrong try less.
    pub(super) fn succeed(&mut self, account: &str, address: &str, now: Instant) {
        let (account, address) = of(account, address);
        self.wrong.remove(&account);
        let Some(address) = address else { return };
        if let Some(wrong) = self.wrong.get_mut(&address) {
            // Not forgotten: one right account must not pay for guessing at others.
            wrong.count = wrong.count.saturating_sub(1);
            wrong.free_at = wrong.last + wait_after(wrong.count, address.wait_max());
        }
        let pair = vec![account, address];
        if !self.proven.contains_key(&pair) && self.proven.len() >= PROVEN_MAX {
            let oldest = self.proven.iter().min_by_key(|(_, then)| **then);
            let oldest = oldest.map(|(pair, _)| pair.clone());
            oldest.and_then(|pair| self.proven.remove(&pair));
        }
        self.proven.insert(pair, now);
    }

    /// Tries for this account that came too early since this was last asked.
    pub(super) fn take_unheard(&mut self, account: &str) -> u64 {
        let wrong = self.wrong.get_mut(&of_account(account));
        wrong.map_or(0, |wrong| std::mem::take(&mut wrong.unheard))
    }

    fn count(&mut self, slowed: Slowed, now: Instant) {
        if !self.wrong.contains_key(&slowed) && self.wrong.len() >= REMEMBERED_MAX {
            self.make_room(now);
        }
        let wait_max = slowed.wait_max();
        let wrong = self.wrong.entry(slowed).or_insert(Wrong {
            count: 0,
            last: now,
            free_at: now,
            unheard: 0,
        });
        if now.duration_since(wrong.last) >= FORGOTTEN_AFTER {
            wrong.count = 0;
        }
        wrong.count = wrong.count.saturating_add(1);
        wrong.last = now;
        wrong.free_at = now + wait_after(wrong.count, wait_max);
    }

    fn make_room(&mut self, now: Instant) {
        self.wrong
            .retain(|_, wrong| now.duration_since(wrong.last) < FORGOTTEN_AFTER);
        if self.wrong.len() >= REMEMBERED_MAX {
            let quietest = self.wrong.iter().min_by_key(|(_, wrong)| wrong.last);
            let quietest = quietest.map(|(slowed, _)| slowed.clone());
            quietest.and_then(|slowed| self.wrong.remove(&slowed));
        }
    }
}

/// The account, and the address unless a proxy on this machine may speak there for many.
fn of(account: &str, address: &str) -> (Slowed, Option<Slowed>) {
    let is_ours = address
        .parse()
        .is_ok_and(|address: IpAddr| address.to_canonical().is_loopback());
    let address = (!is_ours).then(|| Slowed::Address(network(address)));
    (of_account(account), address)
}

fn of_account(account: &str) -> Slowed {
    Slowed::Account(blake3::hash(account.as_bytes()))
}

/// Whoever has one address of IPv6 has the 2^64 of its network.
fn network(address: &str) -> String {
    match address.parse::<IpAddr>().map(|address| address.to_canonical()) {
        Ok(IpAddr::V6(address)) => Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX)).to_string(),
        Ok(IpAddr::V4(_)) | Err(_) => address.to_owned(),
    }
}

fn wait_after(wrong: u32, wait_max: Duration) -> Duration {
    match wrong.checked_sub(FREE_COUNT) {
        None => Duration::ZERO,
        Some(more) => FIRST_WAIT
            .saturating_mul(2_u32.saturating_pow(more))
            .min(wait_max),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock;

    /// Tries as early as it may, so often; how long that took.
    fn guess(throttle: &mut Throttle, account: &str, address: &str, times: u32, start: Instant) -> Duration {
        let mut now = start;
        for _ in 0..times {
            while let Err(wait) = throttle.begin(account, address, now) {
                now += wait;
            }
        }
        now - start
    }

    #[test]
    fn guessing_takes_ever_longer() {
        let start = clock::monotonic();
        let guess = |times| guess(&mut Throttle::default(), "anna", "192.0.2.1", times, start);
        assert_eq!(guess(5), Duration::ZERO);
        assert_eq!(guess(6), Duration::from_secs(1));
        assert_eq!(guess(9), Duration::from_secs(1 + 2 + 4 + 8));
        assert!(guess(10_000) > Duration::from_secs(90 * 24 * 60 * 60));
    }

    #[test]
    fn an_account_is_slowed_from_many_addresses_and_an_address_over_many_accounts() {
        let start = clock::monotonic();
        let mut throttle = Throttle::default();
        for number in 0..5 {
            guess(&mut throttle, "anna", &format!("192.0.2.{number}"), 1, start);
        }
        assert!(throttle.begin("anna", "198.51.100.1", start).is_err());
        assert!(throttle.begin("bert", "198.51.100.1", start).is_ok());
        let mut throttle = Throttle::default();
        for number in 0..5 {
            guess(&mut throttle, &format!("user{number}"), "192.0.2.1", 1, start);
        }
        assert!(throttle.begin("anna", "192.0.2.1", start).is_err());
        assert!(throttle.begin("anna", "192.0.2.2", start).is_ok());
        assert!(
            guess(&mut throttle, "carl", "192.0.2.3", 50, start) > ACCOUNT_WAIT_MAX * 40,
            "the longest wait is bounded from below too"
        );
        let now = start + ACCOUNT_WAIT_MAX * 50 + ADDRESS_WAIT_MAX * 50;
        assert!(throttle.begin("carl", "192.0.2.4", now).is_ok());
    }

    #[test]
    fn the_right_password_forgives_the_account_and_not_the_address() {
        let start = clock::monotonic();
        let mut throttle = Throttle::default();
        guess(&mut throttle, "anna", "192.0.2.1", 4, start);
        throttle.begin("anna", "192.0.2.1", start).unwrap();
        throttle.succeed("anna", "192.0.2.1", start);
        throttle.begin("anna", "192.0.2.2", start).unwrap();
        throttle.begin("bert", "192.0.2.1", start).unwrap();
        assert!(throttle.begin("bert", "192.0.2.1", start).is_err());
    }

    #[test]
    fn whoever_was_right_from_an_address_waits_there_for_nobody_else() {
        let start = clock::monotonic();
        let mut throttle = Throttle::default();
        throttle.begin("anna", "192.0.2.1", start).unwrap();
        throttle.succeed("anna", "192.0.2.1", start);
        for number in 0..6 {
            guess(&mut throttle, "anna", &format!("198.51.100.{number}"), 1, start);
        }
        assert!(throttle.begin("anna", "198.51.100.9", start).is_err());
        assert!(throttle.begin("anna", "192.0.2.1", start).is_ok());
        // Guessing from there is slowed down as from anywhere.
        assert!(guess(&mut throttle, "anna", "192.0.2.1", 20, start) > ADDRESS_WAIT_MAX);
        let later = start + PROVEN_FOR;
        for number in 0..6 {
            guess(&mut throttle, "anna", &format!("203.0.113.{number}"), 1, later);
        }
        assert!(throttle.begin("anna", "192.0.2.1", later).is_err());
        for number in 0..PROVEN_MAX {
            throttle.succeed(&format!("user{number}"), "192.0.2.1", later);
        }
        assert_eq!(throttle.proven.len(), PROVEN_MAX);
    }

    #[test]
    fn behind_a_proxy_on_this_machine_who_guesses_makes_others_wait_for_nothing() {
        let start = clock::monotonic();
        for address in ["127.0.0.1", "::1", "::ffff:127.0.0.1"] {
            let mut throttle = Throttle::default();
            guess(&mut throttle, "anna", address, 20, start);
            throttle.begin("bert", address, start).unwrap();
            throttle.succeed("bert", address, start);
            assert!(
                throttle.begin("anna", address, start).is_err(),
                "the account waits"
            );
            throttle.succeed("anna", address, start);
            assert!(
                guess(&mut throttle, "anna", address, 8, start) > Duration::ZERO,
                "nowhere is it proven"
            );
        }
    }

    #[test]
    fn a_network_of_ipv6_is_one_address() {
        let start = clock::monotonic();
        let mut throttle = Throttle::default();
        for number in 0..5 {
            let address = format!("2001:db8:0:1:{number}::1");
            throttle.begin(&format!("user{number}"), &address, start).unwrap();
        }
        assert!(throttle.begin("anna", "2001:db8:0:1::99", start).is_err());
        assert!(throttle.begin("anna", "2001:db8:0:2::99", start).is_ok());
    }

    #[test]
    fn early_tries_are_counted_and_what_is_remembered_is_bounded() {
        let start = clock::monotonic();
        let mut throttle = Throttle::default();
        guess(&mut throttle, "anna", "192.0.2.1", 5, start);
        for _ in 0..3 {
            throttle.begin("anna", "192.0.2.1", start).unwrap_err();
        }
        assert_eq!(throttle.take_unheard("anna"), 3);
        assert_eq!(throttle.take_unheard("anna"), 0);
        for number in 0..REMEMBERED_MAX {
            let now = start + Duration::from_millis(number as u64);
            throttle
                .begin(&format!("user{number}"), &format!("address{number}"), now)
                .unwrap();
        }
        assert!(throttle.wrong.len() <= REMEMBERED_MAX + 1);
        let later = start + FORGOTTEN_AFTER * 2;
        throttle.begin("anna", "192.0.2.1", later).unwrap();
        assert!(throttle.wrong.len() <= 3);
    }
}
