//! What happens on the way (FAULTS table N), against gates and socket faults of the mock server.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};
use zhifuyun::{Client, ClientBuilder, ErrorKind, Plan, Proxy, Reason, Secret};
use zhifuyun_mock_server::wire::{TlsKind, gates::GateOptions};
use zhifuyun_mock_server::{MockServer, limits};

async fn server() -> MockServer {
    MockServer::builder().seed(42, 20, 20).plan(limits::Plan::Off).start().await.unwrap()
}

fn builder(server: &MockServer) -> ClientBuilder {
    Client::builder()
        .client_id(server.client_id())
        .client_secret(server.client_secret())
        .base_url(server.url())
        .plan(Plan::Off)
        .proxy(Proxy::None)
}

/// A read and a write against an action: reason and attempts of the read (`None`: it succeeds), whether the write
/// may have been applied.
async fn check(action: Value, read: Option<Reason>, read_attempts: u32, write_maybe: bool) {
    let server = server().await;
    server.add_fault(json!({"match": {"path": "/v1/tickets"}, "action": action})).unwrap();
    let client = builder(&server).attempt_timeout(Duration::from_millis(400)).build().unwrap();
    match (client.tickets().list().await, read) {
        (Err(e), Some(reason)) => {
            assert_eq!((e.reason(), e.attempts()), (reason, read_attempts), "{action}: {e:?}");
            assert!(!e.maybe_applied() && !e.to_string().contains("http://"), "{e}");
        }
        (Ok(page), None) => assert_eq!(page.items.len(), 20, "{action}"),
        (got, want) => panic!("{action}: wanted {want:?}, got {got:?}"),
    }
    if read.is_some() {
        let e = client.tickets().create("t", "d").await.unwrap_err();
        assert_eq!((e.maybe_applied(), e.attempts()), (write_maybe, 1), "{action}: {e:?}");
    }
    // The client is as good as before.
    client.conversations().list().await.unwrap();
}

#[tokio::test]
async fn broken_answers() {
    use Reason::*;
    let cut = |place: &str, at: u32, how: &str| json!({"wire": {"cut": {"in": place, "at": at, "how": how}}});
    check(cut("start", 0, "fin"), Some(ConnectionClosed), 3, true).await; // N6
    check(cut("start", 0, "reset"), Some(ConnectionClosed), 3, true).await; // N7
    check(cut("headers", 20, "reset"), Some(ConnectionClosed), 3, true).await; // N8
    check(cut("headers", 20, "fin"), Some(ConnectionClosed), 3, true).await; // N9
    check(cut("body", 30, "reset"), Some(BodyInterrupted), 3, true).await; // N10
    check(cut("body", 30, "fin"), Some(BodyInterrupted), 3, true).await; // N11
}

#[tokio::test]
async fn named_answers() {
    let raw = |name: &str| json!({"wire": {"raw": name}});
    for (name, read, attempts) in [
        ("bad_chunk_size", Some(Reason::Protocol), 3),
        ("missing_last_chunk", Some(Reason::BodyInterrupted), 3),
        ("chunk_size_overflow", Some(Reason::Protocol), 3),
        ("content_length_twice", Some(Reason::Protocol), 3),
        ("content_length_negative", Some(Reason::Protocol), 3),
        ("header_space", Some(Reason::Protocol), 3),
        ("header_nul", Some(Reason::Protocol), 3),
        ("ssh_banner", Some(Reason::Protocol), 3),
        ("tls_alert", Some(Reason::Protocol), 3),
    ] {
        check(raw(name), read, attempts, true).await;
    }
}

#[tokio::test]
async fn slow_answers() {
    // N16, N17, N18: the attempt's deadline ends them, and names the phase.
    let head = json!({"wire": {"dribble": {"bytes": 1, "every_ms": 50, "part": "headers"}}});
    let body = json!({"wire": {"dribble": {"bytes": 1, "every_ms": 50, "part": "body"}}});
    check(head, Some(Reason::ResponseTimeout), 3, true).await;
    check(body, Some(Reason::BodyTimeout), 3, true).await;
    check(json!({"delay_ms": 2_000}), Some(Reason::ResponseTimeout), 3, true).await;
}

#[tokio::test]
async fn redirects_are_never_followed() {
    for status in [301, 302, 303, 307, 308] {
        let action = json!({"redirect": {"status": status, "location": "http://127.0.0.1:1/evil?x=1"}});
        let server = server().await;
        server.add_fault(json!({"match": {"path": "/oauth/token"}, "action": action})).unwrap();
        let e = builder(&server).build().unwrap().authenticate().await.unwrap_err();
        assert_eq!((e.reason(), e.http_status()), (Reason::UnexpectedRedirect, Some(status)));
        assert!(e.to_string().contains("127.0.0.1") && !e.to_string().contains("evil"), "{e}");
    }
}

