//! How an operation travels: `run` decides, `exchange` sends, the rest of the crate supplies the rules.

pub(crate) mod exchange;
mod run;

pub(crate) use exchange::AUTHENTICATE;
use exchange::Bounds;
pub(crate) use run::run;

#[cfg(test)]
mod tests;

use crate::auth::TokenManager;
use crate::client::RequestOptions;
use crate::clock::{BoxFuture, Clock, Jitter};
use crate::config::{self, Config};
use crate::error::{Error, ErrorKind, Reason, Result, Timing};
use crate::events::{Event, Hook};
use crate::rate_limit::{Class, Limiter};
use crate::retry::RetryQuota;
use crate::transport::{HttpTransport, Transport, TransportOptions};
use bytes::Bytes;
use http::Method;
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use tracing::Instrument as _;
use url::form_urlencoded;

/// Everything that all handles of one client share, whatever runtime they are driven by.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) config: Config,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) jitter: Jitter,
    pub(crate) hook: Option<Arc<dyn Hook>>,
    pub(crate) limiter: Arc<dyn Limiter>,
    pub(crate) retry_quota: RetryQuota,
    pub(crate) tokens: TokenManager,
    pub(crate) closed: AtomicBool,
}

impl Shared {
    /// The event is made only if there is somebody to hear of it.
    pub(crate) fn emit(&self, event: impl FnOnce() -> Event) {
        if let Some(hook) = &self.hook {
            hook.event(&event());
        }
    }

    pub(crate) fn check_open(&self) -> Result<()> {
        if self.closed.load(Ordering::Relaxed) { Err(Error::closed()) } else { Ok(()) }
    }

    /// `path` below that of `base_url`.
    pub(crate) fn target(&self, path: &str) -> String {
        let base = self.config.base_url.path();
        // Room for what follows too: an id or a usual query.
        let mut target = String::with_capacity(base.len() + path.len() + 64);
        target.push_str(base.strip_suffix('/').unwrap_or(base));
        target.push_str(path);
        target
    }

    pub(crate) fn transport(&self) -> Result<HttpTransport> {
        let o = &self.config.options;
        HttpTransport::new(&TransportOptions {
            base_url: self.config.base_url.clone(),
            connect_timeout: o.connect_timeout,
            pool_idle_timeout: o.pool_idle_timeout,
            proxy: o.proxy.clone(),
            ca_bundle: o.ca_bundle.clone(),
            user_agent: self.config.user_agent.clone(),
            max_response_bytes: o.max_response_bytes,
        })
    }
}

/// What comes of `work`, or nothing if the clock reaches `at` first.
pub(crate) async fn by<T>(clock: &dyn Clock, at: Instant, work: impl Future<Output = T>) -> Option<T> {
    tokio::select! {
        biased;
        done = work => Some(done),
        // In a block of its own, so that nothing is made for work that is done at once.
        () = async { clock.deadline(at).await } => None,
    }
}

/// The time of a call is up, and nothing was sent for it that could have failed.
pub(crate) fn no_time(waited: &str) -> Error {
    let message = format!("the timeout of the call passed while it waited {waited}");
    Error::new(ErrorKind::Timeout, Reason::DeadlineExceeded, message)
}

/// Work that runs beside calls, on a transport that lives long enough for it.
pub(crate) type Job = Box<dyn FnOnce(Arc<dyn Transport>) -> BoxFuture<'static, ()> + Send>;

/// What drives a handle: its connections, and a place for background work.
pub(crate) trait Driver: std::fmt::Debug + Send + Sync + 'static {
    fn transport(&self) -> &dyn Transport;
    fn transport_handle(&self) -> Arc<dyn Transport>;
    /// Whether its runtime goes on while no call is under way.
    fn runs_between_calls(&self) -> bool;
    /// Runs the job in the background, or hands it back to be run in the call itself.
    fn background(&self, job: Job) -> Option<Job>;
}

/// Overrides for one call, checked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct CallOptions {
    timeout: Option<Duration>,
    max_retries: Option<u32>,
}

