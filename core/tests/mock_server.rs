//! The client against the mock server, over real sockets.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use futures_util::{StreamExt as _, TryStreamExt as _};
use serde_json::json;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use zhifuyun::models::{ConversationStatus, Priority, TicketStatus};
use zhifuyun::pagination::Consistency;
use zhifuyun::{Client, ErrorKind, Event, Plan, Reason};
use zhifuyun_mock_server::{MockServer, limits};

async fn server() -> MockServer {
    MockServer::builder().seed(42, 250, 120).plan(limits::Plan::Off).start().await.unwrap()
}

fn client(server: &MockServer) -> Client {
    Client::builder()
        .client_id(server.client_id())
        .client_secret(server.client_secret())
        .base_url(server.url())
        .plan(Plan::Off)
        .build()
        .unwrap()
}

#[tokio::test]
async fn every_operation() {
    let server = server().await;
    let client = client(&server);
    client.authenticate().await.unwrap();

    let page = client.conversations().list().page(2).limit(30).status("closed").await.unwrap();
    assert_eq!((page.items.len(), page.page, page.limit), (30, 2, 30));
    assert!(page.has_next());
    assert!(page.items.iter().all(|c| c.status == Some(ConversationStatus::Closed)));
    assert_eq!((page.meta().http_status, page.meta().code, page.meta().attempts), (200, Some(200), 1));
    assert!(page.meta().request_id.is_some());

    let one = client.conversations().get(&page.items[0].id).await.unwrap();
    assert_eq!((&one.id, one.created_at), (&page.items[0].id, page.items[0].created_at));

    let created =
        client.conversations().create("user_😀", "web").initial_message("你好 & <b>").await.unwrap();
    assert_eq!(created.user_id.as_deref(), Some("user_😀"));
    let got = client.conversations().get(&created.id).await.unwrap();
    assert_eq!(got.into_inner(), created.into_inner());

    let ticket = client
        .tickets()
        .create("产品咨询", "价格")
        .priority(Priority::High)
        .customer_email("a@b.cn")
        .await
        .unwrap();
    let ticket = client.tickets().update(&ticket.id).status("resolved").comment("好").await.unwrap();
    assert_eq!(ticket.status, Some(TicketStatus::Resolved));
    let high = client.tickets().list().priority("high").status("resolved").await.unwrap();
    assert!(high.items.iter().any(|t| t.id == ticket.id));

    let s = client.statistics().get().kind("ticket").group_by("month").await.unwrap();
    assert!(s.total_tickets.unwrap() >= 1 && !s.trends.is_empty());
}

#[tokio::test]
async fn iteration() {
    let server = server().await;
    let client = client(&server);
    for consistency in [Consistency::Fast, Consistency::Strict] {
        let mut items = client.conversations().iter().consistency(consistency);
        let mut ids = std::collections::HashSet::new();
        while let Some(c) = items.try_next().await.unwrap() {
            assert!(ids.insert(c.id));
        }
        assert_eq!(ids.len(), 250);
        assert!(items.report().complete, "{:?}", items.report());
    }
    let tickets: Vec<_> = client.tickets().list().limit(50).iter().prefetch(3).try_collect().await.unwrap();
    assert_eq!(tickets.len(), 120);
    let pages: Vec<_> = client.tickets().iter().pages().map(|p| p.unwrap().items.len()).collect().await;
    assert_eq!(pages, [100, 20]);

    let refused = client.tickets().list().limit(0).iter().try_next().await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::InvalidArgument);
    let refused = client.tickets().list().page(2).iter().try_next().await.unwrap_err();
    assert_eq!(refused.argument(), Some("page"));
}

#[tokio::test]
async fn errors_of_the_server() {
    let server = server().await;
    let client = client(&server);
    let e = client.conversations().get("no-such").await.unwrap_err();
    assert_eq!((e.kind(), e.http_status(), e.code()), (ErrorKind::NotFound, Some(404), Some(404)));
    assert_eq!(e.operation(), Some("conversations.get"));
    assert!(e.request_id().is_some());
    let line = e.to_string();
    assert!(!line.contains('\n') && !line.contains("http://"), "{line}");

    let e = client.conversations().list().status("nonsense").await.unwrap_err();
    assert_eq!((e.kind(), e.attempts()), (ErrorKind::BadRequest, 1));
    assert_eq!(e.fields()[0].field, "status");

    let wrong = Client::builder()
        .client_id(server.client_id())
        .client_secret("not-the-secret-value")
        .base_url(server.url())
        .build()
        .unwrap();
    let e = wrong.authenticate().await.unwrap_err();
    assert_eq!((e.kind(), e.reason()), (ErrorKind::Authentication, Reason::InvalidCredentials));
    assert!(!format!("{e} {e:?} {wrong:?}").contains("not-the-secret"));
}

