//! How does a job wait for its next attempt: invisible in the queue, or as a delayed message?
//! The backoff rule: a wait is the job's visibility timeout, unless the queue holds too many messages in flight.
//!
//! A job that waits invisible costs one entry of a request, but it is in flight, of which a standard queue holds about
//! 120,000 for all endpoints together. A delayed message is not in flight, but is sent anew every 15 minutes.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// From so many messages in flight on, the queue's load is high: half of what a standard queue holds.
pub const HIGH_FROM: u64 = 60_000;
/// A high load is normal again below so many.
pub const NORMAL_BELOW: u64 = 40_000;
/// A wait up to this is invisible whatever the load: the jobs that wait so briefly stay few, because a circuit opens or
/// their schedule goes on to longer waits.
pub const ALWAYS_INVISIBLE: Duration = Duration::from_secs(60);
/// SQS deletes a message 14 days after it was sent, also one that waits invisible. A day is left for what comes after the
/// wait, and for the hours by which a producer's own event id may be off.
pub const LONGEST_AS_ONE_MESSAGE: Duration = Duration::from_secs(13 * 86_400);

/// Whether the queue holds many messages in flight.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum QueueLoad {
    /// There is room for jobs that wait invisible.
    #[default]
    Normal,
    /// There are so many in flight that long waits must not add to them.
    High,
}

impl QueueLoad {
    /// The load when `in_flight` messages are in flight. It has hysteresis: between the two marks it stays as it was.
    #[must_use]
    pub const fn at(self, in_flight: u64) -> Self {
        match self {
            Self::Normal if in_flight >= HIGH_FROM => Self::High,
            Self::High if in_flight < NORMAL_BELOW => Self::Normal,
            same => same,
        }
    }
}

/// How a job waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backoff {
    /// As it is: the wait is its visibility timeout. Where SQS allows no such timeout it comes early, and waits again.
    Invisible,
    /// As a new message, delayed, which takes its place.
    Delayed,
}

/// How a job waits for `wait`. `age` is the most that can have passed since its message was sent.
pub fn backoff(wait: Duration, load: QueueLoad, age: Duration) -> Backoff {
    if wait <= ALWAYS_INVISIBLE {
        return Backoff::Invisible;
    }
    match load {
        QueueLoad::Normal if age.saturating_add(wait) <= LONGEST_AS_ONE_MESSAGE => Backoff::Invisible,
        QueueLoad::Normal | QueueLoad::High => Backoff::Delayed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const HOUR: Duration = Duration::from_secs(3_600);

    #[test]
    fn a_wait_is_invisible_until_the_load_is_high_and_again_when_it_is_normal() {
        let mut load = QueueLoad::default();
        let mut waits = |in_flight| {
            load = load.at(in_flight);
            backoff(2 * HOUR, load, HOUR)
        };
        assert_eq!(waits(59_999), Backoff::Invisible);
        assert_eq!(waits(60_000), Backoff::Delayed);
        assert_eq!(waits(40_000), Backoff::Delayed, "not before it is below");
        assert_eq!(waits(39_999), Backoff::Invisible);
        assert_eq!(waits(59_999), Backoff::Invisible);
    }

    proptest! {
        #[test]
        fn the_load_changes_only_beyond_its_two_marks(readings in proptest::collection::vec(0u64..130_000, 1..50)) {
            let mut load = QueueLoad::default();
            for in_flight in readings {
                let before = load;
                load = load.at(in_flight);
                prop_assert!(in_flight < HIGH_FROM || load == QueueLoad::High);
                prop_assert!(in_flight >= NORMAL_BELOW || load == QueueLoad::Normal);
                prop_assert!(!(NORMAL_BELOW..HIGH_FROM).contains(&in_flight) || load == before);
            }
        }

        #[test]
        fn a_short_wait_is_always_invisible(seconds in 0u64..=60, high: bool, age in 0u64..3_000_000) {
            let load = if high { QueueLoad::High } else { QueueLoad::Normal };
            let waits = backoff(Duration::from_secs(seconds), load, Duration::from_secs(age));
            prop_assert_eq!(waits, Backoff::Invisible);
        }

        #[test]
        fn no_message_is_kept_invisible_until_sqs_deletes_it(seconds in 61u64..3_000_000, age in 0u64..3_000_000) {
            let waits = backoff(Duration::from_secs(seconds), QueueLoad::Normal, Duration::from_secs(age));
            prop_assert_eq!(waits == Backoff::Invisible, age + seconds <= 13 * 86_400);
        }
    }
}
