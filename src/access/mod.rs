//! Who may do what in the console and the API: users, roles, sessions, tokens.
//!
//! It knows names and hashes and decides; it knows no HTTP (that is `console`), and writes nothing into the audit log
//! (whoever asks does). Users and tokens stand in one small file of the data folder; sessions are in memory.

mod key;
mod password;
mod permission;
mod sessions;
mod store;
mod throttle;

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use thiserror::Error;

pub use key::{Key, csrf_token};
pub use password::{Password, PasswordError};
pub use permission::{Permission, Role};
pub use sessions::{AGE_MAX, IDLE_MAX};
pub use store::FILE_NAME;

use crate::clock;
use key::KeyHash;
use sessions::Sessions;
use store::{Store, Stored, StoredToken, StoredUser};
use throttle::Throttle;

/// How many users there may be.
const USERS_MAX: usize = 10_000;
/// How many tokens there may be.
const TOKENS_MAX: usize = 1_000;
/// The longest name of a user or token.
const NAME_BYTES_MAX: usize = 64;
/// The longest life of a token.
pub const TOKEN_DAYS_MAX: u32 = 731;

/// Why something was not done. Nothing has changed then.
#[derive(Debug, Error)]
pub enum AccessError {
    /// The file cannot be read or written.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// The file is not what weir wrote.
    #[error("{}: not a file of users of this version of weir: {reason}; move it away to begin with no users", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The system gives no random numbers.
    #[error("no random numbers: {0}")]
    Random(#[from] getrandom::Error),
    /// The name cannot be one.
    #[error("expected a name of 1 to {NAME_BYTES_MAX} lower-case letters, digits and `.`, `_`, `-`, `@`")]
    Name,
    /// The text is no password.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// Whoever may do nothing needs no login.
    #[error("expected at least one role")]
    NoRole,
    /// The name is taken.
    #[error("`{0}` is there already")]
    Exists(String),
    /// The name is nobody's.
    #[error("there is no `{0}`")]
    Unknown(String),
    /// Without an administrator nobody could make one.
    #[error("`{0}` is the only administrator: make another one first")]
    LastAdministrator(String),
    /// Too many.
    #[error("there are {0} already, and there may not be more")]
    TooMany(usize),
    /// A token that lives too long, or not at all.
    #[error("expected a life of 1 to {TOKEN_DAYS_MAX} days")]
    Days,
    /// The first administrator is made with the key that weir printed when it started.
    #[error("this is not the setup token that weir printed when it started")]
    SetupToken,
    /// There is an administrator.
    #[error("there is an administrator already")]
    SetUp,
}

/// Why somebody is not logged in.
#[derive(Debug, PartialEq, Eq)]
pub enum LogInError {
    /// Name and password do not belong together. Nothing says which was wrong.
    Wrong {
        /// Whether the account exists: for the audit log, never for whoever asks.
        is_known: bool,
        /// Tries for this account that came too early before this one.
        unheard: u64,
    },
    /// Too many wrong ones: nothing was looked at.
    Wait(Duration),
    /// The system gives no random numbers.
    Machine,
}

/// Who somebody is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Identity {
    /// A user who logged in.
    User(String),
    /// A program with a token.
    Token(String),
    /// Whoever may open the control socket, by their number on this machine.
    Local(Option<u32>),
}

/// As the audit log names them.
impl fmt::Display for Identity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Identity::User(name) => write!(formatter, "user:{name}"),
            Identity::Token(name) => write!(formatter, "token:{name}"),
            Identity::Local(Some(uid)) => write!(formatter, "local:{uid}"),
            Identity::Local(None) => formatter.write_str("local"),
        }
    }
}

/// Somebody who is known, and what they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// Who.
    pub identity: Identity,
    /// What. Whoever is on the machine has every role.
    pub roles: BTreeSet<Role>,
}

impl Known {
    /// Whoever may open the control socket.
    pub fn local(uid: Option<u32>) -> Known {
        Known {
            identity: Identity::Local(uid),
            roles: Role::ALL.into(),
        }
    }

