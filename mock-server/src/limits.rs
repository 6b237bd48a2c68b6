//! How many requests a key may send, in the three models that services use.

use std::collections::VecDeque;
use std::sync::Mutex;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::sync::lock;
use crate::time::from_millis;

/// What a key has paid for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Plan {
    /// 100 requests a minute.
    #[default]
    Free,
    /// 1,000 requests a minute.
    Enterprise,
    /// Any other number of requests per window.
    Custom(u32),
    /// No limit.
    Off,
}

impl Plan {
    /// Requests per window; `None` is without limit.
    pub fn requests(self) -> Option<u32> {
        match self {
            Self::Free => Some(100),
            Self::Enterprise => Some(1000),
            Self::Custom(requests) => Some(requests),
            Self::Off => None,
        }
    }
}

impl std::str::FromStr for Plan {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "free" => Ok(Self::Free),
            "enterprise" => Ok(Self::Enterprise),
            "off" => Ok(Self::Off),
            number => number
                .parse()
                .map(Self::Custom)
                .map_err(|_| format!("`{text}` is no plan: free, enterprise, off or a number of requests")),
        }
    }
}

impl Serialize for Plan {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Free => serializer.serialize_str("free"),
            Self::Enterprise => serializer.serialize_str("enterprise"),
            Self::Off => serializer.serialize_str("off"),
            Self::Custom(requests) => serializer.serialize_u32(*requests),
        }
    }
}

impl<'de> Deserialize<'de> for Plan {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Form {
            Number(u32),
            Name(String),
        }
        match Form::deserialize(deserializer)? {
            Form::Number(requests) => Ok(Self::Custom(requests)),
            Form::Name(name) => name.parse().map_err(de::Error::custom),
        }
    }
}

/// How requests are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LimitModel {
    /// A counter that starts anew with every window of the clock (every full minute).
    #[default]
    FixedWindow,
    /// No span of a window's length ever holds more than the limit.
    SlidingLog,
    /// A bucket of tokens that fills up evenly.
    TokenBucket,
}

/// Whether and how a 429 says when to come back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RetryAfter {
    /// Not at all: the API documents no header.
    #[default]
    None,
    /// Whole seconds, rounded up.
    Seconds,
    /// An HTTP date.
    HttpDate,
    /// Seconds with a fraction.
    Fraction,
}

/// The limits of a world's keys.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LimitOptions {
    /// What keys without a plan of their own may send.
    pub plan: Plan,
    /// How requests are counted.
    pub model: LimitModel,
    /// Length of the window in seconds.
    pub window_seconds: u32,
    /// How many tokens the bucket holds; without it, as many as the limit.
    pub burst: Option<u32>,
    /// Whether a 429 has a `Retry-After` header, and in which form.
    pub retry_after: RetryAfter,
    /// Whether answers have `X-RateLimit-Limit`, `-Remaining` and `-Reset`.
    pub x_ratelimit: bool,
    /// Whether requests for a token count too.
    pub count_token_requests: bool,
}

impl Default for LimitOptions {
    fn default() -> Self {
        Self {
            plan: Plan::default(),
            model: LimitModel::default(),
            window_seconds: 60,
            burst: None,
            retry_after: RetryAfter::default(),
            x_ratelimit: false,
            count_token_requests: false,
        }
    }
}

impl LimitOptions {
    pub(crate) fn check(&self) -> Result<(), String> {
        if self.window_seconds == 0 {
            return Err("limits.window_seconds must be at least 1".to_owned());
        }
        if self.burst.is_some() && self.model != LimitModel::TokenBucket {
            return Err("limits.burst only works with the model token_bucket".to_owned());
        }
        Ok(())
    }
}

/// What the limiter says about one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Verdict {
    pub(crate) allowed: bool,
    pub(crate) limit: u32,
    pub(crate) remaining: u32,
    /// When a request will be let through again, or when the window is fresh.
    pub(crate) reset: DateTime<Utc>,
}

#[derive(Debug, Clone, Default)]
struct Counts {
    window: i64,
    used: u32,
    log: VecDeque<i64>,
    bucket: Option<(f64, i64)>,
}

/// The counter of one key.
#[derive(Debug, Default)]
pub(crate) struct Limiter {
    counts: Mutex<Counts>,
}

impl Limiter {
    /// Counts a request and decides. Refused requests do not use up anything.
    pub(crate) fn take(&self, plan: Plan, options: &LimitOptions, now: DateTime<Utc>) -> Option<Verdict> {
        let limit = plan.requests()?;
        let window = i64::from(options.window_seconds.max(1)) * 1000;
        let now = now.timestamp_millis();
        let mut counts = lock(&self.counts);
        Some(match options.model {
            LimitModel::FixedWindow => counts.fixed(limit, window, now),
            LimitModel::SlidingLog => counts.sliding(limit, window, now),
            LimitModel::TokenBucket => counts.bucket(limit, options.burst.unwrap_or(limit), window, now),
        })
    }

