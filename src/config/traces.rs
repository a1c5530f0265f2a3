//! The section `engine.traces`: the collector that gets a trace of every message.
//!
//! Reads and checks; the engine sends them.

use std::collections::BTreeMap;
use std::path::Path;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::destination::http::{HeaderText, UrlPlace};
use crate::problem::{Place, Problem, ProblemName, Problems};
use crate::tls::{ClientSettings, Plaintext};
use crate::typed::Text;

use super::{archive, security};

/// A collector of OpenTelemetry.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Traces {
    /// Where it takes traces by OTLP over HTTP, as `https://collector.example:4318/v1/traces`, or where that is kept
    /// if it is a secret, as `{ env: OTLP_URL }` or `{ file: otlp-url }`.
    pub url: UrlPlace,
    /// What this weir is called there (`service.name`), `weir` by default.
    #[serde(default = "default_service", deserialize_with = "service")]
    #[schemars(with = "Text")]
    pub service: String,
    /// Headers of each request: a text, or where a secret is kept, as `{ env: OTLP_TOKEN }` or `{ file: token }`.
    #[serde(default)]
    pub headers: BTreeMap<String, HeaderText>,
    /// Whom to trust, and who weir is, as for destinations.
    #[serde(default)]
    pub tls: ClientSettings,
    /// `accepted` where traces may travel unencrypted to another machine.
    #[serde(default)]
    pub plaintext: Option<Plaintext>,
}

fn default_service() -> String {
    "weir".to_owned()
}

fn service<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    Text::deserialize(deserializer).map(|Text(service)| service)
}

impl Traces {
    pub(super) fn checked(mut self, folder: &Path, place: &Place<'_>, problems: &mut Problems) -> Traces {
        self.tls.resolve(folder);
        self.url.resolve(folder);
        security::check_url(&self.url, &self.tls, self.plaintext, place, problems);
        security::check_headers(&mut self.headers, folder, place, problems);
        self
    }
}

/// Says so where nothing can be traced: traces are made of what the archive is told.
pub(super) fn check_archive(archive: Option<&Place<'_>>, engine: &Place<'_>, problems: &mut Problems) {
    if archive.is_some_and(archive::is_off) {
        let message = "there are no traces without an archive, since they are made of what it is told";
        let problem = Problem::error(ProblemName::InvalidValue, message).at_key(&engine.key("traces"));
        problems.push(problem.help("take out `archive: off`, or `traces`"));
    }
}
