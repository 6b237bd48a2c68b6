//! Writes all tickets to a CSV file: `export_tickets tickets.csv`.

use std::time::Instant;
use zhifuyun::blocking::Client;
use zhifuyun::models::Ticket;
use zhifuyun::pagination::Consistency;

const COLUMNS: [&str; 8] =
    ["id", "title", "status", "priority", "assignee_id", "customer_email", "created_at", "updated_at"];

fn row(ticket: &Ticket) -> [String; 8] {
    let text = |value: &Option<String>| guard(value.as_deref().unwrap_or_default());
    let time =
        |value: Option<chrono::DateTime<chrono::Utc>>| value.map(|t| t.to_rfc3339()).unwrap_or_default();
    [
        guard(&ticket.id),
        text(&ticket.title),
        ticket.status.as_ref().map(|s| guard(s.as_str())).unwrap_or_default(),
        ticket.priority.as_ref().map(|p| guard(p.as_str())).unwrap_or_default(),
        text(&ticket.assignee_id),
        text(&ticket.customer_email),
        time(ticket.created_at),
        time(ticket.updated_at),
    ]
}

/// A cell that begins like a formula would run as one when a spreadsheet opens the file.
fn guard(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{text}") } else { text.to_owned() }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args().nth(1).unwrap_or_else(|| "tickets.csv".to_owned());
    let client = Client::from_env()?;
    let begin = Instant::now();
    let mut file = csv::Writer::from_path(&path)?;
    file.write_record(COLUMNS)?;
    // Strict: a ticket that is there during the whole export is in it, or `complete` is false.
    let mut tickets = client.tickets().list().iter()?.consistency(Consistency::Strict);
    let mut count = 0;
    for ticket in tickets.by_ref() {
        file.write_record(row(&ticket?))?;
        count += 1;
    }
    file.flush()?;
    let report = tickets.report();
    println!(
        "{count} tickets in {path}, {} requests, {:.1} s, complete: {}",
        report.requests,
        begin.elapsed().as_secs_f64(),
        report.complete
    );
    Ok(())
}
