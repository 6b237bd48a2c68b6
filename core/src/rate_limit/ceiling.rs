//! How many requests per window the client allows itself.

use super::Plan;
use std::time::{Duration, Instant};

/// What the document names.
const PLANS: [f64; 2] = [SMALLEST, 1000.0];
const SMALLEST: f64 = 100.0;
/// A refusal after less than this share of the quota says that somebody else uses it, or that the server is busy:
/// the limit is not what was met.
const TELLING: f64 = 0.2;
/// A second one within so long, which may contain a pause of a minute, is no accident.
const AGAIN: Duration = Duration::from_secs(120);
/// A learned number this close to a plan is taken for the plan.
const CLOSE: f64 = 0.1;
/// How long a plan that turned out wrong is not guessed again.
const DOUBT: Duration = Duration::from_secs(600);
const HOLD_MIN: Duration = Duration::from_secs(30);
const HOLD_PLAN: Duration = Duration::from_secs(600);
const HOLD_MAX: Duration = Duration::from_secs(3600);

/// Below what was refused, and the way back up.
#[derive(Debug, Clone, Copy)]
struct Level {
    /// Right after the refusal.
    base: f64,
    /// What was refused last; reached soon, then held, then exceeded slowly.
    top: f64,
    since: Instant,
    hold: Duration,
}

/// The limit in force: the plan's, or one learned from 429s, growing back as in CUBIC congestion control.
#[derive(Debug)]
pub(super) struct Ceiling {
    plan: Option<f64>,
    learns: bool,
    learned: Learned,
    /// What was known before the last refusal.
    before: Learned,
}

/// What refusals have taught.
#[derive(Debug, Clone, Copy, Default)]
struct Learned {
    level: Option<Level>,
    /// When a plan that was guessed turned out wrong.
    doubted: Option<Instant>,
    /// When a refusal last said nothing.
    surprised: Option<Instant>,
}

impl Ceiling {
    pub(super) fn new(plan: Plan) -> Self {
        let (plan, learns) = match plan {
            Plan::Free => (Some(100.0), true),
            Plan::Enterprise => (Some(1000.0), true),
            Plan::PerMinute(n) => (Some(f64::from(n.max(1))), true),
            Plan::Auto => (None, true),
            Plan::Off => (None, false),
        };
        Self { plan, learns, learned: Learned::default(), before: Learned::default() }
    }

    /// The plan was told, not learned.
    pub(super) fn is_known(&self) -> bool {
        self.plan.is_some()
    }

    /// `auto` that has not learned a limit yet.
    pub(super) fn is_unlearned(&self) -> bool {
        self.learns && self.plan.is_none() && self.learned.level.is_none()
    }

    /// A refusal said nothing a while ago: perhaps the next one does.
    pub(super) fn is_surprised(&self, now: Instant) -> bool {
        self.learned.surprised.is_some_and(|at| now.saturating_duration_since(at) < AGAIN)
    }

    /// It is below where it could be, so slots appear without any being released.
    pub(super) fn is_growing(&self) -> bool {
        self.learned.level.is_some()
    }

    /// The plan's number, if told.
    pub(super) fn plan(&self) -> Option<u64> {
        self.plan.map(whole)
    }

    /// Requests per window now; `None` without limit.
    pub(super) fn now(&self, now: Instant) -> Option<u64> {
        let level = self.learned.level.map(|level| level.at(now));
        match (self.plan, level) {
            (Some(plan), Some(level)) => Some(whole(level.min(plan))),
            (Some(only), None) | (None, Some(only)) => Some(whole(only)),
            (None, None) => None,
        }
    }

    /// A request was refused although this ceiling allowed it. `own` requests were answered in the window.
    pub(super) fn refused(&mut self, own: u64, now: Instant) {
        if !self.learns {
            return;
        }
        self.before = self.learned;
        let own = f64::from(u32::try_from(own).unwrap_or(u32::MAX));
        let limit = self.now(now).map(|n| f64::from(u32::try_from(n).unwrap_or(u32::MAX)));
        // No plan is smaller than the smallest.
        let before = limit.or((own < SMALLEST).then_some(SMALLEST));
        if before.is_some_and(|b| own < b * TELLING) {
            let again = self.is_surprised(now);
            self.learned.surprised = Some(now);
            if !again {
                return;
            }
        }
        // The own count alone may span two windows of the server and be too high again and again, hence the
        // second bound. It may also be next to nothing when somebody else used up the window once, hence the
        // floor.
        let mut top = before.map_or(own, |b| own.min(b * 0.95).max(b / 2.0).max(1.0));
        let last = self.learned.level;
        let mut base = (top * 0.95).max(1.0);
        let mut hold = Duration::ZERO;
        if self.plan.is_none() {
            if last.is_some_and(|l| PLANS.contains(&l.top))
                && limit.zip(last).is_some_and(|(b, l)| b <= l.top)
            {
                self.learned.doubted = Some(now);
            }
            let doubts = self.learned.doubted.is_some_and(|at| now.saturating_duration_since(at) < DOUBT);
            if let Some(plan) = PLANS.into_iter().find(|p| !doubts && (top / p - 1.0).abs() <= CLOSE) {
                (top, base, hold) = (plan, plan, HOLD_PLAN);
            }
        }
        // The same place again: look beyond it less often.
        if let Some(last) = last.filter(|l| (top / l.top - 1.0).abs() <= 0.15) {
            hold = hold.max(last.hold.saturating_mul(2).clamp(HOLD_MIN, HOLD_MAX));
        }
        self.learned.level = Some(Level { base, top, since: now, hold });
    }

