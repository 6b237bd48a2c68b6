//! Where the client cannot know the quota: `auto`, `off`, and a plan that somebody else uses too.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod limiter_world;

use limiter_world::{Caller, MIN, MS, S, Server, World};
use proptest::prelude::*;
use zhifuyun::rate_limit::{Class, Limiter, Plan};

/// Requests sent for each one that the server admitted.
fn overhead(world: &World) -> f64 {
    world.hits.len() as f64 / (world.hits.len() - world.refused()) as f64
}

/// 256 tasks at once, on a window of which somebody else has used `taken`.
fn storm(plan: Plan, mut server: Server, taken: usize, says: bool, seed: u64) -> World {
    for _ in 0..taken {
        let _ = server.hit(0);
    }
    let mut world = World::new(plan, server, seed);
    world.says = says;
    for i in 0..256 {
        world.add(Caller { latency: 40 * MS, ..Caller::new(i * 10, Class::Interactive) });
    }
    world.run(60 * MIN);
    assert_eq!(world.done.len(), 256, "everybody is served");
    world
}

#[test]
fn l6_a_storm_wastes_little() {
    for (plan, limit, taken) in [
        (Plan::Auto, 100, 0),
        (Plan::Auto, 100, 60),
        (Plan::Auto, 1000, 900),
        (Plan::Free, 100, 0),
        (Plan::Free, 100, 60),
        (Plan::Free, 100, 100),
        (Plan::Enterprise, 1000, 900),
    ] {
        for says in [true, false] {
            for server in Server::all(limit, 40 * S) {
                let name = server.name();
                let world = storm(plan, server, taken, says, 11);
                let (x, took) = (overhead(&world), world.end() / S);
                println!(
                    "{plan:?} {limit} -{taken} {name} says={says}: {x:.2} × in {took} s, {} × 429",
                    world.refused()
                );
                assert!(x <= 1.3, "{x}");
                // No synchronised burst at the edge: after the first wave never many refused together.
                let late: Vec<u64> = world.hits.iter().filter(|h| !h.1 && h.0 > S).map(|h| h.0).collect();
                let together = 6 + limit / 40;
                assert!(late.windows(together).all(|w| w[together - 1] - w[0] > 100 * MS), "{late:?}");
            }
        }
    }
}

#[test]
fn auto_finds_the_plan_and_stays_below_it() {
    for limit in [100, 1000, 300] {
        for says in [true, false] {
            for server in Server::all(limit, 25 * S) {
                let name = server.name();
                let mut world = World::new(Plan::Auto, server, 5);
                (world.says, world.pages) = (says, limit as u64 * 30);
                for _ in 0..48 {
                    world.add(Caller { pages: true, ..Caller::new(0, Class::Bulk) });
                }
                world.run(u64::MAX);
                let share = world.pages_done() as f64 / (world.end() as f64 / MIN as f64 * limit as f64);
                let known = world.limiter.quota(world.at(world.end())).limit;
                println!(
                    "auto on {limit} {name} says={says}: share {share:.3}, {:.3} ×, {} × 429, limit {known:?}",
                    overhead(&world),
                    world.refused()
                );
                assert!(overhead(&world) <= 1.1 && share >= 0.8, "{share}");
            }
        }
    }
}

#[test]
fn a_quota_shared_with_somebody_else() {
    for (plan, limit) in [(Plan::Free, 100), (Plan::Auto, 100), (Plan::Enterprise, 1000)] {
        for says in [true, false] {
            for server in Server::all(limit, 25 * S) {
                let name = server.name();
                let mut world = World::new(plan, server, 6);
                (world.says, world.pages) = (says, limit as u64 * 10);
                // Half of the quota.
                world.foreign = Some(2 * MIN / limit as u64);
                for _ in 0..16 {
                    world.add(Caller { pages: true, ..Caller::new(0, Class::Bulk) });
                }
                world.run(u64::MAX);
                let share =
                    world.pages_done() as f64 / (world.end() as f64 / MIN as f64 * limit as f64 / 2.0);
                println!(
                    "{plan:?} {limit}, half taken, {name} says={says}: share of the rest {share:.2}, {:.3} ×",
                    overhead(&world)
                );
                assert!(overhead(&world) <= 1.3 && share >= 0.5, "{share}");
            }
        }
    }
}

#[test]
fn off_never_waits_ahead_but_obeys() {
    let [fixed, ..] = Server::all(100, 30 * S);
    let mut world = World::new(Plan::Off, fixed, 8);
    for _ in 0..150 {
        world.add(Caller { latency: 5 * MS, ..Caller::new(0, Class::Bulk) });
    }
    world.run(20 * S);
    assert_eq!((world.sends.len(), world.done.len()), (150, 100));
    let quota = world.limiter.quota(world.at(20 * S));
    assert_eq!(quota.limit, None);
    assert!(quota.next_free.as_secs() >= 9, "{quota:?}");
    let mut world = World::new(Plan::Off, Server::all(100, 30 * S).into_iter().next().unwrap(), 8);
    for _ in 0..150 {
        world.add(Caller { latency: 5 * MS, ..Caller::new(0, Class::Bulk) });
    }
    world.run(MIN);
    assert_eq!((world.refused(), world.done.len()), (50, 150));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 120, failure_persistence: None, ..ProptestConfig::default() })]

    /// `Retry-After` is never shortened, and everybody is served in the end, whatever happens meanwhile.
    #[test]
    fn a_time_that_was_told_is_kept(
        plan in prop_oneof![Just(Plan::Auto), Just(Plan::Off), Just(Plan::Free), Just(Plan::PerMinute(500))],
        limit in prop_oneof![5..40_usize, Just(100)],
        phase in 0..MIN,
        tasks in 1..150_u64,
        spread in prop_oneof![Just(0), 0..3 * MIN],
        latency in prop_oneof![0..60 * MS, 60 * MS..4 * S],
        lossy in prop_oneof![Just(0_u64), 0..40_u64],
        // At most half of the quota.
        foreign in prop_oneof![Just(None), (2..20_u64).prop_map(Some)],
        says: bool,
        seed: u64,
    ) {
        for server in Server::all(limit, phase) {
            let mut world = World::new(plan, server, seed);
            (world.foreign, world.says) = (foreign.map(|f| f * MIN / limit as u64), says);
            for i in 0..tasks {
                let class = if i % 3 == 0 { Class::Bulk } else { Class::Interactive };
                let leaves = (i % 7 == 6).then_some(i * 700 * MS);
                let at = i * spread / tasks;
                world.add(Caller { latency, lossy: if leaves.is_some() { 0 } else { lossy }, leaves, ..Caller::new(at, class) });
            }
            world.run(1_000 * MIN);
            for (at, told) in &world.refusals {
                let Some(told) = told else { continue };
                // Whoever was told to go just before may take 2 ms to do so.
                let broke = world.sends.iter().find(|s| s.0 > at + 2 * MS && s.0 < at + told);
                prop_assert!(broke.is_none(), "refused at {at} for {told}, sent {broke:?}");
            }
            let stayed = (0..tasks).filter(|i| i % 7 != 6).count();
            let served = world.done.iter().filter(|d| d.1 % 7 != 6).count();
            prop_assert_eq!(served, stayed);
        }
    }
}
