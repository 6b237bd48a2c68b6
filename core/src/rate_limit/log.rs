//! When the slots of past requests become free again.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// Release times are rounded up to this, so that the log holds at most some 3,000 runs however many requests
/// a minute sees. It costs 0.03 % of the quota at most.
const TICK_NANOS: u64 = 20_000_000;

/// All requests whose slots become free at the same tick.
#[derive(Debug)]
struct Run {
    tick: u64,
    /// How many entries the log ever had up to and including this run, so that "the k-th release" is a binary
    /// search.
    upto: u64,
}

/// A sorted multiset of release times with cheap "how many are left" and "when does the k-th go".
#[derive(Debug)]
pub(super) struct Log {
    epoch: Option<Instant>,
    runs: VecDeque<Run>,
    pushed: u64,
    gone: u64,
    forgiven: u64,
}

impl Log {
    pub(super) fn new() -> Self {
        Self { epoch: None, runs: VecDeque::new(), pushed: 0, gone: 0, forgiven: 0 }
    }

    /// Adds a slot that becomes free at `release`.
    pub(super) fn push(&mut self, release: Instant) {
        let epoch = *self.epoch.get_or_insert(release);
        let past = release.saturating_duration_since(epoch).as_nanos();
        let tick = u64::try_from(past).unwrap_or(u64::MAX).div_ceil(TICK_NANOS);
        self.pushed += 1;
        // Nearly always the end. Only what was lost shortly before lies behind the new entry.
        let mut at = self.runs.len();
        while let Some(run) = at.checked_sub(1).and_then(|i| self.runs.get_mut(i)) {
            if run.tick < tick {
                break;
            }
            run.upto += 1;
            if run.tick == tick {
                return;
            }
            at -= 1;
        }
        let before = at.checked_sub(1).and_then(|i| self.runs.get(i)).map_or(self.gone, |run| run.upto);
        self.runs.insert(at, Run { tick, upto: before + 1 });
    }

    /// Forgets what has become free by `now`.
    pub(super) fn purge(&mut self, now: Instant) {
        while let Some(run) = self.runs.front() {
            if self.at(run.tick).is_some_and(|release| release > now) {
                break;
            }
            self.gone = run.upto;
            self.runs.pop_front();
        }
    }

    /// Requests that the server may still be counting.
    pub(super) fn live(&self) -> u64 {
        self.pushed.saturating_sub(self.gone)
    }

    /// The live ones that still hold a slot.
    pub(super) fn binding(&self) -> u64 {
        self.pushed.saturating_sub(self.gone.max(self.forgiven))
    }

    /// What is in the log now stays known, but holds no slot any more: the server let a request pass that
    /// by this log it should have refused.
    pub(super) fn forgive(&mut self) {
        self.forgiven = self.pushed;
    }

    /// Takes [`forgive`](Self::forgive) back.
    pub(super) fn unforgive(&mut self) {
        self.forgiven = 0;
    }

    /// When `k` (from 1) of the binding slots will be free; `None` if there are fewer.
    pub(super) fn nth(&self, k: u64) -> Option<Instant> {
        let target = self.gone.max(self.forgiven).saturating_add(k);
        let i = self.runs.partition_point(|run| run.upto < target);
        self.runs.get(i).and_then(|run| self.at(run.tick))
    }

    fn at(&self, tick: u64) -> Option<Instant> {
        let offset = Duration::from_nanos(tick.saturating_mul(TICK_NANOS));
        self.epoch.and_then(|epoch| epoch.checked_add(offset))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_and_orders_releases() {
        let t = Instant::now();
        let ms = |n| t + Duration::from_millis(n);
        let mut log = Log::new();
        for release in [0, 100, 500, 200, 200, 190] {
            log.push(ms(release));
        }
        assert_eq!((log.live(), log.binding()), (6, 6));
        let order: Vec<_> = (1..=7).map(|k| log.nth(k)).collect();
        let want = [0, 100, 200, 200, 200, 500].map(|n| Some(ms(n)));
        assert_eq!(order, [want.as_slice(), &[None]].concat());
        log.purge(ms(199));
        assert_eq!(log.live(), 4);
        log.purge(ms(200));
        assert_eq!((log.live(), log.nth(1)), (1, Some(ms(500))));
        log.forgive();
        log.push(ms(700));
        assert_eq!((log.live(), log.binding(), log.nth(1)), (2, 1, Some(ms(700))));
        log.unforgive();
        assert_eq!((log.live(), log.binding(), log.nth(1)), (2, 2, Some(ms(500))));
    }

    #[test]
    fn a_slot_is_never_free_before_its_time() {
        let t = Instant::now();
        let mut log = Log::new();
        log.push(t);
        log.push(t + Duration::from_micros(20_001));
        assert_eq!(log.nth(2), Some(t + Duration::from_millis(40)));
    }

    #[test]
    fn memory_is_bounded() {
        let t = Instant::now();
        let mut log = Log::new();
        for i in 0..200_000_u64 {
            let now = t + Duration::from_micros(i * 500);
            log.purge(now);
            log.push(now + Duration::from_secs(60));
        }
        assert!(log.runs.len() <= 3_002, "{}", log.runs.len());
    }
}
