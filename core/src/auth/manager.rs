//! The one token of a client: single flight, refreshed ahead of time, invalidated exactly.

use super::ahead::Ahead;
use super::request::{self, Grant};
use super::{
    Credentials, CredentialsProvider, Lifetime, StoredToken, Token, TokenStore, refresh_margin, safety_margin,
};
use crate::clock::Clock;
use crate::engine::exchange::{self, Bounds};
use crate::engine::{Driver, Job, Shared, by, no_time};
use crate::error::{Error, ErrorKind, Reason, Result};
use crate::events::Event;
use crate::secret::Secret;
use crate::transport::Transport;
use http::HeaderValue;
use sha2::{Digest as _, Sha256};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};
use tokio::runtime::Handle;
use tokio_util::task::AbortOnDropHandle;
use tracing::Instrument as _;

/// For so long, wrong credentials are not tried again: a thousand callers make one request.
const NEGATIVE_CACHE: Duration = Duration::from_secs(1);
/// A store that does not answer within so long is taken for an empty one.
const STORE_PATIENCE: Duration = Duration::from_secs(5);

#[derive(Debug)]
pub(crate) struct TokenManager {
    /// The last one, also when it has expired or was refused: a store must not bring it back.
    current: Mutex<Option<Arc<Token>>>,
    /// Whoever holds it asks the server. Tokio's, because it is held across awaits, queues fairly, and is
    /// released when its holder is cancelled: then the next in line leads. Only for work that is driven by somebody
    /// ([`driven`]), because everybody else waits for its holder, and for who is next in line.
    flight: tokio::sync::Mutex<()>,
    /// How many flights brought a token.
    obtained: AtomicU64,
    failures: AtomicU64,
    failure: Mutex<Option<Failure>>,
    pub(super) ahead: Ahead,
    credentials: Arc<dyn CredentialsProvider>,
    store: Arc<dyn TokenStore>,
    address: String,
}

#[derive(Debug)]
struct Failure {
    error: Error,
    at: Instant,
    number: u64,
    /// The server wants to be asked again then, for which the leader had no time. Who has it may lead.
    too_late: Option<Instant>,
}

