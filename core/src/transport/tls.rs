//! TLS configuration: made once per process, because loading the system's trust store costs milliseconds and
//! a hundred kilobytes each time.

use crate::error::{Error, Result};
use rustls::ClientConfig;
use rustls::crypto::{CryptoProvider, ring};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;
use rustls_platform_verifier::Verifier;
use sha2::{Digest as _, Sha256};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

type Key = Option<[u8; 32]>;

/// The configuration for the system's trust store plus `ca_bundle` (PEM), shared by every client that asks
/// for the same.
pub(crate) fn config(ca_bundle: Option<&[u8]>) -> Result<Arc<ClientConfig>> {
    static CONFIGS: OnceLock<Mutex<HashMap<Key, Arc<ClientConfig>>>> = OnceLock::new();
    let key = ca_bundle.map(|pem| Sha256::digest(pem).into());
    let mut configs = CONFIGS.get_or_init(Mutex::default).lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(config) = configs.get(&key) {
        return Ok(Arc::clone(config));
    }
    let config = Arc::new(build(ca_bundle)?);
    configs.insert(key, Arc::clone(&config));
    Ok(config)
}

/// For clients that only speak plain http to loopback: no trust store is read.
pub(crate) fn without_roots() -> Result<Arc<ClientConfig>> {
    static EMPTY: OnceLock<Arc<ClientConfig>> = OnceLock::new();
    if let Some(config) = EMPTY.get() {
        return Ok(Arc::clone(config));
    }
    let config = builder()?.with_root_certificates(rustls::RootCertStore::empty()).with_no_client_auth();
    Ok(Arc::clone(EMPTY.get_or_init(|| Arc::new(config))))
}

fn provider() -> Arc<CryptoProvider> {
    static PROVIDER: OnceLock<Arc<CryptoProvider>> = OnceLock::new();
    Arc::clone(PROVIDER.get_or_init(|| Arc::new(ring::default_provider())))
}

fn builder() -> Result<rustls::ConfigBuilder<ClientConfig, rustls::WantsVerifier>> {
    ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .map_err(|e| Error::config(format!("TLS is not available: {e}")))
}

fn build(ca_bundle: Option<&[u8]>) -> Result<ClientConfig> {
    let extra = match ca_bundle {
        Some(pem) => certificates(pem)?,
        None => Vec::new(),
    };
    let verifier = Verifier::new_with_extra_roots(extra, provider()).map_err(|e| {
        Error::config(format!(
            "the system's trust store cannot be read ({e}); install ca-certificates or set ca_bundle"
        ))
    })?;
    let mut config =
        builder()?.dangerous().with_custom_certificate_verifier(Arc::new(verifier)).with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}

fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>> {
    let certificates: Vec<_> = CertificateDer::pem_slice_iter(pem)
        .collect::<std::result::Result<_, _>>()
        .map_err(|e| Error::config(format!("ca_bundle is not valid PEM: {e}")))?;
    if certificates.is_empty() {
        return Err(Error::config("ca_bundle contains no certificate; a PEM file is expected"));
    }
    Ok(certificates)
}
