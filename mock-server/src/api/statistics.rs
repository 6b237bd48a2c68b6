//! Statistics, counted from the state.

use serde::Serialize;

use super::Call;
use super::input::Query;
use super::reply::{ApiError, Success};
use crate::model::with_extra;
use crate::stats::{GroupBy, Tally};
use crate::sync::read;

/// What can be counted.
const TYPES: &[&str] = &["conversation", "ticket", "satisfaction"];
/// How counts can be grouped.
const GROUPS: &[&str] = &["day", "week", "month"];

#[derive(Serialize)]
struct Data {
    total_conversations: u64,
    total_tickets: u64,
    avg_response_time: u64,
    satisfaction_rate: f64,
    trends: Vec<Trend>,
}

#[derive(Serialize)]
struct Trend {
    date: String,
    conversations: u64,
    tickets: u64,
}

pub(crate) fn get(call: &Call) -> Result<Success, ApiError> {
    let mut query = Query::new(call.query());
    let kind = query.choice("type", TYPES);
    let from = query.date("start_date");
    let until = query.date("end_date");
    query.ordered(("start_date", from), ("end_date", until));
    let group = match query.choice("group_by", GROUPS) {
        Some("week") => GroupBy::Week,
        Some("month") => GroupBy::Month,
        _ => GroupBy::Day,
    };
    query.finish()?;

    let (total, groups) = read(&call.world.state).stats.report(from, until, group);
    let trends = groups
        .iter()
        .map(|(date, tally)| (date, counted(tally, kind)))
        .filter(|(_, (conversations, tickets))| conversations + tickets > 0)
        .map(|(date, (conversations, tickets))| Trend { date: date.to_string(), conversations, tickets })
        .collect();
    let data = Data {
        total_conversations: total.conversations,
        total_tickets: total.tickets,
        avg_response_time: average(&total),
        satisfaction_rate: rate(&total),
        trends,
    };
    let data = serde_json::to_string(&data).map_err(|error| ApiError::new(500, error.to_string()))?;
    let extra = call.options.answers.extra_fields.statistics.as_ref();
    Ok(Success::enveloped(200, &with_extra(data, [extra, None])))
}

/// What a type counts in the trends: everything without one; rated conversations for satisfaction.
fn counted(tally: &Tally, kind: Option<&str>) -> (u64, u64) {
    match kind {
        Some("conversation") => (tally.conversations, 0),
        Some("ticket") => (0, tally.tickets),
        Some("satisfaction") => (tally.rated, 0),
        _ => (tally.conversations, tally.tickets),
    }
}

/// Mean of the seconds until the first answer, rounded.
fn average(total: &Tally) -> u64 {
    let half = total.conversations / 2;
    (total.response_seconds + half).checked_div(total.conversations).unwrap_or(0)
}

/// Share of satisfied customers among the closed conversations, to four places.
fn rate(total: &Tally) -> f64 {
    if total.rated == 0 {
        return 0.0;
    }
    (total.satisfied as f64 / total.rated as f64 * 10_000.0).round() / 10_000.0
}
