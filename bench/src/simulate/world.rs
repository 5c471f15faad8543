//! What happens in the outage? Time goes in steps of ten milliseconds; what follows from a failure is what `domain`
//! decides, and the pace is that of `usecases` and `queue`.

mod failure;
mod recovery;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use domain::endpoint::EndpointSettings;
use domain::policy::backoff::{HIGH_FROM, QueueLoad};
use domain::policy::circuit::{Health, MAX_PARKED_WHILE_OFF};
use usecases::Randomness;
use usecases::context::cache::CACHED_FOR;
use usecases::deliver::attempt_delivery::EARLY;

use super::Outage;
use super::bill::Bill;
use super::counts::Counts;
use super::milliseconds::millis;
use super::parked::Parked;
use super::queued::{Batch, InFlight, Job, Queued, real};
use recovery::Draining;

/// One step.
const STEP_MS: u64 = 10;
/// All is well for so long before the outage begins.
pub(crate) const OUTAGE_BEGINS_MS: u64 = 120_000;
/// From here to the beginning of the outage it is measured what is usual.
const USUAL_FROM_MS: u64 = 60_000;
/// A standard queue holds about so many jobs in flight (SQS developer guide, "Quotas related to queues").
pub(crate) const MOST_IN_FLIGHT: u64 = 120_000;
/// From receive to attempt and from answer to settled row, together. Assumed: a signature, and one write to the table.
const OVERHEAD_MS: u64 = 20;
/// The schedule of the maintenance function, as `infra/template.yaml` sets it.
const MINUTE_MS: u64 = 60_000;
/// What has not been drained so long after the recovery never will be.
const PATIENCE_MS: u64 = 24 * 3_600_000;

/// What may happen later.
#[derive(Debug)]
enum Happening {
    /// One sender's attempts on endpoints that are down have failed.
    Failed(Vec<Job>),
    /// They have succeeded.
    Delivered(Vec<Job>),
    /// A job that waited invisible can be taken again.
    Visible(Job),
    /// A job that was sent delayed can be taken.
    Arrived(Job),
    /// A job that waited invisible is taken, and finds that a drain has sent its delivery.
    Superseded(Job),
    /// The schedule looks for open circuits.
    Minute,
    /// The drain of an endpoint goes on.
    Drain(usize),
}

/// An endpoint that goes down.
#[derive(Debug, Default)]
struct Endpoint {
    health: Health,
    /// When the circuit opened and closed: senders cache its state for some seconds.
    circuit: BTreeMap<u64, bool>,
    off: bool,
    accepted_while_off: u64,
    parked: Parked,
    /// The jobs that wait long for a retry, in `World::later`; also some that have come since.
    long_waits: Vec<(u64, u64)>,
    draining: Option<Draining>,
}

pub(crate) struct World<'a> {
    outage: &'a Outage,
    settings: EndpointSettings,
    randomness: Randomness,
    now: u64,
    later: BTreeMap<(u64, u64), Happening>,
    number: u64,
    queued: Queued,
    free: u64,
    /// When senders become free, and how many; with them the other customers' jobs that they held.
    ends: BTreeMap<u64, (u64, u64)>,
    in_flight: InFlight,
    load: QueueLoad,
    invisible: u64,
    delayed: u64,
    /// Jobs that wait invisible although a drain has brought their retry forward: each is received once more, for nothing.
    superseded: u64,
    endpoints: Vec<Endpoint>,
    /// The endpoint that the next event goes to.
    next_endpoint: usize,
    /// Parked deliveries, and endpoints that are off, of all together.
    parked: u64,
    off: usize,
    from_outage: u64,
    bill: Bill,
    usual: Bill,
    pub(crate) counts: Counts,
}

impl<'a> World<'a> {
    pub(crate) fn new(outage: &'a Outage, settings: EndpointSettings, randomness: Randomness) -> Self {
        let mut world = Self {
            outage,
            settings,
            randomness,
            now: 0,
            later: BTreeMap::new(),
            number: 0,
            queued: Queued::default(),
            free: outage.senders,
            ends: BTreeMap::new(),
            in_flight: InFlight::of(outage.endpoints),
            load: QueueLoad::default(),
            invisible: 0,
            delayed: 0,
            superseded: 0,
            endpoints: std::iter::repeat_with(Endpoint::default).take(outage.endpoints).collect(),
            next_endpoint: 0,
            parked: 0,
            off: 0,
            from_outage: 0,
            bill: Bill::default(),
            usual: Bill::default(),
            counts: Counts::default(),
        };
        let phase = world.up_to(MINUTE_MS);
        world.at(phase, Happening::Minute);
        world
    }

