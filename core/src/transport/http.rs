//! The transport over hyper. Nothing else in this crate knows it, but for the body of a request.

use super::body;
use super::classify::{self, Failure};
use super::connect::Connector;
use super::payload::Payload;
use super::resolve::Resolver;
use super::{HttpRequest, HttpResponse, Transport, TransportError, TransportOptions};
use crate::clock::BoxFuture;
use crate::error::{Reason, Result};
use ::http::header::{ACCEPT_ENCODING, HeaderValue, PROXY_AUTHORIZATION, TRANSFER_ENCODING, USER_AGENT};
use ::http::{Request, Uri, Version};
use bytes::Bytes;
use hyper::body::Body as _;
use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use std::sync::OnceLock;
use std::time::Duration;

/// How often an HTTP/2 connection with calls under way is asked whether it is alive, and how long it may think.
const H2_PING_INTERVAL: Duration = Duration::from_secs(10);
const H2_PING_TIMEOUT: Duration = Duration::from_secs(5);

/// As much as is read of the words of a refusal, which only go into an error.
const REFUSAL_BYTES: u64 = 64 * 1024;

#[derive(Debug, Clone)]
pub(crate) struct HttpTransport {
    connector: Connector,
    client: Client<Connector, Payload>,
    /// Takes a new connection for each request. Made when it is first needed.
    unpooled: OnceLock<Client<Connector, Payload>>,
    idle_timeout: Duration,
    max_response_bytes: u64,
}

impl HttpTransport {
    pub(crate) fn new(options: &TransportOptions) -> Result<Self> {
        Self::with_resolver(options, Resolver::SYSTEM)
    }

    fn with_resolver(options: &TransportOptions, resolver: Resolver) -> Result<Self> {
        let connector = Connector::new(options, resolver)?;
        Ok(Self {
            client: client(&connector, options.pool_idle_timeout, usize::MAX),
            unpooled: OnceLock::new(),
            connector,
            idle_timeout: options.pool_idle_timeout,
            max_response_bytes: options.max_response_bytes,
        })
    }

    /// The same with connections of its own.
    #[cfg(feature = "blocking")]
    pub(crate) fn fresh(&self) -> Self {
        let client = client(&self.connector, self.idle_timeout, usize::MAX);
        Self { client, unpooled: OnceLock::new(), ..self.clone() }
    }

    async fn exchange(&self, request: HttpRequest) -> std::result::Result<HttpResponse, TransportError> {
        let progress = request.progress.clone();
        let client = if request.fresh {
            self.unpooled.get_or_init(|| client(&self.connector, self.idle_timeout, 0))
        } else {
            &self.client
        };
        let outgoing = self.outgoing(request)?;
        let answer = client.request(outgoing).await.map_err(|e| {
            classify::before_head(
                Failure { connect: e.is_connect(), source: e.into() },
                self.connector.is_https(),
            )
        })?;
        let (head, body) = answer.into_parts();
        let close_delimited = head.version <= Version::HTTP_11
            && body.size_hint().exact().is_none()
            && !head.headers.contains_key(TRANSFER_ENCODING);
        let response =
            |headers, body| HttpResponse { status: head.status.as_u16(), headers, body, close_delimited };
        let refused = !head.status.is_success();
        progress.head_arrived(refused.then(|| response(head.headers.clone(), Bytes::new())));
        let cap = if refused { REFUSAL_BYTES.min(self.max_response_bytes) } else { self.max_response_bytes };
        let read = body::read(body, &head, cap).await;
        match read.fault {
            // A refusal is told by its status, however little of its words arrived.
            Some(fault) if !refused => Err(TransportError { status: Some(head.status.as_u16()), ..fault }),
            _ => Ok(response(head.headers, read.bytes)),
        }
    }

    /// The request as hyper takes it.
    fn outgoing(&self, request: HttpRequest) -> std::result::Result<Request<Payload>, TransportError> {
        let uri = Uri::try_from(request.url.as_str()).map_err(|e| {
            let message = format!("the address of the request cannot be written: {e}");
            TransportError { not_sent: true, ..TransportError::new(Reason::Protocol, message) }
        })?;
        let mut outgoing = Request::new(request.body.unwrap_or_default());
        *outgoing.method_mut() = request.method;
        *outgoing.uri_mut() = uri;
        let headers = outgoing.headers_mut();
        *headers = request.headers;
        headers.insert(USER_AGENT, self.connector.user_agent().clone());
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("gzip, deflate"));
        if let Some(credentials) = self.connector.proxy_authorization() {
            headers.insert(PROXY_AUTHORIZATION, credentials.clone());
        }
        Ok(outgoing)
    }
}

/// `idle`: how many connections it may keep.
fn client(connector: &Connector, idle_timeout: Duration, idle: usize) -> Client<Connector, Payload> {
    // Redirects are followed by nobody: a 307 would send the client secret to wherever the server points. Attempts are
    // counted and decided on in one place, the engine.
    Client::builder(TokioExecutor::new())
        .timer(TokioTimer::new())
        .pool_timer(TokioTimer::new())
        .pool_idle_timeout(idle_timeout)
        .pool_max_idle_per_host(idle)
        // A connection that lost its other end without a word is noticed while calls wait on it.
        .http2_keep_alive_interval(H2_PING_INTERVAL)
        .http2_keep_alive_timeout(H2_PING_TIMEOUT)
        .http2_keep_alive_while_idle(false)
        .build(connector.clone())
}

impl Transport for HttpTransport {
    fn send(&self, request: HttpRequest) -> BoxFuture<'_, std::result::Result<HttpResponse, TransportError>> {
        Box::pin(self.exchange(request))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::config::Proxy;
    use crate::transport::Progress;
    use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
    use std::time::Instant;
    use zhifuyun_mock_server::{MockServer, wire::gates::GateOptions};

    /// Every name has two addresses, IPv6 first.
    const BOTH: Resolver = Resolver(|_| {
        let both = [Ipv6Addr::LOCALHOST.into(), Ipv4Addr::LOCALHOST.into()];
        Box::pin(async move { Ok(both.map(|ip| SocketAddr::new(ip, 0)).to_vec().into_iter()) })
    });

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
            base_url: format!("http://both.example:{port}").parse().unwrap(),
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
        let answer = HttpTransport::with_resolver(&options, BOTH).unwrap().send(request).await.unwrap();
        assert_eq!(answer.status, 401);
        assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
    }
}
