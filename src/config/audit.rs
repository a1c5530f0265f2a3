//! The section `audit`: how long records of the audit log are kept, and which audit record repositories get them.
//!
//! Reads and checks; the room `atna` sends them on. Without the section records are kept for six years, and sent
//! nowhere.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_yaml::Value;

use crate::destination;
use crate::destination::http::{HeaderText, UrlPlace};
use crate::problem::{Place, Problem, ProblemName, Problems};
use crate::tls::{ClientSettings, Plaintext};
use crate::typed::Text;
use crate::units;

use super::piece::AsTyped;
use super::sections::bad_name;
use super::{piece, security, yaml};

/// More repositories than anybody has to tell.
const REPOSITORIES_MAX: usize = 16;
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// What was typed.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Settings {
    /// How long records are kept, as `2192d`, six years (the default). Whole files are deleted, when all in them is
    /// older.
    #[serde(default = "default_keep", deserialize_with = "units::duration")]
    keep: Duration,
    /// What this weir is called in what is sent (`AuditSourceID`); the machine's name, if left out.
    #[serde(default)]
    source: Option<Text>,
    /// Where in the enterprise it is (`AuditEnterpriseSiteID`).
    #[serde(default)]
    site: Option<Text>,
    /// The audit record repositories that get every record, by name: each a `syslog` or a `fhir`.
    #[serde(default)]
    forward: BTreeMap<String, RepositorySettings>,
}

/// An audit record repository: one of the two.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct RepositorySettings {
    /// DICOM audit messages by syslog over TLS (ITI-20).
    #[serde(default)]
    syslog: Option<Syslog>,
    /// Resources `AuditEvent` of FHIR by HTTP, each a POST.
    #[serde(default)]
    fhir: Option<Fhir>,
}

/// A receiver of syslog over TLS.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Syslog {
    /// Its host and port, as `arr.example:6514`.
    #[serde(deserialize_with = "destination::mllp::address")]
    #[schemars(with = "String")]
    pub address: String,
    /// Whom to trust, and who weir is, as for destinations.
    #[serde(default)]
    pub tls: ClientSettings,
}

/// A server of FHIR R4.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Fhir {
    /// Where an `AuditEvent` is made, as `https://arr.example/fhir/AuditEvent`, or where that is kept
    /// if it is a secret, as `{ env: ARR_URL }` or `{ file: arr-url }`.
    pub url: UrlPlace,
    /// Headers of each request: a text, or where a secret is kept, as `{ env: ARR_TOKEN }` or `{ file: token }`.
    #[serde(default)]
    pub headers: BTreeMap<String, HeaderText>,
    /// Whom to trust, and who weir is, as for destinations.
    #[serde(default)]
    pub tls: ClientSettings,
    /// `accepted` where records may travel unencrypted to another machine.
    #[serde(default)]
    pub plaintext: Option<Plaintext>,
}

fn default_keep() -> Duration {
    DAY * 2192
}

/// How long records are kept, and who gets them.
#[derive(Debug, Clone)]
pub struct Audit {
    /// How long records are kept.
    pub keep: Duration,
    /// What this weir is called, where the site says so.
    pub source: Option<String>,
    /// Where in the enterprise it is.
    pub site: Option<String>,
    /// Who gets them.
    pub forward: BTreeMap<Arc<str>, Repository>,
    /// What is sent as it was typed, to see whether it has changed.
    pub typed: AsTyped,
}

/// An audit record repository.
#[derive(Debug, Clone)]
pub enum Repository {
    /// By syslog.
    Syslog(Syslog),
    /// By HTTP.
    Fhir(Fhir),
}

impl Default for Audit {
    /// Where a site says nothing of it.
    fn default() -> Audit {
        Audit {
            keep: default_keep(),
            source: None,
            site: None,
            forward: BTreeMap::new(),
            typed: AsTyped::whole(&Value::Null),
        }
    }
}

/// What the section says; what holds without one where there is none, and where it is wrong.
pub(super) fn read(place: Option<&Place<'_>>, folder: &Path, problems: &mut Problems) -> Audit {
    let read = place.and_then(|place| read_at(place, folder, problems));
    read.unwrap_or_default()
}

fn read_at(place: &Place<'_>, folder: &Path, problems: &mut Problems) -> Option<Audit> {
    let typed = yaml::value(place.node());
    let settings: Settings = piece::read(place, typed.clone(), problems)?;
    if settings.keep < DAY {
        let message = "records are kept for a day at least, so that they can be sent on and looked at";
        problems.push(Problem::error(ProblemName::InvalidValue, message).at(&place.key("keep")));
    }
    let place = place.key("forward");
    if settings.forward.len() > REPOSITORIES_MAX {
        let message = format!("more than {REPOSITORIES_MAX} repositories");
        problems.push(Problem::error(ProblemName::SiteTooLarge, message).at(&place));
    }
    let mut forward = BTreeMap::new();
    for (name, typed) in settings.forward {
        let place = place.key(&name);
        if let Some(problem) = bad_name(&name) {
            problems.push(problem.at_key(&place));
        }
        let repository = match (typed.syslog, typed.fhir) {
            (Some(syslog), None) => {
                Repository::Syslog(syslog.checked(folder, &place.key("syslog"), problems))
            }
            (None, Some(fhir)) => Repository::Fhir(fhir.checked(folder, &place.key("fhir"), problems)),
            (None, None) | (Some(_), Some(_)) => {
                let message = "expected one of the keys `syslog` or `fhir`";
                problems.push(Problem::error(ProblemName::MissingKind, message).at_key(&place));
                continue;
            }
        };
        forward.insert(Arc::from(name), repository);
    }
    Some(Audit {
        keep: settings.keep,
        source: settings.source.map(|Text(source)| source),
        site: settings.site.map(|Text(site)| site),
        forward,
        typed: AsTyped::whole(&typed),
    })
}

impl Syslog {
    fn checked(mut self, folder: &Path, place: &Place<'_>, problems: &mut Problems) -> Syslog {
        self.tls.resolve(folder);
        self.tls.check(&place.key("tls"), problems);
        self
    }
}

impl Fhir {
    fn checked(mut self, folder: &Path, place: &Place<'_>, problems: &mut Problems) -> Fhir {
        self.tls.resolve(folder);
        self.url.resolve(folder);
        security::check_url(&self.url, &self.tls, self.plaintext, place, problems);
        security::check_headers(&mut self.headers, folder, place, problems);
        self
    }
}
