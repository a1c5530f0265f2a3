//! Passwords: what may be one, and their hashes by Argon2id.
//!
//! The hash is a text that names its own parameters, so that they can grow later and old hashes still hold.

use argon2::password_hash::{PasswordHash, PasswordHasher as _, PasswordVerifier as _, SaltString};
use argon2::{Algorithm, Argon2, Params, Version};
use schemars::JsonSchema;
use serde::Deserialize;
use thiserror::Error;
use zeroize::Zeroizing;

use super::key::random;

/// Shorter ones are guessed.
const CHARS_MIN: usize = 12;
/// Longer ones only keep the machine busy.
const BYTES_MAX: usize = 1_024;
/// 19 MiB, twice over, in one lane: the least that OWASP's Password Storage Cheat Sheet asks for.
const MEMORY_KIB: u32 = 19 * 1_024;
const PASSES: u32 = 2;
const LANES: u32 = 1;
/// What nobody's password has: the work of a log-in is the same for a name that is nobody's.
const OF_NOBODY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5bm9ib2R5bm9ibw$Jf0W1u4iLbL3jcVz1kJyJ6iY0O4cVq2rVn0rV9n5m0A";

/// What was typed as a password or a setup token. Overwritten when it is dropped, shown by no `Debug`.
#[derive(Deserialize, JsonSchema)]
#[serde(from = "String")]
#[schemars(with = "String")]
pub struct Password(Zeroizing<String>);

impl From<String> for Password {
    fn from(typed: String) -> Password {
        Password(Zeroizing::new(typed))
    }
}

impl Password {
    /// The password itself.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

/// Why a text is no password.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum PasswordError {
    /// Too short.
    #[error("expected a password of at least {CHARS_MIN} characters; a few words make a good one")]
    Short,
    /// Too long.
    #[error("expected a password of at most {BYTES_MAX} bytes")]
    Long,
    /// It holds what its owner's name is.
    #[error("expected a password that does not contain the name")]
    Named,
    /// The system gives no random numbers, or no memory.
    #[error("the password cannot be hashed on this machine now")]
    Machine,
}

/// Hashes a new password. Takes some hundredths of a second and 19 MiB.
pub(super) fn hash(name: &str, password: &str) -> Result<String, PasswordError> {
    if password.chars().nth(CHARS_MIN - 1).is_none() {
        return Err(PasswordError::Short);
    }
    if password.len() > BYTES_MAX {
        return Err(PasswordError::Long);
    }
    if password.to_lowercase().contains(&name.to_lowercase()) {
        return Err(PasswordError::Named);
    }
    let salt = random::<16>().map_err(|_| PasswordError::Machine)?;
    let salt = SaltString::encode_b64(salt.as_slice()).map_err(|_| PasswordError::Machine)?;
    let hash = argon2().hash_password(password.as_bytes(), &salt);
    hash.map(|hash| hash.to_string())
        .map_err(|_| PasswordError::Machine)
}

/// Whether this is the password of the hash; without a hash never, after the same work.
pub(super) fn is_right(password: &str, hash: Option<&str>) -> bool {
    if password.len() > BYTES_MAX {
        return false;
    }
    let parsed = PasswordHash::new(hash.unwrap_or(OF_NOBODY));
    let verified = parsed.is_ok_and(|parsed| argon2().verify_password(password.as_bytes(), &parsed).is_ok());
    verified && hash.is_some()
}

fn argon2() -> Argon2<'static> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None).expect("these are within Argon2's own limits");
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_password_itself_is_right() {
        let password = "correct horse battery";
        let hashed = hash("anna", password).unwrap();
        assert!(hashed.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hashed}");
        assert_ne!(hashed, hash("anna", password).unwrap(), "each has its own salt");
        assert!(is_right(password, Some(&hashed)));
        assert!(!is_right("correct horse batterz", Some(&hashed)));
        assert!(!is_right("", Some(&hashed)));
        assert!(!is_right(password, None));
        assert!(!is_right(password, Some("no hash")));
    }

    #[test]
    fn the_work_for_nobody_is_real() {
        let parsed = PasswordHash::new(OF_NOBODY).unwrap();
        assert_eq!(Params::try_from(&parsed).unwrap().m_cost(), MEMORY_KIB);
        assert_eq!(Params::try_from(&parsed).unwrap().t_cost(), PASSES);
        assert_eq!(parsed.hash.unwrap().len(), 32);
    }

    #[test]
    fn what_is_no_password_is_told() {
        let check = |password: &str, expected| assert_eq!(hash("anna", password).unwrap_err(), expected);
        check("hunter2", PasswordError::Short);
        check("äääääääääää", PasswordError::Short);
        check(&"x".repeat(BYTES_MAX + 1), PasswordError::Long);
        check("xxxANNAxxxxxxxx", PasswordError::Named);
    }
}
