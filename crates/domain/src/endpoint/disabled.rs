//! How was an endpoint switched off?
//! The reason, the time and the actor, which an endpoint keeps while it is inactive.

use serde::{Deserialize, Serialize};

use crate::access::actor::Actor;
use crate::timestamp::Timestamp;

/// Why the endpoint was switched off: it answered 410 (`gone`), it failed too often for too long (`failing`), or a caller of
/// the API switched it off (`manual`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum DisabledReason {
    /// The endpoint answered 410 Gone.
    Gone,
    /// The endpoint failed too often for too long.
    Failing,
    /// A caller of the API switched it off.
    Manual,
}

/// How an endpoint was switched off. Time and actor are unknown where it was before they were recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Disabled {
    /// Why.
    pub reason: DisabledReason,
    /// When.
    pub at: Option<Timestamp>,
    /// By whom.
    pub by: Option<Actor>,
}
