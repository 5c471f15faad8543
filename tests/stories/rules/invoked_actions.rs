//! What becomes of a rule's calls of an action that fail?

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use api::client::ApiClient;
use local::observe::Trouble;
use serde_json::{Value, json};
use stories::receiver::Answer;
use stories::stage::Endpoint;
use stories::{Receiver, Stage};

use super::step;

/// A rule that invokes an action which calls `receiver`, made by someone who may.
async fn invoking(stage: &Stage, receiver: &Receiver, more: Value) -> Endpoint {
    let mut action = json!({
        "workspace_id": stage.workspace, "name": "refund_order", "url": receiver.url(), "roles": ["support"],
        "parameters": { "type": "object", "properties": { "order": {} } }, "retries": 0,
    });
    action.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    stage.admin.post("/v1/actions", &action).await.unwrap();
    let key = json!({
        "name": "key", "workspace_id": stage.workspace, "scopes": ["rules", "actions"], "roles": ["support"],
    });
    let key = stage.admin.post("/v1/api-keys", &key).await.unwrap();
    let owner = ApiClient::new(&stage.platform.url(), key["key"].as_str().unwrap());
    let rule = json!({
        "name": "Refunds", "when": { "events": ["order.returned"] },
        "then": [{ "do": "invoke", "action": "refund_order", "parameters": { "order": "{{ data.id }}" },
                   "retry": { "schedule_seconds": [60] } }],
    });
    step(&owner.post("/v1/rules", &rule).await.unwrap(), 0)
}

/// Sends the delivery of a step once more.
async fn replay(stage: &Stage, endpoint: &Endpoint, delivery: &Value) {
    let id = delivery["id"].as_str().unwrap();
    let path = format!("/v1/webhook-endpoints/{}/deliveries/{id}/replay", endpoint.id);
    stage.admin.post(&path, &json!({ "force": true })).await.unwrap();
}

async fn invocations(stage: &Stage) -> Vec<(Value, Value)> {
    let page = stage.read(&format!("/v1/invocations?workspace_id={}", stage.workspace)).await;
    let rows = page["data"].as_array().unwrap().iter();
    rows.map(|row| (row["id"].clone(), row["status"].clone())).collect()
}

#[tokio::test]
async fn a_call_that_failed_is_tried_again_as_the_same_invocation() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    let endpoint = invoking(&stage, &receiver, json!({ "idempotent": true })).await;
    receiver.answer(Answer::Status(500));
    stage.send("order.returned", json!({ "id": 7 })).await;
    stage.attempted(&endpoint, 1).await;
    let first = invocations(&stage).await;
    assert_eq!((first.len(), &first[0].1), (1, &json!("failed")));
    receiver.answer(Answer::Status(200));
    stage.advance(Duration::from_secs(120));
    let delivery = stage.deliveries(&endpoint, 1, "delivered").await.remove(0);
    assert_eq!(invocations(&stage).await, [(first[0].0.clone(), json!("succeeded"))]);

    // What succeeded is not carried out again, a day later neither.
    stage.advance(Duration::from_secs(2 * 24 * 3600));
    replay(&stage, &endpoint, &delivery).await;
    stage.attempted(&endpoint, 3).await;
    stage.end_after_repeating().await;
    let seen = receiver.seen();
    assert_eq!(seen.len(), 2);
    assert_eq!(seen[0].header("idempotency-key"), seen[1].header("idempotency-key"));
}

#[tokio::test]
async fn a_call_that_may_have_been_carried_out_is_made_again_only_by_hand() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    let endpoint = invoking(&stage, &receiver, json!({})).await;
    receiver.answer(Answer::Status(500));
    stage.send("order.returned", json!({ "id": 7 })).await;
    let delivery = stage.deliveries(&endpoint, 1, "failed").await.remove(0);
    assert_eq!(delivery["attempts"], 1);
    receiver.answer(Answer::Status(200));
    replay(&stage, &endpoint, &delivery).await;
    stage.deliveries(&endpoint, 1, "delivered").await;
    assert_eq!(invocations(&stage).await[0].1, "succeeded");
    stage.end().await;
    assert_eq!(receiver.seen().len(), 2);
}

/// A call after which nothing can be written down, as when the sender dies: the job comes again.
async fn interrupted(settings: Value) -> (Stage, Arc<Receiver>, Endpoint) {
    let receiver = Arc::new(Receiver::start().await);
    let (called, is_over) = (Arc::clone(&receiver), AtomicBool::new(false));
    let stage = Stage::set_with_trouble(move |function, operation| {
        let is_its_end = function == "sender" && operation == "PutItem" && called.seen().len() == 1;
        (is_its_end && !is_over.swap(true, Ordering::SeqCst)).then_some(Trouble::Refused)
    })
    .await;
    let endpoint = invoking(&stage, &receiver, settings).await;
    stage.send("order.returned", json!({ "id": 7 })).await;
    receiver.wait_for(1).await;
    (stage, receiver, endpoint)
}

/// Lets time pass until the delivery has this status: the lease of the first call ends, and then its job is due.
async fn until(stage: &Stage, endpoint: &Endpoint, status: &str) {
    let path = format!("/v1/webhook-endpoints/{}/deliveries", endpoint.id);
    for _ in 0..100 {
        if stage.read(&path).await[0]["status"] == status {
            return;
        }
        stage.advance(Duration::from_secs(31));
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the delivery is not {status}: {:#}", stage.read(&path).await);
}

#[tokio::test]
async fn an_interrupted_call_that_may_be_repeated_is_made_again_under_the_same_key() {
    let (stage, receiver, endpoint) = interrupted(json!({ "idempotent": true })).await;
    until(&stage, &endpoint, "delivered").await;
    let all = invocations(&stage).await;
    assert_eq!((all.len(), &all[0].1), (1, &json!("succeeded")));
    stage.end().await;
    let seen = receiver.seen();
    assert_eq!(seen.len(), 2);
    for name in ["idempotency-key", "webhook-id"] {
        assert_eq!(seen[0].header(name), seen[1].header(name), "{name}");
    }
}

#[tokio::test]
async fn an_interrupted_call_that_could_do_harm_twice_is_sent_once() {
    let (stage, receiver, endpoint) = interrupted(json!({})).await;
    until(&stage, &endpoint, "failed").await;
    assert_eq!(invocations(&stage).await[0].1, "interrupted");
    stage.end_after_repeating().await;
    assert_eq!(receiver.seen().len(), 1);
}
