//! What a client offers: conversations, tickets, statistics.
#![allow(
    non_snake_case,
    clippy::too_many_arguments,
    reason = "the names and the number of PHP's named arguments"
)]

use crate::iterate::Iteration;
use crate::shared::Shared;
use ext_php_rs::flags::ClassFlags;
use ext_php_rs::prelude::*;
use ext_php_rs::types::Zval;
use std::rc::Rc;

/// Conversations: list, iterate, read, create.
#[php_class]
#[php(name = "Zhifuyun\\Conversations", flags = ClassFlags::Final)]
pub struct Conversations(pub(crate) Rc<Shared>);

#[php_impl]
impl Conversations {
    /// One page.
    pub fn list(
        &self,
        status: Option<&Zval>,
        startTime: Option<&Zval>,
        endTime: Option<&Zval>,
        page: Option<&Zval>,
        limit: Option<&Zval>,
        options: Option<&Zval>,
    ) -> PhpResult<Zval> {
        let args = [
            ("status", status),
            ("start_time", startTime),
            ("end_time", endTime),
            ("page", page),
            ("limit", limit),
        ];
        self.0.call("conversations.list", &args, options)
    }

    /// All of them, page by page, for `foreach`.
    pub fn iterate(
        &self,
        status: Option<&Zval>,
        startTime: Option<&Zval>,
        endTime: Option<&Zval>,
        page: Option<&Zval>,
        limit: Option<&Zval>,
        consistency: Option<&Zval>,
        prefetch: Option<&Zval>,
        maxItems: Option<&Zval>,
        options: Option<&Zval>,
    ) -> PhpResult<Iteration> {
        let args = [
            ("status", status),
            ("start_time", startTime),
            ("end_time", endTime),
            ("page", page),
            ("limit", limit),
        ];
        let walk = [("consistency", consistency), ("prefetch", prefetch), ("max_items", maxItems)];
        self.0.iterate("conversations.iter", &args, &walk, options)
    }

    /// One conversation.
    pub fn get(&self, id: &Zval, options: Option<&Zval>) -> PhpResult<Zval> {
        self.0.call("conversations.get", &[("id", Some(id))], options)
    }

    /// Several conversations at once, paced; the keys are those of the ids.
    pub fn get_many(&self, ids: &Zval, options: Option<&Zval>) -> PhpResult<Zval> {
        self.0.many(ids, options)
    }

    /// Begins a conversation.
    pub fn create(
        &self,
        userId: Option<&Zval>,
        channel: Option<&Zval>,
        initialMessage: Option<&Zval>,
        options: Option<&Zval>,
    ) -> PhpResult<Zval> {
        let args = [("user_id", userId), ("channel", channel), ("initial_message", initialMessage)];
        self.0.call("conversations.create", &args, options)
    }
}

/// Tickets: list, iterate, create, update.
#[php_class]
#[php(name = "Zhifuyun\\Tickets", flags = ClassFlags::Final)]
pub struct Tickets(pub(crate) Rc<Shared>);

#[php_impl]
impl Tickets {
    /// One page.
    pub fn list(
        &self,
        status: Option<&Zval>,
        priority: Option<&Zval>,
        assigneeId: Option<&Zval>,
        page: Option<&Zval>,
        limit: Option<&Zval>,
        options: Option<&Zval>,
    ) -> PhpResult<Zval> {
        let args = [
            ("status", status),
            ("priority", priority),
            ("assignee_id", assigneeId),
            ("page", page),
            ("limit", limit),
        ];
        self.0.call("tickets.list", &args, options)
    }

    /// All of them, page by page, for `foreach`.
    pub fn iterate(
        &self,
        status: Option<&Zval>,
        priority: Option<&Zval>,
        assigneeId: Option<&Zval>,
        page: Option<&Zval>,
        limit: Option<&Zval>,
        consistency: Option<&Zval>,
        prefetch: Option<&Zval>,
        maxItems: Option<&Zval>,
        options: Option<&Zval>,
    ) -> PhpResult<Iteration> {
        let args = [
            ("status", status),
            ("priority", priority),
            ("assignee_id", assigneeId),
            ("page", page),
            ("limit", limit),
        ];
        let walk = [("consistency", consistency), ("prefetch", prefetch), ("max_items", maxItems)];
        self.0.iterate("tickets.iter", &args, &walk, options)
    }

    /// Opens a ticket.
    pub fn create(
        &self,
        title: Option<&Zval>,
        description: Option<&Zval>,
        priority: Option<&Zval>,
        customerEmail: Option<&Zval>,
        options: Option<&Zval>,
    ) -> PhpResult<Zval> {
        let args = [
            ("title", title),
            ("description", description),
            ("priority", priority),
            ("customer_email", customerEmail),
        ];
        self.0.call("tickets.create", &args, options)
    }

    /// Changes a ticket.
    pub fn update(
        &self,
        id: &Zval,
        status: Option<&Zval>,
        comment: Option<&Zval>,
        options: Option<&Zval>,
    ) -> PhpResult<Zval> {
        let args = [("id", Some(id)), ("status", status), ("comment", comment)];
        self.0.call("tickets.update", &args, options)
    }
}

/// Numbers over a period.
#[php_class]
#[php(name = "Zhifuyun\\StatisticsResource", flags = ClassFlags::Final)]
pub struct StatisticsResource(pub(crate) Rc<Shared>);

#[php_impl]
impl StatisticsResource {
    /// The numbers of one kind.
    pub fn get(
        &self,
        r#type: Option<&Zval>,
        startDate: Option<&Zval>,
        endDate: Option<&Zval>,
        groupBy: Option<&Zval>,
        options: Option<&Zval>,
    ) -> PhpResult<Zval> {
        let args =
            [("type", r#type), ("start_date", startDate), ("end_date", endDate), ("group_by", groupBy)];
        self.0.call("statistics.get", &args, options)
    }
}
