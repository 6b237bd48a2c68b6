//! Where deliveries go.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::scheme::{SchemeChoice, SecretForm};

/// The URL that means the built-in receiver.
pub const INBOX: &str = "inbox";

/// Whose time the signature carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Timestamps {
    /// That of the world's clock.
    #[default]
    World,
    /// That of the machine, for receivers that check it while the world's clock stands elsewhere.
    Machine,
}

fn yes() -> bool {
    true
}

fn documented_waits() -> Vec<f64> {
    vec![1.0, 5.0, 30.0]
}

fn documented_timeout() -> u64 {
    10_000
}

/// An endpoint to add.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EndpointSpec {
    /// Its name; without it, one is made up.
    #[serde(default)]
    pub id: Option<String>,
    /// An `http` or `https` URL, or `inbox` for the built-in receiver. Certificates are not checked.
    pub url: String,
    /// The events it wants; empty for all.
    #[serde(default)]
    pub events: Vec<String>,
    /// Its secret; without it, that of the world.
    #[serde(default)]
    pub secret: Option<String>,
    /// How deliveries are signed.
    #[serde(default)]
    pub scheme: SchemeChoice,
    /// Whether anything is delivered.
    #[serde(default = "yes")]
    pub enabled: bool,
    /// Seconds of the world's clock between one attempt and the next.
    #[serde(default = "documented_waits")]
    pub retry_seconds: Vec<f64>,
    /// How long an attempt may take, in real time.
    #[serde(default = "documented_timeout")]
    pub timeout_ms: u64,
    /// Whose time the signature carries.
    #[serde(default)]
    pub timestamps: Timestamps,
    /// Further headers of every delivery.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
}

/// What is changed about an endpoint; what is left out stays.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct EndpointChange {
    pub(super) url: Option<String>,
    pub(super) events: Option<Vec<String>>,
    pub(super) scheme: Option<SchemeChoice>,
    pub(super) enabled: Option<bool>,
    pub(super) retry_seconds: Option<Vec<f64>>,
    pub(super) timeout_ms: Option<u64>,
    pub(super) timestamps: Option<Timestamps>,
    pub(super) headers: Option<BTreeMap<String, String>>,
}

/// A secret and how long it is used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Secret {
    /// The secret.
    pub secret: String,
    /// When it stops being used; `None` for the present one.
    pub until: Option<DateTime<Utc>>,
}

/// An endpoint.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Endpoint {
    /// Its name.
    pub id: String,
    /// Where deliveries go.
    pub url: String,
    /// The events it wants; empty for all.
    pub events: Vec<String>,
    /// Its secrets, the newest first.
    pub secrets: Vec<Secret>,
    /// How deliveries are signed.
    pub scheme: SchemeChoice,
    /// Whether anything is delivered.
    pub enabled: bool,
    /// Seconds between one attempt and the next.
    pub retry_seconds: Vec<f64>,
    /// How long an attempt may take.
    pub timeout_ms: u64,
    /// Whose time the signature carries.
    pub timestamps: Timestamps,
    /// Further headers of every delivery.
    pub headers: BTreeMap<String, String>,
}

impl Endpoint {
    pub(super) fn new(id: String, spec: EndpointSpec, default_secret: &str) -> Result<Self, String> {
        let secret = spec.secret.unwrap_or_else(|| default_secret.to_owned());
        let endpoint = Self {
            id,
            url: spec.url,
            events: spec.events,
            secrets: vec![Secret { secret, until: None }],
            scheme: spec.scheme,
            enabled: spec.enabled,
            retry_seconds: spec.retry_seconds,
            timeout_ms: spec.timeout_ms,
            timestamps: spec.timestamps,
            headers: spec.headers,
        };
        endpoint.validate()?;
        Ok(endpoint)
    }

    /// The same endpoint with some things changed.
    pub(super) fn changed(&self, change: EndpointChange) -> Result<Self, String> {
        let mut new = self.clone();
        new.url = change.url.unwrap_or(new.url);
        new.events = change.events.unwrap_or(new.events);
        new.scheme = change.scheme.unwrap_or(new.scheme);
        new.enabled = change.enabled.unwrap_or(new.enabled);
        new.retry_seconds = change.retry_seconds.unwrap_or(new.retry_seconds);
        new.timeout_ms = change.timeout_ms.unwrap_or(new.timeout_ms);
        new.timestamps = change.timestamps.unwrap_or(new.timestamps);
        new.headers = change.headers.unwrap_or(new.headers);
        new.validate()?;
        Ok(new)
    }

    fn validate(&self) -> Result<(), String> {
        if self.id.is_empty() || self.id.contains('/') {
            return Err("id: must not be empty or contain a slash".into());
        }
        if self.url != INBOX {
            let url = url::Url::parse(&self.url).map_err(|error| format!("url: {error}"))?;
            if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
                return Err("url: must be http, https or `inbox`".into());
            }
        }
        for wait in &self.retry_seconds {
            if crate::time::seconds(*wait).is_none() || *wait < 0.0 {
                return Err("retry_seconds: must be numbers from 0 on".into());
            }
        }
        if self.timeout_ms == 0 {
            return Err("timeout_ms: must be at least 1".into());
        }
        for (name, value) in &self.headers {
            http::HeaderName::try_from(name.as_str()).map_err(|error| format!("headers.{name}: {error}"))?;
            http::HeaderValue::try_from(value.as_str())
                .map_err(|error| format!("headers.{name}: {error}"))?;
        }
        let scheme = self.scheme.scheme();
        scheme.validate()?;
        self.secrets.iter().try_for_each(|secret| scheme.key(&secret.secret).map(|_| ()))
    }

    pub(super) fn wants(&self, event: &str) -> bool {
        self.enabled && (self.events.is_empty() || self.events.iter().any(|wanted| wanted == event))
    }

    /// The secrets in use at a time, the newest first.
    pub(super) fn secrets_at(&self, now: DateTime<Utc>) -> Vec<String> {
        let valid = |secret: &&Secret| secret.until.is_none_or(|until| now < until);
        self.secrets.iter().filter(valid).map(|secret| secret.secret.clone()).collect()
    }

    /// Puts a new secret in force; the ones before it are used for the overlap too.
    pub(super) fn rotate(
        &mut self,
        secret: Option<String>,
        overlap: TimeDelta,
        now: DateTime<Utc>,
    ) -> Result<(), String> {
        let scheme = self.scheme.scheme();
        let secret = secret.unwrap_or_else(|| new_secret(scheme.secret));
        scheme.key(&secret)?;
        let until = crate::time::later(now, overlap);
        for old in &mut self.secrets {
            old.until = Some(old.until.map_or(until, |before| before.min(until)));
        }
        self.secrets.retain(|old| old.until.is_some_and(|until| now < until));
        self.secrets.insert(0, Secret { secret, until: None });
        Ok(())
    }
}

/// 32 random bytes as a secret.
pub(super) fn new_secret(form: SecretForm) -> String {
    let bytes = [*uuid::Uuid::new_v4().as_bytes(), *uuid::Uuid::new_v4().as_bytes()].concat();
    match form {
        SecretForm::Whsec => format!("whsec_{}", STANDARD.encode(bytes)),
        SecretForm::Text => STANDARD.encode(bytes),
    }
}
