//! One request against one deadline, and the small loop around the token endpoint.

use super::{Shared, by};
use crate::envelope::{self, Verdict};
use crate::error::{Error, ErrorKind, Reason, Result};
use crate::events::Event;
use crate::rate_limit::OnLimit;
use crate::retry;
use crate::retry_after;
use crate::secret::{Hush, Secret};
use crate::transport::{HttpRequest, HttpResponse, Payload, Progress, Transport, TransportError};
use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_TYPE, DATE, RETRY_AFTER};
use http::{HeaderMap, HeaderValue, Method};
use std::time::{Duration, Instant, SystemTime};
use tracing::Instrument as _;

/// Sends a request and waits for the whole answer, but not beyond `deadline`.
pub(crate) fn attempt(
    shared: &Shared,
    transport: &dyn Transport,
    request: HttpRequest,
    deadline: Instant,
) -> impl Future<Output = std::result::Result<HttpResponse, TransportError>> {
    let (progress, body) = (request.progress.clone(), request.body.clone());
    // Not in the block, which would carry the request along.
    let sending = transport.send(request);
    async move {
        let answer = by(&*shared.clock, deadline, sending).await;
        answer.unwrap_or_else(|| {
            // A read may have left, or not; nobody has to know.
            let unsent = body.is_some_and(|b| !b.has_begun());
            if unsent { Err(no_connection()) } else { progress.refusal().ok_or_else(|| timed_out(&progress)) }
        })
    }
}

/// The time was up before there was a connection to send a write on.
fn no_connection() -> TransportError {
    let error = TransportError::new(Reason::ConnectTimeout, "no connection in time");
    TransportError { not_sent: true, retryable: true, ..error }
}

fn timed_out(progress: &Progress) -> TransportError {
    let (reason, what) = if progress.has_head() {
        (Reason::BodyTimeout, "the body of the answer did not end in time")
    } else {
        (Reason::ResponseTimeout, "no answer in time")
    };
    TransportError { retryable: true, ..TransportError::new(reason, what) }
}

/// The kind of error that a failure without an answer is.
pub(crate) fn error_of(failure: TransportError) -> Error {
    let kind = match failure.reason {
        Reason::ConnectTimeout | Reason::ResponseTimeout | Reason::BodyTimeout => ErrorKind::Timeout,
        Reason::BodyTooLarge => ErrorKind::Decode,
        _ => ErrorKind::Connection,
    };
    let error = Error::new(kind, failure.reason, failure.message).with_http_status(failure.status);
    match failure.source {
        Some(source) => error.with_source(source),
        None => error,
    }
}

pub(crate) fn headers(has_body: bool) -> HeaderMap {
    let mut headers = HeaderMap::with_capacity(4);
    headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
    if has_body {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    }
    headers
}

/// How long the server asks to wait, if it says.
pub(crate) fn retry_after(headers: &HeaderMap, wall: SystemTime) -> Option<Duration> {
    let values = headers.get_all(RETRY_AFTER).into_iter().map(HeaderValue::as_bytes);
    retry_after::parse(values, headers.get(DATE).map(HeaderValue::as_bytes), wall)
}

/// Statuses that another attempt may cure.
pub(crate) fn is_transient(status: u16) -> bool {
    matches!(status, 408 | 500 | 502 | 503 | 504)
}

/// How far a call may go.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    pub(crate) deadline: Instant,
    pub(crate) max_retries: u32,
}

/// What events call the request for a token.
pub(crate) const AUTHENTICATE: &str = "authenticate";
const TOKEN_PATH: &str = "/oauth/token";

