//! Which endpoints get an event?
//! Subscriptions and fan-out: whether an endpoint is switched on, its types, channels and filter decide, and of a step of a
//! rule also what the rule does.

use std::collections::{HashMap, HashSet};

use payload::Filter;

use crate::endpoint::purpose::{Purpose, RuleStep, StepKind};
use crate::endpoint::{DisabledReason, EndpointSettings, MAX_ENDPOINTS};
use crate::event::cause::MAX_DEPTH;
use crate::event::channel::{self, Channel};
use crate::event::document::Facts;
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
        let is_notification = settings.is_notification();
        let EndpointSettings { active, events, channels, filter, .. } = settings;
        let switch = Switch::of(active, reason);
        Self { id, switch, events, channels, public_keys, is_notification, purpose, filter }
    }

    /// Whether it lists `event_type` or its family; an endpoint that subscribes to every type lists none.
    pub fn names(&self, event_type: &EventType) -> bool {
        !self.events.is_empty() && wants(&self.events, event_type)
    }

    /// Whether the event meets its filter.
    pub fn meets_filter(&self, event: &Facts<'_>) -> bool {
        self.filter.as_ref().is_none_or(|filter| filter.matches(event.document()))
    }

    /// Why an event has no delivery to this endpoint; `None` if it has one. Types and channels come before the switch: of
    /// an endpoint that is off it is said only where switching it on would have brought the event. The filter is asked last
    /// of what the settings say, because only it reads the payload.
    pub fn skip_reason(&self, event: &Facts<'_>) -> Option<SkipReason> {
        if !wants(&self.events, event.event_type) {
            Some(SkipReason::TypeNotSubscribed)
        } else if !channel::matches(&self.channels, event.channels) {
            Some(SkipReason::Channel)
        } else if self.switch == Switch::Off {
            Some(SkipReason::Disabled)
        } else {
            self.skip_reason_once_named(event)
        }
    }

    /// The same for an event of a type and with channels that it lists.
    fn skip_reason_once_named(&self, event: &Facts<'_>) -> Option<SkipReason> {
        if !self.meets_filter(event) {
            return Some(SkipReason::Filter);
        }
        match self.purpose.rule_step() {
            Some(step) if step.loops(event) => Some(SkipReason::Loop),
            Some(step) if step.watching => Some(SkipReason::Watching),
            Some(step) if step.forwards_to().is_some() => Some(SkipReason::Forwarded),
            Some(_) | None => self.switch.skip_reason(),
        }
    }

    /// Whether the fan-out sees it: an action gets no events.
    fn subscribes(&self) -> bool {
        self.purpose != Purpose::Action
    }

    /// Whether a rule may forward to it.
    pub(crate) fn can_be_forwarded_to(&self) -> bool {
        self.purpose.is_subscriber()
    }
}

impl RuleStep {
    /// Whether the step would let a rule feed itself: the rule led to the event, or the chain of rules is too long for another
    /// event.
    pub(crate) fn loops(&self, event: &Facts<'_>) -> bool {
        let Some(cause) = event.caused_by else { return false };
        let goes_on = matches!(self.does, StepKind::Emit | StepKind::Invoke);
        cause.rules.contains(&self.rule) || (goes_on && cause.rules.len() >= MAX_DEPTH)
    }

    /// The endpoint that the step delivers to, if it names one.
    pub(crate) fn forwards_to(&self) -> Option<EndpointId> {
        match self.does {
            StepKind::Forward(target) => Some(target),
            StepKind::Deliver | StepKind::Emit | StepKind::Invoke => None,
        }
    }
}

/// The most deliveries of one request: as many as one event can have, so that each event can be sent alone. Sending a
/// thousand SQS batches takes a few seconds of the 15 that the function has.
pub const MAX_REQUEST_DELIVERIES: usize = MAX_ENDPOINTS;

/// Fan-out: decides which endpoints get an event.
pub fn fan_out(event: &Facts<'_>, subscriptions: &[Subscription]) -> Ledger {
    let mut decided = Decided::default();
    for subscription in subscriptions.iter().filter(|subscription| subscription.subscribes()) {
        decided.add(subscription, subscription.skip_reason(event));
    }
    decided.forwarded(subscriptions)
}

