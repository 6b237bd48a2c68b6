//! Errors become exceptions of `zhifuyun.errors`, built in Python from data.

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use zhifuyun_bridge::zhifuyun::Error;

/// The exception for an error.
pub(crate) fn exception(py: Python<'_>, error: &Error) -> PyErr {
    static BUILD: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let built = BUILD
        .import(py, "zhifuyun.errors", "_from_json")
        .and_then(|build| build.call1((zhifuyun_bridge::error::to_json(error),)));
    built.map_or_else(|e| e, PyErr::from_value)
}

/// The same for results.
pub(crate) trait OrRaise<T> {
    /// The value, or the exception.
    fn or_raise(self, py: Python<'_>) -> PyResult<T>;
}

impl<T> OrRaise<T> for zhifuyun_bridge::zhifuyun::Result<T> {
    fn or_raise(self, py: Python<'_>) -> PyResult<T> {
        self.map_err(|e| exception(py, &e))
    }
}
