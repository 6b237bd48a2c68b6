//! Reading parameters and bodies, and saying field by field what is wrong with them.

use std::borrow::Cow;

use bytes::Bytes;
use chrono::{DateTime, NaiveDate, Utc};
use http::HeaderMap;
use http::header::CONTENT_TYPE;
use serde_json::{Map, Value};

use super::reply::{ApiError, FieldError};
use crate::time::{parse_date, parse_time};

/// Query parameters being read; what is wrong gathers up.
pub(crate) struct Query {
    pairs: Vec<(String, String)>,
    /// Whether it is text once it is decoded.
    text: bool,
    errors: Vec<FieldError>,
}

/// Whether percent-encoded bytes are UTF-8. Decoding alone would put replacement characters in their place.
fn is_text(raw: &str) -> bool {
    let digit = |byte: &u8| char::from(*byte).to_digit(16);
    let mut bytes = Vec::with_capacity(raw.len());
    let mut rest = raw.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let pair = if *first == b'%' {
            after.first().and_then(digit).zip(after.get(1).and_then(digit))
        } else {
            None
        };
        bytes.push(pair.and_then(|(high, low)| u8::try_from(high * 16 + low).ok()).unwrap_or(*first));
        rest = if pair.is_some() { after.get(2..).unwrap_or_default() } else { after };
    }
    std::str::from_utf8(&bytes).is_ok()
}

impl Query {
    pub(crate) fn new(raw: Option<&str>) -> Self {
        let pairs = match raw {
            None | Some("") => Vec::new(),
            Some(raw) => url::form_urlencoded::parse(raw.as_bytes()).into_owned().collect(),
        };
        Self { pairs, text: raw.is_none_or(is_text), errors: Vec::new() }
    }

    /// The value of a parameter. A parameter given twice has no meaning anyone could rely on.
    pub(crate) fn text(&mut self, name: &'static str) -> Option<String> {
        let mut values = self.pairs.iter().filter(|pair| pair.0 == name).map(|pair| pair.1.clone());
        let first = values.next();
        if values.next().is_some() {
            self.fault(name, "is given more than once");
            return None;
        }
        first
    }

    /// A value that must not be empty.
    pub(crate) fn word(&mut self, name: &'static str) -> Option<String> {
        let value = self.text(name)?;
        if value.is_empty() {
            self.fault(name, "must not be empty");
            return None;
        }
        Some(value)
    }