/// Asks the token endpoint. It may always be asked again: a token too many does no harm. It has no part in the
/// quota of the other endpoints, so the limiter is not asked.
///
/// Returns what `parse` made of the answer, with the moment at which the request was sent, by both clocks.
pub(crate) async fn token<T>(
    shared: &Shared,
    transport: &dyn Transport,
    body: Bytes,
    bounds: Bounds,
    secret: &Secret,
    parse: impl Fn(&HttpResponse, &Verdict, &Secret) -> Result<T>,
) -> Result<(Instant, SystemTime, T)> {
    let options = &shared.config.options;
    let hush = Hush::without_bodies(secret.expose());
    let (mut attempt, mut retries, mut pauses, mut broken) = (0, 0, 0, false);
    loop {
        attempt += 1;
        let (sent, sent_wall) = (shared.clock.now(), shared.clock.wall());
        let answer = ask_once(shared, transport, body.clone(), broken, bounds, hush, attempt).await;
        broken = answer.as_ref().is_err_and(TransportError::is_dead_connection);
        let (error, again) = match answer {
            Ok((response, verdict)) => match parse(&response, &verdict, secret) {
                Ok(parsed) => {
                    shared.retry_quota.repay(retries);
                    return Ok((sent, sent_wall, parsed));
                }
                Err(e) => {
                    let again = is_transient(verdict.status)
                        || verdict.status == 429
                        || e.reason() == Reason::BodyInterrupted;
                    let wait = retry_after(&response.headers, shared.clock.wall());
                    let id = envelope::request_id(&response.headers, hush);
                    (e.with_request_id(id).with_retry_after(wait), again)
                }
            },
            Err(failure) => {
                let again = failure.retryable;
                (error_of(failure), again)
            }
        };
        let error = error.with_attempts(attempt);
        let limited = error.kind() == ErrorKind::RateLimit;
        if !again || (limited && options.on_limit == OnLimit::Raise) {
            return Err(error);
        }
        let delay =
            delay_before(shared, if limited { pauses } else { retries }, error.retry_after(), limited);
        let in_time = shared.clock.now().checked_add(delay).is_some_and(|t| t < bounds.deadline);
        if !in_time || delay > options.max_retry_after {
            return Err(if limited { error.with_reason(Reason::WaitTooLong) } else { error });
        }
        if limited {
            pauses += 1;
        } else if retries < bounds.max_retries && shared.retry_quota.spend() {
            retries += 1;
        } else {
            return Err(error);
        }
        retrying(shared, AUTHENTICATE, attempt, &error, delay);
        shared.clock.sleep(delay).await;
    }
}

/// One request for a token, as seen by events and traces.
async fn ask_once(
    shared: &Shared,
    transport: &dyn Transport,
    body: Bytes,
    fresh: bool,
    bounds: Bounds,
    hush: Hush<'_>,
    number: u32,
) -> std::result::Result<(HttpResponse, Verdict), TransportError> {
    shared.emit(|| Event::Request {
        operation: AUTHENTICATE,
        method: "POST",
        path: TOKEN_PATH,
        attempt: number,
    });
    let request = HttpRequest {
        method: Method::POST,
        target: shared.target(TOKEN_PATH),
        headers: headers(true),
        body: Some(Payload::new(body)),
        fresh,
        progress: Progress::default(),
    };
    let sent = shared.clock.now();
    let until = bounds.deadline.min(sent + shared.config.options.attempt_timeout);
    let span = tracing::debug_span!("zhifuyun.attempt", attempt = number, path = TOKEN_PATH);
    let response = attempt(shared, transport, request, until).instrument(span).await?;
    let verdict = envelope::judge(&response);
    shared.emit(|| Event::Response {
        operation: AUTHENTICATE,
        attempt: number,
        http_status: response.status,
        code: verdict.code,
        request_id: envelope::request_id(&response.headers, hush),
        elapsed: shared.clock.now().saturating_duration_since(sent),
    });
    Ok((response, verdict))
}

/// Tells that an attempt failed and another follows.
pub(crate) fn retrying(
    shared: &Shared,
    operation: &'static str,
    attempt: u32,
    error: &Error,
    delay: Duration,
) {
    shared.emit(|| Event::Retry { operation, attempt, reason: error.reason(), delay });
    tracing::debug!(
        kind = error.kind().as_str(),
        reason = error.reason().as_str(),
        delay_ms = delay.as_millis() as u64,
        "trying again"
    );
}

/// A 429 without a time is waited out in growing steps; everything else backs off with jitter.
fn delay_before(shared: &Shared, retries: u32, wait: Option<Duration>, limited: bool) -> Duration {
    let own = if limited && wait.is_none() {
        let step = Duration::from_secs(1_u64.checked_shl(retries).unwrap_or(30).min(30));
        step + shared.jitter.up_to(step / 10)
    } else {
        retry::backoff(retries, &shared.jitter)
    };
    own.max(wait.unwrap_or_default())
}
