//! The client: a cheap handle on one account's connections, token and quota.

use crate::ClientBuilder;
use crate::auth::{Credentials, Fixed, MemoryTokenStore, TokenManager};
use crate::clock::{BoxFuture, SystemClock};
use crate::engine::{self, CallOptions, Driver, Job, Shared};
use crate::envelope;
use crate::error::{Error, Result};
use crate::meta::Response;
use crate::operations::{Data, Operation, Prepared};
use crate::rate_limit::Quota;
use crate::resources::{Conversations, Statistics, Tickets};
use crate::transport::{HttpTransport, Transport};
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// A client of the Zhifuyun API.
///
/// Cheap to clone, safe to share; all clones use one token, one quota and one pool of connections. Making one
/// does no I/O. Its futures need a tokio runtime with time and I/O enabled; dropping a future cancels the call.
///
/// ```no_run
/// # async fn f() -> zhifuyun::Result<()> {
/// let client = zhifuyun::Client::builder().client_id("id").client_secret("secret").build()?;
/// let page = client.conversations().list().status("active").limit(50).await?;
/// for conversation in &page.items {
///     println!("{} {:?}", conversation.id, conversation.status);
/// }
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct Client {
    pub(crate) shared: Arc<Shared>,
    pub(crate) driver: Arc<dyn Driver>,
}

/// Where a handle does its background work, which is refreshing the token ahead of expiry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Background {
    /// As a task of the tokio runtime that drives the call.
    #[default]
    Runtime,
    /// On a short-lived thread of its own, for handles whose runtime runs only during calls.
    #[cfg(feature = "blocking")]
    Thread,
    /// Within the call that notices, for hosts in which no thread may outlive a call.
    Inline,
}

impl Client {
    /// Starts to configure a client.
    #[must_use]
    pub fn builder() -> ClientBuilder {
        ClientBuilder::new()
    }

    /// A client configured by the environment: `ZHIFUYUN_CLIENT_ID`, `ZHIFUYUN_CLIENT_SECRET` and, where set,
    /// `ZHIFUYUN_BASE_URL` and `ZHIFUYUN_PLAN`.
    ///
    /// # Errors
    /// `config`, naming the variable that is missing or malformed.
    pub fn from_env() -> Result<Self> {
        ClientBuilder::from_env()?.build()
    }

    pub(crate) fn new(shared: Shared) -> Result<Self> {
        let transport = Arc::new(shared.transport()?);
        let driver = Arc::new(Connections { transport, background: Background::Runtime });
        Ok(Self { shared: Arc::new(shared), driver })
    }

    /// Another handle on the same account that shares token, quota and options, but has connections of its own.
    ///
    /// For programs with several runtimes: connections belong to the runtime that opened them.
    ///
    /// # Errors
    /// `config`, if the system's trust store cannot be read.
    pub fn split(&self, background: Background) -> Result<Self> {
        let transport = Arc::new(self.shared.transport()?);
        Ok(Self { shared: Arc::clone(&self.shared), driver: Arc::new(Connections { transport, background }) })
    }

    /// Conversations: list, iterate, get, create.
    #[must_use]
    pub fn conversations(&self) -> Conversations<Self> {
        Conversations::new(self.clone())
    }

    /// Tickets: list, iterate, create, update.
    #[must_use]
    pub fn tickets(&self) -> Tickets<Self> {
        Tickets::new(self.clone())
    }

    /// Statistics.
    #[must_use]
    pub fn statistics(&self) -> Statistics<Self> {
        Statistics::new(self.clone())
    }

    /// Asks for a fresh access token now, whatever is cached. Calls do this by themselves; this is for programs
    /// that want to know at start whether their credentials are right.
    ///
    /// # Errors
    /// `authentication` for wrong credentials, and whatever can go wrong on the way to the server.
    pub async fn authenticate(&self) -> Result<()> {
        self.authenticate_with(RequestOptions::default()).await
    }

    /// The same with overrides for this call.
    ///
    /// # Errors
    /// `invalid_argument` for a timeout of zero; else as [`Client::authenticate`].
    pub async fn authenticate_with(&self, options: RequestOptions) -> Result<()> {
        let call = async {
            let options = CallOptions::check(options)?;
            engine::authenticate(&self.shared, &self.driver, options).await
        };
        call.await.map_err(|e: Error| e.with_operation(engine::AUTHENTICATE))
    }

    /// How much of the request quota is used, as far as this client knows.
    #[must_use]
    pub fn quota(&self) -> Quota {
        self.shared.limiter.quota(self.shared.clock.now())
    }

