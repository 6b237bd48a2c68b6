//! When another attempt is allowed, and how long to wait for it.

use crate::clock::Jitter;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// First back-off step.
const BASE: Duration = Duration::from_millis(50);
/// Longest back-off step.
const CAP: Duration = Duration::from_secs(20);

/// Full jitter: anywhere between zero and the exponential step, so that clients do not retry in step.
pub(crate) fn backoff(retry: u32, jitter: &Jitter) -> Duration {
    let step = BASE.saturating_mul(1_u32.checked_shl(retry).unwrap_or(u32::MAX)).min(CAP);
    jitter.up_to(step)
}

/// A budget that all calls of a client share, so that retries cannot multiply the load on a server that is
/// down: every retry costs, every success gives a little back.
#[derive(Debug)]
pub(crate) struct RetryQuota(AtomicU32);

impl RetryQuota {
    const FULL: u32 = 500;
    const COST: u32 = 14;

    pub(crate) fn new() -> Self {
        Self(AtomicU32::new(Self::FULL))
    }

    /// Takes the price of one retry, if there is enough left.
    pub(crate) fn spend(&self) -> bool {
        self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(Self::COST)).is_ok()
    }

    /// A call succeeded: what its retries cost comes back, and one token otherwise.
    pub(crate) fn repay(&self, retries: u32) {
        let back = retries.saturating_mul(Self::COST).max(1);
        let _ = self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| {
            Some(left.saturating_add(back).min(Self::FULL))
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn backoff_grows_and_stays_below_the_cap() {
        let jitter = Jitter::seeded(1);
        for (retry, upper) in [(0, 50), (1, 100), (2, 200), (8, 12_800), (9, 20_000), (40, 20_000)] {
            for _ in 0..200 {
                assert!(backoff(retry, &jitter) < Duration::from_millis(upper), "retry {retry}");
            }
        }
    }

    #[test]
    fn quota_runs_dry_and_is_repaid() {
        let quota = RetryQuota::new();
        let spent = std::iter::from_fn(|| quota.spend().then_some(())).count();
        assert_eq!(spent, 35);
        quota.repay(0);
        assert!(!quota.spend(), "10 + 1 tokens are not enough");
        quota.repay(1);
        assert!(quota.spend());
        for _ in 0..1_000 {
            quota.repay(0);
        }
        assert_eq!(std::iter::from_fn(|| quota.spend().then_some(())).count(), 35);
    }
}
