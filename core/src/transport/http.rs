//! The transport over reqwest. Nothing else in this crate knows reqwest.

use super::classify::{self, DnsFailure, Failure};
use super::{HttpRequest, HttpResponse, Transport, TransportError, TransportOptions, tls};
use crate::clock::BoxFuture;
use crate::config::{NoProxy, Proxy};
use crate::error::{Error, Reason, Result};
use ::http::header::{CONTENT_ENCODING, HeaderValue, TRANSFER_ENCODING};
use bytes::{Bytes, BytesMut};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

/// How often an HTTP/2 connection with calls under way is asked whether it is alive, and how long it may think.
const H2_PING_INTERVAL: Duration = Duration::from_secs(10);
const H2_PING_TIMEOUT: Duration = Duration::from_secs(5);

/// As much as is read of the words of a refusal, which only go into an error.
const REFUSAL_BYTES: u64 = 64 * 1024;

#[derive(Debug, Clone)]
pub(crate) struct HttpTransport {
    client: reqwest::Client,
    /// Takes a new connection for each request. Made when it is first needed.
    unpooled: OnceLock<reqwest::Client>,
    options: TransportOptions,
}

impl HttpTransport {
    pub(crate) fn new(options: &TransportOptions) -> Result<Self> {
        Self::with_resolver(options, Resolver)
    }

    fn with_resolver(options: &TransportOptions, resolver: impl Resolve + 'static) -> Result<Self> {
        let client = Self::build(options, usize::MAX, resolver)?;
        Ok(Self { client, unpooled: OnceLock::new(), options: options.clone() })
    }

    /// `idle`: how many connections it may keep.
    fn build(
        options: &TransportOptions,
        idle: usize,
        resolver: impl Resolve + 'static,
    ) -> Result<reqwest::Client> {
        // A proxy may itself be https, so only a plain client without one can do without trust roots.
        let needs_roots = options.https || options.ca_bundle.is_some() || options.proxy.may_be_https();
        let tls =
            if needs_roots { tls::config(options.ca_bundle.as_deref())? } else { tls::without_roots()? };
        let mut builder = reqwest::Client::builder()
            .tls_backend_preconfigured(tls)
            .connect_timeout(options.connect_timeout)
            .pool_idle_timeout(options.pool_idle_timeout)
            .pool_max_idle_per_host(idle)
            // A connection that lost its other end without a word is noticed while calls wait on it.
            .http2_keep_alive_interval(H2_PING_INTERVAL)
            .http2_keep_alive_timeout(H2_PING_TIMEOUT)
            .http2_keep_alive_while_idle(false)
            .tcp_nodelay(true)
            .user_agent(&options.user_agent)
            .referer(false)
            // A 307 would send the client secret to wherever the server points.
            .redirect(reqwest::redirect::Policy::none())
            // Attempts are counted and decided on in one place, the engine.
            .retry(reqwest::retry::never())
            .dns_resolver(Arc::new(resolver));
        builder = match &options.proxy {
            Proxy::Environment if !NoProxy::from_environment().is_everything() => builder,
            Proxy::Environment | Proxy::None => builder.no_proxy(),
            Proxy::Url(url) => {
                let proxy = reqwest::Proxy::all(url.expose())
                    .map_err(|_| Error::config("proxy is not a valid http, https or socks5 URL"))?;
                builder.no_proxy().proxy(proxy)
            }
        };
        builder
            .build()
            .map_err(|e| Error::config(format!("the HTTP client cannot be built: {}", e.without_url())))
    }

    /// The same with connections of its own.
    #[cfg(feature = "blocking")]
    pub(crate) fn fresh(&self) -> Result<Self> {
        Self::new(&self.options)
    }

    /// The client for a request; a `fresh` one takes no connection from the pool.
    fn client(&self, fresh: bool) -> &reqwest::Client {
        if !fresh {
            return &self.client;
        }
        self.unpooled
            .get_or_init(|| Self::build(&self.options, 0, Resolver).unwrap_or_else(|_| self.client.clone()))
    }

    async fn exchange(&self, request: HttpRequest) -> std::result::Result<HttpResponse, TransportError> {
        let https = request.url.scheme() == "https";
        let client = self.client(request.fresh);
        let mut outgoing = reqwest::Request::new(request.method, request.url);
        *outgoing.headers_mut() = request.headers;
        *outgoing.body_mut() = request.body.map(reqwest::Body::wrap);
        let mut response =
            client.execute(outgoing).await.map_err(|e| classify::before_head(failure(e), https))?;
        let close_delimited = response.version() <= ::http::Version::HTTP_11
            && response.content_length().is_none()
            && !response.headers().contains_key(TRANSFER_ENCODING);
        let headers = std::mem::take(response.headers_mut());
        let mut answer =
            HttpResponse { status: response.status().as_u16(), headers, body: Bytes::new(), close_delimited };
        let refused = !response.status().is_success();
        request.progress.head_arrived(refused.then(|| answer.clone()));
        let (body, fault) = self.read_body(response, answer.headers.get(CONTENT_ENCODING), refused).await;
        match fault {
            // A refusal is told by its status, however little of its words arrived.
            Some(fault) if !refused => Err(TransportError { status: Some(answer.status), ..fault }),
            _ => {
                answer.body = body;
                Ok(answer)
            }
        }
    }

