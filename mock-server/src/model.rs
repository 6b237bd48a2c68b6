//! Conversations and tickets as this server keeps them.
//!
//! An item carries its JSON ready made: a page of a hundred is a hundred copies, not a hundred
//! serialisations.

use std::borrow::Cow;
use std::sync::Arc;

use serde_json::{Map, Value};

use crate::options::AnswerOptions;
use crate::table::{Facet, Row};

/// States of a conversation.
pub(crate) const CONVERSATION_STATUSES: &[&str] = &["active", "closed"];
/// States of a ticket.
pub(crate) const TICKET_STATUSES: &[&str] = &["open", "pending", "resolved", "closed"];
/// Priorities of a ticket.
pub(crate) const PRIORITIES: &[&str] = &["low", "medium", "high", "urgent"];

/// A conversation with a customer.
#[derive(Debug, Clone)]
pub(crate) struct Conversation {
    pub(crate) id: Arc<str>,
    pub(crate) user_id: Box<str>,
    pub(crate) channel: Cow<'static, str>,
    pub(crate) status: Cow<'static, str>,
    pub(crate) created: i64,
    pub(crate) updated: i64,
    pub(crate) initial_message: Option<Box<str>>,
    /// Seconds until the first answer.
    pub(crate) response_seconds: u32,
    /// What the customer would say once the conversation is closed.
    pub(crate) satisfied: bool,
    /// Fields beyond the documented ones.
    pub(crate) extra: Option<Box<Map<String, Value>>>,
    pub(crate) json: Box<str>,
}

/// A remark added to a ticket.
#[derive(Debug, Clone)]
pub(crate) struct Comment {
    pub(crate) content: Box<str>,
    pub(crate) created: i64,
}

/// A ticket.
#[derive(Debug, Clone)]
pub(crate) struct Ticket {
    pub(crate) id: Arc<str>,
    pub(crate) title: Box<str>,
    pub(crate) description: Box<str>,
    pub(crate) status: Cow<'static, str>,
    pub(crate) priority: Cow<'static, str>,
    pub(crate) assignee_id: Option<Cow<'static, str>>,
    pub(crate) customer_email: Option<Box<str>>,
    pub(crate) created: i64,
    pub(crate) updated: i64,
    pub(crate) comments: Vec<Comment>,
    pub(crate) extra: Option<Box<Map<String, Value>>>,
    pub(crate) json: Box<str>,
}

/// The static copy of a known value, so that a hundred thousand items share one "active".
pub(crate) fn known(value: &str, all: &[&'static str]) -> Cow<'static, str> {
    match all.iter().find(|known| **known == value) {
        Some(known) => Cow::Borrowed(known),
        None => Cow::Owned(value.to_owned()),
    }
}

/// Appends `"name":"text"` with a leading comma where one is needed.
fn text_field(out: &mut String, name: &str, text: &str) {
    raw_field(out, name, &quote(text));
}

fn raw_field(out: &mut String, name: &str, json: &str) {
    if !out.ends_with('{') {
        out.push(',');
    }
    out.push('"');
    out.push_str(name);
    out.push_str("\":");
    out.push_str(json);
}

/// The text as a JSON string.
pub(crate) fn quote(text: &str) -> String {
    // Writing a string to memory cannot fail; an empty string would be the honest remainder.
    serde_json::to_string(text).unwrap_or_else(|_| "\"\"".to_owned())
}

/// Puts further fields into a rendered object. A field that is there already is replaced.
pub(crate) fn with_extra(json: String, extras: [Option<&Map<String, Value>>; 2]) -> Box<str> {
    if extras.iter().all(|extra| extra.is_none_or(Map::is_empty)) {
        return json.into_boxed_str();
    }
    let Ok(mut object) = serde_json::from_str::<Map<String, Value>>(&json) else {
        return json.into_boxed_str();
    };
    for extra in extras.into_iter().flatten() {
        for (name, value) in extra {
            object.insert(name.clone(), value.clone());
        }
    }
    serde_json::to_string(&object).map_or(json.into_boxed_str(), String::into_boxed_str)
}

/// Whether further fields bring this one: then theirs is the one that is shown.
fn brought(name: &str, extras: [Option<&Map<String, Value>>; 2]) -> bool {
    extras.into_iter().flatten().any(|extra| extra.contains_key(name))
}

impl Conversation {
    /// Brings the ready-made JSON up to date with the fields.
    pub(crate) fn render(&mut self, options: &AnswerOptions) {
        let json = self.fields(options);
        self.json = with_extra(json + "}", self.extras(options));
    }

    fn extras<'a>(&'a self, options: &'a AnswerOptions) -> [Option<&'a Map<String, Value>>; 2] {
        [options.extra_fields.conversation.as_ref(), self.extra.as_deref()]
    }

    fn fields(&self, options: &AnswerOptions) -> String {
        let mut out = String::with_capacity(200);
        out.push('{');
        text_field(&mut out, "id", &self.id);
        text_field(&mut out, "user_id", &self.user_id);
        text_field(&mut out, "channel", &self.channel);
        text_field(&mut out, "status", &self.status);
        raw_field(&mut out, "created_at", &options.timestamps.json(self.created));
        raw_field(&mut out, "updated_at", &options.timestamps.json(self.updated));
        out
    }

    /// The single view: the fields of the list and the first message, if there was one.
    pub(crate) fn detail(&self, options: &AnswerOptions) -> Cow<'_, str> {
        let message = self.initial_message.as_deref();
        let Some(message) = message.filter(|_| !brought("initial_message", self.extras(options))) else {
            return Cow::Borrowed(&self.json);
        };
        let mut out = self.json.strip_suffix('}').unwrap_or(&self.json).to_owned();
        text_field(&mut out, "initial_message", message);
        out.push('}');
        Cow::Owned(out)
    }
}

