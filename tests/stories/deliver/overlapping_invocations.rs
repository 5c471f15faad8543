//! Do overlapping invocations of one process affect each other?
//! Concurrent invocations, as on managed instances: none sees the state of another.

use std::time::Duration;

use aws_lambda_events::sqs::SqsMessage;
use domain::endpoint::address::AllowedTargets;
use domain::id::{DeliveryId, EndpointId, EventId};
use egress::Egress;
use serde_json::json;
use stories::stage::Endpoint;
use stories::{Answer, Receiver, Stage};
use usecases::deliver::attempt_delivery::Sender;
use usecases::{Clock, Context, Readings};

fn record(id: &str, body: String) -> SqsMessage {
    let mut record = SqsMessage::default();
    record.message_id = Some(id.to_owned());
    record.receipt_handle = Some(id.to_owned());
    record.body = Some(body);
    record.attributes = [("ApproximateReceiveCount".to_owned(), "1".to_owned())].into();
    record
}

/// A job of an event that only this story knows.
fn job(stage: &Stage, endpoint: &Endpoint, number: u128) -> String {
    let now = Clock::system().now();
    let (event, endpoint) = (EventId::new(now, number), endpoint.id.parse::<EndpointId>().unwrap());
    let body = json!({
        "v": 1, "workspace": stage.workspace, "endpoint": endpoint, "event": event,
        "delivery": DeliveryId::of(event, endpoint), "type": "invoice.paid", "time": now, "payload": { "n": 1 },
    });
    body.to_string()
}

#[tokio::test]
async fn two_invocations_that_overlap_share_neither_failures_nor_readings() {
    let stage = Stage::set().await;
    let (slow, quick) = (Receiver::start().await, Receiver::start().await);
    slow.answer(Answer::Slowly(Duration::from_millis(600)));
    quick.answer(Answer::Status(500));
    let slow_endpoint = stage.endpoint(&slow, json!({ "events": ["slow.*"] })).await;
    let quick_endpoint = stage.endpoint(&quick, json!({ "events": ["quick.*"] })).await;
    let context = Context::new(stage.platform.store.clone(), stage.platform.queue.clone());
    let egress = Egress::new(AllowedTargets::loopback_and_http()).unwrap();
    let sender = Sender::new(context, egress);

    let first = [
        record("slow-1", job(&stage, &slow_endpoint, 1)),
        record("slow-2", job(&stage, &slow_endpoint, 2)),
        record("garbage", "this is not a job".to_owned()),
    ];
    let second = [record("quick-1", job(&stage, &quick_endpoint, 3))];
    let one = sender::handle_records(&sender, &first);
    let other = async {
        // The first is under way, and goes on while this one begins and ends.
        slow.wait_for(2).await;
        sender::handle_records(&sender, &second).await
    };
    let ((first_answer, first_readings), (second_answer, second_readings)) = tokio::join!(one, other);

    let named = |answer: aws_lambda_events::sqs::SqsBatchResponse| -> Vec<String> {
        answer.batch_item_failures.into_iter().map(|failure| failure.item_identifier).collect()
    };
    assert_eq!(named(first_answer), ["garbage"]);
    assert_eq!(named(second_answer), ["quick-1"], "it comes back for its retry");
    let Readings { attempts, faults, retries, .. } = first_readings;
    assert_eq!((attempts, faults, retries), ([("delivered", 2)].into(), 1, 0));
    let Readings { attempts, faults, retries, .. } = second_readings;
    assert_eq!((attempts, faults, retries), ([("http_status", 1)].into(), 0, 1));
    stage.end().await;
}
