//! The driver of synchronous callers: the calling thread drives its own little runtime.
//!
//! A lane is a current-thread runtime with connections of its own. Lanes are kept last in, first out: the one
//! used last has the freshest connection. A small GET takes two thirds of the time that a shared runtime needs.

use crate::guard;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::runtime::{Builder, Runtime};
use zhifuyun::{Background, Client, Error, ErrorKind, Reason, Result};

/// How often a waiting caller looks whether its host wants it back (a signal, an interrupt).
pub const SLICE: Duration = Duration::from_millis(50);

/// The lanes of one client in one process.
#[derive(Debug)]
pub struct Lanes {
    client: Client,
    background: Background,
    idle: Mutex<Vec<Lane>>,
}

#[derive(Debug)]
struct Lane {
    client: Client,
    // Dropped after the connections, which are registered with it.
    runtime: Runtime,
}

/// The host wants its thread back; the call was cancelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Interrupted;

impl Lanes {
    pub(crate) fn new(client: Client, background: Background) -> Self {
        Self { client, background, idle: Mutex::default() }
    }

    /// Takes a lane out of the pool; dropping it puts it back.
    pub(crate) fn check_out(self: &Arc<Self>) -> Result<CheckedOut> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let lane = match idle {
            Some(lane) => lane,
            None => {
                let runtime = Builder::new_current_thread().enable_all().build().map_err(|e| {
                    let message = format!("the operating system gives no event loop: {e}");
                    Error::new(ErrorKind::Connection, Reason::Connect, message)
                })?;
                Lane { client: self.client.split(self.background)?, runtime }
            }
        };
        Ok(CheckedOut { pool: Arc::clone(self), pid: std::process::id(), lane: Some(lane) })
    }

    pub(crate) fn clear(&self) {
        let idle = std::mem::take(&mut *self.idle.lock().unwrap_or_else(PoisonError::into_inner));
        drop(idle);
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
    pub(crate) fn run<T, F>(
        &self,
        work: impl FnOnce(Client) -> F,
        interrupted: Option<&mut dyn FnMut() -> bool>,
    ) -> std::result::Result<Result<T>, Interrupted>
    where
        F: Future<Output = Result<T>>,
    {
        let Some(lane) = &self.lane else { return Ok(Err(guard::panicked())) };
        if self.pid != std::process::id() {
            let message = "an iteration cannot go on in a forked child; begin it anew there";
            return Ok(Err(Error::new(ErrorKind::Closed, Reason::Closed, message)));
        }
        let work = guard::catch_async(work(lane.client.clone()));
        lane.runtime.block_on(async {
            // One turn of the event loop first: a connection that the server closed while nobody was looking is
            // noticed now, not by the request that would be sent into it.
            tokio::task::yield_now().await;
            match interrupted {
                None => Ok(work.await),
                Some(interrupted) => sliced(work, interrupted).await,
            }
        })
    }
}

impl Drop for CheckedOut {
    fn drop(&mut self) {
        let Some(lane) = self.lane.take() else { return };
        if self.pid == std::process::id() {
            self.pool.idle.lock().unwrap_or_else(PoisonError::into_inner).push(lane);
        } else {
            // Forked meanwhile: the lane is the parent's, and closing it would disturb the parent.
            std::mem::forget(lane);
        }
    }
}

async fn sliced<T>(
    work: impl Future<Output = Result<T>>,
    interrupted: &mut dyn FnMut() -> bool,
) -> std::result::Result<Result<T>, Interrupted> {
    tokio::pin!(work);
    loop {
        tokio::select! {
            biased;
            result = &mut work => return Ok(result),
            () = tokio::time::sleep(SLICE) => {
                if interrupted() {
                    return Err(Interrupted);
                }
            }
        }
    }
}
