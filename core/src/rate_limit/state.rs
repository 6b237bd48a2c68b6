//! The rule itself, without locks, futures or clocks.

mod verdict;

use super::ceiling::Ceiling;
use super::line::Line;
use super::log::Log;
use super::{Admission, Class, Plan, WaitCause};
use crate::clock::Jitter;
use std::time::{Duration, Instant};

/// The quota is per minute.
const WINDOW: Duration = Duration::from_secs(60);
/// A server that names a time beyond this is taken to mean this.
const MAX_PAUSE: Duration = Duration::from_secs(86_400);
/// Seconds until the n-th probe when the server named no time.
const PROBES: [u64; 6] = [1, 2, 4, 8, 16, 30];
/// A probe that would come later than this after the first refusal, but before the server's window is surely over,
/// waits until it is: the one that must succeed comes right then, not up to half a minute later.
const LATE: Duration = Duration::from_secs(45);
/// A probe that is not back after so long, twice the usual `attempt_timeout`, is not waited for.
const PROBE_PATIENCE: Duration = Duration::from_secs(60);
/// Bulk requests may catch up on so much time lost to slow answers.
const CATCH_UP: Duration = Duration::from_secs(1);
/// Above so many in flight the gentle start after a pause is over.
const RAMP_END: u64 = 64;

/// The whole client holds still.
#[derive(Debug)]
pub(super) struct Pause {
    /// The next request may leave then, as a probe.
    pub(super) at: Instant,
    pub(super) cause: WaitCause,
    began: Instant,
    /// Probes refused so far.
    step: usize,
    /// Requests that were answered in the window before, if the ceiling learned from this pause.
    learned: Option<u64>,
    /// One is on its way; nobody else moves until it is back, or until then: its call may not be driven any more.
    pub(super) probing: Option<Instant>,
}

/// After a pause: requests leave one by one, closer and closer together as long as they are answered.
#[derive(Debug)]
struct Gentle {
    until: Instant,
    interval: Duration,
    shrink: f64,
}

/// A request under way, as its permit remembers it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Flight {
    pub(super) since: Instant,
    pub(super) generation: u64,
    pub(super) probe: bool,
}

#[derive(Debug)]
pub(super) struct State {
    pub(super) ceiling: Ceiling,
    pub(super) log: Log,
    pub(super) interactive: Line,
    pub(super) bulk: Line,
    /// Told to go, not yet sent.
    pub(super) granted: u64,
    /// Sent, not yet ended.
    pub(super) flying: u64,
    /// Dropped after they were sent, at a moment that nobody told. Stamped with the next one that is told,
    /// which is later, and so on the safe side.
    pub(super) adrift: u64,
    pub(super) pause: Option<Pause>,
    /// Counts the ends of pauses, so that a late answer to a request from before is not taken for news.
    pub(super) generation: u64,
    /// How many may be in flight, after a pause.
    ramp: Option<u64>,
    gentle: Option<Gentle>,
    /// When the first request ever was let go. Somebody else, such as this program before a restart, may have
    /// used the window until then.
    born: Option<Instant>,
    /// When the next paced request may leave.
    next_slot: Option<Instant>,
    /// When bulk was last served, or began to wait.
    bulk_since: Option<Instant>,
    /// Slots that bulk leaves alone beyond the one it always does; doubled when a single call finds none,
    /// halved every minute.
    reserve: u64,
    reserve_since: Option<Instant>,
    latency: Duration,
    peak: Duration,
    now: Option<Instant>,
}

impl State {
    pub(super) fn new(plan: Plan) -> Self {
        Self {
            ceiling: Ceiling::new(plan),
            log: Log::new(),
            interactive: Line::default(),
            bulk: Line::default(),
            granted: 0,
            flying: 0,
            adrift: 0,
            pause: None,
            generation: 0,
            ramp: None,
            gentle: None,
            born: None,
            next_slot: None,
            bulk_since: None,
            reserve: 0,
            reserve_since: None,
            latency: Duration::from_millis(100),
            peak: Duration::from_millis(500),
            now: None,
        }
    }

