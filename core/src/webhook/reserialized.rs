//! Finding out that a body was parsed and written again.
//!
//! The commonest mistake of receivers is to pass `JSON.stringify(request.body)` instead of the bytes that
//! arrived. Every value is right, and no signature matches. When that happens, the forms that common
//! libraries write are tried, only to give the right advice: the webhook is refused in any case.

use serde::de::IgnoredAny;

/// Larger bodies get no advice: whoever sends rubbish must not make the receiver compute over it many times.
const MAX_BYTES: usize = 32 * 1024;

/// How a JSON library writes.
#[derive(Clone, Copy)]
struct Style {
    comma: &'static str,
    colon: &'static str,
    /// Beyond ASCII as `\uXXXX`.
    ascii: bool,
    /// `/` as `\/`.
    slashes: bool,
}

const STYLES: [Style; 5] = [
    // JavaScript, Rust, Go, Jackson.
    Style { comma: ",", colon: ":", ascii: false, slashes: false },
    // Python, by default and with `ensure_ascii=False`.
    Style { comma: ", ", colon: ": ", ascii: true, slashes: false },
    Style { comma: ", ", colon: ": ", ascii: false, slashes: false },
    // PHP, by default.
    Style { comma: ",", colon: ":", ascii: true, slashes: true },
    // Python with compact separators, PHP with JSON_UNESCAPED_SLASHES.
    Style { comma: ",", colon: ":", ascii: true, slashes: false },
];

/// Whether `good` holds for the body in any other form. Order of keys and form of numbers are taken as they
/// are: libraries keep them, and what does not is beyond recovery.
pub(super) fn any(body: &[u8], good: impl Fn(&[u8]) -> bool) -> bool {
    if body.len() > MAX_BYTES {
        return false;
    }
    let Ok(text) = std::str::from_utf8(body) else { return false };
    if serde_json::from_str::<IgnoredAny>(text).is_err() {
        return false;
    }
    let trimmed = text.trim_ascii();
    let mut with_newline = trimmed.as_bytes().to_vec();
    with_newline.push(b'\n');
    good(trimmed.as_bytes())
        || good(&with_newline)
        || STYLES.iter().any(|style| good(write(trimmed, *style).as_bytes()))
}

/// Writes valid JSON in another style.
fn write(json: &str, style: Style) -> String {
    let mut out = String::with_capacity(json.len() + json.len() / 4);
    let mut chars = json.chars();
    while let Some(c) = chars.next() {
        match c {
            ' ' | '\t' | '\r' | '\n' => {}
            ',' => out.push_str(style.comma),
            ':' => out.push_str(style.colon),
            '"' => string(&mut chars, &mut out, style),
            other => out.push(other),
        }
    }
    out
}

/// The rest of a string whose opening quote was read.
fn string(chars: &mut std::str::Chars<'_>, out: &mut String, style: Style) {
    out.push('"');
    let mut units = Vec::new();
    while let Some(c) = chars.next() {
        match c {
            '"' => break,
            '\\' => match chars.next() {
                Some('u') => {
                    let digits: String = chars.by_ref().take(4).collect();
                    units.push(u16::from_str_radix(&digits, 16).unwrap_or_default());
                }
                Some('b') => units.push(8),
                Some('f') => units.push(12),
                Some('n') => units.push(10),
                Some('r') => units.push(13),
                Some('t') => units.push(9),
                Some(other) => units.extend(other.encode_utf16(&mut [0; 2]).iter()),
                None => break,
            },
            other => units.extend(other.encode_utf16(&mut [0; 2]).iter()),
        }
    }
    for c in char::decode_utf16(units) {
        match c {
            Ok(c) => character(c, out, style),
            Err(lone) => escape(lone.unpaired_surrogate(), out),
        }
    }
    out.push('"');
}

fn character(c: char, out: &mut String, style: Style) {
    match c {
        '"' => out.push_str("\\\""),
        '\\' => out.push_str("\\\\"),
        '/' if style.slashes => out.push_str("\\/"),
        '\u{8}' => out.push_str("\\b"),
        '\u{c}' => out.push_str("\\f"),
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        c if c < ' ' || (style.ascii && !c.is_ascii()) => {
            for unit in c.encode_utf16(&mut [0; 2]) {
                escape(*unit, out);
            }
        }
        c => out.push(c),
    }
}

fn escape(unit: u16, out: &mut String) {
    use std::fmt::Write as _;
    // Writing to a string does not fail.
    let _ = write!(out, "\\u{unit:04x}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_of_common_libraries() {
        let compact = r#"{"a":["网/🙂",1.0,null],"b":"\" \\ \n\u0001 , : "}"#;
        let python = r#"{"a": ["\u7f51/\ud83d\ude42", 1.0, null], "b": "\" \\ \n\u0001 , : "}"#;
        let php = r#"{"a":["\u7f51\/\ud83d\ude42",1.0,null],"b":"\" \\ \n\u0001 , : "}"#;
        let pretty = "{\n  \"a\": [\"网/🙂\", 1.0, null],\n  \"b\": \"\\\" \\\\ \\n\\u0001 , : \"\n}\n";
        for from in [compact, python, php, pretty] {
            for to in [compact, python, php] {
                assert!(any(from.as_bytes(), |other| other == to.as_bytes()), "{from} -> {to}");
            }
            assert!(!any(from.as_bytes(), |_| false));
        }
        assert!(any(compact.as_bytes(), |o| o == format!("{compact}\n").as_bytes()));
    }

    #[test]
    fn what_is_not_json_or_too_large_is_left_alone() {
        for body in [&b"{"[..], b"\xff", b"", &[b' '; MAX_BYTES + 1]] {
            assert!(!any(body, |_| true));
        }
    }
}
