//! What is an event, and what are its limits? Something that happened: type, time, payload; immutable once accepted.

use std::sync::Arc;

use serde_json::value::RawValue;

use crate::event_type::EventType;
use crate::id::{EventId, WorkspaceId};
use crate::ledger::Ledger;
use crate::timestamp::Timestamp;

/// Largest payload (`data`) of one event, in bytes of its JSON text.
pub const MAX_PAYLOAD_BYTES: usize = 256 * 1024;
/// Largest body of `POST /v1/events`: a payload and the fields around it.
pub const MAX_REQUEST_BYTES: usize = MAX_PAYLOAD_BYTES + 8 * 1024;

/// The payload's JSON text, byte for byte as the producer sent it.
pub type Payload = Arc<RawValue>;

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
    /// What happened.
    pub payload: Payload,
    /// Every endpoint's fate at the time of fan-out.
    pub ledger: Ledger,
}
