//! The built-in receiver: keeps what was delivered and answers as it is told.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Mutex;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use http::HeaderMap;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::sync::lock;

/// How many deliveries are kept.
const KEPT: usize = 1000;

fn ok() -> u16 {
    200
}

fn once() -> Option<u64> {
    Some(1)
}

/// A planned answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InboxAnswer {
    /// The HTTP status.
    #[serde(default = "ok")]
    pub status: u16,
    /// A wait before the answer, in real time.
    #[serde(default)]
    pub delay_ms: u64,
    /// The body.
    #[serde(default)]
    pub body: String,
    /// Headers, such as `location`.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// For how many deliveries; `null` for all further ones.
    #[serde(default = "once")]
    pub times: Option<u64>,
}

impl Default for InboxAnswer {
    fn default() -> Self {
        Self { status: 200, delay_ms: 0, body: String::new(), headers: BTreeMap::new(), times: None }
    }
}

impl InboxAnswer {
    pub(super) fn validate(&self) -> Result<(), String> {
        if !(200..=599).contains(&self.status) {
            return Err("status: 200 to 599".into());
        }
        if self.times == Some(0) {
            return Err("times: at least 1, or null for always".into());
        }
        for (name, value) in &self.headers {
            http::HeaderName::try_from(name.as_str()).map_err(|error| format!("headers.{name}: {error}"))?;
            http::HeaderValue::try_from(value.as_str())
                .map_err(|error| format!("headers.{name}: {error}"))?;
        }
        Ok(())
    }

    pub(super) async fn wait(&self) {
        if self.delay_ms > 0 {
            tokio::time::sleep(Duration::from_millis(self.delay_ms)).await;
        }
    }
}

/// One delivery as it arrived.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Received {
    /// Counts up from 1.
    pub seq: u64,
    /// Time on the world's clock.
    pub at: DateTime<Utc>,
    /// Headers; of one sent twice, both, with a comma between them.
    pub headers: BTreeMap<String, String>,
    /// The body, when it is text.
    pub body: Option<String>,
    /// The body in base64, when it is not.
    pub body_base64: Option<String>,
    /// The body as JSON, when it is JSON.
    pub json: Option<Value>,
    /// Whether the signature fits a secret of an endpoint of this world.
    pub verified: bool,
    /// What was answered.
    pub status: u16,
}

#[derive(Debug, Default)]
struct Inner {
    received: VecDeque<Received>,
    seq: u64,
    answers: VecDeque<InboxAnswer>,
}

/// The receiver of one world.
#[derive(Debug, Default)]
pub struct Inbox {
    inner: Mutex<Inner>,
}

impl Inbox {
    /// Keeps a delivery and says what to answer.
    pub(super) fn receive(
        &self,
        at: DateTime<Utc>,
        headers: &HeaderMap,
        body: &[u8],
        verified: bool,
    ) -> InboxAnswer {
        let mut inner = lock(&self.inner);
        let answer = match inner.answers.front_mut() {
            None => InboxAnswer::default(),
            Some(planned) => {
                let answer = planned.clone();
                if let Some(times) = &mut planned.times {
                    *times -= 1;
                    if *times == 0 {
                        inner.answers.pop_front();
                    }
                }
                answer
            }
        };
        inner.seq += 1;
        let mut shown = BTreeMap::<String, String>::new();
        for (name, value) in headers {
            let value = String::from_utf8_lossy(value.as_bytes());
            shown
                .entry(name.as_str().to_owned())
                .and_modify(|before| *before = format!("{before}, {value}"))
                .or_insert_with(|| value.into_owned());
        }
        let text = std::str::from_utf8(body).ok().map(str::to_owned);
        let received = Received {
            seq: inner.seq,
            at,
            headers: shown,
            body_base64: text.is_none().then(|| STANDARD.encode(body)),
            json: serde_json::from_slice(body).ok(),
            body: text,
            verified,
            status: answer.status,
        };
        if inner.received.len() >= KEPT {
            inner.received.pop_front();
        }
        inner.received.push_back(received);
        answer
    }

    /// What arrived, the oldest first.
    #[must_use]
    pub fn list(&self) -> Vec<Received> {
        lock(&self.inner).received.iter().cloned().collect()
    }

    /// Forgets what arrived, and the planned answers.
    pub fn clear(&self) {
        *lock(&self.inner) = Inner::default();
    }

    /// Plans the next answers, in the place of those planned before. Behind them everything is answered
    /// with 200.
    ///
    /// # Errors
    /// A sentence that says which answer cannot be given.
    pub fn plan(&self, answers: Vec<InboxAnswer>) -> Result<(), String> {
        answers.iter().try_for_each(InboxAnswer::validate)?;
        lock(&self.inner).answers = answers.into();
        Ok(())
    }

    /// The answers that are still planned.
    #[must_use]
    pub fn planned(&self) -> Vec<InboxAnswer> {
        lock(&self.inner).answers.iter().cloned().collect()
    }
}
