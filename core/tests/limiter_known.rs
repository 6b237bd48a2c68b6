//! A plan that was told: no 429 in any schedule, and nearly all of the quota used.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod limiter_world;

use limiter_world::{Caller, MIN, MS, S, Server, World};
use proptest::prelude::*;
use zhifuyun::rate_limit::{Class, Limiter, Plan};

/// 3,000 pages on an otherwise idle client, the workload of the benchmark.
fn share(limit: usize, plan: Plan, server: Server, latency: u64, workers: u64) -> (usize, f64) {
    let mut world = World::new(plan, server, 7);
    world.pages = 3_000;
    for _ in 0..workers {
        world.add(Caller { pages: true, latency, ..Caller::new(0, Class::Bulk) });
    }
    world.run(u64::MAX);
    assert_eq!(world.done.len(), 3_000);
    let share = 3_000.0 / (world.end() as f64 / MIN as f64 * limit as f64);
    (world.refused(), share)
}

#[test]
fn three_thousand_pages_use_the_quota_and_meet_no_429() {
    for (plan, limit) in [(Plan::Free, 100), (Plan::Enterprise, 1000)] {
        for latency in [20 * MS, 100 * MS, 500 * MS] {
            for server in Server::all(limit, 17 * S) {
                let name = server.name();
                let (refused, share) = share(limit, plan, server, latency, 32);
                println!("{plan:?} {name} up to {} ms: {refused} × 429, share {share:.4}", 2 * latency / MS);
                assert_eq!(refused, 0);
                assert!(share >= 0.95, "{share}");
            }
        }
    }
}

#[test]
fn bulk_is_paced_and_single_calls_go_first() {
    let [_, sliding, _] = Server::all(100, 0);
    let mut world = World::new(Plan::Free, sliding, 3);
    world.pages = 1_000;
    for _ in 0..8 {
        world.add(Caller { pages: true, ..Caller::new(0, Class::Bulk) });
    }
    for i in 0..200 {
        world.add(Caller::new(90 * S + i * 2 * S + i * 7 * MS, Class::Interactive));
    }
    world.run(u64::MAX);
    assert_eq!(world.refused(), 0);
    // Lost time may be caught up, up to a second of it: never more than four pages within a second.
    let pages: Vec<u64> = world.sends.iter().filter(|s| s.1 < 8).map(|s| s.0).collect();
    assert!(pages.windows(5).all(|w| w[4] - w[0] > S - 5 * MS), "bulk in a burst");
    let singles: Vec<u64> = world
        .done
        .iter()
        .filter(|d| d.1 >= 8)
        .map(|d| d.0 - 90 * S - u64::from(d.1 - 8) * 2_007 * MS)
        .collect();
    assert_eq!(singles.len(), 200);
    let worst = singles.iter().max().unwrap() / MS;
    let at_once = singles.iter().filter(|w| **w < 130 * MS).count();
    println!("single calls during bulk: worst {worst} ms, {at_once} of 200 at once");
    assert!(worst < 1_500 && at_once > 150);
}

#[test]
fn single_calls_burst_in_order_and_wait_their_turn() {
    let [_, sliding, _] = Server::all(100, 0);
    let mut world = World::new(Plan::Free, sliding, 4);
    for i in 0..1_000 {
        world.add(Caller { latency: 5 * MS, ..Caller::new(i, Class::Interactive) });
    }
    world.run(u64::MAX);
    assert_eq!((world.refused(), world.done.len()), (0, 1_000));
    assert!(world.sends[99].0 < 100 * MS, "the first hundred go as fast as answers come");
    assert!(world.end() < 9 * MIN + 5 * S, "{}", world.end());
    // Nobody is overtaken by more than those who leave in the same burst.
    for (turn, (_, id)) in world.sends.iter().enumerate() {
        assert_eq!(turn / 100, *id as usize / 100);
    }
    println!("1,000 waiters asked {} times", world.asks);
    assert!(world.asks < 20_000, "{}", world.asks);
}

#[test]
fn bulk_is_not_starved_by_single_calls() {
    let [_, sliding, _] = Server::all(100, 0);
    let mut world = World::new(Plan::Free, sliding, 5);
    world.pages = 20;
    world.add(Caller { pages: true, ..Caller::new(S, Class::Bulk) });
    for i in 0..4_000 {
        world.add(Caller::new(i * 100 * MS, Class::Interactive));
    }
    world.run(10 * MIN);
    let pages = world.done.iter().filter(|d| d.1 == 0).count();
    assert_eq!(world.refused(), 0);
    assert!(pages >= 20, "{pages} pages while single calls ask for six times the quota");
}

#[test]
fn the_live_view_tells_what_is_left() {
    let [_, sliding, _] = Server::all(100, 0);
    let mut world = World::new(Plan::Free, sliding, 6);
    for _ in 0..100 {
        world.add(Caller::new(0, Class::Interactive));
    }
    world.run(10 * S);
    let quota = world.limiter.quota(world.at(10 * S));
    assert_eq!((quota.used, quota.limit), (100, Some(100)));
    assert!(quota.next_free.as_secs_f64() > 50.0 && quota.next_free.as_secs_f64() < 50.3, "{quota:?}");
    let quota = world.limiter.quota(world.at(61 * S));
    assert_eq!((quota.used, quota.next_free.as_millis()), (0, 0));
}

fn caller() -> impl Strategy<Value = Caller> {
    let latency = prop_oneof![4 => 0..50 * MS, 2 => 50 * MS..2 * S, 1 => 2 * S..20 * S];
    let leaves = prop_oneof![4 => Just(None), 1 => (0..90 * S).prop_map(Some)];
    let at = prop_oneof![2 => 0..5 * MIN, 1 => (0..5_u64).prop_map(|m| m * MIN + 59 * S), 1 => Just(MIN)];
    (at, any::<bool>(), latency, leaves, prop_oneof![3 => Just(0_u64), 1 => 0..60_u64]).prop_map(
        |(at, bulk, latency, leaves, lossy)| Caller {
            at,
            class: if bulk { Class::Bulk } else { Class::Interactive },
            latency,
            leaves,
            // Who leaves does not also lose: the world would let its request arrive long after it left.
            lossy: if leaves.is_some() { 0 } else { lossy },
            pages: bulk && latency % 2 == 0,
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    /// The rule: whatever the callers do and whichever way the server counts, it never has to refuse.
    #[test]
    fn no_schedule_meets_a_429(
        callers in proptest::collection::vec(caller(), 1..200),
        limit in prop_oneof![1..12_usize, Just(100), Just(60), Just(1000)],
        phase in 0..MIN,
        pages in 0..300_u64,
        seed: u64,
    ) {
        let plan = Plan::PerMinute(u32::try_from(limit).unwrap());
        for server in Server::all(limit, phase) {
            let mut world = World::new(plan, server, seed);
            world.pages = pages;
            callers.iter().for_each(|c| world.add(*c));
            world.run(600 * MIN);
            prop_assert_eq!(world.refused(), 0, "{}", world.server.name());
            // Nobody is forgotten: who stayed was served.
            let stayed = callers.iter().filter(|c| c.leaves.is_none() && !c.pages).count();
            let served = world.done.iter().filter(|d| {
                let c = &callers[d.1 as usize];
                c.leaves.is_none() && !c.pages
            }).count();
            prop_assert_eq!(served, stayed);
        }
    }
}