    /// Whether one of the roles may do this.
    pub fn may(&self, permission: Permission) -> bool {
        self.roles
            .iter()
            .any(|role| role.permissions().contains(&permission))
    }
}

/// A user, to be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// The name to log in with.
    pub name: String,
    /// What it may.
    pub roles: BTreeSet<Role>,
    /// Since when it is there.
    pub created_at: String,
}

/// A token, to be shown; not the token itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// What it is called.
    pub name: String,
    /// What it may.
    pub roles: BTreeSet<Role>,
    /// Since when it is there.
    pub created_at: String,
    /// Who made it.
    pub created_by: String,
    /// Until when it holds.
    pub expires_at: Timestamp,
}

/// Users, tokens and sessions of one weir.
pub struct Access {
    store: Mutex<Store>,
    sessions: Mutex<Sessions>,
    throttle: Mutex<Throttle>,
    /// There as long as there is no administrator.
    setup: Mutex<Option<Key>>,
}

impl Access {
    /// Reads the users of this data folder. Blocks on the disk.
    pub fn open(data: &Path) -> Result<Access, AccessError> {
        let store = Store::open(data)?;
        let setup = if store.stored().has_administrator() {
            None
        } else {
            Some(Key::new("")?)
        };
        Ok(Access {
            store: Mutex::new(store),
            sessions: Mutex::default(),
            throttle: Mutex::default(),
            setup: Mutex::new(setup),
        })
    }

    /// What stands in the file, for a backup: names, roles and hashes.
    pub fn copy(&self) -> Vec<u8> {
        lock(&self.store).stored().write()
    }

    /// The key that makes the first administrator, as long as there is none: for the person at the machine alone.
    pub fn setup_token(&self) -> Option<String> {
        lock(&self.setup).as_ref().map(|key| key.expose().to_owned())
    }

    /// Whether there is no administrator yet.
    pub fn needs_setup(&self) -> bool {
        lock(&self.setup).is_some()
    }

    /// Whether this key may make the first administrator now.
    pub fn check_setup_token(&self, token: &str) -> Result<(), AccessError> {
        match lock(&self.setup).as_ref() {
            None => Err(AccessError::SetUp),
            Some(key) if key.hash() == KeyHash::of(token) => Ok(()),
            Some(_) => Err(AccessError::SetupToken),
        }
    }

    /// Makes the first administrator. Blocks on the disk, and takes the time of a hash.
    pub fn set_up(&self, token: &str, name: &str, password: &str) -> Result<(), AccessError> {
        self.check_setup_token(token)?;
        self.add_user(name, password, [Role::Administrator].into())
    }

    /// Begins a session. Blocks for the time of a hash.
    pub fn log_in(
        &self,
        name: &str,
        password: &str,
        address: &str,
        now: Instant,
    ) -> Result<(Known, Key), LogInError> {
        lock(&self.throttle)
            .begin(name, address, now)
            .map_err(LogInError::Wait)?;
        let user = lock(&self.store).stored().users.get(name).cloned();
        if !password::is_right(password, user.as_ref().map(|user| user.password.as_str())) {
            return Err(LogInError::Wrong {
                is_known: user.is_some(),
                unheard: lock(&self.throttle).take_unheard(name),
            });
        }
        lock(&self.throttle).succeed(name, address, now);
        let key = Key::new("").map_err(|_| LogInError::Machine)?;
        // While the store is held nobody changes the password: a session that begins now is one of the new password.
        let store = lock(&self.store);
        let is_same = |now: &&StoredUser| Some(&now.password) == user.as_ref().map(|user| &user.password);
        let Some(user) = store.stored().users.get(name).filter(is_same) else {
            return Err(LogInError::Wrong {
                is_known: true,
                unheard: 0,
            });
        };
        lock(&self.sessions).begin(name, &key, now);
        Ok((
            Known {
                identity: Identity::User(name.to_owned()),
                roles: user.roles.clone(),
            },
            key,
        ))
    }

