//! What happens to the events of an endpoint that is switched off?
//! Off for failing: they are parked up to a bound, and drained when the endpoint is switched on. Off by hand: they are
//! skipped. The policy that switches it off is given as numbers or as a preset.

use std::time::Duration;

use domain::id::EndpointKey;
use domain::policy::circuit::MAX_PARKED_WHILE_OFF;
use serde_json::{Value, json};
use stories::stage::Endpoint;
use stories::{Answer, Receiver, Stage};

use super::circuit::{active, count, drained, statuses, until};

async fn patch(stage: &Stage, endpoint: &Endpoint, change: Value) -> Value {
    let path = format!("/v1/webhook-endpoints/{}", endpoint.id);
    let (status, answer) = stage.admin.call("PATCH", &path, change.to_string(), &[]).await.unwrap();
    assert_eq!(status, 200, "{answer}");
    answer
}

async fn until_off(stage: &Stage, endpoint: &Endpoint) {
    for _ in 0..500 {
        let endpoint = active(stage, endpoint).await;
        if endpoint["active"] == false {
            assert_eq!(endpoint["disabled_reason"], "failing");
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("it was not switched off")
}

/// An endpoint that five failures in a row have switched off, with five deliveries that wait for their retry.
async fn off_for_failing(stage: &Stage, receiver: &Receiver) -> Endpoint {
    let settings = json!({ "retry": { "schedule_seconds": [3600, 3600] }, "disable": "strict-5" });
    let endpoint = stage.endpoint(receiver, settings).await;
    receiver.answer(Answer::Status(500));
    for n in 0..5 {
        stage.send("invoice.paid", json!({ "n": n })).await;
    }
    until(stage, &endpoint, |all| count(all, "retrying") == 5).await;
    until_off(stage, &endpoint).await;
    endpoint
}

#[tokio::test]
async fn ninety_seconds_of_500s_do_not_switch_a_customer_off_and_a_day_of_them_does() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    let endpoint = stage.endpoint(&receiver, json!({ "retry": { "schedule_seconds": [90, 86_400] } })).await;
    assert_eq!(
        active(&stage, &endpoint).await["disable"],
        json!({ "consecutive_failures": 10, "window_seconds": 86_400 })
    );
    receiver.answer(Answer::Status(500));
    for _ in 0..5 {
        stage.send("invoice.paid", json!({})).await;
    }
    until(&stage, &endpoint, |all| count(all, "retrying") == 5).await;
    stage.advance(Duration::from_secs(110));
    receiver.wait_for(10).await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    let after = active(&stage, &endpoint).await;
    assert_eq!((&after["active"], &after["health"]["failures"]), (&json!(true), &json!(10)), "{after}");

    // A day later a retry fails as well. SQS delays by 15 minutes at most: the jobs come and go until they are due.
    for _ in 0..110 {
        stage.advance(Duration::from_secs(900));
        tokio::time::sleep(Duration::from_millis(15)).await;
    }
    receiver.wait_for(11).await;
    until_off(&stage, &endpoint).await;
    stage.end().await;
}

#[tokio::test]
async fn events_for_an_endpoint_that_is_off_for_failing_are_parked_and_go_out_when_it_is_switched_on() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    let endpoint = off_for_failing(&stage, &receiver).await;
    let mut events = Vec::new();
    for n in 5..12 {
        let accepted = stage.send("invoice.paid", json!({ "n": n })).await;
        assert_eq!(accepted["skipped"], json!([]), "{accepted}");
        events.push(accepted["id"].as_str().unwrap().to_owned());
    }
    until(&stage, &endpoint, |all| count(all, "parked") == 7).await;
    let ledger = format!("/v1/events/{}/deliveries?workspace_id={}", events[0], stage.workspace);
    let row = &stage.read(&ledger).await["data"][0];
    assert_eq!((&row["status"], &row["parked_reason"]), (&json!("parked"), &json!("endpoint_disabled")));
    // An endpoint that is off is not probed.
    let health = &active(&stage, &endpoint).await["health"];
    assert_eq!((&health["parked"], &health["next_probe_at"]), (&json!(7), &Value::Null), "{health}");
    // A probe does not touch it.
    stage.advance(Duration::from_secs(61));
    stage.platform.tick().await.unwrap();
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(receiver.seen().len(), 5);

    receiver.answer(Answer::Status(200));
    patch(&stage, &endpoint, json!({ "active": true })).await;
    drained(&stage, &endpoint, 12).await;
    stage.advance(Duration::from_secs(4_000));
    stage.end().await;
    assert_eq!(receiver.seen().len(), 17, "5 failures, 12 successes");
}

