//! Results as plain data, read through public attributes only. Every runner writes the same form.

use crate::host::Outcome;
use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Value, json};
use zhifuyun::models::{Conversation, Page, Statistics, Ticket};
use zhifuyun::pagination::Report;
use zhifuyun::{Error, Meta, Quota, Response, Timing};

/// A time is its milliseconds since 1970: the finest that all languages keep.
pub fn time(time: DateTime<Utc>) -> Value {
    let time = DateTime::from_timestamp_millis(time.timestamp_millis()).unwrap_or(time);
    let form = if time.timestamp_subsec_millis() == 0 { SecondsFormat::Secs } else { SecondsFormat::Millis };
    json!(time.to_rfc3339_opts(form, true))
}

/// Something the API returns.
pub trait Projected {
    fn project(&self) -> Value;
}

impl Projected for Conversation {
    fn project(&self) -> Value {
        json!({
            "id": self.id,
            "user_id": self.user_id,
            "channel": self.channel.as_ref().map(|v| v.as_str()),
            "status": self.status.as_ref().map(|v| v.as_str()),
            "created_at": self.created_at.map(time),
            "updated_at": self.updated_at.map(time),
            "extra": self.extra,
        })
    }
}

impl Projected for Ticket {
    fn project(&self) -> Value {
        json!({
            "id": self.id,
            "title": self.title,
            "description": self.description,
            "status": self.status.as_ref().map(|v| v.as_str()),
            "priority": self.priority.as_ref().map(|v| v.as_str()),
            "assignee_id": self.assignee_id,
            "customer_email": self.customer_email,
            "created_at": self.created_at.map(time),
            "updated_at": self.updated_at.map(time),
            "extra": self.extra,
        })
    }
}

impl Projected for Statistics {
    fn project(&self) -> Value {
        let trends: Vec<Value> = self
            .trends
            .iter()
            .map(|t| {
                json!({
                    "date": t.date.map(|d| d.to_string()),
                    "conversations": t.conversations,
                    "tickets": t.tickets,
                    "extra": t.extra,
                })
            })
            .collect();
        json!({
            "total_conversations": self.total_conversations,
            "total_tickets": self.total_tickets,
            "avg_response_time": self.avg_response_time,
            "satisfaction_rate": self.satisfaction_rate,
            "trends": trends,
            "extra": self.extra,
        })
    }
}

impl<T: Projected> Projected for Page<T> {
    fn project(&self) -> Value {
        json!({
            "items": self.items.iter().map(Projected::project).collect::<Vec<_>>(),
            "total": self.total,
            "page": self.page,
            "limit": self.limit,
            "has_next": self.has_next(),
            "extra": self.extra,
        })
    }
}

impl Projected for Quota {
    fn project(&self) -> Value {
        json!({ "used": self.used, "limit": self.limit, "next_free": self.next_free.as_secs_f64() })
    }
}

fn timing(t: Timing) -> Value {
    json!({
        "total": t.total.as_secs_f64(),
        "queued": t.queued.as_secs_f64(),
        "token": t.token.as_secs_f64(),
        "backoff": t.backoff.as_secs_f64(),
        "network": t.network.as_secs_f64(),
    })
}

fn meta(m: &Meta) -> Value {
    json!({
        "http_status": m.http_status,
        "code": m.code,
        "request_id": m.request_id,
        "attempts": m.attempts,
        "waited": m.waited().as_secs_f64(),
        "timing": timing(m.timing),
    })
}

/// A result with its `meta`.
pub fn response<T: Projected>(response: &Response<T>) -> Value {
    let mut value = T::project(response);
    value["meta"] = meta(response.meta());
    value
}

/// What an iteration brought, whether or not it ended well.
pub fn walked<T: Projected>(items: &[T], report: &Report) -> Value {
    let items: Vec<Value> = items.iter().map(Projected::project).collect();
    let ids: Vec<&Value> = items.iter().filter_map(|item| item.get("id")).collect();
    let different: std::collections::HashSet<_> = ids.iter().map(ToString::to_string).collect();
    json!({
        "count": items.len(),
        "unique": different.len(),
        "ids": ids,
        "items": items,
        "report": {
            "requests": report.requests,
            "pages": report.pages,
            "items": report.items,
            "duplicates": report.duplicates,
            "first_total": report.first_total,
            "last_total": report.last_total,
            "total_changed": report.total_changed,
            "passes": report.passes,
            "complete": report.complete,
            "stopped_by": report.stopped_by.as_str(),
        },
    })
}

/// An error; `text` is everything that a log could show of it.
pub fn error(e: &Error) -> Value {
    let fields: Vec<Value> =
        e.fields().iter().map(|f| json!({ "field": f.field, "message": f.message })).collect();
    json!({
        "kind": e.kind().as_str(),
        "reason": e.reason().as_str(),
        "message": e.message(),
        "operation": e.operation(),
        "argument": e.argument(),
        "code": e.code(),
        "http_status": e.http_status(),
        "request_id": e.request_id(),
        "retry_after": e.retry_after().map(|d| d.as_secs_f64()),
        "attempts": e.attempts(),
        "maybe_applied": e.maybe_applied(),
        "fields": fields,
        "webhook_reason": e.webhook_reason().map(|r| r.as_str()),
        "timing": timing(e.timing()),
        "text": format!("{e} {e:?}"),
    })
}

/// A call that went well.
pub fn done(result: Value) -> Outcome {
    Outcome { result: Some(result), error: None }
}

/// One that did not.
pub fn failed(e: &Error) -> Outcome {
    Outcome { result: None, error: Some(error(e)) }
}
