//! Errors as data: everything a host needs to build its own exception.

use serde::Serialize;
use std::error::Error as _;
use zhifuyun::Error;

/// An error, ready to cross. Durations are seconds.
#[derive(Debug, Serialize)]
pub struct ErrorData<'a> {
    /// Stable name of the branch.
    pub kind: &'static str,
    /// Stable name of what happened.
    pub reason: &'static str,
    /// One line: what happened, why, what to do.
    pub message: String,
    /// The sentence without the notes around it.
    pub detail: &'a str,
    /// The operation.
    pub operation: Option<&'static str>,
    /// The argument that was refused.
    pub argument: Option<&'a str>,
    /// The code of the envelope.
    pub code: Option<i64>,
    /// The HTTP status.
    pub http_status: Option<u16>,
    /// The server's id of the request.
    pub request_id: Option<&'a str>,
    /// How long to wait.
    pub retry_after: Option<f64>,
    /// Requests of this operation that left the client.
    pub attempts: u32,
    /// A write may have happened.
    pub maybe_applied: bool,
    /// Why a webhook was refused.
    pub webhook_reason: Option<&'static str>,
    /// Fields that the server complained about.
    pub fields: Vec<FieldData<'a>>,
    /// Where the time went.
    pub timing: TimingData,
    /// The causes, outermost first.
    pub causes: Vec<String>,
}

/// One field that the server complained about.
#[derive(Debug, Serialize)]
pub struct FieldData<'a> {
    /// Its name.
    pub field: &'a str,
    /// What is wrong with it.
    pub message: &'a str,
}

/// Where the time of a call went, in seconds.
#[derive(Debug, Serialize)]
pub struct TimingData {
    /// All of it.
    pub total: f64,
    /// Waiting for a turn.
    pub queued: f64,
    /// Waiting for a token.
    pub token: f64,
    /// Sleeping between attempts.
    pub backoff: f64,
    /// Requests under way.
    pub network: f64,
}

impl From<zhifuyun::Timing> for TimingData {
    fn from(t: zhifuyun::Timing) -> Self {
        Self {
            total: t.total.as_secs_f64(),
            queued: t.queued.as_secs_f64(),
            token: t.token.as_secs_f64(),
            backoff: t.backoff.as_secs_f64(),
            network: t.network.as_secs_f64(),
        }
    }
}

impl<'a> ErrorData<'a> {
    /// The data of an error.
    #[must_use]
    pub fn of(error: &'a Error) -> Self {
        let field = |f: &'a zhifuyun::FieldError| FieldData { field: &f.field, message: &f.message };
        Self {
            kind: error.kind().as_str(),
            reason: error.reason().as_str(),
            message: error.to_string(),
            detail: error.message(),
            operation: error.operation(),
            argument: error.argument(),
            code: error.code(),
            http_status: error.http_status(),
            request_id: error.request_id(),
            retry_after: error.retry_after().map(|d| d.as_secs_f64()),
            attempts: error.attempts(),
            maybe_applied: error.maybe_applied(),
            webhook_reason: error.webhook_reason().map(|r| r.as_str()),
            fields: error.fields().iter().map(field).collect(),
            timing: error.timing().into(),
            causes: causes(error),
        }
    }
}

fn causes(error: &Error) -> Vec<String> {
    let mut causes = Vec::new();
    let mut next = error.source();
    while let Some(cause) = next.filter(|_| causes.len() < 8) {
        causes.push(cause.to_string());
        next = cause.source();
    }
    causes
}

/// The same as JSON text.
#[must_use]
pub fn to_json(error: &Error) -> String {
    serde_json::to_string(&ErrorData::of(error)).unwrap_or_default()
}
