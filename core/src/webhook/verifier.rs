//! The verifier: set-up and the checks in their order.

use super::body;
use super::builder::WebhookBuilder;
use super::event::Event;
use super::headers::{Found, Headers, same_name};
use super::reason::{WebhookReason, refuse};
use super::reserialized;
use super::scheme::{SignatureScheme, TimestampSource};
use super::signature::{Signatures, Tag, hex};
use super::template::Template;
use super::time::{epoch_seconds, whole_seconds};
use crate::clock::Clock;
use crate::error::{Error, Result};
use crate::secret::Secret;
use chrono::{TimeZone, Utc};
use hmac::{Hmac, Mac};
use sha2::{Digest, Sha256};
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

/// Verifies webhooks and signs them.
///
/// Immutable; a clone is a pointer. Build one and share it among threads. `Debug` shows no secret.
#[derive(Clone)]
pub struct Webhook(pub(super) Arc<Inner>);

pub(super) struct Inner {
    pub(super) keys: Vec<Hmac<Sha256>>,
    pub(super) template: Template,
    pub(super) tolerance: Duration,
    pub(super) max_body_bytes: usize,
    pub(super) clock: Arc<dyn Clock>,
}

impl fmt::Debug for Webhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Webhook")
            .field("secrets", &self.0.keys.len())
            .field("scheme", self.scheme())
            .field("tolerance", &self.0.tolerance)
            .field("max_body_bytes", &self.0.max_body_bytes)
            .finish_non_exhaustive()
    }
}

/// The headers of the scheme, as far as they were found.
struct Picked<'a> {
    id: Found<'a>,
    timestamp: Found<'a>,
    signature: Found<'a>,
}

impl Webhook {
    /// A verifier with the defaults and these secrets.
    ///
    /// # Errors
    ///
    /// As [`WebhookBuilder::build`].
    pub fn new<S: Into<Secret>>(secrets: impl IntoIterator<Item = S>) -> Result<Self> {
        secrets.into_iter().fold(Self::builder(), WebhookBuilder::secret).build()
    }

    /// A verifier with the defaults and the secrets in `ZHIFUYUN_WEBHOOK_SECRET`, separated by commas or white
    /// space.
    ///
    /// # Errors
    ///
    /// `Config` if the variable is not set, and as [`WebhookBuilder::build`].
    pub fn from_env() -> Result<Self> {
        WebhookBuilder::from_env()?.build()
    }

    /// A verifier with other settings.
    pub fn builder() -> WebhookBuilder {
        WebhookBuilder::new()
    }

    /// The scheme, with its header names in lower case.
    #[must_use]
    pub fn scheme(&self) -> &SignatureScheme {
        &self.0.template.scheme
    }

    /// Checks a webhook and reads its event.
    ///
    /// `body` must be the bytes as they arrived: a body that was parsed and written again has other spaces or
    /// escapes, and no signature matches it.
    ///
    /// # Errors
    ///
    /// `WebhookVerification` with a [`WebhookReason`]: size, headers, id, timestamp, age, signature and
    /// content are checked in this order, and nothing is read from a body before its signature was good.
    pub fn verify(&self, headers: &(impl Headers + ?Sized), body: &[u8]) -> Result<Event> {
        self.verify_at(headers, body, self.0.clock.wall())
    }

    /// [`Webhook::verify`] at another time than now, for tests and for recorded webhooks.
    ///
    /// # Errors
    ///
    /// As [`Webhook::verify`].
    pub fn verify_at(
        &self,
        headers: &(impl Headers + ?Sized),
        body: &[u8],
        now: SystemTime,
    ) -> Result<Event> {
        self.check(|each| headers.visit(each), body, now)
    }

