//! How does an endpoint get what was parked, and the retries that wait long? A probe finds it well, and a drain sends the
//! rest.

use domain::delivery::LEFT_TO_WAIT;
use domain::policy::circuit::Health;
use usecases::recover::drain;
use usecases::recover::probe_circuits::probe_delay;

use super::{Endpoint, Happening, World};
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
    /// An endpoint is well again: its circuit closes, and what was parked is drained.
    pub(super) fn recover(&mut self, endpoint: usize) {
        let now = self.now;
        let Endpoint { health, circuit, draining, .. } = &mut self.endpoints[endpoint];
        *health = Health::default();
        circuit.insert(now, false);
        *draining = Some(Draining { rate: drain::FIRST_RATE, last_sent_ms: now });
        self.wake(endpoint);
        self.at(now, Happening::Drain(endpoint));
    }

    /// Brings an endpoint's retries forward that wait long. They are so few that the drain's first steps send them all. A
    /// job that waits invisible cannot be taken back: it stays in flight until its time, and is then superseded.
    fn wake(&mut self, endpoint: usize) {
        let soon = self.now + millis(LEFT_TO_WAIT);
        for at in std::mem::take(&mut self.endpoints[endpoint].long_waits) {
            let job = match self.later.get(&at) {
                Some(Happening::Visible(job) | Happening::Arrived(job)) => *job,
                _ => continue,
            };
            if job.due_ms <= soon {
                continue;
            }
            if let Some(Happening::Visible(_)) = self.later.remove(&at) {
                self.invisible -= 1;
                self.superseded += 1;
                self.later.insert(at, Happening::Superseded(job));
            } else {
                self.delayed -= 1;
            }
            self.queued.add(Job { due_ms: 0, listed: false, bulk: true, ..job }, 1);
            self.bill.sqs_entries(1.0);
            self.bill.write_units += 2.0; // its row is claimed, and leaves the index
            self.bill.read_units += 1.0; // the job that waited reads the delivery's row
        }
    }

    /// Sends an endpoint's oldest parked deliveries, at most `most` of them; gives how many. A probe has a delay.
    fn take_up(&mut self, endpoint: usize, most: u64, probe_after_ms: Option<u64>) -> u64 {
        let mut taken = 0;
        for (job, count) in self.endpoints[endpoint].parked.take(endpoint, most, probe_after_ms.is_some()) {
            match probe_after_ms {
                Some(delay) => {
                    self.delayed += 1;
                    self.at(self.now + delay, Happening::Arrived(job));
                }
                None => self.queued.add(job, count),
            }
            taken += count;
        }
        self.parked -= taken;
        self.bill.sqs_entries(real(taken));
        self.bill.write_units += 2.0 * real(taken); // its row is taken up, and leaves the index
        self.bill.read_units += 2.0 * real(taken); // the delivery's row, the event's payload
        self.bill.read_units += real(taken) / 8.0; // a page of the index, eventually consistent, 1 KB a row
        taken
    }

    /// What the schedule does each minute.
    pub(super) fn probe(&mut self) {
        let now = timestamp(self.now);
        let is_due = |endpoint: &Endpoint| endpoint.health.is_probe_due(now) && !endpoint.off;
        let due: Vec<usize> =
            (0..self.endpoints.len()).filter(|place| is_due(&self.endpoints[*place])).collect();
        for (place, endpoint) in due.iter().enumerate() {
            let delay = millis(probe_delay(place, due.len()));
            self.counts.probes += self.take_up(*endpoint, 1, Some(delay));
        }
    }

    /// One step of a drain.
    pub(super) fn drain(&mut self, endpoint: usize) {
        let Endpoint { health, off, draining, .. } = &mut self.endpoints[endpoint];
        let Some(Draining { rate, last_sent_ms }) = *draining else { return };
        if *off || health.is_open() {
            *draining = None;
            return;
        }
        let sent = self.take_up(endpoint, u64::from(rate), None);
        let last_sent_ms = if sent > 0 { self.now } else { last_sent_ms };
        if sent == 0 && self.now - last_sent_ms >= millis(drain::QUIET) {
            self.endpoints[endpoint].draining = None;
            return;
        }
        let rate = (rate * 2).min(self.outage.drain_rate);
        self.endpoints[endpoint].draining = Some(Draining { rate, last_sent_ms });
        self.at(self.now + millis(drain::STEP) + DRAIN_WORK_MS, Happening::Drain(endpoint));
    }
}
