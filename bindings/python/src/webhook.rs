//! Webhooks: verify, sign, once-only.

use crate::convert;
use crate::error::{OrRaise as _, exception};
use crate::records::{broken, wrap_one};
use chrono::DateTime;
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{
    PyByteArray, PyBytes, PyDateTime, PyDelta, PyDict, PyList, PyMemoryView, PyString, PyTuple,
};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};
use zhifuyun_bridge::zhifuyun::webhook::{self, EventData, SignatureScheme, WebhookReason, body_not_raw};
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
        let now = now.map(|n| instant(py, "now", n)).transpose()?;
        let pairs = headers.iter().map(|(n, v)| (n.as_str(), v.as_slice()));
        let event = self.0.verify_pairs(pairs, body.as_bytes(), now).or_raise(py)?;
        Ok(Event { event, data: PyOnceLock::new() })
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

/// The bytes as they arrived.
fn raw<'py>(body: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyBytes>> {
    let py = body.py();
    if let Ok(bytes) = body.cast::<PyBytes>() {
        return Ok(bytes.clone());
    }
    if let Ok(bytes) = body.cast::<PyByteArray>() {
        return Ok(PyBytes::new(py, &bytes.to_vec()));
    }
    if body.cast::<PyMemoryView>().is_ok() {
        return Ok(body.call_method0("tobytes")?.cast_into()?);
    }
    // Text in which nothing was lost is the bytes. A lone surrogate is what something undecodable became.
    if let Ok(text) = body.cast::<PyString>()
        && let Ok(text) = text.to_cow()
    {
        return Ok(PyBytes::new(py, text.as_bytes()));
    }
    let kind = body.get_type().name()?;
    Err(exception(py, &body_not_raw(&kind.to_string_lossy())))
}

/// Headers in whatever shape a framework has them: a mapping, something with `items()`, or pairs.
fn pairs(headers: &Bound<'_, PyAny>) -> PyResult<Vec<(String, Vec<u8>)>> {
    let mut out = Vec::with_capacity(16);
    if let Ok(dict) = headers.cast::<PyDict>() {
        for (name, value) in dict.iter() {
            add(&mut out, &name, &value)?;
        }
        return Ok(out);
    }
    let items = if headers.hasattr("items")? { headers.call_method0("items")? } else { headers.clone() };
    for pair in items.try_iter()? {
        let pair: Vec<_> = pair?.try_iter()?.collect::<PyResult<_>>()?;
        let [name, value] = pair.as_slice() else {
            return Err(PyTypeError::new_err("headers must be a mapping, or pairs of a name and a value"));
        };
        add(&mut out, name, value)?;
    }
    Ok(out)
}

fn add(out: &mut Vec<(String, Vec<u8>)>, name: &Bound<'_, PyAny>, value: &Bound<'_, PyAny>) -> PyResult<()> {
    let Some(name) = text(name) else { return Ok(()) };
    let name = String::from_utf8_lossy(&name).into_owned();
    if value.cast::<PyList>().is_ok() || value.cast::<PyTuple>().is_ok() {
        for each in value.try_iter()? {
            out.extend(text(&each?).map(|v| (name.clone(), v)));
        }
    } else if let Some(value) = text(value) {
        out.push((name, value));
    }
    // A WSGI environ also holds streams and flags; they are no headers.
    Ok(())
}

fn text(value: &Bound<'_, PyAny>) -> Option<Vec<u8>> {
    if let Ok(text) = value.cast::<PyString>() {
        return Some(text.to_string_lossy().into_owned().into_bytes());
    }
    value.cast::<PyBytes>().ok().map(|b| b.as_bytes().to_vec())
}

/// A webhook whose signature was good.
#[pyclass(frozen, generic, module = "zhifuyun.webhooks")]
pub struct Event {
    event: webhook::Event,
    data: PyOnceLock<Py<PyAny>>,
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
        !matches!(self.event.data, EventData::Unknown { .. })
    }

    /// When it happened, by the body: an aware datetime in UTC, or None.
    #[getter]
    fn timestamp<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyDateTime>>> {
        self.event.timestamp.map_or(Ok(None), |t| convert::datetime(py, t))
    }

    /// When this attempt was sent, by the signed timestamp: an aware datetime in UTC, or None.
    #[getter]
    fn sent_at<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyDateTime>>> {
        self.event.sent_at.map_or(Ok(None), |t| convert::datetime(py, t))
    }

    /// What happened: a ConversationPayload, a TicketPayload, or for unknown types the JSON as it was sent.
    #[getter]
    fn data(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        let made = self.data.get_or_try_init(py, || match &self.event.data {
            EventData::Unknown { data, .. } => convert::json(py, data),
            data => match (data.conversation(), data.ticket()) {
                (Some(conversation), _) => wrap_one(py, conversation.clone(), None),
                (_, Some(ticket)) => wrap_one(py, ticket.clone(), None),
                _ => Ok(py.None()),
            },
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
        convert::equal(other.py(), other.cast::<Self>().ok().map(|o| self.event == o.get().event))
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<(Bound<'py, PyAny>, Pickled<'_>)> {
        let restore = py.import("zhifuyun._native")?.getattr("_restore_event")?;
        let sent = self.event.sent_at.map(|t| t.timestamp());
        Ok((restore, (self.raw(), self.id(), sent, self.dedupe_key())))
    }

    fn __hash__(&self) -> u64 {
        use std::hash::{DefaultHasher, Hash as _, Hasher as _};
        let mut hasher = DefaultHasher::new();
        (self.event.raw(), self.event.dedupe_key()).hash(&mut hasher);
        hasher.finish()
    }
}

type Pickled<'a> = (&'a str, Option<&'a str>, Option<i64>, &'a str);

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
    let event = webhook::Event::from_verified(raw, id, sent_at, dedupe_key).map_err(|_| broken(py))?;
    Ok(Event { event, data: PyOnceLock::new() })
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
