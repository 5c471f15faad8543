//! How are events sent and shown? The shapes of `/v1/events`.

use domain::event::cause::Cause;
use domain::event::channel::Channel;
use domain::event::event_type::{EventType, EventTypePattern};
use domain::event::ledger::{Ledger, SkipReason};
use domain::event::{Event as DomainEvent, Payload};
use domain::id::{DeliveryId, EndpointId, EventId, WorkspaceId};
use domain::search::PayloadPart;
use domain::timestamp::Timestamp;
use domain::uid::{Uid, WorkspaceIdOrUid};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::page::Page;
use crate::problem::Problem;

/// Deliveries, and endpoints skipped, that the answer to an event lists. `/v1/events/{event}/deliveries` lists all of them.
pub const MAX_LISTED: usize = 100;
/// Both together: so the answer to an event stays below 16 KB, and that to a batch of 100 below 2 MB (Lambda answers with 6
/// at most).
pub const MAX_LISTED_TOGETHER: usize = 180;

/// A new event.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", schema(examples(json!({
    "workspace_id": "ws_01M7Z294KETHNPJB3QG0VDG1JA", "type": "invoice.paid", "data": { "amount": 4200 },
}))))]
pub struct NewEvent {
    /// The type of the event. Types that Posthorn itself sends are refused.
    #[serde(rename = "type")]
    pub event_type: EventType,
    /// The payload.
    #[cfg_attr(feature = "openapi", schema(value_type = domain::event::PayloadText))]
    pub data: Payload,
    /// The workspace. Required with a key for all workspaces.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workspace_id: Option<WorkspaceIdOrUid>,
    /// Your own id of the event; the time of its ULID must be from a day ago to 10 minutes from now. An id is generated
    /// if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<EventId>,
    /// Your own id of the event, unique in its workspace while the event is kept: another event with it is refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uid: Option<Uid>,
    /// When it happened; the time of the request if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub occurred_at: Option<Timestamp>,
    /// The channels of the event: endpoints that list channels get it only if it names one of them.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(max_items = 20, default = json!([])))]
    pub channels: Vec<Channel>,
    /// When the deliveries are due, at most 12 hours ahead; at once if left out or past.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deliver_at: Option<Timestamp>,
}

/// A batch of events. Each is accepted or refused on its own.
// `E` keeps its JSON text, so that one bad event does not harm the others.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Batch<E> {
    /// The events, 1 to 100.
    #[cfg_attr(feature = "openapi", schema(min_items = 1, max_items = 100))]
    pub events: Vec<E>,
}

/// An event that was accepted: stored durably, with a job for each delivery. Its lists hold at most 100 deliveries and 100
/// skipped endpoints, 180 together; the counts give the total numbers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AcceptedEvent {
    /// The id of the event.
    pub id: EventId,
    /// Your own id of the event, if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub uid: Option<Uid>,
    /// The number of deliveries of the event.
    #[cfg_attr(feature = "openapi", schema(examples(1)))]
    pub deliveries_count: usize,
    /// The first 100 deliveries.
    #[cfg_attr(feature = "openapi", schema(max_items = 100))]
    pub deliveries: Vec<QueuedDelivery>,
    /// The number of endpoints that get no delivery.
    #[cfg_attr(feature = "openapi", schema(examples(1)))]
    pub skipped_count: usize,
    /// The first 100 skipped endpoints; with the deliveries 180 at most.
    #[cfg_attr(feature = "openapi", schema(max_items = 100))]
    pub skipped: Vec<SkippedEndpoint>,
}

/// A delivery of an accepted event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct QueuedDelivery {
    /// The id of the delivery.
    pub id: DeliveryId,
    /// The endpoint that the event is delivered to.
    pub endpoint_id: EndpointId,
}

/// An endpoint that gets no delivery of an accepted event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SkippedEndpoint {
    /// The endpoint that was skipped.
    pub endpoint_id: EndpointId,
    /// Why the endpoint was skipped.
    pub reason: SkipReason,
}

