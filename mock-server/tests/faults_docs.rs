//! Every JSON line of the documentation is accepted, and every name is documented.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod support;

use serde_json::{Value, json};
use support::{World, server};
use zhifuyun_mock_server::faults::{Action, Malformed, Rule};
use zhifuyun_mock_server::webhooks::Bad;
use zhifuyun_mock_server::wire::gates::GateOptions;
use zhifuyun_mock_server::wire::{RawAnswer, TlsKind};

const PAGE: &str = include_str!("../../docs/mock-server-faults.md");

/// The lines of all blocks with this label.
fn lines(label: &str) -> Vec<Value> {
    let mut inside = false;
    let mut found = Vec::new();
    for line in PAGE.lines() {
        if line.starts_with("```") {
            inside = line == format!("```json {label}");
        } else if inside {
            found.push(serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")));
        }
    }
    assert!(!found.is_empty(), "{label}");
    found
}

#[test]
fn rules_and_actions_are_accepted() {
    for value in lines("rule") {
        let rule: Rule = serde_json::from_value(value.clone()).unwrap();
        rule.validate().unwrap_or_else(|error| panic!("{error}: {value}"));
    }
    for value in lines("action") {
        let action: Action = serde_json::from_value(value.clone()).unwrap_or_else(|e| panic!("{e}: {value}"));
        action.validate().unwrap_or_else(|error| panic!("{error}: {value}"));
        // What is written back is what was read.
        let again: Action = serde_json::from_value(serde_json::to_value(&action).unwrap()).unwrap();
        assert_eq!(again, action);
    }
}

#[test]
fn every_name_is_documented() {
    let actions = lines("action");
    for raw in RawAnswer::ALL {
        assert!(actions.contains(&json!({"wire": {"raw": raw}})), "{raw:?}");
    }
    for malformed in Malformed::ALL {
        assert!(actions.contains(&json!({"malformed": malformed})), "{malformed:?}");
    }
    for field in serde_json::to_value(full()).unwrap().as_object().unwrap().keys() {
        assert!(actions.iter().any(|action| action.get(field).is_some()), "{field}");
    }
}

/// An action with every field, contradictions or not.
fn full() -> Action {
    serde_json::from_value(json!({
        "delay_ms": 1, "delay_world_ms": 1, "execute": true, "ignore_page": true, "ignore_limit": true,
        "status": 1, "envelope": 1, "message": 1, "redirect": {}, "body": "empty", "patch": 1, "set": {"/a": 1},
        "remove": ["/a"], "replace": [{"find": "a", "with": "b"}], "malformed": "bom", "truncate": 1,
        "encoding": "gzip", "content_type": "a", "retry_after": "1", "headers": {"a": "b"}, "wire": {"cut": {}},
    }))
    .unwrap()
}

#[test]
fn gates_and_bad_deliveries_are_accepted() {
    let gates: Vec<GateOptions> =
        lines("gate").into_iter().map(|value| serde_json::from_value(value).unwrap()).collect();
    for kind in [
        TlsKind::Good,
        TlsKind::Expired,
        TlsKind::NotYetValid,
        TlsKind::WrongHost,
        TlsKind::SelfSigned,
        TlsKind::UnknownCa,
        TlsKind::Swap,
        TlsKind::Tls12,
        TlsKind::Tls11,
        TlsKind::Alert,
        TlsKind::Stall,
    ] {
        assert!(gates.iter().any(|gate| gate.tls == Some(kind)), "{kind:?}");
    }
    for value in lines("bad") {
        let _: Bad = serde_json::from_value(value.clone()).unwrap_or_else(|error| panic!("{error}: {value}"));
    }
}

#[tokio::test]
async fn endpoints_are_accepted() {
    let server = server().await;
    let world = World::create(&server, json!({"webhooks": lines("endpoint")})).await;
    let list = world.control("GET", "/webhooks", Value::Null).await.json();
    assert_eq!(list["webhooks"].as_array().unwrap().len(), lines("endpoint").len());
}
