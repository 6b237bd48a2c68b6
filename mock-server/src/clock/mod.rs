//! The clock of a world: real, shifted or standing still, with jobs that fall due on it.
//!
//! Token expiry, rate windows and webhook retries all ask this clock, so a test moves an hour forward with
//! one call. [`WorldClock::advance`] is what makes such a test exact: every job that falls due on the way
//! runs in order, with the clock standing at its due time, and the call returns when all of them are done.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, Weak};

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use tokio::sync::{Notify, oneshot};

use crate::sync::lock;
use crate::time::{later, on_the_clock};

/// What a job returns: it is awaited before the next one runs.
pub type JobFuture = Pin<Box<dyn Future<Output = ()> + Send>>;
/// Work that falls due at a time of this clock.
pub type Job = Box<dyn FnOnce() -> JobFuture + Send>;

/// Held by somebody who slept until a moment: while it lasts, an advance stands at this moment.
#[derive(Debug)]
pub struct Awake {
    _dropped: oneshot::Sender<Infallible>,
}

/// How a clock gets its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "snake_case")]
pub enum ClockMode {
    /// The machine's time.
    #[default]
    Real,
    /// The machine's time, shifted by a constant.
    Offset,
    /// Standing still until it is advanced or set.
    Frozen,
}

/// What a clock shows and what waits on it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ClockReading {
    /// How the clock gets its time.
    pub mode: ClockMode,
    /// Its present time.
    pub now: DateTime<Utc>,
    /// How far it is ahead of the machine's time, in seconds.
    pub offset_seconds: f64,
    /// How many jobs wait on it.
    pub pending_jobs: usize,
    /// When the first of them falls due.
    pub next_job_at: Option<DateTime<Utc>>,
}

enum Source {
    Real,
    Offset(TimeDelta),
    Frozen(DateTime<Utc>),
}

struct Inner {
    source: Source,
    /// Set while `advance` is under way: the time every reader sees meanwhile.
    standing: Option<DateTime<Utc>>,
    jobs: BTreeMap<(DateTime<Utc>, u64), Job>,
    next_job: u64,
    driven: bool,
}

impl Inner {
    fn now(&self) -> DateTime<Utc> {
        if let Some(at) = self.standing {
            return at;
        }
        match self.source {
            Source::Real => Utc::now(),
            Source::Offset(by) => later(Utc::now(), by),
            Source::Frozen(at) => at,
        }
    }

    /// Puts the clock at `at`; a running clock runs on from there.
    fn place(&mut self, at: DateTime<Utc>) {
        self.source = match self.source {
            Source::Frozen(_) => Source::Frozen(at),
            Source::Real | Source::Offset(_) => Source::Offset(at - Utc::now()),
        };
    }

    fn pop_due(&mut self, until: DateTime<Utc>) -> Option<(DateTime<Utc>, Job)> {
        let entry = self.jobs.first_entry()?;
        if entry.key().0 > until {
            return None;
        }
        let ((due, _), job) = entry.remove_entry();
        Some((due, job))
    }
}

/// Wakes the driver task when the last handle is gone, so that it can end.
struct Shared {
    inner: Mutex<Inner>,
    changed: Arc<Notify>,
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.changed.notify_one();
    }
}

/// The clock of one world. It shows times in the years 1970 to 9999; beyond them it stays at the end.
pub struct WorldClock {
    shared: Arc<Shared>,
    /// One advance at a time: two at once would have no defined order of jobs.
    turn: tokio::sync::Mutex<()>,
}

impl Default for WorldClock {
    fn default() -> Self {
        Self::real()
    }
}

impl WorldClock {
    /// A clock that shows the machine's time.
    pub fn real() -> Self {
        Self::with_source(Source::Real)
    }

    /// A clock that stands at `at`.
    pub fn frozen(at: DateTime<Utc>) -> Self {
        Self::with_source(Source::Frozen(on_the_clock(at)))
    }

    /// A clock that is `by` ahead of the machine's.
    pub fn shifted(by: TimeDelta) -> Self {
        Self::with_source(Source::Offset(by))
    }

    fn with_source(source: Source) -> Self {
        let inner = Inner { source, standing: None, jobs: BTreeMap::new(), next_job: 0, driven: false };
        let shared = Shared { inner: Mutex::new(inner), changed: Arc::new(Notify::new()) };
        Self { shared: Arc::new(shared), turn: tokio::sync::Mutex::new(()) }
    }

    /// The present time of this world.
    pub fn now(&self) -> DateTime<Utc> {
        lock(&self.shared.inner).now()
    }

    /// Whether the clock shows the machine's time unchanged.
    pub fn is_real(&self) -> bool {
        let inner = lock(&self.shared.inner);
        inner.standing.is_none() && matches!(inner.source, Source::Real)
    }

    /// What the clock shows and what waits on it.
    pub fn reading(&self) -> ClockReading {
        let inner = lock(&self.shared.inner);
        let now = inner.now();
        let mode = match inner.source {
            Source::Real => ClockMode::Real,
            Source::Offset(_) => ClockMode::Offset,
            Source::Frozen(_) => ClockMode::Frozen,
        };
        let offset = if mode == ClockMode::Real { TimeDelta::zero() } else { now - Utc::now() };
        ClockReading {
            mode,
            now,
            offset_seconds: offset.num_milliseconds() as f64 / 1000.0,
            pending_jobs: inner.jobs.len(),
            next_job_at: inner.jobs.keys().next().map(|key| key.0),
        }
    }

