//! Errors as exceptions.

use crate::classes::{self, EXCEPTIONS};
use crate::convert;
use crate::encode::timing;
use crate::shim::{self, Fresh};
use ext_php_rs::exception::PhpException;
use ext_php_rs::types::{ZendHashTable, Zval};
use zhifuyun_bridge::error::ErrorData;
use zhifuyun_bridge::zhifuyun::{Error, ErrorKind, Reason, Result};

/// Turns errors into exceptions.
pub(crate) trait OrThrow<T> {
    /// The value, or the exception to throw.
    fn or_throw(self) -> Result<T, PhpException>;
}

impl<T> OrThrow<T> for Result<T> {
    fn or_throw(self) -> Result<T, PhpException> {
        self.map_err(|e| exception(&e))
    }
}

/// The exception of an error. Its file, line and trace are those of the call.
pub(crate) fn exception(error: &Error) -> PhpException {
    make(&ErrorData::of(error))
}

/// The engine wants its thread back: a time limit or a signal.
/// What a signal handler throws goes first.
pub(crate) fn interrupted(operation: &'static str) -> PhpException {
    shim::dispatch();
    let message = "the call was interrupted by a signal or a time limit";
    let error = Error::new(ErrorKind::Internal, Reason::Panic, message);
    let mut data = ErrorData::of(&error);
    (data.kind, data.reason) = ("interrupted", "interrupted");
    data.operation = Some(operation);
    message.clone_into(&mut data.message);
    data.maybe_applied = operation.ends_with(".create") || operation.ends_with(".update");
    make(&data)
}

fn make(data: &ErrorData<'_>) -> PhpException {
    let name = EXCEPTIONS.iter().find(|(_, kind, _)| *kind == data.kind).map_or("ZhifuyunException", |e| e.0);
    let thrown = PhpException::from_message(data.message.clone());
    match classes::class(name).and_then(Fresh::new) {
        Some(object) => thrown.with_object(fill(object, data)),
        None => thrown,
    }
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
    object.named("webhookReason", text(data.webhook_reason));
    let fields = data.fields.iter().map(|f| {
        let mut table = ZendHashTable::with_capacity(2);
        shim::put(&mut table, "field", shim::string(f.field));
        shim::put(&mut table, "message", shim::string(f.message));
        shim::array(table)
    });
    object.named("fields", convert::list(fields));
    object.named("timing", timing(&data.timing));
    object.named("causes", convert::list(data.causes.iter().map(|c| shim::string(c))));
    object.done()
}
