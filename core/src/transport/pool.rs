//! The connections to the one server. Those that are idle are used again, the last one first.

use super::Payload;
use super::connect::{BoxError, Connector};
use super::lease::{Http1, Http2, Lease};
use ::http::{Request, Response};
use futures_util::future::{Either, select};
use hyper::body::Incoming;
use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::time::Instant;

/// How often an HTTP/2 connection with calls under way is asked whether it is alive, and how long it may think.
const H2_PING_INTERVAL: Duration = Duration::from_secs(10);
const H2_PING_TIMEOUT: Duration = Duration::from_secs(5);

/// Cheap to clone; clones share the connections.
#[derive(Clone)]
pub(super) struct Pool(Arc<Inner>);

struct Inner {
    connector: Connector,
    idle_timeout: Duration,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// By the time of their last use, the freshest last.
    idle: Vec<(Instant, Http1)>,
    /// One HTTP/2 connection carries all requests. With the time of its last use.
    shared: Option<(Instant, Http2)>,
    /// Calls whose own connection is being opened: they take what comes free meanwhile.
    waiting: VecDeque<oneshot::Sender<Lease>>,
    /// Somebody looks for connections that were idle for too long.
    swept: bool,
}

/// Why a request got no answer.
pub(super) enum SendError {
    /// It cannot be written for this connection.
    Address(::http::Error),
    /// No connection was opened.
    Connect(BoxError),
    /// A connection was opened, and ended before it could take a request.
    Handshake(hyper::Error),
    /// It may have been sent.
    Exchange(hyper::Error),
}

impl Pool {
    pub(super) fn new(connector: Connector, idle_timeout: Duration) -> Self {
        Self(Arc::new(Inner { connector, idle_timeout, state: Mutex::default() }))
    }

    pub(super) fn connector(&self) -> &Connector {
        &self.0.connector
    }

    /// Another with the same rules, and connections of its own.
    #[cfg(feature = "blocking")]
    pub(super) fn split(&self) -> Self {
        Self::new(self.0.connector.clone(), self.0.idle_timeout)
    }

    /// Sends a request, if it has to be `fresh` on a new connection. The lease is to be given back once the body is read.
    ///
    /// A connection that was idle may end just when it is used. If hyper says that it wrote nothing of the request, the
    /// request goes out on another one.
    pub(super) async fn send(
        &self,
        mut request: Request<Payload>,
        fresh: bool,
    ) -> Result<(Response<Incoming>, Lease), SendError> {
        loop {
            let idle = if fresh { None } else { self.0.take() };
            let (mut lease, used) = match idle {
                Some(lease) => (lease, true),
                // Boxed: most requests need no new connection, and their futures stay small.
                None if fresh => (Box::pin(open(Arc::clone(&self.0))).await?, false),
                None => Box::pin(self.0.open_or_wait()).await?,
            };
            self.0.connector.address(&mut request, lease.is_http2()).map_err(SendError::Address)?;
            match lease.send(request).await {
                Ok(answer) => return Ok((answer, lease)),
                Err(mut e) => match e.take_message() {
                    Some(unsent) if used => request = unsent,
                    _ => return Err(SendError::Exchange(e.into_error())),
                },
            }
            if lease.is_http2() {
                // It takes no more requests, whether it says so already or not.
                self.0.state().shared = None;
            }
        }
    }

    /// Keeps the connection for the next request, as soon as it can take one.
    pub(super) fn give_back(&self, lease: Lease) {
        let Lease::Http1(mut connection) = lease else { return };
        if connection.is_ready() {
            self.0.put(connection);
        } else if !connection.is_closed() {
            // The end of the body is still to come.
            let pool = Arc::downgrade(&self.0);
            tokio::spawn(async move {
                if connection.ready().await
                    && let Some(pool) = pool.upgrade()
                {
                    pool.put(connection);
                }
            });
        }
    }
}

