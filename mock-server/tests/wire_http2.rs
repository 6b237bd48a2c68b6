//! HTTP/2: ordinary exchanges and faults of framing, seen by the `h2` client.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

mod wire_support;

use std::time::Duration;

use bytes::Bytes;
use h2::Reason;
use h2::client::SendRequest;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use wire_support::{BODY, PATIENCE, start};
use zhifuyun_mock_server::wire::{Behaviour, Listening, RequestLimit, WireOptions};

type Connection = JoinHandle<Result<(), h2::Error>>;

async fn server(behaviour: Behaviour) -> Listening {
    start(WireOptions { http2: true, behaviour, ..WireOptions::default() }).await
}

async fn connect(server: &Listening) -> (SendRequest<Bytes>, Connection) {
    let tcp = TcpStream::connect(server.address()).await.unwrap();
    let (client, connection) = h2::client::handshake(tcp).await.unwrap();
    (client, tokio::spawn(connection))
}

/// One request: the status, the body as far as it came, and the error that ended it.
async fn ask(client: &mut SendRequest<Bytes>, fault: Value) -> (u16, Vec<u8>, Option<h2::Error>) {
    use base64::Engine as _;
    let mut request = http::Request::builder().uri("http://localhost/x");
    if !fault.is_null() {
        let fault = base64::engine::general_purpose::STANDARD.encode(fault.to_string());
        request = request.header("x-fault", fault);
    }
    let mut all = Vec::new();
    let sent = std::future::poll_fn(|cx| client.poll_ready(cx)).await;
    if let Err(error) = sent {
        return (0, all, Some(error));
    }
    let (response, _) = match client.send_request(request.body(()).unwrap(), true) {
        Ok(sent) => sent,
        Err(error) => return (0, all, Some(error)),
    };
    let response = match response.await {
        Ok(response) => response,
        Err(error) => return (0, all, Some(error)),
    };
    let status = response.status().as_u16();
    let mut body = response.into_body();
    while let Some(data) = body.data().await {
        match data {
            Ok(data) => {
                let _ = body.flow_control().release_capacity(data.len());
                all.extend_from_slice(&data);
            }
            Err(error) => return (status, all, Some(error)),
        }
    }
    (status, all, None)
}

#[tokio::test]
async fn ordinary_answers_by_prior_knowledge_and_http1_beside_it() {
    let server = server(Behaviour::default()).await;
    let (mut client, _connection) = connect(&server).await;
    for _ in 0..3 {
        let (status, body, error) = ask(&mut client, json!(null)).await;
        assert_eq!((status, body.as_slice()), (200, BODY.as_bytes()));
        assert!(error.is_none());
    }
    assert_eq!(wire_support::again(&mut wire_support::connect(&server).await).await.body(), BODY);
}

#[tokio::test]
async fn goaway_with_and_without_an_answer() {
    let server = server(Behaviour::default()).await;
    let (mut client, connection) = connect(&server).await;
    let (_, _, error) = ask(&mut client, json!({"h2": {"goaway": {"code": "enhance_your_calm"}}})).await;
    assert!(error.is_some());
    // The stream only learns that the connection is gone; the reason is the connection's.
    let error = connection.await.unwrap().unwrap_err();
    assert!(error.is_go_away() && error.reason() == Some(Reason::ENHANCE_YOUR_CALM), "{error}");

    let (mut client, _connection) = connect(&server).await;
    let (status, body, error) = ask(&mut client, json!({"h2": {"goaway": {"answer": true}}})).await;
    assert_eq!((status, body.as_slice()), (200, BODY.as_bytes()));
    assert!(error.is_none());
    let refused = async { while ask(&mut client, json!(null)).await.2.is_none() {} };
    tokio::time::timeout(PATIENCE, refused).await.expect("the connection takes no more requests");
}

#[tokio::test]
async fn streams_are_reset_before_and_inside_the_answer() {
    let server = server(Behaviour::default()).await;
    let (mut client, _connection) = connect(&server).await;
    let (_, _, error) = ask(&mut client, json!({"h2": {"rst_stream": {"code": "refused_stream"}}})).await;
    assert_eq!(error.unwrap().reason(), Some(Reason::REFUSED_STREAM));
    let fault = json!({"h2": {"rst_stream": {"code": "internal_error", "in": "body", "at": 9}}});
    let (status, body, error) = ask(&mut client, fault).await;
    assert_eq!((status, body.as_slice()), (200, &BODY.as_bytes()[..9]));
    assert_eq!(error.unwrap().reason(), Some(Reason::INTERNAL_ERROR));
    let fault = json!({"h2": {"rst_stream": {"code": "cancel", "in": "headers"}}});
    let (status, body, error) = ask(&mut client, fault).await;
    assert_eq!((status, body.len()), (200, 0));
    assert_eq!(error.unwrap().reason(), Some(Reason::CANCEL));
    // The connection itself is well.
    assert_eq!(ask(&mut client, json!(null)).await.0, 200);
}

