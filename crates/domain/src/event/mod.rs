//! What is an event, and what are its limits?
//! An immutable record of something that happened: type, time and payload, with its channels and its ledger.

pub mod cause;
pub mod channel;
pub mod document;
pub mod event_type;
pub mod ledger;
pub mod operational;

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::event::cause::Cause;
use crate::event::channel::Channel;
use crate::event::event_type::EventType;
use crate::event::ledger::Ledger;
use crate::id::{EventId, WorkspaceId};
use crate::timestamp::Timestamp;
use crate::trace_parent::TraceParent;
use crate::uid::Uid;

/// Largest payload (`data`) of one event, in bytes of its JSON text.
pub const MAX_PAYLOAD_BYTES: usize = 256 * 1024;
/// Most arrays and objects of a payload within each other. JSON parsers have a bound, `serde_json` one of 127 levels:
/// beyond it a receiver could not read the payload. What is below leaves room for the objects around a payload that is
/// delivered or shown.
pub const MAX_PAYLOAD_LEVELS: usize = 100;
/// Largest body of `POST /v1/events`: a payload and the fields around it.
pub const MAX_REQUEST_BYTES: usize = MAX_PAYLOAD_BYTES + 8 * 1024;

/// Most events of one batch.
pub const MAX_BATCH_EVENTS: usize = 100;
/// Largest body of `POST /v1/events/batch`. Lambda accepts 6 MB, including the event around the body.
pub const MAX_BATCH_BYTES: usize = 5 * 1024 * 1024;
/// How far ahead a delivery may be scheduled.
pub const MAX_SCHEDULE_AHEAD: Duration = Duration::from_secs(12 * 3600);

/// How far back the instant in a producer's own event id may lie.
pub const MAX_ID_AGE: Duration = Duration::from_secs(24 * 3600);
/// How far ahead that instant may lie, because clocks differ. An event further ahead would not be in today's lists.
pub const MAX_ID_AHEAD: Duration = Duration::from_secs(10 * 60);

/// A payload, shared by all jobs and attempts that send it.
pub type Payload = Arc<PayloadText>;

/// The payload's JSON text, byte for byte as the producer sent it. Payloads are never logged, so `Debug` prints only
/// the size, also for every type that contains a payload.
#[derive(Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PayloadText(Box<RawValue>);

impl From<Box<RawValue>> for PayloadText {
    fn from(json: Box<RawValue>) -> Self {
        Self(json)
    }
}

impl Deref for PayloadText {
    type Target = RawValue;

    fn deref(&self) -> &RawValue {
        &self.0
    }
}

impl fmt::Debug for PayloadText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PayloadText({} bytes)", self.0.get().len())
    }
}

/// An accepted event.
#[derive(Debug, Clone)]
pub struct Event {
    /// The id; it contains the instant of acceptance, or of the producer's choice.
    pub id: EventId,
    /// The producer's own id of it, unique in its workspace while the event is kept.
    pub uid: Option<Uid>,
    /// The tenant that the event belongs to.
    pub workspace_id: WorkspaceId,
    /// The type that endpoints subscribe to.
    pub event_type: EventType,
    /// When it happened; the time of acceptance, if the producer gave none.
    pub occurred_at: Timestamp,
    /// The producer's data; `null` once it was erased.
    pub payload: Payload,
    /// When the payload was erased.
    pub erased_at: Option<Timestamp>,
    /// The labels for routing: an endpoint that lists channels gets only events with one of them.
    pub channels: Vec<Channel>,
    /// When the deliveries are due; `None` for at once.
    pub deliver_at: Option<Timestamp>,
    /// The parent span of the deliveries' attempts, if traces are on.
    pub trace: Option<TraceParent>,
    /// Whether it tests one endpoint: it was sent once, while its caller waited. No sweep and no replay of a window sends
    /// it.
    pub is_test: bool,
    /// The rules that led to it; `None` for an event that no rule made.
    pub caused_by: Option<Cause>,
    /// The result of the fan-out for every endpoint.
    pub ledger: Ledger,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_payload_travels_byte_for_byte_and_is_never_printed() {
        let json = r#"{ "card" : "4242" }"#;
        let payload: Payload = serde_json::from_str(json).unwrap();
        assert_eq!((payload.get(), serde_json::to_string(&payload).unwrap().as_str()), (json, json));
        assert_eq!(format!("{payload:?}"), "PayloadText(19 bytes)");
    }
}
