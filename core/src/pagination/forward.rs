//! One pass from the first page to the last, and the rules by which it ends.

use super::seen::Fingerprint;
use super::{Answer, PageRequest, StoppedBy, Verdict};
use crate::models::Record;

/// How often in a row the same page with the same `total` may come before the walk gives up. One repeat may
/// be chance: a page of items arrived at the front while as many left elsewhere.
const MAX_REPEATS: u32 = 2;

/// The plan of a forward pass.
#[derive(Debug)]
pub(super) struct Forward {
    print: Fingerprint,
    limit: u64,
    next: u64,
    /// Items that came, duplicates included: the position in the list.
    position: u64,
    /// The last page that `total` tells of; `None` until known.
    last: Option<u64>,
    first_page: Option<u128>,
    previous_page: Option<(u128, Option<u64>)>,
    repeats: u32,
}

impl Forward {
    pub(super) fn new(limit: u64) -> Self {
        Self {
            print: Fingerprint::new(),
            limit,
            next: 1,
            position: 0,
            last: None,
            first_page: None,
            previous_page: None,
            repeats: 0,
        }
    }

    /// The page that is asked for next.
    pub(super) fn page(&self) -> u64 {
        self.next
    }

    /// The request `ahead` pages after the next one, if it may be made now. Nothing is asked ahead of the
    /// first answer, nor beyond the last page that the server told of: that would waste quota.
    pub(super) fn request(&self, ahead: u64) -> Option<PageRequest> {
        let page = self.next.checked_add(ahead)?;
        let allowed = ahead == 0 || (self.next > 1 && self.last.is_none_or(|last| page <= last));
        allowed.then_some(PageRequest::new(page, self.limit))
    }

    /// The total that was reached, if it was: no page has to come after it.
    pub(super) fn reached(&self) -> Option<u64> {
        let (_, total) = self.previous_page?;
        total.filter(|total| self.position >= *total)
    }

    pub(super) fn accept<T: Record>(&mut self, answer: &Answer<'_, T>) -> Verdict {
        let page = answer.page;
        let count = page.items.len() as u64;
        if count == 0 {
            return end(StoppedBy::EmptyPage);
        }
        // A server may cut smaller pages than asked for; it may not make a short page look full by
        // claiming a larger size.
        let full = page.limit.clamp(1, self.limit);
        let before = self.position;
        let state = self.print.of_page(page);
        if self.previous_page == Some((state, page.total)) {
            if page.total.is_some_and(|total| answer.unique >= total) {
                return end(StoppedBy::RepeatedPage);
            }
            if self.repeats + 1 >= MAX_REPEATS {
                // A server that clamps the page number to the last page repeats the last page; one that
                // ignores the number repeats the first.
                let clamped = page.total.is_none() && self.first_page != Some(state);
                return if clamped { end(StoppedBy::RepeatedPage) } else { Verdict::Stuck };
            }
            self.repeats += 1;
        } else {
            self.repeats = 0;
        }
        self.first_page.get_or_insert(state);
        self.previous_page = Some((state, page.total));
        self.position = before.saturating_add(count);
        self.next = self.next.saturating_add(1);
        let asked = self.next.saturating_sub(1);
        let left = page.total.map(|total| total.saturating_sub(self.position).div_ceil(full));
        self.last = left.map(|pages| asked.saturating_add(pages));
        match page.total {
            Some(total) if before >= total && answer.new == 0 => end(StoppedBy::BeyondTotal),
            // A short page alone is no end: the server may cut all pages short. Nor is `total` alone: it may
            // be a cap. Both together are.
            Some(total) if count < full && self.position >= total => end(StoppedBy::ShortPage),
            _ => Verdict::More,
        }
    }
}

fn end(by: StoppedBy) -> Verdict {
    Verdict::End { by, complete: false }
}
