//! A small deterministic world for the limiter: virtual time, callers with latencies and whims, and three
//! servers written from the text of the quota alone. All times are microseconds.
#![allow(dead_code, unreachable_pub)]

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use std::time::{Duration, Instant};
use zhifuyun::rate_limit::{Admission, Class, Limiter, LocalLimiter, Outcome, Permit, Plan, WaitCause};
use zhifuyun::{BoxFuture, Jitter};

pub const MS: u64 = 1_000;
pub const S: u64 = 1_000_000;
pub const MIN: u64 = 60 * S;

/// Counts requests; `Err` is a 429 with the time until it could pass.
pub enum Server {
    Fixed { limit: usize, phase: u64, window: u64, used: usize },
    Sliding { limit: usize, log: VecDeque<u64> },
    Bucket { limit: f64, tokens: f64, at: u64 },
}

impl Server {
    pub fn all(limit: usize, phase: u64) -> [Self; 3] {
        [
            Self::Fixed { limit, phase: phase % MIN, window: 0, used: 0 },
            Self::Sliding { limit, log: VecDeque::new() },
            Self::Bucket { limit: limit as f64, tokens: limit as f64, at: 0 },
        ]
    }

    pub fn name(&self) -> &'static str {
        match self {
            Self::Fixed { .. } => "fixed",
            Self::Sliding { .. } => "sliding",
            Self::Bucket { .. } => "bucket",
        }
    }

    pub fn hit(&mut self, t: u64) -> Result<(), u64> {
        match self {
            Self::Fixed { limit, phase, window, used } => {
                let n = (t + *phase) / MIN;
                if n != *window {
                    (*window, *used) = (n, 0);
                }
                if *used >= *limit {
                    return Err((n + 1) * MIN - *phase - t);
                }
                *used += 1;
            }
            Self::Sliding { limit, log } => {
                while log.front().is_some_and(|x| x + MIN <= t) {
                    log.pop_front();
                }
                if log.len() >= *limit {
                    return Err(log[0] + MIN - t);
                }
                log.push_back(t);
            }
            Self::Bucket { limit, tokens, at } => {
                *tokens = (*tokens + (t - *at) as f64 * *limit / MIN as f64).min(*limit);
                *at = t;
                if *tokens < 1.0 - 1e-9 {
                    return Err(((1.0 - *tokens) * MIN as f64 / *limit).ceil() as u64);
                }
                *tokens -= 1.0;
            }
        }
        Ok(())
    }
}

/// One caller.
#[derive(Debug, Clone, Copy)]
pub struct Caller {
    pub at: u64,
    pub class: Class,
    /// Each way, at most.
    pub latency: u64,
    /// Walks away so long after the start, wherever it stands.
    pub leaves: Option<u64>,
    /// Chance in percent that the answer never comes.
    pub lossy: u64,
    /// Takes the next page when done, as long as there are pages.
    pub pages: bool,
}

