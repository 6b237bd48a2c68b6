//! Keys, tokens, scopes and limits, on a virtual clock.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod support;

use serde_json::{Value, json};
use support::{World, frozen, server};

#[tokio::test]
async fn a_token_lasts_an_hour_of_the_worlds_clock() {
    let server = server().await;
    let mut world = World::create(&server, json!({ "clock": frozen() })).await;
    let answer = world.ask_token(&world.client_id, &world.client_secret).await;
    let json = answer.json();
    assert_eq!(
        (answer.status, &json["token_type"], &json["expires_in"]),
        (200, &json!("Bearer"), &json!(3600))
    );
    assert_eq!(json["access_token"].as_str().unwrap().split('.').count(), 3);
    world.advance(3599.0).await;
    assert_eq!(world.get("/v1/tickets").await.status, 200);
    world.advance(1.0).await;
    let expired = world.get("/v1/tickets").await;
    assert_eq!((expired.status, &expired.json()["message"]), (401, &json!("the access token has expired")));
    assert!(expired.header("www-authenticate").unwrap().contains("invalid_token"));
    world.renew().await;
    assert_eq!(world.get("/v1/tickets").await.status, 200);
}

#[tokio::test]
async fn what_is_no_token_is_refused() {
    let server = server().await;
    let world = World::create(&server, json!({})).await;
    let other = World::create(&server, json!({})).await;
    let missing = world.raw("GET", "/v1/tickets", &[], "").await;
    assert_eq!(
        (missing.status, missing.header("www-authenticate")),
        (401, Some("Bearer realm=\"zhifuyun\""))
    );
    let foreign = format!("Bearer {}", other.token);
    let cut = format!("Bearer {}", &world.token[..world.token.len() - 1]);
    for value in ["Bearer", "Bearer ", "Basic Zm9v", "Bearer nonsense", &foreign, &cut] {
        assert_eq!(
            world.raw("GET", "/v1/tickets", &[("authorization", value)], "").await.status,
            401,
            "{value}"
        );
    }
    let lower = format!("bearer {}", world.token);
    assert_eq!(world.raw("GET", "/v1/tickets", &[("authorization", &lower)], "").await.status, 200);
}

#[tokio::test]
async fn token_requests_may_be_forms_and_say_what_is_wrong() {
    let server = server().await;
    let world = World::create(&server, json!({ "client_id": "a b", "client_secret": "s&s" })).await;
    let form = [("content-type", "application/x-www-form-urlencoded")];
    let body = "grant_type=client_credentials&client_id=a+b&client_secret=s%26s";
    assert_eq!(world.raw("POST", "/oauth/token", &form, body).await.status, 200);
    let wrong = world.ask_token("a b", "wrong").await;
    assert_eq!(wrong.header("cache-control"), Some("no-store"));
    let json = wrong.json();
    assert_eq!((wrong.status, &json["code"], &json["error"]), (401, &json!(401), &json!("invalid_client")));
    assert_eq!(json["error_description"], json["message"]);
    let other =
        world.raw("POST", "/oauth/token", &form, "grant_type=password&client_id=a&client_secret=b").await;
    assert_eq!((other.status, &other.json()["error"]), (400, &json!("unsupported_grant_type")));
    let none = world.raw("POST", "/oauth/token", &form, "").await;
    assert_eq!(
        (none.status, none.fields().len(), &none.json()["error"]),
        (400, 3, &json!("invalid_request"))
    );
    assert_eq!(world.raw("POST", "/oauth/token", &[], body).await.status, 415);
    let twice = world.raw("POST", "/oauth/token", &form, format!("{body}&client_id=a+b")).await;
    assert_eq!((twice.status, twice.fields()), (400, vec!["client_id".to_owned()]));
}

#[tokio::test]
async fn keys_are_scoped_rotated_and_revoked() {
    let server = server().await;
    let mut world = World::create(
        &server,
        json!({ "clock": frozen(), "keys": [{ "client_id": "r", "client_secret": "1", "scopes": ["tickets:read"] }] }),
    )
    .await;
    (world.client_id, world.client_secret) = ("r".to_owned(), "1".to_owned());
    world.renew().await;
    assert_eq!(world.get("/v1/tickets").await.status, 200);
    let denied = world.call("POST", "/v1/tickets", json!({ "title": "t" })).await;
    assert_eq!((denied.status, &denied.json()["code"]), (403, &json!(403)));
    assert_eq!(world.get("/v1/statistics").await.status, 403);
    world.control("PATCH", "/keys/r", json!({ "scopes": ["statistics:read"] })).await;
    assert_eq!(world.get("/v1/statistics").await.status, 200);

    let rotation = json!({ "client_secret": "2", "overlap_seconds": 60 });
    assert_eq!(world.control("POST", "/keys/r/rotate", rotation).await.status, 200);
    for (secret, status) in [("1", 200), ("2", 200), ("3", 401)] {
        assert_eq!(world.ask_token("r", secret).await.status, status);
    }
    world.advance(60.0).await;
    assert_eq!(world.ask_token("r", "1").await.status, 401);

    let revoked = world.control("POST", "/tokens/revoke", json!({ "token": world.token })).await;
    assert_eq!(revoked.json()["revoked"], 1);
    assert_eq!(world.get("/v1/statistics").await.json()["message"], "the access token was revoked");
    world.client_secret = "2".to_owned();
    world.renew().await;
    assert_eq!(world.get("/v1/statistics").await.status, 200);
    let view = world.control("DELETE", "/keys/r", Value::Null).await.json();
    assert_eq!((&view["revoked"], &view["live_tokens"]), (&json!(true), &json!(0)));
    assert_eq!(world.get("/v1/statistics").await.status, 401);
    assert_eq!(world.ask_token("r", "2").await.status, 401);
}

