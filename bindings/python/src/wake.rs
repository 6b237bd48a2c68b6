//! How the I/O thread tells an event loop that results wait.

use pyo3::prelude::*;
use std::fs::File;
use std::io::{Read as _, Write as _};

/// Wakes an event loop from the I/O thread.
pub(crate) enum Wake {
    /// By a file descriptor that the loop watches: never takes the interpreter's lock.
    Watched { read: File, write: File },
    /// By a Python callable, for loops that cannot watch one (Windows' proactor loop, unusual loops).
    Called(Py<PyAny>),
}

impl Wake {
    /// A descriptor to watch.
    #[cfg(unix)]
    pub(crate) fn watched() -> std::io::Result<Self> {
        let (read, write) = descriptors()?;
        Ok(Self::Watched { read, write })
    }

    /// Wakes the loop. An error means that it is awake already, or gone.
    pub(crate) fn wake(&self) {
        match self {
            Self::Watched { write, .. } => {
                let _ = (&*write).write(&1u64.to_ne_bytes());
            }
            Self::Called(call) => {
                let called = Python::try_attach(|py| call.call0(py).map(drop));
                // The loop was closed meanwhile: nobody waits for the result.
                let _ = called;
            }
        }
    }

    /// Takes the signal back, so that the next one is noticed.
    pub(crate) fn rest(&self) {
        if let Self::Watched { read, .. } = self {
            let _ = (&*read).read(&mut [0; 8]);
        }
    }

    /// What to watch.
    pub(crate) fn descriptor(&self) -> Option<i64> {
        #[cfg(unix)]
        if let Self::Watched { read, .. } = self {
            use std::os::fd::AsRawFd as _;
            return Some(read.as_raw_fd().into());
        }
        None
    }
}

#[cfg(target_os = "linux")]
fn descriptors() -> std::io::Result<(File, File)> {
    use rustix::event::{EventfdFlags, eventfd};
    let read = File::from(eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?);
    Ok((read.try_clone()?, read))
}

#[cfg(all(unix, not(target_os = "linux")))]
fn descriptors() -> std::io::Result<(File, File)> {
    use std::os::fd::OwnedFd;
    let (read, write) = std::os::unix::net::UnixStream::pair()?;
    read.set_nonblocking(true)?;
    write.set_nonblocking(true)?;
    Ok((File::from(OwnedFd::from(read)), File::from(OwnedFd::from(write))))
}
