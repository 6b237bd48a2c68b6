//! Webhooks: verify, sign, once-only.
#![allow(non_snake_case, reason = "the names of PHP's named arguments")]

use crate::classes::{replay_guard, reservation};
use crate::error::{OrThrow as _, exception};
use crate::shim;
use crate::{convert, encode};
use chrono::{DateTime, Utc};
use ext_php_rs::boxed::ZBox;
use ext_php_rs::flags::ClassFlags;
use ext_php_rs::prelude::*;
use ext_php_rs::types::{ZendHashTable, Zval};
use std::cell::RefCell;
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use zhifuyun_bridge::zhifuyun::webhook::{self, EventData, SignatureScheme, body_not_raw};
use zhifuyun_bridge::zhifuyun::{Error, ErrorKind, Reason, SystemClock};

fn config(message: &str) -> PhpException {
    exception(&Error::new(ErrorKind::Config, Reason::InvalidConfig, message))
}

fn refuse(name: &str, what: &str) -> PhpException {
    exception(&Error::invalid_argument(name, format!("{name} {what}")))
}

/// Null and "not given" are the same.
fn given(value: Option<&Zval>) -> Option<&Zval> {
    value.map(Zval::dereference).filter(|v| !v.is_null())
}

fn number(value: &Zval) -> Option<f64> {
    #[allow(clippy::cast_precision_loss, reason = "seconds since 1970 fit")]
    value.double().or_else(|| value.long().map(|n| n as f64))
}

/// Seconds since 1970, or a `DateTimeInterface`.
fn instant(name: &str, value: &Zval) -> PhpResult<SystemTime> {
    if let Some(object) = value.object().filter(|o| shim::is_date(o)) {
        let text = object.try_call_method("format", vec![&"Y-m-d\\TH:i:s.uP"]).ok().and_then(|t| t.string());
        let at = text.and_then(|t| DateTime::parse_from_rfc3339(&t).ok());
        return at.map(SystemTime::from).ok_or_else(|| refuse(name, "is no time"));
    }
    let seconds = number(value).ok_or_else(|| refuse(name, "is no time"))?;
    let length = Duration::try_from_secs_f64(seconds.abs()).ok();
    let at = length.and_then(|length| match seconds < 0.0 {
        true => SystemTime::UNIX_EPOCH.checked_sub(length),
        false => SystemTime::UNIX_EPOCH.checked_add(length),
    });
    at.ok_or_else(|| refuse(name, "is no time"))
}

fn bytes(value: &Zval) -> Option<&[u8]> {
    value.zend_str().map(|text| text.as_bytes())
}

/// The bytes as they arrived.
fn raw(body: &Zval) -> PhpResult<&[u8]> {
    let body = body.dereference();
    bytes(body).ok_or_else(|| {
        let kind = match body.object() {
            Some(object) => object.get_class_name().unwrap_or_default(),
            None if body.is_array() => "array".to_owned(),
            None => "value that is no string".to_owned(),
        };
        exception(&body_not_raw(&kind))
    })
}

/// `$_SERVER`, `getallheaders()`, the headers of PSR-7, or pairs.
fn pairs(headers: &Zval) -> PhpResult<Vec<(String, Vec<u8>)>> {
    let table = headers.dereference().array().ok_or_else(|| {
        refuse("headers", "must be an array: $_SERVER, getallheaders(), or PSR-7's getHeaders()")
    })?;
    let mut out = Vec::with_capacity(16);
    for (key, value) in table.iter() {
        let value = value.dereference();
        let listed = value.array();
        let pair =
            listed.filter(|pair| matches!(key, ext_php_rs::types::ArrayKey::Long(_)) && pair.len() == 2);
        if let Some((name, value)) = pair.and_then(|p| Some((p.get_index(0)?.string()?, p.get_index(1)?))) {
            out.extend(bytes(value).map(|v| (name, v.to_vec())));
            continue;
        }
        let name = convert::key_text(&key);
        match listed {
            Some(values) => {
                out.extend(values.values().filter_map(|v| bytes(v).map(|v| (name.clone(), v.to_vec()))));
            }
            None => out.extend(bytes(value).map(|v| (name, v.to_vec()))),
        }
    }
    Ok(out)
}

