//! What happens to deliveries that wait for a retry when their endpoint recovers?
//! A drain brings them forward, oldest first among the parked ones; the job that waited finds its delivery superseded, so
//! nothing is sent twice. A replay of a window can select them, too.

use std::collections::BTreeSet;
use std::time::Duration;

use embedded_aws::sqs::Counts;
use queue::definition::JOBS;
use serde_json::{Value, json};
use stories::{Answer, Receiver, Stage};

use super::circuit::{active, count, drained, statuses, until};

fn number(body: &[u8]) -> u64 {
    serde_json::from_slice::<Value>(body).unwrap()["data"]["n"].as_u64().unwrap()
}

/// Sends events whose payload is their number.
async fn send(stage: &Stage, numbers: std::ops::Range<u64>) {
    for n in numbers {
        stage.send("invoice.paid", json!({ "n": n })).await;
    }
}

/// Jobs that are in flight, beside those only counted, and jobs that are delayed.
async fn waiting(stage: &Stage, counted: i64) -> (i64, i64) {
    let Counts { in_flight, delayed, .. } = stage.platform.aws.sqs.counts(JOBS).await.unwrap();
    (in_flight - counted, delayed)
}

/// The story of five long waits and 55 parked deliveries, while the queue counts `counted` jobs in flight. Gives how the
/// jobs waited.
async fn after_a_recovery_all_go_out_oldest_first(counted: i64) -> (i64, i64) {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    stage.platform.aws.sqs.count_in_flight(counted).await.unwrap();
    stage.platform.tick().await.unwrap();
    let settings = json!({
        "retry": { "schedule_seconds": [36_000, 36_000] }, "disable": { "consecutive_failures": 10_000 },
    });
    let endpoint = stage.endpoint(&receiver, settings).await;
    receiver.answer(Answer::Status(503));
    send(&stage, 0..5).await;
    until(&stage, &endpoint, |all| count(all, "retrying") == 5).await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    send(&stage, 5..60).await;
    until(&stage, &endpoint, |all| count(all, "parked") == 55).await;

    receiver.answer(Answer::Status(200));
    stage.advance(Duration::from_secs(61));
    stage.platform.tick().await.unwrap();
    receiver.wait_for(6).await;
    drained(&stage, &endpoint, 60).await;
    let seen = receiver.seen();
    assert_eq!(seen.len(), 65, "5 failures, 60 successes");
    // The probe, then steps of 20. Two steps that follow each other may overlap on a busy machine, others may not.
    let first: BTreeSet<u64> = seen[5..46].iter().map(|seen| number(&seen.body)).collect();
    let oldest: BTreeSet<u64> = (0..21).collect();
    assert!(
        first.is_superset(&oldest),
        "the oldest come first, those that waited for ten hours among them: {first:?}"
    );

    // The jobs that waited are still there. They come when their time has come, find their deliveries superseded, and end.
    let jobs = waiting(&stage, counted).await;
    stage.platform.aws.sqs.count_in_flight(0).await.unwrap();
    stage.advance(Duration::from_secs(40_000));
    stage.end().await;
    assert_eq!(receiver.seen().len(), 65);
    jobs
}

#[tokio::test]
async fn after_a_recovery_retries_and_parked_deliveries_go_out_together_oldest_first() {
    assert_eq!(after_a_recovery_all_go_out_oldest_first(0).await, (5, 0), "they waited invisible");
}

#[tokio::test]
async fn so_they_do_while_the_queue_is_crowded_and_waits_are_delayed_messages() {
    assert_eq!(after_a_recovery_all_go_out_oldest_first(60_000).await, (0, 5));
}

