//! A client from the options of a scenario.

use crate::control;
use crate::project;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use zhifuyun::{Client, ClientBuilder, Proxy, Result, TestClock};

/// Builds a client. Options have the names that every language gives them, adapted to its case.
pub fn client(options: &Value) -> Result<Client, Value> {
    let mut builder = Client::builder();
    for (name, value) in options.as_object().into_iter().flatten() {
        builder = option(builder, name, value)?;
    }
    builder.build().map_err(|e| project::error(&e))
}

fn option(b: ClientBuilder, name: &str, value: &Value) -> Result<ClientBuilder, Value> {
    let wrong = || json!({ "runner": format!("client option {name}: {value}") });
    let text = || value.as_str().ok_or_else(wrong);
    let number = || value.as_u64().ok_or_else(wrong);
    let seconds = || value.as_f64().and_then(|s| Duration::try_from_secs_f64(s).ok()).ok_or_else(wrong);
    let refused = |e: zhifuyun::Error| project::error(&e);
    Ok(match name {
        "client_id" => b.client_id(text()?),
        "client_secret" => b.client_secret(text()?),
        "base_url" => b.base_url(text()?),
        "timeout" => b.timeout(seconds()?),
        "attempt_timeout" => b.attempt_timeout(seconds()?),
        "connect_timeout" => b.connect_timeout(seconds()?),
        "max_retries" => b.max_retries(u32::try_from(number()?).map_err(|_| wrong())?),
        "max_retry_after" => b.max_retry_after(seconds()?),
        "plan" => b.plan(value.as_str().map_or(value.to_string(), str::to_owned).parse().map_err(refused)?),
        "on_limit" => b.on_limit(text()?.parse().map_err(refused)?),
        "proxy" => b.proxy(Proxy::Url(text()?.into())),
        "ca_bundle" => b.ca_bundle_file(text()?).map_err(refused)?,
        "user_agent" => b.user_agent(text()?),
        "max_response_bytes" => b.max_response_bytes(number()?),
        "pool_idle_timeout" => b.pool_idle_timeout(seconds()?),
        "allow_insecure" => b.allow_insecure(value.as_bool().ok_or_else(wrong)?),
        "time_zone" => b.time_zone_text(text()?).map_err(refused)?,
        "test_clock" => b.clock(Arc::new(clock(text()?))),
        _ => return Err(json!({ "runner": format!("unknown client option {name}") })),
    })
}

/// A clock that jumps instead of sleeping, and takes the server's clock along.
fn clock(url: &str) -> TestClock {
    let url: Arc<str> = url.into();
    TestClock::new(move |by| {
        let url = Arc::clone(&url);
        Box::pin(async move {
            let body = json!({ "seconds": by.as_secs_f64() });
            let told = tokio::task::spawn_blocking(move || control::ask("POST", &url, Some(&body))).await;
            assert!(matches!(told, Ok(Ok(_))), "the server's clock did not follow: {told:?}");
        })
    })
}