/// Fan-out of an operational event that concerns the endpoint `about`: only endpoints that list its name get it, or else its
/// alias, and never `about` itself, because a failing endpoint cannot receive the news of its failure. Gives the ledgers of
/// both. Of endpoints that do not get it they say nothing, except of rules that watch it, forward it or would feed
/// themselves, and of the endpoints that rules forward it to.
pub fn fan_out_operational(
    (name, alias): (&Facts<'_>, &Facts<'_>),
    about: EndpointId,
    subscriptions: &[Subscription],
) -> (Ledger, Ledger) {
    let (mut by_name, mut by_alias) = (Decided::default(), Decided::default());
    for subscription in subscriptions.iter().filter(|subscription| subscription.subscribes()) {
        if subscription.id == about || subscription.switch == Switch::Off {
            continue;
        }
        let (event, decided) = match () {
            () if subscription.names(name.event_type) => (name, &mut by_name),
            () if subscription.names(alias.event_type) => (alias, &mut by_alias),
            () => continue,
        };
        let reason = subscription.skip_reason_once_named(event);
        if matches!(reason, None | Some(SkipReason::Watching | SkipReason::Forwarded | SkipReason::Loop)) {
            decided.add(subscription, reason);
        }
    }
    for decided in [&mut by_name, &mut by_alias] {
        decided.targets.retain(|target| *target != about);
    }
    (by_name.forwarded(subscriptions), by_alias.forwarded(subscriptions))
}

/// What a fan-out has decided so far.
#[derive(Default)]
struct Decided {
    ledger: Ledger,
    /// The endpoints that rules forward to.
    targets: Vec<EndpointId>,
}

impl Decided {
    fn add(&mut self, subscription: &Subscription, reason: Option<SkipReason>) {
        let Some(reason) = reason else { return self.ledger.deliveries.push(subscription.id) };
        self.ledger.skipped.push((subscription.id, reason));
        if reason == SkipReason::Forwarded {
            self.targets.extend(subscription.purpose.rule_step().and_then(RuleStep::forwards_to));
        }
    }

