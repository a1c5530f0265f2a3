//! Rows for a code table: a query of the site, run now and then, with the server's own form of each value.
//!
//! It reads and never writes; the query is as the site has it, and nothing is put into it. What becomes of the rows
//! is not decided here, nor what becomes of a failure.

use std::path::Path;
use std::pin::pin;
use std::time::Duration;

use futures_util::TryStreamExt;
use schemars::JsonSchema;
use serde::Deserialize;
use tokio::time::timeout;
use tokio_postgres::{SimpleQueryMessage, SimpleQueryRow};

use super::connection::Connection;
use super::settings::{Address, default_statement_timeout};
use super::{GRACE, told};
use crate::destination::mllp;
use crate::secret::SecretPlace;
use crate::tls::{self, ClientSettings, NotReached, Owner, Plaintext, Within};
use crate::units;

/// Row after row, each with a cell for each column that was asked for; what is NULL is none.
pub type Rows = Vec<Vec<Option<String>>>;

/// A query that gives the rows of a code table.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LookUp {
    /// The PostgreSQL server, as `db.example:5432`.
    #[schemars(with = "String")]
    pub address: Address,
    /// The database.
    pub database: String,
    /// The user, who should be able to read what the query reads, and nothing else.
    pub user: String,
    /// Where the password is kept, as `{ file: db-password }` or `{ env: DB_PASSWORD }`.
    #[serde(default)]
    pub password: Option<SecretPlace>,
    /// The query. It names its columns as `columns` does, in any order, and takes no values.
    pub query: String,
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
    /// The time the query may take, as `30s` (the default); the server ends it then.
    #[serde(default = "default_statement_timeout", deserialize_with = "units::time_limit")]
    pub statement_timeout: Duration,
    /// How often the rows are read anew, as `15m` (the default).
    #[serde(default = "default_refresh", deserialize_with = "units::time_limit")]
    pub refresh: Duration,
    /// The most rows; with more the table stays as it was. 100000 if left out.
    #[serde(default = "default_rows_max")]
    pub rows_max: usize,
    /// The most bytes of all values together; with more the table stays as it was.
    #[serde(default = "default_values_bytes_max", deserialize_with = "units::bytes")]
    pub values_bytes_max: usize,
}

fn default_refresh() -> Duration {
    Duration::from_secs(15 * 60)
}

fn default_rows_max() -> usize {
    100_000
}

fn default_values_bytes_max() -> usize {
    16 << 20
}

impl LookUp {
    /// Relative paths taken from this folder.
    pub fn resolve(&mut self, folder: &Path) {
        self.tls.resolve(folder);
        self.password = self.password.take().map(|place| place.below(folder));
    }

    /// What the rows depend on, in short: rows that were kept are good for the same alone.
    pub fn identity(&self, columns: &[String]) -> String {
        let Address { host, port } = &self.address;
        let whole = (host, port, &self.database, &self.query, columns);
        blake3::hash(format!("{whole:?}").as_bytes()).to_hex().to_string()
    }

    /// Asks the server. No rows at all are a failure too.
    ///
    /// # Errors
    /// Why there are no rows, without values and without the server's own words, which may quote some.
    pub async fn read(&self, columns: &[String]) -> Result<Rows, NotReached> {
        let connection = Connection {
            address: self.address.clone(),
            database: self.database.clone(),
            user: self.user.clone(),
            password: self.password.clone(),
            tls: self
                .plaintext
                .is_none()
                .then(|| tls::Client::new(self.tls.clone(), Within::Other, Owner::table(&self.database))),
            connect_timeout: self.connect_timeout,
            statement_timeout: self.statement_timeout,
        };
        let limit = self.connect_timeout + self.statement_timeout + GRACE;
        let reading = async {
            let client = connection.open_to_read().await?;
            // The simple protocol gives each value as the server writes it, whatever its type.
            let answer = client.simple_query_raw(&self.query).await;
            let mut answer = pin!(answer.map_err(|error| failed(&error))?);
            let mut rows = Rows::new();
            let mut bytes_left = self.values_bytes_max;
            while let Some(part) = answer.try_next().await.map_err(|error| failed(&error))? {
                let SimpleQueryMessage::Row(row) = part else {
                    continue;
                };
                if rows.len() == self.rows_max {
                    return Err(format!("more than {} rows (`rows_max`)", self.rows_max).into());
                }
                let cells = cells(&row, columns)?;
                let bytes = cells.iter().flatten().map(String::len).sum();
                bytes_left = usize::checked_sub(bytes_left, bytes)
                    .ok_or_else(|| "more values than `values_bytes_max` has room for".to_owned())?;
                rows.push(cells);
            }
            if rows.is_empty() {
                // Most likely somebody is filling it just now; and a code table without codes is of no use.
                return Err("the query gives no rows".to_owned().into());
            }
            Ok(rows)
        };
        let read = timeout(limit, reading).await;
        read.unwrap_or_else(|_| {
            let limit = humantime::format_duration(limit);
            Err(format!("the query was not done within {limit}").into())
        })
    }
}

fn failed(error: &tokio_postgres::Error) -> NotReached {
    NotReached::because(told(error), error)
}

/// A cell for each column of the table.
fn cells(row: &SimpleQueryRow, columns: &[String]) -> Result<Vec<Option<String>>, String> {
    let cell = |column: &String| {
        row.try_get(column.as_str())
            .map(|value| value.map(str::to_owned))
            .map_err(|_| format!("the query gives no column `{column}`"))
    };
    columns.iter().map(cell).collect()
}
