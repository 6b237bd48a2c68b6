//! Moves an HTTP/1 connection along with what waits for it.

use super::Payload;
use super::connect::Stream;
use futures_util::task::AtomicWaker;
use hyper::client::conn::http1::Connection;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Wake, Waker};

/// How often the connection is moved before others have their turn: once will do, unless what it brought is waited for.
const TURNS: usize = 2;

/// A connection and what wakes it.
pub(super) struct Driver {
    /// Until it ended. Why it did is told to the request.
    connection: Option<Box<Connection<Stream, Payload>>>,
    bell: Arc<Bell>,
    waker: Waker,
}

impl Driver {
    pub(super) fn new(connection: Connection<Stream, Payload>) -> Self {
        let bell = Arc::<Bell>::default();
        Self { connection: Some(Box::new(connection)), waker: Arc::clone(&bell).into(), bell }
    }

    /// Waits for `work`, and moves the connection meanwhile.
    pub(super) async fn along<T>(&mut self, work: impl Future<Output = T>) -> T {
        let mut work = pin!(work);
        let done = poll_fn(|cx| {
            self.bell.begin(cx.waker());
            let mut done = work.as_mut().poll(cx);
            for _ in 0..TURNS {
                if done.is_ready() {
                    break;
                }
                self.bell.rung.store(false, Ordering::SeqCst);
                self.turn();
                done = work.as_mut().poll(cx);
                if !self.bell.rung.load(Ordering::SeqCst) {
                    break;
                }
            }
            self.bell.end(cx.waker());
            done
        })
        .await;
        // An idle connection wakes nobody.
        self.bell.waiting.take();
        done
    }

    /// Moves the connection as far as it goes now.
    pub(super) fn turn(&mut self) {
        let mut cx = Context::from_waker(&self.waker);
        if let Some(connection) = &mut self.connection
            && Pin::new(connection).poll(&mut cx).is_ready()
        {
            self.connection = None;
        }
    }
}

/// Wakes whoever drives the connection, but not for what he does himself: what he hands over rings, and he is about to
/// move the connection anyway. Woken by himself, he would have to be polled once more for nothing.
#[derive(Default)]
struct Bell {
    /// Somebody is driving, and hears it without being woken.
    busy: AtomicBool,
    rung: AtomicBool,
    waiting: AtomicWaker,
}

impl Bell {
    fn begin(&self, driving: &Waker) {
        self.waiting.register(driving);
        self.busy.store(true, Ordering::SeqCst);
    }

    /// Whoever rings from now on sees that nobody listens; whoever rang before is heard here.
    fn end(&self, driving: &Waker) {
        self.busy.store(false, Ordering::SeqCst);
        if self.rung.swap(false, Ordering::SeqCst) {
            driving.wake_by_ref();
        }
    }
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.rung.store(true, Ordering::SeqCst);
        if !self.busy.load(Ordering::SeqCst) {
            self.waiting.wake();
        }
    }
}
