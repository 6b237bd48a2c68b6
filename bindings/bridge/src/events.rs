//! Events as data, collected while calls run and handed over on the host's own thread.
//!
//! A callback from an I/O thread would need the host's lock, or meet a host that is shutting down. So events wait
//! in a bounded queue until the binding drains it: after each call, on the thread that made it.

use serde_json::json;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use zhifuyun::{Event, Hook};

/// So many events wait at most; beyond it the oldest go, and their number is kept.
const CAPACITY: usize = 10_000;

/// Events on their way to the host.
#[derive(Debug, Clone, Default)]
pub struct EventQueue(Arc<Mutex<Waiting>>);

#[derive(Debug, Default)]
struct Waiting {
    events: VecDeque<String>,
    dropped: u64,
}

impl EventQueue {
    /// Takes what has gathered: one JSON object per event. An event `dropped` tells how many were lost.
    #[must_use]
    pub fn drain(&self) -> Vec<String> {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut events: Vec<_> = waiting.events.drain(..).collect();
        let dropped = std::mem::take(&mut waiting.dropped);
        if dropped > 0 {
            events.insert(0, json!({"event": "dropped", "count": dropped}).to_string());
        }
        events
    }
}

impl Hook for EventQueue {
    fn event(&self, event: &Event) {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.events.len() == CAPACITY {
            waiting.events.pop_front();
            waiting.dropped += 1;
        }
        waiting.events.push_back(to_json(event));
    }
}

/// One event as JSON. Durations are seconds.
#[must_use]
pub fn to_json(event: &Event) -> String {
    let name = event.name();
    let fields = match event {
        Event::Request { operation, method, path, attempt } => {
            json!({"event": name, "operation": operation, "method": method, "path": path, "attempt": attempt})
        }
        Event::Response { operation, attempt, http_status, code, request_id, elapsed } => {
            json!({"event": name, "operation": operation, "attempt": attempt, "http_status": http_status,
                "code": code, "request_id": request_id, "elapsed": elapsed.as_secs_f64()})
        }
        Event::Retry { operation, attempt, reason, delay } => {
            json!({"event": name, "operation": operation, "attempt": attempt, "reason": reason.as_str(),
                "delay": delay.as_secs_f64()})
        }
        Event::Wait { operation, cause, duration } => {
            json!({"event": name, "operation": operation, "cause": cause_name(*cause),
                "duration": duration.as_secs_f64()})
        }
        Event::Refresh { ok, background } => json!({"event": name, "ok": ok, "background": background}),
        _ => json!({"event": name}),
    };
    fields.to_string()
}

fn cause_name(cause: zhifuyun::rate_limit::WaitCause) -> &'static str {
    use zhifuyun::rate_limit::WaitCause;
    match cause {
        WaitCause::Plan => "plan",
        WaitCause::Pace => "pace",
        WaitCause::RetryAfter => "retry_after",
        WaitCause::Pause => "pause",
        _ => "other",
    }
}
