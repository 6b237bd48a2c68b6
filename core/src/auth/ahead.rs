//! The one refresh that runs ahead of expiry, behind running calls.

use crate::engine::Shared;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Pause after the first failure; doubled by each further one.
const PAUSE: Duration = Duration::from_secs(1);
/// While the old token still serves nobody is in a hurry.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// Whether one may begin: not while another runs, and not soon after one failed, or every call would ask a token
/// endpoint that is down.
#[derive(Debug, Default)]
pub(super) struct Ahead(Mutex<Turn>);

#[derive(Debug, Default)]
struct Turn {
    running: bool,
    failures: u32,
    not_before: Option<Instant>,
}

impl Ahead {
    fn turn(&self) -> std::sync::MutexGuard<'_, Turn> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Leave to refresh now, if it is time.
    pub(super) fn begin(&self, shared: &Arc<Shared>) -> Option<Running> {
        let mut turn = self.turn();
        if turn.running || turn.not_before.is_some_and(|at| shared.clock.now() < at) {
            return None;
        }
        turn.running = true;
        Some(Running { shared: Arc::clone(shared), ok: false })
    }

    fn end(&self, ok: bool, now: Instant) {
        let mut turn = self.turn();
        turn.running = false;
        if ok {
            (turn.failures, turn.not_before) = (0, None);
        } else {
            let pause = PAUSE.saturating_mul(1 << turn.failures.min(5)).min(LONGEST_PAUSE);
            turn.failures = turn.failures.saturating_add(1);
            turn.not_before = now.checked_add(pause);
        }
    }
}

/// Gives the turn back however the refresh ends: done, failed, cancelled or never run.
pub(super) struct Running {
    shared: Arc<Shared>,
    ok: bool,
}

impl Running {
    pub(super) fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }

    /// It came to an end; `ok` if there is nothing left to do.
    pub(super) fn ended(mut self, ok: bool) {
        self.ok = ok;
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.shared.tokens.ahead.end(self.ok, self.shared.clock.now());
    }
}
