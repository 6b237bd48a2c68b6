//! JSON that is not JSON, or not quite.

use bytes::{Bytes, BytesMut};
use serde::{Deserialize, Serialize};

/// Well-known ways to spoil a JSON document. All start from the document that would have been sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Malformed {
    /// A comma before the last closing bracket.
    TrailingComma,
    /// A member with the value `NaN`.
    Nan,
    /// A member with the value `Infinity`.
    Infinity,
    /// A number that no double can hold: `1e999`.
    HugeNumber,
    /// A byte order mark before the document.
    Bom,
    /// A string in GBK.
    Gbk,
    /// The whole document in UTF-16 with byte order mark.
    Utf16,
    /// A string with the byte 0xFF.
    InvalidUtf8,
    /// A string with `\ud800` alone.
    LoneSurrogate,
    /// A string with `\u0000`; valid JSON.
    EscapedNul,
    /// A string with a line feed that is not escaped.
    RawControl,
    /// The document twice.
    TwoDocuments,
    /// Text after the document.
    TrailingGarbage,
    /// `)]}',` before the document.
    LeadingGarbage,
    /// `code` a second time with another value; valid JSON to most.
    DuplicateKeys,
    /// 200,000 opening brackets in a member, and as many closing ones.
    DeepNesting,
    /// Only opening brackets, 200,000 of them.
    OpenBrackets,
    /// Apostrophes instead of quotes.
    SingleQuotes,
    /// A comment.
    Comment,
    /// The document as a JSON string.
    DoubleEncoded,
    /// The word `null`.
    Null,
    /// The word `undefined`.
    Undefined,
    /// Four spaces.
    Blank,
}

impl Malformed {
    /// Every name, for documentation and tests.
    pub const ALL: &[Self] = &[
        Self::TrailingComma,
        Self::Nan,
        Self::Infinity,
        Self::HugeNumber,
        Self::Bom,
        Self::Gbk,
        Self::Utf16,
        Self::InvalidUtf8,
        Self::LoneSurrogate,
        Self::EscapedNul,
        Self::RawControl,
        Self::TwoDocuments,
        Self::TrailingGarbage,
        Self::LeadingGarbage,
        Self::DuplicateKeys,
        Self::DeepNesting,
        Self::OpenBrackets,
        Self::SingleQuotes,
        Self::Comment,
        Self::DoubleEncoded,
        Self::Null,
        Self::Undefined,
        Self::Blank,
    ];

    /// Spoils a document.
    pub(super) fn apply(self, body: &Bytes) -> Bytes {
        match self {
            Self::TrailingComma => {
                let end = body.iter().rposition(|byte| matches!(byte, b'}' | b']')).unwrap_or(body.len());
                let (before, after) = body.split_at_checked(end).unwrap_or((body, b""));
                join(&[before, b",", after])
            }
            Self::Nan => member(body, b"\"extra\":NaN"),
            Self::Infinity => member(body, b"\"extra\":Infinity"),
            Self::HugeNumber => member(body, b"\"extra\":1e999"),
            Self::Bom => join(&[b"\xef\xbb\xbf", body]),
            // "request succeeded" in Chinese; bytes that are not UTF-8.
            Self::Gbk => member(body, b"\"message\":\"\xc7\xeb\xc7\xf3\xb3\xc9\xb9\xa6\""),
            Self::Utf16 => {
                let text = String::from_utf8_lossy(body).into_owned();
                let units = std::iter::once(0xFEFF).chain(text.encode_utf16());
                Bytes::from(units.flat_map(u16::to_le_bytes).collect::<Vec<u8>>())
            }
            Self::InvalidUtf8 => member(body, b"\"message\":\"a\xffb\""),
            Self::LoneSurrogate => member(body, b"\"message\":\"a\\ud800b\""),
            Self::EscapedNul => member(body, b"\"message\":\"a\\u0000b\""),
            Self::RawControl => member(body, b"\"message\":\"a\nb\""),
            Self::TwoDocuments => join(&[body, body]),
            Self::TrailingGarbage => join(&[body, b"\n<!-- served by gateway-7 -->"]),
            Self::LeadingGarbage => join(&[b")]}',\n", body]),
            Self::DuplicateKeys => member(body, b"\"code\":500"),
            Self::DeepNesting => {
                let mut nested = BytesMut::from(&b"\"extra\":"[..]);
                nested.extend(std::iter::repeat_n(b'[', 200_000));
                nested.extend(std::iter::repeat_n(b']', 200_000));
                member(body, &nested)
            }
            Self::OpenBrackets => Bytes::from(vec![b'['; 200_000]),
            Self::SingleQuotes => Bytes::from(
                body.iter().map(|byte| if *byte == b'"' { b'\'' } else { *byte }).collect::<Vec<_>>(),
            ),
            Self::Comment => join(&[b"/* ok */", body]),
            Self::DoubleEncoded => {
                Bytes::from(serde_json::Value::from(String::from_utf8_lossy(body).into_owned()).to_string())
            }
            Self::Null => Bytes::from_static(b"null"),
            Self::Undefined => Bytes::from_static(b"undefined"),
            Self::Blank => Bytes::from_static(b"    "),
        }
    }
}

fn join(parts: &[&[u8]]) -> Bytes {
    Bytes::from(parts.concat())
}

/// Puts a member at the front of an object; what is no object becomes one.
fn member(body: &Bytes, member: &[u8]) -> Bytes {
    match body.split_first() {
        Some((b'{', rest)) if rest.first() == Some(&b'}') => join(&[b"{", member, rest]),
        Some((b'{', rest)) => join(&[b"{", member, b",", rest]),
        _ => join(&[b"{", member, b"}"]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_go_into_objects_of_any_size() {
        let put = |body: &'static str| member(&Bytes::from_static(body.as_bytes()), b"\"a\":1");
        assert_eq!(put("{}"), "{\"a\":1}");
        assert_eq!(put("{\"b\":2}"), "{\"a\":1,\"b\":2}");
        assert_eq!(put("[]"), "{\"a\":1}");
        assert_eq!(put(""), "{\"a\":1}");
    }
}
