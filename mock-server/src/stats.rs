//! Counts per day, kept up to date with every change, so that statistics never walk the items.

use std::collections::BTreeMap;

use chrono::{Datelike, NaiveDate, TimeDelta};

use crate::model::{Conversation, Ticket};
use crate::time::from_millis;

/// What happened to the items created on one day (UTC).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) conversations: u64,
    pub(crate) tickets: u64,
    /// Sum of the seconds until the first answer, over all conversations.
    pub(crate) response_seconds: u64,
    /// Closed conversations: only those have a rating.
    pub(crate) rated: u64,
    pub(crate) satisfied: u64,
}

impl Tally {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    fn join(&mut self, other: &Self) {
        self.conversations += other.conversations;
        self.tickets += other.tickets;
        self.response_seconds += other.response_seconds;
        self.rated += other.rated;
        self.satisfied += other.satisfied;
    }
}

/// How trends are put together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum GroupBy {
    Day,
    Week,
    Month,
}

impl GroupBy {
    /// The first day of the group that `date` falls into; weeks begin on Monday.
    fn start(self, date: NaiveDate) -> NaiveDate {
        match self {
            Self::Day => date,
            Self::Week => {
                let back = TimeDelta::days(i64::from(date.weekday().num_days_from_monday()));
                date.checked_sub_signed(back).unwrap_or(date)
            }
            Self::Month => date.with_day(1).unwrap_or(date),
        }
    }
}

/// Tallies of all days on which something was created.
#[derive(Debug, Clone, Default)]
pub(crate) struct Stats {
    days: BTreeMap<NaiveDate, Tally>,
}

impl Stats {
    /// Counts a conversation in, or out again with `sign` -1.
    pub(crate) fn conversation(&mut self, item: &Conversation, sign: i64) {
        let closed = item.status == "closed";
        self.change(item.created, |day| {
            step(&mut day.conversations, sign);
            step(&mut day.response_seconds, sign * i64::from(item.response_seconds));
            step(&mut day.rated, sign * i64::from(closed));
            step(&mut day.satisfied, sign * i64::from(closed && item.satisfied));
        });
    }

    /// Counts a ticket in, or out again with `sign` -1.
    pub(crate) fn ticket(&mut self, item: &Ticket, sign: i64) {
        self.change(item.created, |day| step(&mut day.tickets, sign));
    }

    fn change(&mut self, created: i64, change: impl FnOnce(&mut Tally)) {
        let date = from_millis(created).date_naive();
        let day = self.days.entry(date).or_default();
        change(day);
        if day.is_empty() {
            self.days.remove(&date);
        }
    }

    /// The sum over all days between the bounds (inclusive), and the groups that are not empty.
    pub(crate) fn report(
        &self,
        from: Option<NaiveDate>,
        until: Option<NaiveDate>,
        group: GroupBy,
    ) -> (Tally, BTreeMap<NaiveDate, Tally>) {
        let (mut total, mut groups) = (Tally::default(), BTreeMap::<NaiveDate, Tally>::new());
        let from = from.unwrap_or(NaiveDate::MIN);
        let until = until.unwrap_or(NaiveDate::MAX);
        if from <= until {
            for (date, day) in self.days.range(from..=until) {
                total.join(day);
                groups.entry(group.start(*date)).or_default().join(day);
            }
        }
        (total, groups)
    }
}

fn step(count: &mut u64, by: i64) {
    *count = count.saturating_add_signed(by);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_begin_on_monday_and_on_the_first() {
        let sunday = NaiveDate::from_ymd_opt(2026, 11, 22).unwrap();
        assert_eq!(GroupBy::Week.start(sunday), NaiveDate::from_ymd_opt(2026, 11, 16).unwrap());
        assert_eq!(GroupBy::Month.start(sunday), NaiveDate::from_ymd_opt(2026, 11, 1).unwrap());
        assert_eq!(GroupBy::Day.start(sunday), sunday);
    }
}
