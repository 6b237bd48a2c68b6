//! Webhooks: verified, read and signed here, so that Java needs no JSON reader and says what every language says.

use crate::request::Request;
use crate::wire::Writer;
use chrono::{DateTime, Utc};
use serde_json::Value;
use std::time::{Duration, SystemTime};
use zhifuyun_bridge::registry::Registry;
use zhifuyun_bridge::zhifuyun::webhook::{EVENT_TYPES, Event, EventData, SignatureScheme, Webhook};
use zhifuyun_bridge::zhifuyun::{Error, ErrorKind, Reason, Result};

pub(crate) static WEBHOOKS: Registry<Webhook> = Registry::new();

/// A verifier from its settings: `secrets`, `scheme`, `tolerance` (seconds), `max_body_bytes`.
pub(crate) fn build(settings: &str) -> Result<Webhook> {
    let config = |message: &str| Error::new(ErrorKind::Config, Reason::InvalidConfig, message);
    let settings: Value = serde_json::from_str(settings)
        .map_err(|_| config("the settings of a webhook must be valid Unicode text"))?;
    let mut builder = Webhook::builder();
    for secret in settings.get("secrets").and_then(Value::as_array).into_iter().flatten() {
        builder = builder.secret(secret.as_str().unwrap_or_default());
    }
    if let Some(scheme) = settings.get("scheme").and_then(Value::as_str) {
        builder = builder.scheme(SignatureScheme::from_json(scheme)?);
    }
    if let Some(seconds) = settings.get("tolerance").and_then(Value::as_f64) {
        let tolerance = Duration::try_from_secs_f64(seconds);
        builder = builder.tolerance(tolerance.map_err(|_| config("tolerance must not be negative"))?);
    }
    if let Some(bytes) = settings.get("max_body_bytes") {
        let bytes = bytes.as_u64().and_then(|n| usize::try_from(n).ok());
        builder = builder.max_body_bytes(bytes.ok_or_else(|| config("max_body_bytes must be at least 1"))?);
    }
    builder.build()
}

/// Verifies; `headers` are names and values in turn, `now` is in epoch seconds.
pub(crate) fn verify(webhook: &Webhook, headers: &[u8], body: &[u8], now: Option<i64>) -> Result<Vec<u8>> {
    let mut parts = Request::new(headers);
    let pairs = std::iter::from_fn(|| {
        let name = parts.next_bytes()?;
        Some((std::str::from_utf8(name).unwrap_or_default(), parts.next_bytes()?))
    });
    webhook.verify_pairs(pairs, body, now.map(instant)).map(|event| write(&event))
}

/// Signs; the reply is the headers.
pub(crate) fn sign(webhook: &Webhook, id: &str, at: i64, body: &[u8]) -> Result<Vec<u8>> {
    let signed = webhook.sign(id, instant(at), body)?;
    let headers = signed.into_iter().map(|(name, value)| (name, Value::from(value))).collect();
    let mut w = Writer::ok();
    w.value(&Value::Object(headers));
    Ok(w.into_bytes())
}

fn instant(seconds: i64) -> SystemTime {
    DateTime::<Utc>::from_timestamp(seconds, 0).unwrap_or_default().into()
}

fn write(event: &Event) -> Vec<u8> {
    let mut w = Writer::ok();
    w.option(event.id.as_deref(), Writer::text);
    w.text(&event.event_type);
    w.option(event.timestamp, Writer::time);
    w.option(event.sent_at, Writer::time);
    w.text(event.dedupe_key());
    w.map(&event.extra);
    let number = || EVENT_TYPES.iter().position(|t| *t == event.event_type);
    let known = |w: &mut Writer| w.byte(number().and_then(|n| u8::try_from(n).ok()).unwrap_or(u8::MAX));
    match &event.data {
        EventData::ConversationCreated(c) | EventData::ConversationClosed(c) => {
            known(&mut w);
            w.record(c);
        }
        EventData::TicketCreated(t) | EventData::TicketUpdated(t) | EventData::TicketResolved(t) => {
            known(&mut w);
            w.record(t);
        }
        EventData::Unknown { data, .. } => {
            w.byte(u8::MAX);
            w.value(data);
        }
        _ => {
            w.byte(u8::MAX);
            w.value(&Value::Null);
        }
    }
    w.into_bytes()
}
