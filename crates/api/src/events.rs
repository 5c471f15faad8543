//! How are events sent and shown? The shapes of `/v1/events`.

use domain::event::channel::Channel;
use domain::event::event_type::{EventType, EventTypePattern};
use domain::event::ledger::{Ledger, SkipReason};
use domain::event::{Event as DomainEvent, Payload};
use domain::id::{DeliveryId, EndpointId, EventId, WorkspaceId};
use domain::timestamp::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::problem::Problem;

/// Deliveries, and endpoints skipped, that the answer to an event lists. `/v1/events/{event}/deliveries` lists all of them.
pub const MAX_LISTED: usize = 100;
/// Both together: so the answer to an event stays below 16 KB, and that to a batch of 100 below 2 MB (Lambda answers with 6
/// at most).
pub const MAX_LISTED_TOGETHER: usize = 180;

/// An event to send.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewEvent {
    /// What kind of thing happened.
    #[serde(rename = "type")]
    pub event_type: EventType,
    /// What happened: any JSON, at most 262,144 bytes; delivered byte for byte.
    pub data: Payload,
    /// Required with a key that opens all workspaces.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workspace_id: Option<WorkspaceId>,
    /// The producer's own id for it; one is made, if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<EventId>,
    /// When it happened; now, if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub occurred_at: Option<Timestamp>,
    /// Who it concerns: endpoints that name channels get only events of one of them.
    #[serde(default)]
    pub channels: Vec<Channel>,
    /// When its deliveries are due, within 12 hours; at once, if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deliver_at: Option<Timestamp>,
}

/// Many events to send: each is read and judged alone, so `E` keeps its JSON text.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Batch<E> {
    /// 1 to 100 events.
    pub events: Vec<E>,
}

/// An event that was accepted: stored durably, with a job for each delivery. Its lists hold at most [`MAX_LISTED`], the
/// counts say how many there are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AcceptedEvent {
    /// Its id.
    pub id: EventId,
    /// How many deliveries it makes.
    pub deliveries_count: usize,
    /// The first of them.
    pub deliveries: Vec<QueuedDelivery>,
    /// How many endpoints get none.
    pub skipped_count: usize,
    /// The first of them.
    pub skipped: Vec<SkippedEndpoint>,
}

/// A delivery of an accepted event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueuedDelivery {
    /// Its id.
    pub id: DeliveryId,
    /// Where it goes.
    pub endpoint_id: EndpointId,
}

/// An endpoint that gets no delivery of an accepted event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SkippedEndpoint {
    /// The endpoint.
    pub endpoint_id: EndpointId,
    /// Why.
    pub reason: SkipReason,
}

/// What became of each event of a batch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BatchAnswer {
    /// In the order of the batch.
    pub results: Vec<BatchResult>,
}

/// What became of one event of a batch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum BatchResult {
    /// It was accepted.
    Accepted(BatchAccepted),
    /// It was refused.
    Refused(Problem),
}

/// An event of a batch that was accepted, as an [`AcceptedEvent`] with its status.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BatchAccepted {
    /// Always 202.
    pub status: u16,
    /// Its id.
    pub id: EventId,
    /// How many deliveries it makes.
    pub deliveries_count: usize,
    /// The first of them.
    pub deliveries: Vec<QueuedDelivery>,
    /// How many endpoints get none.
    pub skipped_count: usize,
    /// The first of them.
    pub skipped: Vec<SkippedEndpoint>,
}

/// Event types and families, separated by commas.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EventTypes(pub Vec<EventTypePattern>);

/// Which events of a workspace are listed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EventFilter {
    /// Required with a key that opens all workspaces.
    pub workspace_id: Option<WorkspaceId>,
    /// Only those of these types.
    #[serde(default)]
    pub event_type: EventTypes,
    /// Only those accepted from then on.
    pub since: Option<Timestamp>,
    /// Only those accepted before then.
    pub until: Option<Timestamp>,
}

/// An event as lists show it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventSummary {
    /// `evt_` and a ULID.
    pub id: EventId,
    /// The workspace it belongs to.
    pub workspace_id: WorkspaceId,
    /// What kind of thing happened.
    #[serde(rename = "type")]
    pub event_type: EventType,
    /// When it happened.
    pub occurred_at: Timestamp,
    /// Who it concerns.
    pub channels: Vec<Channel>,
    /// When its deliveries are due; `null` is at once.
    pub deliver_at: Option<Timestamp>,
    /// When it was accepted.
    pub created_at: Timestamp,
    /// When its data was erased.
    pub erased_at: Option<Timestamp>,
    /// How many deliveries it made.
    pub deliveries: usize,
    /// How many endpoints got none.
    pub skipped: usize,
}

/// An event with what it carries.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Event {
    /// What lists show, too.
    #[serde(flatten)]
    pub summary: EventSummary,
    /// What happened, byte for byte as it was sent; `null` once it was erased.
    pub data: Payload,
}

impl AcceptedEvent {
    /// The event with this id and ledger.
    pub fn of(id: EventId, ledger: &Ledger) -> Self {
        let (deliveries, skipped) = listed(id, ledger);
        let (deliveries_count, skipped_count) = (ledger.deliveries.len(), ledger.skipped.len());
        Self { id, deliveries_count, deliveries, skipped_count, skipped }
    }
}

impl BatchAccepted {
    /// The event with this id and ledger.
    pub fn of(id: EventId, ledger: &Ledger) -> Self {
        let AcceptedEvent { id, deliveries_count, deliveries, skipped_count, skipped } =
            AcceptedEvent::of(id, ledger);
        Self { status: 202, id, deliveries_count, deliveries, skipped_count, skipped }
    }
}

impl From<&DomainEvent> for EventSummary {
    fn from(event: &DomainEvent) -> Self {
        Self {
            id: event.id,
            workspace_id: event.workspace_id,
            event_type: event.event_type.clone(),
            occurred_at: event.occurred_at,
            channels: event.channels.clone(),
            deliver_at: event.deliver_at,
            created_at: event.id.time(),
            erased_at: event.erased_at,
            deliveries: event.ledger.deliveries.len(),
            skipped: event.ledger.skipped.len(),
        }
    }
}

impl From<&DomainEvent> for Event {
    fn from(event: &DomainEvent) -> Self {
        Self { summary: event.into(), data: event.payload.clone() }
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
            let answer = AcceptedEvent::of(EventId::new(at, 1), &ledger);
            assert_eq!(
                (answer.deliveries_count, answer.skipped_count),
                (ledger.deliveries.len(), ledger.skipped.len())
            );
            assert_eq!((answer.deliveries.len(), answer.skipped.len()), listed);
            let bytes = serde_json::to_string(&answer).unwrap().len();
            assert!(bytes < 16_000, "{bytes}");
            let of_batch = BatchAccepted::of(EventId::new(at, 1), &ledger);
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
            assert!(shown.ends_with(&format!(",\"data\":{data}}}")), "{shown}");
        }
    }
}
