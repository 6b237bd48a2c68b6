//! One scenario: its world, its steps, and what must be in the journal afterwards.

use crate::control::ask;
use crate::host::{Host, Outcome, Walking};
use crate::journal::wire;
use crate::matching::{at, keys, part_of, paths, text_of, value};
use crate::{Check, client, webhooks};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// Runs one scenario against the server at `server`.
pub fn run<H: Host>(server: &str, text: &str) -> Check {
    let parse = |text: &str| serde_json::from_str::<Value>(text).map_err(|e| e.to_string());
    let scenario = parse(text)?;
    let spec = scenario.get("server").cloned().unwrap_or_else(|| json!({}));
    let world = ask("POST", &format!("{server}/_mock/worlds"), Some(&spec))?;
    let control = at(&world, "control_url").as_str().unwrap_or_default().to_owned();
    let mut filled = text.to_owned();
    for name in ["url", "control_url", "client_id", "client_secret", "webhook_secret"] {
        filled = fill(&filled, name, at(&world, name));
    }
    filled = fill(&filled, "host", &host_of(at(&world, "url")));
    if let Some(gate) = scenario.get("gate") {
        let gate = ask("POST", &format!("{control}/gates"), Some(gate))?;
        for (name, key) in [("gate", "url"), ("gate_id", "id"), ("gate_ca", "ca_file")] {
            filled = fill(&filled, name, at(&gate, key));
        }
        filled = fill(&filled, "gate_host", &host_of(at(&gate, "url")));
    }
    let result = steps::<H>(&parse(&filled)?, &world, &control);
    let removed =
        ask("DELETE", &format!("{server}/_mock/worlds/{}", at(&world, "id").as_str().unwrap_or("")), None);
    result.and(removed.map(drop))
}

/// Name and port of a URL.
fn host_of(url: &Value) -> Value {
    json!(url.as_str().unwrap_or_default().split('/').nth(2))
}

fn fill(text: &str, name: &str, value: &Value) -> String {
    let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    text.replace(&format!("{{{{{name}}}}}"), &value)
}

fn steps<H: Host>(scenario: &Value, world: &Value, control: &str) -> Check {
    let known = ["name", "why", "rows", "server", "gate", "client", "clock", "steps", "wire"];
    let scenario = keys("scenario", scenario, &known)?;
    let mut defaults = json!({
        "base_url": at(world, "url"),
        "client_id": at(world, "client_id"),
        "client_secret": at(world, "client_secret"),
    });
    match scenario.get("clock").map_or("real", |c| c.as_str().unwrap_or_default()) {
        "real" => {}
        "test" => defaults["test_clock"] = json!(format!("{control}/clock/advance")),
        other => return Err(format!("unknown clock `{other}`")),
    }
    let options = |own: &Value| {
        let mut all = defaults.clone();
        for (name, value) in own.as_object().into_iter().flatten() {
            all[name] = value.clone();
        }
        all
    };
    let own = scenario.get("client").cloned().unwrap_or(Value::Null);
    let mut secrets = vec![text_of(&options(&own), "client_secret")];
    let mut host = H::new(client(&options(&own)).map_err(|e| format!("client: {e}"))?);
    let guard = webhooks::Guard::new();
    let steps = scenario.get("steps").and_then(Value::as_array).ok_or("steps: missing")?;
    for (number, step) in steps.iter().enumerate() {
        let what = format!("step {}", number + 1);
        let began = Instant::now();
        let outcomes = if let Some(own) = step.get("new_client") {
            keys(&what, step, &["new_client", "expect"])?;
            secrets.push(text_of(&options(own), "client_secret"));
            vec![match client(&options(own)) {
                Ok(client) => {
                    host = H::new(client);
                    Outcome { result: Some(json!({})), error: None }
                }
                Err(error) => Outcome { result: None, error: Some(error) },
            }]
        } else {
            run_step(&host, &what, step, control, &guard)?
        };
        for outcome in outcomes {
            check(&what, step, &outcome, began.elapsed(), &secrets)?;
        }
    }
    wire(scenario.get("wire").unwrap_or(&json!({})), control, &secrets)
}

