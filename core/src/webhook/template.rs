//! A scheme that was checked and made ready to use.

use super::reason::WebhookReason;
use super::scheme::{SignatureFormat, SignatureScheme, TimestampSource};
use crate::error::{Error, Result};
use hmac::{Hmac, Mac};
use sha2::Sha256;

/// The longest id that is taken: the default replay guard keeps ids in memory.
pub(super) const MAX_ID: usize = 256;

/// A piece of what is signed, before the body.
#[derive(Debug, Clone)]
enum Piece {
    Literal(Box<str>),
    Id,
    Timestamp,
}

/// The scheme, checked, with the text to sign cut into pieces and the header names in lower case.
#[derive(Debug, Clone)]
pub(super) struct Template {
    pub(super) scheme: SignatureScheme,
    pieces: Vec<Piece>,
    /// What follows the id. An id that contains it could end earlier or later than it was signed.
    after_id: Box<str>,
}

impl Template {
    pub(super) fn new(mut scheme: SignatureScheme) -> Result<Self> {
        let timestamp_header = match &mut scheme.timestamp {
            TimestampSource::Header(name) => Some(name),
            _ => None,
        };
        let names: Vec<&mut String> = scheme
            .id_header
            .iter_mut()
            .chain(timestamp_header)
            .chain([&mut scheme.signature_header])
            .collect();
        let mut seen: Vec<String> = Vec::new();
        for name in names {
            name.make_ascii_lowercase();
            if http::HeaderName::try_from(name.as_str()).is_err() {
                return Err(bad("a header name is empty or has characters that header names cannot have"));
            }
            if seen.contains(name) {
                return Err(bad("two parts are read from the same header"));
            }
            seen.push(name.clone());
        }
        check_format(&scheme)?;
        let (pieces, after_id) = cut(&scheme)?;
        Ok(Self { scheme, pieces, after_id })
    }

    /// Whether the id can be used.
    pub(super) fn check_id<'a>(&self, id: &'a [u8]) -> Result<&'a str, (WebhookReason, &'static str)> {
        let id = std::str::from_utf8(id).unwrap_or_default();
        let fits = (1..=MAX_ID).contains(&id.len())
            && id.bytes().all(|b| b.is_ascii_graphic())
            && !id.contains(&*self.after_id);
        if fits {
            Ok(id)
        } else {
            Err((
                WebhookReason::MalformedId,
                "the id is empty, longer than 256 characters, not printable ASCII, or contains the separator \
                 that follows it in the signed text: this was not sent by a sender that keeps to the scheme",
            ))
        }
    }

    /// Feeds what is signed.
    pub(super) fn feed(&self, mac: &mut Hmac<Sha256>, id: &str, timestamp: &str, body: &[u8]) {
        for piece in &self.pieces {
            match piece {
                Piece::Literal(text) => mac.update(text.as_bytes()),
                Piece::Id => mac.update(id.as_bytes()),
                Piece::Timestamp => mac.update(timestamp.as_bytes()),
            }
        }
        mac.update(body);
    }
}

fn bad(what: &str) -> Error {
    Error::config(format!("the signature scheme does not make sense: {what}"))
}

fn check_format(scheme: &SignatureScheme) -> Result<()> {
    let tag_fits = |tag: &str| !tag.is_empty() && tag.bytes().all(|b| b.is_ascii_alphanumeric());
    match scheme.format {
        SignatureFormat::List | SignatureFormat::Fields => {
            let version = scheme.version.as_deref().unwrap_or_default();
            if !tag_fits(version) {
                return Err(bad("`version` must be letters and digits, such as v1, for this format"));
            }
            if !scheme.prefix.is_empty() {
                return Err(bad("`prefix` is for the format `single`"));
            }
            if let TimestampSource::Field(name) = &scheme.timestamp
                && (!tag_fits(name) || name == version)
            {
                return Err(bad(
                    "the field of the timestamp must be letters and digits other than `version`",
                ));
            }
        }
        SignatureFormat::Single => {
            if scheme.version.is_some() {
                return Err(bad("`version` is for the formats `list` and `fields`"));
            }
            if !scheme.prefix.bytes().all(|b| b.is_ascii_graphic()) {
                return Err(bad("`prefix` must be printable ASCII without spaces"));
            }
        }
    }
    if matches!(scheme.timestamp, TimestampSource::Field(_)) && scheme.format != SignatureFormat::Fields {
        return Err(bad("a timestamp in a field needs the format `fields`"));
    }
    Ok(())
}

