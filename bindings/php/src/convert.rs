//! Values of PHP as JSON and back.

use crate::{names, shim};
use ext_php_rs::types::{ArrayKey, ZendHashTable, ZendObject, Zval};
use serde_json::{Map, Value};
use zhifuyun_bridge::zhifuyun::{Error, ErrorKind, Reason, Result};

/// Deeper values are refused.
const DEPTH: usize = 64;

fn refuse(name: &str, what: &str) -> Error {
    Error::invalid_argument(name, format!("{name} {what}"))
}

/// A value that a caller gave, as JSON. Whether it makes sense is for the core to judge.
pub(crate) fn json(name: &str, value: &Zval) -> Result<Value> {
    nested(name, value, DEPTH)
}

fn nested(name: &str, value: &Zval, depth: usize) -> Result<Value> {
    let value = value.dereference();
    if depth == 0 {
        return Err(refuse(name, "is nested too deeply"));
    }
    if value.is_null() {
        return Ok(Value::Null);
    }
    if let Some(b) = value.bool() {
        return Ok(b.into());
    }
    if let Some(n) = value.long() {
        return Ok(n.into());
    }
    if let Some(n) = value.double() {
        return serde_json::Number::from_f64(n)
            .map(Value::Number)
            .ok_or_else(|| refuse(name, "must be finite"));
    }
    if value.is_string() {
        let text = value.str().ok_or_else(|| refuse(name, "must be text in UTF-8"))?;
        return Ok(text.into());
    }
    if let Some(table) = value.array() {
        return list_or_map(name, table, depth);
    }
    match value.object() {
        Some(object) => from_object(name, object, depth),
        None => Err(refuse(name, "has a type that cannot be sent")),
    }
}

fn list_or_map(name: &str, table: &ZendHashTable, depth: usize) -> Result<Value> {
    if table.has_sequential_keys() && !table.is_empty() {
        let items: Result<Vec<_>> = table.values().map(|v| nested(name, v, depth - 1)).collect();
        return items.map(Value::Array);
    }
    let mut map = Map::new();
    for (key, value) in table.iter() {
        map.insert(key_text(&key), nested(name, value, depth - 1)?);
    }
    Ok(Value::Object(map))
}

/// A key as text.
pub(crate) fn key_text(key: &ArrayKey<'_>) -> String {
    match key {
        ArrayKey::Long(n) => n.to_string(),
        other => other.to_string(),
    }
}

/// Times as RFC 3339, dates as `YYYY-MM-DD`, enums by their value.
fn from_object(name: &str, object: &ZendObject, depth: usize) -> Result<Value> {
    if shim::is_date(object) {
        let format = if name.ends_with("_date") { "Y-m-d" } else { "Y-m-d\\TH:i:s.uP" };
        let text = object.try_call_method("format", vec![&format]).ok().and_then(|t| t.string());
        return text.map(Value::String).ok_or_else(|| refuse(name, "is no time"));
    }
    match shim::case_value(object) {
        Some(value) => nested(name, value, depth - 1),
        None => Err(refuse(name, "must be a scalar, a case of a backed enum or a DateTimeInterface")),
    }
}

/// JSON as text. Not by `Display`, which takes twice as long.
pub(crate) fn text(map: &Map<String, Value>) -> String {
    serde_json::to_string(map).unwrap_or_default()
}

/// Arguments by name as one JSON object. Null means "not given".
pub(crate) fn arguments(given: &[(&str, Option<&Zval>)]) -> Result<String> {
    let mut map = Map::new();
    for (name, value) in given {
        if let Some(value) = value.filter(|v| !v.dereference().is_null()) {
            map.insert((*name).to_owned(), json(name, value)?);
        }
    }
    Ok(text(&map))
}

/// The options of a client: the same, but what is wrong is a wrong configuration.
pub(crate) fn client_options(given: &[(&str, Option<&Zval>)]) -> Result<Map<String, Value>> {
    let mut map = Map::new();
    for (name, value) in given {
        if let Some(value) = value.filter(|v| !v.dereference().is_null()) {
            let json = json(name, value)
                .map_err(|e| Error::new(ErrorKind::Config, Reason::InvalidConfig, e.message().to_owned()))?;
            map.insert((*name).to_owned(), json);
        }
    }
    Ok(map)
}

/// The options of one call: `['timeout' => 5.0, 'maxRetries' => 0]`.
pub(crate) fn call_options(options: Option<&Zval>) -> Result<Option<String>> {
    let Some(options) = options.map(Zval::dereference).filter(|o| !o.is_null()) else { return Ok(None) };
    let table = options.array().ok_or_else(|| refuse("options", "must be an array"))?;
    let mut map = Map::new();
    for (key, value) in table.iter() {
        let name = names::snake(&key_text(&key));
        let value = json(&name, value)?;
        map.insert(name, value);
    }
    Ok(Some(text(&map)))
}

/// JSON as PHP has it: objects are arrays with text keys.
pub(crate) fn value(json: &Value) -> Zval {
    match json {
        Value::Null => Zval::null(),
        Value::Bool(b) => shim::boolean(*b),
        Value::Number(n) => match n.as_i64() {
            Some(n) => shim::long(n),
            None => shim::double(n.as_f64().unwrap_or(f64::NAN)),
        },
        Value::String(text) => shim::string(text),
        Value::Array(items) => shim::list(items.iter().map(value)),
        Value::Object(map) => object(map),
    }
}

/// The same for an object.
pub(crate) fn object(map: &Map<String, Value>) -> Zval {
    if map.is_empty() {
        return shim::empty_array();
    }
    let mut table = ZendHashTable::new();
    for (key, v) in map {
        shim::put(&mut table, key, value(v));
    }
    shim::array(table)
}
