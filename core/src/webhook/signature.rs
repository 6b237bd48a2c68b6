//! The signature header, read and written.

use super::headers::Found;
use super::reason::WebhookReason;
use super::scheme::{Encoding, SignatureFormat, SignatureScheme, TimestampSource};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::fmt::Write as _;

/// How many entries a signature header may have. Every signature costs a comparison per secret, and a sender
/// that rotates secrets needs two.
pub(super) const MAX_ENTRIES: usize = 32;

/// The length of an HMAC-SHA-256.
pub(super) type Tag = [u8; 32];

/// What a signature header holds.
#[derive(Debug)]
pub(super) struct Signatures<'a> {
    /// The timestamp, where the scheme puts it here.
    pub(super) timestamp: Found<'a>,
    tags: Vec<Tag>,
    malformed: bool,
    unsupported: bool,
    too_many: bool,
}

impl<'a> Signatures<'a> {
    pub(super) fn read(scheme: &SignatureScheme, value: &'a [u8]) -> Self {
        let mut out = Self {
            timestamp: Found::Nothing,
            tags: Vec::new(),
            malformed: false,
            unsupported: false,
            too_many: false,
        };
        let Ok(value) = std::str::from_utf8(value) else {
            out.malformed = true;
            return out;
        };
        let version = scheme.version.as_deref().unwrap_or_default();
        match scheme.format {
            SignatureFormat::Single => match value.strip_prefix(&*scheme.prefix) {
                Some(text) => out.tag(scheme.encoding, text),
                None => out.unsupported = true,
            },
            SignatureFormat::List => out.entries(value, ' ', |out, entry| match entry.split_once(',') {
                Some((tag, text)) if tag == version => out.tag(scheme.encoding, text),
                Some((tag, _)) if !tag.is_empty() => out.unsupported = true,
                _ => out.malformed = true,
            }),
            SignatureFormat::Fields => out.entries(value, ',', |out, entry| match entry.split_once('=') {
                Some((name, text)) if name == version => out.tag(scheme.encoding, text),
                Some((name, text)) if matches!(&scheme.timestamp, TimestampSource::Field(t) if t == name) => {
                    out.timestamp.add(text.as_bytes());
                }
                Some((name, _)) if !name.is_empty() => out.unsupported = true,
                _ => out.malformed = true,
            }),
        }
        out
    }

    fn entries(&mut self, value: &'a str, separator: char, each: impl Fn(&mut Self, &'a str)) {
        let entries = value.split(separator).map(|e| e.trim_matches([' ', '\t'])).filter(|e| !e.is_empty());
        for (n, entry) in entries.enumerate() {
            if n == MAX_ENTRIES {
                self.too_many = true;
                return;
            }
            each(self, entry);
        }
    }

    fn tag(&mut self, encoding: Encoding, text: &str) {
        match decode(encoding, text) {
            Some(tag) => self.tags.push(tag),
            None => self.malformed = true,
        }
    }

    /// The signatures that can be compared, or why there are none.
    pub(super) fn usable(&self) -> Result<&[Tag], (WebhookReason, &'static str)> {
        if self.too_many {
            return Err((
                WebhookReason::MalformedSignature,
                "the signature header has more than 32 entries; no sender needs that many",
            ));
        }
        if !self.tags.is_empty() {
            return Ok(&self.tags);
        }
        if self.unsupported && !self.malformed {
            return Err((
                WebhookReason::NoSupportedSignature,
                "the signature header holds signatures of other versions or algorithms only: compare the \
                 scheme of this endpoint with that of the sender",
            ));
        }
        Err((
            WebhookReason::MalformedSignature,
            "the signature header holds nothing that could be a signature: compare the scheme of this endpoint \
             with that of the sender, and look for a proxy that changes headers",
        ))
    }
}

fn decode(encoding: Encoding, text: &str) -> Option<Tag> {
    match encoding {
        Encoding::Base64 => {
            // 44 characters are 32 bytes or one more; the room is what the decoder wants to see.
            let mut room = [0; 33];
            if text.len() != 44 || STANDARD.decode_slice(text, &mut room).ok()? != 32 {
                return None;
            }
            room.first_chunk().copied()
        }
        Encoding::Hex => {
            let (pairs, []) = text.as_bytes().as_chunks::<2>() else { return None };
            let mut tag = [0; 32];
            if pairs.len() != tag.len() {
                return None;
            }
            for (byte, [high, low]) in tag.iter_mut().zip(pairs) {
                *byte = nibble(*high)? << 4 | nibble(*low)?;
            }
            Some(tag)
        }
    }
}

fn nibble(c: u8) -> Option<u8> {
    char::from(c).to_digit(16).and_then(|d| u8::try_from(d).ok())
}

/// Lower-case hexadecimal.
pub(super) fn hex(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        // Writing to a string does not fail.
        let _ = write!(out, "{byte:02x}");
    }
    out
}

