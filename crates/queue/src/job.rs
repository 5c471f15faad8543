//! What is a job? The SQS message that makes the sender attempt one delivery.
//! Delivery is at-least-once: SQS may hand out a message twice, so the delivery's row, not the job, says what has happened.

use std::sync::Arc;

use domain::delivery::{Delivery, DeliveryStatus};
use domain::event::channel::Channel;
use domain::event::event_type::EventType;
use domain::event::{Event, Payload};
use domain::id::{DeliveryId, EndpointId, EventId, ReplayId, WorkspaceId};
use domain::timestamp::Timestamp;
use domain::trace_parent::TraceParent;
use serde::{Deserialize, Serialize};

use crate::purpose::{Errand, Purpose, Replay};
use crate::version::{self, BadMessage, Version};

/// Larger payloads stay in the event's row: SQS bills by 64 KB, and ten jobs must fit one batch.
pub const MAX_INLINE_PAYLOAD_BYTES: usize = 32 * 1024;

/// The order to attempt one delivery. Made by what sends it: [`Job::first`], [`Job::sweep`], [`Job::drain`], [`Job::wake`],
/// [`Job::probe`], [`Job::replay`].
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Job {
    v: Version,
    /// The workspace of event and endpoint.
    pub workspace: WorkspaceId,
    /// The endpoint that the event goes to.
    pub endpoint: EndpointId,
    /// The event that is delivered.
    pub event: EventId,
    /// The delivery's id, which follows from event and endpoint.
    pub delivery: DeliveryId,
    /// The event's type.
    #[serde(rename = "type")]
    pub event_type: EventType,
    /// When the event happened.
    #[serde(rename = "time")]
    pub occurred_at: Timestamp,
    /// The event's channels, which a template may read; they come from the event's row with a payload from there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub channels: Vec<Channel>,
    /// The payload; `None` when it must be read from the event's row.
    #[serde(default, skip_serializing_if = "stays_in_the_row")]
    pub payload: Option<Payload>,
    /// The sender waits until this instant: the event is scheduled, or the delivery waits for a retry.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_before: Option<Timestamp>,
    /// The instant the event is scheduled for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deliver_at: Option<Timestamp>,
    #[serde(flatten)]
    errand: Errand,
    /// The span that the attempts are children of; a job without a payload takes it from the event's row.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace: Option<TraceParent>,
}

impl Job {
    /// The job of an event that is fanned out to `endpoint` for the first time.
    pub fn first(event: &Event, endpoint: EndpointId) -> Self {
        Self {
            v: Version,
            workspace: event.workspace_id,
            endpoint,
            event: event.id,
            delivery: DeliveryId::of(event.id, endpoint),
            event_type: event.event_type.clone(),
            occurred_at: event.occurred_at,
            channels: event.channels.clone(),
            payload: Some(Arc::clone(&event.payload)),
            not_before: event.deliver_at,
            deliver_at: event.deliver_at,
            errand: Errand { purpose: Purpose::First, replay: None, woken_at: None },
            trace: event.trace,
        }
    }

    /// The job by which a sweep sends a delivery that the ledger of `event` promises. The payload is in the event's row.
    pub fn sweep(event: &Event, endpoint: EndpointId) -> Self {
        let errand = Errand { purpose: Purpose::Sweep, replay: None, woken_at: None };
        let first = Self::first(event, endpoint);
        Self { channels: Vec::new(), payload: None, not_before: None, errand, ..first }
    }

    /// The job by which a drain sends a parked delivery. If a replay parked it, it stays that replay's.
    pub fn drain(delivery: &Delivery) -> Self {
        let parked_at = delivery.parked_at.unwrap_or(delivery.updated_at);
        Self::going_on(delivery, Purpose::Drain { parked_at }, delivery.woken_at)
    }

    /// The job by which a drain attempts a delivery that waits for its retry. The delivery's wait, by which the two jobs
    /// are told apart, began when its row last changed.
    pub fn wake(delivery: &Delivery) -> Self {
        Self::going_on(delivery, Purpose::Wake, Some(delivery.updated_at))
    }

