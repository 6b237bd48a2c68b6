//! A string that never prints.

use std::borrow::Cow;
use std::fmt;
use zeroize::Zeroizing;

/// A client secret, access token or webhook secret.
///
/// It has no `Display`, its `Debug` is fixed, it is not serialised, and its memory is wiped on drop.
///
/// ```
/// let secret = zhifuyun::Secret::new("sk_live_1");
/// assert_eq!(format!("{secret:?}"), "Secret(…)");
/// assert_eq!(secret.expose(), "sk_live_1");
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Wraps a secret value.
    pub fn new(value: impl Into<String>) -> Self {
        Self(Zeroizing::new(value.into()))
    }

    /// The value itself. The name is long on purpose: every use should be easy to find.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl From<String> for Secret {
    fn from(value: String) -> Self {
        Self::new(value)
    }
}

impl From<&str> for Secret {
    fn from(value: &str) -> Self {
        Self::new(value)
    }
}

/// What takes the place of a secret.
const HIDDEN: &str = "[hidden]";
/// Shorter secrets cannot be told from ordinary words.
const LEAST: usize = 6;

/// The secrets of a request, which its answer must not carry into an error, a log or an event.
#[derive(Clone, Copy)]
pub(crate) struct Hush<'a> {
    secrets: [&'a str; 2],
    bodies: bool,
}

impl<'a> Hush<'a> {
    pub(crate) fn of(secrets: [&'a str; 2]) -> Self {
        Self { secrets, bodies: true }
    }

    /// For the token endpoint, whose answers hold a secret that is not known yet.
    pub(crate) fn without_bodies(secret: &'a str) -> Self {
        Self { secrets: [secret, ""], bodies: false }
    }

    /// Whether no part of a body may be shown that is not known to be a message.
    pub(crate) fn hides_bodies(self) -> bool {
        !self.bodies
    }

    /// `text` without the secrets, however they are spelt in it: as they are, or as JSON or a URL writes them.
    pub(crate) fn scrub(self, text: &str) -> Cow<'_, str> {
        // No spelling is shorter than the secret, so that ids of requests are rarely looked at.
        let lengths = LEAST..=text.len();
        let mut text = Cow::Borrowed(text);
        for secret in self.secrets.into_iter().filter(|s| lengths.contains(&s.len())) {
            text = without(text, secret);
            if !secret.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b)) {
                let json = serde_json::Value::from(secret).to_string();
                let json = json.trim_matches('"');
                let url: String = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect();
                text = without(without(without(text, json), &json.replace('/', "\\/")), &url);
            }
        }
        text
    }
}

fn without<'t>(text: Cow<'t, str>, secret: &str) -> Cow<'t, str> {
    if text.contains(secret) { Cow::Owned(text.replace(secret, HIDDEN)) } else { text }
}
