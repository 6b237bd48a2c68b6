//! Time, sleep and chance, injected so that every timing rule can be tested without waiting.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Mutex;
use std::time::{Duration, Instant, SystemTime};

/// A boxed future, as the traits of this crate return it.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Where the client takes its time from.
///
/// Two clocks, because each lies in its own way: the monotonic one stands still while a machine sleeps, the
/// wall clock jumps when somebody sets it. Tokens expire by whichever comes first.
pub trait Clock: fmt::Debug + Send + Sync + 'static {
    /// Monotonic time.
    fn now(&self) -> Instant;
    /// Wall time, as the server's timestamps mean it.
    fn wall(&self) -> SystemTime;
    /// A wait by the client's own choice: back-off, pacing, a rate-limit pause. A test clock may jump it.
    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()>;
    /// A guard around something that is under way, such as a request: it fires when the clock reaches the
    /// deadline. A test clock must not jump to it, or every request would time out at once.
    fn deadline(&self, at: Instant) -> BoxFuture<'static, ()> {
        self.sleep(at.saturating_duration_since(self.now()))
    }
}

/// The real clock: tokio's timer and the system's wall clock.
///
/// Under `tokio::time::pause()` it follows tokio's paused time.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Instant {
        tokio::time::Instant::now().into_std()
    }

    fn wall(&self) -> SystemTime {
        SystemTime::now()
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        Box::pin(tokio::time::sleep(duration))
    }

    fn deadline(&self, at: Instant) -> BoxFuture<'static, ()> {
        Box::pin(tokio::time::sleep_until(at.into()))
    }
}

/// Where jitter comes from. Seeded per process and reseeded after a fork by whoever owns the client, so that
/// a thousand workers forked from one parent do not retry in step.
#[derive(Debug)]
pub struct Jitter(Mutex<fastrand::Rng>);

impl Jitter {
    /// Fresh entropy.
    #[must_use]
    pub fn new() -> Self {
        Self(Mutex::new(fastrand::Rng::new()))
    }

    /// A repeatable sequence, for tests.
    #[must_use]
    pub fn seeded(seed: u64) -> Self {
        Self(Mutex::new(fastrand::Rng::with_seed(seed)))
    }

    /// Another sequence that follows from this one: as repeatable, and not in step with it.
    #[must_use]
    pub fn split(&self) -> Self {
        Self(Mutex::new(self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner).fork()))
    }

    /// A number in `[0, 1)`.
    pub fn fraction(&self) -> f64 {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner).f64()
    }

    /// A duration in `[0, upper)`: "full jitter".
    pub fn up_to(&self, upper: Duration) -> Duration {
        upper.mul_f64(self.fraction())
    }
}

impl Default for Jitter {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
pub(crate) mod testing {
    //! A clock on tokio's paused time with a wall clock that tests can skew.
    use super::*;
    use std::sync::atomic::{AtomicI64, Ordering};

    /// Use inside `#[tokio::test(start_paused = true)]`.
    #[derive(Debug)]
    pub(crate) struct PausedClock {
        start: Instant,
        wall_start: SystemTime,
        skew_ms: AtomicI64,
    }

    impl PausedClock {
        pub(crate) fn new() -> Self {
            Self {
                start: SystemClock.now(),
                wall_start: SystemTime::UNIX_EPOCH + Duration::from_secs(1_704_103_200),
                skew_ms: AtomicI64::new(0),
            }
        }

        /// Sets the wall clock off by so many milliseconds, as an administrator or a suspend would.
        pub(crate) fn skew_ms(&self, ms: i64) {
            self.skew_ms.store(ms, Ordering::SeqCst);
        }
    }

    impl Clock for PausedClock {
        fn now(&self) -> Instant {
            SystemClock.now()
        }

        fn wall(&self) -> SystemTime {
            let t = self.wall_start + self.now().duration_since(self.start);
            let skew = self.skew_ms.load(Ordering::SeqCst);
            if skew >= 0 {
                t + Duration::from_millis(skew.unsigned_abs())
            } else {
                t - Duration::from_millis(skew.unsigned_abs())
            }
        }

        fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
            SystemClock.sleep(duration)
        }
    }
}
