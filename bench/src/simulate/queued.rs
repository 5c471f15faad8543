//! What waits in the queue? Jobs that a sender could take now, and whose turn it is: SQS's fair queue.

use std::collections::VecDeque;

use queue::send::BATCH_ENTRIES;
use usecases::Randomness;

/// A group is noisy with more than a tenth of all jobs in flight and at least so many (SQS developer guide, "Amazon SQS
/// fair queues").
const NOISY_IN_FLIGHT: u64 = 30;

/// A job of an endpoint that goes down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Job {
    /// Which of them.
    pub(crate) endpoint: usize,
    /// When its event was accepted.
    pub(crate) accepted_ms: u64,
    /// Attempts made before.
    pub(crate) attempts: u32,
    /// Not before this.
    pub(crate) due_ms: u64,
    /// Whether it probes an open circuit.
    pub(crate) probe: bool,
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
        match self.biggest.back_mut() {
            _ if count == 0 => {}
            Some((same, more)) if *same == job => *more += count,
            _ => self.biggest.push_back((job, count)),
        }
        self.biggest_count += count;
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.others_count + self.biggest_count == 0
    }

    /// Takes up to ten jobs, at most `room`; `fair` prefers the other customers while the next endpoint that is down is
    /// noisy, otherwise chance decides.
    pub(crate) fn take(
        &mut self,
        room: u64,
        fair: bool,
        in_flight: &InFlight,
        randomness: &Randomness,
    ) -> Batch {
        let mut batch = Batch::default();
        for _ in 0..room.min(BATCH_ENTRIES as u64) {
            let noisy = fair && self.biggest.front().is_some_and(|(job, _)| in_flight.is_noisy(job.endpoint));
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
#[derive(Debug, Default)]
pub(crate) struct InFlight {
    pub(crate) others: u64,
    /// Of each endpoint that goes down.
    down: Vec<u64>,
    down_count: u64,
}

impl InFlight {
    pub(crate) fn of(endpoints: usize) -> Self {
        Self { others: 0, down: vec![0; endpoints], down_count: 0 }
    }

    pub(crate) fn count(&self) -> u64 {
        self.others + self.down_count
    }

    pub(crate) fn add(&mut self, endpoint: usize) {
        self.down[endpoint] += 1;
        self.down_count += 1;
    }

    pub(crate) fn remove(&mut self, endpoint: usize) {
        self.down[endpoint] -= 1;
        self.down_count -= 1;
    }

    fn is_noisy(&self, endpoint: usize) -> bool {
        let mine = self.down[endpoint];
        mine >= NOISY_IN_FLIGHT && mine * 10 > self.count()
    }
}

/// A count as a real number.
#[expect(clippy::cast_precision_loss, reason = "counts of a simulation stay far below 2^53")]
pub(crate) fn real(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    const JOB: Job = Job { endpoint: 0, accepted_ms: 0, attempts: 0, due_ms: 0, probe: false };

    #[test]
    fn quiet_customers_go_first_only_while_the_biggest_is_noisy() {
        let randomness = Randomness::new(|bytes| bytes.fill(0xff));
        let taken = |fair, biggest| {
            let mut queued = Queued::default();
            queued.add(JOB, 100);
            queued.add_others(0, 7);
            let mut in_flight = InFlight { others: 100, ..InFlight::of(2) };
            (0..biggest).for_each(|_| in_flight.add(0));
            in_flight.add(1);
            queued.take(10, fair, &in_flight, &randomness).others()
        };
        assert_eq!((taken(true, 30), taken(true, 29), taken(true, 10), taken(false, 30)), (7, 0, 0, 0));
    }
}
