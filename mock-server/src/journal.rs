//! The record of what clients sent: a bounded ring that tests assert on.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicU16, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock};

use bytes::Bytes;
use chrono::{DateTime, Utc};
use http::{HeaderMap, HeaderName, Method};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::sync::lock;

/// One request as it arrived, and what became of it.
///
/// It is recorded when its head has arrived, so a request whose client goes away is in the journal too;
/// the later facts are filled in as they become known.
#[derive(Debug)]
pub struct Entry {
    /// Counts up from 1 in each world.
    pub seq: u64,
    /// Time on the world's clock.
    pub at: DateTime<Utc>,
    /// Time on the machine's clock.
    pub real_at: DateTime<Utc>,
    /// Method of the request.
    pub method: Method,
    /// Path without the world's prefix.
    pub path: String,
    /// The query as sent, without the question mark.
    pub query: Option<String>,
    /// Headers as sent.
    pub headers: HeaderMap,
    /// Template of the route that the path belongs to.
    pub template: Option<&'static str>,
    /// The `X-Request-Id` of the answer.
    pub request_id: String,
    /// Number of the connection it came on and its own number on that connection, both from 1.
    pub connection: Option<(u64, u64)>,
    pub(crate) body: OnceLock<Bytes>,
    pub(crate) key: OnceLock<String>,
    pub(crate) fault: OnceLock<String>,
    status: AtomicU16,
    code: AtomicU16,
    micros: AtomicU64,
}

impl Entry {
    /// The body; empty until it has arrived.
    pub fn body(&self) -> &[u8] {
        self.body.get().map_or(&[], Bytes::as_ref)
    }

    /// A header; of one sent several times, all values with a comma between them.
    pub fn header(&self, name: &str) -> Option<String> {
        let values = self.headers.get_all(name).iter().map(|value| String::from_utf8_lossy(value.as_bytes()));
        values.map(Cow::into_owned).reduce(|before, value| before + ", " + &value)
    }

    /// Id of the key whose token or credentials the request carried.
    pub fn key(&self) -> Option<&str> {
        self.key.get().map(String::as_str)
    }

    /// Id of the fault rule that acted on it.
    pub fn fault(&self) -> Option<&str> {
        self.fault.get().map(String::as_str)
    }

    /// HTTP status of the answer; `None` when there was none (yet).
    pub fn status(&self) -> Option<u16> {
        Some(self.status.load(Ordering::Acquire)).filter(|status| *status != 0)
    }

    /// Code of the answer that the API decided on, before an option or a fault changed it.
    pub fn code(&self) -> Option<u16> {
        Some(self.code.load(Ordering::Acquire)).filter(|code| *code != 0)
    }

    pub(crate) fn decided(&self, code: u16) {
        self.code.store(code, Ordering::Release);
    }

    pub(crate) fn answered(&self, status: u16) {
        let micros = (Utc::now() - self.real_at).num_microseconds().unwrap_or(0);
        self.micros.store(u64::try_from(micros).unwrap_or(0), Ordering::Relaxed);
        self.status.store(status, Ordering::Release);
    }

    /// The entry as the control plane shows it.
    pub fn view(&self) -> EntryView {
        let text = String::from_utf8(self.body().to_vec());
        let (body, body_base64) = match text {
            Ok(text) => (Some(text), None),
            Err(raw) => {
                use base64::Engine as _;
                (None, Some(base64::engine::general_purpose::STANDARD.encode(raw.as_bytes())))
            }
        };
        let shown = |name: &HeaderName| Some((name.to_string(), Value::String(self.header(name.as_str())?)));
        let headers = self.headers.keys().filter_map(shown).collect();
        EntryView {
            seq: self.seq,
            at: self.at,
            real_at: self.real_at,
            method: self.method.as_str().to_owned(),
            path: self.path.clone(),
            template: self.template,
            query: self.query_map(),
            raw_query: self.query.clone(),
            headers,
            json: body.as_deref().and_then(|text| serde_json::from_str(text).ok()),
            body: body.filter(|text| !text.is_empty()),
            body_base64,
            key: self.key().map(str::to_owned),
            status: self.status(),
            code: self.code(),
            duration_ms: self.status().map(|_| self.micros.load(Ordering::Relaxed) as f64 / 1000.0),
            fault: self.fault().map(str::to_owned),
            request_id: self.request_id.clone(),
            connection: self.connection.map(|connection| connection.0),
            connection_request: self.connection.map(|connection| connection.1),
        }
    }

