//! Declarations: what the classes say about their properties and methods.

use super::c;
use ext_php_rs::types::{ZendObject, Zval};
use ext_php_rs::zend::ClassEntry;
use std::ffi::CStr;

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

/// The steps of `foreach` over a class of iterators. None may panic.
#[repr(C)]
pub(crate) struct Steps {
    pub(crate) valid: extern "C" fn(&ZendObject) -> bool,
    /// Null if there is none.
    pub(crate) current: extern "C" fn(&ZendObject) -> *const Zval,
    pub(crate) key: extern "C" fn(&ZendObject) -> i64,
    pub(crate) next: extern "C" fn(&ZendObject),
    pub(crate) rewind: extern "C" fn(&ZendObject),
}

/// Gives a class its steps: to one class only.
pub(crate) fn walks(class: &ClassEntry, steps: &'static Steps) {
    // SAFETY: as in `declare`; the steps live as long as the process.
    unsafe { c::zfy_walks(std::ptr::from_ref(class).cast_mut(), steps) };
}
