//! A report over a period with a chart: `statistics_report 2025-10-01 2025-12-31 week`.

use chrono::NaiveDate;
use zhifuyun::blocking::Client;
use zhifuyun::operations::StatisticsType;

const WIDTH: u64 = 40;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [start, end, step] = arguments.as_slice() else {
        return Err("usage: statistics_report START END day|week|month, with dates such as 2025-10-01".into());
    };
    let client = Client::from_env()?;
    let statistics = client
        .statistics()
        .get()
        .kind(StatisticsType::Ticket)
        .between(start.parse::<NaiveDate>()?, end.parse::<NaiveDate>()?)
        .group_by(step.as_str())
        .send()?;

    println!("{start} to {end}, by {step}");
    for (name, value) in [
        ("conversations", statistics.total_conversations.map(|n| n.to_string())),
        ("tickets", statistics.total_tickets.map(|n| n.to_string())),
        ("average response time", statistics.avg_response_time.map(|n| format!("{n:.1}"))),
        ("satisfaction rate", statistics.satisfaction_rate.map(|n| format!("{:.1} %", n * 100.0))),
    ] {
        println!("{name:<22}{:>10}", value.unwrap_or_else(|| "-".to_owned()));
    }

    println!();
    let most = statistics.trends.iter().filter_map(|t| t.tickets).max().unwrap_or(0).max(1);
    for trend in &statistics.trends {
        let tickets = trend.tickets.unwrap_or(0);
        let bar = "█".repeat(usize::try_from((tickets * WIDTH).div_ceil(most))?);
        let date = trend.date.map(|d| d.to_string()).unwrap_or_default();
        println!("{date:<12}{tickets:>6} {bar}");
    }
    Ok(())
}
