//! The first program without an async runtime. Reads the same variables as `first`.

// ANCHOR: first
fn main() -> zhifuyun::Result<()> {
    let client = zhifuyun::blocking::Client::from_env()?;
    for conversation in client.conversations().list().status("active").iter()? {
        println!("{}", conversation?.id);
    }
    let ticket = client.tickets().create("产品咨询", "想知道团队版怎么收费").priority("high").send()?;
    client.tickets().update(&ticket.id).status("resolved").comment("已电话答复").send()?;
    println!("resolved {}", ticket.id);
    Ok(())
}
// ANCHOR_END: first
