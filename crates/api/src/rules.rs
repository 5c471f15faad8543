//! What does the API show of a rule, and of what it did? The shapes of `/v1/rules`.

use std::collections::BTreeMap;

use domain::event::event_type::EventType;
use domain::event::ledger::SkipReason;
use domain::id::{DeliveryId, EndpointId, EventId, RuleId, WorkspaceId};
use domain::rule::RuleSettings;
use domain::rule::example::ExampleEvent;
use domain::rule::firing::{self, FiringResult};
use domain::search::NamePart;
use domain::signing::secret::Secret;
use domain::timestamp::Timestamp;
use domain::uid::{EventIdOrUid, WorkspaceIdOrUid};
use serde::{Deserialize, Serialize};

use crate::explanations::Verdict;
use crate::previews::Preview;
use crate::problem::FieldError;

/// A new rule: its settings and its workspace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(examples(json!({
    "workspace_id": "ws_01M7Z294KETHNPJB3QG0VDG1JA", "name": "Gold customers to #vip",
    "when": { "events": ["ticket.*"] }, "if": { "data.customer.tier": { "$in": ["gold", "platinum"] } },
    "then": [{ "do": "deliver", "url": "https://example.com/hooks" }],
}))))]
pub struct NewRule {
    /// The workspace of the rule. Required with a key for all workspaces.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workspace_id: Option<WorkspaceIdOrUid>,
    /// The settings.
    #[serde(flatten)]
    pub settings: RuleSettings,
}

/// A rule: when an event of these types comes, if it meets these conditions, then these steps are done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = RoutingRule))]
pub struct Rule {
    /// The id of the rule.
    pub id: RuleId,
    /// The workspace of the rule.
    pub workspace_id: WorkspaceId,
    /// The settings. A key without the scope `rules` sees `[hidden]` in place of headers' values and of what may be a secret
    /// in URLs.
    #[serde(flatten)]
    pub settings: RuleSettings,
    /// The secrets that the deliveries of new steps are signed with, by the steps' ids. Only the answers that create them show
    /// them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[cfg_attr(feature = "openapi", schema(example = json!({ "a1": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw" })))]
    pub secrets: BTreeMap<String, Secret>,
    /// The number of changes, which `ETag` says, too.
    pub revision: u64,
    /// When the rule was created.
    pub created_at: Timestamp,
    /// When the rule was last changed.
    pub updated_at: Timestamp,
}

/// The parameters of a list of rules.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams), into_params(parameter_in = Query))]
#[serde(deny_unknown_fields)]
pub struct RuleQuery {
    /// The workspace. Required with a key for all workspaces.
    pub workspace_id: Option<WorkspaceIdOrUid>,
    /// Only rules whose name contains this, whatever the case.
    #[cfg_attr(feature = "openapi", param(value_type = Option<String>, min_length = 1, max_length = 200))]
    pub name: Option<NamePart>,
    /// Only rules that are switched on, or off.
    #[serde(default, deserialize_with = "crate::flag::maybe")]
    pub active: Option<bool>,
}

/// The parameters of a list of firings.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams), into_params(parameter_in = Query))]
#[serde(deny_unknown_fields)]
pub struct FiringQuery {
    /// Only events with a step that did this.
    #[cfg_attr(feature = "openapi", param(inline))]
    pub result: Option<FiringResult>,
    /// Only events accepted at this instant or later.
    pub since: Option<Timestamp>,
    /// Only events accepted before this instant.
    pub until: Option<Timestamp>,
}

/// The parameters of a rule's statistics.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams), into_params(parameter_in = Query))]
#[serde(deny_unknown_fields)]
pub struct RuleStatisticsQuery {
    /// Only events accepted at this instant or later.
    pub since: Option<Timestamp>,
    /// Only events accepted before this instant.
    pub until: Option<Timestamp>,
}

/// The parameters of how often the rules of a workspace fired.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams), into_params(parameter_in = Query))]
#[serde(deny_unknown_fields)]
pub struct FiredQuery {
    /// The workspace. Required with a key for all workspaces.
    pub workspace_id: Option<WorkspaceIdOrUid>,
    /// Only events accepted at this instant or later.
    pub since: Option<Timestamp>,
    /// Only events accepted before this instant.
    pub until: Option<Timestamp>,
}

/// How often each rule of a workspace fired for the newest events, at most 2,000.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Fired {
    /// How many events were looked at, of any type.
    #[cfg_attr(feature = "openapi", schema(examples(2000)))]
    pub events: usize,
    /// When the oldest of them was accepted; `null` if no event was looked at.
    pub oldest_at: Option<Timestamp>,
    /// Whether these were not all events of the time: a rule fired at least as often as it says.
    pub at_least: bool,
    /// The rules, newest first.
    pub data: Vec<RuleFired>,
}

/// For how many events a rule fired.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RuleFired {
    /// The rule.
    pub rule_id: RuleId,
    /// The events for which a step of it fired.
    #[cfg_attr(feature = "openapi", schema(examples(7)))]
    pub fired: u64,
    /// The events for which none fired, but would have, if the rule had not only watched.
    #[cfg_attr(feature = "openapi", schema(examples(0)))]
    pub would_have_fired: u64,
    /// When the newest of both was accepted; `null` if there is none among the events that were looked at.
    pub last_at: Option<Timestamp>,
}

/// What a rule did with an event of its types and channels.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Firing {
    /// The event.
    pub event_id: EventId,
    /// The type of the event.
    pub event_type: EventType,
    /// When the event was accepted.
    pub accepted_at: Timestamp,
    /// What each step did.
    pub steps: Vec<StepFiring>,
}

