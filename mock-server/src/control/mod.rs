//! The control plane: `/_mock/…` for the default world, `/_mock/worlds/{id}/…` for any other.

mod data;
mod guard;
mod keys;
mod observe;
mod settings;
mod worlds;

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::DefaultBodyLimit;
use axum::response::IntoResponse as _;
use http::header::{ALLOW, CONTENT_TYPE};
use http::{Request, Response, StatusCode};
use serde_json::json;
use tower::ServiceExt as _;

pub(crate) use guard::Guard;

use crate::server::{Shared, world_url};
use crate::wire::gates;
use crate::world::World;
use crate::{faults, webhooks};

/// An error of the control plane.
#[derive(Debug)]
pub(crate) struct ControlError {
    status: StatusCode,
    message: String,
}

impl ControlError {
    pub(crate) fn bad_request(message: impl Into<String>) -> Self {
        Self { status: StatusCode::BAD_REQUEST, message: message.into() }
    }

    pub(crate) fn not_found(message: impl Into<String>) -> Self {
        Self { status: StatusCode::NOT_FOUND, message: message.into() }
    }
}

impl axum::response::IntoResponse for ControlError {
    fn into_response(self) -> axum::response::Response {
        let body = json!({ "code": self.status.as_u16(), "message": self.message });
        (self.status, Json(body)).into_response()
    }
}

/// Answers a request to the control plane.
pub(crate) async fn answer(shared: Arc<Shared>, mut request: Request<Body>) -> Response<Body> {
    if let Err(refusal) = shared.guard.admit(request.uri(), request.headers()) {
        return refusal.into_response();
    }
    let path = request.uri().path().strip_prefix("/_mock").unwrap_or_default().to_owned();
    let inside = path.strip_prefix("/worlds/").and_then(|rest| rest.split_once('/'));
    let (world, rest) = match inside {
        Some((id, rest)) => match shared.worlds.get(id) {
            Some(world) => (world, format!("/{rest}")),
            None => return no_world(id),
        },
        None => (
            Arc::clone(shared.worlds.default_world()),
            if path.is_empty() { "/".to_owned() } else { path.clone() },
        ),
    };
    let query = request.uri().query().map(|query| format!("?{query}")).unwrap_or_default();
    match format!("{rest}{query}").parse() {
        Ok(uri) => *request.uri_mut() = uri,
        Err(error) => {
            return ControlError::bad_request(format!("the path is no URI: {error}")).into_response();
        }
    }
    // The list of worlds belongs to the server, everything else to a world.
    let routes = if inside.is_some() {
        of_a_world(&shared, world)
    } else {
        of_a_world(&shared, world).merge(worlds::routes(shared))
    };
    // World documents and deliveries may be of any size.
    let routes = routes.layer(DefaultBodyLimit::disable());
    match routes.oneshot(request).await {
        Ok(response) => in_one_form(response).await,
        Err(never) => match never {},
    }
}

/// Marks an answer that is not the control plane's own.
#[derive(Clone)]
pub(crate) struct AsItIs;

/// Gives what the framework refuses (method, query, path) the form of all other errors.
async fn in_one_form(response: Response<Body>) -> Response<Body> {
    let error = response.status().is_client_error();
    if !error
        || response.extensions().get::<AsItIs>().is_some()
        || response.headers().get(CONTENT_TYPE).is_some_and(|kind| kind == "application/json")
    {
        return response;
    }
    let (parts, body) = response.into_parts();
    // A sentence at most; what cannot be read is left out.
    let text = axum::body::to_bytes(body, 4096).await.unwrap_or_default();
    let message = match String::from_utf8_lossy(&text).into_owned() {
        empty if empty.is_empty() => parts.status.canonical_reason().unwrap_or("refused").to_owned(),
        text => text,
    };
    let mut response = ControlError { status: parts.status, message }.into_response();
    response.headers_mut().extend(parts.headers.get(ALLOW).map(|allow| (ALLOW, allow.clone())));
    response
}

/// Reads the JSON document of a request; no body at all counts as `{}`.
///
/// Wrong documents are refused with the name of the key: a misspelt option must not pass unnoticed.
pub(crate) fn document<T: serde::de::DeserializeOwned>(body: &[u8]) -> Result<T, ControlError> {
    let body = if body.trim_ascii().is_empty() { b"{}" } else { body };
    serde_json::from_slice(body).map_err(|error| ControlError::bad_request(error.to_string()))
}

/// Routes that act on one world.
fn of_a_world(shared: &Shared, world: Arc<World>) -> axum::Router {
    axum::Router::new()
        .merge(settings::routes())
        .merge(keys::routes())
        .merge(data::routes())
        .merge(observe::routes())
        .merge(faults::control_routes())
        .merge(webhooks::control_routes())
        .merge(gates::routes(shared.gates.clone(), &world_url("", &world.id)))
        .fallback(|| async { ControlError::not_found("the control plane has nothing at this path") })
        .layer(axum::Extension(world))
}

/// The answer for a world that does not exist.
pub(crate) fn no_world(id: &str) -> Response<Body> {
    ControlError::not_found(format!("there is no world `{id}`")).into_response()
}
