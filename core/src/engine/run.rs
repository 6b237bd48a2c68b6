//! The life of one call: its turn, its token, its attempts, all under one deadline.

use super::exchange::{self, Bounds, error_of, is_transient};
use super::{Call, Driver, Shared, by, no_time};
use crate::auth::Token;
use crate::envelope::{self, Reader};
use crate::error::{Error, ErrorKind, Reason, Result, Timing};
use crate::events::Event;
use crate::meta::Meta;
use crate::rate_limit::{Admission, OnLimit, Outcome, Permit, WaitCause};
use crate::retry;
use crate::secret::Hush;
use crate::transport::{HttpRequest, HttpResponse, Payload, Progress, TransportError};
use bytes::Bytes;
use http::header::AUTHORIZATION;
use std::ops::Range;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tracing::Instrument as _;

/// A successful answer: its `data` is a piece of the body.
pub(crate) struct Answer {
    body: Bytes,
    data: Range<usize>,
    pub(crate) meta: Meta,
}

impl Answer {
    /// The JSON of `data`.
    pub(crate) fn data(&self) -> &str {
        envelope::slice(&self.body, self.data.clone())
    }
}

/// Runs a call to its end.
///
/// `read` is shown each success and may take its data at once.
pub(crate) async fn run(
    shared: &Arc<Shared>,
    driver: &Arc<dyn Driver>,
    call: &Call,
    read: &mut Reader<'_>,
) -> Result<Answer> {
    let start = shared.clock.now();
    let mut run = Run {
        shared,
        driver,
        call,
        read,
        bounds: call.options.bounds(shared, start),
        timing: Timing::default(),
        attempts: 0,
        retries: 0,
        refreshed: false,
        broken: false,
        limited: None,
        maybe_applied: false,
    };
    let span = tracing::debug_span!("zhifuyun.operation", operation = call.operation);
    let result = run.drive().instrument(span).await;
    run.timing.total = shared.clock.now().saturating_duration_since(start);
    match result {
        Ok(mut answer) => {
            shared.retry_quota.repay(run.retries);
            answer.meta.attempts = run.attempts;
            answer.meta.timing = run.timing;
            Ok(answer)
        }
        Err(error) => {
            let maybe = run.maybe_applied || error.maybe_applied();
            Err(error
                .with_operation(call.operation)
                .with_attempts(run.attempts)
                .with_timing(run.timing)
                .with_maybe_applied(maybe))
        }
    }
}

struct Run<'a, 'r> {
    shared: &'a Arc<Shared>,
    driver: &'a Arc<dyn Driver>,
    call: &'a Call,
    read: &'a mut Reader<'r>,
    bounds: Bounds,
    timing: Timing,
    attempts: u32,
    retries: u32,
    refreshed: bool,
    /// The connection of the last attempt was dead.
    broken: bool,
    /// The last 429, which is the truth to tell when the time runs out while waiting.
    limited: Option<Error>,
    maybe_applied: bool,
}

/// What follows an attempt.
enum Next {
    Done(Answer),
    Again,
    /// With another token, because the server does not take this one.
    Renew(Error),
    Fail(Error),
    /// Worth another attempt if the rules allow one.
    Retry(Error, Option<Duration>),
}

impl Run<'_, '_> {
    async fn drive(&mut self) -> Result<Answer> {
        loop {
            self.shared.check_open()?;
            let mut permit = Arc::clone(&self.shared.limiter).enter(self.call.class);
            let admitted = self.wait_for_turn(&mut *permit).await?;
            let token = self.token(admitted).await?;
            match self.attempt(&token, &mut *permit).await {
                Next::Done(answer) => return Ok(answer),
                Next::Again => {}
                Next::Renew(error) => {
                    let shared = self.shared;
                    shared.tokens.invalidate(&*shared.clock, &token, self.bounds.deadline).await;
                    self.retrying(&error, Duration::ZERO);
                }
                Next::Fail(error) => return Err(error),
                Next::Retry(error, wait) => {
                    drop(permit);
                    self.back_off(error, wait).await?;
                }
            }
        }
    }

    fn now(&self) -> Instant {
        self.shared.clock.now()
    }

