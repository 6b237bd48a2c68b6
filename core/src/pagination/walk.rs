//! The walk: asks for pages by a plan, drops duplicates, keeps the report.

use super::flight::Flights;
use super::forward::Forward;
use super::passes::Passes;
use super::seen::Seen;
use super::slices::Slices;
use super::{Answer, Consistency, Freeze, PageRequest, PageSource, Report, StoppedBy, Verdict, WalkOptions};
use crate::error::{Error, ErrorKind, Reason, Result};
use crate::models::Page;
use std::borrow::BorrowMut;
use std::fmt;
use std::future::poll_fn;
use std::task::{Context, Poll};

#[derive(Debug)]
enum Plan {
    Fast(Forward),
    Passes(Passes),
    Slices(Slices),
}

impl Plan {
    fn request(&self, ahead: u64) -> Option<PageRequest> {
        match self {
            Self::Fast(plan) => plan.request(ahead),
            Self::Passes(plan) => (ahead == 0).then(|| plan.request()),
            Self::Slices(plan) => (ahead == 0).then(|| plan.request()),
        }
    }

    fn accept<T: crate::models::Record>(&mut self, answer: &Answer<'_, T>) -> Verdict {
        match self {
            Self::Fast(plan) => plan.accept(answer),
            Self::Passes(plan) => plan.accept(answer),
            Self::Slices(plan) => plan.accept(answer),
        }
    }

    fn reached(&self) -> Option<u64> {
        match self {
            Self::Fast(plan) => plan.reached(),
            Self::Passes(plan) => plan.reached(),
            Self::Slices(plan) => plan.reached(),
        }
    }

    fn passes(&self) -> u32 {
        match self {
            Self::Fast(_) => 1,
            Self::Passes(plan) => plan.passes(),
            Self::Slices(plan) => plan.passes(),
        }
    }

    /// Whether the next answer's `total` speaks of the whole list.
    fn is_whole(&self) -> bool {
        match self {
            Self::Slices(plan) => plan.is_whole(),
            _ => true,
        }
    }
}

/// A walk over a list, page by page. See the [module](super) for what it promises.
///
/// It asks for nothing before [`next_page`](Self::next_page) is polled. A request under way is a task of the tokio
/// runtime, which goes on while the reader does something else; dropping the walk cancels it. Where the runtime runs
/// only during calls ([`PageSource::runs_between_calls`]) a request ends with the call that made it.
pub struct Walk<S: PageSource> {
    source: S,
    options: WalkOptions,
    plan: Plan,
    seen: Seen,
    report: Report,
    flights: Flights<S::Fetched>,
}

impl<S: PageSource> Walk<S> {
    /// A walk with the default options.
    #[must_use]
    pub fn new(source: S) -> Self {
        Self::start(source, WalkOptions::default())
    }

    /// A walk with these options.
    ///
    /// # Errors
    /// `InvalidArgument` for an option out of range.
    pub fn with_options(source: S, options: WalkOptions) -> Result<Self> {
        options.check()?;
        Ok(Self::start(source, options))
    }

    fn start(source: S, options: WalkOptions) -> Self {
        let fast = options.consistency == Consistency::Fast;
        let plan = match source.freeze() {
            _ if fast => Plan::Fast(Forward::new(options.limit)),
            Freeze::Window { start, end } => Plan::Slices(Slices::new(options.limit, start, end)),
            Freeze::Unsupported => Plan::Passes(Passes::new(options.limit)),
        };
        let flights = Flights::new(source.runs_between_calls());
        Self { source, options, plan, seen: Seen::new(fast), report: Report::new(), flights }
    }

    /// The next page that has items not handed out before, with only those; `None` at the end, and ever after.
    ///
    /// Cancel-safe: dropping the future loses nothing, the next call waits for the same page, or asks for it again
    /// where the request ended with this call. After an error of the source the next call asks for the same page again.
    ///
    /// # Errors
    /// Those of the source, and `PaginationStuck`, which ends the walk, when the server sends the same page for every
    /// page number.
    pub async fn next_page(&mut self) -> Option<Result<S::Fetched>> {
        let waiting = Waiting(self);
        poll_fn(|cx| waiting.0.poll_next_page(cx)).await
    }

