//! Requests under way: who drives them, and in which order their answers are delivered.
//!
//! A request that nobody drives is worse than none: it may hold the token's lock or be the one that probes a
//! rate limit, and everybody else waits for it. So a request is either a task of its own, which goes on while the
//! reader does something else, or it lives within one call of the walk and ends with that call.

use super::PageRequest;
use crate::clock::BoxFuture;
use crate::error::{Error, ErrorKind, Reason, Result};
use std::collections::VecDeque;
use std::future::Future as _;
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::runtime::Handle;
use tokio_util::task::AbortOnDropHandle;
use tracing::Instrument as _;

enum Flight<T> {
    /// A task of the runtime, ended when it is dropped.
    Task(AbortOnDropHandle<Result<T>>),
    /// Driven by whoever waits for the walk.
    Here(BoxFuture<'static, Result<T>>),
    Landed(Result<T>),
}

/// The requests under way, in the order of delivery; the first one is what the reader waits for.
pub(super) struct Flights<T> {
    tasks: bool,
    queue: VecDeque<(PageRequest, Flight<T>)>,
}

impl<T: Send + 'static> Flights<T> {
    /// `tasks`: the runtime goes on between two calls of the walk.
    pub(super) fn new(tasks: bool) -> Self {
        Self { tasks, queue: VecDeque::new() }
    }

    pub(super) fn len(&self) -> usize {
        self.queue.len()
    }

    /// The runtime that drives requests while the reader is not waiting, if there is one.
    fn runtime(&self) -> Option<Handle> {
        if self.tasks { Handle::try_current().ok() } else { None }
    }

    /// Whether requests may be made while the reader is not waiting.
    pub(super) fn go_on_alone(&self) -> bool {
        self.runtime().is_some()
    }

    /// Whether more requests may start now. Those that cannot go on alone start together: the reader gets the first
    /// answer when all of them are there.
    pub(super) fn may_depart(&self, next: Option<PageRequest>) -> bool {
        self.go_on_alone() || self.queue.front().is_none_or(|(first, _)| Some(*first) != next)
    }

    pub(super) fn has(&self, place: usize, request: PageRequest) -> bool {
        self.queue.get(place).is_some_and(|(flying, _)| *flying == request)
    }

    pub(super) fn start(&mut self, place: usize, request: PageRequest, work: BoxFuture<'static, Result<T>>) {
        let flight = match self.runtime() {
            Some(runtime) => Flight::Task(AbortOnDropHandle::new(runtime.spawn(work.in_current_span()))),
            None => Flight::Here(work),
        };
        self.queue.insert(place.min(self.queue.len()), (request, flight));
    }

    /// The first answer, once it is there and nothing is left that only this call drives.
    pub(super) fn poll_first(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<T>>> {
        let (mut bound, mut first_is_there) = (false, false);
        for (place, (_, flight)) in self.queue.iter_mut().enumerate() {
            if let Poll::Ready(result) = flight.poll(cx) {
                *flight = Flight::Landed(result);
            }
            bound |= matches!(flight, Flight::Here(_));
            first_is_there |= place == 0 && matches!(flight, Flight::Landed(_));
        }
        if !self.queue.is_empty() && (bound || !first_is_there) {
            return Poll::Pending;
        }
        match self.queue.pop_front() {
            Some((_, Flight::Landed(result))) => Poll::Ready(Some(result)),
            _ => Poll::Ready(None),
        }
    }

    /// Ends what only the call that ends now has driven. What has landed stays.
    pub(super) fn leave(&mut self) {
        self.queue.retain(|(_, flight)| !matches!(flight, Flight::Here(_)));
    }

    pub(super) fn clear(&mut self) {
        self.queue.clear();
    }
}

impl<T: Send + 'static> Flight<T> {
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Result<T>> {
        match self {
            Self::Landed(_) => Poll::Pending,
            Self::Here(work) => work.as_mut().poll(cx),
            Self::Task(task) => Pin::new(task).poll(cx).map(|joined| match joined {
                Ok(result) => result,
                // A panic goes on where the reader can catch it.
                Err(gone) => match gone.try_into_panic() {
                    Ok(panic) => std::panic::resume_unwind(panic),
                    Err(_) => Err(Error::new(
                        ErrorKind::Connection,
                        Reason::ConnectionClosed,
                        "the runtime that drove this request was shut down",
                    )),
                },
            }),
        }
    }
}
