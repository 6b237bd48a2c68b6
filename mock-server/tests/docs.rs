//! What the documentation shows works as shown.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod support;

use serde_json::Value;
use support::{World, server};

/// The text of the first block of this language after a heading.
fn block(heading: &str, language: &str) -> String {
    let text =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/mock-server.md")).unwrap();
    let (_, rest) = text.split_once(&format!("{heading}\n")).unwrap();
    let (_, rest) = rest.split_once(&format!("```{language}\n")).unwrap();
    rest.split_once("```").unwrap().0.to_owned()
}

#[tokio::test]
async fn the_world_document_and_the_expectations_are_accepted() {
    let server = server().await;
    let document: Value = serde_json::from_str(&block("### The world document", "json")).unwrap();
    let mut world = World::create(&server, document).await;
    // The first request, for a token, met the document's fault rule.
    assert_eq!(world.token, "");
    world.renew().await;
    assert_eq!(support::ids(&world.get("/v1/tickets?assignee_id=agent_1&status=open").await.data())[0], "t1");
    for line in block("### Verify", "json").lines() {
        let answer = world.control("POST", "/verify", serde_json::from_str(line).unwrap()).await;
        assert_eq!(answer.status, 200, "{line}");
    }
}

#[tokio::test]
async fn a_journal_entry_has_the_fields_that_are_shown() {
    let server = server().await;
    let shown: Value = serde_json::from_str(&block("### The journal", "json")).unwrap();
    let world = World::create(&server, serde_json::json!({})).await;
    let journal = world.control("GET", "/journal", Value::Null).await.json();
    let names = |value: &Value| {
        let mut names: Vec<String> = value.as_object().unwrap().keys().cloned().collect();
        names.sort();
        names
    };
    assert_eq!(names(&journal["entries"][0]), names(&shown));
}
