//! Headers in whatever shape a framework has them.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

/// The headers of a request.
///
/// Implemented for [`http::HeaderMap`], for slices, arrays and vectors of pairs, and for maps whose values
/// are one value or several. Names are compared without regard to case, and in the form that CGI gives them
/// (`HTTP_WEBHOOK_ID`, as in WSGI's `environ` and PHP's `$_SERVER`).
///
/// ```
/// use zhifuyun::webhook::Headers;
/// fn takes(_: &impl Headers) {}
/// takes(&http::HeaderMap::new());
/// takes(&[("Webhook-Id", "msg_1")]);
/// takes(&std::collections::HashMap::from([("webhook-id".to_owned(), vec!["msg_1".to_owned()])]));
/// ```
pub trait Headers {
    /// Calls `each` with the name and the raw value of every header; a header sent twice comes twice.
    fn visit<'a>(&'a self, each: &mut dyn FnMut(&'a str, &'a [u8]));
}

/// The value of a header, or all its values where a framework collects them under one name.
pub trait HeaderValues {
    /// Calls `each` with every value.
    fn visit<'a>(&'a self, each: &mut dyn FnMut(&'a [u8]));
}

macro_rules! one_value {
    ($($type:ty => $v:ident => $bytes:expr;)+) => { $(
        impl HeaderValues for $type {
            fn visit<'a>(&'a self, each: &mut dyn FnMut(&'a [u8])) { let $v = self; each($bytes) }
        }
    )+ };
}

one_value! {
    str => v => v.as_bytes();
    String => v => v.as_bytes();
    Cow<'_, str> => v => v.as_bytes();
    [u8] => v => v;
    Vec<u8> => v => v;
    Cow<'_, [u8]> => v => v;
    http::HeaderValue => v => v.as_bytes();
}

macro_rules! many_values {
    ($($type:ty),+) => { $(
        impl HeaderValues for Vec<$type> {
            fn visit<'a>(&'a self, each: &mut dyn FnMut(&'a [u8])) {
                for value in self { each(value.as_bytes()) }
            }
        }
    )+ };
}

many_values!(String, &str, Cow<'_, str>);

impl<T: HeaderValues + ?Sized> HeaderValues for &T {
    fn visit<'a>(&'a self, each: &mut dyn FnMut(&'a [u8])) {
        (**self).visit(each);
    }
}

impl Headers for http::HeaderMap {
    fn visit<'a>(&'a self, each: &mut dyn FnMut(&'a str, &'a [u8])) {
        for (name, value) in self {
            each(name.as_str(), value.as_bytes());
        }
    }
}

impl<N: AsRef<str>, V: HeaderValues> Headers for [(N, V)] {
    fn visit<'a>(&'a self, each: &mut dyn FnMut(&'a str, &'a [u8])) {
        for (name, values) in self {
            values.visit(&mut |value| each(name.as_ref(), value));
        }
    }
}

impl<N: AsRef<str>, V: HeaderValues, const LEN: usize> Headers for [(N, V); LEN] {
    fn visit<'a>(&'a self, each: &mut dyn FnMut(&'a str, &'a [u8])) {
        self.as_slice().visit(each);
    }
}

impl<N: AsRef<str>, V: HeaderValues> Headers for Vec<(N, V)> {
    fn visit<'a>(&'a self, each: &mut dyn FnMut(&'a str, &'a [u8])) {
        self.as_slice().visit(each);
    }
}

impl<N: AsRef<str>, V: HeaderValues, S> Headers for HashMap<N, V, S> {
    fn visit<'a>(&'a self, each: &mut dyn FnMut(&'a str, &'a [u8])) {
        for (name, values) in self {
            values.visit(&mut |value| each(name.as_ref(), value));
        }
    }
}

impl<N: AsRef<str>, V: HeaderValues> Headers for BTreeMap<N, V> {
    fn visit<'a>(&'a self, each: &mut dyn FnMut(&'a str, &'a [u8])) {
        for (name, values) in self {
            values.visit(&mut |value| each(name.as_ref(), value));
        }
    }
}

