//! What endpoints take: a body of JSON, a part of the address, what is asked of it. What does not fit is answered here.
//!
//! The answers name places and never repeat a value: a body may hold a message.

use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use axum::response::Response;
use hyper::body::Body as _;
use serde::de::DeserializeOwned;
use serde_json::error::Category;
use tokio::time::timeout;

use super::api::Failure;
use super::endpoint::BODY_BYTES_MAX;

/// The time for a body.
const BODY_MAX: Duration = Duration::from_secs(30);

/// The longest body that an endpoint takes, where its gate has let a request through.
#[derive(Clone, Copy)]
pub(super) struct BodyBytesMax(pub(super) usize);

/// A body of JSON that is exactly a `T`.
pub(super) struct Json<T>(pub(super) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Json<T> {
    type Rejection = Response;

    async fn from_request(request: Request, state: &S) -> Result<Json<T>, Response> {
        let content_type = request.headers().get(header::CONTENT_TYPE);
        let content_type = content_type.and_then(|value| value.to_str().ok()?.split(';').next());
        // Also what keeps a form of another site out: it cannot send this type.
        if !content_type.is_some_and(|value| value.trim().eq_ignore_ascii_case("application/json")) {
            let error = "expected a body of JSON, with content-type application/json";
            return Err(Failure::response(StatusCode::UNSUPPORTED_MEDIA_TYPE, error));
        }
        // Told before it comes: none of it needs to be read.
        let longest = request.extensions().get::<BodyBytesMax>();
        let bytes_max = longest.map_or(BODY_BYTES_MAX, |BodyBytesMax(bytes)| *bytes);
        if request.body().size_hint().lower() > bytes_max as u64 {
            return Err(too_long(StatusCode::PAYLOAD_TOO_LARGE));
        }
        let Ok(read) = timeout(BODY_MAX, Bytes::from_request(request, state)).await else {
            return Err(Failure::response(
                StatusCode::REQUEST_TIMEOUT,
                "the body took too long",
            ));
        };
        let bytes = read.map_err(|rejection| too_long(rejection.status()))?;
        parse(&bytes)
            .map(Json)
            .map_err(|error| Failure::response(StatusCode::BAD_REQUEST, error))
    }
}

fn too_long(code: StatusCode) -> Response {
    Failure::response(code, "the body is too long, or was cut off")
}

/// A body that is exactly a `T`, or why not, without a value of it.
pub(super) fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, String> {
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let read = serde_path_to_error::deserialize(&mut deserializer);
    let value = read.map_err(|error| {
        let path = error.path().to_string();
        let inner = error.inner();
        let place = format!("body, line {}, column {}", inner.line(), inner.column());
        match inner.classify() {
            Category::Data if path == "." => {
                format!("{place}: not what is expected here, see /api/v1/openapi.json")
            }
            Category::Data => format!("{place}: `{path}` is not what is expected, see /api/v1/openapi.json"),
            Category::Io | Category::Syntax | Category::Eof => format!("{place}: expected JSON"),
        }
    })?;
    let end = deserializer
        .end()
        .map_err(|_| "body: expected nothing after the JSON".to_owned());
    end.map(|()| value)
}

/// The parts of the address that stand for names and numbers.
pub(super) struct Path<T>(pub(super) T);

impl<S: Send + Sync, T: DeserializeOwned + Send + 'static> FromRequestParts<S> for Path<T> {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Path<T>, Response> {
        let read = axum::extract::Path::<T>::from_request_parts(parts, state).await;
        let read = read.map(|axum::extract::Path(value)| Path(value));
        read.map_err(|_| Failure::response(StatusCode::NOT_FOUND, "there is nothing at such an address"))
    }
}

/// What stands after the `?`.
pub(super) struct Query<T>(pub(super) T);

impl<S: Send + Sync, T: DeserializeOwned + 'static> FromRequestParts<S> for Query<T> {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Query<T>, Response> {
        let read = axum::extract::Query::<T>::from_request_parts(parts, state).await;
        let read = read.map(|axum::extract::Query(value)| Query(value));
        read.map_err(|_| {
            let error = "what is asked after the `?` is not what is expected, see /api/v1/openapi.json";
            Failure::response(StatusCode::BAD_REQUEST, error)
        })
    }
}
