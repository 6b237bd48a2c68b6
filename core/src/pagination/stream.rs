//! The walk as streams of items and of pages.

use super::{Consistency, PageSource, Report, Walk, WalkOptions};
use crate::error::{Error, Result};
use futures_core::Stream;
use std::borrow::BorrowMut;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

/// A walk that has not begun, is under way, or was refused.
enum State<S: PageSource> {
    // `Option`, so that it can be taken when the walk begins.
    Fresh(Option<S>, WalkOptions),
    Running(Box<Walk<S>>),
    /// The error until it was handed out, and what the walk saw before.
    Refused(Option<Error>, Report),
}

impl<S: PageSource> State<S> {
    fn set(&mut self, name: &'static str, change: impl FnOnce(&mut WalkOptions)) {
        match self {
            Self::Fresh(_, options) => change(options),
            Self::Running(walk) => {
                let text = format!("{name} must be set before the first item is read");
                *self = Self::Refused(Some(Error::invalid_argument(name, text)), walk.report());
            }
            Self::Refused(..) => {}
        }
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<S::Fetched>>> {
        loop {
            match self {
                Self::Running(walk) => return walk.poll_next_page(cx),
                Self::Refused(error, _) => return Poll::Ready(error.take().map(Err)),
                Self::Fresh(source, options) => {
                    let Some(source) = source.take() else { return Poll::Ready(None) };
                    *self = match Walk::with_options(source, *options) {
                        Ok(walk) => Self::Running(Box::new(walk)),
                        Err(error) => Self::Refused(Some(error), Report::new()),
                    };
                }
            }
        }
    }

    fn report(&self) -> Report {
        match self {
            Self::Fresh(..) => Report::new(),
            Self::Running(walk) => walk.report(),
            Self::Refused(_, report) => report.clone(),
        }
    }

    fn into_walk(self) -> Result<Walk<S>> {
        match self {
            Self::Fresh(Some(source), options) => Walk::with_options(source, options),
            Self::Running(walk) => Ok(*walk),
            Self::Refused(Some(error), _) => Err(error),
            Self::Fresh(None, _) | Self::Refused(None, _) => {
                Err(Error::invalid_argument("walk", "this walk was refused before; start a new one"))
            }
        }
    }
}

macro_rules! options {
    () => {
        /// How much to do against a list that changes meanwhile. Default: [`Consistency::Fast`].
        pub fn consistency(mut self, consistency: Consistency) -> Self {
            self.state.set("consistency", |o| o.consistency = consistency);
            self
        }

        /// How many pages may be under way ahead of the reader, 0 (default) to 16. Only `Fast` prefetches.
        pub fn prefetch(mut self, pages: usize) -> Self {
            self.state.set("prefetch", |o| o.prefetch = pages);
            self
        }

        /// Items per page, 1 to 100 (default).
        pub fn limit(mut self, items: u64) -> Self {
            self.state.set("limit", |o| o.limit = items);
            self
        }

        /// Stops after so many items.
        pub fn max_items(mut self, items: u64) -> Self {
            self.state.set("max_items", |o| o.max_items = Some(items));
            self
        }

        /// What the walk saw so far.
        #[must_use]
        pub fn report(&self) -> Report {
            self.state.report()
        }
    };
}

/// All items of a list, as a stream.
///
/// An option out of range, or set after the first item was read, is the next item as an `InvalidArgument`
/// error, and the stream ends there. After any other error the stream may be polled on: it asks for the same
/// page again.
#[must_use = "streams do nothing unless polled"]
pub struct Items<S: PageSource> {
    state: State<S>,
    buffer: std::vec::IntoIter<S::Item>,
}

impl<S: PageSource> Items<S> {
    /// All items of `source`.
    pub fn new(source: S) -> Self {
        Self { state: State::Fresh(Some(source), WalkOptions::default()), buffer: Vec::new().into_iter() }
    }

    options!();

    /// The same walk page by page. Items already taken from a page that was begun are not repeated, and the
    /// rest of that page is skipped: decide before the first item.
    pub fn pages(self) -> Pages<S> {
        Pages { state: self.state }
    }

    /// The walk behind it, for those who drive it themselves.
    ///
    /// # Errors
    /// `InvalidArgument` for an option out of range.
    pub fn into_walk(self) -> Result<Walk<S>> {
        self.state.into_walk()
    }
}

/// All pages of a list, each with only the items that no page before it had, as a stream. Errors as in
/// [`Items`].
#[must_use = "streams do nothing unless polled"]
pub struct Pages<S: PageSource> {
    state: State<S>,
}

impl<S: PageSource> Pages<S> {
    options!();
}

// Nothing here is ever pinned in place: the futures under way are boxed.
impl<S: PageSource> Unpin for Items<S> {}
impl<S: PageSource> Unpin for Pages<S> {}

impl<S: PageSource> Stream for Items<S> {
    type Item = Result<S::Item>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            if let Some(item) = self.buffer.next() {
                return Poll::Ready(Some(Ok(item)));
            }
            match ready!(self.state.poll(cx)) {
                Some(Ok(mut fetched)) => {
                    self.buffer = std::mem::take(&mut fetched.borrow_mut().items).into_iter();
                }
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                None => return Poll::Ready(None),
            }
        }
    }
}

impl<S: PageSource> Stream for Pages<S> {
    type Item = Result<S::Fetched>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.state.poll(cx)
    }
}

impl<S: PageSource> fmt::Debug for Items<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Items").field("report", &self.report()).finish_non_exhaustive()
    }
}

impl<S: PageSource> fmt::Debug for Pages<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pages").field("report", &self.report()).finish_non_exhaustive()
    }
}
