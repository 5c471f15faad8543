//! Which endpoints get an event?
//! Subscriptions and fan-out: an endpoint's types and channels decide, and whether it is switched on.

use payload::Filter;

use crate::endpoint::purpose::Purpose;
use crate::endpoint::{DisabledReason, EndpointSettings, MAX_ENDPOINTS};
use crate::event::channel::{self, Channel};
use crate::event::event_type::{EventType, EventTypePattern, wants};
use crate::event::ledger::{Ledger, SkipReason};
use crate::id::EndpointId;
use crate::policy::circuit::MAX_PARKED_WHILE_OFF;
use crate::signing::secret::PublicKey;
use crate::timestamp::Timestamp;

/// Whether an endpoint gets deliveries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Switch {
    /// It does.
    On,
    /// Posthorn switched it off for failing: its deliveries are parked until it is switched on.
    OffForFailing {
        /// How many were parked since then, as far as it is known.
        parked: u64,
    },
    /// Its owner switched it off, or it answered 410.
    Off,
}

impl Switch {
    /// The switch of an endpoint with this flag and reason, with nothing parked yet.
    pub fn of(active: bool, reason: Option<DisabledReason>) -> Self {
        match (active, reason) {
            (true, _) => Self::On,
            (false, Some(DisabledReason::Failing)) => Self::OffForFailing { parked: 0 },
            (false, Some(DisabledReason::Gone | DisabledReason::Manual) | None) => Self::Off,
        }
    }

    /// Why an event that the endpoint wants has no delivery; `None` if it has one.
    pub(crate) fn skip_reason(self) -> Option<SkipReason> {
        match self {
            Self::OffForFailing { parked } if parked >= MAX_PARKED_WHILE_OFF => Some(SkipReason::ParkedFull),
            Self::On | Self::OffForFailing { .. } => None,
            Self::Off => Some(SkipReason::Disabled),
        }
    }
}

/// The part of an endpoint that the fan-out of an event needs, without secrets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscription {
    /// The endpoint's id.
    pub id: EndpointId,
    /// Whether it gets deliveries.
    pub switch: Switch,
    /// The event types that it subscribes to; empty for every type.
    pub events: Vec<EventTypePattern>,
    /// The channels that it is limited to; empty for no limit.
    pub channels: Vec<Channel>,
    /// The public halves of its asymmetric secrets, the current one first, and when each stops signing.
    pub public_keys: Vec<(PublicKey, Option<Timestamp>)>,
    /// Whether it is a notification, which is sent less than it subscribes to.
    pub is_notification: bool,
    /// What it is for.
    pub purpose: Purpose,
    /// The conditions that an event must meet.
    pub filter: Option<Filter>,
}

impl Subscription {
    /// The subscription of an endpoint with these settings.
    pub fn of(
        id: EndpointId,
        purpose: Purpose,
        settings: EndpointSettings,
        reason: Option<DisabledReason>,
        public_keys: Vec<(PublicKey, Option<Timestamp>)>,
    ) -> Self {
        let EndpointSettings { active, events, channels, body, filter, .. } = settings;
        let (switch, is_notification) = (Switch::of(active, reason), body.is_notification());
        Self { id, switch, events, channels, public_keys, is_notification, purpose, filter }
    }

    /// Whether it lists `event_type` or its family; an endpoint that subscribes to every type lists none.
    pub fn names(&self, event_type: &EventType) -> bool {
        !self.events.is_empty() && wants(&self.events, event_type)
    }

    /// Why an event of `event_type` with `channels` has no delivery to this endpoint; `None` if it has one.
    pub fn skip_reason(&self, event_type: &EventType, channels: &[Channel]) -> Option<SkipReason> {
        if self.switch == Switch::Off {
            Some(SkipReason::Disabled)
        } else if !wants(&self.events, event_type) {
            Some(SkipReason::TypeNotSubscribed)
        } else if !channel::matches(&self.channels, channels) {
            Some(SkipReason::Channel)
        } else {
            self.switch.skip_reason()
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
        if subscription.id == about || subscription.switch.skip_reason().is_some() {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn subscription(switch: Switch) -> Subscription {
        let events = vec![EventTypePattern::parse("invoice.*").unwrap()];
        let id = EndpointId::new(Timestamp::from_millis(0), 1);
        let (channels, public_keys) = (Vec::new(), Vec::new());
        let (purpose, filter) = (Purpose::Subscriber, None);
        Subscription { id, switch, events, channels, public_keys, is_notification: false, purpose, filter }
    }

    #[test]
    fn only_an_endpoint_that_is_off_for_failing_keeps_its_events_and_only_so_many() {
        let full = Switch::OffForFailing { parked: MAX_PARKED_WHILE_OFF };
        let nearly = Switch::OffForFailing { parked: MAX_PARKED_WHILE_OFF - 1 };
        let other = Some(SkipReason::TypeNotSubscribed);
        for (switch, wanted, unwanted) in [
            (Switch::On, None, other),
            (Switch::of(false, Some(DisabledReason::Failing)), None, other),
            (nearly, None, other),
            (full, Some(SkipReason::ParkedFull), other),
            (
                Switch::of(false, Some(DisabledReason::Gone)),
                Some(SkipReason::Disabled),
                Some(SkipReason::Disabled),
            ),
            (Switch::of(false, None), Some(SkipReason::Disabled), Some(SkipReason::Disabled)),
        ] {
            let skip_reason =
                |text: &str| subscription(switch).skip_reason(&EventType::parse(text).unwrap(), &[]);
            assert_eq!(
                (skip_reason("invoice.paid"), skip_reason("order.made")),
                (wanted, unwanted),
                "{switch:?}"
            );
        }
    }
}
