//! Does an endpoint want an event? Its types and channels decide, and whether it is switched on.

use crate::endpoint::EndpointSettings;
use crate::event::channel::{self, Channel};
use crate::event::event_type::{EventType, EventTypePattern, wants};
use crate::event::ledger::SkipReason;
use crate::id::EndpointId;
use crate::signing::secret::PublicKey;
use crate::timestamp::Timestamp;

/// What an endpoint wants: as much of it as is needed to fan an event out, and no secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscription {
    /// The endpoint's id.
    pub id: EndpointId,
    /// Whether it gets deliveries.
    pub active: bool,
    /// The event types it wants; empty for every type.
    pub events: Vec<EventTypePattern>,
    /// The channels it is limited to; empty for no limit.
    pub channels: Vec<Channel>,
    /// The public halves of its asymmetric secrets, the current one first, and when each stops signing.
    pub public_keys: Vec<(PublicKey, Option<Timestamp>)>,
}

impl Subscription {
    /// What an endpoint with these settings wants.
    pub fn of(
        id: EndpointId,
        settings: EndpointSettings,
        public_keys: Vec<(PublicKey, Option<Timestamp>)>,
    ) -> Self {
        let EndpointSettings { active, events, channels, .. } = settings;
        Self { id, active, events, channels, public_keys }
    }

    /// Whether it names `event_type` or its family, rather than asking for everything.
    pub fn names(&self, event_type: &EventType) -> bool {
        !self.events.is_empty() && wants(&self.events, event_type)
    }

    /// Why an event of `event_type` and `channels` makes no delivery to this endpoint; `None` if it does.
    pub fn skip_reason(&self, event_type: &EventType, channels: &[Channel]) -> Option<SkipReason> {
        if !self.active {
            Some(SkipReason::Disabled)
        } else if !wants(&self.events, event_type) {
            Some(SkipReason::TypeNotSubscribed)
        } else if !channel::matches(&self.channels, channels) {
            Some(SkipReason::Channel)
        } else {
            None
        }
    }
}