#[tokio::test]
async fn socket_faults() {
    let reset = |action: serde_json::Value| json!({"match": {"path": "/v1/conversations"}, "when": {"first": 1}, "action": action});
    for action in [
        json!({"status": 500}),
        json!({"status": 503}),
        json!({"status": 502, "body": {"text": "<html>Bad gateway</html>"}, "content_type": "text/html"}),
    ] {
        let server = server().await;
        server.add_fault(reset(action.clone())).unwrap();
        let page = client(&server).conversations().list().await.unwrap();
        assert_eq!(page.meta().attempts, 2, "{action}");
    }
}

#[tokio::test]
async fn events_and_no_secrets_in_them() {
    let server = server().await;
    let seen = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&seen);
    let client = Client::builder()
        .client_id(server.client_id())
        .client_secret(server.client_secret())
        .base_url(server.url())
        .on_event(move |e: &Event| sink.lock().unwrap().push(format!("{e:?}")))
        .build()
        .unwrap();
    client.conversations().list().status("active").await.unwrap();
    let log = seen.lock().unwrap().join("\n");
    let names: Vec<_> = log.lines().map(|l| l.split(' ').next().unwrap()).collect();
    assert_eq!(names, ["Request", "Response", "Refresh", "Request", "Response"], "{log}");
    assert!(
        !log.contains(server.client_secret()) && !log.contains("Bearer") && !log.contains("status=active")
    );
}

#[tokio::test]
async fn dropping_a_call_cancels_it() {
    let server = server().await;
    server.add_fault(json!({"match": {"path": "/v1/tickets"}, "action": {"delay_ms": 5_000}})).unwrap();
    let client = client(&server);
    client.authenticate().await.unwrap();
    let call = client.tickets().list().send();
    tokio::time::timeout(Duration::from_millis(100), call).await.unwrap_err();
    // The client is as good as before.
    client.conversations().list().await.unwrap();
}

#[cfg(feature = "blocking")]
#[test]
fn blocking() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let server = runtime.block_on(server());
    let client = zhifuyun::blocking::Client::new(client(&server));
    client.authenticate().unwrap();
    let page = client.conversations().list().limit(7).send().unwrap();
    assert_eq!(page.items.len(), 7);
    let all: Result<Vec<_>, _> = client.tickets().list().iter().unwrap().collect();
    assert_eq!(all.unwrap().len(), 120);
    let mut pages = client.tickets().list().limit(50).iter().unwrap().prefetch(2).pages();
    assert_eq!(pages.by_ref().map(|p| p.unwrap().items.len()).sum::<usize>(), 120);
    assert_eq!(pages.report().items, 120);
    assert_eq!(client.tickets().iter().unwrap().limit(40).max_items(90).count(), 90);
    assert!(client.conversations().iter().unwrap().next().unwrap().is_ok());
    let refused: Vec<_> = client.tickets().list().limit(0).iter().unwrap().collect();
    assert_eq!(refused.len(), 1);
    std::thread::scope(|scope| {
        for _ in 0..16 {
            let client = client.clone();
            scope.spawn(move || {
                for _ in 0..20 {
                    client.conversations().list().limit(1).send().unwrap();
                }
            });
        }
    });
}

#[test]
fn the_quickstart_runs() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let server = runtime.block_on(server());
    // Built together with the tests; a cargo inside of cargo would wait for the same lock.
    let tests = std::env::current_exe().unwrap();
    let example = format!("quickstart{}", std::env::consts::EXE_SUFFIX);
    let example = tests.ancestors().nth(2).unwrap().join("examples").join(example);
    assert!(example.exists(), "not built yet: cargo build -p zhifuyun --example quickstart");
    let output = std::process::Command::new(example)
        .env("ZHIFUYUN_CLIENT_ID", server.client_id())
        .env("ZHIFUYUN_CLIENT_SECRET", server.client_secret())
        .env("ZHIFUYUN_BASE_URL", server.url())
        .output()
        .unwrap();
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{out}{err}");
    assert!(out.contains("is Some(Resolved)"), "{out}");
}
