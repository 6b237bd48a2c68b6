//! Instants, in every spelling that a server may choose.

use chrono::{DateTime, Datelike as _, NaiveDate, TimeZone as _, Utc};
use serde_json::Value;
use std::ops::RangeInclusive;

/// The years that every language has.
pub(crate) const YEARS: RangeInclusive<i32> = 1..=9999;
/// From here on a number is milliseconds: as seconds it would mean a year after 5138.
const MILLISECONDS: f64 = 100_000_000_000.0;

/// An instant in any JSON value.
pub(crate) fn instant(value: &Value) -> Option<DateTime<Utc>> {
    match value {
        Value::String(text) => of_text(text),
        Value::Number(n) => n.as_i64().map_or_else(|| of_float(n.as_f64()?), |v| of_integer(v.into())),
        _ => None,
    }
}

/// ISO 8601 with an offset, or the digits of epoch seconds (10) or milliseconds (13). A time without an offset is
/// not an instant.
pub(super) fn of_text(text: &str) -> Option<DateTime<Utc>> {
    whole_second(text).or_else(|| match epoch(text.trim()) {
        Some(number) => of_integer(number),
        None => within(DateTime::parse_from_rfc3339(&rfc3339(text.trim())?).ok()?.with_timezone(&Utc)),
    })
}

/// Epoch seconds or milliseconds.
pub(super) fn of_integer(v: i128) -> Option<DateTime<Utc>> {
    let v = i64::try_from(v).ok()?;
    #[allow(clippy::cast_precision_loss)]
    let seconds = (v as f64).abs() < MILLISECONDS;
    let time = if seconds { Utc.timestamp_opt(v, 0) } else { Utc.timestamp_millis_opt(v) };
    within(time.single()?)
}

/// The same with a fraction, to the microsecond: that is what a double of today's epoch seconds still holds.
pub(super) fn of_float(v: f64) -> Option<DateTime<Utc>> {
    let micros = v * if v.abs() < MILLISECONDS { 1e6 } else { 1e3 };
    // Saturates; what is too large is no year that exists.
    #[allow(clippy::cast_possible_truncation)]
    within(Utc.timestamp_micros(micros.round() as i64).single()?)
}

fn within(time: DateTime<Utc>) -> Option<DateTime<Utc>> {
    YEARS.contains(&time.year()).then_some(time)
}

fn epoch(text: &str) -> Option<i128> {
    let digits = matches!(text.len(), 10 | 13) && text.bytes().all(|b| b.is_ascii_digit());
    if digits { text.parse().ok() } else { None }
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
    let year = i32::try_from(number([y1, y2])? * 100 + number([y3, y4])?).ok()?;
    let date = NaiveDate::from_ymd_opt(year, number([m1, m2])?, number([d1, d2])?)?;
    let time = date.and_hms_opt(number([h1, h2])?, number([n1, n2])?, number([s1, s2])?)?;
    YEARS.contains(&year).then(|| time.and_utc())
}

