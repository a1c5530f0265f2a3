//! Who may read along: the TLS of listeners, destinations and pages, and what is said where there is none.
//!
//! Messages that reach other machines in plain text are an error, unless somebody has written that this is accepted.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;

use crate::destination::http::{HeaderText, UrlPlace};
use crate::problem::{Place, Problem, ProblemName, Problems};
use crate::tls::{ClientSettings, Plaintext, ServerSettings, is_this_machine};
use crate::{destination, listener};

/// Tells what is wrong with how a listener is protected; `place` is that of its kind.
pub(super) fn check_listener(settings: &listener::Settings, place: &Place<'_>, problems: &mut Problems) {
    let Some((tls, plaintext)) = settings.security() else {
        return;
    };
    if let listener::Entrance::Socket(address) = settings.entrance() {
        check_socket(address, tls, plaintext, place, problems);
    }
}

/// The same for a socket of the pages.
pub(super) fn check_socket(
    address: SocketAddr,
    tls: Option<&ServerSettings>,
    plaintext: Option<Plaintext>,
    place: &Place<'_>,
    problems: &mut Problems,
) {
    if let Some(tls) = tls {
        tls.check(&place.key("tls"), problems);
        check_both(plaintext, place, problems);
    } else if plaintext.is_none() && !address.ip().to_canonical().is_loopback() {
        let message = "what comes here from other machines could be read on the way";
        let problem = Problem::error(ProblemName::Plaintext, message).at(&place.key("bind"));
        problems.push(problem.help(
            "add `tls: { certificate: FILE, key: { file: FILE } }`, bind a loopback address, or write \
             `plaintext: accepted` where a tunnel or the network keeps it secret",
        ));
    }
}

/// Tells what is wrong with how what goes to a destination is protected; `place` is that of its kind.
pub(super) fn check_destination(
    settings: &destination::Settings,
    place: &Place<'_>,
    problems: &mut Problems,
) {
    match settings {
        destination::Settings::File(_) => {}
        destination::Settings::Mllp(mllp) => {
            let host = mllp.address.rsplit_once(':').map_or("", |(host, _)| host);
            match &mllp.tls {
                Some(tls) => check_client(tls, mllp.plaintext, place, problems),
                None => unprotected(
                    host,
                    mllp.plaintext,
                    &place.key("address"),
                    "add `tls: {}`",
                    problems,
                ),
            }
        }
        destination::Settings::Http(http) => {
            check_url(&http.url, &http.tls, http.plaintext, place, problems);
        }
        destination::Settings::Sql(sql) => check_database(&sql.tls, sql.plaintext, place, problems),
    }
}

/// Tells what is wrong with headers, which stand under `headers`, and where files of theirs are.
pub(super) fn check_headers(
    headers: &mut BTreeMap<String, HeaderText>,
    folder: &Path,
    place: &Place<'_>,
    problems: &mut Problems,
) {
    for (name, text) in headers {
        text.resolve(folder);
        if let Err(message) = text.header(name) {
            let place = place.key("headers").key(name);
            problems.push(Problem::error(ProblemName::InvalidValue, message).at(&place));
        }
    }
}

/// The same for an address of HTTP, which stands under `url`.
pub(super) fn check_url(
    url: &UrlPlace,
    tls: &ClientSettings,
    plaintext: Option<Plaintext>,
    place: &Place<'_>,
    problems: &mut Problems,
) {
    let url = match url.read() {
        Ok(url) => url,
        Err(message) => {
            tls.check(&place.key("tls"), problems);
            problems.push(Problem::error(ProblemName::InvalidValue, message).at(&place.key("url")));
            return;
        }
    };
    if url.is_secure() {
        check_client(tls, plaintext, place, problems);
        return;
    }
    let place = place.key("url");
    if *tls != ClientSettings::default() {
        let message = "there is no TLS with an address of `http`";
        let problem = Problem::error(ProblemName::InvalidValue, message).at(&place);
        problems.push(problem.help("write `https`, or leave `tls` out"));
    }
    unprotected(url.host(), plaintext, &place, "write `https`", problems);
}

/// The same for an address of a contact: what is told to one is no message, and only an address that is a secret itself
/// has to be kept from others on the way.
pub(super) fn check_secret_url(url: &UrlPlace, place: &Place<'_>, problems: &mut Problems) {
    let (place, read) = (place.key("url"), url.read());
    match read {
        Ok(read) if url.is_secret() && !read.is_protected() => {
            let message = "an address that is a secret could be read on the way";
            let problem = Problem::error(ProblemName::Plaintext, message).at(&place);
            problems.push(problem.help("let what is kept there be an address of `https`"));
        }
        Ok(_) => {}
        Err(message) => problems.push(Problem::error(ProblemName::InvalidValue, message).at(&place)),
    }
}

/// The same for a database, which is always asked for TLS but where the site accepts none.
pub(super) fn check_database(
    tls: &ClientSettings,
    plaintext: Option<Plaintext>,
    place: &Place<'_>,
    problems: &mut Problems,
) {
    if plaintext.is_none() {
        tls.check(&place.key("tls"), problems);
    } else if *tls != ClientSettings::default() {
        check_both(plaintext, place, problems);
    }
}

fn check_client(
    tls: &ClientSettings,
    plaintext: Option<Plaintext>,
    place: &Place<'_>,
    problems: &mut Problems,
) {
    tls.check(&place.key("tls"), problems);
    check_both(plaintext, place, problems);
}

fn check_both(plaintext: Option<Plaintext>, place: &Place<'_>, problems: &mut Problems) {
    if plaintext.is_some() {
        let message = "there is TLS here, so nothing travels in plain text";
        let problem = Problem::error(ProblemName::InvalidValue, message).at(&place.key("plaintext"));
        problems.push(problem.help("leave one of the two out"));
    }
}

fn unprotected(
    host: &str,
    plaintext: Option<Plaintext>,
    place: &Place<'_>,
    instead: &str,
    problems: &mut Problems,
) {
    if plaintext.is_none() && !is_this_machine(host) {
        let message = "what goes there could be read on the way";
        let problem = Problem::error(ProblemName::Plaintext, message).at(place);
        problems.push(problem.help(format!(
            "{instead}, or write `plaintext: accepted` where a tunnel or the network keeps it secret"
        )));
    }
}
