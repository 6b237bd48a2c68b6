//! Webhook endpoints, deliveries with their retries, and a receiver to look at them.
//!
//! The first attempt starts at once; when it fails, the next ones follow on the world's clock, after 1, 5
//! and 30 seconds. [`WorldClock::advance`](crate::clock::WorldClock::advance) runs them and waits for their
//! answers. Call [`Webhooks::settle`] before it when a first attempt may still be under way; the control
//! plane does.

mod bad;
mod control;
mod delivery;
mod endpoint;
mod inbox;
mod scheme;
mod send;

use std::sync::{Arc, Mutex, Weak};
use std::time::{Duration, Instant};

use bytes::Bytes;
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use http::HeaderMap;
use serde_json::Value;
use tokio::sync::watch;

use crate::events::DomainEvent;
use crate::sync::lock;
use crate::world::World;

pub use bad::Bad;
pub(crate) use control::control_routes;
pub use delivery::{Attempt, AttemptKind, Delivery, DeliveryState};
pub use endpoint::{Endpoint, EndpointSpec, INBOX, Secret, Timestamps};
pub use inbox::{Inbox, InboxAnswer, Received};
pub use scheme::{Scheme, SchemeChoice, SchemeName, SecretForm, Spelling};

use delivery::Log;
use endpoint::EndpointChange;
use send::{Answer, Outgoing, send};

/// Names that would hide an endpoint behind other paths of the control plane.
const RESERVED: [&str; 4] = ["deliveries", "trigger", "sign", "settle"];

#[derive(Debug, Default)]
struct Inner {
    endpoints: Vec<Endpoint>,
    named: u64,
    log: Log,
}

/// The endpoints and deliveries of one world.
#[derive(Debug)]
pub struct Webhooks {
    inner: Mutex<Inner>,
    under_way: watch::Sender<usize>,
    /// The built-in receiver.
    pub inbox: Inbox,
}

impl Default for Webhooks {
    fn default() -> Self {
        Self { inner: Mutex::default(), under_way: watch::Sender::new(0), inbox: Inbox::default() }
    }
}

/// One attempt to make.
#[derive(Clone)]
struct Job {
    delivery: String,
    endpoint: String,
    event_id: String,
    body: Bytes,
    /// How many attempts were made before.
    before: usize,
    kind: AttemptKind,
}

/// Counts an attempt as under way as long as it lives.
struct UnderWay(Arc<World>);

impl UnderWay {
    fn new(world: &Arc<World>) -> Self {
        world.webhooks.under_way.send_modify(|count| *count += 1);
        Self(Arc::clone(world))
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.webhooks.under_way.send_modify(|count| *count = count.saturating_sub(1));
    }
}

/// The body of an event's deliveries.
///
/// The members stand in the order of the API's example. The one space makes the bytes differ from what any
/// JSON library would write: a receiver that verifies a re-serialised body fails here already.
fn body_of(event: &DomainEvent) -> Bytes {
    let kind = Value::from(event.event_type.as_str());
    let at = event.timestamp.to_rfc3339_opts(SecondsFormat::Secs, true);
    format!("{{\"event\":{kind},\"timestamp\":\"{at}\", \"data\":{}}}", event.data).into()
}

impl Webhooks {
    /// Adds an endpoint given as JSON and returns it with its id.
    ///
    /// # Errors
    /// A sentence that says what is wrong with it.
    pub fn add_endpoint(&self, world: &Arc<World>, endpoint: Value) -> Result<Value, String> {
        let spec: EndpointSpec =
            serde_json::from_value(endpoint).map_err(|error| format!("webhook endpoint: {error}"))?;
        let endpoint = self.add(world, spec)?;
        serde_json::to_value(endpoint).map_err(|error| error.to_string())
    }

