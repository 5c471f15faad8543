//! What is a delivery, and which states does it go through?
//! The state machine of one event on its way to one endpoint; [`decision`] decides where an attempt takes it.

pub mod alert;
pub mod attempt;
pub mod decision;
pub mod render;
pub mod replay;
pub mod statistics;
pub mod templated;

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::delivery::attempt::{Attempt, Trigger};
use crate::delivery::decision::Decision;
use crate::endpoint::Endpoint;
use crate::event::event_type::EventType;
use crate::id::{DeliveryId, EndpointId, EventId, ReplayId, WorkspaceId};
use crate::policy::outcome::ErrorClass;
use crate::timestamp::Timestamp;

/// A delivery that waits longer than this for its retry is listed, so that a drain finds it when its endpoint has
/// recovered. A shorter wait is over before a drain would come to it, and listing it would cost two write units for
/// nothing.
pub const LONG_WAIT: Duration = Duration::from_secs(60);

/// A retry that is due sooner than this is not brought forward. The job that waits for it may be received a second early
/// and by a process whose clock differs: it must not be under way when another job claims the delivery.
pub const LEFT_TO_WAIT: Duration = Duration::from_secs(10);

/// The status of a delivery: `pending` (not attempted yet, or replayed and waiting), `retrying` (failed, and waiting for
/// its next attempt), `parked` (set aside while its endpoint is failing or at its limits), `delivered`, `failed` (given
/// up) or `cancelled`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum DeliveryStatus {
    /// Waiting for its first attempt, or the first since a replay. It has no row until it has waited for a slot or for
    /// its endpoint's delay, been parked or been attempted; until then only the event's ledger lists it.
    Pending,
    /// Failed, and waiting to be tried again.
    Retrying,
    /// Answered with what counts as success.
    Delivered,
    /// Given up: the schedule ran out, trying again would not help, or the endpoint is gone.
    Failed,
    /// Kept for later while the endpoint's circuit is open, it is switched off for failing, or its limits are used up.
    Parked,
    /// Not attempted (again): its endpoint was switched off or deleted, or its event has expired or was erased.
    Cancelled,
}

impl DeliveryStatus {
    /// The stable word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Retrying => "retrying",
            Self::Delivered => "delivered",
            Self::Failed => "failed",
            Self::Parked => "parked",
            Self::Cancelled => "cancelled",
        }
    }

    /// Whether nothing more will happen by itself.
    pub fn is_settled(self) -> bool {
        matches!(self, Self::Delivered | Self::Failed | Self::Cancelled)
    }
}

/// Why a delivery was not attempted (again): its endpoint was switched off or deleted, or its event has expired or was
/// erased.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
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

impl CancelReason {
    /// The stable word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::EndpointDisabled => "endpoint_disabled",
            Self::EndpointDeleted => "endpoint_deleted",
            Self::EventExpired => "event_expired",
            Self::EventErased => "event_erased",
        }
    }
}

/// Why a delivery is parked: its endpoint fails (`endpoint_failing`) or is switched off for failing
/// (`endpoint_disabled`), or the endpoint's `rate_limit` or `max_concurrency` is used up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ParkReason {
    /// The endpoint's circuit is open, or it has failed too often in a row for another delivery to wait for a retry.
    EndpointFailing,
    /// The endpoint is switched off for failing.
    EndpointDisabled,
    /// The endpoint's rate limit has no slot within reach.
    RateLimit,
    /// The endpoint's concurrency limit has no lease.
    MaxConcurrency,
}

/// A time that a delivery was parked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Parking {
    /// Since when.
    pub from: Timestamp,
    /// Until it was attempted, sent again by hand, or cancelled.
    pub until: Timestamp,
    /// Why.
    pub reason: ParkReason,
}