    /// The job that probes a failing endpoint with a parked delivery.
    pub fn probe(delivery: &Delivery) -> Self {
        Self::going_on(delivery, Purpose::Probe { parked_at: delivery.parked_at }, delivery.woken_at)
    }

    /// The job by which a replay sends a delivery again. If it waits for its retry, the job says which wait is cut short.
    pub fn replay(delivery: &Delivery, replay: Replay) -> Self {
        let woken_at = (delivery.status == DeliveryStatus::Retrying).then_some(delivery.updated_at);
        Self::again(delivery, Errand { purpose: Purpose::Recheck, replay: Some(replay), woken_at })
    }

    /// The same job as a probe: it is attempted even while the endpoint's circuit is open.
    #[must_use]
    pub fn as_probe(mut self) -> Self {
        self.errand.purpose = Purpose::Probe { parked_at: self.parked_at() };
        self
    }

    /// The same job, when it may be a second one for its delivery: the row is read before the first attempt.
    #[must_use]
    pub fn rechecked(mut self) -> Self {
        if self.errand.purpose == Purpose::First {
            self.errand.purpose = Purpose::Recheck;
        }
        self
    }

    /// The job that takes this one's place and waits until `not_before`. It carries no payload, which may be erased
    /// meanwhile, and no longer compares `parked_at`: a job that waits has claimed its delivery.
    #[must_use]
    pub fn delayed(&self, not_before: Timestamp) -> Self {
        let purpose = match self.errand.purpose {
            Purpose::First | Purpose::Recheck | Purpose::Sweep | Purpose::Drain { .. } | Purpose::Wake => {
                Purpose::Recheck
            }
            Purpose::Probe { .. } => Purpose::Probe { parked_at: None },
        };
        let errand = Errand { purpose, ..self.errand };
        let (not_before, channels) = (Some(not_before), Vec::new());
        Self { not_before, channels, payload: None, errand, ..self.clone() }
    }

    /// A job of a delivery that goes on: if a replay sent it, it stays that replay's.
    fn going_on(delivery: &Delivery, purpose: Purpose, woken_at: Option<Timestamp>) -> Self {
        let replay = delivery.run.map(|id| Replay { id, force: false });
        Self::again(delivery, Errand { purpose, replay, woken_at })
    }

    /// A job of a delivery that has been sent before; the payload is in the event's row.
    fn again(delivery: &Delivery, errand: Errand) -> Self {
        Self {
            v: Version,
            workspace: delivery.workspace_id,
            endpoint: delivery.endpoint_id,
            event: delivery.event_id,
            delivery: delivery.id,
            event_type: delivery.event_type.clone(),
            occurred_at: delivery.occurred_at,
            channels: Vec::new(),
            payload: None,
            not_before: None,
            deliver_at: None,
            errand,
            trace: None,
        }
    }

    /// What the job is for.
    pub fn purpose(&self) -> Purpose {
        self.errand.purpose
    }

    /// The replay it belongs to.
    pub fn of_replay(&self) -> Option<Replay> {
        self.errand.replay
    }

    /// The id of the replay it belongs to.
    pub fn replay_id(&self) -> Option<ReplayId> {
        self.errand.replay.map(|replay| replay.id)
    }

    /// Whether nothing has happened to its delivery before, so that its first receive reads no row.
    pub fn is_first(&self) -> bool {
        self.errand.purpose == Purpose::First
    }

    /// Whether a sweep sent it: its delivery had no row.
    pub fn is_sweep(&self) -> bool {
        self.errand.purpose == Purpose::Sweep
    }

    /// Whether a delivery that was delivered is sent again, too.
    pub fn is_forced(&self) -> bool {
        self.errand.replay.is_some_and(|replay| replay.force)
    }

    /// Whether it is attempted even while the endpoint's circuit is open.
    pub fn is_probe(&self) -> bool {
        matches!(self.errand.purpose, Purpose::Probe { .. })
    }

