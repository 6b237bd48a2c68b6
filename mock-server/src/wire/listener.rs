//! The accept loop.

use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use axum::Router;
use serde::{Deserialize, Serialize};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

use super::action::End;
use super::connection::serve_http1;
use super::http2::{PREFACE, serve_http2};
use super::stream::Stream;
use super::tls::TlsSetup;

/// The request limit of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RequestLimit {
    /// The last request that is answered.
    pub requests: u64,
    /// How the connection ends.
    #[serde(default)]
    pub how: End,
    /// Whether the last answer says `connection: close`.
    #[serde(default)]
    pub announce: bool,
}

/// The idle limit of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IdleClose {
    /// Idle time after an answer.
    pub after_ms: u64,
    /// How the connection ends.
    #[serde(default)]
    pub how: End,
}

/// What every connection of a listener is subject to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Behaviour {
    /// So many next connections are reset right after they were accepted.
    pub refuse: u64,
    /// Connections end after some requests (HTTP/1.1; GOAWAY on HTTP/2).
    pub close_after: Option<RequestLimit>,
    /// Connections end after some idle time (HTTP/1.1).
    pub idle_close: Option<IdleClose>,
    /// Concurrent streams that an HTTP/2 connection allows.
    pub max_streams: Option<u32>,
}

impl Behaviour {
    /// Refuses limits that could never work.
    ///
    /// # Errors
    /// A sentence that says which value is wrong.
    pub fn validate(&self) -> Result<(), String> {
        if self.close_after.is_some_and(|limit| limit.requests == 0 || limit.how == End::Keep) {
            return Err("close_after: requests must be at least 1, and how cannot be keep".into());
        }
        if self.idle_close.is_some_and(|idle| idle.how == End::Keep) {
            return Err("idle_close: how cannot be keep".into());
        }
        if self.max_streams == Some(0) {
            return Err("max_streams must be at least 1".into());
        }
        Ok(())
    }
}

/// What a listener speaks.
#[derive(Debug, Clone, Default)]
pub struct WireOptions {
    /// TLS, when set.
    pub tls: Option<TlsSetup>,
    /// HTTP/2 as well: by ALPN with TLS, by prior knowledge without.
    pub http2: bool,
    /// What happens to connections.
    pub behaviour: Behaviour,
}

/// Which connection a request came on; in the extensions of every request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct ConnectionInfo {
    /// Number of the connection on its listener, from 1.
    pub connection: u64,
    /// Number of the request on its connection, from 1.
    pub request: u64,
    /// The client's address.
    pub peer: SocketAddr,
    /// The listener's address.
    pub local: SocketAddr,
    /// Whether the connection is encrypted.
    pub tls: bool,
    /// Whether it speaks HTTP/2.
    pub http2: bool,
}

/// The part of [`ConnectionInfo`] that is the same for all requests of a connection.
#[derive(Debug, Clone, Copy)]
pub(super) struct Who {
    pub(super) connection: u64,
    pub(super) peer: SocketAddr,
    pub(super) local: SocketAddr,
    pub(super) tls: bool,
}

impl Who {
    pub(super) fn info(&self, request: u64, http2: bool) -> ConnectionInfo {
        let Self { connection, peer, local, tls } = *self;
        ConnectionInfo { connection, request, peer, local, tls, http2 }
    }
}

/// What the connections of one listener share.
#[derive(Debug)]
pub(super) struct Front {
    behaviour: RwLock<Behaviour>,
    refuse: AtomicU64,
    refused: AtomicU64,
    accepted: AtomicU64,
    closing: watch::Sender<bool>,
}

impl Front {
    fn new(behaviour: Behaviour) -> Self {
        Self {
            refuse: AtomicU64::new(behaviour.refuse),
            behaviour: RwLock::new(behaviour),
            refused: AtomicU64::new(0),
            accepted: AtomicU64::new(0),
            closing: watch::Sender::new(false),
        }
    }

    /// Returns when the listener takes leave: connections finish what they have begun and end.
    pub(super) async fn closing(&self) {
        // An error would mean that the sender is gone, and it is right here.
        let _ = self.closing.subscribe().wait_for(|closing| *closing).await;
    }

