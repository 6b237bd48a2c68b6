//! The resource tree: `client.conversations()`, `client.tickets()`, `client.statistics()`.

use crate::Client;
use crate::client::RequestOptions;
use crate::clock::BoxFuture;
use crate::error::{Error, Result};
use crate::meta::Response;
use crate::models::{Channel, ConversationStatus, Page, Priority, TicketStatus};
use crate::operations::{
    CreateConversation, CreateTicket, GetConversation, GetStatistics, GroupBy, ListConversations,
    ListOperation, ListTickets, Operation, StatisticsType, UpdateTicket,
};
use crate::pagination::{Freeze, Items, PageRequest, PageSource, WalkOptions};
use chrono::{DateTime, NaiveDate, TimeZone, Utc};
use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::time::Duration;

/// A call that is being put together. Await it, or `.send()` it; with a blocking client only the latter.
#[derive(Debug, Clone)]
#[must_use = "nothing is sent before the request is awaited or `.send()` is called"]
pub struct Request<O, C = Client> {
    pub(crate) client: C,
    pub(crate) operation: O,
    pub(crate) options: RequestOptions,
}

impl<O, C> Request<O, C> {
    fn new(client: C, operation: O) -> Self {
        Self { client, operation, options: RequestOptions::default() }
    }

    /// Total time of this call, instead of the client's.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.options.timeout = Some(timeout);
        self
    }

    /// Retries of this call, instead of the client's.
    pub fn max_retries(mut self, retries: u32) -> Self {
        self.options.max_retries = Some(retries);
        self
    }
}

impl<O: Operation> Request<O, Client> {
    /// Sends the request.
    ///
    /// # Errors
    /// `invalid_argument` before anything is sent; else see [`crate::ErrorKind`].
    pub async fn send(self) -> Result<Response<O::Output>> {
        self.client.execute(&self.operation, self.options).await
    }
}

impl<O: Operation> IntoFuture for Request<O, Client> {
    type Output = Result<Response<O::Output>>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.send())
    }
}

impl<O: ListOperation> Request<O, Client> {
    /// All items, across all pages, as a `Stream`. Asks for 100 per page unless `limit` was set, because
    /// requests are what the quota counts.
    pub fn iter(self) -> Items<Listing<O>> {
        Listing::new(self.client, self.operation, self.options).into_items()
    }
}

/// A list as a walk reads it: an operation, and a client to ask with.
#[derive(Debug, Clone)]
pub struct Listing<O> {
    client: Client,
    operation: O,
    options: RequestOptions,
}

impl<O: ListOperation> Listing<O> {
    /// A list to walk. Bindings use this; Rust callers use `.iter()` on a request.
    #[must_use]
    pub fn new(client: Client, operation: O, options: RequestOptions) -> Self {
        Self { client, operation, options }
    }

    /// Asks with another handle on the same account from now on.
    pub fn ask_with(&mut self, client: Client) {
        self.client = client;
    }

    /// Refuses filters that make no sense, before any I/O.
    ///
    /// # Errors
    /// `invalid_argument`.
    pub fn check(&self) -> Result<()> {
        let checked = if self.operation.page().is_some() {
            let message = "page cannot be combined with iterating: an iteration reads all pages";
            Err(Error::invalid_argument("page", message))
        } else {
            self.operation.prepare().map(drop)
        };
        checked.map_err(|e| e.with_operation(O::NAME))
    }

    /// All items. A page size that the operation carries is kept, even a wrong one: it is refused at the first
    /// item, like all bad input.
    pub fn into_items(self) -> Items<Self> {
        let limit = self.walk_options().limit;
        Items::new(self).limit(limit)
    }

    /// How this list is walked unless something else is asked for.
    #[must_use]
    pub fn walk_options(&self) -> WalkOptions {
        let mut options = WalkOptions::default();
        if let Some(limit) = self.operation.limit() {
            options.limit = u64::try_from(limit).unwrap_or(0);
        }
        options
    }
}

impl<O: ListOperation> PageSource for Listing<O> {
    type Item = O::Item;
    type Fetched = Response<Page<O::Item>>;

    fn fetch(&self, request: PageRequest) -> BoxFuture<'static, Result<Self::Fetched>> {
        let (checked, operation) = (self.check(), self.operation.at(&request));
        let (client, options) = (self.client.clone(), self.options);
        Box::pin(async move {
            checked?;
            let prepared = operation.prepare().map_err(|e| e.with_operation(O::NAME))?;
            client.send(&operation, prepared.bulk(), options).await
        })
    }

    fn freeze(&self) -> Freeze {
        self.operation.freeze()
    }

    fn runs_between_calls(&self) -> bool {
        self.client.driver.runs_between_calls()
    }
}

