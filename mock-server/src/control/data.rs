//! Conversations and tickets past the API: to make lists drift, and for what the API cannot do.

use std::borrow::Cow;
use std::sync::Arc;

use axum::extract::{Path, Query};
use axum::routing::{patch, post};
use axum::{Extension, Json, Router};
use bytes::Bytes;
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{ControlError, document};
use crate::api::tickets::change_ticket;
use crate::events::{conversation_data, ticket_data};
use crate::items::{ConversationItem, TicketItem};
use crate::model::{Conversation, Ticket};
use crate::state::TicketChange;
use crate::sync::{read, write};
use crate::world::World;

pub(super) fn routes() -> Router {
    Router::new()
        .route("/conversations", post(add_conversations))
        .route("/conversations/{id}", patch(change_conversation).delete(remove_conversation))
        .route("/conversations/{id}/close", post(close))
        .route("/conversations/{id}/bump", post(bump_conversation))
        .route("/tickets", post(add_tickets))
        .route("/tickets/{id}", patch(change_a_ticket).delete(remove_ticket))
        .route("/tickets/{id}/bump", post(bump_ticket))
}

/// One item, or several as a list.
#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    Many(Vec<Value>),
    One(Value),
}

/// Items are read one by one: an untagged enum would swallow the name of a wrong key.
fn items<T: serde::de::DeserializeOwned>(body: &[u8]) -> Result<Vec<T>, ControlError> {
    let values = match document(body)? {
        OneOrMany::Many(values) => values,
        OneOrMany::One(value) => vec![value],
    };
    let read =
        |value| serde_json::from_value(value).map_err(|error| ControlError::bad_request(error.to_string()));
    values.into_iter().map(read).collect()
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Emit {
    /// Whether the change causes the event that the API would cause.
    emit: bool,
}

fn json_of(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or(Value::Null)
}

fn no_conversation(id: &str) -> ControlError {
    ControlError::not_found(format!("there is no conversation `{id}`"))
}

fn no_ticket(id: &str) -> ControlError {
    ControlError::not_found(format!("there is no ticket `{id}`"))
}

async fn add_conversations(
    Extension(world): Extension<Arc<World>>,
    Query(Emit { emit }): Query<Emit>,
    body: Bytes,
) -> Result<(StatusCode, Json<Value>), ControlError> {
    let (options, now) = (world.options(), world.now());
    let mut added: Vec<Arc<Conversation>> = Vec::new();
    {
        let items: Vec<ConversationItem> = items(&body)?;
        let mut state = write(&world.state);
        for item in items {
            let id = item.insert(&mut state, now, &options.answers);
            added.extend(state.conversations.get(&id).cloned());
        }
    }
    if emit {
        for item in &added {
            world.emit("conversation.created", conversation_data(item));
        }
    }
    let added: Vec<Value> = added.iter().map(|item| json_of(&item.json)).collect();
    Ok((StatusCode::CREATED, Json(json!({ "items": added }))))
}

async fn change_conversation(
    Extension(world): Extension<Arc<World>>,
    Path(id): Path<String>,
    body: Bytes,
) -> Result<Json<Value>, ControlError> {
    let change: ConversationItem = document(&body)?;
    if change.id.is_some() {
        return Err(ControlError::bad_request("the id cannot be changed"));
    }
    let (options, now) = (world.options(), world.now());
    let keep = options.answers.timestamps;
    let updated_at = change.updated_at.unwrap_or(now);
    let item = write(&world.state).change_conversation(&id, updated_at, &options.answers, |item| {
        if let Some(user_id) = change.user_id {
            item.user_id = user_id.into();
        }
        if let Some(channel) = change.channel {
            item.channel = Cow::Owned(channel);
        }
        if let Some(status) = change.status {
            item.status = Cow::Owned(status);
        }
        if let Some(created_at) = change.created_at {
            item.created = keep.keep(created_at);
        }
        if let Some(message) = change.initial_message {
            item.initial_message = Some(message.into());
        }
        item.response_seconds = change.response_seconds.unwrap_or(item.response_seconds);
        item.satisfied = change.satisfied.unwrap_or(item.satisfied);
        if let Some(extra) = change.extra {
            item.extra = Some(Box::new(extra));
        }
    });
    item.map(|item| Json(json_of(&item.json))).ok_or_else(|| no_conversation(&id))
}

async fn remove_conversation(
    Extension(world): Extension<Arc<World>>,
    Path(id): Path<String>,
) -> Result<StatusCode, ControlError> {
    let removed = write(&world.state).remove_conversation(&id);
    removed.map(|_| StatusCode::NO_CONTENT).ok_or_else(|| no_conversation(&id))
}

/// The API has no operation that closes a conversation; in the service an agent does it.
async fn close(
    Extension(world): Extension<Arc<World>>,
    Path(id): Path<String>,
) -> Result<Json<Value>, ControlError> {
    let (options, now) = (world.options(), world.now());
    let (was_closed, item) = {
        let mut state = write(&world.state);
        let before = state.conversations.get(&id).ok_or_else(|| no_conversation(&id))?;
        let was_closed = before.status == "closed";
        let close = |item: &mut Conversation| item.status = Cow::Borrowed("closed");
        (was_closed, state.change_conversation(&id, now, &options.answers, close))
    };
    let item = item.ok_or_else(|| no_conversation(&id))?;
    if !was_closed {
        world.emit("conversation.closed", conversation_data(&item));
    }
    Ok(Json(json_of(&item.json)))
}

async fn bump_conversation(
    Extension(world): Extension<Arc<World>>,
    Path(id): Path<String>,
) -> Result<Json<Value>, ControlError> {
    let (options, now) = (world.options(), world.now());
    let item = write(&world.state).change_conversation(&id, now, &options.answers, |_| {});
    item.map(|item| Json(json_of(&item.json))).ok_or_else(|| no_conversation(&id))
}

async fn add_tickets(
    Extension(world): Extension<Arc<World>>,
    Query(Emit { emit }): Query<Emit>,
    body: Bytes,
) -> Result<(StatusCode, Json<Value>), ControlError> {
    let (options, now) = (world.options(), world.now());
    let mut added: Vec<Arc<Ticket>> = Vec::new();
    {
        let items: Vec<TicketItem> = items(&body)?;
        let mut state = write(&world.state);
        for item in items {
            let id = item.insert(&mut state, now, &options.answers);
            added.extend(state.tickets.get(&id).cloned());
        }
    }
    if emit {
        for item in &added {
            world.emit("ticket.created", ticket_data(item));
        }
    }
    let added: Vec<Value> = added.iter().map(|item| json_of(&item.json)).collect();
    Ok((StatusCode::CREATED, Json(json!({ "items": added }))))
}

/// What the control plane can change about a ticket.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct TicketPatch {
    status: Option<String>,
    priority: Option<String>,
    assignee_id: Option<String>,
    comment: Option<String>,
}

