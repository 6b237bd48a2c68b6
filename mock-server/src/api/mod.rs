//! The API: from an arrived request to its answer.
//!
//! Every request passes the same stations, so that two things wrong with it always give the same answer:
//! journal, fault rules, path and method (404, 405), token (401), limit (429), scope (403), media type
//! and size (415, 413), parameters (400), and only then the operation.

mod conversations;
mod input;
mod oauth;
mod reply;
pub(crate) mod routes;
mod statistics;
pub(crate) mod tickets;

use std::sync::Arc;

use axum::body::{Body, Bytes};
use chrono::{SubsecRound as _, TimeDelta};
use http::header::{AUTHORIZATION, CACHE_CONTROL, DATE, RETRY_AFTER};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response};
use http_body_util::BodyExt as _;

use crate::faults::RequestInfo;
use crate::journal::{Arrival, Entry};
use crate::keys::{Key, Token, TokenRefusal};
use crate::limits::{LimitOptions, RetryAfter, Verdict};
use crate::options::WorldOptions;
use crate::time::{http_date, later};
use crate::wire::ConnectionInfo;
use crate::world::World;
use reply::{ApiError, Success, json_response};
use routes::{Found, Operation, Route, find};

/// Everything an operation may look at.
pub(crate) struct Call {
    pub(crate) world: Arc<World>,
    pub(crate) options: Arc<WorldOptions>,
    pub(crate) entry: Arc<Entry>,
    pub(crate) body: Bytes,
    /// Why `body` is only the beginning of the body, if it is.
    cut: Option<ApiError>,
    /// The token that was sent, good or not.
    token: Option<Arc<Token>>,
    /// The query that a fault rule shows the operation instead of the one that was sent.
    query: Option<String>,
}

impl Call {
    /// The query that the operation reads.
    pub(crate) fn query(&self) -> Option<&str> {
        self.query.as_deref().or(self.entry.query.as_deref())
    }
}

/// Reading on beyond the accepted size keeps a client that is still sending from seeing a reset instead
/// of the 413; beyond this much it has to.
const DRAINED_BYTES: usize = 64 * 1024 * 1024;

const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Answers one request to a world. `path` is without the world's prefix.
pub(crate) async fn answer(world: Arc<World>, path: String, request: Request<Body>) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let options = world.options();
    let found = find(&parts.method, &path);
    let arrival = Arrival {
        query: parts.uri.query().map(str::to_owned),
        method: parts.method,
        path,
        headers: detached(&parts.headers),
        template: found.template(),
        request_id: world.next_request_id(),
        connection: parts.extensions.get::<ConnectionInfo>().map(|info| (info.connection, info.request)),
    };
    let entry = world.journal.record(arrival, || world.now());
    let (body, cut) = read_body(body, options.answers.max_body_bytes).await;
    world.journal.attach_body(&entry, &body);
    let mut call = Call { world, options, entry, body, cut, token: None, query: None };
    let response = through_faults(&mut call, &found).await;
    call.entry.answered(response.status().as_u16());
    response
}

/// A copy of the headers. As they arrive they are slices of the connection's read buffer, and every entry of
/// the journal would keep a whole buffer alive.
fn detached(headers: &HeaderMap) -> HeaderMap {
    let mut copy = HeaderMap::with_capacity(headers.len());
    for (name, value) in headers {
        // What was parsed once cannot fail to be a value again.
        if let Ok(value) = HeaderValue::from_bytes(value.as_bytes()) {
            copy.append(name, value);
        }
    }
    copy
}

/// Reads the body up to the accepted size.
async fn read_body(mut body: Body, most: usize) -> (Bytes, Option<ApiError>) {
    use axum::body::HttpBody as _;
    if body.is_end_stream() {
        return (Bytes::new(), None);
    }
    let mut kept = Vec::new();
    let mut first = None;
    let mut seen = 0_usize;
    let mut broken = false;
    while let Some(frame) = body.frame().await {
        let Ok(frame) = frame else {
            broken = true;
            break;
        };
        let Ok(data) = frame.into_data() else { continue };
        seen += data.len();
        if seen > most.max(DRAINED_BYTES) {
            break;
        }
        if seen > most {
            continue;
        }
        match first.take() {
            None if kept.is_empty() => first = Some(data),
            None => kept.extend_from_slice(&data),
            Some(before) => {
                kept.extend_from_slice(&before);
                kept.extend_from_slice(&data);
            }
        }
    }
    let cut = if seen > most {
        Some(ApiError::new(413, format!("the body is larger than {most} bytes")))
    } else if broken {
        // Whoever sent it is gone, but half an order is not to be carried out.
        Some(ApiError::new(400, "the body broke off before its end"))
    } else {
        None
    };
    (first.unwrap_or_else(|| Bytes::from(kept)), cut)
}

