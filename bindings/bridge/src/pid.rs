//! A value per process.
//!
//! After `fork` the child inherits the parent's memory but none of its threads: a runtime made before is dead,
//! its sockets are shared with the parent, a lock may be held by nobody. So everything stateful sits in a
//! [`PidCell`]: on another pid a new value is built and the inherited one is leaked, never dropped, because
//! dropping it would close the parent's connections. No lock is taken on the way.

use arc_swap::ArcSwapOption;
use std::sync::Arc;

#[derive(Debug)]
struct Tagged<T> {
    pid: u32,
    value: Arc<T>,
}

/// A lazily built value that is built anew in every process.
#[derive(Debug)]
pub struct PidCell<T>(ArcSwapOption<Tagged<T>>);

impl<T> PidCell<T> {
    /// An empty cell. Building the value waits until somebody asks for it.
    #[must_use]
    pub const fn new() -> Self {
        Self(ArcSwapOption::const_empty())
    }

    /// The value of this process.
    ///
    /// # Errors
    /// Whatever `build` fails with; the next call tries again.
    pub fn get_or_try_init<E>(&self, build: impl Fn() -> Result<T, E>) -> Result<Arc<T>, E> {
        let pid = std::process::id();
        loop {
            let current = self.0.load();
            if let Some(tagged) = current.as_ref().filter(|t| t.pid == pid) {
                return Ok(Arc::clone(&tagged.value));
            }
            let fresh = Arc::new(Tagged { pid, value: Arc::new(build()?) });
            let seen = self.0.compare_and_swap(&*current, Some(Arc::clone(&fresh)));
            let won = match (&*seen, &*current) {
                (Some(a), Some(b)) => Arc::ptr_eq(a, b),
                (None, None) => true,
                _ => false,
            };
            if won {
                if let Some(inherited) = current.as_ref() {
                    // Two counts, one of them never given back: neither the tag nor the value is dropped.
                    std::mem::forget(Arc::clone(inherited));
                }
                return Ok(Arc::clone(&fresh.value));
            }
        }
    }

    /// The value, if it was built in this process.
    #[must_use]
    pub fn get(&self) -> Option<Arc<T>> {
        let current = self.0.load();
        current.as_ref().filter(|t| t.pid == std::process::id()).map(|t| Arc::clone(&t.value))
    }
}

impl<T> Default for PidCell<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> Drop for PidCell<T> {
    fn drop(&mut self) {
        // A value of another process must not be dropped here either.
        if let Some(tagged) = self.0.load_full().filter(|t| t.pid != std::process::id()) {
            std::mem::forget(tagged);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::convert::Infallible;
    use std::sync::atomic::{AtomicU32, Ordering};

    #[test]
    fn built_once_per_process() {
        let (cell, built) = (PidCell::new(), AtomicU32::new(0));
        let build = || Ok::<_, Infallible>(built.fetch_add(1, Ordering::SeqCst));
        std::thread::scope(|s| {
            for _ in 0..8 {
                s.spawn(|| {
                    for _ in 0..100 {
                        let Ok(v) = cell.get_or_try_init(build);
                        assert_eq!(Some(v), cell.get());
                    }
                });
            }
        });
        // A race may build several; one is kept and everybody sees the same.
        assert!(cell.get().is_some());
    }

    #[test]
    fn inherited_values_are_leaked() {
        struct Loud(Arc<AtomicU32>);
        impl Drop for Loud {
            fn drop(&mut self) {
                self.0.fetch_add(1, Ordering::SeqCst);
            }
        }
        let drops = Arc::new(AtomicU32::new(0));
        let cell = PidCell::new();
        let other = Tagged { pid: std::process::id() + 1, value: Arc::new(Loud(Arc::clone(&drops))) };
        cell.0.store(Some(Arc::new(other)));
        assert!(cell.get().is_none());
        let Ok(_) = cell.get_or_try_init(|| Ok::<_, Infallible>(Loud(Arc::clone(&drops))));
        assert_eq!(drops.load(Ordering::SeqCst), 0, "the inherited value lives on");
        drop(cell);
        assert_eq!(drops.load(Ordering::SeqCst), 1, "the own value was dropped");
    }
}
