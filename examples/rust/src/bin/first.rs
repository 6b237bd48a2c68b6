//! The first program: all active conversations, then a ticket. Reads ZHIFUYUN_CLIENT_ID,
//! ZHIFUYUN_CLIENT_SECRET and, for a local server, ZHIFUYUN_BASE_URL.

// ANCHOR: first
use futures_util::TryStreamExt as _;

#[tokio::main]
async fn main() -> zhifuyun::Result<()> {
    let client = zhifuyun::Client::from_env()?;
    let mut active = client.conversations().list().status("active").iter();
    while let Some(conversation) = active.try_next().await? {
        println!("{} {:?}", conversation.id, conversation.created_at);
    }
    let ticket = client.tickets().create("产品咨询", "想知道团队版怎么收费").priority("high").await?;
    client.tickets().update(&ticket.id).status("resolved").comment("已电话答复").await?;
    println!("resolved {}", ticket.id);
    Ok(())
}
// ANCHOR_END: first
