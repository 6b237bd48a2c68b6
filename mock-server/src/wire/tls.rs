//! Certificates made at start, good ones and bad ones.

use std::io::{self, Write};
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::{DateTime, Datelike, Days, Utc};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    KeyUsagePurpose, date_time_ymd,
};
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

/// What a listener shows to clients that speak TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TlsKind {
    /// A valid certificate for localhost, 127.0.0.1 and ::1.
    #[default]
    Good,
    /// Expired in 2021.
    Expired,
    /// Valid from 2090 on.
    NotYetValid,
    /// Made out to another host.
    WrongHost,
    /// Signed by itself.
    SelfSigned,
    /// Signed by an authority that nobody knows.
    UnknownCa,
    /// A valid certificate on the first connection, one of an unknown authority on all later ones.
    Swap,
    /// TLS 1.2 and nothing newer.
    Tls12,
    /// The server insists on TLS 1.1, which no current client accepts.
    Tls11,
    /// The handshake is answered with a fatal alert.
    Alert,
    /// The handshake is never answered.
    Stall,
}

/// The authority behind all certificates of one server.
pub struct Authority {
    /// What good certificates are made out to.
    names: Vec<String>,
    issuer: CertifiedIssuer<'static, KeyPair>,
    stranger: CertifiedIssuer<'static, KeyPair>,
    now: DateTime<Utc>,
}

impl std::fmt::Debug for Authority {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Authority").finish_non_exhaustive()
    }
}

fn failed(error: impl std::fmt::Display) -> io::Error {
    io::Error::other(format!("certificate: {error}"))
}

fn authority(name: &str, now: DateTime<Utc>) -> io::Result<CertifiedIssuer<'static, KeyPair>> {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    validity(&mut params, now, 1, 3650);
    CertifiedIssuer::self_signed(params, KeyPair::generate().map_err(failed)?).map_err(failed)
}

fn validity(params: &mut CertificateParams, now: DateTime<Utc>, before: u64, after: u64) {
    let date = |day: DateTime<Utc>| {
        // Both are in 1..=31, so the conversions cannot fail.
        date_time_ymd(
            day.year(),
            u8::try_from(day.month()).unwrap_or(1),
            u8::try_from(day.day()).unwrap_or(1),
        )
    };
    params.not_before = date(now.checked_sub_days(Days::new(before)).unwrap_or(now));
    params.not_after = date(now.checked_add_days(Days::new(after)).unwrap_or(now));
}

impl Authority {
    /// Makes a new authority. Its private key never leaves the process.
    ///
    /// # Errors
    /// When no key can be generated.
    pub fn generate() -> io::Result<Self> {
        let now = Utc::now();
        Ok(Self {
            names: ["localhost", "127.0.0.1", "::1"].map(str::to_owned).into(),
            issuer: authority("Zhifuyun mock server CA", now)?,
            stranger: authority("Somebody else's CA", now)?,
            now,
        })
    }

    /// Makes good certificates out to this address as well.
    #[must_use]
    pub fn also_for(mut self, address: IpAddr) -> Self {
        let name = address.to_string();
        if !address.is_unspecified() && !self.names.contains(&name) {
            self.names.push(name);
        }
        self
    }

    /// The certificate of the authority, for the trust stores of clients.
    #[must_use]
    pub fn pem(&self) -> String {
        self.issuer.pem()
    }

    /// Writes the certificate to a new file in `directory` and returns its path.
    ///
    /// # Errors
    /// When the file cannot be created.
    pub fn write_pem(&self, directory: &Path) -> io::Result<PathBuf> {
        let path = directory.join(format!("zhifuyun-mock-ca-{}.pem", uuid::Uuid::new_v4()));
        let mut file = std::fs::OpenOptions::new().write(true).create_new(true).open(&path)?;
        file.write_all(self.pem().as_bytes())?;
        Ok(path)
    }

    /// Prepares TLS of the given kind.
    ///
    /// # Errors
    /// When a certificate cannot be made.
    pub fn setup(&self, kind: TlsKind) -> io::Result<TlsSetup> {
        let later = match kind {
            TlsKind::Swap => Some(self.config(TlsKind::UnknownCa)?),
            _ => None,
        };
        let first = match kind {
            TlsKind::Tls11 | TlsKind::Alert | TlsKind::Stall => None,
            _ => Some(self.config(kind)?),
        };
        Ok(TlsSetup { kind, first, later })
    }

