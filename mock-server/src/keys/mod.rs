//! API keys and the access tokens given out for them.

mod spec;

use std::collections::{BTreeSet, HashMap};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, RwLock};

use chrono::{DateTime, TimeDelta, Utc};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};

pub use spec::{KeySpec, KeyView, OldSecret, Scope};

use crate::limits::{Limiter, Plan};
use crate::sync::{lock, read, write};

#[derive(Debug, Clone)]
struct KeyState {
    secret: String,
    old: Vec<OldSecret>,
    name: Option<String>,
    scopes: BTreeSet<Scope>,
    plan: Option<Plan>,
}

/// An API key.
#[derive(Debug)]
pub(crate) struct Key {
    pub(crate) client_id: String,
    pub(crate) limiter: Limiter,
    revoked: AtomicBool,
    state: Mutex<KeyState>,
}

impl Key {
    /// Whether it may do this.
    pub(crate) fn may(&self, scope: Scope) -> bool {
        lock(&self.state).scopes.contains(&scope)
    }

    /// Its own plan.
    pub(crate) fn plan(&self) -> Option<Plan> {
        lock(&self.state).plan
    }

    pub(crate) fn is_revoked(&self) -> bool {
        self.revoked.load(Ordering::Relaxed)
    }

    pub(crate) fn scopes(&self) -> BTreeSet<Scope> {
        lock(&self.state).scopes.clone()
    }

    fn accepts(&self, secret: &str, now: DateTime<Utc>) -> bool {
        let state = lock(&self.state);
        state.secret == secret || state.old.iter().any(|old| old.client_secret == secret && now < old.until)
    }
}

/// A token that was given out.
#[derive(Debug)]
pub(crate) struct Token {
    pub(crate) key: Arc<Key>,
    pub(crate) jti: String,
    pub(crate) expires: DateTime<Utc>,
    revoked: AtomicBool,
}

impl Token {
    /// Whether it is good now.
    pub(crate) fn check(&self, now: DateTime<Utc>) -> Result<(), TokenRefusal> {
        if self.key.is_revoked() {
            Err(TokenRefusal::KeyRevoked)
        } else if self.revoked.load(Ordering::Relaxed) {
            Err(TokenRefusal::Revoked)
        } else if now >= self.expires {
            Err(TokenRefusal::Expired)
        } else {
            Ok(())
        }
    }
}

#[derive(Serialize, Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    jti: String,
    iat: i64,
    exp: i64,
    scope: String,
}

/// Why a token was not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TokenRefusal {
    Expired,
    Revoked,
    KeyRevoked,
    Invalid,
}

/// The keys of a world and the tokens given out for them.
pub(crate) struct Keys {
    keys: RwLock<HashMap<String, Arc<Key>>>,
    tokens: RwLock<HashMap<Box<str>, Arc<Token>>>,
    signing: [u8; 32],
}

/// What a snapshot keeps of keys and tokens.
pub(crate) struct KeysCopy {
    keys: Vec<(String, KeyState, bool)>,
    tokens: Vec<TokenCopy>,
}

struct TokenCopy {
    text: Box<str>,
    client_id: String,
    jti: String,
    expires: DateTime<Utc>,
    revoked: bool,
}

/// Beyond this many tokens, the expired ones are forgotten.
const TOKENS_KEPT: usize = 20_000;

impl Keys {
    /// No keys yet, and a signing secret of its own.
    pub(crate) fn new() -> Self {
        let mut signing = [0_u8; 32];
        for half in signing.chunks_mut(16) {
            half.copy_from_slice(uuid::Uuid::new_v4().as_bytes());
        }
        Self { keys: RwLock::default(), tokens: RwLock::default(), signing }
    }

