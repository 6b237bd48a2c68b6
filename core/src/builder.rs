//! How a client is configured.

use crate::auth::{CredentialsProvider, TokenStore};
use crate::clock::{Clock, Jitter};
use crate::config::{self, Config, Options, Proxy};
use crate::error::{Error, Result};
use crate::events::Hook;
use crate::rate_limit::{Limiter, OnLimit, Plan};
use crate::secret::Secret;
use crate::{Client, client};
use chrono::FixedOffset;
use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// Configures a [`Client`]. Nothing is checked before [`ClientBuilder::build`], and nothing is sent by it.
#[derive(Default)]
pub struct ClientBuilder {
    options: Options,
    parts: Parts,
}

/// The replaceable parts.
#[derive(Default)]
pub(crate) struct Parts {
    pub(crate) clock: Option<Arc<dyn Clock>>,
    pub(crate) jitter: Option<Jitter>,
    pub(crate) hook: Option<Arc<dyn Hook>>,
    pub(crate) limiter: Option<Arc<dyn Limiter>>,
    pub(crate) token_store: Option<Arc<dyn TokenStore>>,
    pub(crate) credentials: Option<Arc<dyn CredentialsProvider>>,
}

impl ClientBuilder {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Starts from the environment: `ZHIFUYUN_CLIENT_ID`, `ZHIFUYUN_CLIENT_SECRET`, `ZHIFUYUN_BASE_URL`,
    /// `ZHIFUYUN_PLAN`. Setters called afterwards win.
    ///
    /// # Errors
    /// `config` for a missing id or secret, a malformed plan, or a value that is not Unicode.
    pub fn from_env() -> Result<Self> {
        let read = |name: &str| match std::env::var(name) {
            Ok(v) if !v.is_empty() => Ok(Some(v)),
            Ok(_) | Err(std::env::VarError::NotPresent) => Ok(None),
            Err(std::env::VarError::NotUnicode(_)) => Err(Error::config(format!("{name} is not Unicode"))),
        };
        let needed = |name: &str| {
            read(name)?.ok_or_else(|| {
                Error::config(format!("the environment variable {name} is not set; set it or pass the value"))
            })
        };
        let mut builder = Self::new()
            .client_id(needed("ZHIFUYUN_CLIENT_ID")?)
            .client_secret(needed("ZHIFUYUN_CLIENT_SECRET")?);
        if let Some(url) = read("ZHIFUYUN_BASE_URL")? {
            builder = builder.base_url(url);
        }
        if let Some(plan) = read("ZHIFUYUN_PLAN")? {
            builder = builder.plan(plan.parse()?);
        }
        Ok(builder)
    }

    /// The id of the API key. Required.
    #[must_use]
    pub fn client_id(mut self, id: impl Into<String>) -> Self {
        self.options.client_id = Some(id.into());
        self
    }

    /// The secret of the API key. Required.
    #[must_use]
    pub fn client_secret(mut self, secret: impl Into<Secret>) -> Self {
        self.options.client_secret = Some(secret.into());
        self
    }

    /// Where id and secret come from, if they change. `client_id` and `client_secret` are then not needed.
    #[must_use]
    pub fn credentials_provider(mut self, provider: impl CredentialsProvider) -> Self {
        self.parts.credentials = Some(Arc::new(provider));
        self
    }

    /// The server's address; a path in it is kept. Default `https://api.zhifuyun.com`.
    #[must_use]
    pub fn base_url(mut self, url: impl Into<String>) -> Self {
        self.options.base_url = url.into();
        self
    }

