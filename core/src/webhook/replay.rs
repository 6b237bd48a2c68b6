//! Once is enough: the replay guard.

use super::event::Event;
use super::headers::Headers;
use super::reason::{WebhookReason, refuse};
use super::verifier::Webhook;
use crate::clock::BoxFuture;
use crate::error::{Error, Result};
use std::fmt;
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};

/// The answer of a guard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reserve {
    /// It is the caller's to handle. The number is the lease: it tells this reservation from a later one of
    /// the same key, so that a handler that was overtaken cannot undo the work of its successor.
    Reserved(u64),
    /// Somebody is handling it.
    InFlight,
    /// It was handled.
    Done,
}

/// Remembers which webhooks were handled.
///
/// In two phases, because the sender repeats a webhook whose handler failed, with the same id: a guard that
/// forgot nothing would turn one failure into a lost event, and one that noted it only afterwards would let
/// two handlers run at once. So: reserve, handle, then commit or release.
///
/// A guard must remember for longer than a webhook can come again: twice the tolerance (a timestamp may be
/// ahead and then age) plus the retries (API reference, "重试机制": 1, 5 and 30 s). The default,
/// [`MemoryReplayGuard`](super::MemoryReplayGuard), is for one process; several processes need a shared one,
/// for instance on Redis with `SET key lease NX EX ttl`.
pub trait ReplayGuard: fmt::Debug + Send + Sync + 'static {
    /// Reserves the key, or says what became of it. An `Err` means that the store does not answer; then the
    /// webhook is not handled and the sender should try again.
    fn reserve<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Reserve>>;

    /// The webhook was handled. A lease that is no longer current is ignored.
    fn commit<'a>(&'a self, key: &'a str, lease: u64) -> BoxFuture<'a, Result<()>>;

    /// The webhook was not handled: let the next attempt in. A lease that is no longer current is ignored.
    fn release<'a>(&'a self, key: &'a str, lease: u64) -> BoxFuture<'a, Result<()>>;

    /// A reservation was dropped without either, as by a panic or a cancelled task. Must not block; a guard
    /// that cannot release at once does nothing here and lets its lease run out.
    fn abandon(&self, key: &str, lease: u64) {
        let _ = (key, lease);
    }
}

/// A webhook that is this caller's to handle. Dropping it without [`commit`](Self::commit) lets the next
/// attempt of the sender in.
///
/// ```
/// # use std::sync::Arc;
/// use zhifuyun::webhook::{MemoryReplayGuard, ReplayGuard, Reservation, WebhookReason};
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let guard: Arc<dyn ReplayGuard> = Arc::new(MemoryReplayGuard::new());
///
/// let first = Reservation::reserve(&guard, "msg_1").await?;
/// let second = Reservation::reserve(&guard, "msg_1").await.unwrap_err();
/// assert_eq!(second.webhook_reason(), Some(WebhookReason::InFlight));
///
/// drop(first); // The handler failed.
/// Reservation::reserve(&guard, "msg_1").await?.commit().await?;
/// let again = Reservation::reserve(&guard, "msg_1").await.unwrap_err();
/// assert_eq!(again.webhook_reason(), Some(WebhookReason::Replayed));
/// # Ok::<(), zhifuyun::Error>(()) }).unwrap();
/// ```
#[derive(Debug)]
#[must_use = "dropping a reservation gives it back"]
pub struct Reservation {
    guard: Arc<dyn ReplayGuard>,
    key: String,
    lease: u64,
    settled: bool,
}

impl Reservation {
    /// Reserves a key, usually [`Event::dedupe_key`].
    ///
    /// # Errors
    ///
    /// `WebhookVerification` with `in_flight` or `replayed`, or the error of the guard's store.
    pub async fn reserve(guard: &Arc<dyn ReplayGuard>, key: impl Into<String>) -> Result<Self> {
        let key = key.into();
        match guard.reserve(&key).await? {
            Reserve::Reserved(lease) => Ok(Self { guard: Arc::clone(guard), key, lease, settled: false }),
            Reserve::InFlight => Err(refuse(
                WebhookReason::InFlight,
                "this webhook is being handled at this moment: answer 409, so that the sender tries again if that \
                 handler fails",
            )),
            Reserve::Done => Err(refuse(
                WebhookReason::Replayed,
                "this webhook was already handled: answer 200, so that the sender stops, and do nothing",
            )),
        }
    }

    /// [`Reservation::reserve`] for callers without an async runtime; see [`Webhook::handle_blocking`].
    ///
    /// # Errors
    ///
    /// As [`Reservation::reserve`].
    pub fn reserve_blocking(guard: &Arc<dyn ReplayGuard>, key: impl Into<String>) -> Result<Self> {
        block_on(Self::reserve(guard, key))
    }

