//! TLS handshakes of every kind, and gates: listeners that come and go.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod wire_support;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use wire_support::{BODY, Ended, PATIENCE, Until, again, app, get, read, start};
use zhifuyun_mock_server::wire::gates::{GateOptions, Gates, routes};
use zhifuyun_mock_server::wire::{Authority, Behaviour, TlsKind, WireOptions};

fn connector(pem: &str, alpn: &[&[u8]]) -> TlsConnector {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(pem.as_bytes()) {
        roots.add(certificate.unwrap()).unwrap();
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = alpn.iter().map(|name| name.to_vec()).collect();
    TlsConnector::from(Arc::new(config))
}

async fn handshake(address: SocketAddr, pem: &str, name: &str) -> Result<TlsStream<TcpStream>, String> {
    let tcp = TcpStream::connect(address).await.unwrap();
    let name = ServerName::try_from(name.to_owned()).unwrap();
    let handshake = connector(pem, &[b"http/1.1"]).connect(name, tcp);
    match tokio::time::timeout(PATIENCE, handshake).await {
        Ok(result) => result.map_err(|error| error.to_string()),
        Err(_) => Err("no answer".into()),
    }
}

async fn tls_server(authority: &Authority, kind: TlsKind) -> zhifuyun_mock_server::wire::Listening {
    start(WireOptions { tls: Some(authority.setup(kind).unwrap()), ..WireOptions::default() }).await
}

#[tokio::test]
async fn a_good_certificate_is_good_for_three_names() {
    let authority = Authority::generate().unwrap();
    let server = tls_server(&authority, TlsKind::Good).await;
    for name in ["localhost", "127.0.0.1", "::1"] {
        let mut stream = handshake(server.address(), &authority.pem(), name).await.unwrap();
        assert_eq!(again(&mut stream).await.body(), BODY);
    }
    let path = authority.write_pem(&std::env::temp_dir()).unwrap();
    assert_eq!(std::fs::read_to_string(&path).unwrap(), authority.pem());
    std::fs::remove_file(path).unwrap();
}

#[tokio::test]
async fn bad_certificates_are_bad_in_their_own_way() {
    let authority = Authority::generate().unwrap();
    let pem = authority.pem();
    for (kind, words) in [
        (TlsKind::Expired, "expired"),
        (TlsKind::NotYetValid, "not valid yet"),
        (TlsKind::WrongHost, "not valid for name"),
        (TlsKind::SelfSigned, "UnknownIssuer"),
        (TlsKind::UnknownCa, "UnknownIssuer"),
        (TlsKind::Tls11, ""),
        (TlsKind::Alert, "HandshakeFailure"),
    ] {
        let server = tls_server(&authority, kind).await;
        let error = handshake(server.address(), &pem, "localhost").await.unwrap_err();
        assert!(error.to_lowercase().contains(&words.to_lowercase()), "{kind:?}: {error}");
        assert!(error != "no answer", "{kind:?}");
    }
    let server = tls_server(&authority, TlsKind::Stall).await;
    let unanswered = handshake(server.address(), &pem, "localhost");
    assert!(tokio::time::timeout(Duration::from_millis(300), unanswered).await.is_err());
}

#[tokio::test]
async fn the_certificate_changes_on_reconnect() {
    let authority = Authority::generate().unwrap();
    let server = tls_server(&authority, TlsKind::Swap).await;
    handshake(server.address(), &authority.pem(), "localhost").await.unwrap();
    for _ in 0..2 {
        let error = handshake(server.address(), &authority.pem(), "localhost").await.unwrap_err();
        assert!(error.contains("UnknownIssuer"), "{error}");
    }
}

#[tokio::test]
async fn tls12_is_tls12() {
    let authority = Authority::generate().unwrap();
    let server = tls_server(&authority, TlsKind::Tls12).await;
    let stream = handshake(server.address(), &authority.pem(), "localhost").await.unwrap();
    assert_eq!(stream.get_ref().1.protocol_version(), Some(rustls::ProtocolVersion::TLSv1_2));
}

#[tokio::test]
async fn faults_act_on_encrypted_connections_too() {
    let authority = Authority::generate().unwrap();
    let server = tls_server(&authority, TlsKind::Good).await;
    let ask = async |fault: Value| {
        let mut stream = handshake(server.address(), &authority.pem(), "localhost").await.unwrap();
        stream.write_all(get(fault).as_bytes()).await.unwrap();
        stream
    };
    let seen =
        read(&mut ask(json!({"cut": {"in": "body", "at": 4, "how": "reset"}})).await, Until::End).await;
    assert_eq!((seen.body().as_str(), seen.end), (&BODY[..4], Ended::Reset));
    let seen = read(&mut ask(json!({"cut": {"in": "body", "at": 4}})).await, Until::End).await;
    assert_eq!((seen.body().as_str(), seen.end), (&BODY[..4], Ended::Fin));

    let seen = read(&mut ask(json!({"cut": {"how": "reset"}})).await, Until::End).await;
    assert_eq!((seen.bytes.len(), seen.end), (0, Ended::Reset));

    // Without close_notify the client's TLS notices that something is missing.
    let fault = json!({"cut": {"in": "body", "at": 4, "how": "no_close_notify"}});
    let mut stream = ask(fault).await;
    let mut all = Vec::new();
    let error = stream.read_to_end(&mut all).await.unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::UnexpectedEof);
    assert!(all.ends_with(&BODY.as_bytes()[..4]));
}

