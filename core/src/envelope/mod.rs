//! Success or failure, read from the HTTP status and the envelope together.
//!
//! The rules are in docs/assumptions.md, "success": HTTP 2xx and an envelope code that is absent, 0 or 2xx. An
//! HTTP error outranks the body; an HTTP success with an error code is that error.

mod mend;
mod wire;
mod words;

pub(crate) use mend::{lenient, mend};
pub(crate) use wire::{from_str, read};
pub(crate) use words::{error, request_id};

use crate::error::{Error, ErrorKind, Reason, Result};
use crate::secret::Hush;
use crate::transport::HttpResponse;
use http::header::CONTENT_TYPE;
use serde::de::DeserializeSeed;
use serde_json::error::Category;
use serde_json::value::RawValue;
use std::marker::PhantomData;
use std::ops::Range;
use wire::{WireSeed, integral};

/// What the answer says.
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
    /// An envelope, whose `data` was read along with it.
    Read,
    /// An envelope, whose `data` is this piece of the body.
    Data(Range<usize>),
    /// A JSON object without `data`.
    Bare,
    Empty,
    NotUtf8,
    /// JSON that ends too early.
    Cut(String),
    /// Another kind of JSON than an object, or no JSON at all.
    NotObject(String),
    NotJson(String),
}

