//! How does the API explain why an endpoint got an event, or why not? The shapes of `/v1/events/{event}/explain`.

use domain::endpoint::explanation::{Rule, Verdict as DomainVerdict};
use domain::endpoint::purpose::RuleStep;
use domain::event::channel::Channel;
use domain::event::event_type::EventType;
use domain::event::ledger::SkipReason;
use domain::id::{EndpointId, EventId, RuleId};
use domain::uid::{EndpointIdOrUid, WorkspaceIdOrUid};
use payload::filter::{Finding, Reason};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::deliveries::Delivery;

/// The parameters of an explanation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams), into_params(parameter_in = Query))]
#[serde(deny_unknown_fields)]
pub struct ExplainQuery {
    /// The endpoint.
    pub endpoint_id: EndpointIdOrUid,
    /// The workspace. Required with a key for all workspaces.
    pub workspace_id: Option<WorkspaceIdOrUid>,
}

/// Why an endpoint got an event, or why not: the rules of the endpoint as it is now, and what was recorded when the event
/// was accepted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(examples(json!({
    "event_id": "evt_01M7Z294KETHNPJB3QG0VDG1JA", "endpoint_id": "we_01M7Z2902B976DQF8TPFF6EEZ2",
    "event_type": "invoice.paid", "channels": [], "passes": false,
    "rules": [
        { "rule": "event_type", "passed": true, "tried": ["order.*", "invoice.*"], "matched": "invoice.*",
          "conditions": [] },
        { "rule": "channels", "passed": true, "tried": [], "matched": null, "conditions": [] },
        { "rule": "active", "passed": true, "tried": [], "matched": null, "conditions": [] },
        { "rule": "filter", "passed": false, "tried": [], "matched": null, "conditions": [
            { "pointer": "", "held": false, "found": [4200], "reason": "out_of_range" } ] },
        { "rule": "parked", "passed": true, "tried": [], "matched": null, "conditions": [] },
    ],
    "forwarded_by": [],
    "recorded": { "status": "skipped", "reason": "type_not_subscribed" }, "changed_since": true, "delivery": null,
}))))]
pub struct Explanation {
    /// The event.
    pub event_id: EventId,
    /// The endpoint.
    pub endpoint_id: EndpointId,
    /// The type of the event.
    pub event_type: EventType,
    /// The channels of the event.
    pub channels: Vec<Channel>,
    /// Whether the event passes every rule of now; `null` if the endpoint was deleted, and for a test event.
    pub passes: Option<bool>,
    /// The rules of now, in the order in which they are asked. None decides on a test event, and none is left of a deleted
    /// endpoint.
    pub rules: Vec<Verdict>,
    /// The steps of rules that deliver the event to the endpoint, whatever it subscribes to.
    pub forwarded_by: Vec<ForwardingStep>,
    /// What the ledger recorded of the endpoint when the event was accepted; `null` if nothing: the endpoint did not exist,
    /// or the event is an operational or a test event for others.
    pub recorded: Option<Recorded>,
    /// Whether the endpoint was changed or deleted since the event was accepted (or up to 5 s before, which is how long a
    /// change may take): then the rules of now may not be those that decided.
    pub changed_since: bool,
    /// The delivery of the event to the endpoint; `null` if the endpoint was skipped.
    pub delivery: Option<Delivery>,
}

/// What a rule says of an event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = RuleVerdict))]
pub struct Verdict {
    /// The rule.
    pub rule: Rule,
    /// Whether the event passes.
    pub passed: bool,
    /// The event types and families, or channels, that the endpoint lists; empty if it does not limit them.
    #[cfg_attr(feature = "openapi", schema(examples(json!(["invoice.*"]))))]
    pub tried: Vec<String>,
    /// The first of them that matched; `null` if none did.
    #[cfg_attr(feature = "openapi", schema(examples("invoice.*")))]
    pub matched: Option<String>,
    /// What each condition of the filter says of the event; empty for the other rules.
    pub conditions: Vec<Condition>,
}

/// What a condition of a filter says of an event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = FilterCondition))]
pub struct Condition {
    /// The JSON pointer to the condition in the endpoint's filter.
    #[cfg_attr(feature = "openapi", schema(examples("/$and/1")))]
    pub pointer: String,
    /// Whether the condition holds.
    pub held: bool,
    /// The values that stand in the event where the condition looks, at most five.
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<Value>))]
    pub found: Vec<Value>,
    /// Why it does not hold, or why it holds although nothing was found; `null` if the values found make it hold.
    pub reason: Option<ConditionReason>,
}

/// Why a condition does not hold: there is no such member (`missing`); the values are of another type than the condition
/// compares (`wrong_type`), others (`different`), not in the list (`not_in_list`), or not in the range (`out_of_range`);
/// none has the text (`text_absent`); or there is such a member or value, and there should not be (`present`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ConditionReason {
    /// There is no such member.
    Missing,
    /// The values are of another type than the condition compares.
    WrongType,
    /// The values are others.
    Different,
    /// No value is in the list.
    NotInList,
    /// No value is in the range.
    OutOfRange,
    /// No value has the text.
    TextAbsent,
    /// There is such a member, or such a value.
    Present,
}

/// A step of a rule that delivers to an endpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ForwardingStep {
    /// The rule.
    pub rule_id: RuleId,
    /// The step's id in the rule.
    #[cfg_attr(feature = "openapi", schema(examples("a1")))]
    pub step: String,
}

/// What the ledger recorded of an endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Recorded {
    /// Whether the endpoint got a delivery.
    pub status: RecordedStatus,
    /// Why it was skipped; `null` if it got a delivery.
    pub reason: Option<SkipReason>,
}

/// Whether an endpoint got a delivery (`delivery`) or none (`skipped`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum RecordedStatus {
    /// The endpoint got a delivery.
    Delivery,
    /// The endpoint got none.
    Skipped,
}

impl From<DomainVerdict> for Verdict {
    fn from(verdict: DomainVerdict) -> Self {
        let DomainVerdict { rule, passed, tried, matched, conditions } = verdict;
        let conditions = conditions.into_iter().map(Condition::from).collect();
        Self { rule, passed, tried, matched, conditions }
    }
}

impl From<Finding> for Condition {
    fn from(finding: Finding) -> Self {
        let Finding { pointer, held, found, reason } = finding;
        Self { pointer, held, found, reason: reason.map(ConditionReason::from) }
    }
}

impl From<Reason> for ConditionReason {
    fn from(reason: Reason) -> Self {
        match reason {
            Reason::Missing => Self::Missing,
            Reason::WrongType => Self::WrongType,
            Reason::Different => Self::Different,
            Reason::NotInList => Self::NotInList,
            Reason::OutOfRange => Self::OutOfRange,
            Reason::TextAbsent => Self::TextAbsent,
            Reason::Present => Self::Present,
        }
    }
}

impl From<RuleStep> for ForwardingStep {
    fn from(step: RuleStep) -> Self {
        Self { rule_id: step.rule, step: step.step }
    }
}

impl From<Option<SkipReason>> for Recorded {
    fn from(reason: Option<SkipReason>) -> Self {
        let status = reason.map_or(RecordedStatus::Delivery, |_| RecordedStatus::Skipped);
        Self { status, reason }
    }
}