    /// Decoded query parameters; of one sent twice, the last.
    pub(crate) fn query_map(&self) -> Map<String, Value> {
        let raw = self.query.as_deref().unwrap_or_default();
        url::form_urlencoded::parse(raw.as_bytes())
            .map(|(name, value)| (name.into_owned(), Value::String(value.into_owned())))
            .collect()
    }
}

/// An entry as JSON.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct EntryView {
    /// Counts up from 1 in each world.
    pub seq: u64,
    /// Time on the world's clock.
    pub at: DateTime<Utc>,
    /// Time on the machine's clock.
    pub real_at: DateTime<Utc>,
    /// Method of the request.
    pub method: String,
    /// Path without the world's prefix.
    pub path: String,
    /// Template of the route that the path belongs to.
    pub template: Option<&'static str>,
    /// Decoded query parameters.
    pub query: Map<String, Value>,
    /// The query as sent.
    pub raw_query: Option<String>,
    /// Headers as sent, names in lower case.
    pub headers: Map<String, Value>,
    /// The body, if it is text.
    pub body: Option<String>,
    /// The body, if it is not text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body_base64: Option<String>,
    /// The body, if it is JSON.
    pub json: Option<Value>,
    /// Id of the key whose token or credentials the request carried.
    pub key: Option<String>,
    /// HTTP status of the answer; null when there was none (yet).
    pub status: Option<u16>,
    /// Code that the API decided on, before an option or a fault changed the answer.
    pub code: Option<u16>,
    /// Time until the answer was ready.
    pub duration_ms: Option<f64>,
    /// Id of the fault rule that acted on it.
    pub fault: Option<String>,
    /// The `X-Request-Id` of the answer.
    pub request_id: String,
    /// Number of the connection it came on, from 1.
    pub connection: Option<u64>,
    /// Its own number on that connection, from 1.
    pub connection_request: Option<u64>,
}

#[derive(Debug)]
struct Ring {
    entries: VecDeque<Arc<Entry>>,
    next: u64,
    dropped: u64,
    body_bytes: usize,
}

/// Bodies kept in one journal: large ones push older entries out.
const MAX_BODY_BYTES: usize = 64 * 1024 * 1024;
/// How many requests a journal keeps unless told otherwise.
pub(crate) const DEFAULT_CAPACITY: usize = 10_000;

/// The journal of one world.
#[derive(Debug)]
pub struct Journal {
    ring: Mutex<Ring>,
    capacity: usize,
}

/// The head of a request, on its way into the journal.
pub(crate) struct Arrival {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) query: Option<String>,
    pub(crate) headers: HeaderMap,
    pub(crate) template: Option<&'static str>,
    pub(crate) request_id: String,
    pub(crate) connection: Option<(u64, u64)>,
}

impl Journal {
    /// A journal that keeps the last `capacity` requests.
    pub(crate) fn new(capacity: usize) -> Self {
        let ring = Ring { entries: VecDeque::new(), next: 1, dropped: 0, body_bytes: 0 };
        Self { ring: Mutex::new(ring), capacity }
    }

