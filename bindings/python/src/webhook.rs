//! Webhooks: verify, sign, once-only.

use crate::convert;
use crate::error::{OrRaise as _, exception};
use crate::received::{bytes, pairs, raw, text};
use crate::records::{Batch, broken, wrap_first};
use chrono::DateTime;
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDelta, PyDict, PyString};
use serde_json::Value;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};
use zhifuyun_bridge::zhifuyun::webhook::{self, EventData, SignatureScheme, WebhookReason};
use zhifuyun_bridge::zhifuyun::{Error, Result, SystemClock};

/// Verifies webhooks and signs them.
#[pyclass(frozen, module = "zhifuyun._native")]
pub struct Webhook(webhook::Webhook);

#[pymethods]
impl Webhook {
    #[new]
    #[pyo3(signature = (secrets, scheme, tolerance, max_body_bytes))]
    fn new(
        py: Python<'_>,
        secrets: Vec<String>,
        scheme: Option<&str>,
        tolerance: Option<&Bound<'_, PyAny>>,
        max_body_bytes: &Bound<'_, PyAny>,
    ) -> PyResult<Self> {
        let mut builder = webhook::Webhook::builder();
        for secret in secrets {
            builder = builder.secret(secret);
        }
        if let Some(scheme) = scheme {
            builder = builder.scheme(SignatureScheme::from_json(scheme).or_raise(py)?);
        }
        if let Some(tolerance) = tolerance {
            builder = builder.tolerance(duration("tolerance", tolerance)?);
        }
        builder = builder.max_body_bytes(count("max_body_bytes", max_body_bytes)?);
        builder.build().or_raise(py).map(Self)
    }

    /// Checks a webhook and reads its event.
    #[pyo3(signature = (headers, body, now = None))]
    fn verify(
        &self,
        py: Python<'_>,
        headers: &Bound<'_, PyAny>,
        body: &Bound<'_, PyAny>,
        now: Option<f64>,
    ) -> PyResult<Event> {
        let body = raw(body)?;
        let headers = pairs(headers)?;
        let headers: Vec<_> = headers.iter().filter_map(|(n, v)| Some((text(n)?, bytes(v)?))).collect();
        let now = now.map(|n| instant(py, "now", n)).transpose()?;
        let pairs = headers.iter().map(|(n, v)| (&**n, &**v));
        self.0.verify_pairs(pairs, body.as_bytes(), now).or_raise(py).map(Event::new)
    }

    /// The headers that a sender writes.
    fn sign<'py>(
        &self,
        py: Python<'py>,
        id: &str,
        timestamp: f64,
        body: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyDict>> {
        let sent = instant(py, "timestamp", timestamp)?;
        let signed = self.0.sign(id, sent, raw(body)?.as_bytes()).or_raise(py)?;
        let headers = PyDict::new(py);
        for (name, value) in signed {
            headers.set_item(name, value)?;
        }
        Ok(headers)
    }
}

/// A length of time: seconds, in whatever type of number, or a timedelta.
fn duration(name: &str, value: &Bound<'_, PyAny>) -> PyResult<Duration> {
    let seconds: PyResult<f64> = match value.cast::<PyDelta>() {
        Ok(_) => value.call_method0("total_seconds")?.extract(),
        Err(_) => value.extract(),
    };
    let seconds = seconds.map_err(|_| mistyped(name, "a number of seconds or a timedelta", value))?;
    Duration::try_from_secs_f64(seconds).map_err(|_| {
        let text = format!("{name} must be a number of seconds, not negative");
        exception(value.py(), &Error::invalid_argument(name, text))
    })
}

/// A whole number from 0.
fn count(name: &str, value: &Bound<'_, PyAny>) -> PyResult<usize> {
    value.extract().map_err(|e: PyErr| match e.is_instance_of::<PyTypeError>(value.py()) {
        true => mistyped(name, "a whole number", value),
        false => {
            let text = format!("{name} must be a whole number from 0");
            exception(value.py(), &Error::invalid_argument(name, text))
        }
    })
}

fn mistyped(name: &str, wanted: &str, value: &Bound<'_, PyAny>) -> PyErr {
    let kind = value.get_type().name().map(|kind| kind.to_string()).unwrap_or_default();
    PyTypeError::new_err(format!("{name} must be {wanted}, not {kind}"))
}

