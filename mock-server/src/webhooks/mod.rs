//! Webhook endpoints, deliveries with their retries, and a receiver to look at them.
//!
//! The first attempt starts at once; when it fails, the next ones follow on the world's clock, after 1, 5
//! and 30 seconds. An endpoint gets one request at a time, in the order of the events.
//! [`World::advance`] waits for attempts under way, runs those that fall due and waits for their answers.

mod attempt;
mod bad;
mod control;
mod delivery;
mod endpoint;
mod inbox;
mod line;
mod scheme;
mod send;

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use chrono::{SecondsFormat, TimeDelta};
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

use attempt::{Job, attempt, signing_time, transmit};
use delivery::Log;
use endpoint::EndpointChange;
use line::Line;

/// Names that would hide an endpoint behind other paths of the control plane.
const RESERVED: [&str; 4] = ["deliveries", "trigger", "sign", "settle"];

#[derive(Debug, Default)]
struct Inner {
    endpoints: Vec<Endpoint>,
    /// What is being sent, by endpoint.
    lines: HashMap<String, Line>,
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
        inner.lines.insert(endpoint.id.clone(), Line::default());
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
        let Inner { endpoints, lines, .. } = &mut *lock(&self.inner);
        let before = endpoints.len();
        endpoints.retain(|endpoint| endpoint.id != id);
        lines.remove(id);
        before != endpoints.len()
    }

    /// Removes all endpoints.
    pub fn clear(&self) {
        let Inner { endpoints, lines, .. } = &mut *lock(&self.inner);
        endpoints.clear();
        lines.clear();
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
        // Under one lock: what happened first takes its place first.
        let Inner { endpoints, lines, log, .. } = &mut *lock(&self.inner);
        for endpoint in endpoints.iter().filter(|endpoint| endpoint.wants(&event.event_type)) {
            let job = Job {
                delivery: log.open(&endpoint.id, &event.id, &event.event_type, now),
                endpoint: endpoint.id.clone(),
                event_id: event.id.clone(),
                body: body.clone(),
                before: 0,
                kind: AttemptKind::First,
            };
            start(world, lines.entry(endpoint.id.clone()).or_default(), job);
        }
    }

    fn line(&self, endpoint: &str) -> Line {
        lock(&self.inner).lines.get(endpoint).cloned().unwrap_or_default()
    }

    fn is_delivered(&self, id: &str) -> bool {
        self.delivery(id).is_some_and(|delivery| delivery.state == DeliveryState::Delivered)
    }

    /// Makes another attempt for a delivery: same id and body, a new time. `None` when it is not in the log.
    ///
    /// # Errors
    /// When it cannot be sent again.
    pub fn resend(&self, world: &Arc<World>, id: &str) -> Option<Result<(), String>> {
        let delivery = self.delivery(id)?;
        if !self.endpoint(&delivery.endpoint).is_some_and(|endpoint| endpoint.enabled) {
            return Some(Err(format!("the endpoint `{}` is gone or not enabled", delivery.endpoint)));
        }
        let job = Job::again(delivery);
        Some(job.map(|job| start(world, &self.line(&job.endpoint), job)).map_err(str::to_owned))
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
        let under_way = UnderWay::new(world);
        let endpoint = self.endpoint(endpoint).ok_or_else(|| format!("no webhook endpoint `{endpoint}`"))?;
        let line = self.line(&endpoint.id);
        let (event, bad) = (event.clone(), bad.clone());
        let sent = line.wait(async move { send_bad(&under_way.0, &endpoint, &event, &bad).await }).await;
        sent.unwrap_or_else(|| Err("the server is stopping".to_owned()))
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
    let prefix = scheme.header_prefix.replace("{timestamp}", timestamp);
    let Some(all) = sent.strip_prefix(&prefix) else { return false };
    let apart = scheme.separator.as_deref().filter(|separator| !separator.is_empty());
    let mut signatures = apart.map_or(vec![all], |separator| all.split(separator).collect()).into_iter();
    signatures.any(|one| {
        secrets.iter().any(|secret| {
            let right = scheme.sign(secret, id, timestamp, body);
            right.is_ok_and(|right| one == scheme.each.replace("{signature}", &right))
        })
    })
}

/// Puts an attempt in line. It counts as under way from this moment on, not only once it runs.
fn start(world: &Arc<World>, line: &Line, job: Job) {
    let under_way = UnderWay::new(world);
    line.push(async move { attempt(&under_way.0, job).await });
}

async fn send_bad(
    world: &World,
    endpoint: &Endpoint,
    event: &DomainEvent,
    bad: &Bad,
) -> Result<Delivery, String> {
    let inner = &world.webhooks.inner;
    let now = world.now();
    let requests = bad.build(endpoint, now, signing_time(endpoint, now), &event.id, &body_of(event))?;
    let id = lock(inner).log.open(&endpoint.id, &event.id, &event.event_type, now);
    let mut delivered = true;
    for outgoing in requests {
        let attempt = transmit(world, endpoint, &outgoing, AttemptKind::Bad).await;
        delivered &= attempt.succeeded();
        lock(inner).log.record(&id, attempt);
    }
    let state = if delivered { DeliveryState::Delivered } else { DeliveryState::Failed };
    let mut inner = lock(inner);
    inner.log.settle(&id, state, None);
    inner.log.get(&id).ok_or_else(|| "the delivery has left the log".to_owned())
}
