//! Fields that take what they can and hand back what they cannot.

use super::time;
use chrono::{DateTime, Datelike as _, NaiveDate, Utc};
use serde::de::value::MapAccessDeserializer;
use serde::de::{
    Deserialize, DeserializeOwned, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor,
};
use serde_json::Value;
use std::fmt;

/// What the server sent beyond the fields that this version knows, by name.
pub type Extra = serde_json::Map<String, Value>;

/// A type that can be read leniently from a JSON scalar (or, for lists, from a sequence).
pub(crate) trait Soft: Sized {
    fn from_text(_: &str) -> Option<Self> {
        None
    }
    fn from_integer(_: i128) -> Option<Self> {
        None
    }
    fn from_float(_: f64) -> Option<Self> {
        None
    }
    /// Only lists read sequences. `Err` is a sequence that does not fit.
    fn from_sequence(values: Vec<Value>) -> Result<Self, Value> {
        Err(Value::Array(values))
    }
}

/// Where a field goes: into its slot, or into `extra` if it does not fit. Last one wins, as in JSON.
///
/// Written in place and not returned: a value on its way through a `Result` is copied at every step.
pub(crate) struct Slot<'a, T> {
    pub(crate) name: &'static str,
    pub(crate) value: &'a mut Option<T>,
    pub(crate) extra: &'a mut Extra,
}

impl<T: Soft> Slot<'_, T> {
    fn put(mut self, read: Option<T>, unfit: impl FnOnce() -> Value) {
        match read {
            None => drop(self.extra.insert(self.name.to_owned(), unfit())),
            Some(_) => self.extra_forgets(),
        }
        *self.value = read;
    }

    /// What did not fit before is not the last one.
    fn extra_forgets(&mut self) {
        if !self.extra.is_empty() {
            self.extra.remove(self.name);
        }
    }
}

impl<'de, T: Soft> DeserializeSeed<'de> for Slot<'_, T> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, d: D) -> Result<(), D::Error> {
        d.deserialize_any(self)
    }
}

impl<'de, T: Soft> Visitor<'de> for Slot<'_, T> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON value")
    }

    fn visit_str<E>(self, v: &str) -> Result<(), E> {
        self.put(T::from_text(v), || v.into());
        Ok(())
    }

    fn visit_u64<E>(self, v: u64) -> Result<(), E> {
        self.put(T::from_integer(v.into()), || v.into());
        Ok(())
    }

    fn visit_i64<E>(self, v: i64) -> Result<(), E> {
        self.put(T::from_integer(v.into()), || v.into());
        Ok(())
    }

    fn visit_f64<E>(self, v: f64) -> Result<(), E> {
        self.put(T::from_float(v), || v.into());
        Ok(())
    }

    fn visit_bool<E>(self, v: bool) -> Result<(), E> {
        self.put(None, || v.into());
        Ok(())
    }

    fn visit_unit<E>(mut self) -> Result<(), E> {
        self.extra_forgets();
        *self.value = None;
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        let mut values = Vec::new();
        while let Some(v) = seq.next_element()? {
            values.push(v);
        }
        match T::from_sequence(values) {
            Ok(read) => self.put(Some(read), Value::default),
            Err(unfit) => self.put(None, || unfit),
        }
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<(), A::Error> {
        let unfit = Value::deserialize(MapAccessDeserializer::new(map))?;
        self.put(None, || unfit);
        Ok(())
    }
}

/// The largest integer that a double holds exactly. A float beyond it has already lost digits.
const MAX_EXACT: f64 = 9_007_199_254_740_992.0;

fn integral(v: f64) -> Option<i128> {
    // The cast is exact: the range was checked.
    #[allow(clippy::cast_possible_truncation)]
    (v.fract() == 0.0 && v.abs() <= MAX_EXACT).then_some(v as i128)
}

impl Soft for String {
    fn from_text(v: &str) -> Option<Self> {
        Some(v.to_owned())
    }
    fn from_integer(v: i128) -> Option<Self> {
        Some(v.to_string())
    }
    fn from_float(v: f64) -> Option<Self> {
        integral(v).map(|v| v.to_string())
    }
}

/// Counts. Not all languages have unsigned integers, so the half that only those hold is left out.
impl Soft for u64 {
    fn from_text(v: &str) -> Option<Self> {
        v.trim().parse().ok().and_then(Self::from_integer)
    }
    fn from_integer(v: i128) -> Option<Self> {
        i64::try_from(v).ok()?.try_into().ok()
    }
    fn from_float(v: f64) -> Option<Self> {
        integral(v).and_then(Self::from_integer)
    }
}

impl Soft for f64 {
    fn from_text(v: &str) -> Option<Self> {
        v.trim().parse().ok().filter(|v: &f64| v.is_finite())
    }
    #[allow(clippy::cast_precision_loss)]
    fn from_integer(v: i128) -> Option<Self> {
        Some(v as f64)
    }
    fn from_float(v: f64) -> Option<Self> {
        Some(v)
    }
}

impl Soft for DateTime<Utc> {
    fn from_text(v: &str) -> Option<Self> {
        time::of_text(v)
    }
    fn from_integer(v: i128) -> Option<Self> {
        time::of_integer(v)
    }
    fn from_float(v: f64) -> Option<Self> {
        time::of_float(v)
    }
}

impl Soft for NaiveDate {
    fn from_text(v: &str) -> Option<Self> {
        // A server may send the start of the day as a time; its date is meant.
        let (date, rest) = v.trim().split_at_checked(10)?;
        let ok = rest.is_empty() || rest.starts_with(['T', ' ']);
        let date = ok.then(|| Self::parse_from_str(date, "%Y-%m-%d").ok())??;
        time::YEARS.contains(&date.year()).then_some(date)
    }
}

impl<T> Soft for Vec<T>
where
    T: DeserializeOwned,
{
    fn from_sequence(values: Vec<Value>) -> Result<Self, Value> {
        let parsed: Result<Self, _> = values.iter().map(T::deserialize).collect();
        parsed.map_err(|_| Value::Array(values))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_name_that_comes_twice_the_last_value_counts() {
        for (fields, title, extra) in [
            (r#""title":"a","title":"b""#, Some("b"), None),
            (r#""title":"a","title":[1]"#, None, Some("[1]")),
            (r#""title":[1],"title":"b""#, Some("b"), None),
            (r#""title":[1],"title":true"#, None, Some("true")),
            (r#""title":[1],"title":null"#, None, None),
            (r#""title":"a","title":null"#, None, None),
        ] {
            let ticket: crate::models::Ticket =
                serde_json::from_str(&format!(r#"{{"id":"t",{fields}}}"#)).unwrap();
            assert_eq!(ticket.title.as_deref(), title, "{fields}");
            assert_eq!(ticket.extra.get("title").map(ToString::to_string).as_deref(), extra, "{fields}");
        }
    }

    #[test]
    fn counts_never_wrap() {
        assert_eq!(u64::from_text("100"), Some(100));
        assert_eq!(u64::from_float(100.0), Some(100));
        assert_eq!(u64::from_integer(-1), None);
        assert_eq!(u64::from_float(1e300), None);
        assert_eq!(u64::from_float(1.5), None);
        assert_eq!(u64::from_text("9223372036854775807"), Some(9_223_372_036_854_775_807));
        assert_eq!(u64::from_text("9223372036854775808"), None);
        assert_eq!(u64::from_integer(9_223_372_036_854_775_808), None);
    }
}
