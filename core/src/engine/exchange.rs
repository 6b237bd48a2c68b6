//! One request against one deadline, and the small loop around the token endpoint.

use super::Shared;
use crate::envelope;
use crate::error::{Error, ErrorKind, Reason, Result};
use crate::retry;
use crate::retry_after;
use crate::transport::{HttpRequest, HttpResponse, Progress, Transport, TransportError};
use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_TYPE, DATE, RETRY_AFTER};
use http::{HeaderMap, HeaderValue, Method};
use std::time::{Duration, Instant, SystemTime};

/// Sends a request and waits for the whole answer, but not beyond `deadline`.
pub(crate) async fn attempt(
    shared: &Shared,
    transport: &dyn Transport,
    request: HttpRequest,
    deadline: Instant,
) -> std::result::Result<HttpResponse, TransportError> {
    let progress = request.progress.clone();
    tokio::select! {
        biased;
        answer = transport.send(request) => answer,
        () = shared.clock.deadline(deadline) => progress.refusal().ok_or_else(|| timed_out(&progress)),
    }
}

fn timed_out(progress: &Progress) -> TransportError {
    let (reason, what) = if progress.has_head() {
        (Reason::BodyTimeout, "the body of the answer did not end in time")
    } else {
        (Reason::ResponseTimeout, "no answer in time")
    };
    TransportError {
        reason,
        not_sent: false,
        retryable: true,
        message: what.to_owned(),
        status: None,
        source: None,
    }
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

/// Asks the token endpoint. It may always be asked again: a token too many does no harm.
///
/// Returns what `parse` made of the answer, with the moment at which the request was sent, by both clocks.
pub(crate) async fn token<T>(
    shared: &Shared,
    transport: &dyn Transport,
    body: Bytes,
    deadline: Instant,
    parse: impl Fn(&HttpResponse) -> Result<T>,
) -> Result<(Instant, SystemTime, T)> {
    let options = &shared.config.options;
    let mut retries = 0;
    loop {
        let (sent, sent_wall) = (shared.clock.now(), shared.clock.wall());
        let request = HttpRequest {
            method: Method::POST,
            url: shared.url(&["oauth", "token"]),
            headers: headers(true),
            body: Some(body.clone()),
            progress: Progress::default(),
        };
        let until = deadline.min(sent + options.attempt_timeout);
        let (error, wait, again) = match attempt(shared, transport, request, until).await {
            Ok(response) => {
                let verdict = envelope::judge(&response);
                let wait = retry_after(&response.headers, shared.clock.wall());
                let again = is_transient(verdict.status) || verdict.status == 429;
                match parse(&response) {
                    Ok(parsed) => return Ok((sent, sent_wall, parsed)),
                    Err(e) => {
                        let again = again || e.reason() == Reason::BodyInterrupted;
                        (e.with_retry_after(wait), wait, again)
                    }
                }
            }
            Err(failure) => {
                let again = failure.retryable;
                (error_of(failure), None, again)
            }
        };
        let limited = error.kind() == ErrorKind::RateLimit;
        let delay = delay_before(shared, retries, wait, limited);
        let allowed = again && (limited || retries < options.max_retries);
        let in_time = shared.clock.now() + delay < deadline && delay <= options.max_retry_after;
        if !allowed || !in_time {
            return Err(error);
        }
        retries += 1;
        shared.clock.sleep(delay).await;
    }
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
