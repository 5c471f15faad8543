//! What is an event, and what are its limits? Something that happened: type, time, payload; immutable once accepted.

pub mod channel;
pub mod event_type;
pub mod ledger;
pub mod operational;

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::event::channel::Channel;
use crate::event::event_type::EventType;
use crate::event::ledger::Ledger;
use crate::id::{EventId, WorkspaceId};
use crate::timestamp::Timestamp;
use crate::trace_parent::TraceParent;

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
/// Largest body of `POST /v1/events/batch`. Lambda takes 6 MB with everything around it.
pub const MAX_BATCH_BYTES: usize = 5 * 1024 * 1024;
/// How far ahead a delivery may be scheduled.
pub const MAX_SCHEDULE_AHEAD: Duration = Duration::from_secs(12 * 3600);

/// How far back the instant in a producer's own event id may lie.
pub const MAX_ID_AGE: Duration = Duration::from_secs(24 * 3600);
/// How far ahead it may lie: clocks differ. What lies further ahead would not be in today's lists.
pub const MAX_ID_AHEAD: Duration = Duration::from_secs(10 * 60);

/// A payload, shared by all that send it.
pub type Payload = Arc<PayloadText>;

/// The payload's JSON text, byte for byte as the producer sent it. Payloads are never logged, so `Debug` tells only its
/// size, and so does that of everything that holds one.
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
    /// Its id; carries the instant it was accepted.
    pub id: EventId,
    /// The tenant it belongs to.
    pub workspace_id: WorkspaceId,
    /// What kind of thing happened.
    pub event_type: EventType,
    /// When it happened; when it was accepted, if the producer did not say.
    pub occurred_at: Timestamp,
    /// What happened; `null` once it was erased.
    pub payload: Payload,
    /// When the payload was erased.
    pub erased_at: Option<Timestamp>,
    /// Who it concerns: an endpoint that names channels gets only events of one of them.
    pub channels: Vec<Channel>,
    /// When its deliveries are due; at once, if the producer did not say.
    pub deliver_at: Option<Timestamp>,
    /// The span that its deliveries are children of, where traces are wanted.
    pub trace: Option<TraceParent>,
    /// Every endpoint's fate at the time of fan-out.
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