    /// [`next_page`](Self::next_page) for those who write their own future.
    pub fn poll_next_page(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<S::Fetched>>> {
        if self.options.max_items == Some(0) {
            self.finish(StoppedBy::MaxItems, false);
        }
        while self.report.stopped_by == StoppedBy::NotFinished {
            // The page that is waited for, and those ahead of it.
            self.depart(self.options.prefetch + 1);
            match self.flights.poll_first(cx) {
                Poll::Ready(Some(Ok(fetched))) => match self.accept(fetched) {
                    Ok(None) => {}
                    Ok(Some(fetched)) => {
                        // What the reader will want next is sent off before it is asked for.
                        if self.flights.go_on_alone() {
                            self.depart(self.options.prefetch);
                        }
                        return Poll::Ready(Some(Ok(fetched)));
                    }
                    Err(stuck) => return Poll::Ready(Some(Err(stuck))),
                },
                Poll::Ready(Some(Err(error))) => match self.plan.reached() {
                    Some(total) if error.kind() == ErrorKind::NotFound => self.accept_nothing(total),
                    _ => return Poll::Ready(Some(Err(error))),
                },
                Poll::Ready(None) => break,
                Poll::Pending => return Poll::Pending,
            }
        }
        Poll::Ready(None)
    }

    /// What the walk saw so far.
    #[must_use]
    pub fn report(&self) -> Report {
        self.report.clone()
    }

    /// Where it gets its pages from. What is under way goes on as it was asked for.
    pub fn source_mut(&mut self) -> &mut S {
        &mut self.source
    }

    /// The options it was started with.
    #[must_use]
    pub fn options(&self) -> WalkOptions {
        self.options
    }

    /// Makes the requests that may be under way and are not, `most` at once.
    fn depart(&mut self, most: usize) {
        if self.report.stopped_by != StoppedBy::NotFinished || !self.flights.may_depart(self.plan.request(0))
        {
            return;
        }
        let wanted = self.options.max_items.map(|max| {
            // No page beyond those that the remaining items can fill.
            max.saturating_sub(self.report.items).div_ceil(self.options.limit).max(1)
        });
        for ahead in 0..most {
            if wanted.is_some_and(|pages| ahead as u64 >= pages) {
                break;
            }
            let Some(request) = self.plan.request(ahead as u64) else { break };
            if !self.flights.has(ahead, request) {
                self.report.requests += 1;
                self.flights.start(ahead, request, self.source.fetch(request));
            }
        }
    }

    /// Takes an answer; gives it back with the new items only, or nothing if there are none.
    fn accept(&mut self, mut fetched: S::Fetched) -> Result<Option<S::Fetched>> {
        let page = fetched.borrow_mut();
        if self.plan.is_whole() {
            self.report.saw_total(page.total);
        }
        self.report.pages += 1;
        let fresh: Vec<bool> = page.items.iter().map(|item| self.seen.insert(item)).collect();
        let new = fresh.iter().filter(|new| **new).count() as u64;
        let verdict = self.plan.accept(&Answer { page, new, unique: self.seen.count() });
        self.report.passes = self.plan.passes();
        self.report.duplicates += fresh.len() as u64 - new;

        let mut fresh = fresh.into_iter();
        page.items.retain(|_| fresh.next().unwrap_or(true));
        let room = self.options.max_items.map_or(u64::MAX, |max| max.saturating_sub(self.report.items));
        let cut = new > room;
        page.items.truncate(usize::try_from(room).unwrap_or(usize::MAX));
        self.report.items += page.items.len() as u64;

        match verdict {
            Verdict::Stuck => {
                // Asking on would bring the same page and the same error for ever.
                self.finish(StoppedBy::Stuck, false);
                let text = "the server sends the same page for every page number; it seems to ignore `page`";
                return Err(Error::decode(Reason::PaginationStuck, text));
            }
            Verdict::End { by, complete } if !cut => self.finish(by, complete || self.is_calm()),
            _ if new >= room => self.finish(StoppedBy::MaxItems, false),
            _ => {}
        }
        Ok((!page.items.is_empty()).then_some(fetched))
    }

    /// There is no page after the last one, which some servers say with a 404 instead of an empty page.
    fn accept_nothing(&mut self, total: u64) {
        let page = Page::<S::Item>::new(Vec::new(), Some(total), 0, self.options.limit);
        let verdict = self.plan.accept(&Answer { page: &page, new: 0, unique: self.seen.count() });
        self.report.passes = self.plan.passes();
        if let Verdict::End { by, complete } = verdict {
            self.finish(by, complete || self.is_calm());
        }
    }

    /// A forward walk saw no sign of a change.
    fn is_calm(&self) -> bool {
        let fast = self.options.consistency == Consistency::Fast;
        fast && !self.report.total_changed && self.report.duplicates == 0
    }

    fn finish(&mut self, by: StoppedBy, complete: bool) {
        self.report.stopped_by = by;
        self.report.complete = complete;
        // Prefetched pages that nobody will read.
        self.flights.clear();
    }
}

/// A call that waits for the walk. However it ends, no request stays behind that nobody drives.
struct Waiting<'a, S: PageSource>(&'a mut Walk<S>);

impl<S: PageSource> Drop for Waiting<'_, S> {
    fn drop(&mut self) {
        self.0.flights.leave();
    }
}

impl<S: PageSource> fmt::Debug for Walk<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Walk")
            .field("options", &self.options)
            .field("report", &self.report)
            .field("under_way", &self.flights.len())
            .finish_non_exhaustive()
    }
}
