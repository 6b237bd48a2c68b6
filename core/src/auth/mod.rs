//! Access tokens: obtained once, shared by all calls, refreshed before anybody has to wait for it.

mod ahead;
mod credentials;
mod manager;
mod request;
mod store;

pub(crate) use credentials::Fixed;
pub use credentials::{Credentials, CredentialsProvider};
pub(crate) use manager::TokenManager;
pub use store::{MemoryTokenStore, StoredToken, TokenStore};

use crate::secret::Secret;
use http::HeaderValue;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant, SystemTime};

/// Longest lifetime that is believed: a server that says more may be restarted with other keys.
const MAX_LIFETIME: Duration = Duration::from_secs(24 * 3600);
/// Lifetime where the answer names none (API reference, "使用Token": one hour).
const DEFAULT_LIFETIME: Duration = Duration::from_secs(3600);

/// A usable token.
#[derive(Debug)]
pub(crate) struct Token {
    /// The token as the server gave it.
    pub(crate) value: Secret,
    /// `Bearer …`, marked sensitive.
    pub(crate) header: HeaderValue,
    /// Under which the store keeps it.
    key: String,
    /// The server did not accept it. A mark on the token itself, so that a late 401 does not invalidate its
    /// successor.
    refused: AtomicBool,
    expires: Instant,
    expires_wall: SystemTime,
    refresh_from: Instant,
    refresh_from_wall: SystemTime,
}

impl Token {
    /// By both clocks: the monotonic one stands still in a suspended machine, the wall clock can be set back.
    fn is_valid(&self, now: Instant, wall: SystemTime) -> bool {
        now < self.expires && wall < self.expires_wall && !self.refused.load(Ordering::SeqCst)
    }

    fn wants_refresh(&self, now: Instant, wall: SystemTime) -> bool {
        now >= self.refresh_from || wall >= self.refresh_from_wall
    }
}

/// What `expires_in` means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lifetime {
    /// Zero or negative: good for the call that asked for it, and no other.
    SingleUse,
    /// So long from the moment the request was sent.
    For(Duration),
}

impl Lifetime {
    /// `None` is a missing value. Fractions are kept, absurd values capped.
    pub(crate) fn from_seconds(seconds: Option<f64>) -> Self {
        match seconds {
            None => Self::For(DEFAULT_LIFETIME),
            Some(s) if s.is_nan() => Self::For(DEFAULT_LIFETIME),
            Some(s) if s <= 0.0 => Self::SingleUse,
            Some(s) => Self::For(Duration::try_from_secs_f64(s).unwrap_or(MAX_LIFETIME).min(MAX_LIFETIME)),
        }
    }
}

/// Before the end of its life a token is no longer sent: a request takes time to arrive.
fn safety_margin(lifetime: Duration) -> Duration {
    (lifetime / 10).min(Duration::from_secs(30))
}

/// Before the safety margin a new one is fetched behind running calls.
fn refresh_margin(lifetime: Duration) -> Duration {
    (lifetime / 5).min(Duration::from_secs(300))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lifetimes() {
        let s = Duration::from_secs_f64;
        for (seconds, want) in [
            (None, Lifetime::For(s(3600.0))),
            (Some(3600.5), Lifetime::For(s(3600.5))),
            (Some(0.0), Lifetime::SingleUse),
            (Some(-1.0), Lifetime::SingleUse),
            (Some(1e308), Lifetime::For(MAX_LIFETIME)),
            (Some(f64::INFINITY), Lifetime::For(MAX_LIFETIME)),
            (Some(f64::NAN), Lifetime::For(s(3600.0))),
            (Some(30.0), Lifetime::For(s(30.0))),
        ] {
            assert_eq!(Lifetime::from_seconds(seconds), want, "{seconds:?}");
        }
        assert_eq!(safety_margin(s(30.0)), s(3.0));
        assert_eq!(safety_margin(s(3600.0)), s(30.0));
        assert_eq!(refresh_margin(s(3600.0)), s(300.0));
    }
}
