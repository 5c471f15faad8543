//! How does the simulation measure time?
//! In milliseconds from its beginning.

use std::time::Duration;

use domain::timestamp::Timestamp;

/// An instant of the simulation, as `domain` takes it.
pub(crate) fn timestamp(ms: u64) -> Timestamp {
    Timestamp::from_millis(i64::try_from(ms).unwrap_or(i64::MAX))
}

/// Whole milliseconds.
pub(crate) fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// SQS counts whole seconds.
pub(crate) fn whole_seconds(wait: Duration) -> u64 {
    millis(wait).div_ceil(1_000) * 1_000
}
