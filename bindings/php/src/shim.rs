//! The shim as Rust sees it: safe functions over what is C macros in the engine.

use chrono::{DateTime, Datelike as _, Timelike as _, Utc};
use ext_php_rs::types::{ZendHashTable, ZendObject, Zval};
use ext_php_rs::zend::{ClassEntry, ExecuteData};
use std::ffi::{CStr, c_char};

mod c {
    use super::{ClassEntry, ExecuteData, Parts, ZendHashTable, ZendObject, Zval, c_char};
    unsafe extern "C" {
        pub(super) fn zfy_string(out: *mut Zval, text: *const c_char, length: usize);
        pub(super) fn zfy_object(out: *mut Zval, ce: *mut ClassEntry) -> *mut ZendObject;
        pub(super) fn zfy_slot(object: *mut ZendObject, n: u32) -> *mut Zval;
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
        pub(super) fn zfy_interrupted() -> bool;
        pub(super) fn zfy_behind_pending(exception: *mut Zval);
        pub(super) fn zfy_time(out: *mut Zval, parts: *const Parts);
        pub(super) fn zfy_empty_array(out: *mut Zval);
        pub(super) fn zfy_put(array: *mut ZendHashTable, key: *const c_char, length: usize, value: *mut Zval);
        pub(super) fn zfy_environment(out: *mut Zval, name: *const c_char, length: usize);
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

    /// Fills the n-th declared property.
    pub(crate) fn slot(&mut self, n: u32, value: Zval) {
        // SAFETY: the object is alive, held by `self.zval`.
        let slot = unsafe { c::zfy_slot(self.object, n) };
        Self::fill(slot, value);
    }

    /// Fills a declared property by name.
    pub(crate) fn named(&mut self, name: &str, value: Zval) {
        // SAFETY: as in `slot`; the name is valid for its length.
        let slot = unsafe { c::zfy_named(self.object, name.as_ptr().cast(), name.len()) };
        Self::fill(slot, value);
    }

    fn fill(slot: *mut Zval, value: Zval) {
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

/// A declared type: scalars by mask, and at most one class.
pub(crate) struct Type<'a> {
    mask: u32,
    class: &'a str,
}

impl<'a> Type<'a> {
    /// Reads `?int`, `string|array|null`, `?DateTimeImmutable`.
    pub(crate) fn parse(text: &'a str) -> Self {
        let (nullable, rest) = match text.strip_prefix('?') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let mut out = Type { mask: if nullable { 1 << 1 } else { 0 }, class: "" };
        for part in rest.split('|') {
            out.mask |= match part {
                "null" => 1 << 1,
                "bool" => 1 << 2 | 1 << 3,
                "false" => 1 << 2,
                "int" => 1 << 4,
                "float" => 1 << 5,
                "string" => 1 << 6,
                "array" => 1 << 7,
                "object" => 1 << 8,
                "mixed" => 0x3fe,
                "callable" => 1 << 12,
                "void" => 1 << 14,
                class => {
                    out.class = class;
                    0
                }
            };
        }
        out
    }
}

/// Declares `public readonly <type> $name`.
pub(crate) fn property(class: &ClassEntry, name: &str, of: &Type<'_>) {
    let class = std::ptr::from_ref(class).cast_mut();
    // SAFETY: runs while the module starts, on a class of this module; texts are valid for their lengths.
    unsafe {
        c::zfy_property(
            class,
            name.as_ptr().cast(),
            name.len(),
            of.mask,
            of.class.as_ptr().cast(),
            of.class.len(),
        );
    }
}

/// Declares the type of a parameter, or with -1 of the result. False if there is no such method or parameter.
pub(crate) fn declare(class: &ClassEntry, method: &str, index: i32, of: &Type<'_>) -> bool {
    let class = std::ptr::from_ref(class).cast_mut();
    // SAFETY: as in `property`; nobody else reads the class yet.
    unsafe {
        let name = method.as_ptr().cast();
        c::zfy_declare(class, name, method.len(), index, of.mask, of.class.as_ptr().cast(), of.class.len())
    }
}

/// Gives a property of a macro's class its type, and says that nobody else writes it.
pub(crate) fn readonly(class: &ClassEntry, name: &str, of: &str) -> bool {
    let class = std::ptr::from_ref(class).cast_mut();
    // SAFETY: as in `declare`.
    unsafe { c::zfy_readonly(class, name.as_ptr().cast(), name.len(), of.as_ptr().cast(), of.len()) }
}

/// Marks a parameter as `#[\SensitiveParameter]`.
pub(crate) fn sensitive(class: &ClassEntry, method: &str, parameter: &CStr) -> bool {
    let class = std::ptr::from_ref(class).cast_mut();
    // SAFETY: as in `declare`; the parameter's name ends with a NUL.
    unsafe { c::zfy_sensitive(class, method.as_ptr().cast(), method.len(), parameter.as_ptr()) }
}

/// Says that nobody adds properties to objects of the class, and perhaps that all of them are readonly.
pub(crate) fn sealed(class: &ClassEntry, readonly: bool) {
    // SAFETY: as in `declare`.
    unsafe { c::zfy_sealed(std::ptr::from_ref(class).cast_mut(), readonly) };
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
    let leap = i64::from(at.nanosecond() / 1_000_000_000);
    let at = DateTime::from_timestamp(at.timestamp() + leap, at.nanosecond() % 1_000_000_000).unwrap_or(at);
    let parts = Parts {
        seconds: at.timestamp(),
        year: at.year(),
        month: part(at.month()),
        day: part(at.day()),
        hour: part(at.hour()),
        minute: part(at.minute()),
        second: part(at.second()),
        micros: part(at.timestamp_subsec_micros()),
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
    let mut value = std::mem::ManuallyDrop::new(value);
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
