//! Which endpoints get an event?
//! Subscriptions and fan-out: an endpoint's types, channels and active flag decide.

use crate::endpoint::{EndpointSettings, MAX_ENDPOINTS};
use crate::event::channel::{self, Channel};
use crate::event::event_type::{EventType, EventTypePattern, wants};
use crate::event::ledger::{Ledger, SkipReason};
use crate::id::EndpointId;
use crate::signing::secret::PublicKey;
use crate::timestamp::Timestamp;

/// The part of an endpoint that the fan-out of an event needs, without secrets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscription {
    /// The endpoint's id.
    pub id: EndpointId,
    /// Whether it gets deliveries.
    pub active: bool,
    /// The event types that it subscribes to; empty for every type.
    pub events: Vec<EventTypePattern>,
    /// The channels that it is limited to; empty for no limit.
    pub channels: Vec<Channel>,
    /// The public halves of its asymmetric secrets, the current one first, and when each stops signing.
    pub public_keys: Vec<(PublicKey, Option<Timestamp>)>,
}

impl Subscription {
    /// The subscription of an endpoint with these settings.
    pub fn of(
        id: EndpointId,
        settings: EndpointSettings,
        public_keys: Vec<(PublicKey, Option<Timestamp>)>,
    ) -> Self {
        let EndpointSettings { active, events, channels, .. } = settings;
        Self { id, active, events, channels, public_keys }
    }

    /// Whether it lists `event_type` or its family; an endpoint that subscribes to every type lists none.
    pub fn names(&self, event_type: &EventType) -> bool {
        !self.events.is_empty() && wants(&self.events, event_type)
    }

    /// Why an event of `event_type` with `channels` has no delivery to this endpoint; `None` if it has one.
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

/// The most deliveries of one request: as many as one event can have, so that each event can be sent alone. Sending a
/// thousand SQS batches takes a few seconds of the 15 that the function has.
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

/// Fan-out of an operational event that concerns the endpoint `about`: only endpoints that list its `name` get it, or else
/// its `alias`, and never `about` itself, because a failing endpoint cannot receive the news of its failure. Gives the
/// ledgers of both.
pub fn fan_out_operational<'a>(
    (name, alias): (&EventType, &EventType),
    about: EndpointId,
    subscriptions: impl IntoIterator<Item = &'a Subscription>,
) -> (Ledger, Ledger) {
    let (mut by_name, mut by_alias) = (Ledger::default(), Ledger::default());
    for subscription in subscriptions {
        if subscription.id == about || !subscription.active {
            continue;
        }
        if subscription.names(name) {
            by_name.deliveries.push(subscription.id);
        } else if subscription.names(alias) {
            by_alias.deliveries.push(subscription.id);
        }
    }
    (by_name, by_alias)
}
