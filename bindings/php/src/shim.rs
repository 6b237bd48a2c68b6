//! The shim as Rust sees it: safe functions over what is C macros in the engine.

use chrono::{DateTime, Datelike as _, TimeDelta, Timelike as _, Utc};
use ext_php_rs::types::{ZendHashTable, ZendObject, Zval};
use ext_php_rs::zend::{ClassEntry, ExecuteData};
use std::ffi::{CStr, c_char};
use std::mem::{ManuallyDrop, MaybeUninit};

mod declare;

pub(crate) use declare::{Steps, Type, declare, property, readonly, sealed, sensitive, walks};

mod c {
    use super::{ClassEntry, ExecuteData, Parts, Steps, ZendHashTable, ZendObject, Zval, c_char};
    unsafe extern "C" {
        pub(super) fn zfy_string(out: *mut Zval, text: *const c_char, length: usize);
        pub(super) fn zfy_object(out: *mut Zval, ce: *mut ClassEntry) -> *mut ZendObject;
        pub(super) fn zfy_interned(out: *mut Zval, text: *const c_char, length: usize);
        pub(super) fn zfy_record(out: *mut Zval, ce: *mut ClassEntry) -> *mut ZendObject;
        pub(super) fn zfy_list(out: *mut Zval, room: u32) -> *mut ZendHashTable;
        pub(super) fn zfy_add(list: *mut ZendHashTable, item: *mut Zval);
        pub(super) fn zfy_named(object: *mut ZendObject, name: *const c_char, length: usize) -> *mut Zval;
        pub(super) fn zfy_property(
            ce: *mut ClassEntry,
            name: *const c_char,
            length: usize,
            mask: u32,
            class: *const c_char,
            class_length: usize,
        );
        pub(super) fn zfy_declare(
            ce: *mut ClassEntry,
            name: *const c_char,
            length: usize,
            index: i32,
            mask: u32,
            class: *const c_char,
            class_length: usize,
        ) -> bool;
        pub(super) fn zfy_readonly(
            ce: *mut ClassEntry,
            name: *const c_char,
            length: usize,
            class: *const c_char,
            class_length: usize,
        ) -> bool;
        pub(super) fn zfy_sensitive(
            ce: *mut ClassEntry,
            name: *const c_char,
            length: usize,
            parameter: *const c_char,
        ) -> bool;
        pub(super) fn zfy_sealed(ce: *mut ClassEntry, readonly: bool);
        pub(super) fn zfy_set_state(ex: *mut ExecuteData, out: *mut Zval);
        pub(super) fn zfy_walks(ce: *mut ClassEntry, steps: *const Steps);
        pub(super) fn zfy_interrupted() -> bool;
        pub(super) fn zfy_behind_pending(exception: *mut Zval);
        pub(super) fn zfy_time(out: *mut Zval, parts: *const Parts);
        pub(super) fn zfy_empty_array(out: *mut Zval);
        pub(super) fn zfy_put(array: *mut ZendHashTable, key: *const c_char, length: usize, value: *mut Zval);
        pub(super) fn zfy_environment(out: *mut Zval, name: *const c_char, length: usize);
        pub(super) fn is_zend_mm() -> bool;
        pub(super) fn zfy_version() -> *const c_char;
        pub(super) fn zfy_build() -> *const c_char;
        pub(super) fn zfy_case_value(object: *mut ZendObject) -> *mut Zval;
        pub(super) fn zfy_date_interface() -> *mut ClassEntry;
        pub(super) fn zfy_json_interface() -> *mut ClassEntry;
        pub(super) fn zfy_runtime_exception() -> *mut ClassEntry;
    }
}

/// A PHP string.
pub(crate) fn string(text: &str) -> Zval {
    let mut out = Zval::new();
    // SAFETY: `out` is writable and `text` is valid for its length; the engine copies it.
    unsafe { c::zfy_string(&raw mut out, text.as_ptr().cast(), text.len()) };
    out
}

/// The same, for as long as the process lives. Only while the module starts.
pub(crate) fn interned(text: &str) -> Zval {
    let mut out = Zval::new();
    // SAFETY: as in `string`.
    unsafe { c::zfy_interned(&raw mut out, text.as_ptr().cast(), text.len()) };
    out
}

/// A whole number.
pub(crate) fn long(value: i64) -> Zval {
    let mut out = Zval::new();
    out.set_long(value);
    out
}

/// A number.
pub(crate) fn double(value: f64) -> Zval {
    let mut out = Zval::new();
    out.set_double(value);
    out
}

