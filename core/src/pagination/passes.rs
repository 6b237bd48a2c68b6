//! Forward and backward passes until two in a row see exactly the same list.

use super::forward::Forward;
use super::seen::Fingerprint;
use super::{Answer, PageRequest, StoppedBy, Verdict};
use crate::models::Record;
use std::collections::BTreeMap;

/// More passes than this over a list that keeps changing would spend quota for nothing.
const MAX_PASSES: u32 = 8;
/// So many passes in a row without a new item end the walk even if the list is not still.
const MAX_FRUITLESS: u32 = 2;

/// What every page of a pass looked like: its state and `total`.
type Picture = BTreeMap<u64, (u128, Option<u64>)>;

#[derive(Debug)]
enum Direction {
    Forward(Forward),
    /// The page that is asked for next.
    Backward(u64),
}

/// The plan of a strict walk without a time filter.
#[derive(Debug)]
pub(super) struct Passes {
    print: Fingerprint,
    limit: u64,
    direction: Direction,
    current: Picture,
    previous: Option<Picture>,
    new_in_pass: u64,
    fruitless: u32,
    passes: u32,
}

impl Passes {
    pub(super) fn new(limit: u64) -> Self {
        Self {
            print: Fingerprint::new(),
            limit,
            direction: Direction::Forward(Forward::new(limit)),
            current: Picture::new(),
            previous: None,
            new_in_pass: 0,
            fruitless: 0,
            passes: 1,
        }
    }

    pub(super) fn passes(&self) -> u32 {
        self.passes
    }

    pub(super) fn request(&self) -> PageRequest {
        let page = match &self.direction {
            Direction::Forward(forward) => forward.page(),
            Direction::Backward(page) => *page,
        };
        PageRequest::new(page, self.limit)
    }

    pub(super) fn reached(&self) -> Option<u64> {
        if let Direction::Forward(forward) = &self.direction { forward.reached() } else { None }
    }

    pub(super) fn accept<T: Record>(&mut self, answer: &Answer<'_, T>) -> Verdict {
        let asked = self.request().page;
        let turn = match &mut self.direction {
            Direction::Forward(forward) => match forward.accept(answer) {
                Verdict::Stuck => return Verdict::Stuck,
                // One short page is the whole list at one moment: nothing can be missing.
                Verdict::End { by: by @ (StoppedBy::ShortPage | StoppedBy::EmptyPage), .. } if asked == 1 => {
                    return Verdict::End { by, complete: true };
                }
                Verdict::End { .. } => true,
                Verdict::More => false,
            },
            Direction::Backward(page) => {
                *page = page.saturating_sub(1);
                *page == 0
            }
        };
        self.current.insert(asked, (self.print.of_page(answer.page), answer.page.total));
        self.new_in_pass += answer.new;
        if turn { self.turn(asked) } else { Verdict::More }
    }

    fn turn(&mut self, at: u64) -> Verdict {
        if self.is_still() {
            return Verdict::End { by: StoppedBy::NothingNew, complete: true };
        }
        self.fruitless = if self.new_in_pass == 0 { self.fruitless + 1 } else { 0 };
        if self.fruitless >= MAX_FRUITLESS || self.passes >= MAX_PASSES {
            return Verdict::End { by: StoppedBy::PassLimit, complete: false };
        }
        let picture = std::mem::take(&mut self.current);
        self.direction = match self.direction {
            Direction::Forward(_) if at > 1 => {
                // The page of the turn belongs to both passes.
                self.current.extend(picture.get(&at).map(|seen| (at, *seen)));
                Direction::Backward(at - 1)
            }
            _ => Direction::Forward(Forward::new(self.limit)),
        };
        self.previous = Some(picture);
        self.passes += 1;
        self.new_in_pass = 0;
        Verdict::More
    }

    /// Both passes saw the same states under the same numbers and one `total` all the time.
    fn is_still(&self) -> bool {
        let mut totals = self.current.values().map(|(_, total)| total);
        let first = totals.next();
        self.previous.as_ref() == Some(&self.current) && totals.all(|total| Some(total) == first)
    }
}
