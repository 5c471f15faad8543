//! Can a bad message harm the others in its batch?
//! Partial batch responses: good jobs are delivered, malformed messages end in the dead-letter queue.

use std::time::Duration;

use queue::definition::{DEAD_LETTERS, VISIBILITY_TIMEOUT_SECONDS};
use serde_json::json;
use stories::{Receiver, Stage};

#[tokio::test]
async fn a_job_that_cannot_be_read_ends_in_the_dead_letter_queue_and_its_neighbours_are_delivered() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    let endpoint = stage.endpoint(&receiver, json!({})).await;
    let client = stage.platform.aws.sqs_client();
    for body in ["this is no job", r#"{"v":99}"#] {
        client.send_message().queue_url(stage.platform.queue.url()).message_body(body).send().await.unwrap();
    }
    stage.send("invoice.paid", json!({})).await;
    stage.deliveries(&endpoint, 1, "delivered").await;

    // Each faulty receive waits for the queue's own timeout; after the fifth the sender moves the job itself.
    for _ in 0..4 {
        tokio::time::sleep(Duration::from_millis(100)).await;
        stage.advance(Duration::from_secs(u64::from(VISIBILITY_TIMEOUT_SECONDS) + 1));
    }
    let mut dead = 0;
    for _ in 0..200 {
        dead = stage.platform.aws.sqs.counts(DEAD_LETTERS).await.unwrap().visible;
        if dead == 2 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(dead, 2);
    stage.end().await;
    assert_eq!(receiver.seen().len(), 1);
}

#[tokio::test]
async fn jobs_of_a_deleted_endpoint_are_cancelled() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    let endpoint = stage.endpoint(&receiver, json!({ "retry": { "schedule_seconds": [3600] } })).await;
    receiver.answer(stories::Answer::Status(500));
    stage.send("invoice.paid", json!({})).await;
    stage.deliveries(&endpoint, 1, "retrying").await;
    let path = format!("/v1/webhook-endpoints/{}", endpoint.id);
    assert_eq!(stage.admin.call("DELETE", &path, "", &[]).await.unwrap().0, 204);
    stage.advance(Duration::from_secs(4_000));
    stage.end().await;
    assert_eq!(receiver.seen().len(), 1);
}

#[tokio::test]
async fn a_job_that_arrives_twice_is_sent_once() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    let endpoint = stage.endpoint(&receiver, json!({})).await;
    let accepted = stage.send("invoice.paid", json!({})).await;
    let row = stage.deliveries(&endpoint, 1, "delivered").await.remove(0);
    let job = json!({
        "v": 1, "workspace": stage.workspace, "endpoint": endpoint.id, "event": accepted["id"],
        "delivery": row["id"], "type": "invoice.paid", "time": row["created_at"], "payload": {}, "recheck": true,
    });
    let client = stage.platform.aws.sqs_client();
    client
        .send_message()
        .queue_url(stage.platform.queue.url())
        .message_body(job.to_string())
        .send()
        .await
        .unwrap();
    stage.end().await;
    assert_eq!(receiver.seen().len(), 1);
}
