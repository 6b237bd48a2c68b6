//! Success or failure, read from the HTTP status and the envelope together.
//!
//! The rules are in docs/assumptions.md, "success": HTTP 2xx and an envelope code that is absent, 0 or 2xx. An
//! HTTP error outranks the body; an HTTP success with an error code is that error.

use crate::error::{Error, ErrorKind, FieldError, Reason, Result};
use crate::models::{Extra, Key};
use crate::transport::HttpResponse;
use http::HeaderMap;
use http::header::CONTENT_TYPE;
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

/// How much of a body an error shows.
const EXCERPT: usize = 512;

/// What the answer says before its data is decoded. The body is parsed once.
#[derive(Debug)]
pub(crate) struct Verdict {
    /// The status that counts: HTTP's, unless the envelope of an HTTP success carries an error.
    pub(crate) status: u16,
    pub(crate) code: Option<i64>,
    found: Found,
}

/// What the body is.
#[derive(Debug)]
enum Found {
    /// An envelope, whose `data` is this piece of the body.
    Data(Range<usize>),
    /// A JSON object without `data`.
    Bare,
    Empty,
    NotUtf8,
    /// JSON that ends too early.
    Cut(String),
    NotJson(String),
}

/// The two fields that matter. Of a repeated name the last one counts, as everywhere in this crate.
#[derive(Default)]
struct Wire<'a> {
    code: Option<&'a RawValue>,
    data: Option<&'a RawValue>,
}

impl<'de> Deserialize<'de> for Wire<'de> {
    fn deserialize<D: Deserializer<'de>>(d: D) -> std::result::Result<Self, D::Error> {
        d.deserialize_map(WireVisitor)
    }
}

struct WireVisitor;

impl<'de> Visitor<'de> for WireVisitor {
    type Value = Wire<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> std::result::Result<Wire<'de>, A::Error> {
        let mut wire = Wire::default();
        while let Some(key) = map.next_key::<Key<'de>>()? {
            match key.as_str() {
                "code" => wire.code = map.next_value()?,
                "data" => wire.data = map.next_value()?,
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(wire)
    }
}

/// Everything an error might be described with. Read only when it is needed.
#[derive(Default)]
struct Rest {
    fields: Extra,
}

/// `200`, `200.0`, `2e2` and `"200"` are the same code. Anything else is no code.
fn integral(raw: &str) -> Option<i64> {
    let text = raw.trim_matches('"').trim();
    if let Ok(n) = text.parse::<i64>() {
        return Some(n);
    }
    let f: f64 = text.parse().ok()?;
    // Exact: the bound is far below where doubles lose integers.
    #[allow(clippy::cast_possible_truncation)]
    (f.fract() == 0.0 && f.abs() < 1e15).then_some(f as i64)
}

/// The HTTP status that a code of the envelope stands for: five-digit codes fall to their first three digits.
pub(crate) fn status_of(code: i64) -> u16 {
    let mut c = code.unsigned_abs();
    while c >= 1000 {
        c /= 10;
    }
    u16::try_from(c).unwrap_or(u16::MAX)
}

fn is_success(code: i64) -> bool {
    code == 0 || (200..300).contains(&status_of(code))
}

/// The body as text: UTF-8, without the byte order mark that some gateways add.
///
/// Chinese text costs the standard library's check as much as the rest of the decoding.
pub(crate) fn text(body: &[u8]) -> Option<&str> {
    simdutf8::basic::from_utf8(body).ok().map(|t| t.strip_prefix('\u{feff}').unwrap_or(t))
}

/// Status first, then the envelope.
pub(crate) fn judge(response: &HttpResponse) -> Verdict {
    let (code, found) = look(&response.body);
    let http_ok = (200..300).contains(&response.status);
    let status = match code {
        Some(c) if http_ok && !is_success(c) => status_of(c),
        _ => response.status,
    };
    Verdict { status, code, found }
}

