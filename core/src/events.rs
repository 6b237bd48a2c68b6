//! What a client tells while it works, for logs and metrics.

use crate::error::Reason;
use crate::rate_limit::WaitCause;
use std::fmt;
use std::time::Duration;

/// Something the client did. Carries no secret, no URL with a query and no body.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Event {
    /// A request leaves.
    Request {
        /// The operation, such as `tickets.create`.
        operation: &'static str,
        /// The HTTP method.
        method: &'static str,
        /// The path with placeholders, such as `/v1/conversations/{id}`.
        path: &'static str,
        /// 1 for the first attempt.
        attempt: u32,
    },
    /// An answer arrived.
    Response {
        /// The operation.
        operation: &'static str,
        /// Which attempt it answers.
        attempt: u32,
        /// The HTTP status.
        http_status: u16,
        /// The code of the envelope.
        code: Option<i64>,
        /// The server's id of the request.
        request_id: Option<String>,
        /// From sending to the end of the body.
        elapsed: Duration,
    },
    /// An attempt failed and another follows.
    Retry {
        /// The operation.
        operation: &'static str,
        /// The attempt that failed.
        attempt: u32,
        /// Why it failed.
        reason: Reason,
        /// How long the client waits before the next.
        delay: Duration,
    },
    /// A request waits for its turn.
    Wait {
        /// The operation.
        operation: &'static str,
        /// Why.
        cause: WaitCause,
        /// For how long at least.
        duration: Duration,
    },
    /// A new access token was asked for.
    Refresh {
        /// Whether it was obtained.
        ok: bool,
        /// True when it happened ahead of expiry, behind running calls.
        background: bool,
    },
}

impl Event {
    /// The stable name of the event.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Request { .. } => "request",
            Self::Response { .. } => "response",
            Self::Retry { .. } => "retry",
            Self::Wait { .. } => "wait",
            Self::Refresh { .. } => "refresh",
        }
    }
}

/// Receives events. Called on whatever thread drives the request: be quick and do not block.
///
/// ```
/// use zhifuyun::{Client, Event};
/// let client = Client::builder()
///     .client_id("id")
///     .client_secret("secret")
///     .on_event(|event: &Event| println!("{event:?}"))
///     .build()?;
/// # Ok::<(), zhifuyun::Error>(())
/// ```
pub trait Hook: Send + Sync + 'static {
    /// Something happened.
    fn event(&self, event: &Event);
}

impl<F: Fn(&Event) + Send + Sync + 'static> Hook for F {
    fn event(&self, event: &Event) {
        self(event);
    }
}

impl fmt::Debug for dyn Hook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hook")
    }
}