impl CallOptions {
    pub(crate) fn check(options: RequestOptions) -> Result<Self> {
        if options.timeout.is_some_and(|t| t.is_zero()) {
            let message = "timeout must be more than zero seconds";
            return Err(Error::invalid_argument("timeout", message));
        }
        let timeout = options.timeout.map(|t| t.min(config::FOREVER));
        Ok(Self { timeout, max_retries: options.max_retries })
    }

    /// How far a call may go that begins at `start`.
    fn bounds(self, shared: &Shared, start: Instant) -> Bounds {
        let options = &shared.config.options;
        Bounds {
            deadline: start + self.timeout.unwrap_or(options.timeout),
            max_retries: self.max_retries.unwrap_or(options.max_retries),
        }
    }
}

/// Asks for a new token: a call of its own, with nothing but the token in it.
pub(crate) async fn authenticate(
    shared: &Arc<Shared>,
    driver: &Arc<dyn Driver>,
    options: CallOptions,
) -> Result<()> {
    shared.check_open()?;
    let start = shared.clock.now();
    let span = tracing::debug_span!("zhifuyun.operation", operation = AUTHENTICATE);
    let result = shared.tokens.renew(shared, driver, options.bounds(shared, start)).instrument(span).await;
    result.map(drop).map_err(|e| {
        let total = shared.clock.now().saturating_duration_since(start);
        e.with_timing(Timing { total, token: total, ..Timing::default() })
    })
}

/// What a segment of a path cannot hold as it is (<https://url.spec.whatwg.org/#path-percent-encode-set>), and what would
/// end it or be taken for an encoding.
const SEGMENT: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'`')
    .add(b'{')
    .add(b'}')
    .add(b'/')
    .add(b'%')
    .add(b'\\');

/// An operation with its arguments, checked and ready to be sent.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    pub(crate) operation: &'static str,
    pub(crate) method: Method,
    /// With `{id}` at its end where there is one: what logs and events show.
    pub(crate) path: &'static str,
    pub(crate) id: Option<String>,
    pub(crate) query: Vec<(&'static str, String)>,
    pub(crate) body: Option<Bytes>,
    pub(crate) class: Class,
    pub(crate) options: CallOptions,
}

impl Call {
    pub(crate) fn get(operation: &'static str, path: &'static str) -> Self {
        Self::new(operation, Method::GET, path)
    }

    pub(crate) fn new(operation: &'static str, method: Method, path: &'static str) -> Self {
        Self {
            operation,
            method,
            path,
            id: None,
            query: Vec::new(),
            body: None,
            class: Class::Interactive,
            options: CallOptions::default(),
        }
    }

    pub(crate) fn id(mut self, id: &str) -> Self {
        self.id = Some(id.to_owned());
        self
    }

    pub(crate) fn query(mut self, name: &'static str, value: Option<impl ToString>) -> Self {
        if let Some(v) = value {
            self.query.push((name, v.to_string()));
        }
        self
    }

    pub(crate) fn body(mut self, body: &serde_json::Map<String, serde_json::Value>) -> Self {
        self.body = serde_json::to_vec(body).ok().map(Bytes::from);
        self
    }

    /// Reads may be repeated freely; writes only when they were surely not executed.
    pub(crate) fn is_read(&self) -> bool {
        self.method == Method::GET
    }

    /// Path and query. Ids were checked before: a server may take `.` and `..` for another path.
    pub(crate) fn target(&self, shared: &Shared) -> String {
        let mut target = shared.target(self.path.strip_suffix("{id}").unwrap_or(self.path));
        target.extend(self.id.iter().flat_map(|id| utf8_percent_encode(id, SEGMENT)));
        if !self.query.is_empty() {
            target.push('?');
            let query = self.query.iter().map(|(k, v)| (*k, v.as_str()));
            let start = target.len();
            form_urlencoded::Serializer::for_suffix(&mut target, start).extend_pairs(query);
        }
        target
    }
}
