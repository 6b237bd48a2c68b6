//! Who waits, in order.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::Notify;

#[derive(Debug)]
struct Waiter {
    ticket: u64,
    bell: Arc<Notify>,
    /// When it will ask again by itself.
    until: Instant,
}

/// First come, first served. Each waiter has a bell of its own, so that a change wakes one and not all.
#[derive(Debug, Default)]
pub(super) struct Line {
    waiters: VecDeque<Waiter>,
    next: u64,
}

impl Line {
    pub(super) fn len(&self) -> u64 {
        u64::try_from(self.waiters.len()).unwrap_or(u64::MAX)
    }

    /// The last place.
    pub(super) fn join(&mut self, bell: Arc<Notify>, until: Instant) -> u64 {
        let ticket = self.next;
        self.next += 1;
        self.waiters.push_back(Waiter { ticket, bell, until });
        ticket
    }

    /// How many are ahead.
    pub(super) fn position(&self, ticket: u64) -> u64 {
        u64::try_from(self.waiters.partition_point(|w| w.ticket < ticket)).unwrap_or(u64::MAX)
    }

    pub(super) fn asks_again(&mut self, ticket: u64, until: Instant) {
        let i = self.waiters.partition_point(|w| w.ticket < ticket);
        if let Some(waiter) = self.waiters.get_mut(i).filter(|w| w.ticket == ticket) {
            waiter.until = until;
        }
    }

    pub(super) fn leave(&mut self, ticket: u64) {
        let i = self.waiters.partition_point(|w| w.ticket < ticket);
        if self.waiters.get(i).is_some_and(|w| w.ticket == ticket) {
            self.waiters.remove(i);
        }
    }

    /// Rings for the first one if it could go at `when` and would otherwise ask later than that.
    pub(super) fn ring_if_early(&mut self, when: Instant) {
        if let Some(head) = self.waiters.front_mut()
            && head.until > when
        {
            head.until = when;
            head.bell.notify_one();
        }
    }

    /// Rings for the first one in any case.
    pub(super) fn ring(&mut self) {
        if let Some(head) = self.waiters.front() {
            head.bell.notify_one();
        }
    }
}
