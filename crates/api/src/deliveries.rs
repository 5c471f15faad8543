//! What does the API show of a delivery? The shapes of `…/deliveries` and `/v1/undelivered`.

use std::time::Duration;

use domain::delivery::attempt::{Attempt as DomainAttempt, SentRequest, Trigger};
use domain::delivery::{CancelReason, Delivery as DomainDelivery, DeliveryStatus, ParkReason, Parking};
use domain::event::event_type::EventType;
use domain::event::ledger::SkipReason;
use domain::id::{DeliveryId, EndpointId, EventId, ReplayId};
use domain::policy::outcome::{Answer, ErrorClass, Outcome};
use domain::timestamp::Timestamp;
use domain::uid::{EndpointIdOrUid, EventIdOrUid, WorkspaceIdOrUid};
use serde::{Deserialize, Serialize};

use crate::comma_list::comma_list;
use crate::events::EventTypes;
use crate::page::Limit;

comma_list! {
    /// Statuses of deliveries, separated by commas.
    DeliveryStatuses of DeliveryStatus, written by |status| status.as_str().to_owned()
}

/// The parameters of a list of an endpoint's deliveries.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams), into_params(parameter_in = Query))]
#[serde(deny_unknown_fields)]
pub struct DeliveryQuery {
    /// The workspace of the endpoint. Required with a key for all workspaces that names the endpoint by its uid.
    pub workspace_id: Option<WorkspaceIdOrUid>,
    /// Only deliveries with one of these statuses, separated by commas.
    #[serde(default)]
    pub status: DeliveryStatuses,
    /// Only deliveries of these event types and families, separated by commas.
    #[serde(default)]
    pub event_type: EventTypes,
    /// Only the delivery of this event.
    pub event_id: Option<EventIdOrUid>,
    /// Only deliveries of events accepted at this time or later.
    pub since: Option<Timestamp>,
    /// Only deliveries of events accepted before this time.
    pub until: Option<Timestamp>,
    /// The most rows of the page, 1 to 250; 20 if left out.
    pub limit: Option<Limit>,
    /// Only deliveries older than this one: the last id of the page before.
    pub before: Option<DeliveryId>,
    /// Only deliveries newer than this one, of which the page has the oldest: the first id of the page after. Cannot be
    /// combined with `before`.
    pub after: Option<DeliveryId>,
}

/// The parameters of a list of a workspace's undelivered deliveries.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams), into_params(parameter_in = Query))]
#[serde(deny_unknown_fields)]
pub struct UndeliveredFilter {
    /// The workspace. Required with a key for all workspaces.
    pub workspace_id: Option<WorkspaceIdOrUid>,
    /// Only deliveries to this endpoint.
    pub endpoint_id: Option<EndpointIdOrUid>,
    /// `failed` or `parked`; both if left out.
    #[cfg_attr(feature = "openapi", param(value_type = Option<crate::openapi::UndeliveredStatus>))]
    pub status: Option<DeliveryStatus>,
}

/// A delivery: one event on its way to one endpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(examples(json!({
    "id": "wd_01M7Z294KEZCHAZHKHD9R5A5SD", "endpoint_id": "we_01M7Z2902B976DQF8TPFF6EEZ2",
    "event_id": "evt_01M7Z294KETHNPJB3QG0VDG1JA", "event_type": "invoice.paid", "status": "delivered", "attempts": 1,
    "response_status": 200, "last_error": null, "duration_ms": 7, "cancel_reason": null, "parked_at": null, "parked_reason": null, "trigger": "automatic", "replay_id": null,
    "created_at": "2026-11-21T12:46:12.092Z", "next_attempt_at": null, "delivered_at": "2026-11-21T12:46:12.100Z",
}))))]
pub struct Delivery {
    /// The id of the delivery. It follows from the event and the endpoint.
    pub id: DeliveryId,
    /// The endpoint that the event is delivered to.
    pub endpoint_id: EndpointId,
    /// The event that is delivered.
    pub event_id: EventId,
    /// The type of the event.
    pub event_type: EventType,
    /// The status of the delivery.
    pub status: DeliveryStatus,
    /// The number of attempts made so far.
    #[cfg_attr(feature = "openapi", schema(examples(1)))]
    pub attempts: u32,
    /// The HTTP status of the endpoint's last answer; `null` if there was none.
    #[cfg_attr(feature = "openapi", schema(examples(200)))]
    pub response_status: Option<u16>,
    /// The error class of the last attempt; `null` if it succeeded.
    pub last_error: Option<ErrorClass>,
    /// The duration of the last attempt, in milliseconds; `null` before the first, or if an older version of Posthorn made
    /// it.
    #[cfg_attr(feature = "openapi", schema(examples(7)))]
    pub duration_ms: Option<u64>,
    /// Why the delivery was cancelled; `null` if it was not.
    pub cancel_reason: Option<CancelReason>,
    /// Since when the delivery is parked; `null` if it is not.
    pub parked_at: Option<Timestamp>,
    /// Why the delivery is parked; `null` if it is not, or if an older version of Posthorn parked it.
    pub parked_reason: Option<ParkReason>,
    /// The cause of the delivery.
    pub trigger: Trigger,
    /// The replay that sent the delivery last; `null` if none did.
    pub replay_id: Option<ReplayId>,
    /// When the event was accepted.
    pub created_at: Timestamp,
    /// When the next attempt is due; `null` if none is planned.
    pub next_attempt_at: Option<Timestamp>,
    /// When the delivery succeeded; `null` if it has not.
    pub delivered_at: Option<Timestamp>,
}

