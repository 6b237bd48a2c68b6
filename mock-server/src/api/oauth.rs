//! `POST /oauth/token`: client credentials for an access token.

use http::header::WWW_AUTHENTICATE;
use http::{HeaderMap, HeaderValue};
use serde_json::{Map, Value, json};

use super::Call;
use super::input::{Fields, media_type};
use super::reply::{ApiError, Success};
use crate::time::seconds;

/// What a token request says, whether JSON or form.
pub(crate) struct Credentials {
    grant_type: String,
    client_id: String,
    client_secret: String,
}

/// The id that a token request names, right or wrong. For the journal and fault rules.
pub(crate) fn claimed_id(headers: &HeaderMap, body: &[u8]) -> Option<String> {
    fields(headers, body)?.get("client_id")?.as_str().map(str::to_owned)
}

fn is_form(headers: &HeaderMap) -> bool {
    media_type(headers).as_deref() == Some("application/x-www-form-urlencoded")
}

fn fields(headers: &HeaderMap, body: &[u8]) -> Option<Map<String, Value>> {
    if is_form(headers) {
        let pairs = url::form_urlencoded::parse(body).into_owned();
        return Some(pairs.map(|(name, value)| (name, Value::String(value))).collect());
    }
    serde_json::from_slice(body).ok()
}

fn read(call: &Call) -> Result<Credentials, ApiError> {
    let mut fields = if is_form(&call.entry.headers) {
        let mut fields = Fields::of(fields(&call.entry.headers, &call.body).unwrap_or_default());
        for name in ["grant_type", "client_id", "client_secret"] {
            // RFC 6749, 3.2: parameters must not be included more than once.
            if url::form_urlencoded::parse(&call.body).filter(|pair| pair.0 == name).nth(1).is_some() {
                fields.fault(name, "is given more than once");
            }
        }
        fields
    } else {
        Fields::parse(&call.body).map_err(|error| error.oauth("invalid_request"))?
    };
    let credentials = Credentials {
        grant_type: fields.required("grant_type", 100),
        client_id: fields.required("client_id", 256),
        client_secret: fields.required("client_secret", 1024),
    };
    fields.finish().map_err(|error| error.oauth("invalid_request"))?;
    Ok(credentials)
}

/// The operation.
pub(crate) fn create_token(call: &Call) -> Result<Success, ApiError> {
    let credentials = read(call)?;
    if credentials.grant_type != "client_credentials" {
        let mut error = ApiError::new(400, "grant_type must be client_credentials");
        error.errors.push(super::reply::FieldError {
            field: "grant_type".into(),
            message: "must be client_credentials".to_owned(),
        });
        return Err(error.oauth("unsupported_grant_type"));
    }
    let now = call.world.now();
    let key = call.world.keys.authenticate(&credentials.client_id, &credentials.client_secret, now);
    let Some(key) = key else {
        return Err(ApiError::new(401, "client_id or client_secret is wrong, or the key was revoked")
            .header(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"zhifuyun\""))
            .oauth("invalid_client"));
    };
    let options = &call.options.token;
    let lifetime = seconds(options.lifetime_seconds).unwrap_or_default();
    let token = call.world.keys.issue(&key, now, lifetime).map_err(|message| ApiError::new(500, message))?;
    let expires_in = options.lifetime_seconds as i64;
    if options.set.is_empty() && options.omit.is_empty() && !options.enveloped {
        let body =
            format!("{{\"access_token\":\"{token}\",\"token_type\":\"Bearer\",\"expires_in\":{expires_in}}}");
        return Ok(Success { code: 200, body: body.into() });
    }
    let mut answer = Map::new();
    answer.insert("access_token".to_owned(), json!(token));
    answer.insert("token_type".to_owned(), json!("Bearer"));
    answer.insert("expires_in".to_owned(), json!(expires_in));
    answer.extend(options.set.clone());
    answer.retain(|name, _| !options.omit.contains(name));
    let answer = Value::Object(answer).to_string();
    Ok(if options.enveloped {
        Success::enveloped(200, &answer)
    } else {
        Success { code: 200, body: answer.into() }
    })
}
