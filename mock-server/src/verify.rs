//! Expectations on the journal, and an explanation when they are not met.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::journal::{Entry, EntryView};

/// What a value must be.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged, expecting = "expected a text, or one of contains, prefix, not, present")]
pub enum TextMatch {
    /// Exactly this.
    Is(String),
    /// Something about it.
    Rule(TextRule),
}

/// A condition on a value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum TextRule {
    /// It contains this.
    Contains(String),
    /// It begins with this.
    Prefix(String),
    /// It is not this.
    Not(String),
    /// It is there (true) or missing (false).
    Present(bool),
}

impl TextMatch {
    /// What is different, if anything is.
    fn difference(&self, name: &str, value: Option<&str>) -> Option<String> {
        let (fits, wanted) = match self {
            Self::Is(text) => (value == Some(text), format!("{text:?}")),
            Self::Rule(TextRule::Contains(text)) => {
                (value.is_some_and(|value| value.contains(text)), format!("something containing {text:?}"))
            }
            Self::Rule(TextRule::Prefix(text)) => (
                value.is_some_and(|value| value.starts_with(text)),
                format!("something beginning with {text:?}"),
            ),
            Self::Rule(TextRule::Not(text)) => (value != Some(text), format!("anything but {text:?}")),
            Self::Rule(TextRule::Present(true)) => (value.is_some(), "any value".to_owned()),
            Self::Rule(TextRule::Present(false)) => (value.is_none(), "no value".to_owned()),
        };
        if fits {
            return None;
        }
        let was = value.map_or_else(|| "missing".to_owned(), |value| format!("{value:?}"));
        Some(format!("{name}: expected {wanted}, was {was}"))
    }
}

/// Which requests are meant. What is left out does not matter.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RequestMatch {
    /// Method.
    pub method: Option<String>,
    /// Path without the world's prefix.
    pub path: Option<TextMatch>,
    /// Template of the route.
    pub template: Option<String>,
    /// Query parameters, decoded.
    pub query: BTreeMap<String, TextMatch>,
    /// Headers; names in any case.
    pub headers: BTreeMap<String, TextMatch>,
    /// Part of the JSON body: objects may have more keys, everything else must be equal.
    pub body: Option<Value>,
    /// The body as text.
    pub body_text: Option<TextMatch>,
    /// Id of the key.
    pub key: Option<String>,
    /// HTTP status of the answer.
    pub status: Option<u16>,
    /// Id of the fault rule that acted on it.
    pub fault: Option<TextMatch>,
}

impl RequestMatch {
    /// Everything about the request that is not as wanted.
    pub fn differences(&self, entry: &Entry) -> Vec<String> {
        let mut found = Vec::new();
        let mut note = |difference: Option<String>| found.extend(difference);
        let exact = |name: &str, wanted: &Option<String>, value: Option<&str>| {
            wanted.clone().and_then(|wanted| TextMatch::Is(wanted).difference(name, value))
        };
        if let Some(method) = &self.method
            && !method.eq_ignore_ascii_case(entry.method.as_str())
        {
            note(Some(format!("method: expected {method}, was {}", entry.method)));
        }
        note(self.path.as_ref().and_then(|path| path.difference("path", Some(&entry.path))));
        note(exact("template", &self.template, entry.template));
        if !self.query.is_empty() {
            let query = entry.query_map();
            for (name, wanted) in &self.query {
                note(wanted.difference(&format!("query.{name}"), query.get(name).and_then(Value::as_str)));
            }
        }
        for (name, wanted) in &self.headers {
            note(wanted.difference(&format!("headers.{name}"), entry.header(name).as_deref()));
        }
        if let Some(wanted) = &self.body {
            match serde_json::from_slice::<Value>(entry.body()) {
                Ok(body) => compare("body", wanted, &body, &mut note),
                Err(_) => note(Some("body: expected JSON, was something else".to_owned())),
            }
        }
        if let Some(wanted) = &self.body_text {
            note(wanted.difference("body_text", std::str::from_utf8(entry.body()).ok()));
        }
        note(exact("key", &self.key, entry.key()));
        if let Some(status) = self.status
            && entry.status() != Some(status)
        {
            let was = entry.status().map_or_else(|| "missing".to_owned(), |status| status.to_string());
            note(Some(format!("status: expected {status}, was {was}")));
        }
        note(self.fault.as_ref().and_then(|fault| fault.difference("fault", entry.fault())));
        found
    }

