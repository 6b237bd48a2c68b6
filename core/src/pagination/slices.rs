//! Cutting a list by time until every part fits into one answer, which is the truth of one moment.

use super::passes::Passes;
use super::seen::time;
use super::{Answer, PageRequest, StoppedBy, Verdict};
use crate::models::{Page, Record, YEARS};
use chrono::{DateTime, Datelike as _, TimeDelta, Utc};

type Time = DateTime<Utc>;

/// Parts overlap by this much on each side, so that it does not matter whether a bound is inclusive, nor
/// whether the server shows or compares whole seconds only.
const SLACK: TimeDelta = TimeDelta::seconds(1);
/// A part this short is not halved any more: its halves would be mostly overlap.
const NARROW: TimeDelta = TimeDelta::seconds(6);
/// Halving a part more often than this means that the times are of no use.
const MAX_DEPTH: u32 = 64;

#[derive(Debug, Clone, Copy)]
struct Window {
    start: Option<Time>,
    end: Option<Time>,
    depth: u32,
}

impl Window {
    /// RFC 3339 ends where some servers keep what they do not know: at the beginning of year 1.
    fn can_be_written(&self) -> bool {
        [self.start, self.end].into_iter().flatten().all(|at| YEARS.contains(&at.year()))
    }
}

/// The orders that all pages so far allow. The API reference names none.
#[derive(Debug, Clone, Copy)]
struct Orders {
    created_desc: bool,
    created_asc: bool,
    updated_desc: bool,
}

/// The plan of a strict walk over a list with a time filter.
#[derive(Debug)]
pub(super) struct Slices {
    limit: u64,
    whole: Window,
    /// What is still to be read; the next one last.
    open: Vec<Window>,
    orders: Orders,
    /// The part under way does not fit into one answer and cannot be cut: read by passes.
    dense: Option<Passes>,
    passes: u32,
    complete: bool,
}

impl Slices {
    pub(super) fn new(limit: u64, start: Option<Time>, end: Option<Time>) -> Self {
        let whole = Window { start, end, depth: 0 };
        Self {
            limit,
            whole,
            open: vec![whole],
            orders: Orders { created_desc: true, created_asc: true, updated_desc: true },
            dense: None,
            passes: 1,
            complete: true,
        }
    }

    pub(super) fn passes(&self) -> u32 {
        self.dense.as_ref().map_or(self.passes, |dense| self.passes.max(dense.passes()))
    }

    /// Whether the next request is for all that the user asked for.
    pub(super) fn is_whole(&self) -> bool {
        self.open.last().is_none_or(|w| (w.start, w.end) == (self.whole.start, self.whole.end))
    }

    pub(super) fn request(&self) -> PageRequest {
        let mut request = PageRequest::new(1, self.limit);
        if let Some(window) = self.open.last() {
            (request.start_time, request.end_time) = (window.start, window.end);
        }
        if let Some(dense) = &self.dense {
            request.page = dense.request().page;
        }
        request
    }

    pub(super) fn reached(&self) -> Option<u64> {
        self.dense.as_ref()?.reached()
    }

    pub(super) fn accept<T: Record>(&mut self, answer: &Answer<'_, T>) -> Verdict {
        let Some(window) = self.open.last().copied() else { return self.finish() };
        if self.dense.is_some() {
            return self.accept_dense(answer);
        }
        let page = answer.page;
        let count = page.items.len() as u64;
        let full = page.limit.clamp(1, self.limit);
        if count == 0 {
            return self.done(true);
        }
        let (Some(times), Some(total)) = (times(page, window), page.total) else {
            // No times, or times outside of what was asked for: this server does not filter by `created_at`.
            // Without `total` nobody can tell a short page from one that the server cut short.
            let fits = self.is_whole();
            self.open = vec![self.whole];
            return self.begin_dense(answer, fits);
        };
        if count < full {
            return if total <= count { self.done(true) } else { self.begin_dense(answer, true) };
        }
        self.orders.narrow(&times);
        match self.cut(window, &times).filter(|parts| parts.iter().all(Window::can_be_written)) {
            Some(parts) => {
                self.open.pop();
                self.open.extend(parts);
                Verdict::More
            }
            None => self.begin_dense(answer, true),
        }
    }

    /// Reads the part under way by passes. The answer at hand is their first page if it was cut from that part.
    fn begin_dense<T: Record>(&mut self, answer: &Answer<'_, T>, fits: bool) -> Verdict {
        self.dense = Some(Passes::new(self.limit));
        if fits { self.accept_dense(answer) } else { Verdict::More }
    }

    fn accept_dense<T: Record>(&mut self, answer: &Answer<'_, T>) -> Verdict {
        // `unique` counts items of all parts and says nothing about this one.
        let unique = if self.is_whole() { answer.unique } else { 0 };
        let Some(dense) = &mut self.dense else { return Verdict::More };
        match dense.accept(&Answer { unique, ..*answer }) {
            Verdict::End { complete, .. } => {
                self.passes = self.passes.max(dense.passes());
                self.dense = None;
                self.done(complete)
            }
            other => other,
        }
    }

