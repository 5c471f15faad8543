//! When does a delivery go out whose endpoint has a delay?
//! When the delay is over, once, whichever jobs were sent for it; until then every list shows when that is.

use std::time::Duration;

use serde_json::{Value, json};
use stories::stage::Endpoint;
use stories::{Answer, Receiver, Stage};

/// Sends the same event under the same key, and gives what was answered.
async fn send_again(stage: &Stage) -> Value {
    let body = json!({ "workspace_id": stage.workspace, "type": "ticket.created", "data": { "n": 1 } });
    let key = [("idempotency-key", "ticket-1")];
    let (status, answer) = stage.admin.call("POST", "/v1/events", body.to_string(), &key).await.unwrap();
    assert!([200, 202].contains(&status), "{answer}");
    answer
}

/// Waits until the endpoint's delivery waits for its delay.
async fn held(stage: &Stage, endpoint: &Endpoint) -> Value {
    stage.deliveries(endpoint, 1, "pending").await.remove(0)
}

#[tokio::test]
async fn a_repeated_request_sends_no_second_job_of_a_delivery_that_waits() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    let endpoint = stage.endpoint(&receiver, json!({ "delay_seconds": 600 })).await;
    // While one attempt is under way, another would not find it in the row.
    receiver.answer(Answer::Slowly(Duration::from_millis(100)));
    // A job waits from when it is put back, so none may be under way while the clock is moved on.
    for wait in [0, 100, 100] {
        send_again(&stage).await;
        held(&stage, &endpoint).await;
        tokio::time::sleep(Duration::from_millis(200)).await;
        stage.advance(Duration::from_secs(wait));
    }
    stage.advance(Duration::from_secs(401));
    // In small steps: the other job comes a minute after the first.
    for _ in 0..60 {
        tokio::time::sleep(Duration::from_millis(20)).await;
        stage.advance(Duration::from_secs(5));
    }
    stage.deliveries(&endpoint, 1, "delivered").await;
    stage.end().await;
    assert_eq!(receiver.seen().len(), 1);
}

#[tokio::test]
async fn lists_show_when_a_delivery_that_waits_is_due() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    let endpoint = stage.endpoint(&receiver, json!({ "delay_seconds": 600 })).await;
    let event = send_again(&stage).await;
    let id = event["id"].as_str().unwrap();
    let accepted = stage.read(&format!("/v1/events/{id}?workspace_id={}", stage.workspace)).await;
    let accepted = accepted["created_at"].as_str().unwrap().to_owned();
    let accepted = domain::timestamp::Timestamp::parse(&accepted).unwrap();
    let due = json!(accepted.plus(Duration::from_secs(600)).to_string());
    let workspace = &stage.workspace;
    let lists = [
        format!("/v1/events/{id}/deliveries?workspace_id={workspace}"),
        format!("/v1/deliveries?workspace_id={workspace}"),
    ];
    // Before its job was received, and since.
    for _ in 0..2 {
        for list in &lists {
            let page = stage.read(list).await;
            let rows = page["data"].as_array().or(page.as_array()).unwrap();
            assert_eq!(rows[0]["next_attempt_at"], due, "{list}: {page:#}");
        }
        held(&stage, &endpoint).await;
    }
    let delivery = held(&stage, &endpoint).await;
    assert_eq!((&delivery["next_attempt_at"], &delivery["attempts"]), (&due, &json!(0)));
    stage.advance(Duration::from_secs(601));
    let delivered = stage.deliveries(&endpoint, 1, "delivered").await.remove(0);
    assert_eq!(delivered["next_attempt_at"], Value::Null);
    stage.end_after_repeating().await;
}
