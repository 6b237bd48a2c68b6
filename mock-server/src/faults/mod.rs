//! Fault rules: what goes wrong, for whom and how often.
//!
//! A [`Rule`] is data: which requests it is about ([`Match`]), which of these it acts on ([`When`]) and what
//! it does ([`Action`]). Rules are asked in the order in which they were added; the first one that acts wins,
//! but all that match count the request.

mod action;
mod answer;
mod control;
mod edit;
mod malformed;
mod payload;
mod rule;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use http::{HeaderMap, Method, Response};
use serde::Serialize;
use serde_json::Value;

use crate::clock::Awake;
use crate::sync::lock;
use crate::world::World;

pub use action::{Action, BodySource, Encoding, Redirect, Replacement, Texts};
pub(crate) use control::control_routes;
pub use malformed::Malformed;
pub use rule::{Match, Rule, When};

/// What a rule can match on.
#[derive(Debug)]
pub struct RequestInfo<'a> {
    /// Method of the request.
    pub method: &'a Method,
    /// Path without the world's prefix.
    pub path: &'a str,
    /// Template of the route, such as `/v1/conversations/{conversation_id}`.
    pub template: Option<&'static str>,
    /// The query as sent.
    pub query: Option<&'a str>,
    /// Headers as sent.
    pub headers: &'a HeaderMap,
    /// Body as sent.
    pub body: &'a Bytes,
    /// Id of the key that the request belongs to.
    pub key: Option<&'a str>,
    /// Time on the world's clock.
    pub at: DateTime<Utc>,
}

/// What a rule decided about a request.
#[derive(Debug)]
pub struct FaultOutcome {
    /// Id of the rule.
    pub rule: String,
    /// The query that the operation shall see instead of the one that was sent.
    pub query: Option<String>,
    action: Arc<Action>,
    path: String,
    /// Keeps the world's clock where the request was woken until it is answered.
    awake: Option<Awake>,
}

impl FaultOutcome {
    /// Whether the API is asked at all.
    #[must_use]
    pub fn executes(&self) -> bool {
        self.action.executes()
    }

    /// The answer to send; `api` is what the API answered, if it was asked, and `usual` the headers that every
    /// answer has unless the rule says otherwise. What shall happen on the socket is among the extensions.
    #[must_use]
    pub fn answer(&self, api: Option<Response<Bytes>>, usual: HeaderMap) -> Response<Body> {
        answer::make(&self.action, &self.rule, &self.path, api, usual)
    }
}

/// A rule with its counters.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RuleStatus {
    /// Its name.
    pub id: String,
    /// How many requests it matched.
    pub seen: u64,
    /// How often it acted.
    pub fired: u64,
    /// The rule itself.
    pub rule: Rule,
}

#[derive(Debug)]
struct Armed {
    id: String,
    rule: Rule,
    action: Arc<Action>,
    seen: u64,
    fired: u64,
    random: fastrand::Rng,
}

impl Armed {
    fn new(id: String, rule: Rule) -> Self {
        let random = fastrand::Rng::with_seed(rule.when.seed.unwrap_or(0));
        let action = Arc::new(rule.action.clone());
        Self { id, rule, action, seen: 0, fired: 0, random }
    }

    fn status(&self) -> RuleStatus {
        RuleStatus { id: self.id.clone(), seen: self.seen, fired: self.fired, rule: self.rule.clone() }
    }

    fn reset(&mut self) {
        *self = Self::new(std::mem::take(&mut self.id), std::mem::take(&mut self.rule));
    }
}

#[derive(Debug, Default)]
struct Inner {
    rules: Vec<Armed>,
    named: u64,
}

impl Inner {
    fn add(&mut self, rule: Rule) -> Result<RuleStatus, String> {
        rule.validate()?;
        let id = match &rule.id {
            Some(id) => id.clone(),
            None => loop {
                self.named += 1;
                let id = format!("fault_{}", self.named);
                if !self.rules.iter().any(|armed| armed.id == id) {
                    break id;
                }
            },
        };
        if self.rules.iter().any(|armed| armed.id == id) {
            return Err(format!("there is a fault rule `{id}` already"));
        }
        let armed = Armed::new(id, rule);
        let status = armed.status();
        self.rules.push(armed);
        Ok(status)
    }
}

