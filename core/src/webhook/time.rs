//! Seconds since 1970 and back.

use crate::models::parse_time;
use chrono::{DateTime, TimeZone, Utc};
use serde_json::Value;
use std::time::{Duration, SystemTime};

/// Whole seconds since 1970, rounded down, also before it.
pub(super) fn epoch_seconds(time: SystemTime) -> i64 {
    match time.duration_since(SystemTime::UNIX_EPOCH) {
        Ok(after) => i64::try_from(after.as_secs()).unwrap_or(i64::MAX),
        Err(before) => {
            let before = before.duration();
            let whole = before.as_secs() + u64::from(before.subsec_nanos() > 0);
            i64::try_from(whole).map_or(i64::MIN, |s| -s)
        }
    }
}

/// A tolerance in whole seconds: timestamps have no fraction, so neither has the comparison.
pub(super) fn whole_seconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_secs()).unwrap_or(i64::MAX)
}

/// An instant in a body: RFC 3339, or epoch seconds (milliseconds where seconds would mean a year after 5138).
/// A time without an offset is not an instant.
pub(super) fn instant(value: &Value) -> Option<DateTime<Utc>> {
    match value {
        Value::String(text) => parse_time(text),
        Value::Number(number) => {
            let v = number.as_i64()?;
            if v.unsigned_abs() < 100_000_000_000 {
                Utc.timestamp_opt(v, 0).single()
            } else {
                Utc.timestamp_millis_opt(v).single()
            }
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds() {
        let at = |ms: i64| {
            let d = Duration::from_millis(ms.unsigned_abs());
            if ms < 0 { SystemTime::UNIX_EPOCH - d } else { SystemTime::UNIX_EPOCH + d }
        };
        for (ms, want) in [(0, 0), (999, 0), (1000, 1), (-1, -1), (-1000, -1), (-1001, -2)] {
            assert_eq!(epoch_seconds(at(ms)), want, "{ms}");
        }
    }

    #[test]
    fn instants() {
        let cases = [
            (serde_json::json!("2024-01-01T10:00:00Z"), Some(1_704_103_200)),
            (serde_json::json!("2024-01-01T18:00:00+08:00"), Some(1_704_103_200)),
            (serde_json::json!(1_704_103_200), Some(1_704_103_200)),
            (serde_json::json!(1_704_103_200_000_i64), Some(1_704_103_200)),
            (serde_json::json!("2024-01-01T10:00:00"), None),
            (serde_json::json!(i64::MAX), None),
            (serde_json::json!(1.5), None),
            (serde_json::json!(true), None),
        ];
        for (value, want) in cases {
            assert_eq!(instant(&value).map(|t| t.timestamp()), want, "{value}");
        }
    }
}
