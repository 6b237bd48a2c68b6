//! Whether a call that was given up may have changed something.
//!
//! A call that ends by itself says so in its error. One that its host cancels has no error: it leaves a note here.

use crate::events::EventQueue;
use std::future::{Future, poll_fn};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;
use zhifuyun::{Event, Hook};

tokio::task_local! {
    static WATCHED: Fate;
}

/// What is known about one call.
#[derive(Debug, Clone, Default)]
pub struct Fate(Arc<Known>);

#[derive(Debug, Default)]
struct Known {
    maybe_applied: AtomicBool,
    /// Locked while the call does something.
    given_up: Mutex<bool>,
}

impl Fate {
    /// Whether a write has left, or may have, without a word from the server that it had no effect.
    #[must_use]
    pub fn maybe_applied(&self) -> bool {
        self.0.maybe_applied.load(Ordering::SeqCst)
    }

    /// Makes a call on this thread and watches it.
    pub fn watch<T>(&self, call: impl FnOnce() -> T) -> T {
        WATCHED.sync_scope(self.clone(), call)
    }

    /// The same for a future that another thread may [give up](Self::give_up).
    pub fn watch_async<F: Future>(&self, call: F) -> impl Future<Output = F::Output> + use<F> {
        let mut call = Box::pin(WATCHED.scope(self.clone(), call));
        let fate = self.clone();
        poll_fn(move |cx| {
            let given_up = fate.given_up();
            if *given_up { Poll::Pending } else { call.as_mut().poll(cx) }
        })
    }

    /// Lets the future that is watched do nothing more, and says what has become of it by then. What it was doing at
    /// this moment is waited for: it could have been about to send.
    #[must_use]
    pub fn give_up(&self) -> bool {
        *self.given_up() = true;
        self.maybe_applied()
    }

    fn given_up(&self) -> MutexGuard<'_, bool> {
        self.0.given_up.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Hears of every request.
#[derive(Debug)]
pub(crate) struct Observer(pub(crate) Option<EventQueue>);

impl Hook for Observer {
    fn event(&self, event: &Event) {
        let maybe = match event {
            // A request for a token changes nothing.
            Event::Request { operation: "authenticate", .. } => None,
            Event::Request { method, .. } => Some(*method != "GET"),
            // Only what surely had no effect is repeated.
            Event::Retry { .. } => Some(false),
            _ => None,
        };
        if let Some(maybe) = maybe {
            // Calls that nobody watches are no failure.
            let _ = WATCHED.try_with(|fate| fate.0.maybe_applied.store(maybe, Ordering::SeqCst));
        }
        if let Some(queue) = &self.0 {
            queue.event(event);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;
    use zhifuyun::Reason;

    #[test]
    fn only_a_write_that_left_and_is_not_repeated_may_have_been_applied() {
        let request = |method| Event::Request { operation: "o", method, path: "/p", attempt: 1 };
        let retry =
            Event::Retry { operation: "o", attempt: 1, reason: Reason::Connect, delay: Duration::ZERO };
        let refresh = Event::Refresh { ok: true, background: false };
        let after = |events: &[&Event]| {
            let fate = Fate::default();
            fate.watch(|| events.iter().for_each(|e| Observer(None).event(e)));
            fate.maybe_applied()
        };
        let (get, post) = (request("GET"), request("POST"));
        let token =
            Event::Request { operation: "authenticate", method: "POST", path: "/oauth/token", attempt: 1 };
        assert!(!after(&[&token]));
        assert!(!after(&[]));
        assert!(!after(&[&refresh, &get]));
        assert!(after(&[&refresh, &post]));
        assert!(!after(&[&post, &retry]));
        assert!(after(&[&post, &retry, &refresh, &post]));
        // Nobody watches.
        Observer(None).event(&post);
    }

    #[tokio::test]
    async fn what_is_given_up_does_nothing_more() {
        let fate = Fate::default();
        let mut call = Box::pin(fate.watch_async(async {
            tokio::task::yield_now().await;
            Observer(None).event(&Event::Request { operation: "o", method: "POST", path: "/p", attempt: 1 });
        }));
        assert!(futures_util::poll!(&mut call).is_pending());
        assert!(!fate.give_up());
        assert!(futures_util::poll!(&mut call).is_pending());
        assert!(!fate.maybe_applied());
    }
}
