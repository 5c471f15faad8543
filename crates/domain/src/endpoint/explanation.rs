//! Why does an endpoint get an event, or why not?
//! Every rule of the fan-out with its verdict, also those after the one that decided.

use payload::filter::Finding;
use serde::Deserialize;

use crate::endpoint::purpose::RuleStep;
use crate::endpoint::subscription::{Subscription, Switch};
use crate::event::channel::{self, Channel};
use crate::event::document::Facts;
use crate::event::event_type::{EventType, EventTypePattern, wants};
use crate::event::ledger::SkipReason;
use crate::event::operational::{OperationalEvent, is_posthorns_own};
use crate::id::EndpointId;

/// A rule of the fan-out: the endpoint is switched on, or off only for failing (`active`); it subscribes to the event type
/// (`event_type`); it is not limited to other channels (`channels`); the event meets its filter (`filter`); the rule that it
/// is a step of did not lead to the event itself (`loop`) and is live (`live`); it is not full of parked deliveries
/// (`parked`); the operational event is not about the endpoint itself (`about_another`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// The endpoint subscribes to the event's type.
    EventType,
    /// The endpoint has no channels, or the event names one of them.
    Channels,
    /// The endpoint is switched on, or Posthorn switched it off for failing: then its deliveries are parked.
    Active,
    /// The event meets the endpoint's filter.
    Filter,
    /// The rule, of which the endpoint is a step, did not lead to the event, and the chain of rules is not too long.
    Loop,
    /// The rule, of which the endpoint is a step, is live: it does not only watch.
    Live,
    /// The endpoint is not off for failing with as many parked deliveries as may be.
    Parked,
    /// The operational event is not about the endpoint itself.
    AboutAnother,
}

/// What a rule says of an event.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    /// The rule.
    pub rule: Rule,
    /// Whether the event passes.
    pub passed: bool,
    /// The patterns or channels that the endpoint lists; empty if it does not limit them.
    pub tried: Vec<String>,
    /// The first of them that matched.
    pub matched: Option<String>,
    /// What each condition of the filter says of the event; of other rules none.
    pub conditions: Vec<Finding>,
}

/// The verdict of every rule that applies to an event, in the order in which the fan-out asks them.
#[derive(Debug, Clone, PartialEq)]
pub struct Explanation {
    /// The verdicts.
    pub verdicts: Vec<Verdict>,
    /// Whether the endpoint is a step that leaves the delivery to the endpoint that it names.
    forwards: bool,
    /// The steps of rules that deliver the event to the endpoint, whatever it subscribes to.
    pub forwarded_by: Vec<RuleStep>,
}

/// Who sent an event: the rules differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// A producer.
    Producer,
    /// Posthorn, about an endpoint: an operational event.
    Operational {
        /// The endpoint that it is about.
        about: Option<EndpointId>,
        /// The name that the event's type is an alias of.
        alias_of: Option<EventType>,
    },
    /// Posthorn, to test one endpoint: no rule decides.
    Test,
}

/// The members of an operational event's payload that its fan-out depends on.
#[derive(Deserialize)]
struct Subject {
    endpoint_id: Option<EndpointId>,
    alias_of: Option<EventType>,
}

impl Origin {
    /// The origin of an event of this type with this payload, which is no test.
    pub fn of(event_type: &EventType, payload: &str) -> Self {
        let is_own = is_posthorns_own(event_type);
        if !is_own && !OperationalEvent::is_one(event_type) {
            return Self::Producer;
        }
        let subject = serde_json::from_str(payload).unwrap_or(Subject { endpoint_id: None, alias_of: None });
        match subject {
            // A producer may send events of the alias's type, too.
            Subject { alias_of: None, .. } if !is_own => Self::Producer,
            Subject { endpoint_id: about, alias_of } => Self::Operational { about, alias_of },
        }
    }
}

