//! Deliveries that a careful receiver refuses, and some that it must not refuse.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::endpoint::{Endpoint, new_secret};
use super::scheme::Scheme;
use super::send::{Outgoing, common_headers};

fn just_too_much() -> i64 {
    301
}

/// A body is kept in memory, in the log too.
const LARGEST: usize = 64 * 1024 * 1024;

fn two_mebibytes() -> usize {
    2 * 1024 * 1024
}

/// What is wrong, or odd, with a delivery.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Bad {
    /// One character of the body differs from what was signed.
    TamperedBody,
    /// The body is the same JSON with other spaces than what was signed.
    ReserialisedBody,
    /// Signed with a secret that the receiver does not have.
    WrongSecret,
    /// The time of the attempt lies so far back, and is signed like that.
    Stale {
        /// How far.
        #[serde(default = "just_too_much")]
        seconds: i64,
    },
    /// The time of the attempt lies ahead, and is signed like that.
    Future {
        /// How far.
        #[serde(default = "just_too_much")]
        seconds: i64,
    },
    /// The same request twice, byte for byte.
    Duplicate,
    /// Without this header.
    MissingHeader(String),
    /// With this header twice.
    DuplicateHeader(String),
    /// With another value for a header; what is signed stays.
    Header {
        /// The header.
        name: String,
        /// Its value.
        value: String,
    },
    /// The signature header, literally; `{signature}` is the right signature, `{wrong}` a wrong one.
    Signature(String),
    /// This text as timestamp, and signed like that.
    Timestamp(String),
    /// This text as id, and signed like that.
    Id(String),
    /// This text as body, signed correctly.
    Body(String),
    /// These bytes as body, signed correctly.
    BodyBase64(String),
    /// No body, signed correctly.
    EmptyBody,
    /// A body that is not UTF-8, signed correctly.
    NonUtf8,
    /// A byte order mark before the body, signed correctly.
    Bom,
    /// A large body, signed correctly.
    Large {
        /// How large.
        #[serde(default = "two_mebibytes")]
        bytes: usize,
    },
    /// Header names In-Title-Case; nothing else is wrong.
    OddCase,
}

/// What a delivery is made of before it is signed.
struct Draft {
    id: String,
    timestamp: String,
    body: Bytes,
    secrets: Vec<String>,
}

impl Bad {
    /// The requests to send.
    pub(super) fn build(
        &self,
        endpoint: &Endpoint,
        now: DateTime<Utc>,
        signed_at: DateTime<Utc>,
        id: &str,
        body: &Bytes,
    ) -> Result<Vec<Outgoing>, String> {
        let scheme = endpoint.scheme.scheme();
        let mut draft = Draft {
            id: id.to_owned(),
            timestamp: signed_at.timestamp().to_string(),
            body: body.clone(),
            secrets: endpoint.secrets_at(now),
        };
        self.before_signing(&mut draft, &scheme, signed_at)?;
        let mut outgoing = outgoing(endpoint, &scheme, &draft)?;
        self.after_signing(&mut outgoing, &scheme, &draft)?;
        Ok(match self {
            Self::Duplicate => vec![outgoing.clone(), outgoing],
            _ => vec![outgoing],
        })
    }

    fn before_signing(&self, draft: &mut Draft, scheme: &Scheme, now: DateTime<Utc>) -> Result<(), String> {
        let shifted = |seconds: i64| {
            let by = TimeDelta::try_seconds(seconds).ok_or("seconds: out of range")?;
            let at = now.checked_add_signed(by).ok_or("seconds: out of range")?;
            Ok::<_, String>(at.timestamp().to_string())
        };
        match self {
            Self::WrongSecret => draft.secrets = vec![new_secret(scheme.secret)],
            Self::Stale { seconds } => draft.timestamp = shifted(seconds.saturating_neg())?,
            Self::Future { seconds } => draft.timestamp = shifted(*seconds)?,
            Self::Timestamp(text) => draft.timestamp.clone_from(text),
            Self::Id(text) => draft.id.clone_from(text),
            Self::Body(text) => draft.body = text.clone().into(),
            Self::BodyBase64(text) => {
                draft.body = STANDARD.decode(text).map_err(|error| format!("body_base64: {error}"))?.into();
            }
            Self::EmptyBody => draft.body = Bytes::new(),
            Self::NonUtf8 => draft.body = [b"\xff\xfe".as_slice(), &draft.body].concat().into(),
            Self::Bom => draft.body = [b"\xef\xbb\xbf".as_slice(), &draft.body].concat().into(),
            Self::Large { bytes } if *bytes > LARGEST => {
                return Err(format!("large.bytes: at most {LARGEST}"));
            }
            Self::Large { bytes } => {
                let filler = "a".repeat(*bytes);
                draft.body = format!(
                    "{{\"event\":\"ticket.created\",\"timestamp\":\"{}\",\"data\":{{\"title\":\"{filler}\"}}}}",
                    now.to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
                )
                .into();
            }
            _ => {}
        }
        Ok(())
    }

