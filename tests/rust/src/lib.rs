//! What both Rust runners share: reading scenarios, the steps of one, comparing, the mock server's control
//! plane and the report. Everything that calls the client is in `tests/asynchronous.rs` and `tests/blocking.rs`.
//! The format is described in docs/design/contract.md.

mod client;
mod control;
mod files;
mod host;
mod journal;
mod matching;
mod project;
mod scenario;
mod suite;
mod webhooks;

pub use client::client;
pub use host::{Host, Outcome, Walking};
pub use matching::keys;
pub use project::{Projected, done, error, failed, response, walked};
pub use suite::run;

/// A sentence that says what is wrong with a scenario or with its outcome.
pub type Check<T = ()> = Result<T, String>;
