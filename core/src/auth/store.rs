//! Where tokens are kept beyond one client.

use crate::clock::BoxFuture;
use crate::secret::Secret;
use std::collections::HashMap;
use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

/// A token as a store keeps it.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct StoredToken {
    /// The token itself, without `Bearer`.
    pub access_token: Secret,
    /// When it was asked for.
    pub issued_at: SystemTime,
    /// When the server stops accepting it.
    pub expires_at: SystemTime,
}

impl StoredToken {
    /// A token with its lifetime.
    #[must_use]
    pub fn new(access_token: Secret, issued_at: SystemTime, expires_at: SystemTime) -> Self {
        Self { access_token, issued_at, expires_at }
    }
}

/// Keeps tokens so that several clients, or several processes, can share one.
///
/// `key` is a hash of address, client id and secret: it is safe to show and to use as a file name. A store that
/// fails should behave as if it were empty.
pub trait TokenStore: fmt::Debug + Send + Sync + 'static {
    /// The token under `key`, if there is one.
    fn load<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Option<StoredToken>>;
    /// Keeps a token.
    fn save<'a>(&'a self, key: &'a str, token: StoredToken) -> BoxFuture<'a, ()>;
    /// Forgets a token that the server refused, unless a newer one has taken its place.
    fn remove<'a>(&'a self, key: &'a str, token: &'a Secret) -> BoxFuture<'a, ()>;
}

/// The default: in this process's memory. Give one instance to several clients and they share their token.
#[derive(Debug, Default)]
pub struct MemoryTokenStore(Mutex<HashMap<String, StoredToken>>);

impl MemoryTokenStore {
    /// An empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn map(&self) -> std::sync::MutexGuard<'_, HashMap<String, StoredToken>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl TokenStore for MemoryTokenStore {
    fn load<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Option<StoredToken>> {
        Box::pin(async move { self.map().get(key).cloned() })
    }

    fn save<'a>(&'a self, key: &'a str, token: StoredToken) -> BoxFuture<'a, ()> {
        Box::pin(async move {
            self.map().insert(key.to_owned(), token);
        })
    }

    fn remove<'a>(&'a self, key: &'a str, token: &'a Secret) -> BoxFuture<'a, ()> {
        Box::pin(async move {
            let mut map = self.map();
            if map.get(key).is_some_and(|t| t.access_token == *token) {
                map.remove(key);
            }
        })
    }
}