/// The results of a batch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BatchAnswer {
    /// The result of each event, in the order of the batch.
    pub results: Vec<BatchResult>,
}

/// The result of one event of a batch: accepted, or refused with a problem.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(untagged)]
pub enum BatchResult {
    /// The event was accepted.
    Accepted(BatchAccepted),
    /// The event was refused.
    Refused(Problem),
}

/// An event of a batch that was accepted. Its lists hold at most 100 deliveries and 100 skipped endpoints, 180 together; the
/// counts give the total numbers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BatchAccepted {
    /// The status that the event would have had alone: always 202.
    #[cfg_attr(feature = "openapi", schema(minimum = 202, maximum = 202, examples(202)))]
    pub status: u16,
    /// The id of the event.
    pub id: EventId,
    /// Your own id of the event, if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub uid: Option<Uid>,
    /// The number of deliveries of the event.
    #[cfg_attr(feature = "openapi", schema(examples(1)))]
    pub deliveries_count: usize,
    /// The first 100 deliveries.
    #[cfg_attr(feature = "openapi", schema(max_items = 100))]
    pub deliveries: Vec<QueuedDelivery>,
    /// The number of endpoints that get no delivery.
    #[cfg_attr(feature = "openapi", schema(examples(1)))]
    pub skipped_count: usize,
    /// The first 100 skipped endpoints; with the deliveries 180 at most.
    #[cfg_attr(feature = "openapi", schema(max_items = 100))]
    pub skipped: Vec<SkippedEndpoint>,
}

/// Event types and families, separated by commas.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EventTypes(pub Vec<EventTypePattern>);

/// Longest `Idempotency-Key`, in characters.
pub const MAX_IDEMPOTENCY_KEY_CHARS: usize = 255;

/// The `Idempotency-Key` that events were sent under: visible ASCII characters, with spaces between them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct SentKey(pub String);

/// The parameters of a list of events.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams), into_params(parameter_in = Query))]
#[serde(deny_unknown_fields)]
pub struct EventFilter {
    /// The workspace. Required with a key for all workspaces.
    pub workspace_id: Option<WorkspaceIdOrUid>,
    /// Only events of these types and families, separated by commas.
    #[serde(default)]
    pub event_type: EventTypes,
    /// Only events accepted at this time or later.
    pub since: Option<Timestamp>,
    /// Only events accepted before this time.
    pub until: Option<Timestamp>,
    /// Only the event that has this `uid`. Cannot be combined with `idempotency_key` or `text`.
    pub uid: Option<Uid>,
    /// Only the event, or the events of the batch, sent with this `Idempotency-Key` within the last 24 hours. Events of a
    /// batch that were sent with an `id` of their own are not found by it.
    #[cfg_attr(feature = "openapi", param(value_type = Option<String>, min_length = 1, max_length = 255,
        pattern = "^[!-~]([\\t -~]*[!-~])?$"))]
    pub idempotency_key: Option<SentKey>,
    /// Only events whose payload contains this text, byte for byte as it was sent. An erased payload contains nothing. The
    /// search is bounded: the answer says in `searched` how far it looked. Cannot be combined with `idempotency_key`.
    #[cfg_attr(feature = "openapi", param(value_type = Option<String>, min_length = 3, max_length = 200))]
    pub text: Option<PayloadPart>,
}

/// A page of a list of events.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EventPage {
    /// The rows and the cursors of the pages beside this one.
    #[serde(flatten)]
    pub page: Page<EventSummary>,
    /// How far a search for a `text` looked for this page; other lists do not show it.
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub searched: Option<Searched>,
}

/// How far a search looked for one page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Searched {
    /// The number of events that were looked at.
    #[cfg_attr(feature = "openapi", schema(examples(2000)))]
    pub events: usize,
    /// The oldest time that was looked at; `next` continues from there.
    pub back_to: Timestamp,
}