    /// Adds an endpoint.
    ///
    /// # Errors
    /// A sentence that says what is wrong with it.
    pub fn add(&self, world: &World, spec: EndpointSpec) -> Result<Endpoint, String> {
        let mut inner = lock(&self.inner);
        let id = match &spec.id {
            Some(id) if RESERVED.contains(&id.as_str()) => return Err(format!("`{id}` is reserved")),
            Some(id) => id.clone(),
            None => {
                let free = |id: &String| !inner.endpoints.iter().any(|known| known.id == *id);
                (inner.named + 1..).map(|n| format!("wh_{n}")).find(free).unwrap_or_default()
            }
        };
        if inner.endpoints.iter().any(|known| known.id == id) {
            return Err(format!("there is a webhook endpoint `{id}` already"));
        }
        let endpoint = Endpoint::new(id, spec, &world.webhook_secret)?;
        // Only an endpoint that exists has used up a number.
        inner.named += 1;
        inner.endpoints.push(endpoint.clone());
        Ok(endpoint)
    }

    /// All endpoints.
    #[must_use]
    pub fn endpoints(&self) -> Vec<Endpoint> {
        lock(&self.inner).endpoints.clone()
    }

    /// One endpoint.
    #[must_use]
    pub fn endpoint(&self, id: &str) -> Option<Endpoint> {
        lock(&self.inner).endpoints.iter().find(|endpoint| endpoint.id == id).cloned()
    }

    fn change(&self, id: &str, change: EndpointChange) -> Option<Result<Endpoint, String>> {
        let mut inner = lock(&self.inner);
        let endpoint = inner.endpoints.iter_mut().find(|endpoint| endpoint.id == id)?;
        Some(endpoint.changed(change).inspect(|changed| *endpoint = changed.clone()))
    }

    /// Puts a new secret in force (a random one without `secret`). For `overlap` deliveries carry signatures
    /// with the old one as well. `None` when there is no such endpoint.
    pub fn rotate(
        &self,
        world: &World,
        id: &str,
        secret: Option<String>,
        overlap: TimeDelta,
    ) -> Option<Result<Endpoint, String>> {
        let mut inner = lock(&self.inner);
        let endpoint = inner.endpoints.iter_mut().find(|endpoint| endpoint.id == id)?;
        Some(endpoint.rotate(secret, overlap, world.now()).map(|()| endpoint.clone()))
    }

    /// Removes an endpoint; deliveries that wait for their next attempt fail.
    pub fn remove(&self, id: &str) -> bool {
        let endpoints = &mut lock(&self.inner).endpoints;
        let before = endpoints.len();
        endpoints.retain(|endpoint| endpoint.id != id);
        before != endpoints.len()
    }

    /// Removes all endpoints.
    pub fn clear(&self) {
        lock(&self.inner).endpoints.clear();
    }

    /// The delivery log, the oldest first.
    #[must_use]
    pub fn deliveries(&self) -> Vec<Delivery> {
        lock(&self.inner).log.all().cloned().collect()
    }

    /// One delivery.
    #[must_use]
    pub fn delivery(&self, id: &str) -> Option<Delivery> {
        lock(&self.inner).log.get(id)
    }

    /// Forgets the delivery log. Retries that wait for their time are made all the same.
    pub fn clear_log(&self) {
        lock(&self.inner).log.clear();
    }

    /// Waits until no attempt is under way.
    pub async fn settle(&self) {
        // An error would mean that the counter is gone, and it is right here.
        let _ = self.under_way.subscribe().wait_for(|count| *count == 0).await;
    }

    /// Takes an event to be delivered to the endpoints that want it.
    pub fn accept(&self, world: &Arc<World>, event: DomainEvent) {
        let now = world.now();
        let body = body_of(&event);
        let jobs: Vec<Job> = {
            let Inner { endpoints, log, .. } = &mut *lock(&self.inner);
            let wanting = endpoints.iter().filter(|endpoint| endpoint.wants(&event.event_type));
            wanting
                .map(|endpoint| Job {
                    delivery: log.open(&endpoint.id, &event.id, &event.event_type, now),
                    endpoint: endpoint.id.clone(),
                    event_id: event.id.clone(),
                    body: body.clone(),
                    before: 0,
                    kind: AttemptKind::First,
                })
                .collect()
        };
        for job in jobs {
            Self::start(world, job);
        }
    }

