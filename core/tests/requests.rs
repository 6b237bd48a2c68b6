//! What goes over the wire, byte for byte, against a server that only knows what it was told.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use chrono::{DateTime, FixedOffset, NaiveDate};
use serde_json::json;
use wiremock::matchers::{any, body_json, header, method, path, query_param, query_param_is_missing};
use wiremock::{Mock, MockServer, Request, ResponseTemplate};
use zhifuyun::operations::{GroupBy, StatisticsType};
use zhifuyun::{Client, ErrorKind, Plan};

async fn server() -> MockServer {
    let server = MockServer::start().await;
    let token = json!({"access_token": "tok.en", "token_type": "Bearer", "expires_in": 3600});
    Mock::given(method("POST"))
        .and(path("/api/oauth/token"))
        .and(header("content-type", "application/json"))
        .and(body_json(
            json!({"grant_type": "client_credentials", "client_id": "id", "client_secret": "hush-hush"}),
        ))
        .respond_with(ResponseTemplate::new(200).set_body_json(token))
        .expect(1)
        .mount(&server)
        .await;
    server
}

fn client(server: &MockServer) -> Client {
    Client::builder()
        .client_id("id")
        .client_secret("hush-hush")
        // The path of the base URL is kept, with or without a slash at its end.
        .base_url(format!("{}/api/", server.uri()))
        .user_agent("shop/1.2")
        .plan(Plan::Off)
        .build()
        .unwrap()
}

fn answer(data: serde_json::Value) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(json!({"code": 200, "data": data}))
}

fn page() -> ResponseTemplate {
    answer(json!({"total": 0, "page": 1, "limit": 20, "items": []}))
}

#[tokio::test]
async fn lists_send_exactly_what_was_asked_for() {
    let server = server().await;
    Mock::given(method("GET"))
        .and(path("/api/v1/conversations"))
        .and(query_param("status", "a&b=c#中文 +%"))
        .and(query_param("start_time", "2024-01-01T02:00:00Z"))
        .and(query_param_is_missing("page"))
        .and(query_param_is_missing("end_time"))
        .and(header("authorization", "Bearer tok.en"))
        .and(header("accept", "application/json"))
        .respond_with(page())
        .expect(1)
        .mount(&server)
        .await;
    Mock::given(path("/api/v1/tickets"))
        .and(query_param("priority", "urgent"))
        .and(query_param("assignee_id", "u_9"))
        .and(query_param("page", "3"))
        .and(query_param("limit", "7"))
        .respond_with(page())
        .expect(1)
        .mount(&server)
        .await;
    let client = client(&server);
    let start: DateTime<FixedOffset> = "2024-01-01T10:00:00+08:00".parse().unwrap();
    client.conversations().list().status("a&b=c#中文 +%").start_time(start).await.unwrap();
    client.tickets().list().priority("urgent").assignee_id("u_9").page(3).limit(7).await.unwrap();
    for request in server.received_requests().await.unwrap() {
        let agent = request.headers["user-agent"].to_str().unwrap();
        assert!(agent.starts_with("zhifuyun-sdk/") && agent.ends_with(" shop/1.2"), "{agent}");
        assert!(!request.headers.contains_key("referer") && !request.headers.contains_key("cookie"));
    }
}

#[tokio::test]
async fn writes_send_exactly_what_was_given() {
    let server = server().await;
    let text = "你好 👩‍👩‍👧 𠀀 \u{202e}rtl\u{0} \"quoted\"";
    let expected = [
        (
            "POST",
            "/api/v1/conversations",
            json!({"user_id": "u1", "channel": "web", "initial_message": text}),
        ),
        ("POST", "/api/v1/conversations", json!({"user_id": "u1", "channel": "sms"})),
        ("POST", "/api/v1/tickets", json!({"title": text, "description": ""})),
        ("PATCH", "/api/v1/tickets/t%2F1", json!({"status": "resolved", "comment": text})),
        ("PATCH", "/api/v1/tickets/t1", json!({"comment": text})),
    ];
    for (verb, at, body) in &expected {
        Mock::given(method(*verb))
            .and(path(*at))
            .and(body_json(body))
            .respond_with(answer(json!({"id": "x1"})))
            .expect(1)
            .mount(&server)
            .await;
    }
    let c = client(&server);
    c.conversations().create("u1", "web").initial_message(text).await.unwrap();
    c.conversations().create("u1", "sms").await.unwrap();
    c.tickets().create(text, "").await.unwrap();
    c.tickets().update("t/1").status("resolved").comment(text).await.unwrap();
    c.tickets().update("t1").comment(text).await.unwrap();
    // Not in chunks, which small servers cannot read.
    for request in server.received_requests().await.unwrap() {
        let length = request.body.len().to_string();
        assert_eq!(request.headers["content-length"].to_str().unwrap(), length);
        assert!(!request.headers.contains_key("transfer-encoding"));
    }
}

