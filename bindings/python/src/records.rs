//! Results as frozen classes whose attributes are read from Rust memory when they are looked at.
//!
//! Every class is one line of [`records!`]: its attributes are descriptors made from [`Record::FIELDS`].

use crate::convert;
use crate::error::exception;
use pyo3::exceptions::{PyAttributeError, PyTypeError};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyString, PyTuple, PyType};
use std::fmt::Write as _;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::Arc;
use zhifuyun_bridge::zhifuyun::models::{self, Field as Value, FieldKind, Record};
use zhifuyun_bridge::zhifuyun::{Meta, Response, webhook};

/// What is known about an answer: http status, code, request id, attempts, and the parts of its timing.
pub(crate) type Facts = (u16, Option<i64>, Option<String>, u32, [f64; 5]);

pub(crate) fn facts(meta: &Meta) -> Facts {
    let t = meta.timing;
    let timing = [t.total, t.queued, t.token, t.backoff, t.network].map(|d| d.as_secs_f64());
    (meta.http_status, meta.code, meta.request_id.clone(), meta.attempts, timing)
}

/// The records of one answer.
pub(crate) struct Batch<R> {
    pub(crate) items: Vec<R>,
    pub(crate) meta: Option<Facts>,
}

/// One record of a batch.
pub(crate) struct Row<R> {
    batch: Arc<Batch<R>>,
    index: usize,
}

impl<R: Record> Row<R> {
    fn record(&self) -> Option<&R> {
        self.batch.items.get(self.index)
    }

    fn value(&self, index: usize) -> Value<'_> {
        self.record().map_or(Value::Missing, |r| r.field(index))
    }

    fn fields(&self) -> impl Iterator<Item = (&'static str, Value<'_>)> {
        R::FIELDS.iter().enumerate().map(|(n, (name, _))| (*name, self.value(n)))
    }

    fn extra<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let Some(record) = self.record() else { return Ok(PyDict::new(py)) };
        let extra = convert::json_object(py, record.extra())?;
        for (name, value) in self.fields() {
            // What Python cannot hold is not lost either.
            if let Value::Time(time) = value
                && !convert::fits(time)
            {
                extra.set_item(name, time.to_rfc3339())?;
            }
        }
        Ok(extra)
    }

    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let dict = PyDict::new(py);
        for (name, value) in self.fields() {
            let value = match value {
                Value::List(trends) => nested(py, trends)?,
                other => convert::field(py, other)?,
            };
            dict.set_item(name, value)?;
        }
        dict.set_item("extra", self.extra(py)?)?;
        Ok(dict)
    }

    fn repr(&self, py: Python<'_>) -> PyResult<String> {
        let mut out = format!("{}(", R::NAME);
        for (name, value) in self.fields() {
            let text = match value {
                Value::Missing => continue,
                Value::Text(text) | Value::Token(text) => short(py, text)?,
                Value::Time(time) => time.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true),
                Value::Date(date) => date.to_string(),
                Value::Count(count) => count.to_string(),
                Value::Number(number) => number.to_string(),
                Value::List(trends) => format!("<{}>", trends.len()),
            };
            let comma = if out.ends_with('(') { "" } else { ", " };
            let _ = write!(out, "{comma}{name}={text}");
        }
        if self.record().is_some_and(|r| !r.extra().is_empty()) {
            let _ = write!(out, ", extra={}", short_repr(&self.extra(py)?.into_any())?);
        }
        out.push(')');
        Ok(out)
    }

    /// Over what can be hashed and takes part in equality.
    fn hash(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        for (name, value) in self.fields() {
            match value {
                Value::Text(text) | Value::Token(text) => (name, text).hash(&mut hasher),
                Value::Time(time) => (name, time).hash(&mut hasher),
                Value::Date(date) => (name, date).hash(&mut hasher),
                Value::Count(count) => (name, count).hash(&mut hasher),
                _ => {}
            }
        }
        hasher.finish()
    }

    fn json(&self) -> String {
        self.record().and_then(|r| serde_json::to_string(r).ok()).unwrap_or_default()
    }
}

fn nested(py: Python<'_>, trends: &[models::Trend]) -> PyResult<Py<PyAny>> {
    let batch = Arc::new(Batch { items: trends.to_vec(), meta: None });
    let rows = (0..trends.len()).map(|index| Row { batch: Arc::clone(&batch), index }.to_dict(py));
    Ok(pyo3::types::PyList::new(py, rows.collect::<PyResult<Vec<_>>>()?)?.into_any().unbind())
}

fn short(py: Python<'_>, text: &str) -> PyResult<String> {
    short_repr(PyString::new(py, text).as_any())
}

