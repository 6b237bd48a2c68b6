//! What fault rules make of an answer: malformed documents, encodings, sizes, waits, and whether it was executed.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod faults_support;
mod support;
mod wire_support;

use std::time::{Duration, Instant};

use faults_support::*;
use serde_json::{Value, json};
use support::{World, server};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use wire_support::{Ended, Until};
use zhifuyun_mock_server::faults::{Action, Rule};

#[tokio::test]
async fn malformed_documents() {
    let server = server().await;
    let world = world(&server).await;
    let plain = body(&get(&world, "/v1/conversations?page=2&limit=1").await);
    let plain = String::from_utf8(plain).unwrap();
    let rest = &plain[1..];
    let brackets = "[".repeat(200_000);
    for (name, expected) in [
        ("trailing_comma", format!("{},}}", &plain[..plain.len() - 1])),
        ("nan", format!("{{\"extra\":NaN,{rest}")),
        ("infinity", format!("{{\"extra\":Infinity,{rest}")),
        ("huge_number", format!("{{\"extra\":1e999,{rest}")),
        ("bom", format!("\u{feff}{plain}")),
        ("lone_surrogate", format!("{{\"message\":\"a\\ud800b\",{rest}")),
        ("escaped_nul", format!("{{\"message\":\"a\\u0000b\",{rest}")),
        ("raw_control", format!("{{\"message\":\"a\nb\",{rest}")),
        ("two_documents", format!("{plain}{plain}")),
        ("trailing_garbage", format!("{plain}\n<!-- served by gateway-7 -->")),
        ("leading_garbage", format!(")]}}',\n{plain}")),
        ("duplicate_keys", format!("{{\"code\":500,{rest}")),
        ("deep_nesting", format!("{{\"extra\":{brackets}{},{rest}", "]".repeat(200_000))),
        ("open_brackets", brackets.clone()),
        ("single_quotes", plain.replace('"', "'")),
        ("comment", format!("/* ok */{plain}")),
        ("double_encoded", json!(plain).to_string()),
        ("null", "null".to_owned()),
        ("undefined", "undefined".to_owned()),
        ("blank", "    ".to_owned()),
    ] {
        let seen = struck(&world, json!({"malformed": name})).await;
        assert_eq!(String::from_utf8(body(&seen)).unwrap(), expected, "{name}");
        assert_eq!(status(&seen), 200);
    }
    let gbk = body(&struck(&world, json!({"malformed": "gbk"})).await);
    assert!(gbk.windows(8).any(|window| window == b"\xc7\xeb\xc7\xf3\xb3\xc9\xb9\xa6"));
    assert!(body(&struck(&world, json!({"malformed": "invalid_utf8"})).await).contains(&0xff));
    let utf16 = body(&struck(&world, json!({"malformed": "utf16"})).await);
    assert!(utf16.starts_with(&[0xff, 0xfe, b'{', 0]) && utf16.len() == 2 * plain.len() + 2);
}

fn gunzip(bytes: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut out = Vec::new();
    std::io::Read::read_to_end(&mut flate2::read::GzDecoder::new(bytes), &mut out).map(|_| out)
}

/// The payload of a chunked body.
fn unchunked(mut body: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    while let Some(line) = body.windows(2).position(|window| window == b"\r\n") {
        let size = usize::from_str_radix(std::str::from_utf8(&body[..line]).unwrap(), 16).unwrap();
        out.extend_from_slice(&body[line + 2..line + 2 + size]);
        body = &body[line + 4 + size..];
    }
    out
}

#[tokio::test]
async fn encodings_true_and_false() {
    let server = server().await;
    let world = world(&server).await;
    let plain = body(&get(&world, "/v1/conversations?page=2&limit=1").await);
    let seen = struck(&world, json!({"encoding": "gzip"})).await;
    assert_eq!(
        (header(&seen, "content-encoding"), gunzip(&body(&seen)).unwrap()),
        (vec!["gzip".into()], plain.clone())
    );
    let seen = struck(&world, json!({"encoding": "gzip_truncated"})).await;
    assert!(gunzip(&body(&seen)).is_err() && body(&seen).starts_with(&[0x1f, 0x8b]));
    let seen = struck(&world, json!({"encoding": "gzip_bad_checksum"})).await;
    assert!(gunzip(&body(&seen)).is_err() && body(&seen).starts_with(&[0x1f, 0x8b]));
    let seen = struck(&world, json!({"encoding": "gzip_claimed"})).await;
    assert_eq!((header(&seen, "content-encoding"), body(&seen)), (vec!["gzip".into()], plain.clone()));
    let seen = struck(&world, json!({"encoding": {"claim": "rot13"}})).await;
    assert_eq!((header(&seen, "content-encoding"), body(&seen)), (vec!["rot13".into()], plain));
}

