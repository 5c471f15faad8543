//! How does the endpoint get what was parked, and the retries that wait long? A probe finds it well, and a drain sends the
//! rest.

use domain::delivery::LEFT_TO_WAIT;
use domain::policy::circuit::Health;
use usecases::recover::drain;

use super::{Happening, World};
use crate::simulate::milliseconds::{millis, timestamp};
use crate::simulate::queued::Job;
use crate::simulate::queued::real;

/// What one step of a drain takes beside its pause. Assumed: a page of the index, and 50 batches sent, eight at once.
const DRAIN_WORK_MS: u64 = 250;

/// A drain under way.
#[derive(Debug, Clone, Copy)]
pub(super) struct Draining {
    rate: u32,
    last_sent_ms: u64,
}

impl World<'_> {
    /// The endpoint is well again: its circuit closes, and what was parked is drained.
    pub(super) fn recover(&mut self) {
        self.health = Health::default();
        self.circuit.insert(self.now, false);
        self.wake();
        self.draining = Some(Draining { rate: drain::FIRST_RATE, last_sent_ms: self.now });
        self.at(self.now, Happening::Drain);
    }

    /// Brings the retries forward that wait long. They are so few that the drain's first steps send them all; the jobs
    /// that wait find them superseded, and cost a read.
    fn wake(&mut self) {
        let soon = self.now + millis(LEFT_TO_WAIT);
        let waits = |happening: &Happening| matches!(happening, Happening::Arrived(job) if job.due_ms > soon);
        let waiting: Vec<_> =
            self.later.iter().filter(|(_, happening)| waits(happening)).map(|(at, _)| *at).collect();
        for at in waiting {
            if let Some(Happening::Arrived(job)) = self.later.remove(&at) {
                self.delayed -= 1;
                self.queued.add(Job { due_ms: 0, ..job }, 1);
                self.bill.sqs_entries(1.0);
                self.bill.write_units += 2.0; // its row is claimed, and leaves the index
                self.bill.read_units += 3.0; // the delivery's row, for both jobs, and the event's payload
            }
        }
    }

    /// Sends the oldest parked deliveries, at most `most` of them; gives how many.
    fn take_up(&mut self, most: u64, probe: bool) -> u64 {
        let mut taken = 0;
        for (job, count) in self.parked.take(most, probe) {
            self.queued.add(job, count);
            taken += count;
        }
        self.bill.sqs_entries(real(taken));
        self.bill.write_units += 2.0 * real(taken); // its row is taken up, and leaves the index
        self.bill.read_units += 2.0 * real(taken); // the delivery's row, the event's payload
        self.bill.read_units += real(taken) / 8.0; // a page of the index, eventually consistent, 1 KB a row
        taken
    }

    /// What the schedule does each minute.
    pub(super) fn probe(&mut self) {
        if self.health.is_probe_due(timestamp(self.now)) && !self.off {
            self.counts.probes += self.take_up(1, true);
        }
    }

    /// One step of the drain.
    pub(super) fn drain(&mut self) {
        let Some(Draining { rate, last_sent_ms }) = self.draining else { return };
        if self.off || self.health.is_open() {
            self.draining = None;
            return;
        }
        let sent = self.take_up(u64::from(rate), false);
        let last_sent_ms = if sent > 0 { self.now } else { last_sent_ms };
        if sent == 0 && self.now - last_sent_ms >= millis(drain::QUIET) {
            self.draining = None;
            return;
        }
        let rate = (rate * 2).min(self.outage.drain_rate);
        self.draining = Some(Draining { rate, last_sent_ms });
        self.at(self.now + millis(drain::STEP) + DRAIN_WORK_MS, Happening::Drain);
    }
}
