//! `/api/v1/archive`: how much history there is, holds on it, and taking messages out of it.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Failure;
use super::messages::Search;
use crate::access::Permission;
use crate::archive::{self, Archive, ArchiveError, PAGE_COUNT_MAX, check_hold};
use crate::clock;
use crate::console::Sources;
use crate::console::extract::{Json, Path, object, object_or_null};
use crate::console::guard::Caller;

/// Why the archive did not answer as asked.
#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    /// What was asked is not as it should be.
    #[error("{0}")]
    Asked(String),
    /// There is no such thing.
    #[error("{0}")]
    Missing(String),
    /// There are several such things.
    #[error("{0}")]
    Several(String),
    /// The archive could not.
    #[error(transparent)]
    Archive(ArchiveError),
}

impl From<ArchiveError> for Trouble {
    fn from(error: ArchiveError) -> Trouble {
        if let ArchiveError::Hold(problem) = error {
            return Trouble::Asked(problem);
        }
        Trouble::Archive(error)
    }
}

/// What there is.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Summary {
    /// Messages.
    pub messages: u64,
    /// What they take on the disk.
    pub stored_bytes: u64,
    /// When the oldest of them was received, in UTC.
    pub oldest: Option<String>,
    /// When the newest of them was received, in UTC.
    pub newest: Option<String>,
}

/// Which messages: by their numbers, or all that a search finds, and not both.
#[derive(Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Chosen {
    /// Their numbers.
    pub numbers: Vec<u64>,
    /// What they have in common: as for `POST /api/v1/messages/search`, but without `count`. An empty one means all
    /// messages.
    #[serde(deserialize_with = "object_or_null", skip_serializing_if = "Option::is_none")]
    pub search: Option<Search>,
}

/// A hold.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Hold {
    /// Its name.
    pub name: String,
    /// Why there is one.
    pub reason: String,
    /// Who ordered it.
    pub by: String,
    /// When, in UTC.
    pub at: String,
    /// How many messages it keeps.
    pub messages: u64,
}

/// A hold to be made, or to be added to.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewHold {
    /// Its name.
    pub name: String,
    /// Why there is one.
    pub reason: String,
    /// What it keeps.
    #[serde(deserialize_with = "object")]
    pub messages: Chosen,
}

/// How many messages a hold was to keep and keeps.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Held {
    /// Those that it keeps now and are there.
    pub held: u64,
}

/// What became of messages that were to be deleted, or what would.
#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct Purged {
    /// Deleted.
    pub deleted: u64,
    /// Kept by a hold.
    pub held: u64,
    /// Kept because somebody is still owed them.
    pub owed: u64,
    /// Not there.
    pub unknown: u64,
}

/// Deliveries that the archive shows as queued, of an outbox that is gone: nobody will send them.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Lost {
    /// How many.
    pub deliveries: u64,
}

/// What there is. Blocks on the archive.
pub fn summary(archive: &Archive) -> Result<Summary, Trouble> {
    let summary = archive.summary()?;
    Ok(Summary {
        messages: summary.messages,
        stored_bytes: summary.stored_bytes,
        oldest: summary.between.map(|(oldest, _)| oldest.to_string()),
        newest: summary.between.map(|(_, newest)| newest.to_string()),
    })
}

/// All holds. Blocks on the archive.
pub fn holds(archive: &Archive) -> Result<Vec<Hold>, Trouble> {
    let hold = |hold: archive::Hold| Hold {
        name: hold.name,
        reason: hold.reason,
        by: hold.by,
        at: hold.at.to_string(),
        messages: hold.messages,
    };
    Ok(archive.holds()?.into_iter().map(hold).collect())
}

/// Makes a hold or adds to one. Blocks on the archive.
pub fn hold(archive: &Archive, new: &NewHold, by: &str, at: Timestamp) -> Result<Held, Trouble> {
    let meant = new.messages.meant()?;
    let mut held = 0;
    meant.each_page(
        archive,
        |_, _| true,
        |numbers| {
            held += archive.hold(&new.name, &new.reason, by, at, numbers)?;
            Ok(())
        },
    )?;
    Ok(Held { held })
}

/// Deletes messages. Blocks on the archive.
pub fn purge(archive: &Archive, chosen: &Chosen) -> Result<Purged, Trouble> {
    sum(archive, chosen, |numbers| archive.purge(numbers))
}