    /// Whether the request is meant.
    pub fn fits(&self, entry: &Entry) -> bool {
        self.differences(entry).is_empty()
    }
}

/// Compares JSON: every key that is wanted must be there, further keys do not matter.
fn compare(path: &str, wanted: &Value, value: &Value, note: &mut impl FnMut(Option<String>)) {
    match (wanted, value) {
        (Value::Object(wanted), Value::Object(object)) => {
            for (name, wanted) in wanted {
                let path = format!("{path}.{name}");
                match object.get(name) {
                    Some(value) => compare(&path, wanted, value, note),
                    None => note(Some(format!("{path}: expected {wanted}, was missing"))),
                }
            }
        }
        _ if wanted == value => {}
        _ => note(Some(format!("{path}: expected {wanted}, was {value}"))),
    }
}

/// How often.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Count {
    /// This often.
    Exactly(usize),
    /// Between the bounds.
    Range(CountRange),
}

/// Bounds of a count; without `max` there is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CountRange {
    /// At least so often.
    pub min: usize,
    /// At most so often.
    pub max: Option<usize>,
}

impl Count {
    fn holds(self, count: usize) -> bool {
        match self {
            Self::Exactly(wanted) => count == wanted,
            Self::Range(range) => count >= range.min && range.max.is_none_or(|max| count <= max),
        }
    }
}

impl std::fmt::Display for Count {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Exactly(count) => write!(f, "exactly {count}"),
            Self::Range(CountRange { min, max: None }) => write!(f, "at least {min}"),
            Self::Range(CountRange { min, max: Some(max) }) => write!(f, "{min} to {max}"),
        }
    }
}

/// What should be in the journal.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Expectation {
    /// Requests that are counted.
    #[serde(rename = "match")]
    pub matching: Option<RequestMatch>,
    /// How often they should be there; without it, at least once.
    pub count: Option<Count>,
    /// Requests that should come one after the other; others may come between.
    pub order: Option<Vec<RequestMatch>>,
    /// With `order`: nothing may come between, before or after.
    pub strict: bool,
    /// Looks only at requests with a larger number.
    pub after: u64,
}

/// Whether an expectation is met.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Verification {
    /// Whether it is met.
    pub ok: bool,
    /// How many requests matched; with `order`, how many steps were found.
    pub matched: usize,
    /// Numbers of the requests that matched.
    pub seqs: Vec<u64>,
    /// What is wrong, in a sentence.
    pub message: String,
    /// Requests that came closest, and what is different about them.
    pub near_misses: Vec<NearMiss>,
}

/// A request that almost matched.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct NearMiss {
    /// Its number.
    pub seq: u64,
    /// Method and path.
    pub request: String,
    /// What is not as wanted.
    pub differences: Vec<String>,
}

/// How many near misses are told.
const NEAR_MISSES: usize = 3;

impl Expectation {
    /// Looks at the journal's entries.
    pub fn check(&self, entries: &[Arc<Entry>]) -> Result<Verification, String> {
        let entries: Vec<&Entry> =
            entries.iter().map(AsRef::as_ref).filter(|entry| entry.seq > self.after).collect();
        match (&self.matching, &self.order) {
            (Some(matching), None) if !self.strict => Ok(self.counted(matching, &entries)),
            (None, Some(order)) if self.count.is_none() => Ok(self.ordered(order, &entries)),
            (Some(_), None) => Err("`strict` goes with `order`".to_owned()),
            (None, Some(_)) => Err("`count` goes with `match`".to_owned()),
            _ => Err("give either `match` or `order`".to_owned()),
        }
    }

    fn counted(&self, matching: &RequestMatch, entries: &[&Entry]) -> Verification {
        let count = self.count.unwrap_or(Count::Range(CountRange { min: 1, max: None }));
        let seqs: Vec<u64> =
            entries.iter().filter(|entry| matching.fits(entry)).map(|entry| entry.seq).collect();
        let ok = count.holds(seqs.len());
        let fewest = match count {
            Count::Exactly(wanted) => wanted,
            Count::Range(range) => range.min,
        };
        Verification {
            ok,
            matched: seqs.len(),
            message: format!(
                "expected {count} matching requests, found {} among {}",
                seqs.len(),
                entries.len()
            ),
            // Only what is missing can have come close; too many matches explain themselves.
            near_misses: if seqs.len() < fewest { near_misses(matching, entries) } else { Vec::new() },
            seqs,
        }
    }