    /// A whole number from 1 up to `most`; a number too large for the machine counts as the largest.
    pub(crate) fn count(&mut self, name: &'static str, default: u64, most: u64) -> u64 {
        let Some(text) = self.text(name) else { return default };
        if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
            self.fault(name, "must be a whole number");
            return default;
        }
        let value = text.parse().unwrap_or(u64::MAX);
        if value == 0 {
            self.fault(name, "must be at least 1");
        } else if value > most {
            self.fault(name, format!("must be at most {most}"));
        }
        value
    }

    /// One of the known values.
    pub(crate) fn choice(&mut self, name: &'static str, known: &[&'static str]) -> Option<&'static str> {
        let text = self.text(name)?;
        let found = known.iter().find(|value| **value == text).copied();
        if found.is_none() {
            self.fault(name, format!("must be one of {}", known.join(", ")));
        }
        found
    }

    /// A time with zone.
    pub(crate) fn time(&mut self, name: &'static str) -> Option<DateTime<Utc>> {
        let text = self.text(name)?;
        let time = parse_time(&text);
        if time.is_none() {
            let hint = if text.contains(' ') { "; a + in a query is written %2B" } else { "" };
            self.fault(name, format!("must be a time like 2024-01-01T10:00:00Z{hint}"));
        }
        time
    }

    /// A calendar date.
    pub(crate) fn date(&mut self, name: &'static str) -> Option<NaiveDate> {
        let text = self.text(name)?;
        let date = parse_date(&text);
        if date.is_none() {
            self.fault(name, "must be a date like 2024-01-31");
        }
        date
    }

    /// Two bounds must not be crossed.
    pub(crate) fn ordered<T: PartialOrd>(
        &mut self,
        first: (&'static str, Option<T>),
        last: (&'static str, Option<T>),
    ) {
        if let (Some(from), Some(until)) = (first.1, last.1)
            && from > until
        {
            self.fault(first.0, format!("must not be after {}", last.0));
        }
    }

    pub(crate) fn fault(&mut self, field: &'static str, message: impl Into<String>) {
        self.errors.push(FieldError { field: Cow::Borrowed(field), message: message.into() });
    }

    /// Ends the reading.
    pub(crate) fn finish(self) -> Result<(), ApiError> {
        if !self.text {
            return Err(ApiError::new(400, "the query is not UTF-8"));
        }
        if self.errors.is_empty() { Ok(()) } else { Err(ApiError::invalid(self.errors)) }
    }
}

/// A JSON object being read; what is wrong gathers up.
pub(crate) struct Fields {
    object: Map<String, Value>,
    errors: Vec<FieldError>,
}

impl Fields {
    /// Reads a body that must be a JSON object.
    pub(crate) fn parse(body: &Bytes) -> Result<Self, ApiError> {
        if body.is_empty() {
            return Err(ApiError::new(400, "the request has no body; a JSON object is expected"));
        }
        let text = std::str::from_utf8(body).map_err(|_| ApiError::new(400, "the body is not UTF-8"))?;
        match serde_json::from_str(text) {
            Ok(Value::Object(object)) => Ok(Self::of(object)),
            Ok(_) => Err(ApiError::new(400, "the body must be a JSON object")),
            Err(error) => Err(ApiError::new(400, format!("the body is not JSON: {error}"))),
        }
    }

    pub(crate) fn of(object: Map<String, Value>) -> Self {
        Self { object, errors: Vec::new() }
    }

    /// Whether a field is there and not null, right or wrong.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.object.get(name).is_some_and(|value| !value.is_null())
    }

    /// A text of 1 to `most` characters that must be there.
    pub(crate) fn required(&mut self, name: &'static str, most: usize) -> String {
        match self.object.get(name) {
            None | Some(Value::Null) => {
                self.fault(name, "is required");
                String::new()
            }
            Some(_) => self.optional(name, 1, most).unwrap_or_default(),
        }
    }

    /// A text of `least` to `most` characters; null counts as absent.
    pub(crate) fn optional(&mut self, name: &'static str, least: usize, most: usize) -> Option<String> {
        let text = match self.object.get(name)? {
            Value::Null => return None,
            Value::String(text) => text.clone(),
            other => {
                let message = format!("must be a string, not {}", kind(other));
                self.fault(name, message);
                return None;
            }
        };
        // Characters are counted, not bytes: limits must not depend on the language of the text.
        let length = text.chars().count();
        if length < least {
            self.fault(name, "must not be empty");
        } else if length > most {
            self.fault(name, format!("must have at most {most} characters"));
        }
        Some(text)
    }

    /// One of the known values; null counts as absent.
    pub(crate) fn choice(&mut self, name: &'static str, known: &[&'static str]) -> Option<&'static str> {
        let text = self.optional(name, 0, usize::MAX)?;
        let found = known.iter().find(|value| **value == text).copied();
        if found.is_none() {
            self.fault(name, format!("must be one of {}", known.join(", ")));
        }
        found
    }

    pub(crate) fn fault(&mut self, field: &'static str, message: impl Into<String>) {
        self.errors.push(FieldError { field: Cow::Borrowed(field), message: message.into() });
    }

    /// Ends the reading.
    pub(crate) fn finish(self) -> Result<(), ApiError> {
        if self.errors.is_empty() { Ok(()) } else { Err(ApiError::invalid(self.errors)) }
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

/// The media type of a request, in lower case and without parameters.
pub(crate) fn media_type(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(CONTENT_TYPE)?.to_str().ok()?;
    let (essence, _) = value.split_once(';').unwrap_or((value, ""));
    Some(essence.trim().to_ascii_lowercase())
}