fn look(body: &[u8]) -> (Option<i64>, Found) {
    if body.iter().all(u8::is_ascii_whitespace) {
        return (None, Found::Empty);
    }
    let Some(text) = text(body) else { return (None, Found::NotUtf8) };
    match serde_json::from_str::<Wire<'_>>(text) {
        Ok(wire) => {
            let code = wire.code.and_then(|raw| integral(raw.get()));
            let data = wire.data.map(RawValue::get).filter(|t| *t != "null");
            (code, data.map_or(Found::Bare, |d| Found::Data(place(body, d))))
        }
        Err(e) => {
            let at = format!("line {} column {}", e.line(), e.column());
            (None, if e.is_eof() { Found::Cut(at) } else { Found::NotJson(at) })
        }
    }
}

/// Where a piece of the body lies in it.
fn place(body: &[u8], piece: &str) -> Range<usize> {
    let start = (piece.as_ptr() as usize).saturating_sub(body.as_ptr() as usize);
    start..start + piece.len()
}

/// The kind that a failing status belongs to.
pub(crate) fn kind_of(status: u16) -> ErrorKind {
    match status {
        400 => ErrorKind::BadRequest,
        401 => ErrorKind::Authentication,
        403 => ErrorKind::PermissionDenied,
        404 => ErrorKind::NotFound,
        429 => ErrorKind::RateLimit,
        500..=599 => ErrorKind::Server,
        _ => ErrorKind::Api,
    }
}

/// The error that a failing answer stands for.
pub(crate) fn error(response: &HttpResponse, verdict: &Verdict) -> Error {
    let status = verdict.status;
    let fields = text(&response.body).and_then(|t| serde_json::from_str(t).ok()).unwrap_or_default();
    let rest = Rest { fields };
    let (reason, message) = if (300..400).contains(&status) && response.status == status {
        let to = redirect_host(&response.headers);
        (
            Reason::UnexpectedRedirect,
            format!(
                "the server redirects{to}; redirects are never followed, because \
            they would carry the credentials along: check base_url"
            ),
        )
    } else if status == 407 {
        (Reason::Proxy, "the proxy wants other credentials; check the proxy option".to_owned())
    } else {
        (Reason::ErrorStatus, rest.message().unwrap_or_else(|| described(status, response)))
    };
    let kind = if status == 407 { ErrorKind::Connection } else { kind_of(status) };
    Error::new(kind, reason, message)
        .with_http_status(Some(response.status))
        .with_code(verdict.code)
        .with_fields(rest.field_errors())
}

fn redirect_host(headers: &HeaderMap) -> String {
    let host = headers
        .get(http::header::LOCATION)
        .and_then(|v| std::str::from_utf8(v.as_bytes()).ok())
        .and_then(|v| url::Url::parse(v).ok())
        .and_then(|u| u.host_str().map(str::to_owned));
    host.map_or_else(String::new, |h| format!(" to {h}"))
}

/// A sentence for an answer that brings none of its own.
fn described(status: u16, response: &HttpResponse) -> String {
    let excerpt = excerpt(&response.body);
    let what = match status {
        400 => "the server did not accept the parameters",
        401 => "the server did not accept the token",
        403 => "this key may not do that; check its permissions in the console",
        404 => "there is no such resource",
        429 => "too many requests",
        500..=599 => "the server failed",
        _ => "the server refused",
    };
    if excerpt.is_empty() { what.to_owned() } else { format!("{what}: {excerpt}") }
}

impl Rest {
    /// The server's words, from whichever field it puts them into.
    fn message(&self) -> Option<String> {
        let words = |v: &Value| match v {
            Value::String(s) if !s.trim().is_empty() => Some(clean(s)),
            Value::Object(o) => o.get("message").or_else(|| o.get("msg")).and_then(Value::as_str).map(clean),
            Value::Array(list) => {
                let parts: Vec<_> = list.iter().filter_map(one_of_list).collect();
                (!parts.is_empty()).then(|| parts.join("; "))
            }
            _ => None,
        };
        ["message", "msg", "error_description", "error", "errors"]
            .iter()
            .find_map(|name| self.fields.get(*name).and_then(words))
            .map(|m| cut(&m).into_owned())
    }