    /// Forgets what was used.
    pub(crate) fn reset(&self) {
        *lock(&self.counts) = Counts::default();
    }
}

impl Counts {
    fn fixed(&mut self, limit: u32, window: i64, now: i64) -> Verdict {
        let start = now - now.rem_euclid(window);
        if self.window != start {
            (self.window, self.used) = (start, 0);
        }
        let allowed = self.used < limit;
        self.used += u32::from(allowed);
        let remaining = limit.saturating_sub(self.used);
        Verdict { allowed, limit, remaining, reset: from_millis(start.saturating_add(window)) }
    }

    fn sliding(&mut self, limit: u32, window: i64, now: i64) -> Verdict {
        // A clock that was set back leaves entries in the future: they no longer tell anything.
        self.log.retain(|at| *at > now - window && *at <= now);
        let used = u32::try_from(self.log.len()).unwrap_or(u32::MAX);
        let allowed = used < limit;
        if allowed {
            self.log.push_back(now);
        }
        let oldest = self.log.front().copied().unwrap_or(now);
        let remaining = limit.saturating_sub(used.saturating_add(u32::from(allowed)));
        Verdict { allowed, limit, remaining, reset: from_millis(oldest.saturating_add(window)) }
    }

    fn bucket(&mut self, limit: u32, burst: u32, window: i64, now: i64) -> Verdict {
        let capacity = f64::from(burst);
        let per_milli = f64::from(limit) / window as f64;
        let (level, since) = self.bucket.unwrap_or((capacity, now));
        let elapsed = (now - since).max(0) as f64;
        let mut level = (level + elapsed * per_milli).min(capacity);
        // The sum of many small refills may end just below a whole token.
        let allowed = level >= 1.0 - 1e-9;
        if allowed {
            level = (level - 1.0).max(0.0);
        }
        self.bucket = Some((level, now));
        let missing = if allowed { capacity - level } else { 1.0 - level };
        let wait = if per_milli > 0.0 { (missing / per_milli).ceil() as i64 } else { window };
        Verdict { allowed, limit, remaining: level as u32, reset: from_millis(now.saturating_add(wait)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(model: LimitModel) -> LimitOptions {
        LimitOptions { model, ..LimitOptions::default() }
    }

    /// How many of `tries` requests at second `at` are let through.
    fn passed(limiter: &Limiter, options: &LimitOptions, at: i64, tries: usize) -> usize {
        let now = from_millis(at * 1000);
        (0..tries).filter(|_| limiter.take(Plan::Free, options, now).unwrap().allowed).count()
    }

    #[test]
    fn a_fixed_window_lets_two_bursts_meet_at_its_edge() {
        let (limiter, options) = (Limiter::default(), options(LimitModel::FixedWindow));
        assert_eq!(passed(&limiter, &options, 59, 150), 100);
        assert_eq!(passed(&limiter, &options, 60, 150), 100);
        let verdict = limiter.take(Plan::Free, &options, from_millis(61_000)).unwrap();
        assert_eq!((verdict.allowed, verdict.remaining), (false, 0));
        assert_eq!(verdict.reset.timestamp(), 120);
    }

    #[test]
    fn a_sliding_log_never_holds_more_than_the_limit() {
        let (limiter, options) = (Limiter::default(), options(LimitModel::SlidingLog));
        assert_eq!(passed(&limiter, &options, 30, 60), 60);
        assert_eq!(passed(&limiter, &options, 59, 60), 40);
        assert_eq!(passed(&limiter, &options, 60, 60), 0);
        assert_eq!(limiter.take(Plan::Free, &options, from_millis(60_000)).unwrap().reset.timestamp(), 90);
        assert_eq!(passed(&limiter, &options, 90, 100), 60);
    }

    #[test]
    fn a_bucket_fills_up_evenly() {
        let (limiter, options) = (Limiter::default(), options(LimitModel::TokenBucket));
        assert_eq!(passed(&limiter, &options, 0, 150), 100);
        assert_eq!(passed(&limiter, &options, 30, 150), 50);
        assert_eq!(passed(&limiter, &options, 1000, 150), 100);
        let small = LimitOptions { burst: Some(5), ..options };
        assert_eq!(passed(&Limiter::default(), &small, 0, 150), 5);
    }

    #[test]
    fn plans_read_as_names_or_numbers() {
        let plan = |text: &str| serde_json::from_str::<Plan>(text);
        assert_eq!(plan("\"free\"").unwrap(), Plan::Free);
        assert_eq!(plan("250").unwrap(), Plan::Custom(250));
        assert_eq!(plan("\"250\"").unwrap(), Plan::Custom(250));
        assert!(plan("\"gold\"").unwrap_err().to_string().contains("gold"));
        assert_eq!(serde_json::to_string(&[Plan::Off, Plan::Custom(7)]).unwrap(), "[\"off\",7]");
        assert!(Limiter::default().take(Plan::Off, &LimitOptions::default(), from_millis(0)).is_none());
    }
}
