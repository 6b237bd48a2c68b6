//! Python values to JSON, and what the core returns to Python values.

use crate::error::exception;
use crate::records::{Batch, wrap_all};
use chrono::{DateTime, Datelike as _, NaiveDate, Timelike as _, Utc};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{
    PyBool, PyBytes, PyDate, PyDateTime, PyDelta, PyDict, PyFloat, PyInt, PyList, PyString, PyTuple, PyTzInfo,
};
use serde_json::{Map, Number, Value};
use std::sync::Arc;
use zhifuyun_bridge::operations::NAMES;
use zhifuyun_bridge::zhifuyun::Error;
use zhifuyun_bridge::zhifuyun::models::{Channel, ConversationStatus, Field, Priority, TicketStatus};

/// The arguments of an operation as one JSON object. `None` means "not given".
pub(crate) fn arguments(operation: &str, args: &Bound<'_, PyDict>) -> PyResult<String> {
    object(args, |name, value| argument(Blame { name, operation: Some(operation) }, value))
}

/// Whom an error names.
#[derive(Clone, Copy)]
struct Blame<'a> {
    name: &'a str,
    operation: Option<&'a str>,
}

impl Blame<'_> {
    fn refuse<T>(self, py: Python<'_>, what: &str) -> PyResult<T> {
        let error = Error::invalid_argument(self.name, format!("{} {what}", self.name));
        Err(exception(py, &self.operation().into_iter().fold(error, Error::with_operation)))
    }

    /// For an iteration the list.
    fn operation(self) -> Option<&'static str> {
        let operation = self.operation?;
        let listed = operation.strip_suffix("iter").map(|resource| format!("{resource}list"));
        let listed = listed.as_deref().unwrap_or(operation);
        NAMES.iter().copied().find(|name| *name == listed)
    }
}

/// What a call overrides; most override nothing.
pub(crate) fn overrides(operation: &str, given: Option<&Bound<'_, PyDict>>) -> PyResult<Option<String>> {
    given.map(|given| options(Some(operation), given)).transpose()
}

/// Options of a call, or of a client, as one JSON object. Durations may be `timedelta`s.
pub(crate) fn options(operation: Option<&str>, options: &Bound<'_, PyDict>) -> PyResult<String> {
    object(options, |name, value| {
        let blame = Blame { name, operation };
        match value.cast::<PyDelta>() {
            Ok(_) => number(value.py(), blame, value.call_method0("total_seconds")?.extract()?),
            Err(_) => scalar(blame, value),
        }
    })
}

fn object<'py>(
    dict: &Bound<'py, PyDict>,
    convert: impl Fn(&str, &Bound<'py, PyAny>) -> PyResult<Value>,
) -> PyResult<String> {
    let mut map = Map::new();
    for (name, value) in dict.iter().filter(|(_, v)| !v.is_none()) {
        let name = name.cast::<PyString>()?.to_cow()?;
        let value = convert(&name, &value)?;
        map.insert(name.into_owned(), value);
    }
    // A map with names of text can always be written.
    Ok(serde_json::to_string(&map).unwrap_or_default())
}

fn argument(blame: Blame<'_>, value: &Bound<'_, PyAny>) -> PyResult<Value> {
    // 20.0 is what some languages make of 20; Python keeps the two apart.
    match value.cast::<PyFloat>().map(|f| f.value()) {
        Ok(f) if f.fract() == 0.0 => blame.refuse(value.py(), "must not be a float"),
        _ => scalar(blame, value),
    }
}

fn scalar(blame: Blame<'_>, value: &Bound<'_, PyAny>) -> PyResult<Value> {
    let py = value.py();
    if let Ok(text) = value.cast::<PyString>() {
        return match text.to_cow() {
            Ok(text) => Ok(Value::String(text.into_owned())),
            Err(_) => blame.refuse(py, "is not valid Unicode: it has a lone surrogate"),
        };
    }
    if let Ok(flag) = value.cast::<PyBool>() {
        return Ok(Value::Bool(flag.is_true()));
    }
    if let Ok(float) = value.cast::<PyFloat>() {
        return number(py, blame, float.value());
    }
    if let Ok(time) = value.cast::<PyDateTime>() {
        return moment(blame, time);
    }
    if value.cast::<PyDate>().is_ok() {
        return Ok(Value::String(value.call_method0("isoformat")?.extract()?));
    }
    if value.cast::<PyInt>().is_ok() || value.hasattr("__index__")? {
        return integer(blame, value);
    }
    let kind = value.get_type().name()?;
    blame.refuse(py, &format!("cannot be a {}", kind.to_string_lossy()))
}

fn integer(blame: Blame<'_>, value: &Bound<'_, PyAny>) -> PyResult<Value> {
    if let Ok(n) = value.extract::<i64>() {
        return Ok(n.into());
    }
    // Beyond 64 bits it is out of any range; a float says so as well as the digits would.
    number(value.py(), blame, value.extract::<f64>().unwrap_or(f64::MAX))
}

fn number(py: Python<'_>, blame: Blame<'_>, value: f64) -> PyResult<Value> {
    match Number::from_f64(value) {
        Some(number) => Ok(Value::Number(number)),
        None => blame.refuse(py, "must be a finite number"),
    }
}

