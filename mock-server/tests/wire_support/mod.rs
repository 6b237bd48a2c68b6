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
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
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

/// What came over a connection, and how it ended.
#[derive(Debug)]
pub(crate) struct Seen {
    pub(crate) bytes: Vec<u8>,
    pub(crate) end: Ended,
    /// From the first byte of the request until what was waited for had come.
    pub(crate) took: Duration,
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

/// What a reader waits for: no machine is slow enough to miss it.
#[derive(Clone, Copy)]
pub(crate) enum Until<'a> {
    /// The end of the connection.
    End,
    /// A whole answer, as its headers frame it.
    Answer,
    /// These bytes, anywhere.
    Bytes(&'a [u8]),
    /// So many bytes.
    Length(usize),
    /// Nothing comes at all.
    Silence,
}

impl Until<'_> {
    fn reached(self, bytes: &[u8]) -> bool {
        match self {
            Self::End => false,
            Self::Answer => is_whole(bytes),
            Self::Bytes(wanted) => bytes.windows(wanted.len()).any(|window| window == wanted),
            Self::Length(length) => bytes.len() >= length,
            Self::Silence => true,
        }
    }
}

/// Whether a final answer is there to its end. One without framing ends with its connection.
fn is_whole(bytes: &[u8]) -> bool {
    let Some(at) = bytes.windows(4).position(|window| window == b"\r\n\r\n") else { return false };
    let (head, body) = (String::from_utf8_lossy(&bytes[..at]).to_lowercase(), &bytes[at + 4..]);
    let status = head.split(' ').nth(1).unwrap_or_default().to_owned();
    if status.len() == 3 && status.starts_with('1') {
        return is_whole(body);
    }
    if status == "204" || status == "304" {
        return true;
    }
    let value = |name: &str| head.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
    if value("transfer-encoding:") == Some("chunked") {
        return body.ends_with(b"\r\n0\r\n\r\n") || body == b"0\r\n\r\n";
    }
    value("content-length:")
        .and_then(|text| text.parse().ok())
        .is_some_and(|length: usize| body.len() >= length)
}

/// Long enough for a machine that is busy with other things.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);
/// How long a connection must last to be called open.
const QUIET: Duration = Duration::from_millis(60);
/// More than this is read of no answer.
const MOST: usize = 20_000_000;

/// Reads until the connection ends, or until what is waited for has come and a moment has passed.
pub(crate) async fn read<S: AsyncRead + Unpin>(stream: &mut S, until: Until<'_>) -> Seen {
    read_since(Instant::now(), stream, until).await
}

async fn read_since<S: AsyncRead + Unpin>(start: Instant, stream: &mut S, until: Until<'_>) -> Seen {
    let mut seen = Seen { bytes: Vec::new(), end: Ended::Open, took: Duration::ZERO };
    let mut chunk = vec![0u8; 65_536];
    let mut reached = until.reached(&[]);
    let mut deadline = start + if reached { QUIET } else { PATIENCE };
    loop {
        match tokio::time::timeout_at(deadline.into(), stream.read(&mut chunk)).await {
            Err(_) => return seen,
            Ok(Ok(0)) => seen.end = Ended::Fin,
            Ok(Ok(n)) => seen.bytes.extend_from_slice(&chunk[..n]),
            Ok(Err(error)) => {
                assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset, "{error}");
                seen.end = Ended::Reset;
            }
        }
        let ended = seen.end != Ended::Open || seen.bytes.len() > MOST;
        if !reached && (ended || until.reached(&seen.bytes)) {
            reached = true;
            seen.took = start.elapsed();
            deadline = Instant::now() + QUIET;
        }
        if ended {
            return seen;
        }
    }
}

/// One request on a stream that is open already.
pub(crate) async fn ask<S>(stream: &mut S, fault: Value, until: Until<'_>) -> Seen
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let start = Instant::now();
    stream.write_all(get(fault).as_bytes()).await.unwrap();
    read_since(start, stream, until).await
}

/// An undisturbed request on a stream that is open already.
pub(crate) async fn again<S: AsyncRead + AsyncWrite + Unpin>(stream: &mut S) -> Seen {
    ask(stream, json!(null), Until::Answer).await
}

pub(crate) async fn connect(server: &Listening) -> TcpStream {
    TcpStream::connect(server.address()).await.unwrap()
}

/// One request with one fault on a new connection.
pub(crate) async fn once(server: &Listening, fault: Value, until: Until<'_>) -> Seen {
    ask(&mut connect(server).await, fault, until).await
}
