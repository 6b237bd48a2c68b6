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

/// The commands between a heading and the next one, from start to end.
#[cfg(unix)]
fn commands(path: &str, heading: &str) -> Vec<String> {
    let text = std::fs::read_to_string(format!("{}/../docs/{path}", env!("CARGO_MANIFEST_DIR"))).unwrap();
    let (_, rest) = text.split_once(&format!("{heading}\n")).unwrap();
    let section = rest.split_once("\n## ").unwrap().0;
    let blocks = section.split("```sh\n").skip(1);
    blocks.map(|block| block.split_once("```").unwrap().0.to_owned()).collect()
}

#[cfg(unix)]
#[test]
fn the_five_minutes_go_as_they_are_written() {
    use std::io::BufRead as _;
    use std::process::{Command, Stdio};
    for (path, heading) in [
        ("mock-server.md", "## Five minutes, from key to signed webhook"),
        ("zh/mock-server.md", "## 五分钟：从密钥到带签名的 Webhook"),
    ] {
        let blocks = commands(path, heading);
        let (start, rest) = blocks.split_first().unwrap();
        let options = start.split_once(" -- ").unwrap().1.replace('\\', " ");
        let mut server = Command::new(env!("CARGO_BIN_EXE_zhifuyun-mock-server"))
            .args(options.split_whitespace().chain(["--port", "0", "--exit-with-stdin", "--log", "error"]))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        std::io::BufReader::new(server.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let ready: Value = serde_json::from_str(&line).unwrap();
        // A person is slower than a delivery; a script has to wait for it.
        let looks = "curl -s $BASE/_mock/inbox";
        let script = rest
            .concat()
            .replace("http://127.0.0.1:8787", ready["url"].as_str().unwrap())
            .replace(looks, &format!("curl -s -X POST $BASE/_mock/webhooks/settle\n{looks}"));
        let shell = Command::new("sh").args(["-ec", &script]).env("no_proxy", "127.0.0.1").output().unwrap();
        let shown = String::from_utf8(shell.stdout).unwrap();
        drop(server.stdin.take());
        assert!(server.wait().unwrap().success());
        assert!(shell.status.success(), "curl is needed: {}", String::from_utf8_lossy(&shell.stderr));
        for expected in [
            "\"limit\":2",
            "\"url\":\"inbox\"",
            "\"title\":\"产品咨询\"",
            "\"webhook-signature\":\"v1,",
            "\"verified\":true",
            "\"state\":\"delivered\"",
            "the access token has expired",
            "\"fired\":0",
        ] {
            assert!(shown.contains(expected), "{path}: {expected} is not in {shown}");
        }
    }
}
