//! The client: names and arguments in, results out.

use crate::error::OrRaise as _;
use crate::records::wrap_response;
use crate::{convert, page, signals};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use std::sync::Arc;
use zhifuyun_bridge::BridgeClient;
use zhifuyun_bridge::operations::{Output, SharedClient};
use zhifuyun_bridge::walk::{Driver, Walk};
use zhifuyun_bridge::zhifuyun::Background;

/// What an operation returned, as a Python object.
pub(crate) fn encode(py: Python<'_>, output: Output) -> PyResult<Py<PyAny>> {
    match output {
        Output::Conversation(r) => wrap_response(py, r),
        Output::Ticket(r) => wrap_response(py, r),
        Output::Statistics(r) => wrap_response(py, r),
        Output::Conversations(p) => page::wrap(py, p),
        Output::Tickets(p) => page::wrap(py, p),
        _ => Ok(py.None()),
    }
}

/// A client of the bridge.
#[pyclass(frozen, module = "zhifuyun._native")]
pub struct NativeClient(SharedClient);

impl NativeClient {
    pub(crate) fn bridge(&self) -> &BridgeClient {
        &self.0
    }
}

#[pymethods]
impl NativeClient {
    /// Checks the options and makes a client. No I/O.
    #[new]
    fn new(py: Python<'_>, options: &Bound<'_, PyDict>) -> PyResult<Self> {
        let options = convert::options(None, options)?;
        BridgeClient::new(&options, Background::Thread).or_raise(py).map(Self)
    }

    /// Calls an operation and waits for its result.
    fn call(
        &self,
        py: Python<'_>,
        name: &str,
        args: &Bound<'_, PyDict>,
        options: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Py<PyAny>> {
        let (args, options) = (convert::arguments(name, args)?, convert::overrides(name, options)?);
        let output = signals::blocking(py, |stop| self.0.call(name, &args, options.as_deref(), stop))?;
        encode(py, output.or_raise(py)?)
    }

    /// Begins to walk a list. Nothing is sent yet.
    #[pyo3(signature = (name, args, options, walk, background))]
    fn walk(
        &self,
        py: Python<'_>,
        name: &str,
        args: &Bound<'_, PyDict>,
        options: Option<&Bound<'_, PyDict>>,
        walk: &Bound<'_, PyDict>,
        background: bool,
    ) -> PyResult<NativeWalk> {
        let driver = if background { Driver::Background } else { Driver::Caller };
        let (args, options, walk) = (
            convert::arguments(name, args)?,
            convert::overrides(name, options)?,
            convert::arguments(name, walk)?,
        );
        self.0.walk(driver, name, &args, options.as_deref(), Some(&walk)).or_raise(py).map(NativeWalk)
    }

    /// Events since the last time, one JSON object each.
    fn drain_events(&self) -> Vec<String> {
        self.0.drain_events()
    }

    /// The quota as JSON.
    fn quota(&self, py: Python<'_>) -> PyResult<String> {
        self.0.quota().or_raise(py)
    }

    /// Refuses further calls and closes idle connections.
    fn close(&self, py: Python<'_>) {
        py.detach(|| self.0.close());
    }

    /// Whether it was closed.
    #[getter]
    fn closed(&self) -> bool {
        self.0.is_closed()
    }

    fn __reduce__(&self) -> PyResult<()> {
        Err(PyTypeError::new_err("a client cannot be pickled: it holds a secret; make one in each process"))
    }
}

/// A list that is being walked.
#[pyclass(frozen, module = "zhifuyun._native")]
pub struct NativeWalk(Arc<Walk>);

impl NativeWalk {
    pub(crate) fn walk(&self) -> Arc<Walk> {
        Arc::clone(&self.0)
    }
}

#[pymethods]
impl NativeWalk {
    /// Waits until a page is there to be taken; False at the end.
    fn next(&self, py: Python<'_>) -> PyResult<bool> {
        signals::blocking(py, |stop| self.0.next(stop))?.or_raise(py)
    }

    /// The page that is there, or None if somebody else took it.
    fn take(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        self.0.take().map_or_else(|| Ok(py.None()), |page| encode(py, page))
    }

    /// What was seen up to the last page that was delivered, as JSON.
    fn report(&self) -> String {
        self.0.report_json()
    }
}
