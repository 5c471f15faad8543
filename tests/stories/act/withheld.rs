//! When is a call not made?
//! Stories of an action that is off, whose system fails, or whose limits are used up: refused with words and a time.

use std::time::Duration;

use serde_json::json;
use stories::{Answer, Receiver, Stage};

use super::{action, agent, invoke};

fn call() -> serde_json::Value {
    json!({ "parameters": { "order": "7" } })
}

#[tokio::test]
async fn an_action_that_is_off_is_not_called() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    action(&stage, &receiver, json!({ "active": false })).await;
    let agent = agent(&stage).await;
    let (status, problem) = invoke(&agent, &call(), "k").await;
    assert_eq!((status, &problem["code"]), (409, &json!("action_disabled")));
    let path = format!("/v1/actions/refund_order?workspace_id={}", stage.workspace);
    stage.admin.call("PATCH", &path, json!({ "active": true }).to_string(), &[]).await.unwrap();
    assert_eq!(invoke(&agent, &call(), "k").await.0, 200, "the refused call left the key free");
    stage.end().await;
}

#[tokio::test]
async fn a_system_that_fails_five_times_is_left_in_peace_and_probed_by_the_next_call() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    action(&stage, &receiver, json!({ "retries": 0 })).await;
    let agent = agent(&stage).await;
    receiver.answer(Answer::Status(500));
    for number in 0..5 {
        assert_eq!(invoke(&agent, &call(), &format!("k{number}")).await.1["status"], "failed");
    }
    let path = "/v1/actions/refund_order/invoke";
    let refused =
        agent.exchange("POST", path, call().to_string(), &[("idempotency-key", "k")]).await.unwrap();
    assert_eq!(refused.status(), 503);
    let wait: u64 = refused.headers()["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((40..=45).contains(&wait), "{wait}");
    assert_eq!(receiver.seen().len(), 5);

    receiver.answer(Answer::Status(200));
    stage.advance(Duration::from_secs(wait + 4));
    assert_eq!(invoke(&agent, &call(), "k").await.1["status"], "succeeded");
    assert_eq!(invoke(&agent, &call(), "k9").await.1["status"], "succeeded");
    stage.end().await;
}

#[tokio::test]
async fn answers_to_bad_calls_open_no_circuit() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    action(&stage, &receiver, json!({})).await;
    let agent = agent(&stage).await;
    receiver.answer(Answer::Status(404));
    for number in 0..7 {
        assert_eq!(invoke(&agent, &call(), &format!("k{number}")).await.1["status"], "failed");
    }
    assert_eq!(receiver.seen().len(), 7);
    stage.end().await;
}

#[tokio::test]
async fn over_the_rate_limit_nothing_is_sent_and_no_slot_is_used() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    action(&stage, &receiver, json!({ "rate_limit": { "per_minute": 6 } })).await;
    let agent = agent(&stage).await;
    assert_eq!(invoke(&agent, &call(), "k1").await.0, 200);
    for _ in 0..3 {
        let (status, problem) = invoke(&agent, &call(), "k2").await;
        assert_eq!((status, &problem["code"]), (429, &json!("action_busy")), "{problem}");
    }
    stage.advance(Duration::from_secs(11));
    assert_eq!(invoke(&agent, &call(), "k2").await.0, 200, "the refused ones took no slot");
    stage.end().await;
    assert_eq!(receiver.seen().len(), 2);
}

#[tokio::test]
async fn no_more_calls_are_under_way_than_the_limit_says() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    receiver.answer(Answer::Slowly(Duration::from_millis(300)));
    action(&stage, &receiver, json!({ "max_concurrency": 1 })).await;
    let agent = agent(&stage).await;
    let (one, other) = (call(), json!({ "parameters": { "order": "8" } }));
    let (first, second) = tokio::join!(invoke(&agent, &one, "k1"), invoke(&agent, &other, "k2"));
    assert_eq!(
        (first.1["status"].as_str(), second.1["status"].as_str()),
        (Some("succeeded"), Some("succeeded"))
    );
    stage.end().await;
    assert_eq!(receiver.most_at_once(), 1);
}
