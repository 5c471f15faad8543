//! How does a story get thousands of deliveries at once?
//! A seed: events and their first attempts, written into the table as the functions would have left them.

use std::sync::Arc;
use std::time::Duration;

use domain::delivery::Delivery;
use domain::delivery::attempt::{Attempt, SentRequest, Trigger};
use domain::delivery::decision::Decision;
use domain::event::Event;
use domain::event::event_type::EventType;
use domain::event::ledger::Ledger;
use domain::id::{EndpointId, EventId};
use domain::policy::outcome::{Answer, ErrorClass, Outcome};
use domain::timestamp::Timestamp;
use futures_util::{StreamExt as _, TryStreamExt as _};
use serde_json::value::RawValue;
use store::BATCH_WRITES;
use store::rows::deliveries::{DeliveryRow, Settlement};
use stories::Stage;
use stories::stage::Endpoint;

/// The events are so far apart.
const APART: Duration = Duration::from_secs(30);
/// So many batches are written at the same time.
const AT_ONCE: usize = 16;

/// Writes `events` events of the last hours, one for `invoice.paid` and one for `order.made` in turn, each with a delivery
/// to every endpoint. Delivery number `n`, from the newest, was answered `answer(n)`; what is not 2xx was given up.
pub async fn seed(stage: &Stage, endpoints: &[Endpoint], events: usize, answer: impl Fn(usize) -> u16) {
    let (now, endpoints) = (stage.clock().now(), endpoint_ids(endpoints));
    let expires_at = now.plus(Duration::from_secs(30 * 86_400));
    let (mut rows, mut settlements) = (Vec::new(), Vec::new());
    for number in 0..events {
        let event = event(stage, number, now, &endpoints);
        for (at, endpoint) in endpoints.iter().enumerate() {
            let row = settled(&event, *endpoint, answer(number * endpoints.len() + at));
            settlements.push(Settlement { row, later_attempt: None, expires_at });
        }
        rows.push(stage.platform.store.event_row(&event, expires_at).await.unwrap());
    }
    stage.platform.store.save_new_events(rows).await.unwrap();
    let batches = settlements.chunks(BATCH_WRITES).map(|batch| stage.platform.store.settle(batch));
    futures_util::stream::iter(batches).buffer_unordered(AT_ONCE).try_collect::<Vec<()>>().await.unwrap();
}

fn endpoint_ids(endpoints: &[Endpoint]) -> Vec<EndpointId> {
    endpoints.iter().map(|endpoint| endpoint.id.parse().unwrap()).collect()
}

/// Event number `number`, from the newest.
fn event(stage: &Stage, number: usize, now: Timestamp, endpoints: &[EndpointId]) -> Event {
    let at = now.minus(APART * u32::try_from(number + 1).unwrap());
    // Mixed, so that the events are in all shards of their list.
    let randomness = (number as u128 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835);
    let event_type = ["invoice.paid", "order.made"][number % 2];
    Event {
        id: EventId::new(at, randomness),
        uid: None,
        workspace_id: stage.workspace.parse().unwrap(),
        event_type: EventType::parse(event_type).unwrap(),
        occurred_at: at,
        payload: Arc::new(RawValue::from_string(format!(r#"{{"number":{number}}}"#)).unwrap().into()),
        erased_at: None,
        channels: Vec::new(),
        deliver_at: None,
        trace: None,
        is_test: false,
        caused_by: None,
        ledger: Ledger { deliveries: endpoints.to_vec(), skipped: Vec::new() },
    }
}

/// The row of a delivery after its first attempt.
fn settled(event: &Event, endpoint: EndpointId, status: u16) -> DeliveryRow {
    let is_delivered = (200..300).contains(&status);
    let attempt = Attempt {
        number: 1,
        trigger: Trigger::Automatic,
        started_at: event.occurred_at,
        duration: Duration::from_millis(20),
        sent: SentRequest::default(),
        outcome: Outcome::Answered(Answer {
            status,
            headers: Vec::new(),
            body: Vec::new(),
            body_truncated: false,
        }),
        error: (!is_delivered).then_some(ErrorClass::HttpStatus),
    };
    let event_type = event.event_type.clone();
    let delivery = Delivery::new(event.workspace_id, endpoint, event.id, event_type, event.occurred_at);
    let decision = if is_delivered { Decision::Delivered } else { Decision::Exhausted };
    DeliveryRow { delivery: delivery.settled(&attempt, decision), first_attempt: Some(attempt) }
}
