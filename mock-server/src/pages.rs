//! Pages of a list as they were written, until the list changes.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use bytes::Bytes;

use crate::sync::lock;

/// How many pages are kept: enough for clients that ask for the same ones again and again, and little memory.
const KEPT: usize = 64;
/// Longer queries are not worth keeping.
const LONGEST: usize = 200;

/// Written pages by their query.
#[derive(Default)]
pub(crate) struct Pages(Mutex<HashMap<Box<str>, Bytes>>);

/// A copy of a list changes on its own, so it begins with no pages.
impl Clone for Pages {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl Pages {
    /// The page, if the list has not changed since it was written.
    pub(crate) fn get(&self, query: &str) -> Option<Bytes> {
        lock(&self.0).get(query).cloned()
    }

    /// Keeps a page of the list as it is.
    pub(crate) fn keep(&self, query: &str, page: &Bytes) {
        if query.len() > LONGEST {
            return;
        }
        let mut pages = lock(&self.0);
        if pages.len() >= KEPT {
            pages.clear();
        }
        pages.insert(query.into(), page.clone());
    }

    /// The list changes.
    pub(crate) fn forget(&mut self) {
        self.0.get_mut().unwrap_or_else(PoisonError::into_inner).clear();
    }
}