async fn change_a_ticket(
    Extension(world): Extension<Arc<World>>,
    Path(id): Path<String>,
    Query(Emit { emit }): Query<Emit>,
    body: Bytes,
) -> Result<Json<Value>, ControlError> {
    let patch: TicketPatch = document(&body)?;
    let change = TicketChange {
        status: patch.status.map(Cow::Owned),
        priority: patch.priority.map(Cow::Owned),
        // An empty text takes the assignee away.
        assignee_id: patch.assignee_id.map(|id| Some(id).filter(|id| !id.is_empty())),
        comment: patch.comment,
    };
    let options = world.options();
    let item = if emit {
        change_ticket(&world, &id, change)
    } else {
        let now = world.now();
        write(&world.state).change_ticket(&id, now, &options.answers, change)
    };
    item.map(|item| Json(json_of(&item.detail(&options.answers)))).ok_or_else(|| no_ticket(&id))
}

async fn remove_ticket(
    Extension(world): Extension<Arc<World>>,
    Path(id): Path<String>,
) -> Result<StatusCode, ControlError> {
    let removed = write(&world.state).remove_ticket(&id);
    removed.map(|_| StatusCode::NO_CONTENT).ok_or_else(|| no_ticket(&id))
}

async fn bump_ticket(
    Extension(world): Extension<Arc<World>>,
    Path(id): Path<String>,
) -> Result<Json<Value>, ControlError> {
    let (options, now) = (world.options(), world.now());
    let exists = read(&world.state).tickets.get(&id).is_some();
    let item = exists
        .then(|| write(&world.state).change_ticket(&id, now, &options.answers, TicketChange::default()))
        .flatten();
    item.map(|item| Json(json_of(&item.json))).ok_or_else(|| no_ticket(&id))
}