    /// [`Webhook::verify`] for anything that can list its headers once, such as a language binding.
    ///
    /// # Errors
    ///
    /// As [`Webhook::verify`].
    pub fn verify_pairs<'a>(
        &self,
        headers: impl IntoIterator<Item = (&'a str, &'a [u8])>,
        body: &[u8],
        now: Option<SystemTime>,
    ) -> Result<Event> {
        let now = now.unwrap_or_else(|| self.0.clock.wall());
        self.check(|each| headers.into_iter().for_each(|(name, value)| each(name, value)), body, now)
    }

    fn check<'a>(
        &self,
        visit: impl FnOnce(&mut dyn FnMut(&'a str, &'a [u8])),
        body: &[u8],
        now: SystemTime,
    ) -> Result<Event> {
        if body.len() > self.0.max_body_bytes {
            return Err(refuse(
                WebhookReason::BodyTooLarge,
                format!(
                    "the body has {} bytes, {} are allowed: raise max_body_bytes if the sender is to be trusted",
                    body.len(),
                    self.0.max_body_bytes
                ),
            ));
        }
        let scheme = self.scheme();
        let picked = self.pick(visit);
        let id = match &scheme.id_header {
            Some(name) => Some(required(name, picked.id)?),
            None => None,
        };
        let timestamp = match &scheme.timestamp {
            TimestampSource::Header(name) => Some(required(name, picked.timestamp)?),
            _ => None,
        };
        let signatures = Signatures::read(scheme, required(&scheme.signature_header, picked.signature)?);

        let id = id.map(|id| self.0.template.check_id(id)).transpose().map_err(|(r, m)| refuse(r, m))?;
        let timestamp = match (&scheme.timestamp, timestamp, signatures.timestamp) {
            (TimestampSource::None, ..) => None,
            (_, Some(text), _) | (_, _, Found::Value(text)) => Some(digits(text)?),
            _ => return Err(malformed_timestamp("it stands in the signature header not once")),
        };
        if let Some((_, sent)) = timestamp {
            self.check_age(sent, epoch_seconds(now))?;
        }
        let tags = signatures.usable().map_err(|(r, m)| refuse(r, m))?;
        if body.is_empty() {
            return Err(refuse(
                WebhookReason::EmptyBody,
                "the body is empty: a middleware may have read it before; pass the raw bytes that it read",
            ));
        }
        let time_text = timestamp.map_or("", |t| t.0);
        if !self.matches(tags, id.unwrap_or_default(), time_text, body) {
            return Err(self.mismatch(tags, id.unwrap_or_default(), time_text, body));
        }

        let parsed = body::parse(body)?;
        Ok(Event {
            id: id.map(str::to_owned),
            event_type: parsed.event_type,
            timestamp: parsed.timestamp,
            sent_at: timestamp.and_then(|t| Utc.timestamp_opt(t.1, 0).single()),
            data: parsed.data,
            extra: parsed.extra,
            raw: parsed.raw,
            body_hash: id.is_none().then(|| hex(&Sha256::digest(body))),
        })
    }

    fn pick<'a>(&self, visit: impl FnOnce(&mut dyn FnMut(&'a str, &'a [u8]))) -> Picked<'a> {
        let scheme = self.scheme();
        let mut picked = Picked { id: Found::Nothing, timestamp: Found::Nothing, signature: Found::Nothing };
        visit(&mut |name, value| {
            if same_name(&scheme.signature_header, name) {
                picked.signature.add(value);
            } else if matches!(&scheme.id_header, Some(wanted) if same_name(wanted, name)) {
                picked.id.add(value);
            } else if matches!(&scheme.timestamp, TimestampSource::Header(wanted) if same_name(wanted, name))
            {
                picked.timestamp.add(value);
            }
        });
        picked
    }

    fn check_age(&self, sent: i64, now: i64) -> Result<()> {
        let tolerance = whole_seconds(self.0.tolerance);
        let age = now.saturating_sub(sent);
        if age > tolerance {
            return Err(refuse(
                WebhookReason::TimestampTooOld,
                format!(
                    "it was sent {age} s ago and {tolerance} s are allowed: it was delayed or is being replayed, or \
                     this machine's clock is fast"
                ),
            ));
        }
        if age < tolerance.saturating_neg() {
            return Err(refuse(
                WebhookReason::TimestampTooNew,
                format!(
                    "its timestamp is {} s ahead of this machine's clock and {tolerance} s are allowed: check the \
                     clock (NTP)",
                    age.saturating_neg()
                ),
            ));
        }
        Ok(())
    }

    /// Compares with every secret, also after a match: which one it was takes no less time than none.
    fn matches(&self, tags: &[Tag], id: &str, timestamp: &str, body: &[u8]) -> bool {
        let mut good = false;
        for key in &self.0.keys {
            let mut mac = key.clone();
            self.0.template.feed(&mut mac, id, timestamp, body);
            for tag in tags {
                good |= mac.clone().verify_slice(tag).is_ok();
            }
        }
        good
    }

    fn mismatch(&self, tags: &[Tag], id: &str, timestamp: &str, body: &[u8]) -> Error {
        if reserialized::any(body, |other| self.matches(tags, id, timestamp, other)) {
            return refuse(
                WebhookReason::ReserializedBody,
                "this looks like a re-serialised body: the signature matches the same JSON with other spaces or \
                 escapes; pass the raw bytes of the request, read before any JSON middleware",
            );
        }
        refuse(
            WebhookReason::SignatureMismatch,
            "no signature matches the body with any of the secrets: the secret is that of another endpoint, the \
             body is not the raw bytes as they arrived, or this is a forgery",
        )
    }

    /// What a sender writes for every secret.
    pub(super) fn tags(&self, id: &str, timestamp: &str, body: &[u8]) -> Vec<Tag> {
        let tag = |key: &Hmac<Sha256>| {
            let mut mac = key.clone();
            self.0.template.feed(&mut mac, id, timestamp, body);
            mac.finalize().into_bytes().into()
        };
        self.0.keys.iter().map(tag).collect()
    }

    pub(super) fn template(&self) -> &Template {
        &self.0.template
    }
}

fn required<'a>(name: &str, found: Found<'a>) -> Result<&'a [u8]> {
    match found {
        Found::Value(value) => Ok(value),
        Found::Nothing => Err(refuse(
            WebhookReason::MissingHeader,
            format!("the header {name} is missing: this is not a webhook, or a proxy removed it"),
        )),
        Found::Conflict => Err(refuse(
            WebhookReason::DuplicateHeader,
            format!(
                "the header {name} came twice with different values, and which one counts would be a guess"
            ),
        )),
    }
}

fn malformed_timestamp(what: &str) -> Error {
    refuse(
        WebhookReason::MalformedTimestamp,
        format!(
            "the timestamp is no number of seconds since 1970: {what}; look for a proxy that changes headers"
        ),
    )
}

/// The timestamp as text, which is what was signed, and as seconds.
fn digits(text: &[u8]) -> Result<(&str, i64)> {
    let digits = (1..=12).contains(&text.len()) && text.iter().all(u8::is_ascii_digit);
    let text = std::str::from_utf8(text).ok().filter(|_| digits);
    text.and_then(|t| Some((t, t.parse().ok()?)))
        .ok_or_else(|| malformed_timestamp("1 to 12 digits are allowed and nothing else"))
}
