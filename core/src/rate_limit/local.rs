//! The limiter of one process.

use super::line::Line;
use super::state::{Flight, State};
use super::{Admission, Class, Limiter, Outcome, Permit, Plan, Quota};
use crate::clock::{BoxFuture, Jitter};
use std::fmt;
use std::future::{poll_fn, ready};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;
use std::time::{Duration, Instant};
use tokio::sync::Notify;

/// Keeps one process within its quota.
///
/// It asks no clock: the moment comes with every call. It owns no task and no timer: whoever waits sleeps by
/// its own clock and is woken early through [`Permit::changed`].
///
/// With a known plan no 60-second window holds more requests than the plan allows, wherever between `sent`
/// and `ended` the server counts each of them. See `docs/design/rate-limits.md`.
pub struct LocalLimiter {
    state: Mutex<State>,
    jitter: Jitter,
}

impl LocalLimiter {
    /// A limiter with an empty window. `PerMinute(0)` is taken as 1.
    #[must_use]
    pub fn new(plan: Plan, jitter: Jitter) -> Arc<Self> {
        Arc::new(Self { state: Mutex::new(State::new(plan)), jitter })
    }

    /// Every change to the state is made in one piece, so a poisoned lock guards a sound state.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for LocalLimiter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.state();
        f.debug_struct("LocalLimiter")
            .field("used", &state.used())
            .field("ceiling", &state.ceiling)
            .field("waiting", &(state.interactive.len() + state.bulk.len()))
            .field("pause", &state.pause)
            .finish_non_exhaustive()
    }
}

impl Limiter for LocalLimiter {
    fn enter(self: Arc<Self>, class: Class) -> Box<dyn Permit> {
        Box::new(LocalPermit { limiter: self, class, bell: None, stage: Stage::New })
    }

    fn quota(&self, now: Instant) -> Quota {
        let mut state = self.state();
        let now = state.settle(now);
        let next_free = match state.verdict(Class::Interactive, state.interactive.len(), now) {
            Admission::Go => Duration::ZERO,
            Admission::Wait { until, .. } => until.saturating_duration_since(now),
        };
        Quota { used: state.used(), limit: state.ceiling.now(now), next_free }
    }
}

#[derive(Debug)]
enum Stage {
    New,
    Waiting(u64),
    Granted { probe: bool },
    Flying(Flight),
    Over,
}

#[derive(Debug)]
struct LocalPermit {
    limiter: Arc<LocalLimiter>,
    class: Class,
    /// Made when there is something to wait for, so that a call that need not wait pays nothing.
    bell: Option<Arc<Notify>>,
    stage: Stage,
}

impl LocalPermit {
    fn ask(&mut self, now: Instant) -> Admission {
        let mut state = self.limiter.state();
        let now = state.settle(now);
        let line: &Line = state.line(self.class);
        let (ticket, position) = match self.stage {
            Stage::New => (None, line.len()),
            Stage::Waiting(ticket) => (Some(ticket), line.position(ticket)),
            _ => return Admission::Go,
        };
        let admission = state.verdict(self.class, position, now);
        match (admission, ticket) {
            (Admission::Go, ticket) => {
                if let Some(ticket) = ticket {
                    state.line(self.class).leave(ticket);
                }
                self.stage = Stage::Granted { probe: state.grant(self.class, now) };
                state.rouse(now);
            }
            (Admission::Wait { until, .. }, Some(ticket)) => state.line(self.class).asks_again(ticket, until),
            (Admission::Wait { until, cause, .. }, None) => {
                state.queued(self.class, cause, now);
                let bell = self.bell.get_or_insert_default();
                self.stage = Stage::Waiting(state.line(self.class).join(bell.clone(), until));
            }
        }
        admission
    }
}

impl Permit for LocalPermit {
    fn admit(&mut self, now: Instant) -> BoxFuture<'_, Admission> {
        match self.ask(now) {
            // The usual answer: a future without state needs no memory.
            Admission::Go => Box::pin(poll_fn(|_| Poll::Ready(Admission::Go))),
            wait => Box::pin(ready(wait)),
        }
    }

    fn changed(&self) -> BoxFuture<'static, ()> {
        match self.bell.clone() {
            Some(bell) => Box::pin(async move { bell.notified().await }),
            // Nothing was refused, so nothing can change.
            None => Box::pin(std::future::pending()),
        }
    }

    fn sent(&mut self, now: Instant) {
        if let Stage::Granted { probe } = self.stage {
            let mut state = self.limiter.state();
            let now = state.settle(now);
            state.granted = state.granted.saturating_sub(1);
            state.flying += 1;
            self.stage = Stage::Flying(Flight { since: now, generation: state.generation, probe });
        }
    }

    fn ended(&mut self, outcome: Outcome, now: Instant) {
        if let Stage::Flying(flight) = self.stage {
            self.stage = Stage::Over;
            let mut state = self.limiter.state();
            let now = state.settle(now);
            state.flying = state.flying.saturating_sub(1);
            match outcome {
                Outcome::Answered => state.answered(flight, now),
                Outcome::Limited(after) => state.limited(flight, after, now, &self.limiter.jitter),
                Outcome::Lost => {
                    state.lost(now);
                    if flight.probe {
                        state.probe_lost(now);
                    }
                }
            }
            state.rouse(now);
        }
    }
}

impl Drop for LocalPermit {
    fn drop(&mut self) {
        if matches!(self.stage, Stage::New | Stage::Over) {
            return;
        }
        let mut state = self.limiter.state();
        let probe = match self.stage {
            Stage::New | Stage::Over => false,
            Stage::Waiting(ticket) => {
                state.line(self.class).leave(ticket);
                false
            }
            Stage::Granted { probe } => {
                state.granted = state.granted.saturating_sub(1);
                probe
            }
            Stage::Flying(flight) => {
                state.flying = state.flying.saturating_sub(1);
                state.adrift += 1;
                flight.probe
            }
        };
        if let Some(pause) = state.pause.as_mut().filter(|_| probe) {
            pause.probing = None;
        }
        // Nobody told the time, so the first of each line asks again and finds out.
        state.interactive.ring();
        state.bulk.ring();
    }
}
