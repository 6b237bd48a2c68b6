//! Shared by the tests beside it.
#![allow(dead_code, unused_imports, missing_docs, clippy::unwrap_used, clippy::indexing_slicing)]

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crate::support::{World, frozen, server};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

/// HMAC-SHA256 as RFC 2104 describes it.
pub(crate) fn hmac(key: &[u8], message: &[u8]) -> Vec<u8> {
    let mut block = [0u8; 64];
    block[..key.len()].copy_from_slice(key);
    let inner: Vec<u8> = block.iter().map(|byte| byte ^ 0x36).collect();
    let outer: Vec<u8> = block.iter().map(|byte| byte ^ 0x5c).collect();
    let inner = Sha256::digest([inner.as_slice(), message].concat());
    Sha256::digest([outer.as_slice(), &inner].concat()).to_vec()
}

pub(crate) fn standard(secret: &str, id: &str, timestamp: &str, body: &[u8]) -> String {
    let key = STANDARD.decode(secret.strip_prefix("whsec_").unwrap()).unwrap();
    let message = [format!("{id}.{timestamp}.").as_bytes(), body].concat();
    format!("v1,{}", STANDARD.encode(hmac(&key, &message)))
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[derive(Debug, Clone)]
pub(crate) struct Hit {
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Hit {
    pub(crate) fn all(&self, name: &str) -> Vec<String> {
        let lines = self.head.lines().skip(1).filter_map(|line| line.split_once(": "));
        lines.filter(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.into()).collect()
    }

    pub(crate) fn header(&self, name: &str) -> String {
        self.all(name).pop().unwrap_or_else(|| panic!("no {name}: {}", self.head))
    }

    pub(crate) fn signed_with(&self, secret: &str) -> bool {
        let own = standard(secret, &self.header("webhook-id"), &self.header("webhook-timestamp"), &self.body);
        self.header("webhook-signature").split(' ').any(|one| one == own)
    }
}

/// A receiver that answers as planned, and with 200 when nothing is planned.
pub(crate) struct Receiver {
    pub(crate) url: String,
    pub(crate) hits: Arc<Mutex<Vec<Hit>>>,
    pub(crate) plan: Arc<Mutex<VecDeque<String>>>,
}

impl Receiver {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook?x=1", listener.local_addr().unwrap());
        let receiver = Self { url, hits: Arc::default(), plan: Arc::default() };
        let (hits, plan) = (receiver.hits.clone(), receiver.plan.clone());
        tokio::spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                let (hits, plan) = (hits.clone(), plan.clone());
                tokio::spawn(async move {
                    let mut bytes = Vec::new();
                    let hit = loop {
                        let mut chunk = vec![0u8; 65_536];
                        let n = stream.read(&mut chunk).await.unwrap();
                        bytes.extend_from_slice(&chunk[..n]);
                        let Some(at) = bytes.windows(4).position(|window| window == b"\r\n\r\n") else {
                            continue;
                        };
                        let head = String::from_utf8(bytes[..at].to_vec()).unwrap();
                        let hit = Hit { head, body: bytes[at + 4..].to_vec() };
                        if hit.body.len().to_string() == hit.header("content-length") {
                            break hit;
                        }
                    };
                    hits.lock().unwrap().push(hit);
                    let answer = plan.lock().unwrap().pop_front().unwrap_or_else(|| "200 OK".into());
                    if answer == "silence" {
                        tokio::time::sleep(Duration::from_secs(60)).await;
                    }
                    if answer != "hang up" {
                        let text = format!(
                            "HTTP/1.1 {answer}\r\nlocation: /elsewhere\r\ncontent-length: 4\r\n\r\nbody"
                        );
                        stream.write_all(text.as_bytes()).await.unwrap();
                    }
                });
            }
        });
        receiver
    }

    pub(crate) fn plan(&self, answers: &[&str]) {
        self.plan.lock().unwrap().extend(answers.iter().map(|answer| (*answer).to_owned()));
    }

    pub(crate) fn hits(&self) -> Vec<Hit> {
        self.hits.lock().unwrap().clone()
    }
}

pub(crate) const SECRET: &str = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz";

pub(crate) async fn world(server: &zhifuyun_mock_server::MockServer, webhooks: Value) -> World {
    World::create(server, json!({"clock": frozen(), "webhook_secret": SECRET, "webhooks": webhooks})).await
}

pub(crate) async fn ok(world: &World, method: &str, path: &str, body: Value) -> Value {
    let answer = world.control(method, path, body).await;
    assert!(answer.status < 300, "{path}: {}", String::from_utf8_lossy(&answer.body));
    if answer.body.is_empty() { Value::Null } else { answer.json() }
}

pub(crate) async fn settle(world: &World) {
    ok(world, "POST", "/webhooks/settle", Value::Null).await;
}