fn event(event: &webhook::Event) -> Zval {
    let time = |at: Option<DateTime<Utc>>| at.map_or_else(Zval::null, shim::time);
    let (timestamp, sent_at) = (time(event.timestamp), time(event.sent_at));
    let data = match &event.data {
        EventData::Unknown { data, .. } => convert::value(data),
        data => match (data.conversation(), data.ticket()) {
            (Some(conversation), _) => encode::record(conversation, None),
            (_, Some(ticket)) => encode::record(ticket, None),
            _ => Zval::null(),
        },
    };
    encode::object(
        "Event",
        [
            event.id.as_deref().map_or_else(Zval::null, shim::string),
            shim::string(&event.event_type),
            shim::boolean(!matches!(event.data, EventData::Unknown { .. })),
            timestamp,
            sent_at,
            data,
            convert::object(&event.extra),
            shim::string(event.dedupe_key()),
            shim::string(event.raw()),
        ],
    )
}

/// Verifies webhooks and signs them.
#[php_class]
#[php(name = "Zhifuyun\\Webhook", flags = ClassFlags::Final)]
pub struct Webhook(webhook::Webhook);

#[php_impl]
impl Webhook {
    /// One secret, or several while one is being replaced.
    pub fn __construct(
        secrets: &Zval,
        scheme: Option<&Zval>,
        tolerance: Option<&Zval>,
        maxBodyBytes: Option<&Zval>,
    ) -> PhpResult<Self> {
        let mut builder = webhook::Webhook::builder();
        let secrets = secrets.dereference();
        let all: Vec<&Zval> = secrets.array().map_or_else(|| vec![secrets], |all| all.values().collect());
        for secret in all {
            builder = builder.secret(secret.str().ok_or_else(|| config("a webhook secret must be text"))?);
        }
        if let Some(scheme) = given(scheme) {
            let json = convert::json("scheme", scheme).or_throw()?;
            builder = builder.scheme(SignatureScheme::from_json(&json.to_string()).or_throw()?);
        }
        if let Some(seconds) = given(tolerance) {
            let tolerance = number(seconds).and_then(|s| Duration::try_from_secs_f64(s).ok());
            let wrong = || refuse("tolerance", "must be a number of seconds, not negative");
            builder = builder.tolerance(tolerance.ok_or_else(wrong)?);
        }
        if let Some(most) = given(maxBodyBytes) {
            let most = most.long().and_then(|n| usize::try_from(n).ok());
            let wrong = || refuse("max_body_bytes", "must be a number, not negative");
            builder = builder.max_body_bytes(most.ok_or_else(wrong)?);
        }
        Ok(Self(builder.build().or_throw()?))
    }

    /// With the secret in ZHIFUYUN_WEBHOOK_SECRET; several are separated by commas or white space.
    pub fn from_env(
        scheme: Option<&Zval>,
        tolerance: Option<&Zval>,
        maxBodyBytes: Option<&Zval>,
    ) -> PhpResult<Self> {
        let text = shim::environment(c"ZHIFUYUN_WEBHOOK_SECRET").unwrap_or_default();
        let secrets: Vec<_> = text
            .split(|c: char| c == ',' || c.is_whitespace())
            .filter(|s| !s.is_empty())
            .map(shim::string)
            .collect();
        if secrets.is_empty() {
            return Err(config("the webhook secret is missing: set ZHIFUYUN_WEBHOOK_SECRET"));
        }
        Self::__construct(&shim::list(secrets.into_iter()), scheme, tolerance, maxBodyBytes)
    }

