//! What is freed whatever happens. At a fatal error, such as the memory limit, the engine jumps over the frames of
//! Rust: nothing in them is dropped, and the worker lives on.

use std::any::Any;
use std::cell::RefCell;
use std::rc::Rc;

thread_local! {
    static HELD: RefCell<Vec<Rc<dyn Any>>> = const { RefCell::new(Vec::new()) };
}

/// Works on a value while the engine allocates.
pub(crate) fn hold<T: 'static, R>(value: T, work: impl FnOnce(&T) -> R) -> R {
    let value = Rc::new(value);
    let place = Rc::as_ptr(&value);
    HELD.with_borrow_mut(|held| held.push(value));
    // SAFETY: the value lives until it is popped, or until the request ends. A count in this frame could be lost.
    let made = work(unsafe { &*place });
    drop(HELD.with_borrow_mut(Vec::pop));
    made
}

/// Frees what a request has left.
pub(crate) fn free() {
    drop(HELD.take());
}