    pub(super) fn behaviour(&self) -> Behaviour {
        *self.behaviour.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn refuse_next(&self, connections: u64) {
        self.refuse.fetch_add(connections, Ordering::SeqCst);
    }

    fn must_refuse(&self) -> bool {
        let one_less = |left: u64| left.checked_sub(1);
        self.refuse.fetch_update(Ordering::SeqCst, Ordering::SeqCst, one_less).is_ok()
    }
}

/// A running listener. Dropping it closes the listener and every connection.
#[derive(Debug)]
pub struct Listening {
    address: SocketAddr,
    front: Arc<Front>,
    task: Option<JoinHandle<()>>,
}

impl Listening {
    /// The bound address.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Connections accepted so far, refused ones included.
    #[must_use]
    pub fn accepted(&self) -> u64 {
        self.front.accepted.load(Ordering::SeqCst)
    }

    /// Connections that were reset right after they were accepted.
    #[must_use]
    pub fn refused(&self) -> u64 {
        self.front.refused.load(Ordering::SeqCst)
    }

    /// Resets so many of the next connections.
    pub fn refuse_next(&self, connections: u64) {
        self.front.refuse_next(connections);
    }

    /// Changes what happens to connections; those that are open take it up with their next request, except
    /// for the request limit, which is fixed when a connection opens.
    pub fn set_behaviour(&self, behaviour: Behaviour) {
        self.front.refuse.store(behaviour.refuse, Ordering::SeqCst);
        *self.front.behaviour.write().unwrap_or_else(PoisonError::into_inner) = behaviour;
    }
}

impl Listening {
    /// Stops accepting, lets requests that have begun finish for so long, and closes everything.
    pub async fn drain(mut self, grace: Duration) {
        self.front.closing.send_replace(true);
        if let Some(task) = self.task.take() {
            let abort = task.abort_handle();
            if tokio::time::timeout(grace, task).await.is_err() {
                abort.abort();
            }
        }
    }

    /// Closes the listener and every connection at once, and returns when the port is free.
    pub async fn stop(mut self) {
        if let Some(task) = self.task.take() {
            task.abort();
            // Cancelled is what it was asked to be.
            let _ = task.await;
        }
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        if let Some(task) = &self.task {
            task.abort();
        }
    }
}

/// Accepts connections and serves them with `app` until the returned handle is dropped.
///
/// # Errors
/// When the listener has no address.
pub fn serve(listener: TcpListener, options: WireOptions, app: Router) -> io::Result<Listening> {
    let address = listener.local_addr()?;
    let front = Arc::new(Front::new(options.behaviour));
    let task = tokio::spawn(accept(listener, options, app, front.clone()));
    Ok(Listening { address, front, task: Some(task) })
}

async fn accept(listener: TcpListener, options: WireOptions, app: Router, front: Arc<Front>) {
    let mut connections = JoinSet::new();
    let closing = front.closing();
    tokio::pin!(closing);
    loop {
        tokio::select! {
            () = &mut closing => break,
            accepted = listener.accept() => match accepted {
                Ok((tcp, peer)) => {
                    let number = front.accepted.fetch_add(1, Ordering::SeqCst) + 1;
                    if front.must_refuse() {
                        front.refused.fetch_add(1, Ordering::SeqCst);
                        let _ = tcp.set_zero_linger();
                        continue;
                    }
                    connections.spawn(connection(tcp, peer, number, options.clone(), app.clone(), front.clone()));
                }
                Err(error) => {
                    // Out of file descriptors, mostly: there may be some again in a moment.
                    tracing::warn!(%error, "accept failed");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            },
            Some(_) = connections.join_next() => {}
        }
    }
    drop(listener);
    while connections.join_next().await.is_some() {}
}

async fn connection(
    tcp: TcpStream,
    peer: SocketAddr,
    number: u64,
    options: WireOptions,
    app: Router,
    front: Arc<Front>,
) {
    let _ = tcp.set_nodelay(true);
    let Ok(local) = tcp.local_addr() else { return };
    let who = Who { connection: number, peer, local, tls: options.tls.is_some() };
    let mut stream = match &options.tls {
        None => Stream::plain(tcp),
        Some(tls) => match tls.accept(tcp, number, options.http2).await {
            Some(stream) => Stream::tls(stream),
            None => return,
        },
    };
    let http2 = if options.tls.is_some() {
        stream.alpn() == Some(b"h2")
    } else if options.http2 {
        stream.starts_with(PREFACE).await.unwrap_or(false)
    } else {
        false
    };
    if http2 {
        serve_http2(stream, app, front, who).await;
    } else {
        serve_http1(stream, app, front, who).await;
    }
}
