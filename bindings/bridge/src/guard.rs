//! Panics end at the boundary.

use futures_util::FutureExt as _;
use std::cell::Cell;
use std::future::Future;
use std::panic::{AssertUnwindSafe, Location, catch_unwind, set_hook};
use std::sync::Once;
use zhifuyun::{Error, ErrorKind, Reason, Result};

thread_local! {
    /// Where this thread panicked last: a file of this code and a line, no data.
    static PLACE: Cell<Option<String>> = const { Cell::new(None) };
}

/// From now on a panic prints nothing and its place is kept for the error. For bindings, when they are loaded: each is a
/// library with a Rust runtime of its own, so the hook is nobody else's. The text of a panic may hold anything.
pub fn silence() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| set_hook(Box::new(|panic| PLACE.set(panic.location().map(place)))));
}

fn place(at: &Location<'_>) -> String {
    let file = at.file().rsplit(['/', '\\']).next().unwrap_or_default();
    format!(" and `{file}:{}`", at.line())
}

/// The error that a panic becomes. Its text stays out: it may hold anything.
#[must_use]
pub fn panicked() -> Error {
    let place = PLACE.take().unwrap_or_default();
    Error::new(
        ErrorKind::Internal,
        Reason::Panic,
        format!(
            "a defect in the Zhifuyun SDK was caught; the client is still usable. Please report what you called{place}"
        ),
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

#[cfg(test)]
#[allow(clippy::panic)]
mod tests {
    use super::*;

    #[test]
    fn panics_become_errors() {
        let check = |error: Error| {
            assert_eq!((error.kind(), error.reason()), (ErrorKind::Internal, Reason::Panic));
            assert!(!error.to_string().contains("hush"), "{error}");
        };
        check(catch::<()>(|| panic!("hush")).unwrap_err());
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        check(runtime.block_on(catch_async::<()>(async { panic!("hush") })).unwrap_err());

        silence();
        let error = catch::<()>(|| panic!("hush")).unwrap_err();
        assert!(error.to_string().contains("`guard.rs:"), "{error}");
        check(error);
        assert!(!panicked().to_string().contains("guard.rs"), "said once");
        let _ = std::panic::take_hook();
    }
}
