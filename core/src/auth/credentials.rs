//! Where the client id and secret come from.

use crate::clock::BoxFuture;
use crate::error::Result;
use crate::secret::Secret;
use std::fmt;

/// The id and secret of an API key.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Credentials {
    /// The id of the key.
    pub client_id: String,
    /// Its secret.
    pub client_secret: Secret,
}

impl Credentials {
    /// An id and a secret.
    pub fn new(client_id: impl Into<String>, client_secret: impl Into<Secret>) -> Self {
        Self { client_id: client_id.into(), client_secret: client_secret.into() }
    }
}

/// Supplies credentials that change: from a vault, or a file that is rotated. Asked before every request for a
/// token, so a rotated key is picked up with the next token, at the latest when the old one is refused.
///
/// ```
/// use zhifuyun::{Client, Credentials, CredentialsProvider, BoxFuture, Result};
///
/// struct Vault;
/// impl CredentialsProvider for Vault {
///     fn credentials(&self) -> BoxFuture<'_, Result<Credentials>> {
///         Box::pin(async { Ok(Credentials::new("id", "read from the vault")) })
///     }
/// }
/// let client = Client::builder().credentials_provider(Vault).build()?;
/// # Ok::<(), zhifuyun::Error>(())
/// ```
pub trait CredentialsProvider: Send + Sync + 'static {
    /// The credentials as they are now. An error reaches the caller of the operation as it is.
    fn credentials(&self) -> BoxFuture<'_, Result<Credentials>>;
}

impl fmt::Debug for dyn CredentialsProvider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CredentialsProvider")
    }
}

/// Credentials that never change.
#[derive(Debug)]
pub(crate) struct Fixed(pub(crate) Credentials);

impl CredentialsProvider for Fixed {
    fn credentials(&self) -> BoxFuture<'_, Result<Credentials>> {
        Box::pin(async { Ok(self.0.clone()) })
    }
}
