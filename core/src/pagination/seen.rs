//! Which items were seen, in 16 bytes each.

use crate::models::{Field, Page, Record};
use chrono::{DateTime, Utc};
use std::collections::{HashSet, VecDeque};
use std::hash::{BuildHasher, Hash, RandomState};

/// How many ids a forward walk remembers. A duplicate comes as many items after the first sight as items
/// were inserted in between, so this is enough unless 65,536 items arrive during one walk.
const WINDOW: usize = 65_536;

/// 128 keyed bits: a collision would silently drop an item, and 64 bits are too few to rule that out over
/// many walks of many items.
#[derive(Debug, Clone)]
pub(super) struct Fingerprint(RandomState, RandomState);

impl Fingerprint {
    pub(super) fn new() -> Self {
        Self(RandomState::new(), RandomState::new())
    }

    pub(super) fn of(&self, value: &impl Hash) -> u128 {
        (u128::from(self.0.hash_one(value)) << 64) | u128::from(self.1.hash_one(value))
    }

    /// The ids of a page and when each item last changed: an item that changed is another state of the page.
    pub(super) fn of_page<T: Record>(&self, page: &Page<T>) -> u128 {
        let state: Vec<_> = page.items.iter().map(|i| (i.id(), time(i, "updated_at"))).collect();
        self.of(&state)
    }
}

/// A time field by its name.
pub(super) fn time<T: Record>(item: &T, name: &str) -> Option<DateTime<Utc>> {
    let index = T::FIELDS.iter().position(|(field, _)| *field == name)?;
    match item.field(index) {
        Field::Time(t) => Some(t),
        _ => None,
    }
}

/// The ids seen so far: the last [`WINDOW`] of them, or all.
#[derive(Debug)]
pub(super) struct Seen {
    print: Fingerprint,
    ids: HashSet<u128>,
    order: Option<VecDeque<u128>>,
    count: u64,
}

impl Seen {
    /// Strict walks read the list again, so they remember everything.
    pub(super) fn new(bounded: bool) -> Self {
        Self { print: Fingerprint::new(), ids: HashSet::new(), order: bounded.then(VecDeque::new), count: 0 }
    }

    /// How many different items were seen.
    pub(super) fn count(&self) -> u64 {
        self.count
    }

    /// Whether this item is seen for the first time. One without an id always is.
    pub(super) fn insert<T: Record>(&mut self, item: &T) -> bool {
        let new = item.id().is_none_or(|id| {
            let id = self.print.of(&id);
            let new = self.ids.insert(id);
            if let Some(order) = self.order.as_mut().filter(|_| new) {
                order.push_back(id);
                if order.len() > WINDOW
                    && let Some(oldest) = order.pop_front()
                {
                    self.ids.remove(&oldest);
                }
            }
            new
        });
        self.count += u64::from(new);
        new
    }
}
