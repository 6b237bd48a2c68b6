//! Webhooks: other schemes, bad deliveries, the log, and what is refused.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod support;
mod webhooks_support;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use support::{World, server};
use webhooks_support::*;

#[tokio::test]
async fn other_schemes() {
    let server = server().await;
    let receiver = Receiver::start().await;
    let endpoint = |scheme: Value| json!({"url": receiver.url, "secret": "tops3cret", "scheme": scheme});
    let own = json!({"signature_header": "X-Own", "id_header": "X-Id", "signed_prefix": "{id}|{timestamp}|",
                     "header_prefix": "at={timestamp} ", "each": "hex:{signature}", "spelling": "hex", "secret": "text"});
    let world = world(
        &server,
        json!([
            endpoint(json!("stripe")),
            endpoint(json!("github")),
            endpoint(json!("base64")),
            endpoint(own)
        ]),
    )
    .await;
    ok(&world, "POST", "/webhooks/trigger", json!({"event": "ticket.created"})).await;
    let hits = receiver.hits();
    let found = |name: &str| hits.iter().find(|hit| !hit.all(name).is_empty()).unwrap();
    let key = b"tops3cret";
    let stripe = found("x-zhifuyun-signature");
    let mac = hex(&hmac(key, &[b"1767225600.", stripe.body.as_slice()].concat()));
    assert_eq!(stripe.header("x-zhifuyun-signature"), format!("t=1767225600,v1={mac}"));
    let github = found("x-signature-256");
    assert_eq!(github.header("x-signature-256"), format!("sha256={}", hex(&hmac(key, &github.body))));
    let base64 = found("x-signature");
    assert_eq!(base64.header("x-signature"), STANDARD.encode(hmac(key, &base64.body)));
    let own = found("x-own");
    let signed = [format!("{}|1767225600|", own.header("x-id")).as_bytes(), &own.body].concat();
    assert_eq!(own.header("x-own"), format!("at=1767225600 hex:{}", hex(&hmac(key, &signed))));

    // The built-in receiver knows them too.
    for id in ["wh_1", "wh_2", "wh_3", "wh_4"] {
        ok(&world, "PATCH", &format!("/webhooks/{id}"), json!({"url": "inbox"})).await;
    }
    ok(&world, "POST", "/webhooks/trigger", json!({"event": "ticket.created"})).await;
    let inbox = ok(&world, "GET", "/inbox", Value::Null).await["received"].clone();
    assert!(inbox.as_array().unwrap().iter().all(|one| one["verified"] == true), "{inbox}");
    assert_eq!(inbox.as_array().unwrap().len(), 4);
}

async fn bad(world: &World, kind: Value) -> Value {
    ok(world, "POST", "/webhooks/main/bad", json!({"bad": kind})).await
}

