//! From an action, and perhaps the answer of the API, to the answer that is sent.

use axum::body::Body;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, HeaderName, LOCATION, RETRY_AFTER};
use http::{HeaderMap, HeaderValue, Response, StatusCode};
use serde_json::{Value, json};

use super::action::{Action, BodySource, Texts, header_value};
use super::{edit, payload};
use crate::wire::impossible;

const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// The page of a gateway, as users of real APIs know it.
const GATEWAY_PAGE: &str = "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n\
    <center><h1>502 Bad Gateway</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n";

/// What is sent as body.
enum Content {
    Whole(Bytes),
    Streamed(Body, Option<&'static str>),
}

/// Makes the answer. `api` is what the API answered, if it was asked.
pub(super) fn make(
    action: &Action,
    rule: &str,
    path: &str,
    api: Option<Response<Bytes>>,
    usual: HeaderMap,
) -> Response<Body> {
    match assemble(action, rule, path, api, usual) {
        Ok(mut response) => {
            if let Some(wire) = &action.wire {
                response.extensions_mut().insert(wire.clone());
            }
            response
        }
        Err(reason) => impossible(&format!("fault rule `{rule}`: {reason}")),
    }
}

fn assemble(
    action: &Action,
    rule: &str,
    path: &str,
    api: Option<Response<Bytes>>,
    usual: HeaderMap,
) -> Result<Response<Body>, String> {
    let (status, mut headers, content) = base(action, rule, path, api)?;
    // Before those of the rule, so that it can change them or take them away.
    headers.extend(usual);
    let body = match content {
        Content::Whole(bytes) => {
            let bytes = edit::change(action, bytes)?;
            let bytes = match &action.encoding {
                Some(encoding) => {
                    let (bytes, name) = payload::encode(encoding, &bytes);
                    headers.insert(CONTENT_ENCODING, header_value("encoding", &name)?);
                    bytes
                }
                None => bytes,
            };
            headers.remove(CONTENT_LENGTH);
            Body::from(bytes)
        }
        Content::Streamed(body, encoding) => {
            if let Some(encoding) = encoding {
                headers.insert(CONTENT_ENCODING, HeaderValue::from_static(encoding));
            }
            body
        }
    };
    decorate(action, &mut headers)?;
    let mut response = Response::new(body);
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    Ok(response)
}

/// Status, headers and body before anything is changed about them.
fn base(
    action: &Action,
    rule: &str,
    path: &str,
    api: Option<Response<Bytes>>,
) -> Result<(StatusCode, HeaderMap, Content), String> {
    let json_headers = || HeaderMap::from_iter([(CONTENT_TYPE, JSON)]);
    let status = |code: u16| StatusCode::from_u16(code).map_err(|error| format!("status {code}: {error}"));
    if let Some(redirect) = &action.redirect {
        let mut headers = HeaderMap::new();
        if let Some(location) = &redirect.location {
            headers.insert(LOCATION, header_value("redirect.location", location)?);
        }
        return Ok((status(redirect.status)?, headers, Content::Whole(Bytes::new())));
    }
    if let Some(source) = &action.body {
        let mut headers = json_headers();
        if matches!(source, BodySource::Html) {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
        }
        return Ok((status(action.status.unwrap_or(200))?, headers, body(source, path)?));
    }
    if action.status.is_some() || action.envelope.is_some() {
        let http = action.status.unwrap_or(200);
        let code = action.envelope.clone().unwrap_or_else(|| json!(http));
        let message = action.message.clone().unwrap_or_else(|| {
            let named = code.as_u64().and_then(|code| u16::try_from(code).ok());
            let reason = StatusCode::from_u16(named.unwrap_or(http)).ok();
            let reason = reason.and_then(|status| status.canonical_reason()).unwrap_or("odd status");
            json!(format!("{reason} (fault rule `{rule}`)"))
        });
        if matches!(http, 204 | 304) {
            return Ok((status(http)?, HeaderMap::new(), Content::Whole(Bytes::new())));
        }
        let document = json!({"code": code, "message": message}).to_string();
        return Ok((status(http)?, json_headers(), Content::Whole(document.into())));
    }
    Ok(match api {
        Some(response) => {
            let (parts, body) = response.into_parts();
            (parts.status, parts.headers, Content::Whole(body))
        }
        // The operation was not executed, yet something must be there to be cut or changed.
        None => {
            let document = Bytes::from_static(b"{\"code\":200,\"data\":{}}");
            (StatusCode::OK, json_headers(), Content::Whole(document))
        }
    })
}

fn body(source: &BodySource, path: &str) -> Result<Content, String> {
    Ok(Content::Whole(match source {
        BodySource::Json(value) => value.to_string().into(),
        BodySource::Text(text) => text.clone().into(),
        BodySource::Base64(text) => STANDARD.decode(text).map_err(|error| error.to_string())?.into(),
        BodySource::Empty => Bytes::new(),
        BodySource::Html => Bytes::from_static(GATEWAY_PAGE.as_bytes()),
        BodySource::Items(count) => payload::items(*count, path),
        BodySource::Megabytes(count) => return Ok(Content::Streamed(payload::megabytes(*count), None)),
        BodySource::Endless => return Ok(Content::Streamed(payload::endless(), None)),
        BodySource::GzipBombMb(count) => {
            return Ok(Content::Streamed(payload::gzip_bomb(*count), Some("gzip")));
        }
    }))
}

/// The headers that the action names.
fn decorate(action: &Action, headers: &mut HeaderMap) -> Result<(), String> {
    match &action.content_type {
        Some(Some(value)) => {
            headers.insert(CONTENT_TYPE, header_value("content_type", value)?);
        }
        Some(None) => {
            headers.remove(CONTENT_TYPE);
        }
        None => {}
    }
    if let Some(values) = &action.retry_after {
        replace(headers, RETRY_AFTER, values)?;
    }
    for (name, values) in &action.headers {
        let name = HeaderName::try_from(name.as_str()).map_err(|error| error.to_string())?;
        match values {
            Some(values) => replace(headers, name, values)?,
            None => {
                headers.remove(name);
            }
        }
    }
    Ok(())
}

fn replace(headers: &mut HeaderMap, name: HeaderName, values: &Texts) -> Result<(), String> {
    headers.remove(&name);
    for value in values.iter() {
        headers.append(name.clone(), header_value(name.as_str(), value)?);
    }
    Ok(())
}

/// The query without the parameters that the operation must not see. `None` when nothing is hidden.
pub(super) fn hidden_query(action: &Action, query: Option<&str>) -> Option<String> {
    if !action.ignore_page && !action.ignore_limit {
        return None;
    }
    let hidden =
        |name: &str| (action.ignore_page && name == "page") || (action.ignore_limit && name == "limit");
    // Pair by pair and not re-encoded: what stays must stay as it was sent.
    let kept: Vec<&str> = query
        .unwrap_or_default()
        .split('&')
        .filter(|pair| !hidden(pair.split('=').next().unwrap_or_default()))
        .collect();
    Some(kept.join("&"))
}

/// The document of an answer, for changes that need its structure.
pub(super) fn parse(bytes: &Bytes) -> Result<Value, String> {
    serde_json::from_slice(bytes)
        .map_err(|error| format!("the answer is no JSON that could be changed: {error}"))
}