impl Inner {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(&self) -> Option<Lease> {
        let mut state = self.state();
        if let Some((used, shared)) = &mut state.shared
            && !shared.is_closed()
        {
            *used = Instant::now();
            return Some(Lease::Http2(shared.clone()));
        }
        let (since, connection) = state.idle.pop()?;
        if since.elapsed() >= self.idle_timeout {
            // So were all those before it.
            state.idle.clear();
            return None;
        }
        Some(Lease::Http1(connection))
    }

    fn put(self: &Arc<Self>, connection: Http1) {
        let mut state = self.state();
        let mut lease = Lease::Http1(connection);
        while let Some(waiting) = state.waiting.pop_front() {
            match waiting.send(lease) {
                Ok(()) => return,
                // That call has got its own by now, or was given up.
                Err(back) => lease = back,
            }
        }
        if let Lease::Http1(connection) = lease {
            state.idle.push((Instant::now(), connection));
            self.sweep_later(&mut state);
        }
    }

    /// A new connection, or one that comes free before that is open; whether it was used before.
    async fn open_or_wait(self: &Arc<Self>) -> Result<(Lease, bool), SendError> {
        let opening = Box::pin(open(Arc::clone(self)));
        let (give, given) = oneshot::channel();
        {
            let waiting = &mut self.state().waiting;
            waiting.retain(|other| !other.is_closed());
            waiting.push_back(give);
        }
        match select(given, opening).await {
            Either::Left((Ok(lease @ Lease::Http2(_)), _)) => Ok((lease, true)),
            Either::Left((Ok(lease), opening)) => {
                // Half open already, and a sign that there are more calls than connections.
                let pool = Arc::downgrade(self);
                tokio::spawn(async move {
                    if let (Ok(lease), Some(pool)) = (opening.await, pool.upgrade()) {
                        Pool(pool).give_back(lease);
                    }
                });
                Ok((lease, true))
            }
            Either::Left((Err(_), opening)) => Ok((opening.await?, false)),
            Either::Right((opened, _)) => Ok((opened?, false)),
        }
    }

    fn share(self: &Arc<Self>, sender: &Http2) {
        let mut state = self.state();
        for waiting in state.waiting.drain(..) {
            // Whoever no longer waits needs none.
            let _ = waiting.send(Lease::Http2(sender.clone()));
        }
        state.shared = Some((Instant::now(), sender.clone()));
        self.sweep_later(&mut state);
    }

    fn sweep_later(self: &Arc<Self>, state: &mut State) {
        if !std::mem::replace(&mut state.swept, true) {
            tokio::spawn(sweep(Arc::downgrade(self), self.idle_timeout));
        }
    }

    /// Ends what was idle for too long; whether anything is left.
    fn expire(&self) -> bool {
        let mut state = self.state();
        let current = |since: &mut Instant| since.elapsed() < self.idle_timeout;
        state.idle.retain_mut(|(since, connection)| current(since) && connection.is_open());
        state.shared.take_if(|(used, sender)| !current(used) || sender.is_closed());
        state.swept = !state.idle.is_empty() || state.shared.is_some();
        state.swept
    }
}

async fn open(pool: Arc<Inner>) -> Result<Lease, SendError> {
    let stream = pool.connector.connect().await.map_err(SendError::Connect)?;
    if !stream.is_h2() {
        return Http1::over(stream).await.map(Lease::Http1).map_err(SendError::Handshake);
    }
    let (mut sender, connection) = http2::Builder::new(TokioExecutor::new())
        .timer(TokioTimer::new())
        // A connection that lost its other end without a word is noticed while calls wait on it.
        .keep_alive_interval(H2_PING_INTERVAL)
        .keep_alive_timeout(H2_PING_TIMEOUT)
        .keep_alive_while_idle(false)
        .handshake(stream)
        .await
        .map_err(SendError::Handshake)?;
    tokio::spawn(connection);
    sender.ready().await.map_err(SendError::Handshake)?;
    pool.share(&sender);
    Ok(Lease::Http2(sender))
}

async fn sweep(pool: Weak<Inner>, idle_timeout: Duration) {
    loop {
        tokio::time::sleep(idle_timeout).await;
        if !pool.upgrade().is_some_and(|pool| pool.expire()) {
            return;
        }
    }
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool").field("connector", &self.0.connector).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
