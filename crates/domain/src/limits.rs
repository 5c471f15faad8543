//! How much may an endpoint be sent at once? A rate, kept by giving every attempt a slot of its own, and a number of
//! attempts under way.

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
    /// Checks the bounds.
    ///
    /// # Errors
    /// The text for the caller.
    pub fn check(self) -> Result<(), &'static str> {
        match self {
            Self::PerSecond(1..=1_000) | Self::PerMinute(1..=60_000) => Ok(()),
            Self::PerSecond(_) => Err("per_second must be 1 to 1000"),
            Self::PerMinute(_) => Err("per_minute must be 1 to 60000"),
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

    /// How far ahead slots are given.
    pub fn horizon(self) -> Duration {
        HORIZON.min(self.interval() * MAX_WAITING)
    }

    /// Most deliveries in a second, at least 1.
    pub fn most_per_second(self) -> u32 {
        match self {
            Self::PerSecond(count) => count,
            Self::PerMinute(count) => (count / 60).max(1),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_limit_is_written_as_the_api_shows_it() {
        let limit: RateLimit = serde_json::from_str(r#"{"per_second":5}"#).unwrap();
        assert_eq!(limit, RateLimit::PerSecond(5));
        assert!(serde_json::from_str::<RateLimit>(r#"{"per_second":5,"per_minute":9}"#).is_err());
        assert!(RateLimit::PerSecond(0).check().is_err() && RateLimit::PerMinute(60_001).check().is_err());
    }

    proptest! {
        #[test]
        fn slots_in_any_ten_seconds_never_exceed_the_rate(count in 1u32..=1_000, per_minute: bool) {
            let limit = if per_minute { RateLimit::PerMinute(count) } else { RateLimit::PerSecond(count) };
            let slots = Duration::from_secs(60).as_micros() / limit.interval().as_micros();
            let most = if per_minute { u128::from(count) } else { 60 * u128::from(count) };
            prop_assert!(slots <= most);
            prop_assert!(limit.horizon() <= HORIZON);
        }
    }
}
