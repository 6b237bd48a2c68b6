//! Rules: which requests, when, and what then.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::RequestInfo;
use super::action::Action;

/// A fault rule, as JSON and as a builder.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Name of the rule; without it, one is made up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Which requests it is about; without it, all.
    #[serde(default, rename = "match", skip_serializing_if = "Match::is_empty")]
    pub matches: Match,
    /// Which of these it acts on; without it, all.
    #[serde(default, skip_serializing_if = "When::is_empty")]
    pub when: When,
    /// What goes wrong.
    pub action: Action,
}

/// Which requests a rule is about. Everything that is given must hold.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Match {
    /// The method, in any case.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// The path: exact, with `{anything}` for one segment, or with `*` at the end for all the rest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// The client id of the key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// Headers and their values; `null` demands that the header is absent.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub header: BTreeMap<String, Option<String>>,
    /// Query parameters and their decoded values; `null` demands that the parameter is absent.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub query: BTreeMap<String, Option<String>>,
    /// Text that occurs in the body.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body_contains: Option<String>,
}

/// Which of the matching requests a rule acts on. Everything that is given must hold.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct When {
    /// Lets so many pass first; the other counts start behind them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<u64>,
    /// Only this one, counted from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nth: Option<u64>,
    /// Only the first so many.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first: Option<u64>,
    /// Every so many: with 3 the third, sixth and so on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub every: Option<u64>,
    /// At random with this probability; the same `seed` gives the same sequence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub probability: Option<f64>,
    /// Seed of `probability`; 0 without it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
    /// From the first time up to, and without, the second, on the world's clock.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub between: Option<(DateTime<Utc>, DateTime<Utc>)>,
}

impl Match {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Whether a request is meant.
    #[must_use]
    pub fn applies(&self, request: &RequestInfo<'_>) -> bool {
        self.method.as_deref().is_none_or(|method| request.method.as_str().eq_ignore_ascii_case(method))
            && self.path.as_deref().is_none_or(|path| path_matches(path, request.path))
            && self.key.as_deref().is_none_or(|key| request.key == Some(key))
            && self.header.iter().all(|(name, wanted)| {
                let mut values = request.headers.get_all(name).iter();
                match wanted {
                    Some(wanted) => values.any(|value| value.as_bytes() == wanted.as_bytes()),
                    None => values.next().is_none(),
                }
            })
            && self.query.iter().all(|(name, wanted)| {
                let query = request.query.unwrap_or_default();
                let mut values = url::form_urlencoded::parse(query.as_bytes()).filter(|(key, _)| key == name);
                match wanted {
                    Some(wanted) => values.any(|(_, value)| value == *wanted),
                    None => values.next().is_none(),
                }
            })
            && self.body_contains.as_deref().is_none_or(|text| {
                text.is_empty() || request.body.windows(text.len()).any(|window| window == text.as_bytes())
            })
    }
}

/// Segment by segment: `{anything}` stands for one that is not empty, a final `*` for all the rest.
fn path_matches(pattern: &str, path: &str) -> bool {
    if let Some(prefix) = pattern.strip_suffix('*') {
        return path.starts_with(prefix);
    }
    let mut wanted = pattern.split('/');
    let mut given = path.split('/');
    loop {
        match (wanted.next(), given.next()) {
            (None, None) => return true,
            (Some(wanted), Some(given)) => {
                let any = wanted.starts_with('{') && wanted.ends_with('}') && !given.is_empty();
                if !any && wanted != given {
                    return false;
                }
            }
            _ => return false,
        }
    }
}

impl When {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Whether the rule acts on its `seen`-th matching request (from 1) at `now`.
    pub(super) fn strikes(&self, seen: u64, now: DateTime<Utc>, random: &mut fastrand::Rng) -> bool {
        // Drawn for every request, so that the sequence does not depend on the other conditions.
        let lucky = self.probability.is_none_or(|probability| random.f64() < probability);
        let Some(nth) = seen.checked_sub(self.after.unwrap_or(0)).filter(|nth| *nth > 0) else {
            return false;
        };
        lucky
            && self.nth.is_none_or(|wanted| nth == wanted)
            && self.first.is_none_or(|most| nth <= most)
            && self.every.is_none_or(|every| nth % every.max(1) == 0)
            && self.between.is_none_or(|(from, to)| from <= now && now < to)
    }

