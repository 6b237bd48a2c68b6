//! The transport over hyper. Nothing else in this crate knows it, but for the body of a request.

use super::body;
use super::classify;
use super::connect::Connector;
use super::payload::Payload;
use super::pool::Pool;
use super::resolve::Resolver;
use super::{HttpRequest, HttpResponse, Transport, TransportError, TransportOptions};
use crate::clock::BoxFuture;
use crate::error::Result;
use ::http::header::{ACCEPT_ENCODING, HeaderValue, PROXY_AUTHORIZATION, TRANSFER_ENCODING, USER_AGENT};
use ::http::{Request, Uri, Version};
use bytes::Bytes;
use hyper::body::Body as _;

/// As much as is read of the words of a refusal, which only go into an error.
const REFUSAL_BYTES: u64 = 64 * 1024;

#[derive(Debug)]
pub(crate) struct HttpTransport {
    pub(super) pool: Pool,
    max_response_bytes: u64,
}

impl HttpTransport {
    pub(crate) fn new(options: &TransportOptions) -> Result<Self> {
        Self::with_resolver(options, Resolver::SYSTEM)
    }

    pub(super) fn with_resolver(options: &TransportOptions, resolver: Resolver) -> Result<Self> {
        let pool = Pool::new(Connector::new(options, resolver)?, options.pool_idle_timeout);
        Ok(Self { pool, max_response_bytes: options.max_response_bytes })
    }

    /// The same with connections of its own.
    #[cfg(feature = "blocking")]
    pub(crate) fn fresh(&self) -> Self {
        Self { pool: self.pool.split(), max_response_bytes: self.max_response_bytes }
    }

    async fn exchange(&self, request: HttpRequest) -> std::result::Result<HttpResponse, TransportError> {
        let (progress, fresh) = (request.progress.clone(), request.fresh);
        let outgoing = self.outgoing(request)?;
        let sent = self.pool.send(outgoing, fresh).await;
        let https = self.pool.connector().is_https();
        let (answer, mut lease) = sent.map_err(|e| classify::before_head(e, https))?;
        let (head, body) = answer.into_parts();
        let close_delimited = head.version <= Version::HTTP_11
            && body.size_hint().exact().is_none()
            && !head.headers.contains_key(TRANSFER_ENCODING);
        let response =
            |headers, body| HttpResponse { status: head.status.as_u16(), headers, body, close_delimited };
        let refused = !head.status.is_success();
        progress.head_arrived(refused.then(|| response(head.headers.clone(), Bytes::new())));
        let cap = if refused { REFUSAL_BYTES.min(self.max_response_bytes) } else { self.max_response_bytes };
        let read = lease.drive(body::read(body, &head, cap)).await;
        self.pool.give_back(lease);
        match read.fault {
            // A refusal is told by its status, however little of its words arrived.
            Some(fault) if !refused => Err(TransportError { status: Some(head.status.as_u16()), ..fault }),
            _ => Ok(response(head.headers, read.bytes)),
        }
    }

    /// The request as hyper takes it, but for where it goes.
    fn outgoing(&self, request: HttpRequest) -> std::result::Result<Request<Payload>, TransportError> {
        let target = Uri::try_from(request.target).map_err(|e| classify::unwritable(&e.into()))?;
        let connector = self.pool.connector();
        let mut outgoing = Request::new(request.body.unwrap_or_default());
        *outgoing.method_mut() = request.method;
        *outgoing.uri_mut() = target;
        let headers = outgoing.headers_mut();
        *headers = request.headers;
        headers.insert(USER_AGENT, connector.user_agent().clone());
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("gzip, deflate"));
        if let Some(credentials) = connector.proxy_authorization() {
            headers.insert(PROXY_AUTHORIZATION, credentials.clone());
        }
        Ok(outgoing)
    }
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
    use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
    use std::time::{Duration, Instant};
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
        let start = Instant::now();
        let answer = HttpTransport::with_resolver(&options, BOTH)
            .unwrap()
            .send(HttpRequest::get("/v1/tickets"))
            .await
            .unwrap();
        assert_eq!(answer.status, 401);
        assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
    }
}
