//! From the address of the server to a connection: names, proxies, TLS.

use super::resolve::Resolver;
use super::{TransportOptions, tls};
use crate::config::{NoProxy, Proxy};
use crate::error::{Error, Result};
use ::http::header::{HeaderMap, HeaderValue, USER_AGENT};
use ::http::uri::{Scheme, Uri};
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::client::legacy::connect::proxy::{SocksV4, SocksV5, Tunnel};
use hyper_util::client::legacy::connect::{Connected, Connection, HttpConnector};
use hyper_util::client::proxy::matcher::{Intercept, Matcher};
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use rustls_pki_types::ServerName;
use std::fmt;
use std::io::{self, IoSlice};
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tower::{Service, service_fn};

type BoxError = Box<dyn std::error::Error + Send + Sync>;
type Later<T, E> = Pin<Box<dyn Future<Output = std::result::Result<T, E>> + Send>>;

/// A peer that vanished is noticed after a minute of silence, and after half of it where something was sent.
const KEEPALIVE: Duration = Duration::from_secs(15);
const KEEPALIVE_RETRIES: u32 = 3;
#[cfg(any(target_os = "android", target_os = "fuchsia", target_os = "linux"))]
const USER_TIMEOUT: Duration = Duration::from_secs(30);

/// Opens connections to the one server that a client talks to. Cheap to clone.
#[derive(Clone)]
pub(super) struct Connector(Arc<Plan>);

struct Plan {
    http: HttpConnector<Resolver>,
    resolver: Resolver,
    /// All requests of a client go to its `base_url`, so this is found once.
    proxy: Option<Intercept>,
    https: bool,
    tls: Arc<ClientConfig>,
    /// For name, proxy and handshake together.
    timeout: Duration,
    user_agent: HeaderValue,
}

impl Connector {
    pub(super) fn new(options: &TransportOptions, resolver: Resolver) -> Result<Self> {
        let uri = Uri::try_from(options.base_url.as_str())
            .map_err(|_| Error::config("base_url cannot be written into a request"))?;
        let proxy = proxy_for(&uri, &options.proxy)?;
        let over_tls = |uri: &Uri| uri.scheme() == Some(&Scheme::HTTPS);
        // The system's trust store is only read where there is somebody to trust.
        let https = over_tls(&uri);
        let needs_roots =
            https || options.ca_bundle.is_some() || proxy.as_ref().is_some_and(|p| over_tls(p.uri()));
        let tls =
            if needs_roots { tls::config(options.ca_bundle.as_deref())? } else { tls::without_roots()? };
        let user_agent = HeaderValue::from_str(&options.user_agent)
            .map_err(|_| Error::config("user_agent cannot be written into a header"))?;
        let mut http = HttpConnector::new_with_resolver(resolver.clone());
        http.enforce_http(false);
        http.set_nodelay(true);
        http.set_keepalive(Some(KEEPALIVE));
        http.set_keepalive_interval(Some(KEEPALIVE));
        http.set_keepalive_retries(Some(KEEPALIVE_RETRIES));
        #[cfg(any(target_os = "android", target_os = "fuchsia", target_os = "linux"))]
        http.set_tcp_user_timeout(Some(USER_TIMEOUT));
        Ok(Self(Arc::new(Plan {
            http,
            resolver,
            proxy,
            https,
            tls,
            timeout: options.connect_timeout,
            user_agent,
        })))
    }

    /// Whether TLS is spoken with the server.
    pub(super) fn is_https(&self) -> bool {
        self.0.https
    }

    pub(super) fn user_agent(&self) -> &HeaderValue {
        &self.0.user_agent
    }

    /// What a proxy wants to see in a request that it forwards; one that opens a tunnel was told before.
    pub(super) fn proxy_authorization(&self) -> Option<&HeaderValue> {
        self.0.proxy.as_ref().filter(|_| !self.0.https).and_then(Intercept::basic_auth)
    }
}

/// The proxy on the way to the server.
fn proxy_for(server: &Uri, proxy: &Proxy) -> Result<Option<Intercept>> {
    match proxy {
        Proxy::None => Ok(None),
        Proxy::Environment if NoProxy::from_environment().is_everything() => Ok(None),
        Proxy::Environment => Ok(Matcher::from_system().intercept(server)),
        Proxy::Url(url) => {
            let found = Matcher::builder().all(url.expose()).build().intercept(server);
            found.map(Some).ok_or_else(|| Error::config("proxy is not a valid http, https or socks5 URL"))
        }
    }
}

impl Plan {
    async fn connect(&self, server: Uri) -> std::result::Result<Stream, BoxError> {
        let mut proxied = false;
        let io: Box<dyn Io> = match &self.proxy {
            None => Box::new(self.http.clone().call(server.clone()).await?),
            Some(proxy) if proxy.uri().scheme_str().is_some_and(|s| s.starts_with("socks")) => {
                self.by_socks(proxy, &server).await?
            }
            Some(proxy) if self.https => self.by_tunnel(proxy, &server).await?,
            Some(proxy) => {
                proxied = true;
                self.to_proxy(proxy.uri().clone()).await?
            }
        };
        if !self.https {
            return Ok(Stream { io, proxied, h2: false });
        }
        let tls = secure(Arc::clone(&self.tls), &server, io).await?;
        let h2 = tls.get_ref().1.alpn_protocol() == Some(b"h2");
        Ok(Stream { io: Box::new(TokioIo::new(tls)), proxied, h2 })
    }

