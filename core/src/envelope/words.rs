//! What an error says: the server's words, made fit to be shown.
//!
//! Everything that goes from an answer into an error passes through [`line`] or [`excerpt`]: one line, printable,
//! of bounded length, and without the secrets of the request.

use super::{Verdict, kind_of, lenient, text};
use crate::error::{Error, ErrorKind, FieldError, Reason};
use crate::models::Extra;
use crate::secret::Hush;
use crate::transport::HttpResponse;
use http::{HeaderMap, HeaderName};
use serde_json::Value;
use std::borrow::Cow;

/// How much of a text of the server an error shows.
const EXCERPT: usize = 512;
/// How many complaints about fields an error carries.
const MAX_FIELDS: usize = 50;
/// Where servers put their words, the best first.
const NAMES: [&str; 7] = ["message", "msg", "errmsg", "error_description", "error", "detail", "errors"];
/// Where servers put their id of a request, the best first.
static REQUEST_IDS: [HeaderName; 3] = [
    HeaderName::from_static("x-request-id"),
    HeaderName::from_static("request-id"),
    HeaderName::from_static("x-trace-id"),
];

/// The error that a failing answer stands for.
pub(crate) fn error(response: &HttpResponse, verdict: &Verdict, hush: Hush<'_>) -> Error {
    let status = verdict.status;
    let words = Words::of(response, hush);
    let (reason, message) = if (300..400).contains(&status) && response.status == status {
        let to = redirect_host(&response.headers, hush);
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
        (Reason::ErrorStatus, words.message().unwrap_or_else(|| described(status, response, hush)))
    };
    let kind = if status == 407 { ErrorKind::Connection } else { kind_of(status) };
    Error::new(kind, reason, message)
        .with_http_status(Some(response.status))
        .with_code(verdict.code)
        .with_fields(words.field_errors())
}

/// What the server says in an answer that is no error by its numbers.
pub(super) fn said(response: &HttpResponse, hush: Hush<'_>) -> Option<String> {
    Words::of(response, hush).message()
}

/// The server's id of the request.
pub(crate) fn request_id(headers: &HeaderMap, hush: Hush<'_>) -> Option<String> {
    REQUEST_IDS.iter().find_map(|name| {
        let value = headers.get(name)?.to_str().ok()?.trim();
        (!value.is_empty() && value.len() <= 256).then(|| hush.scrub(value).into_owned())
    })
}

fn redirect_host(headers: &HeaderMap, hush: Hush<'_>) -> String {
    let host = headers
        .get(http::header::LOCATION)
        .and_then(|v| std::str::from_utf8(v.as_bytes()).ok())
        .and_then(|v| url::Url::parse(v).ok())
        .and_then(|u| u.host_str().map(|host| line(host, hush)));
    host.map_or_else(String::new, |h| format!(" to {h}"))
}

/// A sentence for an answer that brings none of its own.
fn described(status: u16, response: &HttpResponse, hush: Hush<'_>) -> String {
    let excerpt = excerpt(&response.body, hush);
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

/// Everything an error might be described with. Read only when it is needed.
struct Words<'a> {
    fields: Extra,
    hush: Hush<'a>,
}

impl<'a> Words<'a> {
    fn of(response: &HttpResponse, hush: Hush<'a>) -> Self {
        let fields = text(&response.body).and_then(|t| lenient(t).ok()).unwrap_or_default();
        Self { fields, hush }
    }

    /// The server's words, from whichever field it puts them into.
    fn message(&self) -> Option<String> {
        NAMES
            .iter()
            .find_map(|name| self.fields.get(*name).and_then(|v| self.said(v)))
            .map(|m| cut(&m).into_owned())
    }

    fn said(&self, value: &Value) -> Option<String> {
        match value {
            Value::String(s) => Some(self.line(s)).filter(|s| !s.is_empty()),
            Value::Object(o) => words_of(o).map(|s| self.line(s)).or_else(|| joined(self.by_name(o))),
            Value::Array(list) => joined(list.iter().filter_map(|v| self.one_of_list(v))),
            _ => None,
        }
    }

