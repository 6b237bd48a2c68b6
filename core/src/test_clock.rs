//! A clock for tests that waits by jumping.

use crate::clock::{BoxFuture, Clock, SystemClock};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};
use tokio::sync::Notify;

/// Real time plus jumps: whatever the client would sleep through is skipped, and a callback drives the clock of
/// a mock server along. A test of a one-minute rate-limit window then takes milliseconds.
///
/// Guards around requests still run in real time, so a slow answer is still a slow answer; they also notice
/// jumps, so a deadline that lies within a jump has passed after it.
///
/// ```
/// use std::sync::Arc;
/// use zhifuyun::{Client, TestClock};
///
/// let clock = TestClock::new(|skipped| Box::pin(async move {
///     println!("tell the mock server to advance by {skipped:?}");
/// }));
/// let client = Client::builder().client_id("id").client_secret("secret").clock(Arc::new(clock)).build()?;
/// # Ok::<(), zhifuyun::Error>(())
/// ```
#[derive(Clone)]
pub struct TestClock(Arc<Inner>);

type OnSkip = dyn Fn(Duration) -> BoxFuture<'static, ()> + Send + Sync;

struct Inner {
    skipped: Mutex<Duration>,
    changed: Notify,
    /// One jump at a time: the server hears of them in the order in which they happen.
    turn: tokio::sync::Mutex<()>,
    on_skip: Box<OnSkip>,
}

impl TestClock {
    /// A clock that calls `on_skip` for every jump, and lets it finish, before the sleeper goes on.
    pub fn new(on_skip: impl Fn(Duration) -> BoxFuture<'static, ()> + Send + Sync + 'static) -> Self {
        Self(Arc::new(Inner {
            skipped: Mutex::default(),
            changed: Notify::new(),
            turn: tokio::sync::Mutex::new(()),
            on_skip: Box::new(on_skip),
        }))
    }

    /// How much time was skipped so far.
    #[must_use]
    pub fn skipped(&self) -> Duration {
        *self.0.skipped.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Jumps ahead, as a sleep of that length would.
    pub async fn skip(&self, by: Duration) {
        self.skip_to(self.now() + by).await;
    }

    /// Sleepers that began together end together: the second finds that its time has passed.
    async fn skip_to(&self, target: Instant) {
        let _turn = self.0.turn.lock().await;
        let by = target.saturating_duration_since(self.now());
        if by.is_zero() {
            return;
        }
        (self.0.on_skip)(by).await;
        *self.0.skipped.lock().unwrap_or_else(PoisonError::into_inner) += by;
        self.0.changed.notify_waiters();
    }
}

impl Clock for TestClock {
    fn now(&self) -> Instant {
        SystemClock.now() + self.skipped()
    }

    fn wall(&self) -> SystemTime {
        SystemClock.wall() + self.skipped()
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        let (clock, target) = (self.clone(), self.now() + duration);
        Box::pin(async move { clock.skip_to(target).await })
    }

    fn deadline(&self, at: Instant) -> BoxFuture<'static, ()> {
        let clock = self.clone();
        Box::pin(async move {
            loop {
                let changed = clock.0.changed.notified();
                let left = at.saturating_duration_since(clock.now());
                if left.is_zero() {
                    return;
                }
                tokio::select! {
                    () = changed => {}
                    () = SystemClock.sleep(left) => return,
                }
            }
        })
    }
}

impl fmt::Debug for TestClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TestClock").field("skipped", &self.skipped()).finish_non_exhaustive()
    }
}
