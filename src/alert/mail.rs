//! Tells somebody by mail: one message to all addresses of a contact, told when the server has taken it.
//!
//! A connection of its own for each: mails are rare, and a server closes what is idle. The password is read each time,
//! so that a new one counts at once.

use std::path::PathBuf;
use std::time::Duration;

use lettre::message::header::ContentType;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, CertificateStore, Tls, TlsParameters};
use lettre::{AsyncSmtpTransport, AsyncTransport, Tokio1Executor};
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use crate::config::{Mail, MailTls};
use crate::tls::NotReached;

use super::message::Message;

/// Tells it; why not, without secrets, when it is not told.
pub(super) async fn tell(mail: &Mail, message: &Message<'_>, limit: Duration) -> Result<(), NotReached> {
    let mut letter = lettre::Message::builder()
        .from(mail.from.clone())
        .subject(message.subject())
        .message_id(Some(message_id(mail.from.email.domain())))
        .header(ContentType::TEXT_PLAIN);
    for reader in &mail.to {
        letter = letter.to(reader.clone());
    }
    let letter = letter
        .body(message.text() + "\n")
        .map_err(|error| error.to_string())?;
    let mail = mail.clone();
    let transport = spawn_blocking(move || transport(&mail, limit)).await;
    let transport = transport.unwrap_or_else(|_| Err("internal error".to_owned()))?;
    match timeout(limit, transport.send(letter)).await {
        Ok(sent) => sent
            .map(drop)
            .map_err(|error| NotReached::because(why(&error), &error)),
        Err(_) => Err(format!("not taken within {}", humantime::format_duration(limit)).into()),
    }
}

/// What tells this letter from every other: servers take one without it for spam, and readers cannot file it.
fn message_id(domain: &str) -> String {
    format!("<{:032x}@{domain}>", fastrand::u128(..))
}

/// What would carry a letter there. Blocks on files.
fn transport(mail: &Mail, limit: Duration) -> Result<AsyncSmtpTransport<Tokio1Executor>, String> {
    let tls = match mail.tls {
        MailTls::Starttls => Tls::Required(parameters(mail)?),
        MailTls::Implicit => Tls::Wrapper(parameters(mail)?),
        MailTls::None => Tls::None,
    };
    let mut transport = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&mail.server)
        .port(mail.port)
        .tls(tls)
        .timeout(Some(limit));
    if let Some((user, password)) = &mail.login {
        let password = password.read().map_err(|error| format!("password: {error}"))?;
        let login = Credentials::new(user.clone(), password.expose().to_owned());
        transport = transport.credentials(login);
    }
    Ok(transport.build())
}

fn parameters(mail: &Mail) -> Result<TlsParameters, String> {
    let mut parameters = TlsParameters::builder(mail.server.clone());
    if let Some(path) = &mail.trusted {
        parameters = parameters.certificate_store(CertificateStore::None);
        for authority in authorities(path)? {
            parameters = parameters.add_root_certificate(authority);
        }
    }
    parameters.build_rustls().map_err(|error| error.to_string())
}

fn authorities(path: &PathBuf) -> Result<Vec<Certificate>, String> {
    let broken = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
    let pem = std::fs::read(path).map_err(|error| broken(&error))?;
    let certificate = Certificate::from_pem(&pem).map_err(|error| broken(&error))?;
    Ok(vec![certificate])
}

/// The error and what caused it: its own words alone say little.
fn why(error: &lettre::transport::smtp::Error) -> String {
    let mut said = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause {
        let inner_said = inner.to_string();
        if !said.contains(&inner_said) {
            said = format!("{said}: {inner_said}");
        }
        cause = inner.source();
    }
    said
}
