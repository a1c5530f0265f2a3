//! SQL destinations: one statement of the site for each message, run by a PostgreSQL server.
//!
//! What a message holds reaches the server as parameters of a prepared statement and never as a part of its text. The
//! statement is a transaction of its own: an error of the server means that nothing was done. Only a connection that
//! breaks, or a time limit, leaves it open whether it was.

mod connection;
mod look_up;
mod parameter;
mod settings;

use std::io;
use std::sync::Arc;
use std::time::Duration;

use deadpool_postgres::{Manager, ManagerConfig, Object, Pool, PoolError, RecyclingMethod, Runtime};
use metrics::counter;
use tokio::time::timeout;
use tokio_postgres::NoTls;
use tokio_postgres::types::ToSql;

use self::parameter::Parameter;
use super::{DeliveryError, Outgoing, Receipt, Terminators, parse};
use crate::metrics::DESTINATION_CONNECTIONS_TOTAL;
use crate::tls::{self, Owner, Since};

pub use connection::Connection;
pub use look_up::{LookUp, Rows};
pub use settings::{Address, Settings, Value, Whole};

/// How much longer than the server itself weir waits for the server to end a statement.
pub(super) const GRACE: Duration = Duration::from_secs(2);

/// The sending end of one SQL destination.
pub struct Client {
    name: Arc<str>,
    settings: Settings,
    way: Connection,
    /// One connection, made when it is needed: deliveries of a destination come one after the other.
    pool: Option<Pooled>,
}

/// Connections, all made alike.
#[derive(Clone)]
struct Pooled {
    pool: Pool,
    /// By which certificates the server is let through, within TLS.
    since: Since,
}

impl Client {
    pub(super) fn new(name: Arc<str>, settings: Settings) -> Client {
        Client {
            way: settings.connection(Owner::destination(&name)),
            name,
            settings,
            pool: None,
        }
    }

    pub(super) async fn deliver(&mut self, outgoing: &Outgoing) -> Result<Receipt, DeliveryError> {
        let message = parse(outgoing)?;
        let bytes = Terminators::Cr.apply(&outgoing.bytes, &message);
        let parameters: Result<Vec<Parameter>, DeliveryError> = self
            .settings
            .values
            .iter()
            .map(|value| Parameter::of(value, &message, &bytes))
            .collect();
        let parameters = parameters?;
        let client = self.connection().await?;
        let limit = self.settings.statement_timeout + GRACE;
        let executed = timeout(limit, self.execute(&client, &parameters)).await;
        let done = executed.unwrap_or_else(|_| {
            let limit = humantime::format_duration(limit);
            Err(DeliveryError::no_acknowledgment(format_args!(
                "the statement was not done within {limit}"
            )))
        });
        if done.is_err() {
            // Whatever the server still does with it, nobody waits for on this connection; and what is mended there, as
            // rights and settings of the user, counts for a new one.
            drop(Object::take(client));
        }
        done.map(|()| Receipt::default())
    }

    async fn execute(&self, client: &Object, parameters: &[Parameter]) -> Result<(), DeliveryError> {
        // Nothing was handed over before the statement was understood. Each time anew: a statement keeps the types that
        // its values had when it was prepared, whatever becomes of the table, and then refuses what is right, or stores
        // something else, as 7 for 007.
        let prepared = client.prepare(&self.settings.statement).await;
        let statement = prepared.map_err(|error| DeliveryError::unreachable(told(&error)))?;
        let (takes, given) = (statement.params().len(), parameters.len());
        if takes != given {
            return Err(DeliveryError::unreachable(format_args!(
                "the statement takes {takes} values, the site gives {given}"
            )));
        }
        let parameters: Vec<&(dyn ToSql + Sync)> = parameters.iter().map(|value| value as _).collect();
        let executed = client.execute(&statement, &parameters).await;
        executed.map(|_| ()).map_err(|error| meaning(&error))
    }

    /// A connection that works.
    async fn connection(&mut self) -> Result<Object, DeliveryError> {
        let pooled = match self.pool.clone() {
            // Not even anew, where the server has closed it: the certificates of then count for all in it.
            Some(pooled) if !pooled.since.has_changed().await => pooled,
            Some(_) | None => {
                self.pool = None;
                self.pool().await.map_err(DeliveryError::unreachable)?
            }
        };
        match pooled.pool.get().await {
            Ok(client) => {
                if self.pool.is_none() {
                    let destination = Arc::clone(&self.name);
                    counter!(DESTINATION_CONNECTIONS_TOTAL, "destination" => destination).increment(1);
                }
                self.pool = Some(pooled);
                Ok(client)
            }
            Err(failure) => {
                // Anew the next time, with the password that is there then.
                self.pool = None;
                Err(match failure {
                    PoolError::Backend(error) => {
                        DeliveryError::of_distrust(tls::is_distrust(&error), told(&error))
                    }
                    PoolError::Timeout(_) => DeliveryError::unreachable("no connection in time"),
                    PoolError::Closed | PoolError::NoRuntimeSpecified | PoolError::PostCreateHook(_) => {
                        DeliveryError::unreachable("internal error")
                    }
                })
            }
        }
    }

    async fn pool(&self) -> io::Result<Pooled> {
        let settings = &self.settings;
        let since = Since::now(self.way.tls.as_ref()).await;
        let config = self.way.config().await?;
        let recycling = ManagerConfig {
            recycling_method: RecyclingMethod::Fast,
        };
        let manager = match self.way.tls().await? {
            None => Manager::from_config(config, NoTls, recycling),
            Some(tls) => Manager::from_config(config, tls, recycling),
        };
        let pool = Pool::builder(manager)
            .max_size(1)
            .runtime(Runtime::Tokio1)
            .create_timeout(Some(settings.connect_timeout))
            .wait_timeout(Some(settings.connect_timeout))
            .build()
            .map_err(io::Error::other)?;
        Ok(Pooled { pool, since })
    }
}

/// What an error of a statement means for the delivery, by the class of its SQLSTATE.
fn meaning(error: &tokio_postgres::Error) -> DeliveryError {
    let Some(state) = error.code() else {
        return DeliveryError::no_acknowledgment(told(error));
    };
    match state.code().get(..2) {
        // The data, a constraint, a view's check, or a function of the site says that these values cannot be stored.
        Some("22" | "23" | "44" | "P0") => DeliveryError::impossible(told(error)),
        // Everything else is about the server or the site, and the same values may be stored another time.
        _ => DeliveryError::unreachable(told(error)),
    }
}

/// The error without the server's own words, which quote values.
fn told(error: &tokio_postgres::Error) -> String {
    match error.as_db_error() {
        Some(answer) => {
            let constraint = answer.constraint().map(|name| format!(", constraint {name}"));
            format!(
                "SQLSTATE {}{}",
                answer.code().code(),
                constraint.unwrap_or_default()
            )
        }
        None if error.is_closed() => "the server closed the connection".to_owned(),
        None => match std::error::Error::source(error) {
            Some(cause) => format!("{error}: {cause}"),
            None => error.to_string(),
        },
    }
}
