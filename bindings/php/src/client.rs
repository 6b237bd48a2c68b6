//! The client and its resources.
#![allow(
    non_snake_case,
    clippy::too_many_arguments,
    reason = "the names and the number of PHP's named arguments"
)]

use crate::encode::{self, Objects};
use crate::error::{self, OrThrow as _};
use crate::iterate::Iteration;
use crate::{convert, registry, shim};
use ext_php_rs::boxed::ZBox;
use ext_php_rs::flags::ClassFlags;
use ext_php_rs::prelude::*;
use ext_php_rs::types::{ZendHashTable, Zval};
use serde_json::{Map, Value};
use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;
use zhifuyun_bridge::BridgeClient;
use zhifuyun_bridge::operations::Output;
use zhifuyun_bridge::walk::{Driver, Walk};
use zhifuyun_bridge::zhifuyun::{Error, ErrorKind, Reason};

/// A client as its resources share it.
pub(crate) struct Shared {
    bridge: Arc<BridgeClient>,
    closed: Cell<bool>,
    on_event: Option<Zval>,
}

impl Shared {
    fn new(mut options: Map<String, Value>, on_event: Option<&Zval>) -> PhpResult<Rc<Self>> {
        let on_event = on_event.map(Zval::dereference).filter(|v| !v.is_null());
        if on_event.is_some_and(|v| !v.is_callable()) {
            let message = "on_event must be callable";
            return Err(error::exception(&Error::new(ErrorKind::Config, Reason::InvalidConfig, message)));
        }
        if on_event.is_some() {
            options.insert("events".to_owned(), true.into());
        }
        options.insert("host".to_owned(), format!("php/{}", shim::version()).into());
        let bridge = registry::client(&Value::Object(options).to_string()).or_throw()?;
        Ok(Rc::new(Self { bridge, closed: false.into(), on_event: on_event.map(Zval::shallow_clone) }))
    }

    fn open(&self) -> PhpResult<&BridgeClient> {
        if self.closed.get() {
            let message = "the client was closed; create a new one";
            return Err(error::exception(&Error::new(ErrorKind::Closed, Reason::Closed, message)));
        }
        Ok(&self.bridge)
    }

    /// Calls an operation and waits for its result.
    fn call(
        &self,
        name: &'static str,
        args: &[(&str, Option<&Zval>)],
        options: Option<&Zval>,
    ) -> PhpResult<Zval> {
        let bridge = self.open()?;
        let operation = |e: Error| error::exception(&e.with_operation(name));
        let args = convert::arguments(args).map_err(operation)?;
        let options = convert::call_options(options).map_err(operation)?;
        let result = bridge.call(name, &args, options.as_deref(), Some(&mut shim::interrupted));
        self.tell();
        match result {
            Ok(output) => Ok(output.or_throw()?.visit(Objects)),
            Err(_) => Err(error::interrupted(name)),
        }
    }

    fn many(&self, ids: &Zval, options: Option<&Zval>) -> PhpResult<Zval> {
        let bridge = self.open()?;
        let refuse = || error::exception(&Error::invalid_argument("ids", "ids must be an array of ids"));
        let ids = ids.dereference().array().ok_or_else(refuse)?;
        let args: Result<Vec<_>, _> =
            ids.values().map(|id| convert::arguments(&[("id", Some(id))])).collect();
        let args = args.or_throw()?;
        let options = convert::call_options(options).or_throw()?;
        let calls: Vec<_> = args.iter().map(|args| ("conversations.get", args.as_str())).collect();
        let result = bridge.call_many(&calls, options.as_deref(), Some(&mut shim::interrupted));
        self.tell();
        let outputs = result.map_err(|_| error::interrupted("conversations.get"))?.or_throw()?;
        let outputs: Result<Vec<Output>, _> = outputs.into_iter().collect();
        let mut table = ZendHashTable::with_capacity(u32::try_from(args.len()).unwrap_or(0));
        for ((key, _), output) in ids.iter().zip(outputs.or_throw()?) {
            shim::put(&mut table, &convert::key_text(&key), output.visit(Objects));
        }
        Ok(shim::array(table))
    }

