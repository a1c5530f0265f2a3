//! The table of the API: every endpoint, who may ask for it, what the audit log says of it, what works.
//!
//! What is not here is not there. What shows content needs `Read` and a name in the audit log; what changes something
//! needs a name too (tested).

use axum::http::StatusCode;

use super::{
    alerts, archive, audit, backup, dead, destinations, draft, events, messages, openapi, queue, reload,
    resend, resends, routes, session, setup, status, tokens, users,
};
use crate::access::Permission::{self, Administer, Audit, Edit, Operate, Read, See};
use crate::console::endpoint::Audited::{As, ByItself, No, WithReason};
use crate::console::endpoint::{Endpoint, Needs, delete, get, patch, post};

const DONE: StatusCode = StatusCode::NO_CONTENT;
const MADE: StatusCode = StatusCode::CREATED;

const QUEUED: &str = "/api/v1/destinations/{name}/queue/{sequence}";
const DEAD: &str = "/api/v1/destinations/{name}/dead/{sequence}";
const MESSAGE: &str = "/api/v1/messages/{number}";
const HL7: &str = "application/hl7-v2";
const JSON_LINES: &str = "application/x-ndjson";

/// All of them.
pub(in crate::console) fn endpoints() -> Vec<Endpoint> {
    let groups = [
        entrance(),
        people(),
        engine(),
        rules(),
        deliveries(),
        history(),
        archived(),
        again(),
        records(),
    ];
    groups.into_iter().flatten().collect()
}

fn may(permission: Permission) -> Needs {
    Needs::Permission(permission)
}

/// What leads in and out.
fn entrance() -> Vec<Endpoint> {
    let (open, login) = (Needs::Nothing, Needs::Login);
    vec![
        get("/api/v1/session", open, No, session::get)
            .answers::<session::Answer>("Who asks, and whether there is an administrator"),
        post("/api/v1/session", open, ByItself("session.begin"), session::begin)
            .answers::<session::Answer>("Logs in; the session is a cookie")
            .takes::<session::LogIn>(),
        delete("/api/v1/session", login, As("session.end"), session::end).ends_with("Logs out", DONE),
        post(
            "/api/v1/session/password",
            login,
            ByItself("user.own_password"),
            users::change_own,
        )
        .ends_with("Changes one's own password and ends one's sessions", DONE)
        .takes::<users::OwnPassword>(),
        post("/api/v1/setup", open, ByItself("setup"), setup::post)
            .ends_with("Makes the first administrator", MADE)
            .takes::<setup::SetUp>(),
        get("/api/v1/openapi.json", login, No, openapi::get).answers::<openapi::Document>("This document"),
    ]
}

/// Who may come in.
fn people() -> Vec<Endpoint> {
    let administer = may(Administer);
    vec![
        get("/api/v1/users", administer, No, users::list).answers::<Vec<users::User>>("The users"),
        post("/api/v1/users", administer, ByItself("user.add"), users::add)
            .ends_with("Adds a user", MADE)
            .takes::<users::Added>(),
        patch(
            "/api/v1/users/{name}",
            administer,
            ByItself("user.change"),
            users::change,
        )
        .ends_with(
            "Changes a user's roles or password; a new password ends its sessions",
            DONE,
        )
        .takes::<users::Changed>(),
        delete(
            "/api/v1/users/{name}",
            administer,
            As("user.remove"),
            users::remove,
        )
        .ends_with("Removes a user and ends its sessions", DONE),
        get("/api/v1/tokens", administer, No, tokens::list)
            .answers::<Vec<tokens::Token>>("The tokens of programs, but not the tokens themselves"),
        post("/api/v1/tokens", administer, ByItself("token.add"), tokens::add)
            .makes::<tokens::Made>("Makes a token, which is shown this once")
            .takes::<tokens::Added>(),
        delete(
            "/api/v1/tokens/{name}",
            administer,
            As("token.remove"),
            tokens::remove,
        )
        .ends_with("Removes a token", DONE),
    ]
}

/// What runs.
fn engine() -> Vec<Endpoint> {
    vec![
        get("/api/v1/status", may(See), No, status::get)
            .answers::<status::Answer>("What runs, and how much waits where"),
        get("/api/v1/alerts", may(See), No, alerts::get)
            .answers::<alerts::Answer>("The trouble there is, since when, and who has been told"),
        get("/api/v1/events", may(See), No, events::get).sends(
            "What runs as it changes: server-sent events named `status`, each as `/api/v1/status`",
            "text/event-stream",
        ),
        get("/api/v1/history", may(See), No, events::history)
            .answers::<events::History>("The counts of the last hour"),
        post("/api/v1/reload", may(Administer), As("reload"), reload::post)
            .answers::<reload::Answer>("Reads the site anew; 409 with the same form when it is refused"),
        get(
            "/api/v1/backup",
            may(Administer),
            WithReason("backup"),
            backup::get,
        )
        .sends(
            "All that is owed and given up, with content, as lines of JSON",
            JSON_LINES,
        )
        .asks::<backup::Form>(),
        post(
            "/api/v1/destinations/{name}/{order}",
            may(Operate),
            As("destination.order"),
            destinations::post,
        )
        .answers::<destinations::Answer>("Tells a lane to `pause`, `drain`, `resume` or `retry`"),
    ]
}

