//! The envelope as JSON: code and data, the data as whatever a seed reads.

use super::is_success;
use crate::models::Key;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::fmt;

/// The two fields that matter. Of a repeated name the last one counts, as everywhere in this crate.
pub(super) struct Wire<'a, T> {
    pub(super) code: Option<&'a RawValue>,
    pub(super) data: Option<T>,
}

/// Reads an envelope, whose data `0` reads.
pub(super) struct WireSeed<S>(pub(super) S);

impl<'de, S: DeserializeSeed<'de> + Copy> DeserializeSeed<'de> for WireSeed<S> {
    type Value = Wire<'de, S::Value>;

    fn deserialize<D: Deserializer<'de>>(self, d: D) -> std::result::Result<Self::Value, D::Error> {
        d.deserialize_map(self)
    }
}

impl<'de, S: DeserializeSeed<'de> + Copy> Visitor<'de> for WireSeed<S> {
    type Value = Wire<'de, S::Value>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> std::result::Result<Self::Value, A::Error> {
        let mut wire = Wire { code: None, data: None };
        while let Some(key) = map.next_key::<Key<'de>>()? {
            match key.as_str() {
                "code" => wire.code = map.next_value()?,
                "data" => wire.data = Some(map.next_value_seed(self.0)?),
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(wire)
    }
}

/// Code and data of a successful envelope in order.
pub(crate) fn read<'de, S: DeserializeSeed<'de> + Copy>(
    text: &'de str,
    seed: S,
) -> Option<(Option<i64>, S::Value)> {
    let wire = from_str(text, WireSeed(seed)).ok()?;
    let code = match wire.code {
        Some(raw) => Some(integral(raw.get()).filter(|code| is_success(*code))?),
        None => None,
    };
    Some((code, wire.data?))
}

/// Like [`serde_json::from_str`].
pub(crate) fn from_str<'de, S: DeserializeSeed<'de>>(
    text: &'de str,
    seed: S,
) -> serde_json::Result<S::Value> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let value = seed.deserialize(&mut deserializer)?;
    deserializer.end().map(|()| value)
}

/// `200`, `200.0`, `2e2` and `"200"` are the same code. Anything else is no code.
pub(super) fn integral(raw: &str) -> Option<i64> {
    let text = raw.trim_matches('"').trim();
    if let Ok(n) = text.parse::<i64>() {
        return Some(n);
    }
    let f: f64 = text.parse().ok()?;
    // Exact: the bound is far below where doubles lose integers.
    #[allow(clippy::cast_possible_truncation)]
    (f.fract() == 0.0 && f.abs() < 1e15).then_some(f as i64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::marker::PhantomData;

    #[test]
    fn only_a_success_in_order_is_read_on_the_way() {
        for (body, taken) in [
            (r#"{"code":200,"data":{"id":"a"}}"#, Some((Some(200), "a"))),
            (r#"{"data":{"id":"b"},"code":20001}"#, Some((Some(20001), "b"))),
            (r#"{"data":1,"data":{"id":"c"},"code":500,"code":0}"#, None),
            (r#"{"data":{"id":"a"},"data":{"id":"c"},"code":500,"code":0}"#, Some((Some(0), "c"))),
            (r#"{"code":null,"data":{"id":"d"}}"#, Some((None, "d"))),
            (r#"{"code":429,"data":{"id":"e"}}"#, None),
            (r#"{"code":"INVALID","data":{"id":"f"}}"#, None),
            (r#"{"code":200,"data":null}"#, None),
            (r#"{"code":200,"data":{"id":"half \ud83d"}}"#, None),
            (r#"{"code":200,"data":{"id":"g"}"#, None),
            (r#"{"code":200,"data":{"id":"g"}},"#, None),
            (r#"{"code":200}"#, None),
            ("", None),
        ] {
            let found = read(body, PhantomData::<crate::models::Ticket>);
            assert_eq!(found.as_ref().map(|(code, ticket)| (*code, ticket.id.as_str())), taken, "{body}");
        }
    }
}
