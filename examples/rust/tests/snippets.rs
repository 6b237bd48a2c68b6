//! The Rust snippets of the documentation that are no programs of their own. Each anchor is shown as it stands.

use std::time::{Duration, SystemTime};
use zhifuyun::{Client, ErrorKind};
use zhifuyun_mock_server::limits;

// ANCHOR: mock
use zhifuyun_mock_server::MockServer;

async fn server_with_client() -> (MockServer, Client) {
    let server = MockServer::builder().seed(42, 300, 150).start().await.unwrap();
    let client = Client::builder()
        .client_id(server.client_id())
        .client_secret(server.client_secret())
        .base_url(server.url())
        .build()
        .unwrap();
    (server, client)
}

#[tokio::test]
async fn a_gateway_that_fails_once_is_survived() {
    let (server, client) = server_with_client().await;
    server.add_fault(serde_json::json!({ "when": { "nth": 2 }, "action": { "status": 502 } })).unwrap();
    let page = client.tickets().list().await.unwrap();
    assert_eq!((page.items.len(), page.meta().attempts), (20, 2));
}
// ANCHOR_END: mock

#[tokio::test]
async fn client() -> zhifuyun::Result<()> {
    let server = MockServer::builder().start().await.unwrap();
    let (id, secret, address) = (server.client_id(), server.client_secret(), server.url());
    // ANCHOR: client
    let client = Client::builder()
        .client_id(id)
        .client_secret(secret)
        .base_url(address) // Default: https://api.zhifuyun.com
        .timeout(Duration::from_secs(20))
        .build()?; // Checks the options. Nothing is sent.

    client.authenticate().await?; // Optional: verifies the key at start-up.
    // ANCHOR_END: client
    let wrong = Client::builder().client_id(id).client_secret("another-secret").base_url(address).build()?;
    let error = wrong.authenticate().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Authentication);
    Ok(())
}

#[tokio::test]
async fn pages() -> zhifuyun::Result<()> {
    let (_server, client) = server_with_client().await;
    // ANCHOR: page
    let page = client.conversations().list().status("closed").page(1).limit(50).await?;
    println!("{:?} in all, more: {}", page.total, page.has_next());
    for conversation in &page.items {
        println!("{} {:?}", conversation.id, conversation.channel);
    }
    // ANCHOR_END: page
    assert_eq!(page.items.len(), 50);

    // ANCHOR: iterate
    use futures_util::TryStreamExt as _;

    let since = chrono::Utc::now() - chrono::TimeDelta::days(7);
    let mut recent = client.conversations().list().start_time(since).iter();
    while let Some(conversation) = recent.try_next().await? {
        println!("{}", conversation.id);
    }

    let mut pages = client.tickets().list().priority("high").iter().prefetch(2).pages();
    while let Some(page) = pages.try_next().await? {
        println!("{} tickets in one piece", page.items.len());
    }
    // ANCHOR_END: iterate

    // ANCHOR: strict
    use zhifuyun::pagination::Consistency;

    let mut all = client.tickets().iter().consistency(Consistency::Strict);
    while let Some(ticket) = all.try_next().await? {
        println!("{}", ticket.id);
    }
    let report = all.report();
    println!("{} items, {} requests, complete: {}", report.items, report.requests, report.complete);
    // ANCHOR_END: strict
    assert!(report.complete && report.items == 150);
    Ok(())
}

#[tokio::test]
async fn after() -> zhifuyun::Result<()> {
    use futures_util::TryStreamExt as _;
    use zhifuyun::models::Conversation;

    let (_server, client) = server_with_client().await;
    // ANCHOR: after
    let all: Vec<Conversation> = client.conversations().iter().try_collect().await?;
    // ANCHOR_END: after
    assert_eq!(all.len(), 300);
    Ok(())
}

#[tokio::test]
async fn quota() -> zhifuyun::Result<()> {
    let server = MockServer::builder().plan(limits::Plan::Free).start().await.unwrap();
    let (id, secret, address) = (server.client_id(), server.client_secret(), server.url());
    // ANCHOR: quota
    use zhifuyun::{OnLimit, Plan};

    let client = Client::builder()
        .client_id(id)
        .client_secret(secret)
        .base_url(address)
        .plan(Plan::Free) // 100 a minute
        .on_limit(OnLimit::Raise) // Default: wait for a free slot
        .build()?;

    match client.tickets().list().await {
        Ok(page) => println!("{} tickets", page.items.len()),
        Err(e) if e.kind() == ErrorKind::RateLimit => println!("again in {:?}", e.retry_after()),
        Err(e) => return Err(e),
    }
    println!("{} of {:?} used", client.quota().used, client.quota().limit);
    // ANCHOR_END: quota
    assert_eq!((client.quota().used, client.quota().limit), (1, Some(100)));
    Ok(())
}

#[tokio::test]
async fn errors() -> zhifuyun::Result<()> {
    let (_server, client) = server_with_client().await;
    // ANCHOR: errors
    let update = client.tickets().update("no-such-ticket").status("resolved").timeout(Duration::from_secs(5));
    match update.await {
        Ok(ticket) => println!("{:?}", ticket.status),
        Err(e) if e.kind() == ErrorKind::NotFound => println!("no such ticket"),
        Err(e) if e.maybe_applied() => println!("look before you repeat it: {e}"),
        Err(e) => {
            eprintln!("{e}"); // One line: what, why, what to do.
            eprintln!("{} {:?} {:?}", e.reason(), e.request_id(), e.timing());
            return Err(e);
        }
    }
    // ANCHOR_END: errors
    Ok(())
}

#[test]
fn webhook() -> zhifuyun::Result<()> {
    let (old, new) = ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz");
    // ANCHOR: sign
    use zhifuyun::webhook::{Webhook, WebhookReason};

    let webhook = Webhook::new([new, old])?; // Two secrets while one is being rotated.

    let body = br#"{"event":"ticket.created","data":{"ticket_id":"ticket_001"}}"#;
    let signed = webhook.sign("msg_1", SystemTime::now(), body)?; // What the sender does.

    let event = webhook.verify(&signed, body)?; // What the receiver does.
    assert_eq!(event.event_type, "ticket.created");

    let error = webhook.verify(&signed, b"{}").unwrap_err();
    assert_eq!(error.webhook_reason(), Some(WebhookReason::SignatureMismatch));
    // ANCHOR_END: sign
    Ok(())
}

#[test]
fn network() -> zhifuyun::Result<()> {
    let file = std::env::temp_dir().join(format!("ca-{}.pem", std::process::id()));
    let certificate = include_str!("certificate.pem");
    std::fs::write(&file, certificate).unwrap();
    // ANCHOR: network
    use zhifuyun::Proxy;

    let client = Client::builder()
        .client_id("id")
        .client_secret("secret")
        .proxy(Proxy::Url("http://user:password@proxy.example:3128".into()))
        .ca_bundle_file(&file)? // Trusted besides the system's certificates.
        .connect_timeout(Duration::from_secs(3))
        .build()?;
    // ANCHOR_END: network
    std::fs::remove_file(&file).unwrap();
    assert!(!format!("{client:?}").contains("password"));
    Ok(())
}
