//! Fields that take what they can and hand back what they cannot.

use chrono::{DateTime, NaiveDate, TimeZone, Utc};
use serde::de::{self, Deserialize, Deserializer};
use serde_json::Value;
use std::fmt;
use std::marker::PhantomData;

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

/// Either the field, or nothing, or the JSON that did not fit.
pub(crate) enum Read<T> {
    Is(T),
    Null,
    Not(Value),
}

impl<'de, T: Soft> Deserialize<'de> for Read<T> {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        d.deserialize_any(Reader(PhantomData))
    }
}

struct Reader<T>(PhantomData<T>);

impl<'de, T: Soft> de::Visitor<'de> for Reader<T> {
    type Value = Read<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON value")
    }

    fn visit_str<E: de::Error>(self, v: &str) -> Result<Read<T>, E> {
        Ok(T::from_text(v).map_or_else(|| Read::Not(v.into()), Read::Is))
    }

    fn visit_u64<E: de::Error>(self, v: u64) -> Result<Read<T>, E> {
        Ok(T::from_integer(v.into()).map_or_else(|| Read::Not(v.into()), Read::Is))
    }

    fn visit_i64<E: de::Error>(self, v: i64) -> Result<Read<T>, E> {
        Ok(T::from_integer(v.into()).map_or_else(|| Read::Not(v.into()), Read::Is))
    }

    fn visit_f64<E: de::Error>(self, v: f64) -> Result<Read<T>, E> {
        Ok(T::from_float(v).map_or_else(|| Read::Not(v.into()), Read::Is))
    }

    fn visit_bool<E: de::Error>(self, v: bool) -> Result<Read<T>, E> {
        Ok(Read::Not(v.into()))
    }

    fn visit_unit<E: de::Error>(self) -> Result<Read<T>, E> {
        Ok(Read::Null)
    }

    fn visit_seq<A: de::SeqAccess<'de>>(self, mut seq: A) -> Result<Read<T>, A::Error> {
        let mut values = Vec::new();
        while let Some(v) = seq.next_element()? {
            values.push(v);
        }
        Ok(T::from_sequence(values).map_or_else(Read::Not, Read::Is))
    }

    fn visit_map<A: de::MapAccess<'de>>(self, map: A) -> Result<Read<T>, A::Error> {
        Value::deserialize(de::value::MapAccessDeserializer::new(map)).map(Read::Not)
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

impl Soft for u64 {
    fn from_text(v: &str) -> Option<Self> {
        v.trim().parse().ok()
    }
    fn from_integer(v: i128) -> Option<Self> {
        v.try_into().ok()
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
        parse_time(v)
    }
    /// Epoch seconds, or milliseconds where seconds would mean a year after 5138.
    fn from_integer(v: i128) -> Option<Self> {
        let v = i64::try_from(v).ok()?;
        if v.unsigned_abs() < 100_000_000_000 {
            Utc.timestamp_opt(v, 0).single()
        } else {
            Utc.timestamp_millis_opt(v).single()
        }
    }
    fn from_float(v: f64) -> Option<Self> {
        // Microseconds are what a double of today's epoch seconds still holds.
        #[allow(clippy::cast_possible_truncation)]
        (v.abs() < 100_000_000_000.0).then(|| Utc.timestamp_micros((v * 1e6).round() as i64).single())?
    }
}

/// RFC 3339, with any number of fraction digits and a leap second. A time without offset is not a time.
pub(crate) fn parse_time(text: &str) -> Option<DateTime<Utc>> {
    whole_second(text)
        .or_else(|| DateTime::parse_from_rfc3339(text.trim()).ok().map(|t| t.with_timezone(&Utc)))
}

