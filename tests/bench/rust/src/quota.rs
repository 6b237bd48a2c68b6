//! The share of the quota that bulk iteration uses: 3,000 pages in virtual time against three servers that
//! count differently, in the world of the limiter's own tests.

#[path = "../../../../core/tests/limiter_world/mod.rs"]
mod limiter_world;

use limiter_world::{Caller, MIN, MS, S, Server, World};
use serde::Serialize;
use zhifuyun::rate_limit::{Class, Plan};

const PAGES: u32 = 3_000;

#[derive(Serialize)]
pub struct Share {
    plan: &'static str,
    model: &'static str,
    /// Part of the quota that was used, 1 being all of it.
    share: f64,
    /// Answers 429.
    refused: usize,
}

/// Both plans against fixed window, sliding log and token bucket, with 8 pages under way and up to 100 ms each way.
pub fn shares() -> Vec<Share> {
    let plans = [("free", Plan::Free, 100), ("enterprise", Plan::Enterprise, 1000)];
    let one = |(plan, known, limit): (&'static str, Plan, usize)| {
        Server::all(limit, 17 * S).map(|server| {
            let model = server.name();
            let mut world = World::new(known, server, 7);
            world.pages = u64::from(PAGES);
            for _ in 0..8 {
                world.add(Caller { pages: true, latency: 100 * MS, ..Caller::new(0, Class::Bulk) });
            }
            world.run(u64::MAX);
            let minutes = world.end() as f64 / MIN as f64;
            Share {
                plan,
                model,
                share: f64::from(PAGES) / (minutes * limit as f64),
                refused: world.refused(),
            }
        })
    };
    plans.into_iter().flat_map(one).collect()
}
