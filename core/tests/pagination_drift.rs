//! Random lists that change between any two requests: 10,000 schedules per property.

#![allow(missing_docs)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

#[path = "pagination_server.rs"]
mod server;

use chrono::TimeDelta;
use proptest::prelude::*;
use server::{Change, Order, Server, World, drain};
use std::collections::HashSet;
use zhifuyun::pagination::{Consistency, Walk, WalkOptions};

/// Pages hold more items than arrive in one gap: a list that grows faster than it is read has no end.
const CASES: u32 = 10_000;

fn orders() -> impl Strategy<Value = Order> {
    prop::sample::select(vec![Order::CreatedDesc, Order::CreatedAsc, Order::UpdatedDesc])
}

fn changes(returns: bool) -> impl Strategy<Value = Change> {
    (0..if returns { 4 } else { 3 }, 0..64_usize).prop_map(|(kind, n)| match kind {
        0 => Change::Insert,
        1 => Change::Leave(n),
        2 => Change::Bump(n),
        _ => Change::Return(n),
    })
}

/// Busy gaps and quiet ones; some schedules end and some do not.
fn schedules(returns: bool) -> impl Strategy<Value = (Vec<Vec<Change>>, bool)> {
    let gap = prop_oneof![2 => Just(Vec::new()), 3 => prop::collection::vec(changes(returns), 1..4)];
    (prop::collection::vec(gap, 0..24), any::<bool>())
}

fn walk(
    (order, size, gap_ms): (Order, usize, i64),
    (schedule, endless): (Vec<Vec<Change>>, bool),
    windowed: bool,
    options: (Consistency, u64, usize),
) -> (Walk<Server>, Server) {
    let mut world = World::new(order, size, TimeDelta::milliseconds(gap_ms));
    (world.schedule, world.endless) = (schedule, endless);
    let server = Server::new(world, windowed);
    let mut o = WalkOptions::default();
    (o.consistency, o.limit, o.prefetch) = options;
    (Walk::with_options(server.clone(), o).unwrap(), server)
}

fn no_duplicates(ids: &[String]) -> bool {
    ids.iter().collect::<HashSet<_>>().len() == ids.len()
}

fn lost(ids: &[String], server: &Server) -> Vec<String> {
    let ids: HashSet<_> = ids.iter().collect();
    server.world.lock().unwrap().steady.iter().filter(|id| !ids.contains(id)).cloned().collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: CASES, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn strict_conversations_lose_nothing(
        order in orders(), size in 0..24_usize, limit in 4..8_u64, schedule in schedules(true),
    ) {
        let (mut walk, server) =
            walk((order, size, 10_000), schedule, true, (Consistency::Strict, limit, 0));
        let (ids, report) = drain(&mut walk);
        let ids = ids.unwrap();
        prop_assert!(no_duplicates(&ids));
        prop_assert_eq!(lost(&ids, &server), Vec::<String>::new(), "{:?}", report);
    }

    #[test]
    fn strict_conversations_of_one_second_lose_nothing_or_say_so(
        order in orders(), size in 0..24_usize, limit in 4..8_u64, gap in 0..1_500_i64, schedule in schedules(false),
    ) {
        let (mut walk, server) = walk((order, size, gap), schedule, true, (Consistency::Strict, limit, 0));
        let (ids, report) = drain(&mut walk);
        let ids = ids.unwrap();
        prop_assert!(no_duplicates(&ids));
        prop_assert!(!report.complete || lost(&ids, &server).is_empty(), "{:?}", report);
    }

    #[test]
    fn strict_tickets_lose_nothing_or_say_so(
        order in orders(), size in 0..24_usize, limit in 4..8_u64, schedule in schedules(false),
    ) {
        let (mut walk, server) =
            walk((order, size, 10_000), schedule, false, (Consistency::Strict, limit, 0));
        let (ids, report) = drain(&mut walk);
        let ids = ids.unwrap();
        prop_assert!(no_duplicates(&ids));
        prop_assert!(!report.complete || lost(&ids, &server).is_empty(), "{:?}", report);
    }

    #[test]
    fn fast_ends_without_duplicates(
        order in orders(), size in 0..40_usize, limit in 4..8_u64, prefetch in 0..9_usize,
        schedule in schedules(true), windowed in any::<bool>(),
    ) {
        let (mut walk, _) =
            walk((order, size, 10_000), schedule, windowed, (Consistency::Fast, limit, prefetch));
        let (ids, report) = drain(&mut walk);
        let ids = ids.unwrap();
        prop_assert!(no_duplicates(&ids));
        prop_assert_eq!(report.items, ids.len() as u64);
    }

    #[test]
    fn a_quiet_list_is_read_whole(
        order in orders(), size in 0..60_usize, limit in 1..8_u64, prefetch in 0..9_usize,
        windowed in any::<bool>(),
    ) {
        let quiet = || (Vec::new(), false);
        let fast = |prefetch| {
            let options = (Consistency::Fast, limit, prefetch);
            let (ids, report) = drain(&mut walk((order, size, 10_000), quiet(), windowed, options).0);
            assert!(report.complete);
            ids.unwrap()
        };
        let plain = fast(0);
        prop_assert_eq!(plain.len(), size);
        prop_assert_eq!(&fast(prefetch), &plain);
        let options = (Consistency::Strict, limit, 0);
        let (ids, report) = drain(&mut walk((order, size, 10_000), quiet(), windowed, options).0);
        let mut ids = ids.unwrap();
        let mut plain = plain;
        ids.sort_unstable();
        plain.sort_unstable();
        prop_assert_eq!(ids, plain);
        prop_assert!(report.complete);
    }
}