/// A description, cut where it would fill a screen.
fn short_repr(value: &Bound<'_, PyAny>) -> PyResult<String> {
    let text = value.repr()?.to_string();
    Ok(match text.char_indices().nth(80) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text,
    })
}

/// A record that has a Python class.
pub(crate) trait Shown: Record + PartialEq {
    /// The Python object.
    fn wrap(py: Python<'_>, row: Row<Self>) -> PyResult<Py<PyAny>>;
}

/// One record on its own.
pub(crate) fn wrap_one<R: Shown>(py: Python<'_>, record: R, meta: Option<Facts>) -> PyResult<Py<PyAny>> {
    wrap_first(py, &Arc::new(Batch { items: vec![record], meta }))
}

/// The record of a batch of one.
pub(crate) fn wrap_first<R: Shown>(py: Python<'_>, batch: &Arc<Batch<R>>) -> PyResult<Py<PyAny>> {
    R::wrap(py, Row { batch: Arc::clone(batch), index: 0 })
}

/// The same with what is known about the answer.
pub(crate) fn wrap_response<R: Shown>(py: Python<'_>, response: Response<R>) -> PyResult<Py<PyAny>> {
    let (record, meta) = response.into_parts();
    wrap_one(py, record, Some(facts(&meta)))
}

/// All records of a batch.
pub(crate) fn wrap_all<'py, R: Shown>(
    py: Python<'py>,
    batch: &Arc<Batch<R>>,
) -> PyResult<Bound<'py, PyTuple>> {
    let rows = (0..batch.items.len()).map(|index| R::wrap(py, Row { batch: Arc::clone(batch), index }));
    convert::tuple(py, rows.collect::<PyResult<_>>()?)
}

/// Facts about an answer as a `zhifuyun.Meta`.
pub(crate) fn meta(py: Python<'_>, facts: Option<&Facts>) -> PyResult<Py<PyAny>> {
    static BUILD: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let Some(facts) = facts.cloned() else { return Ok(py.None()) };
    Ok(BUILD.import(py, "zhifuyun._results", "_meta")?.call1(facts)?.unbind())
}

/// What an attribute shows.
#[derive(Clone, Copy)]
enum What {
    Field(usize),
    Extra,
    Meta,
}

type Read = fn(&Bound<'_, PyAny>, What) -> PyResult<Py<PyAny>>;

// A read-only attribute of a result. No documentation of its own: Python would show that in place of `doc`.
#[pyclass(frozen, module = "zhifuyun._native")]
pub(crate) struct Field {
    #[pyo3(get, name = "__name__")]
    name: &'static str,
    #[pyo3(get, name = "__doc__")]
    doc: &'static str,
    what: What,
    read: Read,
}

#[pymethods]
impl Field {
    fn __get__<'py>(
        slf: &Bound<'py, Self>,
        instance: &Bound<'py, PyAny>,
        _owner: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Py<PyAny>> {
        if instance.is_none() {
            return Ok(slf.clone().into_any().unbind());
        }
        let this = slf.get();
        (this.read)(instance, this.what)
    }

    fn __set__(&self, instance: &Bound<'_, PyAny>, _value: &Bound<'_, PyAny>) -> PyResult<()> {
        self.refuse(instance)
    }

    fn __delete__(&self, instance: &Bound<'_, PyAny>) -> PyResult<()> {
        self.refuse(instance)
    }
}

impl Field {
    fn refuse(&self, instance: &Bound<'_, PyAny>) -> PyResult<()> {
        let class = instance.get_type().name()?;
        let text = format!("{} is frozen: {} cannot be changed", class.to_string_lossy(), self.name);
        Err(PyAttributeError::new_err(text))
    }
}

fn doc(kind: FieldKind) -> &'static str {
    match kind {
        FieldKind::Id => "The id; never missing.",
        FieldKind::Text => "A text, or None if the server sent none.",
        FieldKind::Token(_) => "A known or new value as text, or None if the server sent none.",
        FieldKind::Time => "An aware datetime in UTC, or None if the server sent none.",
        FieldKind::Date => "A date, or None if the server sent none.",
        FieldKind::Count => "A whole number, or None if the server sent none.",
        FieldKind::Number => "A number, or None if the server sent none.",
        FieldKind::List => "A tuple of records, maybe empty.",
    }
}

fn attach<R: Shown>(class: &Bound<'_, PyType>, read: Read, with_meta: bool) -> PyResult<()> {
    let py = class.py();
    let set = |name: &'static str, doc, what| {
        let field = Bound::new(py, Field { name, doc, what, read })?;
        class.setattr(name, field)
    };
    for (n, (name, kind)) in R::FIELDS.iter().enumerate() {
        set(name, doc(*kind), What::Field(n))?;
    }
    set("extra", "What the server sent beyond these fields, as a new dict.", What::Extra)?;
    if with_meta {
        set("meta", "How the call went: a zhifuyun.Meta.", What::Meta)?;
    }
    Ok(())
}

