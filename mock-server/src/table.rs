//! An ordered collection with indexes: any page costs the same, the first and the last.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::pages::Pages;

/// The order in which lists come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "snake_case")]
pub enum Sort {
    /// Newest first. What is created while a client pages shifts everything down.
    #[default]
    CreatedDesc,
    /// Oldest first. New items appear at the end.
    CreatedAsc,
    /// Last changed first. Every change moves an item to the front.
    UpdatedDesc,
}

/// A value that a list can be filtered by.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Facet {
    /// State of a conversation or ticket.
    Status(Cow<'static, str>),
    /// Priority of a ticket.
    Priority(Cow<'static, str>),
    /// Who handles a ticket.
    Assignee(Cow<'static, str>),
}

/// What a table stores.
pub(crate) trait Row {
    /// Its key.
    fn id(&self) -> &Arc<str>;
    /// Creation time in milliseconds.
    fn created(&self) -> i64;
    /// Time of the last change in milliseconds.
    fn updated(&self) -> i64;
    /// Whether a filter lets it through.
    fn has(&self, facet: &Facet) -> bool;
    /// Everything that it can be filtered by.
    fn facets(&self) -> Vec<Facet>;
}

/// Sort key, then the order of insertion: two items of the same second keep a stable order.
type Entry = (i64, u32);

/// Which rows, and which page of them.
pub(crate) struct PageQuery<'a> {
    pub(crate) facets: &'a [Facet],
    /// Inclusive bounds on the creation time.
    pub(crate) from: Option<i64>,
    pub(crate) until: Option<i64>,
    pub(crate) page: u64,
    pub(crate) limit: u64,
}

/// One page of rows.
pub(crate) struct PageRows<'a, T> {
    /// How many rows match on all pages.
    pub(crate) total: usize,
    /// The rows of this page.
    pub(crate) rows: Vec<&'a T>,
}

/// Rows by id, by order and by facet.
#[derive(Clone)]
pub(crate) struct Table<T> {
    rows: Vec<Option<Arc<T>>>,
    ids: HashMap<Arc<str>, u32>,
    all: Vec<Entry>,
    facets: HashMap<Facet, Vec<Entry>>,
    sort: Sort,
    /// What was written of it, while it stays as it is.
    pub(crate) pages: Pages,
}

impl<T: Row> Table<T> {
    /// An empty table in the given order.
    pub(crate) fn new(sort: Sort) -> Self {
        let pages = Pages::default();
        Self { rows: Vec::new(), ids: HashMap::new(), all: Vec::new(), facets: HashMap::new(), sort, pages }
    }

    /// How many rows there are.
    pub(crate) fn len(&self) -> usize {
        self.all.len()
    }

    /// Makes room for a bulk insert.
    pub(crate) fn reserve(&mut self, more: usize) {
        self.rows.reserve(more);
        self.ids.reserve(more);
        self.all.reserve(more);
    }

    /// The row with this id.
    pub(crate) fn get(&self, id: &str) -> Option<&Arc<T>> {
        let slot = *self.ids.get(id)?;
        self.rows.get(slot as usize)?.as_ref()
    }

