//! When is a failed delivery attempted again?
//! Retries: backoff, `Retry-After`, and the end of the schedule.

use std::time::Duration;

use serde_json::json;
use stories::{Answer, Receiver, Stage};

#[tokio::test]
async fn a_failed_delivery_comes_back_by_the_queues_timeout_and_every_attempt_is_kept() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    let settings = json!({ "retry": { "schedule_seconds": [60, 3600] } });
    let endpoint = stage.endpoint(&receiver, settings).await;
    receiver.answer_first(&[Answer::Status(500), Answer::RetryAfter(7_200)]);
    stage.send("invoice.paid", json!({})).await;

    let row = stage.deliveries(&endpoint, 1, "retrying").await.remove(0);
    assert!(row["next_attempt_at"].is_string());
    stage.advance(Duration::from_secs(67));
    receiver.wait_for(2).await;
    stage.attempted(&endpoint, 2).await;
    // The schedule alone would try again after 66 minutes at most.
    stage.advance(Duration::from_secs(3_960));
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(receiver.seen().len(), 2, "Retry-After pushes the attempt later");
    stage.advance(Duration::from_secs(3_600));

    let row = stage.deliveries(&endpoint, 1, "delivered").await.remove(0);
    assert_eq!(row["attempts"], 3);
    let path = format!("/v1/webhook-endpoints/{}/deliveries/{}", endpoint.id, row["id"].as_str().unwrap());
    let detail = stage.read(&path).await;
    let log = detail["attempt_log"].as_array().unwrap();
    let statuses: Vec<_> =
        log.iter().map(|attempt| attempt["response"]["status"].as_u64().unwrap()).collect();
    assert_eq!(statuses, [500, 503, 200]);

    let numbers: Vec<_> =
        receiver.seen().iter().map(|seen| seen.header("x-webhook-attempt").to_owned()).collect();
    assert_eq!(numbers, ["1", "2", "3"]);
    let keys: std::collections::HashSet<_> =
        receiver.seen().iter().map(|seen| seen.header("idempotency-key").to_owned()).collect();
    assert_eq!(keys.len(), 1, "the Idempotency-Key is stable over retries");
    stage.end().await;
}

#[tokio::test]
async fn a_delivery_is_given_up_when_its_schedule_ends() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    let endpoint = stage.endpoint(&receiver, json!({ "retry": { "schedule_seconds": [1] } })).await;
    receiver.answer(Answer::Status(302));
    stage.send("invoice.paid", json!({})).await;
    stage.deliveries(&endpoint, 1, "retrying").await;
    stage.advance(Duration::from_secs(5));
    let row = stage.deliveries(&endpoint, 1, "failed").await.remove(0);
    assert_eq!((row["attempts"].as_u64(), row["last_error"].as_str()), (Some(2), Some("redirect_refused")));
    stage.end().await;
}

#[tokio::test]
async fn an_endpoint_that_cannot_be_reached_is_data_and_no_error() {
    let stage = Stage::set().await;
    let closed = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", closed.local_addr().unwrap());
    drop(closed);
    let body = json!({ "workspace_id": stage.workspace, "url": url, "retry": { "schedule_seconds": [] } });
    let made = stage.admin.post("/v1/webhook-endpoints", &body).await.unwrap();
    let path = format!("/v1/webhook-endpoints/{}/test", made["id"].as_str().unwrap());
    let (status, outcome) = stage.admin.call("POST", &path, "", &[]).await.unwrap();
    assert_eq!((status, outcome["last_error"].as_str()), (200, Some("connection_refused")));
    stage.end().await;
}
