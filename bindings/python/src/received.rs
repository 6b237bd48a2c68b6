//! A webhook as a web framework hands it over: headers and body in many shapes.

use crate::error::exception;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyByteArray, PyBytes, PyDict, PyList, PyMemoryView, PyString, PyTuple};
use std::borrow::Cow;
use zhifuyun_bridge::zhifuyun::webhook::body_not_raw;

/// The bytes as they arrived.
pub(crate) fn raw<'py>(body: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyBytes>> {
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

/// A name and a value, as they were given.
type Pair<'py> = (Bound<'py, PyAny>, Bound<'py, PyAny>);

/// Headers in whatever shape a framework has them: a mapping, something with `items()`, or pairs.
pub(crate) fn pairs<'py>(headers: &Bound<'py, PyAny>) -> PyResult<Vec<Pair<'py>>> {
    let mut out = Vec::with_capacity(16);
    if let Ok(dict) = headers.cast::<PyDict>() {
        for (name, value) in dict.iter() {
            add(&mut out, name, value)?;
        }
        return Ok(out);
    }
    let items = if headers.hasattr("items")? { headers.call_method0("items")? } else { headers.clone() };
    for pair in items.try_iter()? {
        let pair: Vec<_> = pair?.try_iter()?.collect::<PyResult<_>>()?;
        let Ok([name, value]) = <[_; 2]>::try_from(pair) else {
            return Err(PyTypeError::new_err("headers must be a mapping, or pairs of a name and a value"));
        };
        add(&mut out, name, value)?;
    }
    Ok(out)
}

fn add<'py>(out: &mut Vec<Pair<'py>>, name: Bound<'py, PyAny>, value: Bound<'py, PyAny>) -> PyResult<()> {
    if value.cast::<PyList>().is_ok() || value.cast::<PyTuple>().is_ok() {
        for each in value.try_iter()? {
            out.push((name.clone(), each?));
        }
    } else {
        out.push((name, value));
    }
    Ok(())
}

/// `None` for what is no text: a WSGI environ also holds streams and flags, which are no headers.
pub(crate) fn text<'a>(value: &'a Bound<'_, PyAny>) -> Option<Cow<'a, str>> {
    if let Ok(text) = value.cast::<PyString>() {
        return Some(text.to_string_lossy());
    }
    value.cast::<PyBytes>().ok().map(|b| String::from_utf8_lossy(b.as_bytes()))
}

/// The bytes of a text; see [`text`].
pub(crate) fn bytes<'a>(value: &'a Bound<'_, PyAny>) -> Option<Cow<'a, [u8]>> {
    if let Ok(bytes) = value.cast::<PyBytes>() {
        return Some(Cow::Borrowed(bytes.as_bytes()));
    }
    text(value).map(|text| match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.as_bytes()),
        Cow::Owned(text) => Cow::Owned(text.into_bytes()),
    })
}
