//! What did a piece of work amount to? Counts and durations, gathered while it is done; the function that did it writes
//! them out as metrics afterwards.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Gathers the readings of one invocation. Nothing outlives it, so invocations that overlap share none.
#[derive(Debug, Default)]
pub struct Meter(Mutex<Readings>);

/// What was gathered.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Readings {
    /// Events that were taken.
    pub events_accepted: u32,
    /// Events that were the caller's mistake.
    pub events_refused: u32,
    /// Jobs that were put on the queue for them.
    pub deliveries_queued: u32,
    /// Attempts by outcome: `delivered`, or the class of what went wrong.
    pub attempts: BTreeMap<&'static str, u32>,
    /// Jobs that were not attempted, by reason.
    pub turned_away: BTreeMap<&'static str, u32>,
    /// From acceptance to each delivery's success.
    pub delivery_latency: Vec<Duration>,
    /// From acceptance, or from when it was due, to when the sender first took each delivery up.
    pub first_attempt_lag: Vec<Duration>,
    /// Deliveries parked until their endpoint recovers or has room.
    pub parked: u32,
    /// Attempts that are to be followed by another.
    pub retries: u32,
    /// Deliveries that were given up.
    pub exhausted: u32,
    /// What we could not do.
    pub faults: u32,
    /// Jobs moved to the dead-letter queue.
    pub dead_lettered: u32,
}

impl Meter {
    /// Changes the readings.
    pub fn note(&self, change: impl FnOnce(&mut Readings)) {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// Everything gathered.
    pub fn into_readings(self) -> Readings {
        self.0.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}
