//! From the address of the server to a connection: names, proxies, TLS.

use super::resolve::Resolver;
use super::{Payload, TransportOptions, tls};
use crate::config::{NoProxy, Proxy};
use crate::error::Error;
use ::http::header::{HOST, HeaderMap, HeaderValue, USER_AGENT};
use ::http::uri::{Parts, Scheme, Uri};
use ::http::{Error as HttpError, Request};
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::proxy::{SocksV4, SocksV5, Tunnel};
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
use tower::{Service as _, service_fn};
use url::Position;

pub(super) type BoxError = Box<dyn std::error::Error + Send + Sync>;

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
    /// Scheme, host and port of `base_url`, to which all requests of a client go.
    server: Uri,
    host: HeaderValue,
    proxy: Option<Intercept>,
    https: bool,
    /// The other side is a proxy that has to be told where a request goes.
    forwarded: bool,
    tls: Arc<ClientConfig>,
    /// For name, proxy and handshake together.
    timeout: Duration,
    user_agent: HeaderValue,
}

impl Connector {
    pub(super) fn new(options: &TransportOptions, resolver: Resolver) -> crate::Result<Self> {
        let unfit = |option: &str| Error::config(format!("{option} cannot be written into a request"));
        let base = &options.base_url;
        let server = Uri::try_from(&base[..Position::AfterPort]).map_err(|_| unfit("base_url"))?;
        let host = HeaderValue::from_str(&base[Position::BeforeHost..Position::AfterPort])
            .map_err(|_| unfit("base_url"))?;
        let proxy = proxy_for(&server, &options.proxy)?;
        let over_tls = |uri: &Uri| uri.scheme() == Some(&Scheme::HTTPS);
        // The system's trust store is only read where there is somebody to trust.
        let https = over_tls(&server);
        let needs_roots =
            https || options.ca_bundle.is_some() || proxy.as_ref().is_some_and(|p| over_tls(p.uri()));
        let tls =
            if needs_roots { tls::config(options.ca_bundle.as_deref())? } else { tls::without_roots()? };
        let user_agent = HeaderValue::from_str(&options.user_agent).map_err(|_| unfit("user_agent"))?;
        let mut http = HttpConnector::new_with_resolver(resolver.clone());
        http.enforce_http(false);
        http.set_nodelay(true);
        http.set_keepalive(Some(KEEPALIVE));
        http.set_keepalive_interval(Some(KEEPALIVE));
        http.set_keepalive_retries(Some(KEEPALIVE_RETRIES));
        #[cfg(any(target_os = "android", target_os = "fuchsia", target_os = "linux"))]
        http.set_tcp_user_timeout(Some(USER_TIMEOUT));
        let socks = proxy.as_ref().is_some_and(is_socks);
        Ok(Self(Arc::new(Plan {
            http,
            resolver,
            server,
            host,
            forwarded: proxy.is_some() && !https && !socks,
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
        self.0.proxy.as_ref().filter(|_| self.0.forwarded).and_then(Intercept::basic_auth)
    }

    /// Says where a request for a path goes, in the form that this kind of connection wants (RFC 9112, section 3.2, and
    /// RFC 9113, section 8.3.1).
    pub(super) fn address(&self, request: &mut Request<Payload>, h2: bool) -> Result<(), HttpError> {
        if h2 || self.0.forwarded {
            let mut parts = Parts::from(self.0.server.clone());
            parts.path_and_query = request.uri().path_and_query().cloned();
            *request.uri_mut() = Uri::from_parts(parts)?;
        }
        if h2 {
            request.headers_mut().remove(HOST);
        } else {
            request.headers_mut().insert(HOST, self.0.host.clone());
        }
        Ok(())
    }

    pub(super) async fn connect(&self) -> Result<Stream, BoxError> {
        let connected = tokio::time::timeout(self.0.timeout, self.0.connect()).await;
        connected.unwrap_or_else(|_| Err(io::Error::from(io::ErrorKind::TimedOut).into()))
    }
}

fn is_socks(proxy: &Intercept) -> bool {
    proxy.uri().scheme_str().is_some_and(|scheme| scheme.starts_with("socks"))
}

/// The proxy on the way to the server.
fn proxy_for(server: &Uri, proxy: &Proxy) -> crate::Result<Option<Intercept>> {
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
    async fn connect(&self) -> Result<Stream, BoxError> {
        let io: Box<dyn Io> = match &self.proxy {
            None => Box::new(self.http.clone().call(self.server.clone()).await?),
            Some(proxy) if is_socks(proxy) => self.by_socks(proxy).await?,
            Some(proxy) if self.https => self.by_tunnel(proxy).await?,
            Some(proxy) => self.to_proxy(proxy.uri().clone()).await?,
        };
        if !self.https {
            return Ok(Stream { io, h2: false });
        }
        let tls = secure(Arc::clone(&self.tls), &self.server, io).await?;
        let h2 = tls.get_ref().1.alpn_protocol() == Some(b"h2");
        Ok(Stream { io: Box::new(TokioIo::new(tls)), h2 })
    }

    /// The connection to an http or https proxy. What is spoken there is HTTP/1.
    async fn to_proxy(&self, proxy: Uri) -> Result<Box<dyn Io>, BoxError> {
        let io: Box<dyn Io> = Box::new(self.http.clone().call(proxy.clone()).await?);
        if proxy.scheme() != Some(&Scheme::HTTPS) {
            return Ok(io);
        }
        let mut tls = ClientConfig::clone(&self.tls);
        tls.alpn_protocols.clear();
        Ok(Box::new(TokioIo::new(secure(Arc::new(tls), &proxy, io).await?)))
    }

    async fn by_tunnel(&self, proxy: &Intercept) -> Result<Box<dyn Io>, BoxError> {
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
        Ok(tunnel.call(self.server.clone()).await?)
    }

    /// `socks5` and `socks4` look the server's name up here, `socks5h` and `socks4a` there.
    async fn by_socks(&self, proxy: &Intercept) -> Result<Box<dyn Io>, BoxError> {
        let (http, at) = (self.http.clone(), proxy.uri().clone());
        let (scheme, host) = (at.scheme_str().unwrap_or_default(), self.server.host().unwrap_or_default());
        let port = self.server.port_u16().unwrap_or(if self.https { 443 } else { 80 });
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

impl fmt::Debug for Connector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connector").field("proxy", &self.0.proxy).finish_non_exhaustive()
    }
}

trait Io: Read + Write + Send + Unpin {}
impl<T: Read + Write + Send + Unpin> Io for T {}

/// A connection, before anything but TLS was spoken.
pub(super) struct Stream {
    io: Box<dyn Io>,
    h2: bool,
}

impl Stream {
    /// Whether the server chose HTTP/2.
    pub(super) fn is_h2(&self) -> bool {
        self.h2
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
