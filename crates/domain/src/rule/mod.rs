//! What is a rule, and which settings does it have?
//! Routing: *when* an event of these types comes, *if* it meets these conditions, *then* these steps are done.
//!
//! [`RuleSettings`] is the one document that `POST` takes, `PATCH` merges into and the table stores. A rule decides nothing
//! when an event comes: it is compiled into one endpoint a step ([`compile`]), which the fan-out sees as any other.

pub mod change;
pub mod compile;
pub mod example;
pub mod firing;
pub mod loops;
pub mod step;

use std::collections::HashSet;
use std::fmt;

use payload::Filter;
use serde::{Deserialize, Serialize};

use crate::access::api_key::{ApiKey, Scope};
use crate::event::channel::{Channel, MAX_CHANNELS};
use crate::event::document::MEMBERS;
use crate::event::event_type::{EventTypePattern, MAX_PATTERNS};
use crate::event::operational::OWN_PREFIX;
use crate::id::{EndpointId, RuleId, WorkspaceId};
use crate::json_object::only_object;
use crate::problem::{Invalid, Problem};
use crate::rule::example::Example;
use crate::rule::step::{Step, first_free_id};
use crate::timestamp::Timestamp;

/// The most rules of one workspace: each of their steps is an endpoint that every event is held against.
pub const MAX_RULES: usize = 100;
/// The most steps of one rule: they are written in one transaction, which takes 100 rows.
pub const MAX_STEPS: usize = 10;
/// The most examples of one rule.
pub const MAX_EXAMPLES: usize = 20;
/// Longest name, in characters.
pub const MAX_NAME_CHARS: usize = 100;
/// The most bytes of a rule's settings as JSON: they are one row, which DynamoDB bounds at 400 KB.
pub const MAX_RULE_BYTES: usize = 128 * 1024;

/// Whether a rule acts: `live`, its steps are done; `watch`, it is only noted for which events they would have been.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = RuleMode))]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// The steps are done.
    #[default]
    Live,
    /// Nothing is sent; the ledgers of events say `watching`.
    Watch,
}

/// The events that a rule looks at.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = RuleWhen))]
#[serde(deny_unknown_fields)]
pub struct When {
    /// The event types and families; an empty list means every type but Posthorn's own (`posthorn.*`), which must be listed.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(max_items = 100))]
    pub events: Vec<EventTypePattern>,
    /// The channels, one of which an event must name; an empty list means no limit.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(max_items = 20))]
    pub channels: Vec<Channel>,
}

impl When {
    /// Whether it lists only events of Posthorn itself.
    pub fn is_of_posthorns(&self) -> bool {
        !self.events.is_empty() && self.events.iter().all(|events| events.as_str().starts_with(OWN_PREFIX))
    }
}

/// The settings of a rule. A field that is left out takes its default.
// `Debug` omits the steps, whose URLs and headers may be secrets, and the examples, which hold payloads.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct RuleSettings {
    /// A name for people.
    // A draft may lack it, and steps: bounds are checked, not the parts.
    #[serde(default)]
    #[cfg_attr(
        feature = "openapi",
        schema(required = true, min_length = 1, max_length = 100, examples("Gold customers to #vip"))
    )]
    pub name: String,
    /// Whether the rule is switched on. While it is off, its deliveries under way are cancelled.
    #[serde(default = "yes")]
    pub active: bool,
    /// Whether it acts or only watches.
    #[serde(default)]
    pub mode: Mode,
    /// The events that it looks at.
    #[serde(default, deserialize_with = "only_object")]
    pub when: When,
    /// The conditions that an event must meet; `null` is none.
    #[serde(default, rename = "if")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Object>))]
    pub filter: Option<Filter>,
    /// What is done, each for itself and in no order.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(required = true, min_items = 1, max_items = 10))]
    pub then: Vec<Step>,
    /// The rule's tests: it is saved only if it fires for each event of which that is expected, and for no other.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(max_items = 20))]
    pub examples: Vec<Example>,
}

/// A rule of a workspace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// The id, `rule_` and a ULID.
    pub id: RuleId,
    /// The tenant that it belongs to.
    pub workspace_id: WorkspaceId,
    /// The owner's settings.
    pub settings: RuleSettings,
    /// The endpoint of each step, in the order of the steps.
    pub endpoints: Vec<EndpointId>,
    /// The revision for the optimistic lock: it counts the changes, from 1.
    pub revision: u64,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

const NAME_BOUNDS: &str = "must have 1 to 100 characters";
const STEP_BOUNDS: &str = "must have 1 to 10 steps";

