//! A transport that answers from a script and remembers what it was asked.

use crate::clock::testing::PausedClock;
use crate::clock::{BoxFuture, Clock as _};
use crate::engine::{Driver, Job};
use crate::error::Reason;
use crate::transport::{HttpRequest, HttpResponse, Transport, TransportError};
use crate::{Client, ClientBuilder, Jitter, Plan, client};
use http::{HeaderMap, HeaderName, HeaderValue};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

pub(super) type Reply = Result<HttpResponse, TransportError>;

/// Decides on the answer to the n-th request to an endpoint (n from 1), and how long it takes.
type Script = dyn Fn(&str, usize) -> (Duration, Reply) + Send + Sync;

pub(super) struct Seen {
    pub(super) path: String,
    pub(super) at: Instant,
    pub(super) authorization: Option<String>,
}

pub(super) struct Fake {
    script: Box<Script>,
    seen: Mutex<Vec<Seen>>,
    /// Token requests under way, and the most there ever were.
    asking: AtomicUsize,
    crowd: AtomicUsize,
}

/// Counts a token request from its start to its end, cancelled or not.
struct Asking<'a>(&'a Fake);

impl Drop for Asking<'_> {
    fn drop(&mut self) {
        self.0.asking.fetch_sub(1, Ordering::SeqCst);
    }
}

impl std::fmt::Debug for Fake {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Fake")
    }
}

impl Transport for Fake {
    fn send(&self, request: HttpRequest) -> BoxFuture<'_, Reply> {
        Box::pin(async move {
            let path = request.target.split('?').next().unwrap().to_owned();
            let authorization = request.headers.get("authorization").map(|v| v.to_str().unwrap().to_owned());
            let count = {
                let mut seen = self.seen.lock().unwrap();
                let at = crate::SystemClock.now();
                seen.push(Seen { path: path.clone(), at, authorization });
                seen.iter().filter(|s| s.path == path).count()
            };
            let _asking = (path == "/oauth/token").then(|| {
                self.crowd.fetch_max(self.asking.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                Asking(self)
            });
            let (delay, reply) = (self.script)(&path, count);
            tokio::time::sleep(delay).await;
            reply
        })
    }
}

#[derive(Debug)]
struct FakeDriver {
    fake: Arc<Fake>,
    /// Has no background.
    inline: bool,
}

impl Driver for FakeDriver {
    fn runs_between_calls(&self) -> bool {
        true
    }

    fn transport(&self) -> &dyn Transport {
        &*self.fake
    }
    fn transport_handle(&self) -> Arc<dyn Transport> {
        Arc::clone(&self.fake) as _
    }
    fn background(&self, job: Job) -> Option<Job> {
        if self.inline {
            return Some(job);
        }
        tokio::spawn(job(self.transport_handle()));
        None
    }
}

/// A client on a script.
pub(super) struct World {
    pub(super) client: Client,
    pub(super) clock: Arc<PausedClock>,
    fake: Arc<Fake>,
}

impl World {
    pub(super) fn new(script: impl Fn(&str, usize) -> (Duration, Reply) + Send + Sync + 'static) -> Self {
        Self::with(|b| b, script)
    }

    pub(super) fn with(
        change: impl FnOnce(ClientBuilder) -> ClientBuilder,
        script: impl Fn(&str, usize) -> (Duration, Reply) + Send + Sync + 'static,
    ) -> Self {
        Self::make(change, false, script)
    }

    /// On a driver that can do nothing beside calls.
    pub(super) fn inline(script: impl Fn(&str, usize) -> (Duration, Reply) + Send + Sync + 'static) -> Self {
        Self::make(|b| b, true, script)
    }

    fn make(
        change: impl FnOnce(ClientBuilder) -> ClientBuilder,
        inline: bool,
        script: impl Fn(&str, usize) -> (Duration, Reply) + Send + Sync + 'static,
    ) -> Self {
        let clock = Arc::new(PausedClock::new());
        let builder = Client::builder()
            .client_id("id")
            .client_secret("hush-hush")
            .base_url("http://127.0.0.1:9")
            .plan(Plan::Off)
            .jitter(Jitter::seeded(7))
            .clock(Arc::clone(&clock) as _);
        let shared = client::assemble(change(builder)).unwrap();
        let fake = Arc::new(Fake {
            script: Box::new(script),
            seen: Mutex::default(),
            asking: 0.into(),
            crowd: 0.into(),
        });
        let driver = Arc::new(FakeDriver { fake: Arc::clone(&fake), inline });
        Self { client: Client { shared: Arc::new(shared), driver }, clock, fake }
    }

    pub(super) fn clock_now(&self) -> Instant {
        self.clock.now()
    }

    /// How many requests went to a path.
    pub(super) fn count(&self, path: &str) -> usize {
        self.fake.seen.lock().unwrap().iter().filter(|s| s.path == path).count()
    }

    /// The most token requests that were ever under way at once.
    pub(super) fn crowd(&self) -> usize {
        self.fake.crowd.load(Ordering::SeqCst)
    }

    pub(super) fn tokens(&self) -> usize {
        self.count("/oauth/token")
    }

    /// Pauses between the requests to a path.
    pub(super) fn gaps(&self, path: &str) -> Vec<Duration> {
        let seen = self.fake.seen.lock().unwrap();
        let at: Vec<_> = seen.iter().filter(|s| s.path == path).map(|s| s.at).collect();
        at.windows(2).map(|w| w[1] - w[0]).collect()
    }

    pub(super) fn authorizations(&self, path: &str) -> Vec<String> {
        let seen = self.fake.seen.lock().unwrap();
        seen.iter().filter(|s| s.path == path).filter_map(|s| s.authorization.clone()).collect()
    }
}

pub(super) fn reply(status: u16, body: impl Into<String>) -> Reply {
    reply_with(status, &[], body)
}

pub(super) fn reply_with(status: u16, headers: &[(&'static str, &str)], body: impl Into<String>) -> Reply {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        map.append(HeaderName::from_static(name), HeaderValue::from_str(value).unwrap());
    }
    Ok(HttpResponse { status, headers: map, body: body.into().into(), close_delimited: false })
}

pub(super) fn token(serial: usize, expires_in: &str) -> Reply {
    reply(200, format!(r#"{{"access_token":"t{serial}","token_type":"Bearer","expires_in":{expires_in}}}"#))
}

pub(super) fn conversation() -> Reply {
    reply(200, r#"{"code":200,"data":{"id":"c1","status":"active"}}"#)
}

pub(super) fn failure(reason: Reason, not_sent: bool) -> Reply {
    Err(TransportError { not_sent, retryable: true, ..TransportError::new(reason, "scripted") })
}

pub(super) const NOW: Duration = Duration::ZERO;
pub(super) const MS: Duration = Duration::from_millis(1);
pub(super) const SECOND: Duration = Duration::from_secs(1);
pub(super) const ONE: &str = "/v1/conversations/c1";
