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
    let text: &[u8; 20] = text.as_bytes().try_into().ok()?;
    let (start, rest) = text.split_first_chunk()?;
    let [century, _, year, _, _, month, _, _] = numbers(start, b"0000-00-")?;
    let [day, _, _, hour, _, _, minute, _] = numbers(rest.first_chunk()?, b"00T00:00")?;
    let [_, _, _, _, _, second, _, _] = numbers(rest.last_chunk()?, b"0:00:00Z")?;
    let year = i32::from(century) * 100 + i32::from(year);
    let date = NaiveDate::from_ymd_opt(year, month.into(), day.into())?;
    let time = date.and_hms_opt(hour.into(), minute.into(), second.into())?;
    YEARS.contains(&year).then(|| time.and_utc())
}

/// Text of a form in which every `0` stands for a digit: in the place of each digit the number that it and the next
/// one make. The eight bytes are one integer here, so that one operation does for all of them.
fn numbers(text: &[u8; 8], form: &[u8; 8]) -> Option<[u8; 8]> {
    // What is as it should be becomes 0 to 9 where the form has a digit, and 0 elsewhere ...
    let digits = u64::from_le_bytes(*text) ^ u64::from_le_bytes(*form);
    // ... and this sets the top bit of the first byte that is more, unless it is set already.
    let spare = u64::from_le_bytes(form.map(|byte| if byte == b'0' { 0x7f - 9 } else { 0x7f }));
    if (digits | digits.wrapping_add(spare)) & 0x8080_8080_8080_8080 != 0 {
        return None;
    }
    Some((digits * 10 + (digits >> 8)).to_le_bytes())
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

    #[test]
    fn the_short_way_reads_nothing_else() {
        for (at, byte) in (0..20).flat_map(|at| (0..128_u8).map(move |byte| (at, byte))) {
            let mut bytes = *b"2024-01-01T10:00:00Z";
            bytes[at] = byte;
            let text = std::str::from_utf8(&bytes).unwrap();
            // The general parser also takes another `T` and `Z`, the year 0 and the 60th second.
            let usual = bytes[10] == b'T' && bytes[19] == b'Z' && bytes[17] != b'6';
            let long = DateTime::parse_from_rfc3339(text).ok().and_then(|t| within(t.with_timezone(&Utc)));
            assert_eq!(whole_second(text), long.filter(|_| usual), "{text}");
        }
        for text in [
            "",
            "2024-01-01T10:00:00",
            "2024-01-01T10:00:00.Z",
            "2024-01-01T10:00:0\u{e9}",
            "é024-01-01T10:00:0Z",
        ] {
            assert_eq!(whole_second(text), None, "{text}");
        }
    }
}