/// The rules of one world.
#[derive(Debug, Default)]
pub struct Faults {
    inner: Mutex<Inner>,
}

impl Faults {
    /// Adds a rule given as JSON and returns it with its id and counters.
    ///
    /// # Errors
    /// A sentence that says what is wrong with the rule.
    pub fn add(&self, _world: &Arc<World>, rule: Value) -> Result<Value, String> {
        let rule: Rule = serde_json::from_value(rule).map_err(|error| format!("fault rule: {error}"))?;
        let status = self.add_rule(rule)?;
        serde_json::to_value(status).map_err(|error| error.to_string())
    }

    /// Adds a rule behind those that are there.
    ///
    /// # Errors
    /// A sentence that says what is wrong with the rule.
    pub fn add_rule(&self, rule: Rule) -> Result<RuleStatus, String> {
        lock(&self.inner).add(rule)
    }

    /// Puts these rules in the place of all others. Either all are taken or none.
    ///
    /// # Errors
    /// A sentence that says what is wrong with a rule.
    pub fn replace(&self, rules: Vec<Rule>) -> Result<Vec<RuleStatus>, String> {
        let mut fresh = Inner::default();
        let statuses = rules.into_iter().map(|rule| fresh.add(rule)).collect::<Result<Vec<_>, _>>()?;
        *lock(&self.inner) = fresh;
        Ok(statuses)
    }

    /// All rules in their order.
    #[must_use]
    pub fn list(&self) -> Vec<RuleStatus> {
        lock(&self.inner).rules.iter().map(Armed::status).collect()
    }

    /// One rule.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<RuleStatus> {
        lock(&self.inner).rules.iter().find(|armed| armed.id == id).map(Armed::status)
    }

    /// Removes a rule.
    pub fn remove(&self, id: &str) -> bool {
        let rules = &mut lock(&self.inner).rules;
        let before = rules.len();
        rules.retain(|armed| armed.id != id);
        rules.len() != before
    }

    /// Removes all rules.
    pub fn clear(&self) {
        lock(&self.inner).rules.clear();
    }

    /// Counters back to zero and random sequences back to their start: for one rule, or for all.
    pub fn reset(&self, id: Option<&str>) -> bool {
        let mut found = id.is_none();
        for armed in &mut lock(&self.inner).rules {
            if id.is_none_or(|id| armed.id == id) {
                armed.reset();
                found = true;
            }
        }
        found
    }

    /// Counts the request and finds the rule that acts on it.
    #[must_use]
    pub fn decide(&self, request: &RequestInfo<'_>) -> Option<FaultOutcome> {
        let mut inner = lock(&self.inner);
        let mut outcome = None;
        for armed in &mut inner.rules {
            if !armed.rule.matches.applies(request) {
                continue;
            }
            armed.seen += 1;
            let strikes = armed.rule.when.strikes(armed.seen, request.at, &mut armed.random);
            if strikes && outcome.is_none() {
                armed.fired += 1;
                outcome = Some(FaultOutcome {
                    rule: armed.id.clone(),
                    query: answer::hidden_query(&armed.action, request.query),
                    action: armed.action.clone(),
                    path: request.path.to_owned(),
                    awake: None,
                });
            }
        }
        outcome
    }

    /// Asks the rules about a request; waits as long as they delay it.
    pub async fn before(&self, world: &Arc<World>, request: &RequestInfo<'_>) -> Option<FaultOutcome> {
        let mut outcome = self.decide(request)?;
        if let Some(wait) = outcome.action.delay_ms {
            tokio::time::sleep(Duration::from_millis(wait)).await;
        }
        if let Some(wait) = outcome.action.delay_world_ms {
            let wait = TimeDelta::milliseconds(i64::try_from(wait).unwrap_or(i64::MAX));
            let until = request.at.checked_add_signed(wait).unwrap_or(DateTime::<Utc>::MAX_UTC);
            let weak = Arc::downgrade(world);
            // What the request causes is told before the clock moves on.
            let told = async move {
                if let Some(world) = weak.upgrade() {
                    world.webhooks.settle().await;
                }
            };
            outcome.awake = world.clock.sleep_until(until, told).await;
        }
        Some(outcome)
    }
}
