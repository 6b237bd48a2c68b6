//! The life of the token (FAULTS table A).

use super::fake::*;
use crate::OnLimit;
use crate::error::{ErrorKind, Reason};
use std::sync::Arc;
use std::time::Duration;

pub(super) fn normal(path: &str, n: usize) -> (Duration, Reply) {
    if path == "/oauth/token" { (20 * MS, token(n, "3600")) } else { (5 * MS, conversation()) }
}

#[tokio::test(start_paused = true)]
async fn a_thousand_cold_callers_ask_once() {
    let world = World::new(normal);
    let calls = (0..1_000).map(|_| world.client.conversations().get("c1").send());
    for result in futures_util::future::join_all(calls).await {
        assert_eq!(result.unwrap().id, "c1");
    }
    assert_eq!((world.tokens(), world.count(ONE)), (1, 1_000));
}

#[tokio::test(start_paused = true)]
async fn a_thousand_callers_with_an_expired_token_ask_once_more() {
    let world = World::new(normal);
    world.client.conversations().get("c1").await.unwrap();
    tokio::time::advance(4_000 * SECOND).await;
    let calls = (0..1_000).map(|_| world.client.conversations().get("c1").send());
    futures_util::future::join_all(calls).await.into_iter().for_each(|r| drop(r.unwrap()));
    assert_eq!(world.tokens(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_leader_does_not_fail_the_others() {
    let world = Arc::new(World::new(normal));
    let leader = tokio::spawn({
        let client = world.client.clone();
        async move { client.conversations().get("c1").await }
    });
    tokio::time::sleep(10 * MS).await;
    let others: Vec<_> = (0..10)
        .map(|_| {
            let client = world.client.clone();
            tokio::spawn(async move { client.conversations().get("c1").await })
        })
        .collect();
    tokio::time::sleep(MS).await;
    leader.abort();
    for other in others {
        other.await.unwrap().unwrap();
    }
    assert_eq!(world.tokens(), 2, "the leader's request, and that of the one who took over");
}

#[tokio::test(start_paused = true)]
async fn a_leader_that_is_not_polled_does_not_hold_up_the_others() {
    let world = World::new(normal);
    let mut still: Vec<_> = (0..2).map(|_| Box::pin(world.client.conversations().get("c1").send())).collect();
    for call in &mut still {
        assert!(futures_util::poll!(call).is_pending());
    }
    world.client.conversations().get("c1").timeout(SECOND).await.unwrap();
    for call in still {
        call.await.unwrap();
    }
    assert_eq!(world.tokens(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_leader_with_little_time_does_not_fail_the_others() {
    let world =
        World::new(
            |path, n| {
                if path == "/oauth/token" { (200 * MS, token(n, "3600")) } else { (NOW, conversation()) }
            },
        );
    let hasty = world.client.conversations().get("c1").timeout(50 * MS).send();
    let patient = world.client.conversations().get("c1").send();
    let (hasty, patient) = tokio::join!(hasty, patient);
    assert_eq!(hasty.unwrap_err().kind(), ErrorKind::Timeout);
    patient.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_leader_without_time_for_the_pause_fails_only_those_who_have_none_either() {
    for status in [429, 503] {
        let world = World::new(move |path, n| match path {
            "/oauth/token" if n == 1 => (100 * MS, reply_with(status, &[("retry-after", "10")], "")),
            _ => normal(path, n),
        });
        let call = |timeout| world.client.conversations().get("c1").timeout(timeout).send();
        let all = futures_util::future::join_all([5, 5, 90, 90].map(|s| call(s * SECOND))).await;
        let ok: Vec<bool> = all.iter().map(Result::is_ok).collect();
        assert_eq!(ok, [false, false, true, true], "{status}: {all:?}");
        assert_eq!(world.tokens(), 2, "{status}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_refused_token_is_replaced_once_and_the_call_replayed_once() {
    // A1
    let world = World::new(|path, n| match path {
        "/oauth/token" => (NOW, token(n, "3600")),
        _ if n == 1 => (NOW, reply(401, r#"{"code":401,"message":"expired"}"#)),
        _ => (NOW, conversation()),
    });
    let got = world.client.conversations().get("c1").await.unwrap();
    assert_eq!(got.meta().attempts, 2);
    assert_eq!(world.authorizations(ONE), ["Bearer t1", "Bearer t2"]);

    // A2: also by envelope, and also for writes.
    let world = World::new(|path, n| match path {
        "/oauth/token" => (NOW, token(n, "3600")),
        _ => (NOW, reply(200, r#"{"code":401,"message":"no"}"#)),
    });
    let e = world.client.tickets().create("t", "d").await.unwrap_err();
    assert_eq!((e.kind(), e.attempts(), e.maybe_applied()), (ErrorKind::Authentication, 2, false));
    assert_eq!((world.tokens(), world.count("/v1/tickets")), (2, 2));
}

#[tokio::test(start_paused = true)]
async fn a_late_401_does_not_invalidate_a_newer_token() {
    // Two calls leave with t1; the quick one is refused first and replaces it, the slow one is refused later.
    let world = World::new(|path, n| match path {
        "/oauth/token" => (NOW, token(n, "3600")),
        "/v1/conversations/slow" if n == 1 => (SECOND, reply(401, "{}")),
        "/v1/conversations/c1" if n == 1 => (MS, reply(401, "{}")),
        _ => (NOW, conversation()),
    });
    let slow = world.client.conversations().get("slow").send();
    let quick = world.client.conversations().get("c1").send();
    let (slow, quick) = tokio::join!(slow, quick);
    slow.unwrap();
    quick.unwrap();
    assert_eq!(world.tokens(), 2, "t1 was replaced once, t2 was left alone");
}

#[tokio::test(start_paused = true)]
async fn wrong_credentials_are_asked_for_once_a_second() {
    let world = World::new(|_, _| (10 * MS, reply(401, r#"{"error":"invalid_client"}"#)));
    let calls = (0..1_000).map(|_| world.client.conversations().get("c1").send());
    for result in futures_util::future::join_all(calls).await {
        let e = result.unwrap_err();
        assert_eq!((e.kind(), e.reason()), (ErrorKind::Authentication, Reason::InvalidCredentials));
        assert_eq!(e.attempts(), 0);
        assert!(!format!("{e} {e:?}").contains("hush"));
    }
    assert_eq!(world.tokens(), 1);
    world.client.conversations().get("c1").await.unwrap_err();
    assert_eq!(world.tokens(), 1, "still remembered");
    tokio::time::advance(1_100 * MS).await;
    world.client.conversations().get("c1").await.unwrap_err();
    assert_eq!(world.tokens(), 2, "the key may have been mended");
}

#[tokio::test(start_paused = true)]
async fn a_failed_refresh_reaches_those_who_waited_and_nobody_else() {
    let world = World::with(
        |b| b.max_retries(0),
        |path, n| match (path, n) {
            ("/oauth/token", 1) => (10 * MS, reply(500, "")),
            ("/oauth/token", n) => (10 * MS, token(n, "3600")),
            _ => (NOW, conversation()),
        },
    );
    let calls = (0..20).map(|_| world.client.conversations().get("c1").send());
    let failed = futures_util::future::join_all(calls).await;
    assert!(failed.into_iter().all(|r| r.unwrap_err().kind() == ErrorKind::Server));
    world.client.conversations().get("c1").await.unwrap();
    assert_eq!(world.tokens(), 2);
}

/// A store that forgets nothing, or never answers.
#[tokio::test(start_paused = true)]
async fn odd_lifetimes() {
    // A7: `expires_in`, requests for a token after two calls at once, and after one more 20 s later.
    for (expires_in, at_once, later) in [
        ("0", 2, 3),
        ("-1", 2, 3),
        ("null", 1, 1),
        ("\"3600\"", 1, 1),
        ("3600.5", 1, 1),
        ("1e308", 1, 1),
        ("20", 1, 2),
    ] {
        let world = World::new(move |path, n| {
            if path == "/oauth/token" { (NOW, token(n, expires_in)) } else { (NOW, conversation()) }
        });
        for _ in 0..2 {
            world.client.conversations().get("c1").await.unwrap();
        }
        assert_eq!(world.tokens(), at_once, "{expires_in}");
        tokio::time::advance(20 * SECOND).await;
        world.client.conversations().get("c1").await.unwrap();
        assert_eq!(world.tokens(), later, "{expires_in}");
    }
}

#[tokio::test(start_paused = true)]
async fn unusable_tokens() {
    // A8, A9
    let long = "x".repeat(1 << 20);
    for (body, want) in [
        (r#"{"access_token":"secret-value","token_type":"MAC"}"#.to_owned(), Reason::UnsupportedTokenType),
        (r#"{"access_token":""}"#.to_owned(), Reason::InvalidToken),
        (r#"{"access_token":"secret-value\r\nx: y"}"#.to_owned(), Reason::InvalidToken),
        (r#"{"access_token":"secret-value 值"}"#.to_owned(), Reason::InvalidToken),
        (format!(r#"{{"access_token":"secret-value{long}"}}"#), Reason::InvalidToken),
        ("{}".to_owned(), Reason::MissingField),
        ("<html>".to_owned(), Reason::NotJson),
        (String::new(), Reason::EmptyBody),
    ] {
        let world = World::new(move |_, _| (NOW, reply(200, body.clone())));
        let e = world.client.conversations().get("c1").await.unwrap_err();
        assert_eq!(e.reason(), want);
        assert!(!format!("{e} {e:?}").contains("secret-value"));
        assert_eq!(world.tokens(), 1, "{want}");
    }
    for token_type in [r#","token_type":"bearer""#, ""] {
        let body = format!(r#"{{"code":200,"data":{{"access_token":"t"{token_type}}}}}"#);
        let world = World::new(move |path, _| {
            if path == "/oauth/token" { (NOW, reply(200, body.clone())) } else { (NOW, conversation()) }
        });
        world.client.conversations().get("c1").await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn authenticating_together_is_authenticating_once() {
    let world = World::new(normal);
    let all = (0..100).map(|_| world.client.authenticate());
    futures_util::future::join_all(all).await.into_iter().for_each(Result::unwrap);
    assert_eq!(world.tokens(), 1);
    world.client.authenticate().await.unwrap();
    assert_eq!(world.tokens(), 2, "but a new one each time");

    let world = World::new(|_, _| (10 * MS, reply_with(401, &[("x-request-id", "r1")], "")));
    let all = (0..100).map(|_| world.client.authenticate());
    for result in futures_util::future::join_all(all).await {
        let e = result.unwrap_err();
        assert_eq!((e.reason(), e.operation()), (Reason::InvalidCredentials, Some("authenticate")));
        assert_eq!((e.attempts(), e.request_id(), e.timing().total), (1, Some("r1"), 10 * MS));
    }
    assert_eq!(world.tokens(), 1);
}

#[tokio::test(start_paused = true)]
async fn the_token_endpoint_is_retried_by_the_rules_of_the_call() {
    // Retries of one call.
    let world = World::new(|_, _| (NOW, reply(503, "")));
    for (retries, requests) in [(0, 1), (2, 3), (4, 5)] {
        let before = world.tokens();
        world.client.conversations().get("c1").max_retries(retries).await.unwrap_err();
        assert_eq!(world.tokens() - before, requests);
    }
    // The budget of all.
    for _ in 0..100 {
        world.client.conversations().get("c1").await.unwrap_err();
    }
    assert_eq!(world.tokens(), 9 + 100 + 29, "35 retries in all, 6 of them above");
    // A limit.
    let limited = |on_limit| {
        World::with(
            move |b| b.on_limit(on_limit),
            |path, n| match path {
                "/oauth/token" if n == 1 => (NOW, reply_with(429, &[("retry-after", "5")], "")),
                _ => normal(path, n),
            },
        )
    };
    let world = limited(OnLimit::Raise);
    let e = world.client.conversations().get("c1").await.unwrap_err();
    assert_eq!((e.kind(), e.retry_after(), world.tokens()), (ErrorKind::RateLimit, Some(5 * SECOND), 1));
    let world = limited(OnLimit::Wait);
    let e = world.client.conversations().get("c1").timeout(4 * SECOND).await.unwrap_err();
    assert_eq!((e.kind(), e.reason(), world.tokens()), (ErrorKind::RateLimit, Reason::WaitTooLong, 1));
    world.client.conversations().get("c1").await.unwrap();
}