/// A delivery that is overdue by so much is lost: nothing will attempt it any more.
pub const LOST_AFTER: Duration = Duration::from_secs(600);

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
    /// How long the last attempt took; `None` before the first, and in rows of versions that did not note it.
    pub last_duration: Option<Duration>,
    /// Why it was not attempted (again).
    pub cancel_reason: Option<CancelReason>,
    /// When it will be tried again.
    pub next_attempt_at: Option<Timestamp>,
    /// When it was answered with what counts as success.
    pub delivered_at: Option<Timestamp>,
    /// When it was parked, if it is. The job that attempts it must claim it as parked then.
    pub parked_at: Option<Timestamp>,
    /// Why it is parked; `None` if it is not, or was parked by a version that did not note it.
    pub parked_reason: Option<ParkReason>,
    /// The last time that it was parked and is no more.
    pub was_parked: Option<Parking>,
    /// When its row last changed.
    pub updated_at: Timestamp,
    /// The slot it was given when its endpoint's rate made it wait.
    pub slot_at: Option<Timestamp>,
    /// What made Posthorn send it.
    pub trigger: Trigger,
    /// Whether its event is a test: its caller has seen what became of it, so it is never undelivered.
    pub is_test: bool,
    /// The replay it was last sent by; `None` if it was not.
    pub run: Option<ReplayId>,
    /// When the wait had begun that a drain or replay cut short; `None` if none did. Only the job with this instant may
    /// attempt it: the job that waited is superseded.
    pub woken_at: Option<Timestamp>,
    /// Attempts that do not count for its schedule: those before that replay, and those that only probed its endpoint.
    pub uncounted_attempts: u32,
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
            last_duration: None,
            cancel_reason: None,
            next_attempt_at: None,
            delivered_at: None,
            parked_at: None,
            parked_reason: None,
            was_parked: None,
            updated_at: id.time(),
            slot_at: None,
            trigger: Trigger::Automatic,
            is_test: false,
            run: None,
            woken_at: None,
            uncounted_attempts: 0,
        }
    }

    /// The delivery in `status` since `now`. What only its old status had is cleared: when it is tried again, its slot,
    /// when it was delivered or parked, and why it was parked or cancelled. Each transition then sets what its new status has.
    fn enter(self, status: DeliveryStatus, now: Timestamp) -> Self {
        let parking = self.parked_at.zip(self.parked_reason);
        let parking = parking.map(|(from, reason)| Parking { from, until: now, reason });
        Self {
            status,
            was_parked: parking.or(self.was_parked),
            cancel_reason: None,
            next_attempt_at: None,
            delivered_at: None,
            parked_at: None,
            parked_reason: None,
            slot_at: None,
            updated_at: now,
            ..self
        }
    }

    /// The delivery as replay `run` begins to send it again at `now`.
    #[must_use]
    pub fn replayed(self, run: ReplayId, now: Timestamp) -> Self {
        let uncounted_attempts = self.attempts;
        let replayed = self.enter(DeliveryStatus::Pending, now);
        Self { run: Some(run), trigger: Trigger::Replay, woken_at: None, uncounted_attempts, ..replayed }
    }

    /// Whether nothing has happened to it yet: it has no row.
    pub fn is_new(&self) -> bool {
        self.attempts == 0 && self.updated_at == self.id.time()
    }

    /// Attempts that count for its schedule.
    pub fn counted_attempts(&self) -> u32 {
        self.attempts.saturating_sub(self.uncounted_attempts)
    }

    /// Whether a job will attempt it without anybody's doing. One that should have been attempted ten minutes ago and was
    /// not is lost, and may be sent again.
    pub fn is_on_its_way(&self, now: Timestamp) -> bool {
        let waits = matches!(self.status, DeliveryStatus::Pending | DeliveryStatus::Retrying);
        let due = self.next_attempt_at.unwrap_or(self.updated_at);
        waits && now.since(due) < LOST_AFTER
    }

    /// The delivery when its last attempt turns out to have another number, because another job made one at the same
    /// time: that one was not of this schedule.
    #[must_use]
    pub fn renumbered(self, number: u32) -> Self {
        let others = number.saturating_sub(self.attempts);
        Self { attempts: number, uncounted_attempts: self.uncounted_attempts + others, ..self }
    }

    /// The number of its next attempt in its schedule, from 1.
    pub fn next_in_schedule(&self) -> u32 {
        self.counted_attempts() + 1
    }

    /// The delivery after `attempt`, with what was decided.
    #[must_use]
    pub fn settled(mut self, attempt: &Attempt, decision: Decision) -> Self {
        self.attempts = attempt.number;
        self.uncounted_attempts += u32::from(!decision.counts_for_schedule());
        self.response_status = attempt.response_status();
        self.last_error = attempt.error;
        self.last_duration = Some(attempt.duration);
        let ended = attempt.ended_at();
        match decision {
            Decision::Delivered => {
                Self { delivered_at: Some(ended), ..self.enter(DeliveryStatus::Delivered, ended) }
            }
            Decision::RetryIn(delay) => {
                let next_attempt_at = Some(ended.plus(delay));
                Self { next_attempt_at, ..self.enter(DeliveryStatus::Retrying, ended) }
            }
            Decision::Park { .. } => self.parked(ParkReason::EndpointFailing, ended),
            Decision::Exhausted | Decision::Permanent | Decision::Gone => {
                self.enter(DeliveryStatus::Failed, ended)
            }
        }
    }

    /// The delivery that from `now` on waits for its slot.
    #[must_use]
    pub fn waiting_for(self, slot: Timestamp, now: Timestamp) -> Self {
        let status = self.status;
        Self { slot_at: Some(slot), next_attempt_at: Some(slot), ..self.enter(status, now) }
    }

    /// The delivery that from `now` on waits until its endpoint's delay is over at `due`.
    #[must_use]
    pub fn delayed(self, due: Timestamp, now: Timestamp) -> Self {
        Self { next_attempt_at: Some(due), ..self.enter(DeliveryStatus::Pending, now) }
    }

    /// When its endpoint's delay is over, if a job waits for that before the first attempt.
    pub fn delayed_until(&self) -> Option<Timestamp> {
        let is_held = self.status == DeliveryStatus::Pending && self.run.is_none() && self.slot_at.is_none();
        self.next_attempt_at.filter(|_| is_held)
    }

    /// The parked delivery, claimed at `now` by the job that will attempt it.
    #[must_use]
    pub fn claimed(self, now: Timestamp) -> Self {
        match self.counted_attempts() {
            0 => self.enter(DeliveryStatus::Pending, now),
            _ => self.enter(DeliveryStatus::Retrying, now),
        }
    }

    /// Whether it waits so long for its retry that a drain must find it.
    pub fn waits_long(&self) -> bool {
        self.retry_in(self.updated_at).is_some_and(|wait| wait > LONG_WAIT)
    }

    /// Whether its retry may be brought forward at `now`: not one that is due, or nearly.
    pub fn can_be_woken(&self, now: Timestamp) -> bool {
        self.retry_in(now).is_some_and(|wait| wait > LEFT_TO_WAIT)
    }

    /// From `at` to its retry, if it waits for one.
    fn retry_in(&self, at: Timestamp) -> Option<Duration> {
        self.next_attempt_at.filter(|_| self.status == DeliveryStatus::Retrying).map(|next| next.since(at))
    }

    /// The delivery whose wait a drain cut short, claimed at `now` by the drain's job.
    #[must_use]
    pub fn woken(self, now: Timestamp) -> Self {
        let woken_at = Some(self.updated_at);
        Self { woken_at, ..self.enter(DeliveryStatus::Retrying, now) }
    }

    /// The delivery parked at `now`.
    #[must_use]
    pub fn parked(self, reason: ParkReason, now: Timestamp) -> Self {
        let parked = self.enter(DeliveryStatus::Parked, now);
        Self { parked_at: Some(now), parked_reason: Some(reason), ..parked }
    }

    /// The delivery given up at `now` without another attempt.
    #[must_use]
    pub fn cancelled(self, reason: CancelReason, now: Timestamp) -> Self {
        Self { cancel_reason: Some(reason), ..self.enter(DeliveryStatus::Cancelled, now) }
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
        assert_eq!(done.last_duration, Some(Duration::from_millis(20)));
        assert_eq!(
            (done.next_attempt_at, done.delivered_at),
            (None, Some(now().plus(Duration::from_millis(20))))
        );
    }

    /// Every state that a delivery can be in, each with everything set that it can have.
    fn every_state() -> Vec<Delivery> {
        let (later, run) = (now().plus(Duration::from_secs(1)), ReplayId::new(now(), 1));
        let after = |status, decision| delivery().settled(&attempt(1, status), decision);
        vec![
            delivery(),
            delivery().waiting_for(later, now()),
            after(204, Decision::Delivered),
            after(500, Decision::RetryIn(Duration::from_secs(5))),
            after(500, Decision::RetryIn(Duration::from_secs(5))).waiting_for(later, now()),
            after(500, Decision::Exhausted),
            after(500, Decision::Park { counts_for_schedule: false }),
            delivery().parked(ParkReason::RateLimit, now()),
            delivery().parked(ParkReason::EndpointDisabled, now()).claimed(later),
            after(500, Decision::RetryIn(Duration::from_secs(300))).woken(later),
            delivery().waiting_for(later, now()).cancelled(CancelReason::EventErased, later),
            after(204, Decision::Delivered).replayed(run, later),
        ]
    }

    /// Whether what is set belongs to the status.
    fn is_consistent(delivery: &Delivery) -> bool {
        let Delivery { status, next_attempt_at, slot_at, delivered_at, cancel_reason, .. } = delivery;
        let Delivery { parked_at, parked_reason, .. } = delivery;
        let waits = matches!(status, DeliveryStatus::Pending | DeliveryStatus::Retrying);
        (waits || (next_attempt_at.is_none() && slot_at.is_none()))
            && (*status == DeliveryStatus::Delivered) == delivered_at.is_some()
            && (*status == DeliveryStatus::Parked) == parked_at.is_some()
            && parked_at.is_some() == parked_reason.is_some()
            && (*status == DeliveryStatus::Cancelled) == cancel_reason.is_some()
    }

    #[test]
    fn whatever_happens_a_delivery_keeps_nothing_of_its_old_status() {
        let (later, run) = (now().plus(Duration::from_secs(9)), ReplayId::new(now(), 2));
        for before in every_state() {
            let after = |status, decision| before.clone().settled(&attempt(2, status), decision);
            for after in [
                after(204, Decision::Delivered),
                after(500, Decision::RetryIn(Duration::from_secs(5))),
                after(500, Decision::Exhausted),
                after(410, Decision::Gone),
                after(500, Decision::Park { counts_for_schedule: true }),
                before.clone().parked(ParkReason::MaxConcurrency, later),
                before.clone().cancelled(CancelReason::EndpointDeleted, later),
                before.clone().replayed(run, later),
            ] {
                assert!(is_consistent(&before) && is_consistent(&after), "{before:?} {after:?}");
            }
        }
    }

    #[test]
    fn a_forced_replay_that_fails_is_no_longer_delivered() {
        let delivered = delivery().settled(&attempt(1, 204), Decision::Delivered);
        let failed =
            delivered.replayed(ReplayId::new(now(), 1), now()).settled(&attempt(2, 500), Decision::Exhausted);
        assert_eq!((failed.status, failed.delivered_at), (DeliveryStatus::Failed, None));
    }

    #[test]
    fn only_a_long_wait_is_listed_and_only_one_that_is_not_nearly_over_is_cut_short() {
        let waiting =
            |seconds| delivery().settled(&attempt(1, 500), Decision::RetryIn(Duration::from_secs(seconds)));
        assert!(!waiting(60).waits_long() && waiting(61).waits_long());
        let ended = waiting(61).updated_at;
        let at = |seconds| ended.plus(Duration::from_secs(seconds));
        assert!(waiting(61).can_be_woken(at(50)) && !waiting(61).can_be_woken(at(51)));
        assert!(!waiting(61).can_be_woken(at(70)), "it is due");
        for other in [
            delivery(),
            delivery().parked(ParkReason::RateLimit, now()),
            waiting(61).cancelled(CancelReason::EventErased, now()),
        ] {
            assert!(!other.waits_long() && !other.can_be_woken(now()), "{other:?}");
        }
        let woken = waiting(61).woken(at(9));
        assert_eq!(
            (woken.woken_at, woken.next_attempt_at, woken.status),
            (Some(ended), None, DeliveryStatus::Retrying)
        );
        assert!(!woken.waits_long() && !woken.can_be_woken(at(9)), "it is claimed");
        assert_eq!(woken.next_in_schedule(), 2, "its schedule goes on");
        assert_eq!(
            woken.clone().parked(ParkReason::EndpointFailing, at(10)).claimed(at(11)).woken_at,
            Some(ended),
            "the old job is still there"
        );
        assert_eq!(woken.replayed(ReplayId::new(now(), 1), at(9)).woken_at, None);
    }

    #[test]
    fn a_cancelled_delivery_gives_its_slot_up() {
        let waiting = delivery().waiting_for(now().plus(Duration::from_secs(9)), now());
        assert_eq!(waiting.cancelled(CancelReason::EndpointDeleted, now()).slot_at, None);
    }

    #[test]
    fn a_replay_and_a_failed_probe_leave_the_schedule_whole() {
        let failed = delivery().settled(&attempt(1, 500), Decision::Exhausted);
        assert_eq!(failed.next_in_schedule(), 2);
        let replayed = failed.replayed(ReplayId::new(now(), 1), now());
        assert_eq!(replayed.next_in_schedule(), 1);
        let probed = replayed.settled(&attempt(2, 500), Decision::Park { counts_for_schedule: false });
        assert_eq!((probed.next_in_schedule(), probed.parked_at), (1, Some(probed.updated_at)));
        let parked = probed.settled(&attempt(3, 500), Decision::Park { counts_for_schedule: true });
        assert_eq!(parked.next_in_schedule(), 2);
    }

    #[test]
    fn a_parked_delivery_that_is_claimed_is_what_it_was() {
        assert_eq!(
            delivery().parked(ParkReason::RateLimit, now()).claimed(now()).status,
            DeliveryStatus::Pending
        );
        let parked = delivery().settled(&attempt(1, 500), Decision::Park { counts_for_schedule: true });
        assert_eq!(parked.claimed(now()).status, DeliveryStatus::Retrying);
    }

    #[test]
    fn a_delivery_that_was_parked_says_so_ever_after() {
        let at = |seconds| now().plus(Duration::from_secs(seconds));
        let parked = delivery().parked(ParkReason::EndpointDisabled, now());
        assert_eq!(parked.was_parked, None, "it still is");
        let first = Parking { from: now(), until: at(60), reason: ParkReason::EndpointDisabled };
        let claimed = parked.claimed(at(60));
        let delivered = claimed.clone().settled(&attempt(1, 204), Decision::Delivered);
        assert_eq!([claimed.was_parked, delivered.was_parked], [Some(first); 2]);
        let again =
            claimed.parked(ParkReason::RateLimit, at(70)).cancelled(CancelReason::EndpointDeleted, at(90));
        let second = Parking { from: at(70), until: at(90), reason: ParkReason::RateLimit };
        assert_eq!(again.was_parked, Some(second));
    }

    #[test]
    fn a_cancel_reason_is_written_as_its_stable_word() {
        for reason in [
            CancelReason::EndpointDisabled,
            CancelReason::EndpointDeleted,
            CancelReason::EventExpired,
            CancelReason::EventErased,
        ] {
            assert_eq!(serde_json::to_value(reason).ok(), Some(reason.as_str().into()));
        }
    }
}