macro_rules! resource {
    ($(#[$meta:meta])* $name:ident) => {
        $(#[$meta])*
        #[derive(Debug, Clone)]
        pub struct $name<C = Client> {
            client: C,
        }

        impl<C> $name<C> {
            pub(crate) fn new(client: C) -> Self {
                Self { client }
            }
        }
    };
}

resource! {
    /// Conversations.
    Conversations
}
resource! {
    /// Tickets.
    Tickets
}
resource! {
    /// Statistics.
    Statistics
}

impl<C: Clone> Conversations<C> {
    /// One page of conversations; `.iter()` on it walks all of them.
    pub fn list(&self) -> Request<ListConversations, C> {
        Request::new(self.client.clone(), ListConversations::default())
    }

    /// One conversation by its id.
    pub fn get(&self, id: impl Into<String>) -> Request<GetConversation, C> {
        Request::new(self.client.clone(), GetConversation::new(id))
    }

    /// Begins a conversation in the name of a customer.
    pub fn create(
        &self,
        user_id: impl Into<String>,
        channel: impl Into<Channel>,
    ) -> Request<CreateConversation, C> {
        Request::new(self.client.clone(), CreateConversation::new(user_id, channel))
    }
}

impl Conversations<Client> {
    /// All conversations, as a `Stream`. With filters: `list().status(…).iter()`.
    pub fn iter(&self) -> Items<Listing<ListConversations>> {
        self.list().iter()
    }
}

impl<C: Clone> Tickets<C> {
    /// One page of tickets; `.iter()` on it walks all of them.
    pub fn list(&self) -> Request<ListTickets, C> {
        Request::new(self.client.clone(), ListTickets::default())
    }

    /// Opens a ticket.
    pub fn create(
        &self,
        title: impl Into<String>,
        description: impl Into<String>,
    ) -> Request<CreateTicket, C> {
        Request::new(self.client.clone(), CreateTicket::new(title, description))
    }

    /// Changes a ticket: set a status, a comment or both.
    pub fn update(&self, id: impl Into<String>) -> Request<UpdateTicket, C> {
        Request::new(self.client.clone(), UpdateTicket::new(id))
    }
}

impl Tickets<Client> {
    /// All tickets, as a `Stream`. With filters: `list().priority(…).iter()`.
    pub fn iter(&self) -> Items<Listing<ListTickets>> {
        self.list().iter()
    }
}

impl<C: Clone> Statistics<C> {
    /// Numbers over a period, of one type. The server's choice of a type, whatever it is, comes with
    /// `client.execute(&GetStatistics::default(), …)`.
    pub fn get(&self, kind: impl Into<StatisticsType>) -> Request<GetStatistics, C> {
        Request::new(
            self.client.clone(),
            GetStatistics { kind: Some(kind.into()), ..GetStatistics::default() },
        )
    }
}

impl<C> Request<ListConversations, C> {
    /// Page number, from 1. Default 1.
    pub fn page(mut self, page: u32) -> Self {
        self.operation.page = Some(page.into());
        self
    }

    /// Items per page, 1 to 100. Default 20 for one page, 100 for an iteration.
    pub fn limit(mut self, limit: u32) -> Self {
        self.operation.limit = Some(limit.into());
        self
    }

    /// Only those in this state.
    pub fn status(mut self, status: impl Into<ConversationStatus>) -> Self {
        self.operation.status = Some(status.into());
        self
    }

    /// Only those from this moment on.
    pub fn start_time<Tz: TimeZone>(mut self, time: DateTime<Tz>) -> Self {
        self.operation.start_time = Some(time.with_timezone(&Utc));
        self
    }

    /// Only those up to this moment.
    pub fn end_time<Tz: TimeZone>(mut self, time: DateTime<Tz>) -> Self {
        self.operation.end_time = Some(time.with_timezone(&Utc));
        self
    }
}

impl<C> Request<CreateConversation, C> {
    /// The customer's first message.
    pub fn initial_message(mut self, text: impl Into<String>) -> Self {
        self.operation.initial_message = Some(text.into());
        self
    }
}

impl<C> Request<ListTickets, C> {
    /// Page number, from 1. Default 1.
    pub fn page(mut self, page: u32) -> Self {
        self.operation.page = Some(page.into());
        self
    }

    /// Items per page, 1 to 100. Default 20 for one page, 100 for an iteration.
    pub fn limit(mut self, limit: u32) -> Self {
        self.operation.limit = Some(limit.into());
        self
    }

    /// Only those in this state.
    pub fn status(mut self, status: impl Into<TicketStatus>) -> Self {
        self.operation.status = Some(status.into());
        self
    }

    /// Only those this urgent.
    pub fn priority(mut self, priority: impl Into<Priority>) -> Self {
        self.operation.priority = Some(priority.into());
        self
    }

    /// Only those of this person.
    pub fn assignee_id(mut self, id: impl Into<String>) -> Self {
        self.operation.assignee_id = Some(id.into());
        self
    }
}

impl<C> Request<CreateTicket, C> {
    /// How urgent it is.
    pub fn priority(mut self, priority: impl Into<Priority>) -> Self {
        self.operation.priority = Some(priority.into());
        self
    }

    /// The customer's address.
    pub fn customer_email(mut self, email: impl Into<String>) -> Self {
        self.operation.customer_email = Some(email.into());
        self
    }
}

impl<C> Request<UpdateTicket, C> {
    /// The new state.
    pub fn status(mut self, status: impl Into<TicketStatus>) -> Self {
        self.operation.status = Some(status.into());
        self
    }

    /// A comment.
    pub fn comment(mut self, text: impl Into<String>) -> Self {
        self.operation.comment = Some(text.into());
        self
    }
}

impl<C> Request<GetStatistics, C> {
    /// The first and the last day.
    pub fn between(mut self, start: NaiveDate, end: NaiveDate) -> Self {
        self.operation.start_date = Some(start);
        self.operation.end_date = Some(end);
        self
    }

    /// The first day.
    pub fn start_date(mut self, date: NaiveDate) -> Self {
        self.operation.start_date = Some(date);
        self
    }

    /// The last day.
    pub fn end_date(mut self, date: NaiveDate) -> Self {
        self.operation.end_date = Some(date);
        self
    }

    /// The step of the trends.
    pub fn group_by(mut self, step: impl Into<GroupBy>) -> Self {
        self.operation.group_by = Some(step.into());
        self
    }
}