#[tokio::test]
async fn large_bodies() {
    let server = server().await;
    let world = world(&server).await;
    let seen = struck(&world, json!({"body": {"items": 1000}})).await;
    let items = document(&seen);
    assert_eq!(items["data"]["items"].as_array().unwrap().len(), 1000);
    assert_eq!(items["data"]["items"][999]["id"], "conv_0000999");

    let seen = struck(&world, json!({"body": {"megabytes": 3}})).await;
    let payload = unchunked(&body(&seen));
    let long: Value = serde_json::from_slice(&payload).unwrap();
    assert_eq!(long["message"].as_str().unwrap().len(), 3 << 20);

    let seen = struck(&world, json!({"body": {"gzip_bomb_mb": 64}})).await;
    let packed = unchunked(&body(&seen));
    assert!(packed.len() < 128 * 1024, "{}", packed.len());
    let bomb: Value = serde_json::from_slice(&gunzip(&packed).unwrap()).unwrap();
    assert_eq!(bomb["message"].as_str().unwrap().len(), 64 << 20);

    only(&world, json!({"body": "endless"})).await;
    // Also where connections are counted or timed: it is passed on as it is made.
    let behaviour = json!({"close_after": {"requests": 1}, "idle_close": {"after_ms": 1}});
    let gate = world.control("POST", "/gates", json!({"behaviour": behaviour})).await.json();
    let port = u16::try_from(gate["port"].as_u64().unwrap()).unwrap();
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    let request = format!("GET {}/v1/tickets HTTP/1.1\r\nhost: localhost\r\n\r\n", world.prefix);
    stream.write_all(request.as_bytes()).await.unwrap();
    assert!(wire_support::read(&mut stream, Until::Length(1_000_000)).await.bytes.len() >= 1_000_000);
    let seen = get(&world, "/v1/conversations").await;
    assert!(seen.bytes.len() > 20_000_000 && seen.end == Ended::Open);
}

#[tokio::test]
async fn waiting_in_real_time_and_on_the_worlds_clock() {
    let server = server().await;
    let world = world(&server).await;
    let started = Instant::now();
    only(&world, json!({"delay_ms": 80})).await;
    world.get("/v1/tickets").await.data();
    assert!(started.elapsed() >= Duration::from_millis(80));

    only(&world, json!({"delay_world_ms": 90_000})).await;
    let waiting = world.get("/v1/tickets");
    tokio::pin!(waiting);
    tokio::select! {
        answer = &mut waiting => panic!("{answer:?}"),
        () = world.delayed() => {}
    }
    world.advance(89.0).await;
    assert!(tokio::time::timeout(Duration::from_millis(60), &mut waiting).await.is_err());
    world.advance(1.0).await;
    waiting.await.data();
}