/// The HTTP status that a code of the envelope stands for: five-digit codes fall to their first three digits,
/// negative ones stand for none.
pub(crate) fn status_of(code: i64) -> u16 {
    let mut c = code.max(0);
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

/// Whether `read` could take code and data of the envelope in one pass, and which code it was. It must take nothing
/// else than a success.
pub(crate) type Reader<'a> = dyn FnMut(&str) -> Option<Option<i64>> + Send + 'a;

/// Like [`judge`], but the data of an answer in order is read on the way: to find where it lies costs almost half as
/// much as to read it. Whatever is odd is left to [`judge`].
pub(crate) fn judge_and_read(response: &HttpResponse, read: &mut Reader<'_>) -> Verdict {
    let http_ok = (200..300).contains(&response.status);
    match text(&response.body).filter(|_| http_ok).and_then(read) {
        Some(code) => Verdict { status: response.status, code, found: Found::Read },
        None => judge(response),
    }
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
    match from_str(text, WireSeed(PhantomData::<&RawValue>)) {
        Ok(wire) => {
            let code = wire.code.and_then(|raw| integral(raw.get()));
            let data = wire.data.map(RawValue::get).filter(|t| *t != "null");
            (code, data.map_or(Found::Bare, |d| Found::Data(place(body, d))))
        }
        Err(e) => {
            let at = format!("line {} column {}", e.line(), e.column());
            let found = match e.classify() {
                Category::Eof => Found::Cut(at),
                Category::Data => Found::NotObject(at),
                _ => Found::NotJson(at),
            };
            (None, found)
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

/// Where the JSON that a success carries lies in the body, ready for the model's decoder.
///
/// An answer without envelope is taken as the data itself only where `bare` allows it (the token endpoint).
pub(crate) fn success_data(
    response: &HttpResponse,
    verdict: &Verdict,
    bare: bool,
    hush: Hush<'_>,
) -> Result<Range<usize>> {
    let error = match &verdict.found {
        Found::Data(range) => return Ok(range.clone()),
        Found::Read => return Ok(0..0),
        Found::Bare if bare => return Ok(text(&response.body).map_or(0..0, |t| place(&response.body, t))),
        Found::Bare => {
            // Perhaps a refusal whose code is not a number.
            let said = words::said(response, hush).map_or_else(String::new, |said| format!(": {said}"));
            Error::decode(Reason::MissingField, format!("the answer has no `data`{said}"))
        }
        Found::Empty => {
            Error::decode(Reason::EmptyBody, "the server answered with an empty body where data was expected")
        }
        Found::NotUtf8 => {
            Error::decode(Reason::NotJson, "the body is not UTF-8; a proxy may have changed its encoding")
        }
        Found::Cut(_) if response.close_delimited => {
            Error::new(ErrorKind::Connection, Reason::BodyInterrupted, "the connection ended inside the body")
        }
        Found::NotObject(at) => not_json("a JSON object", at, response, hush),
        Found::Cut(at) | Found::NotJson(at) => not_json("JSON", at, response, hush),
    };
    Err(error.with_http_status(Some(response.status)).with_code(verdict.code))
}

fn not_json(what: &str, at: &str, response: &HttpResponse, hush: Hush<'_>) -> Error {
    let kind = response.headers.get(CONTENT_TYPE).map(|v| String::from_utf8_lossy(v.as_bytes()));
    let kind = kind.map_or_else(|| "no content type".to_owned(), |k| words::line(&k, hush));
    let excerpt = words::excerpt(&response.body, hush);
    let message = format!("the body is not {what} ({kind}, {at}): {excerpt}");
    Error::decode(Reason::NotJson, message.trim_end_matches(": "))
}

/// The text of a piece that [`success_data`] found.
pub(crate) fn slice(body: &[u8], range: Range<usize>) -> &str {
    body.get(range).and_then(|b| simdutf8::basic::from_utf8(b).ok()).unwrap_or_default()
}

/// Decodes `data`, naming the field that does not fit. What the server sent instead is not repeated: it may be
/// anything, of any length.
pub(crate) fn decode<T, S>(data: &str, seed: S) -> Result<T>
where
    S: for<'de> DeserializeSeed<'de, Value = T> + Copy,
{
    mend::or_mended(data, |text| from_str(text, seed)).map_err(|e| {
        let place = format!("line {} column {} of data", e.line(), e.column());
        if e.classify() != Category::Data {
            // Only what the first look skips can surprise here: nesting without end, numbers beyond all bounds.
            return Error::decode(
                Reason::NotJson,
                format!("the data is not JSON that can be read ({place})"),
            );
        }
        let text = e.to_string();
        let what = text.split(" at line ").next().unwrap_or_default();
        let reason =
            if what.starts_with("missing field") { Reason::MissingField } else { Reason::InvalidField };
        Error::decode(reason, format!("the answer does not fit: {} ({place})", without_value(what)))
    })
}

/// serde's words without the value that it quotes: `invalid type: string "…", expected a Ticket object`.
fn without_value(what: &str) -> String {
    let Some((fault, value)) = what.split_once(": ") else { return what.to_owned() };
    let sort = value.split([' ', ',']).next().unwrap_or_default();
    match value.rsplit_once(", expected ") {
        Some((_, expected)) => format!("{fault}: {sort}, expected {expected}"),
        None => fault.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderMap;

    pub(super) fn answer(status: u16, body: &str) -> HttpResponse {
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
            (200, r#"{"code":-200,"data":{}}"#, 0, Some(-200)),
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
            assert_eq!(
                success_data(&r, &judge(&r), false, Hush::of([""; 2])).unwrap_err().reason(),
                reason,
                "{body}"
            );
        }
        let r = answer(200, &format!("{{\"data\":{}", "[".repeat(200_000)));
        assert_eq!(
            success_data(&r, &judge(&r), false, Hush::of([""; 2])).unwrap_err().reason(),
            Reason::NotJson
        );
        let r = answer(200, "\u{feff}{\"data\":[1]}");
        let range = success_data(&r, &judge(&r), false, Hush::of([""; 2])).unwrap();
        assert_eq!(slice(&r.body, range), "[1]");
    }

    #[test]
    fn a_success_without_data_is_described_by_the_server() {
        let r = answer(200, r#"{"code":"INVALID","message":"no such plan: hush-hush"}"#);
        let e = success_data(&r, &judge(&r), false, Hush::of(["hush-hush", ""])).unwrap_err();
        assert_eq!(e.message(), "the answer has no `data`: no such plan: [hidden]");
    }

    #[test]
    fn what_does_not_fit_is_named_and_not_repeated() {
        let secret = "hush-hush, expected nothing";
        for (data, reason, says) in [
            (
                format!(r#""{secret}""#),
                Reason::InvalidField,
                "invalid type: string, expected a Ticket object",
            ),
            ("[1]".to_owned(), Reason::InvalidField, "invalid type: sequence, expected"),
            ("7919".to_owned(), Reason::InvalidField, "invalid type: integer, expected"),
            ("{}".to_owned(), Reason::MissingField, "missing field `id`"),
            (r#"{"id":true}"#.to_owned(), Reason::InvalidField, "invalid field `id`"),
            (format!("{}{}", "[".repeat(20_000), "]".repeat(20_000)), Reason::InvalidField, "sequence"),
            (
                format!(r#"{{"id":"x","deep":{}{}}}"#, "[".repeat(20_000), "]".repeat(20_000)),
                Reason::NotJson,
                "not JSON that can be read",
            ),
        ] {
            let e = decode(&data, PhantomData::<crate::models::Ticket>).unwrap_err();
            assert_eq!(e.reason(), reason, "{e}");
            assert!(e.message().contains(says), "{e}");
            assert!(!e.message().contains("hush") && !e.message().contains("7919"), "{e}");
        }
        let ticket =
            decode(r#"{"id":"x","title":"half \ud83d","\udc00":1}"#, PhantomData::<crate::models::Ticket>)
                .unwrap();
        assert_eq!(ticket.title.as_deref(), Some("half \u{fffd}"));
        assert!(ticket.extra.contains_key("\u{fffd}"));
    }
}
