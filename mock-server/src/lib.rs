//! A local Zhifuyun: the whole API with state, limits, webhooks, a virtual clock and faults.
//!
//! ```no_run
//! # async fn example() -> Result<(), zhifuyun_mock_server::StartError> {
//! let server = zhifuyun_mock_server::MockServer::builder().seed(42, 1000, 200).start().await?;
//! println!("{} {} {}", server.url(), server.client_id(), server.client_secret());
//! # Ok(())
//! # }
//! ```
#![forbid(unsafe_code)]

mod api;
pub mod clock;
mod control;
pub mod events;
pub mod faults;
pub mod items;
pub mod journal;
pub mod keys;
pub mod limits;
mod model;
pub mod openapi;
pub mod options;
mod pages;
mod rng;
pub mod seed;
mod seed_text;
mod server;
mod state;
mod stats;
mod sync;
mod table;
mod time;
pub mod verify;
pub mod webhooks;
pub mod wire;
pub mod world;

pub use server::{Builder, MockServer, StartError};
pub use table::Sort;
pub use time::TimeFormat;
pub use world::{World, Worlds};
