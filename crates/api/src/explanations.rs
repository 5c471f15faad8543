//! How does the API explain why an endpoint got an event, or why not? The shapes of `/v1/events/{event}/explain`.

use domain::endpoint::explanation::{Rule, Verdict as DomainVerdict};
use domain::event::channel::Channel;
use domain::event::event_type::EventType;
use domain::event::ledger::SkipReason;
use domain::id::{EndpointId, EventId};
use domain::uid::{EndpointIdOrUid, WorkspaceIdOrUid};
use serde::{Deserialize, Serialize};

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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(examples(json!({
    "event_id": "evt_01M7Z294KETHNPJB3QG0VDG1JA", "endpoint_id": "we_01M7Z2902B976DQF8TPFF6EEZ2",
    "event_type": "invoice.paid", "channels": [], "passes": true,
    "rules": [
        { "rule": "active", "passed": true, "tried": [], "matched": null },
        { "rule": "event_type", "passed": true, "tried": ["order.*", "invoice.*"], "matched": "invoice.*" },
        { "rule": "channels", "passed": true, "tried": [], "matched": null },
        { "rule": "parked", "passed": true, "tried": [], "matched": null },
    ],
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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
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
        let DomainVerdict { rule, passed, tried, matched } = verdict;
        Self { rule, passed, tried, matched }
    }
}

impl From<Option<SkipReason>> for Recorded {
    fn from(reason: Option<SkipReason>) -> Self {
        let status = reason.map_or(RecordedStatus::Delivery, |_| RecordedStatus::Skipped);
        Self { status, reason }
    }
}
