//! `/api/v1/messages`: every message that came in, searched, and one of them with all that became of it.
//!
//! The list by `GET` shows no content and asks for none. What is searched by content, an identifier or a name, comes in
//! the body of `POST …/search`: addresses end up in logs. Its answer says whom each message is about. Whoever searches
//! so or reads a message may read content, and is in the audit log.

use std::fmt;

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::archive::{Trouble, work};
use crate::archive::{self, Archive};
use crate::console::Sources;
use crate::console::extract::{Json, Path, Query};
use crate::expression::{Condition, Known};
use crate::hl7::{Charset, Message, ParseLimits};
use crate::shown::Shown;

/// How many messages a page has when nothing is said.
const COUNT: usize = 50;
/// So much of messages is read for a page to say whom they are about.
const SUBJECT_BYTES_MAX: u64 = 64 << 20;

/// What is searched for; what is left out is not asked. It may hold what messages hold.
#[derive(Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Search {
    /// MSH-10.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub control_id: Option<String>,
    /// A patient identifier: PID-2, PID-3, PID-4, MRG-1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub patient: Option<String>,
    /// Words of the patient's name, in any order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// An account or visit number: PID-18, PV1-19, MRG-3.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// An order or accession number: ORC-2, ORC-3, OBR-2, OBR-3, OBR-18 to OBR-21, IPC-1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order: Option<String>,
    /// A tag and its value, as `ward=7W`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tag: Option<String>,
    /// A condition that holds for the message as received, as `PID-5.1 = "DOE"`.
    #[serde(rename = "where", skip_serializing_if = "Option::is_none")]
    pub condition: Option<String>,
    /// MSH-9, as `ADT` or `ADT^A01`.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub message_type: Option<String>,
    /// The sending or receiving application.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub application: Option<String>,
    /// The sending or receiving facility.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub facility: Option<String>,
    /// The listener it came in by.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub listener: Option<String>,
    /// A route that is for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub route: Option<String>,
    /// A destination of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub destination: Option<String>,
    /// What has become of it or of any delivery of it, at the destination if one is named: states with commas between, as
    /// `dead,queued`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// Received at this time or later, as `2026-01-31T08:05:00Z`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub since: Option<Timestamp>,
    /// Received before this time.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub until: Option<Timestamp>,
    /// Only messages before this number: where the page before has ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<u64>,
    /// At most so many, 50 if left out, 1000 at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<usize>,
}

/// What the list asks for: no content.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Listed {
    /// MSH-9, as `ADT` or `ADT^A01`.
    #[serde(rename = "type")]
    message_type: Option<String>,
    /// The sending or receiving application.
    application: Option<String>,
    /// The sending or receiving facility.
    facility: Option<String>,
    /// The listener it came in by.
    listener: Option<String>,
    /// A route that is for it.
    route: Option<String>,
    /// A destination of it.
    destination: Option<String>,
    /// What has become of it or of any delivery of it, at the destination if one is named: states with commas between, as
    /// `dead,queued`.
    state: Option<String>,
    /// Received at this time or later, as `2026-01-31T08:05:00Z`.
    #[schemars(with = "Option<String>")]
    since: Option<Timestamp>,
    /// Received before this time, as `2026-01-31T08:05:00Z`.
    #[schemars(with = "Option<String>")]
    until: Option<Timestamp>,
    /// Only messages before this number: where the page before has ended.
    before: Option<u64>,
    /// At most so many, 50 if left out, 1000 at most.
    count: Option<usize>,
}

impl From<Listed> for Search {
    fn from(listed: Listed) -> Search {
        Search {
            message_type: listed.message_type,
            application: listed.application,
            facility: listed.facility,
            listener: listed.listener,
            route: listed.route,
            destination: listed.destination,
            state: listed.state,
            since: listed.since,
            until: listed.until,
            before: listed.before,
            count: listed.count,
            ..Search::default()
        }
    }
}