    /// Waits until the limiter lets the request go, which is the moment that it returns, or says why it cannot.
    async fn wait_for_turn(&mut self, permit: &mut dyn Permit) -> Result<Instant> {
        let began = self.now();
        let mut now = began;
        loop {
            let admission = by(&*self.shared.clock, self.bounds.deadline, permit.admit(now)).await;
            let admission = admission.ok_or_else(|| no_time("for its turn"))?;
            let Admission::Wait { until, not_before, cause } = admission else {
                let admitted = self.now();
                self.timing.queued += admitted.saturating_duration_since(began);
                return Ok(admitted);
            };
            let options = &self.shared.config.options;
            // Waiting for one's place in a paced queue is no shortage of quota.
            let raise = cause != WaitCause::Pace && options.on_limit == OnLimit::Raise;
            let too_long = cause == WaitCause::RetryAfter
                && not_before.saturating_duration_since(now) > options.max_retry_after;
            // An estimate beyond the deadline is no reason to give up: those ahead may be quicker, or leave.
            if raise || too_long || not_before > self.bounds.deadline || now >= self.bounds.deadline {
                self.timing.queued += self.now().saturating_duration_since(began);
                // Short of room by the client's own choice, and nothing heard of a limit: the server is slow.
                return Err(match cause {
                    WaitCause::Pace if self.limited.is_none() => no_time("for its turn"),
                    _ => self.no_turn(until.saturating_duration_since(now), raise),
                });
            }
            let wait = until.min(self.bounds.deadline).saturating_duration_since(now);
            self.shared.emit(|| Event::Wait { operation: self.call.operation, cause, duration: wait });
            tracing::debug!(?cause, wait_ms = wait.as_millis() as u64, "waiting for a turn");
            let changed = permit.changed();
            tokio::select! {
                biased;
                () = changed => {}
                () = self.shared.clock.sleep(wait) => {}
            }
            now = self.now();
        }
    }

    fn no_turn(&mut self, wait: Duration, raise: bool) -> Error {
        let reason = if raise { Reason::QuotaExhausted } else { Reason::WaitTooLong };
        let seconds = wait.as_secs_f64();
        let message = if raise {
            format!("the quota has no free slot for {seconds:.1} s and on_limit is raise")
        } else {
            format!(
                "the quota has no free slot for this call within its time, perhaps in {seconds:.1} s; \
                raise timeout, or call later"
            )
        };
        let error = Error::new(ErrorKind::RateLimit, reason, message).with_retry_after(Some(wait));
        match self.limited.take() {
            Some(limited) => error
                .with_http_status(limited.http_status())
                .with_code(limited.code())
                .with_request_id(limited.request_id().map(str::to_owned)),
            None => error,
        }
    }

    async fn token(&mut self, began: Instant) -> Result<Arc<Token>> {
        let token = self.shared.tokens.get(self.shared, self.driver, self.bounds).await;
        self.timing.token += self.now().saturating_duration_since(began);
        token
    }

    async fn attempt(&mut self, token: &Token, permit: &mut dyn Permit) -> Next {
        let call = self.call;
        self.attempts += 1;
        self.shared.emit(|| Event::Request {
            operation: call.operation,
            method: if call.is_read() { "GET" } else { method_name(&call.method) },
            path: call.path,
            attempt: self.attempts,
        });
        let mut headers = exchange::headers(call.body.is_some());
        headers.insert(AUTHORIZATION, token.header.clone());
        let request = HttpRequest {
            method: call.method.clone(),
            target: call.target(self.shared),
            headers,
            body: call.body.clone().map(Payload::new),
            fresh: self.broken,
            progress: Progress::default(),
        };
        let sent = self.now();
        permit.sent(sent);
        let until = self.bounds.deadline.min(sent + self.shared.config.options.attempt_timeout);
        let span = tracing::debug_span!("zhifuyun.attempt", attempt = self.attempts, path = call.path);
        let result =
            exchange::attempt(self.shared, self.driver.transport(), request, until).instrument(span).await;
        let elapsed = self.now().saturating_duration_since(sent);
        self.timing.network += elapsed;
        match result {
            Ok(response) => self.answered(response, token, permit, elapsed),
            Err(failure) => {
                permit.ended(Outcome::Lost, self.now());
                self.failed(failure)
            }
        }
    }

