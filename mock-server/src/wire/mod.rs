//! The socket layer: the mock server's own accept loop, and everything that can go wrong below HTTP.
//!
//! An ordinary answer passes through hyper untouched. When a response carries a [`WireAction`] among its
//! extensions, the connection is taken out of hyper's hands, the answer is turned into bytes here, and a
//! small program of writes, pauses and closes runs on the bare stream. Afterwards the stream either goes
//! back to hyper (keep-alive) or is ended the way the action asks: FIN, RST, or TLS without goodbye.
//!
//! [`serve`] is the accept loop. [`gates`] opens further listeners at run time, with their own TLS
//! certificates and connection behaviour, for faults that happen before any request is read.

mod action;
mod answer;
mod connection;
pub mod gates;
mod http2;
mod listener;
mod program;
mod raw;
mod stream;
mod tls;

pub use action::{Cut, End, H2Action, H2Reason, Part, Place, Repeat, Step, WireAction};
pub(crate) use connection::impossible;
pub use listener::{Behaviour, ConnectionInfo, IdleClose, Listening, RequestLimit, WireOptions, serve};
pub use raw::RawAnswer;
pub use tls::{Authority, TlsKind, TlsSetup};
