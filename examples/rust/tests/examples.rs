//! Every example runs against a mock server.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use zhifuyun_mock_server::{MockServer, limits::Plan};

async fn server() -> MockServer {
    MockServer::builder().seed(42, 120, 250).plan(Plan::Off).start().await.unwrap()
}

fn program(binary: &str, server: &MockServer) -> Command {
    let mut command = Command::new(binary);
    command
        .env("ZHIFUYUN_CLIENT_ID", server.client_id())
        .env("ZHIFUYUN_CLIENT_SECRET", server.client_secret())
        .env("ZHIFUYUN_BASE_URL", server.url())
        .env("ZHIFUYUN_WEBHOOK_SECRET", server.webhook_secret())
        .env("PORT", "0");
    command
}

async fn output(mut command: Command) -> String {
    let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    text
}

#[tokio::test]
async fn first() {
    for path in [env!("CARGO_BIN_EXE_first"), env!("CARGO_BIN_EXE_first_blocking")] {
        let text = output(program(path, &server().await)).await;
        assert!(text.contains("conv_") && text.contains("resolved ticket_000251"), "{path}: {text}");
    }
}

#[tokio::test]
async fn export() {
    let server = server().await;
    let path = std::env::temp_dir().join(format!("tickets-{}.csv", std::process::id()));
    let mut command = program(env!("CARGO_BIN_EXE_export_tickets"), &server);
    command.arg(&path);
    let text = output(command).await;
    assert!(text.starts_with("250 tickets") && text.contains("complete: true"), "{text}");
    let rows: Vec<_> = csv::Reader::from_path(&path).unwrap().into_records().map(Result::unwrap).collect();
    std::fs::remove_file(&path).unwrap();
    assert_eq!(rows.len(), 250);
    assert!(rows.iter().all(|row| row.len() == 8 && row[0].starts_with("ticket_")));
}

#[tokio::test]
async fn report() {
    let server = server().await;
    let mut command = program(env!("CARGO_BIN_EXE_statistics_report"), &server);
    command.args(["2025-07-01", "2025-12-31", "month"]);
    let text = output(command).await;
    assert!(text.contains("tickets") && text.contains('█') && text.contains("2025-08-01"), "{text}");
}

/// Ends the process when the test does.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[tokio::test]
async fn receiver() {
    let server = server().await;
    let mut command = program(env!("CARGO_BIN_EXE_webhook_receiver"), &server);
    let mut child = Running(command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap());
    let mut lines = BufReader::new(child.0.stdout.take().unwrap()).lines();
    let first = lines.next().unwrap().unwrap();
    let url = first.strip_prefix("listening on ").unwrap();

    let client = zhifuyun::Client::builder()
        .client_id(server.client_id())
        .client_secret(server.client_secret())
        .base_url(server.url())
        .build()
        .unwrap();
    let world = server.default_world();
    world.webhooks.add_endpoint(world, serde_json::json!({ "url": url })).unwrap();
    let ticket = client.tickets().create("t", "d").await.unwrap();
    let line = tokio::task::spawn_blocking(move || lines.next().unwrap().unwrap()).await.unwrap();
    assert_eq!(line, format!("new ticket Some({:?})", ticket.id));
}
