//! Whose certificate may send as which application and facility: a key beside a listener's kind.
//!
//! Compares names, and knows nothing of TLS but the certificate that a connection has shown.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::hl7::{ErrorCode, Fault, FieldPath, Header, Location, Refusal, SegmentName};
use crate::listener;
use crate::problem::{Place, Problem, ProblemName, Problems};
use crate::tls::Certificate;
use crate::typed::{OneOrMany, Text};

/// As typed: names in certificates, and what each may send as.
pub(super) type Settings = BTreeMap<String, Permitted>;

/// What a sender may call itself; what is left out may be anything.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Permitted {
    /// MSH-3, one or a list: all of the field, or its first component.
    #[serde(default)]
    application: Option<OneOrMany<Text>>,
    /// MSH-4, one or a list: all of the field, or its first component.
    #[serde(default)]
    facility: Option<OneOrMany<Text>>,
}

/// Whose certificate may send as whom.
#[derive(Debug, Clone)]
pub struct Senders(Vec<(String, Permitted)>);

/// Checks what was typed, for a listener of this kind.
pub(super) fn check(
    settings: Settings,
    kind: &listener::Settings,
    place: &Place<'_>,
    problems: &mut Problems,
) -> Senders {
    let clients = kind
        .security()
        .and_then(|(tls, _)| tls)
        .and_then(|tls| tls.clients.as_ref());
    if !clients.is_some_and(|clients| clients.required) {
        let message = "senders are known by their certificates, and this listener asks for none";
        let problem = Problem::error(ProblemName::InvalidValue, message).at_key(place);
        problems.push(problem.help("add `tls: { clients: { trusted: FILE } }` to its kind"));
    }
    if settings.is_empty() {
        let message = "nobody is permitted, so every message is refused";
        problems.push(Problem::error(ProblemName::NothingToDo, message).at(place));
    }
    Senders(settings.into_iter().collect())
}

impl Senders {
    /// Whether a message with this header may come from whoever has shown this certificate; else AR 207.
    ///
    /// # Errors
    /// The refusal, which names the first field that no name of the certificate may have.
    pub fn check(&self, header: &Header<'_>, certificate: Option<&Certificate>) -> Result<(), Refusal> {
        let Senders(senders) = self;
        let has_shown = |name: &str| certificate.is_some_and(|certificate| certificate.has_name(name));
        let mut permitted = senders
            .iter()
            .filter(|(name, _)| has_shown(name))
            .map(|(_, permitted)| permitted);
        let is_application = |permitted: &&Permitted| {
            is_among(
                permitted.application.as_ref(),
                header.sending_application(),
                header,
            )
        };
        let is_facility =
            |permitted: &&Permitted| is_among(permitted.facility.as_ref(), header.sending_facility(), header);
        if permitted
            .clone()
            .any(|permitted| is_application(&permitted) && is_facility(&permitted))
        {
            return Ok(());
        }
        let field = if permitted.any(|permitted| is_application(&permitted)) {
            4
        } else {
            3
        };
        let location = FieldPath::of_field(SegmentName::MSH, field);
        Err(Refusal::rejection(vec![Fault::new(
            ErrorCode::ApplicationInternal,
            location.as_ref().map(Location::from),
            "the certificate of this connection is not that of this sender",
        )]))
    }
}

fn is_among(texts: Option<&OneOrMany<Text>>, field: &[u8], header: &Header<'_>) -> bool {
    let Some(OneOrMany(texts)) = texts else {
        return true;
    };
    let component = header.delimiters().component;
    let first = field.split(|byte| *byte == component).next().unwrap_or_default();
    texts
        .iter()
        .any(|Text(text)| text.as_bytes() == field || text.as_bytes() == first)
}
