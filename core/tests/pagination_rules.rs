//! How a forward walk ends, case by case (FAULTS.md P11 to P13), and what the walk promises its driver.
#![allow(missing_docs)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

#[path = "pagination_server.rs"]
mod server;

use chrono::{DateTime, Datelike as _, TimeDelta};
use futures_util::{FutureExt as _, StreamExt as _};
use server::{Order, Server, World, drain, item};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;
use zhifuyun::models::{Conversation, Page};
use zhifuyun::pagination::{
    Consistency, Freeze, Items, MAX_PREFETCH, PageRequest, PageSource, StoppedBy, Walk, WalkOptions,
};
use zhifuyun::{BoxFuture, Error, ErrorKind, Reason, Result};

/// Answers by a function of the page number.
struct Scripted<F>(F);

impl<F: Fn(PageRequest) -> Page<Conversation> + Send + Sync + 'static> PageSource for Scripted<F> {
    type Item = Conversation;
    type Fetched = Page<Conversation>;
    fn fetch(&self, request: PageRequest) -> BoxFuture<'static, Result<Page<Conversation>>> {
        let page = (self.0)(request);
        Box::pin(async move { Ok(page) })
    }
    fn freeze(&self) -> Freeze {
        Freeze::Unsupported
    }
}

/// `real` items cut by `size`; the server says `total` and claims pages of `claims`.
fn cut(
    real: usize,
    size: u64,
    total: Option<u64>,
    claims: u64,
) -> impl Fn(PageRequest) -> Page<Conversation> {
    move |request| {
        let from = (request.page - 1).saturating_mul(size).min(real as u64) as usize;
        let to = (from + size as usize).min(real);
        let items = (from..to).map(|id| item(id, DateTime::UNIX_EPOCH)).collect();
        Page::new(items, total, request.page, claims)
    }
}

fn at(mut request: PageRequest, page: u64) -> PageRequest {
    request.page = page;
    request
}

fn options(limit: u64, prefetch: usize) -> WalkOptions {
    let mut options = WalkOptions::default();
    (options.limit, options.prefetch) = (limit, prefetch);
    options
}

#[test]
fn p11_p12_totals_and_limits_that_lie() {
    use StoppedBy::{EmptyPage, ShortPage};
    // real, size of pages, total, claimed limit => end, requests without prefetch
    let cases = [
        (0, 10, Some(0), 10, EmptyPage, 1),
        (5, 10, Some(5), 10, ShortPage, 1),
        (20, 10, Some(20), 10, EmptyPage, 3),
        (25, 10, Some(25), 10, ShortPage, 3),
        (25, 10, Some(10), 10, ShortPage, 3),
        (25, 10, Some(0), 10, ShortPage, 3),
        (25, 10, Some(1000), 10, EmptyPage, 4),
        (25, 10, Some(u64::MAX), 10, EmptyPage, 4),
        (25, 10, None, 10, EmptyPage, 4),
        (25, 5, Some(25), 5, EmptyPage, 6),
        (25, 5, Some(25), 10, ShortPage, 5),
        (25, 5, None, 10, EmptyPage, 6),
        (25, 25, Some(25), 10, EmptyPage, 2),
    ];
    for (case, (real, size, total, claims, by, requests)) in cases.into_iter().enumerate() {
        for prefetch in [0, 3, MAX_PREFETCH] {
            let source = Scripted(cut(real, size, total, claims));
            let (ids, report) = drain(&mut Walk::with_options(source, options(10, prefetch)).unwrap());
            assert_eq!(ids.unwrap().len(), real, "case {case}");
            assert_eq!(report.stopped_by, by, "case {case}, prefetch {prefetch}");
            let most = if prefetch == 0 { requests } else { requests + prefetch as u64 };
            assert!(report.requests >= requests && report.requests <= most, "case {case}: {report:?}");
            if total == Some(real as u64) {
                assert_eq!(report.requests, requests, "case {case}: no request beyond a true total");
            }
        }
    }
}

