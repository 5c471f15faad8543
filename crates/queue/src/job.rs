//! What is a job? The versioned SQS message that makes the sender attempt one delivery.

use std::sync::Arc;

use domain::event::Payload;
use domain::event::event_type::EventType;
use domain::id::{DeliveryId, EndpointId, EventId, ReplayId, WorkspaceId};
use domain::timestamp::Timestamp;
use domain::trace_parent::TraceParent;
use serde::{Deserialize, Serialize};

/// The version written, and the only one understood.
pub const VERSION: u64 = 1;
/// Larger payloads stay in the event's row: SQS bills by 64 KB, and ten jobs must fit one batch.
pub const MAX_INLINE_PAYLOAD_BYTES: usize = 32 * 1024;

/// The order to attempt one delivery.
#[derive(Debug, Clone)]
pub struct Job {
    /// The tenant.
    pub workspace: WorkspaceId,
    /// Where the event goes.
    pub endpoint: EndpointId,
    /// What goes there.
    pub event: EventId,
    /// The delivery's id.
    pub delivery: DeliveryId,
    /// The event's type.
    pub event_type: EventType,
    /// When it happened.
    pub occurred_at: Timestamp,
    /// The payload; `None` when it must be read from the event's row.
    pub payload: Option<Payload>,
    /// Not before this instant: it is scheduled, or waits for a retry.
    pub not_before: Option<Timestamp>,
    /// The instant its event is scheduled for.
    pub deliver_at: Option<Timestamp>,
    /// When the delivery was parked, if a drain sends it: it must not have been taken up since.
    pub parked_at: Option<Timestamp>,
    /// Attempt it even while the endpoint's circuit is open, to see whether it has recovered.
    pub probe: bool,
    /// The replay that sends it; it is attempted although it is settled.
    pub run: Option<ReplayId>,
    /// Attempt it even if it was delivered before.
    pub force: bool,
    /// This job may be a second one: look at the delivery's row before the first attempt.
    pub recheck: bool,
    /// The span that its attempts are children of; of a job without a payload the event's row tells it.
    pub trace: Option<TraceParent>,
}

/// The body of a message is no job this sender understands.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadJob {
    /// It cannot be read.
    #[error("the job cannot be read")]
    Unparsable,
    /// It is of another version.
    #[error("the job is of version {0}, not {VERSION}")]
    UnknownVersion(u64),
}

#[derive(Serialize, Deserialize)]
struct Message {
    v: u64,
    workspace: WorkspaceId,
    endpoint: EndpointId,
    event: EventId,
    delivery: DeliveryId,
    #[serde(rename = "type")]
    event_type: EventType,
    time: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    payload: Option<Payload>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    not_before: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    deliver_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    parked_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    probe: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    run: Option<ReplayId>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    force: bool,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    recheck: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    trace: Option<TraceParent>,
}

#[derive(Deserialize)]
struct Version {
    v: u64,
}

impl Job {
    /// When it was to be attempted first: when its event was accepted, or the hour it was scheduled for.
    pub fn due(&self) -> Timestamp {
        self.deliver_at.unwrap_or(self.event.time())
    }

    /// Reads a message's body. Members added to version 1 later are passed over.
    ///
    /// # Errors
    /// [`BadJob`] when it is no job or one of another version.
    pub fn parse(body: &str) -> Result<Self, BadJob> {
        let message = match serde_json::from_str::<Message>(body) {
            Ok(message) if message.v == VERSION => message,
            Ok(message) => return Err(BadJob::UnknownVersion(message.v)),
            // Another version's shape may be another.
            Err(_) => {
                return Err(match serde_json::from_str(body) {
                    Ok(Version { v }) if v != VERSION => BadJob::UnknownVersion(v),
                    _ => BadJob::Unparsable,
                });
            }
        };
        Ok(Self {
            workspace: message.workspace,
            endpoint: message.endpoint,
            event: message.event,
            delivery: message.delivery,
            event_type: message.event_type,
            occurred_at: message.time,
            payload: message.payload,
            not_before: message.not_before,
            deliver_at: message.deliver_at,
            parked_at: message.parked_at,
            probe: message.probe,
            run: message.run,
            force: message.force,
            recheck: message.recheck,
            trace: message.trace,
        })
    }

    /// The message's body. A payload that is too large, or that SQS would refuse, is left out.
    ///
    /// # Errors
    /// Never for a job of this crate's types; the signature is serde's.
    pub fn to_body(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string(&Message {
            v: VERSION,
            workspace: self.workspace,
            endpoint: self.endpoint,
            event: self.event,
            delivery: self.delivery,
            event_type: self.event_type.clone(),
            time: self.occurred_at,
            payload: self.payload.as_ref().filter(|payload| travels(payload.get())).map(Arc::clone),
            not_before: self.not_before,
            deliver_at: self.deliver_at,
            parked_at: self.parked_at,
            probe: self.probe,
            run: self.run,
            force: self.force,
            recheck: self.recheck,
            trace: self.trace,
        })
    }
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
    use proptest::prelude::*;
    use serde_json::value::RawValue;

    fn job(payload: &str) -> Job {
        let at = Timestamp::parse("2026-01-05T09:30:00Z").unwrap();
        let (event, endpoint) = (EventId::new(at, 1), EndpointId::new(at, 2));
        Job {
            workspace: WorkspaceId::new(at, 3),
            endpoint,
            event,
            delivery: DeliveryId::of(event, endpoint),
            event_type: EventType::parse("invoice.paid").unwrap(),
            occurred_at: at,
            payload: Some(Payload::new(RawValue::from_string(payload.to_owned()).unwrap().into())),
            not_before: None,
            deliver_at: None,
            parked_at: None,
            probe: false,
            run: None,
            force: false,
            recheck: false,
            trace: None,
        }
    }

    fn through_the_queue(payload: &str) -> Option<String> {
        let body = job(payload).to_body().unwrap();
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
        assert_eq!(Job::parse(r#"{"v":2,"shape":"new"}"#).unwrap_err(), BadJob::UnknownVersion(2));
        assert_eq!(Job::parse(r#"{"v":1}"#).unwrap_err(), BadJob::Unparsable);
    }

    #[test]
    fn members_added_later_are_passed_over() {
        let body = job("{}").to_body().unwrap().replacen('{', r#"{"priority":1,"#, 1);
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
