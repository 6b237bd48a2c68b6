//! The few methods of the data classes.

use crate::{convert, names, shim};
use chrono::{DateTime, Utc};
use ext_php_rs::exception::PhpException;
use ext_php_rs::types::{ZendHashTable, ZendObject, Zval};
use ext_php_rs::zend::{ClassEntry, ExecuteData};

fn this(ex: &mut ExecuteData) -> Option<&'static ZendObject> {
    // SAFETY: `$this` outlives the call that it was made on.
    ex.get_self().map(|object| unsafe { &*std::ptr::from_ref::<ZendObject>(object) })
}

/// The object as the API writes it: snake_case, times in UTC, what the server sent beyond the fields beside them.
fn plain(object: &ZendObject) -> ext_php_rs::error::Result<Zval> {
    let mut out = ZendHashTable::new();
    for (key, value) in object.get_properties()?.iter() {
        let value = value.indirect().unwrap_or(value).dereference();
        let name = convert::key_text(&key);
        if name == "meta" || (value.is_null() && name != "total") {
            continue;
        }
        if let (Some(extra), "extra") = (value.array(), name.as_str()) {
            for (key, value) in extra.iter() {
                shim::put(&mut out, &convert::key_text(&key), value.shallow_clone());
            }
            continue;
        }
        shim::put(&mut out, &names::snake(&name), written(value));
    }
    Ok(shim::array(out))
}

fn written(value: &Zval) -> Zval {
    let Some(object) = value.object().filter(|o| shim::is_date(o)) else { return value.shallow_clone() };
    let text = object.try_call_method("format", vec![&"Y-m-d\\TH:i:s.uP"]).ok().and_then(|t| t.string());
    let at = text.and_then(|t| DateTime::parse_from_rfc3339(&t).ok()).map(|t| t.with_timezone(&Utc));
    at.map_or_else(Zval::null, |at| shim::string(&at.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true)))
}

ext_php_rs::zend_fastcall! {
    pub(crate) extern fn json_serialize(ex: &mut ExecuteData, out: &mut Zval) {
        match this(ex).map(plain) {
            Some(Ok(value)) => *out = value,
            _ => PhpException::from_message("the object cannot be read".to_owned()).throw(),
        }
    }
}

fn items(ex: &mut ExecuteData) -> Zval {
    let found = this(ex).and_then(|page| shim::read(page, "items"));
    found.map_or_else(Zval::new_array, Zval::shallow_clone)
}

ext_php_rs::zend_fastcall! {
    pub(crate) extern fn page_count(ex: &mut ExecuteData, out: &mut Zval) {
        let count = items(ex).array().map_or(0, ZendHashTable::len);
        out.set_long(i64::try_from(count).unwrap_or(i64::MAX));
    }
}

ext_php_rs::zend_fastcall! {
    pub(crate) extern fn page_iterator(ex: &mut ExecuteData, out: &mut Zval) {
        let made = ClassEntry::try_find("ArrayIterator").map(ZendObject::new);
        if let Some(mut object) = made
            && object.try_call_method("__construct", vec![&items(ex)]).is_ok()
        {
            out.set_object(&mut object);
        }
    }
}