    /// The ledger, with the endpoints that rules forward to and that do not get the event by themselves. Their own types,
    /// channels and filters do not matter; whether they are switched on does.
    fn forwarded(self, subscriptions: &[Subscription]) -> Ledger {
        let Self { mut ledger, targets } = self;
        if targets.is_empty() {
            return ledger;
        }
        let targets: HashSet<EndpointId> = targets.into_iter().collect();
        let targets = subscriptions.iter().filter(|endpoint| targets.contains(&endpoint.id));
        let targets = targets.filter(|endpoint| endpoint.can_be_forwarded_to());
        let mut fates: HashMap<EndpointId, Option<SkipReason>> =
            targets.map(|target| (target.id, target.switch.skip_reason())).collect();
        for delivered in &ledger.deliveries {
            fates.remove(delivered);
        }
        ledger.skipped.retain_mut(|(id, why)| match fates.get(id).copied() {
            None => true,
            Some(None) => false,
            Some(Some(reason)) => {
                *why = reason;
                fates.remove(id);
                true
            }
        });
        for (target, reason) in fates {
            match reason {
                None => ledger.deliveries.push(target),
                // An operational event's ledger says nothing else of it.
                Some(reason) => ledger.skipped.push((target, reason)),
            }
        }
        // In the order in which the endpoints were created.
        ledger.deliveries.sort_unstable();
        ledger.skipped.sort_unstable();
        ledger
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::cause::Cause;
    use crate::event::operational::OperationalEvent;
    use crate::id::{EventId, RuleId};
    use serde_json::json;
    use serde_json::value::RawValue;

    fn now() -> Timestamp {
        Timestamp::from_millis(0)
    }

    fn subscription(switch: Switch) -> Subscription {
        let events = vec![EventTypePattern::parse("invoice.*").unwrap()];
        let id = EndpointId::new(now(), 1);
        let (channels, public_keys) = (Vec::new(), Vec::new());
        let (purpose, filter) = (Purpose::Subscriber, None);
        Subscription { id, switch, events, channels, public_keys, is_notification: false, purpose, filter }
    }

    fn facts<'a>(event_type: &'a EventType, payload: &'a RawValue) -> Facts<'a> {
        Facts::new(EventId::new(now(), 7), event_type, now(), payload)
    }

    fn step(does: StepKind, watching: bool) -> Purpose {
        Purpose::Rule(RuleStep { rule: rule(1), step: "a1".to_owned(), does, watching })
    }

    fn rule(number: u128) -> RuleId {
        RuleId::new(now(), number)
    }

    /// Endpoint `number`, switched on, that gets `events`.
    fn endpoint(number: u128, events: &str, purpose: Purpose) -> Subscription {
        let events = vec![EventTypePattern::parse(events).unwrap()];
        Subscription { id: EndpointId::new(now(), number), events, purpose, ..subscription(Switch::On) }
    }

    /// The ledger as numbers of endpoints and reasons.
    fn ledger_of(
        event: &Facts<'_>,
        subscriptions: &[Subscription],
    ) -> (Vec<usize>, Vec<(usize, SkipReason)>) {
        let ledger = fan_out(event, subscriptions);
        let number = |id| subscriptions.iter().position(|endpoint| endpoint.id == id).unwrap();
        let deliveries = ledger.deliveries.iter().map(|id| number(*id)).collect();
        (deliveries, ledger.skipped.iter().map(|(id, reason)| (number(*id), *reason)).collect())
    }

    #[test]
    fn the_payload_is_read_only_for_an_endpoint_with_a_filter_that_gets_the_type_and_channels() {
        let event_type = EventType::parse("invoice.paid").unwrap();
        let filtered = |events| Subscription {
            filter: Some(Filter::of(json!({ "data.amount": { "$gt": 1 } }))),
            ..endpoint(1, events, Purpose::Subscriber)
        };
        let elsewhere =
            Subscription { channels: vec![Channel::parse("eu").unwrap()], ..filtered("invoice.*") };
        let off = Subscription { switch: Switch::Off, ..filtered("invoice.*") };
        let plain = endpoint(1, "invoice.*", Purpose::Subscriber);
        for (subscriptions, is_read) in [
            (vec![plain.clone(), filtered("order.*"), elsewhere, off], false),
            (vec![plain, filtered("invoice.paid"), filtered("invoice.*")], true),
        ] {
            let event = facts(&event_type, RawValue::NULL);
            fan_out(&event, &subscriptions);
            assert_eq!(event.was_read(), is_read, "{subscriptions:?}");
        }
    }

    #[test]
    fn a_rule_delivers_to_an_endpoint_that_exists_once_whatever_that_one_subscribes_to() {
        let event_type = EventType::parse("invoice.paid").unwrap();
        let event = facts(&event_type, RawValue::NULL);
        let target = |number| StepKind::Forward(EndpointId::new(now(), number));
        let subscriptions = [
            endpoint(1, "order.*", Purpose::Subscriber),
            endpoint(2, "invoice.*", Purpose::Subscriber),
            Subscription { switch: Switch::Off, ..endpoint(3, "invoice.*", Purpose::Subscriber) },
            endpoint(4, "invoice.*", step(target(1), false)),
            endpoint(5, "invoice.*", step(target(2), false)),
            endpoint(6, "invoice.*", step(target(3), false)),
            endpoint(7, "order.*", step(target(3), false)),
            endpoint(8, "invoice.*", step(target(1), false)),
            endpoint(9, "invoice.*", Purpose::Action),
        ];
        let forwarded = |number| (number, SkipReason::Forwarded);
        let skipped = vec![
            (2, SkipReason::Disabled),
            forwarded(3),
            forwarded(4),
            forwarded(5),
            (6, SkipReason::TypeNotSubscribed),
            forwarded(7),
        ];
        assert_eq!(ledger_of(&event, &subscriptions), (vec![0, 1], skipped));
    }

    #[test]
    fn a_rule_that_only_watches_sends_nothing_and_one_that_led_to_the_event_ends_there() {
        let event_type = EventType::parse("invoice.paid").unwrap();
        let emits = |watching| endpoint(1, "invoice.*", step(StepKind::Emit, watching));
        let delivers = endpoint(2, "invoice.*", step(StepKind::Deliver, false));
        let forwards = endpoint(3, "invoice.*", step(StepKind::Forward(delivers.id), false));
        for (caused_by, watching, expected) in [
            (vec![], false, [None, None, Some(SkipReason::Forwarded)]),
            (vec![], true, [Some(SkipReason::Watching), None, Some(SkipReason::Forwarded)]),
            (vec![2, 3], false, [None, None, Some(SkipReason::Forwarded)]),
            // The longest chain: it may still be delivered.
            (vec![2, 3, 4], false, [Some(SkipReason::Loop), None, Some(SkipReason::Forwarded)]),
            (vec![2, 1], true, [Some(SkipReason::Loop); 3]),
        ] {
            let rules = caused_by.iter().copied().map(rule).collect();
            let cause = Cause { event_id: EventId::new(now(), 1), rules };
            let event = facts(&event_type, RawValue::NULL).caused_by(Some(&cause));
            let reasons = [&emits(watching), &delivers, &forwards].map(|step| step.skip_reason(&event));
            assert_eq!(reasons, expected, "{caused_by:?} {watching}");
        }
    }

    #[test]
    fn an_operational_event_is_filtered_and_may_be_forwarded_but_never_to_its_subject() {
        let (name, alias) = OperationalEvent::EndpointFailing.event_types().unwrap();
        let [name, alias] = [&name, &alias].map(|name| facts(name, RawValue::NULL));
        let [subject, other] = [1, 2].map(|number| endpoint(number, "invoice.*", Purpose::Subscriber));
        let to = |number, target: &Subscription| {
            endpoint(number, "posthorn.*", step(StepKind::Forward(target.id), false))
        };
        let watches = endpoint(5, "posthorn.*", step(StepKind::Deliver, true));
        let subscriptions =
            [subject.clone(), other.clone(), to(3, &subject), to(4, &other), watches].to_vec();
        let (by_name, by_alias) = fan_out_operational((&name, &alias), subject.id, &subscriptions);
        assert_eq!((by_name.deliveries, by_alias), (vec![other.id], Ledger::default()));
        let reasons: Vec<_> = by_name.skipped.into_iter().map(|(_, reason)| reason).collect();
        assert_eq!(reasons, [SkipReason::Forwarded, SkipReason::Forwarded, SkipReason::Watching]);
    }

    #[test]
    fn the_ledger_of_an_operational_event_says_why_the_target_of_a_rule_does_not_get_it() {
        let (name, alias) = OperationalEvent::EndpointFailing.event_types().unwrap();
        let [name, alias] = [&name, &alias].map(|name| facts(name, RawValue::NULL));
        let full = Switch::OffForFailing { parked: MAX_PARKED_WHILE_OFF };
        for (switch, reason) in [(full, SkipReason::ParkedFull), (Switch::Off, SkipReason::Disabled)] {
            let target = Subscription { switch, ..endpoint(1, "invoice.*", Purpose::Subscriber) };
            let forwards = endpoint(2, "posthorn.*", step(StepKind::Forward(target.id), false));
            let about = EndpointId::new(now(), 9);
            let subscriptions = [target.clone(), forwards.clone()];
            let (by_name, _) = fan_out_operational((&name, &alias), about, &subscriptions);
            let expected = vec![(target.id, reason), (forwards.id, SkipReason::Forwarded)];
            assert_eq!((by_name.deliveries, by_name.skipped), (vec![], expected));
        }
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
            (Switch::of(false, Some(DisabledReason::Gone)), Some(SkipReason::Disabled), other),
            (Switch::of(false, None), Some(SkipReason::Disabled), other),
        ] {
            let skip_reason = |text: &str| {
                let (event_type, payload) = (EventType::parse(text).unwrap(), RawValue::NULL);
                subscription(switch).skip_reason(&facts(&event_type, payload))
            };
            assert_eq!(
                (skip_reason("invoice.paid"), skip_reason("order.made")),
                (wanted, unwanted),
                "{switch:?}"
            );
        }
    }
}
