//! The verifier against an oracle that was written separately, from the specification: over thousands of
//! webhooks with something wrong about them, both accept the same ones.

// Clippy knows test functions, not their helpers.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use proptest::prelude::*;
use sha2::{Digest, Sha256};
use std::time::{Duration, SystemTime};
use zhifuyun::webhook::Webhook;

const NOW: i64 = 1_767_225_600;

/// HMAC by its definition (RFC 2104), for keys of up to 64 bytes.
fn hmac(key: &[u8], text: &[u8]) -> [u8; 32] {
    let mut block = [0; 64];
    block[..key.len()].copy_from_slice(key);
    let inner = Sha256::new().chain_update(block.map(|b| b ^ 0x36)).chain_update(text).finalize();
    Sha256::new().chain_update(block.map(|b| b ^ 0x5c)).chain_update(inner).finalize().into()
}

fn entry(key: &[u8], id: &str, timestamp: &str, body: &[u8]) -> String {
    let text = [id.as_bytes(), b".", timestamp.as_bytes(), b".", body].concat();
    format!("v1,{}", STANDARD.encode(hmac(key, &text)))
}

#[derive(Debug, Clone)]
struct Case {
    keys: Vec<Vec<u8>>,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    now: i64,
}

/// `None` if the header is missing or ambiguous.
fn header<'a>(case: &'a Case, name: &str) -> Option<&'a str> {
    let cgi = format!("http_{}", name.replace('-', "_"));
    let mut values: Vec<&str> = case
        .headers
        .iter()
        .filter(|(n, _)| [name, cgi.as_str()].contains(&n.to_lowercase().as_str()))
        .map(|(_, v)| v.trim_matches([' ', '\t']))
        .collect();
    values.dedup();
    (values.len() == 1).then(|| values[0])
}

/// Whether the webhook is to be accepted.
fn oracle(case: &Case) -> bool {
    let (Some(id), Some(timestamp), Some(signature)) =
        (header(case, "webhook-id"), header(case, "webhook-timestamp"), header(case, "webhook-signature"))
    else {
        return false;
    };
    let id_ok = !id.is_empty() && id.len() <= 256 && id.chars().all(|c| ('!'..='~').contains(&c) && c != '.');
    let time_ok = !timestamp.is_empty()
        && timestamp.len() <= 12
        && timestamp.chars().all(|c| c.is_ascii_digit())
        && (case.now - timestamp.parse::<i64>().unwrap()).abs() <= 300;
    // The other way round than the verifier: what would be right is written down and looked for.
    let entries: Vec<&str> =
        signature.split(' ').map(|e| e.trim_matches('\t')).filter(|e| !e.is_empty()).collect();
    let signed = case.keys.iter().any(|k| entries.contains(&entry(k, id, timestamp, &case.body).as_str()));
    let body = case.body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&case.body);
    let event = serde_json::from_slice::<serde_json::Value>(body)
        .ok()
        .and_then(|v| Some(!v.as_object()?.get("event")?.as_str()?.is_empty()));
    id_ok && time_ok && signed && entries.len() <= 32 && event == Some(true)
}

/// One way to spoil (or only change) a webhook. The numbers choose where and how.
#[derive(Debug, Clone)]
enum Change {
    BodyByte(usize, u8),
    BodyCut(usize),
    HeaderByte(usize, usize, char),
    HeaderGone(usize),
    HeaderTwice(usize, String),
    HeaderRenamed(usize, u8),
    Spaces(usize),
    Secrets(u8),
    Clock(i64),
    Entries(u8),
    Resign,
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        (any::<usize>(), any::<u8>()).prop_map(|(n, b)| Change::BodyByte(n, b)),
        any::<usize>().prop_map(Change::BodyCut),
        (0..3_usize, any::<usize>(), "[ -~.,=0-9]")
            .prop_map(|(h, n, c)| { Change::HeaderByte(h, n, c.chars().next().unwrap_or('x')) }),
        (0..3_usize).prop_map(Change::HeaderGone),
        (0..3_usize, "[a-z0-9., ]{0,3}").prop_map(|(h, s)| Change::HeaderTwice(h, s)),
        (0..3_usize, any::<u8>()).prop_map(|(h, n)| Change::HeaderRenamed(h, n)),
        (0..3_usize).prop_map(Change::Spaces),
        any::<u8>().prop_map(Change::Secrets),
        prop_oneof![-302..=-298_i64, 298..=302_i64, -100_000..100_000_i64].prop_map(Change::Clock),
        any::<u8>().prop_map(Change::Entries),
        Just(Change::Resign),
    ]
}