    /// The connection to an http or https proxy. What is spoken there is HTTP/1.
    async fn to_proxy(&self, proxy: Uri) -> std::result::Result<Box<dyn Io>, BoxError> {
        let io: Box<dyn Io> = Box::new(self.http.clone().call(proxy.clone()).await?);
        if proxy.scheme() != Some(&Scheme::HTTPS) {
            return Ok(io);
        }
        let mut tls = ClientConfig::clone(&self.tls);
        tls.alpn_protocols.clear();
        Ok(Box::new(TokioIo::new(secure(Arc::new(tls), &proxy, io).await?)))
    }

    async fn by_tunnel(&self, proxy: &Intercept, server: &Uri) -> std::result::Result<Box<dyn Io>, BoxError> {
        let io = self.to_proxy(proxy.uri().clone()).await?;
        let mut io = Some(io);
        let ready = service_fn(move |_: Uri| {
            std::future::ready(io.take().ok_or_else(|| io::Error::from(io::ErrorKind::NotConnected)))
        });
        let mut tunnel = Tunnel::new(proxy.uri().clone(), ready)
            .with_headers(HeaderMap::from_iter([(USER_AGENT, self.user_agent.clone())]));
        if let Some(credentials) = proxy.basic_auth() {
            tunnel = tunnel.with_auth(credentials.clone());
        }
        Ok(tunnel.call(server.clone()).await?)
    }

    /// `socks5` and `socks4` look the server's name up here, `socks5h` and `socks4a` there.
    async fn by_socks(&self, proxy: &Intercept, server: &Uri) -> std::result::Result<Box<dyn Io>, BoxError> {
        let (http, at) = (self.http.clone(), proxy.uri().clone());
        let (scheme, host) = (at.scheme_str().unwrap_or_default(), server.host().unwrap_or_default());
        let port = server.port_u16().unwrap_or(if self.https { 443 } else { 80 });
        let v4_only = scheme.starts_with("socks4");
        let here = scheme.ends_with(['4', '5']) && bare(host).parse::<IpAddr>().is_err();
        let address = if here {
            let found = self.resolver.clone().call(bare(host).parse()?).await?;
            let mut usable = found.filter(|a| a.is_ipv4() || !v4_only);
            usable.next().map(|a| SocketAddr::new(a.ip(), port).to_string())
        } else {
            None
        };
        let target = address.unwrap_or_else(|| format!("{host}:{port}"));
        let target = Uri::try_from(format!("tcp://{target}/"))?;
        if v4_only {
            return Ok(Box::new(SocksV4::new(at, http).call(target).await?));
        }
        let mut socks = SocksV5::new(at.clone(), http);
        if let Some((user, password)) = proxy.raw_auth() {
            socks = socks.with_auth(user.to_owned(), password.to_owned());
        }
        Ok(Box::new(socks.call(target).await?))
    }
}

/// A host without the brackets that an IPv6 address wears in a URL.
fn bare(host: &str) -> &str {
    host.trim_start_matches('[').trim_end_matches(']')
}

async fn secure(
    tls: Arc<ClientConfig>,
    to: &Uri,
    io: Box<dyn Io>,
) -> io::Result<TlsStream<TokioIo<Box<dyn Io>>>> {
    let name = ServerName::try_from(bare(to.host().unwrap_or_default()).to_owned());
    let name = name.map_err(|e| io::Error::new(io::ErrorKind::InvalidInput, e))?;
    TlsConnector::from(tls).connect(name, TokioIo::new(io)).await
}

impl Service<Uri> for Connector {
    type Response = Stream;
    type Error = BoxError;
    type Future = Later<Stream, BoxError>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<std::result::Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, server: Uri) -> Self::Future {
        let plan = Arc::clone(&self.0);
        Box::pin(async move {
            let connected = tokio::time::timeout(plan.timeout, plan.connect(server)).await;
            connected.unwrap_or_else(|_| Err(io::Error::from(io::ErrorKind::TimedOut).into()))
        })
    }
}

impl fmt::Debug for Connector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connector").field("proxy", &self.0.proxy).finish_non_exhaustive()
    }
}

trait Io: Read + Write + Send + Unpin {}
impl<T: Read + Write + Send + Unpin> Io for T {}

/// A connection, with what the HTTP library has to know of it.
pub(super) struct Stream {
    io: Box<dyn Io>,
    /// The other side is a proxy, which has to be told where a request goes.
    proxied: bool,
    h2: bool,
}

impl Connection for Stream {
    fn connected(&self) -> Connected {
        let connected = Connected::new().proxy(self.proxied);
        if self.h2 { connected.negotiated_h2() } else { connected }
    }
}

impl Read for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_read(cx, buf)
    }
}

impl Write for Stream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write_vectored(cx, bufs)
    }
}
