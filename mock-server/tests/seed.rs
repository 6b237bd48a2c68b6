//! Generated data and walking through all of it.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod support;

use std::collections::HashSet;

use serde_json::json;
use support::{World, ids, server};

#[tokio::test]
async fn the_same_seed_gives_the_same_bytes() {
    let server = server().await;
    let seed = |seed: u64| json!({ "seed": { "seed": seed, "conversations": 500, "tickets": 200 }, "limits": { "plan": "off" } });
    let (a, b, c) = (
        World::create(&server, seed(7)).await,
        World::create(&server, seed(7)).await,
        World::create(&server, seed(8)).await,
    );
    for path in [
        "/v1/conversations?limit=100&page=3",
        "/v1/tickets?limit=100",
        "/v1/statistics",
        "/v1/conversations/conv_000001",
    ] {
        let (a, b, c) = (a.get(path).await, b.get(path).await, c.get(path).await);
        assert_eq!((a.status, &a.body), (200, &b.body));
        assert_ne!(a.body, c.body);
    }
}

#[tokio::test]
async fn the_present_has_no_part_in_it() {
    let server = server().await;
    let seed = json!({ "conversations": 3 });
    let world = async |clock: serde_json::Value| {
        World::create(&server, json!({ "clock": clock, "seed": seed })).await
    };
    let (running, stopped) = (world(json!({})).await, world(json!({ "mode": "frozen" })).await);
    let given = world(json!({ "mode": "frozen", "at": "2025-06-01T00:00:00Z" })).await;
    let list = async |world: &World| world.get("/v1/conversations").await.body;
    let fixed = list(&running).await;
    assert_eq!(list(&stopped).await, fixed);
    let before_the_given = list(&given).await;
    assert_ne!(before_the_given, fixed);
    assert_eq!(stopped.control("POST", "/seed", seed.clone()).await.status, 200);
    assert_eq!(list(&stopped).await, fixed);
    stopped.control("PUT", "/clock", json!({ "at": "2025-06-01T00:00:00Z" })).await;
    assert_eq!(stopped.control("POST", "/seed", seed.clone()).await.status, 200);
    assert_eq!(list(&stopped).await, before_the_given);
}

#[tokio::test]
async fn every_item_is_met_once_on_the_way_through_the_pages() {
    let server = server().await;
    let world =
        World::create(&server, json!({ "seed": { "conversations": 5000 }, "limits": { "plan": "off" } }))
            .await;
    for filter in ["", "&status=closed"] {
        let mut seen = HashSet::new();
        let mut times = Vec::new();
        for page in 1.. {
            let data = world.get(&format!("/v1/conversations?limit=100&page={page}{filter}")).await.data();
            let found = ids(&data);
            if found.is_empty() {
                assert_eq!(data["total"].as_u64(), Some(seen.len() as u64));
                break;
            }
            let items = data["items"].as_array().unwrap();
            times.extend(items.iter().map(|item| item["created_at"].as_str().unwrap().to_owned()));
            for id in found {
                assert!(seen.insert(id));
            }
        }
        assert!(times.is_sorted_by(|newer, older| newer >= older));
        assert!(!filter.is_empty() || seen.len() == 5000);
    }
}

#[tokio::test]
async fn seeding_replaces_the_data() {
    let server = server().await;
    let world = World::create(&server, json!({ "conversations": [{}], "seed": { "tickets": 3 } })).await;
    assert_eq!(world.get("/v1/tickets").await.data()["total"], 3);
    let answer = world.control("POST", "/seed", json!({ "seed": 1, "conversations": 5 })).await;
    assert_eq!(answer.json(), json!({ "conversations": 5, "tickets": 0 }));
    for bad in [json!({ "days": 0 }), json!({ "conversations": 3_000_000 }), json!({ "sead": 1 })] {
        assert_eq!(world.control("POST", "/seed", bad).await.status, 400);
    }
}
