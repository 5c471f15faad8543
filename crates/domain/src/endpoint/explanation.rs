//! Why does an endpoint get an event, or why not?
//! Every rule of the fan-out with its verdict, also those after the one that decided.

use serde::Deserialize;

use crate::endpoint::subscription::{Subscription, Switch};
use crate::event::channel::{self, Channel};
use crate::event::event_type::{EventType, EventTypePattern, wants};
use crate::event::ledger::SkipReason;
use crate::event::operational::{OperationalEvent, is_posthorns_own};
use crate::id::EndpointId;

/// A rule of the fan-out: the endpoint is switched on, or off only for failing (`active`); it subscribes to the event type
/// (`event_type`); it is not limited to other channels (`channels`); it is not full of parked deliveries (`parked`); the
/// operational event is not about the endpoint itself (`about_another`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// The endpoint is switched on, or Posthorn switched it off for failing: then its deliveries are parked.
    Active,
    /// The endpoint subscribes to the event's type.
    EventType,
    /// The endpoint has no channels, or the event names one of them.
    Channels,
    /// The endpoint is not off for failing with as many parked deliveries as may be.
    Parked,
    /// The operational event is not about the endpoint itself.
    AboutAnother,
}

/// What a rule says of an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// The rule.
    pub rule: Rule,
    /// Whether the event passes.
    pub passed: bool,
    /// The patterns or channels that the endpoint lists; empty if it does not limit them.
    pub tried: Vec<String>,
    /// The first of them that matched.
    pub matched: Option<String>,
}

/// The verdict of every rule that applies to an event, in the order in which the fan-out asks them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation(pub Vec<Verdict>);

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
        let failed = self.0.iter().find(|verdict| !verdict.passed)?;
        match failed.rule {
            Rule::Active => Some(SkipReason::Disabled),
            Rule::EventType => Some(SkipReason::TypeNotSubscribed),
            Rule::Channels => Some(SkipReason::Channel),
            Rule::Parked => Some(SkipReason::ParkedFull),
            Rule::AboutAnother => None,
        }
    }

    /// Whether every rule lets the event pass.
    pub fn passes(&self) -> bool {
        self.0.iter().all(|verdict| verdict.passed)
    }
}

impl Subscription {
    /// What each rule says of an event of `event_type` with `channels`: the decision of
    /// [`fan_out`](crate::endpoint::subscription::fan_out), or of
    /// [`fan_out_operational`](crate::endpoint::subscription::fan_out_operational), for people.
    pub fn explain(&self, event_type: &EventType, channels: &[Channel], origin: &Origin) -> Explanation {
        let active = verdict(Rule::Active, self.switch != Switch::Off);
        let parked = verdict(Rule::Parked, self.switch.skip_reason() != Some(SkipReason::ParkedFull));
        Explanation(match origin {
            Origin::Producer => {
                let is_wanted = wants(&self.events, event_type);
                vec![active, self.of_type(event_type, is_wanted), self.of_channels(channels), parked]
            }
            Origin::Operational { about, alias_of } => {
                let by_name = alias_of.as_ref().is_some_and(|name| self.names(name));
                let is_wanted = self.names(event_type) && !by_name;
                let about_another = verdict(Rule::AboutAnother, *about != Some(self.id));
                vec![active, self.of_type(event_type, is_wanted), about_another, parked]
            }
            Origin::Test => Vec::new(),
        })
    }

    fn of_type(&self, event_type: &EventType, passed: bool) -> Verdict {
        let tried = self.events.iter().map(EventTypePattern::to_string).collect();
        let matched = self.events.iter().find(|pattern| pattern.matches(event_type));
        let matched = matched.filter(|_| passed).map(EventTypePattern::to_string);
        Verdict { rule: Rule::EventType, passed, tried, matched }
    }

    fn of_channels(&self, channels: &[Channel]) -> Verdict {
        let passed = channel::matches(&self.channels, channels);
        let tried = self.channels.iter().map(Channel::to_string).collect();
        let matched = self.channels.iter().find(|wanted| channels.contains(wanted)).map(Channel::to_string);
        Verdict { rule: Rule::Channels, passed, tried, matched }
    }
}

fn verdict(rule: Rule, passed: bool) -> Verdict {
    Verdict { rule, passed, tried: Vec::new(), matched: None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::endpoint::purpose::Purpose;
    use crate::endpoint::subscription::{fan_out, fan_out_operational};
    use crate::policy::circuit::MAX_PARKED_WHILE_OFF;
    use crate::timestamp::Timestamp;
    use proptest::prelude::*;
    use proptest::sample::subsequence;

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

    /// Of few types and channels, so that they often meet.
    fn any_subscription() -> impl Strategy<Value = Subscription> {
        let patterns = vec!["a.b", "a.*", "b", "posthorn.*", "posthorn.endpoint.failing", "endpoint.*"];
        let (patterns, names) = (subsequence(patterns, 0..=3), subsequence(vec!["eu", "us", "asia"], 0..=2));
        (any_switch(), patterns, names, 1u128..3).prop_map(|(switch, patterns, names, number)| {
            let events = patterns.iter().map(|text| EventTypePattern::parse(text).unwrap()).collect();
            let channels = channels(&names);
            let (public_keys, is_notification) = (Vec::new(), false);
            let (purpose, filter) = (Purpose::Subscriber, None);
            Subscription {
                id: id(number),
                switch,
                events,
                channels,
                public_keys,
                is_notification,
                purpose,
                filter,
            }
        })
    }

    proptest! {
        #[test]
        fn the_explanation_agrees_with_the_fan_out(
            subscription in any_subscription(),
            text in prop_oneof![Just("a.b"), Just("a.c"), Just("b"), Just("endpoint.failing")],
            names in subsequence(vec!["eu", "us", "asia"], 0..=2),
        ) {
            let (event_type, channels) = (event_type(text), channels(&names));
            let ledger = fan_out(&event_type, &channels, [&subscription]);
            let origin = Origin::of(&event_type, "{}");
            let explanation = subscription.explain(&event_type, &channels, &origin);
            prop_assert_eq!(ledger.entry(subscription.id), Some(explanation.skip_reason()));
            prop_assert_eq!(explanation.passes(), explanation.skip_reason().is_none());
        }

        #[test]
        fn the_explanation_of_an_operational_event_agrees_with_its_fan_out(subscription in any_subscription()) {
            let (name, alias) = OperationalEvent::EndpointFailing.event_types().unwrap();
            let (by_name, by_alias) = fan_out_operational((&name, &alias), id(1), [&subscription]);
            let payload = format!(r#"{{"endpoint_id":"{}"}}"#, id(1));
            let under_alias = format!(r#"{{"endpoint_id":"{}","alias_of":"{name}"}}"#, id(1));
            for (sent, payload, ledger) in [(&name, payload, by_name), (&alias, under_alias, by_alias)] {
                let explanation = subscription.explain(sent, &[], &Origin::of(sent, &payload));
                prop_assert_eq!(ledger.deliveries.len() == 1, explanation.passes(), "{}", sent);
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
        let Explanation(verdicts) = subscription.explain(&event_type, &subscription.channels[1..], &origin);
        let told: Vec<_> = verdicts
            .iter()
            .map(|verdict| (verdict.rule, verdict.passed, verdict.tried.len(), verdict.matched.as_deref()))
            .collect();
        assert_eq!(
            told,
            [
                (Rule::Active, false, 0, None),
                (Rule::EventType, true, 2, Some("invoice.*")),
                (Rule::Channels, true, 2, Some("us")),
                (Rule::Parked, true, 0, None),
            ]
        );
    }
}
