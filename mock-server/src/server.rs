//! The server as a library: build, start, ask, drop.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::State;
use chrono::TimeDelta;
use http::{Request, Response};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::control::{self, Guard};
use crate::journal::Entry;
use crate::limits::Plan;
use crate::options::{ClockSpec, WorldSpec};
use crate::seed::SeedSpec;
use crate::verify::{Expectation, Verification};
use crate::wire::TlsKind;
use crate::wire::gates::{Gates, reachable};
use crate::world::{DEFAULT_WORLD, World, Worlds};
use crate::{api, openapi, wire};

/// Why a server did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The address is taken or not allowed.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// The address asked for.
        address: SocketAddr,
        /// What the system said.
        source: std::io::Error,
    },
    /// Listening beyond this machine needs a token for the control plane.
    #[error("listening on {0} needs a control token: anybody could control the server otherwise")]
    Unprotected(SocketAddr),
    /// No certificate could be made, or not be written down.
    #[error("cannot set up TLS: {0}")]
    Tls(std::io::Error),
    /// The default world's options are wrong.
    #[error("{0}")]
    World(String),
}

/// What all requests share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) worlds: Worlds,
    pub(crate) guard: Guard,
    /// URL of the server without a trailing slash.
    pub(crate) url: String,
    /// Further listeners.
    pub(crate) gates: Gates,
    /// The certificate to trust, when the server speaks TLS.
    pub(crate) ca_file: Option<PathBuf>,
}

/// Options of a server to start.
#[derive(Debug, Clone)]
pub struct Builder {
    host: IpAddr,
    port: u16,
    control_token: Option<String>,
    tls: bool,
    http2: bool,
    world: WorldSpec,
}

impl Default for Builder {
    fn default() -> Self {
        Self {
            host: IpAddr::V4(Ipv4Addr::LOCALHOST),
            port: 0,
            control_token: None,
            tls: false,
            http2: false,
            world: WorldSpec::default(),
        }
    }
}

impl Builder {
    /// The port; 0, the default, takes a free one.
    #[must_use]
    pub fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// The address to listen on; the loopback address by default. Any other needs a
    /// [`control_token`](Self::control_token).
    #[must_use]
    pub fn host(mut self, host: IpAddr) -> Self {
        self.host = host;
        self
    }

    /// Serves https with a certificate for `localhost`, `127.0.0.1` and `::1`. It is signed by an authority
    /// made for this server alone; [`MockServer::ca_file`] is what clients have to trust.
    #[must_use]
    pub fn tls(mut self, tls: bool) -> Self {
        self.tls = tls;
        self
    }

    /// Speaks HTTP/2 as well: by ALPN with TLS, by prior knowledge without.
    #[must_use]
    pub fn http2(mut self, http2: bool) -> Self {
        self.http2 = http2;
        self
    }

    /// A token that the control plane asks for.
    #[must_use]
    pub fn control_token(mut self, token: impl Into<String>) -> Self {
        self.control_token = Some(token.into());
        self
    }

    /// Generates data in the default world.
    #[must_use]
    pub fn seed(mut self, seed: u64, conversations: u32, tickets: u32) -> Self {
        self.world.seed = Some(SeedSpec { seed, conversations, tickets, ..SeedSpec::default() });
        self
    }

    /// The plan of the default world's keys.
    #[must_use]
    pub fn plan(mut self, plan: Plan) -> Self {
        self.world.limits.plan = plan;
        self
    }

    /// The clock of the default world.
    #[must_use]
    pub fn clock(mut self, clock: ClockSpec) -> Self {
        self.world.clock = clock;
        self
    }

    /// Everything about the default world, in place of what was chosen so far.
    #[must_use]
    pub fn world(mut self, world: WorldSpec) -> Self {
        self.world = world;
        self
    }

    /// Starts the server on the present tokio runtime.
    pub async fn start(self) -> Result<MockServer, StartError> {
        let address = SocketAddr::new(self.host, self.port);
        if !self.host.is_loopback() && self.control_token.is_none() {
            return Err(StartError::Unprotected(address));
        }
        if self.control_token.as_ref().is_some_and(String::is_empty) {
            return Err(StartError::World("the control token must not be empty".to_owned()));
        }
        let listen = |source| StartError::Listen { address, source };
        let listener = TcpListener::bind(address).await.map_err(listen)?;
        let local = listener.local_addr().map_err(listen)?;
        let spec = WorldSpec { id: Some(DEFAULT_WORLD.to_owned()), ..self.world };
        let world = World::create(spec).map_err(StartError::World)?;
        let gates = Gates::new(self.host);
        let (tls, ca_file) = if self.tls {
            let (authority, ca_file) = gates.authority().map_err(StartError::Tls)?;
            (Some(authority.setup(TlsKind::Good).map_err(StartError::Tls)?), Some(ca_file))
        } else {
            (None, None)
        };
        let scheme = if self.tls { "https" } else { "http" };
        let shared = Arc::new(Shared {
            worlds: Worlds::new(world),
            guard: Guard::new(self.control_token),
            url: format!("{scheme}://{}", reachable(local)),
            gates,
            ca_file,
        });
        let app = axum::Router::new().fallback(entrance).with_state(Arc::clone(&shared));
        shared.gates.lead_to(app.clone());
        let options = wire::WireOptions { tls, http2: self.http2, ..wire::WireOptions::default() };
        let listening = wire::serve(listener, options, app).map_err(listen)?;
        Ok(MockServer { shared, address: local, listening: Some(listening) })
    }
}

