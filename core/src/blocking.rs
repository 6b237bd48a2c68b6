//! The same client for programs without an async runtime (feature `blocking`).
//!
//! Calls are driven by the calling thread on *lanes*: each lane is a small runtime with connections of its
//! own, taken for one call and put back. That is quicker than handing every call to a shared runtime, and
//! any number of threads can call at once.
//!
//! ```no_run
//! let client = zhifuyun::blocking::Client::new(
//!     zhifuyun::Client::builder().client_id("id").client_secret("secret").build()?,
//! );
//! for conversation in client.conversations().list().status("active").iter()? {
//!     println!("{}", conversation?.id);
//! }
//! # Ok::<(), zhifuyun::Error>(())
//! ```

mod lanes;

use crate::client::{Background, RequestOptions};
use crate::engine::Job;
use crate::error::Result;
use crate::meta::Response;
use crate::models::Page;
use crate::operations::{ListConversations, ListOperation, ListTickets, Operation};
use crate::pagination::{Consistency, Report, Walk, WalkOptions};
use crate::rate_limit::Quota;
use crate::resources::{Conversations, Listing, Request, Statistics, Tickets};
use crate::transport::{HttpTransport, Transport};
use std::fmt;
use std::sync::Arc;

pub use lanes::{Lane, Lanes};

/// A blocking client. Cheap to clone; all clones share token, quota and lanes.
///
/// Must not be called from within async code: a runtime cannot be driven inside another one.
#[derive(Debug, Clone)]
pub struct Client(Arc<Lanes>);

impl Client {
    /// A blocking client with the options of `client`; both share token and quota.
    #[must_use]
    pub fn new(client: crate::Client) -> Self {
        Self(Arc::new(Lanes::new(client, Background::Thread)))
    }

    /// See [`crate::Client::from_env`].
    ///
    /// # Errors
    /// `config`, naming the variable that is missing or malformed.
    pub fn from_env() -> Result<Self> {
        crate::Client::from_env().map(Self::new)
    }

    /// A panic in `work` takes the lane with it: its connections may be in any state.
    fn on_lane<T>(&self, work: impl FnOnce(&Lane) -> T) -> Result<T> {
        let lane = self.0.take()?;
        let done = work(&lane);
        self.0.put_back(lane);
        Ok(done)
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

    /// See [`crate::Client::authenticate`].
    ///
    /// # Errors
    /// `authentication` for wrong credentials, and whatever can go wrong on the way to the server.
    pub fn authenticate(&self) -> Result<()> {
        self.authenticate_with(RequestOptions::default())
    }

    /// See [`crate::Client::authenticate_with`].
    ///
    /// # Errors
    /// `invalid_argument` for a timeout of zero; else as [`Client::authenticate`].
    pub fn authenticate_with(&self, options: RequestOptions) -> Result<()> {
        self.on_lane(|lane| lane.block_on(lane.client().authenticate_with(options)))?
    }

    /// See [`crate::Client::execute`].
    ///
    /// # Errors
    /// Whatever the operation can fail with.
    pub fn execute<O: Operation>(
        &self,
        operation: &O,
        options: RequestOptions,
    ) -> Result<Response<O::Output>> {
        self.on_lane(|lane| lane.block_on(lane.client().execute(operation, options)))?
    }

    /// See [`crate::Client::quota`].
    #[must_use]
    pub fn quota(&self) -> Quota {
        self.0.client().quota()
    }

    /// See [`crate::Client::close`].
    pub fn close(&self) {
        self.0.close();
    }
}

impl Conversations<Client> {
    /// All conversations. With filters: `list().status(…).iter()`.
    ///
    /// # Errors
    /// `connection`, if the operating system has no event loop left.
    pub fn iter(&self) -> Result<Items<ListConversations>> {
        self.list().iter()
    }
}

impl Tickets<Client> {
    /// All tickets. With filters: `list().priority(…).iter()`.
    ///
    /// # Errors
    /// `connection`, if the operating system has no event loop left.
    pub fn iter(&self) -> Result<Items<ListTickets>> {
        self.list().iter()
    }
}

impl<O: Operation> Request<O, Client> {
    /// Sends the request and waits for the answer.
    ///
    /// # Errors
    /// `invalid_argument` before anything is sent; else see [`crate::ErrorKind`].
    pub fn send(self) -> Result<Response<O::Output>> {
        self.client.execute(&self.operation, self.options)
    }
}

impl<O: ListOperation> Request<O, Client> {
    /// All items, across all pages, one page at a time.
    ///
    /// # Errors
    /// `invalid_argument`, if the filters make no sense.
    pub fn iter(self) -> Result<Items<O>> {
        let client = self.client.on_lane(|lane| lane.client().clone())?;
        let listing = Listing::new(client, self.operation, self.options);
        let options = listing.walk_options();
        let (owner, buffer) = (self.client, Vec::new().into_iter());
        Ok(Items { listing, options, walk: None, refused: false, owner, buffer })
    }
}

/// All items of a list.
pub struct Items<O: ListOperation> {
    listing: Listing<O>,
    options: WalkOptions,
    walk: Option<Walk<Listing<O>>>,
    refused: bool,
    owner: Client,
    buffer: std::vec::IntoIter<O::Item>,
}

impl<O: ListOperation> Items<O> {
    /// How much to do against a list that changes meanwhile. Before the first item.
    #[must_use]
    pub fn consistency(mut self, consistency: Consistency) -> Self {
        self.options.consistency = consistency;
        self
    }

