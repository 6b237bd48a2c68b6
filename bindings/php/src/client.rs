//! The client.
#![allow(
    non_snake_case,
    clippy::too_many_arguments,
    reason = "the names and the number of PHP's named arguments"
)]

use crate::error::{self, OrThrow as _};
use crate::resources::{Conversations, StatisticsResource, Tickets};
use crate::shared::Shared;
use crate::{convert, encode, shim};
use ext_php_rs::boxed::ZBox;
use ext_php_rs::convert::{FromZval, IntoZval};
use ext_php_rs::flags::{ClassFlags, DataType};
use ext_php_rs::prelude::*;
use ext_php_rs::types::{ZendHashTable, Zval};
use ext_php_rs::zend::ce;
use std::cell::OnceCell;
use std::rc::Rc;
use zhifuyun_bridge::zhifuyun::{Error, ErrorKind, Reason};

/// A client of the Zhifuyun API.
#[php_class]
#[php(name = "Zhifuyun\\Client", flags = ClassFlags::Final)]
pub struct Client {
    shared: Rc<Shared>,
    /// Made when they are first asked for, and the same object ever after.
    conversations: OnceCell<Zval>,
    tickets: OnceCell<Zval>,
    statistics: OnceCell<Zval>,
}

/// In the engine's own words.
fn refuse_write(property: &str) {
    let message = format!("Cannot modify readonly property Zhifuyun\\Client::${property}");
    PhpException::new(message, 0, ce::error()).throw();
}

/// The object of a resource, always the same one.
pub struct Resource(Zval);

impl Resource {
    fn of(cell: &OnceCell<Zval>, made: impl IntoZval) -> Self {
        Self(cell.get_or_init(|| made.into_zval(false).unwrap_or_else(|_| Zval::null())).shallow_clone())
    }
}

impl IntoZval for Resource {
    const TYPE: DataType = DataType::Mixed;
    const NULLABLE: bool = false;

    fn set_zval(self, out: &mut Zval, _persistent: bool) -> ext_php_rs::error::Result<()> {
        *out = self.0;
        Ok(())
    }
}

/// For the setters, which refuse whatever comes.
impl FromZval<'_> for Resource {
    const TYPE: DataType = DataType::Mixed;

    fn from_zval(value: &Zval) -> Option<Self> {
        Some(Self(value.shallow_clone()))
    }
}

#[php_impl]
impl Client {
    /// Makes a client. Sends nothing.
    pub fn __construct(
        clientId: Option<&Zval>,
        clientSecret: Option<&Zval>,
        baseUrl: Option<&Zval>,
        timeout: Option<&Zval>,
        attemptTimeout: Option<&Zval>,
        connectTimeout: Option<&Zval>,
        maxRetries: Option<&Zval>,
        maxRetryAfter: Option<&Zval>,
        plan: Option<&Zval>,
        onLimit: Option<&Zval>,
        proxy: Option<&Zval>,
        caBundle: Option<&Zval>,
        userAgent: Option<&Zval>,
        maxResponseBytes: Option<&Zval>,
        poolIdleTimeout: Option<&Zval>,
        allowInsecure: Option<&Zval>,
        timeZone: Option<&Zval>,
        testClock: Option<&Zval>,
        onEvent: Option<&Zval>,
    ) -> PhpResult<Self> {
        let given = [
            ("client_id", clientId),
            ("client_secret", clientSecret),
            ("base_url", baseUrl),
            ("timeout", timeout),
            ("attempt_timeout", attemptTimeout),
            ("connect_timeout", connectTimeout),
            ("max_retries", maxRetries),
            ("max_retry_after", maxRetryAfter),
            ("plan", plan),
            ("on_limit", onLimit),
            ("proxy", proxy),
            ("ca_bundle", caBundle),
            ("user_agent", userAgent),
            ("max_response_bytes", maxResponseBytes),
            ("pool_idle_timeout", poolIdleTimeout),
            ("allow_insecure", allowInsecure),
            ("time_zone", timeZone),
            ("test_clock", testClock),
        ];
        let shared = Shared::new(convert::client_options(&given).or_throw()?, onEvent)?;
        let (conversations, tickets, statistics) = Default::default();
        Ok(Self { shared, conversations, tickets, statistics })
    }

