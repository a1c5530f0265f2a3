//! What is wrong with the TLS of a site, told with its place before anything starts.
//!
//! What cannot be used is an error, what will not be usable for long a warning. Reads the files, and connects to nobody.

use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio_rustls::rustls::pki_types::CertificateDer;

use super::certificate::earliest_end;
use super::file::{self, FileError};
use super::parts::Parts;
use super::settings::{ClientSettings, ServerSettings};
use crate::clock;
use crate::problem::{Place, Problem, ProblemName, Problems};

/// What expires within this is told as something to be renewed.
pub const EXPIRES_SOON: Duration = Duration::from_secs(30 * 24 * 60 * 60);

impl ServerSettings {
    /// Tells what is wrong with the files, at this place. Blocks.
    pub fn check(&self, place: &Place<'_>, problems: &mut Problems) {
        let parts = read(Parts::of_server(self), place, problems);
        if let Ok(made) = parts.made()
            && let Err(fault) = self.config(made)
        {
            wrong(&fault, place, problems);
        }
        expiring(file::CERTIFICATE, &self.certificate, place, problems);
        if let Some(clients) = &self.clients {
            authorities(file::CLIENTS_TRUSTED, &clients.trusted.0, place, problems);
            stale(file::CLIENTS_REVOKED, &clients.revoked.0, place, problems);
        }
    }
}

impl ClientSettings {
    /// Tells what is wrong with the files, at this place. Blocks.
    pub fn check(&self, place: &Place<'_>, problems: &mut Problems) {
        let parts = read(Parts::of_client(self), place, problems);
        // Whom the machine trusts is no part of the site, and may be another machine's affair.
        if self.trusted.is_some()
            && let Ok(made) = parts.made()
            && let Err(fault) = self.config(made)
        {
            wrong(&fault, place, problems);
        }
        if let Some(certificate) = &self.certificate {
            expiring(file::CERTIFICATE, certificate, place, problems);
        }
        if let Some(trusted) = &self.trusted {
            authorities(file::TRUSTED, &trusted.0, place, problems);
        }
        stale(file::REVOKED, &self.revoked.0, place, problems);
    }
}

/// Reads the files, and tells what is wrong with each.
fn read(mut parts: Parts, place: &Place<'_>, problems: &mut Problems) -> Parts {
    drop(parts.look());
    for fault in parts.faults() {
        wrong(fault, place, problems);
    }
    if let Some(Err(fault)) = parts.identity().map(|identity| identity.in_time(clock::now())) {
        let problem = Problem::error(ProblemName::CertificateNotValid, fault.message.as_str());
        let help = "put a valid one in its place: weir sees it without a restart";
        problems.push(problem.at(&at(place, fault.key)).help(help));
    }
    parts
}

fn at<'a>(place: &Place<'a>, key: &[&str]) -> Place<'a> {
    key.iter().fold(place.clone(), |place, key| place.key(key))
}

fn wrong(fault: &FileError, place: &Place<'_>, problems: &mut Problems) {
    let problem = Problem::error(ProblemName::BadCertificate, fault.message.as_str());
    problems.push(problem.at(&at(place, fault.key)));
}

/// Tells a certificate of our own that has to be renewed. One that has expired is told as an error already.
fn expiring(key: &'static [&'static str], path: &Path, place: &Place<'_>, problems: &mut Problems) {
    let Ok(chain) = file::certificates(key, path) else {
        return;
    };
    let now = clock::now();
    let first = chain.first().map(std::slice::from_ref).and_then(earliest_end);
    let has_expired = first.is_some_and(|end| end < now);
    if let Some(end) = earliest_end(&chain).filter(|end| !has_expired && *end < now + EXPIRES_SOON) {
        let days = end.duration_since(now).as_hours().div_euclid(24);
        let message = match days {
            ..0 => format!(
                "{}: a certificate of its chain has expired, at {end}",
                path.display()
            ),
            0 => format!(
                "{}: the certificate expires within a day, at {end}",
                path.display()
            ),
            _ => format!(
                "{}: the certificate expires in {days} days, at {end}",
                path.display()
            ),
        };
        let problem = Problem::warning(ProblemName::CertificateExpires, message).at(&at(place, key));
        problems.push(problem.help("put the next one in its place: weir sees it without a restart"));
    }
}

/// Tells authorities that have expired. What they have signed is still taken: that an authority is trusted is said by
/// whoever names it.
fn authorities(key: &'static [&'static str], paths: &[PathBuf], place: &Place<'_>, problems: &mut Problems) {
    for path in paths {
        let certificates: Vec<CertificateDer<'_>> = file::certificates(key, path).unwrap_or_default();
        if let Some(end) = earliest_end(&certificates).filter(|end| *end < clock::now()) {
            let message = format!("{}: an authority in it has expired, at {end}", path.display());
            let problem = Problem::warning(ProblemName::CertificateExpires, message);
            problems.push(problem.at(&at(place, key)));
        }
    }
}

/// Tells revocation lists that should have been replaced. They count all the same.
fn stale(key: &'static [&'static str], paths: &[PathBuf], place: &Place<'_>, problems: &mut Problems) {
    for path in paths {
        let due = file::revocations(key, path).ok().and_then(|lists| lists.due);
        if let Some(due) = due.filter(|due| *due < clock::now()) {
            let message = format!(
                "{}: a newer list was due at {due}; this one still counts",
                path.display()
            );
            let problem = Problem::warning(ProblemName::CertificateExpires, message);
            problems.push(problem.at(&at(place, key)));
        }
    }
}
