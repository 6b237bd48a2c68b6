//! Calls of asynchronous callers, and the queue in which their results wait for a Java thread.
//!
//! An I/O thread that attached itself to the virtual machine could not be told apart from a Java thread when the
//! machine exits. So it never does: results wait here, and daemon threads of Java come for them.

use crate::wire::Writer;
use std::collections::VecDeque;
use std::future::Future;
use std::sync::{Arc, Condvar, Mutex, OnceLock, PoisonError};
use std::time::Duration;
use zhifuyun_bridge::background::{self, Running};
use zhifuyun_bridge::fate::Fate;
use zhifuyun_bridge::registry::Registry;
use zhifuyun_bridge::zhifuyun::{Error, ErrorKind, Reason, Result};

/// Writes its reply on the Java thread that comes for it: the I/O thread has better things to do.
type Finished = Box<dyn FnOnce(&mut Writer) + Send>;

/// Results by the token that Java gave to the call.
#[derive(Default)]
pub(crate) struct Queue {
    finished: Mutex<VecDeque<(i64, Finished)>>,
    arrived: Condvar,
}

impl Queue {
    fn push(&self, token: i64, finished: Finished) {
        self.finished.lock().unwrap_or_else(PoisonError::into_inner).push_back((token, finished));
        self.arrived.notify_one();
    }

    /// The next result: the token, and the reply behind that token. `None` if nothing came in time.
    pub(crate) fn wait(&self, limit: Duration) -> Option<(i64, Vec<u8>)> {
        let finished = self.finished.lock().unwrap_or_else(PoisonError::into_inner);
        let waiting = self.arrived.wait_timeout_while(finished, limit, |f| f.is_empty());
        let next = waiting.unwrap_or_else(PoisonError::into_inner).0.pop_front();
        next.map(|(token, finished)| {
            let mut w = Writer::default();
            w.long(token);
            finished(&mut w);
            (token, w.into_bytes())
        })
    }

    /// Java had no memory for a result. An error takes its place, or its call would never end.
    pub(crate) fn lost(&self, token: i64) {
        let message =
            "the answer arrived, but Java's heap had no room for it; ask for less at once, or raise -Xmx";
        let e = Error::new(ErrorKind::Decode, Reason::BodyTooLarge, message);
        self.push(token, Box::new(move |w| w.error(&e)));
    }
}

/// A call that can be cancelled. The handle is there when [`start`] has returned, before which no id is known.
#[derive(Default)]
struct UnderWay {
    running: OnceLock<Running>,
    fate: Fate,
}

static UNDER_WAY: Registry<UnderWay> = Registry::new();

/// Starts `work`; `write` makes the reply. The id is for [`cancel`].
pub(crate) fn start<T: Send + 'static>(
    queue: Arc<Queue>,
    token: i64,
    work: impl Future<Output = Result<T>> + Send + 'static,
    write: fn(&mut Writer, T),
) -> Result<u64> {
    let call = Arc::new(UnderWay::default());
    let id = UNDER_WAY.insert(Arc::clone(&call));
    let started = background::spawn(call.fate.watch_async(work), move |result| {
        UNDER_WAY.remove(id);
        queue.push(
            token,
            Box::new(move |w| match result {
                Ok(value) => write(w, value),
                Err(e) => w.error(&e),
            }),
        );
    });
    match started {
        Ok(running) => {
            let _ = call.running.set(running);
            Ok(id)
        }
        Err(e) => {
            UNDER_WAY.remove(id);
            Err(e)
        }
    }
}

/// Ends a call and closes its connection; one that has ended already is left alone. Returns whether a write may have
/// been applied.
pub(crate) fn cancel(id: u64) -> Option<bool> {
    let call = UNDER_WAY.remove(id)?;
    let maybe_applied = call.fate.give_up();
    call.running.get()?.cancel();
    Some(maybe_applied)
}
