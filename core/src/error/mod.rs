//! One error type for everything that can go wrong.
//!
//! [`ErrorKind`] is the branch of the tree that callers match on; [`Reason`] says precisely what happened.
//! Both have stable names that are the same in all languages.

mod names;

pub(crate) use names::stable_names;
pub use names::{ErrorKind, Reason};

use std::fmt;
use std::time::Duration;

/// The result of every fallible call of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Where the time of a call went.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Timing {
    /// From the start of the call to its end.
    pub total: Duration,
    /// Waiting for a slot of the plan or for a rate-limit pause to end.
    pub queued: Duration,
    /// Waiting for an access token.
    pub token: Duration,
    /// Sleeping between attempts.
    pub backoff: Duration,
    /// Requests under way.
    pub network: Duration,
}

impl Timing {
    /// Time the client waited by its own choice: for its turn and between attempts.
    #[must_use]
    pub fn waited(&self) -> Duration {
        self.queued + self.backoff
    }
}

/// One field that the server complained about.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct FieldError {
    /// The name of the field.
    pub field: String,
    /// What is wrong with it.
    pub message: String,
}

/// Everything that can go wrong, with what is needed to act on it.
///
/// `Display` is one line: what happened, why, what to do. `Debug` shows every field. Neither ever shows a
/// secret or a URL with its query.
///
/// ```
/// use zhifuyun::{Client, ErrorKind};
/// let error = Client::builder().client_id("id").build().unwrap_err();
/// assert_eq!(error.kind(), ErrorKind::Config);
/// assert!(error.to_string().contains("client_secret"));
/// ```
#[derive(Clone)]
pub struct Error(Box<Inner>);

#[derive(Clone)]
struct Inner {
    kind: ErrorKind,
    reason: Reason,
    message: String,
    operation: Option<&'static str>,
    argument: Option<String>,
    code: Option<i64>,
    http_status: Option<u16>,
    request_id: Option<String>,
    retry_after: Option<Duration>,
    attempts: u32,
    maybe_applied: bool,
    timing: Timing,
    fields: Vec<FieldError>,
    webhook_reason: Option<crate::webhook::WebhookReason>,
    // `Arc`, because one failure may answer many waiters of the same token.
    source: Option<std::sync::Arc<dyn std::error::Error + Send + Sync>>,
}

impl Error {
    /// A new error. Bindings and tests use it too; most callers only read errors.
    #[must_use]
    pub fn new(kind: ErrorKind, reason: Reason, message: impl Into<String>) -> Self {
        Self(Box::new(Inner {
            kind,
            reason,
            message: message.into(),
            operation: None,
            argument: None,
            code: None,
            http_status: None,
            request_id: None,
            retry_after: None,
            attempts: 0,
            maybe_applied: false,
            timing: Timing::default(),
            fields: Vec::new(),
            webhook_reason: None,
            source: None,
        }))
    }

