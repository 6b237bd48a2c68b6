//! Things that happened in a world and that webhooks tell of.

use std::collections::VecDeque;
use std::sync::Mutex;

use chrono::{DateTime, SecondsFormat, Utc};
use serde::Serialize;
use serde_json::{Value, json};

use crate::model::{Conversation, Ticket};
use crate::sync::lock;

/// The documented kinds of events.
pub const EVENT_TYPES: [&str; 5] =
    ["conversation.created", "conversation.closed", "ticket.created", "ticket.updated", "ticket.resolved"];

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DomainEvent {
    /// Unique id; all deliveries and retries of the event carry it.
    pub id: String,
    /// Its kind, such as `ticket.created`.
    #[serde(rename = "event")]
    pub event_type: String,
    /// When it happened, on the world's clock.
    pub timestamp: DateTime<Utc>,
    /// What it is about.
    pub data: Value,
}

impl DomainEvent {
    /// The document that receivers get, in the form of the API's example.
    pub fn payload(&self) -> Value {
        json!({
            "event": self.event_type,
            "timestamp": self.timestamp.to_rfc3339_opts(SecondsFormat::Secs, true),
            "data": self.data,
        })
    }
}

/// The last events of a world.
#[derive(Debug, Default)]
pub(crate) struct EventLog {
    events: Mutex<VecDeque<DomainEvent>>,
}

/// How many events are kept.
const KEPT: usize = 1000;

impl EventLog {
    pub(crate) fn push(&self, event: DomainEvent) {
        let mut events = lock(&self.events);
        if events.len() >= KEPT {
            events.pop_front();
        }
        events.push_back(event);
    }

    pub(crate) fn list(&self) -> Vec<DomainEvent> {
        lock(&self.events).iter().cloned().collect()
    }

    pub(crate) fn clear(&self) {
        lock(&self.events).clear();
    }
}

/// What a conversation event tells.
pub(crate) fn conversation_data(item: &Conversation) -> Value {
    json!({
        "conversation_id": &*item.id,
        "user_id": &*item.user_id,
        "channel": item.channel,
        "status": item.status,
    })
}

/// What a ticket event tells.
pub(crate) fn ticket_data(item: &Ticket) -> Value {
    json!({
        "ticket_id": &*item.id,
        "title": &*item.title,
        "priority": item.priority,
        "status": item.status,
    })
}