    fn one_of_list(&self, value: &Value) -> Option<String> {
        match value {
            Value::String(s) => Some(self.line(s)),
            Value::Object(o) => {
                let message = self.line(words_of(o)?);
                Some(match o.get("field").and_then(Value::as_str) {
                    Some(field) => format!("{}: {message}", self.line(field)),
                    None => message,
                })
            }
            _ => None,
        }
    }

    /// `{"title": ["is too long"]}`, sentence by sentence.
    fn by_name<'v>(&'v self, fields: &'v Extra) -> impl Iterator<Item = String> + 'v {
        self.named(fields).map(|f| format!("{}: {}", f.field, f.message))
    }

    fn named<'v>(&'v self, fields: &'v Extra) -> impl Iterator<Item = FieldError> + 'v {
        fields.iter().flat_map(move |(name, said)| {
            let said =
                if let Value::Array(list) = said { list.as_slice() } else { std::slice::from_ref(said) };
            let words = said.iter().filter_map(Value::as_str);
            words.map(|s| FieldError { field: self.line(name), message: self.line(s) })
        })
    }

    fn field_errors(&self) -> Vec<FieldError> {
        match self.fields.get("errors") {
            Some(Value::Array(list)) => {
                let read = |v: &Value| {
                    let field = v.get("field").or_else(|| v.get("param"))?.as_str()?;
                    let message = v.as_object().and_then(words_of).unwrap_or_default();
                    Some(FieldError { field: self.line(field), message: self.line(message) })
                };
                list.iter().take(MAX_FIELDS).filter_map(read).collect()
            }
            Some(Value::Object(map)) if words_of(map).is_none() => self.named(map).take(MAX_FIELDS).collect(),
            _ => Vec::new(),
        }
    }

    fn line(&self, text: &str) -> String {
        line(text, self.hush)
    }
}

fn words_of(object: &Extra) -> Option<&str> {
    object.get("message").or_else(|| object.get("msg")).and_then(Value::as_str)
}

fn joined(parts: impl Iterator<Item = String>) -> Option<String> {
    let parts: Vec<_> = parts.take(MAX_FIELDS).collect();
    (!parts.is_empty()).then(|| parts.join("; "))
}

/// A text of the server as one short printable line.
pub(super) fn line(text: &str, hush: Hush<'_>) -> String {
    cut(&clean(&hush.scrub(text))).into_owned()
}

