//! A write whose time is up before there is a connection: it was not sent, whatever the clock says.
#![allow(clippy::unwrap_used)]

use serde_json::json;
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use zhifuyun::{
    BoxFuture, Client, ClientBuilder, ErrorKind, Plan, Proxy, Reason, Secret, StoredToken, TokenStore,
};
use zhifuyun_mock_server::{MockServer, wire::gates::GateOptions};

/// Has a token for everybody, so that the write is the first request.
#[derive(Debug)]
struct Given;

impl TokenStore for Given {
    fn load<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Option<StoredToken>> {
        let now = SystemTime::now();
        let token = StoredToken::new(Secret::new("given"), now, now + Duration::from_secs(3_600));
        Box::pin(async move { Some(token) })
    }
    fn save<'a>(&'a self, _: &'a str, _: StoredToken) -> BoxFuture<'a, ()> {
        Box::pin(async {})
    }
    fn remove<'a>(&'a self, _: &'a str, _: &'a Secret) -> BoxFuture<'a, ()> {
        Box::pin(async {})
    }
}

fn builder(url: &str) -> ClientBuilder {
    let builder = Client::builder().client_id("id").client_secret("hush-hush").base_url(url);
    builder.plan(Plan::Off).proxy(Proxy::None).token_store(Arc::new(Given))
}

#[tokio::test]
async fn a_write_without_a_connection_was_not_applied() {
    let server = MockServer::builder().start().await.unwrap();
    let gate =
        server.gates().open("", GateOptions { unanswered: true, ..GateOptions::default() }).await.unwrap();
    // Less time than `connect_timeout`, for the call and for an attempt.
    let millis = Duration::from_millis;
    let short = builder(&gate.url).timeout(millis(300)).build().unwrap();
    let attempts = builder(&gate.url).attempt_timeout(millis(300)).build().unwrap();
    for (client, want) in [(short, 1), (attempts, 3)] {
        let e = client.tickets().create("t", "d").await.unwrap_err();
        assert_eq!((e.kind(), e.reason()), (ErrorKind::Timeout, Reason::ConnectTimeout), "{e:?}");
        assert_eq!((e.maybe_applied(), e.attempts()), (false, want), "{e:?}");
    }
}

#[tokio::test]
async fn a_write_without_an_answer_may_have_been_applied() {
    let server = MockServer::builder().start().await.unwrap();
    server.add_fault(json!({"match": {"path": "/v1/tickets"}, "action": {"delay_ms": 20_000}})).unwrap();
    let client = Client::builder()
        .client_id(server.client_id())
        .client_secret(server.client_secret())
        .base_url(server.url())
        .proxy(Proxy::None)
        .build()
        .unwrap();
    client.authenticate().await.unwrap();
    let e = client.tickets().create("t", "d").timeout(Duration::from_secs(1)).await.unwrap_err();
    assert_eq!((e.kind(), e.reason()), (ErrorKind::Timeout, Reason::ResponseTimeout), "{e:?}");
    assert_eq!((e.maybe_applied(), e.attempts()), (true, 1), "{e:?}");
}