    /// Makes a client from ZHIFUYUN_CLIENT_ID, _CLIENT_SECRET, _BASE_URL and _PLAN. What is given goes first.
    pub fn from_env(
        baseUrl: Option<&Zval>,
        timeout: Option<&Zval>,
        attemptTimeout: Option<&Zval>,
        connectTimeout: Option<&Zval>,
        maxRetries: Option<&Zval>,
        maxRetryAfter: Option<&Zval>,
        plan: Option<&Zval>,
        onLimit: Option<&Zval>,
        proxy: Option<&Zval>,
        caBundle: Option<&Zval>,
        userAgent: Option<&Zval>,
        maxResponseBytes: Option<&Zval>,
        poolIdleTimeout: Option<&Zval>,
        allowInsecure: Option<&Zval>,
        timeZone: Option<&Zval>,
        testClock: Option<&Zval>,
        onEvent: Option<&Zval>,
    ) -> PhpResult<Self> {
        let env = |name| shim::environment(name).map(|v| shim::string(&v));
        let (id, secret) = (env(c"ZHIFUYUN_CLIENT_ID"), env(c"ZHIFUYUN_CLIENT_SECRET"));
        for (name, value) in [("ZHIFUYUN_CLIENT_ID", &id), ("ZHIFUYUN_CLIENT_SECRET", &secret)] {
            if value.is_none() {
                let message = format!("the environment variable {name} is not set");
                return Err(error::exception(&Error::new(ErrorKind::Config, Reason::InvalidConfig, message)));
            }
        }
        let (url, of_plan) = (env(c"ZHIFUYUN_BASE_URL"), env(c"ZHIFUYUN_PLAN").map(numeric));
        // A named argument fills those before it with null.
        let given = |value: Option<&'_ Zval>| value.is_some_and(|v| !v.dereference().is_null());
        let url = if given(baseUrl) { baseUrl } else { url.as_ref() };
        let of_plan = if given(plan) { plan } else { of_plan.as_ref() };
        Self::__construct(
            id.as_ref(),
            secret.as_ref(),
            url,
            timeout,
            attemptTimeout,
            connectTimeout,
            maxRetries,
            maxRetryAfter,
            of_plan,
            onLimit,
            proxy,
            caBundle,
            userAgent,
            maxResponseBytes,
            poolIdleTimeout,
            allowInsecure,
            timeZone,
            testClock,
            onEvent,
        )
    }

    /// Conversations.
    #[php(getter)]
    pub fn get_conversations(&self) -> Resource {
        Resource::of(&self.conversations, Conversations(Rc::clone(&self.shared)))
    }

    /// Tickets.
    #[php(getter)]
    pub fn get_tickets(&self) -> Resource {
        Resource::of(&self.tickets, Tickets(Rc::clone(&self.shared)))
    }

    /// Statistics.
    #[php(getter)]
    pub fn get_statistics(&self) -> Resource {
        Resource::of(&self.statistics, StatisticsResource(Rc::clone(&self.shared)))
    }

    /// Refuses.
    #[php(setter)]
    pub fn set_conversations(&mut self, _value: Resource) {
        refuse_write("conversations");
    }

    /// Refuses.
    #[php(setter)]
    pub fn set_tickets(&mut self, _value: Resource) {
        refuse_write("tickets");
    }

    /// Refuses.
    #[php(setter)]
    pub fn set_statistics(&mut self, _value: Resource) {
        refuse_write("statistics");
    }

    /// Asks for a token now, to find out whether the credentials are good.
    pub fn authenticate(&self, options: Option<&Zval>) -> PhpResult<()> {
        self.shared.call("authenticate", &[], options).map(drop)
    }

    /// The quota as the client counts it.
    pub fn quota(&self) -> PhpResult<Zval> {
        let json = self.shared.open()?.quota().or_throw()?;
        Ok(encode::from_json("Quota", &json, &[("used", false), ("limit", false), ("next_free", true)]))
    }

    /// Refuses further calls, and closes idle connections if no other client uses them.
    pub fn close(&self) {
        self.shared.close();
    }

    /// Nothing secret.
    #[php(name = "__debugInfo")]
    pub fn debug_info(&self) -> ZBox<ZendHashTable> {
        let mut table = ZendHashTable::with_capacity(1);
        shim::put(&mut table, "closed", shim::boolean(self.shared.is_closed()));
        table
    }
}

/// A plan that is a number of calls per minute.
fn numeric(plan: Zval) -> Zval {
    plan.str().and_then(|p| p.parse().ok()).map_or(plan, shim::long)
}
