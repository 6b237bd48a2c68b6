//! The one token of a client: single flight, refreshed ahead of time, invalidated exactly.

use super::request::{self, Grant};
use super::{CredentialsProvider, Lifetime, StoredToken, Token, TokenStore, refresh_margin, safety_margin};
use crate::clock::Clock;
use crate::engine::{Driver, Shared, exchange};
use crate::error::{Error, Reason, Result};
use crate::events::Event;
use crate::secret::Secret;
use crate::transport::Transport;
use http::HeaderValue;
use sha2::{Digest as _, Sha256};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

/// For so long, wrong credentials are not tried again: a thousand callers make one request.
const NEGATIVE_CACHE: Duration = Duration::from_secs(1);

#[derive(Debug)]
pub(crate) struct TokenManager {
    current: Mutex<Option<Arc<Token>>>,
    /// Whoever holds it asks the server. Tokio's, because it is held across awaits, queues fairly, and is
    /// released when its holder is cancelled: then the next in line leads.
    flight: tokio::sync::Mutex<()>,
    failure: Mutex<Option<Failure>>,
    failures: AtomicU64,
    serial: AtomicU64,
    refreshing: AtomicBool,
    credentials: Arc<dyn CredentialsProvider>,
    store: Arc<dyn TokenStore>,
    key: String,
}

#[derive(Debug)]
struct Failure {
    error: Error,
    at: Instant,
    number: u64,
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl TokenManager {
    /// `identity` tells apart whose token it is: address, id and secret, or the address and "provider".
    pub(crate) fn new(
        store: Arc<dyn TokenStore>,
        credentials: Arc<dyn CredentialsProvider>,
        identity: &[&str],
    ) -> Self {
        let mut hash = Sha256::new();
        for part in identity {
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part.as_bytes());
        }
        let key = hash.finalize().iter().map(|b| format!("{b:02x}")).collect();
        Self {
            current: Mutex::default(),
            flight: tokio::sync::Mutex::new(()),
            failure: Mutex::default(),
            failures: AtomicU64::new(0),
            serial: AtomicU64::new(0),
            refreshing: AtomicBool::new(false),
            credentials,
            store,
            key,
        }
    }

    fn valid(&self, clock: &dyn Clock) -> Option<Arc<Token>> {
        let current = lock(&self.current);
        current.as_ref().filter(|t| t.is_valid(clock.now(), clock.wall())).cloned()
    }

    /// A token that can be sent now.
    pub(crate) async fn get(
        &self,
        shared: &Arc<Shared>,
        driver: &Arc<dyn Driver>,
        deadline: Instant,
    ) -> Result<Arc<Token>> {
        let clock = &*shared.clock;
        if let Some(token) = self.valid(clock) {
            if token.wants_refresh(clock.now(), clock.wall()) {
                self.refresh_ahead(shared, driver).await;
            }
            return Ok(token);
        }
        let seen = self.failures.load(Ordering::SeqCst);
        let _flight = tokio::select! {
            biased;
            guard = self.flight.lock() => guard,
            () = clock.deadline(deadline) => return Err(waited_too_long()),
        };
        if let Some(token) = self.valid(clock) {
            return Ok(token);
        }
        if let Some(error) = self.shared_failure(seen, clock.now()) {
            return Err(error);
        }
        if let Some(token) = self.load(clock).await {
            return Ok(token);
        }
        self.ask(shared, driver.transport(), deadline, false).await
    }

    /// Asks the server for a new token, whatever is cached.
    pub(crate) async fn renew(
        &self,
        shared: &Arc<Shared>,
        driver: &Arc<dyn Driver>,
        deadline: Instant,
    ) -> Result<Arc<Token>> {
        let _flight = tokio::select! {
            biased;
            guard = self.flight.lock() => guard,
            () = shared.clock.deadline(deadline) => return Err(waited_too_long()),
        };
        self.ask(shared, driver.transport(), deadline, false).await
    }

    /// The failure of the flight that this caller waited for, or recent wrong credentials.
    fn shared_failure(&self, seen: u64, now: Instant) -> Option<Error> {
        let failure = lock(&self.failure);
        let failure = failure.as_ref()?;
        let waited_for = failure.number > seen;
        let hopeless = failure.error.reason() == Reason::InvalidCredentials
            && now.saturating_duration_since(failure.at) < NEGATIVE_CACHE;
        (waited_for || hopeless).then(|| failure.error.clone())
    }

    /// Starts the one background refresh while the old token still serves. A driver without a background runs
    /// it in this call.
    async fn refresh_ahead(&self, shared: &Arc<Shared>, driver: &Arc<dyn Driver>) {
        if self.refreshing.swap(true, Ordering::SeqCst) {
            return;
        }
        let running = Running(Arc::clone(shared));
        let job: crate::engine::Job = Box::new(move |transport| {
            Box::pin(async move {
                let shared = &running.0;
                let manager = &shared.tokens;
                // Bounded by one attempt: a driver without a background runs this inside a call.
                let deadline = shared.clock.now() + shared.config.options.attempt_timeout;
                // A busy flight means that somebody already asks.
                if let Ok(_flight) = manager.flight.try_lock() {
                    let _ = manager.ask(shared, &*transport, deadline, true).await;
                }
            })
        });
        if let Some(job) = driver.background(job) {
            job(driver.transport_handle()).await;
        }
    }

