//! What does a producer send, and when are two requests the same?
//! The request for an event, its bounds, and its fingerprint for idempotency.

use domain::event::cause::Cause;
use domain::event::channel::{Channel, MAX_CHANNELS};
use domain::event::event_type::EventType;
use domain::event::operational;
use domain::event::{
    Event, MAX_ID_AGE, MAX_ID_AHEAD, MAX_PAYLOAD_BYTES, MAX_PAYLOAD_LEVELS, MAX_SCHEDULE_AHEAD, Payload,
};
use domain::id::EventId;
use domain::json_depth::is_deeper_than;
use domain::problem::Problem;
use domain::timestamp::Timestamp;
use domain::trace_parent::TraceParent;
use domain::uid::{Uid, WorkspaceIdOrUid};
use sha2::{Digest as _, Sha256};

/// The body of a request to accept an event.
#[derive(Debug, Clone)]
pub struct EventRequest {
    /// The event's type.
    pub event_type: EventType,
    /// The payload.
    pub data: Payload,
    /// The workspace; needed only with a key for all workspaces.
    pub workspace_id: Option<WorkspaceIdOrUid>,
    /// The event's id, if the producer chooses it.
    pub id: Option<EventId>,
    /// The producer's own id of it, unique in the workspace while the event is kept.
    pub uid: Option<Uid>,
    /// When the event happened; now, if left out.
    pub occurred_at: Option<Timestamp>,
    /// The labels for routing; see [`domain::event::channel`].
    pub channels: Vec<Channel>,
    /// When its deliveries are due, at most 12 hours ahead; at once, if left out.
    pub deliver_at: Option<Timestamp>,
    /// The span of the request; not part of the body.
    pub trace: Option<TraceParent>,
    /// The rules that led to it; never part of a body.
    pub caused_by: Option<Cause>,
}

pub(crate) fn check(request: &EventRequest, now: Timestamp) -> Result<(), Problem> {
    check_type(&request.event_type)?;
    check_payload(&request.data)?;
    if request.channels.len() > MAX_CHANNELS {
        return Err(Problem::invalid("/channels", "may list at most 20 channels"));
    }
    if request.deliver_at.is_some_and(|at| at.since(now) > MAX_SCHEDULE_AHEAD) {
        return Err(Problem::invalid("/deliver_at", "may be at most 12 hours from now"));
    }
    // A derived event is as old as its cause, which may have been parked for days.
    if let Some(made) = request.id.filter(|_| request.caused_by.is_none()).map(EventId::time)
        && (now.since(made) > MAX_ID_AGE || made.since(now) > MAX_ID_AHEAD)
    {
        return Err(Problem::invalid("/id", "must carry an instant from a day ago to 10 minutes from now"));
    }
    // `GET /v1/events/{event}` would meet the address of batches.
    if request.uid.as_ref().is_some_and(|uid| uid.as_str() == "batch") {
        return Err(Problem::invalid("/uid", "must not be `batch`, which is an address under /v1/events"));
    }
    Ok(())
}

/// Refuses a type that only Posthorn may send.
pub(crate) fn check_type(event_type: &EventType) -> Result<(), Problem> {
    if operational::is_posthorns_own(event_type) {
        return Err(Problem::invalid("/type", "is Posthorn's own: names that begin with `posthorn.` are"));
    }
    Ok(())
}

/// Refuses a payload that is too large, or nested too deep.
pub(crate) fn check_payload(payload: &Payload) -> Result<(), Problem> {
    if payload.get().len() > MAX_PAYLOAD_BYTES {
        return Err(Problem::TooLarge { what: "payload", limit_bytes: MAX_PAYLOAD_BYTES });
    }
    check_nesting(payload)
}

/// Refuses a payload that is nested deeper than its receivers may be able to read. Events and previews are checked alike.
pub(crate) fn check_nesting(payload: &Payload) -> Result<(), Problem> {
    if is_deeper_than(payload.get(), MAX_PAYLOAD_LEVELS) {
        let detail = format!("may be nested at most {MAX_PAYLOAD_LEVELS} levels deep");
        return Err(Problem::invalid("/data", detail));
    }
    Ok(())
}

/// Whether the stored event is that of the request: a producer may use the id of another event by mistake.
pub(crate) fn is_of(event: &Event, request: &EventRequest) -> bool {
    event.event_type == request.event_type
        && event.uid == request.uid
        && event.channels == request.channels
        && request.occurred_at.is_none_or(|at| at == event.occurred_at)
        && event.deliver_at.is_none_or(|at| request.deliver_at == Some(at))
        && (event.erased_at.is_some() || event.payload.get() == request.data.get())
}

/// Two requests are the same if these parts are equal, byte for byte.
pub(crate) fn fingerprint(request: &EventRequest) -> String {
    let text = |value: Option<String>| value.unwrap_or_default();
    let channels: Vec<_> = request.channels.iter().map(ToString::to_string).collect();
    let id = text(request.id.map(|id| id.to_string()));
    let occurred_at = text(request.occurred_at.map(|at| at.to_string()));
    let deliver_at = text(request.deliver_at.map(|at| at.to_string()));
    let channels = channels.join(" ");
    let mut parts = vec![
        request.event_type.as_str().as_bytes(),
        id.as_bytes(),
        occurred_at.as_bytes(),
        deliver_at.as_bytes(),
        channels.as_bytes(),
        request.data.get().as_bytes(),
    ];
    // A part only where there is one: the digests of other events are those of the version before.
    parts.extend(request.uid.as_ref().map(|uid| uid.as_str().as_bytes()));
    sha256(&parts)
}

/// SHA-256 of the parts, each preceded by its length, in hex.
pub(crate) fn sha256(parts: &[&[u8]]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part.len().to_be_bytes());
        hash.update(part);
    }
    domain::hex::hex(&hash.finalize())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Computed with Python's hashlib: rows of idempotency keys are found by it for a day.
    #[test]
    fn a_digest_over_parts_never_changes() {
        let digest = "74f2dff90c16bd75e74ea8ab93e0f683754b4ae5a7e2b6c960734cf5c656341a";
        assert_eq!(sha256(&[b"a", b"bc", b""]), digest);
        assert_ne!(sha256(&[b"ab", b"c", b""]), digest, "parts that are cut elsewhere");
    }
}
