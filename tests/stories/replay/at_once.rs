//! What becomes of replays that are asked for at once?
//! Concurrency: every request that was sent is in the log, and a delivery belongs to one replay at a time.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use futures_util::future::join_all;
use serde_json::{Value, json};
use stories::stage::Endpoint;
use stories::{Answer, Receiver, Stage};

/// Switches an endpoint off or on.
async fn active(stage: &Stage, endpoint: &Endpoint, active: bool) {
    let path = format!("/v1/webhook-endpoints/{}", endpoint.id);
    let body = json!({ "active": active }).to_string();
    assert_eq!(stage.admin.call("PATCH", &path, body, &[]).await.unwrap().0, 200);
}

/// Asks twenty times at once for the newest delivery of the endpoint to be sent again, by force; gives how many requests
/// of it the receiver has seen, and its log, once that has as many attempts.
async fn replayed_twenty_times(
    stage: &Stage,
    endpoint: &Endpoint,
    receiver: &Receiver,
) -> (usize, Vec<Value>) {
    let list = format!("/v1/webhook-endpoints/{}/deliveries", endpoint.id);
    let id = stage.read(&list).await[0]["id"].as_str().unwrap().to_owned();
    let (path, before) = (format!("{list}/{id}"), receiver.seen().len());
    receiver.answer(Answer::Slowly(Duration::from_millis(300)));
    let replay = format!("{path}/replay");
    let calls = (0..20).map(|_| stage.admin.call("POST", &replay, r#"{"force":true}"#, &[]));
    for answer in join_all(calls).await {
        assert_eq!(answer.unwrap().0, 202);
    }
    receiver.wait_for(before + 2).await;
    let (mut sent, mut log) = (0, Vec::new());
    for _ in 0..200 {
        tokio::time::sleep(Duration::from_millis(50)).await;
        let delivery = stage.read(&path).await;
        let seen = receiver.seen();
        sent = seen.iter().filter(|seen| seen.header("x-webhook-delivery") == id).count();
        log = delivery["attempt_log"].as_array().unwrap().clone();
        // An attempt's own row is written before it is counted in the delivery's.
        if log.len() == sent && delivery["status"] == "delivered" && delivery["attempts"] == sent {
            return (sent, log);
        }
    }
    panic!("{sent} requests, {} in the log: {:#}", log.len(), stage.read(&path).await)
}

fn numbers(log: &[Value]) -> BTreeSet<u64> {
    log.iter().map(|attempt| attempt["number"].as_u64().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_request_of_replays_at_once_is_in_the_log_under_its_own_number() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    let endpoint = stage.endpoint(&receiver, json!({})).await;
    stage.send("invoice.paid", json!({})).await;
    stage.deliveries(&endpoint, 1, "delivered").await;
    let (sent, log) = replayed_twenty_times(&stage, &endpoint, &receiver).await;
    assert_eq!((log.len(), numbers(&log).len()), (sent, sent));
    assert!(sent > 2, "they were sent at once");
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn so_is_that_of_a_delivery_that_was_never_attempted() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    let endpoint = stage.endpoint(&receiver, json!({ "rate_limit": { "per_minute": 3 } })).await;
    // The second waits 20 s for its slot, and the endpoint is switched off before.
    for _ in 0..2 {
        stage.send("invoice.paid", json!({})).await;
        // Events of one millisecond are listed in no order.
        stage.advance(Duration::from_millis(10));
    }
    receiver.wait_for(1).await;
    active(&stage, &endpoint, false).await;
    let list = format!("/v1/webhook-endpoints/{}/deliveries", endpoint.id);
    for _ in 0..200 {
        stage.advance(Duration::from_secs(1));
        tokio::time::sleep(Duration::from_millis(20)).await;
        // Each of them has a row: a job that still waited would go out when the endpoint is switched on.
        let rows = stage.read(&list).await;
        if rows.as_array().unwrap().len() == 2 && rows[0]["status"] == "cancelled" {
            break;
        }
    }
    let body = json!({ "active": true, "rate_limit": null }).to_string();
    let path = format!("/v1/webhook-endpoints/{}", endpoint.id);
    assert_eq!(stage.admin.call("PATCH", &path, body, &[]).await.unwrap().0, 200);
    let newest = stage.read(&list).await[0].clone();
    assert_eq!((&newest["status"], &newest["attempts"]), (&json!("cancelled"), &json!(0)));
    let (sent, log) = replayed_twenty_times(&stage, &endpoint, &receiver).await;
    assert_eq!((log.len(), numbers(&log).len()), (sent, sent));
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_replays_of_one_window_only_one_sends_a_delivery() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    let since = stage.clock().now().to_string();
    let endpoint = stage.endpoint(&receiver, json!({})).await;
    active(&stage, &endpoint, false).await;
    let event = json!({ "workspace_id": stage.workspace, "type": "invoice.paid", "data": {} });
    for _ in 0..3 {
        let batch = json!({ "events": vec![event.clone(); 100] });
        stage.admin.post("/v1/events/batch", &batch).await.unwrap();
    }
    active(&stage, &endpoint, true).await;
    receiver.answer(Answer::Slowly(Duration::from_millis(100)));
    let path = format!("/v1/webhook-endpoints/{}/replay", endpoint.id);
    let body = json!({ "since": since, "status": "skipped" }).to_string();
    let started = join_all((0..2).map(|_| stage.admin.call("POST", &path, body.clone(), &[]))).await;
    for answer in started {
        let replay = answer.unwrap().1;
        let path = format!("/v1/replays/{}", replay["id"].as_str().unwrap());
        for _ in 0..500 {
            if stage.read(&path).await["status"] == "completed" {
                break;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
    receiver.wait_for(300).await;
    stage.end().await;
    let mut times: BTreeMap<String, usize> = BTreeMap::new();
    for seen in receiver.seen() {
        *times.entry(seen.header("webhook-id").to_owned()).or_default() += 1;
    }
    let twice = times.values().filter(|times| **times > 1).count();
    assert_eq!((times.len(), twice), (300, 0));
}
