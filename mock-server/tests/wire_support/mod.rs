//! A small application whose answers carry the fault that the request names, and a client that sees bytes.
#![allow(dead_code, reason = "each test file uses its part")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use zhifuyun_mock_server::wire::{ConnectionInfo, Listening, WireAction, WireOptions, serve};

/// The body of every answer.
pub(crate) const BODY: &str = r#"{"code":200,"data":{"n":12345}}"#;

/// Answers `BODY`; the header `x-fault` carries an action in base64 JSON.
pub(crate) fn app() -> Router {
    Router::new().fallback(|request: axum::extract::Request| async move {
        let fault: Option<WireAction> = request.headers().get("x-fault").map(|value| {
            let json = STANDARD.decode(value.as_bytes()).unwrap();
            let action: WireAction = serde_json::from_slice(&json).unwrap();
            action.validate().unwrap();
            action
        });
        let info = *request.extensions().get::<ConnectionInfo>().unwrap();
        let _ = axum::body::to_bytes(request.into_body(), usize::MAX).await;
        let mut response = Response::new(Body::from(BODY));
        response.headers_mut().insert("content-type", "application/json".parse().unwrap());
        response.headers_mut().insert("x-connection", info.connection.into());
        response.headers_mut().insert("x-request", info.request.into());
        if let Some(fault) = fault {
            response.extensions_mut().insert(fault);
        }
        response
    })
}

pub(crate) async fn start(options: WireOptions) -> Listening {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    serve(listener, options, app()).unwrap()
}

pub(crate) async fn plain() -> Listening {
    start(WireOptions::default()).await
}

/// The text of a GET that provokes a fault.
pub(crate) fn get(fault: Value) -> String {
    let fault = if fault.is_null() {
        String::new()
    } else {
        format!("x-fault: {}\r\n", STANDARD.encode(fault.to_string()))
    };
    format!("GET /x HTTP/1.1\r\nhost: localhost\r\n{fault}\r\n")
}

/// How a connection ended, and when each piece arrived.
#[derive(Debug)]
pub(crate) struct Seen {
    pub(crate) bytes: Vec<u8>,
    pub(crate) end: Ended,
    pub(crate) pieces: Vec<(Duration, usize)>,
}

#[derive(Debug, PartialEq, Eq, Clone, Copy)]
pub(crate) enum Ended {
    Fin,
    Reset,
    Open,
}

impl Seen {
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }

    /// The bytes after the first empty line.
    pub(crate) fn body(&self) -> String {
        self.text().split_once("\r\n\r\n").map(|(_, body)| body.to_owned()).unwrap()
    }
}

/// Reads until the connection ends or is silent for `quiet`; a busy machine gets longer for the first byte.
pub(crate) async fn read_all<S: AsyncRead + Unpin>(stream: &mut S, quiet: Duration) -> Seen {
    let start = Instant::now();
    let mut seen = Seen { bytes: Vec::new(), end: Ended::Open, pieces: Vec::new() };
    let mut chunk = vec![0u8; 65_536];
    loop {
        let patience = if seen.bytes.is_empty() { quiet * 8 } else { quiet };
        match tokio::time::timeout(patience, stream.read(&mut chunk)).await {
            Err(_) => return seen,
            Ok(Ok(0)) => {
                seen.end = Ended::Fin;
                return seen;
            }
            Ok(Ok(n)) => {
                seen.bytes.extend_from_slice(&chunk[..n]);
                seen.pieces.push((start.elapsed(), n));
                if seen.bytes.len() > 20_000_000 {
                    return seen;
                }
            }
            Ok(Err(error)) => {
                assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset, "{error}");
                seen.end = Ended::Reset;
                return seen;
            }
        }
    }
}

pub(crate) const QUIET: Duration = Duration::from_millis(250);

/// One request with one fault on a new connection.
pub(crate) async fn once(server: &Listening, fault: Value) -> Seen {
    let mut stream = TcpStream::connect(server.address()).await.unwrap();
    stream.write_all(get(fault).as_bytes()).await.unwrap();
    read_all(&mut stream, QUIET).await
}

/// An undisturbed request on a stream that is open already.
pub(crate) async fn again(stream: &mut TcpStream) -> Seen {
    stream.write_all(get(json!(null)).as_bytes()).await.unwrap();
    read_all(stream, QUIET).await
}
