//! The contract suite through the blocking client.

use serde_json::{Value, json};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use zhifuyun::RequestOptions;
use zhifuyun::blocking::{Client, Items};
use zhifuyun::operations::{
    Args, CreateConversation, CreateTicket, GetConversation, GetStatistics, ListConversations, ListOperation,
    ListTickets, Operation, UpdateTicket,
};
use zhifuyun::pagination::Consistency;
use zhifuyun_contract::{
    Check, Host, Outcome, Projected, Walking, done, error, failed, keys, response, walked,
};

/// A blocking client; calls at the same time are made by as many threads.
struct Blocking(Client);

impl Host for Blocking {
    fn new(client: zhifuyun::Client) -> Self {
        Self(Client::new(client))
    }

    fn call(
        &self,
        name: &str,
        args: &Value,
        options: &Value,
        times: u64,
        parallel: u64,
    ) -> Check<Vec<Outcome>> {
        let (begun, outcomes) = (AtomicU64::new(0), Mutex::new(Vec::new()));
        std::thread::scope(|threads| {
            for _ in 0..parallel.min(times) {
                threads.spawn(|| {
                    while begun.fetch_add(1, Ordering::Relaxed) < times {
                        let outcome = call(&self.0, name, args, options);
                        outcomes.lock().expect("no other thread panics").push(outcome);
                    }
                });
            }
        });
        outcomes.into_inner().expect("all threads have ended").into_iter().collect()
    }

    fn iterate(&self, walking: &Walking<'_>) -> Check<Outcome> {
        let args = walking.args;
        let text = |key: &str| args.get(key).and_then(Value::as_str);
        let number = |key: &str| args.get(key).and_then(Value::as_u64).and_then(|n| u32::try_from(n).ok());
        let time = |key: &str| {
            text(key).map(|t| t.parse::<chrono::DateTime<chrono::Utc>>().map_err(|e| e.to_string()))
        };
        let options = overrides(walking.options)?;
        macro_rules! with {
            ($request:ident, $($name:ident: $value:expr),+) => {
                $(if let Some(value) = $value { $request = $request.$name(value); })+
            };
        }
        match walking.operation {
            "conversations.iter" => {
                keys("args", args, &["page", "limit", "status", "start_time", "end_time"])?;
                let mut request = self.0.conversations().list();
                with!(request, page: number("page"), limit: number("limit"), status: text("status"));
                with!(request, start_time: time("start_time").transpose()?, end_time: time("end_time").transpose()?);
                with!(request, timeout: options.timeout, max_retries: options.max_retries);
                iterate(request.iter(), walking)
            }
            "tickets.iter" => {
                keys("args", args, &["page", "limit", "status", "priority", "assignee_id"])?;
                let mut request = self.0.tickets().list();
                with!(request, page: number("page"), limit: number("limit"), status: text("status"));
                with!(request, priority: text("priority"), assignee_id: text("assignee_id"));
                with!(request, timeout: options.timeout, max_retries: options.max_retries);
                iterate(request.iter(), walking)
            }
            other => Err(format!("unknown iteration `{other}`")),
        }
    }
}

fn call(client: &Client, name: &str, args: &Value, options: &Value) -> Check<Outcome> {
    match name {
        "conversations.list" => execute::<ListConversations>(client, args, options),
        "conversations.get" => execute::<GetConversation>(client, args, options),
        "conversations.create" => execute::<CreateConversation>(client, args, options),
        "tickets.list" => execute::<ListTickets>(client, args, options),
        "tickets.create" => execute::<CreateTicket>(client, args, options),
        "tickets.update" => execute::<UpdateTicket>(client, args, options),
        "statistics.get" => execute::<GetStatistics>(client, args, options),
        "authenticate" => Ok(client.authenticate().map_or_else(|e| failed(&e), |()| done(json!({})))),
        "quota" => Ok(done(client.quota().project())),
        "close" => {
            client.close();
            Ok(done(json!({})))
        }
        other => Err(format!("unknown call `{other}`")),
    }
}

fn overrides(options: &Value) -> Check<RequestOptions> {
    keys("options", options, &["timeout", "max_retries"])?;
    let mut overrides = RequestOptions::default();
    overrides.timeout = options.get("timeout").and_then(Value::as_f64).map(Duration::from_secs_f64);
    overrides.max_retries =
        options.get("max_retries").and_then(Value::as_u64).and_then(|n| u32::try_from(n).ok());
    Ok(overrides)
}

fn execute<O: Operation>(client: &Client, args: &Value, options: &Value) -> Check<Outcome>
where
    O::Output: Projected,
{
    let options = overrides(options)?;
    let answer = Args::parse(&args.to_string(), None).and_then(|mut args| {
        let operation = O::from_args(&mut args)?;
        args.finish()?;
        client.execute(&operation, options)
    });
    Ok(answer.map_or_else(|e| failed(&e), |answer| done(response(&answer))))
}

fn iterate<O: ListOperation>(items: zhifuyun::Result<Items<O>>, walking: &Walking<'_>) -> Check<Outcome>
where
    O::Item: Projected,
{
    let walk = walking.walk;
    keys("walk", walk, &["consistency", "prefetch", "max_items"])?;
    let mut items = match items {
        Ok(items) => items,
        Err(e) => return Ok(failed(&e)),
    };
    items = match walk.get("consistency").and_then(Value::as_str) {
        None => items,
        Some("fast") => items.consistency(Consistency::Fast),
        Some("strict") => items.consistency(Consistency::Strict),
        Some(other) => return Err(format!("unknown consistency `{other}`")),
    };
    if let Some(pages) = walk.get("prefetch").and_then(Value::as_u64) {
        items = items.prefetch(usize::try_from(pages).unwrap_or(usize::MAX));
    }
    if let Some(most) = walk.get("max_items").and_then(Value::as_u64) {
        items = items.max_items(most);
    }
    let (mut seen, mut problem) = (Vec::new(), None);
    while walking.stop_after.is_none_or(|most| (seen.len() as u64) < most) {
        match items.next() {
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

#[test]
fn contract() {
    zhifuyun_contract::run::<Blocking>("rust-blocking");
}