/// The beginning of a body that is no envelope, fit for an error message: markup and control characters gone.
pub(super) fn excerpt(body: &[u8], hush: Hush<'_>) -> String {
    if hush.hides_bodies() {
        return String::new();
    }
    // The whole is scrubbed before its beginning is taken: half a secret at the end would not be recognised.
    let text = String::from_utf8_lossy(body);
    let mut plain = String::new();
    let mut in_tag = false;
    for c in hush.scrub(&text).chars().take(4 * EXCERPT) {
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

/// One line of printable text.
fn clean(text: &str) -> String {
    let printable = text.chars().filter(|c| !is_direction(*c));
    let spaced: String = printable.map(|c| if c.is_control() { ' ' } else { c }).collect();
    spaced.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Characters that turn the direction of what follows them: a log line could be made to read as another one.
fn is_direction(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

fn cut(text: &str) -> Cow<'_, str> {
    if text.len() <= EXCERPT {
        return Cow::Borrowed(text);
    }
    let end = (0..=EXCERPT).rev().find(|i| text.is_char_boundary(*i)).unwrap_or(0);
    Cow::Owned(format!("{}…", text.get(..end).unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::super::judge;
    use super::super::tests::answer;
    use super::*;

    const TOKEN: &str = "eyJhbGciOiJIUzI1NiJ9.payload/a+b.sig";

    fn failed(status: u16, body: &str) -> Error {
        let r = answer(status, body);
        error(&r, &judge(&r), Hush::of([TOKEN, "the \"client\" secret"]))
    }

    #[test]
    fn messages_come_from_wherever_the_server_puts_them() {
        let cases = [
            (r#"{"message":"a"}"#, "a"),
            (r#"{"msg":"b"}"#, "b"),
            (r#"{"errmsg":"b"}"#, "b"),
            (r#"{"error":"invalid_client","error_description":"c"}"#, "c"),
            (r#"{"error":{"message":"d"}}"#, "d"),
            (r#"{"title":"Bad Request","detail":"limit is too large","status":400}"#, "limit is too large"),
            (r#"{"detail":[{"loc":["query","limit"],"msg":"e"}]}"#, "e"),
            (r#"{"errors":[{"field":"limit","message":"e"},"f"]}"#, "limit: e; f"),
            (r#"{"errors":{"limit":["e","f"],"page":"g"}}"#, "limit: e; limit: f; page: g"),
            (r#"{"message":["g","h"]}"#, "g; h"),
            (r#"{"message":"i\nj\u0000k"}"#, "i j k"),
            (r#"{"message":"l\u202em\u2028n\u200eo"}"#, "lm no"),
            (r#"{"message":"half \ud83d pair"}"#, "half \u{fffd} pair"),
        ];
        for (body, want) in cases {
            assert_eq!(failed(400, body).message(), want, "{body}");
        }
        let e = failed(502, "<html><h1>Bad gateway</h1>\n nginx</html>");
        assert_eq!(e.message(), "the server failed: Bad gateway nginx");
    }

    #[test]
    fn fields_are_named_by_list_and_by_map() {
        for body in [
            r#"{"errors":[{"field":"title","message":"is too long"},{"param":"page","msg":"is too small"}]}"#,
            r#"{"errors":{"page":["is too small"],"title":"is too long"}}"#,
        ] {
            let e = failed(422, body);
            let mut fields: Vec<_> =
                e.fields().iter().map(|f| (f.field.as_str(), f.message.as_str())).collect();
            fields.sort_unstable();
            assert_eq!(fields, [("page", "is too small"), ("title", "is too long")], "{body}");
        }
    }

    #[test]
    fn nothing_is_long() {
        let long = "长".repeat(1_000);
        let e = failed(400, &format!(r#"{{"errors":[{{"field":"{long}","message":"{long}"}}]}}"#));
        assert!(e.message().len() <= EXCERPT + 3);
        assert!(e.fields()[0].field.len() <= EXCERPT + 3 && e.fields()[0].message.len() <= EXCERPT + 3);
    }

    #[test]
    fn secrets_are_never_repeated() {
        let html = format!("{}Authorization: Bearer {TOKEN}", "x".repeat(EXCERPT - 30));
        for body in [
            format!(r#"{{"message":"Bearer {TOKEN} is expired"}}"#),
            format!(r#"{{"errors":[{{"field":"{TOKEN}","message":"{TOKEN}"}}]}}"#),
            format!(r#"{{"errors":{{"{TOKEN}":"the \"client\" secret"}}}}"#),
            format!("<pre>Authorization: Bearer {TOKEN}</pre>"),
            format!(r#"not json: {{"token":"{}"}}"#, TOKEN.replace('/', "\\/")),
            format!("token={}", TOKEN.replace('/', "%2F").replace('+', "%2B")),
            r#"not json: {"secret":"the \"client\" secret"}"#.to_owned(),
            html,
        ] {
            let shown = format!("{:?}", failed(403, &body));
            for part in ["eyJ", "payload", "client\\\" secret", "client\" secret"] {
                assert!(!shown.contains(part), "{body}: {shown}");
            }
            assert!(shown.contains("[hidden]"), "{shown}");
        }
        let mut headers = HeaderMap::new();
        headers.insert("x-request-id", TOKEN.parse().unwrap());
        assert_eq!(request_id(&headers, Hush::of([TOKEN, ""])).as_deref(), Some("[hidden]"));
    }

    #[test]
    fn a_body_that_may_hold_a_token_is_not_shown() {
        let r = answer(500, r#"{"access_token":"somebody-else's"#);
        let e = error(&r, &judge(&r), Hush::without_bodies("secret-secret"));
        assert_eq!(e.message(), "the server failed");
    }
}
