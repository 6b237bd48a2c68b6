//! Times as the API reads and writes them.

use chrono::{DateTime, NaiveDate, SecondsFormat, TimeDelta, Utc};
use http::HeaderValue;
use serde::{Deserialize, Serialize};

/// The first and the last second that a world's clock can show. Outside of it HTTP has no dates, and the
/// API's format no years.
const EARLIEST: DateTime<Utc> = DateTime::UNIX_EPOCH;
const LATEST: DateTime<Utc> = match DateTime::from_timestamp(253_402_300_799, 0) {
    Some(latest) => latest,
    None => DateTime::<Utc>::MAX_UTC,
};

/// The nearest time that a clock can show.
pub(crate) fn on_the_clock(at: DateTime<Utc>) -> DateTime<Utc> {
    at.clamp(EARLIEST, LATEST)
}

/// That much later, as far as a clock can go.
pub(crate) fn later(at: DateTime<Utc>, by: TimeDelta) -> DateTime<Utc> {
    let end = if by < TimeDelta::zero() { EARLIEST } else { LATEST };
    at.checked_add_signed(by).map_or(end, on_the_clock)
}

/// Refuses times that no clock can show.
pub(crate) fn check_clock(field: &str, at: DateTime<Utc>) -> Result<(), String> {
    if at == on_the_clock(at) { Ok(()) } else { Err(format!("{field} must lie in the years 1970 to 9999")) }
}

/// The time as HTTP writes it; `None` where HTTP has no date.
pub(crate) fn http_date(at: DateTime<Utc>) -> Option<HeaderValue> {
    let at = Some(at).filter(|at| check_clock("", *at).is_ok())?;
    HeaderValue::try_from(httpdate::fmt_http_date(at.into())).ok()
}

/// How times are written in answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "snake_case")]
pub enum TimeFormat {
    /// `2024-01-01T10:00:00Z`, the form of the API's examples.
    #[default]
    Seconds,
    /// `2024-01-01T10:00:00.000Z`.
    Millis,
    /// `2024-01-01T18:00:00+08:00`.
    Offset,
    /// `1704103200`, a number.
    Epoch,
}

impl TimeFormat {
    /// The time as a JSON value.
    pub(crate) fn json(self, millis: i64) -> String {
        let at = from_millis(millis);
        match self {
            Self::Seconds => format!("\"{}\"", at.to_rfc3339_opts(SecondsFormat::Secs, true)),
            Self::Millis => format!("\"{}\"", at.to_rfc3339_opts(SecondsFormat::Millis, true)),
            Self::Offset => match chrono::FixedOffset::east_opt(8 * 3600) {
                Some(zone) => format!("\"{}\"", at.with_timezone(&zone).to_rfc3339()),
                None => format!("\"{}\"", at.to_rfc3339_opts(SecondsFormat::Secs, true)),
            },
            Self::Epoch => at.timestamp().to_string(),
        }
    }

    /// What the state keeps of `at`. Formats without fractions keep whole seconds, so that a filter on
    /// a time that a client has seen includes the item it came from.
    pub(crate) fn keep(self, at: DateTime<Utc>) -> i64 {
        match self {
            Self::Millis => at.timestamp_millis(),
            Self::Seconds | Self::Offset | Self::Epoch => at.timestamp().saturating_mul(1000),
        }
    }
}

/// The time that many milliseconds after 1970; out of range becomes the nearest bound.
pub(crate) fn from_millis(millis: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(millis).unwrap_or(if millis < 0 {
        DateTime::<Utc>::MIN_UTC
    } else {
        DateTime::<Utc>::MAX_UTC
    })
}

/// RFC 3339 with seconds and zone. Stricter than the library's parser, which takes a blank for the `T`.
pub(crate) fn parse_time(text: &str) -> Option<DateTime<Utc>> {
    if !matches!(text.as_bytes().get(10), Some(b'T' | b't')) {
        return None;
    }
    let parsed = DateTime::parse_from_rfc3339(text).ok()?;
    Some(parsed.to_utc())
}

/// A calendar date, `YYYY-MM-DD` and nothing else.
pub(crate) fn parse_date(text: &str) -> Option<NaiveDate> {
    let shaped = text.len() == 10
        && text.bytes().enumerate().all(|(at, byte)| match at {
            4 | 7 => byte == b'-',
            _ => byte.is_ascii_digit(),
        });
    if !shaped {
        return None;
    }
    NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()
}

/// A duration given in seconds, which may have a fraction; `None` when no clock could hold it.
pub(crate) fn seconds(value: f64) -> Option<TimeDelta> {
    if !value.is_finite() || value.abs() > 1e11 {
        return None;
    }
    Some(TimeDelta::milliseconds((value * 1000.0).round() as i64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_strictly() {
        for good in ["2024-01-01T10:00:00Z", "2024-01-01T18:00:00+08:00", "2024-01-01T10:00:00.123456Z"] {
            assert!(parse_time(good).is_some(), "{good}");
        }
        for bad in [
            "",
            "2024-01-01",
            "2024-01-01 10:00:00Z",
            "2024-01-01T10:00:00",
            "1704103200",
            "2024-13-01T00:00:00Z",
        ] {
            assert!(parse_time(bad).is_none(), "{bad}");
        }
        assert!(parse_date("2024-02-29").is_some());
        for bad in ["2023-02-29", "2024-1-1", "24-01-01", "2024-01-01T00:00:00Z", "+024-01-01", ""] {
            assert!(parse_date(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn times_are_written_in_each_format() {
        let millis = 1_704_103_200_250;
        assert_eq!(TimeFormat::Seconds.json(millis), "\"2024-01-01T10:00:00Z\"");
        assert_eq!(TimeFormat::Millis.json(millis), "\"2024-01-01T10:00:00.250Z\"");
        assert_eq!(TimeFormat::Epoch.json(millis), "1704103200");
        assert_eq!(TimeFormat::Offset.json(1_704_103_200_000), "\"2024-01-01T18:00:00+08:00\"");
    }
}
