//! What a rule does to a request and its answer.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::{CONTENT_LENGTH, TRANSFER_ENCODING};
use http::{HeaderName, HeaderValue};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use super::malformed::Malformed;
use crate::wire::WireAction;

/// One text or several: a header that may occur more than once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Texts {
    /// Once.
    One(String),
    /// As often as there are texts.
    Many(Vec<String>),
}

impl Texts {
    pub(super) fn iter(&self) -> impl Iterator<Item = &str> {
        match self {
            Self::One(text) => std::slice::from_ref(text),
            Self::Many(texts) => texts.as_slice(),
        }
        .iter()
        .map(String::as_str)
    }
}

/// What the body is, instead of what the API would have answered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum BodySource {
    /// This document.
    Json(Value),
    /// This text, as it is.
    Text(String),
    /// These bytes.
    Base64(String),
    /// Nothing: `content-length: 0`.
    Empty,
    /// The page of a gateway that got no answer.
    Html,
    /// A list page with so many items.
    Items(u64),
    /// A valid envelope with a string of so many megabytes, streamed.
    Megabytes(u64),
    /// JSON that never ends, streamed.
    Endless,
    /// A valid envelope of so many megabytes, sent as a few hundred kilobytes of gzip.
    GzipBombMb(u64),
}

impl BodySource {
    /// Whether the body is made while it is sent, and cannot be worked on.
    pub(super) fn streams(&self) -> bool {
        matches!(self, Self::Megabytes(_) | Self::Endless | Self::GzipBombMb(_))
    }
}

/// How the body is, or claims to be, encoded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Encoding {
    /// Correct gzip.
    Gzip,
    /// Gzip without its second half.
    GzipTruncated,
    /// Gzip with a wrong checksum.
    GzipBadChecksum,
    /// Plain bytes that are announced as gzip.
    GzipClaimed,
    /// Plain bytes that are announced as this.
    Claim(String),
}

/// A redirect.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Redirect {
    /// 301, 302, 303, 307 or 308.
    #[serde(default = "found")]
    pub status: u16,
    /// Where to; none sends a redirect without `Location`.
    #[serde(default)]
    pub location: Option<String>,
}

fn found() -> u16 {
    302
}

/// Every occurrence of one text in the body becomes another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Replacement {
    /// What is looked for.
    pub find: String,
    /// What stands there afterwards.
    pub with: String,
}

/// Tells `"content_type": null` (remove it) from no `content_type` (leave it).
#[allow(clippy::option_option, reason = "the two kinds of nothing differ here")]
fn nullable<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Option<String>>, D::Error> {
    Option::deserialize(from).map(Some)
}

/// What a rule does. The steps happen in the order of the fields: wait, answer, change, send.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Action {
    /// Waits so long, in real time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delay_ms: Option<u64>,
    /// Waits so long on the world's clock: until somebody advances it, or the time has passed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delay_world_ms: Option<u64>,
    /// Whether the operation is executed. By default it is, unless the action replaces its answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub execute: Option<bool>,
    /// The operation does not see the `page` parameter: every page is the first.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub ignore_page: bool,
    /// The operation does not see the `limit` parameter.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub ignore_limit: bool,

    /// The HTTP status. Without `body`, the answer is an error envelope with the same code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// The envelope's code. Without `status`, the HTTP status is 200.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub envelope: Option<Value>,
    /// The envelope's message, of whatever type; needs `status` or `envelope`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<Value>,
    /// A redirect.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub redirect: Option<Redirect>,
    /// The body.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<BodySource>,

    /// Merged into the JSON of the answer (RFC 7396: `null` removes a member).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub patch: Option<Value>,
    /// Values by JSON pointer; `*` stands for every element: `{"/data/items/*/id": 7, "/data": null}`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub set: BTreeMap<String, Value>,
    /// JSON pointers of what is taken out.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub remove: Vec<String>,
    /// Replacements in the text of the body, for what JSON values cannot say.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub replace: Vec<Replacement>,
    /// Makes the JSON invalid, or odd, in a well-known way.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub malformed: Option<Malformed>,
    /// Keeps only so many bytes of the body; its length is announced correctly.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub truncate: Option<usize>,
    /// The encoding of the body.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encoding: Option<Encoding>,
    /// The `content-type`; `null` removes it.
    #[serde(deserialize_with = "nullable", skip_serializing_if = "Option::is_none")]
    #[allow(clippy::option_option, reason = "the two kinds of nothing differ here")]
    pub content_type: Option<Option<String>>,
    /// `Retry-After`, literally; a list sends several headers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<Texts>,
    /// Further headers; `null` removes one.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, Option<Texts>>,

    /// What happens on the socket.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wire: Option<WireAction>,
}