/// Lets the fault rules answer, or change what the API answers.
async fn through_faults(call: &mut Call, found: &Found) -> Response<Body> {
    let entry = Arc::clone(&call.entry);
    let owner = match found {
        Found::Route(route, _) if route.operation == Operation::CreateToken => {
            oauth::claimed_id(&entry.headers, &call.body)
        }
        _ => {
            call.token = bearer(&entry).and_then(|text| call.world.keys.token(text));
            call.token.as_ref().map(|token| token.key.client_id.clone())
        }
    };
    if let Some(owner) = owner {
        // Set once, here.
        let _ = entry.key.set(owner);
    }
    let info = RequestInfo {
        method: &entry.method,
        path: &entry.path,
        template: entry.template,
        query: entry.query.as_deref(),
        headers: &entry.headers,
        body: &call.body,
        key: entry.key(),
        at: entry.at,
    };
    let Some(fault) = call.world.faults.before(&call.world, &info).await else {
        return by_the_api(call, found).map(Body::from);
    };
    let _ = entry.fault.set(fault.rule.clone());
    call.query.clone_from(&fault.query);
    let by_the_api = fault.executes().then(|| by_the_api(call, found));
    let mut usual = HeaderMap::new();
    stamp(call, &mut usual);
    fault.answer(by_the_api, usual)
}