/// Why a token is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Purpose {
    /// A call needs one: any that is valid, also one of the store.
    Call,
    /// Ahead of expiry: one of the store, if it is fresh.
    Ahead,
    /// Somebody wants to know what the server says.
    Renewal,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl TokenManager {
    pub(crate) fn new(
        store: Arc<dyn TokenStore>,
        credentials: Arc<dyn CredentialsProvider>,
        address: &str,
    ) -> Self {
        Self {
            current: Mutex::default(),
            flight: tokio::sync::Mutex::new(()),
            obtained: AtomicU64::new(0),
            failures: AtomicU64::new(0),
            failure: Mutex::default(),
            ahead: Ahead::default(),
            credentials,
            store,
            address: address.to_owned(),
        }
    }

    /// Tells apart whose token it is.
    fn key(&self, credentials: &Credentials) -> String {
        let mut hash = Sha256::new();
        for part in [&self.address, &credentials.client_id, credentials.client_secret.expose()] {
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part.as_bytes());
        }
        hash.finalize().iter().map(|b| format!("{b:02x}")).collect()
    }

    fn valid(&self, clock: &dyn Clock) -> Option<Arc<Token>> {
        self.valid_at(clock.now(), clock.wall())
    }

    fn valid_at(&self, now: Instant, wall: SystemTime) -> Option<Arc<Token>> {
        lock(&self.current).as_ref().filter(|t| t.is_valid(now, wall)).cloned()
    }

    /// A token that can be sent now.
    pub(crate) async fn get(
        &self,
        shared: &Arc<Shared>,
        driver: &Arc<dyn Driver>,
        bounds: Bounds,
    ) -> Result<Arc<Token>> {
        let clock = &*shared.clock;
        let (now, wall) = (clock.now(), clock.wall());
        if let Some(token) = self.valid_at(now, wall) {
            if !token.wants_refresh(now, wall) {
                return Ok(token);
            }
            self.refresh_ahead(shared, driver, bounds.deadline).await;
            if let Some(token) = self.valid(clock) {
                return Ok(token);
            }
        }
        let seen = self.failures.load(Ordering::SeqCst);
        let work = driven(shared, driver, move |shared, transport| async move {
            let (tokens, clock) = (&shared.tokens, &*shared.clock);
            let _flight = tokens.lead(clock, bounds.deadline).await?;
            if let Some(token) = tokens.valid(clock) {
                return Ok(token);
            }
            let failed = tokens.failed_since(seen, bounds.deadline);
            if let Some(error) = failed.or_else(|| tokens.hopeless(clock.now())) {
                return Err(error);
            }
            tokens.ask(&shared, &*transport, bounds, Purpose::Call).await
        });
        // Rare, and larger than all the rest of a call, which would carry the room for it along.
        Box::pin(work).await
    }

    /// Asks the server for a new token, whatever is cached. Who asks while somebody else does shares the answer.
    pub(crate) async fn renew(
        &self,
        shared: &Arc<Shared>,
        driver: &Arc<dyn Driver>,
        bounds: Bounds,
    ) -> Result<Arc<Token>> {
        let (obtained, failed) = (self.obtained.load(Ordering::SeqCst), self.failures.load(Ordering::SeqCst));
        driven(shared, driver, move |shared, transport| async move {
            let (tokens, clock) = (&shared.tokens, &*shared.clock);
            let _flight = tokens.lead(clock, bounds.deadline).await?;
            if let Some(error) = tokens.failed_since(failed, bounds.deadline) {
                return Err(error);
            }
            match tokens.valid(clock) {
                Some(token) if tokens.obtained.load(Ordering::SeqCst) > obtained => Ok(token),
                _ => tokens.ask(&shared, &*transport, bounds, Purpose::Renewal).await,
            }
        })
        .await
    }

    /// Waits for the flight under way, if there is one, and is then the one who asks.
    async fn lead(&self, clock: &dyn Clock, deadline: Instant) -> Result<tokio::sync::MutexGuard<'_, ()>> {
        by(clock, deadline, self.flight.lock()).await.ok_or_else(|| no_time("for an access token"))
    }

    /// The failure of a flight that this caller waited for.
    fn failed_since(&self, seen: u64, deadline: Instant) -> Option<Error> {
        let failure = lock(&self.failure);
        let shared = |f: &&Failure| f.number > seen && f.too_late.is_none_or(|again| again >= deadline);
        failure.as_ref().filter(shared).map(|f| f.error.clone())
    }

    /// Credentials that were refused a moment ago.
    fn hopeless(&self, now: Instant) -> Option<Error> {
        let failure = lock(&self.failure);
        let wrong = |f: &&Failure| {
            f.error.reason() == Reason::InvalidCredentials
                && now.saturating_duration_since(f.at) < NEGATIVE_CACHE
        };
        failure.as_ref().filter(wrong).map(|f| f.error.clone())
    }

    /// Starts the one background refresh while the old token still serves. A driver without a background runs
    /// it in this call, which gives it no more than a part of its time.
    async fn refresh_ahead(&self, shared: &Arc<Shared>, driver: &Arc<dyn Driver>, deadline: Instant) {
        let Some(running) = self.ahead.begin(shared) else { return };
        let job: Job = Box::new(move |transport| {
            Box::pin(async move {
                let shared = Arc::clone(running.shared());
                let (manager, options) = (&shared.tokens, &shared.config.options);
                let deadline = shared.clock.now() + options.attempt_timeout;
                let bounds = Bounds { deadline, max_retries: options.max_retries };
                let ok = match manager.flight.try_lock() {
                    Ok(_flight) => manager.ask(&shared, &*transport, bounds, Purpose::Ahead).await.is_ok(),
                    // Somebody already asks.
                    Err(_) => true,
                };
                running.ended(ok);
            })
        });
        if let Some(job) = driver.background(job) {
            let now = shared.clock.now();
            let until = now + deadline.saturating_duration_since(now) / 4;
            by(&*shared.clock, until, job(driver.transport_handle())).await;
        }
    }

    /// Takes a token from the store or asks the server. The caller holds the flight.
    async fn ask(
        &self,
        shared: &Arc<Shared>,
        transport: &dyn Transport,
        bounds: Bounds,
        purpose: Purpose,
    ) -> Result<Arc<Token>> {
        let clock = &*shared.clock;
        let credentials = by(clock, bounds.deadline, self.credentials.credentials())
            .await
            .unwrap_or_else(|| Err(no_time("for credentials")));
        let result = match credentials {
            Ok(credentials) => {
                let key = self.key(&credentials);
                if purpose != Purpose::Renewal
                    && let Some(token) = self.load(clock, bounds.deadline, &key, purpose).await
                {
                    return Ok(token);
                }
                self.grant(shared, transport, bounds, credentials, key).await
            }
            Err(error) => Err(error),
        };
        let background = purpose == Purpose::Ahead;
        shared.emit(|| Event::Refresh { ok: result.is_ok(), background });
        tracing::debug!(ok = result.is_ok(), background, "zhifuyun token refresh");
        match &result {
            Ok(_) => drop(self.obtained.fetch_add(1, Ordering::SeqCst)),
            Err(error) => {
                // A leader that ran out of its own time or retries says nothing about the server; the next one may
                // lead.
                let hasty = clock.now() >= bounds.deadline
                    || (bounds.max_retries < shared.config.options.max_retries
                        && error.reason() != Reason::InvalidCredentials);
                if !hasty && !background {
                    let number = self.failures.fetch_add(1, Ordering::SeqCst) + 1;
                    let (error, at) = (error.clone(), clock.now());
                    let again = error.retry_after().and_then(|wait| at.checked_add(wait));
                    let too_late = again.filter(|again| *again >= bounds.deadline);
                    *lock(&self.failure) = Some(Failure { error, at, number, too_late });
                }
            }
        }
        result
    }

    /// What the store has, if it is any better than what this client had last.
    async fn load(
        &self,
        clock: &dyn Clock,
        deadline: Instant,
        key: &str,
        purpose: Purpose,
    ) -> Option<Arc<Token>> {
        let patience = deadline.min(clock.now() + STORE_PATIENCE);
        let stored = by(clock, patience, self.store.load(key)).await.flatten()?;
        // It has expired by this client's clock, or was refused, whatever the store and the wall clock say.
        if lock(&self.current).as_ref().is_some_and(|t| t.value == stored.access_token) {
            return None;
        }
        let (now, wall) = (clock.now(), clock.wall());
        let lifetime = stored.expires_at.duration_since(stored.issued_at).ok()?;
        let age = wall.duration_since(stored.issued_at).ok()?;
        let sent = now.checked_sub(age)?;
        let token = adopt(&stored.access_token, key.to_owned(), lifetime, sent, stored.issued_at)?;
        let good = token.is_valid(now, wall) && (purpose == Purpose::Call || !token.wants_refresh(now, wall));
        good.then(|| {
            *lock(&self.current) = Some(Arc::clone(&token));
            token
        })
    }

    async fn grant(
        &self,
        shared: &Arc<Shared>,
        transport: &dyn Transport,
        bounds: Bounds,
        credentials: Credentials,
        key: String,
    ) -> Result<Arc<Token>> {
        let body = request::body(&credentials.client_id, &credentials.client_secret);
        let (sent, sent_wall, Grant { access_token, lifetime }) =
            exchange::token(shared, transport, body, bounds, &credentials.client_secret, request::grant)
                .await?;
        let (lifetime, keep) = match lifetime {
            Lifetime::SingleUse => (Duration::ZERO, false),
            Lifetime::For(lifetime) => (lifetime, true),
        };
        let invalid = || {
            let message = "the token endpoint answered with a token that cannot be sent";
            Error::new(ErrorKind::Authentication, Reason::InvalidToken, message)
        };
        let token = adopt(&access_token, key, lifetime, sent, sent_wall).ok_or_else(invalid)?;
        if keep {
            *lock(&self.current) = Some(Arc::clone(&token));
            let expires = sent_wall.checked_add(lifetime).unwrap_or(sent_wall);
            let save = self.store.save(&token.key, StoredToken::new(access_token, sent_wall, expires));
            self.patiently(&*shared.clock, bounds.deadline, save).await;
        }
        Ok(token)
    }

    /// The server refused exactly this token. A newer one stays.
    pub(crate) async fn invalidate(&self, clock: &dyn Clock, token: &Token, deadline: Instant) {
        token.refused.store(true, Ordering::SeqCst);
        self.patiently(clock, deadline, self.store.remove(&token.key, &token.value)).await;
    }

    /// What a store does not manage soon is left undone: no call fails for it.
    async fn patiently(&self, clock: &dyn Clock, deadline: Instant, work: impl Future<Output = ()>) {
        let _ = by(clock, deadline.min(clock.now() + STORE_PATIENCE), work).await;
    }
}

