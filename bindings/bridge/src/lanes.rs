//! The driver of synchronous callers: the calling thread drives a lane of the core.
//!
//! A small GET takes two thirds of the time that a shared runtime needs.

use crate::guard;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;
use zhifuyun::blocking::{self, Lane};
use zhifuyun::{Background, Client, Error, ErrorKind, Reason, Result};

#[cfg(test)]
mod tests;

/// How often a waiting caller looks whether its host wants it back (a signal, an interrupt).
pub const SLICE: Duration = Duration::from_millis(50);

/// The lanes of one client in one process.
#[derive(Debug)]
pub struct Lanes {
    lanes: Arc<blocking::Lanes>,
    pid: u32,
}

/// The host wants its thread back; the call was cancelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Interrupted;

impl Lanes {
    pub(crate) fn new(client: Client, background: Background) -> Self {
        Self { lanes: Arc::new(blocking::Lanes::new(client, background)), pid: std::process::id() }
    }

    fn is_inherited(&self) -> bool {
        self.pid != std::process::id()
    }

    fn take(&self) -> Result<Lane> {
        // Before any lock: the parent may have held it.
        if self.is_inherited() {
            let message = "an iteration cannot go on in a forked child; begin it anew there";
            return Err(Error::new(ErrorKind::Closed, Reason::Closed, message));
        }
        self.lanes.take()
    }

    /// A client to begin a walk with: its runtime stands still between calls.
    pub(crate) fn client(&self) -> Result<Client> {
        let lane = self.take()?;
        let client = lane.client().clone();
        self.lanes.put_back(lane);
        Ok(client)
    }

    pub(crate) fn close(&self) {
        self.lanes.close();
    }

    /// Runs `work` on the calling thread. `interrupted` is asked every [`SLICE`]; when it says yes, the call is
    /// cancelled.
    ///
    /// # Errors
    /// `Err(Interrupted)` if the host wants its thread back; the inner result is that of `work`.
    pub fn run<T, F>(
        &self,
        work: impl FnOnce(Client) -> F,
        interrupted: Option<&mut dyn FnMut() -> bool>,
    ) -> std::result::Result<Result<T>, Interrupted>
    where
        F: Future<Output = Result<T>>,
    {
        let lane = match self.take() {
            Ok(lane) => lane,
            Err(e) => return Ok(Err(e)),
        };
        let work = guard::catch_async(work(lane.client().clone()));
        let mut asked = false;
        let result = match interrupted {
            None => Ok(lane.block_on(work)),
            Some(interrupted) => sliced(&lane, work, &mut || {
                asked = true;
                interrupted()
            }),
        };
        if asked && self.is_inherited() {
            // Forked by the host, which alone runs code of others on this thread: the lane is the parent's, and closing
            // it would disturb the parent.
            std::mem::forget(lane);
        } else if matches!(&result, Ok(Err(e)) if e.kind() == ErrorKind::Internal) {
            // A panic may have left the connections of this lane in any state.
            lane.end();
        } else {
            self.lanes.put_back(lane);
        }
        result
    }
}

impl Drop for Lanes {
    fn drop(&mut self) {
        if self.is_inherited() {
            // The parent's, as above: a count that is never given back.
            std::mem::forget(Arc::clone(&self.lanes));
        }
    }
}

/// Drives `work` slice by slice. The host is asked between two slices, when the runtime stands still: what it does then,
/// such as running a signal handler, may itself make a call.
fn sliced<T>(
    lane: &Lane,
    work: impl Future<Output = Result<T>>,
    interrupted: &mut dyn FnMut() -> bool,
) -> std::result::Result<Result<T>, Interrupted> {
    let mut work = Box::pin(work);
    loop {
        let slice = lane.block_on(async { tokio::time::timeout(SLICE, &mut work).await });
        match slice {
            Ok(result) => return Ok(result),
            Err(_) if interrupted() => break,
            Err(_) => {}
        }
    }
    // Inside the runtime, and with one more turn for an HTTP/2 connection to give up the stream; HTTP/1 closes at once.
    lane.block_on(async {
        drop(work);
        tokio::task::yield_now().await;
    });
    Err(Interrupted)
}