    /// Lives through the outage and the drain, until nothing is left. Gives how many deliveries are neither delivered nor
    /// given up.
    ///
    /// # Errors
    /// When that takes more than a day.
    pub(crate) fn run(&mut self) -> anyhow::Result<u64> {
        let recovery = self.recovery();
        while !(self.is_drained() && self.is_idle()) {
            anyhow::ensure!(self.now < recovery + PATIENCE_MS, "not drained a day after the recovery");
            self.step();
        }
        Ok(self.counts.accepted - self.counts.delivered - self.counts.given_up)
    }

    fn step(&mut self) {
        let recovery = self.recovery();
        match self.now {
            USUAL_FROM_MS => self.usual = self.bill,
            OUTAGE_BEGINS_MS => self.usual = self.bill - self.usual,
            _ => {}
        }
        if self.now == recovery {
            self.counts.parked_at_end = self.parked;
        }
        if self.now >= recovery && self.off > 0 {
            // The owner knows that it is back, and switches it on; also if an attempt that was under way then, and
            // failed later, has switched it off.
            self.off = 0;
            for endpoint in 0..self.endpoints.len() {
                if std::mem::take(&mut self.endpoints[endpoint].off) {
                    self.recover(endpoint);
                }
            }
        }
        if !self.is_drained() {
            self.accept();
        }
        while self.later.first_key_value().is_some_and(|((at, _), _)| *at <= self.now) {
            if let Some((_, happening)) = self.later.pop_first() {
                self.happen(happening);
            }
        }
        while self.ends.first_key_value().is_some_and(|(at, _)| *at <= self.now) {
            if let Some((_, (senders, jobs))) = self.ends.pop_first() {
                self.free += senders;
                self.in_flight.others -= jobs;
            }
        }
        self.receive();
        self.count_in_flight();
        self.counts.peak_delayed = self.counts.peak_delayed.max(self.delayed);
        self.look_whether_drained();
        self.now += STEP_MS;
    }

    fn count_in_flight(&mut self) {
        let in_flight = self.in_flight.count();
        self.counts.peak_in_flight = self.counts.peak_in_flight.max(in_flight);
        if in_flight <= HIGH_FROM {
            self.counts.above_since_ms = None;
            return;
        }
        let since = *self.counts.above_since_ms.get_or_insert(self.now);
        self.counts.longest_above_ms = self.counts.longest_above_ms.max(self.now - since);
    }

    /// Takes the events of one step.
    fn accept(&mut self) {
        let rate = real(u64::from(self.outage.deliveries_per_second)) / 1_000.0;
        let others = self.due_by_now(rate * (1.0 - self.outage.share));
        let biggest = self.due_by_now(rate * self.outage.share);
        self.queued.add_others(self.now, others);
        for _ in 0..biggest {
            let place = self.next_endpoint;
            self.next_endpoint = (place + 1) % self.endpoints.len();
            let endpoint = &mut self.endpoints[place];
            // What is accepted while an endpoint is off is parked when it is received, up to a bound.
            if endpoint.off && endpoint.accepted_while_off >= MAX_PARKED_WHILE_OFF {
                self.counts.skipped += 1;
                continue;
            }
            endpoint.accepted_while_off += u64::from(endpoint.off);
            self.counts.accepted += 1;
            if self.now < self.recovery() {
                self.from_outage += 1;
            }
            self.queued.add(Job::new(place, self.now), 1);
        }
    }

    /// How many of `per_ms` a millisecond fall into this step.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "positive, far below 2^53")]
    fn due_by_now(&self, per_ms: f64) -> u64 {
        let until = |ms: u64| (real(ms) * per_ms) as u64;
        until(self.now + STEP_MS) - until(self.now)
    }

    /// Gives every free sender a batch.
    fn receive(&mut self) {
        while self.free > 0 && !self.queued.is_empty() {
            let room = MOST_IN_FLIGHT.saturating_sub(self.in_flight.count());
            if room == 0 {
                return;
            }
            let fair = !self.outage.without_fair_queue;
            let batch = self.queued.take(room, fair, &self.in_flight, &self.randomness);
            self.free -= 1;
            self.attempt(&batch);
        }
    }

