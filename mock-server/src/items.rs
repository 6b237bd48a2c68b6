//! Items as the control plane takes them: any field may be left out, any value may be odd.

use std::borrow::Cow;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::model::{
    CONVERSATION_STATUSES, Comment, Conversation, PRIORITIES, TICKET_STATUSES, Ticket, known,
};
use crate::options::AnswerOptions;
use crate::state::{State, service_quality};

/// A conversation given to the control plane.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ConversationItem {
    /// Its id; without it, the next free one. An id that exists is replaced.
    pub id: Option<String>,
    /// Whose conversation it is.
    pub user_id: Option<String>,
    /// Where it came from; any text.
    pub channel: Option<String>,
    /// Its state; any text, so that clients meet values they do not know.
    pub status: Option<String>,
    /// When it was created; without it, now.
    pub created_at: Option<DateTime<Utc>>,
    /// When it was last changed; without it, when it was created.
    pub updated_at: Option<DateTime<Utc>>,
    /// The customer's first words.
    pub initial_message: Option<String>,
    /// Seconds until the first answer, for the statistics.
    pub response_seconds: Option<u32>,
    /// Whether the customer was satisfied, counted once the conversation is closed.
    pub satisfied: Option<bool>,
    /// Further fields; one that the item has already is replaced in answers.
    pub extra: Option<Map<String, Value>>,
}

/// A ticket given to the control plane.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TicketItem {
    /// Its id; without it, the next free one. An id that exists is replaced.
    pub id: Option<String>,
    /// Its title.
    pub title: Option<String>,
    /// Its text.
    pub description: Option<String>,
    /// Its state; any text.
    pub status: Option<String>,
    /// Its priority; any text.
    pub priority: Option<String>,
    /// Who handles it.
    pub assignee_id: Option<String>,
    /// Whom to answer.
    pub customer_email: Option<String>,
    /// When it was created; without it, now.
    pub created_at: Option<DateTime<Utc>>,
    /// When it was last changed; without it, when it was created.
    pub updated_at: Option<DateTime<Utc>>,
    /// Remarks, oldest first.
    pub comments: Vec<String>,
    /// Further fields; one that the item has already is replaced in answers.
    pub extra: Option<Map<String, Value>>,
}

impl ConversationItem {
    /// Puts the item into the state and returns its id.
    pub(crate) fn insert(self, state: &mut State, now: DateTime<Utc>, options: &AnswerOptions) -> Arc<str> {
        let id = self.id.map_or_else(|| state.conversation_id(), Arc::from);
        let created = options.timestamps.keep(self.created_at.unwrap_or(now));
        let (response_seconds, satisfied) = service_quality(&id);
        let item = Conversation {
            id: Arc::clone(&id),
            user_id: self.user_id.unwrap_or_else(|| "user_001".to_owned()).into(),
            channel: self.channel.map_or(Cow::Borrowed("web"), Cow::Owned),
            status: self
                .status
                .map_or(Cow::Borrowed("active"), |status| known(&status, CONVERSATION_STATUSES)),
            created,
            updated: self.updated_at.map_or(created, |at| options.timestamps.keep(at)),
            initial_message: self.initial_message.map(String::into_boxed_str),
            response_seconds: self.response_seconds.unwrap_or(response_seconds),
            satisfied: self.satisfied.unwrap_or(satisfied),
            extra: self.extra.map(Box::new),
            json: Box::default(),
        };
        state.put_conversation(item, options);
        id
    }
}

impl TicketItem {
    /// Puts the item into the state and returns its id.
    pub(crate) fn insert(self, state: &mut State, now: DateTime<Utc>, options: &AnswerOptions) -> Arc<str> {
        let id = self.id.map_or_else(|| state.ticket_id(), Arc::from);
        let created = options.timestamps.keep(self.created_at.unwrap_or(now));
        let comment = |content: String| Comment { content: content.into(), created };
        let item = Ticket {
            id: Arc::clone(&id),
            title: self.title.unwrap_or_else(|| "Untitled".to_owned()).into(),
            description: self.description.unwrap_or_default().into(),
            status: self.status.map_or(Cow::Borrowed("open"), |status| known(&status, TICKET_STATUSES)),
            priority: self.priority.map_or(Cow::Borrowed("medium"), |value| known(&value, PRIORITIES)),
            assignee_id: self.assignee_id.map(Cow::Owned),
            customer_email: self.customer_email.map(String::into_boxed_str),
            created,
            updated: self.updated_at.map_or(created, |at| options.timestamps.keep(at)),
            comments: self.comments.into_iter().map(comment).collect(),
            extra: self.extra.map(Box::new),
            json: Box::default(),
        };
        state.put_ticket(item, options);
        id
    }
}
