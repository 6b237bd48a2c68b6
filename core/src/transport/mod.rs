//! One request out, one answer in. The engine knows this trait; only this directory knows the HTTP library.

mod body;
mod classify;
mod connect;
mod driver;
mod http;
mod lease;
mod payload;
mod pool;
mod resolve;
mod tls;

pub(crate) use self::http::HttpTransport;
pub(crate) use self::payload::Payload;

use crate::clock::BoxFuture;
use crate::error::Reason;
use ::http::{HeaderMap, Method};
use bytes::Bytes;
use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use url::Url;

/// What a transport needs to know of the client's options.
#[derive(Debug, Clone)]
pub(crate) struct TransportOptions {
    pub(crate) base_url: Url,
    pub(crate) connect_timeout: Duration,
    pub(crate) pool_idle_timeout: Duration,
    pub(crate) proxy: crate::config::Proxy,
    pub(crate) ca_bundle: Option<Arc<[u8]>>,
    pub(crate) user_agent: String,
    pub(crate) max_response_bytes: u64,
}

/// A request, complete.
#[derive(Debug, Clone)]
pub(crate) struct HttpRequest {
    pub(crate) method: Method,
    /// Path and query, percent-encoded. Where it goes is known: there is one server.
    pub(crate) target: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Option<Payload>,
    /// On a connection of its own: the one before it was dead, and so may be the others that were idle.
    pub(crate) fresh: bool,
    pub(crate) progress: Progress,
}

#[cfg(test)]
impl HttpRequest {
    fn get(target: &str) -> Self {
        Self {
            method: Method::GET,
            target: target.to_owned(),
            headers: HeaderMap::new(),
            body: None,
            fresh: false,
            progress: Progress::default(),
        }
    }
}

/// How far an exchange got before a deadline ended it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Progress(Arc<OnceLock<Option<HttpResponse>>>);

impl Progress {
    /// The head is there. That of a refusal is kept, because it is an answer even if its body never ends.
    pub(crate) fn head_arrived(&self, refusal: Option<HttpResponse>) {
        let _ = self.0.set(refusal);
    }

    pub(crate) fn has_head(&self) -> bool {
        self.0.get().is_some()
    }

    pub(crate) fn refusal(&self) -> Option<HttpResponse> {
        self.0.get().cloned().flatten()
    }
}

/// An answer, with its body read to the end; that of a refusal may be cut short.
#[derive(Debug, Clone)]
pub(crate) struct HttpResponse {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    /// The end of the body was the end of the connection: nothing says that it is complete.
    pub(crate) close_delimited: bool,
}

/// Why there is no answer.
#[derive(Debug)]
pub(crate) struct TransportError {
    pub(crate) reason: Reason,
    /// The request surely did not reach the server's application.
    pub(crate) not_sent: bool,
    /// Another attempt has a chance.
    pub(crate) retryable: bool,
    pub(crate) message: String,
    /// The status line had already arrived: a write was surely received.
    pub(crate) status: Option<u16>,
    pub(crate) source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl TransportError {
    /// One that may have been sent, and that another attempt would not change.
    pub(crate) fn new(reason: Reason, message: impl Into<String>) -> Self {
        let message = message.into();
        Self { reason, not_sent: false, retryable: false, message, status: None, source: None }
    }

    /// The connection was dead when it was used; so may be the others that were idle. A server that only takes no more
    /// requests on it is well.
    pub(crate) fn is_dead_connection(&self) -> bool {
        self.reason == Reason::ConnectionClosed && !self.not_sent
    }
}

impl fmt::Display for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.reason, self.message)
    }
}

/// Sends one request. Dropping the future cancels it.
pub(crate) trait Transport: fmt::Debug + Send + Sync + 'static {
    fn send(&self, request: HttpRequest) -> BoxFuture<'_, Result<HttpResponse, TransportError>>;
}
