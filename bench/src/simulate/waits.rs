//! How long did jobs wait until a sender took them? Counted by the minute in which they were taken.

use std::collections::BTreeMap;

const MINUTE_MS: u64 = 60_000;

/// Waits in milliseconds, counted.
type Histogram = BTreeMap<u64, u64>;

#[derive(Debug, Default)]
pub(crate) struct Waits(BTreeMap<u64, Histogram>);

impl Waits {
    /// At `now_ms`, `count` jobs were taken that had waited for `wait_ms`.
    pub(crate) fn note(&mut self, now_ms: u64, wait_ms: u64, count: u64) {
        *self.0.entry(now_ms / MINUTE_MS).or_default().entry(wait_ms).or_default() += count;
    }

    /// The wait that 99 of 100 jobs taken from `from_ms` to `until_ms` did not exceed, in whole minutes.
    pub(crate) fn p99_ms(&self, from_ms: u64, until_ms: u64) -> u64 {
        let mut all = Histogram::new();
        for (_, minute) in self.minutes(from_ms, until_ms) {
            for (wait, count) in minute {
                *all.entry(*wait).or_default() += count;
            }
        }
        p99(&all)
    }

    /// The same of the minute in which it was longest.
    pub(crate) fn worst_p99_ms(&self, from_ms: u64, until_ms: u64) -> u64 {
        self.minutes(from_ms, until_ms).map(|(_, minute)| p99(minute)).max().unwrap_or_default()
    }

    /// The longest wait.
    pub(crate) fn longest_ms(&self, from_ms: u64, until_ms: u64) -> u64 {
        let last = |minute: &Histogram| minute.keys().next_back().copied();
        self.minutes(from_ms, until_ms).filter_map(|(_, minute)| last(minute)).max().unwrap_or_default()
    }

    fn minutes(&self, from_ms: u64, until_ms: u64) -> impl Iterator<Item = (&u64, &Histogram)> {
        self.0.range(from_ms / MINUTE_MS..until_ms.div_ceil(MINUTE_MS))
    }
}

fn p99(histogram: &Histogram) -> u64 {
    let total: u64 = histogram.values().sum();
    let mut left = total / 100;
    for (wait, count) in histogram.iter().rev() {
        if *count > left {
            return *wait;
        }
        left -= count;
    }
    0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_in_a_hundred_may_wait_longer_than_the_p99() {
        let mut waits = Waits::default();
        waits.note(0, 10, 99);
        waits.note(1, 5_000, 1);
        assert_eq!(waits.p99_ms(0, MINUTE_MS), 10);
        waits.note(2, 5_000, 1);
        assert_eq!(waits.p99_ms(0, MINUTE_MS), 5_000);
        waits.note(MINUTE_MS, 10, 1_000);
        assert_eq!((waits.p99_ms(0, 2 * MINUTE_MS), waits.worst_p99_ms(0, 2 * MINUTE_MS)), (10, 5_000));
    }
}