    /// The key.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }

    /// The webhook was handled.
    ///
    /// # Errors
    ///
    /// The error of the guard's store. The reservation then stays in flight until its lease runs out.
    pub async fn commit(mut self) -> Result<()> {
        self.settled = true;
        self.guard.commit(&self.key, self.lease).await
    }

    /// [`Reservation::commit`] for callers without an async runtime.
    ///
    /// # Errors
    ///
    /// As [`Reservation::commit`].
    pub fn commit_blocking(self) -> Result<()> {
        block_on(self.commit())
    }

    /// The webhook was not handled. Unlike a drop this waits until the store knows.
    ///
    /// # Errors
    ///
    /// The error of the guard's store.
    pub async fn release(mut self) -> Result<()> {
        self.guard.release(&self.key, self.lease).await?;
        self.settled = true;
        Ok(())
    }

    /// [`Reservation::release`] for callers without an async runtime.
    ///
    /// # Errors
    ///
    /// As [`Reservation::release`].
    pub fn release_blocking(self) -> Result<()> {
        block_on(self.release())
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        if !self.settled {
            self.guard.abandon(&self.key, self.lease);
        }
    }
}

impl Webhook {
    /// Verifies, reserves, runs `handler`, and commits if it succeeded. If it failed, panicked or was
    /// cancelled, the next attempt of the sender is let in.
    ///
    /// # Errors
    ///
    /// Those of [`Webhook::verify`] and [`Reservation::reserve`], turned into `E`, and those of the handler.
    /// [`WebhookReason::http_status`] says how to answer. If the handler succeeded and the store then fails,
    /// the result is that of the handler, and a warning is traced: the work is done.
    pub async fn handle<T, E, F>(
        &self,
        headers: &(impl Headers + ?Sized),
        body: &[u8],
        guard: &Arc<dyn ReplayGuard>,
        handler: impl FnOnce(Event) -> F,
    ) -> Result<T, E>
    where
        E: From<Error>,
        F: Future<Output = Result<T, E>>,
    {
        let event = self.verify(headers, body)?;
        let reservation = Reservation::reserve(guard, event.dedupe_key()).await?;
        match handler(event).await {
            Ok(value) => {
                noted(reservation.commit().await);
                Ok(value)
            }
            Err(error) => {
                noted(reservation.release().await);
                Err(error)
            }
        }
    }

    /// [`Webhook::handle`] with a handler that is not async.
    ///
    /// The guard's futures are driven on this thread, which sleeps meanwhile: call it outside an async
    /// runtime, or with a guard such as [`MemoryReplayGuard`](super::MemoryReplayGuard) that never waits.
    ///
    /// ```
    /// # use std::{sync::Arc, time::SystemTime};
    /// use zhifuyun::webhook::{MemoryReplayGuard, ReplayGuard, Webhook};
    /// let webhook = Webhook::new(["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"])?;
    /// let guard: Arc<dyn ReplayGuard> = Arc::new(MemoryReplayGuard::new());
    /// # let body = br#"{"event":"ticket.created"}"#;
    /// # let headers = webhook.sign("msg_1", SystemTime::now(), body)?;
    /// let answer: Result<(), zhifuyun::Error> = webhook.handle_blocking(&headers, body, &guard, |event| {
    ///     println!("{}", event.event_type);
    ///     Ok(())
    /// });
    /// let status = match &answer {
    ///     Ok(()) => 200,
    ///     Err(e) => e.webhook_reason().map_or(500, |reason| reason.http_status()),
    /// };
    /// assert_eq!(status, 200);
    /// # Ok::<(), zhifuyun::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`Webhook::handle`].
    pub fn handle_blocking<T, E: From<Error>>(
        &self,
        headers: &(impl Headers + ?Sized),
        body: &[u8],
        guard: &Arc<dyn ReplayGuard>,
        handler: impl FnOnce(Event) -> Result<T, E>,
    ) -> Result<T, E> {
        block_on(self.handle(headers, body, guard, |event| std::future::ready(handler(event))))
    }
}

fn noted(outcome: Result<()>) {
    if let Err(error) = outcome {
        tracing::warn!(reason = %error.reason(), "the replay guard did not take note of a webhook");
    }
}

/// Runs a future on this thread. The crate starts no runtime, and a guard in memory needs none.
fn block_on<F: Future>(future: F) -> F::Output {
    struct Unpark(std::thread::Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
    let mut context = Context::from_waker(&waker);
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut context) {
            Poll::Ready(output) => return output,
            Poll::Pending => std::thread::park(),
        }
    }
}