    /// Runs `job` when the clock reaches `at`. Must be called inside a tokio runtime.
    ///
    /// On a running clock jobs start on time and do not wait for each other; under
    /// [`advance`](Self::advance) they run one after the other.
    pub fn schedule<F, Fut>(&self, at: DateTime<Utc>, job: F)
    where
        F: FnOnce() -> Fut + Send + 'static,
        Fut: Future<Output = ()> + Send + 'static,
    {
        let job: Job = Box::new(move || Box::pin(job()));
        {
            let mut inner = lock(&self.shared.inner);
            let number = inner.next_job;
            inner.next_job += 1;
            inner.jobs.insert((at, number), job);
            if !inner.driven {
                inner.driven = true;
                tokio::spawn(drive(Arc::downgrade(&self.shared), Arc::clone(&self.shared.changed)));
            }
        }
        self.shared.changed.notify_one();
    }

    /// Waits until the clock reaches `at`. `None` when it has already, or when the world goes away.
    ///
    /// An advance goes on when the sleeper has dropped what it gets here, and `then` is done.
    pub async fn sleep_until<F>(&self, at: DateTime<Utc>, then: F) -> Option<Awake>
    where
        F: Future<Output = ()> + Send + 'static,
    {
        if self.now() >= at {
            return None;
        }
        let (wake, woken) = oneshot::channel();
        self.schedule(at, move || async move {
            let (awake, asleep_again) = oneshot::channel();
            // A sleeper that was dropped meanwhile is not waited for.
            if wake.send(Awake { _dropped: awake }).is_ok() {
                let _ = asleep_again.await;
                then.await;
            }
        });
        woken.await.ok()
    }

    /// Moves the clock forward and runs everything that falls due up to then, in order.
    ///
    /// Each job sees the clock standing at its own due time. Returns how many jobs ran.
    pub async fn advance(&self, by: TimeDelta) -> usize {
        let _turn = self.turn.lock().await;
        let target = later(self.now(), by);
        self.run_to(target).await
    }

    /// Puts the clock at `at`. Going forward runs what falls due on the way, as
    /// [`advance`](Self::advance) does; going back just moves the hands.
    pub async fn set(&self, at: DateTime<Utc>) -> usize {
        let _turn = self.turn.lock().await;
        let at = on_the_clock(at);
        if at >= self.now() {
            return self.run_to(at).await;
        }
        lock(&self.shared.inner).place(at);
        self.shared.changed.notify_one();
        0
    }

    /// Changes how the clock gets its time from now on; the time it shows only jumps when `Real` is chosen.
    pub async fn set_mode(&self, mode: ClockMode) {
        let _turn = self.turn.lock().await;
        {
            let mut inner = lock(&self.shared.inner);
            let now = inner.now();
            inner.source = match mode {
                ClockMode::Real => Source::Real,
                ClockMode::Offset => Source::Offset(now - Utc::now()),
                ClockMode::Frozen => Source::Frozen(now),
            };
        }
        self.shared.changed.notify_one();
    }

    /// Drops every job that waits.
    pub fn clear(&self) {
        let dropped = std::mem::take(&mut lock(&self.shared.inner).jobs);
        // Outside the lock: a job's captures may own things that ask this clock when dropped.
        drop(dropped);
    }

    async fn run_to(&self, target: DateTime<Utc>) -> usize {
        let guard = Standing { shared: &self.shared };
        let mut ran = 0;
        loop {
            let job = {
                let mut inner = lock(&self.shared.inner);
                let now = inner.now();
                match inner.pop_due(target) {
                    Some((due, job)) => {
                        // A job that was already late runs at the present, not in the past.
                        inner.standing = Some(due.max(now));
                        job
                    }
                    None => {
                        inner.standing = Some(target);
                        break;
                    }
                }
            };
            job().await;
            ran += 1;
        }
        drop(guard);
        ran
    }
}

/// Turns the standing time into the clock's own when an advance ends or is abandoned half way.
struct Standing<'a> {
    shared: &'a Shared,
}

impl Drop for Standing<'_> {
    fn drop(&mut self) {
        {
            let mut inner = lock(&self.shared.inner);
            if let Some(at) = inner.standing.take() {
                inner.place(at);
            }
        }
        self.shared.changed.notify_one();
    }
}

/// Starts jobs of a running clock when their time comes. Ends with the clock.
async fn drive(clock: Weak<Shared>, changed: Arc<Notify>) {
    loop {
        let wait = {
            let Some(shared) = clock.upgrade() else { return };
            let mut inner = lock(&shared.inner);
            if inner.standing.is_some() || matches!(inner.source, Source::Frozen(_)) {
                None
            } else {
                let now = inner.now();
                while let Some((_, job)) = inner.pop_due(now) {
                    tokio::spawn(job());
                }
                inner.jobs.keys().next().map(|key| (key.0 - now).to_std().unwrap_or_default())
            }
        };
        match wait {
            Some(wait) => {
                tokio::select! {
                    () = tokio::time::sleep(wait) => {}
                    () = changed.notified() => {}
                }
            }
            None => changed.notified().await,
        }
    }
}

#[cfg(test)]
mod tests;
