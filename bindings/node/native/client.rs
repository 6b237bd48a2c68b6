//! Clients and walks.

use crate::checked;
use crate::dispatcher::Dispatcher;
use crate::encode::Encoded;
use napi::bindgen_prelude::Env;
use napi_derive::napi;
use std::cell::RefCell;
use std::sync::Arc;
use zhifuyun_bridge::zhifuyun::{Background, Error, ErrorKind, Reason};
use zhifuyun_bridge::{BridgeClient, walk};

/// A client: options in, calls by name.
#[napi]
pub struct NativeClient(Arc<BridgeClient>);

#[napi]
impl NativeClient {
    /// Checks the options. No I/O.
    #[napi(constructor, catch_unwind)]
    pub fn new(options: String) -> napi::Result<Self> {
        checked(|| BridgeClient::new(&options, Background::Runtime).map(Self))
    }

    /// Starts a call; its completion arrives at the dispatcher under `id`. Throws what is refused at once.
    #[napi(catch_unwind)]
    pub fn call(
        &self,
        env: Env,
        dispatcher: &Dispatcher,
        id: u32,
        name: String,
        args: String,
        options: Option<String>,
    ) -> napi::Result<()> {
        let work = self.0.call_async(&name, &args, options.as_deref());
        dispatcher.start(&env, id, work, Encoded::of)
    }

    /// Begins to walk a list. Nothing is sent yet.
    #[napi(catch_unwind)]
    pub fn walk(
        &self,
        name: String,
        args: String,
        options: Option<String>,
        how: Option<String>,
    ) -> napi::Result<NativeWalk> {
        let driver = walk::Driver::Background;
        checked(|| self.0.walk(driver, &name, &args, options.as_deref(), how.as_deref()).map(NativeWalk::of))
    }

    /// The quota as JSON.
    #[napi(catch_unwind)]
    pub fn quota(&self) -> napi::Result<String> {
        checked(|| self.0.quota())
    }

    /// What happened since the last time: one JSON object per event.
    #[napi(catch_unwind)]
    pub fn events(&self) -> Vec<String> {
        self.0.drain_events()
    }

    /// Refuses further calls and closes idle connections.
    #[napi(catch_unwind)]
    pub fn close(&self) {
        self.0.close();
    }
}

/// A list that is being walked. Touched on the JavaScript thread only.
#[napi]
pub struct NativeWalk(RefCell<State>);

enum State {
    Open(Arc<walk::Walk>),
    /// What its report was.
    Closed(String),
}

impl NativeWalk {
    fn of(walk: Arc<walk::Walk>) -> Self {
        Self(RefCell::new(State::Open(walk)))
    }
}

#[napi]
impl NativeWalk {
    /// Asks for the next page; its completion arrives under `id`.
    #[napi(catch_unwind)]
    pub fn next(&self, env: Env, dispatcher: &Dispatcher, id: u32) -> napi::Result<()> {
        let walk = match &*self.0.borrow() {
            State::Open(walk) => Arc::clone(walk),
            State::Closed(_) => return checked(|| Err(ended())),
        };
        dispatcher
            .start(&env, id, Ok(Arc::clone(&walk).next_page_async()), move |step| Encoded::step(step, &walk))
    }

    /// What was seen so far, as JSON.
    #[napi(catch_unwind)]
    pub fn report(&self) -> String {
        match &*self.0.borrow() {
            State::Open(walk) => walk.report_json(),
            State::Closed(report) => report.clone(),
        }
    }

    /// Drops what was asked for ahead; the report stays.
    #[napi(catch_unwind)]
    pub fn close(&self) {
        let report = self.report();
        let open = self.0.replace(State::Closed(report));
        drop(open);
    }
}

fn ended() -> Error {
    Error::new(ErrorKind::Closed, Reason::Closed, "this iteration was ended")
}
