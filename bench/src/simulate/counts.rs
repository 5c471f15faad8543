//! What is counted while the outage runs its course?

use super::bill::Bill;
use super::waits::Waits;

/// What was counted.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    pub(crate) accepted: u64,
    pub(crate) delivered: u64,
    pub(crate) given_up: u64,
    pub(crate) skipped: u64,
    pub(crate) wasted: u64,
    pub(crate) probes: u64,
    pub(crate) peak_in_flight: u64,
    /// Since when there are more in flight than the rule of the backoff wants, and for how long there were at most.
    pub(crate) above_since_ms: Option<u64>,
    pub(crate) longest_above_ms: u64,
    pub(crate) peak_delayed: u64,
    pub(crate) parked_at_end: u64,
    pub(crate) switched_off_ms: Option<u64>,
    pub(crate) first_success_ms: Option<u64>,
    pub(crate) drained_ms: Option<u64>,
    pub(crate) extra: Bill,
    pub(crate) waits: Waits,
}
