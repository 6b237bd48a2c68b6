//! What must be in the world's journal at the end of a scenario.

use crate::Check;
use crate::control::ask;
use crate::matching::{at, keys, part_of, paths, value};
use chrono::DateTime;
use serde_json::{Value, json};

/// Compares what arrived at the server. The client's secret may only be in requests for a token.
pub fn wire(expected: &Value, control: &str, secrets: &[String]) -> Check {
    let known = ["total", "token_requests", "requests", "counts", "gaps", "connections"];
    let expected = keys("wire", expected, &known)?;
    let journal = ask("GET", &format!("{control}/journal"), None)?;
    let all = at(&journal, "entries").as_array().cloned().unwrap_or_default();
    let (tokens, calls): (Vec<Value>, Vec<Value>) =
        all.iter().cloned().partition(|entry| at(entry, "path") == "/oauth/token");
    for entry in &calls {
        let text = entry.to_string();
        if secrets.iter().any(|secret| !secret.is_empty() && text.contains(secret)) {
            return Err(format!("wire: request {} carries the secret", at(entry, "seq")));
        }
    }
    let count = |what: &str, n: usize| match expected.get(what) {
        Some(wanted) => value(&format!("wire.{what}"), wanted, &json!(n)),
        None => Ok(()),
    };
    count("total", calls.len())?;
    count("token_requests", tokens.len())?;
    let connections: std::collections::HashSet<_> =
        all.iter().map(|entry| at(entry, "connection").to_string()).collect();
    count("connections", connections.len())?;
    if let Some(requests) = expected.get("requests").and_then(Value::as_array) {
        if requests.len() != calls.len() {
            return Err(format!("wire: expected {} requests, {} arrived", requests.len(), calls.len()));
        }
        for (number, (wanted, entry)) in requests.iter().zip(&calls).enumerate() {
            paths(&format!("wire.requests.{number}"), wanted, entry)?;
        }
    }
    for group in expected.get("counts").and_then(Value::as_array).into_iter().flatten() {
        keys("wire.counts", group, &["where", "count"])?;
        let n = all.iter().filter(|entry| paths("", part_of(group, "where"), entry).is_ok()).count();
        value(&format!("wire.counts {}", part_of(group, "where")), part_of(group, "count"), &json!(n))?;
    }
    let times: Vec<f64> = calls.iter().map(|entry| seconds(at(entry, "at"))).collect();
    for (n, wanted) in expected.get("gaps").and_then(Value::as_array).into_iter().flatten().enumerate() {
        let gap = times.get(n + 1).zip(times.get(n)).map(|(later, earlier)| later - earlier);
        value(&format!("wire.gaps.{n}"), wanted, &json!(gap))?;
    }
    Ok(())
}

/// A time on the world's clock in seconds.
fn seconds(time: &Value) -> f64 {
    let time = time.as_str().and_then(|text| DateTime::parse_from_rfc3339(text).ok());
    time.map_or(0.0, |t| t.timestamp_micros() as f64 / 1e6)
}
