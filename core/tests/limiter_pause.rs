//! What happens after a 429, step by step, on single permits.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use futures_util::FutureExt;
use std::sync::Arc;
use std::time::{Duration, Instant};
use zhifuyun::rate_limit::{Admission, Class, Limiter, LocalLimiter, Outcome, Permit, Plan, WaitCause};
use zhifuyun::{BoxFuture, Jitter};

struct Bench {
    limiter: Arc<LocalLimiter>,
    start: Instant,
}

impl Bench {
    fn new(plan: Plan) -> Self {
        Self { limiter: LocalLimiter::new(plan, Jitter::seeded(1)), start: Instant::now() }
    }

    fn at(&self, ms: u64) -> Instant {
        self.start + Duration::from_millis(ms)
    }

    fn enter(&self) -> Box<dyn Permit> {
        self.limiter.clone().enter(Class::Interactive)
    }

    fn ask(&self, permit: &mut Box<dyn Permit>, ms: u64) -> Admission {
        permit.admit(self.at(ms)).now_or_never().unwrap()
    }

    fn go(&self, ms: u64) -> Box<dyn Permit> {
        let mut permit = self.enter();
        assert_eq!(self.ask(&mut permit, ms), Admission::Go);
        permit.sent(self.at(ms));
        permit
    }

    /// How long it is told to wait, and why.
    fn wait(&self, permit: &mut Box<dyn Permit>, ms: u64) -> (u64, WaitCause) {
        match self.ask(permit, ms) {
            Admission::Go => panic!("went at {ms}"),
            Admission::Wait { until, cause, .. } => {
                (u64::try_from((until - self.at(ms)).as_millis()).unwrap(), cause)
            }
        }
    }

    fn end(&self, mut permit: Box<dyn Permit>, outcome: Outcome, ms: u64) {
        permit.ended(outcome, self.at(ms));
    }
}

fn rang(bell: &mut BoxFuture<'static, ()>) -> bool {
    bell.now_or_never().is_some()
}

const TOLD: fn(u64) -> Outcome = |ms| Outcome::Limited(Some(Duration::from_millis(ms)));

#[test]
fn the_longest_time_told_holds_for_everybody() {
    for plan in [Plan::Free, Plan::Auto, Plan::Off] {
        let b = Bench::new(plan);
        let [one, two, three] = [b.go(0), b.go(0), b.go(0)];
        b.end(one, TOLD(30_000), 100);
        b.end(two, TOLD(5_000), 200);
        let mut waiter = b.enter();
        let (ms, cause) = b.wait(&mut waiter, 300);
        assert!(cause == WaitCause::RetryAfter && (29_800..=30_050).contains(&ms), "{plan:?} {ms}");
        // An answer to a request from before changes nothing; a longer time does.
        b.end(three, TOLD(40_000), 400);
        assert_eq!(b.wait(&mut waiter, 40_399).1, WaitCause::RetryAfter);
        assert_eq!(b.ask(&mut waiter, 40_650), Admission::Go);
        // One goes ahead, the next waits for it.
        let mut next = b.enter();
        assert_eq!(b.wait(&mut next, 40_650).1, WaitCause::RetryAfter);
    }
}

#[test]
fn an_absurd_time_is_capped_and_does_not_overflow() {
    let b = Bench::new(Plan::Free);
    b.end(b.go(0), Outcome::Limited(Some(Duration::MAX)), 0);
    let (ms, _) = b.wait(&mut b.enter(), 0);
    assert!((86_400_000..86_400_500).contains(&ms), "{ms}");
}

#[test]
fn one_prober_with_growing_gaps() {
    let b = Bench::new(Plan::Free);
    b.end(b.go(0), Outcome::Limited(None), 0);
    let mut others: Vec<_> = (0..50).map(|_| b.enter()).collect();
    let mut now = 0;
    for seconds in [1, 2, 4, 8, 16, 30, 30] {
        let mut prober = b.enter();
        let (ms, cause) = b.wait(&mut others[0], now);
        assert_eq!(cause, WaitCause::Pause);
        assert!((seconds * 850..=seconds * 1_150).contains(&ms), "{seconds}: {ms}");
        now += ms + 1;
        assert_eq!(b.ask(&mut prober, now), Admission::Go);
        for other in &mut others {
            assert_eq!(b.wait(other, now).1, WaitCause::Pause, "two probers");
        }
        prober.sent(b.at(now));
        assert_eq!(b.wait(&mut others[7], now + 20).1, WaitCause::Pause);
        now += 50;
        b.end(prober, Outcome::Limited(None), now);
    }
}

#[test]
fn a_successful_prober_frees_the_others_one_by_one() {
    let b = Bench::new(Plan::Free);
    b.end(b.go(0), Outcome::Limited(None), 0);
    let mut prober = b.enter();
    assert_eq!(b.ask(&mut prober, 1_200), Admission::Go);
    prober.sent(b.at(1_200));
    let mut others: Vec<_> = (0..50).map(|_| b.enter()).collect();
    others.iter_mut().for_each(|o| assert_eq!(b.wait(o, 1_210).1, WaitCause::Pause));
    let mut bells: Vec<_> = others.iter().map(|o| o.changed()).collect();
    b.end(prober, Outcome::Answered, 1_250);
    // Nobody at once, then one after the other.
    let went = |others: &mut Vec<Box<dyn Permit>>, ms| {
        others.iter_mut().map(|o| b.ask(o, ms)).filter(|a| *a == Admission::Go).count()
    };
    assert!(bells.iter_mut().map(rang).filter(|rang| *rang).count() <= 1);
    assert_eq!(went(&mut others, 1_251), 0);
    assert_eq!(went(&mut others, 1_900), 1);
}

