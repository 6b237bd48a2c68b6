//! What the API returns.
//!
//! Every model follows the same rules, so that a server that changes a little does not break its clients
//! (docs/assumptions.md, "open models"): every field but the id is optional, enums keep values they do not
//! know, and whatever a field cannot hold stays in `extra` under its own name. Nothing is dropped.

mod enums;
mod page;
mod record;
mod soft;
mod time;

pub use enums::{Channel, ConversationStatus, GroupBy, Priority, StatisticsType, TicketStatus};
pub use page::Page;
pub(crate) use page::RawPage;
pub use record::{Field, FieldKind, Record};
pub use soft::Extra;

use chrono::{DateTime, NaiveDate, Utc};
pub(crate) use record::Key;
use record::record;
pub(crate) use time::{YEARS, instant};

record! {
    /// A conversation between a customer and the service team.
    pub struct Conversation {
        /// The id, unique among conversations.
        id: Id,
        /// The customer.
        user_id: Text as String,
        /// Where the customer writes from.
        channel: Token as Channel,
        /// Whether it is still going on.
        status: Token as ConversationStatus,
        /// When it began.
        created_at: Time as DateTime<Utc>,
        /// When it last changed.
        updated_at: Time as DateTime<Utc>,
    }
}

record! {
    /// A ticket: something that has to be done for a customer.
    pub struct Ticket {
        /// The id, unique among tickets.
        id: Id,
        /// What it is about, in one line.
        title: Text as String,
        /// The whole matter.
        description: Text as String,
        /// Where it stands.
        status: Token as TicketStatus,
        /// How urgent it is.
        priority: Token as Priority,
        /// Who works on it.
        assignee_id: Text as String,
        /// The customer's address.
        customer_email: Text as String,
        /// When it was opened.
        created_at: Time as DateTime<Utc>,
        /// When it last changed.
        updated_at: Time as DateTime<Utc>,
    }
}

record! {
    /// Numbers over a period. The units of the averages are those of the server: the API reference states none.
    pub struct Statistics {
        /// Conversations in the period.
        total_conversations: Count as u64,
        /// Tickets in the period.
        total_tickets: Count as u64,
        /// Average time to the first answer.
        avg_response_time: Number as f64,
        /// Share of satisfied customers, between 0 and 1 as far as the server keeps to it.
        satisfaction_rate: Number as f64,
        /// The same by day, week or month, in the server's order.
        trends: List as Trend,
    }
}

record! {
    /// One step of [`Statistics::trends`].
    pub struct Trend {
        /// The first day of the step.
        date: Date as NaiveDate,
        /// Conversations in the step.
        conversations: Count as u64,
        /// Tickets in the step.
        tickets: Count as u64,
    }
}