    /// Slows down tries at something that is no account, as the setup token.
    pub fn try_at(&self, what: &str, address: &str, now: Instant) -> Result<(), Duration> {
        lock(&self.throttle).begin(what, address, now)
    }

    /// Whose session this is; it counts as used now.
    pub fn session(&self, key: &str, now: Instant) -> Option<Known> {
        let store = lock(&self.store);
        let mut sessions = lock(&self.sessions);
        known_user(&store, sessions.user(key, now)?)
    }

    /// Whose session this is, for what goes on by itself: it does not count as used.
    pub fn peek(&self, key: &str, now: Instant) -> Option<Known> {
        let store = lock(&self.store);
        let sessions = lock(&self.sessions);
        known_user(&store, sessions.peek(key, now)?)
    }

    /// Ends a session.
    pub fn log_out(&self, key: &str) {
        lock(&self.sessions).end(key);
    }

    /// Whose token this is.
    pub fn bearer(&self, token: &str) -> Option<Known> {
        let hash = KeyHash::of(token).to_hex();
        let store = lock(&self.store);
        let found = store.stored().tokens.iter().find(|(_, token)| token.hash == hash);
        let (name, token) = found.filter(|(_, token)| clock::now() < token.expires_at)?;
        Some(Known {
            identity: Identity::Token(name.clone()),
            roles: token.roles.clone(),
        })
    }

    /// All users, by name.
    pub fn users(&self) -> Vec<User> {
        let store = lock(&self.store);
        let users = store.stored().users.iter();
        users
            .map(|(name, user)| User {
                name: name.clone(),
                roles: user.roles.clone(),
                created_at: user.created_at.clone(),
            })
            .collect()
    }

    /// Adds a user. Blocks on the disk, and takes the time of a hash.
    pub fn add_user(&self, name: &str, password: &str, roles: BTreeSet<Role>) -> Result<(), AccessError> {
        check_name(name)?;
        let hashed = password::hash(name, password)?;
        self.change(|stored| {
            if roles.is_empty() {
                return Err(AccessError::NoRole);
            }
            if stored.users.contains_key(name) {
                return Err(AccessError::Exists(name.to_owned()));
            }
            if stored.users.len() >= USERS_MAX {
                return Err(AccessError::TooMany(USERS_MAX));
            }
            let user = StoredUser {
                password: hashed,
                roles,
                created_at: clock::now().to_string(),
            };
            stored.users.insert(name.to_owned(), user);
            Ok(())
        })
    }

    /// Changes what a user may, its password, or both. A new password ends all sessions of the user. Blocks on the
    /// disk, and takes the time of a hash.
    pub fn change_user(
        &self,
        name: &str,
        password: Option<&str>,
        roles: Option<BTreeSet<Role>>,
    ) -> Result<(), AccessError> {
        let hashed = password
            .map(|password| password::hash(name, password))
            .transpose()?;
        let is_new_password = hashed.is_some();
        self.change(|stored| {
            let user = stored
                .users
                .get_mut(name)
                .ok_or_else(|| AccessError::Unknown(name.to_owned()))?;
            if let Some(hashed) = hashed {
                user.password = hashed;
            }
            if let Some(roles) = roles {
                if roles.is_empty() {
                    return Err(AccessError::NoRole);
                }
                let was_administrator = user.roles.contains(&Role::Administrator);
                user.roles = roles;
                if was_administrator && !stored.has_administrator() {
                    return Err(AccessError::LastAdministrator(name.to_owned()));
                }
            }
            Ok(())
        })?;
        if is_new_password {
            lock(&self.sessions).end_all_of(name);
        }
        Ok(())
    }

    /// Whether this is the user's password. Blocks for the time of a hash.
    pub fn is_password(&self, name: &str, password: &str) -> bool {
        let user = lock(&self.store).stored().users.get(name).cloned();
        password::is_right(password, user.as_ref().map(|user| user.password.as_str()))
    }