impl Caller {
    pub fn new(at: u64, class: Class) -> Self {
        Self { at, class, latency: 60 * MS, leaves: None, lossy: 0, pages: false }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum What {
    Arrive,
    Ask(u32),
    Send,
    Reach(u32),
    Answer(u32),
    GiveUp(u32),
    Leave,
    Foreign,
}

#[derive(Default)]
struct Task {
    permit: Option<Box<dyn Permit>>,
    bell: Option<BoxFuture<'static, ()>>,
    round: u32,
    gone: bool,
    reply: Option<Outcome>,
    flying: bool,
}

struct Ring(usize, Arc<Mutex<Vec<usize>>>);

impl Wake for Ring {
    fn wake(self: Arc<Self>) {
        self.1.lock().unwrap().push(self.0);
    }
}

pub struct World {
    pub limiter: Arc<LocalLimiter>,
    pub server: Server,
    /// Whether a 429 names a time.
    pub says: bool,
    pub pages: u64,
    /// Somebody else on the same key: every so often.
    pub foreign: Option<u64>,
    /// Arrival at the server, and whether it was admitted.
    pub hits: Vec<(u64, bool)>,
    /// (sent, ended) of each 429 with the time told, for checks.
    pub refusals: Vec<(u64, Option<u64>)>,
    pub sends: Vec<(u64, u32)>,
    pub causes: Vec<(u64, u32, WaitCause)>,
    pub done: Vec<(u64, u32)>,
    pub asks: u64,
    pub now: u64,
    start: Instant,
    rng: fastrand::Rng,
    callers: Vec<Caller>,
    tasks: Vec<Task>,
    events: BinaryHeap<Reverse<(u64, u64, u32, What)>>,
    seq: u64,
    rung: Arc<Mutex<Vec<usize>>>,
}

impl World {
    pub fn new(plan: Plan, server: Server, seed: u64) -> Self {
        Self {
            limiter: LocalLimiter::new(plan, Jitter::seeded(seed)),
            server,
            says: true,
            pages: 0,
            foreign: None,
            hits: Vec::new(),
            refusals: Vec::new(),
            sends: Vec::new(),
            causes: Vec::new(),
            done: Vec::new(),
            asks: 0,
            now: 0,
            start: Instant::now(),
            rng: fastrand::Rng::with_seed(seed),
            callers: Vec::new(),
            tasks: Vec::new(),
            events: BinaryHeap::new(),
            seq: 0,
            rung: Arc::default(),
        }
    }

    pub fn at(&self, t: u64) -> Instant {
        self.start + Duration::from_micros(t)
    }

    pub fn refused(&self) -> usize {
        self.hits.iter().filter(|h| !h.1).count()
    }

    /// When the last one was served.
    pub fn end(&self) -> u64 {
        self.done.last().map_or(0, |d| d.0)
    }

    /// Pages taken to the end.
    pub fn pages_done(&self) -> usize {
        self.done.iter().filter(|d| self.callers[d.1 as usize].pages).count()
    }

    pub fn add(&mut self, caller: Caller) {
        let id = u32::try_from(self.callers.len()).unwrap();
        self.callers.push(caller);
        self.tasks.push(Task::default());
        self.push(caller.at, id, What::Arrive);
        if let Some(after) = caller.leaves {
            self.push(caller.at + after, id, What::Leave);
        }
    }

    fn push(&mut self, at: u64, id: u32, what: What) {
        self.seq += 1;
        self.events.push(Reverse((at.max(self.now), self.seq, id, what)));
    }

    /// Until nobody has anything left to do, or `end`.
    pub fn run(&mut self, end: u64) {
        if let Some(every) = self.foreign {
            self.push(every, 0, What::Foreign);
        }
        while let Some(Reverse((t, _, id, what))) = self.events.pop() {
            if t > end {
                self.events.push(Reverse((t, 0, id, what)));
                break;
            }
            if what == What::Foreign && self.events.is_empty() {
                break;
            }
            self.now = t;
            self.step(id, what);
            let rung = std::mem::take(&mut *self.rung.lock().unwrap());
            for id in rung {
                let round = self.tasks[id].round;
                let lag = self.rng.u64(0..300);
                self.push(t + lag, u32::try_from(id).unwrap(), What::Ask(round));
            }
        }
    }

    fn step(&mut self, id: u32, what: What) {
        let now = self.now;
        let i = id as usize;
        match what {
            What::Foreign => {
                let _ = self.server.hit(now);
                self.push(now + self.foreign.unwrap(), 0, What::Foreign);
            }
            What::Arrive if !self.tasks[i].gone => {
                if self.callers[i].pages {
                    if self.pages == 0 {
                        return;
                    }
                    self.pages -= 1;
                }
                self.enter(id);
            }
            What::Ask(round) if round == self.tasks[i].round => self.ask(id),
            What::Send => {
                let caller = self.callers[i];
                let Some(permit) = self.tasks[i].permit.as_mut() else { return };
                permit.sent(self.start + Duration::from_micros(now));
                let round = self.tasks[i].round;
                self.sends.push((now, id));
                let there = self.rng.u64(0..=caller.latency);
                if self.rng.u64(0..100) < caller.lossy {
                    // It may arrive up to 0.9 s after its caller gave up.
                    let give_up = now + caller.latency * 3;
                    self.push(give_up, id, What::GiveUp(round));
                    let late = self.rng.u64(now..=give_up + 900 * MS);
                    self.push(late, id, What::Reach(u32::MAX));
                } else {
                    self.tasks[i].flying = true;
                    self.push(now + there, id, What::Reach(round));
                }
            }
            What::Reach(round) if round == u32::MAX || round == self.tasks[i].round => {
                let counted = self.server.hit(now);
                self.hits.push((now, counted.is_ok()));
                if round == self.tasks[i].round {
                    self.tasks[i].reply = Some(match counted {
                        Ok(()) => Outcome::Answered,
                        Err(us) => Outcome::Limited(self.says.then(|| Duration::from_micros(us))),
                    });
                    let back = self.rng.u64(0..=self.callers[i].latency);
                    self.push(now + back, id, What::Answer(round));
                }
            }
            What::Answer(round) if round == self.tasks[i].round => {
                let Some(mut permit) = self.tasks[i].permit.take() else { return };
                let reply = self.tasks[i].reply.take().unwrap();
                self.tasks[i].flying = false;
                permit.ended(reply, self.at(now));
                drop(permit);
                if let Outcome::Limited(told) = reply {
                    self.refusals.push((now, told.map(|d| d.as_micros() as u64)));
                    self.enter(id);
                } else {
                    self.finish(id);
                }
            }
            What::GiveUp(round) if round == self.tasks[i].round => {
                if let Some(mut permit) = self.tasks[i].permit.take() {
                    // Half of them drop the future instead of telling.
                    if self.rng.bool() {
                        permit.ended(Outcome::Lost, self.at(now));
                    }
                    drop(permit);
                    self.finish(id);
                }
            }
            What::Leave => {
                // What is on its way may still arrive shortly after.
                let task = &mut self.tasks[i];
                if std::mem::take(&mut task.flying) && task.reply.is_none() {
                    let late = now + self.rng.u64(0..900 * MS);
                    self.push(late, id, What::Reach(u32::MAX));
                }
                let task = &mut self.tasks[i];
                (task.permit, task.bell, task.gone) = (None, None, true);
                task.round += 1;
            }
            _ => {}
        }
    }

    fn finish(&mut self, id: u32) {
        self.done.push((self.now, id));
        if self.callers[id as usize].pages {
            self.push(self.now, id, What::Arrive);
        }
    }

    fn enter(&mut self, id: u32) {
        let permit = self.limiter.clone().enter(self.callers[id as usize].class);
        self.tasks[id as usize].permit = Some(permit);
        self.ask(id);
    }

    fn ask(&mut self, id: u32) {
        let i = id as usize;
        let now = self.at(self.now);
        let Some(permit) = self.tasks[i].permit.as_mut() else { return };
        self.asks += 1;
        let mut context = Context::from_waker(Waker::noop());
        let Poll::Ready(admission) = permit.admit(now).as_mut().poll(&mut context) else { unreachable!() };
        self.tasks[i].round += 1;
        self.tasks[i].bell = None;
        match admission {
            Admission::Go => {
                let lag = self.rng.u64(0..2_000);
                self.push(self.now + lag, id, What::Send);
            }
            Admission::Wait { until, not_before, cause } => {
                assert!(until > now, "a wait that is over makes a busy loop");
                assert!(not_before <= until, "sure to wait longer than it was told");
                self.causes.push((self.now, id, cause));
                let round = self.tasks[i].round;
                let mut bell = self.tasks[i].permit.as_ref().unwrap().changed();
                let ring = Waker::from(Arc::new(Ring(i, self.rung.clone())));
                if bell.as_mut().poll(&mut Context::from_waker(&ring)).is_ready() {
                    self.push(self.now, id, What::Ask(round));
                } else {
                    self.tasks[i].bell = Some(bell);
                    let until = until.duration_since(self.start).as_micros() as u64 + 1;
                    let lag = self.rng.u64(0..500);
                    self.push(until + lag, id, What::Ask(round));
                }
            }
        }
    }
}