/// What becomes of messages.
fn rules() -> Vec<Endpoint> {
    vec![
        get("/api/v1/routes", may(See), No, routes::list)
            .answers::<Vec<routes::Summary>>("The routes of the site that runs"),
        get("/api/v1/routes/{name}", may(See), No, routes::get)
            .answers::<routes::Whole>("A route with its text as it was loaded"),
        post(
            "/api/v1/routes/{name}/try",
            may(Edit),
            As("route.try"),
            routes::attempt,
        )
        .answers::<serde_json::Value>(
            "A message through a route, step by step, as `weir trace --json` has it",
        )
        .takes::<routes::Trial>()
        .with_bodies_up_to(routes::TRIAL_BYTES_MAX),
        post(
            "/api/v1/routes/{name}/cases",
            may(Read),
            As("route.cases"),
            routes::cases,
        )
        .answers::<routes::Results>(
            "Runs the cases of a route; 409 when the files of the site have errors now",
        ),
    ]
}

/// What waits and what was given up.
fn deliveries() -> Vec<Endpoint> {
    vec![
        get("/api/v1/dead", may(See), No, dead::get)
            .answers::<Vec<dead::Group>>("What was given up, over all destinations, by reason")
            .asks::<dead::Of>(),
        get("/api/v1/destinations/{name}/queue", may(See), No, queue::list)
            .answers::<Vec<queue::Queued>>("What waits, without content")
            .asks::<queue::Part>(),
        get(QUEUED, may(Read), As("queue.read"), queue::get).sends("One that waits, as it will be sent", HL7),
        delete(QUEUED, may(Operate), As("queue.skip"), queue::skip)
            .ends_with("Gives up one that waits", DONE),
        get("/api/v1/destinations/{name}/dead", may(See), No, queue::list_dead)
            .answers::<Vec<queue::Dead>>("What was given up, without content")
            .asks::<queue::DeadPart>(),
        get(DEAD, may(Read), As("dead.read"), queue::get_dead).sends("A dead letter, as it was sent", HL7),
        post(DEAD, may(Operate), As("dead.resend"), queue::resend)
            .ends_with("Sends a dead letter again", DONE),
        delete(DEAD, may(Operate), As("dead.discard"), queue::discard)
            .ends_with("Throws a dead letter away", DONE),
    ]
}

/// What became of every message.
fn history() -> Vec<Endpoint> {
    vec![
        get("/api/v1/messages", may(See), No, messages::list)
            .answers::<messages::Page>("The newest messages, by what is no content")
            .asks::<messages::Listed>(),
        post(
            "/api/v1/messages/search",
            may(Read),
            As("message.search"),
            messages::find,
        )
        .answers::<messages::Page>("The newest messages that are as asked, and whom they are about")
        .takes::<messages::Search>(),
        get(MESSAGE, may(Read), As("message.read"), messages::get)
            .answers::<serde_json::Value>("One message with all that became of it, its bytes as a tree")
            .asks::<messages::Extent>(),
        get(
            "/api/v1/messages/{number}/raw",
            may(Read),
            As("message.read"),
            messages::raw,
        )
        .sends("One message, as it was received", HL7),
        get(
            "/api/v1/messages/{number}/text",
            may(Read),
            As("message.read"),
            draft::text,
        )
        .sends(
            "One message as text, decoded from its character set",
            "text/plain",
        ),
        post(
            "/api/v1/messages/check",
            may(Edit),
            As("message.check"),
            draft::check,
        )
        .answers::<serde_json::Value>(
            "A text read as a message: its tree and its problems, as `weir show --json` has them",
        )
        .takes::<draft::Draft>()
        .with_bodies_up_to(routes::TRIAL_BYTES_MAX),
        get(
            "/api/v1/messages/{number}/sent/{destination}",
            may(Read),
            As("message.read"),
            messages::sent,
        )
        .sends(
            "One message, as it goes or went to a destination; 409 when it had several of it and none is named",
            HL7,
        )
        .asks::<messages::OneOf>(),
    ]
}

