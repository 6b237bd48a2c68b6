//! Further listeners, opened and closed at run time: for everything that fails before a request is read.
//!
//! All worlds share the server's main address, so a refused connection or a bad certificate there would hit
//! everybody. A gate is an address of one's own that leads to the same server: with another certificate,
//! with HTTP/2, with a habit of closing idle connections, with a backlog that is full, or not there at all
//! for a while.

use std::collections::BTreeMap;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use serde::{Deserialize, Serialize};
use tokio::net::{TcpListener, TcpSocket, TcpStream};

use super::listener::{Behaviour, Listening, WireOptions, serve};
use super::tls::{Authority, TlsKind};

mod control;

pub use control::routes;

/// What a gate is like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct GateOptions {
    /// The port; 0 takes a free one.
    pub port: u16,
    /// TLS with this certificate; plain without.
    pub tls: Option<TlsKind>,
    /// HTTP/2 as well.
    pub http2: bool,
    /// The backlog is full: connecting hangs until the client gives up.
    pub unanswered: bool,
    /// What happens to connections.
    pub behaviour: Behaviour,
}

/// A gate as the control plane shows it.
#[derive(Debug, Clone, Serialize)]
pub struct GateStatus {
    /// Its name in the control plane.
    pub id: u64,
    /// Where clients connect.
    pub url: String,
    /// The port of it.
    pub port: u16,
    /// Whether anything listens there at present.
    pub open: bool,
    /// Connections accepted since it was opened last.
    pub accepted: u64,
    /// How many of them were reset at once.
    pub refused: u64,
    /// The certificate that clients may trust, when TLS is on.
    pub ca_file: Option<PathBuf>,
    /// What it was opened with.
    pub options: GateOptions,
}

/// What is behind an open gate.
enum Door {
    Serving(Listening),
    /// A full backlog, kept full by connections of our own.
    Full {
        _listener: TcpListener,
        _fillers: Vec<TcpStream>,
    },
    Closed,
}

struct Gate {
    /// Path of the world it was opened for, such as `/w/name`; empty for the default one.
    base: String,
    options: GateOptions,
    port: u16,
    door: Door,
}

/// The file with the authority's certificate; removed with the gates.
struct CaFile(PathBuf);

impl Drop for CaFile {
    fn drop(&mut self) {
        // Somebody may have removed it already; then there is nothing to do.
        let _ = std::fs::remove_file(&self.0);
    }
}

#[derive(Default)]
struct Inner {
    app: Option<Router>,
    authority: Option<(Arc<Authority>, CaFile)>,
    gates: BTreeMap<u64, Gate>,
    next: u64,
}

impl std::fmt::Debug for Gates {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Gates").field("address", &self.address).finish_non_exhaustive()
    }
}

/// All gates of a server.
#[derive(Clone)]
pub struct Gates {
    address: IpAddr,
    inner: Arc<Mutex<Inner>>,
}

impl Default for Gates {
    fn default() -> Self {
        Self::new(IpAddr::V4(Ipv4Addr::LOCALHOST))
    }
}

impl Gates {
    /// Gates will be opened on this address.
    #[must_use]
    pub fn new(address: IpAddr) -> Self {
        Self { address, inner: Arc::default() }
    }

    /// Says what the gates lead to. Before that none can be opened.
    pub fn lead_to(&self, app: Router) {
        self.lock().app = Some(app);
    }

