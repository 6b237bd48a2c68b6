//! Conversations (API reference, "对话查询").

use super::{Args, ListOperation, Operation, Prepared, check, read_page};
use crate::engine::Call;
use crate::error::Result;
use crate::models::{Channel, Conversation, ConversationStatus, Page};
use crate::pagination::{Freeze, PageRequest};
use chrono::{DateTime, Utc};
use http::Method;
use serde::{Deserialize as _, Deserializer};
use serde_json::{Map, Value};

/// `conversations.list`: one page, newest first as far as the server keeps to it.
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct ListConversations {
    /// Page number, from 1. The server's default is 1.
    pub page: Option<i64>,
    /// Items per page, 1 to 100. The server's default is 20.
    pub limit: Option<i64>,
    /// Only those in this state.
    pub status: Option<ConversationStatus>,
    /// Only those from this moment on.
    pub start_time: Option<DateTime<Utc>>,
    /// Only those up to this moment.
    pub end_time: Option<DateTime<Utc>>,
}

impl Operation for ListConversations {
    type Output = Page<Conversation>;
    const NAME: &'static str = "conversations.list";

    fn from_args(args: &mut Args) -> Result<Self> {
        Ok(Self {
            page: args.integer("page")?,
            limit: args.integer("limit")?,
            status: args.text("status")?.map(Into::into),
            start_time: args.time("start_time")?,
            end_time: args.time("end_time")?,
        })
    }

    fn prepare(&self) -> Result<Prepared> {
        check::page(self.page)?;
        check::limit(self.limit)?;
        check::period(("start_time", self.start_time.as_ref()), ("end_time", self.end_time.as_ref()))?;
        let call = Call::get(Self::NAME, "/v1/conversations")
            .query("page", self.page)
            .query("limit", self.limit)
            .query("status", self.status.as_ref())
            .query("start_time", self.start_time.map(check::rfc3339))
            .query("end_time", self.end_time.map(check::rfc3339));
        Ok(Prepared(call))
    }

    fn read<'de, D: Deserializer<'de>>(&self, data: D) -> std::result::Result<Page<Conversation>, D::Error> {
        read_page(data, self.page, self.limit)
    }
}

impl ListOperation for ListConversations {
    type Item = Conversation;

    fn at(&self, request: &PageRequest) -> Self {
        Self {
            page: i64::try_from(request.page).ok(),
            limit: i64::try_from(request.limit).ok(),
            start_time: request.start_time.or(self.start_time),
            end_time: request.end_time.or(self.end_time),
            ..self.clone()
        }
    }

    fn freeze(&self) -> Freeze {
        Freeze::Window { start: self.start_time, end: self.end_time }
    }

    fn limit(&self) -> Option<i64> {
        self.limit
    }

    fn page(&self) -> Option<i64> {
        self.page
    }
}

/// `conversations.get`: one conversation by id.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct GetConversation {
    /// Its id.
    pub id: String,
}

impl GetConversation {
    /// The conversation with this id.
    #[must_use]
    pub fn new(id: impl Into<String>) -> Self {
        Self { id: id.into() }
    }
}

impl Operation for GetConversation {
    type Output = Conversation;
    const NAME: &'static str = "conversations.get";

    fn from_args(args: &mut Args) -> Result<Self> {
        Ok(Self { id: args.required("id")? })
    }

    fn prepare(&self) -> Result<Prepared> {
        check::id("id", &self.id)?;
        Ok(Prepared(Call::get(Self::NAME, "/v1/conversations/{id}").id(&self.id)))
    }

    fn read<'de, D: Deserializer<'de>>(&self, data: D) -> std::result::Result<Conversation, D::Error> {
        Conversation::deserialize(data)
    }
}

/// `conversations.create`: begins a conversation in the name of a customer.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct CreateConversation {
    /// The customer.
    pub user_id: String,
    /// Where the customer writes from.
    pub channel: Channel,
    /// The customer's first message.
    pub initial_message: Option<String>,
}

impl CreateConversation {
    /// A conversation without a first message.
    #[must_use]
    pub fn new(user_id: impl Into<String>, channel: impl Into<Channel>) -> Self {
        Self { user_id: user_id.into(), channel: channel.into(), initial_message: None }
    }
}

impl Operation for CreateConversation {
    type Output = Conversation;
    const NAME: &'static str = "conversations.create";

    fn from_args(args: &mut Args) -> Result<Self> {
        Ok(Self {
            user_id: args.required("user_id")?,
            channel: args.required("channel")?.into(),
            initial_message: args.text("initial_message")?,
        })
    }

    fn prepare(&self) -> Result<Prepared> {
        check::not_empty("user_id", &self.user_id)?;
        check::not_empty("channel", self.channel.as_str())?;
        let mut body = Map::new();
        body.insert("user_id".to_owned(), self.user_id.as_str().into());
        body.insert("channel".to_owned(), self.channel.as_str().into());
        if let Some(text) = &self.initial_message {
            body.insert("initial_message".to_owned(), Value::from(text.as_str()));
        }
        Ok(Prepared(Call::new(Self::NAME, Method::POST, "/v1/conversations").body(&body)))
    }

    fn read<'de, D: Deserializer<'de>>(&self, data: D) -> std::result::Result<Conversation, D::Error> {
        Conversation::deserialize(data)
    }
}
