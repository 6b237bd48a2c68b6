//! The operations of the API and what they refuse.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod support;

use serde_json::{Value, json};
use support::{World, frozen, ids, server};

#[tokio::test]
async fn what_is_created_is_listed_fetched_and_counted() {
    let server = server().await;
    let world = World::create(&server, json!({ "clock": frozen() })).await;
    let body = json!({ "user_id": "user_123", "channel": "web", "initial_message": "你好，我想咨询产品" });
    let made = world.call("POST", "/v1/conversations", body).await;
    assert_eq!(made.json()["code"], 200);
    let made = made.data();
    assert_eq!(
        made,
        json!({
            "id": "conv_000001", "user_id": "user_123", "channel": "web", "status": "active",
            "created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-01-01T00:00:00Z",
            "initial_message": "你好，我想咨询产品",
        })
    );
    assert_eq!(world.get("/v1/conversations/conv_000001").await.data(), made);
    let list = world.get("/v1/conversations").await.data();
    assert_eq!((&list["total"], &list["page"], &list["limit"]), (&json!(1), &json!(1), &json!(20)));
    assert_eq!(ids(&list), ["conv_000001"]);
    assert!(list["items"][0].get("initial_message").is_none());

    let body = json!({ "title": "产品咨询", "description": "价格", "priority": "high", "customer_email": "a@example.com" });
    let ticket = world.call("POST", "/v1/tickets", body).await.data();
    assert_eq!((&ticket["status"], &ticket["priority"]), (&json!("open"), &json!("high")));
    world.advance(60.0).await;
    let change = json!({ "status": "resolved", "comment": "问题已解决" });
    let changed = world.call("PATCH", "/v1/tickets/ticket_000001", change).await.data();
    assert_eq!(changed["status"], "resolved");
    assert_eq!(changed["updated_at"], "2026-01-01T00:01:00Z");
    assert_eq!(
        changed["comments"],
        json!([{ "content": "问题已解决", "created_at": "2026-01-01T00:01:00Z" }])
    );
    assert_eq!(ids(&world.get("/v1/tickets?status=resolved&priority=high").await.data()), ["ticket_000001"]);
    assert_eq!(world.get("/v1/tickets?status=open").await.data()["total"], 0);

    let statistics = world.get("/v1/statistics").await.data();
    assert_eq!((&statistics["total_conversations"], &statistics["total_tickets"]), (&json!(1), &json!(1)));
    assert_eq!(statistics["trends"], json!([{ "date": "2026-01-01", "conversations": 1, "tickets": 1 }]));
}

#[tokio::test]
async fn filters_and_pages_of_conversations() {
    let server = server().await;
    let items: Vec<Value> = (1..=45)
        .map(|day| {
            let status = if day % 3 == 0 { "active" } else { "closed" };
            let at = format!("2025-{:02}-{:02}T08:00:00Z", 1 + (day - 1) / 28, 1 + (day - 1) % 28);
            json!({ "id": format!("c{day:02}"), "status": status, "created_at": at })
        })
        .collect();
    let world = World::create(&server, json!({ "conversations": items })).await;
    let first = world.get("/v1/conversations").await.data();
    assert_eq!((first["total"].as_u64(), ids(&first).len()), (Some(45), 20));
    assert_eq!(ids(&first)[..2], ["c45", "c44"]);
    let last = world.get("/v1/conversations?page=3").await.data();
    assert_eq!(ids(&last), ["c05", "c04", "c03", "c02", "c01"]);
    assert!(ids(&world.get("/v1/conversations?page=99999999999999999999").await.data()).is_empty());
    let active = world.get("/v1/conversations?status=active&limit=100").await.data();
    assert_eq!(active["total"], 15);
    assert_eq!(ids(&active)[0], "c45");
    // Both bounds are inclusive, and other zones mean the same moment.
    let range = "/v1/conversations?start_time=2025-01-02T08:00:00Z&end_time=2025-01-04T16:00:00%2B08:00";
    assert_eq!(ids(&world.get(range).await.data()), ["c04", "c03", "c02"]);
    let after = "/v1/conversations?start_time=2025-01-02T08:00:00.000001Z&end_time=2025-01-04T07:59:59.999Z";
    assert_eq!(ids(&world.get(after).await.data()), ["c03"]);
    let both = "/v1/conversations?status=active&end_time=2025-01-06T23:00:00Z";
    assert_eq!(ids(&world.get(both).await.data()), ["c06", "c03"]);
}

