//! `GET /api/v1/messages/{number}/text` and `POST /api/v1/messages/check`: a message as a text to edit, and what is
//! wrong with one that somebody has edited. Nothing is stored or sent here.

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use schemars::JsonSchema;
use serde::Deserialize;

use super::archive::work;
use super::{Failure, messages, routes};
use crate::archive::Archive;
use crate::console::Sources;
use crate::console::extract::{Json, Path};
use crate::hl7::Message;
use crate::shown::Shown;

/// A text that is to become a message.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Draft {
    /// Its segments, ended by CR, LF or both.
    text: String,
}

/// A message of the archive as characters, decoded from the character set that it declares.
pub(super) async fn text(State(sources): State<Sources>, Path(number): Path<u64>) -> Response {
    work(&sources, move |archive| Ok(plain(&characters(archive, number)?))).await
}

fn characters(archive: &Archive, number: u64) -> Result<String, super::archive::Trouble> {
    let raw = messages::message(archive, number)?.raw;
    Ok(match Message::parse(raw.clone()) {
        Ok(message) => message.characters(&raw).into_owned(),
        Err(_) => String::from_utf8_lossy(&raw).into_owned(),
    })
}

fn plain(text: &str) -> Response {
    (
        [(header::CONTENT_TYPE, "text/plain; charset=utf-8")],
        text.to_owned(),
    )
        .into_response()
}

/// Reads a text as a listener would, and tells it as a tree with its problems.
pub(super) async fn check(Json(draft): Json<Draft>) -> Response {
    let read = tokio::task::spawn_blocking(move || {
        let message = routes::as_received(None, &draft.text)?;
        Ok::<_, String>(Shown::of(1, &message).object())
    });
    match read.await {
        Ok(Ok(object)) => axum::Json(object).into_response(),
        Ok(Err(error)) => Failure::response(StatusCode::UNPROCESSABLE_ENTITY, error),
        Err(_) => Failure::response(StatusCode::INTERNAL_SERVER_ERROR, "internal error"),
    }
}