/// A part of what was found.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Page {
    /// The messages, newest first.
    pub messages: Vec<Found>,
    /// How many messages were looked at.
    pub examined: u64,
    /// Where to go on, as `before`; nothing at the end. With fewer messages than were asked for, the search has
    /// stopped because it had looked at so many: going on may find more.
    pub next: Option<u64>,
}

/// A message in a list.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
pub struct Found {
    /// Its number.
    pub number: u64,
    /// When it was received, in UTC.
    pub received_at: String,
    /// The listener it came in by.
    pub listener: String,
    /// MSH-9, as `ADT^A01`.
    pub message_type: String,
    /// MSH-10.
    pub control_id: String,
    /// What has become of it.
    pub state: String,
    /// How long it is.
    pub bytes: u64,
    /// Its destinations.
    pub deliveries: Vec<To>,
    /// Whom and what it is about: content, only in the answer to `POST /api/v1/messages/search`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<Subject>,
}

/// What people tell messages apart by, at most five values of a kind.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
pub struct Subject {
    /// The patient's name, as `DOE, JOHN`: PID-5.
    pub name: Option<String>,
    /// Patient identifiers: PID-3, PID-2, PID-4, MRG-1.
    pub patients: Vec<String>,
    /// Account and visit numbers: PID-18, PV1-19, MRG-3.
    pub accounts: Vec<String>,
    /// Order and accession numbers: ORC-2, ORC-3, OBR-2, OBR-3, OBR-18 to OBR-21, IPC-1.
    pub orders: Vec<String>,
}

/// A destination of a message.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct To {
    /// Its name.
    pub destination: String,
    /// What has become of the delivery to it.
    pub state: String,
}

impl fmt::Debug for Found {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Found({}, {})", self.number, self.state)
    }
}

impl fmt::Debug for Subject {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Subject")
    }
}

/// Finds messages. Blocks on the archive.
pub fn search(archive: &Archive, search: &Search) -> Result<Page, Trouble> {
    let (before, count) = (search.before, search.count.unwrap_or(COUNT));
    let page = archive.search(&search.query()?, before, count)?;
    Ok(Page {
        messages: page.found.iter().map(found).collect(),
        examined: page.examined,
        next: page.next,
    })
}

/// The same, and says of each whom and what it is about: for whom may read content.
fn search_with_subjects(archive: &Archive, asked: &Search) -> Result<Page, Trouble> {
    let mut page = search(archive, asked)?;
    let mut left = SUBJECT_BYTES_MAX;
    for found in &mut page.messages {
        // Beyond so much the rest stays without: whoever asks for a thousand images can open them.
        let Some(rest) = left.checked_sub(found.bytes) else {
            break;
        };
        left = rest;
        found.subject = archive.subject(found.number)?.map(|subject| Subject {
            name: subject.name,
            patients: subject.patients,
            accounts: subject.accounts,
            orders: subject.orders,
        });
    }
    Ok(page)
}

impl Search {
    /// What the archive is asked.
    pub(super) fn query(&self) -> Result<archive::Query, Trouble> {
        self.check_says_something()?;
        let tag = self.tag.as_ref().map(|tag| {
            let parts = tag.split_once('=').filter(|(name, _)| !name.trim().is_empty());
            let parts = parts.map(|(name, value)| (name.to_owned(), value.to_owned()));
            parts.ok_or_else(|| Trouble::Asked("`tag`: expected a name and a value, as `ward=7W`".to_owned()))
        });
        let condition = self.condition.as_ref().map(|text| {
            Condition::parse(text, Known::nothing()).map_err(|error| {
                let meant = error.suggestion.as_ref();
                let meant = meant.map_or(String::new(), |word| format!("; did you mean `{word}`?"));
                Trouble::Asked(format!("the condition, byte {}: {error}{meant}", error.offset))
            })
        });
        Ok(archive::Query {
            control_id: self.control_id.clone(),
            patient: self.patient.clone(),
            name: self.name.clone(),
            account: self.account.clone(),
            order: self.order.clone(),
            tag: tag.transpose()?,
            condition: condition.transpose()?,
            message_type: self.message_type.clone(),
            application: self.application.clone(),
            facility: self.facility.clone(),
            listener: self.listener.clone(),
            route: self.route.clone(),
            destination: self.destination.clone(),
            states: self.states()?,
            since: self.since,
            until: self.until,
        })
    }

