//! The control plane: worlds, clock, data, events, journal, verification, snapshots.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod support;

use serde_json::{Value, json};
use support::{World, frozen, ids, send, server};

#[tokio::test]
async fn worlds_are_separate_and_named_in_the_url() {
    let server = server().await;
    let a = World::create(&server, json!({ "id": "a", "client_id": "same", "client_secret": "s" })).await;
    let b = World::create(&server, json!({ "id": "b", "client_id": "same", "client_secret": "s" })).await;
    assert_eq!((a.prefix.as_str(), a.control.as_str()), ("/w/a", "/_mock/worlds/a"));
    a.call("POST", "/v1/tickets", json!({ "title": "only here" })).await.data();
    assert_eq!(a.get("/v1/tickets").await.data()["total"], 1);
    assert_eq!(b.get("/v1/tickets").await.data()["total"], 0);
    let foreign = format!("Bearer {}", a.token);
    assert_eq!(b.raw("GET", "/v1/tickets", &[("authorization", &foreign)], "").await.status, 401);
    let journal = b.control("GET", "/journal", Value::Null).await.json();
    let keys: Vec<&Value> =
        journal["entries"].as_array().unwrap().iter().map(|entry| &entry["key"]).collect();
    assert_eq!(
        keys,
        ["same", "same", ""].map(|key| if key.is_empty() { Value::Null } else { json!(key) }).each_ref()
    );

    let list = send(server.address(), "GET", "/_mock/worlds", &[], "").await.json();
    let names: Vec<&str> =
        list["worlds"].as_array().unwrap().iter().map(|w| w["id"].as_str().unwrap()).collect();
    assert_eq!(names, ["default", "a", "b"]);
    for (document, word) in [
        (json!({ "id": "a" }), "already"),
        (json!({ "id": "a/b" }), "letters"),
        (json!({ "clok": 1 }), "clok"),
        (json!({ "answers": { "sorted": 1 } }), "sorted"),
        (json!({ "conversations": [{ "chanel": "web" }] }), "chanel"),
        (json!({ "limits": { "plan": "gold" } }), "gold"),
        (json!({ "limits": { "burst": 5 } }), "burst"),
        (json!({ "answers": { "created_status": 204 } }), "created_status"),
    ] {
        let answer = send(server.address(), "POST", "/_mock/worlds", &[], document.to_string()).await;
        let message = answer.json()["message"].as_str().unwrap().to_owned();
        assert!(answer.status == 400 && message.contains(word), "{message}");
    }
    assert_eq!(send(server.address(), "DELETE", "/_mock/worlds/a", &[], "").await.status, 204);
    assert_eq!(a.get("/v1/tickets").await.status, 404);
    assert_eq!(send(server.address(), "DELETE", "/_mock/worlds/default", &[], "").await.status, 400);
    assert_eq!(send(server.address(), "GET", "/_mock/nothing", &[], "").await.status, 404);
    let health = send(server.address(), "GET", "/_mock/health", &[], "").await.json();
    assert_eq!(health["version"], env!("CARGO_PKG_VERSION"));
}

#[tokio::test]
async fn the_default_world_is_controlled_without_prefix() {
    let server = server().await;
    let item = json!({ "id": "c1", "status": "archived", "extra": { "weight": 1.5 } });
    let answer = send(server.address(), "POST", "/_mock/conversations", &[], item.to_string()).await;
    assert_eq!((answer.status, &answer.json()["items"][0]["weight"]), (201, &json!(1.5)));
    let view = send(server.address(), "GET", "/_mock/worlds/default", &[], "").await.json();
    assert_eq!((&view["conversations"], &view["url"]), (&json!(1), &json!(server.url())));
    assert_eq!(view["client_id"], server.client_id());
    let same = send(server.address(), "GET", "/_mock/worlds/default/journal", &[], "").await;
    assert_eq!(same.json()["entries"], json!([]));
}