    async fn load(&self, clock: &dyn Clock) -> Option<Arc<Token>> {
        let stored = self.store.load(&self.key).await?;
        let (now, wall) = (clock.now(), clock.wall());
        let lifetime = stored.expires_at.duration_since(stored.issued_at).ok()?;
        let age = wall.duration_since(stored.issued_at).ok()?;
        let token = self.adopt(&stored.access_token, lifetime, now.checked_sub(age)?, stored.issued_at)?;
        token.is_valid(now, wall).then(|| {
            *lock(&self.current) = Some(Arc::clone(&token));
            token
        })
    }

    fn adopt(
        &self,
        token: &Secret,
        lifetime: Duration,
        sent: Instant,
        sent_wall: SystemTime,
    ) -> Option<Arc<Token>> {
        let usable = lifetime.saturating_sub(safety_margin(lifetime));
        let refresh = usable.saturating_sub(refresh_margin(lifetime));
        let mut header = HeaderValue::from_str(&format!("Bearer {}", token.expose())).ok()?;
        header.set_sensitive(true);
        Some(Arc::new(Token {
            header,
            serial: self.serial.fetch_add(1, Ordering::SeqCst),
            expires: sent.checked_add(usable)?,
            expires_wall: sent_wall.checked_add(usable)?,
            refresh_from: sent.checked_add(refresh)?,
            refresh_from_wall: sent_wall.checked_add(refresh)?,
        }))
    }

    /// Asks the server. The caller holds the flight.
    async fn ask(
        &self,
        shared: &Arc<Shared>,
        transport: &dyn Transport,
        deadline: Instant,
        background: bool,
    ) -> Result<Arc<Token>> {
        let result = self.grant(shared, transport, deadline).await;
        shared.emit(&Event::Refresh { ok: result.is_ok(), background });
        tracing::debug!(ok = result.is_ok(), background, "zhifuyun token refresh");
        if let Err(error) = &result {
            // A leader that ran out of its own time says nothing about the server; the next one may lead.
            let own_deadline = shared.clock.now() >= deadline;
            if !own_deadline && !background {
                let number = self.failures.fetch_add(1, Ordering::SeqCst) + 1;
                *lock(&self.failure) = Some(Failure { error: error.clone(), at: shared.clock.now(), number });
            }
        }
        result
    }

    async fn grant(
        &self,
        shared: &Arc<Shared>,
        transport: &dyn Transport,
        deadline: Instant,
    ) -> Result<Arc<Token>> {
        let credentials = tokio::select! {
            biased;
            credentials = self.credentials.credentials() => credentials?,
            () = shared.clock.deadline(deadline) => return Err(waited_too_long()),
        };
        let body = request::body(&credentials.client_id, &credentials.client_secret);
        let (sent, sent_wall, Grant { access_token, lifetime }) =
            exchange::token(shared, transport, body, deadline, |r| {
                request::grant(r, &credentials.client_secret)
            })
            .await?;
        let (lifetime, keep) = match lifetime {
            Lifetime::SingleUse => (Duration::ZERO, false),
            Lifetime::For(lifetime) => (lifetime, true),
        };
        let invalid = || {
            Error::new(
                crate::error::ErrorKind::Authentication,
                Reason::InvalidToken,
                "the token endpoint answered with a token that cannot be sent",
            )
        };
        let token = self.adopt(&access_token, lifetime, sent, sent_wall).ok_or_else(invalid)?;
        if keep {
            *lock(&self.current) = Some(Arc::clone(&token));
            let expires = sent_wall.checked_add(lifetime).unwrap_or(sent_wall);
            self.store.save(&self.key, StoredToken::new(access_token, sent_wall, expires)).await;
        }
        Ok(token)
    }

    /// The server refused exactly this token. A newer one stays.
    pub(crate) async fn invalidate(&self, token: &Token) {
        {
            let mut current = lock(&self.current);
            if current.as_ref().is_some_and(|t| t.serial == token.serial) {
                *current = None;
            }
        }
        if let Some(value) = token.header.to_str().ok().and_then(|v| v.strip_prefix("Bearer ")) {
            self.store.remove(&self.key, &Secret::new(value)).await;
        }
    }
}

/// Clears the flag however the refresh ends: done, failed, cancelled or never run.
struct Running(Arc<Shared>);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.tokens.refreshing.store(false, Ordering::SeqCst);
    }
}

fn waited_too_long() -> Error {
    Error::new(
        crate::error::ErrorKind::Timeout,
        Reason::DeadlineExceeded,
        "the timeout of the call passed while it waited for an access token",
    )
}
