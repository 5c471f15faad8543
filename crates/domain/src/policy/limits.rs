//! How much may an endpoint be sent at once?
//! A rate limit gives every attempt a slot, a concurrency limit a lease while the attempt is under way.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Deliveries in a second or a minute.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RateLimit {
    /// So many a second, 1 to 1,000.
    PerSecond(u32),
    /// So many a minute, 1 to 60,000.
    PerMinute(u32),
}

/// Bounds of the number of attempts under way.
pub const MAX_CONCURRENCY: std::ops::RangeInclusive<u32> = 1..=100;
/// A delivery whose slot is further away is parked; a drain sends it when its turn comes. So the jobs that wait for a
/// slot stay few.
const HORIZON: Duration = Duration::from_secs(30);
/// Most deliveries of an endpoint that wait for a slot.
const MAX_WAITING: u32 = 1_000;

impl RateLimit {
    /// Bounds of a rate per second.
    pub const PER_SECOND: std::ops::RangeInclusive<u64> = 1..=1_000;
    /// Bounds of a rate per minute.
    pub const PER_MINUTE: std::ops::RangeInclusive<u64> = 1..=60_000;

    /// Checks the bounds.
    ///
    /// # Errors
    /// The text for the caller.
    pub fn check(self) -> Result<(), &'static str> {
        match self {
            Self::PerSecond(rate) if !Self::PER_SECOND.contains(&rate.into()) => Err("must be 1 to 1000"),
            Self::PerMinute(rate) if !Self::PER_MINUTE.contains(&rate.into()) => Err("must be 1 to 60000"),
            Self::PerSecond(_) | Self::PerMinute(_) => Ok(()),
        }
    }

    /// Time from one slot to the next. Rounded up, so the rate is never exceeded.
    pub fn interval(self) -> Duration {
        let (span, count) = match self {
            Self::PerSecond(count) => (1_000_000, count),
            Self::PerMinute(count) => (60_000_000, count),
        };
        Duration::from_micros(u64::div_ceil(span, u64::from(count.max(1))))
    }

    /// How long `count` slots reserved together take: the next one comes so long after the first of them. Slots are whole
    /// milliseconds, each rounded down from its group's first; rounded up here, no two groups come too close.
    pub fn span(interval: Duration, count: u32) -> Duration {
        let micros = interval.as_micros().saturating_mul(u128::from(count));
        Duration::from_millis(u64::try_from(micros.div_ceil(1_000)).unwrap_or(u64::MAX))
    }

    /// How far ahead slots are given.
    pub fn horizon(self) -> Duration {
        HORIZON.min(self.interval() * MAX_WAITING)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::timestamp::Timestamp;
    use proptest::prelude::*;

    #[test]
    fn a_limit_is_written_as_the_api_shows_it() {
        let limit: RateLimit = serde_json::from_str(r#"{"per_second":5}"#).unwrap();
        assert_eq!(limit, RateLimit::PerSecond(5));
        assert!(serde_json::from_str::<RateLimit>(r#"{"per_second":5,"per_minute":9}"#).is_err());
        assert!(RateLimit::PerSecond(0).check().is_err() && RateLimit::PerMinute(60_001).check().is_err());
    }

    /// Every slot of these reservations, each so many milliseconds after the one before and of so many slots: they come
    /// after those reserved before, or now if there are none ahead.
    fn slots(limit: RateLimit, reservations: &[(u64, u32)]) -> Vec<Timestamp> {
        let (mut now, mut next) = (Timestamp::from_millis(0), Timestamp::from_millis(0));
        let mut slots = Vec::new();
        for (wait, count) in reservations {
            now = now.plus(Duration::from_millis(*wait));
            let first = next.max(now);
            slots.extend((0..*count).map(|index| first.plus(limit.interval() * index)));
            next = first.plus(RateLimit::span(limit.interval(), *count));
        }
        slots
    }

    /// The most slots that lie within `window` of each other.
    fn most_within(slots: &[Timestamp], window: Duration) -> usize {
        let within = |first: usize| slots[first..].partition_point(|slot| slot.since(slots[first]) < window);
        (0..slots.len()).map(within).max().unwrap_or(0)
    }

    fn any_limit() -> impl Strategy<Value = RateLimit> {
        let per_second = prop_oneof![1u32..20, 1u32..=1_000].prop_map(RateLimit::PerSecond);
        prop_oneof![per_second, (1u32..=60_000).prop_map(RateLimit::PerMinute)]
    }

    proptest! {
        #[test]
        fn slots_in_any_ten_seconds_never_exceed_the_rate(
            limit in any_limit(),
            reservations in proptest::collection::vec((prop_oneof![Just(0u64), 0u64..3_000], 1u32..60), 1..40),
        ) {
            let slots = slots(limit, &reservations);
            prop_assert!(slots.is_sorted());
            let most = match limit {
                RateLimit::PerSecond(count) => 10 * count,
                RateLimit::PerMinute(count) => count.div_ceil(6),
            };
            let ten_seconds = most_within(&slots, Duration::from_secs(10));
            prop_assert!(ten_seconds <= usize::try_from(most).unwrap(), "{ten_seconds} of {most}");
            if let RateLimit::PerMinute(count) = limit {
                let minute = most_within(&slots, Duration::from_secs(60));
                prop_assert!(minute <= usize::try_from(count).unwrap(), "{minute} of {count} in a minute");
            }
        }

        #[test]
        fn no_slot_is_given_beyond_the_horizon_of_waiting_jobs(limit in any_limit()) {
            prop_assert!(limit.horizon() <= HORIZON && limit.horizon() <= limit.interval() * MAX_WAITING);
        }
    }
}
