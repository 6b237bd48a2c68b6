//! The signer: what a sender does, for tests of endpoints in every language.

use super::headers::Headers;
use super::scheme::TimestampSource;
use super::signature;
use super::time::epoch_seconds;
use super::verifier::Webhook;
use crate::error::{Error, Result};
use std::time::SystemTime;

/// The headers of a signed webhook, in lower case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed(Vec<(String, String)>);

impl Signed {
    /// The headers: id and timestamp where the scheme has them, then the signature.
    #[must_use]
    pub fn headers(&self) -> &[(String, String)] {
        &self.0
    }

    /// The value of one header, by its name in any case.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.as_str())
    }
}

impl IntoIterator for Signed {
    type Item = (String, String);
    type IntoIter = std::vec::IntoIter<Self::Item>;
    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl Headers for Signed {
    fn visit<'a>(&'a self, each: &mut dyn FnMut(&'a str, &'a [u8])) {
        self.0.visit(each);
    }
}

impl Webhook {
    /// Signs a body as the sender does: with every secret, or with the first where the scheme has room for
    /// one signature only.
    ///
    /// `id` is ignored by schemes without one, and so is `timestamp`, of which whole seconds are used.
    ///
    /// ```
    /// # use std::time::{Duration, SystemTime};
    /// // The published example of Standard Webhooks.
    /// let webhook = zhifuyun::webhook::Webhook::new(["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"])?;
    /// let at = SystemTime::UNIX_EPOCH + Duration::from_secs(1_614_265_330);
    /// let signed = webhook.sign("msg_p5jXN8AQM9LWM0D4loKWxJek", at, br#"{"test": 2432232314}"#)?;
    /// assert_eq!(
    ///     signed.get("webhook-signature"),
    ///     Some("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")
    /// );
    /// # Ok::<(), zhifuyun::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// `InvalidArgument` if a verifier would refuse the id or the timestamp (before 1970, or of more than
    /// 12 digits).
    pub fn sign(&self, id: &str, timestamp: SystemTime, body: &[u8]) -> Result<Signed> {
        let scheme = self.scheme();
        let mut headers = Vec::new();
        if let Some(name) = &scheme.id_header {
            self.template().check_id(id.as_bytes()).map_err(|(_, m)| Error::invalid_argument("id", m))?;
            headers.push((name.clone(), id.to_owned()));
        }
        let seconds = epoch_seconds(timestamp);
        if scheme.timestamp != TimestampSource::None && !(0..1_000_000_000_000).contains(&seconds) {
            return Err(Error::invalid_argument(
                "timestamp",
                "the timestamp is before 1970 or has over 12 digits",
            ));
        }
        let seconds = seconds.to_string();
        if let TimestampSource::Header(name) = &scheme.timestamp {
            headers.push((name.clone(), seconds.clone()));
        }
        let tags = self.tags(id, &seconds, body);
        headers.push((scheme.signature_header.clone(), signature::write(scheme, &seconds, &tags)));
        Ok(Signed(headers))
    }
}
