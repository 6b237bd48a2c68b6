//! Waiting for a turn: nobody fails for politeness, one odd 429 costs little, and a minute is survived.

use super::fake::*;
use crate::clock::Clock as _;
use crate::error::{ErrorKind, Reason};
use crate::{Client, Jitter, Plan};
use futures_util::future::join_all;
use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;

fn world(plan: Plan, script: impl Fn(usize) -> (Duration, Reply) + Send + Sync + 'static) -> World {
    World::with(
        |b| b.plan(plan),
        move |path, n| if path == "/oauth/token" { (NOW, token(n, "3600")) } else { script(n) },
    )
}

async fn failures(client: &Client, calls: usize, timeout: Duration) -> Vec<crate::Error> {
    let calls = (0..calls).map(|_| client.conversations().get("c1").timeout(timeout).send());
    join_all(calls).await.into_iter().filter_map(Result::err).collect()
}

#[tokio::test(start_paused = true)]
async fn a_healthy_server_serves_everybody_in_time() {
    for (plan, calls, timeout) in [
        (Plan::Auto, 100, SECOND),
        (Plan::Auto, 1_000, 5 * SECOND),
        (Plan::Free, 100, SECOND),
        (Plan::Enterprise, 500, 3 * SECOND),
    ] {
        let w = world(plan, |_| (5 * MS, conversation()));
        let failed = failures(&w.client, calls, timeout).await;
        assert!(failed.is_empty(), "{plan:?}: {} of {calls}, {:?}", failed.len(), failed.first());
    }
}

#[tokio::test(start_paused = true)]
async fn many_calls_need_few_rounds() {
    for plan in [Plan::Auto, Plan::Enterprise] {
        let w = world(plan, |_| (500 * MS, conversation()));
        let start = w.clock.now();
        assert!(failures(&w.client, 100, 10 * SECOND).await.is_empty());
        let took = w.clock.now() - start;
        assert!(took <= 1_600 * MS, "{plan:?}: {took:?} for 100 calls of half a second");
    }
}

#[tokio::test(start_paused = true)]
async fn who_waited_for_a_silent_server_is_not_told_of_a_limit() {
    let w = world(Plan::Auto, |_| (1_000 * SECOND, conversation()));
    let start = w.clock.now();
    let failed = failures(&w.client, 100, 2 * SECOND).await;
    assert_eq!(failed.len(), 100);
    assert!(w.clock.now() - start <= 2 * SECOND + 50 * MS);
    for e in failed {
        let want = if e.attempts() == 0 { Reason::DeadlineExceeded } else { Reason::ResponseTimeout };
        assert_eq!((e.kind(), e.reason()), (ErrorKind::Timeout, want));
    }
}

#[tokio::test(start_paused = true)]
async fn a_plan_without_room_in_time_says_so_at_once() {
    let w = world(Plan::PerMinute(5), |_| (5 * MS, conversation()));
    let start = w.clock.now();
    let failed = failures(&w.client, 8, 30 * SECOND).await;
    assert!(w.clock.now() - start < SECOND);
    assert_eq!(failed.len(), 3);
    for e in failed {
        assert_eq!((e.kind(), e.reason(), e.attempts()), (ErrorKind::RateLimit, Reason::WaitTooLong, 0));
        assert!(e.retry_after().is_some_and(|w| w > 55 * SECOND));
    }
}

#[tokio::test(start_paused = true)]
async fn an_odd_429_costs_a_moment() {
    for (plan, most) in [(Plan::Auto, 4), (Plan::Free, 10), (Plan::Enterprise, 4)] {
        for headers in [&[("retry-after", "1")][..], &[]] {
            let w = world(plan, move |n| {
                (5 * MS, if n == 1 { reply_with(429, headers, "") } else { conversation() })
            });
            let start = w.clock.now();
            for _ in 0..30 {
                w.client.conversations().get("c1").timeout(10 * SECOND).await.unwrap();
            }
            let took = w.clock.now() - start;
            assert!(took <= most * SECOND, "{plan:?} {headers:?}: {took:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_few_429s_at_the_start_fail_nobody() {
    for plan in [Plan::Auto, Plan::Free, Plan::Off] {
        let w = world(plan, |n| {
            (5 * MS, if n <= 5 { reply_with(429, &[("retry-after", "1")], "") } else { conversation() })
        });
        let failed = failures(&w.client, 20, 20 * SECOND).await;
        assert!(failed.is_empty(), "{plan:?}: {} of 20, {:?}", failed.len(), failed.first());
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_with_short_windows_is_not_taken_for_a_small_one() {
    let start = crate::SystemClock.now();
    let used: Mutex<HashMap<u128, usize>> = Mutex::default();
    let w = world(Plan::Auto, move |_| {
        let window = (crate::SystemClock.now() - start).as_millis() / 2_000;
        let mut used = used.lock().unwrap();
        let used = used.entry(window).or_default();
        *used += 1;
        (5 * MS, if *used > 10 { reply_with(429, &[("retry-after", "2")], "") } else { conversation() })
    });
    let failed = failures(&w.client, 30, 30 * SECOND).await;
    assert!(failed.is_empty(), "{} of 30, {:?}", failed.len(), failed.first());
}

#[tokio::test(start_paused = true)]
async fn a_minute_without_a_time_is_survived_by_whoever_has_a_minute() {
    // L4
    for timeout in [61, 62, 63, 65, 90] {
        for seed in 0..40 {
            let start = crate::SystemClock.now();
            let w = World::with(
                |b| b.plan(if seed % 2 == 0 { Plan::Auto } else { Plan::Off }).jitter(Jitter::seeded(seed)),
                move |path, n| match path {
                    "/oauth/token" => (NOW, token(n, "3600")),
                    _ if crate::SystemClock.now() - start < 60 * SECOND => (5 * MS, reply(429, "")),
                    _ => (5 * MS, conversation()),
                },
            );
            let got = w.client.conversations().get("c1").timeout(timeout * SECOND).await.unwrap();
            assert!(got.meta().attempts <= 8, "{}", got.meta().attempts);
        }
    }
}