/// An aware time in UTC; a naive one as it is, for the core to judge.
fn moment(blame: Blame<'_>, time: &Bound<'_, PyDateTime>) -> PyResult<Value> {
    let py = time.py();
    // Such as pandas' NaT: a datetime that is none.
    let Ok(offset) = time.call_method0("utcoffset") else { return blame.refuse(py, "is no time") };
    let aware = !offset.is_none();
    let time = if aware {
        match time.call_method1("astimezone", (PyTzInfo::utc(py)?,)) {
            Ok(utc) => utc,
            Err(_) => return blame.refuse(py, "must lie in the years 1 to 9999"),
        }
    } else {
        time.as_any().clone()
    };
    Ok(Value::String(time.call_method0("isoformat")?.extract()?))
}

/// What `==` answers. To another type (`None`) it has no answer; that type may have one, as `unittest.mock.ANY`.
pub(crate) fn equal(py: Python<'_>, same: Option<bool>) -> Py<PyAny> {
    same.map_or_else(|| py.NotImplemented(), |same| PyBool::new(py, same).to_owned().into_any().unbind())
}

/// The value of a field.
pub(crate) fn field(py: Python<'_>, field: Field<'_>) -> PyResult<Py<PyAny>> {
    Ok(match field {
        Field::Missing => py.None(),
        Field::Text(text) => PyString::new(py, text).into_any().unbind(),
        Field::Token(text) => token(py, text),
        Field::Time(time) => datetime(py, time)?.map_or_else(|| py.None(), Bound::unbind),
        Field::Date(date) => day(py, date)?.into_any().unbind(),
        Field::Count(count) => count.into_pyobject(py)?.into_any().unbind(),
        Field::Number(number) => PyFloat::new(py, number).into_any().unbind(),
        Field::List(trends) => {
            let batch = Arc::new(Batch { items: trends.to_vec(), meta: None });
            wrap_all(py, &batch)?.into_any().unbind()
        }
    })
}

/// The known ones come again and again, so each is one object.
fn token(py: Python<'_>, text: &str) -> Py<PyAny> {
    static KNOWN: PyOnceLock<Vec<(&str, Py<PyString>)>> = PyOnceLock::new();
    let known = KNOWN.get_or_init(py, || {
        let sets = [Channel::KNOWN, ConversationStatus::KNOWN, TicketStatus::KNOWN, Priority::KNOWN];
        sets.concat().into_iter().map(|text| (text, PyString::intern(py, text).unbind())).collect()
    });
    match known.iter().find(|(known, _)| *known == text) {
        Some((_, token)) => token.clone_ref(py).into_any(),
        None => PyString::new(py, text).into_any().unbind(),
    }
}

/// Whether Python has such a time.
pub(crate) fn fits(time: DateTime<Utc>) -> bool {
    (1..=9999).contains(&time.year())
}

/// Aware, in UTC. A leap second, which Python has not, becomes the second after it.
pub(crate) fn datetime<'py>(py: Python<'py>, time: DateTime<Utc>) -> PyResult<Option<Bound<'py, PyAny>>> {
    let leap = time.nanosecond() >= 1_000_000_000;
    let time =
        if leap { DateTime::from_timestamp_micros(time.timestamp_micros()).unwrap_or(time) } else { time };
    if !fits(time) {
        return Ok(None);
    }
    static CLASS: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    // As pickles hold a time, and every version must read it: four times as fast as from eight numbers.
    let [.., year_high, year_low] = time.year().to_be_bytes();
    let [_, high, middle, low] = (time.nanosecond() / 1000).to_be_bytes();
    let [month, day, hour, minute, second] =
        [time.month(), time.day(), time.hour(), time.minute(), time.second()].map(small);
    let state = [year_high, year_low, month, day, hour, minute, second, high, middle, low];
    let class = CLASS.import(py, "datetime", "datetime")?;
    class.call1((PyBytes::new(py, &state), PyTzInfo::utc(py)?)).map(Some)
}

pub(crate) fn day<'py>(py: Python<'py>, date: NaiveDate) -> PyResult<Bound<'py, PyDate>> {
    PyDate::new(py, date.year(), small(date.month()), small(date.day()))
}

/// Parts of a date are below 60.
fn small(part: u32) -> u8 {
    u8::try_from(part).unwrap_or(u8::MAX)
}

/// Any JSON.
pub(crate) fn json(py: Python<'_>, value: &Value) -> PyResult<Py<PyAny>> {
    Ok(match value {
        Value::Null => py.None(),
        Value::Bool(flag) => PyBool::new(py, *flag).to_owned().into_any().unbind(),
        Value::String(text) => PyString::new(py, text).into_any().unbind(),
        Value::Number(n) => match (n.as_i64(), n.as_u64()) {
            (Some(n), _) => n.into_pyobject(py)?.into_any().unbind(),
            (_, Some(n)) => n.into_pyobject(py)?.into_any().unbind(),
            _ => PyFloat::new(py, n.as_f64().unwrap_or(f64::NAN)).into_any().unbind(),
        },
        Value::Array(values) => {
            let values: Vec<_> = values.iter().map(|v| json(py, v)).collect::<PyResult<_>>()?;
            PyList::new(py, values)?.into_any().unbind()
        }
        Value::Object(map) => json_object(py, map)?.into_any().unbind(),
    })
}

pub(crate) fn json_object<'py>(py: Python<'py>, map: &Map<String, Value>) -> PyResult<Bound<'py, PyDict>> {
    let dict = PyDict::new(py);
    for (name, value) in map {
        dict.set_item(name, json(py, value)?)?;
    }
    Ok(dict)
}

/// A tuple of items.
pub(crate) fn tuple<'py>(py: Python<'py>, items: Vec<Py<PyAny>>) -> PyResult<Bound<'py, PyTuple>> {
    PyTuple::new(py, items)
}