#[tokio::test]
async fn whether_the_operation_is_executed() {
    let server = server().await;
    let world = world(&server).await;
    let total = async || world.get("/v1/tickets").await.data()["total"].as_u64().unwrap();
    let mut before = 0;
    for (action, executed) in [
        (json!({"status": 503}), false),
        (json!({"status": 503, "execute": true}), true),
        (json!({"envelope": 500}), false),
        (json!({"truncate": 5}), true),
        (json!({"truncate": 5, "execute": false}), false),
        (json!({"wire": {"cut": {"in": "body", "at": 3, "how": "reset"}}}), true),
        (json!({"wire": {"cut": {}}}), true),
        (json!({"wire": {"cut": {}}, "execute": false}), false),
        (json!({"wire": {"raw": "ssh_banner"}}), false),
        (json!({"wire": {"raw_base64": "AA=="}, "execute": true}), true),
        (json!({"malformed": "nan"}), true),
        (json!({"redirect": {}}), false),
    ] {
        let rule = json!([{"match": {"method": "POST"}, "action": action}]);
        assert_eq!(world.control("PUT", "/faults", rule).await.status, 200);
        exchange(&world, "POST", "/v1/tickets", r#"{"title":"t"}"#).await;
        let now = total().await;
        assert_eq!(now - before, u64::from(executed), "{action}");
        before = now;
    }
}

#[tokio::test]
async fn wire_actions_and_answers_go_together() {
    let server = server().await;
    let world = world(&server).await;
    let seen = struck(&world, json!({"status": 500, "wire": {"cut": {"in": "body", "at": 6}}})).await;
    assert_eq!((status(&seen), body(&seen), seen.end), (500, b"{\"code".to_vec(), Ended::Fin));
    let seen = struck(&world, json!({"wire": {"raw": "no_length_truncated"}})).await;
    assert_eq!((header(&seen, "content-length").len(), seen.end), (0, Ended::Fin));
    assert!(body(&seen).starts_with(b"{\"code\":200,"));
    let action = json!({"encoding": "gzip", "wire": {"dribble": {"bytes": 20, "every_ms": 1}}});
    let seen = struck(&world, action).await;
    assert!(gunzip(&body(&seen)).unwrap().starts_with(b"{\"code\":200"));
    // Redirect loops need no second server.
    let location = format!("{}{}/v1/conversations", server.url(), world.prefix);
    let seen = struck(&world, json!({"redirect": {"status": 307, "location": location}})).await;
    assert_eq!(header(&seen, "location"), [location]);
}

#[tokio::test]
async fn rules_come_with_a_world_and_stay_in_it() {
    let server = server().await;
    let rules = json!([{"match": {"path": "/v1/tickets"}, "action": {"status": 503}}]);
    let faulty = World::create(&server, json!({"faults": rules})).await;
    let sound = World::create(&server, json!({})).await;
    assert_eq!(faulty.get("/v1/tickets").await.status, 503);
    assert_eq!(sound.get("/v1/tickets").await.status, 200);
    let entries = faulty.control("GET", "/journal", Value::Null).await.json()["entries"].clone();
    assert_eq!(entries.as_array().unwrap().last().unwrap()["fault"], "fault_1");

    let list = faulty.control("GET", "/faults", Value::Null).await.json();
    assert_eq!(list["faults"][0]["rule"]["action"], json!({"status": 503}));
    assert_eq!(faulty.control("DELETE", "/faults/fault_1", Value::Null).await.status, 204);
    assert_eq!(faulty.control("DELETE", "/faults/fault_1", Value::Null).await.status, 404);
    assert_eq!(faulty.get("/v1/tickets").await.status, 200);
    assert_eq!(faulty.control("DELETE", "/faults", Value::Null).await.status, 204);
    assert_eq!(faulty.control("POST", "/faults/reset", Value::Null).await.json()["faults"], json!([]));
}

#[tokio::test]
async fn rules_in_rust() {
    let server = server().await;
    let world = server.default_world();
    let rule = Rule::on("GET", "/v1/tickets", Action::status(503).retry_after("1")).named("once").first(1);
    world.faults.add_rule(rule).unwrap();
    let wire = zhifuyun_mock_server::wire::WireAction::RawBase64("AA==".into());
    world.faults.add_rule(Rule::any(Action::wire(wire)).key("nobody")).unwrap();
    for action in [
        Action::html(502),
        Action::envelope(429),
        Action::delay(Duration::from_millis(1)),
        Action::redirect(302, "/"),
        Action::patch(json!({"code": 1})),
        Action::body(zhifuyun_mock_server::faults::BodySource::Empty).header("x-a", "b").execute(true),
        Action::malformed(zhifuyun_mock_server::faults::Malformed::Bom),
    ] {
        let round_trip: Action = serde_json::from_value(serde_json::to_value(&action).unwrap()).unwrap();
        assert_eq!(round_trip, action);
        action.validate().unwrap();
    }
    assert_eq!(support::send(server.address(), "GET", "/v1/tickets", &[], "").await.status, 503);
    assert_eq!(support::send(server.address(), "GET", "/v1/tickets", &[], "").await.status, 401);
    let status = world.faults.get("once").unwrap();
    assert_eq!((status.seen, status.fired), (2, 1));
}

#[tokio::test]
async fn nonsense_is_refused_with_a_sentence() {
    let server = server().await;
    let world = world(&server).await;
    for (rule, word) in [
        (json!({"action": {}}), "does nothing"),
        (json!({"action": {"stauts": 500}}), "stauts"),
        (json!({"when": {"nth": 0}, "action": {"status": 500}}), "count from 1"),
        (json!({"when": {"seed": 1}, "action": {"status": 500}}), "seed"),
        (json!({"when": {"sometimes": 1}, "action": {"status": 500}}), "sometimes"),
        (json!({"match": {"path": "v1"}, "action": {"status": 500}}), "slash"),
        (json!({"match": {"verb": "GET"}, "action": {"status": 500}}), "verb"),
        (json!({"action": {"status": 99}}), "status"),
        (json!({"action": {"status": 500, "redirect": {}}}), "redirect"),
        (json!({"action": {"message": "m"}}), "message"),
        (json!({"action": {"envelope": 1, "body": "empty"}}), "exclude"),
        (json!({"action": {"status": 500, "ignore_page": true}}), "executed"),
        (json!({"action": {"retry_after": "a\r\nb"}}), "retry_after"),
        (json!({"action": {"headers": {"bad name": "x"}}}), "bad name"),
        (json!({"action": {"headers": {"content-length": "1"}}}), "wire.raw"),
        (json!({"action": {"status": 204, "body": "html"}}), "no body"),
        (json!({"action": {"body": {"items": 2_000_000}}}), "at most"),
        (json!({"action": {"body": {"gzip_bomb_mb": 1}, "truncate": 1}}), "streamed"),
        (json!({"action": {"wire": {"raw": "tls_alert"}, "status": 500}}), "replace the answer"),
        (json!({"action": {"wire": {"cut": {"how": "keep"}}}}), "keep"),
        (json!({"action": {"set": {"data": 1}}}), "pointer"),
        (json!({"id": "a/b", "action": {"status": 500}}), "id"),
    ] {
        let answer = world.control("POST", "/faults", rule.clone()).await;
        let message = answer.json()["message"].as_str().unwrap().to_owned();
        assert!(answer.status == 400 && message.contains(word), "{rule}: {message}");
    }
    let twice = json!([{"id": "x", "action": {"status": 500}}, {"id": "x", "action": {"status": 500}}]);
    assert_eq!(world.control("POST", "/faults", twice).await.status, 400);
    assert_eq!(world.control("GET", "/faults", Value::Null).await.json()["faults"], json!([]));
}
