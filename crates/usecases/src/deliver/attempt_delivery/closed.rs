//! Why is a job not attempted, and what happens to it instead?
//! The closed door of the gate: every reason has a stable word, by which it is logged and counted.

use std::time::Duration;

use domain::delivery::{CancelReason, ParkReason};
use domain::timestamp::Timestamp;
use store::StoreError;

use crate::error::Fault;

/// Why a job is not attempted now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Closed {
    /// It is early: it was put back, delayed or scheduled for later than now.
    NotDue(Duration),
    /// The endpoint's delay is over then, and no job is known to wait for that.
    Delayed(Timestamp),
    /// A drain, a sweep or a repeated request sent the delivery, and another job has claimed or handled it.
    Duplicate,
    /// Another replay sends the delivery, or a drain has cut short the wait of this job.
    Superseded,
    /// The delivery's retry is not brought forward, because its endpoint fails again: the job that waits for it stands.
    StillWaiting,
    /// The delivery is delivered, failed or cancelled.
    Settled,
    /// The workspace was deleted.
    WorkspaceGone,
    /// The delivery is older than the workspace's retention: its row has expired, and a new one would expire at once.
    Expired,
    /// The endpoint's circuit is open.
    EndpointFailing,
    /// The endpoint is switched off for failing.
    EndpointOff,
    /// The delivery can never be attempted.
    Cancelled(CancelReason),
    /// The endpoint is off or missing in the cache, but no longer in the table.
    CacheOutdated,
    /// Too many slow attempts of the endpoint are under way in this process.
    BulkheadFull,
    /// The delivery's slot of the rate limit, too far away to wait for in this invocation.
    NoSlotYet(Timestamp),
    /// The rate limit has no slot within reach.
    NoSlotInReach,
    /// The concurrency limit has no lease.
    NoLease,
}

/// What happens to a job that is not attempted, or to its delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Consequence {
    /// The job is deleted.
    Drop,
    /// The job comes back after this long.
    Wait(Duration),
    /// The job comes back at this instant, which the delivery's row keeps.
    WaitUntil(Timestamp),
    /// The job comes back after a few seconds, later each time.
    LookAgain,
    /// The job comes back for its slot, which the delivery's row keeps.
    WaitForSlot(Timestamp),
    /// The delivery is parked until its endpoint recovers.
    Park,
    /// The delivery is parked until its endpoint is switched on, and counted: only so many are.
    ParkAndCount,
    /// The delivery is parked for lack of a slot or a lease, and a drain begins.
    ParkAndDrain(ParkReason),
    /// The delivery is cancelled.
    Cancel(CancelReason),
}

/// A delivery that has got no lease at this many receives is parked, so that it is not in flight for long.
const RECEIVES_FOR_A_LEASE: u32 = 4;

impl Closed {
    /// The stable word for the reason.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::NotDue(_) | Self::Delayed(_) => "not_due",
            Self::Duplicate => "duplicate",
            Self::Superseded => "superseded",
            Self::StillWaiting => "still_waiting",
            Self::Settled => "settled",
            Self::WorkspaceGone => "workspace_gone",
            Self::Expired => "expired",
            Self::EndpointFailing => "endpoint_failing",
            Self::EndpointOff => "endpoint_off",
            Self::Cancelled(reason) => reason.as_str(),
            Self::CacheOutdated => "cache_outdated",
            Self::BulkheadFull => "bulkhead_full",
            Self::NoSlotYet(_) => "no_slot_yet",
            Self::NoSlotInReach => "no_slot_in_reach",
            Self::NoLease => "no_lease",
        }
    }

    /// What happens at the job's `receives`-th receive; `cached_for` is the age at which the cache looks again.
    pub(super) const fn consequence(self, receives: u32, cached_for: Duration) -> Consequence {
        match self {
            Self::Duplicate
            | Self::Superseded
            | Self::StillWaiting
            | Self::Settled
            | Self::WorkspaceGone
            | Self::Expired => Consequence::Drop,
            Self::NotDue(wait) => Consequence::Wait(wait),
            Self::Delayed(due) => Consequence::WaitUntil(due),
            Self::CacheOutdated => Consequence::Wait(cached_for),
            Self::BulkheadFull => Consequence::LookAgain,
            Self::NoLease if receives < RECEIVES_FOR_A_LEASE => Consequence::LookAgain,
            Self::NoSlotYet(slot) => Consequence::WaitForSlot(slot),
            Self::EndpointFailing => Consequence::Park,
            Self::EndpointOff => Consequence::ParkAndCount,
            Self::NoSlotInReach => Consequence::ParkAndDrain(ParkReason::RateLimit),
            Self::NoLease => Consequence::ParkAndDrain(ParkReason::MaxConcurrency),
            Self::Cancelled(reason) => Consequence::Cancel(reason),
        }
    }
}

impl Consequence {
    /// The message of the log line.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Drop => "job dropped",
            Self::Wait(_) | Self::WaitUntil(_) | Self::LookAgain | Self::WaitForSlot(_) => "job put back",
            Self::Park | Self::ParkAndCount | Self::ParkAndDrain(_) => "delivery parked",
            Self::Cancel(_) => "delivery cancelled",
        }
    }
}

/// Why a job does not pass the gate.
#[derive(Debug)]
pub(super) enum Stop {
    Closed(Closed),
    Fault(Fault),
}

impl From<Closed> for Stop {
    fn from(why: Closed) -> Self {
        Self::Closed(why)
    }
}

impl From<Fault> for Stop {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl From<StoreError> for Stop {
    fn from(error: StoreError) -> Self {
        Self::Fault(error.into())
    }
}
