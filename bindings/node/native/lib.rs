//! The native half of the npm package `@zhifuyun/sdk`: calls go in as JSON text, results come out as one string
//! and one column of numbers. What users see is the TypeScript in `src/`.

mod client;
mod dispatcher;
mod encode;
mod event;
mod mac;

use napi_derive::napi;
use zhifuyun_bridge::zhifuyun::{Error, Result};
use zhifuyun_bridge::{error, guard};

/// Errors of synchronous exports carry the error as JSON in their message; TypeScript makes the class of it.
/// A panic is one of them.
fn checked<T>(work: impl FnOnce() -> Result<T>) -> napi::Result<T> {
    guard::catch(work).map_err(|e: Error| napi::Error::from_reason(error::to_json(&e)))
}

#[napi_derive::module_init]
fn init() {
    guard::silence();
}

/// The version of the native half. The loader refuses one that does not fit.
#[napi(catch_unwind)]
pub fn version() -> &'static str {
    env!("CARGO_PKG_VERSION")
}

/// Panics, so that a test can see what becomes of it.
#[napi(catch_unwind)]
#[allow(clippy::panic)]
pub fn panic_now() -> napi::Result<()> {
    checked(|| panic!("deliberate"))
}

/// The fields of every model in their order, as JSON, so that a test can compare them with the TypeScript.
#[napi(catch_unwind)]
pub fn layout() -> String {
    encode::layout().to_string()
}
