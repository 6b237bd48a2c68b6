//! Ids for hosts that cannot hold a Rust object: a wrong or stale id is an error, never a wild pointer.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, RwLock};
use zhifuyun::{Error, ErrorKind, Reason, Result};

/// Objects by id. Ids are never reused.
#[derive(Debug)]
pub struct Registry<T> {
    objects: RwLock<Option<HashMap<u64, Arc<T>>>>,
    next: AtomicU64,
}

impl<T> Registry<T> {
    /// An empty registry, fit for a `static`.
    #[must_use]
    pub const fn new() -> Self {
        Self { objects: RwLock::new(None), next: AtomicU64::new(1) }
    }

    /// Keeps an object and returns its id, which is never 0.
    pub fn insert(&self, object: Arc<T>) -> u64 {
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        let mut objects = self.objects.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        objects.get_or_insert_default().insert(id, object);
        id
    }

    /// The object.
    ///
    /// # Errors
    /// `closed`, if the id was removed or never existed.
    pub fn get(&self, id: u64) -> Result<Arc<T>> {
        let objects = self.objects.read().unwrap_or_else(std::sync::PoisonError::into_inner);
        objects.as_ref().and_then(|o| o.get(&id)).cloned().ok_or_else(|| {
            Error::new(ErrorKind::Closed, Reason::Closed, "the client was closed; create a new one")
        })
    }

    /// Forgets an object. Calls under way keep it alive until they end.
    pub fn remove(&self, id: u64) -> Option<Arc<T>> {
        let mut objects = self.objects.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        objects.as_mut().and_then(|o| o.remove(&id))
    }
}

impl<T> Default for Registry<T> {
    fn default() -> Self {
        Self::new()
    }
}
