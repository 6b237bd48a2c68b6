//! One request to the token endpoint and the meaning of its answer (API reference, "获取Token").

use super::Lifetime;
use crate::envelope::{self, Verdict};
use crate::error::{Error, ErrorKind, Reason, Result};
use crate::secret::{Hush, Secret};
use crate::transport::HttpResponse;
use bytes::Bytes;
use serde_json::{Value, json};
use std::marker::PhantomData;

/// A longer token is a mistake of the server; as a header it would be refused anyway.
const MAX_TOKEN_BYTES: usize = 16 * 1024;

/// What a good answer says.
#[derive(Debug)]
pub(super) struct Grant {
    pub(super) access_token: Secret,
    pub(super) lifetime: Lifetime,
}

pub(super) fn body(client_id: &str, client_secret: &Secret) -> Bytes {
    let grant = json!({
        "grant_type": "client_credentials",
        "client_id": client_id,
        "client_secret": client_secret.expose(),
    });
    Bytes::from(grant.to_string())
}

/// Reads the answer. An error here is final; transient ones are sorted out before.
///
/// It shows the server's message at most, and never a piece of the body: that is where tokens are.
pub(super) fn grant(response: &HttpResponse, verdict: &Verdict, client_secret: &Secret) -> Result<Grant> {
    let hush = Hush::without_bodies(client_secret.expose());
    if !(200..300).contains(&verdict.status) {
        let error = envelope::error(response, verdict, hush);
        return Err(if matches!(verdict.status, 400 | 401 | 403) { bad_credentials(&error) } else { error });
    }
    let data = envelope::success_data(response, verdict, true, hush)?;
    let fields = PhantomData::<serde_json::Map<String, Value>>;
    let fields = envelope::decode(envelope::slice(&response.body, data), fields)?;
    if let Some(Value::String(kind)) = fields.get("token_type")
        && !kind.eq_ignore_ascii_case("bearer")
    {
        return Err(unusable(Reason::UnsupportedTokenType, "a token type other than Bearer"));
    }
    let token = match fields.get("access_token") {
        Some(Value::String(token)) => token,
        None | Some(Value::Null) => {
            return Err(Error::decode(Reason::MissingField, "the token answer has no `access_token`"));
        }
        Some(_) => return Err(unusable(Reason::InvalidToken, "a token that is not a string")),
    };
    // The value is never shown: it may be half of a real token.
    let fit =
        !token.is_empty() && token.len() <= MAX_TOKEN_BYTES && token.bytes().all(|b| b.is_ascii_graphic());
    if !fit {
        return Err(unusable(Reason::InvalidToken, "a token that is empty, too long or not printable ASCII"));
    }
    let seconds = match fields.get("expires_in") {
        Some(Value::Number(n)) => n.as_f64(),
        Some(Value::String(s)) => s.trim().parse().ok(),
        _ => None,
    };
    Ok(Grant { access_token: Secret::new(token.as_str()), lifetime: Lifetime::from_seconds(seconds) })
}

fn unusable(reason: Reason, what: &str) -> Error {
    Error::new(ErrorKind::Authentication, reason, format!("the token endpoint answered with {what}"))
}

fn bad_credentials(error: &Error) -> Error {
    let message = format!(
        "the token endpoint refused client_id or client_secret ({}); check both in the console",
        error.message()
    );
    Error::new(ErrorKind::Authentication, Reason::InvalidCredentials, message)
        .with_http_status(error.http_status())
        .with_code(error.code())
}