impl Ticket {
    /// Brings the ready-made JSON up to date with the fields.
    pub(crate) fn render(&mut self, options: &AnswerOptions) {
        let mut out = String::with_capacity(320);
        out.push('{');
        text_field(&mut out, "id", &self.id);
        text_field(&mut out, "title", &self.title);
        text_field(&mut out, "description", &self.description);
        text_field(&mut out, "status", &self.status);
        text_field(&mut out, "priority", &self.priority);
        raw_field(&mut out, "assignee_id", &optional(self.assignee_id.as_deref()));
        raw_field(&mut out, "customer_email", &optional(self.customer_email.as_deref()));
        raw_field(&mut out, "created_at", &options.timestamps.json(self.created));
        raw_field(&mut out, "updated_at", &options.timestamps.json(self.updated));
        out.push('}');
        self.json = with_extra(out, self.extras(options));
    }

    fn extras<'a>(&'a self, options: &'a AnswerOptions) -> [Option<&'a Map<String, Value>>; 2] {
        [options.extra_fields.ticket.as_ref(), self.extra.as_deref()]
    }

    /// The single view: the fields of the list and the comments, oldest first.
    pub(crate) fn detail(&self, options: &AnswerOptions) -> Cow<'_, str> {
        if brought("comments", self.extras(options)) {
            return Cow::Borrowed(&self.json);
        }
        let mut out = self.json.strip_suffix('}').unwrap_or(&self.json).to_owned();
        let mut comments = String::from("[");
        for comment in &self.comments {
            if comments.len() > 1 {
                comments.push(',');
            }
            comments.push('{');
            text_field(&mut comments, "content", &comment.content);
            raw_field(&mut comments, "created_at", &options.timestamps.json(comment.created));
            comments.push('}');
        }
        comments.push(']');
        raw_field(&mut out, "comments", &comments);
        out.push('}');
        Cow::Owned(out)
    }
}

fn optional(text: Option<&str>) -> String {
    text.map_or_else(|| "null".to_owned(), quote)
}

impl Row for Conversation {
    fn id(&self) -> &Arc<str> {
        &self.id
    }

    fn created(&self) -> i64 {
        self.created
    }

    fn updated(&self) -> i64 {
        self.updated
    }

    fn has(&self, facet: &Facet) -> bool {
        matches!(facet, Facet::Status(status) if *status == self.status)
    }

    fn facets(&self) -> Vec<Facet> {
        vec![Facet::Status(self.status.clone())]
    }
}

impl Row for Ticket {
    fn id(&self) -> &Arc<str> {
        &self.id
    }

    fn created(&self) -> i64 {
        self.created
    }

    fn updated(&self) -> i64 {
        self.updated
    }

    fn has(&self, facet: &Facet) -> bool {
        match facet {
            Facet::Status(status) => *status == self.status,
            Facet::Priority(priority) => *priority == self.priority,
            Facet::Assignee(assignee) => self.assignee_id.as_ref() == Some(assignee),
        }
    }

    fn facets(&self) -> Vec<Facet> {
        let mut facets = vec![Facet::Status(self.status.clone()), Facet::Priority(self.priority.clone())];
        facets.extend(self.assignee_id.clone().map(Facet::Assignee));
        facets
    }
}