impl Explanation {
    /// Why the event has no delivery by these rules; `None` if it has one. Of operational events no reason is
    /// recorded but [`SkipReason::NotifiedLately`], which follows from another event and not from a rule.
    pub fn skip_reason(&self) -> Option<SkipReason> {
        let failed = self.failed();
        match failed.map(|verdict| verdict.rule) {
            None => self.forwards.then_some(SkipReason::Forwarded),
            Some(Rule::Active) => Some(SkipReason::Disabled),
            Some(Rule::EventType) => Some(SkipReason::TypeNotSubscribed),
            Some(Rule::Channels) => Some(SkipReason::Channel),
            Some(Rule::Filter) => Some(SkipReason::Filter),
            Some(Rule::Loop) => Some(SkipReason::Loop),
            Some(Rule::Live) => Some(SkipReason::Watching),
            Some(Rule::Parked) => Some(SkipReason::ParkedFull),
            Some(Rule::AboutAnother) => None,
        }
    }

    /// Whether every rule lets the event pass, or a rule's step brings it past those that only the endpoint's own
    /// subscription asks.
    pub fn passes(&self) -> bool {
        self.failed().is_none()
    }

    /// The first verdict that decides against the event.
    fn failed(&self) -> Option<&Verdict> {
        let decides = |rule| match rule {
            Rule::Active | Rule::Parked | Rule::AboutAnother | Rule::Loop | Rule::Live => true,
            Rule::EventType | Rule::Channels | Rule::Filter => self.forwarded_by.is_empty(),
        };
        self.verdicts.iter().find(|verdict| !verdict.passed && decides(verdict.rule))
    }
}

impl Subscription {
    /// What each rule says of an event: the decision of [`fan_out`](crate::endpoint::subscription::fan_out), or of
    /// [`fan_out_operational`](crate::endpoint::subscription::fan_out_operational), for people. `all` are the subscriptions of
    /// the workspace: among them are the steps of rules that forward to this endpoint.
    pub fn explain(&self, event: &Facts<'_>, origin: &Origin, all: &[Self]) -> Explanation {
        let mut verdicts = Vec::new();
        match origin {
            Origin::Producer => {
                verdicts.push(self.of_type(event.event_type, wants(&self.events, event.event_type)));
                verdicts.push(self.of_channels(event.channels));
            }
            Origin::Operational { about, alias_of } => {
                let by_name = alias_of.as_ref().is_some_and(|name| self.names(name));
                let is_wanted = self.names(event.event_type) && !by_name;
                verdicts.push(self.of_type(event.event_type, is_wanted));
                verdicts.push(verdict(Rule::AboutAnother, *about != Some(self.id)));
            }
            Origin::Test => {
                return Explanation { verdicts: Vec::new(), forwards: false, forwarded_by: Vec::new() };
            }
        }
        verdicts.push(verdict(Rule::Active, self.switch != Switch::Off));
        verdicts.push(self.of_filter(event));
        let step = self.purpose.rule_step();
        if let Some(step) = step {
            verdicts.push(verdict(Rule::Loop, !step.loops(event)));
            verdicts.push(verdict(Rule::Live, !step.watching));
        }
        let forwards = step.and_then(RuleStep::forwards_to).is_some();
        if !forwards {
            // What a step forwards waits for another endpoint.
            verdicts.push(verdict(Rule::Parked, self.switch.skip_reason() != Some(SkipReason::ParkedFull)));
        }
        Explanation { verdicts, forwards, forwarded_by: self.forwarders(event, origin, all) }
    }

    /// The steps of rules that forward the event to this endpoint.
    fn forwarders(&self, event: &Facts<'_>, origin: &Origin, all: &[Self]) -> Vec<RuleStep> {
        let to_this = |step: &&RuleStep| step.forwards_to() == Some(self.id);
        let steps = all.iter().filter(|step| self.can_be_forwarded_to() && step.id != self.id);
        let steps = steps.filter_map(|other| Some((other, other.purpose.rule_step().filter(to_this)?)));
        let fired = steps.filter(|(other, _)| other.explain(event, origin, &[]).passes());
        fired.map(|(_, step)| step.clone()).collect()
    }

    fn of_type(&self, event_type: &EventType, passed: bool) -> Verdict {
        let tried = self.events.iter().map(EventTypePattern::to_string).collect();
        let matched = self.events.iter().find(|pattern| pattern.matches(event_type));
        let matched = matched.filter(|_| passed).map(EventTypePattern::to_string);
        Verdict { tried, matched, ..verdict(Rule::EventType, passed) }
    }

