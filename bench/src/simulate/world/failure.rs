//! What follows from a failure in the simulation?
//! The same retry decision as in the sender, `domain`'s: a job waits, is parked or given up, and the circuit opens.

use std::collections::BTreeMap;
use std::time::Duration;

use domain::delivery::LONG_WAIT;
use domain::delivery::attempt::{Attempt, SentRequest, Trigger};
use domain::delivery::decision::{Circumstances, Decision, decide};
use domain::policy::backoff::{Backoff, backoff};
use domain::policy::circuit::Consequence;
use domain::policy::outcome::{ErrorClass, Outcome};
use domain::timestamp::Timestamp;

use super::{Endpoint, Happening, World};
use crate::simulate::milliseconds::{millis, timestamp, whole_seconds};
use crate::simulate::queued::Job;

impl World<'_> {
    /// One sender's failures are counted in one write, and what follows is decided for each.
    pub(super) fn failed(&mut self, jobs: &[Job]) {
        let now = timestamp(self.now);
        self.counts.wasted += jobs.len() as u64;
        if !self.outage.without_circuit {
            let mut failures: BTreeMap<usize, u32> = BTreeMap::new();
            for job in jobs {
                *failures.entry(job.endpoint).or_default() += 1;
            }
            for (endpoint, count) in failures {
                self.note_failures(endpoint, count);
            }
        }
        for job in jobs {
            let number = job.attempts + 1;
            self.bill.write_units += if number == 1 { 1.0 } else { 2.0 } + job.index_units();
            let attempt = failed_attempt(number, now);
            let decision = decide(&Circumstances {
                attempt: &attempt,
                judgement: self.settings.outcomes.judge(&attempt.outcome),
                number_in_schedule: number,
                settings: &self.settings,
                health: self.endpoints[job.endpoint].health,
                is_probe: job.probe,
                randomness: self.randomness.unit(),
                now,
            });
            let attempts = if decision.counts_for_schedule() { number } else { job.attempts };
            let job = Job { attempts, probe: false, listed: false, due_ms: 0, ..*job };
            if let Decision::RetryIn(wait) = decision {
                let job = Job { listed: wait > LONG_WAIT, ..job };
                self.bill.write_units += job.index_units(); // a drain must find it
                self.wait(job, wait);
                continue;
            }
            self.in_flight.remove(&job);
            self.bill.write_units += 1.0; // its row is in the index now
            if let Decision::Park { .. } = decision {
                self.endpoints[job.endpoint].parked.add(job);
                self.parked += 1;
            } else {
                self.counts.given_up += 1;
                self.finish(job);
            }
        }
    }

    /// The endpoint's health after so many more failures.
    fn note_failures(&mut self, endpoint: usize, count: u32) {
        let now = timestamp(self.now);
        self.bill.write_units += 1.0;
        let Endpoint { health, circuit, off, accepted_while_off, .. } = &mut self.endpoints[endpoint];
        health.failures += count;
        health.failing_since.get_or_insert(now);
        health.last_failure_at = Some(now);
        for consequence in health.consequences(self.settings.disable, now) {
            match consequence {
                Consequence::Open => {
                    health.open_since = Some(now);
                    circuit.insert(self.now, true);
                }
                Consequence::Warn(percent) => health.warned_percent = percent,
                Consequence::Disable => {
                    self.off += usize::from(!std::mem::replace(off, true));
                    *accepted_while_off = 0;
                    self.counts.switched_off_ms.get_or_insert(self.now);
                }
            }
        }
    }

    /// A job waits: invisible, or as a delayed message, by the rule of the backoff.
    pub(super) fn wait(&mut self, job: Job, wait: Duration) {
        let job = Job { due_ms: self.now + millis(wait), ..job };
        let age = Duration::from_millis(self.now - job.accepted_ms);
        self.bill.sqs_entries(1.0);
        let waits = match backoff(wait, self.load, age) {
            Backoff::Invisible => {
                self.invisible += 1;
                let wait = wait.min(queue::reschedule::MAX_DELAY);
                self.at(self.now + whole_seconds(wait), Happening::Visible(job))
            }
            Backoff::Delayed => {
                self.in_flight.remove(&job);
                let job = Job { bulk: false, ..job };
                self.delayed += 1;
                let wait = wait.min(queue::send::MAX_DELAY);
                self.at(self.now + whole_seconds(wait), Happening::Arrived(job))
            }
        };
        if job.listed {
            self.endpoints[job.endpoint].long_waits.push(waits);
        }
    }
}

fn failed_attempt(number: u32, now: Timestamp) -> Attempt {
    Attempt {
        number,
        trigger: Trigger::Automatic,
        started_at: now,
        duration: Duration::ZERO,
        sent: SentRequest::default(),
        outcome: Outcome::Unreachable(ErrorClass::Timeout),
        error: Some(ErrorClass::Timeout),
    }
}