/// An event as lists show it, without its payload.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EventSummary {
    /// The id of the event.
    pub id: EventId,
    /// Your own id of the event.
    #[serde(default)]
    pub uid: Option<Uid>,
    /// The workspace of the event.
    pub workspace_id: WorkspaceId,
    /// The type of the event.
    #[serde(rename = "type")]
    pub event_type: EventType,
    /// When it happened.
    pub occurred_at: Timestamp,
    /// The channels of the event.
    pub channels: Vec<Channel>,
    /// When the deliveries are due; `null` means at once.
    pub deliver_at: Option<Timestamp>,
    /// When the event was accepted.
    pub created_at: Timestamp,
    /// When the payload was erased; `null` if it was not.
    pub erased_at: Option<Timestamp>,
    /// The number of deliveries of the event. A list counts at most 256 endpoints of an event.
    #[cfg_attr(feature = "openapi", schema(examples(2)))]
    pub deliveries: usize,
    /// The number of endpoints that got no delivery.
    #[cfg_attr(feature = "openapi", schema(examples(1)))]
    pub skipped: usize,
    /// In a search for a `text`: the first place of the payload that contains it, with at most 40 characters before it and
    /// after it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false, examples("{\"number\":1003,\"amount\":42")))]
    pub excerpt: Option<String>,
}

/// An event with its payload.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Event {
    /// The members that lists show.
    #[serde(flatten)]
    pub summary: EventSummary,
    /// The payload, byte for byte as it was sent; `null` once it was erased.
    #[cfg_attr(feature = "openapi", schema(value_type = domain::event::PayloadText))]
    pub data: Payload,
    /// Why there is an event that a rule made (`emit`); `null` for an event that was sent or received.
    #[serde(default)]
    pub caused_by: Option<Cause>,
}

impl AcceptedEvent {
    /// The event with this id, uid and ledger.
    pub fn of(id: EventId, uid: Option<Uid>, ledger: &Ledger) -> Self {
        let (deliveries, skipped) = listed(id, ledger);
        let (deliveries_count, skipped_count) = (ledger.deliveries.len(), ledger.skipped.len());
        Self { id, uid, deliveries_count, deliveries, skipped_count, skipped }
    }
}

impl BatchAccepted {
    /// The event with this id, uid and ledger.
    pub fn of(id: EventId, uid: Option<Uid>, ledger: &Ledger) -> Self {
        let AcceptedEvent { id, uid, deliveries_count, deliveries, skipped_count, skipped } =
            AcceptedEvent::of(id, uid, ledger);
        Self { status: 202, id, uid, deliveries_count, deliveries, skipped_count, skipped }
    }
}

impl From<&DomainEvent> for EventSummary {
    fn from(event: &DomainEvent) -> Self {
        Self {
            id: event.id,
            uid: event.uid.clone(),
            workspace_id: event.workspace_id,
            event_type: event.event_type.clone(),
            occurred_at: event.occurred_at,
            channels: event.channels.clone(),
            deliver_at: event.deliver_at,
            created_at: event.id.time(),
            erased_at: event.erased_at,
            deliveries: event.ledger.deliveries.len(),
            skipped: event.ledger.skipped.len(),
            excerpt: None,
        }
    }
}

impl From<&DomainEvent> for Event {
    fn from(event: &DomainEvent) -> Self {
        Self { summary: event.into(), data: event.payload.clone(), caused_by: event.caused_by.clone() }
    }
}

