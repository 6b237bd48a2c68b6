//! The steps about webhooks.

use crate::control::ask;
use crate::host::Outcome;
use crate::matching::{at, keys};
use crate::{Check, project};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use zhifuyun::webhook::{Event, MemoryReplayGuard, ReplayGuard, SignatureScheme, Webhook};
use zhifuyun::{Error, Result};

/// What remembers handled webhooks during one scenario.
pub struct Guard(Arc<dyn ReplayGuard>);

impl Guard {
    pub fn new() -> Self {
        Self(Arc::new(MemoryReplayGuard::new()))
    }
}

/// Verifies a webhook, or signs one, as the step says.
pub fn run(kind: &str, spec: &Value, control: &str, guard: &Guard) -> Check<Outcome> {
    let known: &[&str] = match kind {
        "sign" => &["scheme", "secrets", "id", "timestamp", "body"],
        _ => &[
            "scheme",
            "secrets",
            "headers",
            "sign_as",
            "delivery",
            "body",
            "body_base64",
            "now",
            "tolerance",
            "max_body_bytes",
            "handler",
        ],
    };
    keys(kind, spec, known)?;
    let webhook = match webhook(spec) {
        Ok(webhook) => webhook,
        Err(error) => return Ok(refused(&error)),
    };
    let mut spec = spec.clone();
    if let Some(number) = spec.get("delivery").and_then(Value::as_u64) {
        deliver(&mut spec, number, control)?;
    }
    let text = |key: &str| spec.get(key).and_then(Value::as_str);
    let body = match text("body_base64") {
        Some(encoded) => STANDARD.decode(encoded).map_err(|e| format!("body_base64: {e}"))?,
        None => text("body").unwrap_or_default().as_bytes().to_vec(),
    };
    let time = |key: &str| spec.get(key).and_then(Value::as_i64).map(epoch);
    if kind == "sign" {
        let sent = time("timestamp").unwrap_or_else(SystemTime::now);
        return Ok(match webhook.sign(text("id").unwrap_or_default(), sent, &body) {
            Ok(signed) => Outcome {
                result: Some(signed.into_iter().map(|(k, v)| (k, json!(v))).collect()),
                error: None,
            },
            Err(error) => refused(&error),
        });
    }
    let headers: Vec<(String, String)> = match text("sign_as") {
        Some(id) => match webhook.sign(id, SystemTime::now(), &body) {
            Ok(signed) => signed.into_iter().collect(),
            Err(error) => return Ok(refused(&error)),
        },
        None => serde_json::from_value(spec.get("headers").cloned().unwrap_or(json!([])))
            .map_err(|e| format!("headers: {e}"))?,
    };
    let event = match text("handler") {
        None => webhook.verify_at(&headers, &body, time("now").unwrap_or_else(SystemTime::now)),
        Some(how) => handled(&webhook, &headers, &body, guard, how),
    };
    Ok(match event {
        Ok(event) => Outcome { result: Some(event_data(&event)), error: None },
        Err(error) => refused(&error),
    })
}

/// Puts what the server's own receiver got into the place of headers and body.
fn deliver(spec: &mut Value, number: u64, control: &str) -> Check {
    let inbox = ask("GET", &format!("{control}/inbox"), None)?;
    let delivery = at(&inbox, &format!("received.{number}"));
    let headers = delivery.get("headers").and_then(Value::as_object);
    let headers = headers.ok_or_else(|| format!("there is no delivery {number} in {inbox}"))?;
    spec["headers"] = headers.iter().map(|(name, value)| json!([name, value])).collect();
    for form in ["body", "body_base64"] {
        if let Some(body) = delivery.get(form).filter(|body| !body.is_null()) {
            spec[form] = body.clone();
        }
    }
    Ok(())
}

fn refused(error: &Error) -> Outcome {
    Outcome { result: None, error: Some(project::error(error)) }
}

fn epoch(seconds: i64) -> SystemTime {
    let length = Duration::from_secs(seconds.unsigned_abs());
    if seconds < 0 { SystemTime::UNIX_EPOCH - length } else { SystemTime::UNIX_EPOCH + length }
}

fn webhook(spec: &Value) -> Result<Webhook> {
    let mut builder = Webhook::builder();
    for secret in spec.get("secrets").and_then(Value::as_array).into_iter().flatten() {
        builder = builder.secret(secret.as_str().unwrap_or_default());
    }
    if let Some(scheme) = spec.get("scheme") {
        let json = scheme.as_str().map_or_else(|| scheme.to_string(), |name| json!(name).to_string());
        builder = builder.scheme(SignatureScheme::from_json(&json)?);
    }
    if let Some(seconds) = spec.get("tolerance").and_then(Value::as_f64) {
        builder = builder.tolerance(Duration::from_secs_f64(seconds));
    }
    if let Some(bytes) = spec.get("max_body_bytes").and_then(Value::as_u64) {
        builder = builder.max_body_bytes(usize::try_from(bytes).unwrap_or(usize::MAX));
    }
    builder.build()
}

/// The event that reached the handler, whether or not the handler then failed.
fn handled(
    webhook: &Webhook,
    headers: &[(String, String)],
    body: &[u8],
    guard: &Guard,
    how: &str,
) -> Result<Event> {
    enum Stop {
        Refused(Error),
        Failed(Box<Event>),
    }
    impl From<Error> for Stop {
        fn from(error: Error) -> Self {
            Self::Refused(error)
        }
    }
    let outcome = webhook.handle_blocking(headers, body, &guard.0, |event| match how {
        "fail" => Err(Stop::Failed(Box::new(event))),
        "again" => webhook.handle_blocking(headers, body, &guard.0, Ok),
        _ => Ok(event),
    });
    match outcome {
        Ok(event) => Ok(event),
        Err(Stop::Failed(event)) => Ok(*event),
        Err(Stop::Refused(error)) => Err(error),
    }
}

fn event_data(event: &Event) -> Value {
    let data = serde_json::to_value(&event.data).unwrap_or_default();
    let known = event.data.conversation().is_some() || event.data.ticket().is_some();
    json!({
        "id": event.id,
        "type": event.event_type,
        "known": known,
        "timestamp": event.timestamp.map(project::time),
        "sent_at": event.sent_at.map(project::time),
        "data": data,
        "extra": event.extra,
        "dedupe_key": event.dedupe_key(),
    })
}
