//! Webhooks as a receiver sees them: a socket, raw headers, raw body, and signatures computed anew.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod support;
mod webhooks_support;

use std::time::Instant;

use serde_json::{Value, json};
use support::server;
use webhooks_support::*;

#[tokio::test]
async fn an_operation_is_told_and_signed_as_the_standard_says() {
    let server = server().await;
    let receiver = Receiver::start().await;
    let world = world(&server, json!([{"url": receiver.url}])).await;
    world.call("POST", "/v1/tickets", json!({"title": "产品咨询", "priority": "medium"})).await.data();
    settle(&world).await;
    let hits = receiver.hits();
    let hit = &hits[0];
    assert_eq!(hits.len(), 1);
    assert!(hit.head.starts_with("POST /hook?x=1 HTTP/1.1\r\n"), "{}", hit.head);
    assert_eq!(hit.header("content-type"), "application/json");
    assert!(hit.header("webhook-id").starts_with("evt_") && !hit.header("webhook-id").contains('.'));
    assert_eq!(hit.header("webhook-timestamp"), "1767225600");
    assert!(hit.signed_with(SECRET));
    let payload: Value = serde_json::from_slice(&hit.body).unwrap();
    assert_eq!(
        (&payload["event"], &payload["timestamp"]),
        (&json!("ticket.created"), &json!("2026-01-01T00:00:00Z"))
    );
    assert_eq!(payload["data"]["title"], "产品咨询");
    // Whoever verifies a re-serialised body must find out here.
    assert_ne!(hit.body, payload.to_string().into_bytes());
    assert!(
        String::from_utf8(hit.body.clone())
            .unwrap()
            .starts_with("{\"event\":\"ticket.created\",\"timestamp\":")
    );

    let log = ok(&world, "GET", "/webhooks/deliveries", Value::Null).await["deliveries"][0].clone();
    assert_eq!((&log["state"], &log["attempts"][0]["status"]), (&json!("delivered"), &json!(200)));
    assert_eq!(log["attempts"][0]["answer"], "body");
    assert_eq!(log["attempts"][0]["body"].as_str().unwrap().as_bytes(), hit.body);
    assert!(log["attempts"][0]["duration_ms"].as_f64().unwrap() > 0.0);
}

#[tokio::test]
async fn every_documented_event_reaches_those_who_want_it() {
    let server = server().await;
    let (all, some) = (Receiver::start().await, Receiver::start().await);
    let world = world(
        &server,
        json!([{"url": all.url}, {"url": some.url, "events": ["ticket.resolved", "conversation.closed"]},
               {"url": some.url, "enabled": false}]),
    )
    .await;
    let ticket = world.call("POST", "/v1/tickets", json!({"title": "t"})).await.data();
    let path = format!("/v1/tickets/{}", ticket["id"].as_str().unwrap());
    world.call("PATCH", &path, json!({"status": "pending"})).await.data();
    world.call("PATCH", &path, json!({"status": "resolved"})).await.data();
    let start = json!({"user_id": "u", "channel": "web", "initial_message": "你好"});
    world.call("POST", "/v1/conversations", start).await.data();
    ok(&world, "POST", "/webhooks/trigger", json!({"event": "conversation.closed"})).await;
    settle(&world).await;
    let mut kinds: Vec<String> = all
        .hits()
        .iter()
        .map(|hit| serde_json::from_slice::<Value>(&hit.body).unwrap()["event"].as_str().unwrap().to_owned())
        .collect();
    kinds.sort();
    kinds.dedup();
    let documented = [
        "conversation.closed",
        "conversation.created",
        "ticket.created",
        "ticket.resolved",
        "ticket.updated",
    ];
    assert_eq!(kinds, documented);
    assert_eq!(some.hits().len(), 2);
}

