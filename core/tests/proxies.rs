//! The ways to the server that a proxy opens.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use zhifuyun::{Client, Error, ErrorKind, Plan, Proxy, Reason};
use zhifuyun_mock_server::{MockServer, wire::TlsKind, wire::gates::GateOptions};

/// A proxy that speaks CONNECT, SOCKS 4a and SOCKS 5, opens every connection to `port` of this machine, and keeps
/// what it was told.
async fn proxy(port: u16) -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let told = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&told);
    tokio::spawn(async move {
        loop {
            let (mut client, _) = listener.accept().await.unwrap();
            let log = Arc::clone(&log);
            tokio::spawn(async move {
                let words = match client.read_u8().await.unwrap() {
                    4 => socks4(&mut client).await,
                    5 => socks5(&mut client).await,
                    b'C' => connect(&mut client).await,
                    _ => return,
                };
                log.lock().unwrap().push(words);
                let mut server = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
                let _ = tokio::io::copy_bidirectional(&mut client, &mut server).await;
            });
        }
    });
    (address, told)
}

async fn connect(client: &mut TcpStream) -> String {
    let mut head = vec![b'C'];
    while !head.ends_with(b"\r\n\r\n") {
        head.push(client.read_u8().await.unwrap());
    }
    client.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").await.unwrap();
    String::from_utf8(head).unwrap()
}

/// SOCKS 4a: an address of 0.0.0.x announces a name after the user.
async fn socks4(client: &mut TcpStream) -> String {
    let _command = client.read_u8().await.unwrap();
    let port = client.read_u16().await.unwrap();
    let mut ip = [0; 4];
    client.read_exact(&mut ip).await.unwrap();
    let _user = until_zero(client).await;
    let host = match ip {
        [0, 0, 0, _] => until_zero(client).await,
        [a, b, c, d] => format!("{a}.{b}.{c}.{d}"),
    };
    client.write_all(&[0, 90, 0, 0, 0, 0, 0, 0]).await.unwrap();
    format!("{host}:{port}")
}

async fn until_zero(client: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    loop {
        match client.read_u8().await.unwrap() {
            0 => return String::from_utf8(bytes).unwrap(),
            byte => bytes.push(byte),
        }
    }
}

/// RFC 1928, with user and password of RFC 1929.
async fn socks5(client: &mut TcpStream) -> String {
    let methods = counted(client).await;
    let mut who = String::new();
    if methods.contains(&2) {
        client.write_all(&[5, 2]).await.unwrap();
        let _version = client.read_u8().await.unwrap();
        let (user, password) = (counted(client).await, counted(client).await);
        who = format!("{}:{}@", String::from_utf8(user).unwrap(), String::from_utf8(password).unwrap());
        client.write_all(&[1, 0]).await.unwrap();
    } else {
        client.write_all(&[5, 0]).await.unwrap();
    }
    let mut head = [0; 4];
    client.read_exact(&mut head).await.unwrap();
    let host = if head[3] == 3 {
        String::from_utf8(counted(client).await).unwrap()
    } else {
        let mut ip = vec![0; if head[3] == 1 { 4 } else { 16 }];
        client.read_exact(&mut ip).await.unwrap();
        format!("{ip:?}")
    };
    let port = client.read_u16().await.unwrap();
    client.write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0]).await.unwrap();
    format!("{who}{host}:{port}")
}

async fn counted(client: &mut TcpStream) -> Vec<u8> {
    let mut bytes = vec![0; usize::from(client.read_u8().await.unwrap())];
    client.read_exact(&mut bytes).await.unwrap();
    bytes
}

