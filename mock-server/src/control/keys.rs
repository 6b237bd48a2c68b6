//! Keys and tokens of a world.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::extract::Path;
use axum::routing::{get, post};
use axum::{Extension, Json, Router};
use bytes::Bytes;
use http::StatusCode;
use serde::{Deserialize, Deserializer};
use serde_json::{Value, json};

use super::{ControlError, document};
use crate::keys::{KeySpec, KeyView, Scope};
use crate::limits::Plan;
use crate::time::{later, seconds};
use crate::world::World;

pub(super) fn routes() -> Router {
    Router::new()
        .route("/keys", get(list).post(create))
        .route("/keys/{client_id}", get(show).patch(change).delete(revoke))
        .route("/keys/{client_id}/rotate", post(rotate))
        .route("/tokens/revoke", post(revoke_tokens))
}

fn view(world: &World, client_id: &str) -> Result<Json<KeyView>, ControlError> {
    let view = world.keys.view(client_id, world.now());
    view.map(Json).ok_or_else(|| ControlError::not_found(format!("there is no key `{client_id}`")))
}

async fn list(Extension(world): Extension<Arc<World>>) -> Json<Value> {
    Json(json!({ "keys": world.keys.list(world.now()) }))
}

async fn create(
    Extension(world): Extension<Arc<World>>,
    body: Bytes,
) -> Result<(StatusCode, Json<KeyView>), ControlError> {
    let spec: KeySpec = document(&body)?;
    let key = world.keys.create(spec).map_err(ControlError::bad_request)?;
    Ok((StatusCode::CREATED, view(&world, &key.client_id)?))
}

async fn show(
    Extension(world): Extension<Arc<World>>,
    Path(client_id): Path<String>,
) -> Result<Json<KeyView>, ControlError> {
    view(&world, &client_id)
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct KeyChange {
    scopes: Option<BTreeSet<Scope>>,
    /// Null means the world's plan.
    #[serde(deserialize_with = "some_or_null")]
    plan: Option<Option<Plan>>,
}

/// Tells null from a missing key.
fn some_or_null<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<Option<T>>, D::Error> {
    Option::<T>::deserialize(deserializer).map(Some)
}

async fn change(
    Extension(world): Extension<Arc<World>>,
    Path(client_id): Path<String>,
    body: Bytes,
) -> Result<Json<KeyView>, ControlError> {
    let change: KeyChange = document(&body)?;
    world.keys.change(&client_id, change.scopes, change.plan);
    view(&world, &client_id)
}

async fn revoke(
    Extension(world): Extension<Arc<World>>,
    Path(client_id): Path<String>,
) -> Result<Json<KeyView>, ControlError> {
    world.keys.revoke(&client_id);
    view(&world, &client_id)
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Rotation {
    client_secret: Option<String>,
    overlap_seconds: f64,
}

async fn rotate(
    Extension(world): Extension<Arc<World>>,
    Path(client_id): Path<String>,
    body: Bytes,
) -> Result<Json<KeyView>, ControlError> {
    let rotation: Rotation = document(&body)?;
    let overlap = seconds(rotation.overlap_seconds)
        .ok_or_else(|| ControlError::bad_request("overlap_seconds is out of range"))?;
    if rotation.client_secret.as_ref().is_some_and(String::is_empty) {
        return Err(ControlError::bad_request("client_secret must not be empty"));
    }
    world.keys.rotate(&client_id, rotation.client_secret, later(world.now(), overlap));
    view(&world, &client_id)
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Revocation {
    client_id: Option<String>,
    token: Option<String>,
    jti: Option<String>,
}

/// Revokes the tokens that fit everything that is given; all of them if nothing is.
async fn revoke_tokens(
    Extension(world): Extension<Arc<World>>,
    body: Bytes,
) -> Result<Json<Value>, ControlError> {
    let which: Revocation = document(&body)?;
    let revoked = world.keys.revoke_tokens(|text, token| {
        which.client_id.as_ref().is_none_or(|id| *id == token.key.client_id)
            && which.token.as_ref().is_none_or(|wanted| wanted == text)
            && which.jti.as_ref().is_none_or(|jti| *jti == token.jti)
    });
    Ok(Json(json!({ "revoked": revoked })))
}
