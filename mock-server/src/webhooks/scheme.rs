//! How deliveries are signed, as data.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

/// How the bytes of a signature are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Spelling {
    /// Standard base64 with padding.
    Base64,
    /// Lower-case hexadecimal.
    Hex,
}

/// What of a secret is the key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SecretForm {
    /// `whsec_` and the key in base64.
    Whsec,
    /// The text itself.
    Text,
}

/// A signature scheme: HMAC-SHA256 over some text, in some header.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scheme {
    /// Header with the id of the message.
    #[serde(default)]
    pub id_header: Option<String>,
    /// Header with the time of the attempt, in seconds.
    #[serde(default)]
    pub timestamp_header: Option<String>,
    /// Header with the signature or signatures.
    pub signature_header: String,
    /// What is signed before the body: `{id}` and `{timestamp}` are filled in, the body follows.
    pub signed_prefix: String,
    /// What the signature header begins with; `{timestamp}` is filled in.
    #[serde(default)]
    pub header_prefix: String,
    /// One signature in the header: `{signature}` is filled in.
    pub each: String,
    /// What stands between several signatures; without it only that of the newest secret is sent.
    #[serde(default)]
    pub separator: Option<String>,
    /// How signatures are written.
    pub spelling: Spelling,
    /// What of the secret is the key.
    pub secret: SecretForm,
}

/// The schemes that have a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SchemeName {
    /// Standard Webhooks 1.0.0.
    Standard,
    /// `t=<seconds>,v1=<hex>` in one header.
    Stripe,
    /// `sha256=<hex>` over the body alone.
    Github,
    /// The signature of the body alone, in base64.
    Base64,
}

/// A scheme by name or in full.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum SchemeChoice {
    /// By name.
    Named(SchemeName),
    /// In full.
    Custom(Box<Scheme>),
}

impl Default for SchemeChoice {
    fn default() -> Self {
        Self::Named(SchemeName::Standard)
    }
}

impl SchemeChoice {
    /// The scheme in full.
    #[must_use]
    pub fn scheme(&self) -> Scheme {
        let text = str::to_owned;
        match self {
            Self::Custom(scheme) => Scheme::clone(scheme),
            Self::Named(SchemeName::Standard) => Scheme {
                id_header: Some(text("webhook-id")),
                timestamp_header: Some(text("webhook-timestamp")),
                signature_header: text("webhook-signature"),
                signed_prefix: text("{id}.{timestamp}."),
                header_prefix: String::new(),
                each: text("v1,{signature}"),
                separator: Some(text(" ")),
                spelling: Spelling::Base64,
                secret: SecretForm::Whsec,
            },
            Self::Named(SchemeName::Stripe) => Scheme {
                id_header: None,
                timestamp_header: None,
                signature_header: text("x-zhifuyun-signature"),
                signed_prefix: text("{timestamp}."),
                header_prefix: text("t={timestamp},"),
                each: text("v1={signature}"),
                separator: Some(text(",")),
                spelling: Spelling::Hex,
                secret: SecretForm::Text,
            },
            Self::Named(SchemeName::Github) => Scheme {
                id_header: None,
                timestamp_header: None,
                signature_header: text("x-signature-256"),
                signed_prefix: String::new(),
                header_prefix: String::new(),
                each: text("sha256={signature}"),
                separator: None,
                spelling: Spelling::Hex,
                secret: SecretForm::Text,
            },
            Self::Named(SchemeName::Base64) => Scheme {
                id_header: None,
                timestamp_header: None,
                signature_header: text("x-signature"),
                signed_prefix: String::new(),
                header_prefix: String::new(),
                each: text("{signature}"),
                separator: None,
                spelling: Spelling::Base64,
                secret: SecretForm::Text,
            },
        }
    }
}

impl Scheme {
    /// The key in a secret.
    ///
    /// # Errors
    /// When the secret does not have the form that the scheme asks for.
    pub fn key(&self, secret: &str) -> Result<Vec<u8>, String> {
        match self.secret {
            SecretForm::Text if secret.is_empty() => Err("the secret is empty".into()),
            SecretForm::Text => Ok(secret.as_bytes().to_vec()),
            SecretForm::Whsec => {
                let Some(encoded) = secret.strip_prefix("whsec_") else {
                    return Err("the secret must be `whsec_` and base64".into());
                };
                let key = STANDARD.decode(encoded).map_err(|error| format!("secret: {error}"))?;
                if (24..=64).contains(&key.len()) {
                    Ok(key)
                } else {
                    Err("the secret must be 24 to 64 bytes long".into())
                }
            }
        }
    }

    /// One signature, written as the scheme writes it.
    ///
    /// # Errors
    /// When the secret does not have the form that the scheme asks for.
    pub fn sign(&self, secret: &str, id: &str, timestamp: &str, body: &[u8]) -> Result<String, String> {
        let key = self.key(secret)?;
        let mut mac = Hmac::<Sha256>::new_from_slice(&key).map_err(|error| error.to_string())?;
        mac.update(self.signed_prefix.replace("{id}", id).replace("{timestamp}", timestamp).as_bytes());
        mac.update(body);
        let bytes = mac.finalize().into_bytes();
        Ok(match self.spelling {
            Spelling::Base64 => STANDARD.encode(bytes),
            Spelling::Hex => bytes.iter().map(|byte| format!("{byte:02x}")).collect(),
        })
    }

    /// The headers of a message, signed with every secret, the newest first.
    ///
    /// # Errors
    /// When a secret does not have the form that the scheme asks for.
    pub fn headers(
        &self,
        secrets: &[String],
        id: &str,
        timestamp: &str,
        body: &[u8],
    ) -> Result<Vec<(String, String)>, String> {
        let mut signatures = Vec::with_capacity(secrets.len());
        for secret in secrets {
            signatures.push(self.each.replace("{signature}", &self.sign(secret, id, timestamp, body)?));
        }
        let all = match &self.separator {
            Some(separator) => signatures.join(separator),
            None => signatures.into_iter().next().unwrap_or_default(),
        };
        let mut headers = Vec::with_capacity(3);
        headers.extend(self.id_header.iter().map(|name| (name.clone(), id.to_owned())));
        headers.extend(self.timestamp_header.iter().map(|name| (name.clone(), timestamp.to_owned())));
        let prefix = self.header_prefix.replace("{timestamp}", timestamp);
        headers.push((self.signature_header.clone(), format!("{prefix}{all}")));
        Ok(headers)
    }

    /// Refuses schemes that could not be sent.
    pub(super) fn validate(&self) -> Result<(), String> {
        let names = [Some(&self.signature_header), self.id_header.as_ref(), self.timestamp_header.as_ref()];
        for name in names.into_iter().flatten() {
            http::HeaderName::try_from(name.as_str())
                .map_err(|error| format!("scheme: `{name}`: {error}"))?;
        }
        if !self.each.contains("{signature}") {
            return Err("scheme: each must contain `{signature}`".into());
        }
        Ok(())
    }
}
