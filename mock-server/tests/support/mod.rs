//! A server with a client of a few lines: what is sent is exactly what the test says.
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::net::SocketAddr;

use bytes::Bytes;
use http::{HeaderMap, Method, Request};
use http_body_util::{BodyExt as _, Full};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use zhifuyun_mock_server::MockServer;

/// An answer, read to its end.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&self.body)))
    }

    pub(crate) fn data(&self) -> Value {
        assert_eq!(self.status, 200, "{}", String::from_utf8_lossy(&self.body));
        self.json()["data"].clone()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// The fields that an error names.
    pub(crate) fn fields(&self) -> Vec<String> {
        let json = self.json();
        let errors = json["errors"].as_array().cloned().unwrap_or_default();
        errors.iter().map(|error| error["field"].as_str().unwrap().to_owned()).collect()
    }
}

/// Sends one request on a connection of its own.
pub(crate) async fn send(
    address: SocketAddr,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: impl Into<Bytes>,
) -> Answer {
    let stream = TcpStream::connect(address).await.unwrap();
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    let mut request = Request::builder().method(method.parse::<Method>().unwrap()).uri(path);
    if !headers.iter().any(|header| header.0.eq_ignore_ascii_case("host")) {
        request = request.header("host", address.to_string());
    }
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let response = sender.send_request(request.body(Full::new(body.into())).unwrap()).await.unwrap();
    let (parts, body) = response.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    Answer { status: parts.status.as_u16(), headers: parts.headers, body }
}

/// A world and a token for it.
pub(crate) struct World {
    pub(crate) address: SocketAddr,
    pub(crate) prefix: String,
    pub(crate) control: String,
    pub(crate) client_id: String,
    pub(crate) client_secret: String,
    pub(crate) token: String,
}

/// A server with nothing in it.
pub(crate) async fn server() -> MockServer {
    MockServer::builder().start().await.unwrap()
}

impl World {
    /// Creates a world from its document and gets a token.
    pub(crate) async fn create(server: &MockServer, document: Value) -> Self {
        let address = server.address();
        let answer = send(address, "POST", "/_mock/worlds", &[], document.to_string()).await;
        assert_eq!(answer.status, 201, "{}", String::from_utf8_lossy(&answer.body));
        let json = answer.json();
        let path = |name: &str| {
            let url = json[name].as_str().unwrap();
            url.strip_prefix(server.url()).unwrap().to_owned()
        };
        let text = |name: &str| json[name].as_str().unwrap().to_owned();
        let mut world = Self {
            address,
            prefix: path("url"),
            control: path("control_url"),
            client_id: text("client_id"),
            client_secret: text("client_secret"),
            token: String::new(),
        };
        world.renew().await;
        world
    }

    /// Gets a fresh token.
    pub(crate) async fn renew(&mut self) {
        let answer = self.ask_token(&self.client_id, &self.client_secret).await;
        if let Some(token) = answer.json()["access_token"].as_str() {
            token.clone_into(&mut self.token);
        }
    }

    pub(crate) async fn ask_token(&self, id: &str, secret: &str) -> Answer {
        let body = json!({ "grant_type": "client_credentials", "client_id": id, "client_secret": secret });
        self.raw("POST", "/oauth/token", &[("content-type", "application/json")], body.to_string()).await
    }

    /// A request to the API exactly as given.
    pub(crate) async fn raw(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Bytes>,
    ) -> Answer {
        send(self.address, method, &format!("{}{path}", self.prefix), headers, body).await
    }

    /// A request without body, with the token.
    pub(crate) async fn get(&self, path: &str) -> Answer {
        let bearer = format!("Bearer {}", self.token);
        self.raw("GET", path, &[("authorization", &bearer)], "").await
    }

    /// A request with JSON and the token.
    pub(crate) async fn call(&self, method: &str, path: &str, body: Value) -> Answer {
        let bearer = format!("Bearer {}", self.token);
        let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
        self.raw(method, path, &headers, body.to_string()).await
    }

    /// A request to the control plane of the world.
    pub(crate) async fn control(&self, method: &str, path: &str, body: Value) -> Answer {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        send(self.address, method, &format!("{}{path}", self.control), &[], body).await
    }

    /// Waits until a request waits for the clock.
    pub(crate) async fn delayed(&self) {
        while self.control("GET", "/clock", Value::Null).await.json()["pending_jobs"] == 0 {
            tokio::task::yield_now().await;
        }
    }

    /// Moves the clock.
    pub(crate) async fn advance(&self, seconds: f64) -> Value {
        let answer = self.control("POST", "/clock/advance", json!({ "seconds": seconds })).await;
        assert_eq!(answer.status, 200);
        answer.json()
    }
}

/// The `id` of every item of a page.
pub(crate) fn ids(data: &Value) -> Vec<String> {
    data["items"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap().to_owned()).collect()
}

/// A frozen clock at the beginning of 2026.
pub(crate) fn frozen() -> Value {
    json!({ "mode": "frozen", "at": "2026-01-01T00:00:00Z" })
}
