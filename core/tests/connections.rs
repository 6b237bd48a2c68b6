//! What the end of a connection says about the call on it: whether it was sent, and on which one it is tried again.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, SystemTime};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Barrier;
use zhifuyun::{
    BoxFuture, Client, ClientBuilder, ErrorKind, Plan, Proxy, Reason, Secret, StoredToken, TokenStore,
};
use zhifuyun_mock_server::{MockServer, wire::TlsKind, wire::gates::GateOptions};

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

/// Stands between client and server, and answers the first request of a connection with this record of its own.
async fn meddler(port: u16, record: &'static [u8]) -> u16 {
    const APPLICATION_DATA: u8 = 23;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let own = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        loop {
            let (client, _) = listener.accept().await.unwrap();
            let (mut from_client, mut to_client) = client.into_split();
            let (mut from_server, mut to_server) =
                TcpStream::connect(("127.0.0.1", port)).await.unwrap().into_split();
            tokio::spawn(async move {
                let replies = async {
                    let _ = tokio::io::copy(&mut from_server, &mut to_client).await;
                };
                let requests = async {
                    let mut sealed = 0;
                    // The first sealed record of a TLS 1.3 client ends its handshake, the second is the request.
                    while sealed < 2 {
                        let mut head = [0; 5];
                        from_client.read_exact(&mut head).await.unwrap();
                        sealed += u32::from(head[0] == APPLICATION_DATA);
                        let mut rest = vec![0; usize::from(u16::from_be_bytes([head[3], head[4]]))];
                        from_client.read_exact(&mut rest).await.unwrap();
                        if sealed < 2 {
                            to_server.write_all(&[&head[..], &rest].concat()).await.unwrap();
                        }
                    }
                };
                tokio::select! { () = replies => {}, () = requests => {} }
                to_client.write_all(record).await.unwrap();
            });
        }
    });
    own
}

#[tokio::test]
async fn a_write_that_tls_breaks_off_may_have_been_applied() {
    let server = MockServer::builder().start().await.unwrap();
    let gate = GateOptions { tls: Some(TlsKind::Good), ..GateOptions::default() };
    let gate = server.gates().open("", gate).await.unwrap();
    for record in
        [&b"\x17\x03\x03\x00\x20--------------------------------"[..], b"\x15\x03\x03\x00\x02\x02\x28"]
    {
        let port = meddler(gate.port, record).await;
        let url = gate.url.replace(&gate.port.to_string(), &port.to_string());
        let ca = gate.ca_file.clone().unwrap();
        let client = builder(&url).ca_bundle_file(ca).unwrap().build().unwrap();
        let e = client.tickets().create("t", "d").await.unwrap_err();
        assert_eq!((e.kind(), e.reason()), (ErrorKind::Connection, Reason::ConnectionClosed), "{e:?}");
        assert_eq!((e.maybe_applied(), e.attempts()), (true, 1), "{e:?}");
        let e = client.tickets().list().await.unwrap_err();
        assert_eq!((e.reason(), e.attempts()), (Reason::ConnectionClosed, 3), "{e:?}");
    }
}

/// Serves one request on each of its first connections, once it has `idle` of them, and drops each at the next
/// request. Later ones it serves as one would expect. Counts them.
async fn forgetful(idle: usize) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let seen = Arc::new(AtomicUsize::new(0));
    let (count, together) = (Arc::clone(&seen), Arc::new(Barrier::new(idle)));
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let early = count.fetch_add(1, Ordering::SeqCst) < idle;
            let together = Arc::clone(&together);
            tokio::spawn(async move {
                let mut served = false;
                while stream.read(&mut [0; 4096]).await.is_ok_and(|n| n > 0) {
                    if early {
                        if std::mem::replace(&mut served, true) {
                            return;
                        }
                        together.wait().await;
                    }
                    let body = r#"{"code":200,"data":{"items":[]}}"#;
                    let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", body.len());
                    stream.write_all((head + body).as_bytes()).await.unwrap();
                }
            });
        }
    });
    (url, seen)
}

#[tokio::test]
async fn a_read_is_tried_again_on_a_new_connection() {
    // N15: also if all that are idle are dead.
    let (url, connections) = forgetful(4).await;
    let client = builder(&url).build().unwrap();
    let four = (0..4).map(|_| client.tickets().list().send());
    for page in futures_util::future::join_all(four).await {
        assert_eq!(page.unwrap().meta().attempts, 1);
    }
    assert_eq!(connections.load(Ordering::SeqCst), 4);
    assert_eq!(client.tickets().list().await.unwrap().meta().attempts, 2);
    assert_eq!(connections.load(Ordering::SeqCst), 5);
}

/// Answers every request with a refusal whose words have no end.
async fn talkative() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            tokio::spawn(async move {
                let _ = stream.read(&mut [0; 4096]).await;
                let head = "HTTP/1.1 404 Not Found\r\ncontent-length: 9000000000\r\n\r\n<h1>Gone</h1>";
                let mut part = head.as_bytes().to_vec();
                while stream.write_all(&part).await.is_ok() {
                    part = vec![b' '; 8192];
                }
            });
        }
    });
    url
}

#[tokio::test]
async fn a_refusal_is_told_without_waiting_for_all_of_its_words() {
    let client = builder(&talkative().await).attempt_timeout(Duration::from_secs(60)).build().unwrap();
    let e = client.tickets().list().timeout(Duration::from_secs(60)).await.unwrap_err();
    assert_eq!((e.kind(), e.message()), (ErrorKind::NotFound, "there is no such resource: Gone"), "{e:?}");
}