/// A truth value.
pub(crate) fn boolean(value: bool) -> Zval {
    let mut out = Zval::new();
    out.set_bool(value);
    out
}

/// An array.
pub(crate) fn array(table: ext_php_rs::boxed::ZBox<ZendHashTable>) -> Zval {
    let mut out = Zval::new();
    out.set_hashtable(table);
    out
}

/// A list.
pub(crate) fn list(items: impl ExactSizeIterator<Item = Zval>) -> Zval {
    let room = u32::try_from(items.len()).unwrap_or(u32::MAX);
    if room == 0 {
        return empty_array();
    }
    let mut out = Zval::new();
    // SAFETY: `out` is writable.
    let list = unsafe { c::zfy_list(&raw mut out, room) };
    for item in items.take(room as usize) {
        let mut item = ManuallyDrop::new(item);
        // SAFETY: the list has room for as many items; it takes them over.
        unsafe { c::zfy_add(list, &raw mut *item) };
    }
    out
}

/// An object that is being filled.
pub(crate) struct Fresh {
    zval: Zval,
    object: *mut ZendObject,
}

impl Fresh {
    /// A new object of the class, its properties still uninitialised.
    pub(crate) fn new(class: &ClassEntry) -> Option<Self> {
        let mut zval = Zval::new();
        // SAFETY: `zval` is writable; classes of the engine live as long as the process.
        let object = unsafe { c::zfy_object(&raw mut zval, std::ptr::from_ref(class).cast_mut()) };
        (!object.is_null()).then_some(Self { zval, object })
    }

    /// A new object of a class that holds data. It can be in no circle: it is filled once, with what was there before.
    /// Reading a page would make all of its objects candidates of the collector.
    pub(crate) fn record(class: &ClassEntry) -> Self {
        let mut zval = Zval::new();
        // SAFETY: as in `new`.
        let object = unsafe { c::zfy_record(&raw mut zval, std::ptr::from_ref(class).cast_mut()) };
        Self { zval, object }
    }

    /// An object that its constructor fills.
    pub(crate) fn existing(object: &ZendObject) -> Self {
        let object = std::ptr::from_ref(object).cast_mut();
        let mut zval = Zval::new();
        // SAFETY: the object is alive; the value takes a reference of its own.
        if let Some(object) = unsafe { object.as_mut() } {
            zval.set_object(object);
        }
        Self { zval, object }
    }

    /// Whether it is an object of the class.
    pub(crate) fn is_a(&self, class: &ClassEntry) -> bool {
        self.zval.object().is_some_and(|object| object.instance_of(class))
    }

    /// The places of the declared properties of a new object, in order; nothing is in them yet.
    pub(crate) fn slots(&mut self) -> &mut [MaybeUninit<Zval>] {
        // SAFETY: the object is alive, held by `self.zval`; so many slots lie behind it.
        unsafe {
            let count = (*(*self.object).ce).default_properties_count;
            let first = (&raw mut (*self.object).properties_table).cast();
            std::slice::from_raw_parts_mut(first, usize::try_from(count).unwrap_or(0))
        }
    }

    /// Fills a declared property by name.
    pub(crate) fn named(&mut self, name: &str, value: Zval) {
        // SAFETY: the object is alive, held by `self.zval`; the name is valid for its length.
        let slot = unsafe { c::zfy_named(self.object, name.as_ptr().cast(), name.len()) };
        // SAFETY: null, or the slot of a live object; assigning drops what was there.
        if let Some(slot) = unsafe { slot.as_mut() } {
            *slot = value;
        }
    }

    /// The finished object.
    pub(crate) fn done(self) -> Zval {
        self.zval
    }
}

/// Runs the signal handlers that wait, and says whether the call must end: a handler threw, or the time is up.
pub(crate) fn interrupted() -> bool {
    // SAFETY: on the engine's thread, outside of any runtime of ours: handlers may call us again.
    unsafe { c::zfy_interrupted() }
}

/// The method `__set_state` of a class that holds data: an object from what `var_export` wrote.
pub(crate) fn set_state(ex: &mut ExecuteData, out: &mut Zval) {
    // SAFETY: as the engine calls methods.
    unsafe { c::zfy_set_state(ex, out) };
}

/// Makes an exception the previous one of that which is pending, if one is.
pub(crate) fn behind_pending(exception: &Zval) {
    let mut exception = exception.shallow_clone();
    // SAFETY: the value is an exception; the engine takes a reference of its own.
    unsafe { c::zfy_behind_pending(&raw mut exception) };
}

