//! Tickets: list, create, update.

use std::borrow::Cow;
use std::sync::Arc;

use super::Call;
use super::conversations::{DEFAULT_LIMIT, MAX_LIMIT, page_body};
use super::input::{Fields, Query};
use super::reply::{ApiError, Success};
use crate::events::ticket_data;
use crate::model::{PRIORITIES, TICKET_STATUSES, Ticket};
use crate::state::TicketChange;
use crate::sync::{read, write};
use crate::table::{Facet, PageQuery};
use crate::world::World;

pub(crate) fn list(call: &Call) -> Result<Success, ApiError> {
    let state = read(&call.world.state);
    let list = &state.tickets;
    let asked = call.query().unwrap_or_default();
    if let Some(body) = list.pages.get(asked) {
        return Ok(Success { code: 200, body });
    }
    let mut query = Query::new(call.query());
    let page = query.count("page", 1, u64::MAX);
    let limit = query.count("limit", DEFAULT_LIMIT, MAX_LIMIT);
    let status = query.choice("status", TICKET_STATUSES);
    let priority = query.choice("priority", PRIORITIES);
    let assignee = query.word("assignee_id");
    query.finish()?;

    let mut facets = Vec::new();
    facets.extend(status.map(|value| Facet::Status(Cow::Borrowed(value))));
    facets.extend(priority.map(|value| Facet::Priority(Cow::Borrowed(value))));
    facets.extend(assignee.map(|value| Facet::Assignee(Cow::Owned(value))));
    let rows = list.page(&PageQuery { facets: &facets, from: None, until: None, page, limit });
    let body = page_body(&rows, page, limit, |item| &item.json);
    list.pages.keep(asked, &body);
    Ok(Success { code: 200, body })
}

pub(crate) fn create(call: &Call) -> Result<Success, ApiError> {
    let mut fields = Fields::parse(&call.body)?;
    let title = fields.required("title", 200);
    let description = fields.optional("description", 0, 20_000);
    let priority = fields.choice("priority", PRIORITIES);
    let customer_email = fields.optional("customer_email", 0, 254);
    if customer_email.as_deref().is_some_and(|email| !looks_like_email(email)) {
        fields.fault("customer_email", "must be an e-mail address");
    }
    fields.finish()?;

    let answers = &call.options.answers;
    let created = answers.timestamps.keep(call.world.now());
    let item = {
        let mut state = write(&call.world.state);
        let id = state.ticket_id();
        let item = Ticket {
            id: Arc::clone(&id),
            title: title.into(),
            description: description.unwrap_or_default().into(),
            status: Cow::Borrowed("open"),
            priority: Cow::Borrowed(priority.unwrap_or("medium")),
            assignee_id: None,
            customer_email: customer_email.map(String::into_boxed_str),
            created,
            updated: created,
            comments: Vec::new(),
            extra: None,
            json: Box::default(),
        };
        state.put_ticket(item, answers);
        state.tickets.get(&id).cloned()
    };
    let item = item.ok_or_else(|| ApiError::new(500, "the ticket was not kept"))?;
    call.world.emit("ticket.created", ticket_data(&item));
    Ok(Success::enveloped(answers.created_status, &item.detail(answers)))
}

/// One `@` with something before it and a name after it. Whether the address exists only a mail can tell.
fn looks_like_email(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else { return false };
    let sound = |part: &str| !part.is_empty() && !part.chars().any(|c| c.is_whitespace() || c.is_control());
    sound(local) && sound(domain) && !domain.starts_with('.') && !domain.ends_with('.')
}

pub(crate) fn update(call: &Call, id: &str) -> Result<Success, ApiError> {
    let mut fields = Fields::parse(&call.body)?;
    let status = fields.choice("status", TICKET_STATUSES);
    let comment = fields.optional("comment", 0, 10_000);
    if !fields.has("status") && !fields.has("comment") {
        fields.fault("status", "status or comment is required");
    }
    // A body that is wrong in itself is refused whether or not the ticket exists.
    fields.finish()?;
    let change = TicketChange { status: status.map(Cow::Borrowed), comment, ..TicketChange::default() };
    match change_ticket(&call.world, id, change) {
        Some(item) => Ok(Success::enveloped(200, &item.detail(&call.options.answers))),
        None => Err(ApiError::not_found("there is no such ticket")),
    }
}

/// Changes a ticket and tells the world: `ticket.resolved` when it has just become resolved,
/// `ticket.updated` for every other change.
pub(crate) fn change_ticket(world: &Arc<World>, id: &str, change: TicketChange) -> Option<Arc<Ticket>> {
    let options = world.options();
    let now = world.now();
    let (before, item) = {
        let mut state = write(&world.state);
        let before = state.tickets.get(id)?.status.clone();
        (before, state.change_ticket(id, now, &options.answers, change)?)
    };
    let resolved = item.status == "resolved" && before != "resolved";
    world.emit(if resolved { "ticket.resolved" } else { "ticket.updated" }, ticket_data(&item));
    Some(item)
}