    /// A criterion that is there and empty is a mistake, as of a script whose variable is not set: what it finds may be
    /// deleted.
    fn check_says_something(&self) -> Result<(), Trouble> {
        let texts = [
            ("control_id", &self.control_id),
            ("patient", &self.patient),
            ("account", &self.account),
            ("order", &self.order),
            ("tag", &self.tag),
            ("where", &self.condition),
            ("type", &self.message_type),
            ("application", &self.application),
            ("facility", &self.facility),
            ("listener", &self.listener),
            ("route", &self.route),
            ("destination", &self.destination),
            ("state", &self.state),
        ];
        let is_empty = |text: &Option<String>| text.as_ref().is_some_and(|text| text.trim().is_empty());
        if let Some((key, _)) = texts.into_iter().find(|(_, text)| is_empty(text)) {
            let problem = format!(
                "`{key}`: expected what to search for, found nothing; leave it out to search by others"
            );
            return Err(Trouble::Asked(problem));
        }
        let has_word = |name: &String| name.chars().any(char::is_alphanumeric);
        if self.name.as_ref().is_some_and(|name| !has_word(name)) {
            let problem = "`name`: expected a word of a name, with a letter or a digit; leave it out to search by others";
            return Err(Trouble::Asked(problem.to_owned()));
        }
        Ok(())
    }

    /// Whether it asks for anything that stands in messages about people.
    pub(super) fn asks_for_content(&self) -> bool {
        let texts = [
            &self.control_id,
            &self.patient,
            &self.name,
            &self.account,
            &self.order,
            &self.tag,
            &self.condition,
        ];
        texts.iter().any(|text| text.is_some())
    }

    fn states(&self) -> Result<Vec<archive::State>, Trouble> {
        let words = self.state.iter().flat_map(|states| states.split(','));
        let state = |word: &str| {
            archive::State::of_word(word.trim()).ok_or_else(|| {
                let words = archive::State::ALL.map(archive::State::as_str).join(", ");
                Trouble::Asked(format!("`state`: expected some of {words}"))
            })
        };
        words.map(state).collect()
    }
}

pub(super) fn found(found: &archive::Found) -> Found {
    Found {
        number: found.number,
        received_at: found.received_at.to_string(),
        listener: found.listener.clone(),
        message_type: found.message_type.clone(),
        control_id: found.control_id.clone(),
        state: found.state.as_str().to_owned(),
        bytes: found.bytes,
        deliveries: found
            .deliveries
            .iter()
            .map(|(destination, state)| To {
                destination: destination.clone(),
                state: state.as_str().to_owned(),
            })
            .collect(),
        subject: None,
    }
}

