//! Fault rules over a real server: which requests they strike, and what is on the wire then.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod faults_support;
mod support;
mod wire_support;

use faults_support::*;
use serde_json::{Value, json};
use support::server;
use wire_support::Ended;

#[tokio::test]
async fn schedules_count_what_matches() {
    let server = server().await;
    let world = world(&server).await;
    let mut statuses = Vec::new();
    for (when, expected) in [
        (json!({"nth": 2}), [200, 503, 200, 200, 200, 200]),
        (json!({"first": 2}), [503, 503, 200, 200, 200, 200]),
        (json!({"every": 3}), [200, 200, 503, 200, 200, 503]),
        (json!({"after": 4}), [200, 200, 200, 200, 503, 503]),
        (json!({"after": 1, "first": 2}), [200, 503, 503, 200, 200, 200]),
        (json!({"probability": 0.0}), [200; 6]),
        (json!({"probability": 1.0, "seed": 9}), [503; 6]),
        (json!({}), [503; 6]),
    ] {
        let rule = json!([{"id": "r", "match": {"method": "get", "path": "/v1/conversations/{id}"},
                           "when": when, "action": {"status": 503}}]);
        assert_eq!(world.control("PUT", "/faults", rule).await.status, 200);
        statuses.clear();
        for _ in 0..6 {
            statuses.push(world.get("/v1/conversations/c1").await.status);
            world.get("/v1/conversations").await.data();
        }
        assert_eq!(statuses, expected, "{when}");
        let fired = expected.iter().filter(|status| **status == 503).count();
        let counters = world.control("GET", "/faults/r", Value::Null).await.json();
        assert_eq!((&counters["seen"], &counters["fired"]), (&json!(6), &json!(fired)));
    }
}

#[tokio::test]
async fn chance_repeats_itself_and_counters_reset() {
    let server = server().await;
    let world = world(&server).await;
    let rule = json!({"id": "r", "when": {"probability": 0.5, "seed": 7}, "match": {"path": "/v1/*"},
                      "action": {"status": 500}});
    assert_eq!(world.control("POST", "/faults", rule).await.status, 201);
    let mut rounds = Vec::new();
    for _ in 0..2 {
        let mut round = Vec::new();
        for _ in 0..40 {
            round.push(world.get("/v1/tickets").await.status);
        }
        rounds.push(round);
        let reset = world.control("POST", "/faults/r/reset", Value::Null).await.json();
        assert_eq!((&reset["seen"], &reset["fired"]), (&json!(0), &json!(0)));
    }
    assert_eq!(rounds[0], rounds[1]);
    let failed = rounds[0].iter().filter(|status| **status == 500).count();
    assert!((10..=30).contains(&failed), "{failed}");
}

#[tokio::test]
async fn a_stretch_of_the_worlds_time() {
    let server = server().await;
    let world = world(&server).await;
    let between = json!(["2026-01-01T00:01:00Z", "2026-01-01T00:02:00Z"]);
    let rule = json!({"when": {"between": between}, "match": {"path": "/v1/*"}, "action": {"status": 503}});
    assert_eq!(world.control("POST", "/faults", rule).await.status, 201);
    let mut statuses = Vec::new();
    for _ in 0..4 {
        statuses.push(world.get("/v1/tickets").await.status);
        world.advance(59.0).await;
    }
    assert_eq!(statuses, [200, 200, 503, 200]);
}