fn instant(py: Python<'_>, name: &str, seconds: f64) -> PyResult<SystemTime> {
    let length = Duration::try_from_secs_f64(seconds.abs()).ok();
    let at = length.and_then(|length| match seconds < 0.0 {
        true => SystemTime::UNIX_EPOCH.checked_sub(length),
        false => SystemTime::UNIX_EPOCH.checked_add(length),
    });
    at.ok_or_else(|| exception(py, &Error::invalid_argument(name, format!("{name} is no time"))))
}

/// A webhook whose signature was good.
#[pyclass(frozen, generic, module = "zhifuyun.webhooks")]
pub struct Event {
    /// Without its data.
    event: webhook::Event,
    data: Data,
    made: PyOnceLock<Py<PyAny>>,
}

enum Data {
    Conversation(Arc<Batch<webhook::ConversationPayload>>),
    Ticket(Arc<Batch<webhook::TicketPayload>>),
    Unknown(Value),
}

impl Event {
    fn new(mut event: webhook::Event) -> Self {
        let nothing = EventData::Unknown { event_type: String::new(), data: Value::Null };
        let data = match std::mem::replace(&mut event.data, nothing) {
            EventData::ConversationCreated(c) | EventData::ConversationClosed(c) => {
                Data::Conversation(Arc::new(Batch { items: vec![c], meta: None }))
            }
            EventData::TicketCreated(t) | EventData::TicketUpdated(t) | EventData::TicketResolved(t) => {
                Data::Ticket(Arc::new(Batch { items: vec![t], meta: None }))
            }
            EventData::Unknown { data, .. } => Data::Unknown(data),
            _ => Data::Unknown(Value::Null),
        };
        Self { event, data, made: PyOnceLock::new() }
    }

    /// All that the rest is read from.
    fn source(&self) -> Source<'_> {
        (self.raw(), self.id(), self.event.sent_at.map(|t| t.timestamp()), self.dedupe_key())
    }
}

#[pymethods]
impl Event {
    /// The id of the webhook, the same in every retry of it; None if the scheme has none.
    #[getter]
    fn id(&self) -> Option<&str> {
        self.event.id.as_deref()
    }

    /// The type as it was sent, such as "ticket.created".
    #[getter]
    fn r#type(&self) -> &str {
        &self.event.event_type
    }

    /// Whether this version knows the type, so that `data` is a payload with attributes.
    #[getter]
    fn known(&self) -> bool {
        !matches!(self.data, Data::Unknown(_))
    }

    /// When it happened, by the body: an aware datetime in UTC, or None.
    #[getter]
    fn timestamp<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        self.event.timestamp.map_or(Ok(None), |t| convert::datetime(py, t))
    }

    /// When this attempt was sent, by the signed timestamp: an aware datetime in UTC, or None.
    #[getter]
    fn sent_at<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        self.event.sent_at.map_or(Ok(None), |t| convert::datetime(py, t))
    }

    /// What happened: a ConversationPayload, a TicketPayload, or for unknown types the JSON as it was sent.
    #[getter]
    fn data(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        let made = self.made.get_or_try_init(py, || match &self.data {
            Data::Conversation(batch) => wrap_first(py, batch),
            Data::Ticket(batch) => wrap_first(py, batch),
            Data::Unknown(data) => convert::json(py, data),
        })?;
        Ok(made.clone_ref(py))
    }

    /// What the body held beyond these fields, as a new dict.
    #[getter]
    fn extra<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        convert::json_object(py, &self.event.extra)
    }

    /// What identifies this webhook among all that were ever sent.
    #[getter]
    fn dedupe_key(&self) -> &str {
        self.event.dedupe_key()
    }

    /// The body as text, as it was signed.
    #[getter]
    fn raw(&self) -> &str {
        self.event.raw()
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let id = self.event.id.as_deref().into_pyobject(py)?.repr()?.to_string();
        let name = PyString::new(py, &self.event.event_type).repr()?.to_string();
        Ok(format!("Event(type={name}, id={id}, data={})", self.data(py)?.bind(py).repr()?))
    }

    /// The fields as a dict; `data` is one too, if the type is known.
    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let mut data = self.data(py)?.into_bound(py);
        if self.known() {
            data = data.call_method0("to_dict")?;
        }
        let dict = PyDict::new(py);
        dict.set_item("id", self.id())?;
        dict.set_item("type", self.r#type())?;
        dict.set_item("known", self.known())?;
        dict.set_item("timestamp", self.timestamp(py)?)?;
        dict.set_item("sent_at", self.sent_at(py)?)?;
        dict.set_item("data", data)?;
        dict.set_item("extra", self.extra(py)?)?;
        dict.set_item("dedupe_key", self.dedupe_key())?;
        Ok(dict)
    }

    fn __eq__(&self, other: &Bound<'_, PyAny>) -> Py<PyAny> {
        convert::equal(other.py(), other.cast::<Self>().ok().map(|o| self.source() == o.get().source()))
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<(Bound<'py, PyAny>, Source<'_>)> {
        let restore = py.import("zhifuyun._native")?.getattr("_restore_event")?;
        Ok((restore, self.source()))
    }

    fn __hash__(&self) -> u64 {
        use std::hash::{DefaultHasher, Hash as _, Hasher as _};
        let mut hasher = DefaultHasher::new();
        (self.event.raw(), self.event.dedupe_key()).hash(&mut hasher);
        hasher.finish()
    }
}