/// Runs work as a task of its own where the runtime goes on by itself: a call that was begun may not be polled for
/// a long time. The task ends with the call.
async fn driven<F>(
    shared: &Arc<Shared>,
    driver: &Arc<dyn Driver>,
    work: impl FnOnce(Arc<Shared>, Arc<dyn Transport>) -> F,
) -> Result<Arc<Token>>
where
    F: Future<Output = Result<Arc<Token>>> + Send + 'static,
{
    let work = work(Arc::clone(shared), driver.transport_handle());
    let runtime = if driver.runs_between_calls() { Handle::try_current().ok() } else { None };
    let Some(runtime) = runtime else { return work.await };
    match AbortOnDropHandle::new(runtime.spawn(work.in_current_span())).await {
        Ok(result) => result,
        // A panic goes on where the caller can catch it.
        Err(gone) => match gone.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(_) => {
                let message = "the runtime that drove the request for a token was shut down";
                Err(Error::new(ErrorKind::Connection, Reason::ConnectionClosed, message))
            }
        },
    }
}

fn adopt(
    token: &Secret,
    key: String,
    lifetime: Duration,
    sent: Instant,
    sent_wall: SystemTime,
) -> Option<Arc<Token>> {
    let usable = lifetime.saturating_sub(safety_margin(lifetime));
    let refresh = usable.saturating_sub(refresh_margin(lifetime));
    let mut header = HeaderValue::from_str(&format!("Bearer {}", token.expose())).ok()?;
    header.set_sensitive(true);
    Some(Arc::new(Token {
        value: token.clone(),
        header,
        key,
        refused: AtomicBool::new(false),
        expires: sent.checked_add(usable)?,
        expires_wall: sent_wall.checked_add(usable)?,
        refresh_from: sent.checked_add(refresh)?,
        refresh_from_wall: sent_wall.checked_add(refresh)?,
    }))
}