#[tokio::test]
async fn strangers_do_not_reach_the_control_plane() {
    let server = server().await;
    for headers in [("host", "evil.example"), ("origin", "https://evil.example")] {
        assert_eq!(send(server.address(), "GET", "/_mock/keys", &[headers], "").await.status, 403);
    }
    let guarded = zhifuyun_mock_server::MockServer::builder().control_token("t0ken").start().await.unwrap();
    let refused = send(guarded.address(), "GET", "/_mock/keys", &[], "").await;
    assert_eq!(refused.status, 401);
    let bearer = [("authorization", "Bearer t0ken"), ("host", "mock.internal")];
    assert_eq!(send(guarded.address(), "GET", "/_mock/keys", &bearer, "").await.status, 200);
    let open = zhifuyun_mock_server::MockServer::builder().host("0.0.0.0".parse().unwrap()).start().await;
    assert!(open.unwrap_err().to_string().contains("control token"));
}

#[tokio::test]
async fn the_five_events_come_from_what_causes_them() {
    let server = server().await;
    let world = World::create(&server, json!({ "clock": frozen() })).await;
    world.call("POST", "/v1/conversations", json!({ "user_id": "u", "channel": "web" })).await.data();
    world.call("POST", "/v1/tickets", json!({ "title": "产品咨询", "priority": "low" })).await.data();
    for change in
        [json!({ "comment": "c" }), json!({ "status": "resolved" }), json!({ "status": "resolved" })]
    {
        world.call("PATCH", "/v1/tickets/ticket_000001", change).await.data();
    }
    for _ in 0..2 {
        world.control("POST", "/conversations/conv_000001/close", Value::Null).await;
    }
    let events = world.control("GET", "/events", Value::Null).await.json();
    let events = events["events"].as_array().unwrap();
    let kinds: Vec<&str> = events.iter().map(|event| event["event"].as_str().unwrap()).collect();
    assert_eq!(
        kinds,
        [
            "conversation.created",
            "ticket.created",
            "ticket.updated",
            "ticket.resolved",
            "ticket.updated",
            "conversation.closed"
        ]
    );
    let data =
        json!({ "ticket_id": "ticket_000001", "title": "产品咨询", "priority": "low", "status": "open" });
    assert_eq!((&events[1]["data"], &events[1]["timestamp"]), (&data, &json!("2026-01-01T00:00:00Z")));
    assert_eq!(world.get("/v1/conversations?status=closed").await.data()["total"], 1);
    // Data put in past the API is silent unless asked to speak.
    world.control("DELETE", "/events", Value::Null).await;
    world.control("POST", "/tickets", json!([{ "title": "silent" }])).await;
    world.control("POST", "/tickets?emit=true", json!({ "title": "heard" })).await;
    let events = world.control("GET", "/events", Value::Null).await.json();
    assert_eq!(events["events"].as_array().unwrap().len(), 1);
    assert_eq!(events["events"][0]["data"]["title"], "heard");
}