/// `2024-01-01T10:00:00Z`, the form of the API reference, at a tenth of the general parser's cost: two of them
/// stand in every item of a page. Anything else is `None` and left to that parser.
fn whole_second(text: &str) -> Option<DateTime<Utc>> {
    let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2, b'T', h1, h2, b':', n1, n2, b':', s1, s2, b'Z'] =
        *text.as_bytes()
    else {
        return None;
    };
    let number = |digits: [u8; 2]| {
        let [tens, ones] = digits.map(|d| u32::from(d.wrapping_sub(b'0')));
        (tens < 10 && ones < 10).then_some(tens * 10 + ones)
    };
    let year = number([y1, y2])? * 100 + number([y3, y4])?;
    let date = NaiveDate::from_ymd_opt(year.try_into().ok()?, number([m1, m2])?, number([d1, d2])?)?;
    Some(date.and_hms_opt(number([h1, h2])?, number([n1, n2])?, number([s1, s2])?)?.and_utc())
}

impl Soft for NaiveDate {
    fn from_text(v: &str) -> Option<Self> {
        // A server may send the start of the day as a time; its date is meant.
        let (date, rest) = v.trim().split_at_checked(10)?;
        let ok = rest.is_empty() || rest.starts_with(['T', ' ']);
        ok.then(|| Self::parse_from_str(date, "%Y-%m-%d").ok())?
    }
}

impl<T> Soft for Vec<T>
where
    T: de::DeserializeOwned,
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
    fn times() {
        let cases = [
            ("2024-01-01T10:00:00Z", Some("2024-01-01T10:00:00Z")),
            ("2024-01-01T10:00:00+08:00", Some("2024-01-01T02:00:00Z")),
            ("2024-01-01t10:00:00z", Some("2024-01-01T10:00:00Z")),
            ("2024-01-01T10:00:00.5Z", Some("2024-01-01T10:00:00.500Z")),
            ("2024-01-01T10:00:00.123456789012Z", Some("2024-01-01T10:00:00.123456789Z")),
            ("2024-06-30T23:59:60Z", Some("2024-06-30T23:59:60Z")),
            ("2024-01-01T10:00:00", None),
            ("2024-01-01", None),
            ("", None),
            ("soon", None),
            ("10000-01-01T00:00:00Z", None),
        ];
        for (text, want) in cases {
            let got = DateTime::<Utc>::from_text(text)
                .map(|t| t.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true));
            assert_eq!(got.as_deref(), want, "{text}");
        }
        assert_eq!(<DateTime<Utc> as Soft>::from_integer(1_704_103_200).unwrap().timestamp(), 1_704_103_200);
        assert_eq!(
            <DateTime<Utc> as Soft>::from_integer(1_704_103_200_123).unwrap().timestamp_millis(),
            1_704_103_200_123
        );
    }

    #[test]
    fn the_short_way_reads_what_the_long_way_reads() {
        for text in [
            "2024-01-01T10:00:00Z",
            "2024-02-29T23:59:59Z",
            "2023-02-29T00:00:00Z",
            "0000-01-01T00:00:00Z",
            "9999-12-31T23:59:59Z",
            "2024-13-01T10:00:00Z",
            "2024-01-32T10:00:00Z",
            "2024-01-01T24:00:00Z",
            "2024-01-01T10:60:00Z",
            "2024-06-30T23:59:60Z",
            "2024-01-01T10:00:0/Z",
            "2024-01-01T10:00:0:Z",
            "-024-01-01T10:00:00Z",
            "+024-01-01T10:00:00Z",
            "2024-01-01T10:00: 0Z",
        ] {
            let long = DateTime::parse_from_rfc3339(text).ok().map(|t| t.with_timezone(&Utc));
            assert_eq!(parse_time(text), long, "{text}");
        }
    }

    #[test]
    fn counts_never_wrap() {
        assert_eq!(u64::from_text("100"), Some(100));
        assert_eq!(u64::from_float(100.0), Some(100));
        assert_eq!(u64::from_integer(-1), None);
        assert_eq!(u64::from_float(1e300), None);
        assert_eq!(u64::from_float(1.5), None);
        assert_eq!(u64::from_text("18446744073709551616"), None);
    }
}
