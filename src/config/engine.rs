//! The section `engine`: where weir keeps what must survive, and where its pages are.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::outbox;
use crate::problem::{Place, Problem, ProblemName, Problems};
use crate::secret::SecretPlace;
use crate::tls::ServerSettings;
use crate::units;

use super::destination::DestinationSettings;
use super::traces::Traces;
use super::{piece, yaml};

/// What was typed.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Settings {
    /// The folder for what must survive a restart: accepted messages that wait. Relative to the site's folder.
    /// It has no default: whoever runs weir decides where patients' data lies.
    pub(super) data: PathBuf,
    /// The pages and metrics.
    #[serde(default)]
    console: Console,
    /// The most bytes of messages being read at once, over all listeners, as `256MiB` (the default). Each
    /// message over 64 KiB that is being read counts with the `frame_bytes_max` of its listener. Those that come from one
    /// address have a quarter of it, or one message, if that is more.
    #[serde(default = "default_read_bytes_max", deserialize_with = "units::bytes")]
    read_bytes_max: usize,
    /// How long the attempts under way may go on when weir stops, as `30s`. Left out, as long as the slowest receiver of
    /// the site may take by its time limits, from `10s` to `90s`.
    #[serde(default, deserialize_with = "units::optional_duration")]
    stop_grace: Option<Duration>,
    /// How the store of accepted messages uses the machine.
    #[serde(default)]
    outbox: outbox::Settings,
    /// When a changed site is read anew.
    #[serde(default)]
    reload: Reload,
    /// Encryption at rest, of the outbox and of the archive: without it messages lie on the disk as they came.
    #[serde(default)]
    encryption: Option<Encryption>,
    /// A collector of OpenTelemetry that gets a trace of every message, without its content; none, if left out. It needs
    /// the archive.
    #[serde(default)]
    traces: Option<Traces>,
}

/// Encryption at rest.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Encryption {
    /// Where the operator's key is kept, 32 bytes in base64 as `weir key new` makes them; a path is relative to the
    /// site's folder. Keep a copy of it elsewhere: without it nobody can read the data.
    key: SecretPlace,
}

/// When a changed site is read anew, apart from SIGHUP and `weir reload`.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Reload {
    /// `true`: as soon as a file of the site, or a script or table that it names, has changed and rested for a
    /// moment. `false` by default.
    pub on_change: bool,
    /// `required`: a reload is refused when a case of the new site does not pass. `ignored` by default.
    pub cases: ReloadCases,
}

/// What a reload makes of the cases of the new site.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReloadCases {
    /// They are not run.
    #[default]
    Ignored,
    /// All of them must pass.
    Required,
}

/// The pages and metrics.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Console {
    /// The address and port, as `127.0.0.1:8686` (the default). Passwords travel there, so without `tls` it has to be
    /// a loopback address.
    #[serde(default = "default_bind")]
    #[schemars(extend("pattern" = "^.+:[0-9]{1,5}$"))]
    pub bind: SocketAddr,
    /// Names by which browsers and programs may call it, beside its addresses and `localhost`, as
    /// `[weir.hospital.example]`: those of its certificate, or of a proxy before it.
    #[serde(default)]
    pub names: Vec<String>,
    /// Who may read the metrics: `anyone` who reaches the address, by default, or whoever has a `login`, as a program with
    /// a token.
    #[serde(default)]
    pub metrics: MetricsReaders,
    /// TLS: `certificate`, `key`, and `clients` for who may connect.
    #[serde(default)]
    pub tls: Option<ServerSettings>,
}

/// Who may read the metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum MetricsReaders {
    /// Whoever reaches the console's address.
    #[default]
    Anyone,
    /// Whoever is logged in or sends a token, of any role.
    Login,
}

impl Default for Console {
    fn default() -> Console {
        Console {
            bind: default_bind(),
            names: Vec::new(),
            metrics: MetricsReaders::Anyone,
            tls: None,
        }
    }
}

fn default_bind() -> SocketAddr {
    SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8686)
}

fn default_read_bytes_max() -> usize {
    256 << 20
}