    fn iterate(
        self: &Rc<Self>,
        name: &'static str,
        args: &[(&str, Option<&Zval>)],
        walk: &[(&str, Option<&Zval>)],
        options: Option<&Zval>,
    ) -> PhpResult<Iteration> {
        let operation = |e: Error| error::exception(&e.with_operation(name));
        let args = convert::arguments(args).map_err(operation)?;
        let walk = convert::arguments(walk).map_err(operation)?;
        let options = convert::call_options(options).map_err(operation)?;
        Iteration::new(Rc::clone(self), name, args, walk, options)
    }

    /// Begins to walk a list.
    pub(crate) fn walk(
        &self,
        name: &str,
        args: &str,
        walk: &str,
        options: Option<&str>,
    ) -> PhpResult<Arc<Walk>> {
        self.open()?.walk(Driver::Caller, name, args, options, Some(walk)).or_throw()
    }

    /// Hands the events of the last call to the callback.
    pub(crate) fn tell(&self) {
        let Some(callback) = &self.on_event else { return };
        for event in self.bridge.drain_events() {
            let event: Value = serde_json::from_str(&event).unwrap_or_default();
            // What the callback throws stays pending in the engine and ends the call.
            if callback.try_call(vec![&convert::value(&event)]).is_err() {
                return;
            }
        }
    }
}

/// A client of the Zhifuyun API.
#[php_class]
#[php(name = "Zhifuyun\\Client", flags = ClassFlags::Final)]
pub struct Client(Rc<Shared>);

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
        Shared::new(convert::client_options(&given).or_throw()?, onEvent).map(Self)
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
    pub fn get_conversations(&self) -> Conversations {
        Conversations(Rc::clone(&self.0))
    }

    /// Tickets.
    #[php(getter)]
    pub fn get_tickets(&self) -> Tickets {
        Tickets(Rc::clone(&self.0))
    }

    /// Statistics.
    #[php(getter)]
    pub fn get_statistics(&self) -> StatisticsResource {
        StatisticsResource(Rc::clone(&self.0))
    }

    /// Asks for a token now, to find out whether the credentials are good.
    pub fn authenticate(&self, options: Option<&Zval>) -> PhpResult<()> {
        self.0.call("authenticate", &[], options).map(drop)
    }

    /// The quota as the client counts it.
    pub fn quota(&self) -> PhpResult<Zval> {
        let json = self.0.open()?.quota().or_throw()?;
        Ok(encode::from_json("Quota", &json, &[("used", false), ("limit", false), ("next_free", true)]))
    }

    /// Refuses further calls, and closes idle connections if no other client uses them.
    pub fn close(&self) {
        if !self.0.closed.replace(true) {
            registry::release(&self.0.bridge);
        }
    }

    /// Nothing secret.
    #[php(name = "__debugInfo")]
    pub fn debug_info(&self) -> ZBox<ZendHashTable> {
        let mut table = ZendHashTable::with_capacity(1);
        shim::put(&mut table, "closed", shim::boolean(self.0.closed.get()));
        table
    }
}

/// A plan that is a number of calls per minute.
fn numeric(plan: Zval) -> Zval {
    plan.str().and_then(|p| p.parse().ok()).map_or(plan, shim::long)
}

/// Conversations: list, iterate, read, create.
#[php_class]
#[php(name = "Zhifuyun\\Conversations", flags = ClassFlags::Final)]
pub struct Conversations(Rc<Shared>);

#[php_impl]
impl Conversations {
    /// One page.
    pub fn list(
        &self,
        status: Option<&Zval>,
        startTime: Option<&Zval>,
        endTime: Option<&Zval>,
        page: Option<&Zval>,
        limit: Option<&Zval>,
        options: Option<&Zval>,
    ) -> PhpResult<Zval> {
        let args = [
            ("status", status),
            ("start_time", startTime),
            ("end_time", endTime),
            ("page", page),
            ("limit", limit),
        ];
        self.0.call("conversations.list", &args, options)
    }

    /// All of them, page by page, for `foreach`.
    pub fn iterate(
        &self,
        status: Option<&Zval>,
        startTime: Option<&Zval>,
        endTime: Option<&Zval>,
        page: Option<&Zval>,
        limit: Option<&Zval>,
        consistency: Option<&Zval>,
        prefetch: Option<&Zval>,
        maxItems: Option<&Zval>,
        options: Option<&Zval>,
    ) -> PhpResult<Iteration> {
        let args = [
            ("status", status),
            ("start_time", startTime),
            ("end_time", endTime),
            ("page", page),
            ("limit", limit),
        ];
        let walk = [("consistency", consistency), ("prefetch", prefetch), ("max_items", maxItems)];
        self.0.iterate("conversations.iter", &args, &walk, options)
    }

