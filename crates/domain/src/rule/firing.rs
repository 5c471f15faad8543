//! What did a rule do with an event?
//! Read off the event's ledger, where each step of the rule is an endpoint.

use serde::{Deserialize, Serialize};

use crate::event::Event;
use crate::event::event_type::{EventType, wants};
use crate::event::ledger::SkipReason;
use crate::id::{DeliveryId, EndpointId, EventId};
use crate::rule::Rule;

/// What a step of a rule did with an event: `fired`; `would_have_fired`, the rule only watches; `not_fired`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum FiringResult {
    /// There is a delivery.
    Fired,
    /// The rule watched.
    WouldHaveFired,
    /// There is none.
    NotFired,
}

/// What one step did with an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepFiring {
    /// The step's id.
    pub step: String,
    /// What it did.
    pub result: FiringResult,
    /// Why it did not fire.
    pub reason: Option<SkipReason>,
    /// The endpoint of the delivery.
    pub endpoint: EndpointId,
    /// The delivery.
    pub delivery: Option<DeliveryId>,
}

/// What a rule did with an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Firing {
    /// The event.
    pub event: EventId,
    /// Its type.
    pub event_type: EventType,
    /// What each step did.
    pub steps: Vec<StepFiring>,
}

/// How often a step of a rule fired.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StepStatistics {
    /// How often it fired.
    pub fired: u64,
    /// How often it would have, if the rule had not only watched.
    pub would_have_fired: u64,
    /// How often it did not, by the reason.
    pub not_fired: Vec<(SkipReason, u64)>,
}

impl Rule {
    /// What the rule did with the event; `None` if it does not look at such events, or was made later.
    pub fn firing_of(&self, event: &Event) -> Option<Firing> {
        let steps = self.steps().filter_map(|(step, endpoint)| {
            let (result, reason, endpoint) = match event.ledger.entry(endpoint)? {
                Some(SkipReason::TypeNotSubscribed | SkipReason::Channel) => return None,
                // Older versions recorded this of a rule that was off, whatever the event's type.
                Some(SkipReason::Disabled) if !wants(&self.settings.when.events, &event.event_type) => {
                    return None;
                }
                None => (FiringResult::Fired, None, endpoint),
                Some(SkipReason::Watching) => (FiringResult::WouldHaveFired, None, endpoint),
                Some(SkipReason::Forwarded) => {
                    let target = step.forwards_to().unwrap_or(endpoint);
                    match event.ledger.entry(target) {
                        Some(None) => (FiringResult::Fired, None, target),
                        // An endpoint that was deleted has no entry.
                        other => {
                            let reason = other.flatten().unwrap_or(SkipReason::Disabled);
                            (FiringResult::NotFired, Some(reason), target)
                        }
                    }
                }
                Some(reason) => (FiringResult::NotFired, Some(reason), endpoint),
            };
            let delivery = (result == FiringResult::Fired).then(|| DeliveryId::of(event.id, endpoint));
            Some(StepFiring { step: step.id.clone(), result, reason, endpoint, delivery })
        });
        let steps: Vec<_> = steps.collect();
        let firing = Firing { event: event.id, event_type: event.event_type.clone(), steps };
        (!firing.steps.is_empty()).then_some(firing)
    }
}

impl StepStatistics {
    /// Counts what the step did with one more event.
    pub fn count(&mut self, result: FiringResult, reason: Option<SkipReason>) {
        match (result, reason) {
            (FiringResult::Fired, _) => self.fired += 1,
            (FiringResult::WouldHaveFired, _) => self.would_have_fired += 1,
            (FiringResult::NotFired, None) => {}
            (FiringResult::NotFired, Some(reason)) => {
                match self.not_fired.iter_mut().find(|(known, _)| *known == reason) {
                    Some((_, count)) => *count += 1,
                    None => self.not_fired.push((reason, 1)),
                }
            }
        }
    }
}
