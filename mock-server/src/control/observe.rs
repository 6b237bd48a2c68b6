//! What happened in a world: journal, events, and checks on the journal.

use std::sync::Arc;

use axum::extract::Query;
use axum::routing::{get, post};
use axum::{Extension, Json, Router};
use bytes::Bytes;
use http::StatusCode;
use serde_json::{Value, json};

use super::{ControlError, document};
use crate::verify::{Expectation, JournalFilter, Verification};
use crate::world::World;

pub(super) fn routes() -> Router {
    Router::new()
        .route("/journal", get(journal).delete(clear_journal))
        .route("/verify", post(verify))
        .route("/events", get(events).delete(clear_events))
}

async fn journal(
    Extension(world): Extension<Arc<World>>,
    Query(filter): Query<JournalFilter>,
) -> Json<Value> {
    let entries = filter.apply(world.journal.entries());
    Json(json!({ "entries": entries, "dropped": world.journal.dropped() }))
}

async fn clear_journal(Extension(world): Extension<Arc<World>>) -> StatusCode {
    world.journal.clear();
    StatusCode::NO_CONTENT
}

async fn verify(
    Extension(world): Extension<Arc<World>>,
    body: Bytes,
) -> Result<Json<Verification>, ControlError> {
    let expectation: Expectation = document(&body)?;
    expectation.check(&world.journal.entries()).map(Json).map_err(ControlError::bad_request)
}

async fn events(Extension(world): Extension<Arc<World>>) -> Json<Value> {
    Json(json!({ "events": world.events.list() }))
}

async fn clear_events(Extension(world): Extension<Arc<World>>) -> StatusCode {
    world.events.clear();
    StatusCode::NO_CONTENT
}