fn show<R: Record>(py: Python<'_>, row: &Row<R>, what: What) -> PyResult<Py<PyAny>> {
    match what {
        What::Field(n) => convert::field(py, row.value(n)),
        What::Extra => Ok(row.extra(py)?.into_any().unbind()),
        What::Meta => meta(py, row.batch.meta.as_ref()),
    }
}

macro_rules! records {
    ($($(#[$doc:meta])* $name:ident: $model:ty, meta: $meta:literal $(, frame: $list:ident of $row:ty)?;)+) => {
        $(
            $(#[$doc])*
            #[pyclass(frozen, module = "zhifuyun")]
            pub struct $name(Row<$model>);

            impl Shown for $model {
                fn wrap(py: Python<'_>, row: Row<Self>) -> PyResult<Py<PyAny>> {
                    Ok(Py::new(py, $name(row))?.into_any())
                }
            }

            #[pymethods]
            impl $name {
                /// The fields as a dict, with what the server sent beyond them under "extra".
                fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
                    self.0.to_dict(py)
                }

                $(
                    /// The list as a pandas.DataFrame, one row each. Needs pandas.
                    fn to_pandas<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
                        let columns: Vec<_> = <$row as Record>::FIELDS.iter().map(|(name, _)| *name).collect();
                        let rows = slf.getattr(stringify!($list))?;
                        slf.py().import("zhifuyun._present")?.call_method1("frame", (columns, rows))
                    }
                )?

                fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
                    self.0.repr(py)
                }

                fn __eq__(&self, other: &Bound<'_, PyAny>) -> Py<PyAny> {
                    let same = other.cast::<Self>().ok().map(|o| self.0.record() == o.get().0.record());
                    convert::equal(other.py(), same)
                }

                fn __hash__(&self) -> u64 {
                    self.0.hash()
                }

                fn __reduce__<'py>(
                    &self,
                    py: Python<'py>,
                ) -> PyResult<(Bound<'py, PyAny>, (&'static str, String, Option<Facts>))> {
                    let restore = py.import("zhifuyun._native")?.getattr("_restore")?;
                    let meta = self.0.batch.meta.clone();
                    Ok((restore, (<$model as Record>::NAME, self.0.json(), meta)))
                }

                fn _repr_html_<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
                    py.import("zhifuyun._present")?.call_method1("record_html", (self.to_dict(py)?, stringify!($name)))
                }
            }
        )+

        /// Adds the classes and their attributes.
        pub(crate) fn add_to(m: &Bound<'_, PyModule>) -> PyResult<()> {
            let py = m.py();
            $(
                m.add_class::<$name>()?;
                let read: Read = |object, what| show(object.py(), &object.cast::<$name>()?.get().0, what);
                attach::<$model>(&py.get_type::<$name>(), read, $meta)?;
            )+
            Ok(())
        }

        /// Brings a pickled record back.
        #[pyfunction]
        #[pyo3(signature = (name, json, meta = None))]
        pub(crate) fn _restore(
            py: Python<'_>,
            name: &str,
            json: &str,
            meta: Option<Facts>,
        ) -> PyResult<Py<PyAny>> {
            match name {
                $(<$model as Record>::NAME => {
                    let record: $model = serde_json::from_str(json).map_err(|_| broken(py))?;
                    wrap_one(py, record, meta)
                })+
                _ => Err(PyTypeError::new_err("there is no such record")),
            }
        }
    };
}

/// A pickle that was changed, or that another version wrote.
pub(crate) fn broken(py: Python<'_>) -> PyErr {
    use zhifuyun_bridge::zhifuyun::{Error, ErrorKind, Reason};
    exception(py, &Error::new(ErrorKind::Decode, Reason::InvalidField, "this pickle cannot be read"))
}

records! {
    /// A conversation between a customer and the service team.
    Conversation: models::Conversation, meta: true;
    /// A ticket: something that has to be done for a customer.
    Ticket: models::Ticket, meta: true;
    /// Numbers over a period. The units of the averages are those of the server: the API documents none.
    Statistics: models::Statistics, meta: true, frame: trends of models::Trend;
    /// One step of `Statistics.trends`.
    Trend: models::Trend, meta: false;
    /// What a webhook tells about a conversation.
    ConversationPayload: webhook::ConversationPayload, meta: false;
    /// What a webhook tells about a ticket.
    TicketPayload: webhook::TicketPayload, meta: false;
}
