//! Which metrics does an invocation report?
//! Counts and durations, collected during the invocation; the function writes them as metrics at its end.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Collects the readings of one invocation. Each invocation has its meter, so overlapping invocations do not mix.
#[derive(Debug, Default)]
pub struct Meter(Mutex<Readings>);

/// The readings of one invocation.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Readings {
    /// Accepted events.
    pub events_accepted: u32,
    /// Events that were refused for a mistake of the caller.
    pub events_refused: u32,
    /// Jobs that were queued for the accepted events.
    pub deliveries_queued: u32,
    /// Providers' requests that were valid.
    pub requests_valid: u32,
    /// Providers' requests that were refused.
    pub requests_invalid: u32,
    /// Providers' requests that we could not judge or accept.
    pub requests_failed: u32,
    /// Attempts by outcome: `delivered` or the error class.
    pub attempts: BTreeMap<&'static str, u32>,
    /// Jobs that were not attempted, by reason.
    pub turned_away: BTreeMap<&'static str, u32>,
    /// The time from acceptance to success, for each delivery that succeeded.
    pub delivery_latency: Vec<Duration>,
    /// The time from acceptance, or from the scheduled instant, to the first attempt, for each delivery.
    pub first_attempt_lag: Vec<Duration>,
    /// Deliveries that were parked until their endpoint recovers or its limits allow them.
    pub parked: u32,
    /// Failed attempts that will be retried.
    pub retries: u32,
    /// Deliveries that failed for good.
    pub exhausted: u32,
    /// Faults: work that Posthorn could not do.
    pub faults: u32,
    /// Jobs moved to the dead-letter queue.
    pub dead_lettered: u32,
}

impl Meter {
    /// Changes the readings.
    pub fn note(&self, change: impl FnOnce(&mut Readings)) {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// The collected readings.
    pub fn into_readings(self) -> Readings {
        self.0.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}