    /// Starts an attempt now. It counts as under way from this moment on, not only once it runs.
    fn start(world: &Arc<World>, job: Job) {
        let under_way = UnderWay::new(world);
        tokio::spawn(async move { attempt(&under_way.0, job).await });
    }

    /// Makes another attempt for a delivery: same id and body, a new time. `None` when it is not in the log.
    ///
    /// # Errors
    /// When its body is not there to be sent again.
    pub fn resend(&self, world: &Arc<World>, id: &str) -> Option<Result<(), String>> {
        let delivery = self.delivery(id)?;
        let Some(body) = delivery.attempts.first().and_then(|attempt| attempt.body.clone()) else {
            return Some(Err("this delivery has no body that could be sent again".into()));
        };
        let job = Job {
            delivery: delivery.id,
            endpoint: delivery.endpoint,
            event_id: delivery.event_id,
            body: body.into(),
            before: delivery.attempts.len(),
            kind: AttemptKind::Resend,
        };
        Self::start(world, job);
        Some(Ok(()))
    }

    /// Sends a bad delivery of an event to one endpoint, without retries, and returns how it went.
    ///
    /// # Errors
    /// When there is no such endpoint, or the delivery cannot be made bad in this way.
    pub async fn send_bad(
        &self,
        world: &Arc<World>,
        endpoint: &str,
        event: &DomainEvent,
        bad: &Bad,
    ) -> Result<Delivery, String> {
        let _under_way = UnderWay::new(world);
        let endpoint = self.endpoint(endpoint).ok_or_else(|| format!("no webhook endpoint `{endpoint}`"))?;
        let now = world.now();
        let requests = bad.build(&endpoint, now, signing_time(&endpoint, now), &event.id, &body_of(event))?;
        let id = lock(&self.inner).log.open(&endpoint.id, &event.id, &event.event_type, now);
        let mut delivered = true;
        for outgoing in requests {
            let attempt = transmit(world, &endpoint, &outgoing, AttemptKind::Bad).await;
            delivered &= attempt.succeeded();
            lock(&self.inner).log.record(&id, attempt);
        }
        let state = if delivered { DeliveryState::Delivered } else { DeliveryState::Failed };
        let mut inner = lock(&self.inner);
        inner.log.settle(&id, state, None);
        inner.log.get(&id).ok_or_else(|| "the delivery has left the log".to_owned())
    }

    /// Whether a signature in these headers fits a secret of an endpoint, or that of the world.
    fn verifies(&self, world: &World, headers: &HeaderMap, body: &[u8]) -> bool {
        let now = world.now();
        let own = (SchemeChoice::default().scheme(), vec![world.webhook_secret.clone()]);
        let of_endpoints =
            self.endpoints().into_iter().map(|known| (known.scheme.scheme(), known.secrets_at(now)));
        of_endpoints.chain([own]).any(|(scheme, secrets)| fits(&scheme, &secrets, headers, body))
    }

    /// Hands a delivery to the built-in receiver.
    async fn deliver_to_inbox(&self, world: &World, headers: &HeaderMap, body: &[u8]) -> InboxAnswer {
        let verified = self.verifies(world, headers, body);
        let answer = self.inbox.receive(world.now(), headers, body, verified);
        answer.wait().await;
        answer
    }
}