#[tokio::test]
async fn lists_drift_and_orders_differ() {
    let server = server().await;
    let items: Vec<Value> = (1..=5)
        .map(|day| json!({ "id": format!("c{day}"), "created_at": format!("2025-01-0{day}T00:00:00Z") }))
        .collect();
    let world = World::create(&server, json!({ "clock": frozen(), "conversations": items })).await;
    assert_eq!(ids(&world.get("/v1/conversations?limit=2").await.data()), ["c5", "c4"]);
    world.control("POST", "/conversations", json!({ "id": "new" })).await;
    assert_eq!(ids(&world.get("/v1/conversations?limit=2&page=2").await.data()), ["c4", "c3"]);
    world.control("DELETE", "/conversations/c5", Value::Null).await;
    assert_eq!(ids(&world.get("/v1/conversations?limit=2&page=2").await.data()), ["c3", "c2"]);
    world.control("PATCH", "/options", json!({ "answers": { "sort": "created_asc" } })).await;
    assert_eq!(ids(&world.get("/v1/conversations").await.data()), ["c1", "c2", "c3", "c4", "new"]);
    world.control("PATCH", "/options", json!({ "answers": { "sort": "updated_desc" } })).await;
    assert_eq!(ids(&world.get("/v1/conversations").await.data()), ["new", "c4", "c3", "c2", "c1"]);
    world.advance(5.0).await;
    assert_eq!(world.control("POST", "/conversations/c2/bump", Value::Null).await.status, 200);
    let list = world.get("/v1/conversations?end_time=2025-06-01T00:00:00Z&status=active").await.data();
    assert_eq!(ids(&list), ["c2", "c4", "c3", "c1"]);
    let patch = json!({ "assignee_id": "agent_9", "priority": "weird" });
    world.control("POST", "/tickets", json!({ "id": "t1" })).await;
    assert_eq!(world.control("PATCH", "/tickets/t1", patch).await.json()["priority"], "weird");
    assert_eq!(ids(&world.get("/v1/tickets?assignee_id=agent_9").await.data()), ["t1"]);
    assert_eq!(world.control("DELETE", "/tickets/t1", Value::Null).await.status, 204);
    assert_eq!(world.control("DELETE", "/tickets/t1", Value::Null).await.status, 404);
}

#[tokio::test]
async fn the_journal_shows_what_was_sent() {
    let server = server().await;
    let world = World::create(&server, json!({ "clock": frozen(), "journal_capacity": 4 })).await;
    world.get("/v1/conversations?page=2&limit=5").await;
    world.call("POST", "/v1/tickets", json!({ "title": "标题" })).await;
    world.raw("GET", "/nowhere", &[], "").await;
    let journal = world.control("GET", "/journal", Value::Null).await.json();
    let entries = journal["entries"].as_array().unwrap();
    assert_eq!(entries.len(), 4);
    assert_eq!((&entries[0]["path"], &entries[0]["key"]), (&json!("/oauth/token"), &json!(world.client_id)));
    let list = &entries[1];
    assert_eq!((&list["method"], &list["template"]), (&json!("GET"), &json!("/v1/conversations")));
    assert_eq!((&list["query"], &list["status"]), (&json!({ "page": "2", "limit": "5" }), &json!(200)));
    assert_eq!((&list["at"], &list["key"]), (&json!("2026-01-01T00:00:00Z"), &json!(world.client_id)));
    assert!(list["headers"]["authorization"].as_str().unwrap().starts_with("Bearer "));
    assert!(list["connection"].as_u64().unwrap() > 0 && list["connection_request"] == 1);
    assert_eq!((&entries[2]["json"], &entries[2]["seq"]), (&json!({ "title": "标题" }), &json!(3)));
    assert_eq!((&entries[3]["template"], &entries[3]["code"]), (&Value::Null, &json!(404)));
    let filtered = world.control("GET", "/journal?method=post&after=1", Value::Null).await.json();
    assert_eq!(filtered["entries"].as_array().unwrap().len(), 1);
    assert_eq!(world.control("GET", "/journal?metod=post", Value::Null).await.status, 400);
    world.get("/v1/tickets").await;
    let journal = world.control("GET", "/journal?limit=1", Value::Null).await.json();
    assert_eq!((&journal["dropped"], &journal["entries"][0]["seq"]), (&json!(1), &json!(5)));
    assert_eq!(world.control("DELETE", "/journal", Value::Null).await.status, 204);
    assert_eq!(world.control("GET", "/journal", Value::Null).await.json()["entries"], json!([]));
}