/// The archive itself.
fn archived() -> Vec<Endpoint> {
    let administer = may(Administer);
    vec![
        get("/api/v1/archive", may(See), No, archive::get)
            .answers::<archive::Summary>("How much history there is"),
        get("/api/v1/archive/lost", may(See), No, archive::get_lost)
            .answers::<archive::Lost>("How many deliveries are queued in an outbox that is gone"),
        delete(
            "/api/v1/archive/lost",
            administer,
            As("archive.lost"),
            archive::end_lost,
        )
        .answers::<archive::Lost>("Ends them as purged, so that their messages can be deleted"),
        get("/api/v1/archive/holds", may(See), No, archive::list_holds)
            .answers::<Vec<archive::Hold>>("What is kept from being deleted, and why"),
        post(
            "/api/v1/archive/holds",
            administer,
            ByItself("archive.hold"),
            archive::add_hold,
        )
        .answers::<archive::Held>("Makes a hold, or adds to the one of that name")
        .takes::<archive::NewHold>(),
        delete(
            "/api/v1/archive/holds/{name}",
            administer,
            As("archive.release"),
            archive::release,
        )
        .ends_with("Ends a hold", DONE),
        post(
            "/api/v1/archive/purge",
            administer,
            ByItself("archive.purge"),
            archive::post_purge,
        )
        .answers::<archive::Purged>("Deletes messages that nobody is owed and no hold keeps")
        .takes::<archive::Chosen>(),
        post(
            "/api/v1/archive/purge/preview",
            administer,
            ByItself("archive.preview"),
            archive::post_purge_preview,
        )
        .answers::<archive::Purged>("What a purge would delete and keep; nothing is deleted")
        .takes::<archive::Chosen>(),
    ]
}

/// Messages sent again.
fn again() -> Vec<Endpoint> {
    vec![
        post(
            "/api/v1/messages/{number}/resend",
            may(Operate),
            ByItself("message.resend"),
            resend::again,
        )
        .answers::<resend::Resent>(
            "Sends a message again, through the routes or to one destination, as a new message",
        )
        .takes::<resend::Again>(),
        post(
            "/api/v1/messages/{number}/edited",
            may(Edit),
            ByItself("message.edit"),
            resend::edited,
        )
        .answers::<resend::Resent>("Sends an edited text instead of a message; the original stays as it is")
        .takes::<resend::Edited>()
        .with_bodies_up_to(resend::EDITED_BODY_BYTES_MAX),
        post(
            "/api/v1/resends",
            may(Operate),
            ByItself("resend.preview"),
            resends::preview,
        )
        .answers::<resends::Preview>("What a search would send again; nothing is sent before it is started")
        .takes::<resends::Wanted>(),
        get("/api/v1/resends", may(See), No, resends::list)
            .answers::<Vec<resends::Progress>>("Searches sent again, the newest first"),
        get("/api/v1/resends/{id}", may(See), No, resends::get)
            .answers::<resends::Progress>("How far a search sent again has come"),
        post(
            "/api/v1/resends/{id}/start",
            may(Operate),
            ByItself("resend.start"),
            resends::start,
        )
        .answers::<resends::Progress>(
            "Starts what was previewed, or goes on with what was stopped; one runs at a time",
        )
        .takes::<resends::Start>(),
        delete(
            "/api/v1/resends/{id}",
            may(Operate),
            As("resend.stop"),
            resends::stop,
        )
        .answers::<resends::Progress>("Stops one that runs, after the message in hand"),
    ]
}

/// Who did what.
fn records() -> Vec<Endpoint> {
    vec![
        get("/api/v1/audit", may(Audit), As("audit.read"), audit::list)
            .answers::<Vec<crate::audit::Record>>("Records of the audit log, the newest first")
            .asks::<audit::Part>(),
        get("/api/v1/audit/verification", may(Audit), No, audit::verify)
            .answers::<audit::Verified>("Whether the audit log is what was written"),
        get(
            "/api/v1/audit/export",
            may(Audit),
            WithReason("audit.export"),
            audit::export,
        )
        .sends("The whole audit log as it is kept, as lines of JSON", JSON_LINES),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_that_is_written_down_is_an_event_for_repositories() {
        for endpoint in endpoints() {
            let known = endpoint.audited.name().is_none_or(crate::atna::is_known);
            assert!(
                known,
                "{} {} is not in src/atna/event.rs",
                endpoint.method, endpoint.path
            );
        }
    }

    #[test]
    fn what_shows_content_or_changes_something_is_written_down() {
        for endpoint in endpoints() {
            let place = format!("{} {}", endpoint.method, endpoint.path);
            let shows_content = matches!(endpoint.needs, Needs::Permission(Read | Permission::Edit));
            if shows_content || endpoint.method != "get" {
                assert_ne!(endpoint.audited, No, "{place}");
            }
            let is_way_in = ["/api/v1/session", "/api/v1/setup"].contains(&endpoint.path);
            assert!(endpoint.needs != Needs::Nothing || is_way_in, "{place}");
        }
    }
}