    /// Every row, in order of insertion.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Arc<T>> {
        self.rows.iter().flatten()
    }

    /// Adds a row or replaces the one of the same id, which keeps its place in the order of insertion.
    pub(crate) fn put(&mut self, row: T) -> Option<Arc<T>> {
        let row = Arc::new(row);
        if let Some(&slot) = self.ids.get(row.id()) {
            let old = self.rows.get_mut(slot as usize).and_then(Option::take);
            if let Some(old) = &old {
                self.unlink(old, slot);
            }
            self.link(&row, slot);
            if let Some(place) = self.rows.get_mut(slot as usize) {
                *place = Some(row);
            }
            return old;
        }
        let slot = u32::try_from(self.rows.len()).unwrap_or(u32::MAX);
        self.ids.insert(Arc::clone(row.id()), slot);
        self.link(&row, slot);
        self.rows.push(Some(row));
        None
    }

    /// Takes a row out.
    pub(crate) fn remove(&mut self, id: &str) -> Option<Arc<T>> {
        let slot = self.ids.remove(id)?;
        let old = self.rows.get_mut(slot as usize).and_then(Option::take)?;
        self.unlink(&old, slot);
        Some(old)
    }

    /// One page of what matches.
    ///
    /// One filter, or a time range on a list ordered by creation, is answered from an index without
    /// looking at rows outside the page; several filters at once walk the shortest index among them.
    pub(crate) fn page(&self, query: &PageQuery<'_>) -> PageRows<'_, T> {
        let empty: &[Entry] = &[];
        let mut source: &[Entry] = &self.all;
        let mut driver = None;
        for (position, facet) in query.facets.iter().enumerate() {
            let list = self.facets.get(facet).map_or(empty, Vec::as_slice);
            if driver.is_none() || list.len() < source.len() {
                source = list;
                driver = Some(position);
            }
        }
        let by_creation = self.sort != Sort::UpdatedDesc;
        if by_creation {
            let start = query.from.map_or(0, |from| source.partition_point(|entry| entry.0 < from));
            let end =
                query.until.map_or(source.len(), |until| source.partition_point(|entry| entry.0 <= until));
            source = source.get(start..end).unwrap_or(empty);
        }
        let rest_of_facets = query.facets.len() > 1;
        let rest_of_range = !by_creation && (query.from.is_some() || query.until.is_some());
        if !rest_of_facets && !rest_of_range {
            return self.cut(source, query);
        }
        let matching: Vec<Entry> = source
            .iter()
            .filter(|entry| {
                self.row(entry.1).is_some_and(|row| {
                    query.facets.iter().enumerate().all(|(at, facet)| driver == Some(at) || row.has(facet))
                        && query.from.is_none_or(|from| row.created() >= from)
                        && query.until.is_none_or(|until| row.created() <= until)
                })
            })
            .copied()
            .collect();
        self.cut(&matching, query)
    }

    /// The rows of the asked page; `entries` are in rising order whatever the list's order is.
    fn cut(&self, entries: &[Entry], query: &PageQuery<'_>) -> PageRows<'_, T> {
        let total = entries.len();
        let limit = usize::try_from(query.limit).unwrap_or(usize::MAX);
        let skip = usize::try_from(query.page.saturating_sub(1).saturating_mul(query.limit))
            .unwrap_or(usize::MAX)
            .min(total);
        let take = limit.min(total - skip);
        let rows = if self.sort == Sort::CreatedAsc {
            let part = entries.get(skip..skip + take).unwrap_or(&[]);
            part.iter().filter_map(|entry| self.row(entry.1)).collect()
        } else {
            let part = entries.get(total - skip - take..total - skip).unwrap_or(&[]);
            part.iter().rev().filter_map(|entry| self.row(entry.1)).collect()
        };
        PageRows { total, rows }
    }

    fn row(&self, slot: u32) -> Option<&T> {
        self.rows.get(slot as usize)?.as_deref()
    }

    fn key(&self, row: &T) -> i64 {
        if self.sort == Sort::UpdatedDesc { row.updated() } else { row.created() }
    }

    fn link(&mut self, row: &T, slot: u32) {
        self.pages.forget();
        let entry = (self.key(row), slot);
        insert_sorted(&mut self.all, entry);
        for facet in row.facets() {
            insert_sorted(self.facets.entry(facet).or_default(), entry);
        }
    }

    fn unlink(&mut self, row: &T, slot: u32) {
        self.pages.forget();
        let entry = (self.key(row), slot);
        remove_sorted(&mut self.all, entry);
        for facet in row.facets() {
            if let Some(list) = self.facets.get_mut(&facet) {
                remove_sorted(list, entry);
                if list.is_empty() {
                    self.facets.remove(&facet);
                }
            }
        }
    }
}

/// Usually an append: new items are the newest.
fn insert_sorted(list: &mut Vec<Entry>, entry: Entry) {
    if list.last().is_none_or(|last| *last < entry) {
        list.push(entry);
        return;
    }
    let place = list.partition_point(|other| *other < entry);
    list.insert(place, entry);
}

fn remove_sorted(list: &mut Vec<Entry>, entry: Entry) {
    if let Ok(place) = list.binary_search(&entry) {
        list.remove(place);
    }
}
