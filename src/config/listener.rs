//! The section `listeners`: the kind of each, what it permits, and how it answers.
//!
//! What belongs to the wire is the listener room's; the keys about HL7 are read here, because that room knows no
//! HL7: `permit`, `unrouted`, `charset`, `batch`, `validate` and others beside the kind, `acknowledgment` within it.

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_yaml::Value;

use crate::hl7::{
    Charset, CharsetError, ErrorCode, Expected, Fault, FieldPath, Header, Location, Refusal, SegmentName,
};
use crate::listener;
use crate::problem::{Place, Problem, ProblemName, Problems};
use crate::route::{MessagePattern, patterns};
use crate::typed::{OneOrMany, Text};
use crate::units;

use super::batch::{BatchAcknowledgment, BatchMode, Batches, CountMismatch};
use super::piece::AsTyped;
use super::profile::Profiles;
use super::repeats::{Duplicates, Remembered, SequenceNumbers, Unavailable};
use super::sections::Named;
use super::senders::{self, Senders};
use super::traffic::{self, Traffic};
use super::validation::{ValidateSettings, Validation};
use super::{piece, security, yaml};

/// A listener that can run.
#[derive(Debug, Clone)]
pub struct Listener {
    /// What belongs to its kind.
    pub kind: listener::Settings,
    /// The same as it was typed, with how it answers.
    pub typed: AsTyped,
    /// Which acknowledgments it sends.
    pub acknowledgment: AcknowledgmentMode,
    /// What becomes of a frame that is no message.
    pub malformed: Malformed,
    /// Which types of messages it takes.
    pub permit: Permit,
    /// Which headers it takes.
    pub expected: Expected,
    /// Whose certificates may name which applications and facilities.
    pub senders: Option<Senders>,
    /// What becomes of a message that no route takes.
    pub unrouted: Unrouted,
    /// What becomes of a message whose segments do not end as the standard says.
    pub layout: Layout,
    /// How it takes several messages in one frame.
    pub batches: Batches,
    /// What the text of messages that declare no character set is read and written in.
    pub charset: Option<Charset>,
    /// What becomes of a message that is only a part of one.
    pub continuation: Continuation,
    /// Whether and how messages are validated.
    pub validation: Option<Validation>,
    /// How long a message that is sent again is known; `None` where each is accepted.
    pub remembered: Option<Remembered>,
    /// How a message is answered that cannot be stored now.
    pub unavailable: Unavailable,
    /// Whether it looks at the sequence numbers of its senders.
    pub sequence_numbers: SequenceNumbers,
    /// How long it may hear nothing; always, if nothing is said.
    pub traffic: Option<Traffic>,
}

/// What becomes of a message that is only a part of one: a fragment, or one with a place to go on from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Continuation {
    /// It is refused with AR: weir puts no parts together. The default.
    #[default]
    Reject,
    /// It is taken as any other message.
    Accept,
}

/// What becomes of a message with line feeds, blank lines, no last terminator, or something before MSH.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Layout {
    /// It is taken, and counted as a warning. The default: many systems send it so.
    #[default]
    Lenient,
    /// It is refused.
    Strict,
}

/// Which acknowledgments a listener sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AcknowledgmentMode {
    /// Always one: AA, AE or AR. The default, and what IHE asks for.
    #[default]
    Original,
    /// As MSH-15 and MSH-16 ask: original mode where both are empty.
    Auto,
    /// As MSH-15 and MSH-16 ask; a commit acknowledgment where both are empty.
    Enhanced,
    /// Always one, AA, AE or AR, whatever MSH-15 and MSH-16 ask.
    EnhancedAa,
    /// None at all: the sender cannot know what arrived.
    None,
}

/// What becomes of a frame that is no message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Malformed {
    /// It is answered with AR. The default.
    #[default]
    Reply,
    /// The connection is closed without an answer.
    Close,
}

/// What becomes of a message that no route takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Unrouted {
    /// It is acknowledged and counted. The default.
    #[default]
    Accept,
    /// It is refused with AR.
    Reject,
}

/// The types of messages a listener takes.
#[derive(Debug, Clone, Default)]
pub struct Permit {
    /// Any, if empty.
    messages: Vec<MessagePattern>,
}