#[test]
fn p12_a_server_that_ignores_the_page_is_found_out() {
    for total in [None, Some(25)] {
        let source = Scripted(move |r: PageRequest| cut(10, 10, total, 10)(at(r, 1)));
        let mut walk = Walk::with_options(source, options(10, 0)).unwrap();
        let (result, report) = drain(&mut walk);
        assert!(walk.next_page().now_or_never().unwrap().is_none(), "the error ends it");
        let error = result.unwrap_err();
        assert_eq!((error.kind(), error.reason()), (ErrorKind::Decode, Reason::PaginationStuck));
        assert_eq!((report.items, report.requests, report.stopped_by), (10, 3, StoppedBy::Stuck));
    }
    // The whole list is one page: nothing is missing, so it is no error.
    let source = Scripted(|r: PageRequest| cut(10, 10, Some(10), 10)(at(r, 1)));
    let (ids, report) = drain(&mut Walk::with_options(source, options(10, 0)).unwrap());
    assert_eq!((ids.unwrap().len(), report.stopped_by), (10, StoppedBy::RepeatedPage));
    // A number beyond the last page is answered with the last page.
    let source = Scripted(|r: PageRequest| cut(30, 10, None, 10)(at(r, r.page.min(3))));
    let (ids, report) = drain(&mut Walk::with_options(source, options(10, 0)).unwrap());
    assert_eq!((ids.unwrap().len(), report.stopped_by), (30, StoppedBy::RepeatedPage));
}

/// Knows no page beyond the last one.
struct Exact(Option<u64>);

impl PageSource for Exact {
    type Item = Conversation;
    type Fetched = Page<Conversation>;
    fn fetch(&self, request: PageRequest) -> BoxFuture<'static, Result<Page<Conversation>>> {
        let page = cut(20, 10, self.0, 10)(request);
        let missing = || Error::new(ErrorKind::NotFound, Reason::ErrorStatus, "no such page");
        let answer = if page.items.is_empty() { Err(missing()) } else { Ok(page) };
        Box::pin(async move { answer })
    }
    fn freeze(&self) -> Freeze {
        Freeze::Unsupported
    }
}

#[test]
fn a_404_beyond_the_last_page_is_the_end() {
    for (consistency, by) in
        [(Consistency::Fast, StoppedBy::EmptyPage), (Consistency::Strict, StoppedBy::NothingNew)]
    {
        let mut options = options(10, 0);
        options.consistency = consistency;
        let walk = |total| Walk::with_options(Exact(total), options).unwrap();
        let (ids, report) = drain(&mut walk(Some(20)));
        assert_eq!(ids.unwrap().len(), 20);
        assert_eq!((report.stopped_by, report.complete), (by, true), "{report:?}");
        // Nothing says that this was the last page.
        for total in [None, Some(21)] {
            assert_eq!(drain(&mut walk(total)).0.unwrap_err().kind(), ErrorKind::NotFound);
        }
    }
}

#[test]
fn p13_duplicates_inside_one_page_are_dropped() {
    let source = Scripted(|r: PageRequest| {
        let items = [1, 1, 2].map(|id| item(id, DateTime::UNIX_EPOCH)).to_vec();
        Page::new(items, Some(3), r.page, r.limit)
    });
    let (ids, report) = drain(&mut Walk::new(source));
    assert_eq!(ids.unwrap(), ["1", "2"]);
    assert_eq!((report.duplicates, report.complete), (1, false));
}

#[test]
fn strict_costs_what_it_says() {
    for (order, windowed, most) in [
        (Order::CreatedDesc, true, 14),
        (Order::CreatedAsc, true, 14),
        (Order::UpdatedDesc, true, 30),
        (Order::CreatedDesc, false, 21),
    ] {
        let world = World::new(order, 1_000, TimeDelta::seconds(10));
        let mut strict = WalkOptions::default();
        strict.consistency = Consistency::Strict;
        let mut walk = Walk::with_options(Server::new(world, windowed), strict).unwrap();
        let (ids, report) = drain(&mut walk);
        assert_eq!(ids.unwrap().len(), 1_000);
        assert!(report.complete && !report.total_changed, "{report:?}");
        assert!(report.requests <= most, "{order:?} {windowed}: {} requests", report.requests);
    }
}