fn apply(case: &mut Case, change: &Change) {
    let pick = |n: usize, len: usize| if len == 0 { 0 } else { n % len };
    match change {
        Change::BodyByte(n, b) => {
            let n = pick(*n, case.body.len());
            if let Some(old) = case.body.get_mut(n) {
                *old ^= b;
            }
        }
        Change::BodyCut(n) => case.body.truncate(pick(*n, case.body.len() + 1)),
        Change::HeaderByte(h, n, c) => {
            if let Some((_, v)) = case.headers.get_mut(*h) {
                let mut chars: Vec<char> = v.chars().collect();
                let n = pick(*n, chars.len());
                if let Some(old) = chars.get_mut(n) {
                    *old = *c;
                }
                *v = chars.into_iter().collect();
            }
        }
        Change::HeaderGone(h) => {
            if *h < case.headers.len() {
                case.headers.remove(*h);
            }
        }
        Change::HeaderTwice(h, s) => {
            if let Some((n, v)) = case.headers.get(*h).cloned() {
                case.headers.push((n.to_uppercase(), format!("{v}{s}")));
            }
        }
        Change::HeaderRenamed(h, form) => {
            if let Some((n, _)) = case.headers.get_mut(*h) {
                *n = match form % 4 {
                    0 => n.to_uppercase(),
                    1 => format!("HTTP_{}", n.to_uppercase().replace('-', "_")),
                    2 => n.replace('-', "_"),
                    _ => format!("x-{n}"),
                };
            }
        }
        Change::Spaces(h) => {
            if let Some((_, v)) = case.headers.get_mut(*h) {
                *v = format!(" {v}\t ");
            }
        }
        Change::Secrets(n) => match n % 3 {
            0 => case.keys.insert(0, vec![*n; 24 + usize::from(n % 41)]),
            1 => case.keys.push(vec![*n; 32]),
            _ => case.keys = vec![vec![*n; 32]],
        },
        Change::Clock(seconds) => case.now += seconds,
        Change::Entries(n) => {
            let junk = ["v1,AAAA", "v2,x", "junk", "v1a,b", ",", "v1,"][usize::from(n % 6)];
            if let Some((_, v)) = case.headers.get_mut(2) {
                *v = match n % 4 {
                    0 => format!("{junk} {v}"),
                    1 => format!("{v} {junk}"),
                    2 => format!("{v},{junk}"),
                    _ => format!("{}{v}", format!("{junk} ").repeat(usize::from(n / 4))),
                };
            }
        }
        // Signs what is there now, so that the checks behind the signature are reached.
        Change::Resign => {
            let value = |n: usize| case.headers.get(n).map(|h| h.1.trim().to_owned()).unwrap_or_default();
            let signature = case.keys.first().map(|k| entry(k, &value(0), &value(1), &case.body));
            if let (Some((_, v)), Some(signature)) = (case.headers.get_mut(2), signature) {
                *v = signature;
            }
        }
    }
}

fn case() -> impl Strategy<Value = Case> {
    let body = prop_oneof![
        Just(br#"{"event":"ticket.created","data":{"ticket_id":"t"}}"#.to_vec()),
        Just("\u{feff}{\"event\":\"later\",\"data\":\"网\"}".as_bytes().to_vec()),
        Just(br#"{"event":""}"#.to_vec()),
        Just(b"[]".to_vec()),
    ];
    let key = prop::collection::vec(any::<u8>(), 24..=64);
    (key, "[a-zA-Z0-9_-]{1,20}", -310..=310_i64, body, prop::collection::vec(change(), 0..4)).prop_map(
        |(key, id, age, body, changes)| {
            let timestamp = (NOW - age).to_string();
            let mut case = Case {
                headers: vec![
                    ("webhook-id".into(), id.clone()),
                    ("webhook-timestamp".into(), timestamp.clone()),
                    ("webhook-signature".into(), entry(&key, &id, &timestamp, &body)),
                ],
                keys: vec![key],
                body,
                now: NOW,
            };
            changes.iter().for_each(|c| apply(&mut case, c));
            case
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn verifier_and_oracle_agree(case in case()) {
        let secrets = case.keys.iter().map(|k| format!("whsec_{}", STANDARD.encode(k)));
        let webhook = Webhook::new(secrets).unwrap();
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(case.now.unsigned_abs());
        let result = webhook.verify_at(&case.headers, &case.body, now);
        prop_assert_eq!(result.is_ok(), oracle(&case), "{:?}", result);
    }

    /// Whatever the headers and the body are, the answer is an answer.
    #[test]
    fn never_panics(
        headers in prop::collection::vec(("(webhook-id|webhook-timestamp|webhook-signature|\\PC{0,20})", "\\PC{0,60}"), 0..6),
        body in prop::collection::vec(any::<u8>(), 0..200),
        form in 0..4_u8,
    ) {
        use zhifuyun::webhook::SignatureScheme as S;
        let scheme = match form {
            0 => S::standard(),
            1 => S::timestamped_hex("webhook-signature"),
            2 => S::hex("webhook-signature"),
            _ => S::base64("webhook-signature"),
        };
        let secret = "whsec_AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA=";
        let webhook = Webhook::builder().scheme(scheme).secret(secret).build().unwrap();
        prop_assert!(webhook.verify(&headers, &body).is_err());
    }
}

/// The oracle accepts and refuses often enough for the agreement to mean something.
#[test]
fn the_generator_is_balanced() {
    use proptest::strategy::ValueTree as _;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let accepted = (0..2000).filter(|_| oracle(&case().new_tree(&mut runner).unwrap().current())).count();
    assert!((200..1800).contains(&accepted), "{accepted} of 2000");
}
