//! The share of the quota that bulk iteration uses: a client walks 3,000 pages of the mock server, which counts in each
//! of the three ways, on a clock that jumps over every wait and takes the server's along.

use crate::Fail;
use futures_util::TryStreamExt as _;
use serde::Serialize;
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;
use zhifuyun::{Client, Clock as _, TestClock};
use zhifuyun_mock_server::MockServer;

const PAGES: u32 = 3_000;
const PAGE_SIZE: u32 = 20;

#[derive(Serialize)]
pub struct Share {
    plan: &'static str,
    model: &'static str,
    /// Part of the quota that was used, 1 being all of it.
    share: f64,
    /// Answers 429.
    refused: usize,
}

/// Both plans against fixed window, sliding log and token bucket.
///
/// # Errors
/// A call that failed, or a page that was not read.
pub async fn shares() -> Result<Vec<Share>, Fail> {
    let mut shares = Vec::new();
    for (plan, limit) in [("free", 100), ("enterprise", 1000)] {
        for (model, counting) in
            [("fixed", "fixed_window"), ("sliding", "sliding_log"), ("bucket", "token_bucket")]
        {
            let (share, refused) = walk(plan, limit, counting).await?;
            shares.push(Share { plan, model, share, refused });
        }
    }
    Ok(shares)
}

async fn walk(plan: &str, limit: u32, counting: &str) -> Result<(f64, usize), Fail> {
    let world = serde_json::from_value(json!({
        "limits": {"plan": plan, "model": counting},
        "seed": {"seed": 42, "conversations": PAGES * PAGE_SIZE, "tickets": 0},
        "journal_capacity": 2 * PAGES,
    }))?;
    let server = MockServer::builder().world(world).start().await?;
    let served = Arc::clone(server.default_world());
    let clock = TestClock::new(move |by| {
        let served = Arc::clone(&served);
        Box::pin(async move {
            served.advance(chrono::TimeDelta::from_std(by).unwrap_or(chrono::TimeDelta::MAX)).await;
        })
    });
    let client = Client::builder()
        .base_url(server.url())
        .client_id(server.client_id())
        .client_secret(server.client_secret())
        .plan(plan.parse()?)
        .timeout(Duration::from_secs(3_600))
        .clock(Arc::new(clock.clone()))
        .build()?;

    let start = clock.now();
    let mut pages = client.conversations().list().limit(PAGE_SIZE).iter().pages();
    while pages.try_next().await?.is_some() {}
    let minutes = clock.now().duration_since(start).as_secs_f64() / 60.0;

    let report = pages.report();
    if report.items != u64::from(PAGES * PAGE_SIZE) {
        return Err(format!("not all was read: {report:?}").into());
    }
    let refused = server.journal().iter().filter(|entry| entry.status() == Some(429)).count();
    Ok((report.requests as f64 / (minutes * f64::from(limit)), refused))
}
