//! How does the endpoint get what was parked? A probe finds it well, and a drain sends the rest.

use domain::policy::circuit::Health;
use usecases::recover::drain;

use super::{Happening, World};
use crate::simulate::milliseconds::{millis, timestamp};
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
        self.draining = Some(Draining { rate: drain::FIRST_RATE, last_sent_ms: self.now });
        self.at(self.now, Happening::Drain);
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
