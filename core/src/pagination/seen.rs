//! Which items were seen, in 16 bytes each.

use crate::models::{Field, Page, Record};
use chrono::{DateTime, Utc};
use std::collections::{HashSet, VecDeque};
use std::hash::{BuildHasher, BuildHasherDefault, Hasher, RandomState};

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

    fn of(&self, bytes: &[u8]) -> u128 {
        let half = |key: &RandomState| {
            let mut hasher = key.build_hasher();
            hasher.write(bytes);
            u128::from(hasher.finish())
        };
        (half(&self.0) << 64) | half(&self.1)
    }

    /// The ids of a page and when each item last changed: an item that changed is another state of the page.
    ///
    /// Written out and hashed at once: a hash that is fed piece by piece costs several times as much.
    pub(super) fn of_page<T: Record>(&self, page: &Page<T>) -> u128 {
        let mut state = Vec::new();
        for item in &page.items {
            // No text holds these bytes and no second so many nanoseconds, so different pages are written differently.
            state.extend_from_slice(item.id().map_or(&[0xfe], str::as_bytes));
            state.push(0xff);
            let updated = time(item, "updated_at");
            let (seconds, rest) =
                updated.map_or((0, u32::MAX), |t| (t.timestamp(), t.timestamp_subsec_nanos()));
            state.extend_from_slice(&seconds.to_ne_bytes());
            state.extend_from_slice(&rest.to_ne_bytes());
        }
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

/// A hasher of fingerprints, which are hashes that nobody can choose already.
#[derive(Debug, Default)]
struct Hashed(u64);

impl Hasher for Hashed {
    fn write(&mut self, fingerprint: &[u8]) {
        self.0 = fingerprint.first_chunk().map_or(0, |half| u64::from_ne_bytes(*half));
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

/// The ids seen so far: the last [`WINDOW`] of them, or all.
#[derive(Debug)]
pub(super) struct Seen {
    print: Fingerprint,
    ids: HashSet<u128, BuildHasherDefault<Hashed>>,
    order: Option<VecDeque<u128>>,
    count: u64,
}

impl Seen {
    /// Strict walks read the list again, so they remember everything.
    pub(super) fn new(bounded: bool) -> Self {
        Self {
            print: Fingerprint::new(),
            ids: HashSet::default(),
            order: bounded.then(VecDeque::new),
            count: 0,
        }
    }

    /// How many different items were seen.
    pub(super) fn count(&self) -> u64 {
        self.count
    }

    /// Whether this item is seen for the first time. One without an id always is.
    pub(super) fn insert<T: Record>(&mut self, item: &T) -> bool {
        let new = item.id().is_none_or(|id| {
            let id = self.print.of(id.as_bytes());
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::models::Ticket;

    #[test]
    fn every_change_of_a_page_is_another_state() {
        let ticket = |json: &str| serde_json::from_str::<Ticket>(json).unwrap();
        let plain = |id: &str| ticket(&format!(r#"{{"id":"{id}"}}"#));
        let at = |time: &str| ticket(&format!(r#"{{"id":"a","updated_at":"{time}"}}"#));
        let pages = [
            vec![],
            vec![plain("a")],
            vec![plain("a"), plain("b")],
            vec![plain("b"), plain("a")],
            vec![plain("ab")],
            vec![plain("")],
            vec![plain(""), plain("")],
            vec![at("1970-01-01T00:00:00Z")],
            vec![at("1970-01-01T00:00:01Z")],
            vec![at("1970-01-01T00:00:00.000000001Z")],
        ];
        let print = Fingerprint::new();
        let states = || -> Vec<_> {
            pages.iter().map(|items| print.of_page(&Page::new(items.clone(), None, 1, 100))).collect()
        };
        assert_eq!(states(), states());
        assert_eq!(states().iter().collect::<HashSet<_>>().len(), pages.len());
    }

    #[test]
    fn an_id_is_new_once_and_again_when_it_was_forgotten() {
        let ticket = |n: usize| serde_json::from_str::<Ticket>(&format!(r#"{{"id":"t{n}"}}"#)).unwrap();
        let (mut bounded, mut all) = (Seen::new(true), Seen::new(false));
        for n in 0..=WINDOW {
            assert!(bounded.insert(&ticket(n)) && all.insert(&ticket(n)), "{n}");
        }
        assert!(!bounded.insert(&ticket(1)) && !all.insert(&ticket(1)));
        assert!(bounded.insert(&ticket(0)) && !all.insert(&ticket(0)));
        assert_eq!((bounded.count(), all.count()), (WINDOW as u64 + 2, WINDOW as u64 + 1));
        assert_eq!((bounded.ids.len(), all.ids.len()), (WINDOW, WINDOW + 1));
    }
}