    fn after_signing(&self, outgoing: &mut Outgoing, scheme: &Scheme, draft: &Draft) -> Result<(), String> {
        let position = |headers: &[(String, String)], name: &str| {
            let found = headers.iter().position(|(known, _)| known.eq_ignore_ascii_case(name));
            found.ok_or_else(|| format!("a delivery has no header `{name}`"))
        };
        match self {
            Self::TamperedBody => {
                let mut bytes = outgoing.body.to_vec();
                // The last letter or digit: the JSON stays JSON.
                if let Some(byte) = bytes.iter_mut().rfind(|byte| byte.is_ascii_alphanumeric()) {
                    *byte = if *byte == b'x' { b'y' } else { b'x' };
                }
                outgoing.body = bytes.into();
            }
            Self::ReserialisedBody => {
                let value: serde_json::Value =
                    serde_json::from_slice(&outgoing.body).map_err(|error| error.to_string())?;
                outgoing.body = serde_json::to_vec_pretty(&value).map_err(|error| error.to_string())?.into();
            }
            Self::MissingHeader(name) => {
                let at = position(&outgoing.headers, name)?;
                outgoing.headers.remove(at);
            }
            Self::DuplicateHeader(name) => {
                let at = position(&outgoing.headers, name)?;
                let again = outgoing.headers.get(at).cloned();
                outgoing.headers.extend(again);
            }
            Self::Header { name, value } => {
                let at = position(&outgoing.headers, name)?;
                if let Some(header) = outgoing.headers.get_mut(at) {
                    header.1.clone_from(value);
                }
            }
            Self::Signature(text) => {
                let secret = draft.secrets.first().ok_or("the endpoint has no secret")?;
                let right = scheme.sign(secret, &draft.id, &draft.timestamp, &draft.body)?;
                let other = new_secret(scheme.secret);
                let wrong = scheme.sign(&other, &draft.id, &draft.timestamp, &draft.body)?;
                let at = position(&outgoing.headers, &scheme.signature_header)?;
                if let Some(header) = outgoing.headers.get_mut(at) {
                    header.1 = text
                        .replace("{signature}", &right)
                        .replace("{wrong}", &wrong)
                        .replace("{timestamp}", &draft.timestamp);
                }
            }
            Self::OddCase => outgoing.title_case = true,
            _ => {}
        }
        outgoing.header_map().map(|_| ())
    }
}

fn outgoing(endpoint: &Endpoint, scheme: &Scheme, draft: &Draft) -> Result<Outgoing, String> {
    let mut headers = common_headers();
    headers.extend(scheme.headers(&draft.secrets, &draft.id, &draft.timestamp, &draft.body)?);
    for (name, value) in &endpoint.headers {
        headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
        headers.push((name.clone(), value.clone()));
    }
    Ok(Outgoing { url: endpoint.url.clone(), headers, body: draft.body.clone(), title_case: false })
}

/// The request of an ordinary attempt.
pub(super) fn ordinary(
    endpoint: &Endpoint,
    now: DateTime<Utc>,
    signed_at: DateTime<Utc>,
    id: &str,
    body: &Bytes,
) -> Result<Outgoing, String> {
    let draft = Draft {
        id: id.to_owned(),
        timestamp: signed_at.timestamp().to_string(),
        body: body.clone(),
        secrets: endpoint.secrets_at(now),
    };
    outgoing(endpoint, &endpoint.scheme.scheme(), &draft)
}