impl<T: Headers + ?Sized> Headers for &T {
    fn visit<'a>(&'a self, each: &mut dyn FnMut(&'a str, &'a [u8])) {
        (**self).visit(each);
    }
}

/// Whether `given` is the header `wanted`.
pub(super) fn same_name(wanted: &str, given: &str) -> bool {
    if wanted.len() == given.len() {
        return given.eq_ignore_ascii_case(wanted);
    }
    // CGI (RFC 3875, section 4.1.18): upper case, `-` as `_`, and `HTTP_` before it.
    let Some((prefix, rest)) = given.split_at_checked(5) else { return false };
    prefix.eq_ignore_ascii_case("http_")
        && rest.len() == wanted.len()
        && rest.bytes().zip(wanted.bytes()).all(|(r, w)| match w {
            b'-' => matches!(r, b'_' | b'-'),
            _ => r.eq_ignore_ascii_case(&w),
        })
}

/// What was found of one header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Found<'a> {
    Nothing,
    Value(&'a [u8]),
    Conflict,
}

impl<'a> Found<'a> {
    /// Notes one more value. The same value twice does no harm; two values leave open which one is meant, and
    /// an attacker's guess about it may be better than ours.
    pub(super) fn add(&mut self, value: &'a [u8]) {
        let value = trim(value);
        *self = match *self {
            Self::Nothing => Self::Value(value),
            Self::Value(old) if old == value => Self::Value(old),
            _ => Self::Conflict,
        };
    }
}

/// White space around a value is not part of it (RFC 9110, section 5.5).
fn trim(mut value: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = value {
        value = rest;
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        let cases = [
            ("webhook-id", true),
            ("Webhook-Id", true),
            ("WEBHOOK-ID", true),
            ("HTTP_WEBHOOK_ID", true),
            ("http_webhook_id", true),
            ("HTTP_WEBHOOK-ID", true),
            ("webhook_id", false),
            ("WEBHOOK_ID", false),
            ("HTTPS_WEBHOOK_ID", false),
            ("HTTP_", false),
            ("X-HTTP_WEBHOOK_ID", false),
            ("", false),
            ("网", false),
            ("网络网络hook-id", false),
        ];
        for (given, want) in cases {
            assert_eq!(same_name("webhook-id", given), want, "{given}");
        }
    }

    #[test]
    fn values() {
        let mut found = Found::Nothing;
        found.add(b" a\t");
        assert_eq!(found, Found::Value(b"a"));
        found.add(b"a");
        assert_eq!(found, Found::Value(b"a"));
        found.add(b"b");
        assert_eq!(found, Found::Conflict);
        found.add(b"a");
        assert_eq!(found, Found::Conflict);
        assert_eq!(trim(b" \t "), b"");
    }

    #[test]
    fn every_shape_of_headers() {
        fn seen(headers: &(impl Headers + ?Sized)) -> Vec<(String, String)> {
            let mut all = Vec::new();
            headers.visit(&mut |n, v| all.push((n.to_owned(), String::from_utf8_lossy(v).into_owned())));
            all
        }
        let want = vec![("a".to_owned(), "1".to_owned()), ("a".to_owned(), "2".to_owned())];
        let mut map = http::HeaderMap::new();
        map.append("a", http::HeaderValue::from_static("1"));
        map.append("a", http::HeaderValue::from_static("2"));
        assert_eq!(seen(&map), want);
        assert_eq!(seen(&[("a", "1"), ("a", "2")]), want);
        assert_eq!(seen(&vec![("a".to_owned(), b"1".to_vec()), ("a".to_owned(), b"2".to_vec())]), want);
        assert_eq!(seen(&[("a", Cow::Borrowed("1")), ("a", Cow::Owned("2".to_owned()))][..]), want);
        assert_eq!(seen(&HashMap::from([("a", vec!["1", "2"])])), want);
        assert_eq!(seen(&BTreeMap::from([("a".to_owned(), vec!["1".to_owned(), "2".to_owned()])])), want);
    }
}
