//! Webhooks: verify what arrives, sign what a test sends, handle every event once.
//!
//! The API reference ("Webhook事件") documents the events and the retries but no signature. The default here is
//! [Standard Webhooks 1.0.0](https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md);
//! another scheme is data, not code: see [`SignatureScheme`].
//!
//! ```
//! use std::time::{Duration, SystemTime};
//! use zhifuyun::webhook::{EventData, Webhook, WebhookReason};
//!
//! let webhook = Webhook::new(["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"])?;
//! let body = br#"{"event":"ticket.created","data":{"ticket_id":"ticket_001","priority":"high"}}"#;
//!
//! // What the sender does. In production the headers come with the request.
//! let signed = webhook.sign("msg_1", SystemTime::now(), body)?;
//!
//! // What the receiver does, with the bytes of the body exactly as they arrived.
//! let event = webhook.verify(&signed, body)?;
//! if let EventData::TicketCreated(ticket) = &event.data {
//!     assert_eq!(ticket.ticket_id.as_deref(), Some("ticket_001"));
//! }
//!
//! let error = webhook.verify(&signed, b"{}").unwrap_err();
//! assert_eq!(error.webhook_reason(), Some(WebhookReason::SignatureMismatch));
//! # Ok::<(), zhifuyun::Error>(())
//! ```
//!
//! A sender that gets no answer sends again with the same id, so a valid webhook may arrive twice. A
//! [`ReplayGuard`] with [`Webhook::handle`] lets it through once, and again only if the handler failed.

mod body;
mod builder;
mod event;
mod headers;
mod key;
mod memory;
mod payload;
mod reason;
mod replay;
mod reserialized;
mod scheme;
mod sign;
mod signature;
mod template;
mod time;
mod verifier;

pub use builder::{DEFAULT_MAX_BODY_BYTES, DEFAULT_TOLERANCE, WebhookBuilder};
pub use event::{EVENT_TYPES, Event, EventData};
pub use headers::{HeaderValues, Headers};
pub use memory::MemoryReplayGuard;
pub use payload::{ConversationPayload, TicketPayload};
pub use reason::{WebhookReason, body_not_raw};
pub use replay::{ReplayGuard, Reservation, Reserve};
pub use scheme::{Encoding, SecretFormat, SignatureFormat, SignatureScheme, TimestampSource};
pub use sign::Signed;
pub use verifier::Webhook;