/// What that would do. Blocks on the archive.
pub fn purge_preview(archive: &Archive, chosen: &Chosen) -> Result<Purged, Trouble> {
    sum(archive, chosen, |numbers| archive.purge_preview(numbers))
}

fn sum(
    archive: &Archive,
    chosen: &Chosen,
    work: impl Fn(&[u64]) -> Result<archive::Purged, ArchiveError>,
) -> Result<Purged, Trouble> {
    let mut purged = Purged::default();
    // What one destination has may be a dead letter of another: found by it, not deleted for it.
    let which = archive::Query::means_whole;
    chosen.meant()?.each_page(archive, which, |numbers| {
        let more = work(numbers)?;
        purged.deleted += more.deleted;
        purged.held += more.held;
        purged.owed += more.owed;
        purged.unknown += more.unknown;
        Ok(())
    })?;
    Ok(purged)
}

/// Which of the messages that a search finds.
type Which = fn(&archive::Query, &archive::Found) -> bool;

/// Which messages are meant, once all that was said of them is understood.
pub enum Meant<'a> {
    /// These.
    Numbers(&'a [u64]),
    /// All that are as asked, before a number if there is one.
    Found(Box<archive::Query>, Option<u64>),
}

impl Meant<'_> {
    /// Goes through all of them, to the end of the archive; of what a search finds only through these.
    fn each_page(
        &self,
        archive: &Archive,
        which: Which,
        mut work: impl FnMut(&[u64]) -> Result<(), Trouble>,
    ) -> Result<(), Trouble> {
        let (query, mut before) = match self {
            Meant::Numbers(numbers) => return work(numbers),
            Meant::Found(query, before) => (query, *before),
        };
        loop {
            let page = archive.search(query, before, PAGE_COUNT_MAX)?;
            let found = page.found.iter().filter(|found| which(query, found));
            let numbers: Vec<u64> = found.map(|found| found.number).collect();
            work(&numbers)?;
            before = page.next;
            if before.is_none() {
                return Ok(());
            }
        }
    }
}

/// How much there is.
pub(super) async fn get(State(sources): State<Sources>) -> Response {
    work(&sources, |archive| {
        Ok(axum::Json(summary(archive)?).into_response())
    })
    .await
}

/// How many deliveries are queued in an outbox that is gone.
pub(super) async fn get_lost(State(sources): State<Sources>) -> Response {
    let present = sources.status.outbox().store_id();
    work(&sources, move |archive| {
        let deliveries = archive.count_lost(present)?;
        Ok(axum::Json(Lost { deliveries }).into_response())
    })
    .await
}

/// Ends them as purged.
pub(super) async fn end_lost(State(sources): State<Sources>, caller: Caller) -> Response {
    let present = sources.status.outbox().store_id();
    let by = caller.who();
    work(&sources, move |archive| {
        let deliveries = archive.end_lost(present, &by, clock::now())?;
        Ok(axum::Json(Lost { deliveries }).into_response())
    })
    .await
}

/// All holds.
pub(super) async fn list_holds(State(sources): State<Sources>) -> Response {
    work(
        &sources,
        |archive| Ok(axum::Json(holds(archive)?).into_response()),
    )
    .await
}

/// One more, or more of one.
pub(super) async fn add_hold(
    State(sources): State<Sources>,
    caller: Caller,
    Json(new): Json<NewHold>,
) -> Response {
    if let Err(problem) = check_hold(&new.name, &new.reason) {
        return Failure::response(StatusCode::BAD_REQUEST, problem.to_string());
    }
    let object = format!("archive/holds/{}", new.name);
    if let Err(refused) = new.messages.check_may_search(&caller, &object).await {
        return refused;
    }
    if let Err(trouble) = new.messages.meant() {
        return trouble.response();
    }
    let detail = format!("{} and {}", new.reason, new.messages.told());
    if let Err(unwritten) = caller.record(&object, Some(detail)).await {
        return unwritten;
    }
    let by = caller.who();
    work(&sources, move |archive| {
        Ok(axum::Json(hold(archive, &new, &by, clock::now())?).into_response())
    })
    .await
}

