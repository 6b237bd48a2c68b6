//! What a world knows: its conversations and tickets, with indexes and counts.

use std::borrow::Cow;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::model::{Comment, Conversation, Ticket};
use crate::options::AnswerOptions;
use crate::stats::Stats;
use crate::table::{Row, Table};

/// The data of one world. Cloning is cheap per item: snapshots share them.
#[derive(Clone)]
pub(crate) struct State {
    pub(crate) conversations: Table<Conversation>,
    pub(crate) tickets: Table<Ticket>,
    pub(crate) stats: Stats,
    next_conversation: u64,
    next_ticket: u64,
}

/// What changes about a ticket.
#[derive(Debug, Default)]
pub(crate) struct TicketChange {
    pub(crate) status: Option<Cow<'static, str>>,
    pub(crate) priority: Option<Cow<'static, str>>,
    /// `Some(None)` takes the assignee away.
    pub(crate) assignee_id: Option<Option<String>>,
    pub(crate) comment: Option<String>,
}

impl State {
    /// A world without anything in it.
    pub(crate) fn new(options: &AnswerOptions) -> Self {
        Self {
            conversations: Table::new(options.sort),
            tickets: Table::new(options.sort),
            stats: Stats::default(),
            next_conversation: 1,
            next_ticket: 1,
        }
    }

    /// An id that no conversation has yet.
    pub(crate) fn conversation_id(&mut self) -> Arc<str> {
        loop {
            let id = format!("conv_{:06}", self.next_conversation);
            self.next_conversation += 1;
            if self.conversations.get(&id).is_none() {
                return id.into();
            }
        }
    }

    /// An id that no ticket has yet.
    pub(crate) fn ticket_id(&mut self) -> Arc<str> {
        loop {
            let id = format!("ticket_{:06}", self.next_ticket);
            self.next_ticket += 1;
            if self.tickets.get(&id).is_none() {
                return id.into();
            }
        }
    }

    /// Adds or replaces a conversation.
    pub(crate) fn put_conversation(&mut self, mut item: Conversation, options: &AnswerOptions) {
        item.render(options);
        self.stats.conversation(&item, 1);
        if let Some(old) = self.conversations.put(item) {
            self.stats.conversation(&old, -1);
        }
    }

    /// Adds or replaces a ticket.
    pub(crate) fn put_ticket(&mut self, mut item: Ticket, options: &AnswerOptions) {
        item.render(options);
        self.stats.ticket(&item, 1);
        if let Some(old) = self.tickets.put(item) {
            self.stats.ticket(&old, -1);
        }
    }

    /// Changes a conversation, and sets the time of its last change.
    pub(crate) fn change_conversation(
        &mut self,
        id: &str,
        at: DateTime<Utc>,
        options: &AnswerOptions,
        change: impl FnOnce(&mut Conversation),
    ) -> Option<Arc<Conversation>> {
        let mut item = Conversation::clone(self.conversations.get(id)?);
        change(&mut item);
        item.updated = options.timestamps.keep(at).max(item.created);
        self.put_conversation(item, options);
        self.conversations.get(id).cloned()
    }

    /// Changes a ticket, and sets the time of its last change.
    pub(crate) fn change_ticket(
        &mut self,
        id: &str,
        at: DateTime<Utc>,
        options: &AnswerOptions,
        change: TicketChange,
    ) -> Option<Arc<Ticket>> {
        let mut item = Ticket::clone(self.tickets.get(id)?);
        let now = options.timestamps.keep(at);
        if let Some(status) = change.status {
            item.status = status;
        }
        if let Some(priority) = change.priority {
            item.priority = priority;
        }
        if let Some(assignee) = change.assignee_id {
            item.assignee_id = assignee.map(Cow::Owned);
        }
        if let Some(comment) = change.comment {
            item.comments.push(Comment { content: comment.into(), created: now });
        }
        item.updated = now.max(item.created);
        self.put_ticket(item, options);
        self.tickets.get(id).cloned()
    }

    /// Takes a conversation out.
    pub(crate) fn remove_conversation(&mut self, id: &str) -> Option<Arc<Conversation>> {
        let old = self.conversations.remove(id)?;
        self.stats.conversation(&old, -1);
        Some(old)
    }

    /// Takes a ticket out.
    pub(crate) fn remove_ticket(&mut self, id: &str) -> Option<Arc<Ticket>> {
        let old = self.tickets.remove(id)?;
        self.stats.ticket(&old, -1);
        Some(old)
    }

    /// The same data under other answer options: rendered and ordered anew.
    pub(crate) fn rebuilt(&self, options: &AnswerOptions) -> Self {
        let mut fresh = Self::new(options);
        fresh.next_conversation = self.next_conversation;
        fresh.next_ticket = self.next_ticket;
        for item in self.conversations.iter() {
            fresh.put_conversation(Conversation::clone(item), options);
        }
        for item in self.tickets.iter() {
            fresh.put_ticket(Ticket::clone(item), options);
        }
        fresh
    }
}

/// Things that only the statistics show, derived from the id so that a world repeats itself exactly:
/// seconds until the first answer, and whether the customer was satisfied (about 85 of 100 are).
pub(crate) fn service_quality(id: &str) -> (u32, bool) {
    // FNV-1a: stable across releases and machines, which the standard hasher does not promise.
    let hash = id.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    let mixed = hash ^ (hash >> 29);
    let seconds = u32::try_from(20 + mixed % 201).unwrap_or(120);
    (seconds, (mixed >> 13) % 100 < 85)
}

/// Makes sure that ids given out later do not have to step over every seeded one.
impl State {
    /// Continues numbering after bulk inserted items.
    pub(crate) fn numbered(&mut self, conversations: u64, tickets: u64) {
        self.next_conversation = self.next_conversation.max(conversations + 1);
        self.next_ticket = self.next_ticket.max(tickets + 1);
    }
}

impl<T: Row> std::fmt::Debug for Table<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Table").field("rows", &self.len()).finish()
    }
}