    /// When the delivery that a drain or probe sends was parked.
    pub fn parked_at(&self) -> Option<Timestamp> {
        match self.errand.purpose {
            Purpose::Drain { parked_at } => Some(parked_at),
            Purpose::Probe { parked_at } => parked_at,
            Purpose::First | Purpose::Recheck | Purpose::Sweep | Purpose::Wake => None,
        }
    }

    /// Whether it brings the retry of a waiting delivery forward.
    pub fn is_wake(&self) -> bool {
        self.errand.purpose == Purpose::Wake
    }

    /// The wait that a drain or replay cut short by this job, or by the one before it: when that wait had begun.
    pub fn woken_at(&self) -> Option<Timestamp> {
        self.errand.woken_at
    }

    /// When it was to be attempted first: when its event was accepted, or the hour it was scheduled for.
    pub fn due(&self) -> Timestamp {
        self.deliver_at.unwrap_or(self.event.time())
    }

    /// Reads a message's body. Members added to version 1 later are passed over.
    ///
    /// # Errors
    /// [`BadMessage`] when it is no job or one of another version.
    pub fn parse(body: &str) -> Result<Self, BadMessage> {
        version::parse(body)
    }

    /// The message's body. A payload that is too large, or that SQS would refuse, is left out.
    #[expect(
        clippy::expect_used,
        reason = "ids, times, flags and a JSON text are JSON; nothing here can fail"
    )]
    pub fn to_body(&self) -> String {
        serde_json::to_string(self).expect("a job is JSON")
    }
}

fn stays_in_the_row(payload: &Option<Payload>) -> bool {
    !payload.as_ref().is_some_and(|payload| travels(payload.get()))
}

fn travels(payload: &str) -> bool {
    payload.len() <= MAX_INLINE_PAYLOAD_BYTES && payload.chars().all(is_allowed)
}

