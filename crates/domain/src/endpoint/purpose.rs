//! What is an endpoint for?
//! Its purpose: a subscriber of its own, a step of a rule, or an action.

use serde::{Deserialize, Serialize};

use crate::id::{EndpointId, RuleId};

/// What an endpoint is for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// A customer URL that subscribes to events.
    #[default]
    Subscriber,
    /// A step of a rule. Its types, channels and filter are the rule's.
    Rule(RuleStep),
    /// An action, which is invoked and gets no events.
    Action,
}

/// A step of a rule, as the fan-out and the sender need it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleStep {
    /// The rule.
    pub rule: RuleId,
    /// The step's id in the rule.
    pub step: String,
    /// What is done.
    pub does: StepKind,
    /// Whether the rule only watches: nothing is sent.
    pub watching: bool,
}

/// What a step of a rule does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepKind {
    /// Delivers to the step's own URL.
    Deliver,
    /// Delivers to an endpoint that exists already.
    Forward(EndpointId),
    /// Makes a derived event.
    Emit,
    /// Invokes an action.
    Invoke,
}

impl Purpose {
    /// The step of a rule that the endpoint is.
    pub fn rule_step(&self) -> Option<&RuleStep> {
        match self {
            Self::Rule(step) => Some(step),
            Self::Subscriber | Self::Action => None,
        }
    }

    /// Whether it is a customer URL that subscribes to events.
    pub fn is_subscriber(&self) -> bool {
        *self == Self::Subscriber
    }
}