    fn field_errors(&self) -> Vec<FieldError> {
        let Some(Value::Array(list)) = self.fields.get("errors") else { return Vec::new() };
        let read = |v: &Value| {
            let field = v.get("field").or_else(|| v.get("param"))?.as_str()?;
            let message =
                v.get("message").or_else(|| v.get("msg")).and_then(Value::as_str).unwrap_or_default();
            Some(FieldError { field: clean(field), message: clean(message) })
        };
        list.iter().take(50).filter_map(read).collect()
    }
}

fn one_of_list(v: &Value) -> Option<String> {
    match v {
        Value::String(s) => Some(clean(s)),
        Value::Object(o) => {
            let message = o.get("message").or_else(|| o.get("msg")).and_then(Value::as_str)?;
            let field = o.get("field").and_then(Value::as_str);
            Some(field.map_or_else(|| clean(message), |f| format!("{}: {}", clean(f), clean(message))))
        }
        _ => None,
    }
}

/// One line of printable text.
fn clean(text: &str) -> String {
    let spaced: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    spaced.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn cut(text: &str) -> Cow<'_, str> {
    if text.len() <= EXCERPT {
        return Cow::Borrowed(text);
    }
    let end = (0..=EXCERPT).rev().find(|i| text.is_char_boundary(*i)).unwrap_or(0);
    Cow::Owned(format!("{}…", text.get(..end).unwrap_or_default()))
}

/// The beginning of a body that is no envelope, fit for an error message: markup and control characters gone.
pub(crate) fn excerpt(body: &[u8]) -> String {
    let head = body.get(..body.len().min(4 * EXCERPT)).unwrap_or_default();
    let text = String::from_utf8_lossy(head);
    let mut plain = String::with_capacity(text.len());
    let mut in_tag = false;
    for c in text.chars() {
        match c {
            '<' => in_tag = true,
            '>' if in_tag => {
                in_tag = false;
                plain.push(' ');
            }
            _ if in_tag => {}
            c => plain.push(c),
        }
    }
    cut(&clean(&plain)).into_owned()
}

/// Where the JSON that a success carries lies in the body, ready for the model's decoder.
///
/// An answer without envelope is taken as the data itself only where `bare` allows it (the token endpoint).
pub(crate) fn success_data(response: &HttpResponse, verdict: &Verdict, bare: bool) -> Result<Range<usize>> {
    let error = match &verdict.found {
        Found::Data(range) => return Ok(range.clone()),
        Found::Bare if bare => return Ok(text(&response.body).map_or(0..0, |t| place(&response.body, t))),
        Found::Bare => Error::decode(Reason::MissingField, "the answer has no `data`"),
        Found::Empty => {
            Error::decode(Reason::EmptyBody, "the server answered with an empty body where data was expected")
        }
        Found::NotUtf8 => {
            Error::decode(Reason::NotJson, "the body is not UTF-8; a proxy may have changed its encoding")
        }
        Found::Cut(_) if response.close_delimited => {
            Error::new(ErrorKind::Connection, Reason::BodyInterrupted, "the connection ended inside the body")
        }
        Found::Cut(at) | Found::NotJson(at) => {
            let kind = response.headers.get(CONTENT_TYPE).map(|v| String::from_utf8_lossy(v.as_bytes()));
            let kind = kind.map_or_else(|| "no content type".to_owned(), |k| clean(&k));
            let message = format!("the body is not JSON ({kind}, {at}): {}", excerpt(&response.body));
            Error::decode(Reason::NotJson, message.trim_end_matches(": "))
        }
    };
    Err(error.with_http_status(Some(response.status)).with_code(verdict.code))
}

/// The text of a piece that [`success_data`] found.
pub(crate) fn slice(body: &[u8], range: Range<usize>) -> &str {
    body.get(range).and_then(|b| simdutf8::basic::from_utf8(b).ok()).unwrap_or_default()
}