#[tokio::test]
async fn bad_deliveries_are_bad_in_exactly_one_way() {
    let server = server().await;
    let receiver = Receiver::start().await;
    let world = world(&server, json!([{"id": "main", "url": receiver.url}])).await;
    let now = 1_767_225_600_i64;
    let send = async |kind: Value| {
        let before = receiver.hits().len();
        let delivery = bad(&world, kind).await;
        assert_eq!(delivery["attempts"][0]["kind"], "bad");
        receiver.hits()[before..].to_vec()
    };
    let time = |hit: &Hit| hit.header("webhook-timestamp").parse::<i64>().unwrap();

    let hit = &send(json!("tampered_body")).await[0];
    assert!(!hit.signed_with(SECRET) && serde_json::from_slice::<Value>(&hit.body).is_ok());
    let hit = &send(json!("reserialised_body")).await[0];
    let compact: Value = serde_json::from_slice(&hit.body).unwrap();
    assert!(!hit.signed_with(SECRET) && compact["event"] == "ticket.created");
    assert!(!send(json!("wrong_secret")).await[0].signed_with(SECRET));
    let hit = &send(json!({"stale": {}})).await[0];
    assert!(hit.signed_with(SECRET) && time(hit) == now - 301);
    let hit = &send(json!({"future": {"seconds": 400}})).await[0];
    assert!(hit.signed_with(SECRET) && time(hit) == now + 400);

    let twice = send(json!("duplicate")).await;
    assert_eq!((twice.len(), &twice[0].head, &twice[0].body), (2, &twice[1].head, &twice[1].body));
    assert!(twice[0].signed_with(SECRET));

    for name in ["webhook-id", "webhook-timestamp", "webhook-signature"] {
        let hit = &send(json!({"missing_header": name})).await[0];
        assert!(hit.all(name).is_empty(), "{name}");
        assert_eq!(send(json!({"duplicate_header": name})).await[0].all(name).len(), 2);
    }
    let hit = &send(json!({"header": {"name": "webhook-timestamp", "value": "1e9"}})).await[0];
    assert!(hit.header("webhook-timestamp") == "1e9" && !hit.signed_with(SECRET));

    let hit = &send(json!({"signature": "v1,{wrong} v1a,xyz  v1,{signature}"})).await[0];
    assert!(hit.signed_with(SECRET) && hit.header("webhook-signature").starts_with("v1,"));
    assert_eq!(hit.header("webhook-signature").split(' ').count(), 4);
    assert_eq!(send(json!({"signature": "v1"})).await[0].header("webhook-signature"), "v1");

    let hit = &send(json!({"timestamp": "0001767225600"})).await[0];
    assert!(hit.signed_with(SECRET) && hit.header("webhook-timestamp") == "0001767225600");
    let hit = &send(json!({"id": "a.b"})).await[0];
    assert!(hit.signed_with(SECRET) && hit.header("webhook-id") == "a.b");
    let hit = &send(json!({"body": "not json"})).await[0];
    assert!(hit.signed_with(SECRET) && hit.body == b"not json");
    let hit = &send(json!({"body_base64": "/w=="})).await[0];
    assert!(hit.signed_with(SECRET) && hit.body == [0xff]);
    let hit = &send(json!("empty_body")).await[0];
    assert!(hit.signed_with(SECRET) && hit.body.is_empty());
    let hit = &send(json!("non_utf8")).await[0];
    assert!(hit.signed_with(SECRET) && String::from_utf8(hit.body.clone()).is_err());
    let hit = &send(json!("bom")).await[0];
    assert!(hit.signed_with(SECRET) && hit.body.starts_with(b"\xef\xbb\xbf{"));
    let hit = &send(json!({"large": {}})).await[0];
    assert!(hit.signed_with(SECRET) && hit.body.len() > 2 << 20);
    let hit = &send(json!("odd_case")).await[0];
    assert!(hit.signed_with(SECRET) && hit.head.contains("\r\nWebhook-Id: "), "{}", hit.head);

    let refused =
        world.control("POST", "/webhooks/main/bad", json!({"bad": {"missing_header": "x-none"}})).await;
    assert_eq!(refused.status, 400);
    assert_eq!(world.control("POST", "/webhooks/none/bad", json!({"bad": "bom"})).await.status, 404);
}