impl Action {
    /// Nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// An error answer with this HTTP status and envelope code.
    #[must_use]
    pub fn status(status: u16) -> Self {
        Self { status: Some(status), ..Self::default() }
    }

    /// HTTP 200 with this envelope code.
    #[must_use]
    pub fn envelope(code: impl Into<Value>) -> Self {
        Self { envelope: Some(code.into()), ..Self::default() }
    }

    /// The page of a gateway, with this status.
    #[must_use]
    pub fn html(status: u16) -> Self {
        Self { status: Some(status), body: Some(BodySource::Html), ..Self::default() }
    }

    /// A redirect.
    #[must_use]
    pub fn redirect(status: u16, location: &str) -> Self {
        let redirect = Redirect { status, location: Some(location.to_owned()) };
        Self { redirect: Some(redirect), ..Self::default() }
    }

    /// A fault on the socket.
    #[must_use]
    pub fn wire(wire: WireAction) -> Self {
        Self { wire: Some(wire), ..Self::default() }
    }

    /// A wait before the answer.
    #[must_use]
    pub fn delay(wait: std::time::Duration) -> Self {
        let delay_ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
        Self { delay_ms: Some(delay_ms), ..Self::default() }
    }

    /// Another body.
    #[must_use]
    pub fn body(body: BodySource) -> Self {
        Self { body: Some(body), ..Self::default() }
    }

    /// Malformed JSON.
    #[must_use]
    pub fn malformed(malformed: Malformed) -> Self {
        Self { malformed: Some(malformed), ..Self::default() }
    }

    /// Merges into the JSON of the answer.
    #[must_use]
    pub fn patch(patch: Value) -> Self {
        Self { patch: Some(patch), ..Self::default() }
    }

    /// Adds `Retry-After`.
    #[must_use]
    pub fn retry_after(mut self, value: &str) -> Self {
        self.retry_after = Some(Texts::One(value.to_owned()));
        self
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.insert(name.to_owned(), Some(Texts::One(value.to_owned())));
        self
    }

    /// Says whether the operation is executed.
    #[must_use]
    pub fn execute(mut self, execute: bool) -> Self {
        self.execute = Some(execute);
        self
    }

    /// Whether the answer of the operation is thrown away.
    fn replaces(&self) -> bool {
        self.status.is_some()
            || self.envelope.is_some()
            || self.redirect.is_some()
            || self.body.is_some()
            || self.wire.as_ref().is_some_and(|wire| !wire.uses_answer())
    }

    /// Whether the operation is executed.
    #[must_use]
    pub fn executes(&self) -> bool {
        self.execute.unwrap_or(!self.replaces())
    }

    fn changes_body(&self) -> bool {
        self.patch.is_some()
            || !self.set.is_empty()
            || !self.remove.is_empty()
            || !self.replace.is_empty()
            || self.malformed.is_some()
            || self.truncate.is_some()
            || self.encoding.is_some()
    }

