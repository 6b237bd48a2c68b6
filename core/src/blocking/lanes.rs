//! The lanes of a blocking client.

use crate::client::Background;
use crate::error::{Error, ErrorKind, Reason, Result};
use std::collections::VecDeque;
use std::future::Future;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::runtime::{Builder, Runtime};

/// A runtime that runs while somebody calls, and the connections that live on it.
#[derive(Debug)]
pub(super) struct Lane {
    pub(super) client: crate::Client,
    // Dropped after the connections, which are registered with it.
    runtime: Runtime,
}

/// The lanes that nobody uses, by the time of their last use, the freshest last.
#[derive(Debug, Default)]
pub(super) struct Lanes(Mutex<VecDeque<(Instant, Lane)>>);

impl Lanes {
    fn idle(&self) -> MutexGuard<'_, VecDeque<(Instant, Lane)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Last in, first out: the lane that was used last has the freshest connection.
    pub(super) fn take(&self, client: &crate::Client) -> Result<Lane> {
        let lane = self.idle().pop_back();
        lane.map_or_else(|| Lane::new(client), |(_, lane)| Ok(lane))
    }

    /// Keeps a lane for the next call, and ends those that nobody needed for a while: a burst of threads must not hold
    /// its connections for ever, and nobody else drives an idle lane, so its own pool cannot end them.
    pub(super) fn put_back(&self, lane: Lane, client: &crate::Client) {
        let now = Instant::now();
        let mut stale = Vec::new();
        {
            let mut idle = self.idle();
            idle.push_back((now, lane));
            // Asked under the lock: `close` marks the client first and empties the list then.
            let most = if client.is_closed() { Duration::ZERO } else { client.pool_idle_timeout() };
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

    pub(super) fn clear(&self) {
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
    fn new(client: &crate::Client) -> Result<Self> {
        Ok(Self { client: client.split(Background::Thread)?, runtime: runtime()? })
    }

    /// Not left to a plain drop, which waits for the runtime's threads: one of them may look up a name for as long as
    /// the system's resolver likes.
    fn end(self) {
        drop(self.client);
        self.runtime.shutdown_background();
    }

    pub(super) fn block_on<F: Future>(&self, work: F) -> F::Output {
        self.runtime.block_on(async {
            // One turn of the event loop first: a connection that the server closed while nobody was looking
            // is noticed now, not by the request that would be sent into it.
            tokio::task::yield_now().await;
            work.await
        })
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
    use crate::blocking::Client;
    use std::time::{Duration, Instant};

    fn client(idle: Duration) -> Client {
        let client = crate::Client::builder().client_id("id").client_secret("hush-hush");
        let client = client.base_url("http://127.0.0.1:9").pool_idle_timeout(idle);
        Client::new(client.build().unwrap())
    }

    #[test]
    fn lanes_that_nobody_needs_any_more_end() {
        let client = client(Duration::from_secs(20));
        let burst = [(); 4].map(|()| client.take().unwrap());
        burst.into_iter().for_each(|lane| client.put_back(lane));
        assert_eq!(client.lanes.idle().len(), 4);
        let long_ago = Instant::now() - Duration::from_secs(21);
        client.lanes.idle().iter_mut().for_each(|(since, _)| *since = long_ago);
        let used = client.take().unwrap();
        client.put_back(used);
        assert_eq!(client.lanes.idle().len(), 1, "the burst is over");
    }

    #[test]
    fn closing_does_not_wait_for_the_threads_of_a_lane() {
        let client = client(Duration::from_secs(20));
        let lane = client.take().unwrap();
        let (end, slow) = std::sync::mpsc::channel::<()>();
        // As a lookup of a name that takes for ever.
        lane.block_on(async { drop(tokio::task::spawn_blocking(move || slow.recv())) });
        client.put_back(lane);
        client.close();
        drop(end);
    }

    #[test]
    fn a_lane_that_comes_back_after_the_end_is_not_kept() {
        let client = client(Duration::from_secs(20));
        let [first, second] = [client.take().unwrap(), client.take().unwrap()];
        client.put_back(first);
        assert_eq!(client.lanes.idle().len(), 1);
        client.close();
        client.put_back(second);
        assert!(client.lanes.idle().is_empty());
    }
}
