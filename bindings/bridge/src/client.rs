//! One client as a host sees it: options, and the state that they make in this process.

use crate::events::EventQueue;
use crate::fate::Observer;
use crate::lanes::Lanes;
use crate::options::Options;
use crate::pid::PidCell;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use zhifuyun::{Background, Client, Error, ErrorKind, Reason, Result};

/// A client that survives `fork`: token, quota, connections and events live behind the pid.
#[derive(Debug)]
pub struct BridgeClient {
    options: Options,
    background: Background,
    closed: AtomicBool,
    state: PidCell<State>,
}

/// What belongs to one process.
#[derive(Debug)]
pub(crate) struct State {
    /// Driven by the background runtime.
    pub(crate) client: Client,
    pub(crate) lanes: Arc<Lanes>,
    events: EventQueue,
}

impl BridgeClient {
    /// Checks the options (JSON) and makes a client. No I/O, no thread, no runtime.
    ///
    /// `background` is where lanes refresh tokens: `Inline` for hosts in which no thread may outlive a call.
    ///
    /// # Errors
    /// `config` or `invalid_argument`, saying what to change.
    pub fn new(options: &str, background: Background) -> Result<Arc<Self>> {
        let options = Options::parse(options)?;
        let this = Self { options, background, closed: false.into(), state: PidCell::new() };
        // Built now, so that wrong options are refused where they are given.
        this.state()?;
        Ok(Arc::new(this))
    }

    /// The state of this process, built anew after a fork.
    pub(crate) fn state(&self) -> Result<Arc<State>> {
        if self.is_closed() {
            let message = "the client was closed; create a new one";
            return Err(Error::new(ErrorKind::Closed, Reason::Closed, message));
        }
        self.state.get_or_try_init(|| {
            let events = EventQueue::default();
            let queue = self.options.wants_events().then(|| events.clone());
            let client = self.options.builder()?.on_event(Observer(queue)).build()?;
            Ok(State { lanes: Arc::new(Lanes::new(client.clone(), self.background)), client, events })
        })
    }

    /// The core client that the background runtime drives.
    ///
    /// # Errors
    /// `closed`, or what building it anew after a fork fails with.
    pub fn core(&self) -> Result<Client> {
        self.state().map(|s| s.client.clone())
    }

    /// Events that gathered since the last time, one JSON object each.
    #[must_use]
    pub fn drain_events(&self) -> Vec<String> {
        self.state.get().map(|s| s.events.drain()).unwrap_or_default()
    }

    /// The quota as JSON: `{"used": …, "limit": …, "next_free": seconds}`.
    ///
    /// # Errors
    /// `closed`.
    pub fn quota(&self) -> Result<String> {
        let quota = self.state()?.client.quota();
        let next_free = quota.next_free.as_secs_f64();
        Ok(serde_json::json!({"used": quota.used, "limit": quota.limit, "next_free": next_free}).to_string())
    }

    /// Refuses further calls and closes idle connections. Calls under way end as they would.
    pub fn close(&self) {
        self.closed.store(true, Ordering::SeqCst);
        if let Some(state) = self.state.get() {
            state.lanes.close();
        }
    }

    /// Whether [`BridgeClient::close`] was called.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.closed.load(Ordering::SeqCst)
    }
}