/// What a step of a rule did with an event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StepFiring {
    /// The step's id.
    #[cfg_attr(feature = "openapi", schema(examples("a1")))]
    pub step: String,
    /// What it did.
    pub result: FiringResult,
    /// Why it did not fire; `null` if it did, or would have.
    pub reason: Option<SkipReason>,
    /// The endpoint that the delivery goes to, or would have gone to.
    pub endpoint_id: EndpointId,
    /// The delivery; `null` if nothing was sent.
    pub delivery_id: Option<DeliveryId>,
}

/// How often each step of a rule fired for the newest events, at most 2,000.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RuleStatistics {
    /// How many events were looked at, of any type.
    #[cfg_attr(feature = "openapi", schema(examples(2000)))]
    pub events: usize,
    /// When the oldest of them was accepted; `null` if no event was looked at.
    pub oldest_at: Option<Timestamp>,
    /// Whether these were all. If `false`, `until` the oldest gives the statistics before them.
    pub complete: bool,
    /// What each step did.
    pub steps: Vec<StepStatistics>,
}

/// How often a step of a rule fired.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StepStatistics {
    /// The step's id.
    #[cfg_attr(feature = "openapi", schema(examples("a1")))]
    pub step: String,
    /// How often it fired.
    #[cfg_attr(feature = "openapi", schema(examples(7)))]
    pub fired: u64,
    /// How often it would have fired, if the rule had not only watched.
    #[cfg_attr(feature = "openapi", schema(examples(0)))]
    pub would_have_fired: u64,
    /// How often it did not fire for an event of its types and channels, by the reason.
    #[cfg_attr(feature = "openapi", schema(value_type = BTreeMap<String, u64>, example = json!({ "filter": 93 })))]
    pub not_fired: BTreeMap<SkipReason, u64>,
}

/// A rule to try, and the events to try it on: one of `event_id`, `event` and `recent`; without one the last 100 events.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", schema(examples(json!({
    "rule_id": "rule_01M7Z294KETHNPJB3QG0VDG1JA", "recent": 100,
}))))]
pub struct RuleTest {
    /// The workspace, for a rule that is not saved. Required with a key for all workspaces.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workspace_id: Option<WorkspaceIdOrUid>,
    /// The rule as it would be. While it is built, it may lack its `name` and its steps.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<crate::openapi::DraftRule>))]
    pub rule: Option<RuleSettings>,
    /// The rule as it is saved; with `rule`, the one that would be changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule_id: Option<RuleId>,
    /// A stored event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event_id: Option<EventIdOrUid>,
    /// An event that is not stored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event: Option<ExampleEvent>,
    /// So many of the newest events of the rule's types, at most 100.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 100))]
    pub recent: Option<usize>,
}

/// For which events a rule would fire, and what it would send.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TestedRule {
    /// For how many events it would fire.
    #[cfg_attr(feature = "openapi", schema(examples(7)))]
    pub matched: usize,
    /// How many events it was tried on.
    #[cfg_attr(feature = "openapi", schema(examples(100)))]
    pub of: usize,
    /// Whether there was time for all of them.
    pub complete: bool,
    /// What saving the rule would refuse: each example that fails, and the way on which it would feed itself. The pointers
    /// begin with `/rule`.
    pub findings: Vec<FieldError>,
    /// The events, newest first.
    pub events: Vec<TestedEvent>,
    /// What each step would send for the newest event that the rule fires for, or for the one event that was named. Nothing
    /// is sent.
    pub requests: Vec<StepRequest>,
}

/// What a rule says of an event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TestedEvent {
    /// The event; `null` for one that is not stored.
    pub id: Option<EventId>,
    /// The type of the event.
    #[serde(rename = "type")]
    pub event_type: EventType,
    /// When it happened.
    pub timestamp: Timestamp,
    /// Whether the rule would fire.
    pub matched: bool,
    /// What is asked of the event, in this order, with what each condition found.
    pub why: Vec<Verdict>,
}

/// What a step of a rule would send.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StepRequest {
    /// The step's id.
    #[cfg_attr(feature = "openapi", schema(examples("a1")))]
    pub step: String,
    /// The event; `null` for one that is not stored.
    pub event_id: Option<EventId>,
    /// The exact request of a first attempt; of a step that emits or invokes, its body is the derived event's payload or the
    /// action's parameters. `null` if it cannot be made: `error` says why.
    pub request: Option<Preview>,
    /// Why there is no request.
    pub error: Option<String>,
    /// Whether the signature is made with the secret that deliveries will be signed with. A step that is not saved has none
    /// yet.
    pub signature_is_valid: bool,
}

impl Rule {
    /// The rule, with the secrets that were just made.
    pub fn of(rule: domain::rule::Rule, secrets: BTreeMap<String, Secret>) -> Self {
        let domain::rule::Rule { id, workspace_id, settings, revision, created_at, updated_at, .. } = rule;
        Self { id, workspace_id, settings, secrets, revision, created_at, updated_at }
    }
}

impl From<firing::Firing> for Firing {
    fn from(firing: firing::Firing) -> Self {
        let firing::Firing { event, event_type, steps } = firing;
        let steps = steps.into_iter().map(StepFiring::from).collect();
        Self { event_id: event, event_type, accepted_at: event.time(), steps }
    }
}

impl From<firing::StepFiring> for StepFiring {
    fn from(step: firing::StepFiring) -> Self {
        let firing::StepFiring { step, result, reason, endpoint, delivery } = step;
        Self { step, result, reason, endpoint_id: endpoint, delivery_id: delivery }
    }
}

impl StepStatistics {
    /// The statistics of one step.
    pub fn of(step: String, statistics: firing::StepStatistics) -> Self {
        let firing::StepStatistics { fired, would_have_fired, not_fired } = statistics;
        Self { step, fired, would_have_fired, not_fired: not_fired.into_iter().collect() }
    }
}
