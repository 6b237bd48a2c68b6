//! How a verifier is set up.

use super::key;
use super::scheme::SignatureScheme;
use super::template::Template;
use super::verifier::{Inner, Webhook};
use crate::clock::{Clock, SystemClock};
use crate::error::{Error, Result};
use crate::secret::Secret;
use std::sync::Arc;
use std::time::Duration;

/// How far the timestamp may be from the clock of the receiver, in either direction: 300 s, as the reference
/// implementations of Standard Webhooks have it.
pub const DEFAULT_TOLERANCE: Duration = Duration::from_secs(300);

/// The largest body that is looked at: 1 MiB.
pub const DEFAULT_MAX_BODY_BYTES: usize = 1024 * 1024;

/// Every secret costs a MAC over the body; a rotation needs two.
const MAX_SECRETS: usize = 16;

/// Where an endpoint keeps its secrets.
const VARIABLE: &str = "ZHIFUYUN_WEBHOOK_SECRET";

fn is_separator(c: char) -> bool {
    c == ',' || c.is_whitespace()
}

/// Sets up a [`Webhook`].
#[derive(Debug, Clone)]
#[must_use]
pub struct WebhookBuilder {
    secrets: Vec<Secret>,
    scheme: SignatureScheme,
    tolerance: Duration,
    max_body_bytes: usize,
    clock: Arc<dyn Clock>,
}

impl WebhookBuilder {
    pub(super) fn new() -> Self {
        Self {
            secrets: Vec::new(),
            scheme: SignatureScheme::standard(),
            tolerance: DEFAULT_TOLERANCE,
            max_body_bytes: DEFAULT_MAX_BODY_BYTES,
            clock: Arc::new(SystemClock),
        }
    }

    /// Starts with the secrets in `ZHIFUYUN_WEBHOOK_SECRET`, separated by commas or white space.
    ///
    /// # Errors
    ///
    /// `Config` if the variable is not set or is not Unicode.
    pub fn from_env() -> Result<Self> {
        match std::env::var(VARIABLE) {
            Ok(list) if list.contains(|c| !is_separator(c)) => Ok(Self::new().secrets(&list)),
            Err(std::env::VarError::NotUnicode(_)) => {
                Err(Error::config(format!("{VARIABLE} is not Unicode")))
            }
            _ => Err(Error::config(format!(
                "the environment variable {VARIABLE} is not set; set it or pass the secret"
            ))),
        }
    }

    /// Adds the secrets of a list that is separated by commas or white space.
    fn secrets(self, list: &str) -> Self {
        list.split(is_separator).filter(|s| !s.is_empty()).fold(self, Self::secret)
    }

    /// Adds a secret. With several, a signature by any of them is good: while a secret is being rotated the
    /// endpoint knows the new and the old one.
    pub fn secret(mut self, secret: impl Into<Secret>) -> Self {
        self.secrets.push(secret.into());
        self
    }

    /// How the sender signs. Default: [`SignatureScheme::standard`].
    pub fn scheme(mut self, scheme: SignatureScheme) -> Self {
        self.scheme = scheme;
        self
    }

    /// How far the timestamp may be from this machine's clock, in either direction, in whole seconds.
    /// Default: [`DEFAULT_TOLERANCE`]. Longer means that a recorded webhook can be played back for longer.
    pub fn tolerance(mut self, tolerance: Duration) -> Self {
        self.tolerance = tolerance;
        self
    }

    /// The largest body in bytes. Default: [`DEFAULT_MAX_BODY_BYTES`].
    pub fn max_body_bytes(mut self, bytes: usize) -> Self {
        self.max_body_bytes = bytes;
        self
    }

    /// The clock whose wall time is compared with timestamps. Default: [`SystemClock`].
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// The verifier.
    ///
    /// # Errors
    ///
    /// `Config` if there is no secret or more than 16, one of them is malformed, `max_body_bytes` is 0, or
    /// the scheme does not make sense. The message never shows a secret.
    pub fn build(self) -> Result<Webhook> {
        if self.secrets.is_empty() {
            return Err(Error::config(
                "no webhook secret: give the one that the console shows for this endpoint (it begins with whsec_)",
            ));
        }
        if self.secrets.len() > MAX_SECRETS {
            return Err(Error::config("more than 16 webhook secrets: remove those that were rotated out"));
        }
        if self.max_body_bytes == 0 {
            return Err(Error::config(
                "max_body_bytes is 0, which refuses every webhook: leave it out or raise it",
            ));
        }
        let format = self.scheme.secret;
        let keys = self.secrets.iter().enumerate().map(|(n, s)| key::keyed(s, n, format));
        Ok(Webhook(Arc::new(Inner {
            keys: keys.collect::<Result<_>>()?,
            template: Template::new(self.scheme)?,
            tolerance: self.tolerance,
            max_body_bytes: self.max_body_bytes,
            clock: self.clock,
        })))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_secrets() {
        let (new, old) =
            ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRo=");
        for list in [
            format!("{new},{old}"),
            format!("{new} {old}"),
            format!(" {new}, \t{old}\n"),
            format!("{new}\r\n{old}\r\n"),
            format!(",{new},,{old},"),
        ] {
            let builder = WebhookBuilder::new().secrets(&list);
            let secrets: Vec<_> = builder.secrets.iter().map(Secret::expose).collect();
            assert_eq!(secrets, [new, old], "{list:?}");
            builder.build().unwrap();
        }
    }
}