#[tokio::test]
async fn expectations_are_verified_and_explained() {
    let server = server().await;
    let world = World::create(&server, json!({})).await;
    for page in 1..=3 {
        world.get(&format!("/v1/conversations?page={page}&limit=100")).await;
    }
    world.call("POST", "/v1/tickets", json!({ "title": "t", "priority": "low" })).await;
    let verify = async |document: Value| world.control("POST", "/verify", document).await.json();
    let list = json!({ "method": "GET", "template": "/v1/conversations" });
    let counted = verify(json!({ "match": list, "count": 3 })).await;
    assert_eq!((&counted["ok"], &counted["seqs"]), (&json!(true), &json!([2, 3, 4])));
    assert_eq!(verify(json!({ "match": list, "count": { "min": 4 } })).await["ok"], false);
    assert_eq!(verify(json!({ "match": list, "count": { "max": 2 } })).await["ok"], false);
    assert_eq!(verify(json!({ "match": list, "after": 3, "count": 1 })).await["ok"], true);
    let body =
        json!({ "body": { "priority": "low" }, "headers": { "Content-Type": { "contains": "json" } } });
    assert_eq!(verify(json!({ "match": body, "count": 1, "after": 1 })).await["ok"], true);

    let missed =
        verify(json!({ "match": { "method": "GET", "query": { "page": "4", "limit": "100" } } })).await;
    assert_eq!(missed["ok"], false);
    let near = &missed["near_misses"][0];
    assert_eq!(near["request"], "GET /v1/conversations");
    assert_eq!(near["differences"], json!(["query.page: expected \"4\", was \"1\""]));
    // A request to the wanted path is nearer than one elsewhere, whatever else is different about it.
    let wanted =
        json!({ "method": "POST", "path": "/v1/tickets", "body": { "title": "x", "priority": "high" } });
    let missed = verify(json!({ "match": wanted })).await;
    assert_eq!(missed["near_misses"][0]["request"], "POST /v1/tickets");
    let wanted = json!({ "method": "PUT", "path": "/v1/conversations/c1", "query": { "page": "9" } });
    let missed = verify(json!({ "match": wanted })).await;
    assert_eq!(missed["near_misses"][0]["request"], "GET /v1/conversations");
    let unclear = world.control("POST", "/verify", json!({ "match": { "path": { "ends": "x" } } })).await;
    assert!(unclear.json()["message"].as_str().unwrap().contains("contains, prefix"));

    let step = |page: &str| json!({ "query": { "page": page } });
    assert_eq!(verify(json!({ "order": [step("1"), step("3")] })).await["ok"], true);
    let wrong = verify(json!({ "order": [step("3"), step("1")] })).await;
    assert_eq!((&wrong["ok"], &wrong["matched"]), (&json!(false), &json!(1)));
    assert_eq!(
        verify(json!({ "order": [step("1"), step("3")], "strict": true, "after": 1 })).await["ok"],
        false
    );
    let all = json!([step("1"), step("2"), step("3"), { "method": "POST" }]);
    assert_eq!(verify(json!({ "order": all, "strict": true, "after": 1 })).await["ok"], true);
    world.raw("GET", "/v1/tickets", &[("x-two", "a"), ("x-two", "b")], "").await;
    assert_eq!(verify(json!({ "match": { "headers": { "x-two": "a, b" } }, "count": 1 })).await["ok"], true);
    for bad in [json!({}), json!({ "match": {}, "order": [] }), json!({ "match": { "pat": 1 } })] {
        assert_eq!(world.control("POST", "/verify", bad).await.status, 400);
    }
}

