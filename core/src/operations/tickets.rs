//! Tickets (API reference, "工单管理").

use super::{Args, ListOperation, Operation, Prepared, check, read_page};
use crate::engine::Call;
use crate::error::{Error, Result};
use crate::models::{Page, Priority, Ticket, TicketStatus};
use crate::pagination::PageRequest;
use http::Method;
use serde::{Deserialize as _, Deserializer};
use serde_json::Map;

/// `tickets.list`: one page.
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct ListTickets {
    /// Page number, from 1. The server's default is 1.
    pub page: Option<i64>,
    /// Items per page, 1 to 100. The server's default is 20.
    pub limit: Option<i64>,
    /// Only those in this state.
    pub status: Option<TicketStatus>,
    /// Only those this urgent.
    pub priority: Option<Priority>,
    /// Only those of this person.
    pub assignee_id: Option<String>,
}

impl Operation for ListTickets {
    type Output = Page<Ticket>;
    const NAME: &'static str = "tickets.list";

    fn from_args(args: &mut Args) -> Result<Self> {
        Ok(Self {
            page: args.integer("page")?,
            limit: args.integer("limit")?,
            status: args.text("status")?.map(Into::into),
            priority: args.text("priority")?.map(Into::into),
            assignee_id: args.text("assignee_id")?,
        })
    }

    fn prepare(&self) -> Result<Prepared> {
        check::page(self.page)?;
        check::limit(self.limit)?;
        let call = Call::get(Self::NAME, "/v1/tickets")
            .query("page", self.page)
            .query("limit", self.limit)
            .query("status", self.status.as_ref())
            .query("priority", self.priority.as_ref())
            .query("assignee_id", self.assignee_id.as_ref());
        Ok(Prepared(call))
    }

    fn read<'de, D: Deserializer<'de>>(&self, data: D) -> std::result::Result<Page<Ticket>, D::Error> {
        read_page(data, self.page, self.limit)
    }
}

impl ListOperation for ListTickets {
    type Item = Ticket;

    fn at(&self, request: &PageRequest) -> Self {
        let (page, limit) = (i64::try_from(request.page).ok(), i64::try_from(request.limit).ok());
        Self { page, limit, ..self.clone() }
    }

    fn limit(&self) -> Option<i64> {
        self.limit
    }

    fn page(&self) -> Option<i64> {
        self.page
    }
}

/// `tickets.create`: opens a ticket.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct CreateTicket {
    /// What it is about, in one line.
    pub title: String,
    /// The whole matter.
    pub description: String,
    /// How urgent it is.
    pub priority: Option<Priority>,
    /// The customer's address.
    pub customer_email: Option<String>,
}

impl CreateTicket {
    /// A ticket with what every ticket has.
    #[must_use]
    pub fn new(title: impl Into<String>, description: impl Into<String>) -> Self {
        Self { title: title.into(), description: description.into(), priority: None, customer_email: None }
    }
}

impl Operation for CreateTicket {
    type Output = Ticket;
    const NAME: &'static str = "tickets.create";

    fn from_args(args: &mut Args) -> Result<Self> {
        Ok(Self {
            title: args.required("title")?,
            description: args.required("description")?,
            priority: args.text("priority")?.map(Into::into),
            customer_email: args.text("customer_email")?,
        })
    }

    fn prepare(&self) -> Result<Prepared> {
        check::not_empty("title", &self.title)?;
        let mut body = Map::new();
        body.insert("title".to_owned(), self.title.as_str().into());
        body.insert("description".to_owned(), self.description.as_str().into());
        if let Some(priority) = &self.priority {
            body.insert("priority".to_owned(), priority.as_str().into());
        }
        if let Some(email) = &self.customer_email {
            body.insert("customer_email".to_owned(), email.as_str().into());
        }
        Ok(Prepared(Call::new(Self::NAME, Method::POST, "/v1/tickets").body(&body)))
    }

    fn read<'de, D: Deserializer<'de>>(&self, data: D) -> std::result::Result<Ticket, D::Error> {
        Ticket::deserialize(data)
    }
}

/// `tickets.update`: moves a ticket to another state, with or without a comment.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct UpdateTicket {
    /// Its id.
    pub id: String,
    /// The new state.
    pub status: Option<TicketStatus>,
    /// A comment.
    pub comment: Option<String>,
}

impl UpdateTicket {
    /// A change of this ticket, in which nothing is changed yet.
    #[must_use]
    pub fn new(id: impl Into<String>) -> Self {
        Self { id: id.into(), status: None, comment: None }
    }
}

impl Operation for UpdateTicket {
    type Output = Ticket;
    const NAME: &'static str = "tickets.update";

    fn from_args(args: &mut Args) -> Result<Self> {
        Ok(Self {
            id: args.required("id")?,
            status: args.text("status")?.map(Into::into),
            comment: args.text("comment")?,
        })
    }

    fn prepare(&self) -> Result<Prepared> {
        check::id("id", &self.id)?;
        if self.status.is_none() && self.comment.is_none() {
            let message = "there is nothing to update: give a status, a comment or both";
            return Err(Error::invalid_argument("status", message));
        }
        let mut body = Map::new();
        if let Some(status) = &self.status {
            check::not_empty("status", status.as_str())?;
            body.insert("status".to_owned(), status.as_str().into());
        }
        if let Some(comment) = &self.comment {
            body.insert("comment".to_owned(), comment.as_str().into());
        }
        let call = Call::new(Self::NAME, Method::PATCH, "/v1/tickets/{id}").id(&self.id).body(&body);
        Ok(Prepared(call))
    }

    fn read<'de, D: Deserializer<'de>>(&self, data: D) -> std::result::Result<Ticket, D::Error> {
        Ticket::deserialize(data)
    }
}