    fn config(&self, kind: TlsKind) -> io::Result<Configs> {
        let names = match kind {
            TlsKind::WrongHost => vec!["somewhere-else.example".to_owned()],
            _ => self.names.clone(),
        };
        let mut params = CertificateParams::new(names).map_err(failed)?;
        params.distinguished_name.push(DnType::CommonName, "Zhifuyun mock server");
        params.use_authority_key_identifier_extension = true;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        match kind {
            TlsKind::Expired => {
                params.not_before = date_time_ymd(2020, 1, 1);
                params.not_after = date_time_ymd(2021, 1, 1);
            }
            TlsKind::NotYetValid => {
                params.not_before = date_time_ymd(2090, 1, 1);
                params.not_after = date_time_ymd(2091, 1, 1);
            }
            // Some trust stores refuse leaves that live longer than 398 days.
            _ => validity(&mut params, self.now, 1, 365),
        }
        let key = KeyPair::generate().map_err(failed)?;
        let leaf = match kind {
            TlsKind::SelfSigned => params.self_signed(&key),
            TlsKind::UnknownCa => params.signed_by(&key, &self.stranger),
            _ => params.signed_by(&key, &self.issuer),
        }
        .map_err(failed)?;
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let versions: &[&rustls::SupportedProtocolVersion] =
            if kind == TlsKind::Tls12 { &[&rustls::version::TLS12] } else { rustls::ALL_VERSIONS };
        let with_alpn = |alpn: &[&[u8]]| server_config(leaf.der(), &key, versions, alpn);
        Ok(Configs { http1: with_alpn(&[b"http/1.1"])?, http2: with_alpn(&[b"h2", b"http/1.1"])? })
    }
}

fn server_config(
    leaf: &CertificateDer<'static>,
    key: &PrivateKeyDer<'static>,
    versions: &[&'static rustls::SupportedProtocolVersion],
    alpn: &[&[u8]],
) -> io::Result<Arc<ServerConfig>> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(versions)
        .map_err(failed)?
        .with_no_client_auth()
        .with_single_cert(vec![leaf.clone()], key.clone_key())
        .map_err(failed)?;
    config.alpn_protocols = alpn.iter().map(|name| name.to_vec()).collect();
    Ok(Arc::new(config))
}

#[derive(Debug, Clone)]
struct Configs {
    http1: Arc<ServerConfig>,
    http2: Arc<ServerConfig>,
}

/// TLS of one listener.
#[derive(Debug, Clone)]
pub struct TlsSetup {
    kind: TlsKind,
    first: Option<Configs>,
    later: Option<Configs>,
}

/// ServerHello of TLS 1.1 with TLS_RSA_WITH_AES_128_CBC_SHA, random bytes and session id left at zero.
fn hello_of_tls11() -> Vec<u8> {
    let mut hello = vec![22, 3, 2, 0, 42, 2, 0, 0, 38, 3, 2];
    hello.extend_from_slice(&[0; 32]);
    hello.extend_from_slice(&[0, 0, 0x2f, 0]);
    hello
}

impl TlsSetup {
    /// The handshake of one connection. `None` when there is no connection to go on with.
    pub(super) async fn accept(
        &self,
        mut tcp: TcpStream,
        number: u64,
        http2: bool,
    ) -> Option<TlsStream<TcpStream>> {
        let configs =
            if number > 1 { self.later.as_ref().or(self.first.as_ref()) } else { self.first.as_ref() };
        let Some(configs) = configs else {
            let answer = match self.kind {
                TlsKind::Tls11 => hello_of_tls11(),
                // Fatal, handshake_failure.
                TlsKind::Alert => vec![21, 3, 3, 0, 2, 2, 40],
                _ => Vec::new(),
            };
            answer_by_hand(&mut tcp, &answer).await;
            return None;
        };
        let config = if http2 { &configs.http2 } else { &configs.http1 };
        // A client that refuses the certificate says so here; that is what it was made for.
        TlsAcceptor::from(config.clone()).accept(tcp).await.ok()
    }
}

/// Reads the ClientHello, sends what there is to send, and waits until the client gives up.
async fn answer_by_hand(tcp: &mut TcpStream, answer: &[u8]) {
    let mut sink = [0u8; 4096];
    if !tcp.read(&mut sink).await.is_ok_and(|n| n > 0) || tcp.write_all(answer).await.is_err() {
        return;
    }
    while tcp.read(&mut sink).await.is_ok_and(|n| n > 0) {}
}
