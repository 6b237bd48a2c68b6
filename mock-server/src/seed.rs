//! Generated data: the same seed gives the same bytes.

use std::borrow::Cow;
use std::sync::Arc;

use chrono::{DateTime, Datelike, TimeDelta, Timelike, Utc, Weekday};
use serde::{Deserialize, Serialize};

use crate::model::{Comment, Conversation, Ticket};
use crate::options::AnswerOptions;
use crate::rng::Rng;
use crate::seed_text as text;
use crate::state::{State, service_quality};

/// What to generate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SeedSpec {
    /// Chooses the data.
    pub seed: u64,
    /// How many conversations.
    pub conversations: u32,
    /// How many tickets.
    pub tickets: u32,
    /// The time before which everything was created. Without it, the time that a frozen clock was given,
    /// else the beginning of 2026: never the present, or no two runs would be the same.
    pub end: Option<DateTime<Utc>>,
    /// Over how many days.
    pub days: u32,
}

impl Default for SeedSpec {
    fn default() -> Self {
        Self { seed: 42, conversations: 0, tickets: 0, end: None, days: 180 }
    }
}

impl SeedSpec {
    /// What is wrong with it, if anything is.
    pub(crate) fn check(&self) -> Result<(), String> {
        if self.days == 0 || self.days > 3650 {
            return Err("seed.days must be between 1 and 3650".to_owned());
        }
        if self.conversations > 2_000_000 || self.tickets > 2_000_000 {
            return Err("seed.conversations and seed.tickets must be at most 2000000".to_owned());
        }
        self.end.map_or(Ok(()), |end| crate::time::check_clock("seed.end", end))
    }
}

/// 2026-01-01T00:00:00Z.
const DEFAULT_END: i64 = 1_767_225_600;

const CHANNELS: &[(&str, u64)] = &[("web", 38), ("wechat", 30), ("app", 18), ("phone", 8), ("email", 6)];
const TICKET_STATES: &[(&str, u64)] = &[("open", 18), ("pending", 14), ("resolved", 40), ("closed", 28)];
const TICKET_PRIORITIES: &[(&str, u64)] = &[("low", 25), ("medium", 48), ("high", 20), ("urgent", 7)];

/// Fills the state. `fallback_end` is the time that a frozen clock was given.
pub(crate) fn fill(
    state: &mut State,
    spec: &SeedSpec,
    fallback_end: Option<DateTime<Utc>>,
    options: &AnswerOptions,
) {
    let end = spec.end.or(fallback_end).or(DateTime::from_timestamp(DEFAULT_END, 0)).unwrap_or_default();
    let hours = Hours::new(end, spec.days);
    state.conversations.reserve(spec.conversations as usize);
    let mut rng = Rng::new(spec.seed, 1);
    let mut times = hours.spread(spec.conversations);
    for number in 1..=u64::from(spec.conversations) {
        let created = times.next(&mut rng);
        let item = conversation(number, created, end, &mut rng, options);
        state.put_conversation(item, options);
    }
    state.tickets.reserve(spec.tickets as usize);
    let mut rng = Rng::new(spec.seed, 2);
    let mut times = hours.spread(spec.tickets);
    for number in 1..=u64::from(spec.tickets) {
        let created = times.next(&mut rng);
        let item = ticket(number, created, end, &mut rng, options);
        state.put_ticket(item, options);
    }
    state.numbered(u64::from(spec.conversations), u64::from(spec.tickets));
}

fn conversation(
    number: u64,
    created: DateTime<Utc>,
    end: DateTime<Utc>,
    rng: &mut Rng,
    options: &AnswerOptions,
) -> Conversation {
    let id: Arc<str> = format!("conv_{number:06}").into();
    let (response_seconds, satisfied) = service_quality(&id);
    let minutes = 1 + rng.below(90);
    let updated = created + TimeDelta::seconds(i64::try_from(minutes * 60 + rng.below(60)).unwrap_or(60));
    // Old conversations are over; of the last day's, some still go on.
    let recent = end - created < TimeDelta::days(1);
    let active = rng.below(100) < if recent { 60 } else { 3 };
    Conversation {
        user_id: format!("user_{}", 1 + rng.below(20_000)).into(),
        channel: Cow::Borrowed(rng.weighted(CHANNELS, "web")),
        status: Cow::Borrowed(if active { "active" } else { "closed" }),
        created: options.timestamps.keep(created),
        updated: options.timestamps.keep(updated.min(end).max(created)),
        initial_message: Some(text::message(rng).into()),
        response_seconds,
        satisfied,
        extra: None,
        json: Box::default(),
        id,
    }
}

