//! The driver of synchronous callers: the calling thread drives its own little runtime.
//!
//! A lane is a current-thread runtime with connections of its own. Lanes are kept last in, first out: the one
//! used last has the freshest connection. A small GET takes two thirds of the time that a shared runtime needs.

use crate::guard;
use std::collections::VecDeque;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::runtime::{Builder, Runtime};
use zhifuyun::{Background, Client, Error, ErrorKind, Reason, Result};

#[cfg(test)]
mod tests;

/// How often a waiting caller looks whether its host wants it back (a signal, an interrupt).
pub const SLICE: Duration = Duration::from_millis(50);

/// The lanes of one client in one process.
#[derive(Debug)]
pub struct Lanes {
    client: Client,
    background: Background,
    pid: u32,
    /// By the time of their last use, the freshest last.
    idle: Mutex<VecDeque<(Instant, Lane)>>,
}

#[derive(Debug)]
struct Lane {
    client: Client,
    // Dropped after the connections, which are registered with it.
    runtime: Runtime,
}

impl Lane {
    /// Not left to a plain drop, which waits for the runtime's threads: one of them may look up a name for as long as
    /// the system's resolver likes.
    fn end(self) {
        drop(self.client);
        self.runtime.shutdown_background();
    }
}

/// The host wants its thread back; the call was cancelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Interrupted;

impl Lanes {
    pub(crate) fn new(client: Client, background: Background) -> Self {
        Self { client, background, pid: std::process::id(), idle: Mutex::default() }
    }

    fn idle(&self) -> MutexGuard<'_, VecDeque<(Instant, Lane)>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a lane out of the pool; dropping it puts it back.
    pub(crate) fn check_out(self: &Arc<Self>) -> Result<CheckedOut> {
        // Before any lock: the parent may have held it.
        if self.pid != std::process::id() {
            let message = "an iteration cannot go on in a forked child; begin it anew there";
            return Err(Error::new(ErrorKind::Closed, Reason::Closed, message));
        }
        let idle = self.idle().pop_back();
        let lane = match idle {
            Some((_, lane)) => lane,
            None => {
                let runtime = Builder::new_current_thread().enable_all().build().map_err(|e| {
                    let message = format!("the operating system gives no event loop: {e}");
                    Error::new(ErrorKind::Connection, Reason::Connect, message)
                })?;
                Lane { client: self.client.split(self.background)?, runtime }
            }
        };
        Ok(CheckedOut { pool: Arc::clone(self), pid: self.pid, lane: Some(lane) })
    }

    /// Keeps a lane for the next call, and drops those that nobody needed for a while: a burst of threads must not
    /// hold its connections for ever, and nobody else drives an idle lane, so its own pool cannot end them.
    fn check_in(&self, lane: Lane) {
        let now = Instant::now();
        let mut stale = Vec::new();
        {
            let mut idle = self.idle();
            idle.push_back((now, lane));
            let most = if self.client.is_closed() { Duration::ZERO } else { self.client.pool_idle_timeout() };
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

    pub(crate) fn clear(&self) {
        let idle = std::mem::take(&mut *self.idle());
        idle.into_iter().for_each(|(_, lane)| lane.end());
    }

    /// Runs `work` on the calling thread. `interrupted` is asked every [`SLICE`]; when it says yes, the call is
    /// cancelled.
    ///
    /// # Errors
    /// `Err(Interrupted)` if the host wants its thread back; the inner result is that of `work`.
    pub fn run<T, F>(
        self: &Arc<Self>,
        work: impl FnOnce(Client) -> F,
        interrupted: Option<&mut dyn FnMut() -> bool>,
    ) -> std::result::Result<Result<T>, Interrupted>
    where
        F: Future<Output = Result<T>>,
    {
        match self.check_out() {
            Ok(lane) => lane.run(work, interrupted),
            Err(e) => Ok(Err(e)),
        }
    }
}

impl Drop for Lanes {
    fn drop(&mut self) {
        let idle = std::mem::take(self.idle.get_mut().unwrap_or_else(PoisonError::into_inner));
        if self.pid == std::process::id() {
            idle.into_iter().for_each(|(_, lane)| lane.end());
        } else {
            // The parent's, as below.
            std::mem::forget(idle);
        }
    }
}

/// A lane in use.
#[derive(Debug)]
pub(crate) struct CheckedOut {
    pool: Arc<Lanes>,
    pid: u32,
    lane: Option<Lane>,
}

impl CheckedOut {
    /// The client whose connections live on this lane.
    pub(crate) fn client(&self) -> Result<Client> {
        self.lane.as_ref().map(|l| l.client.clone()).ok_or_else(guard::panicked)
    }

    /// See [`Lanes::run`].
    fn run<T, F>(
        mut self,
        work: impl FnOnce(Client) -> F,
        interrupted: Option<&mut dyn FnMut() -> bool>,
    ) -> std::result::Result<Result<T>, Interrupted>
    where
        F: Future<Output = Result<T>>,
    {
        let Some(lane) = &self.lane else { return Ok(Err(guard::panicked())) };
        let work = guard::catch_async(work(lane.client.clone()));
        // One turn of the event loop first: a connection that the server closed while nobody was looking is noticed
        // now, not by the request that would be sent into it.
        let work = async {
            tokio::task::yield_now().await;
            work.await
        };
        let result = match interrupted {
            None => Ok(lane.runtime.block_on(work)),
            Some(interrupted) => sliced(&lane.runtime, work, interrupted),
        };
        if matches!(&result, Ok(Err(e)) if e.kind() == ErrorKind::Internal)
            && let Some(lane) = self.lane.take()
        {
            // A panic may have left the connections of this lane in any state.
            lane.end();
        }
        result
    }
}

impl Drop for CheckedOut {
    fn drop(&mut self) {
        let Some(lane) = self.lane.take() else { return };
        if self.pid == std::process::id() {
            self.pool.check_in(lane);
        } else {
            // Forked meanwhile: the lane is the parent's, and closing it would disturb the parent.
            std::mem::forget(lane);
        }
    }
}

/// Drives `work` slice by slice. The host is asked between two slices, when the runtime stands still: what it does then,
/// such as running a signal handler, may itself make a call.
fn sliced<T>(
    runtime: &Runtime,
    work: impl Future<Output = Result<T>>,
    interrupted: &mut dyn FnMut() -> bool,
) -> std::result::Result<Result<T>, Interrupted> {
    let mut work = Box::pin(work);
    loop {
        let slice = runtime.block_on(async { tokio::time::timeout(SLICE, &mut work).await });
        match slice {
            Ok(result) => return Ok(result),
            Err(_) if interrupted() => break,
            Err(_) => {}
        }
    }
    // Inside the runtime, and with one more turn for the connection to close.
    runtime.block_on(async {
        drop(work);
        tokio::task::yield_now().await;
    });
    Err(Interrupted)
}
