//! Answers of the API: the envelope, and errors in it.

use std::borrow::Cow;

use bytes::Bytes;
use http::header::{ALLOW, CONTENT_TYPE, HeaderName, WWW_AUTHENTICATE};
use http::{HeaderValue, Response, StatusCode};
use serde::Serialize;

/// What is wrong with one field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct FieldError {
    pub(crate) field: Cow<'static, str>,
    pub(crate) message: String,
}

/// An error answer.
#[derive(Debug, Clone)]
pub(crate) struct ApiError {
    pub(crate) code: u16,
    pub(crate) message: Cow<'static, str>,
    pub(crate) errors: Vec<FieldError>,
    pub(crate) headers: Vec<(HeaderName, HeaderValue)>,
    /// Error name of OAuth 2.0, for the token endpoint.
    pub(crate) oauth: Option<&'static str>,
}

/// The envelope of an error.
#[derive(Serialize)]
struct ErrorBody<'a> {
    code: u16,
    message: &'a str,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    errors: &'a [FieldError],
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_description: Option<&'a str>,
    request_id: &'a str,
}

/// An answer that went well: the code and the data as JSON.
#[derive(Debug)]
pub(crate) struct Success {
    pub(crate) code: u16,
    pub(crate) body: Bytes,
}

impl Success {
    /// Puts ready-made JSON into the envelope.
    pub(crate) fn enveloped(code: u16, data: &str) -> Self {
        Self { code, body: Bytes::from(format!("{{\"code\":{code},\"data\":{data}}}")) }
    }
}

impl ApiError {
    pub(crate) fn new(code: u16, message: impl Into<Cow<'static, str>>) -> Self {
        Self { code, message: message.into(), errors: Vec::new(), headers: Vec::new(), oauth: None }
    }

    /// 400 with what is wrong field by field.
    pub(crate) fn invalid(errors: Vec<FieldError>) -> Self {
        let message = match errors.as_slice() {
            [only] => format!("{}: {}", only.field, only.message),
            several => format!("{} parameters are invalid", several.len()),
        };
        Self { errors, ..Self::new(400, message) }
    }

    /// 401. `error` is the name that RFC 6750 gives the reason, if a token was sent at all.
    pub(crate) fn unauthorized(message: &'static str, error: Option<&'static str>) -> Self {
        let challenge = match error {
            Some("invalid_token") => "Bearer realm=\"zhifuyun\", error=\"invalid_token\"",
            Some(_) => "Bearer realm=\"zhifuyun\", error=\"invalid_request\"",
            None => "Bearer realm=\"zhifuyun\"",
        };
        Self::new(401, message).header(WWW_AUTHENTICATE, HeaderValue::from_static(challenge))
    }

    pub(crate) fn not_found(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(404, message)
    }

    pub(crate) fn method_not_allowed(allow: &str) -> Self {
        let error = Self::new(405, format!("this path takes {allow}"));
        match HeaderValue::from_str(allow) {
            Ok(allow) => error.header(ALLOW, allow),
            Err(_) => error,
        }
    }

    pub(crate) fn oauth(mut self, error: &'static str) -> Self {
        self.oauth = Some(error);
        self
    }

    pub(crate) fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }

    /// The answer; `status` is the HTTP status, which an option may keep at 200.
    pub(crate) fn into_response(self, status: u16, request_id: &str) -> Response<Bytes> {
        let body = ErrorBody {
            code: self.code,
            message: &self.message,
            errors: &self.errors,
            error: self.oauth,
            error_description: self.oauth.map(|_| &*self.message),
            request_id,
        };
        // Strings and numbers always serialise; an empty body would be the honest remainder.
        let mut response = json_response(status, serde_json::to_vec(&body).unwrap_or_default().into());
        for (name, value) in self.headers {
            response.headers_mut().append(name, value);
        }
        response
    }
}

/// A JSON answer.
pub(crate) fn json_response(status: u16, body: Bytes) -> Response<Bytes> {
    let mut response = Response::new(body);
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}
