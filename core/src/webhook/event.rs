//! The verified event.

use super::body::{Parsed, parse};
use super::payload::{ConversationPayload, TicketPayload};
use crate::error::Result;
use crate::models::Extra;
use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::Value;

/// The event types that this version knows (API reference, "事件类型"). Others arrive as
/// [`EventData::Unknown`].
pub const EVENT_TYPES: &[&str] =
    &["conversation.created", "conversation.closed", "ticket.created", "ticket.updated", "ticket.resolved"];

/// A webhook whose signature was good.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Event {
    /// The id of the webhook, the same in every retry of it; `None` if the scheme has none.
    pub id: Option<String>,
    /// The type as it was sent, such as `ticket.created`, also where it is unknown.
    pub event_type: String,
    /// When it happened, by the body; `None` if it was missing or not an instant (then it is in `extra`).
    pub timestamp: Option<DateTime<Utc>>,
    /// When this attempt was sent, by the signed timestamp; `None` if the scheme has none.
    pub sent_at: Option<DateTime<Utc>>,
    /// What happened.
    pub data: EventData,
    /// What the body held beyond these fields.
    pub extra: Extra,
    pub(super) raw: String,
    pub(super) body_hash: Option<String>,
}

impl Event {
    /// The body as text, byte for byte as it was signed, except for a byte order mark, which is left out.
    #[must_use]
    pub fn raw(&self) -> &str {
        &self.raw
    }

    /// What identifies this webhook among all that were ever sent, for a [`super::ReplayGuard`]: its id, or
    /// without one the SHA-256 of the raw body in hexadecimal.
    ///
    /// Without an id two events with equal bodies are one: their timestamps are all that sets them apart.
    #[must_use]
    pub fn dedupe_key(&self) -> &str {
        self.id.as_deref().or(self.body_hash.as_deref()).unwrap_or_default()
    }

    /// An event that was verified before and then kept as data, such as in a queue of jobs: from its
    /// [`raw`](Self::raw), id, time of sending and [`dedupe_key`](Self::dedupe_key). Nothing is verified.
    ///
    /// ```
    /// use zhifuyun::webhook::Event;
    ///
    /// let event = Event::from_verified(r#"{"event":"ticket.created"}"#, None, None, "kept with it")?;
    /// assert_eq!((event.event_type.as_str(), event.dedupe_key()), ("ticket.created", "kept with it"));
    /// # Ok::<(), zhifuyun::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// `WebhookVerification`, if `raw` is not the body of an event.
    pub fn from_verified(
        raw: &str,
        id: Option<String>,
        sent_at: Option<DateTime<Utc>>,
        dedupe_key: &str,
    ) -> Result<Self> {
        let Parsed { event_type, timestamp, data, extra, raw } = parse(raw.as_bytes())?;
        let body_hash = id.is_none().then(|| dedupe_key.to_owned());
        Ok(Self { id, event_type, timestamp, sent_at, data, extra, raw, body_hash })
    }
}

/// The fields of the event; `type` is what bindings and the vectors call `event_type`.
impl serde::Serialize for Event {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeStruct as _;
        let time = |t: &DateTime<Utc>| t.to_rfc3339_opts(SecondsFormat::AutoSi, true);
        let mut out = s.serialize_struct("Event", 7)?;
        out.serialize_field("id", &self.id)?;
        out.serialize_field("type", &self.event_type)?;
        out.serialize_field("timestamp", &self.timestamp.as_ref().map(time))?;
        out.serialize_field("sent_at", &self.sent_at.as_ref().map(time))?;
        out.serialize_field("data", &self.data)?;
        out.serialize_field("extra", &self.extra)?;
        out.serialize_field("dedupe_key", self.dedupe_key())?;
        out.end()
    }
}

/// What happened.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum EventData {
    /// `conversation.created`: a customer began a conversation.
    ConversationCreated(ConversationPayload),
    /// `conversation.closed`: a conversation ended.
    ConversationClosed(ConversationPayload),
    /// `ticket.created`: a ticket was opened.
    TicketCreated(TicketPayload),
    /// `ticket.updated`: a ticket changed.
    TicketUpdated(TicketPayload),
    /// `ticket.resolved`: a ticket is done.
    TicketResolved(TicketPayload),
    /// A type that this version does not know, or a known one whose data is not an object. Answer 200: the
    /// sender would only send it again.
    Unknown {
        /// The type as it was sent.
        event_type: String,
        /// The data as it was sent; `null` if there was none.
        data: Value,
    },
}

impl EventData {
    /// The conversation, if the event is about one.
    #[must_use]
    pub fn conversation(&self) -> Option<&ConversationPayload> {
        match self {
            Self::ConversationCreated(c) | Self::ConversationClosed(c) => Some(c),
            _ => None,
        }
    }

    /// The ticket, if the event is about one.
    #[must_use]
    pub fn ticket(&self) -> Option<&TicketPayload> {
        match self {
            Self::TicketCreated(t) | Self::TicketUpdated(t) | Self::TicketResolved(t) => Some(t),
            _ => None,
        }
    }
}

impl serde::Serialize for EventData {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::ConversationCreated(c) | Self::ConversationClosed(c) => c.serialize(s),
            Self::TicketCreated(t) | Self::TicketUpdated(t) | Self::TicketResolved(t) => t.serialize(s),
            Self::Unknown { data, .. } => data.serialize(s),
        }
    }
}
