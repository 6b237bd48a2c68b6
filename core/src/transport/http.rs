//! The transport over reqwest. Nothing else in this crate knows reqwest.

use super::classify::{self, DnsFailure};
use super::{HttpRequest, HttpResponse, Transport, TransportError, TransportOptions, tls};
use crate::clock::BoxFuture;
use crate::config::Proxy;
use crate::error::{Error, Reason, Result};
use ::http::header::{CONTENT_ENCODING, TRANSFER_ENCODING};
use bytes::{Bytes, BytesMut};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use std::net::SocketAddr;
use std::sync::Arc;

#[derive(Debug, Clone)]
pub(crate) struct HttpTransport {
    client: reqwest::Client,
    options: TransportOptions,
}

impl HttpTransport {
    pub(crate) fn new(options: &TransportOptions) -> Result<Self> {
        // A proxy may itself be https, so only a plain client without one can do without trust roots.
        let needs_roots = options.https || options.ca_bundle.is_some() || options.proxy.may_be_https();
        let tls =
            if needs_roots { tls::config(options.ca_bundle.as_deref())? } else { tls::without_roots()? };
        let mut builder = reqwest::Client::builder()
            .tls_backend_preconfigured(tls)
            .connect_timeout(options.connect_timeout)
            .pool_idle_timeout(options.pool_idle_timeout)
            .tcp_nodelay(true)
            .user_agent(&options.user_agent)
            .referer(false)
            // A 307 would send the client secret to wherever the server points.
            .redirect(reqwest::redirect::Policy::none())
            // Attempts are counted and decided on in one place, the engine.
            .retry(reqwest::retry::never())
            .dns_resolver(Arc::new(Resolver));
        builder = match &options.proxy {
            Proxy::Environment => builder,
            Proxy::None => builder.no_proxy(),
            Proxy::Url(url) => {
                let proxy = reqwest::Proxy::all(url.expose())
                    .map_err(|_| Error::config("proxy is not a valid http, https or socks5 URL"))?;
                builder.no_proxy().proxy(proxy)
            }
        };
        let client = builder
            .build()
            .map_err(|e| Error::config(format!("the HTTP client cannot be built: {}", e.without_url())))?;
        Ok(Self { client, options: options.clone() })
    }

    /// The same with connections of its own.
    #[cfg(feature = "blocking")]
    pub(crate) fn fresh(&self) -> Result<Self> {
        Self::new(&self.options)
    }

    async fn exchange(&self, request: HttpRequest) -> std::result::Result<HttpResponse, TransportError> {
        let https = request.url.scheme() == "https";
        let mut outgoing = reqwest::Request::new(request.method, request.url);
        *outgoing.headers_mut() = request.headers;
        *outgoing.body_mut() = request.body.map(reqwest::Body::wrap);
        let response =
            self.client.execute(outgoing).await.map_err(|e| classify::before_head(e.without_url(), https))?;
        request.progress.head_arrived();
        let status = response.status().as_u16();
        if let Some(encoding) = response.headers().get(CONTENT_ENCODING)
            && !encoding.as_bytes().eq_ignore_ascii_case(b"identity")
        {
            return Err(TransportError {
                reason: Reason::Protocol,
                not_sent: false,
                retryable: false,
                message: "the server used a content encoding that the client did not offer".to_owned(),
                status: Some(status),
                source: None,
            });
        }
        let close_delimited = response.version() <= ::http::Version::HTTP_11
            && response.content_length().is_none()
            && !response.headers().contains_key(TRANSFER_ENCODING);
        let headers = response.headers().clone();
        let body = self.read_body(response, status).await?;
        Ok(HttpResponse { status, headers, body, close_delimited })
    }

    /// Reads the decoded body up to the cap, so that neither a huge body nor a compressed bomb fills memory.
    async fn read_body(
        &self,
        mut response: reqwest::Response,
        status: u16,
    ) -> std::result::Result<Bytes, TransportError> {
        let cap = self.options.max_response_bytes;
        let announced = response.content_length();
        if announced.is_some_and(|n| n > cap) {
            return Err(too_large(cap, status));
        }
        let next =
            |r: reqwest::Result<Option<Bytes>>| r.map_err(|e| classify::in_body(e.without_url(), status));
        let Some(first) = next(response.chunk().await)? else { return Ok(Bytes::new()) };
        if announced == Some(first.len() as u64) {
            return Ok(first);
        }
        let mut body = BytesMut::from(first);
        loop {
            if body.len() as u64 > cap {
                return Err(too_large(cap, status));
            }
            match next(response.chunk().await)? {
                Some(chunk) => body.extend_from_slice(&chunk),
                None => return Ok(body.freeze()),
            }
        }
    }
}

fn too_large(cap: u64, status: u16) -> TransportError {
    TransportError {
        reason: Reason::BodyTooLarge,
        not_sent: false,
        retryable: false,
        message: format!(
            "the decoded body exceeds {cap} bytes; raise max_response_bytes if that is expected"
        ),
        status: Some(status),
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
                Err(e) => Err(DnsFailure::new(name.as_str(), Some(e)).into()),
            }
        })
    }
}
