//! Lanes: small runtimes that run while somebody calls, each with connections of its own.

use crate::client::Background;
use crate::error::{Error, ErrorKind, Reason, Result};
use std::collections::VecDeque;
use std::future::Future;
use std::pin::pin;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::runtime::{Builder, Runtime};

/// The lanes of a client that nobody uses.
///
/// Bindings, which have their own rules for when a call ends, use this; Rust callers use [`Client`](super::Client).
#[derive(Debug)]
pub struct Lanes {
    client: crate::Client,
    background: Background,
    /// By the time of their last use, the freshest last.
    idle: Mutex<VecDeque<(Instant, Lane)>>,
}

/// A runtime that runs while somebody calls, and the connections that live on it.
///
/// Is to be given back with [`Lanes::put_back`] or ended with [`Lane::end`].
#[derive(Debug)]
pub struct Lane {
    client: crate::Client,
    // Dropped after the connections, which are registered with it.
    runtime: Runtime,
}

impl Lanes {
    /// No lanes yet. They refresh the token of `client` ahead of expiry at the place that `background` says.
    #[must_use]
    pub fn new(client: crate::Client, background: Background) -> Self {
        Self { client, background, idle: Mutex::default() }
    }

    /// The client whose token, quota and options all lanes share.
    #[must_use]
    pub fn client(&self) -> &crate::Client {
        &self.client
    }

    fn idle(&self) -> MutexGuard<'_, VecDeque<(Instant, Lane)>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Last in, first out: the lane that was used last has the freshest connection.
    ///
    /// # Errors
    /// `connection`, if the operating system has no event loop left; `config`, if the system's trust store cannot be
    /// read.
    pub fn take(&self) -> Result<Lane> {
        let lane = self.idle().pop_back();
        match lane {
            Some((_, lane)) => Ok(lane),
            None => Ok(Lane { client: self.client.split(self.background)?, runtime: runtime()? }),
        }
    }

    /// Keeps a lane for the next call, and ends those that nobody needed for a while: a burst of threads must not hold
    /// its connections for ever, and nobody else drives an idle lane, so its own pool cannot end them.
    pub fn put_back(&self, lane: Lane) {
        let now = Instant::now();
        let mut stale = Vec::new();
        {
            let mut idle = self.idle();
            idle.push_back((now, lane));
            // Asked under the lock: `close` marks the client first and empties the list then.
            let keep = self.client.shared.config.options.pool_idle_timeout;
            let most = if self.client.is_closed() { Duration::ZERO } else { keep };
            while let Some((since, _)) = idle.front()
                && now.saturating_duration_since(*since) >= most
                && let Some((_, old)) = idle.pop_front()
            {
                stale.push(old);
            }
        }
        // Closing connections is no work for a locked moment.
        stale.into_iter().for_each(Lane::end);
    }

    /// Closes the client. Idle lanes end now, those in use when they are put back.
    pub fn close(&self) {
        self.client.close();
        self.clear();
    }

    fn clear(&self) {
        let idle = std::mem::take(&mut *self.idle());
        idle.into_iter().for_each(|(_, lane)| lane.end());
    }
}

impl Drop for Lanes {
    fn drop(&mut self) {
        self.clear();
    }
}

impl Lane {
    /// The client whose connections live on this lane.
    #[must_use]
    pub fn client(&self) -> &crate::Client {
        &self.client
    }

    /// Drives `work` on the calling thread, which must not be inside another runtime.
    pub fn block_on<F: Future>(&self, work: F) -> F::Output {
        // Where it is: the runtime moves what it is given more than once, and the future of a call is large.
        let work = pin!(work);
        self.runtime.block_on(async {
            // One turn of the event loop first: a connection that the server closed while nobody was looking
            // is noticed now, not by the request that would be sent into it.
            tokio::task::yield_now().await;
            work.await
        })
    }

    /// Not left to a plain drop, which waits for the runtime's threads: one of them may look up a name for as long as
    /// the system's resolver likes.
    pub fn end(self) {
        drop(self.client);
        self.runtime.shutdown_background();
    }
}

pub(super) fn runtime() -> Result<Runtime> {
    Builder::new_current_thread().enable_all().build().map_err(|e| {
        let message = format!("the operating system gives no event loop: {e}");
        Error::new(ErrorKind::Connection, Reason::Connect, message)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lanes() -> Lanes {
        let client = crate::Client::builder().client_id("id").client_secret("hush-hush");
        let client = client.base_url("http://127.0.0.1:9").pool_idle_timeout(Duration::from_secs(20));
        Lanes::new(client.build().unwrap(), Background::Thread)
    }

    #[test]
    fn the_freshest_lane_is_used_and_those_that_nobody_needs_end() {
        let lanes = lanes();
        let burst = [(); 4].map(|()| lanes.take().unwrap());
        burst.into_iter().for_each(|lane| lanes.put_back(lane));
        assert_eq!(lanes.idle().len(), 4);
        let long_ago = Instant::now() - Duration::from_secs(21);
        lanes.idle().iter_mut().take(3).for_each(|(since, _)| *since = long_ago);
        let used = lanes.take().unwrap();
        assert!(lanes.idle().iter().all(|(since, _)| *since == long_ago));
        lanes.put_back(used);
        assert_eq!(lanes.idle().len(), 1, "the burst is over");
    }

    #[test]
    fn closing_does_not_wait_for_the_threads_of_a_lane() {
        let lanes = lanes();
        let lane = lanes.take().unwrap();
        let (end, slow) = std::sync::mpsc::channel::<()>();
        // As a lookup of a name that takes for ever.
        lane.block_on(async { drop(tokio::task::spawn_blocking(move || slow.recv())) });
        lanes.put_back(lane);
        lanes.close();
        drop(end);
    }

    #[test]
    fn a_lane_that_comes_back_after_the_end_is_not_kept() {
        let lanes = lanes();
        let [first, second] = [lanes.take().unwrap(), lanes.take().unwrap()];
        lanes.put_back(first);
        assert_eq!(lanes.idle().len(), 1);
        lanes.close();
        assert!(lanes.idle().is_empty());
        lanes.put_back(second);
        assert!(lanes.idle().is_empty());
    }
}