/// The keys beside the kind, as typed.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Common {
    /// What the listener takes; anything else is refused with AR.
    #[serde(default)]
    permit: PermitSettings,
    /// Whose certificates may send as which `application` (MSH-3) and `facility` (MSH-4), by a name in the certificate:
    /// `{ lab.example: { facility: NORTH } }`. Anything else is refused with AR 207.
    #[serde(default)]
    senders: Option<senders::Settings>,
    /// What becomes of a message that no route takes: `accept` (the default) or `reject`.
    #[serde(default)]
    unrouted: Unrouted,
    /// What becomes of a frame that is no message: `reply` (the default) or `close`.
    #[serde(default)]
    malformed: Malformed,
    /// What becomes of a message with line feeds, blank lines, no last terminator, or something before MSH: `lenient`
    /// (the default) takes it, `strict` refuses it.
    #[serde(default)]
    layout: Layout,
    /// The character set of messages whose MSH-18 is empty, by its name in table 0211 (`8859/1`, `UNICODE UTF-8`) or
    /// its common one (`windows-1252`). Left out, text is read as UTF-8, or else as Latin-1. The bytes of what no
    /// step touches are the same either way.
    #[serde(default)]
    charset: Option<Text>,
    /// What becomes of a message that is only a part of one (MSH-14, ADD, DSC): `reject` (the default) refuses it with
    /// AR, `accept` takes each part as a message.
    #[serde(default)]
    continuation: Continuation,
    /// Checks each message against its version and a profile: `{}` or `{ profile: NAME }`, `on_fault`, `faults_max`.
    #[serde(default)]
    validate: Option<ValidateSettings>,
    /// What becomes of a frame that holds a batch, or one message after another: `reject` (the default), or `split`,
    /// which routes each message and accepts all or none.
    #[serde(default)]
    batch: BatchMode,
    /// How such a frame is answered: `single` (the default), `batch`, `each` or `none`.
    #[serde(default)]
    batch_ack: BatchAcknowledgment,
    /// What becomes of a batch whose trailers do not fit what it holds: `reject` (the default) or `warn`.
    #[serde(default)]
    count_mismatch: CountMismatch,
    /// The most messages of one frame; 10000 if left out.
    #[serde(default)]
    batch_messages_max: Option<NonZeroU32>,
    /// What becomes of a message that was accepted before, by sender (MSH-3, MSH-4), control id and bytes: `accept`
    /// (the default) or `replay_acknowledgment`, which acknowledges it and delivers nothing.
    #[serde(default)]
    duplicates: Duplicates,
    /// For how long a message is known again, as `24h` (the default).
    #[serde(default, deserialize_with = "units::optional_duration")]
    duplicates_within: Option<Duration>,
    /// Among how many messages of the listener it is known again: 100000 by default.
    #[serde(default)]
    duplicates_max: Option<NonZeroU32>,
    /// How a message is answered that cannot be stored now: `reject` (the default) by AR or CR, `error` by AE or CE,
    /// each with error 207, or `close`.
    #[serde(default)]
    on_unavailable: Unavailable,
    /// How long a silence is normal by hour of the week; a longer one is shown by a metric, in the status and the log.
    #[serde(default)]
    expect_traffic: Option<traffic::Settings>,
}

/// What a transfer may hold if nothing is said.
const BATCH_MESSAGES_MAX: usize = 10_000;

/// The keys about replies, within the kind, as typed.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Replies {
    /// Which acknowledgments: `original` (the default), `auto`, `enhanced`, `enhanced_aa` or `none`.
    #[serde(default)]
    acknowledgment: AcknowledgmentMode,
    /// Sequence numbers (MSH-13): `ignore` (the default), or `check`, which takes of each sender (MSH-3, MSH-4) only the
    /// number that follows the last one, and tells in MSA-4 which that is.
    #[serde(default)]
    sequence_numbers: SequenceNumbers,
}

const COMMON_KEYS: &[&str] = &[
    "permit",
    "senders",
    "unrouted",
    "malformed",
    "layout",
    "charset",
    "continuation",
    "validate",
    "batch",
    "batch_ack",
    "count_mismatch",
    "batch_messages_max",
    "duplicates",
    "duplicates_within",
    "duplicates_max",
    "on_unavailable",
    "expect_traffic",
];
const REPLY_KEYS: &[&str] = &["acknowledgment", "sequence_numbers"];

/// What a listener takes, as typed. Left out, every value of the standard; `any` takes whatever is there, an empty
/// field too.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct PermitSettings {
    /// Types of messages, as `ADT` or `ADT^A01`.
    #[serde(default)]
    messages: Option<OneOrMany<Text>>,
    /// Processing ids (MSH-11): `P`, `T` or `D`.
    #[serde(default)]
    processing: Option<OneOrMany<Text>>,
    /// Versions (MSH-12), as `2.5.1`.
    #[serde(default)]
    versions: Option<OneOrMany<Text>>,
}

