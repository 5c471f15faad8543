//! How is a rule tested?
//! By its examples: events of which its owner says whether it must fire. A rule with an example that fails is not saved.

use payload::filter::Finding;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::endpoint::explanation::{Origin, Rule as Ask};
use crate::endpoint::purpose::Purpose;
use crate::endpoint::subscription::{Subscription, Switch};
use crate::event::channel::{Channel, MAX_CHANNELS};
use crate::event::document::Facts;
use crate::event::event_type::EventType;
use crate::id::{EndpointId, EventId};
use crate::problem::{Invalid, Problem};
use crate::rule::{RuleSettings, When};
use crate::timestamp::Timestamp;

/// An event, and whether the rule must fire for it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = RuleExample))]
#[serde(deny_unknown_fields)]
pub struct Example {
    /// What it shows, for people.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(max_length = 100, examples("gold and urgent")))]
    pub name: String,
    /// The event.
    pub event: ExampleEvent,
    /// Whether the rule must fire.
    pub expect: bool,
}

/// The event of an example.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ExampleEvent {
    /// The type.
    #[serde(rename = "type")]
    pub event_type: EventType,
    /// The payload; `null` if left out.
    #[serde(default)]
    pub data: Value,
    /// The channels.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "openapi", schema(max_items = 20))]
    pub channels: Vec<Channel>,
    /// When it happened; the year 2000 if left out, so that an example always gives the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub timestamp: Option<Timestamp>,
}

impl std::fmt::Debug for Example {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Example")
            .field("name", &self.name)
            .field("expect", &self.expect)
            .finish_non_exhaustive()
    }
}

impl std::fmt::Debug for ExampleEvent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ExampleEvent").field("type", &self.event_type).finish_non_exhaustive()
    }
}

/// Longest name of an example, in characters.
const MAX_NAME_CHARS: usize = 100;

impl RuleSettings {
    /// The rule as the fan-out sees it, whether or not it is switched on and acts.
    pub fn subscription(&self) -> Subscription {
        let When { events, channels } = self.when.clone();
        Subscription {
            id: EndpointId::from_bytes([0; 16]),
            switch: Switch::On,
            events,
            channels,
            public_keys: Vec::new(),
            is_notification: false,
            purpose: Purpose::Subscriber,
            filter: self.filter.clone(),
        }
    }

    /// Holds every example against the rule.
    ///
    /// # Errors
    /// [`Problem::Invalid`] with a pointer for each example that fails.
    pub fn check_examples(&self) -> Result<(), Problem> {
        let (subscription, mut invalid) = (self.subscription(), Invalid::new());
        for (place, example) in self.examples.iter().enumerate() {
            let at = format!("/examples/{place}");
            let name = example.name.chars().count();
            invalid.require(name <= MAX_NAME_CHARS, &format!("{at}/name"), "may have at most 100 characters");
            let channels = example.event.channels.len();
            invalid.require(
                channels <= MAX_CHANNELS,
                &format!("{at}/event/channels"),
                "may list at most 20 channels",
            );
            match (example.verdict(&subscription), example.expect) {
                (Ok(()), false) => {
                    invalid.push(format!("{at}/expect"), "is false, but the rule fires for this event");
                }
                (Err(why), true) => {
                    invalid
                        .push(format!("{at}/expect"), format!("is true, but the rule does not fire: {why}"));
                }
                (Ok(()), true) | (Err(_), false) => {}
            }
        }
        invalid.into_result()
    }
}

impl Example {
    /// Whether the rule fires, and if not, why.
    fn verdict(&self, subscription: &Subscription) -> Result<(), String> {
        let ExampleEvent { event_type, data, channels, timestamp } = &self.event;
        let payload =
            RawValue::from_string(data.to_string()).map_err(|_| "its data is not JSON".to_owned())?;
        let occurred_at = timestamp.unwrap_or_else(|| Timestamp::from_millis(Y2K_MILLIS));
        let id = EventId::from_bytes([0; 16]);
        let facts = Facts::new(id, event_type, occurred_at, &payload).in_channels(channels);
        let explanation = subscription.explain(&facts, &Origin::of(event_type, payload.get()), &[]);
        let Some(failed) = explanation.verdicts.iter().find(|verdict| !verdict.passed) else { return Ok(()) };
        Err(match failed.rule {
            Ask::EventType => format!("`when.events` does not list {event_type}"),
            Ask::Channels => "the event names none of `when.channels`".to_owned(),
            _ => {
                let conditions = failed.conditions.iter().filter(|condition| !condition.held).map(told);
                let conditions = conditions.collect::<Vec<_>>().join("; ");
                if conditions.is_empty() { "the conditions do not hold".to_owned() } else { conditions }
            }
        })
    }
}

/// 2000-01-01T00:00:00Z, in milliseconds.
const Y2K_MILLIS: i64 = 946_684_800_000;

/// A condition that does not hold, in words.
fn told(finding: &Finding) -> String {
    let reason = finding.reason.and_then(|reason| serde_json::to_value(reason).ok());
    let reason = reason.as_ref().and_then(Value::as_str).unwrap_or("does not hold").replace('_', " ");
    let found: Vec<String> = finding.found.iter().map(Value::to_string).collect();
    match found.is_empty() {
        true => format!("/if{}: {reason}", finding.pointer),
        false => format!("/if{}: {reason}, found {}", finding.pointer, found.join(", ")),
    }
}