#[tokio::test]
async fn past_the_bound_events_are_skipped_and_the_ledger_says_why() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    let endpoint = off_for_failing(&stage, &receiver).await;
    let key = EndpointKey::new(stage.workspace.parse().unwrap(), endpoint.id.parse().unwrap());
    let store = &stage.platform.store;
    stage.send("invoice.paid", json!({})).await;
    until(&stage, &endpoint, |all| count(all, "parked") == 1).await;
    for _ in 0..200 {
        if store.parked_counts(key.workspace).await.unwrap().get(&key.id) == Some(&1) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(store.parked_counts(key.workspace).await.unwrap().get(&key.id), Some(&1));

    store.count_parked(key, MAX_PARKED_WHILE_OFF - 1).await.unwrap();
    // A change of any endpoint is seen at once here, also what is counted.
    let other = stage.endpoint(&receiver, json!({ "events": ["order.*"] })).await;
    let accepted = stage.send("invoice.paid", json!({})).await;
    let skipped = json!([
        { "endpoint_id": endpoint.id, "reason": "parked_full" },
        { "endpoint_id": other.id, "reason": "type_not_subscribed" },
    ]);
    assert_eq!(accepted["skipped"], skipped);
    let ledger = format!(
        "/v1/events/{}/deliveries?workspace_id={}",
        accepted["id"].as_str().unwrap(),
        stage.workspace
    );
    let row = &stage.read(&ledger).await["data"][0];
    assert_eq!((&row["status"], &row["reason"]), (&json!("skipped"), &json!("parked_full")));

    // Switched on it gets everything again. When it is switched off anew, it is counted anew.
    receiver.answer(Answer::Status(200));
    patch(&stage, &endpoint, json!({ "active": true })).await;
    drained(&stage, &endpoint, 6).await;
    receiver.answer(Answer::Status(500));
    for n in 0..5 {
        stage.send("invoice.paid", json!({ "n": n })).await;
    }
    until_off(&stage, &endpoint).await;
    assert_eq!(store.parked_counts(key.workspace).await.unwrap().get(&key.id), None);
    let path = format!("/v1/webhook-endpoints/{}", endpoint.id);
    assert_eq!(stage.admin.call("DELETE", &path, "", &[]).await.unwrap().0, 204);
    stage.advance(Duration::from_secs(4_000));
    stage.end().await;
}

#[tokio::test]
async fn events_for_an_endpoint_that_its_owner_switched_off_are_skipped() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    let endpoint = stage.endpoint(&receiver, json!({})).await;
    patch(&stage, &endpoint, json!({ "active": false })).await;
    let accepted = stage.send("invoice.paid", json!({})).await;
    assert_eq!(accepted["skipped"], json!([{ "endpoint_id": endpoint.id, "reason": "disabled" }]));
    patch(&stage, &endpoint, json!({ "active": true })).await;
    drained(&stage, &endpoint, 0).await;
    assert!(statuses(&stage, &endpoint).await.is_empty() && receiver.seen().is_empty());
    stage.end().await;
}

#[tokio::test]
async fn a_preset_stands_for_its_numbers_and_numbers_are_merged() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    let endpoint = stage.endpoint(&receiver, json!({ "disable": "strict-10" })).await;
    let numbers = |failures, seconds| json!({ "consecutive_failures": failures, "window_seconds": seconds });
    assert_eq!(active(&stage, &endpoint).await["disable"], numbers(10, 0));
    for (change, expected) in [
        (json!({ "window_seconds": 600 }), numbers(10, 600)),
        (json!("strict-5"), numbers(5, 0)),
        (json!({ "consecutive_failures": 7 }), numbers(7, 0)),
        (json!("default"), numbers(10, 86_400)),
        (json!("strict-5"), numbers(5, 0)),
        (Value::Null, numbers(10, 86_400)),
    ] {
        let changed = patch(&stage, &endpoint, json!({ "disable": change })).await;
        assert_eq!(changed["disable"], expected, "{change}");
    }
    let path = format!("/v1/webhook-endpoints/{}", endpoint.id);
    let (status, problem) = stage.admin.call("PATCH", &path, r#"{"disable":"strict-7"}"#, &[]).await.unwrap();
    assert_eq!((status, &problem["errors"][0]["pointer"]), (422, &json!("/disable")));
    let detail = problem["errors"][0]["detail"].as_str().unwrap();
    assert_eq!(detail, "must be one of `default`, `strict-10`, `strict-5`");
    stage.end().await;
}