/// A running server. It stops when it is dropped.
#[derive(Debug)]
pub struct MockServer {
    shared: Arc<Shared>,
    address: SocketAddr,
    /// There until it is stopped.
    listening: Option<wire::Listening>,
}

impl MockServer {
    /// Options of a server to start.
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// The address it listens on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Base URL of the default world.
    pub fn url(&self) -> &str {
        &self.shared.url
    }

    /// URL of the control plane.
    pub fn control_url(&self) -> String {
        format!("{}/_mock", self.shared.url)
    }

    /// The certificate that clients have to trust, when the server speaks TLS.
    pub fn ca_file(&self) -> Option<&Path> {
        self.shared.ca_file.as_deref()
    }

    /// Further listeners, for faults that happen before a request is read.
    pub fn gates(&self) -> &Gates {
        &self.shared.gates
    }

    /// Id of the default world's first key.
    pub fn client_id(&self) -> &str {
        &self.default_world().client_id
    }

    /// Secret of the default world's first key.
    pub fn client_secret(&self) -> &str {
        &self.default_world().client_secret
    }

    /// Secret that the default world's webhooks are signed with.
    pub fn webhook_secret(&self) -> &str {
        &self.default_world().webhook_secret
    }

    /// The world that is served without a prefix.
    pub fn default_world(&self) -> &Arc<World> {
        self.shared.worlds.default_world()
    }

    /// The world of this name.
    pub fn world(&self, id: &str) -> Option<Arc<World>> {
        self.shared.worlds.get(id)
    }

    /// Creates a world.
    pub fn create_world(&self, spec: WorldSpec) -> Result<Arc<World>, String> {
        self.shared.worlds.create(spec)
    }

    /// Base URL of a world.
    pub fn world_url(&self, world: &World) -> String {
        world_url(&self.shared.url, &world.id)
    }

    /// Moves the default world's clock forward and runs what falls due; returns how many jobs ran.
    pub async fn advance(&self, by: TimeDelta) -> usize {
        self.default_world().advance(by).await
    }

    /// What clients sent to the default world, oldest first.
    pub fn journal(&self) -> Vec<Arc<Entry>> {
        self.default_world().journal.entries()
    }

    /// Checks an expectation on the default world's journal.
    pub fn verify(&self, expectation: &Expectation) -> Result<Verification, String> {
        expectation.check(&self.journal())
    }

    /// Adds a fault rule to the default world and returns it with its id.
    pub fn add_fault(&self, rule: Value) -> Result<Value, String> {
        let world = self.default_world();
        world.faults.add(world, rule)
    }

    /// What the process prints when it is ready.
    pub fn ready_line(&self) -> Value {
        let mut line = json!({
            "url": self.url(),
            "control_url": self.control_url(),
            "client_id": self.client_id(),
            "client_secret": self.client_secret(),
            "webhook_secret": self.webhook_secret(),
            "pid": std::process::id(),
        });
        if let (Some(object), Some(path)) = (line.as_object_mut(), self.ca_file()) {
            object.insert("ca_file".to_owned(), json!(path));
        }
        line
    }

    /// Stops accepting, lets open requests finish for a moment and returns when all is done.
    pub async fn stop(mut self) {
        if let Some(listening) = self.listening.take() {
            listening.drain(GRACE).await;
        }
    }
}

impl Drop for MockServer {
    fn drop(&mut self) {
        // The gates lead to the application, and the application knows the gates.
        self.shared.gates.close();
        if let Some(path) = &self.shared.ca_file {
            // It may have been removed already; then there is nothing to do.
            let _ = std::fs::remove_file(path);
        }
    }
}

/// How long open requests may take when the server stops.
const GRACE: Duration = Duration::from_secs(3);

/// Base URL of a world: the default one has no prefix.
pub(crate) fn world_url(base: &str, id: &str) -> String {
    if id == DEFAULT_WORLD { base.to_owned() } else { format!("{base}/w/{id}") }
}

/// Where every request comes in.
async fn entrance(State(shared): State<Arc<Shared>>, request: Request<Body>) -> Response<Body> {
    let path = request.uri().path();
    if path == "/_mock" || path.starts_with("/_mock/") {
        return control::answer(shared, request).await;
    }
    if path == "/openapi.json" {
        return openapi::answer(request.method());
    }
    if let Some(rest) = path.strip_prefix("/w/") {
        let (id, inner) = rest.split_once('/').map_or((rest, ""), |(id, inner)| (id, inner));
        return match shared.worlds.get(id) {
            Some(world) => {
                let path = format!("/{inner}");
                api::answer(world, path, request).await
            }
            None => control::no_world(id),
        };
    }
    let world = Arc::clone(shared.worlds.default_world());
    let path = path.to_owned();
    api::answer(world, path, request).await
}