    /// One sender attempts a batch: all jobs at once, and it is free when the last has ended.
    fn attempt(&mut self, batch: &Batch) {
        for (accepted_ms, count) in &batch.others {
            self.counts.waits.note(self.now, self.now - accepted_ms, *count);
        }
        let others = batch.others();
        self.in_flight.others += others;
        self.bill.write_units += real(others);
        let mut held = if others > 0 { OVERHEAD_MS + self.outage.answer_ms } else { OVERHEAD_MS };
        // Each process asked at its own time how an endpoint fares.
        let asked = self.now.saturating_sub(self.up_to(millis(CACHED_FOR)));
        let (mut attempted, mut counted) = (Vec::new(), BTreeSet::new());
        for job in &batch.biggest {
            self.in_flight.add(job);
            let endpoint = &mut self.endpoints[job.endpoint];
            let open = endpoint.circuit.range(..=asked).next_back().is_some_and(|(_, open)| *open);
            if job.attempts > 0 || job.probe || job.due_ms > 0 {
                self.bill.read_units += 2.0; // the delivery's row, the event's payload
            }
            if job.due_ms > self.now + millis(EARLY) {
                self.wait(*job, Duration::from_millis(job.due_ms - self.now));
            } else if endpoint.off || (open && job.attempts == 0 && !job.probe) {
                self.in_flight.remove(job);
                endpoint.parked.add(*job);
                self.parked += 1;
                self.bill.write_units += 2.0;
                if endpoint.off {
                    counted.insert(job.endpoint);
                }
            } else {
                attempted.push(*job);
            }
        }
        self.bill.write_units += real(counted.len() as u64); // what is parked while an endpoint is off is counted
        if !attempted.is_empty() {
            let down = (OUTAGE_BEGINS_MS..self.recovery()).contains(&self.now);
            let takes = OVERHEAD_MS + if down { self.outage.failure_ms() } else { self.outage.answer_ms };
            held = held.max(takes);
            let happening = if down { Happening::Failed(attempted) } else { Happening::Delivered(attempted) };
            self.at(self.now + takes, happening);
        }
        self.bill.batch(real(held));
        let end = self.ends.entry(self.now + held).or_default();
        end.0 += 1;
        end.1 += others;
    }

    fn happen(&mut self, happening: Happening) {
        match happening {
            Happening::Failed(jobs) => self.failed(&jobs),
            Happening::Delivered(jobs) => self.delivered(&jobs),
            Happening::Visible(job) => {
                self.invisible -= 1;
                self.in_flight.remove(&job);
                self.queued.add(job, 1);
            }
            Happening::Arrived(job) => {
                self.delayed -= 1;
                self.queued.add(job, 1);
            }
            Happening::Superseded(job) => {
                self.superseded -= 1;
                self.in_flight.remove(&job);
            }
            Happening::Minute => {
                self.load = self.load.at(self.in_flight.count());
                self.probe();
                self.at(self.now + MINUTE_MS, Happening::Minute);
            }
            Happening::Drain(endpoint) => self.drain(endpoint),
        }
    }

    fn delivered(&mut self, jobs: &[Job]) {
        if self.now >= self.recovery() {
            self.counts.first_success_ms.get_or_insert(self.now);
        }
        for job in jobs {
            self.in_flight.remove(job);
            self.bill.write_units += if job.attempts == 0 { 1.0 } else { 2.0 } + job.index_units();
            self.counts.delivered += 1;
            self.finish(*job);
        }
        for job in jobs {
            if self.endpoints[job.endpoint].health.failures > 0 {
                self.recover(job.endpoint);
            }
        }
    }

    fn finish(&mut self, job: Job) {
        if job.accepted_ms < self.recovery() {
            self.from_outage -= 1;
        }
    }

    fn look_whether_drained(&mut self) {
        let waiting = self.parked + self.invisible + self.delayed + self.from_outage;
        if self.counts.drained_ms.is_some() || self.counts.first_success_ms.is_none() || waiting > 0 {
            return;
        }
        self.counts.drained_ms = Some(self.now);
        let measured_ms = OUTAGE_BEGINS_MS - USUAL_FROM_MS;
        let usual = self.usual * (real(self.now) / real(measured_ms));
        // What was skipped is not money saved: it is still to be sent.
        let rate = real(u64::from(self.outage.deliveries_per_second)) / 1_000.0;
        let skipped = self.usual * (real(self.counts.skipped) / (rate * real(measured_ms)));
        self.counts.extra = self.bill + skipped - usual;
    }

    fn is_drained(&self) -> bool {
        self.counts.drained_ms.is_some()
    }

    fn is_idle(&self) -> bool {
        let in_flight = self.in_flight.count() - self.superseded;
        self.queued.is_empty() && in_flight + self.delayed + self.parked == 0
    }

    pub(crate) fn recovery(&self) -> u64 {
        OUTAGE_BEGINS_MS + self.outage.outage_seconds * 1_000
    }

    fn at(&mut self, at: u64, happening: Happening) -> (u64, u64) {
        self.number += 1;
        self.later.insert((at, self.number), happening);
        (at, self.number)
    }

    /// An instant from 0 to `most` milliseconds.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "positive, far below 2^53")]
    fn up_to(&self, most: u64) -> u64 {
        (self.randomness.unit() * real(most)) as u64
    }
}