    /// The zone in which a time without one is meant, if the client was given one.
    #[must_use]
    pub fn time_zone(&self) -> Option<chrono::FixedOffset> {
        self.shared.config.options.time_zone
    }

    /// Refuses all further calls, on every clone, with a `closed` error. Calls under way end as they would.
    pub fn close(&self) {
        self.shared.closed.store(true, Ordering::Relaxed);
    }

    /// Whether [`Client::close`] was called.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.shared.closed.load(Ordering::Relaxed)
    }

    /// Runs an operation. Resources and bindings end up here.
    ///
    /// # Errors
    /// Whatever the operation can fail with; see [`crate::ErrorKind`].
    pub async fn execute<O: Operation>(
        &self,
        operation: &O,
        options: RequestOptions,
    ) -> Result<Response<O::Output>> {
        let prepared = operation.prepare().map_err(|e| e.with_operation(O::NAME))?;
        self.send(operation, prepared, options).await
    }

    pub(crate) async fn send<O: Operation>(
        &self,
        operation: &O,
        prepared: Prepared,
        options: RequestOptions,
    ) -> Result<Response<O::Output>> {
        let mut call = prepared.0;
        call.options = CallOptions::check(options).map_err(|e| e.with_operation(O::NAME))?;
        let data = Data(operation);
        let mut taken = None;
        let mut read = |text: &str| {
            let (code, value) = envelope::read(text, data)?;
            taken = Some(value);
            Some(code)
        };
        let answer = engine::run(&self.shared, &self.driver, &call, &mut read).await?;
        match taken.map_or_else(|| envelope::decode(answer.data(), data), Ok) {
            Ok(value) => Ok(Response::new(value, answer.meta)),
            // The server said yes, in words that make no sense: a write was applied all the same.
            Err(e) => Err(e
                .with_operation(O::NAME)
                .with_http_status(Some(answer.meta.http_status))
                .with_code(answer.meta.code)
                .with_request_id(answer.meta.request_id.clone())
                .with_attempts(answer.meta.attempts)
                .with_timing(answer.meta.timing)
                .with_maybe_applied(!call.is_read())),
        }
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let c = &self.shared.config;
        f.debug_struct("Client")
            .field("base_url", &c.base_url.as_str())
            .field("client_id", &c.client_id)
            .field("plan", &c.options.plan)
            .field("closed", &self.is_closed())
            .finish_non_exhaustive()
    }
}

/// Overrides for one call.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct RequestOptions {
    /// Total time, instead of the client's `timeout`; more than zero.
    pub timeout: Option<Duration>,
    /// Retries, instead of the client's `max_retries`.
    pub max_retries: Option<u32>,
}

#[derive(Debug)]
struct Connections {
    transport: Arc<HttpTransport>,
    background: Background,
}

impl Driver for Connections {
    fn transport(&self) -> &dyn Transport {
        &*self.transport
    }

    fn transport_handle(&self) -> Arc<dyn Transport> {
        Arc::clone(&self.transport) as _
    }

    fn runs_between_calls(&self) -> bool {
        self.background == Background::Runtime
    }

    fn background(&self, job: Job) -> Option<Job> {
        match self.background {
            Background::Runtime => match tokio::runtime::Handle::try_current() {
                Ok(runtime) => {
                    let work: BoxFuture<'static, ()> = job(self.transport_handle());
                    drop(runtime.spawn(work));
                    None
                }
                Err(_) => Some(job),
            },
            #[cfg(feature = "blocking")]
            Background::Thread => crate::blocking::run_on_thread(job, &self.transport),
            Background::Inline => Some(job),
        }
    }
}

pub(crate) fn assemble(builder: ClientBuilder) -> Result<Shared> {
    use crate::rate_limit::LocalLimiter;
    let (config, parts) = builder.into_parts()?;
    let clock = parts.clock.unwrap_or_else(|| Arc::new(SystemClock));
    let jitter = parts.jitter.unwrap_or_default();
    let limiter = match parts.limiter {
        Some(limiter) => limiter,
        None => LocalLimiter::new(config.options.plan, jitter.split()),
    };
    let store = parts.token_store.unwrap_or_else(|| Arc::new(MemoryTokenStore::new()));
    let credentials = parts.credentials.unwrap_or_else(|| {
        Arc::new(Fixed(Credentials::new(config.client_id.as_str(), config.client_secret.clone())))
    });
    let tokens = TokenManager::new(store, credentials, config.base_url.as_str());
    Ok(Shared {
        clock,
        jitter,
        hook: parts.hook,
        limiter,
        retry_quota: crate::retry::RetryQuota::new(),
        tokens,
        closed: false.into(),
        config,
    })
}