    /// Removes a user and its sessions. Blocks on the disk.
    pub fn remove_user(&self, name: &str) -> Result<(), AccessError> {
        self.change(|stored| {
            let removed = stored.users.remove(name);
            let removed = removed.ok_or_else(|| AccessError::Unknown(name.to_owned()))?;
            if removed.roles.contains(&Role::Administrator) && !stored.has_administrator() {
                return Err(AccessError::LastAdministrator(name.to_owned()));
            }
            Ok(())
        })?;
        lock(&self.sessions).end_all_of(name);
        Ok(())
    }

    /// All tokens, by name; those that hold no more too.
    pub fn tokens(&self) -> Vec<Token> {
        let store = lock(&self.store);
        let tokens = store.stored().tokens.iter();
        tokens.map(|(name, token)| shown(name, token)).collect()
    }

    /// Adds a token; the key is shown this once. Blocks on the disk.
    pub fn add_token(
        &self,
        name: &str,
        roles: BTreeSet<Role>,
        days: u32,
        created_by: &Identity,
    ) -> Result<(Token, Key), AccessError> {
        check_name(name)?;
        if roles.is_empty() {
            return Err(AccessError::NoRole);
        }
        if days == 0 || days > TOKEN_DAYS_MAX {
            return Err(AccessError::Days);
        }
        let key = Key::new("weir_")?;
        let now = clock::now();
        let token = StoredToken {
            hash: key.hash().to_hex(),
            roles,
            created_at: now.to_string(),
            created_by: created_by.to_string(),
            expires_at: now + Duration::from_secs(u64::from(days) * 24 * 60 * 60),
        };
        self.change(|stored| {
            if stored.tokens.contains_key(name) {
                return Err(AccessError::Exists(name.to_owned()));
            }
            if stored.tokens.len() >= TOKENS_MAX {
                return Err(AccessError::TooMany(TOKENS_MAX));
            }
            stored.tokens.insert(name.to_owned(), token.clone());
            Ok(())
        })?;
        Ok((shown(name, &token), key))
    }

    /// Removes a token: who holds it is nobody from now on. Blocks on the disk.
    pub fn remove_token(&self, name: &str) -> Result<(), AccessError> {
        self.change(|stored| {
            let removed = stored.tokens.remove(name);
            removed
                .map(drop)
                .ok_or_else(|| AccessError::Unknown(name.to_owned()))
        })
    }

    fn change<T>(
        &self,
        change: impl FnOnce(&mut Stored) -> Result<T, AccessError>,
    ) -> Result<T, AccessError> {
        let mut store = lock(&self.store);
        let changed = store.change(change)?;
        if store.stored().has_administrator() {
            lock(&self.setup).take();
        }
        Ok(changed)
    }
}

fn shown(name: &str, token: &StoredToken) -> Token {
    Token {
        name: name.to_owned(),
        roles: token.roles.clone(),
        created_at: token.created_at.clone(),
        created_by: token.created_by.clone(),
        expires_at: token.expires_at,
    }
}

/// Names stand in addresses, in the audit log and in logs.
fn check_name(name: &str) -> Result<(), AccessError> {
    let is_letter = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"._-@".contains(&byte);
    let is_name = (1..=NAME_BYTES_MAX).contains(&name.len()) && name.bytes().all(is_letter);
    // A name of dots alone would be a step in an address.
    if is_name && name.bytes().any(|byte| byte.is_ascii_alphanumeric()) {
        Ok(())
    } else {
        Err(AccessError::Name)
    }
}

fn known_user(store: &Store, name: &str) -> Option<Known> {
    let user = store.stored().users.get(name)?;
    Some(Known {
        identity: Identity::User(name.to_owned()),
        roles: user.roles.clone(),
    })
}

/// What is in a lock is whole whenever it is released, a panic included: everything is changed in one step.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
