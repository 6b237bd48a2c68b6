//! Iterating for hosts: one crossing per page.

use crate::client::BridgeClient;
use crate::lanes::{Interrupted, Lanes};
use crate::operations::{Output, deliberate, list_arguments};
use crate::{guard, options};
use serde_json::Value;
use std::collections::VecDeque;
use std::sync::{Arc, PoisonError};
use tokio::sync::Mutex;
use zhifuyun::operations::{ListConversations, ListOperation, ListTickets};
use zhifuyun::pagination::{Consistency, Report, Walk as CoreWalk, WalkOptions};
use zhifuyun::{Client, Error, Listing, Result};

/// How to walk, as the hosts write it.
fn read(how: &mut WalkOptions, json: Option<&str>) -> Result<()> {
    options::each(json, |name, value| {
        match (name, value) {
            ("consistency" | "prefetch" | "max_items", Value::Null) => {}
            ("consistency", Value::String(text)) if text == "fast" => how.consistency = Consistency::Fast,
            ("consistency", Value::String(text)) if text == "strict" => how.consistency = Consistency::Strict,
            ("consistency", _) => return Err("must be fast or strict"),
            ("prefetch", n) => {
                let n = n.as_u64().and_then(|n| usize::try_from(n).ok());
                how.prefetch = n.ok_or("must be a whole number from 0 to 16")?;
            }
            ("max_items", n) => how.max_items = Some(n.as_u64().ok_or("must be a whole number from 0")?),
            _ => return Err("is no option of an iteration"),
        }
        Ok(())
    })
}

enum Any {
    Conversations(CoreWalk<Listing<ListConversations>>),
    Tickets(CoreWalk<Listing<ListTickets>>),
    /// See `internal.panic` of the operations.
    Panicking(CoreWalk<Listing<ListTickets>>),
}

impl Any {
    fn start(
        client: &Client,
        name: &str,
        args: &str,
        options: Option<&str>,
        walk: Option<&str>,
    ) -> Result<Self> {
        match name {
            "conversations.iter" => {
                begin::<ListConversations>(client, args, options, walk).map(Self::Conversations)
            }
            "tickets.iter" => begin::<ListTickets>(client, args, options, walk).map(Self::Tickets),
            "internal.panic" if cfg!(debug_assertions) => {
                begin::<ListTickets>(client, args, options, walk).map(Self::Panicking)
            }
            _ => Err(Error::invalid_argument("operation", "there is no such list")),
        }
    }

    async fn next(&mut self) -> Result<Option<Output>> {
        match self {
            Self::Conversations(w) => w.next_page().await.transpose().map(|p| p.map(Output::Conversations)),
            Self::Tickets(w) => w.next_page().await.transpose().map(|p| p.map(Output::Tickets)),
            Self::Panicking(_) => deliberate().map(Some),
        }
    }

    fn ask_with(&mut self, client: Client) {
        match self {
            Self::Conversations(w) => w.source_mut().ask_with(client),
            Self::Tickets(w) | Self::Panicking(w) => w.source_mut().ask_with(client),
        }
    }

    fn report(&self) -> Report {
        match self {
            Self::Conversations(w) => w.report(),
            Self::Tickets(w) | Self::Panicking(w) => w.report(),
        }
    }
}

fn begin<O: ListOperation>(
    client: &Client,
    args: &str,
    options: Option<&str>,
    walk: Option<&str>,
) -> Result<CoreWalk<Listing<O>>> {
    let operation: O = list_arguments(client, args)?;
    let start = || {
        let listing = Listing::new(client.clone(), operation, options::request_options(options)?);
        listing.check()?;
        let mut how = listing.walk_options();
        read(&mut how, walk)?;
        CoreWalk::with_options(listing, how)
    };
    start().map_err(|e: Error| e.with_operation(O::NAME))
}

/// Who drives a walk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Driver {
    /// The calling thread: [`Walk::next`].
    Caller,
    /// The background runtime: [`Walk::next_async`].
    Background,
}

/// A list that a host is walking.
///
/// A page that arrived stays here until the host takes it: a call that is cancelled or interrupted in the very
/// moment of its success loses nothing, and the report speaks of what was taken.
pub struct Walk {
    walk: Mutex<Any>,
    /// For walks that the calling thread drives. Each page borrows a lane; no request outlives its call.
    lanes: Option<Arc<Lanes>>,
    ready: std::sync::Mutex<Ready>,
}

struct Ready {
    pages: VecDeque<(Output, Report)>,
    taken: Report,
}

