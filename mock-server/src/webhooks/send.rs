//! One HTTP request to a receiver.

use std::sync::{Arc, OnceLock};

use bytes::{Bytes, BytesMut};
use http::header::{CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, HOST, HeaderName, USER_AGENT};
use http::{HeaderMap, HeaderValue, Method, Request};
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, SignatureScheme};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use url::Url;

/// How much of a receiver's answer is read.
const READ_MOST: usize = 64 * 1024;
/// How much of it is kept.
const KEEP_MOST: usize = 1024;

/// A request, ready to be sent.
#[derive(Debug, Clone)]
pub(super) struct Outgoing {
    pub(super) url: String,
    /// In this order, doubles allowed.
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Bytes,
    /// Header names As-They-Are-Written by some proxies.
    pub(super) title_case: bool,
}

/// What a receiver answered.
#[derive(Debug, Clone)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) excerpt: String,
}

impl Outgoing {
    /// The headers as the receiver sees them.
    pub(super) fn header_map(&self) -> Result<HeaderMap, String> {
        let mut map = HeaderMap::new();
        for (name, value) in &self.headers {
            let name = HeaderName::try_from(name.as_str()).map_err(|error| error.to_string())?;
            let value = HeaderValue::from_bytes(value.as_bytes()).map_err(|error| error.to_string())?;
            map.append(name, value);
        }
        Ok(map)
    }
}

/// Headers that every delivery has.
pub(super) fn common_headers() -> Vec<(String, String)> {
    vec![
        (CONTENT_TYPE.to_string(), "application/json".to_owned()),
        (USER_AGENT.to_string(), concat!("Zhifuyun-Webhook/", env!("CARGO_PKG_VERSION")).to_owned()),
    ]
}

/// Sends a request and reads the answer. Redirects are not followed.
pub(super) async fn send(outgoing: &Outgoing) -> Result<Answer, String> {
    let url = Url::parse(&outgoing.url).map_err(|error| error.to_string())?;
    let host = url.host_str().ok_or("the URL has no host")?;
    let port = url.port_or_known_default().ok_or("the URL has no port")?;
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let tcp = TcpStream::connect((bare, port)).await.map_err(|error| format!("cannot connect: {error}"))?;
    // A delivery is one small write; failing to hurry it is no reason to fail.
    let _ = tcp.set_nodelay(true);
    let request = request(outgoing, &url)?;
    if url.scheme() == "https" {
        let name = ServerName::try_from(bare.to_owned()).map_err(|error| error.to_string())?;
        let connector = TlsConnector::from(tls()?);
        let tls = connector.connect(name, tcp).await.map_err(|error| format!("TLS: {error}"))?;
        exchange(tls, request, outgoing.title_case).await
    } else {
        exchange(tcp, request, outgoing.title_case).await
    }
}

fn request(outgoing: &Outgoing, url: &Url) -> Result<Request<Full<Bytes>>, String> {
    let mut target = url.path().to_owned();
    if let Some(query) = url.query() {
        target.push('?');
        target.push_str(query);
    }
    let host = match (url.host_str(), url.port()) {
        (Some(host), Some(port)) => format!("{host}:{port}"),
        (host, _) => host.unwrap_or_default().to_owned(),
    };
    let mut request = Request::new(Full::new(outgoing.body.clone()));
    *request.method_mut() = Method::POST;
    *request.uri_mut() = target.parse().map_err(|error| format!("{error}"))?;
    let mut headers = outgoing.header_map()?;
    headers.insert(HOST, HeaderValue::try_from(host).map_err(|error| error.to_string())?);
    headers.insert(CONNECTION, HeaderValue::from_static("close"));
    headers.insert(CONTENT_LENGTH, outgoing.body.len().into());
    *request.headers_mut() = headers;
    Ok(request)
}

async fn exchange<S>(stream: S, request: Request<Full<Bytes>>, title_case: bool) -> Result<Answer, String>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let failed = |error: hyper::Error| {
        // The cause says what happened; the error itself only where.
        let cause = std::error::Error::source(&error).map(|cause| format!(": {cause}")).unwrap_or_default();
        format!("{error}{cause}")
    };
    let mut builder = http1::Builder::new();
    builder.title_case_headers(title_case);
    let (mut sender, connection) = builder.handshake(TokioIo::new(stream)).await.map_err(failed)?;
    let response = async move {
        let response = sender.send_request(request).await.map_err(failed)?;
        let status = response.status().as_u16();
        let mut body = response.into_body();
        let mut read = BytesMut::new();
        // A body that breaks off does not take the status back.
        while let Some(Ok(frame)) = body.frame().await {
            if let Ok(data) = frame.into_data() {
                read.extend_from_slice(&data);
            }
            if read.len() >= READ_MOST {
                break;
            }
        }
        read.truncate(KEEP_MOST);
        Ok(Answer { status, excerpt: String::from_utf8_lossy(&read).into_owned() })
    };
    // Both in one task, so that giving up on the answer closes the connection.
    tokio::pin!(connection);
    tokio::pin!(response);
    let mut running = true;
    loop {
        tokio::select! {
            biased;
            answer = &mut response => return answer,
            _ = &mut connection, if running => running = false,
        }
    }
}

/// TLS that takes any certificate: receivers in development have the ones they have.
fn tls() -> Result<Arc<ClientConfig>, String> {
    static CONFIG: OnceLock<Result<Arc<ClientConfig>, String>> = OnceLock::new();
    CONFIG
        .get_or_init(|| {
            let provider = Arc::new(rustls::crypto::ring::default_provider());
            let config = ClientConfig::builder_with_provider(provider.clone())
                .with_safe_default_protocol_versions()
                .map_err(|error| error.to_string())?
                .dangerous()
                .with_custom_certificate_verifier(Arc::new(AnyCertificate(provider)))
                .with_no_client_auth();
            Ok(Arc::new(config))
        })
        .clone()
}

#[derive(Debug)]
struct AnyCertificate(Arc<CryptoProvider>);

impl ServerCertVerifier for AnyCertificate {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        rustls::crypto::verify_tls12_signature(message, cert, dss, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        rustls::crypto::verify_tls13_signature(message, cert, dss, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
