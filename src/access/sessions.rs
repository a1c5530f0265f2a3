//! Who is logged in: in memory alone, so that a restart ends every session.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use super::key::{Key, KeyHash};

/// A session that nobody uses ends after this.
pub const IDLE_MAX: Duration = Duration::from_secs(15 * 60);
/// A session ends after this however much it is used.
pub const AGE_MAX: Duration = Duration::from_secs(12 * 60 * 60);
/// How many sessions one user may have; one more ends the one that was idle longest.
const PER_USER_MAX: usize = 16;

struct Session {
    user: String,
    began: Instant,
    used: Instant,
}

impl Session {
    fn is_over(&self, now: Instant) -> bool {
        now.duration_since(self.used) >= IDLE_MAX || now.duration_since(self.began) >= AGE_MAX
    }
}

/// The sessions there are. Their number is bounded by the number of users.
#[derive(Default)]
pub(super) struct Sessions {
    by_key: HashMap<KeyHash, Session>,
}

impl Sessions {
    pub(super) fn begin(&mut self, user: &str, key: &Key, now: Instant) {
        self.by_key.retain(|_, session| !session.is_over(now));
        let of_user = self.by_key.iter().filter(|(_, session)| session.user == user);
        if of_user.clone().count() >= PER_USER_MAX {
            let idlest = of_user
                .min_by_key(|(_, session)| session.used)
                .map(|(key, _)| *key);
            idlest.and_then(|key| self.by_key.remove(&key));
        }
        let session = Session {
            user: user.to_owned(),
            began: now,
            used: now,
        };
        self.by_key.insert(key.hash(), session);
    }

    /// Whose session this is; it counts as used now.
    pub(super) fn user(&mut self, key: &str, now: Instant) -> Option<&str> {
        let hash = KeyHash::of(key);
        if self.by_key.get(&hash)?.is_over(now) {
            self.by_key.remove(&hash);
            return None;
        }
        let session = self.by_key.get_mut(&hash)?;
        session.used = now;
        Some(&session.user)
    }

    /// Whose session this is, without counting as a use.
    pub(super) fn peek(&self, key: &str, now: Instant) -> Option<&str> {
        let session = self.by_key.get(&KeyHash::of(key))?;
        (!session.is_over(now)).then_some(session.user.as_str())
    }

    pub(super) fn end(&mut self, key: &str) {
        self.by_key.remove(&KeyHash::of(key));
    }

    pub(super) fn end_all_of(&mut self, user: &str) {
        self.by_key.retain(|_, session| session.user != user);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock;

    fn begun(user: &str, now: Instant) -> (Sessions, Key) {
        let mut sessions = Sessions::default();
        let key = Key::new("").unwrap();
        sessions.begin(user, &key, now);
        (sessions, key)
    }

    #[test]
    fn a_session_ends_when_idle_and_when_old() {
        let start = clock::monotonic();
        let nearly_idle = IDLE_MAX.mul_f64(0.99);
        let (mut sessions, key) = begun("anna", start);
        let mut now = start;
        while now.duration_since(start) + IDLE_MAX < AGE_MAX {
            now += nearly_idle;
            assert_eq!(sessions.user(key.expose(), now), Some("anna"));
        }
        assert_eq!(sessions.user(key.expose(), start + AGE_MAX), None, "old");
        let (mut sessions, key) = begun("anna", start);
        assert_eq!(sessions.peek(key.expose(), start + nearly_idle), Some("anna"));
        assert_eq!(
            sessions.peek(key.expose(), start + IDLE_MAX),
            None,
            "looked at only"
        );
        assert_eq!(sessions.user(key.expose(), start + IDLE_MAX), None, "idle");
        assert_eq!(sessions.user(key.expose(), start), None, "it is gone");
    }

    #[test]
    fn only_the_key_opens_and_an_end_is_an_end() {
        let now = clock::monotonic();
        let (mut sessions, key) = begun("anna", now);
        assert_eq!(sessions.user("", now), None);
        assert_eq!(sessions.user(Key::new("").unwrap().expose(), now), None);
        sessions.end_all_of("bert");
        assert_eq!(sessions.user(key.expose(), now), Some("anna"));
        sessions.end(key.expose());
        assert_eq!(sessions.user(key.expose(), now), None);
        let (mut sessions, key) = begun("anna", now);
        sessions.end_all_of("anna");
        assert_eq!(sessions.user(key.expose(), now), None);
    }

    #[test]
    fn one_more_ends_the_one_that_was_idle_longest() {
        let start = clock::monotonic();
        let (mut sessions, first) = begun("anna", start);
        let second = Key::new("").unwrap();
        sessions.begin("anna", &second, start);
        let later = start + Duration::from_secs(1);
        assert!(sessions.user(first.expose(), later).is_some());
        for _ in 2..=PER_USER_MAX {
            sessions.begin("anna", &Key::new("").unwrap(), later);
        }
        assert!(sessions.user(first.expose(), later).is_some());
        assert!(sessions.user(second.expose(), later).is_none());
        assert_eq!(sessions.by_key.len(), PER_USER_MAX);
    }
}
