//! The native half of the Python package `zhifuyun`.
//!
//! What happens here is what must be native: calls with the interpreter's lock released, results that are read
//! from Rust memory when they are looked at, the queue between the I/O thread and asyncio, webhooks. Names,
//! signatures, exceptions and documentation are written in Python (`python/zhifuyun`).
#![forbid(unsafe_code)]

mod client;
mod completions;
mod convert;
mod error;
mod page;
mod received;
mod records;
mod signals;
mod wake;
mod webhook;

use pyo3::exceptions::PyImportError;
use pyo3::prelude::*;
use std::sync::OnceLock;

/// The native half of `zhifuyun`. Private: import from `zhifuyun`.
#[pymodule(gil_used = false)]
fn _native(m: &Bound<'_, PyModule>) -> PyResult<()> {
    refuse_a_second_interpreter(m.py())?;
    zhifuyun_bridge::guard::silence();
    m.add("__version__", env!("CARGO_PKG_VERSION"))?;
    m.add_class::<client::NativeClient>()?;
    m.add_class::<client::NativeWalk>()?;
    m.add_class::<completions::Completions>()?;
    m.add_class::<page::Page>()?;
    m.add_class::<records::Field>()?;
    records::add_to(m)?;
    m.add_class::<webhook::Webhook>()?;
    m.add_class::<webhook::Event>()?;
    m.add_class::<webhook::MemoryReplayGuard>()?;
    m.add_class::<webhook::Reservation>()?;
    m.add_function(wrap_pyfunction!(webhook::webhook_status, m)?)?;
    m.add_function(wrap_pyfunction!(records::_restore, m)?)?;
    m.add_function(wrap_pyfunction!(page::_restore_page, m)?)?;
    m.add_function(wrap_pyfunction!(webhook::_restore_event, m)?)?;
    Ok(())
}

/// Classes and exceptions are kept for the whole process, so they would be those of another interpreter. From 3.12 on
/// Python itself refuses sub-interpreters; before, the first interpreter of the process has it.
fn refuse_a_second_interpreter(py: Python<'_>) -> PyResult<()> {
    static FIRST: OnceLock<i64> = OnceLock::new();
    if py.version_info() >= (3, 12) {
        return Ok(());
    }
    let Ok(interpreters) = py.import("_xxsubinterpreters") else { return Ok(()) };
    let id: i64 = interpreters.call_method0("get_current")?.extract()?;
    if *FIRST.get_or_init(|| id) == id {
        return Ok(());
    }
    Err(PyImportError::new_err(
        "zhifuyun works in one interpreter of a process, and another one has imported it; use processes instead",
    ))
}
