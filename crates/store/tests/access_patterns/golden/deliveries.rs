//! Is a delivery of an older version the same in every state it can be in, with its attempts, and in every list?

use domain::delivery::attempt::Attempt;
use domain::delivery::{Delivery, DeliveryStatus};
use domain::id::EndpointId;
use domain::policy::outcome::Outcome;
use domain::timestamp::Timestamp;
use serde_json::{Value, json};
use store::Listing;
use store::rows::deliveries::DeliveryFilter;

use super::{answers, everything, id, item, millis, present, said, table_with, then};

pub(super) const DELIVERIES: [&str; 15] = [
    "delivery-cancelled",
    "delivery-cancelled-deleted",
    "delivery-cancelled-erased",
    "delivery-delivered",
    "delivery-failed",
    "delivery-of-a-test",
    "delivery-parked",
    "delivery-parked-after-a-probe",
    "delivery-parked-in-a-replay",
    "delivery-pending-for-its-slot",
    "delivery-pending-in-a-replay",
    "delivery-retrying",
    "delivery-retrying-in-a-replay",
    "delivery-timed-out",
    "attempt-second",
];

fn of_delivery(delivery: &Delivery) -> Value {
    present(json!({
        "id": delivery.id, "endpoint": delivery.endpoint_id, "workspace": delivery.workspace_id,
        "event": delivery.event_id, "type": delivery.event_type, "status": delivery.status,
        "trigger": delivery.trigger, "attempts": delivery.attempts, "updated_at": delivery.updated_at.as_millis(),
        "occurred_at": Some(delivery.occurred_at).filter(|at| *at != delivery.event_id.time()).map(Timestamp::as_millis),
        "slot_at": millis(delivery.slot_at), "next_attempt_at": millis(delivery.next_attempt_at),
        "delivered_at": millis(delivery.delivered_at), "run": delivery.run,
        "attempts_before_run": Some(delivery.uncounted_attempts).filter(|attempts| *attempts > 0),
        "response_status": delivery.response_status, "last_error": delivery.last_error,
        "cancel_reason": delivery.cancel_reason,
    }))
}

/// An attempt as the API shows it.
fn of_attempt(attempt: &Attempt) -> Value {
    let response = match &attempt.outcome {
        Outcome::Unreachable(_) => Value::Null,
        Outcome::Answered(answer) => json!({
            "status": answer.status, "headers": answer.headers, "body_truncated": answer.body_truncated,
            "body": String::from_utf8_lossy(&answer.body),
        }),
    };
    json!({
        "number": attempt.number, "trigger": attempt.trigger, "started_at": attempt.started_at,
        "duration_ms": u64::try_from(attempt.duration.as_millis()).unwrap(), "error": attempt.error,
        "request": attempt.sent, "response": response,
    })
}

#[tokio::test]
async fn deliveries_and_their_attempts() {
    let (table, answers) = (table_with(&DELIVERIES).await, answers());
    for name in DELIVERIES.iter().filter(|name| name.starts_with("delivery-")) {
        let item = item(name);
        let (endpoint, id): (EndpointId, _) = (id(&item, "PK", 1), id(&item, "SK", 1));
        let row = table.store.load_delivery(endpoint, id, then()).await.unwrap().unwrap();
        assert_eq!(of_delivery(&row.delivery), said(&item), "{name}");
        // These rows do not say when they were parked: when they last changed.
        let is_parked = row.delivery.status == DeliveryStatus::Parked;
        assert_eq!(row.delivery.parked_at, is_parked.then_some(row.delivery.updated_at), "{name}");
        assert_eq!(row.first_attempt.is_some(), item.contains_key("first_attempt"), "{name}");
        let later = table.store.later_attempts(endpoint, id).await.unwrap();
        assert_eq!(later.len(), usize::from(*name == "delivery-retrying"), "{name}");
        let log = answers.get(&format!("/v1/webhook-endpoints/{endpoint}/deliveries/{id}"));
        for attempt in row.first_attempt.iter().chain(&later) {
            // One endpoint was deleted.
            let shown = log.map(|log| &log["attempt_log"][usize::try_from(attempt.number).unwrap() - 1]);
            assert!(shown.is_none_or(|shown| of_attempt(attempt) == *shown), "{name}: {attempt:?}");
        }

        // The same in each list it belongs to.
        let (status, store) = (row.delivery.status, &table.store);
        let filter = DeliveryFilter { statuses: &[status], event_types: &[] };
        let newest = Listing::newest_first(everything(), filter, 9);
        let oldest = Listing::oldest_first(everything(), filter, 9);
        let list = store.list_deliveries(endpoint, &newest, then()).await.unwrap();
        let oldest = store.list_deliveries(endpoint, &oldest, then()).await.unwrap();
        let several = store.load_deliveries(&[(endpoint, id)], then()).await.unwrap();
        let is_undelivered = matches!(status, DeliveryStatus::Failed | DeliveryStatus::Parked);
        let waiting = Listing::oldest_first(everything(), status, 9);
        let waiting = store.list_undelivered(endpoint, &waiting, then()).await.unwrap();
        assert_eq!(waiting.rows.contains(&row.delivery), is_undelivered, "{name}");
        for rows in [list.rows, oldest.rows, several] {
            assert!(rows.contains(&row.delivery), "{name}");
        }
    }
}