/// One call through the proxy; with `tls` to a server whose name only its certificate knows.
async fn call(tls: bool, scheme: &str) -> (Result<(), Error>, Vec<String>, u16) {
    let server = MockServer::builder().start().await.unwrap();
    let gate = GateOptions { tls: tls.then_some(TlsKind::Good), ..GateOptions::default() };
    let gate = server.gates().open("", gate).await.unwrap();
    let (address, told) = proxy(gate.port).await;
    let mut builder = Client::builder()
        .client_id(server.client_id())
        .client_secret(server.client_secret())
        .base_url(gate.url.replace("127.0.0.1", "localhost"))
        .plan(Plan::Off)
        .max_retries(0)
        .proxy(Proxy::Url(format!("{scheme}{address}").into()));
    if let Some(ca) = &gate.ca_file {
        builder = builder.ca_bundle_file(ca).unwrap();
    }
    let result = builder.build().unwrap().authenticate().await;
    let told = told.lock().unwrap().clone();
    (result, told, gate.port)
}

#[tokio::test]
async fn a_tunnel_hides_the_request_from_the_proxy() {
    let (result, told, port) = call(true, "http://user:pa%40ss@").await;
    result.unwrap();
    assert_eq!(told.len(), 1);
    let head = told[0].to_lowercase();
    assert!(head.starts_with(&format!("connect localhost:{port} http/1.1\r\n")), "{head}");
    assert!(head.contains("user-agent: zhifuyun-sdk/"), "{head}");
    // user:pa@ss
    assert!(told[0].contains(": Basic dXNlcjpwYUBzcw==\r\n"), "{head}");
}

#[tokio::test]
async fn socks_by_name_there_and_by_address_here() {
    for tls in [true, false] {
        for (scheme, want) in [
            ("socks5h://", "localhost"),
            ("socks5h://user:pass@", "user:pass@localhost"),
            ("socks4a://", "localhost"),
            ("socks4://", "127.0.0.1"),
        ] {
            let (result, told, port) = call(tls, scheme).await;
            result.unwrap_or_else(|e| panic!("{scheme} {tls}: {e:?}"));
            assert_eq!(told, [format!("{want}:{port}")], "{scheme}");
        }
        let (result, told, port) = call(tls, "socks5://").await;
        result.unwrap();
        let one_of = ["[127, 0, 0, 1]", "[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]"];
        assert!(one_of.iter().any(|ip| told == [format!("{ip}:{port}")]), "{told:?}");
    }
}

#[tokio::test]
async fn a_proxy_may_be_reached_by_tls() {
    let server = MockServer::builder().start().await.unwrap();
    let gate = GateOptions { tls: Some(TlsKind::Good), ..GateOptions::default() };
    let gate = server.gates().open("", gate).await.unwrap();
    let builder = || {
        let builder = Client::builder().client_id(server.client_id()).client_secret(server.client_secret());
        let builder =
            builder.base_url("http://api.invalid").allow_insecure(true).plan(Plan::Off).max_retries(0);
        builder.proxy(Proxy::Url(gate.url.as_str().into()))
    };
    let trusting = builder().ca_bundle_file(gate.ca_file.clone().unwrap()).unwrap().build().unwrap();
    trusting.authenticate().await.unwrap();
    let e = builder().build().unwrap().authenticate().await.unwrap_err();
    assert_eq!((e.kind(), e.reason()), (ErrorKind::Connection, Reason::Tls), "{e:?}");
    let plain = builder().proxy(Proxy::Url(server.url().replace("http:", "https:").into()));
    let e = plain.build().unwrap().authenticate().await.unwrap_err();
    assert_eq!((e.kind(), e.reason()), (ErrorKind::Connection, Reason::Tls), "no TLS there: {e:?}");
}

#[test]
fn a_proxy_that_cannot_be_is_refused_when_the_client_is_made() {
    for url in ["ftp://proxy.example", "http://", "::", "http://proxy example"] {
        let builder = Client::builder().client_id("id").client_secret("hush-hush");
        let e = builder.proxy(Proxy::Url(url.into())).build().unwrap_err();
        assert_eq!(e.kind(), ErrorKind::Config, "{url}: {e:?}");
    }
}