/// Reads every listener; those that are wrong are told and left out.
pub(super) fn read_all(
    named: &[Named<'_>],
    folder: &Path,
    profiles: &mut Profiles<'_>,
    problems: &mut Problems,
) -> BTreeMap<Arc<str>, Listener> {
    let kinds = piece::variants::<listener::Settings>();
    named
        .iter()
        .filter_map(|(name, place)| {
            Some((Arc::clone(name), read(place, &kinds, folder, profiles, problems)?))
        })
        .collect()
}

fn read(
    place: &Place<'_>,
    kinds: &[String],
    folder: &Path,
    profiles: &mut Profiles<'_>,
    problems: &mut Problems,
) -> Option<Listener> {
    let value = yaml::value(place.node());
    let whole = value.clone();
    let parts = piece::kind_and_common(place, value, kinds, COMMON_KEYS, problems)?;
    let typed = AsTyped::only(&whole, &parts.kind);
    let kind_place = place.key(&parts.kind);
    let reply_keys = if parts.kind == "folder" { &[] } else { REPLY_KEYS };
    let (replies, of_kind) = split(parts.value, reply_keys);
    let replies: Option<Replies> = piece::read(&kind_place, replies, problems);
    let common: Option<Common> = piece::read(place, parts.common, problems);
    let mut kind: Option<listener::Settings> =
        piece::read_kind(place, &parts.kind, of_kind, reply_keys, problems);
    if let Some(kind) = &mut kind {
        kind.resolve(folder);
        warn_of_no_folder(kind, &kind_place, problems);
        security::check_listener(kind, &kind_place, problems);
    }
    let permit_place = place.key("permit");
    let (common, replies) = (common?, replies?);
    replies.check(&common, &kind_place, problems);
    let (permit, expected) = common.permit.check(&permit_place, problems);
    let charset = common
        .charset
        .and_then(|name| read_charset(&name, &place.key("charset"), problems));
    let validation = common
        .validate
        .and_then(|settings| settings.check(profiles, &place.key("validate"), problems));
    let kind = kind?;
    let senders = common
        .senders
        .map(|typed| senders::check(typed, &kind, &place.key("senders"), problems));
    Some(Listener {
        kind,
        senders,
        typed,
        acknowledgment: replies.acknowledgment,
        malformed: common.malformed,
        permit,
        expected,
        unrouted: common.unrouted,
        layout: common.layout,
        batches: Batches {
            mode: common.batch,
            acknowledgment: common.batch_ack,
            count_mismatch: common.count_mismatch,
            messages_max: common
                .batch_messages_max
                .and_then(|count| usize::try_from(count.get()).ok())
                .unwrap_or(BATCH_MESSAGES_MAX),
        },
        charset,
        continuation: common.continuation,
        validation,
        remembered: common
            .duplicates
            .remembered(common.duplicates_within, common.duplicates_max),
        unavailable: common.on_unavailable,
        sequence_numbers: replies.sequence_numbers,
        traffic: common
            .expect_traffic
            .map(|settings| settings.check(&place.key("expect_traffic"), problems)),
    })
}

/// Warns of a folder that is not there to be watched: weir does not start without it.
fn warn_of_no_folder(kind: &listener::Settings, place: &Place<'_>, problems: &mut Problems) {
    if let listener::Settings::Folder(settings) = kind
        && !settings.folder.is_dir()
    {
        let message = format!(
            "the folder {} is not there: weir does not start until it is",
            settings.folder.display()
        );
        let problem = Problem::warning(ProblemName::MissingFolder, message).at(&place.key("folder"));
        problems.push(problem.help("make it, or mount it; weir never makes it"));
    }
}

fn read_charset(Text(name): &Text, place: &Place<'_>, problems: &mut Problems) -> Option<Charset> {
    let problem = match name.parse() {
        Ok(charset) => return Some(charset),
        Err(CharsetError::Unknown) => format!("`{name}` is not a character set of table 0211"),
        Err(CharsetError::Unsupported(reason)) => reason.to_owned(),
    };
    let problem = Problem::error(ProblemName::InvalidValue, problem).at(place);
    problems
        .push(problem.help("name one as MSH-18 does: UNICODE UTF-8, 8859/1, windows-1252, GB 18030-2000"));
    None
}

/// The keys named, and the rest.
fn split(value: Value, keys: &[&str]) -> (Value, Value) {
    let Value::Mapping(rest) = value else {
        return (Value::Mapping(serde_yaml::Mapping::new()), value);
    };
    let is_named = |key: &Value| key.as_str().is_some_and(|key| keys.contains(&key));
    let (named, rest): (serde_yaml::Mapping, serde_yaml::Mapping) =
        rest.into_iter().partition(|(key, _)| is_named(key));
    (Value::Mapping(named), Value::Mapping(rest))
}

impl Replies {
    /// Sequence numbers need a sender that is told of each message what was expected.
    fn check(&self, common: &Common, place: &Place<'_>, problems: &mut Problems) {
        if self.sequence_numbers == SequenceNumbers::Ignore {
            return;
        }
        let mut contradicts = |why: &str, help: &str| {
            let problem = Problem::error(ProblemName::InvalidValue, why).at(&place.key("sequence_numbers"));
            problems.push(problem.help(help));
        };
        if self.acknowledgment == AcknowledgmentMode::None {
            contradicts(
                "a sender that gets no acknowledgment cannot learn which sequence number is expected",
                "take `acknowledgment: none` away",
            );
        }
        if common.batch == BatchMode::Split {
            contradicts(
                "the messages of a batch are accepted together, and have no sequence numbers of their own",
                "take `batch: split` away",
            );
        }
    }
}

impl PermitSettings {
    fn check(self, place: &Place<'_>, problems: &mut Problems) -> (Permit, Expected) {
        let standard = Expected::default();
        let messages = match &self.messages {
            Some(texts) if !is_any(texts) => patterns(texts, &place.key("messages"), problems),
            Some(_) | None => Vec::new(),
        };
        let processing_ids = among(
            self.processing,
            &place.key("processing"),
            standard.processing_ids.as_deref(),
            problems,
        );
        let version_ids = among(
            self.versions,
            &place.key("versions"),
            standard.version_ids.as_deref(),
            problems,
        );
        (
            Permit { messages },
            Expected {
                processing_ids,
                version_ids,
                ..standard
            },
        )
    }
}

fn is_any(texts: &OneOrMany<Text>) -> bool {
    matches!(texts.0.as_slice(), [Text(word)] if word == "any")
}

/// The values listed, which must be values of the standard; all of those if nothing is said, and no bound for `any`.
fn among(
    texts: Option<OneOrMany<Text>>,
    place: &Place<'_>,
    standard: Option<&[String]>,
    problems: &mut Problems,
) -> Option<Vec<String>> {
    let standard = standard?;
    let Some(texts) = texts else {
        return Some(standard.to_vec());
    };
    if is_any(&texts) {
        return None;
    }
    if texts.0.is_empty() {
        let problem = Problem::error(
            ProblemName::NothingToDo,
            "nothing is permitted, so every message is refused",
        );
        problems.push(
            problem
                .at(place)
                .help("leave it out to take every value of the standard"),
        );
    }
    for (index, Text(value)) in texts.0.iter().enumerate() {
        if !standard.contains(value) {
            let message = format!("`{value}` is not one of {}", standard.join(", "));
            let problem = Problem::error(ProblemName::InvalidValue, message).at(&place.index(index));
            problems.push(problem.nearest(value, standard.iter().map(String::as_str)));
        }
    }
    Some(texts.0.into_iter().map(|Text(value)| value).collect())
}

impl Permit {
    /// Whether some message of these types is taken.
    pub fn overlaps(&self, pattern: &MessagePattern) -> bool {
        self.messages.is_empty() || self.messages.iter().any(|permitted| permitted.overlaps(pattern))
    }

    /// Whether this type of message is taken; else AR with 200 (message type) or 201 (event).
    pub fn check(&self, header: &Header<'_>) -> Result<(), Refusal> {
        if self.messages.is_empty() || self.messages.iter().any(|pattern| pattern.matches(header)) {
            return Ok(());
        }
        let is_type_taken = self
            .messages
            .iter()
            .any(|pattern| pattern.matches_type(header.message_type()));
        let (code, text) = if is_type_taken {
            (
                ErrorCode::UnsupportedEventCode,
                "this listener does not take this event",
            )
        } else {
            (
                ErrorCode::UnsupportedMessageType,
                "this listener does not take messages of this type",
            )
        };
        let location = FieldPath::of_field(SegmentName::MSH, 9);
        Err(Refusal::rejection(vec![Fault::new(
            code,
            location.as_ref().map(Location::from),
            text,
        )]))
    }
}
