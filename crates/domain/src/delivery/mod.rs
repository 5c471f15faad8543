//! What is a delivery, and which states does it go through?
//! The state machine of one event on its way to one endpoint; [`decision`] decides where an attempt takes it.

pub mod attempt;
pub mod decision;
pub mod render;
pub mod replay;
pub mod statistics;

use serde::{Deserialize, Serialize};

use crate::delivery::attempt::{Attempt, Trigger};
use crate::delivery::decision::Decision;
use crate::endpoint::Endpoint;
use crate::event::event_type::EventType;
use crate::id::{DeliveryId, EndpointId, EventId, ReplayId, WorkspaceId};
use crate::policy::outcome::ErrorClass;
use crate::timestamp::Timestamp;

/// Where a delivery stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryStatus {
    /// Not yet attempted, or not since it was replayed. As long as it never waited for its slot, was parked or was
    /// attempted it has no row: only the event's ledger tells of it.
    Pending,
    /// Failed, and waiting to be tried again.
    Retrying,
    /// Answered with what counts as success.
    Delivered,
    /// Given up: the schedule ran out, trying again would not help, or the endpoint is gone.
    Failed,
    /// Set aside while the endpoint's circuit is open, it is switched off for failing, or its limits are used up.
    Parked,
    /// Not attempted (again): its endpoint was switched off or deleted, or its event has expired or was erased.
    Cancelled,
}

impl DeliveryStatus {
    /// Whether nothing more will happen by itself.
    pub fn is_settled(self) -> bool {
        matches!(self, Self::Delivered | Self::Failed | Self::Cancelled)
    }
}

/// Why a delivery was not attempted (again).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CancelReason {
    /// The endpoint was switched off.
    EndpointDisabled,
    /// The endpoint was deleted.
    EndpointDeleted,
    /// The event's row has expired, so there is nothing to send.
    EventExpired,
    /// The event's payload was erased.
    EventErased,
}

/// One event on its way to one endpoint, as its row says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// Its id, derived from event and endpoint.
    pub id: DeliveryId,
    /// The tenant it belongs to.
    pub workspace_id: WorkspaceId,
    /// Where it goes.
    pub endpoint_id: EndpointId,
    /// What it carries.
    pub event_id: EventId,
    /// The type of what it carries.
    pub event_type: EventType,
    /// When what it carries happened.
    pub occurred_at: Timestamp,
    /// Where it stands.
    pub status: DeliveryStatus,
    /// Attempts made so far.
    pub attempts: u32,
    /// Status of the last answer, if there was one.
    pub response_status: Option<u16>,
    /// Why the last attempt failed.
    pub last_error: Option<ErrorClass>,
    /// Why it was not attempted (again).
    pub cancel_reason: Option<CancelReason>,
    /// When it will be tried again.
    pub next_attempt_at: Option<Timestamp>,
    /// When it was answered with 2xx.
    pub delivered_at: Option<Timestamp>,
    /// When its row last changed.
    pub updated_at: Timestamp,
    /// The slot it was given when its endpoint's rate made it wait.
    pub slot_at: Option<Timestamp>,
    /// What made Posthorn send it.
    pub trigger: Trigger,
    /// The replay it was last sent by; `None` if it was not.
    pub run: Option<ReplayId>,
    /// Attempts that do not count for its schedule: those before that replay, and those that only probed its endpoint.
    pub attempts_before_run: u32,
}

impl Delivery {
    /// A delivery of which nothing has happened yet.
    pub fn new(
        workspace_id: WorkspaceId,
        endpoint_id: EndpointId,
        event_id: EventId,
        event_type: EventType,
        occurred_at: Timestamp,
    ) -> Self {
        let id = DeliveryId::of(event_id, endpoint_id);
        Self {
            id,
            workspace_id,
            endpoint_id,
            event_id,
            event_type,
            occurred_at,
            status: DeliveryStatus::Pending,
            attempts: 0,
            response_status: None,
            last_error: None,
            cancel_reason: None,
            next_attempt_at: None,
            delivered_at: None,
            updated_at: id.time(),
            slot_at: None,
            trigger: Trigger::Automatic,
            run: None,
            attempts_before_run: 0,
        }
    }

    /// The delivery as replay `run` begins to send it again.
    #[must_use]
    pub fn replayed(mut self, run: ReplayId) -> Self {
        self.run = Some(run);
        self.attempts_before_run = self.attempts;
        self.trigger = Trigger::Replay;
        self.status = DeliveryStatus::Pending;
        self.cancel_reason = None;
        self.next_attempt_at = None;
        self.slot_at = None;
        self
    }

