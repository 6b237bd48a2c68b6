//! What a world's clock takes and shows.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod support;

use serde_json::{Value, json};
use support::{World, send, server};

#[tokio::test]
async fn a_clock_shows_the_years_1970_to_9999() {
    let server = server().await;
    for (at, date) in [
        ("1970-01-01T00:00:00Z", "Thu, 01 Jan 1970 00:00:00 GMT"),
        ("9999-12-31T23:59:59Z", "Fri, 31 Dec 9999 23:59:59 GMT"),
    ] {
        let limits = json!({ "plan": 1, "retry_after": "http_date", "x_ratelimit": true });
        let document = json!({ "clock": { "mode": "frozen", "at": at }, "limits": limits });
        let world = World::create(&server, document).await;
        assert_eq!(world.get("/v1/tickets").await.header("date"), Some(date));
        let refused = world.get("/v1/tickets").await;
        assert!(refused.status == 429 && refused.header("retry-after").is_some());
        assert_eq!(world.control("POST", "/seed", json!({ "conversations": 10 })).await.status, 200);
        let rotate = format!("/keys/{}/rotate", world.client_id);
        let overlap = json!({ "overlap_seconds": 1e11 });
        assert_eq!(world.control("POST", &rotate, overlap).await.status, 200);
        let trigger = json!({ "event": "ticket.created" });
        assert_eq!(world.control("POST", "/webhooks/trigger", trigger).await.status, 200);
    }
    let world = World::create(&server, json!({ "clock": support::frozen() })).await;
    for outside in ["1969-12-31T23:59:59Z", "+10000-01-01T00:00:00Z", "0001-01-01T00:00:00Z"] {
        let document = json!({ "clock": { "mode": "frozen", "at": outside } }).to_string();
        let refused = send(server.address(), "POST", "/_mock/worlds", &[], document).await;
        assert_eq!(refused.status, 400);
        assert_eq!(refused.json()["message"], "clock.at must lie in the years 1970 to 9999");
        assert_eq!(world.control("PUT", "/clock", json!({ "at": outside })).await.status, 400);
        assert_eq!(world.control("POST", "/seed", json!({ "end": outside })).await.status, 400);
    }
    world.control("PUT", "/clock", json!({ "at": "9999-12-31T23:59:58Z" })).await;
    world.advance(1.0).await;
    let refused = world.control("POST", "/clock/advance", json!({ "seconds": 1 })).await;
    assert!(refused.status == 400 && refused.json()["message"].as_str().unwrap().contains("9999"));
    assert_eq!(world.control("GET", "/clock", Value::Null).await.json()["now"], "9999-12-31T23:59:59Z");
}

#[tokio::test]
async fn a_clock_starts_as_its_document_says() {
    let server = server().await;
    let at = "2026-01-01T00:00:00Z";
    for unclear in [json!({ "at": at }), json!({ "mode": "real", "at": at })] {
        let document = json!({ "clock": unclear }).to_string();
        let refused = send(server.address(), "POST", "/_mock/worlds", &[], document).await;
        assert!(refused.status == 400 && refused.json()["message"].as_str().unwrap().contains("offset"));
    }
    let shown = async |clock: Value| {
        let world = World::create(&server, json!({ "clock": clock })).await;
        world.control("GET", "/clock", Value::Null).await.json()
    };
    let running = shown(json!({ "mode": "offset" })).await;
    assert_eq!((&running["mode"], &running["offset_seconds"]), (&json!("offset"), &json!(0.0)));
    let shifted = shown(json!({ "mode": "offset", "at": at })).await;
    assert!(shifted["mode"] == "offset" && shifted["now"].as_str().unwrap().starts_with("2026-01-01T00:"));
    assert_eq!(shown(json!({})).await["mode"], "real");
}

#[tokio::test]
async fn what_says_when_to_come_back_is_never_too_early() {
    let server = server().await;
    let limits = json!({ "plan": 1, "model": "sliding_log", "x_ratelimit": true });
    let clock = json!({ "mode": "frozen", "at": "2026-01-01T00:00:00.250Z" });
    let world = World::create(&server, json!({ "clock": clock, "limits": limits })).await;
    world.get("/v1/tickets").await.data();
    for form in ["seconds", "http_date", "fraction"] {
        world.control("PATCH", "/options", json!({ "limits": { "retry_after": form } })).await;
        world.get("/v1/tickets").await.data();
        let refused = world.get("/v1/tickets").await;
        assert_eq!(refused.header("x-ratelimit-reset"), Some("1767225661"));
        let expected = match form {
            "seconds" => "60",
            "http_date" => "Thu, 01 Jan 2026 00:01:01 GMT",
            _ => "60.000",
        };
        assert_eq!(refused.header("retry-after"), Some(expected));
    }
}
