//! The vectors that every language runs (tests/vectors/webhooks.json), and proof that they reach every reason.

// Clippy knows test functions, not their helpers.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use base64::Engine as _;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::{Duration, SystemTime};
use zhifuyun::webhook::{Event, EventData, SignatureScheme, Webhook, WebhookReason, body_not_raw};

fn vectors() -> Vec<Value> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/vectors/webhooks.json");
    let text = std::fs::read_to_string(path).expect("the vectors are there");
    let Value::Array(all) = serde_json::from_str::<Value>(&text).unwrap()["vectors"].take() else {
        panic!("no vectors")
    };
    all
}

fn at(seconds: i64) -> SystemTime {
    let span = Duration::from_secs(seconds.unsigned_abs());
    if seconds < 0 { SystemTime::UNIX_EPOCH - span } else { SystemTime::UNIX_EPOCH + span }
}

fn body(vector: &Value) -> Vec<u8> {
    match vector["body_base64"].as_str() {
        Some(text) => base64::engine::general_purpose::STANDARD.decode(text).unwrap(),
        None => vector["body"].as_str().unwrap().as_bytes().to_vec(),
    }
}

fn webhook(vector: &Value) -> Webhook {
    let known = [
        "name",
        "scheme",
        "secrets",
        "headers",
        "body",
        "body_base64",
        "now",
        "tolerance",
        "max_body_bytes",
        "expect",
    ];
    for key in vector.as_object().unwrap().keys() {
        assert!(known.contains(&key.as_str()), "this runner does not know {key}");
    }
    let mut builder =
        Webhook::builder().scheme(SignatureScheme::from_json(&vector["scheme"].to_string()).unwrap());
    for secret in vector["secrets"].as_array().unwrap() {
        builder = builder.secret(secret.as_str().unwrap());
    }
    if let Some(seconds) = vector["tolerance"].as_u64() {
        builder = builder.tolerance(Duration::from_secs(seconds));
    }
    if let Some(bytes) = vector["max_body_bytes"].as_u64() {
        builder = builder.max_body_bytes(usize::try_from(bytes).unwrap());
    }
    builder.build().unwrap()
}

fn shown(event: &Event) -> Value {
    let mut out = serde_json::to_value(event).unwrap();
    out["sent_at"] = json!(event.sent_at.map(|t| t.timestamp()));
    out["known"] = json!(!matches!(event.data, EventData::Unknown { .. }));
    out
}

#[test]
fn every_vector() {
    let all = vectors();
    assert!(all.len() >= 60);
    for vector in &all {
        let name = &vector["name"];
        let pairs: Vec<(String, String)> = serde_json::from_value(vector["headers"].clone()).unwrap();
        let (webhook, body, now) = (webhook(vector), body(vector), at(vector["now"].as_i64().unwrap()));
        let result = webhook.verify_at(&pairs, &body, now);
        let flat = pairs.iter().map(|(n, v)| (n.as_str(), v.as_bytes()));
        let again = webhook.verify_pairs(flat, &body, Some(now));
        match &result {
            Ok(event) => {
                assert_eq!(json!({ "event": shown(event) }), vector["expect"], "{name}");
                assert_eq!(again.unwrap(), *event);
            }
            Err(error) => {
                let reason = error.webhook_reason().unwrap();
                assert_eq!(json!({ "reason": reason.as_str() }), vector["expect"], "{name}: {error}");
                assert_eq!(again.unwrap_err().webhook_reason(), Some(reason));
                assert_eq!(error.kind(), zhifuyun::ErrorKind::WebhookVerification);
                assert_eq!(error.reason(), zhifuyun::Reason::Webhook);
                says_nothing_secret(&format!("{error} {error:?} {webhook:?}"), vector);
            }
        }
    }
}

/// Neither a secret nor any signature, be it right or wrong, is repeated.
fn says_nothing_secret(text: &str, vector: &Value) {
    for secret in vector["secrets"].as_array().unwrap() {
        let secret = secret.as_str().unwrap().trim_start_matches("whsec_");
        assert!(!text.contains(secret), "{text}");
    }
    let signature = vector["headers"].as_array().unwrap().last().map_or("", |h| h[1].as_str().unwrap());
    for part in signature.split([' ', ',', '=']).filter(|p| p.len() > 16) {
        assert!(!text.contains(part), "{text}");
    }
}

