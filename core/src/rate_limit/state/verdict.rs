//! The decision: go, or wait until when and why. Reads the state and changes nothing.

use super::{CATCH_UP, MAX_PAUSE, State, WINDOW, before};
use crate::rate_limit::{Admission, Class, WaitCause};
use std::time::{Duration, Instant};

impl State {
    /// May the one of this class with `position` others ahead leave now, and if not, when may it ask again?
    pub(in crate::rate_limit) fn verdict(&self, class: Class, position: u64, now: Instant) -> Admission {
        let rank = match class {
            Class::Interactive => position,
            Class::Bulk => position.saturating_add(self.interactive.len()),
        };
        let limit = self.ceiling.now(now);
        let turns = |from: Instant, gap: Duration| from + gap.saturating_mul(saturating(rank)).min(MAX_PAUSE);
        let wait = |until: Instant, not_before: Instant, cause| {
            let until = until.max(now + Duration::from_millis(1));
            Admission::Wait { until, not_before: not_before.clamp(now, until), cause }
        };
        let gap = limit.map_or(Duration::from_millis(10), |limit| self.interval(limit));
        let patience = (self.latency * 2).clamp(Duration::from_millis(50), Duration::from_secs(1));

        if let Some(pause) = &self.pause {
            if pause.probing.is_some_and(|until| now < until) {
                return wait(turns(now + patience, gap), now, pause.cause);
            }
            if now < pause.at {
                return wait(turns(pause.at, gap), pause.at, pause.cause);
            }
            // Whoever asks first may probe, so that one who never asks cannot hold up the rest. A limit that
            // was told still binds the probe; a learned one does not, it may be what is wrong.
            return match self.ceiling.plan() {
                Some(plan) if self.log.binding() + self.busy() >= plan => {
                    let k = self.log.binding() + self.busy() + 1 - plan;
                    let free = self.release(k, plan, now);
                    wait(turns(free, gap), free, WaitCause::Plan)
                }
                _ => Admission::Go,
            };
        }
        // The plan first, so that a wait for it is never taken for one that is only politeness.
        let due = limit.and_then(|limit| self.bulk_is_due(limit, now));
        let overdue = due.is_some_and(|at| at <= now);
        if let Some(limit) = limit {
            let ahead = match class {
                Class::Interactive => position + u64::from(overdue),
                Class::Bulk if overdue && position == 0 => 0,
                Class::Bulk => rank + self.kept_back(limit),
            };
            let held = self.log.binding() + self.busy();
            if held + ahead >= limit {
                let mut until = self.release(held + ahead + 1 - limit, limit, now);
                let mut free = self.release((held + 1).saturating_sub(limit), limit, now);
                if let Some(due) = due.filter(|_| class == Class::Bulk && position == 0) {
                    until = until.min(due.max(free));
                }
                if self.ceiling.is_growing() {
                    let grown = Duration::from_secs(5).saturating_mul(saturating(rank + 1)).min(WINDOW);
                    until = until.min(now + grown);
                    free = now;
                }
                return wait(until, free, WaitCause::Plan);
            }
        }
        if self.busy().saturating_add(rank) >= self.crowd(limit, now) {
            return wait(turns(now + patience, Duration::from_millis(10)), now, WaitCause::Pace);
        }
        if let Some(gentle) = &self.gentle {
            // Only single calls come closer and closer together; bulk keeps its even pace.
            let extra = match class {
                Class::Interactive => Duration::ZERO,
                Class::Bulk => gap.saturating_sub(gentle.interval),
            };
            let slot = turns(self.next_slot.map_or(now, |slot| slot + extra), gentle.interval);
            if slot > now {
                return wait(slot, now, WaitCause::Pace);
            }
        }
        if let Some(limit) = limit.filter(|_| class == Class::Bulk && self.gentle.is_none() && !overdue) {
            let earliest = self.next_slot.map_or(now, |slot| slot.max(before(now, CATCH_UP)));
            let slot = earliest + self.interval(limit).saturating_mul(saturating(position)).min(MAX_PAUSE);
            if slot > now {
                return wait(slot, now, WaitCause::Pace);
            }
        }
        Admission::Go
    }

    /// How many may be in flight: those beyond the first would all be wasted if the limit is nearer than it
    /// seems.
    fn crowd(&self, limit: Option<u64>, now: Instant) -> u64 {
        // After a refusal that said nothing it may be nearer than anybody thinks.
        let first = if self.ceiling.is_surprised(now) { 12 } else { 32 };
        let unproven = match limit {
            None if self.ceiling.is_unlearned() => first + self.log.live() / 10,
            // Twice what the limit and the latency need.
            Some(limit) if self.ceiling.is_growing() => {
                let needed = limit.saturating_mul(self.latency.min(WINDOW).as_millis() as u64) / 60_000;
                4 + limit / 50 + needed * 2
            }
            Some(_) if self.born.is_none_or(|born| now.saturating_duration_since(born) < WINDOW) => {
                first + self.log.live() / 4
            }
            _ => u64::MAX,
        };
        self.ramp.map_or(unproven, |ramp| ramp.min(unproven))
    }

    /// When the `k`-th slot from now becomes free, at the earliest.
    fn release(&self, k: u64, limit: u64, now: Instant) -> Instant {
        if k == 0 {
            return now;
        }
        self.log.nth(k).unwrap_or_else(|| {
            let beyond = k.saturating_sub(self.log.binding()).saturating_sub(1);
            let windows = 1 + beyond / limit.max(1);
            now + WINDOW.saturating_mul(saturating(windows)).min(MAX_PAUSE)
        })
    }
}

fn saturating(n: u64) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}
