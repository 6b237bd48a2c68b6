//! Comparing what was expected with what came.

use crate::Check;
use serde_json::{Map, Value};

/// Refuses an object with a key that nobody knows: it would be an assertion that nobody makes.
pub fn keys<'a>(what: &str, value: &'a Value, known: &[&str]) -> Check<&'a Map<String, Value>> {
    let object = value.as_object().ok_or_else(|| format!("{what}: expected an object, was {value}"))?;
    match object.keys().find(|key| !known.contains(&key.as_str())) {
        Some(key) => Err(format!("{what}: unknown key `{key}`")),
        None => Ok(object),
    }
}

/// Compares the value at each path. The first step of a path must be a key of what is looked at.
pub fn paths(what: &str, expected: &Value, actual: &Value) -> Check {
    let expected = expected.as_object().ok_or_else(|| format!("{what}: expected paths, was {expected}"))?;
    for (path, wanted) in expected {
        let head = path.split('.').next().unwrap_or_default();
        if actual.get(head).is_none() {
            return Err(format!("{what}: there is no `{head}` in {}", short(actual)));
        }
        value(&format!("{what}.{path}"), wanted, at(actual, path))?;
    }
    Ok(())
}

/// What is at a path of keys and positions; null where nothing is.
pub fn at<'a>(value: &'a Value, path: &str) -> &'a Value {
    path.split('.').fold(value, |value, step| match value {
        Value::Array(list) => step.parse().ok().and_then(|n: usize| list.get(n)).unwrap_or(&Value::Null),
        other => other.get(step).unwrap_or(&Value::Null),
    })
}

/// Compares one value: literally, or by an operator (an object whose only key begins with `$`).
pub fn value(what: &str, expected: &Value, actual: &Value) -> Check {
    let fail = || Err(format!("{what}: expected {expected}, was {}", short(actual)));
    let operator = expected.as_object().filter(|o| o.len() == 1).and_then(|o| o.iter().next());
    let holds = match operator.filter(|(name, _)| name.starts_with('$')) {
        None => equal(expected, actual),
        Some((name, operand)) => match name.as_str() {
            "$between" => {
                let bound = |n: usize| operand.get(n).and_then(Value::as_f64);
                let (Some(low), Some(high)) = (bound(0), bound(1)) else { return fail() };
                actual.as_f64().is_some_and(|n| low <= n && n <= high)
            }
            "$contains" => contains(operand, actual).unwrap_or(false),
            "$lacks" => !contains(operand, actual).unwrap_or(true),
            "$size" => {
                let size = actual.as_array().map(Vec::len).or(actual.as_object().map(Map::len));
                size.is_some() && size == operand.as_u64().and_then(|n| usize::try_from(n).ok())
            }
            _ => return Err(format!("{what}: unknown operator `{name}`")),
        },
    };
    if holds { Ok(()) } else { fail() }
}

/// Text in a text, or an element in a list; `None` for anything else.
fn contains(operand: &Value, actual: &Value) -> Option<bool> {
    match (operand, actual) {
        (Value::String(part), Value::String(text)) => Some(text.contains(part)),
        (element, Value::Array(list)) => Some(list.iter().any(|e| equal(element, e))),
        _ => None,
    }
}

fn equal(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => a == b || a.as_f64() == b.as_f64(),
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| equal(a, b)),
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(k, a)| b.get(k).is_some_and(|b| equal(a, b)))
        }
        _ => a == b,
    }
}

fn short(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(600) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text,
    }
}

/// The text under a key, or none.
pub fn text_of(value: &Value, key: &str) -> String {
    value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// The value under a key, or null.
pub fn part_of<'a>(value: &'a Value, key: &str) -> &'a Value {
    value.get(key).unwrap_or(&Value::Null)
}