async fn gates() -> Gates {
    let gates = Gates::default();
    gates.lead_to(app());
    gates
}

async fn ask(port: u16) -> wire_support::Seen {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    again(&mut stream).await
}

#[tokio::test]
async fn gates_open_stop_start_and_go() {
    let gates = gates().await;
    let status = gates.open("", GateOptions::default()).await.unwrap();
    assert_eq!(status.url, format!("http://127.0.0.1:{}", status.port));
    assert_eq!(ask(status.port).await.body(), BODY);

    let mut kept = TcpStream::connect(("127.0.0.1", status.port)).await.unwrap();
    assert_eq!(again(&mut kept).await.end, Ended::Open);
    let stopped = gates.stop(status.id).await.unwrap();
    assert!(!stopped.open);
    assert_ne!(read(&mut kept, Until::End).await.end, Ended::Open);
    let refused = TcpStream::connect(("127.0.0.1", status.port)).await.unwrap_err();
    assert_eq!(refused.kind(), std::io::ErrorKind::ConnectionRefused);

    let started = gates.start(status.id).await.unwrap().unwrap();
    assert_eq!((started.port, started.open, started.accepted), (status.port, true, 0));
    assert_eq!(ask(status.port).await.body(), BODY);

    let refuse = Behaviour { refuse: 1, ..Behaviour::default() };
    gates.behave(status.id, refuse).unwrap().unwrap();
    let mut stream = TcpStream::connect(("127.0.0.1", status.port)).await.unwrap();
    assert_eq!(read(&mut stream, Until::End).await.end, Ended::Reset);
    assert_eq!(gates.status(status.id).unwrap().refused, 1);

    assert_eq!(gates.list("").len(), 1);
    assert!(gates.remove(status.id).await && !gates.remove(status.id).await);
    assert!(TcpStream::connect(("127.0.0.1", status.port)).await.is_err());
}

#[tokio::test]
async fn a_full_backlog_leaves_connecting_unanswered() {
    let gates = gates().await;
    let status = gates.open("", GateOptions { unanswered: true, ..GateOptions::default() }).await.unwrap();
    let connect = TcpStream::connect(("127.0.0.1", status.port));
    assert!(tokio::time::timeout(Duration::from_millis(400), connect).await.is_err());
}

#[tokio::test]
async fn a_gate_with_tls_names_the_certificate_to_trust() {
    let gates = gates().await;
    let options = GateOptions { tls: Some(TlsKind::Good), ..GateOptions::default() };
    let status = gates.open("", options).await.unwrap();
    assert!(status.url.starts_with("https://127.0.0.1:"));
    let pem = std::fs::read_to_string(status.ca_file.unwrap()).unwrap();
    let address = SocketAddr::from(([127, 0, 0, 1], status.port));
    handshake(address, &pem, "127.0.0.1").await.unwrap();
    let expired = GateOptions { tls: Some(TlsKind::Expired), ..GateOptions::default() };
    let expired = gates.open("", expired).await.unwrap();
    let address = SocketAddr::from(([127, 0, 0, 1], expired.port));
    assert!(handshake(address, &pem, "127.0.0.1").await.unwrap_err().contains("xpired"));
}

/// A control-plane request, answered without a socket.
async fn control(app: &Router, method: &str, path: &str, body: Value) -> (u16, Value) {
    let request = http::Request::builder()
        .method(method)
        .uri(path)
        .header("content-type", "application/json")
        .body(axum::body::Body::from(body.to_string()))
        .unwrap();
    let response = tower::ServiceExt::oneshot(app.clone(), request).await.unwrap();
    let status = response.status().as_u16();
    let bytes = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
    (status, serde_json::from_slice(&bytes).unwrap_or(Value::Null))
}

#[tokio::test]
async fn gates_in_the_control_plane() {
    let gates = gates().await;
    let api = routes(gates.clone(), "");
    let (status, gate) =
        control(&api, "POST", "/gates", json!({"http2": true, "behaviour": {"refuse": 1}})).await;
    assert_eq!((status, &gate["open"], &gate["options"]["http2"]), (201, &json!(true), &json!(true)));
    let path = format!("/gates/{}", gate["id"]);
    assert_eq!(control(&api, "POST", &format!("{path}/stop"), json!({})).await.1["open"], false);
    assert_eq!(control(&api, "POST", &format!("{path}/start"), json!({})).await.1["open"], true);
    let idle = json!({"idle_close": {"after_ms": 5}});
    let (_, changed) = control(&api, "PUT", &format!("{path}/behaviour"), idle).await;
    assert_eq!(changed["options"]["behaviour"]["idle_close"], json!({"after_ms": 5, "how": "fin"}));
    assert_eq!(control(&api, "GET", "/gates", json!({})).await.1["gates"].as_array().unwrap().len(), 1);
    assert_eq!(control(&api, "GET", &path, json!({})).await.0, 200);
    assert_eq!(control(&api, "DELETE", &path, json!({})).await.0, 204);
    assert_eq!(control(&api, "DELETE", &path, json!({})).await.0, 404);
    let contradiction = json!({"unanswered": true, "http2": true});
    assert_eq!(control(&api, "POST", "/gates", contradiction).await.0, 400);
    let taken = gates.open("", GateOptions::default()).await.unwrap().port;
    assert_eq!(control(&api, "POST", "/gates", json!({"port": taken})).await.0, 409);
    gates.close();
    assert_eq!(control(&api, "POST", "/gates", json!({})).await.0, 500);
}
