//! Work in the background and its completions on the way to JavaScript.
//!
//! There is one dispatcher, with one threadsafe function, per environment (main thread or worker). The I/O thread
//! queues completions and wakes JavaScript once per batch; JavaScript then takes all of them. The threadsafe
//! function keeps the event loop alive exactly while calls are under way.

use crate::encode::Encoded;
use napi::bindgen_prelude::{Env, Float64ArraySlice, FnArgs, Function};
use napi::threadsafe_function::{ThreadsafeFunction, ThreadsafeFunctionCallMode};
use napi::{JsString, Status, sys};
use napi_derive::napi;
use std::cell::RefCell;
use std::collections::{HashMap, VecDeque};
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use zhifuyun_bridge::background::{self, Running};
use zhifuyun_bridge::zhifuyun::Result;

type Wake = ThreadsafeFunction<(), (), (), Status, false, true, 0>;
type Sink<'a> = Function<'a, FnArgs<(u32, u32, &'a JsString<'a>, Option<&'a JsString<'a>>)>, ()>;

/// Completions that JavaScript has not taken yet.
struct Queue {
    waiting: Mutex<VecDeque<(u32, Encoded)>>,
    wake: Wake,
}

impl Queue {
    fn waiting(&self) -> std::sync::MutexGuard<'_, VecDeque<(u32, Encoded)>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn push(&self, id: u32, encoded: Encoded) {
        let first = {
            let mut waiting = self.waiting();
            waiting.push_back((id, encoded));
            waiting.len() == 1
        };
        if first {
            // An environment that is shutting down takes no more calls, and nobody waits for them.
            let _ = self.wake.call((), ThreadsafeFunctionCallMode::NonBlocking);
        }
    }
}

/// The calls of one environment. Made once by the TypeScript layer.
#[napi]
pub struct Dispatcher {
    queue: Arc<Queue>,
    /// Calls under way, by the id that JavaScript gave them. Touched on the JavaScript thread only, and never
    /// borrowed while JavaScript runs.
    live: RefCell<HashMap<u32, Running>>,
}

#[napi]
impl Dispatcher {
    /// `wake` is called when completions wait; it then calls `take`.
    #[napi(constructor, catch_unwind)]
    pub fn new(wake: Function<'_, (), ()>) -> napi::Result<Self> {
        let wake = wake.build_threadsafe_function::<()>().weak::<true>().build()?;
        let queue = Queue { waiting: Mutex::default(), wake };
        Ok(Self { queue: Arc::new(queue), live: RefCell::default() })
    }

    /// Hands waiting completions to `sink(id, shape, text, wide)`, with their numbers in `numbers`. Returns 0, or
    /// how many numbers the next completion has if they do not fit: call again with so much room.
    ///
    /// `sink` must not throw.
    #[napi(catch_unwind)]
    pub fn take(&self, env: Env, mut numbers: Float64ArraySlice<'_>, sink: Sink<'_>) -> napi::Result<u32> {
        let room = numbers.as_ref().len();
        loop {
            let next = {
                let mut waiting = self.queue.waiting();
                match waiting.front() {
                    None => return Ok(0),
                    Some((_, e)) if e.numbers.len() > room => {
                        return Ok(u32::try_from(e.numbers.len()).unwrap_or(u32::MAX));
                    }
                    Some(_) => waiting.pop_front(),
                }
            };
            let Some((id, encoded)) = next else { return Ok(0) };
            if self.live.borrow_mut().remove(&id).is_none() {
                continue; // Cancelled after it had ended.
            }
            self.hold(&env, false)?;
            // SAFETY: the array is the TypeScript layer's own and never handed to another thread, and JavaScript
            // does not run on this one while the slice is borrowed.
            for (slot, number) in unsafe { numbers.as_mut() }.iter_mut().zip(&encoded.numbers) {
                *slot = *number;
            }
            let text = env.create_string_latin1(&encoded.text)?;
            let wide = match encoded.wide.as_slice() {
                [] => None,
                wide => Some(env.create_string_utf16(wide)?),
            };
            sink.call((id, encoded.shape as u32, &text, wide.as_ref()).into())?;
        }
    }

    /// Cancels a call: its future is dropped, its connection closed, and no completion comes.
    #[napi(catch_unwind)]
    pub fn cancel(&self, env: Env, id: u32) -> napi::Result<()> {
        let running = self.live.borrow_mut().remove(&id);
        match running {
            Some(running) => {
                running.cancel();
                self.hold(&env, false)
            }
            None => Ok(()),
        }
    }
}

impl Dispatcher {
    /// Runs `work` in the background; what comes of it, also if it cannot start, is a completion.
    pub(crate) fn start<T: Send + 'static>(
        &self,
        env: &Env,
        id: u32,
        work: Result<impl Future<Output = Result<T>> + Send + 'static>,
        encode: impl FnOnce(Result<T>) -> Encoded + Send + 'static,
    ) -> napi::Result<()> {
        let queue = Arc::clone(&self.queue);
        let started =
            work.and_then(|work| background::spawn(work, move |result| queue.push(id, encode(result))));
        match started {
            Ok(running) => {
                self.live.borrow_mut().insert(id, running);
                self.hold(env, true)
            }
            Err(e) => Err(napi::Error::from_reason(zhifuyun_bridge::error::to_json(&e))),
        }
    }

    /// Keeps the event loop alive from the first call under way to the last. `added` tells which way the number
    /// of calls went.
    fn hold(&self, env: &Env, added: bool) -> napi::Result<()> {
        let wake = self.queue.wake.raw();
        let status = match (added, self.live.borrow().len()) {
            // SAFETY: on the thread of the environment that owns the function, which outlives this object.
            (true, 1) => unsafe { sys::napi_ref_threadsafe_function(env.raw(), wake) },
            // SAFETY: as above.
            (false, 0) => unsafe { sys::napi_unref_threadsafe_function(env.raw(), wake) },
            _ => return Ok(()),
        };
        if status == sys::Status::napi_ok { Ok(()) } else { Err(Status::from(status).into_error()) }
    }
}

trait IntoError {
    fn into_error(self) -> napi::Error;
}

impl IntoError for Status {
    fn into_error(self) -> napi::Error {
        napi::Error::new(self, "the event loop does not take calls any more")
    }
}

impl Drop for Dispatcher {
    /// The environment ends: so do its calls.
    fn drop(&mut self) {
        for (_, running) in self.live.borrow_mut().drain() {
            running.cancel();
        }
    }
}
