//! Verify a signed webhook and read its event.

use crate::{Contender, Fail, Job};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde::Deserialize;
use sha2::Sha256;

#[derive(Deserialize)]
struct Event {
    event: String,
    timestamp: chrono::DateTime<chrono::Utc>,
    data: serde_json::Value,
}

impl Event {
    fn read(&self) -> u64 {
        let title = self.data.get("title").and_then(serde_json::Value::as_str).unwrap_or_default();
        self.event.len() as u64 + self.timestamp.timestamp().unsigned_abs() + title.len() as u64
    }
}

pub struct Ours;

impl Contender for Ours {
    fn run(&mut self, job: &Job) -> Result<u64, Fail> {
        let webhook = zhifuyun::webhook::Webhook::new([job.secret.as_str()])?;
        let mut sum = 0;
        for _ in 0..job.count {
            let headers = job.headers.iter().map(|(n, v)| (n.as_str(), v.as_bytes()));
            let event = webhook.verify_pairs(headers, job.body.as_bytes(), None)?;
            let title = event.data.ticket().and_then(|t| t.title.as_deref()).unwrap_or_default();
            let time = event.timestamp.map_or(0, |t| t.timestamp().unsigned_abs());
            sum += event.event_type.len() as u64 + time + title.len() as u64;
        }
        Ok(sum)
    }
}

pub struct StandardWebhooks;

impl Contender for StandardWebhooks {
    fn run(&mut self, job: &Job) -> Result<u64, Fail> {
        let webhook = standardwebhooks::Webhook::new(&job.secret)?;
        let mut headers = axum::http::HeaderMap::new();
        for (name, value) in &job.headers {
            headers.insert(axum::http::HeaderName::try_from(name)?, value.parse()?);
        }
        let mut sum = 0;
        for _ in 0..job.count {
            webhook.verify(job.body.as_bytes(), &headers)?;
            sum += serde_json::from_slice::<Event>(job.body.as_bytes())?.read();
        }
        Ok(sum)
    }
}

/// The MAC and a comparison in constant time, and nothing else that a verifier ought to look at but the age.
pub struct ByHand;

impl Contender for ByHand {
    fn run(&mut self, job: &Job) -> Result<u64, Fail> {
        let key = STANDARD.decode(job.secret.trim_start_matches("whsec_"))?;
        let header = |name: &str| {
            job.headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map_or("", |(_, v)| v.as_str())
        };
        let mut sum = 0;
        for _ in 0..job.count {
            let timestamp = header("webhook-timestamp");
            if chrono::Utc::now().timestamp().abs_diff(timestamp.parse()?) > 300 {
                return Err("too old".into());
            }
            let mut mac = Hmac::<Sha256>::new_from_slice(&key)?;
            mac.update(format!("{}.{timestamp}.", header("webhook-id")).as_bytes());
            mac.update(job.body.as_bytes());
            let tag = header("webhook-signature").strip_prefix("v1,").ok_or("no signature")?;
            mac.verify_slice(&STANDARD.decode(tag)?)?;
            sum += serde_json::from_slice::<Event>(job.body.as_bytes())?.read();
        }
        Ok(sum)
    }
}
