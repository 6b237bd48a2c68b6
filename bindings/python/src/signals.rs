//! Blocking calls with the interpreter's lock released, which still notice Ctrl-C.

use pyo3::exceptions::PyKeyboardInterrupt;
use pyo3::prelude::*;
use std::cell::Cell;
use zhifuyun_bridge::lanes::Interrupted;

thread_local! {
    /// Whether this thread runs signal handlers, and the process in which that was found out: after `fork` the
    /// thread that forked is the main one.
    static MAIN: Cell<Option<(u32, bool)>> = const { Cell::new(None) };
}

/// Python runs signal handlers on its main thread only; no other thread has to look.
fn is_main(py: Python<'_>) -> PyResult<bool> {
    let pid = std::process::id();
    if let Some((known, main)) = MAIN.get().filter(|(known, _)| *known == pid) {
        debug_assert_eq!(known, pid);
        return Ok(main);
    }
    let threading = py.import("threading")?;
    let main = threading.call_method0("main_thread")?.getattr("ident")?;
    let main = main.eq(threading.call_method0("get_ident")?)?;
    MAIN.set(Some((pid, main)));
    Ok(main)
}

/// Runs `work` without the lock. On the main thread it is asked from time to time whether a signal handler
/// raised; then `work` is cancelled and that exception comes out.
pub(crate) fn blocking<T: Send>(
    py: Python<'_>,
    work: impl FnOnce(Option<&mut dyn FnMut() -> bool>) -> Result<T, Interrupted> + Send,
) -> PyResult<T> {
    if !is_main(py)? {
        return py.detach(|| work(None)).map_err(|Interrupted| PyKeyboardInterrupt::new_err(()));
    }
    let mut raised = None;
    let result = py.detach(|| {
        work(Some(&mut || {
            raised = Python::try_attach(|py| py.check_signals().err()).flatten();
            raised.is_some()
        }))
    });
    result.map_err(|Interrupted| raised.unwrap_or_else(|| PyKeyboardInterrupt::new_err(())))
}
