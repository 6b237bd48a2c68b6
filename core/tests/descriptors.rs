//! A process that has no file descriptor left (FAULTS table, N43) gets an error that says so, and recovers.
//!
//! The test runs itself again in a process with few descriptors, so that no other test is disturbed.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::fs::File;
use std::process::Command;
use zhifuyun::{Client, ErrorKind, Plan, Proxy, Reason};
use zhifuyun_mock_server::{MockServer, limits};

const INSIDE: &str = "ZHIFUYUN_TEST_FEW_DESCRIPTORS";

#[test]
fn no_descriptor_left() {
    if std::env::var_os(INSIDE).is_some() {
        return tokio::runtime::Runtime::new().unwrap().block_on(exhausted());
    }
    let output = Command::new("sh")
        .args(["-c", "ulimit -n 64 && exec \"$0\" --exact no_descriptor_left --nocapture"])
        .arg(std::env::current_exe().unwrap())
        .env(INSIDE, "1")
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

async fn exhausted() {
    let server = MockServer::builder().seed(42, 20, 20).plan(limits::Plan::Off).start().await.unwrap();
    let clients = ["localhost", "127.0.0.1"].map(|host| {
        let builder = Client::builder().client_id(server.client_id()).client_secret(server.client_secret());
        let builder = builder.base_url(server.url().replace("127.0.0.1", host));
        builder.plan(Plan::Off).proxy(Proxy::None).max_retries(1).build().unwrap()
    });
    // Before the first connection: one that closes meanwhile would give its descriptor back.
    let files: Vec<File> = std::iter::from_fn(|| File::open("/dev/null").ok()).collect();
    for client in &clients {
        let e = client.conversations().list().await.unwrap_err();
        assert_eq!((e.kind(), e.reason()), (ErrorKind::Connection, Reason::Connect), "{e:?}");
        assert!(e.message().contains("too many open files"), "{e}");
    }
    drop(files);
    for client in &clients {
        assert_eq!(client.conversations().list().await.unwrap().items.len(), 20);
    }
}
