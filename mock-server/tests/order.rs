//! What happens on a world's clock happens in order, however busy the machine is.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod support;
mod webhooks_support;

use serde_json::{Value, json};
use support::{World, frozen, server};
use webhooks_support::*;

/// Creates tickets, and updates and resolves each; returns the ids of the events in their order.
async fn three_events_each(world: &World, tickets: usize) -> Vec<String> {
    for _ in 0..tickets {
        let made = world.call("POST", "/v1/tickets", json!({ "title": "t" })).await.data();
        let path = format!("/v1/tickets/{}", made["id"].as_str().unwrap());
        world.call("PATCH", &path, json!({ "comment": "seen" })).await.data();
        world.call("PATCH", &path, json!({ "status": "resolved" })).await.data();
    }
    let events = ok(world, "GET", "/events", Value::Null).await;
    events["events"].as_array().unwrap().iter().map(|event| event["id"].as_str().unwrap().into()).collect()
}

async fn inbox(world: &World) -> Vec<Value> {
    ok(world, "GET", "/inbox", Value::Null).await["received"].as_array().unwrap().clone()
}

fn message_ids(received: &[Value]) -> Vec<String> {
    let id = |one: &Value| one["headers"]["webhook-id"].as_str().unwrap().to_owned();
    received.iter().map(id).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn first_attempts_and_retries_keep_the_order_of_the_events() {
    let server = server().await;
    let document =
        json!({ "clock": frozen(), "limits": { "plan": "off" }, "webhooks": [{ "url": "inbox" }] });
    let world = World::create(&server, document).await;
    ok(&world, "PUT", "/inbox/answers", json!([{ "status": 500, "times": 150 }])).await;
    let events = three_events_each(&world, 50).await;
    assert_eq!(events.len(), 150);
    settle(&world).await;
    assert_eq!(message_ids(&inbox(&world).await), events);
    assert_eq!(world.advance(60.0).await["jobs_run"], 150);
    assert_eq!(message_ids(&inbox(&world).await[150..]), events);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_advance_waits_for_a_request_that_was_delayed() {
    let server = server().await;
    for _ in 0..20 {
        let document = json!({
            "clock": frozen(), "webhooks": [{ "url": "inbox" }],
            "faults": [{ "match": { "method": "POST", "path": "/v1/tickets" }, "action": { "delay_world_ms": 1000 } }],
        });
        let world = World::create(&server, document).await;
        ok(&world, "PUT", "/inbox/answers", json!([{ "status": 500 }])).await;
        let waiting = world.call("POST", "/v1/tickets", json!({ "title": "t" }));
        let advancing = async {
            world.delayed().await;
            world.advance(7200.0).await
        };
        let (made, clock) = tokio::join!(waiting, advancing);
        assert_eq!(made.data()["created_at"], "2026-01-01T00:00:01Z");
        // Its event was told at that moment, and again a second later.
        assert_eq!((&clock["now"], &clock["jobs_run"]), (&json!("2026-01-01T02:00:00Z"), &json!(2)));
        let times: Vec<Value> = inbox(&world).await.iter().map(|one| one["at"].clone()).collect();
        assert_eq!(times, ["2026-01-01T00:00:01Z", "2026-01-01T00:00:02Z"]);
    }
}

#[tokio::test]
async fn an_advance_does_not_wait_for_a_client_that_has_gone() {
    let server = server().await;
    let document = json!({ "clock": frozen(), "faults": [{ "when": { "after": 1 }, "action": { "delay_world_ms": 1000 } }] });
    let world = World::create(&server, document).await;
    let mut gone = Box::pin(world.get("/v1/tickets"));
    tokio::select! {
        _ = &mut gone => panic!("the request was not delayed"),
        () = world.delayed() => {}
    }
    drop(gone);
    assert_eq!(world.advance(5.0).await["now"], "2026-01-01T00:00:05Z");
}

#[tokio::test]
async fn sending_again_by_hand_and_the_planned_attempts() {
    let server = server().await;
    let receiver = Receiver::start().await;
    let world = world(&server, json!([{ "url": receiver.url }])).await;
    let trigger = async || {
        let made = ok(&world, "POST", "/webhooks/trigger", json!({ "event": "ticket.updated" })).await;
        format!("/webhooks/deliveries/{}", made["deliveries"][0]["id"].as_str().unwrap())
    };
    // One that fails leaves the plan as it was.
    receiver.plan(&["500 First", "500 By hand"]);
    let delivery = trigger().await;
    let again = ok(&world, "POST", &format!("{delivery}/resend"), Value::Null).await;
    assert_eq!((&again["state"], again["attempts"].as_array().unwrap().len()), (&json!("pending"), 2));
    assert_eq!(again["next_attempt_at"], "2026-01-01T00:00:01Z");
    world.advance(1.0).await;
    assert_eq!(ok(&world, "GET", &delivery, Value::Null).await["state"], "delivered");
    assert_eq!(receiver.hits().len(), 3);

    // One that arrives makes the planned one needless.
    receiver.plan(&["500 First"]);
    let delivery = trigger().await;
    let again = ok(&world, "POST", &format!("{delivery}/resend"), Value::Null).await;
    assert_eq!((&again["state"], &again["next_attempt_at"]), (&json!("delivered"), &Value::Null));
    world.advance(3600.0).await;
    assert_eq!(receiver.hits().len(), 5);

    let endpoints = ok(&world, "GET", "/webhooks", Value::Null).await;
    let endpoint = endpoints["webhooks"][0]["id"].as_str().unwrap().to_owned();
    let bad =
        ok(&world, "POST", &format!("/webhooks/{endpoint}/bad"), json!({ "bad": "tampered_body" })).await;
    let path = format!("/webhooks/deliveries/{}/resend", bad["id"].as_str().unwrap());
    let refused = world.control("POST", &path, Value::Null).await;
    assert!(refused.status == 400 && refused.json()["message"].as_str().unwrap().contains("bad delivery"));
    world.control("DELETE", &format!("/webhooks/{endpoint}"), Value::Null).await;
    let refused = world.control("POST", &format!("{delivery}/resend"), Value::Null).await;
    assert!(refused.status == 400 && refused.json()["message"].as_str().unwrap().contains("is gone"));
}
