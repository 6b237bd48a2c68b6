//! The values that the API knows. Arguments take a case or any text; results hold the text, because a server may
//! know more: `TicketStatus::tryFrom($ticket->status)`.

use ext_php_rs::prelude::*;

/// Whether a conversation is still going on.
#[php_enum]
#[php(name = "Zhifuyun\\ConversationStatus")]
pub enum ConversationStatus {
    /// Under way.
    #[php(value = "active")]
    Active,
    /// Ended.
    #[php(value = "closed")]
    Closed,
}

/// Where a customer writes from.
#[php_enum]
#[php(name = "Zhifuyun\\Channel")]
pub enum Channel {
    /// The widget on a web page.
    #[php(value = "web")]
    Web,
}

/// Where a ticket stands.
#[php_enum]
#[php(name = "Zhifuyun\\TicketStatus")]
pub enum TicketStatus {
    /// New.
    #[php(value = "open")]
    Open,
    /// Somebody is waiting.
    #[php(value = "pending")]
    Pending,
    /// Done.
    #[php(value = "resolved")]
    Resolved,
    /// Put away.
    #[php(value = "closed")]
    Closed,
}

/// How urgent a ticket is.
#[php_enum]
#[php(name = "Zhifuyun\\Priority")]
pub enum Priority {
    /// Can wait.
    #[php(value = "low")]
    Low,
    /// The usual.
    #[php(value = "medium")]
    Medium,
    /// Soon.
    #[php(value = "high")]
    High,
    /// Now.
    #[php(value = "urgent")]
    Urgent,
}

/// What statistics are about.
#[php_enum]
#[php(name = "Zhifuyun\\StatisticsType")]
pub enum StatisticsType {
    /// Conversations.
    #[php(value = "conversation")]
    Conversation,
    /// Tickets.
    #[php(value = "ticket")]
    Ticket,
    /// How satisfied customers are.
    #[php(value = "satisfaction")]
    Satisfaction,
}

/// The steps of a trend.
#[php_enum]
#[php(name = "Zhifuyun\\GroupBy")]
pub enum GroupBy {
    /// By day.
    #[php(value = "day")]
    Day,
    /// By week.
    #[php(value = "week")]
    Week,
    /// By month.
    #[php(value = "month")]
    Month,
}