/// The answer of the API itself.
fn by_the_api(call: &Call, found: &Found) -> Response<Bytes> {
    let mut verdict = None;
    let result = decide(call, found, &mut verdict);
    let code = match &result {
        Ok(success) => success.code,
        Err(error) => error.code,
    };
    call.entry.decided(code);
    let status = if call.options.answers.always_200 { 200 } else { code };
    let mut response = match result {
        Ok(success) => json_response(status, success.body),
        Err(error) => error.into_response(status, &call.entry.request_id),
    };
    stamp(call, response.headers_mut());
    if matches!(found, Found::Route(route, _) if route.operation == Operation::CreateToken) {
        response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    if let Some(verdict) = verdict {
        limit_headers(&mut response, &verdict, &call.options.limits, call);
    }
    response
}

/// Headers that every answer has.
fn stamp(call: &Call, headers: &mut HeaderMap) {
    if let Ok(id) = HeaderValue::from_str(&call.entry.request_id) {
        headers.insert(X_REQUEST_ID, id);
    }
    // On the machine's own time the server writes the date; any other clock has to be told.
    if !call.world.clock.is_real()
        && let Some(date) = http_date(call.world.now())
    {
        headers.insert(DATE, date);
    }
}

fn limit_headers(response: &mut Response<Bytes>, verdict: &Verdict, options: &LimitOptions, call: &Call) {
    let headers = response.headers_mut();
    // Neither a date nor a number of seconds since 1970 has fractions: rounded down they would be too early.
    let reset = later(verdict.reset, TimeDelta::milliseconds(999)).trunc_subsecs(0);
    if options.x_ratelimit {
        headers.insert(HeaderName::from_static("x-ratelimit-limit"), verdict.limit.into());
        headers.insert(HeaderName::from_static("x-ratelimit-remaining"), verdict.remaining.into());
        headers.insert(HeaderName::from_static("x-ratelimit-reset"), reset.timestamp().into());
    }
    if verdict.allowed {
        return;
    }
    let wait = (verdict.reset - call.world.now()).num_milliseconds().max(0);
    let value = match options.retry_after {
        RetryAfter::None => None,
        RetryAfter::Seconds => Some((wait + 999).div_euclid(1000).into()),
        RetryAfter::Fraction => HeaderValue::try_from(format!("{:.3}", wait as f64 / 1000.0)).ok(),
        RetryAfter::HttpDate => http_date(reset),
    };
    headers.extend(value.map(|value| (RETRY_AFTER, value)));
}

/// The stations from path and method to the operation.
fn decide(call: &Call, found: &Found, verdict: &mut Option<Verdict>) -> Result<Success, ApiError> {
    let (route, parameter) = match found {
        Found::Route(route, parameter) => (*route, parameter.as_str()),
        Found::WrongMethod { allow, .. } => return Err(ApiError::method_not_allowed(allow)),
        Found::Nothing => return Err(ApiError::not_found("there is nothing at this path")),
    };
    match route.scope {
        Some(scope) => {
            let token = authorize(call)?;
            limited(call, &token.key, verdict)?;
            if !token.key.may(scope) {
                return Err(ApiError::new(403, format!("this key lacks the scope {}", scope.as_str())));
            }
        }
        None if call.options.limits.count_token_requests => {
            if let Some(key) = call.entry.key().and_then(|id| call.world.keys.get(id)) {
                limited(call, &key, verdict)?;
            }
        }
        None => {}
    }
    acceptable(call, route)?;
    match route.operation {
        Operation::CreateToken => oauth::create_token(call),
        Operation::ListConversations => conversations::list(call),
        Operation::CreateConversation => conversations::create(call),
        Operation::GetConversation => conversations::get(call, parameter),
        Operation::ListTickets => tickets::list(call),
        Operation::CreateTicket => tickets::create(call),
        Operation::UpdateTicket => tickets::update(call, parameter),
        Operation::GetStatistics => statistics::get(call),
    }
}

/// The token of the `Authorization` header, if it has the form of one.
fn bearer(entry: &Entry) -> Option<&str> {
    let value = entry.headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
}

fn authorize(call: &Call) -> Result<&Token, ApiError> {
    if !call.entry.headers.contains_key(AUTHORIZATION) {
        return Err(ApiError::unauthorized("the request has no Authorization header", None));
    }
    let Some(text) = bearer(&call.entry).filter(|text| !text.is_empty()) else {
        let message = "the Authorization header must be `Bearer <access_token>`";
        return Err(ApiError::unauthorized(message, Some("invalid_request")));
    };
    let now = call.world.now();
    let judged = match call.token.as_deref() {
        Some(token) => token.check(now).map(|()| token),
        None => Err(call.world.keys.refuse(text, now)),
    };
    judged.map_err(|refusal| {
        let message = match refusal {
            TokenRefusal::Expired => "the access token has expired",
            TokenRefusal::Revoked => "the access token was revoked",
            TokenRefusal::KeyRevoked => "the key of this access token was revoked",
            TokenRefusal::Invalid => "the access token is not valid",
        };
        ApiError::unauthorized(message, Some("invalid_token"))
    })
}

fn limited(call: &Call, key: &Key, verdict: &mut Option<Verdict>) -> Result<(), ApiError> {
    let options = &call.options.limits;
    let plan = key.plan().unwrap_or(options.plan);
    *verdict = key.limiter.take(plan, options, call.world.now());
    match verdict {
        Some(Verdict { allowed: false, limit, .. }) => {
            let window = match options.window_seconds {
                60 => "minute".to_owned(),
                seconds => format!("{seconds} seconds"),
            };
            Err(ApiError::new(429, format!("more than {limit} requests per {window}; try again later")))
        }
        _ => Ok(()),
    }
}

/// Media type and size of the body, where the operation takes one.
fn acceptable(call: &Call, route: &Route) -> Result<(), ApiError> {
    if !matches!(route.method, Method::POST | Method::PATCH) {
        return Ok(());
    }
    let media = input::media_type(&call.entry.headers);
    let form = route.operation == Operation::CreateToken;
    match media.as_deref() {
        Some("application/json") => {}
        Some("application/x-www-form-urlencoded") if form => {}
        _ => return Err(ApiError::new(415, "the Content-Type must be application/json")),
    }
    call.cut.clone().map_or(Ok(()), Err)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_body_within_a_large_limit_is_whole() {
        let size = DRAINED_BYTES + 1;
        let (body, cut) = read_body(Body::from(vec![b' '; size]), size).await;
        assert_eq!((body.len(), cut.is_some()), (size, false));
        let (_, cut) = read_body(Body::from(vec![b' '; size + 1]), size).await;
        assert_eq!(cut.map(|error| error.code), Some(413));
    }
}