#[tokio::test]
async fn wrong_parameters_are_named() {
    let server = server().await;
    let world = World::create(&server, json!({ "limits": { "plan": "off" } })).await;
    for (path, fields) in [
        ("/v1/conversations?page=0", vec!["page"]),
        ("/v1/conversations?page=-1", vec!["page"]),
        ("/v1/conversations?limit=101&status=open", vec!["limit", "status"]),
        ("/v1/conversations?limit=1.5", vec!["limit"]),
        ("/v1/conversations?limit=", vec!["limit"]),
        ("/v1/conversations?page=1&page=2", vec!["page"]),
        ("/v1/conversations?start_time=2024-01-01", vec!["start_time"]),
        ("/v1/conversations?start_time=2024-01-01T00:00:00%2B08:00&end_time=x", vec!["end_time"]),
        (
            "/v1/conversations?start_time=2024-01-02T00:00:00Z&end_time=2024-01-01T00:00:00Z",
            vec!["start_time"],
        ),
        ("/v1/tickets?status=active&priority=top&assignee_id=", vec!["status", "priority", "assignee_id"]),
        ("/v1/statistics?type=tickets&group_by=year", vec!["type", "group_by"]),
        ("/v1/statistics?start_date=2024-02-30&end_date=20240101", vec!["start_date", "end_date"]),
        ("/v1/statistics?start_date=2024-02-02&end_date=2024-02-01", vec!["start_date"]),
    ] {
        let answer = world.get(path).await;
        assert_eq!(
            (answer.status, answer.fields()),
            (400, fields.iter().map(|f| (*f).to_owned()).collect()),
            "{path}"
        );
        let json = answer.json();
        assert_eq!(json["code"], 400);
        assert_eq!(json["request_id"].as_str(), answer.header("x-request-id"));
    }
    for (method, path, body, fields) in [
        ("POST", "/v1/conversations", json!({}), vec!["user_id", "channel"]),
        ("POST", "/v1/conversations", json!({ "user_id": 7, "channel": "" }), vec!["user_id", "channel"]),
        ("POST", "/v1/conversations", json!([]), vec![]),
        (
            "POST",
            "/v1/tickets",
            json!({ "title": "x".repeat(201), "priority": "top" }),
            vec!["title", "priority"],
        ),
        ("POST", "/v1/tickets", json!({ "title": "t", "customer_email": "nobody" }), vec!["customer_email"]),
        ("POST", "/v1/tickets", json!({ "title": "t", "customer_email": "" }), vec!["customer_email"]),
        ("PATCH", "/v1/tickets/nothing", json!({ "status": "done" }), vec!["status"]),
        ("PATCH", "/v1/tickets/nothing", json!({}), vec!["status"]),
    ] {
        let answer = world.call(method, path, body.clone()).await;
        assert_eq!(
            (answer.status, answer.fields()),
            (400, fields.iter().map(|f| (*f).to_owned()).collect()),
            "{body}"
        );
    }
    let lenient = json!({ "title": "t", "description": null, "priority": null, "unknown": [1] });
    assert_eq!(world.call("POST", "/v1/tickets", lenient).await.data()["priority"], "medium");
}

#[tokio::test]
async fn other_refusals_have_their_status_and_headers() {
    let server = server().await;
    let world = World::create(&server, json!({ "answers": { "max_body_bytes": 1000 } })).await;
    for path in ["/", "/v1", "/v1/conversations/nothing", "/v1/conversations/", "/v2/tickets"] {
        let answer = world.get(path).await;
        assert_eq!((answer.status, &answer.json()["code"]), (404, &json!(404)), "{path}");
    }
    let answer = world.call("PATCH", "/v1/tickets/nothing", json!({ "status": "open" })).await;
    assert_eq!(answer.status, 404);
    let answer = world.raw("DELETE", "/v1/conversations", &[], "").await;
    assert_eq!((answer.status, answer.header("allow")), (405, Some("GET, HEAD, POST")));
    for method in ["GET", "HEAD"] {
        let answer = world.raw(method, "/oauth/token", &[], "").await;
        assert_eq!((answer.status, answer.header("allow")), (405, Some("POST")), "{method}");
    }
    let bearer = format!("Bearer {}", world.token);
    let plain = [("authorization", bearer.as_str()), ("content-type", "text/plain")];
    assert_eq!(world.raw("POST", "/v1/tickets", &plain, "{}").await.status, 415);
    assert_eq!(world.raw("POST", "/v1/tickets", &plain[..1], "{}").await.status, 415);
    let large = json!({ "title": "t", "description": "x".repeat(5000) });
    assert_eq!(world.call("POST", "/v1/tickets", large).await.status, 413);
    let json_type = [("authorization", bearer.as_str()), ("content-type", "application/json; charset=utf-8")];
    assert_eq!(world.raw("POST", "/v1/tickets", &json_type, "{\"title\":").await.status, 400);
    assert_eq!(world.raw("POST", "/v1/tickets", &json_type, "").await.status, 400);
    assert_eq!(world.raw("POST", "/v1/tickets", &json_type, vec![b'"', 0xff, b'"']).await.status, 400);
    assert_eq!(world.raw("POST", "/v1/tickets", &json_type, "{\"title\":\"ok\"}").await.status, 200);
}