/// Items from the beginning of time, as a server writes those whose time it does not know.
struct Timeless;

impl PageSource for Timeless {
    type Item = Conversation;
    type Fetched = Page<Conversation>;
    fn fetch(&self, request: PageRequest) -> BoxFuture<'static, Result<Page<Conversation>>> {
        let bounds = [request.start_time, request.end_time];
        assert!(bounds.into_iter().flatten().all(|at| (1..=9999).contains(&at.year())), "{request:?}");
        let mut page = cut(25, 10, Some(25), 10)(request);
        let at = "0001-01-01T00:00:00Z".parse().unwrap();
        page.items.iter_mut().for_each(|item| item.created_at = Some(at));
        Box::pin(async move { Ok(page) })
    }
    fn freeze(&self) -> Freeze {
        Freeze::Window { start: None, end: None }
    }
}

#[test]
fn strict_asks_for_no_time_that_cannot_be_written() {
    let mut options = options(10, 0);
    options.consistency = Consistency::Strict;
    let (ids, report) = drain(&mut Walk::with_options(Timeless, options).unwrap());
    assert_eq!((ids.unwrap().len(), report.complete), (25, true));
}

/// Slower pages first, and one error on the way.
struct Slow(AtomicBool);

impl PageSource for Slow {
    type Item = Conversation;
    type Fetched = Page<Conversation>;
    fn fetch(&self, request: PageRequest) -> BoxFuture<'static, Result<Page<Conversation>>> {
        let fails = request.page == 3 && !self.0.swap(true, Ordering::SeqCst);
        Box::pin(async move {
            tokio::time::sleep(Duration::from_millis(100 / request.page)).await;
            if fails {
                return Err(Error::new(ErrorKind::Server, Reason::ErrorStatus, "try again"));
            }
            Ok(cut(25, 5, Some(25), 5)(request))
        })
    }
    fn freeze(&self) -> Freeze {
        Freeze::Unsupported
    }
}

#[tokio::test(start_paused = true)]
async fn order_errors_and_cancellation() {
    for prefetch in [0, 1, 8] {
        let mut walk = Walk::with_options(Slow(AtomicBool::new(false)), options(5, prefetch)).unwrap();
        let (mut ids, mut errors) = (Vec::new(), 0);
        loop {
            // Most of these waits are cut short: the request goes on with the next call.
            let Ok(next) = tokio::time::timeout(Duration::from_millis(7), walk.next_page()).await else {
                continue;
            };
            match next {
                Some(Ok(page)) => ids.extend(page.items.into_iter().map(|i| i.id.parse::<usize>().unwrap())),
                Some(Err(error)) => {
                    assert_eq!((error.kind(), ids.len()), (ErrorKind::Server, 10), "delivered in order");
                    errors += 1;
                }
                None => break,
            }
        }
        assert_eq!((ids, errors), ((0..25).collect(), 1));
        // 5 pages, one of them twice, and the empty one at the end.
        assert_eq!(walk.report().requests, 7);
        assert!(walk.next_page().await.is_none(), "fused");
    }
}

/// Counts the requests that are under way, and those that came to an end.
#[derive(Clone, Default)]
struct Watched {
    flying: Arc<AtomicUsize>,
    landed: Arc<AtomicUsize>,
    during_calls: bool,
}