    /// Reads the decoded body up to the cap, so that neither a huge body nor a compressed bomb fills memory.
    /// Returns what arrived, and why it is not all.
    async fn read_body(
        &self,
        mut response: reqwest::Response,
        encoding: Option<&HeaderValue>,
        refused: bool,
    ) -> (Bytes, Option<TransportError>) {
        if encoding.is_some_and(|e| !e.as_bytes().eq_ignore_ascii_case(b"identity")) {
            return (Bytes::new(), Some(unknown_encoding()));
        }
        let most = self.options.max_response_bytes;
        let cap = if refused { most.min(REFUSAL_BYTES) } else { most };
        let announced = response.content_length();
        if !refused && announced.is_some_and(|n| n > cap) {
            return (Bytes::new(), Some(too_large(cap)));
        }
        let mut body = BytesMut::new();
        loop {
            let chunk = match response.chunk().await {
                Ok(Some(chunk)) => chunk,
                Ok(None) => return (body.freeze(), None),
                Err(e) => return (body.freeze(), Some(classify::in_body(failure(e)))),
            };
            if announced == Some(chunk.len() as u64) {
                if response.version() == ::http::Version::HTTP_2 {
                    // The stream ends in a frame of its own; to leave before it is read would cancel the stream.
                    let _ = response.chunk().await;
                }
                return (chunk, None);
            }
            body.extend_from_slice(&chunk);
            if body.len() as u64 > cap {
                body.truncate(usize::try_from(cap).unwrap_or(usize::MAX));
                return (body.freeze(), Some(too_large(cap)));
            }
        }
    }
}

/// What the classification needs to know, without the URL.
fn failure(error: reqwest::Error) -> Failure {
    Failure { connect: error.is_connect(), timeout: error.is_timeout(), source: error.without_url().into() }
}

fn unknown_encoding() -> TransportError {
    TransportError {
        reason: Reason::Protocol,
        not_sent: false,
        retryable: false,
        message: "the server used a content encoding that the client did not offer".to_owned(),
        status: None,
        source: None,
    }
}

fn too_large(cap: u64) -> TransportError {
    TransportError {
        reason: Reason::BodyTooLarge,
        not_sent: false,
        retryable: false,
        message: format!(
            "the decoded body exceeds {cap} bytes; raise max_response_bytes if that is expected"
        ),
        status: None,
        source: None,
    }
}

impl Transport for HttpTransport {
    fn send(&self, request: HttpRequest) -> BoxFuture<'_, std::result::Result<HttpResponse, TransportError>> {
        Box::pin(self.exchange(request))
    }
}

/// The system's resolver, with failures of a type that can be recognised in a source chain.
#[derive(Debug)]
struct Resolver;

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found: std::io::Result<Vec<SocketAddr>> =
                tokio::net::lookup_host((name.as_str(), 0)).await.map(Iterator::collect);
            match found {
                Ok(addresses) if !addresses.is_empty() => Ok(Box::new(addresses.into_iter()) as Addrs),
                Ok(_) => Err(DnsFailure::new(name.as_str(), None).into()),
                Err(e) => Err(DnsFailure::new(name.as_str(), Some(no_descriptor().unwrap_or(e))).into()),
            }
        })
    }
}

/// The error of a process that cannot open another file. Without one to look a name up with, the system's resolver
/// says that there is no such name.
fn no_descriptor() -> Option<std::io::Error> {
    std::net::UdpSocket::bind("127.0.0.1:0").err().filter(classify::is_exhaustion)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::transport::Progress;
    use std::net::{Ipv4Addr, Ipv6Addr};
    use std::time::Instant;
    use zhifuyun_mock_server::{MockServer, wire::gates::GateOptions};

    /// A name with two addresses, IPv6 first.
    struct Both;

    impl Resolve for Both {
        fn resolve(&self, _: Name) -> Resolving {
            let both = [Ipv6Addr::LOCALHOST.into(), Ipv4Addr::LOCALHOST.into()];
            Box::pin(async move { Ok(Box::new(both.into_iter().map(|ip| SocketAddr::new(ip, 0))) as Addrs) })
        }
    }

    // N4. Nobody answers at the one address, not even with a refusal: its attempt alone would take 60 s.
    #[tokio::test]
    async fn a_dead_ipv6_address_costs_little_where_ipv4_is_alive() {
        let alive = MockServer::builder().start().await.unwrap();
        let port = alive.address().port();
        let unanswered = GateOptions { port, unanswered: true, ..GateOptions::default() };
        // On a machine without IPv6 the address is dead as it is.
        let dead = MockServer::builder().host(Ipv6Addr::LOCALHOST.into()).start().await;
        if let Ok(dead) = &dead {
            dead.gates().open("", unanswered).await.unwrap();
        }
        let options = TransportOptions {
            https: false,
            connect_timeout: Duration::from_secs(60),
            pool_idle_timeout: Duration::from_secs(20),
            proxy: Proxy::None,
            ca_bundle: None,
            user_agent: String::new(),
            max_response_bytes: 1 << 20,
        };
        let request = HttpRequest {
            method: ::http::Method::GET,
            url: format!("http://both.example:{port}/v1/tickets").parse().unwrap(),
            headers: ::http::HeaderMap::new(),
            body: None,
            progress: Progress::default(),
            fresh: false,
        };
        let start = Instant::now();
        let answer = HttpTransport::with_resolver(&options, Both).unwrap().send(request).await.unwrap();
        assert_eq!(answer.status, 401);
        assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
    }
}