fn cut(scheme: &SignatureScheme) -> Result<(Vec<Piece>, Box<str>)> {
    let Some(mut rest) = scheme.payload.strip_suffix("{body}") else {
        return Err(bad("`payload` must end with {body}"));
    };
    let mut pieces = Vec::new();
    let mut after_id = "";
    let (mut ids, mut timestamps) = (0, 0);
    while !rest.is_empty() {
        let (literal, at) = rest.split_at(rest.find('{').unwrap_or(rest.len()));
        if literal.contains('}') {
            return Err(bad("`payload` has a } without a {"));
        }
        if !literal.is_empty() {
            pieces.push(Piece::Literal(literal.into()));
        }
        if at.is_empty() {
            break;
        }
        let after = if let Some(after) = at.strip_prefix("{id}") {
            ids += 1;
            pieces.push(Piece::Id);
            after
        } else if let Some(after) = at.strip_prefix("{timestamp}") {
            timestamps += 1;
            pieces.push(Piece::Timestamp);
            after
        } else {
            return Err(bad("`payload` may hold {id}, {timestamp} and, at the end, {body}"));
        };
        // Without a separator that digits cannot imitate, the last digit of one part could be read as the
        // first of the next, and one signature would cover two messages.
        let separator = after.split('{').next().unwrap_or_default();
        if separator.is_empty() || separator.bytes().any(|b| b.is_ascii_alphanumeric()) {
            return Err(bad(
                "{id} and {timestamp} must be followed by a separator without letters and digits",
            ));
        }
        if matches!(pieces.last(), Some(Piece::Id)) {
            after_id = separator;
        }
        rest = after;
    }
    if ids != usize::from(scheme.id_header.is_some()) {
        return Err(bad("{id} must stand in `payload` once if, and only if, there is an `id_header`"));
    }
    if timestamps != usize::from(scheme.timestamp != TimestampSource::None) {
        return Err(bad("{timestamp} must stand in `payload` once if, and only if, there is a timestamp"));
    }
    Ok((pieces, after_id.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn named_schemes_make_sense() {
        for scheme in [
            SignatureScheme::standard(),
            SignatureScheme::timestamped_hex("X-Signature"),
            SignatureScheme::hex("X-Signature"),
            SignatureScheme::base64("X-Signature"),
        ] {
            let ready = Template::new(scheme).unwrap();
            assert_eq!(ready.scheme.signature_header, ready.scheme.signature_header.to_ascii_lowercase());
        }
    }

    #[test]
    fn nonsense_is_refused() {
        type Change = fn(&mut SignatureScheme);
        let cases: [(&str, Change); 18] = [
            ("same header", |s| s.id_header = Some("Webhook-Signature".into())),
            ("header name", |s| s.signature_header = "web hook".into()),
            ("header name", |s| s.signature_header = String::new()),
            ("version", |s| s.version = None),
            ("version", |s| s.version = Some("v 1".into())),
            ("prefix", |s| s.prefix = "sha256=".into()),
            ("format `fields`", |s| s.timestamp = TimestampSource::Field("t".into())),
            ("end with {body}", |s| s.payload = "{body}.{id}.{timestamp}".into()),
            ("may hold", |s| s.payload = "{id}.{time}.{body}".into()),
            ("may hold", |s| s.payload = "{id}.{timestamp}.{body}.{body}".into()),
            ("without a {", |s| s.payload = "}{id}.{timestamp}.{body}".into()),
            ("separator", |s| s.payload = "{id}{timestamp}.{body}".into()),
            ("separator", |s| s.payload = "{id}{id}.{timestamp}.{body}".into()),
            ("separator", |s| s.payload = "{id}.{timestamp}{body}".into()),
            ("separator", |s| s.payload = "{id}.0.{timestamp}.{body}".into()),
            ("{id} must", |s| s.payload = "{timestamp}.{body}".into()),
            ("{timestamp} must", |s| s.payload = "{id}.{body}".into()),
            ("{timestamp} must", |s| s.payload = "{id}.{timestamp}.{timestamp}.{body}".into()),
        ];
        for (want, change) in cases {
            let mut scheme = SignatureScheme::standard();
            change(&mut scheme);
            let payload = scheme.payload.clone();
            let error = Template::new(scheme).unwrap_err();
            assert!(error.message().contains(want), "{payload}: {error}");
        }
    }

    #[test]
    fn schemes_from_json() {
        assert_eq!(SignatureScheme::from_json("\"standard\"").unwrap(), SignatureScheme::standard());
        let standard = serde_json::to_string(&SignatureScheme::standard()).unwrap();
        assert_eq!(SignatureScheme::from_json(&standard).unwrap(), SignatureScheme::standard());
        for bad in ["", "{}", "\"other\"", "[]", r#"{"signature_header":"a","colour":"red"}"#] {
            assert!(SignatureScheme::from_json(bad).is_err(), "{bad}");
        }
        for leak in [r#"{"secret":"whsec_hush"}"#, r#"{"whsec_hush":1}"#, r#""whsec_hush""#] {
            let e = SignatureScheme::from_json(leak).unwrap_err();
            assert!(!format!("{e} {e:?}").contains("hush"), "{e:?}");
        }
    }
}
