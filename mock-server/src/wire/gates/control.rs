//! Gates in the control plane.

use std::io;
use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use bytes::Bytes;
use http::StatusCode;
use serde_json::json;

use super::{GateStatus, Gates, invalid};
use crate::control::{ControlError, document};

fn refuse(error: &io::Error) -> Response {
    let status = match error.kind() {
        io::ErrorKind::InvalidInput => StatusCode::BAD_REQUEST,
        io::ErrorKind::AddrInUse => StatusCode::CONFLICT,
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    };
    (status, Json(json!({"code": status.as_u16(), "message": error.to_string()}))).into_response()
}

fn shown(status: Option<GateStatus>) -> Response {
    match status {
        Some(status) => Json(status).into_response(),
        None => ControlError::not_found("there is no such gate").into_response(),
    }
}

#[derive(Clone)]
struct Scope {
    gates: Gates,
    base: Arc<str>,
}

impl Scope {
    fn find(&self, id: u64) -> Result<u64, ControlError> {
        self.gates.of(&self.base, id).ok_or_else(|| ControlError::not_found("there is no such gate"))
    }
}

/// `/gates` of the control plane, for the gates of the world with the path `base`.
pub fn routes(gates: Gates, base: &str) -> Router {
    Router::new()
        .route("/gates", get(list).post(create))
        .route("/gates/{id}", get(show).delete(remove))
        .route("/gates/{id}/stop", post(stop))
        .route("/gates/{id}/start", post(start))
        .route("/gates/{id}/behaviour", axum::routing::put(behave))
        .with_state(Scope { gates, base: base.into() })
}

async fn list(State(scope): State<Scope>) -> Response {
    Json(json!({"gates": scope.gates.list(&scope.base)})).into_response()
}

async fn create(State(scope): State<Scope>, body: Bytes) -> Result<Response, ControlError> {
    let options = document(&body)?;
    Ok(match scope.gates.open(&scope.base, options).await {
        Ok(status) => (StatusCode::CREATED, Json(status)).into_response(),
        Err(error) => refuse(&error),
    })
}

async fn show(State(scope): State<Scope>, Path(id): Path<u64>) -> Result<Response, ControlError> {
    let id = scope.find(id)?;
    Ok(shown(scope.gates.status(id)))
}

async fn remove(State(scope): State<Scope>, Path(id): Path<u64>) -> Result<Response, ControlError> {
    let id = scope.find(id)?;
    Ok(if scope.gates.remove(id).await { StatusCode::NO_CONTENT.into_response() } else { shown(None) })
}

async fn stop(State(scope): State<Scope>, Path(id): Path<u64>) -> Result<Response, ControlError> {
    let id = scope.find(id)?;
    Ok(shown(scope.gates.stop(id).await))
}

async fn start(State(scope): State<Scope>, Path(id): Path<u64>) -> Result<Response, ControlError> {
    let id = scope.find(id)?;
    Ok(match scope.gates.start(id).await {
        Ok(status) => shown(status),
        Err(error) => refuse(&error),
    })
}

async fn behave(
    State(scope): State<Scope>,
    Path(id): Path<u64>,
    body: Bytes,
) -> Result<Response, ControlError> {
    let id = scope.find(id)?;
    let behaviour = document(&body)?;
    Ok(match scope.gates.behave(id, behaviour) {
        Ok(status) => shown(status),
        Err(reason) => refuse(&invalid(reason)),
    })
}
