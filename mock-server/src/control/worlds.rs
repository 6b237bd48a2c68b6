//! The list of worlds.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::routing::get;
use axum::{Json, Router};
use bytes::Bytes;
use http::StatusCode;
use serde_json::{Value, json};

use super::ControlError;
use crate::options::WorldSpec;
use crate::server::{Shared, world_url};
use crate::sync::read;
use crate::world::World;

pub(super) fn routes(shared: Arc<Shared>) -> Router {
    Router::new()
        .route("/worlds", get(list).post(create))
        .route("/worlds/{id}", get(show).delete(remove))
        .with_state(shared)
}

fn view(shared: &Shared, world: &World) -> Value {
    let state = read(&world.state);
    let control = if world.id == shared.worlds.default_world().id {
        format!("{}/_mock", shared.url)
    } else {
        format!("{}/_mock/worlds/{}", shared.url, world.id)
    };
    json!({
        "id": world.id,
        "url": world_url(&shared.url, &world.id),
        "control_url": control,
        "client_id": world.client_id,
        "client_secret": world.client_secret,
        "webhook_secret": world.webhook_secret,
        "now": world.now(),
        "conversations": state.conversations.len(),
        "tickets": state.tickets.len(),
    })
}

async fn list(State(shared): State<Arc<Shared>>) -> Json<Value> {
    let worlds: Vec<Value> = shared.worlds.list().iter().map(|world| view(&shared, world)).collect();
    Json(json!({ "worlds": worlds }))
}

async fn create(
    State(shared): State<Arc<Shared>>,
    body: Bytes,
) -> Result<(StatusCode, Json<Value>), ControlError> {
    let spec: WorldSpec = super::document(&body)?;
    let world = shared.worlds.create(spec).map_err(ControlError::bad_request)?;
    Ok((StatusCode::CREATED, Json(view(&shared, &world))))
}

async fn show(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
) -> Result<Json<Value>, ControlError> {
    match shared.worlds.get(&id) {
        Some(world) => Ok(Json(view(&shared, &world))),
        None => Err(ControlError::not_found(format!("there is no world `{id}`"))),
    }
}

async fn remove(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
) -> Result<StatusCode, ControlError> {
    if id == shared.worlds.default_world().id {
        return Err(ControlError::bad_request("the default world stays as long as the server"));
    }
    if shared.worlds.remove(&id) {
        shared.gates.close_world(&world_url("", &id));
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(ControlError::not_found(format!("there is no world `{id}`")))
    }
}