#[tokio::test]
async fn a_retry_that_was_brought_forward_and_failed_waits_anew_and_is_sent_by_one_job_only() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    let settings = json!({ "retry": { "schedule_seconds": [3600, 3600, 3600] } });
    let endpoint = stage.endpoint(&receiver, settings).await;
    receiver.answer(Answer::Status(503));
    send(&stage, 0..5).await;
    until(&stage, &endpoint, |all| count(all, "retrying") == 5).await;
    until_open(&stage, &endpoint.id).await;

    // Its owner believes that it is well, after 1,000 s.
    stage.advance(Duration::from_secs(1_000));
    let path = format!("/v1/webhook-endpoints/{}", endpoint.id);
    stage.admin.call("PATCH", &path, r#"{"active":true}"#, &[]).await.unwrap();
    receiver.wait_for(10).await;
    until_open(&stage, &endpoint.id).await;
    for _ in 0..15 {
        stage.advance(Duration::from_secs(1));
        tokio::time::sleep(Duration::from_millis(30)).await;
    }
    assert_eq!(receiver.seen().len(), 10, "what failed again is not brought forward again");

    // The first jobs are due after 3,600 s and up to a tenth of jitter, those of the drain 1,000 s later.
    stage.advance(Duration::from_secs(3_050));
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(receiver.seen().len(), 10, "the first jobs are superseded");
    assert_eq!(count(&statuses(&stage, &endpoint).await, "retrying"), 5);
    receiver.answer(Answer::Status(200));
    stage.advance(Duration::from_secs(1_000));
    until(&stage, &endpoint, |all| count(all, "delivered") == 5).await;
    stage.advance(Duration::from_secs(4_000));
    stage.end().await;
    assert_eq!(receiver.seen().len(), 15);
    assert!(times_sent(&receiver).into_iter().all(|times| times == 3));
}

/// How often each event was sent.
fn times_sent(receiver: &Receiver) -> Vec<usize> {
    let mut times = vec![0; 5];
    for seen in receiver.seen() {
        times[usize::try_from(number(&seen.body)).unwrap()] += 1;
    }
    times
}

async fn until_open(stage: &Stage, endpoint: &str) {
    let path = format!("/v1/webhook-endpoints/{endpoint}");
    for _ in 0..500 {
        let health = stage.read(&path).await["health"].clone();
        if health["circuit"] == "open" && health["failures"] == 5 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("the circuit did not open")
}

#[tokio::test]
async fn a_replay_of_a_window_selects_what_waits_for_a_retry() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    let endpoint = stage.endpoint(&receiver, json!({ "retry": { "schedule_seconds": [3600] } })).await;
    let since = stage.clock().now();
    send(&stage, 0..1).await;
    stage.deliveries(&endpoint, 1, "delivered").await;
    receiver.answer(Answer::Status(500));
    send(&stage, 1..4).await;
    until(&stage, &endpoint, |all| count(all, "retrying") == 3).await;
    assert_eq!(active(&stage, &endpoint).await["health"]["circuit"], "closed");

    receiver.answer(Answer::Status(200));
    let path = format!("/v1/webhook-endpoints/{}/replay", endpoint.id);
    let replay = |more: Value| {
        let mut body = json!({ "since": since, "status": "retrying" });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body.to_string()
    };
    let (status, dry) =
        stage.admin.call("POST", &path, replay(json!({ "dry_run": true })), &[]).await.unwrap();
    assert_eq!((status, &dry["count"]), (200, &json!(3)), "{dry}");
    let (status, begun) = stage.admin.call("POST", &path, replay(json!({})), &[]).await.unwrap();
    assert_eq!(status, 202, "{begun}");
    until(&stage, &endpoint, |all| count(all, "delivered") == 4).await;
    let rows = stage.read(&format!("/v1/webhook-endpoints/{}/deliveries", endpoint.id)).await;
    assert_eq!(rows[0]["replay_id"], begun["id"]);
    assert_eq!(receiver.seen().len(), 7);

    stage.advance(Duration::from_secs(4_000));
    stage.end().await;
    assert_eq!(receiver.seen().len(), 7, "the jobs that waited find nothing to do");
}

#[tokio::test]
async fn a_replay_also_selects_what_an_earlier_replay_left_waiting_for_a_retry() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    let endpoint = stage.endpoint(&receiver, json!({ "retry": { "schedule_seconds": [3600] } })).await;
    let since = stage.clock().now();
    receiver.answer(Answer::Status(500));
    send(&stage, 0..1).await;
    until(&stage, &endpoint, |all| count(all, "retrying") == 1).await;
    let path = format!("/v1/webhook-endpoints/{}/replay", endpoint.id);
    let body = json!({ "since": since, "status": "retrying" }).to_string();
    for attempts in [2, 3] {
        stage.advance(Duration::from_secs(1));
        assert_eq!(stage.admin.call("POST", &path, body.clone(), &[]).await.unwrap().0, 202);
        stage.attempted(&endpoint, attempts).await;
    }
    until(&stage, &endpoint, |all| count(all, "retrying") == 1).await;

    receiver.answer(Answer::Status(200));
    stage.advance(Duration::from_secs(5_000));
    until(&stage, &endpoint, |all| count(all, "delivered") == 1).await;
    stage.end().await;
    assert_eq!(receiver.seen().len(), 4, "of the three jobs that waited only the last has sent it");
}
