//! Signature schemes as data.

use crate::error::{Error, Result};
use serde::{Deserialize, Serialize};

/// How a sender signs: which headers, which text, which encoding. The MAC is always HMAC-SHA-256 (RFC 2104).
///
/// Take a named scheme, change a field if need be, or read one from JSON, where every field that is left out
/// has the meaning of "none" except `signature_header`, `format`, `encoding` and `payload`, which must be there.
///
/// ```
/// use zhifuyun::webhook::{SignatureScheme, TimestampSource};
///
/// let mut scheme = SignatureScheme::standard();
/// scheme.id_header = Some("svix-id".to_owned());
/// scheme.timestamp = TimestampSource::Header("svix-timestamp".to_owned());
/// scheme.signature_header = "svix-signature".to_owned();
///
/// let same = SignatureScheme::from_json(
///     r#"{
///         "id_header": "svix-id", "timestamp": {"header": "svix-timestamp"},
///         "signature_header": "svix-signature", "format": "list", "version": "v1",
///         "encoding": "base64", "payload": "{id}.{timestamp}.{body}", "secret": "standard"
///     }"#,
/// )?;
/// assert_eq!(scheme, same);
/// # Ok::<(), zhifuyun::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct SignatureScheme {
    /// The header with the id of the webhook. Only an id that is part of `payload` may be named: one that
    /// is not signed can be changed on the way.
    #[serde(default)]
    pub id_header: Option<String>,
    /// Where the time of sending is. It must be part of `payload` unless it is `None`.
    #[serde(default)]
    pub timestamp: TimestampSource,
    /// The header with the signature or signatures.
    pub signature_header: String,
    /// How the signatures stand in their header.
    pub format: SignatureFormat,
    /// The tag before each signature of this scheme, such as `v1`; for `List` and `Fields`.
    #[serde(default)]
    pub version: Option<String>,
    /// The text before the signature, such as `sha256=`; for `Single`.
    #[serde(default)]
    pub prefix: String,
    /// How the 32 bytes of the MAC are written.
    pub encoding: Encoding,
    /// What is signed: `{id}`, `{timestamp}` (as the header writes it) and, at the end, `{body}` (the raw
    /// bytes), with separators between them.
    pub payload: String,
    /// How the secret is written.
    #[serde(default)]
    pub secret: SecretFormat,
}

/// Where the time of sending is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum TimestampSource {
    /// A header of its own. In JSON: `{"header": "webhook-timestamp"}`.
    Header(String),
    /// A field of the signature header, for [`SignatureFormat::Fields`]. In JSON: `{"field": "t"}`.
    Field(String),
    /// There is none, so age cannot be checked: use a [`super::ReplayGuard`]. In JSON: `"none"`.
    #[default]
    None,
}

/// How the signatures stand in their header.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum SignatureFormat {
    /// `v1,<signature> v1,<signature>`.
    List,
    /// `t=<timestamp>,v1=<signature>,v1=<signature>`.
    Fields,
    /// `<prefix><signature>`.
    Single,
}

/// How the bytes of a MAC are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Encoding {
    /// RFC 4648, section 4, with padding.
    Base64,
    /// Hexadecimal; either case is read, lower case is written.
    Hex,
}

/// How a secret is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum SecretFormat {
    /// Standard Webhooks 1.0.0: base64 of 24 to 64 bytes, with or without `whsec_` before it.
    Standard,
    /// The UTF-8 bytes of the text are the key.
    #[default]
    Text,
}

impl SignatureScheme {
    /// Standard Webhooks 1.0.0, the default: `webhook-id`, `webhook-timestamp`, and `webhook-signature` with
    /// `v1,<base64>` over `id.timestamp.body`.
    #[must_use]
    pub fn standard() -> Self {
        Self {
            id_header: Some("webhook-id".to_owned()),
            timestamp: TimestampSource::Header("webhook-timestamp".to_owned()),
            signature_header: "webhook-signature".to_owned(),
            format: SignatureFormat::List,
            version: Some("v1".to_owned()),
            prefix: String::new(),
            encoding: Encoding::Base64,
            payload: "{id}.{timestamp}.{body}".to_owned(),
            secret: SecretFormat::Standard,
        }
    }

    /// `t=<seconds>,v1=<hex>` in one header, over `timestamp.body`. No id.
    #[must_use]
    pub fn timestamped_hex(header: impl Into<String>) -> Self {
        Self {
            timestamp: TimestampSource::Field("t".to_owned()),
            format: SignatureFormat::Fields,
            version: Some("v1".to_owned()),
            payload: "{timestamp}.{body}".to_owned(),
            ..Self::bare(header, Encoding::Hex)
        }
    }

    /// `sha256=<hex>` in one header, over the body alone. No id and no age.
    #[must_use]
    pub fn hex(header: impl Into<String>) -> Self {
        Self { prefix: "sha256=".to_owned(), ..Self::bare(header, Encoding::Hex) }
    }

    /// `<base64>` in one header, over the body alone. No id and no age.
    #[must_use]
    pub fn base64(header: impl Into<String>) -> Self {
        Self::bare(header, Encoding::Base64)
    }

    fn bare(header: impl Into<String>, encoding: Encoding) -> Self {
        Self {
            id_header: None,
            timestamp: TimestampSource::None,
            signature_header: header.into(),
            format: SignatureFormat::Single,
            version: None,
            prefix: String::new(),
            encoding,
            payload: "{body}".to_owned(),
            secret: SecretFormat::Text,
        }
    }

    /// Reads a scheme from JSON: an object with the fields of this type, or the string `"standard"`.
    ///
    /// # Errors
    ///
    /// `Config` if it is not JSON, a field is missing, unknown or of another type. Whether the fields make
    /// sense together is checked when a [`super::Webhook`] is built.
    pub fn from_json(json: &str) -> Result<Self> {
        if serde_json::from_str::<String>(json).is_ok_and(|name| name == "standard") {
            return Ok(Self::standard());
        }
        // Not in the words of the parser, which quote what it found: that may be a secret in the wrong place.
        serde_json::from_str(json).map_err(|e| {
            Error::config(format!(
                "the signature scheme cannot be read (line {} column {}): it must be JSON, the string \"standard\" or \
                an object with the documented fields and values",
                e.line(),
                e.column()
            ))
        })
    }
}

impl Default for SignatureScheme {
    fn default() -> Self {
        Self::standard()
    }
}