/// The end of one.
pub(super) async fn release(State(sources): State<Sources>, Path(name): Path<String>) -> Response {
    work(&sources, move |archive| {
        archive.release(&name)?;
        Ok(StatusCode::NO_CONTENT.into_response())
    })
    .await
}

/// Messages out of the archive.
pub(super) async fn post_purge(
    State(sources): State<Sources>,
    caller: Caller,
    Json(chosen): Json<Chosen>,
) -> Response {
    purged(&sources, &caller, chosen, purge).await
}

/// What that would do; nothing is deleted.
pub(super) async fn post_purge_preview(
    State(sources): State<Sources>,
    caller: Caller,
    Json(chosen): Json<Chosen>,
) -> Response {
    purged(&sources, &caller, chosen, purge_preview).await
}

async fn purged(
    sources: &Sources,
    caller: &Caller,
    chosen: Chosen,
    purge: fn(&Archive, &Chosen) -> Result<Purged, Trouble>,
) -> Response {
    let object = "archive/messages";
    if let Err(refused) = chosen.check_may_search(caller, object).await {
        return refused;
    }
    if let Err(trouble) = chosen.meant() {
        return trouble.response();
    }
    if let Err(unwritten) = caller.record(object, Some(chosen.told())).await {
        return unwritten;
    }
    work(sources, move |archive| {
        Ok(axum::Json(purge(archive, &chosen)?).into_response())
    })
    .await
}

impl Chosen {
    /// What that means: asked before anything is written, so that what is not understood changes nothing.
    ///
    /// # Errors
    /// When it is not as it should be.
    pub fn meant(&self) -> Result<Meant<'_>, Trouble> {
        let problem = match &self.search {
            Some(_) if !self.numbers.is_empty() => {
                "expected `numbers` or a `search`, found both: order one, then the other"
            }
            Some(search) if search.count.is_some() => {
                "`count`: a search means all that it finds here; leave it out, or give `numbers`"
            }
            Some(search) => return Ok(Meant::Found(Box::new(search.query()?), search.before)),
            None if self.numbers.is_empty() => {
                "expected `numbers`, or a `search`; an empty search means all messages"
            }
            None => return Ok(Meant::Numbers(&self.numbers)),
        };
        Err(Trouble::Asked(problem.to_owned()))
    }

    /// Whether who asks may choose so: counts of what is found by content tell content.
    ///
    /// # Errors
    /// When they may not, and that is written down: the answer.
    pub(super) async fn check_may_search(&self, caller: &Caller, object: &str) -> Result<(), Response> {
        let asks_for_content = self.search.as_ref().is_some_and(Search::asks_for_content);
        let may_read = caller
            .known
            .as_ref()
            .is_some_and(|known| known.may(Permission::Read));
        if !asks_for_content || may_read {
            return Ok(());
        }
        caller
            .record_refusal(caller.who(), object, Some(self.told()))
            .await?;
        let error = "to search by what messages hold needs the permission to read";
        Err(Failure::response(StatusCode::FORBIDDEN, error))
    }

    /// For the audit log: how they were chosen, without the values that were searched for.
    pub fn told(&self) -> String {
        let search = self
            .search
            .as_ref()
            .and_then(|search| serde_json::to_value(search).ok());
        let keys = search.as_ref().and_then(|search| search.as_object());
        let keys: Vec<&str> = keys.into_iter().flatten().map(|(key, _)| key.as_str()).collect();
        match (&self.search, keys.is_empty()) {
            (None, _) => format!("{} messages by number", self.numbers.len()),
            (Some(_), true) => "all messages".to_owned(),
            (Some(_), false) => format!("messages by {}", keys.join(", ")),
        }
    }
}

/// Does work on the archive, off the runtime's threads.
pub(super) async fn work(
    sources: &Sources,
    work: impl FnOnce(&Archive) -> Result<Response, Trouble> + Send + 'static,
) -> Response {
    let Some(archive) = sources.status.archive().cloned() else {
        let error = "no archive is kept, or it could not be opened: see `archive:` of the site, and the log";
        return Failure::response(StatusCode::NOT_FOUND, error);
    };
    match tokio::task::spawn_blocking(move || work(&archive)).await {
        Ok(Ok(response)) => response,
        Ok(Err(trouble)) => trouble.response(),
        Err(_) => Failure::response(StatusCode::INTERNAL_SERVER_ERROR, "internal error"),
    }
}