    fn of_channels(&self, channels: &[Channel]) -> Verdict {
        let passed = channel::matches(&self.channels, channels);
        let tried = self.channels.iter().map(Channel::to_string).collect();
        let matched = self.channels.iter().find(|wanted| channels.contains(wanted)).map(Channel::to_string);
        Verdict { tried, matched, ..verdict(Rule::Channels, passed) }
    }

    /// Whether the event meets the filter, and what each of its conditions found.
    fn of_filter(&self, event: &Facts<'_>) -> Verdict {
        let explained = self.filter.as_ref().map(|filter| filter.explain(event.document()));
        let conditions = explained.unwrap_or_default();
        Verdict { conditions, ..verdict(Rule::Filter, self.meets_filter(event)) }
    }
}

fn verdict(rule: Rule, passed: bool) -> Verdict {
    Verdict { rule, passed, tried: Vec::new(), matched: None, conditions: Vec::new() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::endpoint::purpose::{Purpose, StepKind};
    use crate::endpoint::subscription::{fan_out, fan_out_operational};
    use crate::event::cause::Cause;
    use crate::id::{EventId, RuleId};
    use crate::policy::circuit::MAX_PARKED_WHILE_OFF;
    use crate::timestamp::Timestamp;
    use payload::Filter;
    use proptest::prelude::*;
    use proptest::sample::subsequence;
    use serde_json::json;
    use serde_json::value::RawValue;

    fn id(number: u128) -> EndpointId {
        EndpointId::new(Timestamp::from_millis(0), number)
    }

    fn event_type(text: &str) -> EventType {
        EventType::parse(text).unwrap()
    }

    fn channels(names: &[&str]) -> Vec<Channel> {
        names.iter().map(|name| Channel::parse(name).unwrap()).collect()
    }

    fn any_switch() -> impl Strategy<Value = Switch> {
        let parked = prop_oneof![Just(0), Just(MAX_PARKED_WHILE_OFF - 1), Just(MAX_PARKED_WHILE_OFF)];
        prop_oneof![
            2 => Just(Switch::On),
            1 => Just(Switch::Off),
            1 => parked.prop_map(|parked| Switch::OffForFailing { parked }),
        ]
    }

    fn any_purpose() -> impl Strategy<Value = Purpose> {
        let does = prop_oneof![
            Just(StepKind::Deliver),
            Just(StepKind::Emit),
            Just(StepKind::Invoke),
            (0u128..4).prop_map(|number| StepKind::Forward(id(number))),
        ];
        let step = (0u128..3, does, any::<bool>()).prop_map(|(number, does, watching)| {
            Purpose::Rule(RuleStep { rule: rule(number), step: "a1".to_owned(), does, watching })
        });
        prop_oneof![4 => Just(Purpose::Subscriber), 1 => Just(Purpose::Action), 3 => step]
    }

    /// Of few types and channels, so that they often meet.
    fn any_subscription() -> impl Strategy<Value = Subscription> {
        let patterns = vec!["a.b", "a.*", "b", "posthorn.*", "posthorn.endpoint.failing", "endpoint.*"];
        let (patterns, names) = (subsequence(patterns, 0..=3), subsequence(vec!["eu", "us", "asia"], 0..=2));
        let filter = prop::option::of((0u8..3).prop_map(|n| Filter::of(json!({ "data.n": { "$gt": n } }))));
        (any_switch(), patterns, names, any_purpose(), filter).prop_map(
            |(switch, patterns, names, purpose, filter)| {
                let events = patterns.iter().map(|text| EventTypePattern::parse(text).unwrap()).collect();
                let (channels, public_keys) = (channels(&names), Vec::new());
                let is_notification = false;
                Subscription {
                    id: id(0),
                    switch,
                    events,
                    channels,
                    public_keys,
                    is_notification,
                    purpose,
                    filter,
                }
            },
        )
    }

    /// The endpoints of a workspace, numbered.
    fn any_subscriptions() -> impl Strategy<Value = Vec<Subscription>> {
        proptest::collection::vec(any_subscription(), 1..5).prop_map(|mut subscriptions| {
            for (number, subscription) in (0..).zip(&mut subscriptions) {
                subscription.id = id(number);
            }
            subscriptions
        })
    }

    fn rule(number: u128) -> RuleId {
        RuleId::new(Timestamp::from_millis(0), number)
    }

    fn facts<'a>(event_type: &'a EventType, payload: &'a RawValue) -> Facts<'a> {
        Facts::new(EventId::new(Timestamp::from_millis(0), 1), event_type, Timestamp::from_millis(0), payload)
    }

    fn raw(json: String) -> Box<RawValue> {
        RawValue::from_string(json).unwrap()
    }

    proptest! {
        #[test]
        fn the_explanation_agrees_with_the_fan_out(
            subscriptions in any_subscriptions(),
            text in prop_oneof![Just("a.b"), Just("a.c"), Just("b"), Just("endpoint.failing")],
            names in subsequence(vec!["eu", "us", "asia"], 0..=2),
            number in 0u8..4,
            rules in subsequence(vec![0, 1, 7, 8], 0..=3),
        ) {
            let (event_type, channels, payload) =
                (event_type(text), channels(&names), raw(format!(r#"{{"n":{number}}}"#)));
            let rules = rules.into_iter().map(rule).collect();
            let cause = Cause { event_id: EventId::new(Timestamp::from_millis(0), 2), rules };
            let event = facts(&event_type, &payload).in_channels(&channels).caused_by(Some(&cause));
            let ledger = fan_out(&event, &subscriptions);
            let origin = Origin::of(&event_type, payload.get());
            for subscription in &subscriptions {
                let explanation = subscription.explain(&event, &origin, &subscriptions);
                let expected = (subscription.purpose != Purpose::Action).then(|| explanation.skip_reason());
                prop_assert_eq!(ledger.entry(subscription.id), expected, "{:?}", subscription);
                let delivers = !matches!(explanation.skip_reason(), None | Some(SkipReason::Forwarded));
                prop_assert_eq!(explanation.passes(), !delivers);
            }
        }

        #[test]
        fn the_explanation_of_an_operational_event_agrees_with_its_fan_out(subscriptions in any_subscriptions()) {
            let (name, alias) = OperationalEvent::EndpointFailing.event_types().unwrap();
            let payload = raw(format!(r#"{{"n":1,"endpoint_id":"{}"}}"#, id(1)));
            let under_alias = raw(format!(r#"{{"n":1,"endpoint_id":"{}","alias_of":"{name}"}}"#, id(1)));
            let [by_name, by_alias] = [facts(&name, &payload), facts(&alias, &under_alias)];
            let ledgers = fan_out_operational((&by_name, &by_alias), id(1), &subscriptions);
            for (event, ledger) in [(by_name, ledgers.0), (by_alias, ledgers.1)] {
                let origin = Origin::of(event.event_type, event.payload.get());
                for subscription in subscriptions.iter().filter(|one| one.purpose != Purpose::Action) {
                    let explanation = subscription.explain(&event, &origin, &subscriptions);
                    let is_delivered = ledger.entry(subscription.id) == Some(None);
                    let passes = explanation.passes() && explanation.skip_reason().is_none();
                    prop_assert_eq!(is_delivered, passes, "{} {:?}", event.event_type, subscription);
                }
            }
        }
    }

    #[test]
    fn every_rule_is_told_with_what_was_tried_and_what_matched() {
        let events = ["order.*", "invoice.*"].map(|text| EventTypePattern::parse(text).unwrap()).to_vec();
        let channels = channels(&["eu", "us"]);
        let (switch, public_keys, is_notification) = (Switch::Off, Vec::new(), false);
        let (purpose, filter) = (Purpose::Subscriber, None);
        let subscription = Subscription {
            id: id(1),
            switch,
            events,
            channels,
            public_keys,
            is_notification,
            purpose,
            filter,
        };
        let event_type = event_type("invoice.paid");
        let origin = Origin::of(&event_type, "null");
        let event = facts(&event_type, RawValue::NULL).in_channels(&subscription.channels[1..]);
        let explanation = subscription.explain(&event, &origin, &[]);
        let told: Vec<_> = explanation
            .verdicts
            .iter()
            .map(|verdict| (verdict.rule, verdict.passed, verdict.tried.len(), verdict.matched.as_deref()))
            .collect();
        assert_eq!(
            told,
            [
                (Rule::EventType, true, 2, Some("invoice.*")),
                (Rule::Channels, true, 2, Some("us")),
                (Rule::Active, false, 0, None),
                (Rule::Filter, true, 0, None),
                (Rule::Parked, true, 0, None),
            ]
        );
    }
}