    fn ordered(&self, order: &[RequestMatch], entries: &[&Entry]) -> Verification {
        let mut seqs = Vec::new();
        let mut rest = entries.iter();
        let mut broken = None;
        for (step, wanted) in order.iter().enumerate() {
            let found = if self.strict {
                rest.next().filter(|entry| wanted.fits(entry))
            } else {
                rest.find(|entry| wanted.fits(entry))
            };
            match found {
                Some(entry) => seqs.push(entry.seq),
                None => {
                    broken = Some((step, wanted));
                    break;
                }
            }
        }
        let mut near = Vec::new();
        let message = match broken {
            Some((step, wanted)) => {
                let after = seqs.last().copied().unwrap_or(self.after);
                let later: Vec<&Entry> = entries.iter().filter(|entry| entry.seq > after).copied().collect();
                near = near_misses(wanted, &later);
                format!("step {} of {} was not found after request {after}", step + 1, order.len())
            }
            None if self.strict && rest.next().is_some() => {
                format!("{} requests came beyond the {} expected", rest.count() + 1, order.len())
            }
            None => {
                let message = format!("all {} steps were found in order", order.len());
                return Verification { ok: true, matched: seqs.len(), seqs, message, near_misses: near };
            }
        };
        Verification { ok: false, matched: seqs.len(), seqs, message, near_misses: near }
    }
}

/// How many segments lie between the path that is wanted and that of the request.
fn segments_away(matching: &RequestMatch, entry: &Entry) -> usize {
    let (wanted, path) = match (&matching.path, &matching.template) {
        (Some(TextMatch::Is(wanted)), _) => (wanted.as_str(), entry.path.as_str()),
        (Some(rule), _) => return usize::from(rule.difference("", Some(&entry.path)).is_some()),
        (None, Some(wanted)) => (wanted.as_str(), entry.template.unwrap_or_default()),
        (None, None) => return 0,
    };
    let shared = wanted.split('/').zip(path.split('/')).take_while(|(a, b)| a == b).count();
    wanted.split('/').count().max(path.split('/').count()) - shared
}

/// Of the requests that do not match, those to the nearest paths with the fewest differences.
fn near_misses(matching: &RequestMatch, entries: &[&Entry]) -> Vec<NearMiss> {
    let mut misses: Vec<(usize, NearMiss)> = entries
        .iter()
        .map(|entry| {
            let miss = NearMiss {
                seq: entry.seq,
                request: format!("{} {}", entry.method, entry.path),
                differences: matching.differences(entry),
            };
            (segments_away(matching, entry), miss)
        })
        .filter(|(_, miss)| !miss.differences.is_empty())
        .collect();
    misses.sort_by_key(|(away, miss)| (*away, miss.differences.len()));
    misses.truncate(NEAR_MISSES);
    misses.into_iter().map(|(_, miss)| miss).collect()
}

/// Filter of the journal's list, from its query.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct JournalFilter {
    method: Option<String>,
    path: Option<String>,
    template: Option<String>,
    key: Option<String>,
    status: Option<u16>,
    fault: Option<String>,
    after: u64,
    limit: Option<usize>,
}

impl JournalFilter {
    /// The matching entries, oldest first; with a limit, the last ones.
    pub(crate) fn apply(self, entries: Vec<Arc<Entry>>) -> Vec<EntryView> {
        let matching = RequestMatch {
            method: self.method,
            path: self.path.map(TextMatch::Is),
            template: self.template,
            key: self.key,
            status: self.status,
            fault: self.fault.map(TextMatch::Is),
            ..RequestMatch::default()
        };
        let mut list: Vec<_> =
            entries.into_iter().filter(|entry| entry.seq > self.after && matching.fits(entry)).collect();
        if let Some(limit) = self.limit {
            list.drain(..list.len().saturating_sub(limit));
        }
        list.iter().map(|entry| entry.view()).collect()
    }
}
