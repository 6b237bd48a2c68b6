//! What is known about an answer besides its data.

use crate::error::Timing;
use std::borrow::{Borrow, BorrowMut};
use std::ops::{Deref, DerefMut};
use std::time::Duration;

/// How a call went.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Meta {
    /// The HTTP status.
    pub http_status: u16,
    /// The code of the envelope, as it was sent.
    pub code: Option<i64>,
    /// The server's id of the request, for support.
    pub request_id: Option<String>,
    /// How many requests of this operation left the client, from 1.
    pub attempts: u32,
    /// Where the time went.
    pub timing: Timing,
}

impl Meta {
    pub(crate) fn new(http_status: u16, code: Option<i64>, request_id: Option<String>) -> Self {
        Self { http_status, code, request_id, attempts: 1, timing: Timing::default() }
    }

    /// Time the client waited by its own choice: for its turn and between attempts.
    #[must_use]
    pub fn waited(&self) -> Duration {
        self.timing.waited()
    }
}

/// A result with what is known about its answer. Dereferences to the result.
///
/// ```no_run
/// # async fn f(client: zhifuyun::Client) -> zhifuyun::Result<()> {
/// let conversation = client.conversations().get("conv_001").await?;
/// println!("{} after {} attempts", conversation.id, conversation.meta().attempts);
/// let owned: zhifuyun::models::Conversation = conversation.into_inner();
/// # Ok(()) }
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Response<T> {
    value: T,
    meta: Meta,
}

impl<T> Response<T> {
    pub(crate) fn new(value: T, meta: Meta) -> Self {
        Self { value, meta }
    }

    /// How the call went.
    #[must_use]
    pub fn meta(&self) -> &Meta {
        &self.meta
    }

    /// The result alone.
    #[must_use]
    pub fn into_inner(self) -> T {
        self.value
    }

    /// Both.
    #[must_use]
    pub fn into_parts(self) -> (T, Meta) {
        (self.value, self.meta)
    }
}

impl<T> Deref for Response<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T> DerefMut for Response<T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.value
    }
}

impl<T> Borrow<T> for Response<T> {
    fn borrow(&self) -> &T {
        &self.value
    }
}

impl<T> BorrowMut<T> for Response<T> {
    fn borrow_mut(&mut self) -> &mut T {
        &mut self.value
    }
}

impl<T: IntoIterator> IntoIterator for Response<T> {
    type Item = T::Item;
    type IntoIter = T::IntoIter;
    fn into_iter(self) -> T::IntoIter {
        self.value.into_iter()
    }
}