    /// One conversation.
    pub fn get(&self, id: &Zval, options: Option<&Zval>) -> PhpResult<Zval> {
        self.0.call("conversations.get", &[("id", Some(id))], options)
    }

    /// Several conversations at once, paced; the keys are those of the ids.
    pub fn get_many(&self, ids: &Zval, options: Option<&Zval>) -> PhpResult<Zval> {
        self.0.many(ids, options)
    }

    /// Begins a conversation.
    pub fn create(
        &self,
        userId: Option<&Zval>,
        channel: Option<&Zval>,
        initialMessage: Option<&Zval>,
        options: Option<&Zval>,
    ) -> PhpResult<Zval> {
        let args = [("user_id", userId), ("channel", channel), ("initial_message", initialMessage)];
        self.0.call("conversations.create", &args, options)
    }
}

/// Tickets: list, iterate, create, update.
#[php_class]
#[php(name = "Zhifuyun\\Tickets", flags = ClassFlags::Final)]
pub struct Tickets(Rc<Shared>);

#[php_impl]
impl Tickets {
    /// One page.
    pub fn list(
        &self,
        status: Option<&Zval>,
        priority: Option<&Zval>,
        assigneeId: Option<&Zval>,
        page: Option<&Zval>,
        limit: Option<&Zval>,
        options: Option<&Zval>,
    ) -> PhpResult<Zval> {
        let args = [
            ("status", status),
            ("priority", priority),
            ("assignee_id", assigneeId),
            ("page", page),
            ("limit", limit),
        ];
        self.0.call("tickets.list", &args, options)
    }

    /// All of them, page by page, for `foreach`.
    pub fn iterate(
        &self,
        status: Option<&Zval>,
        priority: Option<&Zval>,
        assigneeId: Option<&Zval>,
        page: Option<&Zval>,
        limit: Option<&Zval>,
        consistency: Option<&Zval>,
        prefetch: Option<&Zval>,
        maxItems: Option<&Zval>,
        options: Option<&Zval>,
    ) -> PhpResult<Iteration> {
        let args = [
            ("status", status),
            ("priority", priority),
            ("assignee_id", assigneeId),
            ("page", page),
            ("limit", limit),
        ];
        let walk = [("consistency", consistency), ("prefetch", prefetch), ("max_items", maxItems)];
        self.0.iterate("tickets.iter", &args, &walk, options)
    }

    /// Opens a ticket.
    pub fn create(
        &self,
        title: Option<&Zval>,
        description: Option<&Zval>,
        priority: Option<&Zval>,
        customerEmail: Option<&Zval>,
        options: Option<&Zval>,
    ) -> PhpResult<Zval> {
        let args = [
            ("title", title),
            ("description", description),
            ("priority", priority),
            ("customer_email", customerEmail),
        ];
        self.0.call("tickets.create", &args, options)
    }

    /// Changes a ticket.
    pub fn update(
        &self,
        id: &Zval,
        status: Option<&Zval>,
        comment: Option<&Zval>,
        options: Option<&Zval>,
    ) -> PhpResult<Zval> {
        let args = [("id", Some(id)), ("status", status), ("comment", comment)];
        self.0.call("tickets.update", &args, options)
    }
}

/// Numbers over a period.
#[php_class]
#[php(name = "Zhifuyun\\StatisticsResource", flags = ClassFlags::Final)]
pub struct StatisticsResource(Rc<Shared>);

#[php_impl]
impl StatisticsResource {
    /// The numbers of one kind.
    pub fn get(
        &self,
        r#type: Option<&Zval>,
        startDate: Option<&Zval>,
        endDate: Option<&Zval>,
        groupBy: Option<&Zval>,
        options: Option<&Zval>,
    ) -> PhpResult<Zval> {
        let args =
            [("type", r#type), ("start_date", startDate), ("end_date", endDate), ("group_by", groupBy)];
        self.0.call("statistics.get", &args, options)
    }
}