impl fmt::Debug for RuleSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, active, mode, when, filter, then, examples } = self;
        f.debug_struct("RuleSettings")
            .field("name", name)
            .field("active", active)
            .field("mode", mode)
            .field("when", when)
            .field("if", &filter.is_some())
            .field("then", &then.len())
            .field("examples", &examples.len())
            .finish()
    }
}

impl RuleSettings {
    /// The settings as they are stored: every step has an id.
    #[must_use]
    pub fn completed(mut self) -> Self {
        let mut taken: HashSet<String> = self.then.iter().map(|step| step.id.clone()).collect();
        for step in &mut self.then {
            if step.id.is_empty() {
                step.id = first_free_id(&taken);
                taken.insert(step.id.clone());
            }
        }
        self
    }

    /// Checks every bound that does not depend on the workspace, and then the examples, which ask the filter.
    ///
    /// # Errors
    /// [`Problem::Invalid`] with a pointer for each value out of bounds, or for each example that fails.
    pub fn check(&self) -> Result<(), Problem> {
        self.check_bounds()?;
        self.check_examples()
    }

    /// The same without the examples.
    ///
    /// # Errors
    /// [`Problem::Invalid`] with a pointer for each value out of bounds.
    pub fn check_bounds(&self) -> Result<(), Problem> {
        let mut invalid = self.mistakes();
        invalid.require(!self.name.is_empty(), "/name", NAME_BOUNDS);
        invalid.require(!self.then.is_empty(), "/then", STEP_BOUNDS);
        invalid.into_result()
    }

    /// The same for a rule that is being built: it may lack its name and its steps.
    ///
    /// # Errors
    /// As for [`Self::check_bounds`].
    pub fn check_draft(&self) -> Result<(), Problem> {
        self.mistakes().into_result()
    }

    fn mistakes(&self) -> Invalid {
        let mut invalid = Invalid::new();
        let name = self.name.chars().count();
        invalid.require(name <= MAX_NAME_CHARS, "/name", NAME_BOUNDS);
        let When { events, channels } = &self.when;
        invalid.require(events.len() <= MAX_PATTERNS, "/when/events", "may list at most 100 event types");
        invalid.require(channels.len() <= MAX_CHANNELS, "/when/channels", "may list at most 20 channels");
        for mistake in self.filter.iter().flat_map(|filter| filter.mistakes(&MEMBERS)) {
            invalid.push(format!("/if{}", mistake.pointer), mistake.detail);
        }
        let steps = self.then.len();
        invalid.require(steps <= MAX_STEPS, "/then", STEP_BOUNDS);
        let mut ids = HashSet::new();
        for (place, step) in self.then.iter().enumerate() {
            step.check(place, &mut invalid);
            if !ids.insert(&step.id) {
                invalid.push(format!("/then/{place}/id"), "is the id of another step, too");
            }
        }
        invalid.require(self.examples.len() <= MAX_EXAMPLES, "/examples", "may hold at most 20 examples");
        let bytes = serde_json::to_vec(self).map_or(0, |json| json.len());
        invalid.require(bytes <= MAX_RULE_BYTES, "", "may have at most 131,072 bytes, with its examples");
        invalid
    }

    /// The settings with the endpoint of each step, for the answers; a step that names an endpoint keeps that.
    #[must_use]
    pub fn with_endpoints(mut self, endpoints: &[EndpointId]) -> Self {
        for (step, endpoint) in self.then.iter_mut().zip(endpoints) {
            if step.forwards_to().is_none() {
                step.endpoint_id = Some(*endpoint);
            }
        }
        self
    }

    /// The same without what may be a secret: values of headers, and of URLs what may be a credential.
    #[must_use]
    pub fn without_secrets(&self) -> Self {
        Self { then: self.then.iter().map(Step::without_secrets).collect(), ..self.clone() }
    }
}

impl Rule {
    /// The rule as `caller` may see it: only a key that could change it sees values that may be secrets.
    #[must_use]
    pub fn shown_to(self, caller: &ApiKey) -> Self {
        match caller.require(Scope::Rules) {
            Ok(()) => self,
            Err(_) => Self { settings: self.settings.without_secrets(), ..self },
        }
    }

    /// The steps, each with its endpoint.
    pub fn steps(&self) -> impl Iterator<Item = (&Step, EndpointId)> {
        self.settings.then.iter().zip(self.endpoints.iter().copied())
    }
}

fn yes() -> bool {
    true
}

#[cfg(test)]
mod tests;