impl std::fmt::Debug for Walk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Walk").finish_non_exhaustive()
    }
}

impl BridgeClient {
    /// Begins to walk `conversations.iter` or `tickets.iter`. Nothing is sent yet.
    ///
    /// # Errors
    /// `invalid_argument` for arguments, options or a way of walking that make no sense; `closed`.
    pub fn walk(
        &self,
        driver: Driver,
        name: &str,
        args: &str,
        options: Option<&str>,
        walk: Option<&str>,
    ) -> Result<Arc<Walk>> {
        let state = self.state()?;
        let (client, lanes) = match driver {
            Driver::Background => (state.client.clone(), None),
            Driver::Caller => (state.lanes.client()?, Some(Arc::clone(&state.lanes))),
        };
        let any = Any::start(&client, name, args, options, walk)?;
        let ready = Ready { pages: VecDeque::new(), taken: any.report() };
        Ok(Arc::new(Walk { walk: Mutex::new(any), lanes, ready: std::sync::Mutex::new(ready) }))
    }
}

impl Walk {
    /// Waits on the calling thread until a page is there to be taken; false at the end.
    ///
    /// # Errors
    /// `Err(Interrupted)` if `interrupted` asked for the thread back: calling again continues. The inner error is
    /// that of the request; calling again asks for the same page.
    pub fn next(
        &self,
        interrupted: Option<&mut dyn FnMut() -> bool>,
    ) -> std::result::Result<Result<bool>, Interrupted> {
        let Some(lanes) = &self.lanes else { return Ok(Err(guard::panicked())) };
        lanes.run(|client| self.step(Some(client)), interrupted)
    }

    /// The same as a future, for the background runtime.
    ///
    /// # Errors
    /// That of the request; calling again asks for the same page.
    pub async fn next_async(self: Arc<Self>) -> Result<bool> {
        guard::catch_async(self.step(None)).await
    }

    /// The page that is there, with only items that were not delivered before. `None` if there is none, or if
    /// somebody else took it.
    pub fn take(&self) -> Option<Output> {
        let mut ready = self.ready();
        let (page, report) = ready.pages.pop_front()?;
        ready.taken = report;
        Some(page)
    }

    /// [`next`](Self::next) and [`take`](Self::take) in one, for hosts that cannot be interrupted between the two.
    ///
    /// # Errors
    /// Those of [`next`](Self::next).
    pub fn next_page(
        &self,
        interrupted: &mut dyn FnMut() -> bool,
    ) -> std::result::Result<Result<Option<Output>>, Interrupted> {
        loop {
            match self.next(Some(&mut *interrupted))? {
                Ok(true) => {}
                Ok(false) => return Ok(Ok(None)),
                Err(e) => return Ok(Err(e)),
            }
            if let Some(page) = self.take() {
                return Ok(Ok(Some(page)));
            }
        }
    }

    /// The same as a future, for the background runtime.
    ///
    /// # Errors
    /// Those of [`next_async`](Self::next_async).
    pub async fn next_page_async(self: Arc<Self>) -> Result<Option<Output>> {
        while Arc::clone(&self).next_async().await? {
            if let Some(page) = self.take() {
                return Ok(Some(page));
            }
        }
        Ok(None)
    }

    async fn step(&self, client: Option<Client>) -> Result<bool> {
        let mut walk = self.walk.lock().await;
        if !self.ready().pages.is_empty() {
            return Ok(true);
        }
        if let Some(client) = client {
            walk.ask_with(client);
        }
        let result = walk.next().await;
        let report = walk.report();
        let mut ready = self.ready();
        match result {
            Ok(Some(page)) => {
                ready.pages.push_back((page, report));
                Ok(true)
            }
            Ok(None) => {
                ready.taken = report;
                Ok(false)
            }
            Err(e) => {
                ready.taken = report;
                Err(e)
            }
        }
    }

    fn ready(&self) -> std::sync::MutexGuard<'_, Ready> {
        self.ready.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What was seen up to the last page that was taken.
    #[must_use]
    pub fn report(&self) -> Report {
        self.ready().taken.clone()
    }

    /// The same as JSON.
    #[must_use]
    pub fn report_json(&self) -> String {
        let r = self.report();
        serde_json::json!({
            "requests": r.requests, "pages": r.pages, "items": r.items, "duplicates": r.duplicates,
            "first_total": r.first_total, "last_total": r.last_total, "total_changed": r.total_changed,
            "passes": r.passes, "complete": r.complete, "stopped_by": r.stopped_by.as_str(),
        })
        .to_string()
    }
}
