//! The delivery log.

use std::collections::VecDeque;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::send::{Answer, Outgoing};

/// How many deliveries are kept.
const KEPT: usize = 1000;

/// How far a delivery has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryState {
    /// An attempt is under way or waits for its time.
    Pending,
    /// The receiver answered with 2xx.
    Delivered,
    /// Every attempt failed.
    Failed,
}

/// Why an attempt was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AttemptKind {
    /// The event happened.
    First,
    /// The attempt before failed.
    Retry,
    /// Somebody asked for it again.
    Resend,
    /// Somebody asked for a bad one.
    Bad,
}

/// One attempt.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Attempt {
    /// Counts up from 1.
    pub number: u64,
    /// Why it was made.
    pub kind: AttemptKind,
    /// Time on the world's clock.
    pub at: DateTime<Utc>,
    /// Where it went.
    pub url: String,
    /// Headers of the request, in their order.
    pub headers: Vec<(String, String)>,
    /// Body of the request, when it is text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    /// Body of the request in base64, when it is not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body_base64: Option<String>,
    /// HTTP status of the answer.
    pub status: Option<u16>,
    /// The beginning of the answer's body.
    pub answer: Option<String>,
    /// How long it took, in real time.
    pub duration_ms: f64,
    /// Why it counts as failed.
    pub error: Option<String>,
}

impl Attempt {
    pub(super) fn new(
        kind: AttemptKind,
        at: DateTime<Utc>,
        outgoing: &Outgoing,
        result: Result<Answer, String>,
        took: std::time::Duration,
    ) -> Self {
        let text = std::str::from_utf8(&outgoing.body).ok().map(str::to_owned);
        let (status, answer, error) = match result {
            Ok(Answer { status, excerpt }) => {
                let error = match status {
                    200..=299 => None,
                    300..=399 => Some(format!("status {status}: redirects are not followed")),
                    _ => Some(format!("status {status}")),
                };
                (Some(status), Some(excerpt), error)
            }
            Err(error) => (None, None, Some(error)),
        };
        Self {
            number: 0,
            kind,
            at,
            url: outgoing.url.clone(),
            headers: outgoing.headers.clone(),
            body_base64: text.is_none().then(|| STANDARD.encode(&outgoing.body)),
            body: text,
            status,
            answer,
            duration_ms: took.as_secs_f64() * 1000.0,
            error,
        }
    }

    pub(super) fn succeeded(&self) -> bool {
        self.error.is_none()
    }
}

/// One event on its way to one endpoint.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Delivery {
    /// Its name in the log.
    pub id: String,
    /// The endpoint.
    pub endpoint: String,
    /// The id of the event, which the receiver gets as id of the message.
    pub event_id: String,
    /// The kind of event.
    pub event: String,
    /// When it was created, on the world's clock.
    pub created_at: DateTime<Utc>,
    /// How far it has come.
    pub state: DeliveryState,
    /// When the next attempt is due.
    pub next_attempt_at: Option<DateTime<Utc>>,
    /// The attempts, the first one first.
    pub attempts: Vec<Attempt>,
}

/// The last deliveries of a world.
#[derive(Debug, Default)]
pub(super) struct Log {
    deliveries: VecDeque<Delivery>,
    count: u64,
}

impl Log {
    pub(super) fn open(&mut self, endpoint: &str, event_id: &str, event: &str, now: DateTime<Utc>) -> String {
        self.count += 1;
        let id = format!("dlv_{}", self.count);
        if self.deliveries.len() >= KEPT {
            self.deliveries.pop_front();
        }
        self.deliveries.push_back(Delivery {
            id: id.clone(),
            endpoint: endpoint.to_owned(),
            event_id: event_id.to_owned(),
            event: event.to_owned(),
            created_at: now,
            state: DeliveryState::Pending,
            next_attempt_at: None,
            attempts: Vec::new(),
        });
        id
    }

    /// Records an attempt. A delivery that has left the log since goes unrecorded.
    pub(super) fn record(&mut self, id: &str, mut attempt: Attempt) {
        if let Some(delivery) = self.find(id) {
            attempt.number = delivery.attempts.last().map_or(0, |last| last.number) + 1;
            delivery.attempts.push(attempt);
        }
    }

    pub(super) fn settle(&mut self, id: &str, state: DeliveryState, next: Option<DateTime<Utc>>) {
        if let Some(delivery) = self.find(id) {
            // A resend that fails does not undo a delivery.
            if delivery.state != DeliveryState::Delivered {
                delivery.state = state;
            }
            delivery.next_attempt_at = next;
        }
    }

    fn find(&mut self, id: &str) -> Option<&mut Delivery> {
        self.deliveries.iter_mut().rfind(|delivery| delivery.id == id)
    }

    pub(super) fn get(&self, id: &str) -> Option<Delivery> {
        self.deliveries.iter().find(|delivery| delivery.id == id).cloned()
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &Delivery> {
        self.deliveries.iter()
    }

    pub(super) fn clear(&mut self) {
        self.deliveries.clear();
    }
}