/// A delivery with all its attempts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DeliveryDetail {
    /// The members that lists show.
    #[serde(flatten)]
    pub delivery: Delivery,
    /// The last time that the delivery was parked and is no more; `null` if it never was.
    pub was_parked: Option<Parking>,
    /// The attempts, oldest first.
    pub attempt_log: Vec<Attempt>,
}

/// An attempt: one HTTP request made for a delivery.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(examples(json!({
    "number": 1, "trigger": "automatic", "started_at": "2026-11-21T12:46:12.093Z", "duration_ms": 7, "error": null,
    "request": {
        "headers": [["content-type", "application/json"], ["X-Team", "[redacted]"]], "body_bytes": 120,
        "body_sha256": "25800ec70f87ac7a0830481faf6b7ddb3344164dcfc151db52ef74fe0865a2c1",
    },
    "response": { "status": 200, "headers": [["content-length", "2"]], "body": "ok", "body_truncated": false },
}))))]
pub struct Attempt {
    /// The number of the attempt, from 1; it is counted on over replays.
    #[cfg_attr(feature = "openapi", schema(minimum = 1, examples(1)))]
    pub number: u32,
    /// The cause of the attempt.
    pub trigger: Trigger,
    /// When the attempt began.
    pub started_at: Timestamp,
    /// The duration of the attempt, in milliseconds.
    #[cfg_attr(feature = "openapi", schema(examples(12)))]
    pub duration_ms: u64,
    /// The error class; `null` for a success.
    pub error: Option<ErrorClass>,
    /// The request that was sent.
    pub request: SentRequest,
    /// The endpoint's answer; `null` if none came.
    pub response: Option<Response>,
}

/// An endpoint's answer to an attempt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(examples(json!({
    "status": 200, "headers": [["content-length", "2"]], "body": "ok", "body_truncated": false,
}))))]
pub struct Response {
    /// The HTTP status.
    #[cfg_attr(feature = "openapi", schema(examples(200)))]
    pub status: u16,
    /// Name and value of each header; at most 64 headers of together 8,192 bytes are kept.
    pub headers: Vec<(String, String)>,
    /// The body's first 4,096 bytes; bytes that are not UTF-8 are replaced.
    #[cfg_attr(feature = "openapi", schema(examples("ok")))]
    pub body: String,
    /// Whether the body was longer.
    #[cfg_attr(feature = "openapi", schema(examples(false)))]
    pub body_truncated: bool,
}

/// An event at one endpoint: its delivery, or the reason why the endpoint was skipped.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(untagged)]
pub enum LedgerRow {
    /// The endpoint gets the event.
    Delivery(Delivery),
    /// The endpoint was skipped.
    Skipped(Skipped),
}

/// An endpoint that got no delivery of an event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Skipped {
    /// The endpoint that was skipped.
    pub endpoint_id: EndpointId,
    /// Always `skipped`.
    pub status: SkippedStatus,
    /// Why the endpoint was skipped.
    pub reason: SkipReason,
}

/// The status of a skipped endpoint: always `skipped`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum SkippedStatus {
    /// The endpoint got no delivery.
    Skipped,
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

impl From<DomainDelivery> for Delivery {
    fn from(delivery: DomainDelivery) -> Self {
        Self {
            id: delivery.id,
            endpoint_id: delivery.endpoint_id,
            event_id: delivery.event_id,
            event_type: delivery.event_type,
            status: delivery.status,
            attempts: delivery.attempts,
            response_status: delivery.response_status,
            last_error: delivery.last_error,
            duration_ms: delivery.last_duration.map(milliseconds),
            cancel_reason: delivery.cancel_reason,
            parked_at: delivery.parked_at,
            parked_reason: delivery.parked_reason,
            trigger: delivery.trigger,
            replay_id: delivery.run,
            created_at: delivery.id.time(),
            next_attempt_at: delivery.next_attempt_at,
            delivered_at: delivery.delivered_at,
        }
    }
}

impl DeliveryDetail {
    /// The delivery with these attempts.
    pub fn of(delivery: DomainDelivery, attempts: impl IntoIterator<Item = DomainAttempt>) -> Self {
        let was_parked = delivery.was_parked;
        Self {
            delivery: delivery.into(),
            was_parked,
            attempt_log: attempts.into_iter().map(Attempt::from).collect(),
        }
    }
}

impl From<DomainAttempt> for Attempt {
    fn from(attempt: DomainAttempt) -> Self {
        let response = match attempt.outcome {
            Outcome::Unreachable(_) => None,
            Outcome::Answered(answer) => Some(Response::from(answer)),
        };
        Self {
            number: attempt.number,
            trigger: attempt.trigger,
            started_at: attempt.started_at,
            duration_ms: milliseconds(attempt.duration),
            error: attempt.error,
            request: attempt.sent,
            response,
        }
    }
}

impl From<Answer> for Response {
    fn from(answer: Answer) -> Self {
        Self {
            status: answer.status,
            headers: answer.headers,
            body: String::from_utf8_lossy(&answer.body).into_owned(),
            body_truncated: answer.body_truncated,
        }
    }
}

impl LedgerRow {
    /// The endpoint got no delivery for this reason.
    pub fn skipped(endpoint_id: EndpointId, reason: SkipReason) -> Self {
        Self::Skipped(Skipped { endpoint_id, status: SkippedStatus::Skipped, reason })
    }
}
