//! Clients outlive requests: the same options mean the same connections, token and quota.

use sha2::{Digest as _, Sha256};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use zhifuyun_bridge::BridgeClient;
use zhifuyun_bridge::zhifuyun::{Background, Result};

type Key = [u8; 32];

/// By the hash of all options, the secret among them. Survives `fork`: what a client holds lives behind the pid.
static CLIENTS: Mutex<Option<HashMap<Key, Arc<BridgeClient>>>> = Mutex::new(None);

/// So many unused clients are kept.
pub(crate) const KEPT: usize = 64;

/// The client of these options.
pub(crate) fn client(options: &str) -> Result<Arc<BridgeClient>> {
    let key: Key = Sha256::digest(options.as_bytes()).into();
    let mut clients = CLIENTS.lock().unwrap_or_else(PoisonError::into_inner);
    let clients = clients.get_or_insert_default();
    if let Some(client) = clients.get(&key) {
        return Ok(Arc::clone(client));
    }
    let client = BridgeClient::new(options, Background::Inline)?;
    if clients.len() >= KEPT {
        clients.retain(|_, c| Arc::strong_count(c) > 1);
    }
    clients.insert(key, Arc::clone(&client));
    Ok(client)
}

/// Nobody needs the client any more, unless another one has the same options.
pub(crate) fn release(client: &Arc<BridgeClient>) {
    let mut clients = CLIENTS.lock().unwrap_or_else(PoisonError::into_inner);
    // One count is the registry's, one the caller's.
    if Arc::strong_count(client) <= 2 {
        clients.get_or_insert_default().retain(|_, c| !Arc::ptr_eq(c, client));
        client.close();
    }
}
