//! From a secret to a keyed MAC.

use super::scheme::SecretFormat;
use crate::error::{Error, Result};
use crate::secret::Secret;
use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use hmac::{Hmac, KeyInit};
use sha2::Sha256;
use zeroize::Zeroizing;

/// Dashboards and shells lose padding; it carries nothing.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The keyed state of one secret: cloning it is cheaper than hashing the key again for every webhook.
pub(super) fn keyed(secret: &Secret, position: usize, format: SecretFormat) -> Result<Hmac<Sha256>> {
    // Which one is wrong is said by its place in the list; what it holds is not.
    let bad = |what: String| Error::config(format!("webhook secret {} {what}", position + 1));
    let key = match format {
        SecretFormat::Text if secret.expose().is_empty() => return Err(bad("is empty".to_owned())),
        SecretFormat::Text => Zeroizing::new(secret.expose().as_bytes().to_vec()),
        SecretFormat::Standard => {
            let text = secret.expose().trim_ascii();
            if text.starts_with("whpk_") || text.starts_with("whsk_") {
                return Err(bad(
                    "is an asymmetric key (whpk_, whsk_); this scheme needs a whsec_ secret".into()
                ));
            }
            let text = text.strip_prefix("whsec_").unwrap_or(text);
            if text.is_empty() {
                return Err(bad("is empty".to_owned()));
            }
            let key = Zeroizing::new(LENIENT.decode(text).map_err(|_| {
                bad("is not base64 after `whsec_`; copy it again from the console, without quotes".to_owned())
            })?);
            if !(24..=64).contains(&key.len()) {
                return Err(bad(format!(
                    "holds {} bytes; Standard Webhooks asks for 24 to 64, so this is cut off or something else",
                    key.len()
                )));
            }
            key
        }
    };
    Hmac::new_from_slice(&key).map_err(|_| bad("cannot be used as a key".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets() {
        let cases = [
            ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", None),
            ("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", None),
            (" whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n", None),
            ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwAA==", None),
            ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwAA", None),
            ("", Some("empty")),
            ("whsec_", Some("empty")),
            ("whsec_!!!!", Some("not base64")),
            ("\"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\"", Some("not base64")),
            ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwA", Some("not base64")),
            ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLg==", Some("holds 22 bytes")),
            ("whpk_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", Some("asymmetric")),
        ];
        for (secret, want) in cases {
            let got = keyed(&secret.into(), 1, SecretFormat::Standard).err();
            match (want, &got) {
                (None, None) => {}
                (Some(want), Some(e)) => {
                    assert!(e.message().contains(want), "{e}");
                    assert!(e.message().contains("secret 2"), "{e}");
                    assert!(!e.message().contains("MfKQ"), "{e}");
                }
                _ => panic!("{secret}: {got:?}"),
            }
        }
        let long = base64::engine::general_purpose::STANDARD.encode([7; 65]);
        assert!(keyed(&long.into(), 0, SecretFormat::Standard).is_err());
        assert!(keyed(&"".into(), 0, SecretFormat::Text).is_err());
        assert!(keyed(&"x".into(), 0, SecretFormat::Text).is_ok());
    }
}
