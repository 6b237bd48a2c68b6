//! Webhooks and the inbox in the control plane.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, Query};
use axum::response::Response;
use axum::routing::{get, post};
use axum::{Extension, Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use http::{HeaderMap, StatusCode};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{
    Bad, Delivery, DeliveryState, Endpoint, EndpointChange, EndpointSpec, Inbox, InboxAnswer, SchemeChoice,
};
use crate::control::{AsItIs, ControlError, document};
use crate::events::DomainEvent;
use crate::world::World;

/// Routes of the control plane below `/_mock` and `/_mock/worlds/{id}`; handlers find the world as an
/// [`axum::Extension`].
pub(crate) fn control_routes() -> Router {
    Router::new()
        .route("/webhooks", get(list).post(add).delete(clear))
        .route("/webhooks/trigger", post(trigger))
        .route("/webhooks/sign", post(sign))
        .route("/webhooks/settle", post(settle))
        .route("/webhooks/deliveries", get(deliveries).delete(clear_deliveries))
        .route("/webhooks/deliveries/{id}", get(delivery))
        .route("/webhooks/deliveries/{id}/resend", post(resend))
        .route("/webhooks/{id}", get(show).patch(change).delete(remove))
        .route("/webhooks/{id}/rotate", post(rotate))
        .route("/webhooks/{id}/bad", post(bad))
        .route("/inbox", get(received).post(receive).delete(clear_inbox))
        .route("/inbox/answers", get(answers).put(plan))
}

type Of = Extension<Arc<World>>;

fn yes() -> bool {
    true
}

fn no_endpoint(id: &str) -> ControlError {
    ControlError::not_found(format!("there is no webhook endpoint `{id}`"))
}

fn no_delivery(id: &str) -> ControlError {
    ControlError::not_found(format!("there is no delivery `{id}`"))
}

async fn list(Extension(world): Of) -> Json<Value> {
    Json(json!({ "webhooks": world.webhooks.endpoints() }))
}

async fn add(Extension(world): Of, body: Bytes) -> Result<(StatusCode, Json<Endpoint>), ControlError> {
    let spec: EndpointSpec = document(&body)?;
    let endpoint = world.webhooks.add(&world, spec).map_err(ControlError::bad_request)?;
    Ok((StatusCode::CREATED, Json(endpoint)))
}

async fn clear(Extension(world): Of) -> StatusCode {
    world.webhooks.clear();
    StatusCode::NO_CONTENT
}

async fn show(Extension(world): Of, Path(id): Path<String>) -> Result<Json<Endpoint>, ControlError> {
    world.webhooks.endpoint(&id).map(Json).ok_or_else(|| no_endpoint(&id))
}

async fn change(
    Extension(world): Of,
    Path(id): Path<String>,
    body: Bytes,
) -> Result<Json<Endpoint>, ControlError> {
    let change: EndpointChange = document(&body)?;
    let changed = world.webhooks.change(&id, change).ok_or_else(|| no_endpoint(&id))?;
    changed.map(Json).map_err(ControlError::bad_request)
}

async fn remove(Extension(world): Of, Path(id): Path<String>) -> Result<StatusCode, ControlError> {
    if world.webhooks.remove(&id) { Ok(StatusCode::NO_CONTENT) } else { Err(no_endpoint(&id)) }
}

fn a_day() -> f64 {
    86_400.0
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Rotation {
    secret: Option<String>,
    #[serde(default = "a_day")]
    overlap_seconds: f64,
}

async fn rotate(
    Extension(world): Of,
    Path(id): Path<String>,
    body: Bytes,
) -> Result<Json<Endpoint>, ControlError> {
    let Rotation { secret, overlap_seconds } = document(&body)?;
    let overlap = crate::time::seconds(overlap_seconds)
        .ok_or_else(|| ControlError::bad_request("overlap_seconds is out of range"))?;
    let rotated = world.webhooks.rotate(&world, &id, secret, overlap).ok_or_else(|| no_endpoint(&id))?;
    rotated.map(Json).map_err(ControlError::bad_request)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Trigger {
    event: String,
    #[serde(default)]
    data: Option<Value>,
    #[serde(default = "yes")]
    wait: bool,
}

/// Data of a made-up event, in the form of the real ones.
fn sample(event: &str) -> Value {
    if event.starts_with("conversation.") {
        let status = if event == "conversation.closed" { "closed" } else { "active" };
        json!({"conversation_id": "conv_001", "user_id": "user_123", "channel": "web", "status": status})
    } else {
        let status = if event == "ticket.resolved" { "resolved" } else { "open" };
        json!({"ticket_id": "ticket_001", "title": "产品咨询", "priority": "medium", "status": status})
    }
}

async fn trigger(Extension(world): Of, body: Bytes) -> Result<Json<Value>, ControlError> {
    let Trigger { event, data, wait } = document(&body)?;
    let data = data.unwrap_or_else(|| sample(&event));
    let event = world.emit(&event, data);
    if wait {
        world.webhooks.settle().await;
    }
    let made = world.webhooks.deliveries().into_iter().filter(|made| made.event_id == event.id);
    let made: Vec<Delivery> = made.collect();
    Ok(Json(json!({ "event": event, "deliveries": made })))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BadDelivery {
    bad: Bad,
    #[serde(default)]
    event: Option<String>,
    #[serde(default)]
    data: Option<Value>,
}

async fn bad(
    Extension(world): Of,
    Path(id): Path<String>,
    body: Bytes,
) -> Result<Json<Delivery>, ControlError> {
    let BadDelivery { bad, event, data } = document(&body)?;
    if world.webhooks.endpoint(&id).is_none() {
        return Err(no_endpoint(&id));
    }
    let event_type = event.unwrap_or_else(|| "ticket.created".to_owned());
    let event = DomainEvent {
        id: format!("evt_{}", uuid::Uuid::new_v4().simple()),
        data: data.unwrap_or_else(|| sample(&event_type)),
        event_type,
        timestamp: world.now(),
    };
    world.webhooks.send_bad(&world, &id, &event, &bad).await.map(Json).map_err(ControlError::bad_request)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Sign {
    #[serde(default)]
    body: Option<String>,
    #[serde(default)]
    body_base64: Option<String>,
    #[serde(default)]
    id: Option<String>,
    #[serde(default)]
    timestamp: Option<Value>,
    #[serde(default)]
    secret: Option<String>,
    #[serde(default)]
    scheme: SchemeChoice,
}

async fn sign(Extension(world): Of, body: Bytes) -> Result<Json<Value>, ControlError> {
    let bad = ControlError::bad_request;
    let asked: Sign = document(&body)?;
    let body = match (asked.body, asked.body_base64) {
        (Some(text), None) => text.into_bytes(),
        (None, Some(text)) => STANDARD.decode(text).map_err(|error| bad(format!("body_base64: {error}")))?,
        _ => return Err(bad("give either body or body_base64".to_owned())),
    };
    let id = asked.id.unwrap_or_else(|| format!("evt_{}", uuid::Uuid::new_v4().simple()));
    let timestamp = match asked.timestamp {
        None => world.now().timestamp().to_string(),
        Some(Value::String(text)) => text,
        Some(Value::Number(number)) => number.to_string(),
        Some(_) => return Err(bad("timestamp: a number of seconds, or text".to_owned())),
    };
    let secret = asked.secret.unwrap_or_else(|| world.webhook_secret.clone());
    let scheme = asked.scheme.scheme();
    scheme.validate().map_err(bad)?;
    let headers = scheme.headers(&[secret], &id, &timestamp, &body).map_err(bad)?;
    let headers: Map<String, Value> =
        headers.into_iter().map(|(name, value)| (name, Value::String(value))).collect();
    Ok(Json(json!({ "id": id, "timestamp": timestamp, "headers": headers })))
}

async fn settle(Extension(world): Of) -> Json<Value> {
    world.webhooks.settle().await;
    let pending: Vec<Delivery> = world
        .webhooks
        .deliveries()
        .into_iter()
        .filter(|delivery| delivery.state == DeliveryState::Pending)
        .collect();
    Json(json!({ "pending": pending }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Filter {
    event: Option<String>,
    event_id: Option<String>,
    endpoint: Option<String>,
    state: Option<DeliveryState>,
    since: Option<DateTime<Utc>>,
}

async fn deliveries(Extension(world): Of, Query(filter): Query<Filter>) -> Json<Value> {
    let same = |wanted: &Option<String>, value: &str| wanted.as_deref().is_none_or(|wanted| wanted == value);
    let chosen: Vec<Delivery> = world
        .webhooks
        .deliveries()
        .into_iter()
        .filter(|delivery| {
            same(&filter.event, &delivery.event)
                && same(&filter.event_id, &delivery.event_id)
                && same(&filter.endpoint, &delivery.endpoint)
                && filter.state.is_none_or(|state| state == delivery.state)
                && filter.since.is_none_or(|since| since <= delivery.created_at)
        })
        .collect();
    Json(json!({ "deliveries": chosen }))
}

async fn clear_deliveries(Extension(world): Of) -> StatusCode {
    world.webhooks.clear_log();
    StatusCode::NO_CONTENT
}

async fn delivery(Extension(world): Of, Path(id): Path<String>) -> Result<Json<Delivery>, ControlError> {
    world.webhooks.delivery(&id).map(Json).ok_or_else(|| no_delivery(&id))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Resend {
    #[serde(default = "yes")]
    wait: bool,
}

async fn resend(
    Extension(world): Of,
    Path(id): Path<String>,
    body: Bytes,
) -> Result<Json<Delivery>, ControlError> {
    let Resend { wait } = document(&body)?;
    let started = world.webhooks.resend(&world, &id).ok_or_else(|| no_delivery(&id))?;
    started.map_err(ControlError::bad_request)?;
    if wait {
        world.webhooks.settle().await;
    }
    world.webhooks.delivery(&id).map(Json).ok_or_else(|| no_delivery(&id))
}

fn inbox(world: &World) -> &Inbox {
    &world.webhooks.inbox
}

async fn received(Extension(world): Of) -> Json<Value> {
    Json(json!({ "received": inbox(&world).list() }))
}

async fn receive(Extension(world): Of, headers: HeaderMap, body: Bytes) -> Response {
    let answer = world.webhooks.deliver_to_inbox(&world, &headers, &body).await;
    let mut response = Response::new(Body::from(answer.body));
    // Both were checked when the answer was planned.
    *response.status_mut() = StatusCode::from_u16(answer.status).unwrap_or_default();
    for (name, value) in &answer.headers {
        if let (Ok(name), Ok(value)) = (http::HeaderName::try_from(name), http::HeaderValue::try_from(value))
        {
            response.headers_mut().insert(name, value);
        }
    }
    response.extensions_mut().insert(AsItIs);
    response
}

async fn clear_inbox(Extension(world): Of) -> StatusCode {
    inbox(&world).clear();
    StatusCode::NO_CONTENT
}

async fn answers(Extension(world): Of) -> Json<Value> {
    Json(json!({ "answers": inbox(&world).planned() }))
}

async fn plan(Extension(world): Of, body: Bytes) -> Result<Json<Value>, ControlError> {
    let planned: Vec<InboxAnswer> = document(&body)?;
    inbox(&world).plan(planned).map_err(ControlError::bad_request)?;
    Ok(Json(json!({ "answers": inbox(&world).planned() })))
}
