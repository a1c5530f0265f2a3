//! Which PostgreSQL server, as whom, and how: what every use of one has in common.

use std::io;
use std::time::Duration;

use tokio::net::lookup_host;
use tokio::task::spawn_blocking;
use tokio_postgres::config::SslMode;
use tokio_postgres::{Client, NoTls};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::settings::Address;
use crate::secret::SecretPlace;
use crate::tls::{self, NotReached};

/// A way to a server.
pub struct Connection {
    /// Host and port.
    pub address: Address,
    /// The database.
    pub database: String,
    /// The user.
    pub user: String,
    /// Where the password is kept.
    pub password: Option<SecretPlace>,
    /// What encrypts it, unless that is not wanted.
    pub tls: Option<tls::Client>,
    /// The time to connect and log in.
    pub connect_timeout: Duration,
    /// The time a statement may take; the server ends it then.
    pub statement_timeout: Duration,
}

impl Connection {
    /// All but TLS, with the password that is there now.
    pub(super) async fn config(&self) -> io::Result<tokio_postgres::Config> {
        let mut config = tokio_postgres::Config::new();
        config
            .host(self.server_name().unwrap_or_else(|| self.address.host.clone()))
            .port(self.address.port)
            .dbname(&self.database)
            .user(&self.user)
            .application_name("weir")
            .connect_timeout(self.connect_timeout)
            .options(format!(
                "-c statement_timeout={}",
                self.statement_timeout.as_millis()
            ))
            .ssl_mode(match self.tls {
                None => SslMode::Disable,
                Some(_) => SslMode::Require,
            });
        if self.server_name().is_some() {
            let there = (self.address.host.as_str(), self.address.port);
            let ip = lookup_host(there).await?.next().map(|there| there.ip());
            config.hostaddr(ip.ok_or(io::ErrorKind::NotFound)?);
        }
        if let Some(place) = self.password.clone() {
            let secret = spawn_blocking(move || place.read())
                .await
                .map_err(io::Error::other)?;
            config.password(secret.map_err(io::Error::other)?.expose());
        }
        Ok(config)
    }

    /// The name that the server's certificate has to have, where it is not that of its address.
    fn server_name(&self) -> Option<String> {
        self.tls.as_ref()?.server_name().map(ToString::to_string)
    }

    /// TLS, where it is wanted, with the certificates that are there now.
    pub(super) async fn tls(&self) -> io::Result<Option<MakeRustlsConnect>> {
        let Some(client) = &self.tls else {
            return Ok(None);
        };
        let config = client.config().await?;
        Ok(Some(MakeRustlsConnect::new(config.as_ref().clone())))
    }

    /// A connection of its own, which can read and not write, and ends when it is dropped.
    ///
    /// # Errors
    /// Why there is none, without the server's own words.
    pub async fn open_to_read(&self) -> Result<Client, NotReached> {
        let mut config = self.config().await.map_err(|error| error.to_string())?;
        let options = config.get_options().unwrap_or_default().to_owned();
        config.options(format!("{options} -c default_transaction_read_only=on"));
        let tls = self.tls().await.map_err(|error| error.to_string())?;
        let told = |error: tokio_postgres::Error| NotReached::because(super::told(&error), &error);
        // Each works on in a task of its own, until the client is dropped.
        if let Some(tls) = tls {
            let (client, connection) = config.connect(tls).await.map_err(told)?;
            tokio::spawn(connection);
            return Ok(client);
        }
        let (client, connection) = config.connect(NoTls).await.map_err(told)?;
        tokio::spawn(connection);
        Ok(client)
    }
}