/// Decodes `data`, naming the field that does not fit.
pub(crate) fn decode<T: serde::de::DeserializeOwned>(data: &str) -> Result<T> {
    serde_json::from_str(data).map_err(|e| {
        let text = e.to_string();
        let what = text.split(" at line ").next().unwrap_or_default();
        let reason =
            if what.starts_with("missing field") { Reason::MissingField } else { Reason::InvalidField };
        let place = format!("line {} column {} of data", e.line(), e.column());
        Error::decode(reason, format!("the answer does not fit: {what} ({place})"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, body: &str) -> HttpResponse {
        HttpResponse {
            status,
            headers: HeaderMap::new(),
            body: bytes::Bytes::copy_from_slice(body.as_bytes()),
            close_delimited: false,
        }
    }

    #[test]
    fn verdicts() {
        let cases: &[(u16, &str, u16, Option<i64>)] = &[
            (200, r#"{"code":200,"data":{}}"#, 200, Some(200)),
            (200, r#"{"data":{}}"#, 200, None),
            (200, r#"{"code":null,"data":{}}"#, 200, None),
            (200, r#"{"code":0,"data":{}}"#, 200, Some(0)),
            (200, r#"{"code":"200","data":{}}"#, 200, Some(200)),
            (200, r#"{"code":200.0,"data":{}}"#, 200, Some(200)),
            (200, r#"{"code":2e2,"data":{}}"#, 200, Some(200)),
            (200, r#"{"code":20001,"data":{}}"#, 200, Some(20001)),
            (200, r#"{"code":429}"#, 429, Some(429)),
            (200, r#"{"code":40103}"#, 401, Some(40103)),
            (500, r#"{"code":200}"#, 500, Some(200)),
            (404, "<html>no</html>", 404, None),
            (200, r#"{"code":"abc","data":{}}"#, 200, None),
            (200, r#"{"code":500,"code":200,"data":1,"data":{}}"#, 200, Some(200)),
            (999, "", 999, None),
        ];
        for (http, body, status, code) in cases {
            let v = judge(&answer(*http, body));
            assert_eq!((v.status, v.code), (*status, *code), "{http} {body}");
        }
    }

    #[test]
    fn messages_come_from_wherever_the_server_puts_them() {
        let cases = [
            (r#"{"message":"a"}"#, "a"),
            (r#"{"msg":"b"}"#, "b"),
            (r#"{"error":"invalid_client","error_description":"c"}"#, "c"),
            (r#"{"error":{"message":"d"}}"#, "d"),
            (r#"{"errors":[{"field":"limit","message":"e"},"f"]}"#, "limit: e; f"),
            (r#"{"message":["g","h"]}"#, "g; h"),
            (r#"{"message":"i\nj\u0000k"}"#, "i j k"),
        ];
        for (body, want) in cases {
            let r = answer(400, body);
            assert_eq!(error(&r, &judge(&r)).message(), want, "{body}");
        }
        let r = answer(502, "<html><h1>Bad gateway</h1>\n nginx</html>");
        assert_eq!(error(&r, &judge(&r)).message(), "the server failed: Bad gateway nginx");
        let r = answer(400, &format!(r#"{{"message":"{}"}}"#, "长".repeat(1_000)));
        assert!(error(&r, &judge(&r)).message().len() <= EXCERPT + 3);
    }

    #[test]
    fn missing_and_empty_data() {
        for (body, reason) in [
            ("", Reason::EmptyBody),
            (" \r\n", Reason::EmptyBody),
            (r#"{"code":200}"#, Reason::MissingField),
            (r#"{"code":200,"data":null}"#, Reason::MissingField),
            ("<html>", Reason::NotJson),
            (r#"{"code":200,"data":{}},"#, Reason::NotJson),
            (r#"{"code":200,"data":{"a":NaN}}"#, Reason::NotJson),
        ] {
            let r = answer(200, body);
            assert_eq!(success_data(&r, &judge(&r), false).unwrap_err().reason(), reason, "{body}");
        }
        let r = answer(200, &format!("{{\"data\":{}", "[".repeat(200_000)));
        assert_eq!(success_data(&r, &judge(&r), false).unwrap_err().reason(), Reason::NotJson);
        let r = answer(200, "\u{feff}{\"data\":[1]}");
        let range = success_data(&r, &judge(&r), false).unwrap();
        assert_eq!(slice(&r.body, range), "[1]");
    }
}
