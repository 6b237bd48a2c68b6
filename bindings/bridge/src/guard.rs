//! Panics end at the boundary.

use futures_util::FutureExt as _;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use zhifuyun::{Error, ErrorKind, Reason, Result};

/// The error that a panic becomes. Its text stays out: it may hold anything.
#[must_use]
pub fn panicked() -> Error {
    Error::new(
        ErrorKind::Internal,
        Reason::Panic,
        "a defect in the Zhifuyun SDK was caught; the client is still usable. Please report what you called",
    )
}

/// Runs `work` and turns a panic into an error.
///
/// # Errors
/// What `work` fails with, or `internal`.
pub fn catch<T>(work: impl FnOnce() -> Result<T>) -> Result<T> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| Err(panicked()))
}

/// The same for a future.
///
/// # Errors
/// What `work` fails with, or `internal`.
pub async fn catch_async<T>(work: impl Future<Output = Result<T>>) -> Result<T> {
    AssertUnwindSafe(work).catch_unwind().await.unwrap_or_else(|_| Err(panicked()))
}