/// The value of the signature header. `tags` has one entry per secret.
pub(super) fn write(scheme: &SignatureScheme, timestamp: &str, tags: &[Tag]) -> String {
    let encoded = |tag: &Tag| match scheme.encoding {
        Encoding::Base64 => STANDARD.encode(tag),
        Encoding::Hex => hex(tag),
    };
    let version = scheme.version.as_deref().unwrap_or_default();
    match scheme.format {
        SignatureFormat::Single => {
            tags.first().map(|tag| format!("{}{}", scheme.prefix, encoded(tag))).unwrap_or_default()
        }
        SignatureFormat::List => {
            tags.iter().map(|tag| format!("{version},{}", encoded(tag))).collect::<Vec<_>>().join(" ")
        }
        SignatureFormat::Fields => {
            let time = match &scheme.timestamp {
                TimestampSource::Field(name) => Some(format!("{name}={timestamp}")),
                _ => None,
            };
            let tags = tags.iter().map(|tag| format!("{version}={}", encoded(tag)));
            time.into_iter().chain(tags).collect::<Vec<_>>().join(",")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn header_lists() {
        use WebhookReason as R;
        let a = STANDARD.encode([1; 32]);
        let b = STANDARD.encode([2; 32]);
        // 31 bytes of zero bits at the end that a strict decoder must see are zero.
        let loose = format!("{}B=", &a[..42]);
        let many = vec![format!("v1,{a}"); MAX_ENTRIES].join(" ");
        let cases: Vec<(String, Result<usize, R>)> = vec![
            (format!("v1,{a}"), Ok(1)),
            (format!("v1,{a} v1,{b}"), Ok(2)),
            (format!("  v1,{a}   v1,{b} "), Ok(2)),
            (format!("v1a,{b} v2,zzz v1,{a}"), Ok(1)),
            (format!("junk v1,short v1,{a}"), Ok(1)),
            (many.clone(), Ok(MAX_ENTRIES)),
            (format!("{many} v1,{b}"), Err(R::MalformedSignature)),
            (String::new(), Err(R::MalformedSignature)),
            (" ".into(), Err(R::MalformedSignature)),
            ("v1".into(), Err(R::MalformedSignature)),
            ("v1,".into(), Err(R::MalformedSignature)),
            (",x".into(), Err(R::MalformedSignature)),
            (a.clone(), Err(R::MalformedSignature)),
            (format!("v1={a}"), Err(R::MalformedSignature)),
            (format!("v1,{a},v1,{b}"), Err(R::MalformedSignature)),
            (format!("v1,{}", a.trim_end_matches('=')), Err(R::MalformedSignature)),
            (format!("v1,{loose}"), Err(R::MalformedSignature)),
            (format!("v1,{}", STANDARD.encode([1; 33])), Err(R::MalformedSignature)),
            (format!("v1,{}", STANDARD.encode([1; 31])), Err(R::MalformedSignature)),
            (format!("V1,{a}"), Err(R::NoSupportedSignature)),
            (format!("v1a,{a} v2,x"), Err(R::NoSupportedSignature)),
            (format!("v2,{a} junk"), Err(R::MalformedSignature)),
        ];
        for (header, want) in cases {
            let read = Signatures::read(&SignatureScheme::standard(), header.as_bytes());
            assert_eq!(read.usable().map(<[_]>::len).map_err(|e| e.0), want, "{header}");
        }
        let read = Signatures::read(&SignatureScheme::standard(), b"v1,\xff");
        assert!(read.usable().is_err());
    }

    #[test]
    fn other_forms() {
        let hexed = "Ab".repeat(32);
        let scheme = SignatureScheme::timestamped_hex("s");
        let header = format!("t=12, v1={hexed},v0=x");
        let read = Signatures::read(&scheme, header.as_bytes());
        assert_eq!(read.timestamp, Found::Value(b"12"));
        assert_eq!(read.usable().unwrap(), [[0xab; 32]]);
        assert_eq!(write(&scheme, "12", &[[0xab; 32]]), format!("t=12,v1={}", "ab".repeat(32)));

        let scheme = SignatureScheme::hex("s");
        let cases = [
            (format!("sha256={hexed}"), Ok(1)),
            (hexed.clone(), Err(WebhookReason::NoSupportedSignature)),
            (format!("sha1={hexed}"), Err(WebhookReason::NoSupportedSignature)),
            (format!("sha256={}", &hexed[1..]), Err(WebhookReason::MalformedSignature)),
            (format!("sha256={}é", &hexed[2..]), Err(WebhookReason::MalformedSignature)),
            (format!("sha256={}g", &hexed[1..]), Err(WebhookReason::MalformedSignature)),
        ];
        for (header, want) in cases {
            let got = Signatures::read(&scheme, header.as_bytes()).usable().map(<[_]>::len).map_err(|e| e.0);
            assert_eq!(got, want, "{header}");
        }
    }
}