/// The first deliveries and skipped endpoints of a ledger.
fn listed(id: EventId, ledger: &Ledger) -> (Vec<QueuedDelivery>, Vec<SkippedEndpoint>) {
    let deliveries = ledger.deliveries.iter().take(MAX_LISTED);
    let deliveries = deliveries
        .map(|endpoint| QueuedDelivery { id: DeliveryId::of(id, *endpoint), endpoint_id: *endpoint });
    let deliveries: Vec<_> = deliveries.collect();
    let skipped = ledger.skipped.iter().take(MAX_LISTED.min(MAX_LISTED_TOGETHER - deliveries.len()));
    let skipped =
        skipped.map(|(endpoint_id, reason)| SkippedEndpoint { endpoint_id: *endpoint_id, reason: *reason });
    (deliveries, skipped.collect())
}

impl Serialize for EventTypes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let names: Vec<_> = self.0.iter().map(EventTypePattern::as_str).collect();
        serializer.serialize_str(&names.join(","))
    }
}

impl<'de> Deserialize<'de> for EventTypes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        let patterns = text.split(',').map(EventTypePattern::parse).collect::<Result<_, _>>();
        patterns.map(Self).map_err(serde::de::Error::custom)
    }
}

/// With the characters that a header can have.
impl<'de> Deserialize<'de> for SentKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        if !text.bytes().all(|byte| byte == b'\t' || (b' '..=b'~').contains(&byte)) {
            return Err(serde::de::Error::custom("must be visible ASCII characters"));
        }
        // A header's value has no whitespace around it.
        let key = text.trim_ascii();
        match (1..=MAX_IDEMPOTENCY_KEY_CHARS).contains(&key.len()) {
            true => Ok(Self(key.to_owned())),
            false => Err(serde::de::Error::custom("must be 1 to 255 characters")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_to_an_event_is_small_however_many_endpoints_there_are() {
        let at = Timestamp::from_millis(1_750_000_000_000);
        let ledger = |deliveries: u128, skipped: u128| {
            let endpoints = |count| (0..count).map(|number| EndpointId::new(at, number));
            let skipped =
                endpoints(skipped).map(|endpoint| (endpoint, SkipReason::TypeNotSubscribed)).collect();
            Ledger { deliveries: endpoints(deliveries).collect(), skipped }
        };
        for (deliveries, skipped, listed) in [
            (10_000, 10_000, (100, 80)),
            (10_000, 0, (100, 0)),
            (0, 10_000, (0, 100)),
            (100, 80, (100, 80)),
            (3, 100, (3, 100)),
        ] {
            let ledger = ledger(deliveries, skipped);
            let answer = AcceptedEvent::of(EventId::new(at, 1), None, &ledger);
            assert_eq!(
                (answer.deliveries_count, answer.skipped_count),
                (ledger.deliveries.len(), ledger.skipped.len())
            );
            assert_eq!((answer.deliveries.len(), answer.skipped.len()), listed);
            let bytes = serde_json::to_string(&answer).unwrap().len();
            assert!(bytes < 16_000, "{bytes}");
            let of_batch = BatchAccepted::of(EventId::new(at, 1), None, &ledger);
            assert_eq!((of_batch.deliveries, of_batch.skipped), (answer.deliveries, answer.skipped));
        }
    }

    #[test]
    fn a_payload_is_shown_byte_for_byte_even_where_no_parser_could_hold_it() {
        let event = |data: &str| -> Event {
            let event = r#"{"id":"evt_01M7Z294KETHNPJB3QG0VDG1JA","workspace_id":"ws_01JZZZZZZZZZZZZZZZZZZZZZ01",
                "type":"a","occurred_at":"2026-01-01T00:00:00Z","channels":[],"deliver_at":null,
                "created_at":"2026-01-01T00:00:00Z","erased_at":null,"deliveries":0,"skipped":0,"data":DATA}"#;
            serde_json::from_str(&event.replace("DATA", data)).unwrap()
        };
        for data in ["1e400", r#""\ud800""#, "{ \"a\" : 1, \"a\" : 2 }", "123456789012345678901234567890"] {
            let shown = serde_json::to_string(&event(data)).unwrap();
            assert!(shown.contains(&format!(",\"data\":{data},\"caused_by\":null}}")), "{shown}");
        }
    }
}
