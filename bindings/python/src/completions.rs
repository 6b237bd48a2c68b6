//! The way from the I/O thread to one asyncio loop: a queue, emptied in batches on the loop's own thread.
//!
//! The I/O thread appends a result and wakes the loop; it holds no Python object and never takes the
//! interpreter's lock. The futures live here, in a table that only the loop's thread touches.

use crate::client::{NativeClient, NativeWalk, encode};
use crate::convert;
use crate::error::{OrRaise as _, exception};
use crate::wake::Wake;
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict};
use std::collections::HashMap;
use std::future::Future;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use zhifuyun_bridge::background::{self, Running};
use zhifuyun_bridge::operations::Output;
use zhifuyun_bridge::zhifuyun::Result;

/// What a call brought.
enum Got {
    Output(Box<Output>),
    /// Whether an iteration has a page to be taken.
    Page(bool),
}

type Done = Result<Got>;

/// What the I/O thread sees.
struct Queue {
    done: Mutex<Vec<(u64, Done)>>,
    /// The loop was woken and has not come yet.
    woken: AtomicBool,
    wake: Wake,
}

impl Queue {
    fn push(&self, id: u64, done: Done) {
        lock(&self.done).push((id, done));
        if !self.woken.swap(true, Ordering::SeqCst) {
            self.wake.wake();
        }
    }

    fn take(&self) -> Vec<(u64, Done)> {
        self.wake.rest();
        // Before the queue is emptied: what comes later wakes again.
        self.woken.store(false, Ordering::SeqCst);
        std::mem::take(&mut *lock(&self.done))
    }
}

/// No code that can panic runs while one of these locks is held.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The calls under way of one event loop.
#[pyclass(frozen, weakref, module = "zhifuyun._native")]
pub struct Completions {
    queue: Arc<Queue>,
    waiting: Mutex<HashMap<u64, (Py<PyAny>, Running)>>,
    next: AtomicU64,
}

#[pymethods]
impl Completions {
    /// For a loop that watches `fileno()`, or for one that `wake` wakes.
    #[new]
    #[pyo3(signature = (wake = None))]
    fn new(wake: Option<Py<PyAny>>) -> PyResult<Self> {
        let wake = match wake {
            Some(call) => Wake::Called(call),
            #[cfg(unix)]
            None => Wake::watched()?,
            #[cfg(not(unix))]
            None => return Err(pyo3::exceptions::PyNotImplementedError::new_err("nothing to watch")),
        };
        let queue = Arc::new(Queue { done: Mutex::default(), woken: false.into(), wake });
        Ok(Self { queue, waiting: Mutex::default(), next: 0.into() })
    }

    /// The descriptor to watch; -1 if there is none.
    fn fileno(&self) -> i64 {
        self.queue.wake.descriptor().unwrap_or(-1)
    }

    /// How many calls are under way.
    #[getter]
    fn pending(&self) -> usize {
        lock(&self.waiting).len()
    }

    /// Starts a call; `future` gets its result. Returns a number to forget it by.
    #[pyo3(signature = (future, client, name, args, options))]
    fn start(
        &self,
        py: Python<'_>,
        future: Py<PyAny>,
        client: &NativeClient,
        name: &str,
        args: &Bound<'_, PyDict>,
        options: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<u64> {
        let (args, options) = (convert::arguments(name, args)?, convert::overrides(name, options)?);
        let call = client.bridge().call_async(name, &args, options.as_deref()).or_raise(py)?;
        self.spawn(py, future, async move { call.await.map(|output| Got::Output(Box::new(output))) })
    }

    /// Asks for the next page of an iteration; `future` learns whether there is one to be taken.
    fn next(&self, py: Python<'_>, future: Py<PyAny>, walk: &NativeWalk) -> PyResult<u64> {
        let next = walk.walk().next_async();
        self.spawn(py, future, async move { next.await.map(Got::Page) })
    }

    /// Cancels a call that nobody waits for any more. Does nothing if it ended.
    fn forget(&self, id: u64) {
        let forgotten = lock(&self.waiting).remove(&id);
        if let Some((_, running)) = forgotten {
            running.cancel();
        }
    }

    /// Hands results that arrived to their futures. The loop calls it when it was woken.
    fn deliver(&self, py: Python<'_>) {
        for (id, done) in self.queue.take() {
            let waiting = lock(&self.waiting).remove(&id);
            if let Some((future, _)) = waiting
                && let Err(e) = settle(future.bind(py), done)
            {
                e.write_unraisable(py, Some(future.bind(py)));
            }
        }
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> std::result::Result<(), PyTraverseError> {
        // Locked elsewhere means in use, so not garbage.
        if let Ok(waiting) = self.waiting.try_lock() {
            for (future, _) in waiting.values() {
                visit.call(future)?;
            }
        }
        Ok(())
    }

    /// Ends all calls under way: the loop was closed over them.
    fn abandon(&self) {
        self.__clear__();
    }

    fn __clear__(&self) {
        let waiting = std::mem::take(&mut *lock(&self.waiting));
        for (_, running) in waiting.values() {
            running.cancel();
        }
    }
}

impl Completions {
    fn spawn(
        &self,
        py: Python<'_>,
        future: Py<PyAny>,
        work: impl Future<Output = Done> + Send + 'static,
    ) -> PyResult<u64> {
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        let queue = Arc::clone(&self.queue);
        let running = background::spawn(work, move |done| queue.push(id, done)).or_raise(py)?;
        // The result cannot have been handed over yet: that happens on this thread.
        lock(&self.waiting).insert(id, (future, running));
        Ok(id)
    }
}

fn settle(future: &Bound<'_, PyAny>, done: Done) -> PyResult<()> {
    let py = future.py();
    if future.call_method0(intern!(py, "done"))?.is_truthy()? {
        return Ok(());
    }
    let value = match done {
        Ok(Got::Output(output)) => encode(py, *output),
        Ok(Got::Page(more)) => Ok(PyBool::new(py, more).to_owned().into_any().unbind()),
        Err(e) => Err(exception(py, &e)),
    };
    match value {
        Ok(value) => future.call_method1(intern!(py, "set_result"), (value,))?,
        Err(e) => future.call_method1(intern!(py, "set_exception"), (e,))?,
    };
    Ok(())
}
