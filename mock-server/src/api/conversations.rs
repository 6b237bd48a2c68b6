//! Conversations: list, get, create.

use std::borrow::Cow;
use std::fmt::Write as _;

use bytes::Bytes;

use super::Call;
use super::input::{Fields, Query};
use super::reply::{ApiError, Success};
use crate::events::conversation_data;
use crate::model::{CONVERSATION_STATUSES, Conversation};
use crate::state::service_quality;
use crate::sync::{read, write};
use crate::table::{Facet, PageQuery, PageRows};

/// Largest page.
pub(crate) const MAX_LIMIT: u64 = 100;
/// Page size if none is asked for.
pub(crate) const DEFAULT_LIMIT: u64 = 20;

pub(crate) fn list(call: &Call) -> Result<Success, ApiError> {
    let state = read(&call.world.state);
    let list = &state.conversations;
    let asked = call.query().unwrap_or_default();
    if let Some(body) = list.pages.get(asked) {
        return Ok(Success { code: 200, body });
    }
    let mut query = Query::new(call.query());
    let page = query.count("page", 1, u64::MAX);
    let limit = query.count("limit", DEFAULT_LIMIT, MAX_LIMIT);
    let status = query.choice("status", CONVERSATION_STATUSES);
    let from = query.time("start_time");
    let until = query.time("end_time");
    query.ordered(("start_time", from), ("end_time", until));
    query.finish()?;

    let facets: Vec<Facet> = status.map(|status| Facet::Status(Cow::Borrowed(status))).into_iter().collect();
    let rows = list.page(&PageQuery {
        facets: &facets,
        from: from.map(|at| ceil_millis(at.timestamp_millis(), at.timestamp_subsec_nanos())),
        until: until.map(|at| at.timestamp_millis()),
        page,
        limit,
    });
    let body = page_body(&rows, page, limit, |item| &item.json);
    list.pages.keep(asked, &body);
    Ok(Success { code: 200, body })
}

/// Finer parts of a lower bound than the state keeps must not let an earlier item in.
fn ceil_millis(millis: i64, nanos: u32) -> i64 {
    millis.saturating_add(i64::from(!nanos.is_multiple_of(1_000_000)))
}

/// The envelope around a page, put together from the items' ready-made JSON.
pub(crate) fn page_body<T>(
    rows: &PageRows<'_, T>,
    page: u64,
    limit: u64,
    json: impl Fn(&T) -> &str,
) -> Bytes {
    let size: usize = rows.rows.iter().map(|row| json(row).len() + 1).sum();
    let mut body = String::with_capacity(size + 96);
    // Writing to a string cannot fail.
    let _ = write!(
        body,
        "{{\"code\":200,\"data\":{{\"total\":{},\"page\":{page},\"limit\":{limit},\"items\":[",
        rows.total
    );
    for (position, row) in rows.rows.iter().enumerate() {
        if position > 0 {
            body.push(',');
        }
        body.push_str(json(row));
    }
    body.push_str("]}}");
    Bytes::from(body)
}

pub(crate) fn get(call: &Call, id: &str) -> Result<Success, ApiError> {
    let state = read(&call.world.state);
    match state.conversations.get(id) {
        Some(item) => Ok(Success::enveloped(200, &item.detail(&call.options.answers))),
        None => Err(ApiError::not_found("there is no such conversation")),
    }
}

pub(crate) fn create(call: &Call) -> Result<Success, ApiError> {
    let mut fields = Fields::parse(&call.body)?;
    let user_id = fields.required("user_id", 128);
    let channel = fields.required("channel", 64);
    let initial_message = fields.optional("initial_message", 0, 10_000);
    fields.finish()?;

    let answers = &call.options.answers;
    let created = answers.timestamps.keep(call.world.now());
    let item = {
        let mut state = write(&call.world.state);
        let id = state.conversation_id();
        let (response_seconds, satisfied) = service_quality(&id);
        let item = Conversation {
            id: std::sync::Arc::clone(&id),
            user_id: user_id.into(),
            channel: Cow::Owned(channel),
            status: Cow::Borrowed("active"),
            created,
            updated: created,
            initial_message: initial_message.map(String::into_boxed_str),
            response_seconds,
            satisfied,
            extra: None,
            json: Box::default(),
        };
        state.put_conversation(item, answers);
        state.conversations.get(&id).cloned()
    };
    let item = item.ok_or_else(|| ApiError::new(500, "the conversation was not kept"))?;
    call.world.emit("conversation.created", conversation_data(&item));
    Ok(Success::enveloped(answers.created_status, &item.detail(answers)))
}
