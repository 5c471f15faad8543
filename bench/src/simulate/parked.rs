//! Which deliveries are parked for an endpoint? Oldest first; of equal ones only the number is kept.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::queued::Job;

/// By when they were accepted. The one that probed goes on probing, as it is the oldest.
#[derive(Debug, Default)]
pub(crate) struct Parked {
    rows: BTreeMap<(u64, Reverse<u32>), u64>,
}

impl Parked {
    pub(crate) fn add(&mut self, job: Job) {
        *self.rows.entry((job.accepted_ms, Reverse(job.attempts))).or_default() += 1;
    }

    /// Takes the oldest, at most `most`: jobs, and how many there are of each.
    pub(crate) fn take(&mut self, endpoint: usize, most: u64, probe: bool) -> Vec<(Job, u64)> {
        let (mut taken, mut left) = (Vec::new(), most);
        while left > 0
            && let Some(mut oldest) = self.rows.first_entry()
        {
            let (accepted_ms, Reverse(attempts)) = *oldest.key();
            let count = left.min(*oldest.get());
            *oldest.get_mut() -= count;
            if *oldest.get() == 0 {
                oldest.remove();
            }
            taken.push((Job { attempts, probe, bulk: true, ..Job::new(endpoint, accepted_ms) }, count));
            left -= count;
        }
        taken
    }
}
