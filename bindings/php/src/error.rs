//! Errors as exceptions.

use crate::classes::{self, EXCEPTIONS};
use crate::encode::timing;
use crate::shim::{self, Fresh};
use ext_php_rs::exception::PhpException;
use ext_php_rs::types::{ZendHashTable, Zval};
use zhifuyun_bridge::error::ErrorData;
use zhifuyun_bridge::zhifuyun::webhook::WebhookReason;
use zhifuyun_bridge::zhifuyun::{Error, ErrorKind, Reason, Result};

/// An exception that is made and not yet thrown.
pub(crate) struct Thrown {
    message: String,
    object: Option<Zval>,
}

impl From<Thrown> for PhpException {
    fn from(thrown: Thrown) -> Self {
        let exception = Self::from_message(thrown.message);
        match thrown.object {
            Some(object) => exception.with_object(object),
            None => exception,
        }
    }
}

impl From<&Error> for Thrown {
    fn from(error: &Error) -> Self {
        make(&ErrorData::of(error))
    }
}

/// Turns errors into exceptions.
pub(crate) trait OrThrow<T> {
    /// The value, or the exception to throw.
    fn or_throw(self) -> Result<T, Thrown>;
}

impl<T> OrThrow<T> for Result<T> {
    fn or_throw(self) -> Result<T, Thrown> {
        self.map_err(|e| Thrown::from(&e))
    }
}

/// The exception of an error. Its file, line and trace are those of the call.
pub(crate) fn exception(error: &Error) -> PhpException {
    Thrown::from(error).into()
}

/// The same for one of several calls: the message says which one it was about.
pub(crate) fn about(error: &Error, which: &str, argument: Option<&str>) -> Thrown {
    let mut data = ErrorData::of(error);
    let detail = format!("{which}: {}", data.detail);
    data.message = data.message.replacen(data.detail, &detail, 1);
    make(&ErrorData { detail: &detail, argument, ..data })
}

/// The engine wants its thread back. If a signal handler threw, its exception is pending already and is what the
/// caller gets; else a time limit has passed.
pub(crate) fn interrupted(operation: &'static str) -> PhpException {
    let message = "the call was interrupted by a time limit of PHP";
    let error = Error::new(ErrorKind::Internal, Reason::Panic, message);
    let mut data = ErrorData::of(&error);
    (data.kind, data.reason) = ("interrupted", "interrupted");
    data.operation = Some(operation);
    message.clone_into(&mut data.message);
    data.maybe_applied = operation.ends_with(".create") || operation.ends_with(".update");
    make(&data).into()
}

/// Throws. If a callback threw meanwhile, its exception goes up, with this one as what came before it.
pub(crate) fn behind_pending(thrown: Thrown) -> PhpException {
    if let Some(object) = &thrown.object {
        shim::behind_pending(object);
    }
    thrown.into()
}

fn make(data: &ErrorData<'_>) -> Thrown {
    let name = EXCEPTIONS.iter().find(|(_, kind, _)| *kind == data.kind).map_or("ZhifuyunException", |e| e.0);
    let object = classes::class(name).and_then(Fresh::new).map(|object| fill(object, data));
    Thrown { message: data.message.clone(), object }
}

/// What `new NotFoundException('…')` makes, for tests and for replay guards written in PHP.
pub(crate) fn construct(object: Fresh, message: &str, code: i64, webhook_reason: Option<&str>) -> Zval {
    let is = |class: &str| classes::class(class).is_some_and(|class| object.is_a(class));
    // The last that fits: a parent stands before its children.
    let kind = EXCEPTIONS.iter().rev().find(|(class, ..)| is(class)).map_or("internal", |e| e.1);
    let error = Error::new(ErrorKind::Internal, Reason::Panic, message);
    let mut data = ErrorData::of(&error);
    (data.kind, data.reason) = (kind, kind);
    data.message = message.to_owned();
    data.code = Some(code).filter(|code| *code != 0);
    data.webhook_reason = WebhookReason::ALL.iter().map(|r| r.as_str()).find(|r| Some(*r) == webhook_reason);
    fill(object, &data)
}

/// As the core has it. Asked by name, because exceptions made in PHP have no error of the core.
fn is_transient(data: &ErrorData<'_>) -> bool {
    matches!(data.kind, "connection" | "timeout" | "rate_limit" | "server") && data.reason != "tls"
}

fn fill(mut object: Fresh, data: &ErrorData<'_>) -> Zval {
    let text = |t: Option<&str>| t.map_or_else(Zval::null, shim::string);
    object.named("message", shim::string(&data.message));
    object.named("code", shim::long(data.code.unwrap_or(0)));
    object.named("kind", shim::string(data.kind));
    object.named("reason", shim::string(data.reason));
    object.named("detail", shim::string(data.detail));
    object.named("operation", text(data.operation));
    object.named("argument", text(data.argument));
    object.named("apiCode", data.code.map_or_else(Zval::null, shim::long));
    object.named("httpStatus", data.http_status.map_or_else(Zval::null, |s| shim::long(s.into())));
    object.named("requestId", text(data.request_id));
    object.named("retryAfter", data.retry_after.map_or_else(Zval::null, shim::double));
    object.named("attempts", shim::long(data.attempts.into()));
    object.named("maybeApplied", shim::boolean(data.maybe_applied));
    object.named("isTransient", shim::boolean(is_transient(data)));
    object.named("webhookReason", text(data.webhook_reason));
    let reason = WebhookReason::ALL.iter().find(|r| Some(r.as_str()) == data.webhook_reason);
    let status = reason.map(|r| i64::from(r.http_status()));
    object.named("answerStatus", status.map_or_else(Zval::null, shim::long));
    let fields = data.fields.iter().map(|f| {
        let mut table = ZendHashTable::with_capacity(2);
        shim::put(&mut table, "field", shim::string(f.field));
        shim::put(&mut table, "message", shim::string(f.message));
        shim::array(table)
    });
    object.named("fields", shim::list(fields));
    object.named("timing", timing(&data.timing));
    object.named("causes", shim::list(data.causes.iter().map(|c| shim::string(c))));
    object.done()
}
