//! The contract suite through the asynchronous client.

use futures_util::stream::{self, StreamExt as _};
use serde_json::{Value, json};
use std::time::Duration;
use zhifuyun::models::Record;
use zhifuyun::operations::{
    Args, CreateConversation, CreateTicket, GetConversation, GetStatistics, ListConversations, ListOperation,
    ListTickets, Operation, UpdateTicket,
};
use zhifuyun::pagination::{Consistency, Items};
use zhifuyun::{Client, Listing, RequestOptions, Response};
use zhifuyun_contract::{
    Check, Host, Outcome, Projected, Walking, done, error, failed, keys, response, walked,
};

/// One client and the runtime that drives it.
struct Asynchronous {
    client: Client,
    runtime: tokio::runtime::Runtime,
}

impl Host for Asynchronous {
    fn new(client: Client) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        Self { client, runtime: runtime.expect("a runtime") }
    }

    fn call(
        &self,
        name: &str,
        args: &Value,
        options: &Value,
        times: u64,
        parallel: u64,
    ) -> Check<Vec<Outcome>> {
        let one = || call(&self.client, name, args, options);
        let calls =
            stream::iter((0..times).map(|_| one())).buffer_unordered(usize::try_from(parallel).unwrap_or(1));
        self.runtime.block_on(calls.collect::<Vec<_>>()).into_iter().collect()
    }

    fn iterate(&self, walking: &Walking<'_>) -> Check<Outcome> {
        match walking.operation {
            "conversations.iter" => {
                self.runtime.block_on(iterate::<ListConversations>(&self.client, walking))
            }
            "tickets.iter" => self.runtime.block_on(iterate::<ListTickets>(&self.client, walking)),
            other => Err(format!("unknown iteration `{other}`")),
        }
    }
}

async fn call(client: &Client, name: &str, args: &Value, options: &Value) -> Check<Outcome> {
    match name {
        "conversations.list" => execute::<ListConversations>(client, args, options).await,
        "conversations.get" => execute::<GetConversation>(client, args, options).await,
        "conversations.create" => execute::<CreateConversation>(client, args, options).await,
        "tickets.list" => execute::<ListTickets>(client, args, options).await,
        "tickets.create" => execute::<CreateTicket>(client, args, options).await,
        "tickets.update" => execute::<UpdateTicket>(client, args, options).await,
        "statistics.get" => execute::<GetStatistics>(client, args, options).await,
        "authenticate" => Ok(client.authenticate().await.map_or_else(|e| failed(&e), |()| done(json!({})))),
        "quota" => Ok(done(client.quota().project())),
        "close" => {
            client.close();
            Ok(done(json!({})))
        }
        other => Err(format!("unknown call `{other}`")),
    }
}

fn read<O: Operation>(args: &Value) -> zhifuyun::Result<O> {
    let mut args = Args::parse(&args.to_string(), None)?;
    let operation = O::from_args(&mut args)?;
    args.finish()?;
    Ok(operation)
}

fn overrides(options: &Value) -> Check<RequestOptions> {
    keys("options", options, &["timeout", "max_retries"])?;
    let mut overrides = RequestOptions::default();
    overrides.timeout = options.get("timeout").and_then(Value::as_f64).map(Duration::from_secs_f64);
    overrides.max_retries =
        options.get("max_retries").and_then(Value::as_u64).and_then(|n| u32::try_from(n).ok());
    Ok(overrides)
}

async fn execute<O: Operation>(client: &Client, args: &Value, options: &Value) -> Check<Outcome>
where
    O::Output: Projected,
{
    let options = overrides(options)?;
    let operation = match read::<O>(args) {
        Ok(operation) => operation,
        Err(e) => return Ok(failed(&e)),
    };
    let answer: zhifuyun::Result<Response<O::Output>> = client.execute(&operation, options).await;
    Ok(answer.map_or_else(|e| failed(&e), |answer| done(response(&answer))))
}

async fn iterate<O: ListOperation>(client: &Client, walking: &Walking<'_>) -> Check<Outcome>
where
    O::Item: Projected + Record,
{
    let options = overrides(walking.options)?;
    let operation = match read::<O>(walking.args) {
        Ok(operation) => operation,
        Err(e) => return Ok(failed(&e)),
    };
    let mut items = walk(Listing::new(client.clone(), operation, options).into_items(), walking.walk)?;
    let (mut seen, mut problem) = (Vec::new(), None);
    while walking.stop_after.is_none_or(|most| (seen.len() as u64) < most) {
        match items.next().await {
            None => break,
            Some(Ok(item)) => seen.push(item),
            Some(Err(e)) => {
                problem = Some(error(&e));
                break;
            }
        }
        (walking.after_item)(seen.len() as u64)?;
    }
    Ok(Outcome { result: Some(walked(&seen, &items.report())), error: problem })
}

fn walk<O: ListOperation>(mut items: Items<Listing<O>>, walk: &Value) -> Check<Items<Listing<O>>> {
    keys("walk", walk, &["consistency", "prefetch", "max_items"])?;
    items = match walk.get("consistency").and_then(Value::as_str) {
        None => items,
        Some("fast") => items.consistency(Consistency::Fast),
        Some("strict") => items.consistency(Consistency::Strict),
        Some(other) => return Err(format!("unknown consistency `{other}`")),
    };
    if let Some(pages) = walk.get("prefetch").and_then(Value::as_u64) {
        items = items.prefetch(usize::try_from(pages).unwrap_or(usize::MAX));
    }
    Ok(match walk.get("max_items").and_then(Value::as_u64) {
        Some(most) => items.max_items(most),
        None => items,
    })
}

#[test]
fn contract() {
    zhifuyun_contract::run::<Asynchronous>("rust");
}