/// The body, the id, the time of sending and the key.
type Source<'a> = (&'a str, Option<&'a str>, Option<i64>, &'a str);

/// Brings a pickled event back. It was verified before it was pickled.
#[pyfunction]
#[pyo3(signature = (raw, id, sent_at, dedupe_key))]
pub(crate) fn _restore_event(
    py: Python<'_>,
    raw: &str,
    id: Option<String>,
    sent_at: Option<i64>,
    dedupe_key: &str,
) -> PyResult<Event> {
    let sent_at = sent_at.and_then(|seconds| DateTime::from_timestamp(seconds, 0));
    webhook::Event::from_verified(raw, id, sent_at, dedupe_key).map(Event::new).map_err(|_| broken(py))
}

/// Remembers handled webhooks in the memory of this process, for a time and up to a number.
#[pyclass(frozen, module = "zhifuyun.webhooks")]
pub struct MemoryReplayGuard(Arc<dyn webhook::ReplayGuard>);

#[pymethods]
impl MemoryReplayGuard {
    #[new]
    #[pyo3(signature = (*, capacity = None, ttl = None))]
    fn new(capacity: Option<&Bound<'_, PyAny>>, ttl: Option<&Bound<'_, PyAny>>) -> PyResult<Self> {
        let capacity = capacity.map_or(Ok(65_536), |n| count("capacity", n))?;
        let ttl = ttl.map_or(Ok(Duration::from_secs(3600)), |t| duration("ttl", t))?;
        Ok(Self(Arc::new(webhook::MemoryReplayGuard::with(capacity, ttl, Arc::new(SystemClock)))))
    }

    /// Reserves a key, or raises WebhookVerificationError with "in_flight" or "replayed".
    fn reserve(&self, py: Python<'_>, key: &str) -> PyResult<Reservation> {
        let reservation = webhook::Reservation::reserve_blocking(&self.0, key).or_raise(py)?;
        Ok(Reservation(Mutex::new(Some(reservation))))
    }
}

/// A webhook that is this caller's to handle. Losing it without `commit` lets the sender's next attempt in.
#[pyclass(frozen, module = "zhifuyun.webhooks")]
pub struct Reservation(Mutex<Option<webhook::Reservation>>);

#[pymethods]
impl Reservation {
    /// The webhook was handled: refuse it from now on.
    fn commit(&self, py: Python<'_>) -> PyResult<()> {
        self.end(py, webhook::Reservation::commit_blocking)
    }

    /// The webhook was not handled: let the next attempt in.
    fn release(&self, py: Python<'_>) -> PyResult<()> {
        self.end(py, webhook::Reservation::release_blocking)
    }
}

impl Reservation {
    fn end(&self, py: Python<'_>, how: fn(webhook::Reservation) -> Result<()>) -> PyResult<()> {
        match self.0.lock().unwrap_or_else(PoisonError::into_inner).take() {
            Some(reservation) => how(reservation).or_raise(py),
            None => Err(PyValueError::new_err("this reservation has ended")),
        }
    }
}

/// The HTTP status that an endpoint should answer with.
#[pyfunction]
pub(crate) fn webhook_status(reason: &str) -> Option<u16> {
    WebhookReason::ALL.iter().find(|r| r.as_str() == reason).map(|r| r.http_status())
}