#[test]
fn a_prober_that_disappears_is_replaced() {
    for (sent, answered) in [(false, false), (true, false), (true, true)] {
        let b = Bench::new(Plan::Auto);
        b.end(b.go(0), Outcome::Limited(None), 0);
        let mut prober = b.enter();
        let mut next = b.enter();
        assert_eq!(b.ask(&mut prober, 1_200), Admission::Go);
        assert_eq!(b.wait(&mut next, 1_200).1, WaitCause::Pause);
        let mut bell = next.changed();
        assert!(!rang(&mut bell));
        if sent {
            prober.sent(b.at(1_201));
        }
        if answered {
            b.end(prober, Outcome::Lost, 1_300);
        } else {
            drop(prober);
            assert!(rang(&mut bell), "sent={sent}");
        }
        assert_eq!(b.ask(&mut next, 1_900), Admission::Go);
    }
}

#[test]
fn a_prober_that_nobody_drives_any_more_is_replaced() {
    let b = Bench::new(Plan::Auto);
    b.end(b.go(0), Outcome::Limited(None), 0);
    let still = b.go(1_200);
    let mut next = b.enter();
    assert_eq!(b.wait(&mut next, 61_190).1, WaitCause::Pause);
    assert_eq!(b.ask(&mut next, 61_210), Admission::Go);
    next.sent(b.at(61_210));
    assert_eq!(b.wait(&mut b.enter(), 61_220).1, WaitCause::Pause, "one at a time");
    b.end(next, Outcome::Answered, 61_250);
    b.end(still, Outcome::Answered, 61_260);
    assert_eq!(b.ask(&mut b.enter(), 63_000), Admission::Go);
}

#[test]
fn late_answers_to_earlier_requests_are_no_news() {
    let b = Bench::new(Plan::Off);
    let [first, late, told] = [b.go(0), b.go(0), b.go(0)];
    b.end(first, Outcome::Limited(None), 10);
    let probe = b.go(1_200);
    b.end(probe, Outcome::Answered, 1_220);
    b.end(late, Outcome::Limited(None), 1_230);
    let again = b.go(1_240);
    // But a time is a time.
    b.end(told, TOLD(5_000), 1_250);
    assert_eq!(b.wait(&mut b.enter(), 1_260).1, WaitCause::RetryAfter);
    b.end(again, Outcome::Answered, 1_270);
    assert_eq!(b.wait(&mut b.enter(), 6_249).1, WaitCause::RetryAfter);
}

#[test]
fn a_server_that_says_zero_is_not_hammered() {
    let b = Bench::new(Plan::Off);
    b.end(b.go(0), TOLD(0), 0);
    let (mut now, mut probes) = (0, 0);
    while now < 60_000 {
        let mut permit = b.enter();
        match b.ask(&mut permit, now) {
            Admission::Go => {
                permit.sent(b.at(now));
                b.end(permit, TOLD(0), now);
                probes += 1;
            }
            Admission::Wait { .. } => now += 10,
        }
    }
    assert!((6..=14).contains(&probes), "{probes}");
}

#[test]
fn a_slot_given_back_wakes_the_next_and_is_not_lost() {
    let b = Bench::new(Plan::PerMinute(2));
    let held = b.go(0);
    let mut unsent = b.enter();
    assert_eq!(b.ask(&mut unsent, 0), Admission::Go);
    let [mut one, mut two] = [b.enter(), b.enter()];
    assert_eq!(b.wait(&mut one, 1), (60_000, WaitCause::Plan));
    assert_eq!(b.wait(&mut two, 1), (60_000, WaitCause::Plan));
    drop(unsent);
    // The bell rang before anybody listened; it still counts. Only the first in line hears it.
    assert!(rang(&mut one.changed()));
    assert!(!rang(&mut two.changed()));
    // The first walks away instead; the second is told.
    drop(one);
    assert!(rang(&mut two.changed()));
    assert_eq!(b.ask(&mut two, 5), Admission::Go);
    drop(held);
    // Dropped after it was sent, so the server may have counted it: the slot stays taken for a minute.
    let mut three = b.enter();
    assert!(b.wait(&mut three, 10_000).0 >= 60_000);
}

#[test]
fn walking_away_in_any_order_leaves_nothing_behind() {
    let b = Bench::new(Plan::PerMinute(1));
    let mut held = b.go(0);
    let mut waiters: Vec<_> = (0..1_000).map(|_| b.enter()).collect();
    waiters.iter_mut().for_each(|w| assert_eq!(b.wait(w, 1).1, WaitCause::Plan));
    while waiters.len() > 1 {
        let i = (waiters.len() * 7_919) % waiters.len().min(13);
        drop(waiters.swap_remove(i));
    }
    held.ended(Outcome::Limited(None), b.at(10));
    assert_eq!(b.ask(&mut waiters[0], 1_200), Admission::Go);
    drop(waiters);
    assert_eq!(b.limiter.quota(b.at(1_300)).used, 0);
}