#[tokio::test]
async fn head_is_get_without_the_body() {
    let server = server().await;
    let world =
        json!({ "clock": frozen(), "seed": { "conversations": 3 }, "limits": { "x_ratelimit": true } });
    let world = World::create(&server, world).await;
    let bearer = format!("Bearer {}", world.token);
    for (path, status) in
        [("/v1/conversations?limit=2", 200), ("/v1/tickets?limit=x", 400), ("/v1/conversations/nothing", 404)]
    {
        let mut get = world.get(path).await;
        let mut head = world.raw("HEAD", path, &[("authorization", &bearer)], "").await;
        assert_eq!((get.status, head.status, head.body.len()), (status, status, 0), "{path}");
        let id = "x-request-id";
        assert_ne!(get.headers.remove(id), head.headers.remove(id), "{path}");
        let left = "x-ratelimit-remaining";
        let [before, after] = [&mut get, &mut head]
            .map(|answer| answer.headers.remove(left).unwrap().to_str().unwrap().parse::<u64>().unwrap());
        assert_eq!(before, after + 1, "{path}: it counts");
        assert_eq!(get.headers, head.headers, "{path}");
    }
    assert_eq!(world.raw("HEAD", "/v1/tickets", &[], "").await.status, 401);
}

#[tokio::test]
async fn statistics_group_and_choose() {
    let server = server().await;
    let conversation = |at: &str, status: &str, seconds: u32, satisfied: bool| json!({ "created_at": at, "status": status, "response_seconds": seconds, "satisfied": satisfied });
    let world = World::create(
        &server,
        json!({
            "conversations": [
                conversation("2026-01-04T23:59:59Z", "closed", 10, true),
                conversation("2026-01-05T00:00:00Z", "closed", 20, false),
                conversation("2026-01-05T10:00:00Z", "closed", 40, true),
                conversation("2026-02-01T10:00:00Z", "active", 51, true),
            ],
            "tickets": [{ "created_at": "2026-01-11T12:00:00Z" }],
        }),
    )
    .await;
    let all = world.get("/v1/statistics?group_by=week").await.data();
    assert_eq!((&all["total_conversations"], &all["avg_response_time"]), (&json!(4), &json!(30)));
    assert_eq!(all["satisfaction_rate"], json!(0.6667));
    let row = |date: &str, conversations: u32, tickets: u32| json!({ "date": date, "conversations": conversations, "tickets": tickets });
    assert_eq!(
        all["trends"],
        json!([row("2025-12-29", 1, 0), row("2026-01-05", 2, 1), row("2026-01-26", 1, 0)])
    );
    let months = world.get("/v1/statistics?group_by=month&type=conversation").await.data();
    assert_eq!(months["trends"], json!([row("2026-01-01", 3, 0), row("2026-02-01", 1, 0)]));
    let rated = world.get("/v1/statistics?group_by=month&type=satisfaction").await.data();
    assert_eq!(rated["trends"], json!([row("2026-01-01", 3, 0)]));
    let part = world.get("/v1/statistics?start_date=2026-01-05&end_date=2026-01-11&type=ticket").await.data();
    assert_eq!((&part["total_conversations"], &part["total_tickets"]), (&json!(2), &json!(1)));
    assert_eq!(part["trends"], json!([row("2026-01-11", 0, 1)]));
    let none = world.get("/v1/statistics?start_date=2030-01-01").await.data();
    assert_eq!((&none["avg_response_time"], &none["satisfaction_rate"]), (&json!(0), &json!(0.0)));
}