/// SQS takes `#x9 #xA #xD #x20–#xD7FF #xE000–#xFFFD #x10000–#x10FFFF`. JSON allows U+FFFE, U+FFFF and, in
/// strings, nothing below U+0020.
fn is_allowed(character: char) -> bool {
    !matches!(character, '\u{0}'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::event::ledger::Ledger;
    use proptest::prelude::*;
    use serde_json::value::RawValue;

    fn at() -> Timestamp {
        Timestamp::parse("2026-01-05T09:30:00Z").unwrap()
    }

    fn event(payload: &str) -> Event {
        Event {
            id: EventId::new(at(), 1),
            uid: None,
            workspace_id: WorkspaceId::new(at(), 3),
            event_type: EventType::parse("invoice.paid").unwrap(),
            occurred_at: at(),
            payload: Payload::new(RawValue::from_string(payload.to_owned()).unwrap().into()),
            erased_at: None,
            channels: Vec::new(),
            deliver_at: None,
            trace: None,
            is_test: false,
            caused_by: None,
            ledger: Ledger::default(),
        }
    }

    fn job(payload: &str) -> Job {
        Job::first(&event(payload), EndpointId::new(at(), 2))
    }

    fn delivery() -> Delivery {
        let event = event("{}");
        Delivery::new(
            event.workspace_id,
            EndpointId::new(at(), 2),
            event.id,
            event.event_type,
            event.occurred_at,
        )
    }

    /// Every job that can be made, with its purpose and replay.
    fn every_kind() -> Vec<Job> {
        let replayed = Delivery { run: Some(ReplayId::new(at(), 4)), ..delivery() };
        let woken = Delivery { woken_at: Some(at()), ..delivery() };
        let waits = Delivery { status: DeliveryStatus::Retrying, ..delivery() };
        let replay = |force| Job::replay(&delivery(), Replay { id: ReplayId::new(at(), 4), force });
        let made = [
            job("{}"),
            job("{}").rechecked(),
            Job::sweep(&event("{}"), EndpointId::new(at(), 2)),
            Job::drain(&delivery()),
            Job::drain(&replayed),
            Job::drain(&woken),
            Job::wake(&delivery()),
            Job::wake(&replayed),
            Job::probe(&woken),
            Job::probe(&delivery()),
            Job::probe(&replayed),
            Job::replay(&waits, Replay { id: ReplayId::new(at(), 4), force: false }),
            replay(false),
            replay(true),
            replay(true).as_probe(),
        ];
        let delayed = made.iter().map(|job| job.delayed(at())).collect::<Vec<_>>();
        made.into_iter().chain(delayed).collect()
    }

    #[test]
    fn every_kind_of_job_is_read_back_with_its_purpose_and_its_replay() {
        for job in every_kind() {
            let back = Job::parse(&job.to_body()).unwrap();
            assert_eq!((back.purpose(), back.of_replay()), (job.purpose(), job.of_replay()), "{job:?}");
            assert_eq!(back.woken_at(), job.woken_at(), "{job:?}");
            assert_eq!(back.to_body(), job.to_body());
        }
    }

    #[test]
    fn a_job_that_waits_has_claimed_its_delivery_and_reads_its_row() {
        for job in every_kind() {
            let waiting = job.delayed(at());
            assert_ne!(waiting.purpose(), Purpose::First);
            assert_eq!((waiting.parked_at(), waiting.is_probe()), (None, job.is_probe()));
            assert_eq!((waiting.of_replay(), waiting.woken_at()), (job.of_replay(), job.woken_at()));
            assert!(waiting.payload.is_none());
        }
    }

    #[test]
    fn flags_that_contradict_each_other_are_no_job() {
        let forced = job("{}").to_body().replacen('{', r#"{"force":true,"#, 1);
        assert_eq!(Job::parse(&forced).unwrap_err(), BadMessage::Unparsable);
        let woken = job("{}").to_body().replacen('{', r#"{"wake":true,"#, 1);
        assert_eq!(Job::parse(&woken).unwrap_err(), BadMessage::Unparsable);
    }

    fn through_the_queue(payload: &str) -> Option<String> {
        let body = job(payload).to_body();
        assert!(body.chars().all(is_allowed));
        Job::parse(&body).unwrap().payload.map(|payload| payload.get().to_owned())
    }

    #[test]
    fn a_payload_travels_byte_for_byte() {
        let odd = "{ \"n\" : 1e3,\t\"big\":123456789012345678901234567890,\r\n \"u\":\"\\u00e9é🎺\" }";
        assert_eq!(through_the_queue(odd).as_deref(), Some(odd));
    }

    #[test]
    fn a_payload_that_is_too_large_or_that_sqs_refuses_stays_in_the_events_row() {
        let json = |text: &str| format!("\"{text}\"");
        assert!(through_the_queue(&json(&"a".repeat(MAX_INLINE_PAYLOAD_BYTES - 2))).is_some());
        assert!(through_the_queue(&json(&"a".repeat(MAX_INLINE_PAYLOAD_BYTES - 1))).is_none());
        assert!(through_the_queue(&json("\u{ffff}")).is_none());
        assert!(through_the_queue(&json("\u{fffe}")).is_none());
    }

    #[test]
    fn a_job_that_is_printed_keeps_its_payload_to_itself() {
        assert!(!format!("{:?}", job(r#"{"card":"4242"}"#)).contains("4242"));
    }

    #[test]
    fn another_version_is_named_even_when_nothing_else_is_known_of_it() {
        assert_eq!(Job::parse(r#"{"v":2,"shape":"new"}"#).unwrap_err(), BadMessage::UnknownVersion(2));
        assert_eq!(Job::parse(r#"{"v":1}"#).unwrap_err(), BadMessage::Unparsable);
    }

    #[test]
    fn members_added_later_are_passed_over() {
        let body = job("{}").to_body().replacen('{', r#"{"priority":1,"#, 1);
        assert!(Job::parse(&body).is_ok());
    }

    proptest! {
        #[test]
        fn any_json_string_comes_back_unchanged(text in ".{0,300}") {
            let json = serde_json::to_string(&text).unwrap();
            let back = through_the_queue(&json);
            prop_assert!(back.is_none() || back == Some(json));
        }

        #[test]
        fn garbage_is_an_error_and_never_a_panic(body in ".{0,200}") {
            prop_assert!(Job::parse(&body).is_err());
        }
    }
}
