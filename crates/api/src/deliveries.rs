//! What does the API show of a delivery? The shapes of `…/deliveries` and `/v1/undelivered`.

use domain::delivery::attempt::{Attempt as DomainAttempt, SentRequest, Trigger};
use domain::delivery::{CancelReason, Delivery as DomainDelivery, DeliveryStatus};
use domain::event::event_type::EventType;
use domain::event::ledger::SkipReason;
use domain::id::{DeliveryId, EndpointId, EventId, ReplayId, WorkspaceId};
use domain::policy::outcome::{Answer, ErrorClass, Outcome};
use domain::timestamp::Timestamp;
use serde::{Deserialize, Serialize};

use crate::events::EventTypes;
use crate::page::Limit;

/// Which deliveries of an endpoint are listed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeliveryQuery {
    /// Only those with this status.
    pub status: Option<DeliveryStatus>,
    /// Only those of these event types.
    #[serde(default)]
    pub event_type: EventTypes,
    /// Only that of this event.
    pub event_id: Option<EventId>,
    /// Only of events accepted from then on.
    pub since: Option<Timestamp>,
    /// Only of events accepted before then.
    pub until: Option<Timestamp>,
    /// Most rows, 1 to 250; 20 if left out.
    pub limit: Option<Limit>,
    /// Those older than this one: the last of the page before.
    pub before: Option<DeliveryId>,
}

/// Which undelivered deliveries of a workspace are listed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UndeliveredFilter {
    /// Required with a key that opens all workspaces.
    pub workspace_id: Option<WorkspaceId>,
    /// Only those of this endpoint.
    pub endpoint_id: Option<EndpointId>,
    /// `failed` or `parked`; both if left out.
    pub status: Option<DeliveryStatus>,
}

/// One event on its way to one endpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    /// `wd_` and a ULID; follows from endpoint and event.
    pub id: DeliveryId,
    /// Where it goes.
    pub endpoint_id: EndpointId,
    /// What it carries.
    pub event_id: EventId,
    /// The type of what it carries.
    pub event_type: EventType,
    /// Where it stands.
    pub status: DeliveryStatus,
    /// Attempts made so far.
    pub attempts: u32,
    /// HTTP status of the last answer; `null` if there was none.
    pub response_status: Option<u16>,
    /// Why the last attempt failed.
    pub last_error: Option<ErrorClass>,
    /// Why it was cancelled.
    pub cancel_reason: Option<CancelReason>,
    /// What made Posthorn send it.
    pub trigger: Trigger,
    /// The replay that sent it last.
    pub replay_id: Option<ReplayId>,
    /// When its event was accepted.
    pub created_at: Timestamp,
    /// When it is attempted next.
    pub next_attempt_at: Option<Timestamp>,
    /// When it was answered with success.
    pub delivered_at: Option<Timestamp>,
}

/// A delivery with all its attempts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeliveryDetail {
    /// What lists show, too.
    #[serde(flatten)]
    pub delivery: Delivery,
    /// Its attempts, oldest first.
    pub attempt_log: Vec<Attempt>,
}

/// One HTTP request made for a delivery.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// From 1.
    pub number: u32,
    /// What made Posthorn send it.
    pub trigger: Trigger,
    /// When it began.
    pub started_at: Timestamp,
    /// How long it took.
    pub duration_ms: u64,
    /// Why it failed; `null` if it did not.
    pub error: Option<ErrorClass>,
    /// What was sent.
    pub request: SentRequest,
    /// What the endpoint answered; `null` if nothing.
    pub response: Option<Response>,
}

/// What an endpoint answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Response {
    /// HTTP status.
    pub status: u16,
    /// Name and value of each header that was kept.
    pub headers: Vec<(String, String)>,
    /// The beginning of the body; bytes that are not UTF-8 are replaced.
    pub body: String,
    /// Whether there was more of it.
    pub body_truncated: bool,
}

/// An event at one endpoint: its delivery, or the reason why the endpoint was skipped.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum LedgerRow {
    /// It is delivered.
    Delivery(Delivery),
    /// It is not.
    Skipped(Skipped),
}

/// An endpoint that got no delivery of an event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Skipped {
    /// The endpoint.
    pub endpoint_id: EndpointId,
    /// Always `skipped`.
    pub status: SkippedStatus,
    /// Why.
    pub reason: SkipReason,
}

/// The status of what was skipped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SkippedStatus {
    /// The endpoint got no delivery.
    Skipped,
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
            cancel_reason: delivery.cancel_reason,
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
        Self { delivery: delivery.into(), attempt_log: attempts.into_iter().map(Attempt::from).collect() }
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
            duration_ms: u64::try_from(attempt.duration.as_millis()).unwrap_or(u64::MAX),
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
