//! Attempts: the first one, those after a failure, and those that somebody asks for.

use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use bytes::Bytes;
use chrono::{DateTime, Utc};

use super::delivery::{Attempt, AttemptKind, Delivery, DeliveryState};
use super::endpoint::{Endpoint, INBOX, Timestamps};
use super::send::{Answer, Outgoing, send};
use super::{UnderWay, bad};
use crate::sync::lock;
use crate::world::World;

/// One attempt to make.
#[derive(Clone)]
pub(super) struct Job {
    pub(super) delivery: String,
    pub(super) endpoint: String,
    pub(super) event_id: String,
    pub(super) body: Bytes,
    /// How many attempts were made before.
    pub(super) before: usize,
    pub(super) kind: AttemptKind,
}

impl Job {
    /// Another attempt for a delivery.
    ///
    /// # Errors
    /// When it was a bad one: signed anew it would be good. When it has not been sent yet.
    pub(super) fn again(delivery: Delivery) -> Result<Self, &'static str> {
        let first = delivery.attempts.first().ok_or("this delivery is still on its way")?;
        if first.kind == AttemptKind::Bad {
            return Err("a bad delivery cannot be sent again; ask for another one");
        }
        // Events are text, so the body of every good delivery is too.
        let body = first.body.clone().ok_or("this delivery has no text that could be sent again")?;
        Ok(Self {
            before: delivery.attempts.len(),
            delivery: delivery.id,
            endpoint: delivery.endpoint,
            event_id: delivery.event_id,
            body: body.into(),
            kind: AttemptKind::Resend,
        })
    }
}

pub(super) fn signing_time(endpoint: &Endpoint, now: DateTime<Utc>) -> DateTime<Utc> {
    match endpoint.timestamps {
        Timestamps::World => now,
        Timestamps::Machine => Utc::now(),
    }
}

/// Makes one attempt and arranges for the next one if it fails.
pub(super) async fn attempt(world: &Arc<World>, job: Job) {
    let webhooks = &world.webhooks;
    if job.kind == AttemptKind::Retry && webhooks.is_delivered(&job.delivery) {
        // Somebody sent it again meanwhile, and it arrived.
        return;
    }
    let settle = |state, next| {
        // A resend is an extra: one that fails changes nothing about the attempts that are planned.
        if job.kind != AttemptKind::Resend || state == DeliveryState::Delivered {
            lock(&webhooks.inner).log.settle(&job.delivery, state, next);
        }
    };
    let Some(endpoint) = webhooks.endpoint(&job.endpoint).filter(|endpoint| endpoint.enabled) else {
        settle(DeliveryState::Failed, None);
        return;
    };
    let now = world.now();
    let signed_at = signing_time(&endpoint, now);
    let outgoing = match bad::ordinary(&endpoint, now, signed_at, &job.event_id, &job.body) {
        Ok(outgoing) => outgoing,
        Err(error) => {
            // Secrets are checked when they come in, so this takes a scheme changed afterwards.
            tracing::error!(%error, endpoint = job.endpoint, "a delivery cannot be signed");
            settle(DeliveryState::Failed, None);
            return;
        }
    };
    let attempt = transmit(world, &endpoint, &outgoing, job.kind).await;
    let succeeded = attempt.succeeded();
    lock(&webhooks.inner).log.record(&job.delivery, attempt);
    if succeeded {
        settle(DeliveryState::Delivered, None);
        return;
    }
    let wait = endpoint.retry_seconds.get(job.before).copied().and_then(crate::time::seconds);
    let due = wait.and_then(|wait| world.now().checked_add_signed(wait));
    let Some(due) = due.filter(|_| job.kind != AttemptKind::Resend) else {
        settle(DeliveryState::Failed, None);
        return;
    };
    settle(DeliveryState::Pending, Some(due));
    schedule(world, due, Job { before: job.before + 1, kind: AttemptKind::Retry, ..job });
}

/// A job of the clock must not keep the world alive that the clock belongs to.
fn schedule(world: &Arc<World>, due: DateTime<Utc>, job: Job) {
    let weak: Weak<World> = Arc::downgrade(world);
    world.clock.schedule(due, move || -> std::pin::Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(async move {
            let Some(world) = weak.upgrade() else { return };
            let under_way = UnderWay::new(&world);
            let line = world.webhooks.line(&job.endpoint);
            // Nothing comes of it when the runtime ends before.
            let _ = line.wait(async move { attempt(&under_way.0, job).await }).await;
        })
    });
}

/// Sends one request and notes how it went.
pub(super) async fn transmit(
    world: &World,
    endpoint: &Endpoint,
    outgoing: &Outgoing,
    kind: AttemptKind,
) -> Attempt {
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
