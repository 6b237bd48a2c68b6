//! The replay guard of one process.

use super::replay::{ReplayGuard, Reserve};
use crate::clock::{BoxFuture, Clock, SystemClock};
use crate::error::Result;
use std::collections::{HashMap, HashSet, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Remembers webhooks in the memory of this process, for a time and up to a number.
///
/// When it is full the oldest handled one is forgotten first; one that is being handled never is. With too
/// many being handled at once, further ones are put off as `in_flight`, and the sender tries again.
pub struct MemoryReplayGuard {
    state: Mutex<State>,
    capacity: usize,
    ttl: Duration,
    clock: Arc<dyn Clock>,
}

#[derive(Default)]
struct State {
    next_lease: u64,
    /// By key: the lease, and since when.
    in_flight: HashMap<Box<str>, (u64, Instant)>,
    done: HashSet<Arc<str>>,
    /// What is in `done`, in the order in which it came.
    order: VecDeque<(Instant, Arc<str>)>,
}

impl MemoryReplayGuard {
    /// One hour: six times what the default tolerance and the documented retries need, so that a wall clock
    /// that is set back a little does not make an old webhook new.
    pub const DEFAULT_TTL: Duration = Duration::from_secs(3600);

    /// 65,536 webhooks, about 10 MB with ids of 40 characters.
    pub const DEFAULT_CAPACITY: usize = 65_536;

    /// A guard with the defaults.
    #[must_use]
    pub fn new() -> Self {
        Self::with(Self::DEFAULT_CAPACITY, Self::DEFAULT_TTL, Arc::new(SystemClock))
    }

    /// A guard that remembers up to `capacity` handled webhooks (at least 1), each for `ttl` of the clock's
    /// monotonic time. A `ttl` under twice the tolerance plus 36 s lets a replay through. A clock that goes
    /// back makes webhooks remembered for longer, never shorter.
    #[must_use]
    pub fn with(capacity: usize, ttl: Duration, clock: Arc<dyn Clock>) -> Self {
        Self { state: Mutex::default(), capacity: capacity.max(1), ttl, clock }
    }

    /// How many webhooks are remembered or being handled.
    #[must_use]
    pub fn len(&self) -> usize {
        let state = self.state();
        state.in_flight.len() + state.done.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // No code that can panic runs while the lock is held, and the state is valid after every step.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn old(&self, since: Instant, now: Instant) -> bool {
        now.saturating_duration_since(since) >= self.ttl
    }

    fn reserve_now(&self, key: &str) -> Reserve {
        let now = self.clock.now();
        let mut state = self.state();
        while state.order.front().is_some_and(|(at, _)| self.old(*at, now)) {
            state.forget_oldest();
        }
        if state.done.contains(key) {
            return Reserve::Done;
        }
        // A reservation whose owner was leaked must not shut its webhook out for ever.
        if state.in_flight.get(key).is_some_and(|(_, at)| !self.old(*at, now)) {
            return Reserve::InFlight;
        }
        if state.in_flight.len() >= self.capacity {
            state.in_flight.retain(|_, (_, at)| !self.old(*at, now));
            if state.in_flight.len() >= self.capacity {
                return Reserve::InFlight;
            }
        }
        state.next_lease = state.next_lease.wrapping_add(1);
        let lease = state.next_lease;
        state.in_flight.insert(key.into(), (lease, now));
        Reserve::Reserved(lease)
    }

    fn commit_now(&self, key: &str, lease: u64) {
        let now = self.clock.now();
        let mut state = self.state();
        if !state.end(key, lease) {
            return;
        }
        while state.order.len() >= self.capacity {
            state.forget_oldest();
        }
        let key: Arc<str> = key.into();
        if state.done.insert(Arc::clone(&key)) {
            state.order.push_back((now, key));
        }
    }
}

impl State {
    fn forget_oldest(&mut self) {
        if let Some((_, key)) = self.order.pop_front() {
            self.done.remove(&key);
        }
    }

    /// Ends a reservation if the lease is the current one.
    fn end(&mut self, key: &str, lease: u64) -> bool {
        let current = self.in_flight.get(key).is_some_and(|(l, _)| *l == lease);
        if current {
            self.in_flight.remove(key);
        }
        current
    }
}

impl Default for MemoryReplayGuard {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for MemoryReplayGuard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryReplayGuard")
            .field("len", &self.len())
            .field("capacity", &self.capacity)
            .field("ttl", &self.ttl)
            .finish_non_exhaustive()
    }
}

impl ReplayGuard for MemoryReplayGuard {
    fn reserve<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Reserve>> {
        Box::pin(std::future::ready(Ok(self.reserve_now(key))))
    }

    fn commit<'a>(&'a self, key: &'a str, lease: u64) -> BoxFuture<'a, Result<()>> {
        self.commit_now(key, lease);
        Box::pin(std::future::ready(Ok(())))
    }

    fn release<'a>(&'a self, key: &'a str, lease: u64) -> BoxFuture<'a, Result<()>> {
        self.abandon(key, lease);
        Box::pin(std::future::ready(Ok(())))
    }

    fn abandon(&self, key: &str, lease: u64) {
        self.state().end(key, lease);
    }
}
