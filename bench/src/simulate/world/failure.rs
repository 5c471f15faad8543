//! What follows from a failure in the simulation?
//! The same retry decision as in the sender, `domain`'s: a job waits, is parked or given up, and the circuit opens.

use std::time::Duration;

use domain::delivery::LONG_WAIT;
use domain::delivery::attempt::{Attempt, SentRequest, Trigger};
use domain::delivery::decision::{Circumstances, Decision, decide};
use domain::policy::circuit::Consequence;
use domain::policy::outcome::{ErrorClass, Outcome};
use domain::timestamp::Timestamp;
use usecases::deliver::attempt_delivery::LONGEST_INVISIBLE;

use super::{Happening, World};
use crate::simulate::milliseconds::{millis, timestamp, whole_seconds};
use crate::simulate::queued::Job;

impl World<'_> {
    /// One sender's failures are counted in one write, and what follows is decided for each.
    pub(super) fn failed(&mut self, jobs: &[Job]) {
        let now = timestamp(self.now);
        self.counts.wasted += jobs.len() as u64;
        if !self.outage.without_circuit {
            self.note_failures(jobs.len());
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
                health: self.health,
                is_probe: job.probe,
                randomness: self.randomness.unit(),
                now,
            });
            let attempts = if decision.counts_for_schedule() { number } else { job.attempts };
            let job = Job { attempts, probe: false, due_ms: 0, ..*job };
            if let Decision::RetryIn(wait) = decision {
                self.bill.write_units += if wait > LONG_WAIT { 1.0 } else { 0.0 }; // a drain must find it
                self.wait(job, wait);
                continue;
            }
            self.in_flight.biggest -= 1;
            self.bill.write_units += 1.0; // its row is in the index now
            if let Decision::Park { .. } = decision {
                self.parked.add(job);
            } else {
                self.counts.given_up += 1;
                self.finish(job);
            }
        }
    }

    /// The endpoint's health after so many more failures.
    fn note_failures(&mut self, count: usize) {
        let now = timestamp(self.now);
        self.bill.write_units += 1.0;
        self.health.failures += u32::try_from(count).unwrap_or(u32::MAX);
        self.health.failing_since.get_or_insert(now);
        self.health.last_failure_at = Some(now);
        for consequence in self.health.consequences(self.settings.disable, now) {
            match consequence {
                Consequence::Open => {
                    self.health.open_since = Some(now);
                    self.circuit.insert(self.now, true);
                }
                Consequence::Warn(percent) => self.health.warned_percent = percent,
                Consequence::Disable => {
                    (self.off, self.accepted_while_off) = (true, 0);
                    self.counts.switched_off_ms.get_or_insert(self.now);
                }
            }
        }
    }

    fn wait(&mut self, job: Job, wait: Duration) {
        if wait <= LONGEST_INVISIBLE {
            self.invisible += 1;
            self.bill.sqs_entries(1.0);
            self.at(self.now + whole_seconds(wait), Happening::Visible(job));
        } else {
            self.delay(Job { due_ms: self.now + millis(wait), ..job });
        }
    }

    /// A job that is not due for long is sent again, delayed, and is not in flight.
    pub(super) fn delay(&mut self, job: Job) {
        self.in_flight.biggest -= 1;
        self.delayed += 1;
        self.bill.sqs_entries(1.0);
        let wait = Duration::from_millis(job.due_ms - self.now).min(queue::send::MAX_DELAY);
        self.at(self.now + whole_seconds(wait), Happening::Arrived(job));
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
