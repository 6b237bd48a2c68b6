//! Staying within the request quota.
//!
//! The API document gives two plans, 100 and 1000 requests a minute, and says that a request over the limit
//! is answered 429 and may be repeated later; it names no header and no window model. [`LocalLimiter`] is the
//! in-process default; `docs/design/rate-limits.md` has the rule it follows and the proof.

mod ceiling;
mod line;
mod local;
mod log;
mod state;

pub use local::LocalLimiter;

use crate::clock::BoxFuture;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How many requests per minute the key may make.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Plan {
    /// 100 a minute.
    Free,
    /// 1000 a minute.
    Enterprise,
    /// So many a minute.
    PerMinute(u32),
    /// Send freely until the first 429, learn the limit from it, pace below it, probe upward.
    #[default]
    Auto,
    /// Never wait ahead of a 429. `Retry-After` is still obeyed.
    Off,
}

/// What to do when the plan has no free slot now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum OnLimit {
    /// Wait for one, within the deadline of the call.
    #[default]
    Wait,
    /// Fail at once with a `rate_limit` error that says when there will be one.
    Raise,
}

/// Who asks for a slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// A single call: may use what is left of the window at once.
    Interactive,
    /// One page of an iteration: paced evenly, so that it leaves room for single calls.
    Bulk,
}

/// Leave to send, or when to ask again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission {
    /// Send now.
    Go,
    /// Ask again then, or earlier if `Permit::changed` says so.
    Wait {
        /// When asking again makes sense: an estimate that counts those ahead.
        until: Instant,
        /// The request surely cannot leave earlier, even if everybody ahead goes away. A call whose deadline
        /// comes first fails at once instead of waiting in vain.
        not_before: Instant,
        /// Why.
        cause: WaitCause,
    },
}

/// Why a request has to wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum WaitCause {
    /// The plan has no free slot.
    Plan,
    /// Nothing forbids the request; it only waits so that requests do not leave in one burst: bulk pacing,
    /// the gentle start after a pause, and too many in flight while the limit is not yet known.
    /// `on_limit = raise` should not fail on this one.
    Pace,
    /// The server said how long to wait.
    RetryAfter,
    /// The server said 429 without a time; one prober goes ahead, the others wait.
    Pause,
}

/// How a request that was sent ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The server answered (anything but 429).
    Answered,
    /// The server answered 429, with the time it wants the client to wait, if it said.
    Limited(Option<Duration>),
    /// No answer: nobody knows whether the server counted it.
    Lost,
}

/// One request's place in the queue. Dropping it at any time gives back what it held.
///
/// The order of calls: `admit` until it says [`Admission::Go`], `sent`, `ended`. A retry of the same call takes
/// a new permit.
pub trait Permit: Send {
    /// Asks for leave to send. The place in the queue is taken by the first call that has to wait.
    fn admit(&mut self, now: Instant) -> BoxFuture<'_, Admission>;
    /// Resolves when the state of the limiter changed so that asking again makes sense. A change between
    /// `admit` and this call is not lost; waking without need is possible.
    fn changed(&self) -> BoxFuture<'static, ()>;
    /// The request leaves now. To be called before the first byte leaves, since the server may count it from
    /// then on.
    fn sent(&mut self, now: Instant);
    /// The request ended now: its answer is here, or nobody waits for it any more. (A permit that was `sent` and is dropped without this counts as `Lost`.)
    fn ended(&mut self, outcome: Outcome, now: Instant);
}

/// Decides when a request may leave. The default is in-process; the trait is there so that several processes
/// can share one quota.
///
/// A limiter that lets one request go every 50 ms:
///
/// ```
/// use std::sync::{Arc, Mutex};
/// use std::time::{Duration, Instant};
/// use zhifuyun::rate_limit::{Admission, Class, Limiter, Outcome, Permit, Quota, WaitCause};
/// use zhifuyun::{BoxFuture, Client};
///
/// #[derive(Debug, Default)]
/// struct Even(Mutex<Option<Instant>>);
///
/// struct Turn(Arc<Even>);
///
/// impl Limiter for Even {
///     fn enter(self: Arc<Self>, _: Class) -> Box<dyn Permit> {
///         Box::new(Turn(self))
///     }
///     fn quota(&self, now: Instant) -> Quota {
///         let next = self.0.lock().unwrap().map_or(Duration::ZERO, |at| at.saturating_duration_since(now));
///         Quota::new(0, Some(1_200), next)
///     }
/// }
///
/// impl Permit for Turn {
///     fn admit(&mut self, now: Instant) -> BoxFuture<'_, Admission> {
///         let mut next = self.0.0.lock().unwrap();
///         let admission = match *next {
///             Some(at) if at > now => Admission::Wait { until: at, not_before: at, cause: WaitCause::Pace },
///             _ => {
///                 *next = Some(now + Duration::from_millis(50));
///                 Admission::Go
///             }
///         };
///         Box::pin(async move { admission })
///     }
///     fn changed(&self) -> BoxFuture<'static, ()> {
///         Box::pin(std::future::pending())
///     }
///     fn sent(&mut self, _: Instant) {}
///     fn ended(&mut self, _: Outcome, _: Instant) {}
/// }
///
/// let client = Client::builder()
///     .client_id("id")
///     .client_secret("secret")
///     .limiter(Arc::new(Even::default()))
///     .build()?;
/// assert_eq!(client.quota().limit, Some(1_200));
/// # Ok::<(), zhifuyun::Error>(())
/// ```
pub trait Limiter: fmt::Debug + Send + Sync + 'static {
    /// A new place in the queue.
    fn enter(self: Arc<Self>, class: Class) -> Box<dyn Permit>;
    /// The live view.
    fn quota(&self, now: Instant) -> Quota;
}

/// A live view of the quota.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Quota {
    /// Requests in the current 60-second window as far as this client knows.
    pub used: u64,
    /// The limit per minute; `None` when unlimited or not yet known.
    pub limit: Option<u64>,
    /// How long until the next single call could leave; zero if at once.
    pub next_free: Duration,
}

impl Quota {
    /// A view, for limiters of one's own.
    #[must_use]
    pub fn new(used: u64, limit: Option<u64>, next_free: Duration) -> Self {
        Self { used, limit, next_free }
    }
}
