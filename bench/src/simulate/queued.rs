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
    /// Whether it is a drain's or a probe: those are one message group.
    pub(crate) bulk: bool,
    /// Whether its delivery's row is listed on the index, because it waits long for a retry.
    pub(crate) listed: bool,
}

impl Job {
    /// The job of an event that is accepted now.
    pub(crate) const fn new(endpoint: usize, accepted_ms: u64) -> Self {
        Self { endpoint, accepted_ms, attempts: 0, due_ms: 0, probe: false, bulk: false, listed: false }
    }

    /// Write units by which its row joins the index, and again when it leaves it.
    pub(crate) fn index_units(&self) -> f64 {
        if self.listed { 1.0 } else { 0.0 }
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
    others_count: u64,
    /// Of the endpoints' own message groups.
    biggest: Line,
    /// Of the message group of drains and probes.
    bulk: Line,
}

/// Jobs in the order in which they came.
#[derive(Debug, Default)]
struct Line {
    jobs: VecDeque<(Job, u64)>,
    count: u64,
}

impl Line {
    fn add(&mut self, job: Job, count: u64) {
        match self.jobs.back_mut() {
            _ if count == 0 => {}
            Some((same, more)) if *same == job => *more += count,
            _ => self.jobs.push_back((job, count)),
        }
        self.count += count;
    }

    fn take(&mut self) -> Option<Job> {
        let (job, left) = self.jobs.front_mut()?;
        let job = *job;
        *left -= 1;
        self.count -= 1;
        if *left == 0 {
            self.jobs.pop_front();
        }
        Some(job)
    }

    /// How many of it may be chosen: none while its next job is of a noisy group and others are there.
    fn weight(&self, fair: bool, in_flight: &InFlight) -> u64 {
        let noisy = fair && self.jobs.front().is_some_and(|(job, _)| in_flight.is_noisy(job));
        if noisy { 0 } else { self.count }
    }
}

impl Queued {
    pub(crate) fn add_others(&mut self, accepted_ms: u64, count: u64) {
        if count > 0 {
            self.others.push_back((accepted_ms, count));
            self.others_count += count;
        }
    }

    pub(crate) fn add(&mut self, job: Job, count: u64) {
        if job.bulk { self.bulk.add(job, count) } else { self.biggest.add(job, count) }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.others_count + self.biggest.count + self.bulk.count == 0
    }

    /// Takes up to ten jobs, at most `room`. With `fair`, quiet message groups come first, in random order among equals.
    pub(crate) fn take(
        &mut self,
        room: u64,
        fair: bool,
        in_flight: &InFlight,
        randomness: &Randomness,
    ) -> Batch {
        let mut batch = Batch::default();
        for _ in 0..room.min(BATCH_ENTRIES as u64) {
            let mut weights = [&self.biggest, &self.bulk].map(|line| line.weight(fair, in_flight));
            if self.others_count + weights[0] + weights[1] == 0 {
                weights = [self.biggest.count, self.bulk.count];
            }
            let [others, own, bulk] = [self.others_count, weights[0], weights[1]];
            let all = others + own + bulk;
            if all == 0 {
                break;
            }
            let is_sure = [others, own, bulk].contains(&all);
            let chosen = if is_sure { 0.0 } else { randomness.unit() * real(all) };
            if others > 0 && chosen < real(others) {
                self.take_other(&mut batch);
            } else if own > 0 && chosen < real(others + own) {
                batch.biggest.extend(self.biggest.take());
            } else {
                batch.biggest.extend(self.bulk.take());
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
    bulk: u64,
    down_count: u64,
}

impl InFlight {
    pub(crate) fn of(endpoints: usize) -> Self {
        Self { others: 0, down: vec![0; endpoints], bulk: 0, down_count: 0 }
    }

    pub(crate) fn count(&self) -> u64 {
        self.others + self.down_count
    }

    pub(crate) fn add(&mut self, job: &Job) {
        *self.group_of(job) += 1;
        self.down_count += 1;
    }

    pub(crate) fn remove(&mut self, job: &Job) {
        *self.group_of(job) -= 1;
        self.down_count -= 1;
    }

    fn group_of(&mut self, job: &Job) -> &mut u64 {
        if job.bulk { &mut self.bulk } else { &mut self.down[job.endpoint] }
    }

    fn is_noisy(&self, job: &Job) -> bool {
        let mine = if job.bulk { self.bulk } else { self.down[job.endpoint] };
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

    const JOB: Job = Job::new(0, 0);

    #[test]
    fn quiet_customers_go_first_only_while_the_biggest_is_noisy() {
        let randomness = Randomness::new(|bytes| bytes.fill(0xff));
        let taken = |fair, biggest| {
            let mut queued = Queued::default();
            queued.add(JOB, 100);
            queued.add_others(0, 7);
            let mut in_flight = InFlight { others: 100, ..InFlight::of(2) };
            (0..biggest).for_each(|_| in_flight.add(&JOB));
            in_flight.add(&Job { endpoint: 1, ..JOB });
            queued.take(10, fair, &in_flight, &randomness).others()
        };
        assert_eq!((taken(true, 30), taken(true, 29), taken(true, 10), taken(false, 30)), (7, 0, 0, 0));
    }
}
