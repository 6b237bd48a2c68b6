//! The few methods of the data classes.

use crate::shim::Fresh;
use crate::{convert, error, names, shim};
use chrono::{DateTime, Utc};
use ext_php_rs::args::Arg;
use ext_php_rs::exception::PhpException;
use ext_php_rs::flags::DataType;
use ext_php_rs::types::{ZendHashTable, ZendObject, Zval};
use ext_php_rs::zend::{ClassEntry, ExecuteData, ce};

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
        if name == "meta" || (value.is_null() && name != "total" && name != "limit") {
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

ext_php_rs::zend_fastcall! {
    pub(crate) extern fn set_state(ex: &mut ExecuteData, out: &mut Zval) {
        shim::set_state(ex, out);
    }
}

ext_php_rs::zend_fastcall! {
    pub(crate) extern fn exception_construct(ex: &mut ExecuteData, _out: &mut Zval) {
        let Some(object) = this(ex) else { return };
        let mut message = Arg::new("message", DataType::String);
        let mut code = Arg::new("code", DataType::Long);
        let mut previous = Arg::new("previous", DataType::Mixed).allow_null();
        let mut reason = Arg::new("webhookReason", DataType::String).allow_null();
        let parser = ex.parser().not_required().arg(&mut message).arg(&mut code).arg(&mut previous);
        if parser.arg(&mut reason).parse().is_err() {
            return;
        }
        let text: Option<String> = message.val();
        let reason: Option<String> = reason.val();
        let code: Option<i64> = code.val();
        let mut fresh = Fresh::existing(object);
        let throwable = |p: &&mut &mut Zval| p.object().is_some_and(|o| o.instance_of(ce::throwable()));
        if let Some(previous) = previous.zval().filter(throwable) {
            fresh.named("previous", previous.shallow_clone());
        }
        error::construct(fresh, &text.unwrap_or_default(), code.unwrap_or(0), reason.as_deref());
    }
}