    /// Closes every gate and forgets the application.
    pub fn close(&self) {
        // The application may own these gates; dropping it under the lock could come back here.
        let inner = std::mem::take(&mut *self.lock());
        drop(inner);
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The authority, made when it is first needed.
    pub(crate) fn authority(&self) -> io::Result<(Arc<Authority>, PathBuf)> {
        let mut inner = self.lock();
        if let Some((authority, path)) = &inner.authority {
            return Ok((authority.clone(), path.0.clone()));
        }
        let authority = Arc::new(Authority::generate()?.also_for(self.address));
        let path = authority.write_pem(&std::env::temp_dir())?;
        inner.authority = Some((authority.clone(), CaFile(path.clone())));
        Ok((authority, path))
    }

    /// Opens a gate. `base` is the path of a world, which is made part of the gate's URL.
    ///
    /// # Errors
    /// When the port is taken, a certificate cannot be made, or the options contradict each other.
    pub async fn open(&self, base: &str, options: GateOptions) -> io::Result<GateStatus> {
        options.behaviour.validate().map_err(invalid)?;
        if options.unanswered
            && (options.tls.is_some() || options.http2 || options.behaviour != Behaviour::default())
        {
            return Err(invalid("an unanswered gate never gets as far as TLS, HTTP/2 or a behaviour"));
        }
        let (door, port) = self.door(&options, options.port).await?;
        let id = {
            let mut inner = self.lock();
            inner.next += 1;
            let id = inner.next;
            inner.gates.insert(id, Gate { base: base.to_owned(), options, port, door });
            id
        };
        self.status(id).ok_or_else(|| io::Error::other("the gate was closed meanwhile"))
    }

    async fn door(&self, options: &GateOptions, port: u16) -> io::Result<(Door, u16)> {
        let address = SocketAddr::new(self.address, port);
        if options.unanswered {
            return full_backlog(address).await;
        }
        let tls = match options.tls {
            Some(kind) => Some(self.authority()?.0.setup(kind)?),
            None => None,
        };
        let app = self.lock().app.clone().ok_or_else(|| io::Error::other("the server is not up yet"))?;
        let listener = TcpListener::bind(address).await?;
        let wire = WireOptions { tls, http2: options.http2, behaviour: options.behaviour };
        let listening = serve(listener, wire, app)?;
        let port = listening.address().port();
        Ok((Door::Serving(listening), port))
    }

    /// Closes the listener and all its connections but keeps the gate: clients find nobody there.
    pub async fn stop(&self, id: u64) -> Option<GateStatus> {
        let door = {
            let mut inner = self.lock();
            std::mem::replace(&mut inner.gates.get_mut(&id)?.door, Door::Closed)
        };
        if let Door::Serving(listening) = door {
            listening.stop().await;
        }
        self.status(id)
    }

    /// Opens a stopped gate again, on the same port.
    ///
    /// # Errors
    /// When the port has been taken by somebody else.
    pub async fn start(&self, id: u64) -> io::Result<Option<GateStatus>> {
        let (options, port) = match self.lock().gates.get(&id) {
            Some(gate) if matches!(gate.door, Door::Closed) => (gate.options, gate.port),
            Some(_) => return Ok(self.status(id)),
            None => return Ok(None),
        };
        let (door, _) = self.door(&options, port).await?;
        if let Some(gate) = self.lock().gates.get_mut(&id) {
            gate.door = door;
        }
        Ok(self.status(id))
    }

    /// Changes the behaviour of a gate while it is open.
    ///
    /// # Errors
    /// When the behaviour is invalid.
    pub fn behave(&self, id: u64, behaviour: Behaviour) -> Result<Option<GateStatus>, String> {
        behaviour.validate()?;
        {
            let mut inner = self.lock();
            let Some(gate) = inner.gates.get_mut(&id) else { return Ok(None) };
            gate.options.behaviour = behaviour;
            if let Door::Serving(listening) = &gate.door {
                listening.set_behaviour(behaviour);
            }
        }
        Ok(self.status(id))
    }

    /// Removes a gate.
    pub async fn remove(&self, id: u64) -> bool {
        let Some(gate) = self.lock().gates.remove(&id) else { return false };
        if let Door::Serving(listening) = gate.door {
            listening.stop().await;
        }
        true
    }

    /// One gate.
    #[must_use]
    pub fn status(&self, id: u64) -> Option<GateStatus> {
        let inner = self.lock();
        let gate = inner.gates.get(&id)?;
        let (accepted, refused) = match &gate.door {
            Door::Serving(listening) => (listening.accepted(), listening.refused()),
            Door::Full { .. } | Door::Closed => (0, 0),
        };
        let scheme = if gate.options.tls.is_some() { "https" } else { "http" };
        Some(GateStatus {
            id,
            url: format!("{scheme}://{}{}", reachable(SocketAddr::new(self.address, gate.port)), gate.base),
            port: gate.port,
            open: !matches!(gate.door, Door::Closed),
            accepted,
            refused,
            ca_file: gate.options.tls.and(inner.authority.as_ref()).map(|(_, file)| file.0.clone()),
            options: gate.options,
        })
    }

    /// All gates of the world with this path.
    #[must_use]
    pub fn list(&self, base: &str) -> Vec<GateStatus> {
        let ids: Vec<u64> =
            self.lock().gates.iter().filter(|(_, gate)| gate.base == base).map(|(id, _)| *id).collect();
        ids.into_iter().filter_map(|id| self.status(id)).collect()
    }

    /// Closes all gates of a world.
    pub fn close_world(&self, base: &str) {
        // Dropping a listener closes it.
        self.lock().gates.retain(|_, gate| gate.base != base);
    }

    /// The id, if the gate belongs to the world with this path.
    fn of(&self, base: &str, id: u64) -> Option<u64> {
        self.lock().gates.get(&id).filter(|gate| gate.base == base).map(|_| id)
    }
}

/// Where a client on this machine finds a listener: one on all addresses is found on the loopback one.
pub(crate) fn reachable(listener: SocketAddr) -> SocketAddr {
    let host = match listener.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    SocketAddr::new(host, listener.port())
}

fn invalid(message: impl Into<String>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, message.into())
}

/// A listener that nobody accepts from, with so many connections waiting that no further one gets through.
async fn full_backlog(address: SocketAddr) -> io::Result<(Door, u16)> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    let listener = socket.listen(0)?;
    let address = listener.local_addr()?;
    let mut fillers = Vec::new();
    // The kernel rounds the backlog up, so it is filled until connecting hangs.
    while fillers.len() < 64 {
        match tokio::time::timeout(Duration::from_millis(150), TcpStream::connect(address)).await {
            Ok(Ok(filler)) => fillers.push(filler),
            Ok(Err(error)) => return Err(error),
            Err(_) => return Ok((Door::Full { _listener: listener, _fillers: fillers }, address.port())),
        }
    }
    Err(io::Error::other("this system accepts connections beyond the backlog"))
}