    /// Brings everything up to date; returns the latest moment anybody told.
    pub(super) fn settle(&mut self, now: Instant) -> Instant {
        let now = self.now.map_or(now, |last| last.max(now));
        self.now = Some(now);
        for _ in 0..std::mem::take(&mut self.adrift) {
            self.lost(now);
        }
        self.log.purge(now);
        self.ceiling.settle(now);
        if self.gentle.as_ref().is_some_and(|g| g.until <= now) {
            self.gentle = None;
        }
        let since = *self.reserve_since.get_or_insert(now);
        if now.saturating_duration_since(since) >= WINDOW {
            self.reserve /= 2;
            self.reserve_since = Some(now);
        }
        now
    }

    pub(super) fn line(&mut self, class: Class) -> &mut Line {
        match class {
            Class::Interactive => &mut self.interactive,
            Class::Bulk => &mut self.bulk,
        }
    }

    /// Requests that hold a slot without being in the log.
    fn busy(&self) -> u64 {
        self.granted + self.flying + self.adrift
    }

    /// Requests in the window as far as this client knows.
    pub(super) fn used(&self) -> u64 {
        self.log.live() + self.busy()
    }

    /// What an answered request adds to the window. Nothing in the proof needs it but clocks that run at
    /// slightly different speeds, and servers that count a moment after they answer.
    fn margin(&self) -> Duration {
        (self.latency / 20).clamp(Duration::from_millis(10), Duration::from_millis(250))
    }

    /// Even spacing that just fills the slots bulk may have.
    fn interval(&self, limit: u64) -> Duration {
        let slots = limit.saturating_sub(self.kept_back(limit)).max(1);
        let cycle = WINDOW + self.margin() + self.latency.min(WINDOW);
        cycle / u32::try_from(slots).unwrap_or(u32::MAX)
    }

    /// Slots that bulk leaves to single calls.
    fn kept_back(&self, limit: u64) -> u64 {
        if limit < 50 { 0 } else { 1 + self.reserve.min(limit / 10) }
    }

    /// Single calls always have something to do, and bulk has not been served for ten turns.
    fn bulk_is_due(&self, limit: u64, now: Instant) -> Option<Instant> {
        let due = self.bulk_since? + self.interval(limit) * 10;
        (self.bulk.len() > 0).then_some(due.max(now))
    }

    /// One that waited has to wait on; for the reserve only its first time counts.
    pub(super) fn queued(&mut self, class: Class, cause: WaitCause, now: Instant) {
        match class {
            Class::Interactive
                if cause == WaitCause::Plan
                    && self.bulk_since.is_some_and(|at| now.saturating_duration_since(at) < WINDOW) =>
            {
                self.reserve = (self.reserve * 2).clamp(1, 1_000);
            }
            Class::Bulk if self.bulk.len() == 0 => self.bulk_since = Some(now),
            _ => {}
        }
    }

    /// It goes. Returns whether it goes as a probe.
    pub(super) fn grant(&mut self, class: Class, now: Instant) -> bool {
        self.granted += 1;
        self.born.get_or_insert(now);
        let bulk = class == Class::Bulk;
        if let Some(gentle) = &self.gentle {
            self.next_slot = Some(now + gentle.interval);
        } else if let Some(limit) = self.ceiling.now(now).filter(|_| bulk) {
            let slot = self.next_slot.map_or(now, |slot| slot.max(before(now, CATCH_UP)));
            self.next_slot = Some(slot + self.interval(limit));
        }
        if bulk {
            self.bulk_since = Some(now);
        }
        self.pause.as_mut().is_some_and(|pause| {
            pause.probing = Some(now + PROBE_PATIENCE);
            true
        })
    }

    /// The server answered.
    pub(super) fn answered(&mut self, flight: Flight, now: Instant) {
        let took = now.saturating_duration_since(flight.since);
        self.latency = (self.latency * 7 + took) / 8;
        self.peak = took.max(self.peak - self.peak / 64);
        self.log.push(now + WINDOW + self.margin());
        if flight.probe {
            if let Some(pause) = &mut self.pause {
                pause.probing = None;
                // Another answer may have named a later time meanwhile.
                if pause.at <= now {
                    self.reopen(now);
                }
            }
        } else if let Some(pause) = &mut self.pause {
            // A refusal often overtakes the answers to requests that were admitted before it.
            if let Some(own) = pause.learned.as_mut().filter(|_| pause.probing.is_none()) {
                *own += 1;
                self.ceiling.revise(*own, now);
            }
        } else if flight.generation == self.generation {
            self.ramp = self.ramp.map(|ramp| ramp + 1).filter(|ramp| *ramp < RAMP_END);
            if let Some(gentle) = &mut self.gentle {
                gentle.interval = gentle.interval.mul_f64(gentle.shrink);
            }
        }
    }

