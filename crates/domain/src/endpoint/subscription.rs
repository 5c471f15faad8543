//! Does an endpoint want an event? Its types and channels decide, and whether it is switched on.

use crate::endpoint::{EndpointSettings, MAX_ENDPOINTS};
use crate::event::channel::{self, Channel};
use crate::event::event_type::{EventType, EventTypePattern, wants};
use crate::event::ledger::{Ledger, SkipReason};
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

/// Most deliveries of one request: as many as one event can have, so that each can be sent alone. A thousand batches of
/// SQS take a few seconds of the 15 that the function has.
pub const MAX_REQUEST_DELIVERIES: usize = MAX_ENDPOINTS;

/// Fan-out: decides which endpoints get an event of `event_type` and `channels`.
pub fn fan_out<'a>(
    event_type: &EventType,
    channels: &[Channel],
    subscriptions: impl IntoIterator<Item = &'a Subscription>,
) -> Ledger {
    let mut ledger = Ledger::default();
    for subscription in subscriptions {
        match subscription.skip_reason(event_type, channels) {
            None => ledger.deliveries.push(subscription.id),
            Some(reason) => ledger.skipped.push((subscription.id, reason)),
        }
    }
    ledger
}

/// Fan-out of an operational event that concerns the endpoint `about`: only endpoints that name its type get it, and
/// never `about` itself, or a failing endpoint would be sent the news of its failure.
pub fn fan_out_operational<'a>(
    event_type: &EventType,
    about: EndpointId,
    subscriptions: impl IntoIterator<Item = &'a Subscription>,
) -> Ledger {
    let subscribed = subscriptions.into_iter().filter(|subscription| {
        subscription.id != about && subscription.active && subscription.names(event_type)
    });
    Ledger { deliveries: subscribed.map(|subscription| subscription.id).collect(), skipped: Vec::new() }
}
