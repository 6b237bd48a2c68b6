#![allow(clippy::unwrap_used)]

use super::super::resolve::Resolver;
use super::super::{HttpRequest, HttpTransport, Transport as _, TransportOptions};
use crate::config::Proxy;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use zhifuyun_mock_server::wire::TlsKind;
use zhifuyun_mock_server::{MockServer, wire::gates::GateOptions};

const IDLE: Duration = Duration::from_secs(20);

/// A server that answers as many requests as it has permits.
struct Server {
    url: String,
    opened: Arc<AtomicUsize>,
    closed: Arc<Semaphore>,
    permits: Arc<Semaphore>,
}

impl Server {
    async fn start(host: &str) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let server = Self {
            url: format!("http://{host}:{}", listener.local_addr().unwrap().port()),
            opened: Arc::default(),
            closed: Arc::new(Semaphore::new(0)),
            permits: Arc::new(Semaphore::new(0)),
        };
        let (opened, closed, permits) =
            (Arc::clone(&server.opened), Arc::clone(&server.closed), Arc::clone(&server.permits));
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                opened.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(answer(socket, Arc::clone(&permits), Arc::clone(&closed)));
            }
        });
        server
    }

    fn transport(&self, resolver: Resolver) -> HttpTransport {
        HttpTransport::with_resolver(&options(&self.url, None), resolver).unwrap()
    }

    fn answers(&self, n: usize) {
        self.permits.add_permits(n);
    }

    fn opened(&self) -> usize {
        self.opened.load(Ordering::SeqCst)
    }
}

async fn answer(mut socket: TcpStream, permits: Arc<Semaphore>, closed: Arc<Semaphore>) {
    let mut buffer = [0; 4096];
    while socket.read(&mut buffer).await.is_ok_and(|n| n > 0) {
        permits.acquire().await.unwrap().forget();
        socket.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok").await.unwrap();
    }
    closed.add_permits(1);
}

fn options(url: &str, ca_bundle: Option<Arc<[u8]>>) -> TransportOptions {
    TransportOptions {
        base_url: url.parse().unwrap(),
        // Paused time jumps ahead while the sockets are busy.
        connect_timeout: Duration::from_secs(1_000_000),
        pool_idle_timeout: IDLE,
        proxy: Proxy::None,
        ca_bundle,
        user_agent: String::new(),
        max_response_bytes: 1 << 20,
    }
}

async fn get(transport: &HttpTransport, fresh: bool) -> u16 {
    let request = HttpRequest { fresh, ..HttpRequest::get("/v1/tickets") };
    transport.send(request).await.unwrap().status
}

#[tokio::test(start_paused = true)]
async fn an_idle_connection_is_used_again_until_its_time_is_up() {
    let server = Server::start("127.0.0.1").await;
    let transport = server.transport(Resolver::SYSTEM);
    server.answers(4);
    get(&transport, false).await;
    get(&transport, false).await;
    assert_eq!(server.opened(), 1);
    tokio::time::advance(IDLE).await;
    get(&transport, false).await;
    assert_eq!(server.opened(), 2);
    get(&transport, true).await;
    assert_eq!(server.opened(), 3, "fresh");
}

#[tokio::test(start_paused = true)]
async fn connections_that_nobody_uses_are_closed() {
    let server = Server::start("127.0.0.1").await;
    let transport = server.transport(Resolver::SYSTEM);
    server.answers(3);
    let three = [(); 3].map(|()| get(&transport, false));
    futures_util::future::join_all(three).await;
    // Nothing else happens: time goes on by itself.
    let all = server.closed.acquire_many(u32::try_from(server.opened()).unwrap()).await;
    all.unwrap().forget();
    assert!(!transport.pool.0.state().swept, "the sweeper leaves when there is nothing to do");
}

#[tokio::test]
async fn a_call_takes_what_comes_free_before_its_own_connection_is_open() {
    static LOOKUPS: AtomicUsize = AtomicUsize::new(0);
    // Only the first connection ever finds the server.
    let slow = Resolver(|_| {
        Box::pin(async {
            if LOOKUPS.fetch_add(1, Ordering::SeqCst) > 0 {
                std::future::pending::<()>().await;
            }
            Ok(vec![SocketAddr::from((Ipv4Addr::LOCALHOST, 0))].into_iter())
        })
    });
    let server = Server::start("slow.example").await;
    let transport = server.transport(slow);
    let calls = [(); 3].map(|()| get(&transport, false));
    server.answers(3);
    assert_eq!(futures_util::future::join_all(calls).await, [200; 3]);
    assert_eq!((server.opened(), LOOKUPS.load(Ordering::SeqCst)), (1, 3));
}

#[tokio::test]
async fn calls_that_cannot_connect_leave_nothing_behind() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let transport = HttpTransport::new(&options(&url, None)).unwrap();
    for _ in 0..3 {
        assert!(transport.send(HttpRequest::get("/")).await.unwrap_err().not_sent);
    }
    assert_eq!(transport.pool.0.state().waiting.len(), 1, "the last one, until the next comes");
}

#[tokio::test]
async fn one_http2_connection_carries_all_requests() {
    let mock = MockServer::builder().start().await.unwrap();
    let gate = GateOptions { tls: Some(TlsKind::Good), http2: true, ..GateOptions::default() };
    let gate = mock.gates().open("", gate).await.unwrap();
    let ca = std::fs::read(gate.ca_file.unwrap()).unwrap();
    let transport = HttpTransport::new(&options(&gate.url, Some(ca.into()))).unwrap();
    let many = || futures_util::future::join_all([(); 8].map(|()| get(&transport, false)));
    assert_eq!(many().await, [401; 8]);
    let opened = mock.gates().status(gate.id).unwrap().accepted;
    assert_eq!(many().await, [401; 8]);
    assert_eq!(mock.gates().status(gate.id).unwrap().accepted, opened);
}