#[tokio::test]
async fn empty_frames_dribble_and_stream_limit() {
    let behaviour = Behaviour { max_streams: Some(1), ..Behaviour::default() };
    let server = server(behaviour).await;
    let (mut client, _connection) = connect(&server).await;
    // Fewer than what the client takes for an attack.
    let (status, body, error) = ask(&mut client, json!({"h2": {"empty_data": {"frames": 20}}})).await;
    assert_eq!((status, body.as_slice(), error.is_none()), (200, BODY.as_bytes(), true));
    assert_eq!(client.current_max_send_streams(), 1);
    let (status, body, _) = ask(&mut client, json!({"dribble": {"bytes": 5, "every_ms": 2}})).await;
    assert_eq!((status, body.as_slice()), (200, BODY.as_bytes()));
}

#[tokio::test]
async fn the_connection_is_cut_frozen_and_drained() {
    let server = server(Behaviour::default()).await;
    let (mut client, _connection) = connect(&server).await;
    let (status, body, error) =
        ask(&mut client, json!({"cut": {"in": "body", "at": 6, "how": "reset"}})).await;
    assert_eq!((status, body.as_slice()), (200, &BODY.as_bytes()[..6]));
    assert!(error.unwrap().is_io());

    let (mut client, _connection) = connect(&server).await;
    let started = std::time::Instant::now();
    let (status, body, _) = ask(&mut client, json!({"stall": {"in": "body", "at": 3, "ms": 150}})).await;
    assert_eq!((status, body.as_slice()), (200, BODY.as_bytes()));
    assert!(started.elapsed() >= Duration::from_millis(150));

    // Frozen for ever: not even PING is answered.
    let tcp = TcpStream::connect(server.address()).await.unwrap();
    let (mut client, mut connection) = h2::client::handshake::<_>(tcp).await.unwrap();
    let mut ping = connection.ping_pong().unwrap();
    tokio::spawn(connection);
    ping.ping(h2::Ping::opaque()).await.unwrap();
    let asked = tokio::spawn(async move { ask(&mut client, json!({"stall": {}})).await });
    let silent = async {
        while tokio::time::timeout(Duration::from_millis(150), ping.ping(h2::Ping::opaque())).await.is_ok() {}
    };
    tokio::time::timeout(PATIENCE, silent).await.unwrap();
    assert!(!asked.is_finished());
}

#[tokio::test]
async fn a_connection_ends_after_some_requests() {
    let limit = RequestLimit { requests: 2, ..serde_json::from_value(json!({"requests": 2})).unwrap() };
    let server = server(Behaviour { close_after: Some(limit), ..Behaviour::default() }).await;
    let (mut client, connection) = connect(&server).await;
    assert_eq!(ask(&mut client, json!(null)).await.0, 200);
    assert_eq!(ask(&mut client, json!(null)).await.0, 200);
    drop(client);
    connection.await.unwrap().unwrap();
    let (mut client, _connection) = connect(&server).await;
    assert_eq!(ask(&mut client, json!(null)).await.0, 200);
}

#[tokio::test]
async fn what_needs_http1_is_said() {
    let server = server(Behaviour::default()).await;
    let (mut client, _connection) = connect(&server).await;
    let (status, body, _) = ask(&mut client, json!({"raw": "bad_chunk_size"})).await;
    assert_eq!(status, 500);
    assert!(String::from_utf8(body).unwrap().contains("needs HTTP/1.1"));
}

#[tokio::test]
async fn alpn_selects_http2() {
    // Covered from the socket upwards by the TLS tests; here the negotiated protocol is what counts.
    use rustls::pki_types::pem::PemObject;
    let authority = zhifuyun_mock_server::wire::Authority::generate().unwrap();
    let tls = authority.setup(zhifuyun_mock_server::wire::TlsKind::Good).unwrap();
    let server = start(WireOptions { tls: Some(tls), http2: true, ..WireOptions::default() }).await;
    let mut roots = rustls::RootCertStore::empty();
    let pem = authority.pem();
    roots.add(rustls::pki_types::CertificateDer::from_pem_slice(pem.as_bytes()).unwrap()).unwrap();
    let mut config = rustls::ClientConfig::builder_with_provider(std::sync::Arc::new(
        rustls::crypto::ring::default_provider(),
    ))
    .with_safe_default_protocol_versions()
    .unwrap()
    .with_root_certificates(roots)
    .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec()];
    let tcp = TcpStream::connect(server.address()).await.unwrap();
    let connector = tokio_rustls::TlsConnector::from(std::sync::Arc::new(config));
    let name = rustls::pki_types::ServerName::try_from("localhost").unwrap();
    let tls = connector.connect(name, tcp).await.unwrap();
    assert_eq!(tls.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
    let (mut client, connection) = h2::client::handshake(tls).await.unwrap();
    tokio::spawn(connection);
    assert_eq!(ask(&mut client, json!(null)).await.0, 200);
}
