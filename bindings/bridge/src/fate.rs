//! Whether a call that was given up may have changed something.
//!
//! A call that ends by itself says so in its error. One that its host cancels has no error: it leaves a note here.

use crate::events::EventQueue;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use zhifuyun::{Event, Hook};

tokio::task_local! {
    static WATCHED: Fate;
}

/// What is known about one call.
#[derive(Debug, Clone, Default)]
pub struct Fate(Arc<AtomicBool>);

impl Fate {
    /// Whether a write has left, or may have, without a word from the server that it had no effect.
    #[must_use]
    pub fn maybe_applied(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }

    /// Makes a call on this thread and watches it.
    pub fn watch<T>(&self, call: impl FnOnce() -> T) -> T {
        WATCHED.sync_scope(self.clone(), call)
    }

    /// The same for a future.
    pub fn watch_async<F: Future>(&self, call: F) -> impl Future<Output = F::Output> + use<F> {
        WATCHED.scope(self.clone(), call)
    }
}

/// Hears of every request.
#[derive(Debug)]
pub(crate) struct Observer(pub(crate) Option<EventQueue>);

impl Hook for Observer {
    fn event(&self, event: &Event) {
        let maybe = match event {
            Event::Request { method, .. } => Some(*method != "GET"),
            // Only what surely had no effect is repeated.
            Event::Retry { .. } => Some(false),
            _ => None,
        };
        if let Some(maybe) = maybe {
            // Calls that nobody watches are no failure.
            let _ = WATCHED.try_with(|fate| fate.0.store(maybe, Ordering::SeqCst));
        }
        if let Some(queue) = &self.0 {
            queue.event(event);
        }
    }
}