    /// Adds a key; an existing id is refused.
    pub(crate) fn create(&self, spec: KeySpec) -> Result<Arc<Key>, String> {
        let client_id = spec.client_id.unwrap_or_else(|| format!("client_{}", short_id()));
        let secret =
            spec.client_secret.unwrap_or_else(|| format!("secret_{}", uuid::Uuid::new_v4().simple()));
        if client_id.is_empty() || secret.is_empty() {
            return Err("client_id and client_secret must not be empty".to_owned());
        }
        let key = Arc::new(Key {
            client_id: client_id.clone(),
            limiter: Limiter::default(),
            revoked: AtomicBool::new(false),
            state: Mutex::new(KeyState {
                secret,
                old: Vec::new(),
                name: spec.name,
                scopes: spec.scopes.unwrap_or_else(|| Scope::ALL.into()),
                plan: spec.plan,
            }),
        });
        let mut keys = write(&self.keys);
        if keys.contains_key(&client_id) {
            return Err(format!("there is a key `{client_id}` already"));
        }
        keys.insert(client_id, Arc::clone(&key));
        Ok(key)
    }

    /// The key with this id.
    pub(crate) fn get(&self, client_id: &str) -> Option<Arc<Key>> {
        read(&self.keys).get(client_id).cloned()
    }

    /// Every key, by id.
    pub(crate) fn list(&self, now: DateTime<Utc>) -> Vec<KeyView> {
        let mut ids: Vec<String> = read(&self.keys).keys().cloned().collect();
        ids.sort();
        ids.iter().filter_map(|id| self.view(id, now)).collect()
    }

    /// A key as the control plane shows it.
    pub(crate) fn view(&self, client_id: &str, now: DateTime<Utc>) -> Option<KeyView> {
        let key = self.get(client_id)?;
        let live_tokens = read(&self.tokens)
            .values()
            .filter(|token| token.key.client_id == client_id && token.check(now).is_ok())
            .count();
        let state = lock(&key.state);
        Some(KeyView {
            client_id: key.client_id.clone(),
            client_secret: state.secret.clone(),
            old_secrets: state.old.iter().filter(|old| now < old.until).cloned().collect(),
            name: state.name.clone(),
            scopes: state.scopes.clone(),
            plan: state.plan,
            revoked: key.is_revoked(),
            live_tokens,
        })
    }

    /// Changes what a key may do. `None` leaves a field as it is; `Some(None)` as plan means the world's.
    pub(crate) fn change(
        &self,
        client_id: &str,
        scopes: Option<BTreeSet<Scope>>,
        plan: Option<Option<Plan>>,
    ) -> bool {
        let Some(key) = self.get(client_id) else { return false };
        let mut state = lock(&key.state);
        if let Some(scopes) = scopes {
            state.scopes = scopes;
        }
        if let Some(plan) = plan {
            state.plan = plan;
        }
        true
    }

    /// Gives a key a new secret; the old one works until `until`.
    pub(crate) fn rotate(
        &self,
        client_id: &str,
        secret: Option<String>,
        until: DateTime<Utc>,
    ) -> Option<String> {
        let key = self.get(client_id)?;
        let fresh = secret.unwrap_or_else(|| format!("secret_{}", uuid::Uuid::new_v4().simple()));
        let mut state = lock(&key.state);
        let old = std::mem::replace(&mut state.secret, fresh.clone());
        state.old.push(OldSecret { client_secret: old, until });
        Some(fresh)
    }

    /// Revokes a key and with it all its tokens.
    pub(crate) fn revoke(&self, client_id: &str) -> bool {
        let Some(key) = self.get(client_id) else { return false };
        key.revoked.store(true, Ordering::Relaxed);
        true
    }

    /// Revokes the tokens that `which` picks and returns how many were revoked by it.
    pub(crate) fn revoke_tokens(&self, which: impl Fn(&str, &Token) -> bool) -> usize {
        read(&self.tokens)
            .iter()
            .filter(|(text, token)| which(text, token) && !token.revoked.swap(true, Ordering::Relaxed))
            .count()
    }

    /// The key that these credentials belong to.
    pub(crate) fn authenticate(&self, client_id: &str, secret: &str, now: DateTime<Utc>) -> Option<Arc<Key>> {
        self.get(client_id).filter(|key| !key.is_revoked() && key.accepts(secret, now))
    }

