//! The OpenAPI document: checked in as it is served, and complete.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod support;

use serde_json::Value;
use support::{send, server};

/// `UPDATE_OPENAPI=1 cargo test -p zhifuyun-mock-server --test openapi` writes the file anew.
#[test]
fn the_document_that_is_checked_in_is_the_one_that_is_served() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/openapi.json");
    let text = zhifuyun_mock_server::openapi::text();
    if std::env::var_os("UPDATE_OPENAPI").is_some() {
        std::fs::write(path, &text).unwrap();
    }
    assert_eq!(std::fs::read_to_string(path).unwrap(), std::str::from_utf8(&text).unwrap());
}

#[tokio::test]
async fn the_document_names_exactly_what_is_served() {
    let server = server().await;
    let answer = send(server.address(), "GET", "/openapi.json", &[], "").await;
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("application/json")));
    let document = answer.json();
    let mut operations = 0;
    for (path, item) in document["paths"].as_object().unwrap() {
        let concrete = path.replace("{conversation_id}", "x").replace("{ticket_id}", "x");
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"] {
            let documented = item.get(method.to_ascii_lowercase()).is_some();
            let status = send(server.address(), method, &concrete, &[], "").await.status;
            assert_eq!(status != 405, documented, "{method} {path} answers {status}");
            operations += usize::from(documented);
        }
        let status = send(server.address(), "HEAD", &concrete, &[], "").await.status;
        assert_eq!(status != 405, item.get("get").is_some(), "HEAD {path} answers {status}");
    }
    assert_eq!(operations, 8);
}

#[test]
fn every_reference_leads_somewhere() {
    fn walk(value: &Value, document: &Value) {
        match value {
            Value::Object(object) => {
                if let Some(Value::String(target)) = object.get("$ref") {
                    let pointer = target.strip_prefix('#').unwrap();
                    assert!(document.pointer(pointer).is_some(), "{target}");
                }
                object.values().for_each(|value| walk(value, document));
            }
            Value::Array(list) => list.iter().for_each(|value| walk(value, document)),
            _ => {}
        }
    }
    let document = zhifuyun_mock_server::openapi::document();
    walk(&document, &document);
}