    fn validate(&self) -> Result<(), String> {
        if [self.nth, self.first, self.every].contains(&Some(0)) {
            return Err("when: nth, first and every count from 1".into());
        }
        if self.probability.is_some_and(|p| !(0.0..=1.0).contains(&p)) {
            return Err("when: probability is between 0 and 1".into());
        }
        if self.seed.is_some() && self.probability.is_none() {
            return Err("when: seed belongs to probability".into());
        }
        if self.between.is_some_and(|(from, to)| from >= to) {
            return Err("when: between needs two times, the earlier first".into());
        }
        Ok(())
    }
}

impl Rule {
    /// A rule about every request.
    #[must_use]
    pub fn any(action: Action) -> Self {
        Self { action, ..Self::default() }
    }

    /// A rule about a method and a path; see [`Match::path`].
    #[must_use]
    pub fn on(method: &str, path: &str, action: Action) -> Self {
        let matches =
            Match { method: Some(method.to_owned()), path: Some(path.to_owned()), ..Match::default() };
        Self { matches, action, ..Self::default() }
    }

    /// Gives the rule a name, by which its counters are read.
    #[must_use]
    pub fn named(mut self, id: &str) -> Self {
        self.id = Some(id.to_owned());
        self
    }

    /// Restricts it to one key.
    #[must_use]
    pub fn key(mut self, client_id: &str) -> Self {
        self.matches.key = Some(client_id.to_owned());
        self
    }

    /// Restricts it to requests with this header.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.matches.header.insert(name.to_owned(), Some(value.to_owned()));
        self
    }

    /// Restricts it to requests with this query parameter.
    #[must_use]
    pub fn query(mut self, name: &str, value: &str) -> Self {
        self.matches.query.insert(name.to_owned(), Some(value.to_owned()));
        self
    }

    /// Restricts it to requests whose body contains a text.
    #[must_use]
    pub fn body_contains(mut self, text: &str) -> Self {
        self.matches.body_contains = Some(text.to_owned());
        self
    }

    /// Lets so many requests pass first.
    #[must_use]
    pub fn after(mut self, requests: u64) -> Self {
        self.when.after = Some(requests);
        self
    }

    /// Only the n-th request.
    #[must_use]
    pub fn nth(mut self, nth: u64) -> Self {
        self.when.nth = Some(nth);
        self
    }

    /// Only the first so many requests.
    #[must_use]
    pub fn first(mut self, requests: u64) -> Self {
        self.when.first = Some(requests);
        self
    }

    /// Every so many requests.
    #[must_use]
    pub fn every(mut self, requests: u64) -> Self {
        self.when.every = Some(requests);
        self
    }

    /// At random, reproducibly.
    #[must_use]
    pub fn at_random(mut self, probability: f64, seed: u64) -> Self {
        self.when.probability = Some(probability);
        self.when.seed = Some(seed);
        self
    }

    /// Only in a stretch of the world's time.
    #[must_use]
    pub fn between(mut self, from: DateTime<Utc>, to: DateTime<Utc>) -> Self {
        self.when.between = Some((from, to));
        self
    }

    /// Refuses rules that contradict themselves.
    ///
    /// # Errors
    /// A sentence that says what is wrong.
    pub fn validate(&self) -> Result<(), String> {
        if self.id.as_deref().is_some_and(|id| id.is_empty() || id.contains('/')) {
            return Err("id: must not be empty or contain a slash".into());
        }
        if let Some(path) = &self.matches.path
            && !path.starts_with('/')
            && path != "*"
        {
            return Err("match.path: starts with a slash".into());
        }
        self.when.validate()?;
        self.action.validate()
    }
}