    /// `now` is the world's clock.
    pub(crate) fn record(&self, arrival: Arrival, now: impl FnOnce() -> DateTime<Utc>) -> Arc<Entry> {
        let mut entry = Arc::new(Entry {
            seq: 0,
            at: DateTime::UNIX_EPOCH,
            real_at: DateTime::UNIX_EPOCH,
            method: arrival.method,
            path: arrival.path,
            query: arrival.query,
            headers: arrival.headers,
            template: arrival.template,
            request_id: arrival.request_id,
            connection: arrival.connection,
            body: OnceLock::new(),
            key: OnceLock::new(),
            fault: OnceLock::new(),
            status: AtomicU16::new(0),
            code: AtomicU16::new(0),
            micros: AtomicU64::new(0),
        });
        // Every request of a world comes through here: nothing is built or dropped under the lock.
        let mut oldest = None;
        {
            let mut ring = lock(&self.ring);
            if let Some(entry) = Arc::get_mut(&mut entry) {
                // The clocks are read here, or of two requests at once the later one could have the earlier time.
                (entry.seq, entry.at, entry.real_at) = (ring.next, now(), Utc::now());
            }
            ring.next += 1;
            if self.capacity > 0 {
                if ring.entries.len() >= self.capacity {
                    oldest = ring.drop_oldest();
                }
                ring.entries.push_back(Arc::clone(&entry));
            } else {
                ring.dropped += 1;
            }
        }
        drop(oldest);
        entry
    }

    /// Keeps the body of a recorded request.
    pub(crate) fn attach_body(&self, entry: &Entry, body: &Bytes) {
        if body.is_empty() {
            return;
        }
        let mut ring = lock(&self.ring);
        let kept = ring.entries.front().is_some_and(|oldest| oldest.seq <= entry.seq);
        // What fell out while its body arrived will not be subtracted again.
        if entry.body.set(body.clone()).is_err() || !kept {
            return;
        }
        ring.body_bytes += body.len();
        while ring.body_bytes > MAX_BODY_BYTES && ring.entries.len() > 1 {
            ring.drop_oldest();
        }
    }

    /// What is in the journal, oldest first.
    pub fn entries(&self) -> Vec<Arc<Entry>> {
        lock(&self.ring).entries.iter().cloned().collect()
    }

    /// How many entries fell out because the journal was full.
    pub fn dropped(&self) -> u64 {
        lock(&self.ring).dropped
    }

    /// Forgets everything; the numbering goes on.
    pub fn clear(&self) {
        let mut ring = lock(&self.ring);
        ring.entries.clear();
        ring.body_bytes = 0;
        ring.dropped = 0;
    }
}

impl Ring {
    fn drop_oldest(&mut self) -> Option<Arc<Entry>> {
        let old = self.entries.pop_front()?;
        self.body_bytes = self.body_bytes.saturating_sub(old.body().len());
        self.dropped += 1;
        Some(old)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn arrival() -> Arrival {
        Arrival {
            method: Method::POST,
            path: "/v1/tickets".to_owned(),
            query: None,
            headers: HeaderMap::new(),
            template: None,
            request_id: String::new(),
            connection: None,
        }
    }

    #[test]
    fn times_are_in_the_order_of_the_entries() {
        let journal = Journal::new(10_000);
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| (0..1000).for_each(|_| drop(journal.record(arrival(), Utc::now))));
            }
        });
        assert_eq!(journal.entries().len(), 8000);
        assert!(journal.entries().is_sorted_by_key(|entry| (entry.at, entry.seq)));
    }

    #[test]
    fn only_bodies_that_are_kept_count() {
        let journal = Journal::new(1);
        let body = Bytes::from_static(b"body");
        let counted = || lock(&journal.ring).body_bytes;
        let pushed_out = journal.record(arrival(), Utc::now);
        let kept = journal.record(arrival(), Utc::now);
        journal.attach_body(&pushed_out, &body);
        assert_eq!((counted(), pushed_out.body()), (0, &body[..]));
        journal.attach_body(&kept, &body);
        assert_eq!(counted(), 4);
        let cleared = journal.record(arrival(), Utc::now);
        journal.clear();
        journal.attach_body(&cleared, &body);
        assert_eq!(counted(), 0);
    }
}