#[tokio::test]
async fn four_attempts_at_the_documented_times() {
    let server = server().await;
    let receiver = Receiver::start().await;
    receiver.plan(&["500 Broken", "302 Found", "hang up", "404 Gone"]);
    let world = world(&server, json!([{"url": receiver.url}])).await;
    let made =
        ok(&world, "POST", "/webhooks/trigger", json!({"event": "ticket.updated", "data": {"n": 1}})).await;
    let id = made["deliveries"][0]["id"].as_str().unwrap().to_owned();
    assert_eq!(made["deliveries"][0]["next_attempt_at"], "2026-01-01T00:00:01Z");
    for (seconds, hits) in [(0.5, 1), (0.5, 2), (4.0, 2), (1.0, 3), (29.0, 3), (1.0, 4), (3600.0, 4)] {
        world.advance(seconds).await;
        assert_eq!(receiver.hits().len(), hits);
    }
    let hits = receiver.hits();
    let times: Vec<u64> = hits
        .iter()
        .map(|hit| hit.header("webhook-timestamp").parse::<u64>().unwrap() - 1_767_225_600)
        .collect();
    assert_eq!(times, [0, 1, 6, 36]);
    for hit in &hits {
        assert!(hit.signed_with(SECRET));
        assert_eq!((&hit.body, hit.header("webhook-id")), (&hits[0].body, hits[0].header("webhook-id")));
    }
    let log = ok(&world, "GET", &format!("/webhooks/deliveries/{id}"), Value::Null).await;
    assert_eq!((&log["state"], &log["next_attempt_at"]), (&json!("failed"), &Value::Null));
    let errors: Vec<&str> =
        log["attempts"].as_array().unwrap().iter().map(|a| a["error"].as_str().unwrap()).collect();
    assert_eq!(&errors[..2], ["status 500", "status 302: redirects are not followed"]);
    assert!(errors[2].contains("connection closed"), "{}", errors[2]);

    let again = ok(&world, "POST", &format!("/webhooks/deliveries/{id}/resend"), Value::Null).await;
    assert_eq!((&again["state"], &again["attempts"][4]["kind"]), (&json!("delivered"), &json!("resend")));
    let hit = receiver.hits()[4].clone();
    assert_eq!(hit.header("webhook-id"), hits[0].header("webhook-id"));
    assert_eq!(hit.header("webhook-timestamp"), (1_767_225_600 + 36 + 3600).to_string());
    assert!(hit.signed_with(SECRET));
}

#[tokio::test]
async fn one_advance_runs_all_retries_and_a_success_ends_them() {
    let server = server().await;
    let receiver = Receiver::start().await;
    receiver.plan(&["500 A", "500 B"]);
    let world = world(&server, json!([{"url": receiver.url}])).await;
    world.call("POST", "/v1/tickets", json!({"title": "t"})).await.data();
    world.advance(60.0).await;
    assert_eq!(receiver.hits().len(), 3);
    let list = ok(&world, "GET", "/webhooks/deliveries?state=delivered", Value::Null).await;
    assert_eq!(list["deliveries"][0]["attempts"].as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn silence_and_nobody_there_are_failures() {
    let server = server().await;
    let receiver = Receiver::start().await;
    receiver.plan(&["silence"]);
    let world = world(
        &server,
        json!([{"url": receiver.url, "timeout_ms": 150, "retry_seconds": []},
               {"url": "http://127.0.0.1:1/", "retry_seconds": []}]),
    )
    .await;
    let started = Instant::now();
    let made = ok(&world, "POST", "/webhooks/trigger", json!({"event": "ticket.created"})).await;
    assert!(started.elapsed().as_millis() >= 150);
    let error = |n: usize| made["deliveries"][n]["attempts"][0]["error"].as_str().unwrap().to_owned();
    assert_eq!(error(0), "no answer within 150 ms");
    assert!(error(1).contains("cannot connect"), "{}", error(1));
    assert_eq!(made["deliveries"][1]["state"], "failed");
}

#[tokio::test]
async fn secrets_rotate_with_an_overlap() {
    let server = server().await;
    let receiver = Receiver::start().await;
    let world = world(&server, json!([{"id": "main", "url": receiver.url}])).await;
    let rotated = ok(&world, "POST", "/webhooks/main/rotate", json!({"overlap_seconds": 600})).await;
    let new = rotated["secrets"][0]["secret"].as_str().unwrap().to_owned();
    assert!(new != SECRET && rotated["secrets"][1]["until"] == "2026-01-01T00:10:00Z");
    let trigger = json!({"event": "ticket.created"});
    ok(&world, "POST", "/webhooks/trigger", trigger.clone()).await;
    world.advance(600.0).await;
    ok(&world, "POST", "/webhooks/trigger", trigger).await;
    let hits = receiver.hits();
    assert_eq!(hits[0].header("webhook-signature").split(' ').count(), 2);
    assert!(hits[0].signed_with(&new) && hits[0].signed_with(SECRET));
    assert_eq!(hits[1].header("webhook-signature").split(' ').count(), 1);
    assert!(hits[1].signed_with(&new) && !hits[1].signed_with(SECRET));
}
