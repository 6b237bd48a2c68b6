//! Shared by the tests beside it.
#![allow(
    dead_code,
    unused_imports,
    unreachable_pub,
    missing_docs,
    clippy::unwrap_used,
    clippy::indexing_slicing
)]

use std::time::{Duration, Instant};

use crate::support::{World, frozen, server};
use crate::wire_support::{Ended, Seen, Until, read};
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use zhifuyun_mock_server::MockServer;
use zhifuyun_mock_server::faults::{Action, Rule};

/// Sends a request as text and reads what comes back, byte for byte.
pub(crate) async fn exchange(world: &World, method: &str, path: &str, body: &str) -> Seen {
    let mut stream = TcpStream::connect(world.address).await.unwrap();
    let request = format!(
        "{method} {}{path} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {}\r\n\
         content-type: application/json\r\ncontent-length: {}\r\nx-test: yes\r\n\r\n{body}",
        world.prefix,
        world.token,
        body.len()
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    read(&mut stream, Until::Answer).await
}

pub(crate) async fn get(world: &World, path: &str) -> Seen {
    exchange(world, "GET", path, "").await
}

pub(crate) fn status(seen: &Seen) -> u16 {
    seen.text().split(' ').nth(1).unwrap().parse().unwrap()
}

pub(crate) fn header(seen: &Seen, name: &str) -> Vec<String> {
    let text = seen.text();
    let head = text.split_once("\r\n\r\n").unwrap().0;
    let lines = head.lines().skip(1).filter_map(|line| line.split_once(": "));
    lines.filter(|(known, _)| *known == name).map(|(_, value)| value.to_owned()).collect()
}

pub(crate) fn body(seen: &Seen) -> Vec<u8> {
    let at = seen.bytes.windows(4).position(|window| window == b"\r\n\r\n").unwrap();
    seen.bytes[at + 4..].to_vec()
}

pub(crate) fn document(seen: &Seen) -> Value {
    serde_json::from_slice(&body(seen)).unwrap()
}

/// A world with three conversations.
pub(crate) async fn world(server: &MockServer) -> World {
    let items: Vec<Value> = (1..=3).map(|n| json!({"id": format!("c{n}"), "user_id": "u"})).collect();
    World::create(server, json!({"conversations": items, "clock": frozen()})).await
}

pub(crate) async fn only(world: &World, action: Value) {
    let rules = json!([{"id": "it", "match": {"path": "/v1/*"}, "action": action}]);
    let answer = world.control("PUT", "/faults", rules).await;
    assert_eq!(answer.status, 200, "{}", answer.json());
}

pub(crate) async fn struck(world: &World, action: Value) -> Seen {
    only(world, action).await;
    get(world, "/v1/conversations?page=2&limit=1").await
}