    fn answered(
        &mut self,
        response: HttpResponse,
        token: &Token,
        permit: &mut dyn Permit,
        elapsed: Duration,
    ) -> Next {
        let verdict = envelope::judge_and_read(&response, self.read);
        let hush = Hush::of([token.value.expose(), self.shared.config.client_secret.expose()]);
        let request_id = envelope::request_id(&response.headers, hush);
        self.shared.emit(|| Event::Response {
            operation: self.call.operation,
            attempt: self.attempts,
            http_status: response.status,
            code: verdict.code,
            request_id: request_id.clone(),
            elapsed,
        });
        tracing::debug!(http_status = response.status, code = verdict.code, "answered");
        if verdict.status == 429 {
            return self.limited(&response, &verdict, request_id, hush, permit);
        }
        permit.ended(Outcome::Answered, self.now());
        if (200..300).contains(&verdict.status) {
            return self.succeeded(response, &verdict, request_id, hush);
        }
        let wait = exchange::retry_after(&response.headers, self.shared.clock.wall());
        let error =
            envelope::error(&response, &verdict, hush).with_request_id(request_id).with_retry_after(wait);
        if verdict.status == 401 && !self.refreshed {
            self.refreshed = true;
            return Next::Renew(error);
        }
        let transient = is_transient(verdict.status);
        if self.call.is_read() {
            return if transient { Next::Retry(error, wait) } else { Next::Fail(error) };
        }
        // A server that fails in the middle may have finished the write before it failed; one that redirects may do so
        // to show what it has written.
        self.maybe_applied = verdict.status >= 500 || matches!(verdict.status, 301..=303 | 408);
        Next::Fail(error)
    }

    fn limited(
        &mut self,
        response: &HttpResponse,
        verdict: &envelope::Verdict,
        request_id: Option<String>,
        hush: Hush<'_>,
        permit: &mut dyn Permit,
    ) -> Next {
        let wait = exchange::retry_after(&response.headers, self.shared.clock.wall());
        permit.ended(Outcome::Limited(wait), self.now());
        let error =
            envelope::error(response, verdict, hush).with_request_id(request_id).with_retry_after(wait);
        let options = &self.shared.config.options;
        let hopeless = wait.is_some_and(|w| {
            w > options.max_retry_after || self.now().checked_add(w).is_none_or(|t| t > self.bounds.deadline)
        });
        if options.on_limit == OnLimit::Raise {
            return Next::Fail(error);
        }
        if hopeless {
            return Next::Fail(error.with_reason(Reason::WaitTooLong));
        }
        self.retrying(&error, wait.unwrap_or_default());
        self.limited = Some(error);
        Next::Again
    }

    fn succeeded(
        &mut self,
        response: HttpResponse,
        verdict: &envelope::Verdict,
        request_id: Option<String>,
        hush: Hush<'_>,
    ) -> Next {
        match envelope::success_data(&response, verdict, false, hush) {
            Ok(data) => {
                let meta = Meta::new(response.status, verdict.code, request_id);
                Next::Done(Answer { body: response.body, data, meta })
            }
            Err(error) => {
                let error = error.with_request_id(request_id);
                self.maybe_applied = !self.call.is_read();
                if self.call.is_read() && error.reason() == Reason::BodyInterrupted {
                    Next::Retry(error, None)
                } else {
                    Next::Fail(error)
                }
            }
        }
    }

    fn failed(&mut self, failure: TransportError) -> Next {
        let again = failure.retryable && (self.call.is_read() || failure.not_sent);
        self.maybe_applied = !self.call.is_read() && !failure.not_sent;
        self.broken = failure.is_dead_connection();
        let error = error_of(failure);
        if again { Next::Retry(error, None) } else { Next::Fail(error) }
    }

    /// Sleeps before the next attempt, or returns the error if there may be none.
    async fn back_off(&mut self, error: Error, wait: Option<Duration>) -> Result<()> {
        let options = &self.shared.config.options;
        let delay = retry::backoff(self.retries, &self.shared.jitter).max(wait.unwrap_or_default());
        let in_time = self.now().checked_add(delay).is_some_and(|t| t < self.bounds.deadline);
        let allowed = self.retries < self.bounds.max_retries && in_time && delay <= options.max_retry_after;
        if !allowed || !self.shared.retry_quota.spend() {
            return Err(error);
        }
        self.retries += 1;
        self.retrying(&error, delay);
        self.shared.clock.sleep(delay).await;
        self.timing.backoff += delay;
        Ok(())
    }

    fn retrying(&self, error: &Error, delay: Duration) {
        exchange::retrying(self.shared, self.call.operation, self.attempts, error, delay);
    }
}

fn method_name(method: &http::Method) -> &'static str {
    match *method {
        http::Method::POST => "POST",
        http::Method::PATCH => "PATCH",
        _ => "GET",
    }
}