#[tokio::test]
async fn the_inbox_keeps_and_answers() {
    let server = server().await;
    let world = world(&server, json!([{"id": "main", "url": "inbox"}])).await;
    let answers =
        json!([{"status": 500, "body": "no"}, {"status": 302, "headers": {"location": "/"}, "times": 2}]);
    ok(&world, "PUT", "/inbox/answers", answers).await;
    world.call("POST", "/v1/tickets", json!({"title": "t"})).await.data();
    world.advance(40.0).await;
    let inbox = ok(&world, "GET", "/inbox", Value::Null).await["received"].clone();
    let statuses: Vec<u64> =
        inbox.as_array().unwrap().iter().map(|one| one["status"].as_u64().unwrap()).collect();
    assert_eq!(statuses, [500, 302, 302, 200]);
    assert!(inbox.as_array().unwrap().iter().all(|one| one["verified"] == true));
    assert_eq!(inbox[0]["json"]["event"], "ticket.created");
    bad(&world, json!("tampered_body")).await;
    bad(&world, json!("non_utf8")).await;
    let inbox = ok(&world, "GET", "/inbox", Value::Null).await["received"].clone();
    assert_eq!((&inbox[4]["verified"], &inbox[5]["verified"]), (&json!(false), &json!(true)));
    assert!(inbox[5]["body"].is_null() && inbox[5]["body_base64"].is_string());
    for (signature, verified) in [("v1,{signature}x", false), ("v1,{wrong} v1,{signature}", true)] {
        bad(&world, json!({"signature": signature})).await;
        let inbox = ok(&world, "GET", "/inbox", Value::Null).await["received"].clone();
        assert_eq!(inbox.as_array().unwrap().last().unwrap()["verified"], verified);
    }
    for odd in [json!({"stale": {"seconds": i64::MIN}}), json!({"large": {"bytes": 1_000_000_000_000_u64}})] {
        assert_eq!(world.control("POST", "/webhooks/main/bad", json!({"bad": odd})).await.status, 400);
    }

    // As a URL of its own, for whoever wants to post to it.
    ok(&world, "PUT", "/inbox/answers", json!([{"status": 418, "times": null}])).await;
    assert_eq!(world.control("POST", "/inbox", json!({"by": "hand"})).await.status, 418);
    ok(&world, "DELETE", "/inbox", Value::Null).await;
    assert_eq!(world.control("POST", "/inbox", json!({"by": "hand"})).await.status, 200);
    assert_eq!(ok(&world, "GET", "/inbox", Value::Null).await["received"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn anything_can_be_signed() {
    let server = server().await;
    let world = world(&server, json!([])).await;
    let asked = json!({"body": "{\"a\":1}", "id": "msg_1", "timestamp": 1_700_000_000});
    let signed = ok(&world, "POST", "/webhooks/sign", asked).await;
    let own = standard(SECRET, "msg_1", "1700000000", b"{\"a\":1}");
    assert_eq!(signed["headers"]["webhook-signature"], own);
    assert_eq!(signed["headers"]["webhook-id"], "msg_1");
    let asked = json!({"body_base64": "/w==", "secret": "k", "scheme": "github"});
    let signed = ok(&world, "POST", "/webhooks/sign", asked).await;
    assert_eq!(signed["headers"]["x-signature-256"], format!("sha256={}", hex(&hmac(b"k", &[0xff]))));
    // The example of the Standard Webhooks specification.
    let asked = json!({"body": "{\"test\": 2432232314}", "id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
                       "timestamp": "1614265330", "secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"});
    let signed = ok(&world, "POST", "/webhooks/sign", asked).await;
    assert_eq!(signed["headers"]["webhook-signature"], "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
}

#[tokio::test]
async fn endpoints_over_https_and_with_extra_headers() {
    let server = server().await;
    let receiver = zhifuyun_mock_server::MockServer::builder().tls(true).start().await.unwrap();
    let url = format!("{}/_mock/inbox", receiver.url());
    let world = world(&server, json!([{"url": url, "headers": {"authorization": "Bearer x"}}])).await;
    let made = ok(&world, "POST", "/webhooks/trigger", json!({"event": "ticket.created"})).await;
    assert_eq!(made["deliveries"][0]["state"], "delivered", "{made}");
    let received = receiver.default_world().webhooks.inbox.list();
    assert_eq!(received[0].headers["authorization"], "Bearer x");
    // Signed for another world: this one's secret does not fit.
    assert!(!received[0].verified);
}

#[tokio::test]
async fn signatures_may_carry_the_machines_time() {
    let server = server().await;
    let world = world(&server, json!([{"url": "inbox", "timestamps": "machine"}])).await;
    ok(&world, "POST", "/webhooks/trigger", json!({"event": "ticket.created"})).await;
    let received = ok(&world, "GET", "/inbox", Value::Null).await["received"][0].clone();
    let sent: i64 = received["headers"]["webhook-timestamp"].as_str().unwrap().parse().unwrap();
    assert!((chrono::Utc::now().timestamp() - sent).abs() < 30);
}

#[tokio::test]
async fn endpoints_are_managed_and_nonsense_is_refused() {
    let server = server().await;
    let world = world(&server, json!([])).await;
    for (endpoint, word) in [
        (json!({"url": "ftp://x"}), "http"),
        (json!({"url": "nonsense"}), "url"),
        (json!({"url": "inbox", "secret": "plain"}), "whsec_"),
        (json!({"url": "inbox", "secret": "whsec_AAAA"}), "24 to 64"),
        (json!({"url": "inbox", "id": "sign"}), "reserved"),
        (json!({"url": "inbox", "evnts": []}), "evnts"),
        (json!({"url": "inbox", "timeout_ms": 0}), "timeout_ms"),
        (json!({"url": "inbox", "retry_seconds": [-1]}), "retry_seconds"),
    ] {
        let answer = world.control("POST", "/webhooks", endpoint.clone()).await;
        let message = answer.json()["message"].as_str().unwrap().to_owned();
        assert!(answer.status == 400 && message.contains(word), "{endpoint}: {message}");
    }
    let made = ok(&world, "POST", "/webhooks", json!({"url": "inbox"})).await;
    assert_eq!(
        (&made["id"], &made["retry_seconds"], &made["timeout_ms"]),
        (&json!("wh_1"), &json!([1.0, 5.0, 30.0]), &json!(10_000))
    );
    let changed = ok(&world, "PATCH", "/webhooks/wh_1", json!({"events": ["ticket.created"]})).await;
    assert_eq!(changed["events"], json!(["ticket.created"]));
    assert_eq!(world.control("PATCH", "/webhooks/wh_1", json!({"url": "x"})).await.status, 400);
    assert_eq!(ok(&world, "GET", "/webhooks/wh_1", Value::Null).await["url"], "inbox");
    assert_eq!(world.control("DELETE", "/webhooks/wh_1", Value::Null).await.status, 204);
    assert_eq!(world.control("DELETE", "/webhooks/wh_1", Value::Null).await.status, 404);
    assert_eq!(world.control("POST", "/webhooks/deliveries/none/resend", Value::Null).await.status, 404);
    ok(&world, "DELETE", "/webhooks/deliveries", Value::Null).await;
    ok(&world, "DELETE", "/webhooks", Value::Null).await;
    assert_eq!(ok(&world, "GET", "/webhooks", Value::Null).await["webhooks"], json!([]));
}