#[tokio::test]
async fn rules_match_on_everything_and_the_first_wins() {
    let server = server().await;
    let world = world(&server).await;
    let rule = |matches: Value, status: u16| json!({"match": matches, "action": {"status": status}});
    let rules = json!([
        rule(json!({"method": "DELETE"}), 501),
        rule(json!({"path": "/v1/conversations/c1"}), 510),
        rule(json!({"path": "/v1/conversations/{id}"}), 511),
        rule(json!({"query": {"status": "active", "page": null}}), 512),
        rule(json!({"query": {"status": "closed"}, "header": {"X-Test": "yes", "x-none": null}}), 513),
        rule(json!({"body_contains": "咨询"}), 514),
        rule(json!({"key": "somebody else"}), 515),
        rule(json!({"key": world.client_id, "path": "/v1/statistics"}), 516),
        rule(json!({"key": world.client_id, "path": "/oauth/token"}), 517),
    ]);
    let added = world.control("POST", "/faults", rules).await;
    assert_eq!((added.status, added.json()["faults"].as_array().unwrap().len()), (201, 9));
    for (path, expected) in [
        ("/v1/conversations/c1", 510),
        ("/v1/conversations/c2", 511),
        ("/v1/conversations", 200),
        ("/v1/conversations?status=active", 512),
        ("/v1/conversations?status=active&page=1", 200),
        ("/v1/conversations?status=closed", 513),
        ("/v1/statistics", 516),
    ] {
        assert_eq!(status(&get(&world, path).await), expected, "{path}");
    }
    let ticket = exchange(&world, "POST", "/v1/tickets", r#"{"title":"产品咨询"}"#).await;
    assert_eq!(status(&ticket), 514);
    assert_eq!(world.ask_token(&world.client_id, &world.client_secret).await.status, 517);
}

#[tokio::test]
async fn error_answers_of_every_form() {
    let server = server().await;
    let world = world(&server).await;
    let seen = struck(&world, json!({"status": 503, "retry_after": "2"})).await;
    assert_eq!((status(&seen), header(&seen, "retry-after")), (503, vec!["2".to_owned()]));
    assert_eq!(document(&seen)["code"], 503);
    assert_eq!(header(&seen, "content-type"), ["application/json"]);

    let seen = struck(&world, json!({"envelope": 429, "retry_after": ["3", "5"]})).await;
    assert_eq!((status(&seen), &document(&seen)["code"]), (200, &json!(429)));
    assert_eq!(header(&seen, "retry-after"), ["3", "5"]);

    let action = json!({"status": 500, "envelope": "200", "message": {"nested": ["a", 1]}});
    let seen = struck(&world, action).await;
    assert_eq!(
        (status(&seen), document(&seen)),
        (500, json!({"code": "200", "message": {"nested": ["a", 1]}}))
    );

    let seen = struck(&world, json!({"status": 502, "body": "html"})).await;
    assert_eq!(
        (status(&seen), header(&seen, "content-type")),
        (502, vec!["text/html; charset=utf-8".into()])
    );
    assert!(String::from_utf8(body(&seen)).unwrap().starts_with("<html>"));

    for text in
        ["", "-5", "1.5", "abc", "nan", "99999999999999999999", "3, 5", "Wed, 21 Oct 2015 07:28:00 GMT"]
    {
        let seen = struck(&world, json!({"status": 429, "retry_after": text})).await;
        let line = format!("\r\nretry-after: {text}\r\n");
        assert!(seen.text().contains(&line), "{text}: {}", seen.text());
    }

    let seen =
        struck(&world, json!({"redirect": {"status": 307, "location": "http://elsewhere.example/"}})).await;
    assert_eq!(
        (status(&seen), header(&seen, "location")),
        (307, vec!["http://elsewhere.example/".to_owned()])
    );
    let seen = struck(&world, json!({"redirect": {}})).await;
    assert_eq!((status(&seen), header(&seen, "location"), body(&seen).len()), (302, vec![], 0));
}

#[tokio::test]
async fn bodies_types_and_headers() {
    let server = server().await;
    let world = world(&server).await;
    let seen = struck(&world, json!({"body": {"json": [1]}, "status": 299})).await;
    assert_eq!((status(&seen), body(&seen)), (299, b"[1]".to_vec()));
    let seen = struck(&world, json!({"body": {"text": "{\"code\":2e2}"}})).await;
    assert_eq!(body(&seen), b"{\"code\":2e2}");
    let seen = struck(&world, json!({"body": {"base64": "/wA="}})).await;
    assert_eq!(body(&seen), [255, 0]);
    let seen = struck(&world, json!({"body": "empty"})).await;
    assert_eq!((header(&seen, "content-length"), body(&seen).len()), (vec!["0".to_owned()], 0));
    let seen = struck(&world, json!({"content_type": null})).await;
    assert_eq!((header(&seen, "content-type").len(), &document(&seen)["code"]), (0, &json!(200)));
    let seen = struck(&world, json!({"content_type": "text/plain"})).await;
    assert_eq!(header(&seen, "content-type"), ["text/plain"]);
    let headers =
        json!({"x-ratelimit-limit": "many", "x-two": ["a", "b"], "x-cjk": "智服", "x-request-id": null});
    let bare =
        struck(&world, json!({"headers": {"x-request-id": null, "date": "Thu, 01 Jan 1970 00:00:00 GMT"}}))
            .await;
    assert!(header(&bare, "x-request-id").is_empty());
    assert_eq!(header(&bare, "date"), ["Thu, 01 Jan 1970 00:00:00 GMT"]);
    let empty = struck(&world, json!({"status": 204})).await;
    assert_eq!((status(&empty), header(&empty, "content-length"), body(&empty)), (204, vec![], vec![]));
    let seen = struck(&world, json!({"headers": headers})).await;
    assert_eq!(header(&seen, "x-ratelimit-limit"), ["many"]);
    assert_eq!(header(&seen, "x-two"), ["a", "b"]);
    assert_eq!(header(&seen, "x-cjk"), ["智服"]);
}

#[tokio::test]
async fn changes_to_the_real_answer() {
    let server = server().await;
    let world = world(&server).await;
    let patch = json!({"patch": {"code": null, "data": {"total": -1, "extra": {"a": 1}}}});
    let seen = document(&struck(&world, patch).await);
    assert_eq!(
        (&seen["data"]["total"], &seen["data"]["extra"], seen.get("code")),
        (&json!(-1), &json!({"a": 1}), None)
    );
    assert_eq!(seen["data"]["items"].as_array().unwrap().len(), 1);
    let set =
        json!({"set": {"/data/items/*/id": 9_007_199_254_740_993_u64, "/data/items/0/status": "archived"}});
    let seen = document(&struck(&world, set).await);
    assert_eq!(seen["data"]["items"][0]["id"], 9_007_199_254_740_993_u64);
    assert_eq!(seen["data"]["items"][0]["status"], "archived");
    assert_eq!(document(&struck(&world, json!({"set": {"/data": null}})).await)["data"], Value::Null);
    let seen = document(&struck(&world, json!({"remove": ["/data"]})).await);
    assert!(seen.get("data").is_none());
    let replace = json!({"replace": [{"find": "\"code\":200", "with": "\"code\":2e2"}]});
    assert!(struck(&world, replace).await.text().contains("\"code\":2e2"));

    let seen = struck(&world, json!({"truncate": 17})).await;
    assert_eq!((header(&seen, "content-length"), body(&seen).len()), (vec!["17".to_owned()], 17));
    assert_eq!(seen.end, Ended::Open);

    // What cannot be applied is said, not passed over.
    let seen = struck(&world, json!({"remove": ["/data/nothing"]})).await;
    assert!(status(&seen) == 500 && seen.text().contains("there is nothing at `/data/nothing`"));
}

#[tokio::test]
async fn pages_and_limits_that_are_ignored() {
    let server = server().await;
    let world = world(&server).await;
    let seen = document(&struck(&world, json!({"ignore_page": true})).await);
    assert_eq!((&seen["data"]["page"], &seen["data"]["limit"]), (&json!(1), &json!(1)));
    let seen = document(&struck(&world, json!({"ignore_limit": true, "ignore_page": true})).await);
    assert_eq!(seen["data"]["items"].as_array().unwrap().len(), 3);
}