    /// The total time of a call, with everything in it: waiting for its turn, token, attempts and the pauses
    /// between them. Default 90 s, so that a whole rate-limit window can pass.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.options.timeout = timeout;
        self
    }

    /// The time of one attempt, from sending to the end of the body. Default 30 s.
    #[must_use]
    pub fn attempt_timeout(mut self, timeout: Duration) -> Self {
        self.options.attempt_timeout = timeout;
        self
    }

    /// The time to connect, TLS included. Default 5 s.
    #[must_use]
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.options.connect_timeout = timeout;
        self
    }

    /// How often a failed attempt is repeated. Default 2, which is 3 attempts. Waiting out a 429 does not count:
    /// that is what [`ClientBuilder::on_limit`] decides.
    #[must_use]
    pub fn max_retries(mut self, retries: u32) -> Self {
        self.options.max_retries = retries;
        self
    }

    /// The longest wait that a server may ask for; beyond it the call fails at once. Default 300 s.
    #[must_use]
    pub fn max_retry_after(mut self, wait: Duration) -> Self {
        self.options.max_retry_after = wait;
        self
    }

    /// The key's request quota. Default [`Plan::Auto`].
    #[must_use]
    pub fn plan(mut self, plan: Plan) -> Self {
        self.options.plan = plan;
        self
    }

    /// Whether a call without a free slot waits or fails. Default [`OnLimit::Wait`].
    #[must_use]
    pub fn on_limit(mut self, on_limit: OnLimit) -> Self {
        self.options.on_limit = on_limit;
        self
    }

    /// How requests reach the server. Default: by the usual environment variables.
    #[must_use]
    pub fn proxy(mut self, proxy: Proxy) -> Self {
        self.options.proxy = proxy;
        self
    }

    /// Certificates in PEM that are trusted besides the system's.
    #[must_use]
    pub fn ca_bundle(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.options.ca_bundle = Some(pem.into().into());
        self
    }

    /// The same, read from a file now.
    ///
    /// # Errors
    /// `config`, if the file cannot be read.
    pub fn ca_bundle_file(self, path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let pem = std::fs::read(path)
            .map_err(|e| Error::config(format!("ca_bundle {} cannot be read: {e}", path.display())))?;
        Ok(self.ca_bundle(pem))
    }

    /// Appended to the `User-Agent` header, such as `my-app/1.2`.
    #[must_use]
    pub fn user_agent(mut self, suffix: impl Into<String>) -> Self {
        self.options.user_agent = Some(suffix.into());
        self
    }

    /// The largest body, decoded, that is read. Default 16 MiB.
    #[must_use]
    pub fn max_response_bytes(mut self, bytes: u64) -> Self {
        self.options.max_response_bytes = bytes;
        self
    }

    /// How long an idle connection is kept. Default 20 s: below the time after which usual servers hang up.
    #[must_use]
    pub fn pool_idle_timeout(mut self, timeout: Duration) -> Self {
        self.options.pool_idle_timeout = timeout;
        self
    }

    /// Allows plain http to hosts other than this one. The secret then travels in the clear.
    #[must_use]
    pub fn allow_insecure(mut self, allow: bool) -> Self {
        self.options.allow_insecure = allow;
        self
    }

    /// The zone in which a time without one is meant, where bindings accept such times. Default: refused.
    #[must_use]
    pub fn time_zone(mut self, offset: FixedOffset) -> Self {
        self.options.time_zone = Some(offset);
        self
    }

    /// The same from text: `+08:00` or `Z`.
    ///
    /// # Errors
    /// `config` for anything else.
    pub fn time_zone_text(mut self, offset: &str) -> Result<Self> {
        self.options.time_zone = Some(config::parse_offset(offset)?);
        Ok(self)
    }

    /// Receives what the client does, for logs and metrics.
    #[must_use]
    pub fn on_event(mut self, hook: impl Hook) -> Self {
        self.parts.hook = Some(Arc::new(hook));
        self
    }

    /// Another source of time, for tests.
    #[must_use]
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.parts.clock = Some(clock);
        self
    }

    /// Another source of jitter, for tests.
    #[must_use]
    pub fn jitter(mut self, jitter: Jitter) -> Self {
        self.parts.jitter = Some(jitter);
        self
    }

    /// Another limiter, such as one that several processes share. `plan` then has no effect.
    #[must_use]
    pub fn limiter(mut self, limiter: Arc<dyn Limiter>) -> Self {
        self.parts.limiter = Some(limiter);
        self
    }

    /// Where tokens are kept, so that several clients or processes can share one. Default: this client's memory.
    #[must_use]
    pub fn token_store(mut self, store: Arc<dyn TokenStore>) -> Self {
        self.parts.token_store = Some(store);
        self
    }

    /// Checks the options and makes the client. No I/O but reading the system's trust store, once per process.
    ///
    /// # Errors
    /// `config` or `invalid_argument`, saying what to change.
    pub fn build(self) -> Result<Client> {
        Client::new(client::assemble(self)?)
    }

    pub(crate) fn into_parts(self) -> Result<(Config, Parts)> {
        Ok((Config::check(self.options, self.parts.credentials.is_some())?, self.parts))
    }
}

impl fmt::Debug for ClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientBuilder").field("options", &self.options).finish_non_exhaustive()
    }
}