    /// Checks a webhook and reads its event.
    pub fn verify(&self, headers: &Zval, body: &Zval, now: Option<&Zval>) -> PhpResult<Zval> {
        let body = raw(body)?;
        let headers = pairs(headers)?;
        let now = given(now).map(|now| instant("now", now)).transpose()?;
        let pairs = headers.iter().map(|(n, v)| (n.as_str(), v.as_slice()));
        Ok(event(&self.0.verify_pairs(pairs, body, now).or_throw()?))
    }

    /// The headers that a sender writes.
    pub fn sign(&self, body: &Zval, id: Option<&Zval>, timestamp: Option<&Zval>) -> PhpResult<Zval> {
        let id = given(id).map_or(Some(""), Zval::str).ok_or_else(|| refuse("id", "must be text"))?;
        let sent = given(timestamp).map_or_else(|| Ok(SystemTime::now()), |t| instant("timestamp", t))?;
        let mut table = ZendHashTable::new();
        for (name, value) in self.0.sign(id, sent, raw(body)?).or_throw()? {
            shim::put(&mut table, name.as_ref(), shim::string(value.as_ref()));
        }
        Ok(shim::array(table))
    }

    /// Nothing secret.
    #[php(name = "__debugInfo")]
    pub fn debug_info(&self) -> ZBox<ZendHashTable> {
        ZendHashTable::new()
    }
}

/// Remembers handled webhooks in the memory of this process, as long as the object lives.
#[php_class]
#[php(name = "Zhifuyun\\MemoryReplayGuard", flags = ClassFlags::Final)]
#[php(implements(ce = replay_guard, stub = "\\Zhifuyun\\ReplayGuard"))]
pub struct MemoryReplayGuard(Arc<dyn webhook::ReplayGuard>);

#[php_impl]
impl MemoryReplayGuard {
    /// `capacity` webhooks, each for `ttl` seconds.
    #[php(defaults(capacity = 65_536, ttl = 3600.0))]
    pub fn __construct(capacity: i64, ttl: f64) -> PhpResult<Self> {
        let wrong = || refuse("ttl", "must be a number of seconds, not negative");
        let ttl = Duration::try_from_secs_f64(ttl).map_err(|_| wrong())?;
        let capacity = usize::try_from(capacity).map_err(|_| refuse("capacity", "must not be negative"))?;
        Ok(Self(Arc::new(webhook::MemoryReplayGuard::with(capacity, ttl, Arc::new(SystemClock)))))
    }

    /// Reserves a key, or throws `WebhookVerificationException` with `in_flight` or `replayed`.
    pub fn reserve(&self, key: &str) -> PhpResult<MemoryReservation> {
        let reservation = webhook::Reservation::reserve_blocking(&self.0, key).or_throw()?;
        Ok(MemoryReservation(RefCell::new(Some(reservation))))
    }
}

/// A webhook that is the caller's to handle. Losing it without `commit` lets the sender's next attempt in.
#[php_class]
#[php(name = "Zhifuyun\\MemoryReservation", flags = ClassFlags::Final)]
#[php(implements(ce = reservation, stub = "\\Zhifuyun\\Reservation"))]
pub struct MemoryReservation(RefCell<Option<webhook::Reservation>>);

#[php_impl]
impl MemoryReservation {
    /// The webhook was handled: refuse it from now on.
    pub fn commit(&self) -> PhpResult<()> {
        self.end(webhook::Reservation::commit_blocking)
    }

    /// The webhook was not handled: let the next attempt in.
    pub fn release(&self) -> PhpResult<()> {
        self.end(webhook::Reservation::release_blocking)
    }
}

impl MemoryReservation {
    fn end(&self, how: fn(webhook::Reservation) -> zhifuyun_bridge::zhifuyun::Result<()>) -> PhpResult<()> {
        match self.0.borrow_mut().take() {
            Some(reservation) => Ok(how(reservation).or_throw()?),
            None => Err(refuse("reservation", "has ended")),
        }
    }
}
