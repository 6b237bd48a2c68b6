//! What a program that starts the server can rely on.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod support;

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use support::send;

fn start(args: &[&str]) -> (Child, BufReader<std::process::ChildStdout>, Value) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_zhifuyun-mock-server"))
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    out.read_line(&mut line).unwrap();
    (child, out, serde_json::from_str(&line).unwrap())
}

/// Waits for the end; a process that does not end is ended and fails the test.
fn ended(child: &mut Child) -> std::process::ExitStatus {
    let deadline = Instant::now() + Duration::from_secs(10);
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return status;
        }
        if Instant::now() > deadline {
            child.kill().unwrap();
            panic!("the process did not end");
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[tokio::test]
async fn one_line_tells_everything_and_closing_stdin_ends_it() {
    let (mut child, mut out, ready) =
        start(&["--port", "0", "--exit-with-stdin", "--conversations", "7", "--log", "error"]);
    assert_eq!(ready["pid"].as_u64(), Some(u64::from(child.id())));
    for name in ["client_id", "client_secret", "webhook_secret"] {
        assert!(!ready[name].as_str().unwrap().is_empty());
    }
    assert!(ready.get("ca_file").is_none());
    let address = ready["url"].as_str().unwrap().strip_prefix("http://").unwrap().parse().unwrap();
    assert_eq!(ready["control_url"].as_str().unwrap(), format!("http://{address}/_mock"));
    let view = send(address, "GET", "/_mock/worlds/default", &[], "").await.json();
    assert_eq!((&view["conversations"], &view["client_id"]), (&7.into(), &ready["client_id"]));
    drop(child.stdin.take());
    assert!(ended(&mut child).success());
    let mut rest = String::new();
    out.read_to_string(&mut rest).unwrap();
    assert_eq!(rest, "", "standard output has one line and nothing else");
}

#[test]
fn sigterm_ends_it_and_removes_the_certificate() {
    let (mut child, _out, ready) =
        start(&["--port", "0", "--tls", "--host", "localhost", "--client-id", "me"]);
    assert!(ready["url"].as_str().unwrap().starts_with("https://"));
    assert_eq!(ready["client_id"], "me");
    let ca = std::path::PathBuf::from(ready["ca_file"].as_str().unwrap());
    assert!(std::fs::read_to_string(&ca).unwrap().contains("BEGIN CERTIFICATE"));
    assert!(Command::new("kill").arg(child.id().to_string()).status().unwrap().success());
    assert!(ended(&mut child).success());
    assert!(!ca.exists());
}

#[test]
fn wrong_options_are_refused_in_words() {
    for (args, word) in [
        (["--plan", "gold"], "gold"),
        (["--clock-at", "2026-01-01T00:00:00Z"], "mode offset or frozen"),
        (["--host", "0.0.0.0"], "control token"),
        (["--host", "example.com"], "localhost"),
        (["--control-token", ""], "must not be empty"),
        (["--world", "/nowhere.json"], "/nowhere.json"),
    ] {
        let output = Command::new(env!("CARGO_BIN_EXE_zhifuyun-mock-server"))
            .args(args)
            .args(["--port", "0"])
            .output()
            .unwrap();
        let text = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success() && text.contains(word), "{text}");
        assert!(output.stdout.is_empty());
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_hundred_thousand_conversations_fit_into_little_memory() {
    let (mut child, _out, _) = start(&[
        "--port",
        "0",
        "--exit-with-stdin",
        "--seed",
        "42",
        "--conversations",
        "100000",
        "--tickets",
        "20000",
    ]);
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap();
    drop(child.stdin.take());
    assert!(ended(&mut child).success());
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    let kilobytes: u64 = peak.trim().trim_end_matches(" kB").parse().unwrap();
    assert!(kilobytes < 200 * 1024, "{kilobytes} kB");
}

#[tokio::test]
async fn a_server_that_is_dropped_leaves_its_port() {
    let server = support::server().await;
    let address = server.address();
    assert_eq!(send(address, "GET", "/_mock/health", &[], "").await.status, 200);
    drop(server);
    let gone = async {
        while tokio::net::TcpStream::connect(address).await.is_ok() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), gone).await.unwrap();
}
