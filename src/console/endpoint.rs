//! What an endpoint is: a method, an address, the permission it asks for, what the audit log says of it, what works.
//!
//! There is no way to mount work without saying who may ask for it and what is written down: the functions here take
//! both, and [`mount`] is the only place that makes a router of the API.

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::handler::Handler;
use axum::middleware::from_fn_with_state;
use axum::routing::{MethodFilter, MethodRouter, on};

use super::Sources;
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

/// The longest body, unless an endpoint asks for more.
const BODY_BYTES_MAX: usize = 64 * 1024;

/// An endpoint. Made by [`get`], [`post`], [`patch`] and [`delete`].
pub(super) struct Endpoint {
    pub(super) path: &'static str,
    pub(super) needs: Needs,
    pub(super) audited: Audited,
    work: MethodRouter<Sources>,
    body_bytes_max: usize,
}

/// Shows something.
pub(super) fn get<H, T>(path: &'static str, needs: Needs, audited: Audited, work: H) -> Endpoint
where
    H: Handler<T, Sources>,
    T: 'static,
{
    Endpoint::new(MethodFilter::GET, path, (needs, audited), work)
}

/// Does something, or makes something that is given a name.
pub(super) fn post<H, T>(path: &'static str, needs: Needs, audited: Audited, work: H) -> Endpoint
where
    H: Handler<T, Sources>,
    T: 'static,
{
    Endpoint::new(MethodFilter::POST, path, (needs, audited), work)
}

/// Changes something.
pub(super) fn patch<H, T>(path: &'static str, needs: Needs, audited: Audited, work: H) -> Endpoint
where
    H: Handler<T, Sources>,
    T: 'static,
{
    Endpoint::new(MethodFilter::PATCH, path, (needs, audited), work)
}

/// Takes something away.
pub(super) fn delete<H, T>(path: &'static str, needs: Needs, audited: Audited, work: H) -> Endpoint
where
    H: Handler<T, Sources>,
    T: 'static,
{
    Endpoint::new(MethodFilter::DELETE, path, (needs, audited), work)
}

impl Endpoint {
    fn new<H, T>(
        filter: MethodFilter,
        path: &'static str,
        (needs, audited): (Needs, Audited),
        work: H,
    ) -> Endpoint
    where
        H: Handler<T, Sources>,
        T: 'static,
    {
        Endpoint {
            path,
            needs,
            audited,
            work: on(filter, work),
            body_bytes_max: BODY_BYTES_MAX,
        }
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
            // The last layer is the first that is asked: nothing of a body is read before.
            .route_layer(from_fn_with_state(gate, guard::pass));
        router = router.route(endpoint.path, work);
    }
    router.with_state(sources.clone())
}
