//! `Retry-After`, as servers really send it.
//!
//! The API document says only that a refused request "has to wait before it is retried". RFC 9110, 10.2.3
//! allows whole seconds or an HTTP-date; fractions are common in the wild.

use std::time::{Duration, SystemTime};

/// The longest wait that is reported: some 136 years. What is sensible is for the caller to say; this only
/// keeps later arithmetic from overflowing.
pub const MAX: Duration = Duration::from_secs(u32::MAX as u64);

/// How long the server wants the client to wait; `None` if no value says so in a way that can be understood.
///
/// - `values`: all `Retry-After` field values in order. The first valid one wins. A list such as `3, 5` is
///   not a valid value by the RFC, but proxies join repeated fields this way, so its members are looked at in
///   order too.
/// - `date`: the `Date` field of the same answer. A date in `Retry-After` is relative to it, so that a skewed
///   clock on either side does no harm.
/// - `wall_now`: the wall clock, for a date in an answer without a usable `Date`.
///
/// A time that has passed is zero, a huge one is [`MAX`].
pub fn parse<'a>(
    values: impl Iterator<Item = &'a [u8]>,
    date: Option<&[u8]>,
    wall_now: SystemTime,
) -> Option<Duration> {
    let reference = || date.and_then(text).and_then(http_date).unwrap_or(wall_now);
    values.filter_map(text).find_map(|value| {
        seconds(value).or_else(|| {
            if let Some(at) = http_date(value) {
                return Some(at.duration_since(reference()).unwrap_or_default().min(MAX));
            }
            value.split(',').find_map(|member| seconds(member.trim()))
        })
    })
}

fn text(value: &[u8]) -> Option<&str> {
    std::str::from_utf8(value).ok().map(str::trim)
}

/// Digits, at most one point, nothing else: no sign, no exponent, no `inf`.
fn seconds(value: &str) -> Option<Duration> {
    let (whole, fraction) = value.split_once('.').unwrap_or((value, ""));
    let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || !digits(whole) || !digits(fraction) || value.ends_with('.') {
        return None;
    }
    // Only an overflow is left as a reason to fail.
    let whole = whole.parse::<u64>().unwrap_or(u64::MAX);
    let mut nanos = 0_u32;
    let mut unit = 100_000_000_u32;
    for digit in fraction.bytes().take(9) {
        nanos += u32::from(digit.saturating_sub(b'0')) * unit;
        unit /= 10;
    }
    Some(Duration::from_secs(whole).saturating_add(Duration::from_nanos(nanos.into())).min(MAX))
}

/// IMF-fixdate, RFC 850 or asctime.
fn http_date(value: &str) -> Option<SystemTime> {
    // All three forms begin with a weekday; this keeps "2026" and the like from being read as anything.
    value.bytes().next().filter(u8::is_ascii_alphabetic)?;
    httpdate::parse_http_date(value).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sun, 06 Nov 1994 08:49:37 GMT
    const T: u64 = 784_111_777;

    fn at(unix: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(unix)
    }

    fn ms(value: &[&str], date: Option<&str>, wall: u64) -> Option<u128> {
        parse(value.iter().map(|v| v.as_bytes()), date.map(str::as_bytes), at(wall)).map(|d| d.as_millis())
    }

    #[test]
    fn l1_seconds() {
        let max = Some(MAX.as_millis());
        let table: &[(&[&str], Option<u128>)] = &[
            (&["1"], Some(1_000)),
            (&["0"], Some(0)),
            (&["007"], Some(7_000)),
            (&[" 12 "], Some(12_000)),
            (&["1.5"], Some(1_500)),
            (&["0.001"], Some(1)),
            (&["1.99999999999999999999"], Some(1_999)),
            (&["4294967295"], max),
            (&["99999999999999999999"], max),
            (&["99999999999999999999.9"], max),
            (&["18446744073709551615.999"], max),
            (&["3, 5"], Some(3_000)),
            (&["abc, 5"], Some(5_000)),
            (&["3", "5"], Some(3_000)),
            (&["abc", "5"], Some(5_000)),
            (&["-5", "", "7"], Some(7_000)),
            (&[], None),
            (&[""], None),
            (&[" "], None),
            (&["abc"], None),
            (&["inf"], None),
            (&["nan"], None),
            (&["-5"], None),
            (&["+5"], None),
            (&["1e3"], None),
            (&["5."], None),
            (&[".5"], None),
            (&["."], None),
            (&["1.2.3"], None),
            (&["0x10"], None),
            (&["5s"], None),
            (&["５"], None),
            (&[","], None),
        ];
        for (value, want) in table {
            assert_eq!(ms(value, None, T), *want, "{value:?}");
        }
        assert_eq!(
            parse([b"\xff\xfe".as_slice(), b"2"].into_iter(), None, at(T)),
            Some(Duration::from_secs(2))
        );
    }

    #[test]
    fn l2_dates() {
        let skewed = T + 7_200;
        let date = Some("Sun, 06 Nov 1994 08:49:37 GMT");
        let table: &[(&str, Option<&str>, u64, Option<u128>)] = &[
            // Without `Date`: against our own clock.
            ("Sun, 06 Nov 1994 08:50:37 GMT", None, T, Some(60_000)),
            ("Sunday, 06-Nov-94 08:50:37 GMT", None, T, Some(60_000)),
            ("Sun Nov  6 08:50:37 1994", None, T, Some(60_000)),
            ("Sun, 06 Nov 1994 08:49:37 GMT", None, T, Some(0)),
            ("Sun, 06 Nov 1994 08:49:36 GMT", None, T, Some(0)),
            // With it: our own clock, off by two hours, does not matter.
            ("Sun, 06 Nov 1994 08:50:37 GMT", date, skewed, Some(60_000)),
            ("Sun, 06 Nov 1994 08:50:37 GMT", Some("Sunday, 06-Nov-94 08:49:37 GMT"), skewed, Some(60_000)),
            ("Sun, 06 Nov 1994 08:40:00 GMT", date, 0, Some(0)),
            // An unusable `Date` is as good as none.
            ("Sun, 06 Nov 1994 08:50:37 GMT", Some("yesterday"), T, Some(60_000)),
            ("Sun, 06 Nov 1994 08:50:37 GMT", Some(""), T, Some(60_000)),
            ("Fri, 31 Dec 9999 23:59:59 GMT", date, T, Some(MAX.as_millis())),
            ("Fri, 31 Dec 100000 23:59:59 GMT", date, T, None),
            ("Sun, 99 Nov 1994 08:49:37 GMT", date, T, None),
            ("Sun, 06 Nov 1994", date, T, None),
            ("1994-11-06T08:50:37Z", date, T, None),
            ("tomorrow", date, T, None),
        ];
        for (value, date, wall, want) in table {
            assert_eq!(ms(&[value], *date, *wall), *want, "{value:?} {date:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn never_panics(
            values: Vec<Vec<u8>>,
            numbers in "[-+0-9., aGMT:eE]{0,40}",
            date: Option<Vec<u8>>,
            wall in 0..u64::from(u32::MAX),
        ) {
            let values = values.iter().map(Vec::as_slice).chain([numbers.as_bytes()]);
            if let Some(wait) = parse(values, date.as_deref(), at(wall)) {
                assert!(wait <= MAX);
            }
        }
    }
}
