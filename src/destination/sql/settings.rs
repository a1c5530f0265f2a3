//! What is written of an SQL destination.

use std::path::Path;
use std::time::Duration;

use schemars::JsonSchema;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

use super::connection::Connection;
use crate::destination::mllp;
use crate::expression::{Known, Template};
use crate::secret::SecretPlace;
use crate::tls::{self, ClientSettings, Owner, Plaintext, Within};
use crate::typed::Text;
use crate::units;

/// The settings of an SQL destination.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The PostgreSQL server, as `db.example:5432`.
    #[schemars(with = "String")]
    pub address: Address,
    /// The database.
    pub database: String,
    /// The user, who should have no more rights than the statement needs.
    pub user: String,
    /// Where the password is kept, as `{ file: db-password }` or `{ env: DB_PASSWORD }`.
    #[serde(default)]
    pub password: Option<SecretPlace>,
    /// The statement, with `$1`, `$2` and so on for the values. A message may be delivered twice after a fault:
    /// `on conflict … do nothing` makes that no harm.
    pub statement: String,
    /// The values: texts with holes, as `"{PID-3.1}"`, or `{ message: whole }`. The server reads them as the type it
    /// needs; an empty one is NULL.
    pub values: Vec<Value>,
    /// TLS, which is always asked for: `trusted`, `certificate` and `key`, `server_name`.
    #[serde(default)]
    pub tls: ClientSettings,
    /// `accepted`: there is no TLS, for a server on this machine or a network that is trusted.
    #[serde(default)]
    pub plaintext: Option<Plaintext>,
    /// The time to connect and log in, as `10s` (the default).
    #[serde(
        default = "mllp::default_connect_timeout",
        deserialize_with = "units::time_limit"
    )]
    pub connect_timeout: Duration,
    /// The time a statement may take, as `30s` (the default); the server ends it then.
    #[serde(default = "default_statement_timeout", deserialize_with = "units::time_limit")]
    pub statement_timeout: Duration,
}

impl Settings {
    /// Relative paths taken from this folder.
    pub fn resolve(&mut self, folder: &Path) {
        self.tls.resolve(folder);
        self.password = self.password.take().map(|place| place.below(folder));
    }

    /// The way to the server.
    pub(super) fn connection(&self, owner: Owner) -> Connection {
        let tls = self.plaintext.is_none();
        Connection {
            address: self.address.clone(),
            database: self.database.clone(),
            user: self.user.clone(),
            password: self.password.clone(),
            tls: tls.then(|| tls::Client::new(self.tls.clone(), Within::Other, owner)),
            connect_timeout: self.connect_timeout,
            statement_timeout: self.statement_timeout,
        }
    }
}

pub(super) fn default_statement_timeout() -> Duration {
    Duration::from_secs(30)
}

/// Host and port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    pub(super) host: String,
    pub(super) port: u16,
}

impl<'de> Deserialize<'de> for Address {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Address, D::Error> {
        let text = mllp::address(deserializer)?;
        let found = text.rsplit_once(':').and_then(|(host, port)| {
            let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
            Some(Address {
                host,
                port: port.parse().ok()?,
            })
        });
        found.ok_or_else(|| D::Error::custom("expected a host and a port, as `db.example:5432`"))
    }
}

/// One value of a statement.
#[derive(Debug, Clone, JsonSchema)]
#[schemars(untagged)]
pub enum Value {
    /// A text with holes.
    Template(#[schemars(with = "Text")] Template),
    /// The message.
    Message(#[schemars(with = "WholeMessage")] Whole),
}

/// How much of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Whole {
    /// All of it: bytes for a column of bytes, else text.
    Whole,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct WholeMessage {
    message: Whole,
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Value, D::Error> {
        let value = serde_yaml::Value::deserialize(deserializer)?;
        if value.is_mapping() {
            let whole: WholeMessage = serde_yaml::from_value(value).map_err(D::Error::custom)?;
            return Ok(Value::Message(whole.message));
        }
        let Text(text) = serde_yaml::from_value(value).map_err(D::Error::custom)?;
        Template::parse(&text, Known::nothing())
            .map(Value::Template)
            .map_err(D::Error::custom)
    }
}