    /// The last refusal again, after more answers to requests from before it have come in.
    pub(super) fn revise(&mut self, own: u64, now: Instant) {
        self.learned = self.before;
        self.refused(own, now);
    }

    /// Forgets a level that has grown past the plan.
    pub(super) fn settle(&mut self, now: Instant) {
        if self.plan.zip(self.learned.level).is_some_and(|(plan, level)| level.at(now) >= plan) {
            self.learned.level = None;
        }
    }
}

impl Level {
    /// Steeply back to `top`, flat around it, then ever faster beyond: a tenth in the first minute, four fifths
    /// in the second.
    fn at(&self, now: Instant) -> f64 {
        let steepness = 0.1 * self.top.max(100.0) / 60_f64.powi(3);
        let climb = ((self.top - self.base).max(0.0) / steepness).cbrt();
        let t = now.saturating_duration_since(self.since).as_secs_f64();
        let x = if t < climb { t - climb } else { (t - climb - self.hold.as_secs_f64()).max(0.0) };
        self.top + steepness * x.powi(3)
    }
}

/// Rounds down, at least 1.
fn whole(x: f64) -> u64 {
    x.clamp(1.0, f64::from(u32::MAX)) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(s: u64) -> Instant {
        static START: std::sync::OnceLock<Instant> = std::sync::OnceLock::new();
        *START.get_or_init(Instant::now) + Duration::from_secs(s)
    }

    #[test]
    fn plans() {
        for (plan, limit) in
            [(Plan::Free, Some(100)), (Plan::Enterprise, Some(1000)), (Plan::PerMinute(7), Some(7))]
        {
            assert_eq!(Ceiling::new(plan).now(at(0)), limit);
        }
        assert_eq!(Ceiling::new(Plan::PerMinute(0)).now(at(0)), Some(1));
        assert_eq!(Ceiling::new(Plan::Auto).now(at(0)), None);
        let mut off = Ceiling::new(Plan::Off);
        off.refused(50, at(0));
        assert_eq!(off.now(at(0)), None);
    }

    #[test]
    fn auto_snaps_and_looks_beyond_a_plan_ever_less_often() {
        for (own, want) in [(91, 100), (108, 100), (1040, 1000), (300, 285), (85, 80), (45, 47)] {
            let mut auto = Ceiling::new(Plan::Auto);
            auto.refused(own, at(0));
            assert_eq!(auto.now(at(0)), Some(want), "{own}");
        }
        let mut auto = Ceiling::new(Plan::Auto);
        auto.refused(103, at(0));
        assert_eq!(auto.now(at(600)), Some(100));
        assert_eq!(auto.now(at(660)), Some(110));
        auto.refused(101, at(660));
        assert_eq!(auto.now(at(660 + 1200)), Some(100));
        assert_eq!(auto.now(at(660 + 1270)), Some(115));
    }

    #[test]
    fn auto_drops_a_wrong_guess() {
        let mut auto = Ceiling::new(Plan::Auto);
        auto.refused(95, at(0));
        assert_eq!(auto.now(at(0)), Some(100));
        auto.refused(92, at(60));
        assert_eq!(auto.now(at(60)), Some(87));
        // Too high: comes down even if the own count says otherwise.
        let mut auto = Ceiling::new(Plan::Auto);
        auto.refused(160, at(0));
        auto.refused(160, at(0));
        assert!(auto.now(at(0)).is_some_and(|n| n < 150));
    }

    #[test]
    fn one_refusal_with_little_used_says_nothing_and_a_second_one_soon_does() {
        for (plan, before, after) in [
            (Plan::Auto, None, Some(47)),
            (Plan::Free, Some(100), Some(47)),
            (Plan::PerMinute(10), Some(10), Some(4)),
        ] {
            let mut ceiling = Ceiling::new(plan);
            ceiling.refused(1, at(0));
            assert_eq!((ceiling.now(at(0)), ceiling.is_growing()), (before, false), "{plan:?}");
            ceiling.refused(0, at(130));
            assert_eq!(ceiling.now(at(130)), before, "{plan:?}: long ago");
            ceiling.refused(1, at(190));
            assert_eq!(ceiling.now(at(190)), after, "{plan:?}");
        }
        // More may turn out to have been used than was known at first.
        let mut auto = Ceiling::new(Plan::Auto);
        auto.refused(10, at(0));
        auto.revise(60, at(1));
        assert_eq!(auto.now(at(1)), Some(57));
    }

    #[test]
    fn a_known_plan_recovers_and_is_never_exceeded() {
        let mut free = Ceiling::new(Plan::Free);
        free.refused(20, at(0));
        assert_eq!(free.now(at(0)), Some(47));
        assert!(free.now(at(150)).is_some_and(|n| n > 60));
        assert_eq!(free.now(at(100_000)), Some(100));
        free.settle(at(100_000));
        assert!(!free.is_growing());
    }
}
