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
use std::cell::{Cell, RefCell};
use std::collections::{HashMap, VecDeque};
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use zhifuyun_bridge::background::{self, Running};
use zhifuyun_bridge::zhifuyun::Result;

type Wake = ThreadsafeFunction<(), (), (), Status, false, true, 0>;
type Text<'a> = Option<&'a JsString<'a>>;
type Sink<'a> = Function<'a, FnArgs<(u32, u32, &'a JsString<'a>, Text<'a>, Text<'a>)>, ()>;

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
    live: RefCell<HashMap<u32, Live>>,
    /// How many of them keep the event loop alive.
    holding: Cell<usize>,
}

struct Live {
    running: Running,
    holds: bool,
}

#[napi]
impl Dispatcher {
    /// `wake` is called when completions wait; it then calls `take`.
    #[napi(constructor, catch_unwind)]
    pub fn new(wake: Function<'_, (), ()>) -> napi::Result<Self> {
        let wake = wake.build_threadsafe_function::<()>().weak::<true>().build()?;
        let queue = Queue { waiting: Mutex::default(), wake };
        Ok(Self { queue: Arc::new(queue), live: RefCell::default(), holding: Cell::default() })
    }

    /// Hands waiting completions to `sink(id, shape, text, long, wide)`, with their numbers in `numbers`. Returns 0, or
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
            let Some(ended) = self.forget(id) else {
                continue; // Cancelled after it had ended.
            };
            self.let_go(&env, ended.holds)?;
            // SAFETY: the array is the TypeScript layer's own and never handed to another thread, and JavaScript
            // does not run on this one while the slice is borrowed.
            for (slot, number) in unsafe { numbers.as_mut() }.iter_mut().zip(&encoded.numbers) {
                *slot = *number;
            }
            let text = env.create_string_latin1(&encoded.text)?;
            let long = match encoded.long.as_slice() {
                [] => None,
                long => Some(env.create_string_latin1(long)?),
            };
            let wide = match encoded.wide.as_slice() {
                [] => None,
                wide => Some(env.create_string_utf16(wide)?),
            };
            sink.call((id, encoded.shape as u32, &text, long.as_ref(), wide.as_ref()).into())?;
        }
    }

    /// Cancels a call: its future is dropped, its connection closed, and no completion comes.
    #[napi(catch_unwind)]
    pub fn cancel(&self, env: Env, id: u32) -> napi::Result<()> {
        let Some(live) = self.forget(id) else { return Ok(()) };
        live.running.cancel();
        self.let_go(&env, live.holds)
    }

    /// Lets the event loop end while this call is under way.
    #[napi(catch_unwind)]
    pub fn release(&self, env: Env, id: u32) -> napi::Result<()> {
        let held = self.live.borrow_mut().get_mut(&id).is_some_and(|live| std::mem::take(&mut live.holds));
        self.let_go(&env, held)
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
                self.live.borrow_mut().insert(id, Live { running, holds: true });
                self.holding.set(self.holding.get() + 1);
                if self.holding.get() > 1 {
                    return Ok(());
                }
                // SAFETY: on the thread of the environment that owns the function, which outlives this object.
                ok(unsafe { sys::napi_ref_threadsafe_function(env.raw(), self.queue.wake.raw()) })
            }
            Err(e) => Err(napi::Error::from_reason(zhifuyun_bridge::error::to_json(&e))),
        }
    }

    fn forget(&self, id: u32) -> Option<Live> {
        self.live.borrow_mut().remove(&id)
    }

    /// One call less that keeps the event loop alive, if it was one of them.
    fn let_go(&self, env: &Env, held: bool) -> napi::Result<()> {
        if !held {
            return Ok(());
        }
        self.holding.set(self.holding.get().saturating_sub(1));
        if self.holding.get() > 0 {
            return Ok(());
        }
        // SAFETY: on the thread of the environment that owns the function, which outlives this object.
        ok(unsafe { sys::napi_unref_threadsafe_function(env.raw(), self.queue.wake.raw()) })
    }
}

fn ok(status: sys::napi_status) -> napi::Result<()> {
    if status == sys::Status::napi_ok {
        return Ok(());
    }
    Err(napi::Error::new(Status::from(status), "the event loop does not take calls any more"))
}

impl Drop for Dispatcher {
    /// The environment ends: so do its calls.
    fn drop(&mut self) {
        for (_, live) in self.live.borrow_mut().drain() {
            live.running.cancel();
        }
    }
}
