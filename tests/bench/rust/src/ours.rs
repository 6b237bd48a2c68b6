//! This library, asynchronous and blocking.

use crate::{Contender, Fail, Job};
use futures_util::TryStreamExt as _;
use tokio::runtime::Runtime;
use zhifuyun::models::{Conversation, Page};
use zhifuyun::rate_limit::Plan;
use zhifuyun::{Client, Response};

fn client(url: &str) -> Result<Client, Fail> {
    Ok(Client::builder().client_id("bench").client_secret("bench").base_url(url).plan(Plan::Off).build()?)
}

fn read(c: &Conversation) -> u64 {
    let text = |t: Option<&str>| t.map_or(0, str::len);
    let length = c.id.len()
        + text(c.user_id.as_deref())
        + text(c.channel.as_ref().map(|c| c.as_str()))
        + text(c.status.as_ref().map(|s| s.as_str()));
    let time = |t: Option<chrono::DateTime<chrono::Utc>>| t.map_or(0, |t| t.timestamp());
    length as u64 + (time(c.created_at) + time(c.updated_at)).unsigned_abs()
}

fn read_one(answer: &Response<Conversation>) -> u64 {
    answer.meta().code.unwrap_or(0).unsigned_abs() + read(answer)
}

fn read_page(answer: &Response<Page<Conversation>>) -> u64 {
    let code = answer.meta().code.unwrap_or(0).unsigned_abs();
    code + answer.total.unwrap_or(0) + answer.items.iter().map(read).sum::<u64>()
}

pub struct Async {
    runtime: Runtime,
    client: Client,
    url: String,
    held: Vec<Response<Page<Conversation>>>,
}

impl Async {
    pub fn new(url: &str) -> Result<Self, Fail> {
        let runtime = Runtime::new()?;
        Ok(Self { runtime, client: client(url)?, url: url.to_owned(), held: Vec::new() })
    }

    fn many(&self, count: usize, pages: bool) -> Result<u64, Fail> {
        self.runtime.block_on(async {
            let tasks = (0..64).map(|n| {
                let (client, own) = (self.client.clone(), count / 64 + usize::from(n < count % 64));
                tokio::spawn(async move {
                    let mut sum = 0;
                    for _ in 0..own {
                        sum += if pages {
                            read_page(&client.conversations().list().page(1).limit(100).await?)
                        } else {
                            read_one(&client.conversations().get("conv_1").await?)
                        };
                    }
                    Ok::<u64, Fail>(sum)
                })
            });
            let mut sum = 0;
            for task in tasks.collect::<Vec<_>>() {
                sum += task.await??;
            }
            Ok(sum)
        })
    }

    async fn walk(&self, prefetch: usize) -> Result<u64, Fail> {
        let mut items = self.client.conversations().iter().prefetch(prefetch);
        let mut sum = 0;
        while let Some(item) = items.try_next().await? {
            sum += read(&item);
        }
        Ok(sum)
    }
}

impl Contender for Async {
    fn run(&mut self, job: &Job) -> Result<u64, Fail> {
        let conversations = self.client.conversations();
        let mut sum = 0;
        match job.workload.as_str() {
            "small" => self.runtime.block_on(async {
                for _ in 0..job.count {
                    sum += read_one(&conversations.get("conv_1").await?);
                }
                Ok(sum)
            }),
            "page" => self.runtime.block_on(async {
                for _ in 0..job.count {
                    sum += read_page(&conversations.list().page(1).limit(100).await?);
                }
                Ok(sum)
            }),
            "small-64" => self.many(job.count, false),
            "page-64" => self.many(job.count, true),
            "walk" | "walk-prefetch" => {
                let prefetch = if job.workload == "walk" { 0 } else { 4 };
                for _ in 0..job.count {
                    sum += self.runtime.block_on(self.walk(prefetch))?;
                }
                Ok(sum)
            }
            "hold" => {
                for _ in 0..job.count {
                    self.held.push(self.runtime.block_on(conversations.list().page(1).limit(100).send())?);
                }
                Ok(self.held.iter().map(read_page).sum())
            }
            "clients" => {
                for _ in 0..job.count {
                    std::hint::black_box(client(&self.url)?);
                }
                Ok(0)
            }
            other => Err(format!("no workload {other}").into()),
        }
    }
}

pub struct Blocking(zhifuyun::blocking::Client);

impl Blocking {
    pub fn new(url: &str) -> Result<Self, Fail> {
        Ok(Self(zhifuyun::blocking::Client::new(client(url)?)))
    }

    fn small(&self, count: usize) -> Result<u64, Fail> {
        (0..count).map(|_| Ok(read_one(&self.0.conversations().get("conv_1").send()?))).sum()
    }

    fn pages(&self, count: usize) -> Result<u64, Fail> {
        (0..count).map(|_| Ok(read_page(&self.0.conversations().list().page(1).limit(100).send()?))).sum()
    }
}

impl Contender for Blocking {
    fn run(&mut self, job: &Job) -> Result<u64, Fail> {
        match job.workload.as_str() {
            "small" => self.small(job.count),
            "page" => self.pages(job.count),
            "small-64" => crate::peers::threads(job.count, |n| self.small(n)),
            "page-64" => crate::peers::threads(job.count, |n| self.pages(n)),
            other => Err(format!("no workload {other}").into()),
        }
    }
}