    /// It may still arrive, though nobody waits for it any more.
    pub(super) fn lost(&mut self, now: Instant) {
        let margin = (self.peak * 2).clamp(Duration::from_secs(1), Duration::from_secs(10));
        self.log.push(now + WINDOW + margin);
    }

    /// A probe without answer says nothing; let another try soon.
    pub(super) fn probe_lost(&mut self, now: Instant) {
        if let Some(pause) = &mut self.pause {
            pause.probing = None;
            pause.at = pause.at.max(now + Duration::from_millis(500));
        }
    }

    /// The server answered 429.
    pub(super) fn limited(&mut self, flight: Flight, after: Option<Duration>, now: Instant, jitter: &Jitter) {
        let after = after.map(|d| d.min(MAX_PAUSE));
        // Never earlier than told; a little later, so that several clients do not meet at the edge.
        let told = after.map(|d| now + d + jitter.up_to((d / 10).min(Duration::from_millis(250))));
        let probe_in = |step: usize, began: Instant| {
            let seconds = PROBES.get(step).or(PROBES.last()).copied().unwrap_or(30);
            let at = now + Duration::from_secs(seconds).mul_f64(0.85 + 0.3 * jitter.fraction());
            let over = began + WINDOW + Duration::from_millis(100) + jitter.up_to(Duration::from_millis(400));
            if at > began + LATE && now < began + WINDOW { over } else { at }
        };
        if let Some(pause) = &mut self.pause {
            if flight.probe {
                pause.probing = None;
                pause.step += 1;
            }
            if let Some(told) = told {
                // A server that says "at once" again and again is not asked again at once.
                let floor = match flight.probe {
                    true => Duration::from_millis(50).saturating_mul(1 << pause.step.min(9)),
                    false => Duration::ZERO,
                };
                pause.at = pause.at.max(told).max(now + floor);
                pause.cause = WaitCause::RetryAfter;
            } else if flight.probe {
                pause.at = pause.at.max(probe_in(pause.step, pause.began));
                pause.cause = WaitCause::Pause;
            }
            return;
        }
        let news = flight.generation == self.generation;
        if !news && told.is_none() {
            return;
        }
        let mut learned = None;
        if self.log.live() > self.log.binding() {
            // The guess was not wrong, forgiving was.
            self.log.unforgive();
        } else if news {
            learned = Some(self.log.live());
            self.ceiling.refused(self.log.live(), now);
        }
        let (at, cause) = match told {
            Some(told) => (told, WaitCause::RetryAfter),
            None => (probe_in(0, now), WaitCause::Pause),
        };
        self.pause = Some(Pause { at, cause, began: now, step: 0, learned, probing: None });
    }

    /// The probe came through: start again, gently.
    fn reopen(&mut self, now: Instant) {
        self.pause = None;
        self.generation += 1;
        self.ramp = Some(2);
        let Some(limit) = self.ceiling.now(now) else { return };
        if !self.ceiling.is_known() && self.gentle.is_none() {
            self.log.forgive();
        }
        // A second pause within the minute: somebody else uses the quota too, so do not press on.
        let (interval, shrink) = match self.gentle {
            Some(_) => (self.interval(limit), 1.0),
            None => (self.interval(self.ceiling.plan().unwrap_or(limit.max(100))), 0.9),
        };
        self.gentle = Some(Gentle { until: now + WINDOW, interval, shrink });
        self.next_slot = Some(now + interval);
    }

    /// Wakes whoever could go earlier than it knows. Whoever takes its turn calls this again, so that one
    /// change wakes as many as it serves and no more.
    pub(super) fn rouse(&mut self, now: Instant) {
        for class in [Class::Interactive, Class::Bulk] {
            if self.line(class).len() == 0 {
                continue;
            }
            let when = match self.verdict(class, 0, now) {
                Admission::Go => now,
                Admission::Wait { until, .. } => until,
            };
            self.line(class).ring_if_early(when);
        }
    }
}

fn before(now: Instant, by: Duration) -> Instant {
    now.checked_sub(by).unwrap_or(now)
}
