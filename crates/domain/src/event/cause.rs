//! Which rules made an event?
//! The cause of a derived event: the chain of rules that led to it.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::id::{EventId, RuleId};

/// Most rules of a chain: an event that this many rules led to makes no further event.
pub const MAX_DEPTH: usize = 3;

/// Why there is a derived event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cause {
    /// The event that the last rule of the chain fired for.
    pub event_id: EventId,
    /// The rules that led to it, the first one first; at most [`MAX_DEPTH`].
    pub rules: Vec<RuleId>,
}

/// The error for a stored text that is no cause.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the stored cause is damaged")]
pub struct DamagedCause;

impl fmt::Display for Cause {
    /// The stored form: the event and the rules, with a space between them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.event_id)?;
        self.rules.iter().try_for_each(|rule| write!(f, " {rule}"))
    }
}

impl FromStr for Cause {
    type Err = DamagedCause;

    fn from_str(text: &str) -> Result<Self, DamagedCause> {
        let mut ids = text.split(' ');
        let event_id = ids.next().and_then(|id| id.parse().ok()).ok_or(DamagedCause)?;
        let rules: Result<Vec<RuleId>, _> = ids.map(str::parse).collect();
        Ok(Self { event_id, rules: rules.map_err(|_| DamagedCause)? })
    }
}
