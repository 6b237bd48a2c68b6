//! The one crossing between host languages and the core: `call(operation, arguments)` → result or
//! error-as-data.
//!
//! Everything here is what all bindings need and no host knows: the list of operations ([`operations`]), the
//! options as data ([`options`]), the drivers for synchronous and asynchronous callers ([`lanes`],
//! [`background`]), errors and events as data ([`error`], [`events`]), panics turned into errors ([`guard`]), and
//! state that survives `fork` ([`pid`]). A binding adds its FFI macros and the encoding of results, and nothing else.
#![forbid(unsafe_code)]

pub mod background;
mod client;
pub mod error;
pub mod events;
pub mod fate;
pub mod guard;
pub mod lanes;
pub mod operations;
pub mod options;
pub mod pid;
pub mod registry;
mod test_clock;
pub mod walk;

pub use client::BridgeClient;
pub use zhifuyun;
