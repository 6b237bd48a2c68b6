//! The main job: token, create, iterate, ticket, statistics. Configured by ZHIFUYUN_CLIENT_ID,
//! ZHIFUYUN_CLIENT_SECRET and, for a local server, ZHIFUYUN_BASE_URL.

#![allow(clippy::print_stdout)]

use futures_util::TryStreamExt as _;
use zhifuyun::Client;
use zhifuyun::operations::{GroupBy, StatisticsType};

#[tokio::main(flavor = "current_thread")]
async fn main() -> zhifuyun::Result<()> {
    let client = Client::from_env()?;

    let created =
        client.conversations().create("user_123", "web").initial_message("你好，今天有人值班吗").await?;
    println!("created {}", created.id);

    let mut active = client.conversations().list().status("active").iter();
    let mut count = 0;
    while let Some(conversation) = active.try_next().await? {
        count += usize::from(conversation.user_id.is_some());
    }
    println!("{count} active conversations in {} requests", active.report().requests);

    let ticket = client.tickets().create("产品咨询", "想知道团队版怎么收费").priority("medium").await?;
    let ticket = client.tickets().update(&ticket.id).status("resolved").comment("已电话答复").await?;
    println!("{} is {:?}", ticket.id, ticket.status);

    let statistics = client.statistics().get().kind(StatisticsType::Ticket).group_by(GroupBy::Month).await?;
    println!("{:?} tickets over {} months", statistics.total_tickets, statistics.trends.len());
    Ok(())
}
