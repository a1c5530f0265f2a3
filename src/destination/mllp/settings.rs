//! The settings of an MLLP destination, as they are typed.

use std::time::Duration;

use schemars::JsonSchema;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

use crate::destination::{ControlId, Terminators};
use crate::mllp::Release;
use crate::tls::{ClientSettings, Plaintext};
use crate::units;

/// The settings of an MLLP destination.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The receiver, as `lab.example:2576`. A name is looked up anew for every connection.
    #[serde(deserialize_with = "address")]
    #[schemars(extend("pattern" = "^.+:[0-9]{1,5}$"))]
    pub address: String,
    /// TLS: `trusted`, `certificate` and `key`, `server_name`; `{}` trusts whom the machine trusts.
    #[serde(default)]
    pub tls: Option<ClientSettings>,
    /// `accepted`: messages may go unencrypted to another machine.
    #[serde(default)]
    pub plaintext: Option<Plaintext>,
    /// The time to look up the name, and then to connect to each address it has, as `10s` (the default).
    #[serde(default = "default_connect_timeout", deserialize_with = "units::time_limit")]
    pub connect_timeout: Duration,
    /// The time the receiver may take to read a message, as `30s` (the default).
    #[serde(default = "default_write_timeout", deserialize_with = "units::time_limit")]
    pub write_timeout: Duration,
    /// The time from the end of a message to the end of its acknowledgment, as `30s` (the default).
    #[serde(
        default = "default_acknowledgment_timeout",
        deserialize_with = "units::time_limit"
    )]
    pub acknowledgment_timeout: Duration,
    /// The longest acknowledgment, as `1MiB` (the default).
    #[serde(
        default = "default_acknowledgment_bytes_max",
        deserialize_with = "units::bytes"
    )]
    pub acknowledgment_bytes_max: usize,
    /// Which acknowledgment completes a delivery: the first (`accept`, the default), or, after an accept
    /// acknowledgment (CA), only the `application` acknowledgment that follows it on the same connection.
    #[serde(default, rename = "await")]
    pub awaited: Awaited,
    /// What MSA-2 of an answer has to be: `exact`, the control id that was sent (the default); `prefix`, or the
    /// beginning of it, for a receiver that cuts it or trims it; `any`, for one that sends none or another. With `any` an
    /// answer too many is taken for that to the next message.
    #[serde(default)]
    pub control_id: ControlId,
    /// A connection unused for longer than this is closed and opened anew before the next message, as `5m`.
    /// Without it a connection is kept as long as the receiver keeps it.
    #[serde(default, deserialize_with = "units::optional_duration")]
    pub reconnect_after: Option<Duration>,
    /// `cr` (the default) ends every segment in a carriage return; `preserve` leaves line feeds as they came.
    #[serde(default)]
    pub terminators: Terminators,
    /// `1` (the default) or `2`: in MLLP release 2 every block is committed, by 0x06 or 0x15, before the next one.
    #[serde(default)]
    pub release: Release,
    /// `true` for a receiver that never answers: a message then counts as delivered once it is written, and is
    /// lost if the receiver loses it. `false` by default.
    #[serde(default)]
    pub unsafe_no_acknowledgment: bool,
}

/// Which acknowledgment completes a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Awaited {
    /// The first that comes.
    #[default]
    Accept,
    /// AA, AE or AR; CA only promises it.
    Application,
}

pub(in crate::destination) fn default_connect_timeout() -> Duration {
    Duration::from_secs(10)
}

fn default_write_timeout() -> Duration {
    Duration::from_secs(30)
}

fn default_acknowledgment_timeout() -> Duration {
    Duration::from_secs(30)
}

pub(in crate::destination) fn default_acknowledgment_bytes_max() -> usize {
    1024 * 1024
}

/// Reads `host:port` for serde; whether the host exists is asked when connecting.
pub fn address<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let text = String::deserialize(deserializer)?;
    let port = text.rsplit_once(':').filter(|(host, _)| !host.is_empty());
    match port.and_then(|(_, port)| port.parse::<u16>().ok()) {
        Some(1..) => Ok(text),
        Some(0) | None => Err(D::Error::custom(
            "expected a host and a port, as `lab.example:2576`",
        )),
    }
}