/// What attempts get that know no time limit, as those that write a file.
const STOP_GRACE_MIN: Duration = Duration::from_secs(10);
/// Nobody waits longer for a stop unless the site says so: `TimeoutStopSec` in `ops/weir.service` is longer.
const STOP_GRACE_MAX: Duration = Duration::from_secs(90);

/// How long a stop waits for attempts that may take so long.
fn default_stop_grace(attempts: impl Iterator<Item = Duration>) -> Duration {
    let longest = attempts.max().unwrap_or_default();
    longest.clamp(STOP_GRACE_MIN, STOP_GRACE_MAX)
}

/// What it means.
pub(super) struct Engine {
    pub(super) data: PathBuf,
    pub(super) console: Console,
    pub(super) read_bytes_max: usize,
    stop_grace: Option<Duration>,
    pub(super) outbox: outbox::Settings,
    pub(super) reload: Reload,
    pub(super) traces: Option<Traces>,
}

impl Engine {
    /// How long attempts at these destinations may go on when weir stops.
    pub(super) fn stop_grace(&self, destinations: &BTreeMap<Arc<str>, DestinationSettings>) -> Duration {
        let attempts = destinations.values().map(|settings| settings.kind.attempt_max());
        self.stop_grace.unwrap_or_else(|| default_stop_grace(attempts))
    }
}

pub(super) fn read(place: &Place<'_>, folder: &Path, problems: &mut Problems) -> Option<Engine> {
    let mut settings: Settings = piece::read(place, yaml::value(place.node()), problems)?;
    if settings.data.as_os_str().is_empty() {
        let problem = Problem::error(ProblemName::InvalidValue, "the folder for the data has no name");
        problems.push(problem.at(&place.key("data")));
        return None;
    }
    if settings.console.tls.is_none() && !settings.console.bind.ip().is_loopback() {
        let message = "passwords would travel in plain text to this address";
        let problem = Problem::error(ProblemName::Plaintext, message);
        let help = "give `tls`, or bind a loopback address, as `127.0.0.1:8686`, with a proxy before it";
        problems.push(problem.at(&place.key("console").key("bind")).help(help));
    }
    let mut outbox = settings.outbox;
    outbox.key = settings.encryption.map(|encryption| encryption.key.below(folder));
    let console = &mut settings.console;
    if let Some(tls) = &mut console.tls {
        tls.resolve(folder);
        tls.check(&place.key("console").key("tls"), problems);
    }
    let traces = settings.traces;
    let traces = traces.map(|traces| traces.checked(folder, &place.key("traces"), problems));
    Some(Engine {
        data: folder.join(settings.data),
        console: settings.console,
        read_bytes_max: settings.read_bytes_max,
        stop_grace: settings.stop_grace,
        outbox,
        reload: settings.reload,
        traces,
    })
}

pub(super) fn missing(folder: &Path) -> Problem {
    let message = format!("{}: the site has no `engine`", folder.display());
    Problem::error(ProblemName::MissingKey, message).help(
        "add to one of its files, with a folder for what must survive a restart:\nengine: { data: ../data }",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stop_waits_as_long_as_the_longest_attempt_within_bounds() {
        let check = |attempts: &[u64], expected| {
            let attempts = attempts.iter().copied().map(Duration::from_secs);
            assert_eq!(default_stop_grace(attempts).as_secs(), expected);
        };
        check(&[], 10);
        check(&[0, 5], 10);
        check(&[42, 70, 0], 70);
        check(&[3_600, 70], 90);
    }

    #[test]
    fn the_unit_of_systemd_waits_longer_than_a_stop_takes() {
        let unit = include_str!("../../ops/weir.service");
        let line = unit.lines().find_map(|line| line.strip_prefix("TimeoutStopSec="));
        let given = units::parse_duration(line.unwrap()).unwrap();
        // What listeners, the archive, the audit log and others may take beside the attempts.
        let others = Duration::from_secs(45);
        assert!(given >= STOP_GRACE_MAX + others, "{given:?}");
    }
}