fn number(step: &Value, key: &str) -> Option<u64> {
    step.get(key).and_then(Value::as_u64)
}

fn run_step<H: Host>(
    host: &H,
    what: &str,
    step: &Value,
    control: &str,
    guard: &webhooks::Guard,
) -> Check<Vec<Outcome>> {
    let empty = json!({});
    let part = |key: &str| step.get(key).unwrap_or(&empty);
    let kind = ["call", "iterate", "control", "verify", "sign", "sleep_ms"];
    let kind = kind.into_iter().find(|kind| step.get(kind).is_some());
    match kind.ok_or_else(|| format!("{what}: unknown step {step}"))? {
        "call" => {
            keys(what, step, &["call", "args", "options", "times", "parallel", "expect"])?;
            let (times, parallel) =
                (number(step, "times").unwrap_or(1), number(step, "parallel").unwrap_or(1));
            host.call(&text_of(step, "call"), part("args"), part("options"), times, parallel)
        }
        "iterate" => {
            keys(what, step, &["iterate", "args", "options", "walk", "stop_after", "during", "expect"])?;
            let during = step.get("during").and_then(Value::as_array).cloned().unwrap_or_default();
            let after_item = |count: u64| {
                let mut due = during.iter().filter(|event| number(event, "after_items") == Some(count));
                due.try_for_each(|event| {
                    keys(what, event, &["after_items", "control"])?;
                    tell(control, part_of(event, "control")).map(drop)
                })
            };
            let outcome = host.iterate(&Walking {
                operation: &text_of(step, "iterate"),
                args: part("args"),
                options: part("options"),
                walk: part("walk"),
                stop_after: number(step, "stop_after"),
                after_item: &after_item,
            });
            Ok(vec![outcome?])
        }
        "control" => {
            keys(what, step, &["control", "expect"])?;
            let answer = tell(control, part("control"))?;
            Ok(vec![Outcome { result: Some(answer), error: None }])
        }
        "sleep_ms" => {
            keys(what, step, &["sleep_ms"])?;
            std::thread::sleep(Duration::from_millis(number(step, "sleep_ms").unwrap_or(0)));
            Ok(vec![])
        }
        kind => {
            keys(what, step, &[kind, "expect"])?;
            webhooks::run(kind, part(kind), control, guard).map(|outcome| vec![outcome])
        }
    }
}

/// Asks this world's part of the control plane.
fn tell(control: &str, request: &Value) -> Check<Value> {
    keys("control", request, &["method", "path", "body"])?;
    let url = format!("{control}{}", text_of(request, "path"));
    ask(&text_of(request, "method"), &url, request.get("body"))
}

/// Compares an outcome with what the step expects. No error may show a secret or a token.
fn check(what: &str, step: &Value, outcome: &Outcome, took: Duration, secrets: &[String]) -> Check {
    let empty = json!({});
    let expect = step.get("expect").unwrap_or(&empty);
    keys(&format!("{what}: expect"), expect, &["result", "error", "elapsed"])?;
    if let Some(error) = &outcome.error {
        let text = error.to_string();
        if secrets.iter().any(|secret| !secret.is_empty() && text.contains(secret)) || text.contains("eyJ") {
            return Err(format!("{what}: the error shows a secret"));
        }
    }
    match (expect.get("error"), &outcome.error) {
        (Some(wanted), Some(error)) => paths(&format!("{what}: error"), wanted, error)?,
        (Some(wanted), None) => return Err(format!("{what}: expected the error {wanted}, but it succeeded")),
        (None, Some(error)) => return Err(format!("{what}: failed: {error}")),
        (None, None) => {}
    }
    if let Some(wanted) = expect.get("result") {
        let result = outcome.result.as_ref().ok_or_else(|| format!("{what}: there is no result"))?;
        paths(&format!("{what}: result"), wanted, result)?;
    }
    match expect.get("elapsed") {
        Some(wanted) => value(&format!("{what}: elapsed"), wanted, &json!(took.as_secs_f64())),
        None => Ok(()),
    }
}