#[tokio::test]
async fn ids_are_one_segment() {
    let server = server().await;
    Mock::given(any()).respond_with(answer(json!({"id": "x"}))).mount(&server).await;
    let c = client(&server);
    for id in ["../../oauth/token", "a/b", "a?b=c", "a#b", "%2e%2e", "对话 1", "..a"] {
        c.conversations().get(id).await.unwrap();
    }
    let paths: Vec<String> = requests(&server).await.iter().map(|r| r.url.path().to_owned()).collect();
    let ids: Vec<&str> = paths.iter().map(|p| p.strip_prefix("/api/v1/conversations/").unwrap()).collect();
    assert_eq!(
        ids,
        [
            "..%2F..%2Foauth%2Ftoken",
            "a%2Fb",
            "a%3Fb=c",
            "a%23b",
            "%252e%252e",
            "%E5%AF%B9%E8%AF%9D%201",
            "..a"
        ]
    );
}

async fn requests(server: &MockServer) -> Vec<Request> {
    let all = server.received_requests().await.unwrap();
    all.into_iter().filter(|r| r.url.path() != "/api/oauth/token").collect()
}

#[tokio::test]
async fn statistics() {
    let server = server().await;
    Mock::given(path("/api/v1/statistics"))
        .and(query_param("type", "satisfaction"))
        .and(query_param("start_date", "2024-01-01"))
        .and(query_param("end_date", "2024-01-31"))
        .and(query_param("group_by", "week"))
        .respond_with(answer(json!({
            "total_conversations": "1000", "total_tickets": 200.0, "avg_response_time": 120,
            "satisfaction_rate": null, "new_number": 1,
            "trends": [{"date": "2024-01-01", "conversations": 50, "tickets": 10, "calls": 3}]
        })))
        .mount(&server)
        .await;
    let day = |d| NaiveDate::from_ymd_opt(2024, 1, d).unwrap();
    let s = client(&server)
        .statistics()
        .get(StatisticsType::Satisfaction)
        .between(day(1), day(31))
        .group_by(GroupBy::Week)
        .await
        .unwrap();
    assert_eq!((s.total_conversations, s.total_tickets), (Some(1000), Some(200)));
    assert_eq!((s.avg_response_time, s.satisfaction_rate), (Some(120.0), None));
    assert_eq!(s.extra["new_number"], 1);
    assert_eq!((s.trends[0].date, s.trends[0].conversations), (Some(day(1)), Some(50)));
    assert_eq!(s.trends[0].extra["calls"], 3);
}

#[tokio::test]
async fn models_keep_what_they_do_not_know() {
    let server = server().await;
    let wire = json!({
        "id": 12, "user_id": 34, "channel": "whatsapp", "status": "archived",
        "created_at": "2024-01-01T10:00:00+08:00", "updated_at": "yesterday",
        "tags": ["a", {"b": null}]
    });
    Mock::given(any()).respond_with(answer(wire)).mount(&server).await;
    let c = client(&server).conversations().get("12").await.unwrap();
    assert_eq!((c.id.as_str(), c.user_id.as_deref()), ("12", Some("34")));
    assert_eq!(c.status.as_ref().unwrap().as_str(), "archived");
    assert_eq!(c.created_at.unwrap().to_rfc3339(), "2024-01-01T02:00:00+00:00");
    assert_eq!((c.updated_at, &c.extra["updated_at"]), (None, &json!("yesterday")));
    let back = serde_json::to_value(c.into_inner()).unwrap();
    assert_eq!(back["channel"], "whatsapp");
    assert_eq!(back["updated_at"], "yesterday");
    assert_eq!(back["tags"], json!(["a", {"b": null}]));
}

#[tokio::test]
async fn what_cannot_be_represented_is_an_error_that_names_the_field() {
    for (data, field) in [
        (json!({"total": 1, "page": 1, "limit": 1}), "items"),
        (json!({"total": 9_223_372_036_854_775_808_u64, "page": 1, "limit": 1, "items": []}), "total"),
        (json!({"total": 1e300, "page": 1, "limit": 1, "items": []}), "total"),
        (json!({"total": 1, "page": "99999999999999999999", "limit": 1, "items": []}), "page"),
        (json!({"total": 1, "page": 1, "limit": 1, "items": [{}]}), "id"),
        (json!({"total": 1, "page": 1, "limit": 1, "items": [{"id": {}}]}), "id"),
    ] {
        let server = server().await;
        Mock::given(any()).respond_with(answer(data.clone())).mount(&server).await;
        let e = client(&server).tickets().list().await.unwrap_err();
        assert_eq!(e.kind(), ErrorKind::Decode, "{data}");
        assert!(e.message().contains(&format!("`{field}`")), "{e}");
    }
    // Some servers write an empty list as null.
    let nothing = server().await;
    Mock::given(any()).respond_with(answer(json!({"total": 0, "items": null}))).mount(&nothing).await;
    assert!(client(&nothing).tickets().list().await.unwrap().items.is_empty());
    // What is no count is nonsense that does no harm.
    for odd in [json!(-1), json!(1.5), json!("x"), json!(true), json!([])] {
        let server = server().await;
        let data = json!({"total": odd, "page": odd, "limit": odd, "items": [{"id": "a"}]});
        Mock::given(any()).respond_with(answer(data)).mount(&server).await;
        let page = client(&server).tickets().list().limit(1).await.unwrap();
        assert_eq!((page.total, page.page, page.limit, page.has_next()), (None, 1, 1, true), "{odd}");
        assert_eq!(page.extra["total"], odd);
    }
}
