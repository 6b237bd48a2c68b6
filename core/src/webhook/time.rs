//! Seconds since 1970 and back.

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
}