#[tokio::test]
async fn answers_follow_the_options() {
    let server = server().await;
    let world = World::create(
        &server,
        json!({
            "clock": frozen(),
            "answers": {
                "always_200": true, "created_status": 201, "timestamps": "offset",
                "extra_fields": { "conversation": { "tags": ["vip"], "status": "archived" }, "statistics": { "note": 1 } },
            },
        }),
    )
    .await;
    let made = world.call("POST", "/v1/conversations", json!({ "user_id": "u", "channel": "app" })).await;
    assert_eq!((made.status, &made.json()["code"]), (200, &json!(201)));
    let item = world.get("/v1/conversations/conv_000001").await.data();
    assert_eq!((&item["status"], &item["tags"]), (&json!("archived"), &json!(["vip"])));
    assert_eq!(item["created_at"], "2026-01-01T08:00:00+08:00");
    let missing = world.get("/v1/conversations/nothing").await;
    assert_eq!((missing.status, &missing.json()["code"]), (200, &json!(404)));
    assert_eq!(world.get("/v1/statistics").await.data()["note"], 1);
    assert_eq!(missing.header("date"), Some("Thu, 01 Jan 2026 00:00:00 GMT"));
    let changed = json!({ "answers": { "always_200": null, "timestamps": "epoch" } });
    assert_eq!(world.control("PATCH", "/options", changed).await.status, 200);
    assert_eq!(world.get("/v1/conversations/nothing").await.status, 404);
    assert_eq!(world.get("/v1/conversations/conv_000001").await.data()["created_at"], 1_767_225_600);
}

#[tokio::test]
async fn a_field_of_the_single_view_is_replaced_too() {
    let server = server().await;
    let world = World::create(
        &server,
        json!({
            "conversations": [{ "id": "c1", "initial_message": "hi", "extra": { "initial_message": "other" } }],
            "tickets": [{ "id": "t1", "comments": ["first"] }],
            "answers": { "extra_fields": { "ticket": { "comments": null } } },
        }),
    )
    .await;
    let conversation = world.get("/v1/conversations/c1").await;
    let ticket = world.call("PATCH", "/v1/tickets/t1", json!({ "status": "closed" })).await;
    for (answer, name, value) in
        [(conversation, "initial_message", json!("other")), (ticket, "comments", Value::Null)]
    {
        assert_eq!(String::from_utf8_lossy(&answer.body).matches(name).count(), 1);
        assert_eq!(answer.data().get(name), Some(&value));
    }
}

#[tokio::test]
async fn half_an_order_is_not_carried_out() {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let server = server().await;
    let world = World::create(&server, json!({})).await;
    let mut stream = tokio::net::TcpStream::connect(world.address).await.unwrap();
    let request = format!(
        "POST {}/v1/tickets HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {}\r\n\
         content-type: application/json\r\ncontent-length: 50\r\n\r\n{{\"title\":\"whole\"}}",
        world.prefix, world.token
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    stream.shutdown().await.unwrap();
    // The server may answer or hang up; either way it has decided when the connection ends.
    let _ = stream.read_to_end(&mut Vec::new()).await;
    assert_eq!(world.get("/v1/tickets").await.data()["total"], 0);
    let journal = world.control("GET", "/journal?method=POST&path=/v1/tickets", Value::Null).await.json();
    assert_eq!(journal["entries"][0]["code"], 400);
}

#[tokio::test]
async fn a_page_that_was_asked_for_before_shows_what_has_changed() {
    let server = server().await;
    let world = World::create(&server, json!({})).await;
    let titles = async || {
        let data = world.get("/v1/tickets?limit=5").await.data();
        let items = data["items"].as_array().unwrap().clone();
        items.iter().map(|item| format!("{} {}", item["title"], item["status"])).collect::<Vec<_>>()
    };
    assert!(titles().await.is_empty() && titles().await.is_empty());
    world.call("POST", "/v1/tickets", json!({ "title": "a" })).await.data();
    assert_eq!(titles().await, ["\"a\" \"open\""]);
    world.call("PATCH", "/v1/tickets/ticket_000001", json!({ "status": "closed" })).await.data();
    assert_eq!(titles().await, ["\"a\" \"closed\""]);
    world.control("PUT", "/snapshots/one", Value::Null).await;
    world.control("DELETE", "/tickets/ticket_000001", Value::Null).await;
    assert!(titles().await.is_empty());
    world.control("POST", "/snapshots/one/restore", Value::Null).await;
    assert_eq!(titles().await.len(), 1);
    world.control("PATCH", "/options", json!({ "answers": { "timestamps": "epoch" } })).await;
    assert!(world.get("/v1/tickets?limit=5").await.data()["items"][0]["created_at"].is_number());
    assert_eq!(world.get("/v1/tickets?limit=500").await.status, 400);
}

#[tokio::test]
async fn a_query_is_text() {
    let server = server().await;
    let world = World::create(&server, json!({})).await;
    for (query, status) in [
        ("assignee_id=%E5%AE%A2%E6%9C%8D", 200),
        ("assignee_id=100%", 200),
        ("assignee_id=%FF", 400),
        ("x=%c3%28", 400),
    ] {
        assert_eq!(world.get(&format!("/v1/tickets?{query}")).await.status, status, "{query}");
    }
}