    /// Refuses actions that contradict themselves or do nothing.
    ///
    /// # Errors
    /// A sentence that says what is wrong.
    pub fn validate(&self) -> Result<(), String> {
        if *self == Self::default() {
            return Err("action: does nothing".into());
        }
        if self.status.is_some_and(|status| !(200..=999).contains(&status)) {
            return Err("status: 200 to 999; for others see wire.raw and wire.script".into());
        }
        if let Some(redirect) = &self.redirect {
            if ![301, 302, 303, 307, 308].contains(&redirect.status) {
                return Err("redirect.status: 301, 302, 303, 307 or 308".into());
            }
            if self.status.is_some() || self.envelope.is_some() || self.body.is_some() {
                return Err("redirect: has a status and a body of its own".into());
            }
            if let Some(location) = &redirect.location {
                header_value("redirect.location", location)?;
            }
        }
        if self.envelope.is_some() && self.body.is_some() {
            return Err("envelope and body exclude each other".into());
        }
        if self.message.is_some()
            && (self.body.is_some() || (self.status.is_none() && self.envelope.is_none()))
        {
            return Err("message: belongs to the envelope that status or envelope make".into());
        }
        if (self.ignore_page || self.ignore_limit) && !self.executes() {
            return Err("ignore_page and ignore_limit need an operation that is executed".into());
        }
        match &self.body {
            Some(BodySource::Base64(text)) => {
                STANDARD.decode(text).map_err(|error| format!("body.base64: {error}"))?;
            }
            Some(BodySource::Items(count)) if *count > 1_000_000 => {
                return Err("body.items: at most 1000000".into());
            }
            Some(BodySource::Megabytes(count) | BodySource::GzipBombMb(count)) if *count > 100_000 => {
                return Err("body: at most 100000 megabytes; see also endless".into());
            }
            _ => {}
        }
        if matches!(self.status, Some(204 | 304)) && (self.body.is_some() || self.envelope.is_some()) {
            return Err("status: 204 and 304 have no body; see wire.raw no_content_with_body".into());
        }
        if self.body.as_ref().is_some_and(BodySource::streams) && (self.changes_body() || self.wire.is_some())
        {
            return Err("body: megabytes, endless and gzip_bomb_mb are streamed and cannot be changed".into());
        }
        for pointer in self.set.keys().chain(&self.remove) {
            if !pointer.is_empty() && !pointer.starts_with('/') {
                return Err(format!("`{pointer}` is no JSON pointer"));
            }
        }
        if self.replace.iter().any(|replacement| replacement.find.is_empty()) {
            return Err("replace.find: must not be empty".into());
        }
        if let Some(Encoding::Claim(name)) = &self.encoding {
            header_value("encoding.claim", name)?;
        }
        if let Some(Some(value)) = &self.content_type {
            header_value("content_type", value)?;
        }
        for value in self.retry_after.iter().flat_map(Texts::iter) {
            header_value("retry_after", value)?;
        }
        for (name, values) in &self.headers {
            let known =
                HeaderName::try_from(name.as_str()).map_err(|error| format!("headers.{name}: {error}"))?;
            if known == CONTENT_LENGTH || known == TRANSFER_ENCODING {
                return Err(format!("headers.{name}: how an answer is framed is the business of wire.raw"));
            }
            for value in values.iter().flat_map(Texts::iter) {
                header_value(name, value)?;
            }
        }
        if let Some(wire) = &self.wire {
            wire.validate().map_err(|reason| format!("wire: {reason}"))?;
            if !wire.uses_answer() && (self.replaces_visibly() || self.changes_body()) {
                return Err("wire: these bytes replace the answer, so nothing else of it can be seen".into());
            }
        }
        Ok(())
    }

    fn replaces_visibly(&self) -> bool {
        self.status.is_some() || self.envelope.is_some() || self.redirect.is_some() || self.body.is_some()
    }
}

/// A header value that HTTP allows. What it does not allow is the business of `wire`.
pub(super) fn header_value(field: &str, text: &str) -> Result<HeaderValue, String> {
    HeaderValue::from_bytes(text.as_bytes()).map_err(|error| format!("{field}: {error}"))
}