    fn done(&mut self, complete: bool) -> Verdict {
        self.complete &= complete;
        self.open.pop();
        if self.open.is_empty() { self.finish() } else { Verdict::More }
    }

    fn finish(&self) -> Verdict {
        let by = if self.complete { StoppedBy::NothingNew } else { StoppedBy::PassLimit };
        Verdict::End { by, complete: self.complete }
    }

    /// What is left of a part after a full page of it: the rest beyond the page where the order is known,
    /// else both halves. `None` if it cannot be made smaller.
    fn cut(&self, window: Window, times: &[Stamp]) -> Option<Vec<Window>> {
        if let Some(rest) = self.beyond(window, times) {
            return Some(vec![rest]);
        }
        let mut created: Vec<Time> = times.iter().map(|t| t.created).collect();
        created.sort_unstable();
        let (oldest, newest) = (*created.first()?, *created.last()?);
        let at = match (*created.get(created.len() / 2)?, window.start, window.end) {
            (median, ..) if separates(&created, median) => median,
            // All of the page is of one moment: first fence that moment in, then halve the time.
            (_, None, _) => oldest.checked_sub_signed(SLACK * 2)?,
            (_, _, None) => newest.checked_add_signed(SLACK * 2)?,
            (_, Some(start), Some(end)) if end - start > NARROW => start + (end - start) / 2,
            _ => return None,
        };
        let older = Window { end: Some(at.checked_add_signed(SLACK)?), depth: window.depth + 1, ..window };
        let newer = Window { start: Some(at.checked_sub_signed(SLACK)?), depth: window.depth + 1, ..window };
        let smaller = window.end.is_none_or(|end| older.end.is_some_and(|e| e < end))
            && window.start.is_none_or(|start| newer.start.is_some_and(|s| s > start));
        // The newer half first: new items are what most readers wait for.
        (smaller && window.depth < MAX_DEPTH).then(|| vec![older, newer])
    }

    /// The part that holds everything the page did not show, if the order tells and it is worth it.
    fn beyond(&self, window: Window, times: &[Stamp]) -> Option<Window> {
        let Orders { created_desc, created_asc, updated_desc } = self.orders;
        let oldest = times.iter().map(|t| t.created).min()?;
        let newest = times.iter().map(|t| t.created).max()?;
        let (rest, excluded) = match (created_desc || updated_desc, created_asc) {
            (true, false) => {
                // What a list by update time did not show was updated earlier than all of the page, hence
                // created earlier too.
                let stalest = times.iter().filter_map(|t| t.updated).min();
                let bound = if updated_desc { stalest?.max(oldest) } else { oldest };
                let end = bound.checked_add_signed(SLACK)?;
                let smaller = window.end.is_none_or(|e| end < e);
                let excluded = times.iter().filter(|t| smaller && t.created > end).count();
                (Window { end: Some(end), ..window }, excluded)
            }
            (false, true) => {
                let start = newest.checked_sub_signed(SLACK)?;
                let smaller = window.start.is_none_or(|s| start > s);
                let excluded = times.iter().filter(|t| smaller && t.created < start).count();
                (Window { start: Some(start), ..window }, excluded)
            }
            _ => return None,
        };
        // Fewer than half: halving gets on faster.
        (excluded * 2 >= times.len()).then_some(rest)
    }
}

/// Whether each half would be rid of a quarter of the page at least. Halves that share most of their items
/// would be cut again and again without end.
fn separates(created: &[Time], at: Time) -> bool {
    let older = created.iter().filter(|c| at - **c > SLACK).count();
    let newer = created.iter().filter(|c| **c - at > SLACK).count();
    older.min(newer) * 4 >= created.len().max(4)
}

#[derive(Debug, Clone, Copy)]
struct Stamp {
    created: Time,
    updated: Option<Time>,
}

impl Orders {
    /// Rules out what a page contradicts. The order is the same for all parts of one walk.
    fn narrow(&mut self, times: &[Stamp]) {
        self.created_desc &= times.is_sorted_by(|a, b| a.created >= b.created);
        self.created_asc &= times.is_sorted_by(|a, b| a.created <= b.created);
        self.updated_desc &=
            times.is_sorted_by(|a, b| a.updated >= b.updated) && times.iter().all(|t| t.updated.is_some());
        // Clocks that contradict each other prove nothing about what was not shown.
        if times.iter().any(|t| t.updated.is_some_and(|u| u < t.created)) {
            *self = Self { created_desc: false, created_asc: false, updated_desc: false };
        }
    }
}

/// The times of a page, if all its items have one and none lies outside of the part that was asked for.
fn times<T: Record>(page: &Page<T>, window: Window) -> Option<Vec<Stamp>> {
    let inside = |at: Time| {
        window.start.is_none_or(|start| at - start >= -SLACK)
            && window.end.is_none_or(|end| at - end <= SLACK)
    };
    let stamp = |item| {
        let created = time(item, "created_at").filter(|at| inside(*at))?;
        Some(Stamp { created, updated: time(item, "updated_at") })
    };
    page.items.iter().map(stamp).collect()
}
