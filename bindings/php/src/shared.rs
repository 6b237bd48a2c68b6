//! A client as its resources and iterations share it: every call goes through here.

use crate::error::{self, OrThrow as _, Thrown};
use crate::iterate::Iteration;
use crate::{convert, encode, registry, shim};
use ext_php_rs::prelude::*;
use ext_php_rs::types::{ArrayKey, ZendHashTable, Zval};
use ext_php_rs::zend::BailoutGuard;
use serde_json::{Map, Value};
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;
use std::sync::Arc;
use zhifuyun_bridge::BridgeClient;
use zhifuyun_bridge::lanes::Interrupted;
use zhifuyun_bridge::operations::Failed;
use zhifuyun_bridge::walk::{Driver, Walk};
use zhifuyun_bridge::zhifuyun::{Error, ErrorKind, Reason, Result};

/// A client in use.
pub(crate) struct Shared {
    bridge: Arc<BridgeClient>,
    closed: Cell<bool>,
    /// Until the client is closed: a callback that holds its client would keep both for ever.
    on_event: RefCell<Option<Zval>>,
    /// Events that wait for the callback: those of a call that was interrupted, or behind one that it threw at.
    untold: RefCell<VecDeque<String>>,
}

/// So many wait at most; beyond it the oldest go.
const UNTOLD: usize = 10_000;

impl Shared {
    pub(crate) fn new(mut options: Map<String, Value>, on_event: Option<&Zval>) -> PhpResult<Rc<Self>> {
        let on_event = on_event.map(Zval::dereference).filter(|v| !v.is_null());
        if on_event.is_some_and(|v| !v.is_callable()) {
            let message = "on_event must be callable";
            return Err(error::exception(&Error::new(ErrorKind::Config, Reason::InvalidConfig, message)));
        }
        if on_event.is_some() {
            options.insert("events".to_owned(), true.into());
        }
        options.insert("host".to_owned(), format!("php/{}", shim::version()).into());
        let bridge = registry::client(&convert::text(&options)).or_throw()?;
        if on_event.is_some() {
            // What a request left behind that died in a call is nobody's.
            drop(bridge.drain_events());
        }
        let on_event = RefCell::new(on_event.map(Zval::shallow_clone));
        Ok(Rc::new(Self { bridge, closed: false.into(), on_event, untold: RefCell::default() }))
    }

    pub(crate) fn open(&self) -> PhpResult<&BridgeClient> {
        if self.closed.get() {
            let message = "the client was closed; create a new one";
            return Err(error::exception(&Error::new(ErrorKind::Closed, Reason::Closed, message)));
        }
        Ok(&self.bridge)
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.closed.get()
    }

    pub(crate) fn close(&self) {
        if !self.closed.replace(true) {
            registry::release(&self.bridge);
            drop(self.on_event.take());
        }
    }

    /// Calls an operation and waits for its result.
    pub(crate) fn call(
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
        self.settle(name, result, |result| result.or_throw().map(encode::output))
    }

    pub(crate) fn many(&self, ids: &Zval, options: Option<&Zval>) -> PhpResult<Zval> {
        const NAME: &str = "conversations.get";
        let bridge = self.open()?;
        let operation = |e: Error| error::exception(&e.with_operation(NAME));
        let refuse = || operation(Error::invalid_argument("ids", "ids must be an array of ids"));
        let ids = ids.dereference().array().ok_or_else(refuse)?;
        let ids: Vec<(ArrayKey<'_>, &Zval)> = ids.iter().collect();
        let args: Result<Vec<_>> =
            ids.iter().map(|(_, id)| convert::arguments(&[("id", Some(*id))])).collect();
        let args = args.map_err(operation)?;
        let options = convert::call_options(options).map_err(operation)?;
        let calls: Vec<_> = args.iter().map(|args| (NAME, args.as_str())).collect();
        let result = bridge.call_many(&calls, options.as_deref(), Some(&mut shim::interrupted));
        self.settle(NAME, result, |result| {
            let outputs = result.map_err(|failed| one_of(&ids, &failed))?;
            let mut table = ZendHashTable::with_capacity(u32::try_from(ids.len()).unwrap_or(0));
            let mut outputs = BailoutGuard::new(outputs.into_iter());
            for (key, _) in &ids {
                let Some(output) = outputs.next() else { break };
                shim::put(&mut table, &convert::key_text(key), encode::output(output));
            }
            Ok(shim::array(table))
        })
    }

    pub(crate) fn iterate(
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
        Ok(self.open()?.walk(Driver::Caller, name, args, options, Some(walk)).or_throw()?)
    }

    /// What goes up after a call. The result is made first: while an exception is on its way the engine runs no code.
    pub(crate) fn settle<I, T>(
        &self,
        name: &'static str,
        result: std::result::Result<I, Interrupted>,
        make: impl FnOnce(I) -> std::result::Result<T, Thrown>,
    ) -> PhpResult<T> {
        self.gather();
        // The engine runs no callback now; the next call tells.
        let Ok(result) = result else { return Err(error::interrupted(name)) };
        let made = make(result);
        self.tell();
        made.map_err(error::behind_pending)
    }

    /// Takes the events of the last call out of the queue, which is the whole process's.
    fn gather(&self) {
        if self.on_event.borrow().is_some() {
            let mut untold = self.untold.borrow_mut();
            untold.extend(self.bridge.drain_events());
            let beyond = untold.len().saturating_sub(UNTOLD);
            drop(untold.drain(..beyond));
        }
    }

    /// Hands them to the callback.
    fn tell(&self) {
        let Some(callback) = self.on_event.borrow().as_ref().map(Zval::shallow_clone) else { return };
        let next = || self.untold.borrow_mut().pop_front();
        while let Some(event) = next() {
            let event: Value = serde_json::from_str(&event).unwrap_or_default();
            // What the callback throws stays pending in the engine and ends the call.
            if callback.try_call(vec![&convert::value(&event)]).is_err() {
                return;
            }
        }
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        drop(self.on_event.take());
    }
}

/// The exception of the call that ended them all, with the id or the place that it was about.
fn one_of(ids: &[(ArrayKey<'_>, &Zval)], failed: &Failed) -> Thrown {
    let error = &failed.error;
    let Some((key, id)) = failed.call.and_then(|call| ids.get(call)) else { return Thrown::from(error) };
    if error.kind() == ErrorKind::InvalidArgument {
        let place = format!("ids[{}]", convert::key_text(key));
        return error::about(error, &place, Some(&place));
    }
    error::about(error, id.dereference().str().unwrap_or_default(), error.argument())
}