/// The spellings of ISO 8601 that are common and not RFC 3339, as RFC 3339: a space for the `T`, no seconds, a comma
/// before the fraction, a space before the offset, `+0800`, `+08`.
fn rfc3339(text: &str) -> Option<String> {
    let (date, rest) = text.split_at_checked(10)?;
    let rest = rest.strip_prefix(['T', 't', ' '])?;
    let (clock, offset) = rest.split_at(rest.find(['Z', 'z', '+', '-'])?);
    let clock = clock.trim_end_matches(' ').replace(',', ".");
    let seconds = if clock.len() == 5 { ":00" } else { "" };
    let offset = match (offset.len(), offset.split_at_checked(3)) {
        (3, _) => format!("{offset}:00"),
        (5, Some((hours, minutes))) => format!("{hours}:{minutes}"),
        _ => offset.to_owned(),
    };
    Some(format!("{date}T{clock}{seconds}{offset}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::SecondsFormat;
    use serde_json::json;

    fn shown(value: &Value) -> Option<String> {
        instant(value).map(|t| t.to_rfc3339_opts(SecondsFormat::AutoSi, true))
    }

    #[test]
    fn texts() {
        for (text, want) in [
            ("2024-01-01T10:00:00Z", Some("2024-01-01T10:00:00Z")),
            ("2024-01-01T10:00:00+08:00", Some("2024-01-01T02:00:00Z")),
            ("2024-01-01T10:00:00+0800", Some("2024-01-01T02:00:00Z")),
            ("2024-01-01T10:00:00-08", Some("2024-01-01T18:00:00Z")),
            ("2024-01-01 10:00:00 +0800", Some("2024-01-01T02:00:00Z")),
            ("2024-01-01t10:00:00z", Some("2024-01-01T10:00:00Z")),
            ("2024-01-01T10:00Z", Some("2024-01-01T10:00:00Z")),
            ("2024-01-01T10:00+08", Some("2024-01-01T02:00:00Z")),
            ("2024-01-01T10:00:00.5Z", Some("2024-01-01T10:00:00.500Z")),
            ("2024-01-01T10:00:00,5Z", Some("2024-01-01T10:00:00.500Z")),
            ("2024-01-01T10:00:00.123456789012Z", Some("2024-01-01T10:00:00.123456789Z")),
            ("2024-06-30T23:59:60Z", Some("2024-06-30T23:59:60Z")),
            ("1704103200", Some("2024-01-01T10:00:00Z")),
            ("1704103200123", Some("2024-01-01T10:00:00.123Z")),
            ("0001-01-01T00:00:00Z", Some("0001-01-01T00:00:00Z")),
            ("9999-12-31T23:59:59Z", Some("9999-12-31T23:59:59Z")),
            ("0000-01-01T00:00:00Z", None),
            ("0001-01-01T00:00:00+08:00", None),
            ("9999-12-31T23:59:59-08:00", None),
            ("10000-01-01T00:00:00Z", None),
            ("2024-01-01T10:00:00", None),
            ("2024-01-01T10:00:00.Z", None),
            ("2024-01-01T10:00:00+08:", None),
            ("2024-01-01T10:00:00+24:00", None),
            ("2024-01-01T10Z", None),
            ("2024-01-01T24:00:00Z", None),
            ("2024-01-01", None),
            ("20240101", None),
            ("170410320012", None),
            ("17041032００", None),
            ("", None),
            ("soon", None),
        ] {
            assert_eq!(shown(&json!(text)).as_deref(), want, "{text}");
        }
    }

    #[test]
    fn numbers() {
        for (number, want) in [
            (json!(0), Some("1970-01-01T00:00:00Z")),
            (json!(-1), Some("1969-12-31T23:59:59Z")),
            (json!(1_704_103_200), Some("2024-01-01T10:00:00Z")),
            (json!(1_704_103_200_123_i64), Some("2024-01-01T10:00:00.123Z")),
            (json!(1_704_103_200.5), Some("2024-01-01T10:00:00.500Z")),
            (json!(1_704_103_200_123.5), Some("2024-01-01T10:00:00.123500Z")),
            // Microseconds: as milliseconds the year 55970.
            (json!(1_704_103_200_123_456_i64), None),
            (json!(i64::MAX), None),
            (json!(u64::MAX), None),
            (json!(1e300), None),
            (json!(true), None),
            (json!(null), None),
        ] {
            assert_eq!(shown(&number).as_deref(), want, "{number}");
        }
    }

    #[test]
    fn the_short_way_reads_what_the_long_way_reads() {
        for text in [
            "2024-01-01T10:00:00Z",
            "2024-02-29T23:59:59Z",
            "2023-02-29T00:00:00Z",
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
            assert_eq!(of_text(text), long, "{text}");
        }
    }
}
