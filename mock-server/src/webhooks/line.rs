//! One thing after another.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::{Arc, Mutex};

use crate::sync::lock;

type Work = Pin<Box<dyn Future<Output = ()> + Send>>;

#[derive(Default)]
struct Waiting {
    work: VecDeque<Work>,
    busy: bool,
}

/// What is sent to one endpoint: one request at a time, in the order in which they were asked for.
///
/// Receivers of a test see events in the order in which they happened, and the retries of several deliveries
/// are scheduled in that order too.
#[derive(Clone, Default)]
pub(super) struct Line(Arc<Mutex<Waiting>>);

impl std::fmt::Debug for Line {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Line").field("waiting", &lock(&self.0).work.len()).finish()
    }
}

impl Line {
    /// Takes the last place. Must be called inside a tokio runtime.
    pub(super) fn push(&self, work: impl Future<Output = ()> + Send + 'static) {
        let mut waiting = lock(&self.0);
        waiting.work.push_back(Box::pin(work));
        if !std::mem::replace(&mut waiting.busy, true) {
            tokio::spawn(self.clone().run());
        }
    }

    /// Takes the last place and waits for the outcome; `None` when the runtime ends before.
    pub(super) async fn wait<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> Option<T> {
        let (done, outcome) = tokio::sync::oneshot::channel();
        self.push(async move {
            // Whoever waited may have gone; the work was done all the same.
            let _ = done.send(work.await);
        });
        outcome.await.ok()
    }

    async fn run(self) {
        while let Some(work) = self.next() {
            work.await;
        }
    }

    /// The next work. When there is none, whoever pushes starts a new run.
    fn next(&self) -> Option<Work> {
        let mut waiting = lock(&self.0);
        let next = waiting.work.pop_front();
        waiting.busy = next.is_some();
        next
    }
}
