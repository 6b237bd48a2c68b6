//! Rust's memory: small pieces that were given back are kept for the next call.
//!
//! A page is hundreds of small strings, which are made together and go together. malloc keeps seven pieces of a size at
//! hand; the rest it merges, and cuts anew for the next page, at four times the price: a tenth of what a page takes.
//!
//! Every piece comes from malloc, one by one, and may go back by free: the engine frees some of what ext-php-rs gives it.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

/// Sizes are multiples of it, up to `SIZES` times.
const STEP: usize = 16;
const SIZES: usize = 8;
/// What malloc aligns to everywhere.
const ALIGN: usize = 8;
/// So many pieces of a size are kept.
const MOST: usize = 512;

/// The pieces of one size: each has the address of the next in it.
struct Stack {
    top: Cell<*mut u8>,
    /// For so many more.
    room: Cell<usize>,
}

impl Stack {
    const fn closed() -> Self {
        Self { top: Cell::new(std::ptr::null_mut()), room: Cell::new(0) }
    }

    /// Null if there is none.
    fn pop(&self) -> *mut u8 {
        let top = self.top.get();
        if !top.is_null() {
            // SAFETY: what lies here is free and holds the address of the next.
            self.top.set(unsafe { top.cast::<*mut u8>().read() });
            self.room.set(self.room.get() + 1);
        }
        top
    }

    /// # Safety
    /// The piece is of this size and nobody's.
    unsafe fn push(&self, piece: *mut u8) -> bool {
        let Some(room) = self.room.get().checked_sub(1) else { return false };
        self.room.set(room);
        // SAFETY: a piece has at least the size and the alignment of an address.
        unsafe { piece.cast::<*mut u8>().write(self.top.replace(piece)) };
        true
    }
}

thread_local! {
    // Without a destructor: an allocator must work to the end of its thread.
    static KEPT: [Stack; SIZES] = const { [const { Stack::closed() }; SIZES] };
}

/// From now on this thread keeps: the one that runs PHP. Others end, and would leave theirs behind. Only once.
pub(crate) fn keep() {
    KEPT.with(|kept| kept.iter().for_each(|stack| stack.room.set(MOST)));
}

pub(crate) struct Memory;

/// The layout that is asked of malloc for it, and the number of its size if it is one that is kept.
fn rounded(layout: Layout) -> (Layout, Option<usize>) {
    let number = layout.size().wrapping_sub(1) / STEP;
    if number >= SIZES || layout.align() > ALIGN {
        return (layout, None);
    }
    // SAFETY: a small multiple of the step, and an alignment that was one before.
    let layout = unsafe { Layout::from_size_align_unchecked((number + 1) * STEP, layout.align()) };
    (layout, Some(number))
}

fn stack<T>(number: usize, with: impl FnOnce(&Stack) -> T) -> Option<T> {
    KEPT.with(|kept| kept.get(number).map(with))
}

// SAFETY: all memory is the system's, by layouts that `rounded` makes the same way each time; a piece that is kept is on
// one stack of one thread, and taken off before it is given out.
unsafe impl GlobalAlloc for Memory {
    // Not inlined into each of thousands of callers, which made the library larger by a thirtieth.
    #[inline(never)]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let (layout, number) = rounded(layout);
        match number.and_then(|number| stack(number, Stack::pop)) {
            Some(piece) if !piece.is_null() => piece,
            // SAFETY: as the caller promises; rounding makes no size zero.
            _ => unsafe { System.alloc(layout) },
        }
    }

    #[inline(never)]
    unsafe fn dealloc(&self, piece: *mut u8, layout: Layout) {
        let (layout, number) = rounded(layout);
        // SAFETY: as the caller promises, the piece is of this layout and nobody's any more.
        unsafe {
            if number.and_then(|number| stack(number, |stack| stack.push(piece))) != Some(true) {
                System.dealloc(piece, layout);
            }
        }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as the caller promises.
        unsafe { System.alloc_zeroed(rounded(layout).0) }
    }

    #[inline(never)]
    unsafe fn realloc(&self, piece: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        let (layout, number) = rounded(layout);
        // SAFETY: the caller promises that the size with this alignment makes a layout.
        let (wanted, other) = rounded(unsafe { Layout::from_size_align_unchecked(size, layout.align()) });
        if number.is_some() && number == other {
            return piece;
        }
        // SAFETY: as the caller promises.
        unsafe { System.realloc(piece, layout, wanted.size()) }
    }
}
