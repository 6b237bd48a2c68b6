//! Options, clock, seed and snapshots of a world.

use std::sync::Arc;

use axum::extract::Path;
use axum::routing::{get, post, put};
use axum::{Extension, Json, Router};
use bytes::Bytes;
use chrono::{DateTime, Utc};
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{ControlError, document};
use crate::clock::{ClockMode, ClockReading};
use crate::options::{NO_REAL_TIME, WorldOptions};
use crate::seed::SeedSpec;
use crate::sync::read;
use crate::time::{check_clock, seconds};
use crate::world::World;

pub(super) fn routes() -> Router {
    Router::new()
        .route("/health", get(health))
        .route("/version", get(version))
        .route("/options", get(options).patch(change_options))
        .route("/clock", get(clock).put(set_clock))
        .route("/clock/advance", post(advance))
        .route("/limits/reset", post(reset_limits))
        .route("/seed", post(seed))
        .route("/snapshots", get(snapshots))
        .route("/snapshots/{name}", put(snapshot).delete(forget))
        .route("/snapshots/{name}/restore", post(restore))
}

async fn health() -> Json<Value> {
    Json(json!({ "status": "ok", "version": env!("CARGO_PKG_VERSION") }))
}

async fn version() -> Json<Value> {
    Json(json!({ "name": env!("CARGO_PKG_NAME"), "version": env!("CARGO_PKG_VERSION") }))
}

async fn options(Extension(world): Extension<Arc<World>>) -> Json<WorldOptions> {
    Json(WorldOptions::clone(&world.options()))
}

/// A merge patch (RFC 7396): what is not named stays, null goes back to the default.
async fn change_options(
    Extension(world): Extension<Arc<World>>,
    body: Bytes,
) -> Result<Json<WorldOptions>, ControlError> {
    let patch: Value = document(&body)?;
    let mut value =
        serde_json::to_value(&*world.options()).map_err(|e| ControlError::bad_request(e.to_string()))?;
    merge(&mut value, patch);
    let options: WorldOptions =
        serde_json::from_value(value).map_err(|error| ControlError::bad_request(error.to_string()))?;
    world.set_options(options.clone()).map_err(ControlError::bad_request)?;
    Ok(Json(options))
}

fn merge(target: &mut Value, patch: Value) {
    match (target, patch) {
        (Value::Object(target), Value::Object(patch)) => {
            for (name, value) in patch {
                if value.is_null() {
                    target.remove(&name);
                } else {
                    merge(target.entry(name).or_insert(Value::Null), value);
                }
            }
        }
        (target, patch) => *target = patch,
    }
}

async fn clock(Extension(world): Extension<Arc<World>>) -> Json<ClockReading> {
    Json(world.clock.reading())
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct ClockChange {
    mode: Option<ClockMode>,
    at: Option<DateTime<Utc>>,
}

async fn set_clock(
    Extension(world): Extension<Arc<World>>,
    body: Bytes,
) -> Result<Json<Value>, ControlError> {
    let change: ClockChange = document(&body)?;
    if change.mode == Some(ClockMode::Real) && change.at.is_some() {
        return Err(ControlError::bad_request(NO_REAL_TIME));
    }
    if let Some(at) = change.at {
        check_clock("at", at).map_err(ControlError::bad_request)?;
    }
    if let Some(mode) = change.mode {
        world.clock.set_mode(mode).await;
    }
    let ran = match change.at {
        Some(at) => world.set_clock(at).await,
        None => 0,
    };
    Ok(ran_to(&world, ran))
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Advance {
    seconds: f64,
}

async fn advance(Extension(world): Extension<Arc<World>>, body: Bytes) -> Result<Json<Value>, ControlError> {
    let advance: Advance = document(&body)?;
    let by = seconds(advance.seconds)
        .filter(|by| *by >= chrono::TimeDelta::zero())
        .ok_or_else(|| ControlError::bad_request("seconds must be a number from 0 to 1e11"))?;
    if let Some(target) = world.now().checked_add_signed(by) {
        check_clock("the time afterwards", target).map_err(ControlError::bad_request)?;
    }
    let ran = world.advance(by).await;
    Ok(ran_to(&world, ran))
}

fn ran_to(world: &World, ran: usize) -> Json<Value> {
    let mut answer = json!(world.clock.reading());
    if let Some(object) = answer.as_object_mut() {
        object.insert("jobs_run".to_owned(), json!(ran));
    }
    Json(answer)
}

async fn reset_limits(Extension(world): Extension<Arc<World>>) -> StatusCode {
    world.keys.reset_limits();
    StatusCode::NO_CONTENT
}

async fn seed(Extension(world): Extension<Arc<World>>, body: Bytes) -> Result<Json<Value>, ControlError> {
    let spec: SeedSpec = document(&body)?;
    world.seed(&spec).map_err(ControlError::bad_request)?;
    let state = read(&world.state);
    Ok(Json(json!({ "conversations": state.conversations.len(), "tickets": state.tickets.len() })))
}

async fn snapshots(Extension(world): Extension<Arc<World>>) -> Json<Value> {
    let list: Vec<Value> = world
        .snapshots()
        .into_iter()
        .map(|(name, taken_at)| json!({ "name": name, "taken_at": taken_at }))
        .collect();
    Json(json!({ "snapshots": list }))
}

async fn snapshot(Extension(world): Extension<Arc<World>>, Path(name): Path<String>) -> Json<Value> {
    world.snapshot(&name);
    Json(json!({ "name": name, "taken_at": world.now() }))
}

async fn restore(
    Extension(world): Extension<Arc<World>>,
    Path(name): Path<String>,
) -> Result<Json<ClockReading>, ControlError> {
    if world.restore(&name).await {
        Ok(Json(world.clock.reading()))
    } else {
        Err(ControlError::not_found(format!("there is no snapshot `{name}`")))
    }
}

async fn forget(
    Extension(world): Extension<Arc<World>>,
    Path(name): Path<String>,
) -> Result<StatusCode, ControlError> {
    if world.forget_snapshot(&name) {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(ControlError::not_found(format!("there is no snapshot `{name}`")))
    }
}
