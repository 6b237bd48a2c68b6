//! Changes to the body of an answer.

use bytes::Bytes;
use serde_json::{Map, Value};

use super::action::Action;
use super::answer::parse;

/// Everything that an action changes about a body, in the order of its fields.
pub(super) fn change(action: &Action, mut body: Bytes) -> Result<Bytes, String> {
    if action.patch.is_some() || !action.set.is_empty() || !action.remove.is_empty() {
        let mut document = parse(&body)?;
        if let Some(patch) = &action.patch {
            merge(&mut document, patch);
        }
        for (pointer, value) in &action.set {
            set(&mut document, pointer, value)?;
        }
        for pointer in &action.remove {
            remove(&mut document, pointer)?;
        }
        body = document.to_string().into();
    }
    for replacement in &action.replace {
        body = replace(&body, replacement.find.as_bytes(), replacement.with.as_bytes())
            .ok_or_else(|| format!("`{}` does not occur in the answer", replacement.find))?;
    }
    if let Some(malformed) = action.malformed {
        body = malformed.apply(&body);
    }
    if let Some(length) = action.truncate {
        body.truncate(length);
    }
    Ok(body)
}

/// JSON merge patch (RFC 7396).
fn merge(target: &mut Value, patch: &Value) {
    let Value::Object(changes) = patch else {
        *target = patch.clone();
        return;
    };
    if !target.is_object() {
        *target = Value::Object(Map::new());
    }
    let Value::Object(members) = target else { return };
    for (name, change) in changes {
        if change.is_null() {
            members.remove(name);
        } else {
            merge(members.entry(name.clone()).or_insert(Value::Null), change);
        }
    }
}

fn segments(pointer: &str) -> Vec<String> {
    pointer.split('/').skip(1).map(|segment| segment.replace("~1", "/").replace("~0", "~")).collect()
}

/// Sets the value at a pointer, in every element where the pointer has `*`. Missing members are made.
fn set(document: &mut Value, pointer: &str, value: &Value) -> Result<(), String> {
    let nothing = |at: &str| format!("set: `{pointer}` leads nowhere at `{at}`");
    let segments = segments(pointer);
    let mut targets = vec![document];
    for segment in &segments {
        let mut next = Vec::new();
        for target in targets {
            if target.is_null() {
                *target = Value::Object(Map::new());
            }
            match target {
                Value::Array(items) => {
                    if segment == "*" {
                        next.extend(items);
                    } else {
                        let index: usize = segment.parse().map_err(|_| nothing(segment))?;
                        next.push(items.get_mut(index).ok_or_else(|| nothing(segment))?);
                    }
                }
                Value::Object(members) => next.push(members.entry(segment.clone()).or_insert(Value::Null)),
                _ => return Err(nothing(segment)),
            }
        }
        targets = next;
    }
    for target in targets {
        *target = value.clone();
    }
    Ok(())
}

/// Takes out what a pointer names.
fn remove(document: &mut Value, pointer: &str) -> Result<(), String> {
    let mut segments = segments(pointer);
    let Some(last) = segments.pop() else { return Err("remove: names the whole document".into()) };
    let mut targets = vec![document];
    for segment in &segments {
        let mut next = Vec::new();
        for target in targets {
            match target {
                Value::Array(items) => {
                    if segment == "*" {
                        next.extend(items);
                    } else {
                        next.extend(segment.parse::<usize>().ok().and_then(|index| items.get_mut(index)));
                    }
                }
                Value::Object(members) => next.extend(members.get_mut(segment)),
                _ => {}
            }
        }
        targets = next;
    }
    let mut found = false;
    for target in targets {
        match target {
            Value::Array(items) if last == "*" => {
                found = true;
                items.clear();
            }
            Value::Array(items) => {
                if let Some(index) = last.parse().ok().filter(|index| *index < items.len()) {
                    items.remove(index);
                    found = true;
                }
            }
            Value::Object(members) => found |= members.remove(&last).is_some(),
            _ => {}
        }
    }
    if found { Ok(()) } else { Err(format!("remove: there is nothing at `{pointer}`")) }
}

/// Every occurrence replaced; `None` when there is none.
fn replace(body: &[u8], find: &[u8], with: &[u8]) -> Option<Bytes> {
    let mut out = Vec::with_capacity(body.len());
    let mut rest = body;
    let mut found = false;
    while let Some(at) = rest.windows(find.len().max(1)).position(|window| window == find) {
        let (before, after) = rest.split_at_checked(at)?;
        out.extend_from_slice(before);
        out.extend_from_slice(with);
        rest = after.get(find.len()..)?;
        found = true;
    }
    out.extend_from_slice(rest);
    found.then(|| Bytes::from(out))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn merges_as_the_rfc_says() {
        let mut document = json!({"code": 200, "data": {"total": 3, "items": [1]}});
        merge(&mut document, &json!({"code": null, "data": {"total": -1, "more": {"a": null, "b": 1}}}));
        assert_eq!(document, json!({"data": {"total": -1, "items": [1], "more": {"b": 1}}}));
    }

    #[test]
    fn pointers_reach_every_element() {
        let mut document = json!({"data": {"items": [{"id": "a"}, {"id": "b"}]}});
        set(&mut document, "/data/items/*/id", &json!(7)).unwrap();
        set(&mut document, "/data/items/1/a~1b", &json!(null)).unwrap();
        set(&mut document, "/meta/new", &json!(1)).unwrap();
        assert_eq!(document["data"]["items"], json!([{"id": 7}, {"id": 7, "a/b": null}]));
        assert_eq!(document["meta"], json!({"new": 1}));
        remove(&mut document, "/data/items/*/id").unwrap();
        remove(&mut document, "/data/items/0").unwrap();
        assert_eq!(document["data"]["items"], json!([{"a/b": null}]));
        assert!(remove(&mut document, "/data/nothing").is_err());
        assert!(set(&mut document, "/data/items/9/id", &json!(1)).is_err());
        assert!(set(&mut document, "/meta/new/deeper", &json!(1)).is_err());
        set(&mut document, "", &json!([])).unwrap();
        assert_eq!(document, json!([]));
    }

    #[test]
    fn text_is_replaced_everywhere_or_reported() {
        assert_eq!(replace(b"aXbXc", b"X", b"--").unwrap(), "a--b--c");
        assert!(replace(b"abc", b"X", b"").is_none());
        assert!(replace(b"", b"X", b"").is_none());
    }
}