fn ticket(
    number: u64,
    created: DateTime<Utc>,
    end: DateTime<Utc>,
    rng: &mut Rng,
    options: &AnswerOptions,
) -> Ticket {
    let status = rng.weighted(TICKET_STATES, "open");
    let hours = if status == "open" { 0 } else { 1 + rng.below(96) };
    let updated = created + TimeDelta::minutes(i64::try_from(hours * 60 + rng.below(60)).unwrap_or(0));
    let updated = options.timestamps.keep(updated.min(end).max(created));
    let (title, description) = text::ticket(rng);
    let done = matches!(status, "resolved" | "closed");
    let comments = if done {
        vec![Comment { content: text::closing(rng).into(), created: updated }]
    } else {
        Vec::new()
    };
    Ticket {
        id: format!("ticket_{number:06}").into(),
        title: title.into(),
        description: description.into(),
        status: Cow::Borrowed(status),
        priority: Cow::Borrowed(rng.weighted(TICKET_PRIORITIES, "medium")),
        assignee_id: (status != "open" || rng.below(3) == 0).then(|| Cow::Borrowed(rng.pick(text::AGENTS))),
        customer_email: Some(text::email(rng).into()),
        created: options.timestamps.keep(created),
        updated,
        comments,
        extra: None,
        json: Box::default(),
    }
}

/// How busy each hour of the span was: days and working hours more than nights and weekends.
struct Hours {
    start: DateTime<Utc>,
    /// Load up to and including each hour.
    sums: Vec<f64>,
}

impl Hours {
    fn new(end: DateTime<Utc>, days: u32) -> Self {
        let start = end - TimeDelta::days(i64::from(days));
        let mut sum = 0.0;
        let sums = (0..i64::from(days) * 24)
            .map(|hour| {
                // Customers live at UTC+8.
                let local = start + TimeDelta::hours(hour + 8);
                let load = match local.hour() {
                    0..=6 => 0.5,
                    7..=8 | 22..=23 => 2.0,
                    12..=13 | 18..=21 => 5.0,
                    _ => 8.0,
                };
                let weekend = matches!(local.weekday(), Weekday::Sat | Weekday::Sun);
                sum += if weekend { load * 0.55 } else { load };
                sum
            })
            .collect();
        Self { start, sums }
    }

    fn spread(&self, count: u32) -> Spread<'_> {
        Spread { hours: self, count, done: 0, hour: 0 }
    }
}

/// Rising times, as dense as the hours are busy.
struct Spread<'a> {
    hours: &'a Hours,
    count: u32,
    done: u32,
    hour: usize,
}

impl Spread<'_> {
    fn next(&mut self, rng: &mut Rng) -> DateTime<Utc> {
        let total = self.hours.sums.last().copied().unwrap_or(1.0);
        let load = (f64::from(self.done) + rng.fraction()) / f64::from(self.count.max(1)) * total;
        self.done += 1;
        let sum = |hour: usize| self.hours.sums.get(hour).copied().unwrap_or(total);
        while self.hour + 1 < self.hours.sums.len() && sum(self.hour) < load {
            self.hour += 1;
        }
        let before = self.hour.checked_sub(1).map_or(0.0, sum);
        let share = ((load - before) / (sum(self.hour) - before).max(f64::EPSILON)).clamp(0.0, 0.999_999);
        let seconds = (self.hour as f64 + share) * 3600.0;
        self.hours.start + TimeDelta::milliseconds((seconds * 1000.0) as i64)
    }
}