    /// Gives out a token.
    pub(crate) fn issue(
        &self,
        key: &Arc<Key>,
        now: DateTime<Utc>,
        lifetime: TimeDelta,
    ) -> Result<String, String> {
        let expires = now.checked_add_signed(lifetime).unwrap_or(DateTime::<Utc>::MAX_UTC);
        let jti = uuid::Uuid::new_v4().simple().to_string();
        let scope: Vec<&str> = key.scopes().into_iter().map(Scope::as_str).collect();
        let claims = Claims {
            iss: "zhifuyun-mock-server".to_owned(),
            sub: key.client_id.clone(),
            jti: jti.clone(),
            iat: now.timestamp(),
            exp: expires.timestamp(),
            scope: scope.join(" "),
        };
        let signing = EncodingKey::from_secret(&self.signing);
        let text = jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &signing)
            .map_err(|error| format!("the token could not be signed: {error}"))?;
        let token = Token { key: Arc::clone(key), jti, expires, revoked: AtomicBool::new(false) };
        let mut tokens = write(&self.tokens);
        if tokens.len() >= TOKENS_KEPT {
            tokens.retain(|_, token| token.expires > now);
        }
        tokens.insert(text.clone().into_boxed_str(), Arc::new(token));
        Ok(text)
    }

    /// The token with this text, whether or not it is still good.
    pub(crate) fn token(&self, text: &str) -> Option<Arc<Token>> {
        read(&self.tokens).get(text).cloned()
    }

    /// Why a text is no token. The signature tells one that was forgotten after its expiry from one that was
    /// made up.
    pub(crate) fn refuse(&self, text: &str, now: DateTime<Utc>) -> TokenRefusal {
        let mut rules = Validation::new(Algorithm::HS256);
        // Expiry is a matter of the world's clock, not of the machine's.
        rules.validate_exp = false;
        let decoded = jsonwebtoken::decode::<Claims>(text, &DecodingKey::from_secret(&self.signing), &rules);
        match decoded {
            Ok(data) if data.claims.exp <= now.timestamp() => TokenRefusal::Expired,
            _ => TokenRefusal::Invalid,
        }
    }

    /// Starts every key's limit anew.
    pub(crate) fn reset_limits(&self) {
        for key in read(&self.keys).values() {
            key.limiter.reset();
        }
    }

    /// A copy for a snapshot.
    pub(crate) fn copy(&self) -> KeysCopy {
        let keys = read(&self.keys)
            .values()
            .map(|key| (key.client_id.clone(), lock(&key.state).clone(), key.is_revoked()))
            .collect();
        let tokens = read(&self.tokens)
            .iter()
            .map(|(text, token)| TokenCopy {
                text: text.clone(),
                client_id: token.key.client_id.clone(),
                jti: token.jti.clone(),
                expires: token.expires,
                revoked: token.revoked.load(Ordering::Relaxed),
            })
            .collect();
        KeysCopy { keys, tokens }
    }

    /// Goes back to a snapshot. Limits start anew.
    pub(crate) fn restore(&self, copy: &KeysCopy) {
        let mut keys = HashMap::new();
        for (client_id, state, revoked) in &copy.keys {
            let key = Key {
                client_id: client_id.clone(),
                limiter: Limiter::default(),
                revoked: AtomicBool::new(*revoked),
                state: Mutex::new(state.clone()),
            };
            keys.insert(client_id.clone(), Arc::new(key));
        }
        let mut tokens = HashMap::new();
        for kept in &copy.tokens {
            if let Some(key) = keys.get(&kept.client_id) {
                let token = Token {
                    key: Arc::clone(key),
                    jti: kept.jti.clone(),
                    expires: kept.expires,
                    revoked: AtomicBool::new(kept.revoked),
                };
                tokens.insert(kept.text.clone(), Arc::new(token));
            }
        }
        *write(&self.keys) = keys;
        *write(&self.tokens) = tokens;
    }
}

/// Twelve random characters: enough for names inside one server.
pub(crate) fn short_id() -> String {
    let mut text = uuid::Uuid::new_v4().simple().to_string();
    text.truncate(12);
    text
}