/// All that is known of a message; its bytes, if they are asked for, as a tree, and what is no message as text.
pub fn told(message: &archive::Message, with_tree: bool) -> Value {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let bytes = || {
        let limits = ParseLimits::default();
        let parsed = Message::parse_assuming(message.raw.clone(), &limits, message.charset(None));
        let tree = parsed.as_ref().map(|parsed| Shown::of(1, parsed).object());
        tree.map_or_else(|_| (None, Some(text(&message.raw))), |tree| (Some(tree), None))
    };
    let (tree, as_text) = if with_tree { bytes() } else { (None, None) };
    let found = &message.found;
    json!({
        "number": found.number,
        "received_at": found.received_at,
        "listener": found.listener,
        "site_version": found.site_version,
        "charset": message.charset(None).map(Charset::as_str),
        "message_type": found.message_type,
        "control_id": found.control_id,
        "state": found.state.as_str(),
        "bytes": found.bytes,
        "code": message.code,
        "reason": message.reason,
        "routes": message.routes.iter()
            .map(|(route, filtered)| json!({ "route": route, "filtered": filtered })).collect::<Vec<_>>(),
        "tags": message.tags.iter()
            .map(|(name, value)| json!({ "name": name, "value": value })).collect::<Vec<_>>(),
        "origin": message.origin.as_ref().map(|origin| json!({
            "message": origin.message, "edited": origin.is_edited, "by": origin.by, "why": origin.why,
        })),
        "resent_as": message.resent_as.iter().map(|resent| json!({
            "message": resent.message,
            "at": resent.at,
            "edited": resent.is_edited,
            "by": resent.by,
            "why": resent.why,
        })).collect::<Vec<_>>(),
        "holds": message.holds,
        "deliveries": message.deliveries.iter().map(|delivery| json!({
            "destination": delivery.destination,
            "sequence": delivery.sequence,
            "state": delivery.state.as_str(),
            "changed": delivery.result.is_some(),
            "reason": delivery.reason,
            "ended_at": delivery.ended_at,
            "ended_by": delivery.ended_by,
            "attempts": delivery.attempts.iter().map(|attempt| json!({
                "at": attempt.at,
                "took_ms": u64::try_from(attempt.took.as_millis()).unwrap_or(u64::MAX),
                "code": attempt.code,
                "problem": attempt.problem,
                "answer": attempt.answer.as_ref().map(|answer| text(answer)),
            })).collect::<Vec<_>>(),
        })).collect::<Vec<_>>(),
        "message": tree,
        "text": as_text,
    })
}

/// The numbers of its deliveries are those of an outbox before this one, which by now may be others'.
fn forget_numbers(told: &mut Value) {
    let deliveries = told.get_mut("deliveries").and_then(Value::as_array_mut);
    for delivery in deliveries.into_iter().flatten().filter_map(Value::as_object_mut) {
        delivery.insert("sequence".to_owned(), Value::Null);
    }
}

/// The newest messages, by what is no content.
pub(super) async fn list(State(sources): State<Sources>, Query(asked): Query<Listed>) -> Response {
    work(&sources, move |archive| {
        Ok(axum::Json(search(archive, &asked.into())?).into_response())
    })
    .await
}

/// Messages by anything, and whom they are about.
pub(super) async fn find(State(sources): State<Sources>, Json(asked): Json<Search>) -> Response {
    work(&sources, move |archive| {
        Ok(axum::Json(search_with_subjects(archive, &asked)?).into_response())
    })
    .await
}

/// What is shown of a message.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Extent {
    /// `false` leaves its bytes out, which are far longer as a tree; `…/raw` has them.
    tree: Option<bool>,
}

/// One message.
pub(super) async fn get(
    State(sources): State<Sources>,
    Path(number): Path<u64>,
    Query(extent): Query<Extent>,
) -> Response {
    let store = sources.status.outbox().store_id();
    work(&sources, move |archive| {
        let mut told = told(&message(archive, number)?, extent.tree != Some(false));
        if !archive.is_of(store, number)? {
            forget_numbers(&mut told);
        }
        Ok(axum::Json(told).into_response())
    })
    .await
}

/// Its bytes as received.
pub(super) async fn raw(State(sources): State<Sources>, Path(number): Path<u64>) -> Response {
    one(sources, number, |message| Ok(hl7(message.raw.clone()))).await
}

/// Which of the deliveries to a destination is meant, where a message was split into several.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OneOf {
    /// Its `sequence`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sequence: Option<u64>,
    /// Its place among those to the destination, from 1: for those of an outbox before this one, which have no
    /// `sequence`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub index: Option<u64>,
}