impl PageSource for Watched {
    type Item = Conversation;
    type Fetched = Page<Conversation>;
    fn fetch(&self, request: PageRequest) -> BoxFuture<'static, Result<Page<Conversation>>> {
        struct Flying(Arc<AtomicUsize>);
        impl Drop for Flying {
            fn drop(&mut self) {
                self.0.fetch_sub(1, Ordering::SeqCst);
            }
        }
        self.flying.fetch_add(1, Ordering::SeqCst);
        let (flying, landed) = (Flying(Arc::clone(&self.flying)), Arc::clone(&self.landed));
        Box::pin(async move {
            let _flying = flying;
            tokio::time::sleep(Duration::from_millis(100)).await;
            landed.fetch_add(1, Ordering::SeqCst);
            Ok(cut(45, 10, Some(45), 10)(request))
        })
    }
    fn freeze(&self) -> Freeze {
        Freeze::Unsupported
    }
    fn runs_between_calls(&self) -> bool {
        !self.during_calls
    }
}

/// A request that nobody drives could hold the token's lock, or be the one that probes a rate limit.
#[tokio::test(start_paused = true)]
async fn no_request_stands_still() {
    let count = |n: &AtomicUsize| n.load(Ordering::SeqCst);
    for prefetch in [0, 3] {
        let source = Watched::default();
        let mut walk = Walk::with_options(source.clone(), options(10, prefetch)).unwrap();
        assert!(tokio::time::timeout(Duration::from_millis(10), walk.next_page()).await.is_err());
        tokio::time::sleep(Duration::from_secs(1)).await;
        assert_eq!((count(&source.flying), count(&source.landed)), (0, 1), "it went on");
        assert!(walk.next_page().await.unwrap().is_ok());
        tokio::time::sleep(Duration::from_secs(1)).await;
        assert_eq!((count(&source.flying), count(&source.landed)), (0, 1 + prefetch), "ahead of the reader");

        let _ = tokio::time::timeout(Duration::from_millis(10), walk.next_page()).await;
        drop(walk);
        tokio::task::yield_now().await;
        assert_eq!(count(&source.flying), 0, "dropping the walk ends its requests");

        let source = Watched { during_calls: true, ..Watched::default() };
        let mut walk = Walk::with_options(source.clone(), options(10, prefetch)).unwrap();
        assert!(tokio::time::timeout(Duration::from_millis(10), walk.next_page()).await.is_err());
        assert_eq!(count(&source.flying), 0, "it ended with the call");
        let start = tokio::time::Instant::now();
        let mut ids = Vec::new();
        while let Some(page) = walk.next_page().await {
            assert_eq!(count(&source.flying), 0, "all of them landed before the call returned");
            ids.extend(page.unwrap().items.into_iter().map(|i| i.id.parse::<usize>().unwrap()));
        }
        assert_eq!(ids, (0..45).collect::<Vec<_>>());
        // The first page, then all at once or one by one.
        let rounds = if prefetch == 0 { 5 } else { 2 };
        assert_eq!(start.elapsed().as_millis() / 100, rounds);
        // The interrupted request was made again.
        assert_eq!(walk.report().requests, 6);
    }
}

#[tokio::test]
async fn streams() {
    let source = || Scripted(cut(25, 10, Some(25), 10));
    let mut items = Items::new(source()).limit(10).max_items(12);
    let mut ids = Vec::new();
    while let Some(item) = items.next().await {
        ids.push(item.unwrap().id);
    }
    let report = items.report();
    assert_eq!((ids.len(), report.requests, report.stopped_by), (12, 2, StoppedBy::MaxItems));
    assert!(!report.complete);

    let sizes: Vec<_> =
        Items::new(source()).limit(10).pages().map(|p| p.unwrap().items.len()).collect().await;
    assert_eq!(sizes, [10, 10, 5]);

    for mut items in
        [Items::new(source()).limit(0), Items::new(source()).limit(101), Items::new(source()).prefetch(17)]
    {
        assert_eq!(items.next().await.unwrap().unwrap_err().kind(), ErrorKind::InvalidArgument);
        assert!(items.next().await.is_none());
        assert_eq!(items.report().requests, 0);
    }
}