#[tokio::test]
async fn large_bodies_are_refused_before_they_fill_memory() {
    // N33, N34
    for action in [json!({"body": {"gzip_bomb_mb": 256}}), json!({"body": {"megabytes": 64}})] {
        let server = server().await;
        server.add_fault(json!({"match": {"path": "/v1/tickets"}, "action": action})).unwrap();
        let client = builder(&server).max_response_bytes(1 << 20).build().unwrap();
        let e = client.tickets().list().await.unwrap_err();
        assert_eq!((e.kind(), e.reason(), e.attempts()), (ErrorKind::Decode, Reason::BodyTooLarge, 1));
    }
}

#[tokio::test]
async fn no_connection() {
    // N2: nothing listens there.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let server = server().await;
    let dead = builder(&server).base_url(format!("http://127.0.0.1:{port}")).build().unwrap();
    let e = dead.authenticate().await.unwrap_err();
    assert_eq!((e.kind(), e.reason()), (ErrorKind::Connection, Reason::Connect), "{e}");

    // N1: no such name (RFC 6761 reserves .invalid).
    let nowhere = builder(&server).base_url("https://api.zhifuyun.invalid").build().unwrap();
    let e = nowhere.authenticate().await.unwrap_err();
    assert_eq!((e.kind(), e.reason()), (ErrorKind::Connection, Reason::Dns), "{e}");
    assert!(e.to_string().contains("api.zhifuyun.invalid"));

    // N3: the backlog is full.
    let gate =
        server.gates().open("", GateOptions { unanswered: true, ..GateOptions::default() }).await.unwrap();
    let hanging = builder(&server)
        .base_url(gate.url)
        .connect_timeout(Duration::from_millis(150))
        .max_retries(0)
        .build()
        .unwrap();
    let start = Instant::now();
    let e = hanging.authenticate().await.unwrap_err();
    assert_eq!((e.kind(), e.reason()), (ErrorKind::Timeout, Reason::ConnectTimeout), "{e}");
    assert!(start.elapsed() < Duration::from_secs(2));
}

#[tokio::test]
async fn tls() {
    // N41
    let server = server().await;
    for (kind, want) in [
        (TlsKind::Good, None),
        (TlsKind::Tls12, None),
        (TlsKind::Expired, Some(Reason::Tls)),
        (TlsKind::NotYetValid, Some(Reason::Tls)),
        (TlsKind::WrongHost, Some(Reason::Tls)),
        (TlsKind::SelfSigned, Some(Reason::Tls)),
        (TlsKind::UnknownCa, Some(Reason::Tls)),
        (TlsKind::Tls11, Some(Reason::Tls)),
        (TlsKind::Alert, Some(Reason::Tls)),
        (TlsKind::Stall, Some(Reason::ConnectTimeout)),
    ] {
        let options = GateOptions { tls: Some(kind), http2: true, ..GateOptions::default() };
        let gate = server.gates().open("", options).await.unwrap();
        let ca = gate.ca_file.clone().unwrap();
        let client = builder(&server)
            .base_url(gate.url)
            .ca_bundle_file(ca)
            .unwrap()
            .connect_timeout(Duration::from_millis(500))
            .max_retries(0)
            .build()
            .unwrap();
        let got = client.conversations().list().await;
        match want {
            None => assert_eq!(got.unwrap().items.len(), 20),
            Some(reason) => {
                let e = got.unwrap_err();
                assert_eq!(
                    (e.reason(), e.is_transient()),
                    (reason, reason != Reason::Tls),
                    "{kind:?}: {e:?}"
                );
            }
        }
    }
    // Without the bundle the authority is unknown.
    let gate = GateOptions { tls: Some(TlsKind::Good), ..GateOptions::default() };
    let gate = server.gates().open("", gate).await.unwrap();
    let e = builder(&server).base_url(gate.url).build().unwrap().authenticate().await.unwrap_err();
    assert_eq!((e.kind(), e.reason()), (ErrorKind::Connection, Reason::Tls));
    // https to a plain port, and the other way round (N32).
    let e = builder(&server).base_url(server.url().replace("http:", "https:")).build().unwrap();
    assert_eq!(e.authenticate().await.unwrap_err().reason(), Reason::Tls);
}

#[tokio::test]
async fn connections_that_the_server_closed_meanwhile_are_not_noticed() {
    // N14
    let server = server().await;
    let behaviour = serde_json::from_value(json!({"close_after": {"requests": 3}})).unwrap();
    let gate = server.gates().open("", GateOptions { behaviour, ..GateOptions::default() }).await.unwrap();
    let client = builder(&server).base_url(gate.url).build().unwrap();
    for _ in 0..300 {
        client.conversations().list().limit(1).await.unwrap();
    }
}

