//! `GET /api/v1/messages/{number}/text` and `POST /api/v1/messages/check`: a message as a text to edit, and what is
//! wrong with one that somebody has edited. Nothing is stored or sent here.

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use schemars::JsonSchema;
use serde::Deserialize;

use super::archive::work;
use super::{Failure, messages, routes};
use crate::archive::{self, Archive};
use crate::console::Sources;
use crate::console::extract::{Json, Path};
use crate::engine::Running;
use crate::hl7::charset::Charset;
use crate::hl7::{Message, ParseError, ParseLimits};
use crate::shown::Shown;

/// A text that is to become a message.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Draft {
    /// Its segments, ended by CR, LF or both.
    text: String,
    /// The number of the message that it was: without a character set of its own it is read as its listener would.
    #[serde(default)]
    message: Option<u64>,
}

/// A message of the archive as characters, decoded from the character set that it declares, or that its listener
/// assumes.
pub(super) async fn text(State(sources): State<Sources>, Path(number): Path<u64>) -> Response {
    let running = sources.status.running();
    work(&sources, move |archive| {
        let message = messages::message(archive, number)?;
        let characters = characters(&message.raw, assumed(&running, &message));
        Ok(plain(&characters.unwrap_or_else(|_| {
            String::from_utf8_lossy(&message.raw).into_owned()
        })))
    })
    .await
}

/// The character set in which a message of the archive is read that declares none.
fn assumed(running: &Running, message: &archive::Message) -> Option<Charset> {
    running.charset_of(message.charset(None), &message.found.listener)
}

/// A message as characters, in the character set that it declares or that is assumed.
fn characters(bytes: &Bytes, assumed: Option<Charset>) -> Result<String, ParseError> {
    let message = Message::parse_assuming(bytes.clone(), &ParseLimits::default(), assumed)?;
    Ok(message.characters(bytes).into_owned())
}

/// Bytes that somebody has edited, as characters: read as those of the message that they were.
pub(super) async fn edited(sources: &Sources, number: u64, bytes: Bytes) -> Result<String, String> {
    let (archive, running) = (sources.status.archive().cloned(), sources.status.running());
    let read = tokio::task::spawn_blocking(move || {
        let assumed = charset_of(archive.as_ref(), &running, number);
        characters(&bytes, assumed).map_err(|error| error.to_string())
    });
    read.await.map_err(|_| "internal error".to_owned())?
}

/// Blocks on the archive.
fn charset_of(archive: Option<&Archive>, running: &Running, number: u64) -> Option<Charset> {
    let message = archive?.message(number).ok()??;
    assumed(running, &message)
}

fn plain(text: &str) -> Response {
    (
        [(header::CONTENT_TYPE, "text/plain; charset=utf-8")],
        text.to_owned(),
    )
        .into_response()
}

/// Reads a text as a listener would, and tells it as a tree with its problems.
pub(super) async fn check(State(sources): State<Sources>, Json(draft): Json<Draft>) -> Response {
    let (archive, running) = (sources.status.archive().cloned(), sources.status.running());
    let read = tokio::task::spawn_blocking(move || {
        let original = draft.message;
        let assumed = original.and_then(|number| charset_of(archive.as_ref(), &running, number));
        let message = routes::as_received(assumed, &draft.text)?;
        Ok::<_, String>(Shown::of(1, &message).object())
    });
    match read.await {
        Ok(Ok(object)) => axum::Json(object).into_response(),
        Ok(Err(error)) => Failure::response(StatusCode::UNPROCESSABLE_ENTITY, error),
        Err(_) => Failure::response(StatusCode::INTERNAL_SERVER_ERROR, "internal error"),
    }
}
