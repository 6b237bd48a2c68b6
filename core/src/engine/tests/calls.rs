//! Attempts, deadlines, limits and the fate of writes.

use super::fake::*;
use crate::clock::Clock as _;
use crate::error::{ErrorKind, Reason};
use crate::{OnLimit, Plan};
use std::time::Duration;

/// A world with a token, in which `script` answers everything else.
fn world(script: impl Fn(usize) -> (Duration, Reply) + Send + Sync + 'static) -> World {
    world_with(|b| b, script)
}

fn world_with(
    change: impl FnOnce(crate::ClientBuilder) -> crate::ClientBuilder,
    script: impl Fn(usize) -> (Duration, Reply) + Send + Sync + 'static,
) -> World {
    World::with(
        change,
        move |path, n| if path == "/oauth/token" { (NOW, token(n, "3600")) } else { script(n) },
    )
}

#[tokio::test(start_paused = true)]
async fn reads_are_retried_and_writes_are_not() {
    type Make = fn() -> Reply;
    // What fails, attempts of a read, attempts of a write, whether the write may have happened.
    let table: [(Make, usize, usize, bool); 13] = [
        (|| reply(500, ""), 3, 1, true),
        (|| reply(502, ""), 3, 1, true),
        (|| reply(503, ""), 3, 1, true),
        (|| reply(504, ""), 3, 1, true),
        (|| reply(408, ""), 3, 1, true),
        (|| reply(501, ""), 1, 1, true),
        (|| reply(404, ""), 1, 1, false),
        (|| reply(302, ""), 1, 1, true),
        (|| reply(303, ""), 1, 1, true),
        (|| reply(307, ""), 1, 1, false),
        (|| failure(Reason::Connect, true), 3, 3, false),
        (|| failure(Reason::ConnectionClosed, false), 3, 1, true),
        (|| failure(Reason::BodyInterrupted, false), 3, 1, true),
    ];
    for (make, reads, writes, maybe) in table {
        let w = world(move |_| (NOW, make()));
        let e = w.client.conversations().get("c1").await.unwrap_err();
        assert_eq!((w.count(ONE), e.attempts() as usize, e.maybe_applied()), (reads, reads, false), "{e}");
        let w = world(move |_| (NOW, make()));
        let e = w.client.tickets().create("t", "d").await.unwrap_err();
        assert_eq!((w.count("/v1/tickets"), e.maybe_applied()), (writes, maybe), "{e}");
        let w = world(move |_| (NOW, make()));
        let e = w.client.tickets().update("t1").status("resolved").await.unwrap_err();
        assert_eq!((w.count("/v1/tickets/t1"), e.maybe_applied()), (writes, maybe), "{e}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_write_that_was_answered_with_nonsense_may_have_happened() {
    for body in ["", "<html>", r#"{"code":200}"#, r#"{"code":200,"data":{}}"#] {
        let w = world(move |_| (NOW, reply(200, body)));
        let e = w.client.tickets().create("t", "d").await.unwrap_err();
        assert_eq!((e.kind(), e.maybe_applied(), e.attempts()), (ErrorKind::Decode, true, 1), "{body}");
    }
}

#[tokio::test(start_paused = true)]
async fn retries_stop_at_the_number_that_was_asked_for() {
    for retries in [0, 1, 5] {
        let w = world(|_| (NOW, reply(500, "")));
        let e = w.client.conversations().get("c1").max_retries(retries).await.unwrap_err();
        assert_eq!(e.attempts(), retries + 1);
    }
}

#[tokio::test(start_paused = true)]
async fn the_retry_quota_is_shared() {
    let w = world(|_| (NOW, reply(500, "")));
    for _ in 0..100 {
        w.client.conversations().get("c1").await.unwrap_err();
    }
    assert_eq!(w.count(ONE), 100 + 35, "500 tokens pay for 35 retries of 14");
}

#[tokio::test(start_paused = true)]
async fn one_deadline_covers_everything() {
    // A slow server: attempts of 30 s each.
    let w = world(|_| (1_000 * SECOND, conversation()));
    let start = w.clock.now();
    let e = w.client.conversations().get("c1").timeout(50 * SECOND).await.unwrap_err();
    let took = w.clock.now() - start;
    assert_eq!((e.kind(), e.reason(), e.attempts()), (ErrorKind::Timeout, Reason::ResponseTimeout, 2));
    assert!((50 * SECOND..50 * SECOND + 50 * MS).contains(&took), "{took:?}");
    assert_eq!(e.timing().total, took);
    assert!(e.timing().network >= 49 * SECOND);

    // A slow token endpoint.
    let w = World::new(|_, _| (1_000 * SECOND, token(1, "3600")));
    let start = w.clock.now();
    let e = w.client.conversations().get("c1").timeout(2 * SECOND).await.unwrap_err();
    assert_eq!((e.kind(), e.attempts()), (ErrorKind::Timeout, 0));
    assert_eq!(w.clock.now() - start, 2 * SECOND);

    // Back-off that would not fit: the last error at once instead of a sleep.
    let w = world(|_| (NOW, reply_with(503, &[("retry-after", "60")], "")));
    let e = w.client.conversations().get("c1").timeout(10 * SECOND).await.unwrap_err();
    assert_eq!((e.kind(), e.attempts()), (ErrorKind::Server, 1));
    assert_eq!(e.retry_after(), Some(60 * SECOND));
}

#[tokio::test(start_paused = true)]
async fn retry_after_is_obeyed_also_with_503() {
    // L8
    let w =
        world(|n| (NOW, if n == 1 { reply_with(503, &[("retry-after", "7")], "") } else { conversation() }));
    let got = w.client.conversations().get("c1").await.unwrap();
    assert!(w.gaps(ONE)[0] >= 7 * SECOND);
    assert_eq!(got.meta().waited(), w.gaps(ONE)[0]);
}

#[tokio::test(start_paused = true)]
async fn a_429_is_waited_out() {
    for plan in [Plan::Auto, Plan::Off, Plan::Free, Plan::PerMinute(600)] {
        let w = world_with(
            |b| b.plan(plan),
            |n| (NOW, if n == 1 { reply_with(429, &[("retry-after", "12")], "") } else { conversation() }),
        );
        w.client.tickets().create("t", "d").await.unwrap();
        assert_eq!(w.count("/v1/tickets"), 2, "a 429 is no reason not to repeat a write");
        assert!(w.gaps("/v1/tickets")[0] >= 12 * SECOND, "{plan:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_429_without_a_time_succeeds_after_the_window() {
    // L4: the server refuses for a minute and says nothing.
    let start = crate::SystemClock.now();
    let w = world(move |_| {
        let limited = crate::SystemClock.now() - start < 60 * SECOND;
        (MS, if limited { reply(200, r#"{"code":429,"message":"too many"}"#) } else { conversation() })
    });
    let got = w.client.conversations().get("c1").timeout(100 * SECOND).await.unwrap();
    assert!(got.meta().attempts <= 9, "{}", got.meta().attempts);

    let start = crate::SystemClock.now();
    let w = world(|_| (MS, reply(429, "")));
    let e = w.client.conversations().get("c1").timeout(20 * SECOND).await.unwrap_err();
    assert_eq!(e.kind(), ErrorKind::RateLimit);
    assert!(e.attempts() >= 3);
    assert!(crate::SystemClock.now() - start <= 20 * SECOND + 50 * MS);
}

#[tokio::test(start_paused = true)]
async fn a_wait_that_is_too_long_fails_at_once() {
    // L3
    let w = world(|_| (NOW, reply_with(429, &[("retry-after", "3600")], "")));
    let start = w.clock.now();
    let e = w.client.conversations().get("c1").await.unwrap_err();
    assert_eq!((e.kind(), e.http_status(), e.attempts()), (ErrorKind::RateLimit, Some(429), 1));
    assert_eq!(e.retry_after(), Some(3_600 * SECOND));
    assert_eq!(w.clock.now(), start);
    let e = w.client.conversations().get("c1").await.unwrap_err();
    assert_eq!((e.kind(), e.reason(), e.attempts()), (ErrorKind::RateLimit, Reason::WaitTooLong, 0));
}

#[tokio::test(start_paused = true)]
async fn raise_never_waits() {
    let w = world_with(|b| b.plan(Plan::PerMinute(2)).on_limit(OnLimit::Raise), |_| (NOW, conversation()));
    for _ in 0..2 {
        w.client.conversations().get("c1").await.unwrap();
    }
    let e = w.client.conversations().get("c1").await.unwrap_err();
    assert_eq!((e.kind(), e.reason(), e.attempts()), (ErrorKind::RateLimit, Reason::QuotaExhausted, 0));
    assert!(e.retry_after().unwrap() > 50 * SECOND);
    assert_eq!(w.client.quota().used, 2);
}

#[tokio::test(start_paused = true)]
async fn a_closed_client_refuses() {
    let w = world(|_| (NOW, conversation()));
    w.client.close();
    let e = w.client.conversations().get("c1").await.unwrap_err();
    assert_eq!(e.kind(), ErrorKind::Closed);
    assert_eq!(w.tokens(), 0);
}

#[tokio::test(start_paused = true)]
async fn bad_input_is_refused_before_anything_is_sent() {
    let w = world(|_| (NOW, conversation()));
    let c = &w.client;
    let errors = [
        c.conversations().get("").await.unwrap_err(),
        c.conversations().get("..").await.unwrap_err(),
        c.conversations().list().limit(0).await.unwrap_err(),
        c.conversations().list().limit(101).await.unwrap_err(),
        c.conversations().list().page(0).await.unwrap_err(),
        c.tickets().update("t1").await.unwrap_err(),
        c.tickets().create("", "d").await.unwrap_err(),
    ];
    for e in errors {
        assert_eq!((e.kind(), e.attempts()), (ErrorKind::InvalidArgument, 0), "{e}");
        assert!(e.argument().is_some() && e.operation().is_some());
    }
    assert_eq!(w.tokens(), 0);
}

#[tokio::test(start_paused = true)]
async fn odd_timeouts() {
    for timeout in [Duration::MAX, Duration::from_secs(10_000_000_000), Duration::from_secs(u64::MAX / 2)] {
        let w = world_with(
            |b| {
                b.timeout(timeout)
                    .attempt_timeout(timeout)
                    .connect_timeout(timeout)
                    .pool_idle_timeout(timeout)
                    .max_retry_after(timeout)
            },
            |n| (NOW, if n == 1 { reply(503, "") } else { conversation() }),
        );
        w.client.authenticate().await.unwrap();
        w.client.conversations().get("c1").await.unwrap();
        w.client.conversations().get("c1").timeout(timeout).await.unwrap();
    }
    let w = world(|_| (NOW, conversation()));
    let zero = crate::RequestOptions { timeout: Some(NOW), ..crate::RequestOptions::default() };
    for e in [
        w.client.conversations().get("c1").timeout(NOW).await.unwrap_err(),
        w.client.authenticate_with(zero).await.unwrap_err(),
    ] {
        assert_eq!((e.kind(), e.argument()), (ErrorKind::InvalidArgument, Some("timeout")));
        assert!(e.operation().is_some());
    }
    assert_eq!(w.tokens(), 0);
}