fn fits(scheme: &Scheme, secrets: &[String], headers: &HeaderMap, body: &[u8]) -> bool {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let Some(sent) = text(&scheme.signature_header) else { return false };
    let id = scheme.id_header.as_deref().map_or(Some(""), text);
    let timestamp = match &scheme.timestamp_header {
        Some(name) => text(name),
        // In the header itself, between the words around the placeholder, or nowhere.
        None => match scheme.header_prefix.split_once("{timestamp}") {
            Some((before, after)) => sent.strip_prefix(before).and_then(|rest| rest.split(after).next()),
            None => Some(""),
        },
    };
    let (Some(id), Some(timestamp)) = (id, timestamp) else { return false };
    secrets.iter().any(|secret| {
        let signature = scheme.sign(secret, id, timestamp, body);
        signature.is_ok_and(|signature| sent.contains(&scheme.each.replace("{signature}", &signature)))
    })
}

fn signing_time(endpoint: &Endpoint, now: DateTime<Utc>) -> DateTime<Utc> {
    match endpoint.timestamps {
        Timestamps::World => now,
        Timestamps::Machine => Utc::now(),
    }
}

/// Makes one attempt and arranges for the next one if it fails.
async fn attempt(world: &Arc<World>, job: Job) {
    let webhooks = &world.webhooks;
    let give_up = |state| lock(&webhooks.inner).log.settle(&job.delivery, state, None);
    let Some(endpoint) = webhooks.endpoint(&job.endpoint).filter(|endpoint| endpoint.enabled) else {
        give_up(DeliveryState::Failed);
        return;
    };
    let now = world.now();
    let signed_at = signing_time(&endpoint, now);
    let outgoing = match bad::ordinary(&endpoint, now, signed_at, &job.event_id, &job.body) {
        Ok(outgoing) => outgoing,
        Err(error) => {
            // Secrets are checked when they come in, so this takes a scheme changed afterwards.
            tracing::error!(%error, endpoint = job.endpoint, "a delivery cannot be signed");
            give_up(DeliveryState::Failed);
            return;
        }
    };
    let attempt = transmit(world, &endpoint, &outgoing, job.kind).await;
    let succeeded = attempt.succeeded();
    lock(&webhooks.inner).log.record(&job.delivery, attempt);
    if succeeded {
        give_up(DeliveryState::Delivered);
        return;
    }
    let wait = endpoint.retry_seconds.get(job.before).copied().and_then(crate::time::seconds);
    let due = wait.and_then(|wait| world.now().checked_add_signed(wait));
    let Some(due) = due.filter(|_| matches!(job.kind, AttemptKind::First | AttemptKind::Retry)) else {
        give_up(DeliveryState::Failed);
        return;
    };
    lock(&webhooks.inner).log.settle(&job.delivery, DeliveryState::Pending, Some(due));
    let next = Job { before: job.before + 1, kind: AttemptKind::Retry, ..job };
    schedule(world, due, next);
}

/// A job of the clock must not keep the world alive that the clock belongs to.
fn schedule(world: &Arc<World>, due: DateTime<Utc>, job: Job) {
    let weak: Weak<World> = Arc::downgrade(world);
    world.clock.schedule(due, move || -> std::pin::Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(async move {
            if let Some(world) = weak.upgrade() {
                let _under_way = UnderWay::new(&world);
                attempt(&world, job).await;
            }
        })
    });
}

/// Sends one request and notes how it went.
async fn transmit(world: &World, endpoint: &Endpoint, outgoing: &Outgoing, kind: AttemptKind) -> Attempt {
    let at = world.now();
    let started = Instant::now();
    let limit = Duration::from_millis(endpoint.timeout_ms);
    let exchange = async {
        if outgoing.url != INBOX {
            return send(outgoing).await;
        }
        let headers = outgoing.header_map()?;
        let answer = world.webhooks.deliver_to_inbox(world, &headers, &outgoing.body).await;
        Ok(Answer { status: answer.status, excerpt: answer.body })
    };
    let result = match tokio::time::timeout(limit, exchange).await {
        Ok(result) => result,
        Err(_) => Err(format!("no answer within {} ms", endpoint.timeout_ms)),
    };
    Attempt::new(kind, at, outgoing, result, started.elapsed())
}