/// A time in pieces, as the shim takes it.
#[repr(C)]
struct Parts {
    seconds: i64,
    year: i32,
    month: i32,
    day: i32,
    hour: i32,
    minute: i32,
    second: i32,
    micros: i32,
}

/// A `DateTimeImmutable` in UTC.
pub(crate) fn time(at: DateTime<Utc>) -> Zval {
    let part = |n: u32| i32::try_from(n).unwrap_or_default();
    // A leap second is the first of the next minute, as everywhere in PHP.
    let at = at.naive_utc();
    let leap = at.nanosecond() >= 1_000_000_000;
    let later = if leap { at.checked_add_signed(TimeDelta::seconds(1)) } else { None };
    let at = later.unwrap_or(at);
    let parts = Parts {
        seconds: at.and_utc().timestamp(),
        year: at.year(),
        month: part(at.month()),
        day: part(at.day()),
        hour: part(at.hour()),
        minute: part(at.minute()),
        second: part(at.second()),
        micros: part(at.nanosecond() / 1000),
    };
    let mut out = Zval::new();
    // SAFETY: `out` is writable, and the parts are those of a valid time.
    unsafe { c::zfy_time(&raw mut out, &raw const parts) };
    out
}

/// An array with nothing in it.
pub(crate) fn empty_array() -> Zval {
    let mut out = Zval::new();
    // SAFETY: `out` is writable.
    unsafe { c::zfy_empty_array(&raw mut out) };
    out
}

/// Adds to an array as PHP code would.
pub(crate) fn put(table: &mut ZendHashTable, key: &str, value: Zval) {
    let mut value = ManuallyDrop::new(value);
    // SAFETY: the table is alive; the engine takes the value over.
    unsafe { c::zfy_put(table, key.as_ptr().cast(), key.len(), &raw mut *value) };
}

/// Whether the object is a `DateTimeInterface`.
pub(crate) fn is_date(object: &ZendObject) -> bool {
    // SAFETY: the class lives as long as the process.
    unsafe { c::zfy_date_interface().as_ref() }.is_some_and(|class| object.instance_of(class))
}

fn or_exception(class: *mut ClassEntry) -> &'static ClassEntry {
    // SAFETY: null, or a class of the engine, which lives as long as the process.
    unsafe { class.as_ref() }.unwrap_or_else(ext_php_rs::zend::ce::exception)
}

/// `JsonSerializable`.
pub(crate) fn json_interface() -> &'static ClassEntry {
    // SAFETY: reads a pointer that is set before modules that need it start.
    or_exception(unsafe { c::zfy_json_interface() })
}

/// `RuntimeException`.
pub(crate) fn runtime_exception() -> &'static ClassEntry {
    // SAFETY: as above.
    or_exception(unsafe { c::zfy_runtime_exception() })
}

/// The value of a declared property.
pub(crate) fn read<'a>(object: &'a ZendObject, name: &str) -> Option<&'a Zval> {
    let object = std::ptr::from_ref(object).cast_mut();
    // SAFETY: only reads; the slot lives as long as the object.
    unsafe { c::zfy_named(object, name.as_ptr().cast(), name.len()).as_ref() }
}

/// The value of a case of a backed enum.
pub(crate) fn case_value(object: &ZendObject) -> Option<&Zval> {
    // SAFETY: only reads; the value lives as long as the case.
    unsafe { c::zfy_case_value(std::ptr::from_ref(object).cast_mut()).as_ref() }
}

/// An environment variable, as PHP sees it: FPM sets some of its own.
pub(crate) fn environment(name: &CStr) -> Option<String> {
    let mut out = Zval::new();
    // SAFETY: `out` is writable, the name ends with a NUL.
    unsafe { c::zfy_environment(&raw mut out, name.as_ptr(), name.count_bytes()) };
    out.string().filter(|value| !value.is_empty())
}

/// Whether the engine manages its memory itself.
pub(crate) fn has_own_memory() -> bool {
    // SAFETY: only reads.
    unsafe { c::is_zend_mm() }
}

/// The version of PHP.
pub(crate) fn version() -> &'static str {
    // SAFETY: a constant text.
    unsafe { CStr::from_ptr(c::zfy_version()) }.to_str().unwrap_or_default()
}

/// The version of PHP, and whether with threads.
pub(crate) fn build() -> &'static str {
    // SAFETY: a constant text.
    unsafe { CStr::from_ptr(c::zfy_build()) }.to_str().unwrap_or_default()
}