/// Its bytes as they go, or went, to a destination.
pub(super) async fn sent(
    State(sources): State<Sources>,
    Path((number, destination)): Path<(u64, String)>,
    Query(one_of): Query<OneOf>,
) -> Response {
    let store = sources.status.outbox().store_id();
    work(&sources, move |archive| {
        let is_numbered = archive.is_of(store, number)?;
        Ok(hl7(sent_to(archive, number, &destination, &one_of, is_numbered)?))
    })
    .await
}

/// The bytes of a message as they go, or went, to a destination: of the only delivery to it, or of the one that is
/// meant. `is_numbered` says whether who asks knows deliveries by their sequences. Blocks on the archive.
pub fn sent_to(
    archive: &Archive,
    number: u64,
    destination: &str,
    one_of: &OneOf,
    is_numbered: bool,
) -> Result<bytes::Bytes, Trouble> {
    let message = message(archive, number)?;
    let all = message.deliveries.iter();
    let all = all.filter(|delivery| delivery.destination == destination);
    let chosen: Vec<(u64, &archive::Delivery)> = (1..)
        .zip(all)
        .filter(|(index, delivery)| {
            message.is_made(delivery)
                && one_of
                    .sequence
                    .is_none_or(|sequence| sequence == delivery.sequence)
                && one_of.index.is_none_or(|asked| asked == *index)
        })
        .collect();
    let nothing = || {
        let which = match one_of {
            OneOf {
                sequence: Some(sequence),
                ..
            } => format!(" as its number {sequence}"),
            OneOf {
                index: Some(index), ..
            } => format!(" as its {index} of that message"),
            OneOf { .. } => String::new(),
        };
        let problem = format!("nothing was made of message {number} for that destination{which}");
        Trouble::Missing(problem)
    };
    match chosen[..] {
        [] => Err(nothing()),
        [(_, delivery)] => message.sent(delivery).cloned().ok_or_else(nothing),
        _ => Err(several(&chosen, is_numbered)),
    }
}

/// So many choices are named.
const CHOICES_MAX: usize = 20;

/// Which ones there are.
fn several(chosen: &[(u64, &archive::Delivery)], is_numbered: bool) -> Trouble {
    let word = if is_numbered { "sequence" } else { "index" };
    let numbers = chosen.iter().map(|(index, delivery)| {
        let number = if is_numbered { delivery.sequence } else { *index };
        number.to_string()
    });
    let numbers: Vec<String> = numbers.take(CHOICES_MAX).collect();
    let more = if chosen.len() > CHOICES_MAX { ", …" } else { "" };
    Trouble::Several(format!(
        "{} were made of that message for that destination: name one by its {word}, {}{more}",
        chosen.len(),
        numbers.join(", ")
    ))
}

fn hl7(bytes: bytes::Bytes) -> Response {
    ([(header::CONTENT_TYPE, "application/hl7-v2")], bytes).into_response()
}

async fn one(
    sources: Sources,
    number: u64,
    show: impl FnOnce(&archive::Message) -> Result<Response, Trouble> + Send + 'static,
) -> Response {
    work(&sources, move |archive| show(&message(archive, number)?)).await
}

/// A message by its number. Blocks on the archive.
pub fn message(archive: &Archive, number: u64) -> Result<archive::Message, Trouble> {
    let missing = || Trouble::Missing(format!("there is no message {number} in the archive"));
    archive.message(number)?.ok_or_else(missing)
}

impl Trouble {
    /// The code and the sentence of an answer.
    pub(super) fn response(&self) -> Response {
        let code = match self {
            Trouble::Asked(_) => StatusCode::BAD_REQUEST,
            Trouble::Missing(_) => StatusCode::NOT_FOUND,
            Trouble::Several(_) => StatusCode::CONFLICT,
            Trouble::Archive(_) => StatusCode::SERVICE_UNAVAILABLE,
        };
        super::Failure::response(code, self.to_string())
    }
}