    /// Attempts that count for its schedule.
    pub fn attempts_in_run(&self) -> u32 {
        self.attempts.saturating_sub(self.attempts_before_run)
    }

    /// The number of its next attempt in its schedule, from 1.
    pub fn next_in_schedule(&self) -> u32 {
        self.attempts_in_run() + 1
    }

    /// The delivery after `attempt`, with what was decided.
    #[must_use]
    pub fn settled(mut self, attempt: &Attempt, decision: Decision) -> Self {
        let ended = attempt.ended_at();
        self.attempts = attempt.number;
        self.attempts_before_run += u32::from(!decision.counts_for_schedule());
        self.response_status = attempt.response_status();
        self.last_error = attempt.error;
        self.next_attempt_at = None;
        self.slot_at = None;
        self.updated_at = ended;
        self.status = match decision {
            Decision::Delivered => {
                self.delivered_at = Some(ended);
                DeliveryStatus::Delivered
            }
            Decision::RetryIn(delay) => {
                self.next_attempt_at = Some(ended.plus(delay));
                DeliveryStatus::Retrying
            }
            Decision::Park { .. } => DeliveryStatus::Parked,
            Decision::Exhausted | Decision::Permanent | Decision::Gone => DeliveryStatus::Failed,
        };
        self
    }

    /// The delivery told at `now` to wait for its slot.
    #[must_use]
    pub fn waiting_for(mut self, slot: Timestamp, now: Timestamp) -> Self {
        self.slot_at = Some(slot);
        self.next_attempt_at = Some(slot);
        self.updated_at = now;
        self
    }

    /// The parked delivery taken up again at `now`.
    #[must_use]
    pub fn taken_up(mut self, now: Timestamp) -> Self {
        self.updated_at = now;
        self.status = match self.attempts_in_run() {
            0 => DeliveryStatus::Pending,
            _ => DeliveryStatus::Retrying,
        };
        self
    }

    /// The delivery set aside at `now` without another attempt.
    #[must_use]
    pub fn parked(mut self, now: Timestamp) -> Self {
        self.status = DeliveryStatus::Parked;
        self.next_attempt_at = None;
        self.slot_at = None;
        self.updated_at = now;
        self
    }

    /// The delivery given up at `now` without another attempt.
    #[must_use]
    pub fn cancelled(mut self, reason: CancelReason, now: Timestamp) -> Self {
        self.status = DeliveryStatus::Cancelled;
        self.cancel_reason = Some(reason);
        self.next_attempt_at = None;
        self.updated_at = now;
        self
    }
}

/// Why a job for `endpoint` must not be attempted; `None` if it may.
pub fn cancel_reason(endpoint: Option<&Endpoint>) -> Option<CancelReason> {
    match endpoint {
        None => Some(CancelReason::EndpointDeleted),
        Some(endpoint) if !endpoint.settings.active => Some(CancelReason::EndpointDisabled),
        Some(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    use crate::delivery::attempt::SentRequest;
    use crate::policy::outcome::{Answer, Outcome};

    fn now() -> Timestamp {
        Timestamp::parse("2026-01-05T09:30:00Z").unwrap()
    }

    fn attempt(number: u32, status: u16) -> Attempt {
        let answer = Answer { status, headers: Vec::new(), body: Vec::new(), body_truncated: false };
        Attempt {
            number,
            trigger: Trigger::Automatic,
            started_at: now(),
            duration: Duration::from_millis(20),
            sent: SentRequest::default(),
            outcome: Outcome::Answered(answer),
            error: (status >= 300).then_some(ErrorClass::HttpStatus),
        }
    }

    fn delivery() -> Delivery {
        let at = now();
        Delivery::new(
            WorkspaceId::new(at, 1),
            EndpointId::new(at, 2),
            EventId::new(at, 3),
            EventType::parse("invoice.paid").unwrap(),
            at,
        )
    }

    #[test]
    fn an_answer_settles_the_row_and_forgets_the_next_attempt() {
        let waiting = delivery().settled(&attempt(1, 500), Decision::RetryIn(Duration::from_secs(5)));
        assert_eq!(waiting.status, DeliveryStatus::Retrying);
        assert_eq!(waiting.next_attempt_at, Some(now().plus(Duration::from_millis(5_020))));
        let done = waiting.settled(&attempt(2, 204), Decision::Delivered);
        assert_eq!((done.status, done.attempts, done.last_error), (DeliveryStatus::Delivered, 2, None));
        assert_eq!(
            (done.next_attempt_at, done.delivered_at),
            (None, Some(now().plus(Duration::from_millis(20))))
        );
    }
}
