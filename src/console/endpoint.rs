//! What an endpoint is: a method, an address, the permission it asks for, what the audit log says of it, what works,
//! and what the OpenAPI document says of it.
//!
//! There is no way to mount work without saying who may ask for it, what is written down and what it answers: the
//! functions here take all of it, and [`mount`] is the only place that makes a router of the API.

use axum::extract::DefaultBodyLimit;
use axum::handler::Handler;
use axum::http::StatusCode;
use axum::middleware::from_fn_with_state;
use axum::routing::{MethodFilter, MethodRouter, on};
use axum::{Extension, Router};
use schemars::generate::SchemaGenerator;
use schemars::{JsonSchema, Schema};
use serde::de::DeserializeOwned;

use super::Sources;
use super::extract::BodyBytesMax;
use super::guard::{self, Door, Gate};
use crate::access::Permission;

/// Who may ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Needs {
    /// Anybody: what leads to a login.
    Nothing,
    /// Whoever is logged in, whatever they may.
    Login,
    /// Whoever may do this.
    Permission(Permission),
}

/// What is written down before it is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Audited {
    /// Nothing: it shows no content and changes nothing.
    No,
    /// A record of this name; its object is the address.
    As(&'static str),
    /// The same, for whom has given a reason.
    WithReason(&'static str),
    /// A record of this name that the work itself writes by `Caller::record`, since only the body names the object.
    ByItself(&'static str),
}

/// The longest body.
pub(super) const BODY_BYTES_MAX: usize = 64 * 1024;

/// A form of JSON, for the document.
pub(super) type Form = fn(&mut SchemaGenerator) -> Schema;

/// What an endpoint answers when all is well.
#[derive(Clone, Copy)]
pub(super) enum Content {
    /// JSON of this form.
    Json(Form),
    /// Something of this media type.
    Media(&'static str),
    /// Nothing.
    Nothing,
}

/// Reads a body of one form, or says why it is none.
#[cfg(any(test, fuzzing))]
pub(super) type Reads = fn(&[u8]) -> Result<(), String>;

/// An endpoint.
pub(super) struct Endpoint {
    /// In lower case.
    pub(super) method: &'static str,
    pub(super) path: &'static str,
    pub(super) needs: Needs,
    pub(super) audited: Audited,
    /// One sentence.
    pub(super) summary: &'static str,
    pub(super) code: StatusCode,
    pub(super) content: Content,
    /// The form of the body it takes.
    pub(super) takes: Option<Form>,
    /// Reads such a body, to see that any bytes are one or are refused.
    #[cfg(any(test, fuzzing))]
    pub(super) reads: Option<Reads>,
    /// The form of what stands after the `?`.
    pub(super) asks: Option<Form>,
    body_bytes_max: usize,
    work: MethodRouter<Sources>,
}

/// An endpoint that does not say yet what it answers.
pub(super) struct Draft {
    method: &'static str,
    path: &'static str,
    needs: Needs,
    audited: Audited,
    work: MethodRouter<Sources>,
}

/// Shows something.
pub(super) fn get<H, T>(path: &'static str, needs: Needs, audited: Audited, work: H) -> Draft
where
    H: Handler<T, Sources>,
    T: 'static,
{
    Draft::new("get", path, (needs, audited), on(MethodFilter::GET, work))
}

/// Does something, or makes something.
pub(super) fn post<H, T>(path: &'static str, needs: Needs, audited: Audited, work: H) -> Draft
where
    H: Handler<T, Sources>,
    T: 'static,
{
    Draft::new("post", path, (needs, audited), on(MethodFilter::POST, work))
}

/// Changes something.
pub(super) fn patch<H, T>(path: &'static str, needs: Needs, audited: Audited, work: H) -> Draft
where
    H: Handler<T, Sources>,
    T: 'static,
{
    Draft::new("patch", path, (needs, audited), on(MethodFilter::PATCH, work))
}

/// Takes something away.
pub(super) fn delete<H, T>(path: &'static str, needs: Needs, audited: Audited, work: H) -> Draft
where
    H: Handler<T, Sources>,
    T: 'static,
{
    Draft::new("delete", path, (needs, audited), on(MethodFilter::DELETE, work))
}

impl Draft {
    fn new(
        method: &'static str,
        path: &'static str,
        (needs, audited): (Needs, Audited),
        work: MethodRouter<Sources>,
    ) -> Draft {
        Draft {
            method,
            path,
            needs,
            audited,
            work,
        }
    }

    /// Answers 200 with JSON of this form.
    pub(super) fn answers<T: JsonSchema>(self, summary: &'static str) -> Endpoint {
        self.ends(
            summary,
            StatusCode::OK,
            Content::Json(SchemaGenerator::subschema_for::<T>),
        )
    }

    /// Answers 201 with JSON of this form.
    pub(super) fn makes<T: JsonSchema>(self, summary: &'static str) -> Endpoint {
        self.ends(
            summary,
            StatusCode::CREATED,
            Content::Json(SchemaGenerator::subschema_for::<T>),
        )
    }

    /// Answers 200 with something of this media type.
    pub(super) fn sends(self, summary: &'static str, media: &'static str) -> Endpoint {
        self.ends(summary, StatusCode::OK, Content::Media(media))
    }

    /// Answers this code and nothing more.
    pub(super) fn ends_with(self, summary: &'static str, code: StatusCode) -> Endpoint {
        self.ends(summary, code, Content::Nothing)
    }

    fn ends(self, summary: &'static str, code: StatusCode, content: Content) -> Endpoint {
        let Draft {
            method,
            path,
            needs,
            audited,
            work,
        } = self;
        Endpoint {
            method,
            path,
            needs,
            audited,
            summary,
            code,
            content,
            takes: None,
            #[cfg(any(test, fuzzing))]
            reads: None,
            asks: None,
            body_bytes_max: BODY_BYTES_MAX,
            work,
        }
    }
}

impl Endpoint {
    /// Takes a body of this form.
    pub(super) fn takes<T: JsonSchema + DeserializeOwned>(self) -> Endpoint {
        let takes: Option<Form> = Some(SchemaGenerator::subschema_for::<T>);
        Endpoint {
            takes,
            #[cfg(any(test, fuzzing))]
            reads: Some(|bytes| super::extract::parse::<T>(bytes).map(drop)),
            ..self
        }
    }

    /// Takes bodies as long as this.
    pub(super) fn with_bodies_up_to(self, body_bytes_max: usize) -> Endpoint {
        Endpoint {
            body_bytes_max,
            ..self
        }
    }

    /// Is asked this after the `?`.
    pub(super) fn asks<T: JsonSchema>(self) -> Endpoint {
        let asks: Option<Form> = Some(<T as JsonSchema>::json_schema);
        Endpoint { asks, ..self }
    }
}

/// A router of these endpoints for whoever comes by this door, each behind its gate.
pub(super) fn mount(endpoints: Vec<Endpoint>, door: &Door, sources: &Sources) -> Router {
    let mut router = Router::new();
    for endpoint in endpoints {
        let gate = Gate::new(door, sources, endpoint.needs, endpoint.audited);
        let work = endpoint
            .work
            .route_layer(DefaultBodyLimit::max(endpoint.body_bytes_max))
            .route_layer(Extension(BodyBytesMax(endpoint.body_bytes_max)))
            // The last layer is the first that is asked: nothing of a body is read before.
            .route_layer(from_fn_with_state(gate, guard::pass));
        router = router.route(endpoint.path, work);
    }
    router.with_state(sources.clone())
}
