//! Which statistics of deliveries are kept?
//! Hourly tallies of an endpoint or workspace. They are approximate, because a process that dies loses the counts of its
//! last seconds, and because durations are counted in a histogram.

use std::time::Duration;

use serde::Serialize;

use crate::delivery::attempt::Attempt;
use crate::delivery::decision::Decision;
use crate::timestamp::Timestamp;

/// Upper ends of the histogram's buckets, in milliseconds; a last bucket counts longer durations.
pub const BUCKETS_MS: [u64; 14] =
    [2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 30_000];
const HOUR_MILLIS: i64 = 3_600_000;

/// The counts of one hour, or of several hours together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    /// Deliveries that succeeded.
    pub delivered: u64,
    /// Deliveries that failed for good.
    pub failed: u64,
    /// Attempts made.
    pub attempts: u64,
    /// Attempts that failed.
    pub failed_attempts: u64,
    /// The histogram of durations: one count for each of [`BUCKETS_MS`], and one for longer attempts.
    pub durations: [u64; BUCKETS_MS.len() + 1],
}

/// A tally as the API shows it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Figures {
    /// Deliveries that succeeded.
    pub delivered: u64,
    /// Deliveries that failed for good.
    pub failed: u64,
    /// Attempts made.
    pub attempts: u64,
    /// Attempts that failed.
    pub failed_attempts: u64,
    /// Share of the attempts that succeeded, 0 to 1; `None` when there was none.
    pub success_rate: Option<f64>,
    /// The median duration, in milliseconds: the upper end of its bucket.
    pub p50_ms: Option<u64>,
    /// The 95th percentile of durations, in milliseconds: the upper end of its bucket.
    pub p95_ms: Option<u64>,
}

/// An hour of UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hour(i64);

impl Hour {
    /// The hour that contains `instant`.
    pub fn of(instant: Timestamp) -> Self {
        Self(instant.as_millis() / HOUR_MILLIS)
    }

    /// The first instant of the hour.
    pub fn start(self) -> Timestamp {
        Timestamp::from_millis(self.0 * HOUR_MILLIS)
    }
}

impl Tally {
    /// Counts an attempt and the decision that followed.
    pub fn count(&mut self, attempt: &Attempt, decision: Decision) {
        self.attempts += 1;
        self.failed_attempts += u64::from(attempt.error.is_some());
        match decision {
            Decision::Delivered => self.delivered += 1,
            Decision::Exhausted | Decision::Permanent | Decision::Gone => self.failed += 1,
            Decision::RetryIn(_) | Decision::Park { .. } => {}
        }
        self.durations[bucket(attempt.duration)] += 1;
    }

    /// Adds the counts of another tally.
    pub fn add(&mut self, other: &Self) {
        self.delivered += other.delivered;
        self.failed += other.failed;
        self.attempts += other.attempts;
        self.failed_attempts += other.failed_attempts;
        self.durations.iter_mut().zip(other.durations).for_each(|(mine, theirs)| *mine += theirs);
    }

    /// The tally as the API shows it. A percentile is the upper end of its bucket.
    pub fn figures(&self) -> Figures {
        #[expect(clippy::cast_precision_loss, reason = "a rate needs no more than 52 bits")]
        let rate = |part: u64, whole: u64| (whole > 0).then(|| part as f64 / whole as f64);
        Figures {
            delivered: self.delivered,
            failed: self.failed,
            attempts: self.attempts,
            failed_attempts: self.failed_attempts,
            success_rate: rate(self.attempts - self.failed_attempts.min(self.attempts), self.attempts),
            p50_ms: self.percentile(50),
            p95_ms: self.percentile(95),
        }
    }

    fn percentile(&self, percent: u64) -> Option<u64> {
        let all: u64 = self.durations.iter().sum();
        let wanted = (all * percent).div_ceil(100);
        let mut seen = 0;
        for (index, count) in self.durations.iter().enumerate() {
            seen += count;
            if *count > 0 && seen >= wanted {
                return Some(*BUCKETS_MS.get(index).unwrap_or(&BUCKETS_MS[BUCKETS_MS.len() - 1]));
            }
        }
        None
    }
}

fn bucket(duration: Duration) -> usize {
    let millis = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    BUCKETS_MS.iter().position(|end| millis <= *end).unwrap_or(BUCKETS_MS.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn tally(durations: &[u64]) -> Tally {
        let mut tally = Tally::default();
        for millis in durations {
            tally.durations[bucket(Duration::from_millis(*millis))] += 1;
        }
        tally
    }

    #[test]
    fn nothing_counted_has_no_rate_and_no_percentile() {
        let figures = Tally::default().figures();
        assert_eq!((figures.success_rate, figures.p50_ms, figures.p95_ms), (None, None, None));
    }

    proptest! {
        #[test]
        fn a_percentile_lies_within_a_bucket_of_the_true_one(mut durations in proptest::collection::vec(0u64..30_000, 1..200)) {
            let shown = tally(&durations).figures();
            durations.sort_unstable();
            for (percent, shown) in [(50, shown.p50_ms), (95, shown.p95_ms)] {
                let exact = durations[(durations.len() * percent).div_ceil(100) - 1];
                let end = BUCKETS_MS.into_iter().find(|end| exact <= *end);
                prop_assert_eq!(shown, end);
            }
        }

        #[test]
        fn adding_is_counting_together(one in proptest::collection::vec(0u64..40_000, 0..50), two in proptest::collection::vec(0u64..40_000, 0..50)) {
            let mut sum = tally(&one);
            sum.add(&tally(&two));
            prop_assert_eq!(sum, tally(&[one, two].concat()));
        }
    }
}
