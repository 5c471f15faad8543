//! What is a job for?
//! Its purpose and replay, as values of which only sensible combinations exist, and as the flags of the message's JSON.

use domain::id::ReplayId;
use domain::timestamp::Timestamp;
use serde::{Deserialize, Serialize};

/// What the job is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// The first attempt of an event that was just accepted: nothing has happened before, so no row is read.
    First,
    /// An attempt of a delivery that may have been attempted before, or for which a second job may exist: the row is
    /// read first.
    Recheck,
    /// A sweep sends a delivery that has no row, because its first job was perhaps never sent; if it has one by now,
    /// another job has handled it.
    Sweep,
    /// A drain sends a delivery that was parked at `parked_at`; if its row says otherwise, another job has claimed it.
    Drain {
        /// When the delivery was parked.
        parked_at: Timestamp,
    },
    /// A drain brings the retry of a waiting delivery forward. The job claims the delivery from the job that waits.
    Wake,
    /// One attempt even while the endpoint's circuit is open, to see whether it has recovered.
    Probe {
        /// When the delivery was parked, if it was.
        parked_at: Option<Timestamp>,
    },
}

/// The replay that a job belongs to: the delivery is attempted although it is settled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Replay {
    /// The replay's id.
    pub id: ReplayId,
    /// Whether a delivery that was delivered is sent again, too.
    pub force: bool,
}

/// Purpose, replay and wait, written as version 1 has them: eight members, of which most jobs have none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Flags", into = "Flags")]
pub(crate) struct Errand {
    pub(crate) purpose: Purpose,
    pub(crate) replay: Option<Replay>,
    pub(crate) woken_at: Option<Timestamp>,
}

#[derive(Serialize, Deserialize)]
struct Flags {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    parked_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    probe: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    run: Option<ReplayId>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    force: bool,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    recheck: bool,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    sweep: bool,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    wake: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    woken_at: Option<Timestamp>,
}

impl From<Errand> for Flags {
    fn from(Errand { purpose, replay, woken_at }: Errand) -> Self {
        let (parked_at, probe) = match purpose {
            Purpose::First | Purpose::Recheck | Purpose::Sweep | Purpose::Wake => (None, false),
            Purpose::Drain { parked_at } => (Some(parked_at), false),
            Purpose::Probe { parked_at } => (parked_at, true),
        };
        Self {
            parked_at,
            probe,
            run: replay.map(|replay| replay.id),
            force: replay.is_some_and(|replay| replay.force),
            recheck: purpose != Purpose::First,
            sweep: purpose == Purpose::Sweep,
            wake: purpose == Purpose::Wake,
            woken_at,
        }
    }
}

/// The flags contradict each other.
#[derive(Debug, thiserror::Error)]
#[error("`force` without `run`, or `wake` without `woken_at`")]
struct Contradiction;

impl TryFrom<Flags> for Errand {
    type Error = Contradiction;

    fn try_from(flags: Flags) -> Result<Self, Contradiction> {
        let Flags { parked_at, probe, run, force, recheck, sweep, wake, woken_at } = flags;
        if (force && run.is_none()) || (wake && woken_at.is_none()) {
            return Err(Contradiction);
        }
        let purpose = match (probe, parked_at) {
            (true, parked_at) => Purpose::Probe { parked_at },
            (false, Some(parked_at)) => Purpose::Drain { parked_at },
            (false, None) if sweep => Purpose::Sweep,
            (false, None) if wake => Purpose::Wake,
            (false, None) if recheck || woken_at.is_some() || run.is_some() => Purpose::Recheck,
            (false, None) => Purpose::First,
        };
        Ok(Self { purpose, replay: run.map(|id| Replay { id, force }), woken_at })
    }
}
