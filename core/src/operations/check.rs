//! Rules that arguments must keep before anything is sent.

use crate::error::{Error, Result};
use crate::models::YEARS;
use chrono::{DateTime, Datelike, SecondsFormat, Utc};

/// The server's page size when none is asked for (API reference, "获取对话列表").
pub(crate) const DEFAULT_LIMIT: u64 = 20;
/// The largest page (API reference, "获取对话列表").
pub(crate) const MAX_LIMIT: i64 = 100;
/// Ids go into the URL; longer ones are refused by many servers anyway.
const MAX_ID_BYTES: usize = 256;

pub(crate) fn page(page: Option<i64>) -> Result<()> {
    match page {
        Some(n) if !(1..=i64::from(u32::MAX)).contains(&n) => {
            Err(Error::invalid_argument("page", format!("page must be a whole number from 1, not {n}")))
        }
        _ => Ok(()),
    }
}

pub(crate) fn limit(limit: Option<i64>) -> Result<()> {
    match limit {
        Some(n) if !(1..=MAX_LIMIT).contains(&n) => Err(Error::invalid_argument(
            "limit",
            format!("limit must be a whole number from 1 to {MAX_LIMIT}, not {n}"),
        )),
        _ => Ok(()),
    }
}

/// An id becomes one segment of the path. `.` and `..` would climb out of it: `GET /v1/conversations/..` lists.
pub(crate) fn id(name: &'static str, id: &str) -> Result<()> {
    let problem = if id.is_empty() {
        "must not be empty"
    } else if id == "." || id == ".." {
        "must not be . or .., which would name another path"
    } else if id.len() > MAX_ID_BYTES {
        "must not be longer than 256 bytes"
    } else if id.chars().any(char::is_control) {
        "must not contain control characters"
    } else {
        return Ok(());
    };
    Err(Error::invalid_argument(name, format!("{name} {problem}")))
}

/// Text that makes no sense when it is empty.
pub(crate) fn not_empty(name: &'static str, text: &str) -> Result<()> {
    if text.is_empty() {
        return Err(Error::invalid_argument(name, format!("{name} must not be empty")));
    }
    Ok(())
}

/// Times or dates from one to the other.
pub(crate) fn period<T: PartialOrd + Datelike>(
    start: (&'static str, Option<&T>),
    end: (&'static str, Option<&T>),
) -> Result<()> {
    year(start.0, start.1)?;
    year(end.0, end.1)?;
    match (start.1, end.1) {
        (Some(s), Some(e)) if s > e => Err(Error::invalid_argument(
            start.0,
            format!("{} must not be after {}; swap them", start.0, end.0),
        )),
        _ => Ok(()),
    }
}

/// RFC 3339 has four digits for the year.
fn year<T: Datelike>(name: &'static str, time: Option<&T>) -> Result<()> {
    match time {
        Some(time) if !YEARS.contains(&time.year()) => {
            Err(Error::invalid_argument(name, format!("{name} must lie in the years 1 to 9999")))
        }
        _ => Ok(()),
    }
}

/// As it goes to the server.
pub(crate) fn rfc3339(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids() {
        for good in ["conv_001", "a/b", "a?b", "../x", "...", "%2e%2e", "对话", " "] {
            id("id", good).unwrap();
        }
        for bad in ["", ".", "..", "a\nb", "a\0b", &"x".repeat(257)] {
            assert!(id("id", bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn years() {
        let day = |year| chrono::NaiveDate::from_ymd_opt(year, 1, 1).unwrap();
        let from = |start: chrono::NaiveDate| period(("start", Some(&start)), ("end", Some(&day(9999))));
        from(day(1)).unwrap();
        for year in [0, -1, 10_000] {
            assert_eq!(from(day(year)).unwrap_err().argument(), Some("start"));
        }
        let time = |t: DateTime<Utc>| period(("start", None), ("end", Some(&t)));
        for bad in [DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC] {
            assert_eq!(time(bad).unwrap_err().argument(), Some("end"));
        }
    }

    #[test]
    fn pages_and_limits() {
        for good in [None, Some(1), Some(100)] {
            limit(good).unwrap();
            page(good).unwrap();
        }
        for bad in [0, -1, 101, i64::MAX, i64::MIN] {
            assert!(limit(Some(bad)).is_err());
        }
        for bad in [0, -1, i64::MAX] {
            assert!(page(Some(bad)).is_err());
        }
    }
}