    /// How many pages may be under way ahead of the reader. Before the first item.
    #[must_use]
    pub fn prefetch(mut self, pages: usize) -> Self {
        self.options.prefetch = pages;
        self
    }

    /// Items per page, 1 to 100 (default). Before the first item.
    #[must_use]
    pub fn limit(mut self, items: u64) -> Self {
        self.options.limit = items;
        self
    }

    /// Stop after so many items. Before the first item.
    #[must_use]
    pub fn max_items(mut self, items: u64) -> Self {
        self.options.max_items = Some(items);
        self
    }

    /// What was seen so far.
    #[must_use]
    pub fn report(&self) -> Report {
        match &self.walk {
            Some(walk) => walk.report(),
            None => Walk::new(self.listing.clone()).report(),
        }
    }

    /// The next page, with only items that were not delivered before. `None` at the end.
    pub fn next_page(&mut self) -> Option<Result<Response<Page<O::Item>>>> {
        if self.refused {
            return None;
        }
        if self.walk.is_none() {
            match Walk::with_options(self.listing.clone(), self.options) {
                Ok(walk) => self.walk = Some(walk),
                Err(e) => {
                    self.refused = true;
                    return Some(Err(e.with_operation(O::NAME)));
                }
            }
        }
        let walk = self.walk.as_mut()?;
        // No request outlives its page, so each page may come by another lane.
        let page = self.owner.on_lane(|lane| {
            walk.source_mut().ask_with(lane.client().clone());
            lane.block_on(walk.next_page())
        });
        page.unwrap_or_else(|e| Some(Err(e)))
    }

    /// The same, page by page.
    #[must_use]
    pub fn pages(self) -> Pages<O> {
        Pages(self)
    }
}

impl<O: ListOperation> Iterator for Items<O> {
    type Item = Result<O::Item>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(item) = self.buffer.next() {
                return Some(Ok(item));
            }
            match self.next_page()? {
                Ok(page) => self.buffer = page.into_inner().items.into_iter(),
                Err(e) => return Some(Err(e)),
            }
        }
    }
}

impl<O: ListOperation> fmt::Debug for Items<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Items").field("report", &self.report()).finish_non_exhaustive()
    }
}

/// A list, page by page.
pub struct Pages<O: ListOperation>(Items<O>);

impl<O: ListOperation> Pages<O> {
    /// What was seen so far.
    #[must_use]
    pub fn report(&self) -> Report {
        self.0.report()
    }
}

impl<O: ListOperation> fmt::Debug for Pages<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Pages").field(&self.0).finish()
    }
}

impl<O: ListOperation> Iterator for Pages<O> {
    type Item = Result<Response<Page<O::Item>>>;

    fn next(&mut self) -> Option<Self::Item> {
        self.0.next_page()
    }
}

/// Background work of a lane: on a thread of its own, because the lane's runtime stands still between calls.
pub(crate) fn run_on_thread(job: Job, like: &HttpTransport) -> Option<Job> {
    let Ok(runtime) = lanes::runtime() else { return Some(job) };
    let transport: Arc<dyn Transport> = Arc::new(like.fresh());
    let thread = std::thread::Builder::new().name("zhifuyun-token".to_owned());
    // Where no thread can be had the job is dropped, and with it its mark: a later call tries again.
    drop(thread.spawn(move || runtime.block_on(job(transport))));
    None
}
