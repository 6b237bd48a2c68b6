//! Fault rules in the control plane.

use std::sync::Arc;

use axum::extract::Path;
use axum::routing::{get, post};
use axum::{Extension, Json, Router};
use bytes::Bytes;
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Rule, RuleStatus};
use crate::control::{ControlError, document};
use crate::world::World;

/// Routes of the control plane below `/_mock` and `/_mock/worlds/{id}`; handlers find the world as an
/// [`axum::Extension`].
pub(crate) fn control_routes() -> Router {
    Router::new()
        .route("/faults", get(list).post(add).put(replace).delete(clear))
        .route("/faults/reset", post(reset_all))
        .route("/faults/{id}", get(show).delete(remove))
        .route("/faults/{id}/reset", post(reset))
}

type World_ = Extension<Arc<World>>;

/// One rule or several.
#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    Many(Vec<Value>),
    One(Value),
}

fn listing(rules: Vec<RuleStatus>) -> Json<Value> {
    Json(json!({ "faults": rules }))
}

fn unknown(id: &str) -> ControlError {
    ControlError::not_found(format!("there is no fault rule `{id}`"))
}

/// Typed one by one: the errors of an untagged enum would not name the wrong field.
fn rules(values: Vec<Value>) -> Result<Vec<Rule>, ControlError> {
    let typed = values.into_iter().map(serde_json::from_value).collect::<Result<_, _>>();
    typed.map_err(|error| ControlError::bad_request(format!("fault rule: {error}")))
}

async fn list(Extension(world): World_) -> Json<Value> {
    listing(world.faults.list())
}

async fn add(Extension(world): World_, body: Bytes) -> Result<(StatusCode, Json<Value>), ControlError> {
    let bad = ControlError::bad_request;
    match document(&body)? {
        OneOrMany::One(rule) => {
            let status = world.faults.add(&world, rule).map_err(bad)?;
            Ok((StatusCode::CREATED, Json(status)))
        }
        OneOrMany::Many(values) => {
            let mut added: Vec<RuleStatus> = Vec::new();
            for rule in rules(values)? {
                match world.faults.add_rule(rule) {
                    Ok(status) => added.push(status),
                    Err(reason) => {
                        // All or nothing: half a list would be a trap.
                        for status in added {
                            world.faults.remove(&status.id);
                        }
                        return Err(bad(reason));
                    }
                }
            }
            Ok((StatusCode::CREATED, listing(added)))
        }
    }
}

async fn replace(Extension(world): World_, body: Bytes) -> Result<Json<Value>, ControlError> {
    let rules = rules(document(&body)?)?;
    world.faults.replace(rules).map(listing).map_err(ControlError::bad_request)
}

async fn clear(Extension(world): World_) -> StatusCode {
    world.faults.clear();
    StatusCode::NO_CONTENT
}

async fn show(Extension(world): World_, Path(id): Path<String>) -> Result<Json<RuleStatus>, ControlError> {
    world.faults.get(&id).map(Json).ok_or_else(|| unknown(&id))
}

async fn remove(Extension(world): World_, Path(id): Path<String>) -> Result<StatusCode, ControlError> {
    if world.faults.remove(&id) { Ok(StatusCode::NO_CONTENT) } else { Err(unknown(&id)) }
}

async fn reset_all(Extension(world): World_) -> Json<Value> {
    world.faults.reset(None);
    listing(world.faults.list())
}

async fn reset(Extension(world): World_, Path(id): Path<String>) -> Result<Json<RuleStatus>, ControlError> {
    world.faults.reset(Some(&id));
    world.faults.get(&id).map(Json).ok_or_else(|| unknown(&id))
}
