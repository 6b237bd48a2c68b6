//! A list that other people change while it is read: the server of the pagination tests. Written from the
//! API reference, not from the walk.
#![allow(dead_code, missing_docs, unreachable_pub)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use chrono::{DateTime, TimeDelta, Utc};
use futures_util::FutureExt as _;
use std::collections::HashSet;
use std::sync::{Arc, Mutex};
use zhifuyun::models::{Conversation, Page};
use zhifuyun::pagination::{Freeze, PageRequest, PageSource, Report, Walk};
use zhifuyun::{BoxFuture, Result};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    CreatedDesc,
    CreatedAsc,
    UpdatedDesc,
}

#[derive(Debug, Clone, Copy)]
pub enum Change {
    /// A new item.
    Insert,
    /// The n-th item stops matching.
    Leave(usize),
    /// The n-th item is touched.
    Bump(usize),
    /// The n-th item that left matches again.
    Return(usize),
}

#[derive(Debug)]
pub struct World {
    pub order: Order,
    pub items: Vec<Conversation>,
    gone: Vec<Conversation>,
    /// Items that matched from the start until now.
    pub steady: HashSet<String>,
    /// Changes before each request; the last batch is repeated for ever if `endless`.
    pub schedule: Vec<Vec<Change>>,
    pub endless: bool,
    pub requests: usize,
    now: DateTime<Utc>,
    tick: TimeDelta,
    next_id: usize,
}

pub fn item(id: usize, at: DateTime<Utc>) -> Conversation {
    let mut item: Conversation = serde_json::from_str(r#"{"id":"x"}"#).unwrap();
    item.id = id.to_string();
    item.created_at = Some(at);
    item.updated_at = Some(at);
    item
}

impl World {
    /// `size` items, `gap` apart.
    pub fn new(order: Order, size: usize, gap: TimeDelta) -> Self {
        let mut world = Self {
            order,
            items: Vec::new(),
            gone: Vec::new(),
            steady: HashSet::new(),
            schedule: Vec::new(),
            endless: false,
            requests: 0,
            now: DateTime::from_timestamp(1_700_000_000, 0).unwrap(),
            tick: gap,
            next_id: 0,
        };
        for _ in 0..size {
            world.now += gap;
            world.insert();
        }
        world.now += gap;
        world.steady = world.items.iter().map(|i| i.id.clone()).collect();
        world
    }

    fn insert(&mut self) {
        self.items.push(item(self.next_id, self.now));
        self.next_id += 1;
    }

    pub fn change(&mut self, change: Change) {
        self.now += self.tick;
        match change {
            Change::Insert => self.insert(),
            Change::Leave(n) if !self.items.is_empty() => {
                let at = n % self.items.len();
                let item = self.items.remove(at);
                self.steady.remove(&item.id);
                self.gone.push(item);
            }
            Change::Bump(n) if !self.items.is_empty() => {
                let at = n % self.items.len();
                self.items[at].updated_at = Some(self.now);
            }
            Change::Return(n) if !self.gone.is_empty() => {
                let mut item = self.gone.remove(n % self.gone.len());
                item.updated_at = Some(self.now);
                self.items.push(item);
            }
            _ => {}
        }
    }

    pub fn answer(&mut self, request: PageRequest) -> Page<Conversation> {
        let batch = match self.schedule.get(self.requests) {
            Some(batch) => batch.clone(),
            None if self.endless => {
                // Endless arrivals outrun any walk; endless unrest does not.
                let mut last = self.schedule.last().cloned().unwrap_or_default();
                last.retain(|change| matches!(change, Change::Leave(_) | Change::Bump(_)));
                last
            }
            None => Vec::new(),
        };
        self.requests += 1;
        assert!(self.requests < 5_000, "the walk does not end");
        for change in batch {
            self.change(change);
        }
        match self.order {
            Order::CreatedDesc => self.items.sort_by_key(|i| std::cmp::Reverse((i.created_at, i.id.clone()))),
            Order::CreatedAsc => self.items.sort_by_key(|i| (i.created_at, i.id.clone())),
            Order::UpdatedDesc => self.items.sort_by_key(|i| std::cmp::Reverse((i.updated_at, i.id.clone()))),
        }
        let inside = |i: &&Conversation| {
            request.start_time.is_none_or(|start| i.created_at >= Some(start))
                && request.end_time.is_none_or(|end| i.created_at <= Some(end))
        };
        let total = self.items.iter().filter(inside).count() as u64;
        let skip = (request.page as usize - 1).saturating_mul(request.limit as usize);
        let cut = self.items.iter().filter(inside).skip(skip).take(request.limit as usize).cloned().collect();
        Page::new(cut, Some(total), request.page, request.limit)
    }
}

/// Conversations when `windowed`, tickets otherwise.
#[derive(Debug, Clone)]
pub struct Server {
    pub world: Arc<Mutex<World>>,
    pub windowed: bool,
}

impl Server {
    pub fn new(world: World, windowed: bool) -> Self {
        Self { world: Arc::new(Mutex::new(world)), windowed }
    }
}

impl PageSource for Server {
    type Item = Conversation;
    type Fetched = Page<Conversation>;

    fn fetch(&self, request: PageRequest) -> BoxFuture<'static, Result<Page<Conversation>>> {
        assert!(self.windowed || (request.start_time, request.end_time) == (None, None));
        let world = Arc::clone(&self.world);
        Box::pin(async move { Ok(world.lock().unwrap().answer(request)) })
    }

    fn freeze(&self) -> Freeze {
        if self.windowed { Freeze::Window { start: None, end: None } } else { Freeze::Unsupported }
    }
}

/// Walks to the end; the ids in order of delivery.
pub fn drain<S: PageSource<Item = Conversation, Fetched = Page<Conversation>>>(
    walk: &mut Walk<S>,
) -> (Result<Vec<String>>, Report) {
    let mut ids = Vec::new();
    for _ in 0..5_000 {
        match walk.next_page().now_or_never().expect("this source answers at once") {
            Some(Ok(page)) => ids.extend(page.items.into_iter().map(|i| i.id)),
            Some(Err(error)) => return (Err(error), walk.report()),
            None => return (Ok(ids), walk.report()),
        }
    }
    panic!("the walk does not end: {:?}", walk.report());
}

#[test]
fn the_server_cuts_pages() {
    let mut world = World::new(Order::CreatedDesc, 5, TimeDelta::seconds(10));
    let mut walk = Walk::new(Server::new(World::new(Order::CreatedAsc, 5, TimeDelta::seconds(10)), false));
    assert_eq!(drain(&mut walk).0.unwrap(), ["0", "1", "2", "3", "4"]);
    world.change(Change::Leave(0));
    assert_eq!((world.items.len(), world.steady.len()), (4, 4));
}
