//! What waits in the queue? Jobs that a sender could take now, and whose turn it is: SQS's fair queue.

use std::collections::VecDeque;

use queue::send::BATCH_ENTRIES;
use usecases::Randomness;

/// A group is noisy with more than a tenth of all jobs in flight and at least so many (SQS developer guide, "Amazon SQS
/// fair queues").
const NOISY_IN_FLIGHT: u64 = 30;

/// A job of the biggest customer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Job {
    /// When its event was accepted.
    pub(crate) accepted_ms: u64,
    /// Attempts made before.
    pub(crate) attempts: u32,
    /// Not before this.
    pub(crate) due_ms: u64,
    /// Whether it probes an open circuit.
    pub(crate) probe: bool,
}

impl Job {
    /// Write units by which its row leaves the index: it is listed there while it waits long for a retry.
    pub(crate) fn index_units(&self) -> f64 {
        if self.due_ms > 0 { 1.0 } else { 0.0 }
    }
}

/// What one sender takes at once.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    /// When the events of the other customers' jobs were accepted, and how many there are of each.
    pub(crate) others: Vec<(u64, u64)>,
    /// The biggest customer's jobs.
    pub(crate) biggest: Vec<Job>,
}

impl Batch {
    pub(crate) fn others(&self) -> u64 {
        self.others.iter().map(|(_, count)| count).sum()
    }
}

/// Jobs that can be taken; of equal ones only the number is kept.
#[derive(Debug, Default)]
pub(crate) struct Queued {
    others: VecDeque<(u64, u64)>,
    biggest: VecDeque<(Job, u64)>,
    others_count: u64,
    biggest_count: u64,
}

impl Queued {
    pub(crate) fn add_others(&mut self, accepted_ms: u64, count: u64) {
        if count > 0 {
            self.others.push_back((accepted_ms, count));
            self.others_count += count;
        }
    }

    pub(crate) fn add(&mut self, job: Job, count: u64) {
        if count > 0 {
            self.biggest.push_back((job, count));
            self.biggest_count += count;
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.others_count + self.biggest_count == 0
    }

    /// Takes up to ten jobs, at most `room`; `fair` prefers quiet customers while the biggest is noisy, otherwise chance
    /// decides.
    pub(crate) fn take(
        &mut self,
        room: u64,
        fair: bool,
        in_flight: InFlight,
        randomness: &Randomness,
    ) -> Batch {
        let noisy = fair
            && in_flight.biggest >= NOISY_IN_FLIGHT
            && in_flight.biggest * 10 > in_flight.biggest + in_flight.others;
        let mut batch = Batch::default();
        for _ in 0..room.min(BATCH_ENTRIES as u64) {
            let takes_other = match (self.others_count, self.biggest_count) {
                (0, 0) => break,
                (_, 0) => true,
                (0, _) => false,
                _ if noisy => true,
                (others, biggest) => randomness.unit() * real(others + biggest) < real(others),
            };
            if takes_other {
                self.take_other(&mut batch);
            } else if let Some((job, left)) = self.biggest.front_mut() {
                batch.biggest.push(*job);
                *left -= 1;
                self.biggest_count -= 1;
                if *left == 0 {
                    self.biggest.pop_front();
                }
            }
        }
        batch
    }

    fn take_other(&mut self, batch: &mut Batch) {
        let Some((accepted_ms, left)) = self.others.front_mut() else { return };
        match batch.others.last_mut() {
            Some((same, count)) if same == accepted_ms => *count += 1,
            _ => batch.others.push((*accepted_ms, 1)),
        }
        *left -= 1;
        self.others_count -= 1;
        if *left == 0 {
            self.others.pop_front();
        }
    }
}

/// Jobs received and not deleted, whether attempted or waiting invisible.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct InFlight {
    pub(crate) others: u64,
    pub(crate) biggest: u64,
}

/// A count as a real number.
#[expect(clippy::cast_precision_loss, reason = "counts of a simulation stay far below 2^53")]
pub(crate) fn real(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    const JOB: Job = Job { accepted_ms: 0, attempts: 0, due_ms: 0, probe: false };

    #[test]
    fn quiet_customers_go_first_only_while_the_biggest_is_noisy() {
        let randomness = Randomness::new(|bytes| bytes.fill(0xff));
        let taken = |fair, biggest| {
            let mut queued = Queued::default();
            queued.add(JOB, 100);
            queued.add_others(0, 7);
            queued.take(10, fair, InFlight { others: 100, biggest }, &randomness).others()
        };
        assert_eq!((taken(true, 30), taken(true, 29), taken(true, 10), taken(false, 30)), (7, 0, 0, 0));
    }
}
