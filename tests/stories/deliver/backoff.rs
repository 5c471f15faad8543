//! How does a delivery wait for its retry?
//! The backoff: the job's visibility timeout, or a delayed message while the queue holds many in flight.

use std::time::Duration;

use embedded_aws::sqs::Counts;
use queue::definition::JOBS;
use serde_json::json;
use stories::{Answer, Receiver, Stage};

const HOUR: Duration = Duration::from_secs(3_600);

/// Jobs of the stage that are in flight, beside those only counted, and jobs that are delayed.
async fn waiting(stage: &Stage, counted: i64) -> (i64, i64) {
    let Counts { in_flight, delayed, .. } = stage.platform.aws.sqs.counts(JOBS).await.unwrap();
    (in_flight - counted, delayed)
}

/// Lets the schedule see so many messages in flight.
async fn count(stage: &Stage, in_flight: i64) {
    stage.platform.aws.sqs.count_in_flight(in_flight).await.unwrap();
    stage.platform.tick().await.unwrap();
}

#[tokio::test]
async fn a_long_wait_is_invisible_unless_very_many_are_in_flight_and_again_when_they_are_few() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    // Four failures leave the circuit closed.
    let endpoint =
        stage.endpoint(&receiver, json!({ "retry": { "schedule_seconds": vec![7_200; 4] } })).await;
    receiver.answer_first(&[Answer::Status(500); 4]);
    stage.send("invoice.paid", json!({ "n": 1 })).await;
    stage.attempted(&endpoint, 1).await;
    assert_eq!(waiting(&stage, 0).await, (1, 0), "the wait is the job's visibility timeout");

    count(&stage, 60_000).await;
    stage.advance(3 * HOUR);
    stage.attempted(&endpoint, 2).await;
    assert_eq!(waiting(&stage, 60_000).await, (0, 1), "the wait is a delayed message");

    count(&stage, 40_000).await;
    stage.advance(3 * HOUR);
    stage.attempted(&endpoint, 3).await;
    assert_eq!(waiting(&stage, 40_000).await, (0, 1), "not before there are fewer");

    count(&stage, 39_999).await;
    stage.advance(3 * HOUR);
    stage.attempted(&endpoint, 4).await;
    assert_eq!(waiting(&stage, 39_999).await, (1, 0), "it is invisible again");

    count(&stage, 0).await;
    stage.advance(3 * HOUR);
    let row = stage.deliveries(&endpoint, 1, "delivered").await.remove(0);
    assert_eq!((row["attempts"].as_u64(), receiver.seen().len()), (Some(5), 5));
    let bodies: std::collections::HashSet<_> = receiver.seen().iter().map(|seen| seen.body.clone()).collect();
    assert_eq!(bodies.len(), 1, "every attempt sends the same");
    stage.end().await;
}

#[tokio::test]
async fn a_wait_longer_than_sqs_allows_comes_early_and_waits_again() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    let endpoint = stage.endpoint(&receiver, json!({ "retry": { "schedule_seconds": [72_000] } })).await;
    receiver.answer_first(&[Answer::Status(500)]);
    stage.send("invoice.paid", json!({})).await;
    stage.attempted(&endpoint, 1).await;
    assert_eq!(waiting(&stage, 0).await, (1, 0));

    // The longest visibility timeout is over; the job is received, and is early.
    stage.advance(12 * HOUR);
    for _ in 0..500 {
        if waiting(&stage, 0).await == (1, 0) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!((waiting(&stage, 0).await, receiver.seen().len()), ((1, 0), 1));

    stage.advance(10 * HOUR + HOUR / 2);
    assert_eq!(stage.deliveries(&endpoint, 1, "delivered").await[0]["attempts"], 2);
    stage.end().await;
}

#[tokio::test]
async fn a_payload_erased_during_the_wait_is_not_sent_though_the_waiting_job_holds_it() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    let endpoint = stage.endpoint(&receiver, json!({ "retry": { "schedule_seconds": [7200] } })).await;
    receiver.answer_first(&[Answer::Status(500)]);
    let sent = stage.send("invoice.paid", json!({ "card": "4242" })).await;
    stage.attempted(&endpoint, 1).await;
    let path = format!("/v1/events/{}/data?workspace_id={}", sent["id"].as_str().unwrap(), stage.workspace);
    let (status, answer) = stage.admin.call("DELETE", &path, "", &[]).await.unwrap();
    assert!(status < 300, "{status} {answer}");
    stage.advance(3 * HOUR);
    let row = stage.deliveries(&endpoint, 1, "cancelled").await.remove(0);
    assert_eq!((row["cancel_reason"].as_str(), receiver.seen().len()), (Some("event_erased"), 1));
    stage.end().await;
}