#[test]
fn every_reason_is_reached() {
    let mut reached: BTreeSet<String> =
        vectors().iter().filter_map(|v| v["expect"]["reason"].as_str()).map(str::to_owned).collect();
    // These are decided by the host's type of the body and by the replay guard (webhook_replay.rs).
    reached.insert(body_not_raw("dict").webhook_reason().unwrap().to_string());
    reached.extend(["in_flight", "replayed"].map(str::to_owned));
    let all: BTreeSet<String> = WebhookReason::ALL.iter().map(|r| r.as_str().to_owned()).collect();
    assert_eq!(reached, all);
}

#[test]
fn what_is_signed_is_accepted() {
    let body = br#"{"event":"ticket.created","data":{"ticket_id":"t"}}"#;
    let schemes: BTreeSet<String> = vectors().iter().map(|v| v["scheme"].to_string()).collect();
    assert!(schemes.len() >= 6);
    for json in schemes {
        let scheme = SignatureScheme::from_json(&json).unwrap();
        let secrets = [
            "whsec_AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA=",
            "whsec_ZWZnaGlqa2xtbm9wcXJzdHV2d3h5ent8fX5/gIGCg4Q=",
        ];
        let build = |secrets: &[&str]| {
            let builder = Webhook::builder().scheme(scheme.clone());
            secrets.iter().fold(builder, |b, s| b.secret(*s)).build().unwrap()
        };
        let now = at(1_767_225_600);
        let signed = build(&secrets).sign("msg_1", now, body).unwrap();
        // Whoever knows the first secret accepts it; a format with room for several signatures serves both.
        let first = build(&secrets[..1]).verify_at(&signed, body, now).unwrap();
        assert_eq!(first.raw().as_bytes(), body);
        let second = build(&secrets[1..]).verify_at(&signed, body, now);
        assert_eq!(
            second.is_ok(),
            json.contains("list") || json.contains("fields") || json.contains("standard")
        );
        // Retries keep the key, other bodies have another.
        assert_eq!(first.dedupe_key().len(), if scheme.id_header.is_some() { 5 } else { 64 });
    }
}

#[test]
fn a_signer_refuses_what_a_verifier_would() {
    let webhook = Webhook::new(["whsec_AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA="]).unwrap();
    for (id, seconds, argument) in [
        ("", 0, "id"),
        ("a.b", 0, "id"),
        ("a b", 0, "id"),
        ("a\n", 0, "id"),
        ("a", -1, "timestamp"),
        ("a", 1_000_000_000_000, "timestamp"),
    ] {
        let error = webhook.sign(id, at(seconds), b"{}").unwrap_err();
        assert_eq!(error.argument(), Some(argument), "{id:?} {seconds}");
    }
}

#[test]
fn set_up_is_checked() {
    let good = "whsec_AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA=";
    let cases = [
        (Webhook::builder(), "no webhook secret"),
        (Webhook::builder().secret("whsec_***"), "secret 1 is not base64"),
        (Webhook::builder().secret(good).secret("whsec_AAAA"), "secret 2 holds 3 bytes"),
        (Webhook::builder().secret(good).max_body_bytes(0), "max_body_bytes"),
        ((0..17).fold(Webhook::builder(), |b, _| b.secret(good)), "more than 16"),
    ];
    for (builder, want) in cases {
        assert!(!format!("{builder:?}").contains("AQID"));
        let error = builder.build().unwrap_err();
        assert_eq!(error.kind(), zhifuyun::ErrorKind::Config);
        assert!(error.message().contains(want), "{error}");
    }
    fn shared<T: Clone + Send + Sync + 'static>() {}
    shared::<Webhook>();
}

/// W11: the size is looked at before anything is computed.
#[test]
fn two_mebibytes_cost_nothing() {
    let webhook = Webhook::new(["whsec_AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA="]).unwrap();
    let body = vec![b'a'; 2 * 1024 * 1024];
    let signed = webhook.sign("msg_1", SystemTime::now(), &body).unwrap();
    let started = std::time::Instant::now();
    for _ in 0..1000 {
        let error = webhook.verify(&signed, &body).unwrap_err();
        assert_eq!(error.webhook_reason(), Some(WebhookReason::BodyTooLarge));
    }
    // A thousand MACs over it would take several seconds on any machine, and minutes in a debug build.
    assert!(started.elapsed() < Duration::from_secs(1));
}