    pub(crate) fn config(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Config, Reason::InvalidConfig, message)
    }

    /// An argument that was refused before any I/O.
    #[must_use]
    pub fn invalid_argument(argument: impl Into<String>, message: impl Into<String>) -> Self {
        let mut e = Self::new(ErrorKind::InvalidArgument, Reason::InvalidArgument, message);
        e.0.argument = Some(argument.into());
        e
    }

    pub(crate) fn decode(reason: Reason, message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Decode, reason, message)
    }

    pub(crate) fn closed() -> Self {
        Self::new(ErrorKind::Closed, Reason::Closed, "the client was closed; create a new one")
    }

    /// The branch of the tree.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// What precisely happened.
    #[must_use]
    pub fn reason(&self) -> Reason {
        self.0.reason
    }

    /// The sentence, without the prefix that `Display` puts before it.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The operation, such as `tickets.create`.
    #[must_use]
    pub fn operation(&self) -> Option<&'static str> {
        self.0.operation
    }

    /// The argument that was refused, by its Rust name.
    #[must_use]
    pub fn argument(&self) -> Option<&str> {
        self.0.argument.as_deref()
    }

    /// The code in the envelope of the answer, as it was sent.
    #[must_use]
    pub fn code(&self) -> Option<i64> {
        self.0.code
    }

    /// The HTTP status of the answer.
    #[must_use]
    pub fn http_status(&self) -> Option<u16> {
        self.0.http_status
    }

    /// The server's id of the request, for support.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        self.0.request_id.as_deref()
    }

    /// How long the server, or the local plan, wants the caller to wait.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// How many requests of this operation left the client; 0 if none did.
    #[must_use]
    pub fn attempts(&self) -> u32 {
        self.0.attempts
    }

    /// True when a write may have happened although the call failed. Look before you repeat it.
    #[must_use]
    pub fn maybe_applied(&self) -> bool {
        self.0.maybe_applied
    }

    /// Where the time went.
    #[must_use]
    pub fn timing(&self) -> Timing {
        self.0.timing
    }

    /// The fields that the server complained about, if it named any.
    #[must_use]
    pub fn fields(&self) -> &[FieldError] {
        &self.0.fields
    }

    /// Why a webhook was refused; `None` for other errors.
    #[must_use]
    pub fn webhook_reason(&self) -> Option<crate::webhook::WebhookReason> {
        self.0.webhook_reason
    }

    /// Whether the same call has a fair chance later: connection, timeout, rate limit or server trouble.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        matches!(
            self.kind(),
            ErrorKind::Connection | ErrorKind::Timeout | ErrorKind::RateLimit | ErrorKind::Server
        ) && self.reason() != Reason::Tls
    }

    /// Names the operation that failed.
    #[must_use]
    pub fn with_operation(mut self, operation: &'static str) -> Self {
        self.0.operation = Some(operation);
        self
    }

    pub(crate) fn with_code(mut self, code: Option<i64>) -> Self {
        self.0.code = code;
        self
    }

    pub(crate) fn with_http_status(mut self, status: Option<u16>) -> Self {
        self.0.http_status = status;
        self
    }

    pub(crate) fn with_request_id(mut self, id: Option<String>) -> Self {
        self.0.request_id = id;
        self
    }

    pub(crate) fn with_reason(mut self, reason: Reason) -> Self {
        self.0.reason = reason;
        self
    }

    pub(crate) fn with_retry_after(mut self, wait: Option<Duration>) -> Self {
        self.0.retry_after = wait;
        self
    }

    pub(crate) fn with_attempts(mut self, attempts: u32) -> Self {
        self.0.attempts = attempts;
        self
    }

    pub(crate) fn with_maybe_applied(mut self, maybe: bool) -> Self {
        self.0.maybe_applied = maybe;
        self
    }

    pub(crate) fn with_timing(mut self, timing: Timing) -> Self {
        self.0.timing = timing;
        self
    }

    pub(crate) fn with_fields(mut self, fields: Vec<FieldError>) -> Self {
        self.0.fields = fields;
        self
    }

    pub(crate) fn with_webhook_reason(mut self, reason: crate::webhook::WebhookReason) -> Self {
        self.0.webhook_reason = Some(reason);
        self
    }

    /// Adds the cause. The cause must already be free of secrets and URLs.
    pub(crate) fn with_source(mut self, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        self.0.source = Some(source.into().into());
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let e = &self.0;
        if let Some(op) = e.operation {
            write!(f, "{op}: ")?;
        }
        write!(f, "{} ({}): {}", e.kind, e.reason, e.message)?;
        let mut notes = Vec::new();
        if let Some(s) = e.http_status {
            notes.push(format!("http {s}"));
        }
        if let Some(c) = e.code.filter(|c| e.http_status.map(i64::from) != Some(*c)) {
            notes.push(format!("code {c}"));
        }
        if let Some(id) = &e.request_id {
            notes.push(format!("request {id}"));
        }
        if e.attempts > 1 {
            notes.push(format!("{} attempts", e.attempts));
        }
        if let Some(w) = e.retry_after {
            notes.push(format!("retry after {:.1} s", w.as_secs_f64()));
        }
        if e.maybe_applied {
            notes.push("the write may have been applied: check before repeating it".to_owned());
        }
        if notes.is_empty() { Ok(()) } else { write!(f, " [{}]", notes.join(", ")) }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let e = &self.0;
        f.debug_struct("Error")
            .field("kind", &e.kind)
            .field("reason", &e.reason)
            .field("message", &e.message)
            .field("operation", &e.operation)
            .field("argument", &e.argument)
            .field("code", &e.code)
            .field("http_status", &e.http_status)
            .field("request_id", &e.request_id)
            .field("retry_after", &e.retry_after)
            .field("attempts", &e.attempts)
            .field("maybe_applied", &e.maybe_applied)
            .field("timing", &e.timing)
            .field("fields", &e.fields)
            .field("webhook_reason", &e.webhook_reason)
            .field("source", &e.source)
            .finish()
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source.as_deref().map(|s| s as &(dyn std::error::Error + 'static))
    }
}
