//! A webhook endpoint in axum. Reads ZHIFUYUN_WEBHOOK_SECRET and PORT (default 8080).

// ANCHOR: receiver
use axum::{Router, body::Bytes, extract::State, http::HeaderMap, http::StatusCode, routing::post};
use std::sync::Arc;
use zhifuyun::webhook::{Event, EventData, MemoryReplayGuard, ReplayGuard, Webhook};

#[derive(Clone)]
struct App {
    webhook: Webhook,
    guard: Arc<dyn ReplayGuard>,
}

async fn receive(State(app): State<App>, headers: HeaderMap, body: Bytes) -> (StatusCode, String) {
    // `Bytes`, not `Json`: the signature covers the body exactly as it arrived.
    match app.webhook.handle(&headers, &body, &app.guard, handle).await {
        Ok(()) => (StatusCode::OK, String::new()),
        Err(error) => {
            let status = error.webhook_reason().map_or(500, |reason| reason.http_status());
            eprintln!("refused: {error}");
            (StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST), error.message().to_owned())
        }
    }
}

/// Runs once per webhook. If it fails, the sender's next attempt is let in.
async fn handle(event: Event) -> zhifuyun::Result<()> {
    match &event.data {
        EventData::TicketCreated(ticket) => println!("new ticket {:?}", ticket.ticket_id),
        EventData::TicketResolved(ticket) => println!("resolved {:?}", ticket.ticket_id),
        _ => println!("ignored {}", event.event_type),
    }
    Ok(())
}
// ANCHOR_END: receiver

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let app = App { webhook: Webhook::from_env()?, guard: Arc::new(MemoryReplayGuard::new()) };
    let port: u16 = std::env::var("PORT").map_or(Ok(8080), |port| port.parse())?;
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await?;
    println!("listening on http://{}/zhifuyun", listener.local_addr()?);
    axum::serve(listener, Router::new().route("/zhifuyun", post(receive)).with_state(app)).await?;
    Ok(())
}
