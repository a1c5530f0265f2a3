//! What is written of an HTTP destination.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use hyper::header::{
    CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, HOST, HeaderName, HeaderValue, TRANSFER_ENCODING,
};
use schemars::JsonSchema;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

use super::url::UrlPlace;
use crate::destination::{ControlId, Terminators, mllp};
use crate::secret::SecretPlace;
use crate::tls::{ClientSettings, Plaintext};
use crate::typed::Text;
use crate::units;

/// Headers that belong to the connection and the message.
const OWN_HEADERS: [HeaderName; 5] = [CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, HOST, TRANSFER_ENCODING];
/// Parts of names that tell of a secret, which never stands in a site.
const SECRET_WORDS: [&str; 7] = [
    "authorization",
    "cookie",
    "key",
    "token",
    "secret",
    "password",
    "credential",
];

/// The settings of an HTTP destination.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Where to post, as `https://lab.example/hl7`, or where that is kept if it is a secret, as `{ env: LAB_URL }` or
    /// `{ file: lab-url }`. Its host is looked up anew for every connection.
    pub url: UrlPlace,
    /// What completes a delivery: `message` (the default), an acknowledgment (MSA) in the answer; `status`, a status of
    /// success will do where the answer holds none.
    #[serde(default)]
    pub acknowledgment: Acknowledged,
    /// What MSA-2 of an answer has to be: `exact`, the control id that was sent (the default); `prefix`, or the
    /// beginning of it, for a receiver that cuts it or trims it; `any`, for one that sends none or another.
    #[serde(default)]
    pub control_id: ControlId,
    /// Headers of each request: a text, or where a secret is kept, as `{ env: LAB_TOKEN }` or `{ file: token }`.
    #[serde(default)]
    pub headers: BTreeMap<String, HeaderText>,
    /// What the message is called, `x-application/hl7-v2+er7` by default; the character set is added.
    #[serde(default = "default_content_type", deserialize_with = "content_type")]
    pub content_type: String,
    /// TLS, for `https`: `trusted`, `certificate` and `key`, `server_name`.
    #[serde(default)]
    pub tls: ClientSettings,
    /// `accepted`: messages may go unencrypted (`http`) to another machine.
    #[serde(default)]
    pub plaintext: Option<Plaintext>,
    /// The time to look up the name, to connect and to agree on TLS, as `10s` (the default).
    #[serde(
        default = "mllp::default_connect_timeout",
        deserialize_with = "units::time_limit"
    )]
    pub connect_timeout: Duration,
    /// The time from the first byte of a message to the last of its answer, as `60s` (the default).
    #[serde(default = "default_answer_timeout", deserialize_with = "units::time_limit")]
    pub answer_timeout: Duration,
    /// The longest answer, as `1MiB` (the default).
    #[serde(
        default = "mllp::default_acknowledgment_bytes_max",
        deserialize_with = "units::bytes"
    )]
    pub acknowledgment_bytes_max: usize,
    /// A connection unused for longer is opened anew before the next message, as `4s` (the default): receivers close
    /// idle connections, many after five seconds, and a message sent just then is in doubt.
    #[serde(default = "default_reconnect_after", deserialize_with = "units::duration")]
    pub reconnect_after: Duration,
    /// `cr` (the default) ends every segment in a carriage return; `preserve` leaves line feeds as they came.
    #[serde(default)]
    pub terminators: Terminators,
}

impl Settings {
    /// Relative paths taken from this folder.
    pub fn resolve(&mut self, folder: &Path) {
        self.tls.resolve(folder);
        self.url.resolve(folder);
        for text in self.headers.values_mut() {
            text.resolve(folder);
        }
    }
}

/// What completes a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Acknowledged {
    /// An acknowledgment in the answer.
    #[default]
    Message,
    /// A status of success, where the answer holds no acknowledgment.
    Status,
}

fn default_content_type() -> String {
    "x-application/hl7-v2+er7".to_owned()
}

fn default_reconnect_after() -> Duration {
    Duration::from_secs(4)
}

fn default_answer_timeout() -> Duration {
    Duration::from_secs(60)
}

fn content_type<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let text = String::deserialize(deserializer)?;
    let is_right = HeaderValue::from_str(&text).is_ok() && text.contains('/') && !text.contains(';');
    let expected = "expected a media type without parameters, as `x-application/hl7-v2+er7`";
    if is_right {
        Ok(text)
    } else {
        Err(D::Error::custom(expected))
    }
}

/// The value of a header.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema)]
#[schemars(untagged)]
pub enum HeaderText {
    /// As written.
    Plain(#[schemars(with = "Text")] String),
    /// Kept elsewhere.
    Secret(SecretPlace),
}

impl<'de> Deserialize<'de> for HeaderText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<HeaderText, D::Error> {
        let value = serde_yaml::Value::deserialize(deserializer)?;
        if value.is_mapping() {
            let place = serde_yaml::from_value(value).map_err(D::Error::custom)?;
            return Ok(HeaderText::Secret(place));
        }
        let Text(text) = serde_yaml::from_value(value).map_err(D::Error::custom)?;
        Ok(HeaderText::Plain(text))
    }
}

impl HeaderText {
    /// A relative path of a secret taken from this folder.
    pub fn resolve(&mut self, folder: &Path) {
        if let HeaderText::Secret(place) = self {
            *place = place.clone().below(folder);
        }
    }

    /// The header of this name, or why there can be none; blocks while a secret is read.
    pub fn header(&self, name: &str) -> Result<(HeaderName, HeaderValue), String> {
        let lower = name.to_ascii_lowercase();
        let header = HeaderName::from_bytes(lower.as_bytes())
            .map_err(|_| format!("`{name}` is no name of a header"))?;
        if OWN_HEADERS.contains(&header) {
            return Err(format!("`{name}` is weir's own affair"));
        }
        let no_value = |_| format!("{name}: expected a text that can stand in a header");
        let value = match self {
            HeaderText::Plain(_) if SECRET_WORDS.iter().any(|word| lower.contains(word)) => {
                return Err(format!(
                    "{name}: a secret stands in no site: write where it is kept, as `{{ env: NAME }}` or `{{ file: PATH }}`"
                ));
            }
            HeaderText::Plain(text) => HeaderValue::from_str(text).map_err(no_value)?,
            HeaderText::Secret(place) => {
                let secret = place.read().map_err(|error| format!("{name}: {error}"))?;
                let mut value = HeaderValue::from_str(secret.expose()).map_err(no_value)?;
                value.set_sensitive(true);
                value
            }
        };
        Ok((header, value))
    }
}
