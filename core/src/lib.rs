//! The client of the Zhifuyun customer-service API.
//!
//! It takes care of what every integration needs: access tokens, the request quota, retries that never repeat
//! a write by accident, pages that drift while they are read, and signed webhooks.
//!
//! ```no_run
//! use futures_util::TryStreamExt as _;
//! use zhifuyun::{Client, Plan};
//!
//! #[tokio::main]
//! async fn main() -> zhifuyun::Result<()> {
//!     // ZHIFUYUN_CLIENT_ID, ZHIFUYUN_CLIENT_SECRET; ZHIFUYUN_BASE_URL for a local server.
//!     let client = Client::from_env()?;
//!
//!     let page = client.conversations().list().status("active").limit(50).await?;
//!     println!("{:?} in all, {} on this page", page.total, page.items.len());
//!
//!     let mut all = client.conversations().list().status("closed").iter();
//!     while let Some(conversation) = all.try_next().await? {
//!         println!("{} by {:?}", conversation.id, conversation.channel);
//!     }
//!     println!("{:?}", all.report());
//!     Ok(())
//! }
//! ```
//!
//! # What it does for you
//!
//! * **Tokens** are obtained when first needed, shared by all calls, refreshed before they expire and replaced
//!   when the server refuses one. A thousand calls at once ask for one token.
//! * **The quota** ([`Plan`]) is kept from the client's side: a known plan never sees a 429. [`Plan::Auto`] learns.
//! * **Retries** repeat what is safe to repeat. A write whose fate is unknown is never sent twice; the error says
//!   [`Error::maybe_applied`].
//! * **One deadline** covers a whole call: waiting, token, attempts and pauses.
//! * **Iteration** ([`pagination`]) drops duplicates and can promise completeness.
//! * **Webhooks** ([`webhook`]) are verified, parsed and guarded against replay.
//! * **Models** ([`models`]) stay open: unknown fields and values are kept.
//!
//! # Errors
//!
//! One type, [`Error`]. Match on [`Error::kind`]; [`Error::reason`] says precisely what happened.
//!
//! ```no_run
//! # async fn f(client: zhifuyun::Client) -> zhifuyun::Result<()> {
//! use zhifuyun::ErrorKind;
//! match client.tickets().update("ticket_001").status("resolved").await {
//!     Ok(ticket) => println!("{:?}", ticket.status),
//!     Err(e) if e.kind() == ErrorKind::NotFound => println!("no such ticket"),
//!     Err(e) if e.maybe_applied() => println!("look before you repeat: {e}"),
//!     Err(e) => return Err(e),
//! }
//! # Ok(()) }
//! ```
//!
//! # Features
//!
//! * `blocking`: [`blocking::Client`](https://docs.rs/zhifuyun/latest/zhifuyun/blocking/) for programs without an
//!   async runtime. Without it this crate starts no runtime and no thread.
#![forbid(unsafe_code)]

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

mod auth;
#[cfg(feature = "blocking")]
pub mod blocking;
mod builder;
mod client;
mod clock;
mod config;
mod engine;
mod envelope;
mod error;
mod events;
mod meta;
pub mod models;
pub mod operations;
pub mod pagination;
pub mod rate_limit;
mod resources;
mod retry;
pub mod retry_after;
mod secret;
mod test_clock;
mod transport;
pub mod webhook;

pub use auth::{Credentials, CredentialsProvider, MemoryTokenStore, StoredToken, TokenStore};
pub use builder::ClientBuilder;
pub use client::{Background, Client, RequestOptions};
pub use clock::{BoxFuture, Clock, Jitter, SystemClock};
pub use config::Proxy;
pub use error::{Error, ErrorKind, FieldError, Reason, Result, Timing};
pub use events::{Event, Hook};
pub use meta::{Meta, Response};
pub use rate_limit::{OnLimit, Plan, Quota};
pub use resources::{Conversations, Listing, Request, Statistics, Tickets};
pub use secret::Secret;
pub use test_clock::TestClock;