#[tokio::test]
async fn token_answers_can_be_odd() {
    let server = server().await;
    let token = json!({
        "enveloped": true, "omit": ["token_type"], "set": { "expires_in": "3600", "scope": "all" },
        "lifetime_seconds": 30,
    });
    let world = World::create(&server, json!({ "clock": frozen(), "token": token })).await;
    let json = world.ask_token(&world.client_id, &world.client_secret).await.json();
    let data = &json["data"];
    assert_eq!(
        (&json["code"], &data["expires_in"], &data["scope"]),
        (&json!(200), &json!("3600"), &json!("all"))
    );
    assert!(data.get("token_type").is_none());
    let bearer = format!("Bearer {}", data["access_token"].as_str().unwrap());
    assert_eq!(world.raw("GET", "/v1/tickets", &[("authorization", &bearer)], "").await.status, 200);
    world.advance(30.0).await;
    assert_eq!(world.raw("GET", "/v1/tickets", &[("authorization", &bearer)], "").await.status, 401);
}

/// How many of `tries` requests are let through.
async fn passed(world: &World, tries: usize) -> usize {
    let mut passed = 0;
    for _ in 0..tries {
        passed += usize::from(world.get("/v1/tickets").await.status == 200);
    }
    passed
}

#[tokio::test]
async fn limits_follow_plan_and_model() {
    let server = server().await;
    let limits = json!({ "plan": 5, "x_ratelimit": true, "retry_after": "seconds" });
    let world = World::create(&server, json!({ "clock": frozen(), "limits": limits })).await;
    world.advance(50.0).await;
    assert_eq!(passed(&world, 7).await, 5);
    let refused = world.get("/v1/tickets").await;
    assert_eq!((refused.status, &refused.json()["code"]), (429, &json!(429)));
    assert_eq!(refused.header("retry-after"), Some("10"));
    assert_eq!(refused.header("x-ratelimit-limit"), Some("5"));
    assert_eq!(refused.header("x-ratelimit-remaining"), Some("0"));
    assert_eq!(refused.header("x-ratelimit-reset"), Some("1767225660"));
    world.advance(10.0).await;
    assert_eq!(passed(&world, 7).await, 5);

    for (form, value) in [("http_date", "Thu, 01 Jan 2026 00:02:00 GMT"), ("fraction", "50.000")] {
        let change =
            json!({ "limits": { "model": "sliding_log", "retry_after": form, "x_ratelimit": false } });
        assert_eq!(world.control("PATCH", "/options", change).await.status, 200);
        assert_eq!(passed(&world, 1).await, 1);
        world.advance(10.0).await;
        assert_eq!(passed(&world, 7).await, 4);
        let refused = world.get("/v1/tickets").await;
        assert_eq!(refused.header("retry-after"), Some(value));
        assert!(refused.header("x-ratelimit-limit").is_none());
        world.control("POST", "/limits/reset", Value::Null).await;
    }
}

#[tokio::test]
async fn plans_count_per_key_and_tokens_only_when_asked_for() {
    let server = server().await;
    let keys = json!([{ "client_id": "big", "client_secret": "1", "plan": "enterprise" }]);
    let mut world = World::create(&server, json!({ "clock": frozen(), "keys": keys })).await;
    assert_eq!(passed(&world, 101).await, 100);
    assert!(world.get("/v1/tickets").await.header("retry-after").is_none());
    assert_eq!(world.ask_token(&world.client_id, &world.client_secret).await.status, 200);
    let counted = json!({ "limits": { "count_token_requests": true, "plan": 2 } });
    world.control("PATCH", "/options", counted).await;
    let statuses = [200, 200, 429];
    for status in statuses {
        assert_eq!(world.ask_token(&world.client_id, &world.client_secret).await.status, status);
    }
    (world.client_id, world.client_secret) = ("big".to_owned(), "1".to_owned());
    world.renew().await;
    assert_eq!(passed(&world, 120).await, 120);
}