#[tokio::test]
async fn snapshots_bring_everything_back() {
    let server = server().await;
    let world =
        World::create(&server, json!({ "clock": frozen(), "seed": { "conversations": 30, "tickets": 10 } }))
            .await;
    assert_eq!(world.control("PUT", "/snapshots/before", Value::Null).await.status, 200);
    world.call("PATCH", "/v1/tickets/ticket_000010", json!({ "status": "open" })).await.data();
    world.control("DELETE", "/conversations/conv_000030", Value::Null).await;
    world.control("DELETE", &format!("/keys/{}", world.client_id), Value::Null).await;
    world.advance(7200.0).await;
    assert_eq!(world.get("/v1/conversations").await.status, 401);
    world.control("PUT", "/clock", json!({ "mode": "real" })).await;
    let clock = world.control("POST", "/snapshots/before/restore", Value::Null).await;
    assert_eq!((clock.status, &clock.json()["mode"]), (200, &json!("frozen")));
    let list = world.get("/v1/conversations").await.data();
    assert_eq!((&list["total"], ids(&list)[0].as_str()), (&json!(30), "conv_000030"));
    let made =
        world.call("POST", "/v1/conversations", json!({ "user_id": "u", "channel": "web" })).await.data();
    assert_eq!((&made["id"], &made["created_at"]), (&json!("conv_000031"), &json!("2026-01-01T00:00:00Z")));
    assert_eq!(world.get("/v1/statistics").await.data()["total_conversations"], 31);
    assert_eq!(world.control("POST", "/snapshots/other/restore", Value::Null).await.status, 404);
    assert_eq!(world.control("DELETE", "/snapshots/before", Value::Null).await.status, 204);
}

#[tokio::test]
async fn the_clock_is_read_set_and_advanced() {
    let server = server().await;
    let world = World::create(&server, json!({ "clock": frozen() })).await;
    let reading = world.advance(90.5).await;
    assert_eq!((&reading["mode"], &reading["now"]), (&json!("frozen"), &json!("2026-01-01T00:01:30.500Z")));
    let back = world.control("PUT", "/clock", json!({ "at": "2020-02-02T00:00:00Z" })).await.json();
    assert_eq!(back["now"], "2020-02-02T00:00:00Z");
    let running = world.control("PUT", "/clock", json!({ "mode": "offset" })).await.json();
    assert_eq!(running["mode"], "offset");
    assert!(running["now"].as_str().unwrap().starts_with("2020-02-02T00:00:00"));
    assert_eq!(world.control("PUT", "/clock", json!({ "mode": "real" })).await.json()["offset_seconds"], 0.0);
    for bad in [json!({ "mode": "real", "at": "2020-02-02T00:00:00Z" }), json!({ "at": "noon" })] {
        assert_eq!(world.control("PUT", "/clock", bad).await.status, 400);
    }
    assert_eq!(world.control("POST", "/clock/advance", json!({ "seconds": -1 })).await.status, 400);
}

#[tokio::test]
async fn every_refusal_has_one_form() {
    let server = server().await;
    for (method, path, body, status, word) in [
        ("PUT", "/_mock/keys", "", 405, "Method"),
        ("GET", "/_mock/webhooks/deliveries?state=nope", "", 400, "nope"),
        ("GET", "/_mock/journal?limit=many", "", 400, "limit"),
        ("GET", "/_mock/gates/abc", "", 400, "abc"),
        ("POST", "/_mock/tickets?emit=maybe", "{}", 400, "emit"),
        ("POST", "/_mock/clock/advance", "{", 400, "EOF"),
        ("GET", "/_mock/nothing", "", 404, "nothing"),
    ] {
        let answer = send(server.address(), method, path, &[], body).await;
        let json = answer.json();
        assert_eq!((answer.status, &json["code"]), (status, &json!(status)), "{path}");
        assert!(json["message"].as_str().unwrap().contains(word), "{json}");
        assert_eq!(answer.header("allow").is_some(), status == 405);
    }
    // What the inbox is told to answer is nobody's refusal.
    let plan = json!([{ "status": 405, "body": "no" }]).to_string();
    send(server.address(), "PUT", "/_mock/inbox/answers", &[], plan).await;
    assert_eq!(send(server.address(), "POST", "/_mock/inbox", &[], "x").await.body, "no");

    let many: Vec<Value> = (0..2200).map(|_| json!({ "user_id": "u".repeat(1000) })).collect();
    let world = World::create(&server, json!({ "conversations": many })).await;
    assert_eq!(world.get("/v1/conversations").await.data()["total"], 2200);
}