#[tokio::test]
async fn a_dead_http2_connection_is_noticed_before_the_attempt_times_out() {
    // N42: everything on the connection freezes, also the answers to PING.
    let server = server().await;
    server.add_fault(json!({"match": {"path": "/v1/tickets"}, "action": {"wire": {"stall": {}}}})).unwrap();
    let options = GateOptions { tls: Some(TlsKind::Good), http2: true, ..GateOptions::default() };
    let gate = server.gates().open("", options).await.unwrap();
    let client = builder(&server)
        .base_url(gate.url)
        .ca_bundle_file(gate.ca_file.unwrap())
        .unwrap()
        .attempt_timeout(Duration::from_secs(300))
        .timeout(Duration::from_secs(300))
        .max_retries(0)
        .build()
        .unwrap();
    let e = client.tickets().list().await.unwrap_err();
    assert_eq!((e.kind(), e.reason()), (ErrorKind::Connection, Reason::ConnectionClosed), "{e:?}");
    assert!(e.message().contains("did not react"), "{e:?}");
}

#[tokio::test]
async fn an_http2_answer_is_read_to_the_end_of_its_stream() {
    // All of the body at once, and the end of the stream in a frame of its own.
    let later = json!({"dribble": {"bytes": 1 << 20, "every_ms": 200, "part": "body"}});
    let server = server().await;
    server.add_fault(json!({"match": {"path": "/v1/tickets"}, "action": {"wire": later}})).unwrap();
    let options = GateOptions { tls: Some(TlsKind::Good), http2: true, ..GateOptions::default() };
    let gate = server.gates().open("", options).await.unwrap();
    let client = builder(&server).base_url(gate.url).ca_bundle_file(gate.ca_file.unwrap()).unwrap();
    let client = client.build().unwrap();
    client.authenticate().await.unwrap();
    let start = Instant::now();
    client.tickets().list().limit(1).await.unwrap();
    assert!(start.elapsed() >= Duration::from_millis(200), "left before the end, which cancels the stream");
}

/// A proxy that answers every request with these bytes and hangs up; counts its connections.
async fn proxy(answer: &'static [u8]) -> (u16, Arc<AtomicU32>) {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let seen = Arc::new(AtomicU32::new(0));
    let count = Arc::clone(&seen);
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            count.fetch_add(1, Ordering::SeqCst);
            tokio::spawn(async move {
                let _ = stream.read(&mut [0; 4096]).await;
                let _ = stream.write_all(answer).await;
            });
        }
    });
    (port, seen)
}

#[tokio::test]
async fn proxies() {
    // N40: one that wants a password, ones that refuse or break, one that is not there.
    let server = server().await;
    let wants = b"HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n";
    let (https, http) = ("https://api.zhifuyun.com", "http://localhost:1");
    for (scheme, url, answer, connections, says) in [
        ("http", https, &wants[..], 1, "credentials"),
        ("http", http, wants, 1, "credentials"),
        ("http", https, b"HTTP/1.1 403 Forbidden\r\n\r\n", 3, "rules"),
        ("http", https, b"HTTP/1.1 502 Bad Gateway\r\n\r\n", 3, "rules"),
        ("http", https, b"SSH-2.0-x\r\n\r\n", 3, "rules"),
        ("http", https, b"", 3, "rules"),
        ("socks5h", https, b"", 3, "rules"),
        ("socks5h", https, b"\x05\xff", 1, "credentials"),
    ] {
        let (port, seen) = proxy(answer).await;
        let proxy = Proxy::Url(Secret::new(format!("{scheme}://user:hush@127.0.0.1:{port}")));
        let client = builder(&server).base_url(url).proxy(proxy).build().unwrap();
        let e = client.authenticate().await.unwrap_err();
        assert_eq!((e.kind(), e.reason()), (ErrorKind::Connection, Reason::Proxy), "{answer:?}: {e:?}");
        assert!(e.message().contains(says), "{answer:?}: {e}");
        assert_eq!(seen.load(Ordering::SeqCst), connections, "{answer:?}: {e}");
        assert!(!format!("{e} {e:?} {client:?}").contains("hush"));
    }
    for scheme in ["http", "socks5h"] {
        let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let proxy = Proxy::Url(Secret::new(format!("{scheme}://user:hush@127.0.0.1:{nobody}")));
        let client = builder(&server).base_url("https://api.zhifuyun.com").proxy(proxy).build().unwrap();
        let e = client.authenticate().await.unwrap_err();
        assert_eq!((e.kind(), e.reason()), (ErrorKind::Connection, Reason::Connect), "{scheme}: {e:?}");
        assert!(!format!("{e} {e:?}").contains("hush"));
    }
}
