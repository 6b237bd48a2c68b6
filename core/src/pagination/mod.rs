//! Walking lists: every item once, and a report of what was seen.
//!
//! The API cuts a list that other people are changing into numbered pages. An item that leaves moves all
//! later ones forward, so a plain walk skips one; an item that arrives moves them back, so a plain walk sees
//! one twice. [`Consistency`] chooses how much to pay against that; [`Report`] says what happened.
//! The reasons why `Strict` may promise what it does are in `docs/design/pagination.md`.
//!
//! [`Walk`] is the one primitive. Streams, blocking iterators and the bindings all drive
//! [`Walk::next_page`]: one step per page.

mod flight;
mod forward;
mod passes;
mod report;
mod seen;
mod slices;
mod stream;
mod walk;

pub use report::{Report, StoppedBy};
pub use stream::{Items, Pages};
pub use walk::Walk;

use crate::clock::BoxFuture;
use crate::error::{Error, Result};
use crate::models::{Page, Record};
use chrono::{DateTime, Utc};
use std::borrow::BorrowMut;

/// How many items the API returns per page at most, and what a walk asks for: page size is quota.
pub const MAX_PAGE_SIZE: u64 = 100;

/// How many pages may be under way ahead of the reader at most.
pub const MAX_PREFETCH: usize = 16;

/// How much a walk does against a list that changes meanwhile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Consistency {
    /// Forward in the server's order, one request per page, duplicates dropped. An item may be skipped when
    /// another one leaves the list during the walk.
    #[default]
    Fast,
    /// An item that matches during the whole walk is not lost, or [`Report::complete`] is false. The order is
    /// not the server's. Conversations are cut by time and cost about one request per page where the server
    /// sorts them by creation; tickets have no time filter and cost at least two.
    Strict,
}

/// One page to ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct PageRequest {
    /// The number of the page, from 1.
    pub page: u64,
    /// Items per page.
    pub limit: u64,
    /// Lower bound of `created_at` to send *instead of* the filter's own; `None`: the filter's own.
    pub start_time: Option<DateTime<Utc>>,
    /// Upper bound of `created_at` to send *instead of* the filter's own; `None`: the filter's own.
    pub end_time: Option<DateTime<Utc>>,
}

impl PageRequest {
    /// A page of the list as the user filtered it.
    #[must_use]
    pub fn new(page: u64, limit: u64) -> Self {
        Self { page, limit, start_time: None, end_time: None }
    }
}

/// Whether a list can be cut by time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Freeze {
    /// No time filter: tickets.
    Unsupported,
    /// `start_time` and `end_time` bound `created_at`: conversations. Carries the bounds of the user's filter;
    /// a walk never leaves them.
    Window {
        /// The filter's lower bound.
        start: Option<DateTime<Utc>>,
        /// The filter's upper bound.
        end: Option<DateTime<Utc>>,
    },
}

/// Where a walk gets its pages from.
///
/// ```
/// use zhifuyun::models::{Page, Ticket};
/// use zhifuyun::pagination::{Freeze, PageRequest, PageSource, Walk};
/// use zhifuyun::{BoxFuture, Result};
///
/// struct Fixed(Vec<Ticket>);
/// impl PageSource for Fixed {
///     type Item = Ticket;
///     type Fetched = Page<Ticket>;
///     fn fetch(&self, request: PageRequest) -> BoxFuture<'static, Result<Page<Ticket>>> {
///         let skip = ((request.page - 1) * request.limit) as usize;
///         let items = self.0.iter().skip(skip).take(request.limit as usize).cloned().collect();
///         let page = Page::new(items, Some(self.0.len() as u64), request.page, request.limit);
///         Box::pin(async move { Ok(page) })
///     }
///     fn freeze(&self) -> Freeze {
///         Freeze::Unsupported
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// let ticket: Ticket = serde_json::from_str(r#"{"id": "t1"}"#).unwrap();
/// let mut walk = Walk::new(Fixed(vec![ticket]));
/// while let Some(page) = walk.next_page().await {
///     assert_eq!(page?.items[0].id, "t1");
/// }
/// assert!(walk.report().complete);
/// # Ok(()) }
/// ```
pub trait PageSource: Send + Sync + 'static {
    /// What the list holds.
    type Item: Record;
    /// What one request brings: a page, or a page with what is known about the request.
    type Fetched: BorrowMut<Page<Self::Item>> + Send + 'static;
    /// Asks for one page. Must not start before the future is polled.
    fn fetch(&self, request: PageRequest) -> BoxFuture<'static, Result<Self::Fetched>>;
    /// Whether the list can be cut by time.
    fn freeze(&self) -> Freeze;
    /// Whether the runtime that drives the walk goes on while nobody waits for it, which is the rule. Where it runs
    /// only during calls, as in [`crate::blocking`], requests end with the call that made them, and prefetched pages
    /// are asked for together.
    fn runs_between_calls(&self) -> bool {
        true
    }
}

/// How to walk. Checked before the first request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct WalkOptions {
    /// See [`Consistency`].
    pub consistency: Consistency,
    /// How many pages may be under way ahead of the reader, 0 to [`MAX_PREFETCH`]. `Strict` decides each
    /// request by the answer before it and therefore does not prefetch.
    pub prefetch: usize,
    /// Items per page, 1 to [`MAX_PAGE_SIZE`].
    pub limit: u64,
    /// Stop after so many items.
    pub max_items: Option<u64>,
}

impl Default for WalkOptions {
    fn default() -> Self {
        Self { consistency: Consistency::Fast, prefetch: 0, limit: MAX_PAGE_SIZE, max_items: None }
    }
}

impl WalkOptions {
    /// Refuses what is out of range.
    pub(crate) fn check(&self) -> Result<()> {
        if self.limit == 0 || self.limit > MAX_PAGE_SIZE {
            let text = format!("limit must be between 1 and {MAX_PAGE_SIZE}, not {}", self.limit);
            return Err(Error::invalid_argument("limit", text));
        }
        if self.prefetch > MAX_PREFETCH {
            let text = format!("prefetch must be between 0 and {MAX_PREFETCH}, not {}", self.prefetch);
            return Err(Error::invalid_argument("prefetch", text));
        }
        Ok(())
    }
}

/// What a plan makes of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    /// Ask on.
    More,
    /// The end. `complete`: nothing that matched during the whole walk can be missing.
    End { by: StoppedBy, complete: bool },
    /// The server sends the same page for every number.
    Stuck,
}

/// One answer, as a plan sees it.
struct Answer<'a, T> {
    page: &'a Page<T>,
    /// How many of its items were not seen before.
    new: u64,
    /// How many different items were seen so far, this page included.
    unique: u64,
}
