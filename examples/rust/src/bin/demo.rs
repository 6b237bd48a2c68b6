//! What `make demo` runs: the main job against a mock server that is made to fail. Lines that begin with `@` are
//! for `.ci/demo.py`, which answers each with a line.

use axum::{Router, body::Bytes, extract::State, http::HeaderMap, routing::post};
use futures_util::TryStreamExt as _;
use std::future::IntoFuture as _;
use std::time::Duration;
use tokio::sync::mpsc;
use zhifuyun::Client;
use zhifuyun::webhook::Webhook;

fn ask(line: &str) -> std::io::Result<()> {
    println!("{line}");
    std::io::stdin().read_line(&mut String::new()).map(drop)
}

async fn keep(State(sender): State<mpsc::Sender<(HeaderMap, Bytes)>>, headers: HeaderMap, body: Bytes) {
    let _ = sender.send((headers, body)).await;
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let client = Client::from_env()?;
    client.authenticate().await?;
    println!("token obtained");

    let conversation =
        client.conversations().create("user_123", "web").initial_message("你好，今天有人值班吗").await?;
    println!("conversation {} created", conversation.id);

    let (sender, mut received) = mpsc::channel(1);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}/", listener.local_addr()?);
    let receiver = Router::new().route("/", post(keep)).with_state(sender);
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let server = axum::serve(listener, receiver).with_graceful_shutdown(async { drop(stopped.await) });
    let server = tokio::spawn(server.into_future());
    ask(&format!("@webhook {url}"))?;

    let mut all = client.conversations().iter();
    let (mut items, mut found) = (0, false);
    while let Some(item) = all.try_next().await? {
        items += 1;
        found |= item.id == conversation.id;
        if items % 2_500 == 0 {
            println!("{items} conversations");
        }
        if items == 5_000 {
            ask("@expire")?;
        }
    }
    println!("{items} conversations in {} requests, the new one among them: {found}", all.report().requests);

    let ticket = client.tickets().create("产品咨询", "想知道团队版怎么收费").priority("medium").await?;
    let ticket = client.tickets().update(&ticket.id).status("resolved").comment("已电话答复").await?;
    println!("ticket {} is {}", ticket.id, ticket.status.as_ref().map_or("?", |s| s.as_str()));

    let statistics = client.statistics().get().kind("ticket").group_by("month").await?;
    for month in &statistics.trends {
        println!("{}: {} tickets", month.date.unwrap_or_default(), month.tickets.unwrap_or_default());
    }

    let webhook = Webhook::from_env()?;
    let (headers, body) =
        tokio::time::timeout(Duration::from_secs(10), received.recv()).await?.ok_or("no webhook came")?;
    let event = webhook.verify(&headers, &body)?;
    let verified = event.data.ticket().and_then(|t| t.ticket_id.as_deref()) == Some(&ticket.id);
    println!("webhook {} verified: {verified}", event.event_type);

    // The receiver's answer has to leave before this process does.
    let _ = stop.send(());
    server.await??;

    println!("@done {}", serde_json::json!({ "items": items, "verified": verified && found }));
    Ok(())
}
