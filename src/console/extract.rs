//! What endpoints take: a body of JSON, a part of the address, what is asked of it. What does not fit is answered here.
//!
//! The answers name places and never repeat a value: a body may hold a message.

use std::collections::BTreeSet;
use std::fmt;
use std::marker::PhantomData;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{StatusCode, Uri, header};
use axum::response::Response;
use hyper::body::Body as _;
use schemars::{JsonSchema, SchemaGenerator};
use serde::de::value::MapAccessDeserializer;
use serde::de::{DeserializeOwned, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::error::Category;
use serde_json::{Map, Value};
use tokio::time::timeout;

use super::api::Failure;
use super::endpoint::BODY_BYTES_MAX;

/// The time for a body.
const BODY_MAX: Duration = Duration::from_secs(30);

/// The longest body that an endpoint takes, where its gate has let a request through.
#[derive(Clone, Copy)]
pub(super) struct BodyBytesMax(pub(super) usize);

/// The longest name of a parameter that is repeated: nobody asks for a longer one, and it may be a slip of the hand.
const NAME_BYTES_MAX: usize = 30;

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
    let read = serde_path_to_error::deserialize::<_, Object<T>>(&mut deserializer);
    let Object(value) = read.map_err(|error| {
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

/// A `T` that is an object of JSON: a derived form also takes an array, as its values in their order.
struct Object<T>(T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Object<T>, D::Error> {
        struct OfObject<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for OfObject<T> {
            type Value = T;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<T, A::Error> {
                T::deserialize(MapAccessDeserializer::new(members))
            }
        }

        deserializer.deserialize_map(OfObject(PhantomData)).map(Object)
    }
}

/// Reads a form within another: from an object, as the whole body.
pub(super) fn object<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<T, D::Error> {
    Object::deserialize(deserializer).map(|Object(value)| value)
}

/// The same for one that may be left out or null.
pub(super) fn object_or_null<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    Option::deserialize(deserializer).map(|read| read.map(|Object(value)| value))
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

impl<S: Send + Sync, T: DeserializeOwned + JsonSchema + 'static> FromRequestParts<S> for Query<T> {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Query<T>, Response> {
        let read = axum::extract::Query::<T>::try_from_uri(&parts.uri);
        let read = read.map(|axum::extract::Query(value)| Query(value));
        read.map_err(|_| {
            let query = parts.uri.query().unwrap_or_default();
            let error = format!("after the `?`: {}", misfit::<T>(query));
            Failure::response(StatusCode::BAD_REQUEST, error)
        })
    }
}

/// Which parameter is not what is expected, and what is: each is read alone, against the form of all of them.
fn misfit<T: DeserializeOwned + JsonSchema>(query: &str) -> String {
    let form = T::json_schema(&mut SchemaGenerator::default());
    let none = Map::new();
    let known = form.get("properties").and_then(Value::as_object).unwrap_or(&none);
    let mut seen = BTreeSet::new();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let name = pair.split('=').next().unwrap_or_default();
        let Some(expected) = known.get(name) else {
            return unknown(name, known);
        };
        if !seen.insert(name) {
            return format!("expected `{name}` once");
        }
        let alone = Uri::try_from(format!("/?{pair}"));
        if alone.is_ok_and(|uri| axum::extract::Query::<T>::try_from_uri(&uri).is_err()) {
            return format!("`{name}`: expected {}", told(expected));
        }
    }
    "not what is expected, see /api/v1/openapi.json".to_owned()
}

fn unknown(name: &str, known: &Map<String, Value>) -> String {
    let names: Vec<String> = known.keys().map(|name| format!("`{name}`")).collect();
    let names = names.join(", ");
    let is_name =
        name.len() <= NAME_BYTES_MAX && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    if is_name {
        format!("there is no `{name}`, expected some of {names}")
    } else {
        format!("expected some of {names}")
    }
}

/// A parameter as the document of the API has it.
fn told(expected: &Value) -> String {
    let is_number = expected
        .get("type")
        .is_some_and(|kind| kind.to_string().contains("integer"));
    let kind = if is_number { "a whole number: " } else { "" };
    let description = expected
        .get("description")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let (first, rest) = description.split_at_checked(1).unwrap_or_default();
    format!("{kind}{}{}", first.to_lowercase(), rest.trim_end_matches('.'))
}
