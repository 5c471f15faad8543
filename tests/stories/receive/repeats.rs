//! What if a request comes again, or holds very many events?
//! Deduplication by source and the provider's own key: whatever the provider repeats is one event.

use std::time::Duration;

use futures_util::future::join_all;
use serde_json::{Value, json};
use stories::{Receiver, Stage};

use super::outcomes::{github, push};

const SECRET: &str = "whsec_test_secret";

#[tokio::test]
async fn a_repeated_request_is_acknowledged_and_counted_and_is_one_event() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    stage.endpoint(&receiver, json!({})).await;
    let workspace = format!("/v1/workspaces/{}", stage.workspace);
    stage.admin.call("PATCH", &workspace, r#"{"retention_days":14}"#, &[]).await.unwrap();
    let source = github(&stage, SECRET).await;
    for _ in 0..3 {
        assert_eq!(push(&stage, &source, SECRET, "d-1", "{}").await, 200);
    }
    receiver.wait_for(1).await;
    let requests = stage.received(&source).await;
    let counts: Vec<_> =
        requests.iter().map(|row| (row["accepted"].as_u64(), row["duplicates"].as_u64())).collect();
    assert_eq!(counts, [(Some(0), Some(1)), (Some(0), Some(1)), (Some(1), Some(0))]);
    assert_eq!(requests[0]["events"], requests[2]["events"], "it names the event that is there");

    // A week later, when Meta's retries end, and after the workspace's events have expired.
    stage.advance(Duration::from_secs(7 * 24 * 3600));
    assert_eq!(push(&stage, &source, SECRET, "d-1", "{}").await, 200);
    stage.advance(Duration::from_secs(20 * 24 * 3600));
    assert_eq!(push(&stage, &source, SECRET, "d-1", "{}").await, 200);
    assert_eq!(stage.received(&source).await[0]["duplicates"], 1);
    assert_eq!(
        push(&stage, &source, SECRET, "d-2", "{}").await,
        200,
        "another delivery of the provider is another event"
    );
    receiver.wait_for(2).await;
    stage.end_after_repeating().await;
    assert_eq!(receiver.seen().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_comes_a_thousand_times_at_once_is_one_event() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    stage.endpoint(&receiver, json!({})).await;
    let source = github(&stage, SECRET).await;
    let copies = (0..1_000).map(|_| push(&stage, &source, SECRET, "d-1", r#"{"n":1}"#));
    let answers = join_all(copies).await;
    let refused = answers.iter().filter(|status| **status != 200).count();
    assert_eq!(refused, 0, "every copy is acknowledged");
    receiver.wait_for(1).await;
    let events = stage.read(&format!("/v1/events?workspace_id={}&limit=10", stage.workspace)).await;
    assert_eq!(events["data"].as_array().unwrap().len(), 1);
    stage.end_after_repeating().await;
    assert_eq!(receiver.seen().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn very_many_events_in_one_request_are_each_accepted_once() {
    // `bench inbound` posts 10,000; here nothing is optimised.
    const EVENTS: usize = 1_000;
    let stage = Stage::set().await;
    let source = stage.source(json!({ "provider": "gupshup", "scheme": "address_only" })).await;
    // Meta's shape, in which Gupshup's version 3 posts many at once.
    let statuses: Vec<Value> = (0..EVENTS)
        .map(|n| json!({ "id": format!("wamid.{n}"), "status": "delivered", "timestamp": "1749416383", "recipient_id": "16505551234" }))
        .collect();
    let body = json!({ "object": "whatsapp_business_account", "entry": [{ "id": "1", "changes": [{ "field": "messages",
        "value": { "messaging_product": "whatsapp", "metadata": { "phone_number_id": "1" }, "statuses": statuses } }] }] });
    let answer = stage.admin.exchange("POST", &source.path, body.to_string(), &[]).await.unwrap();
    let request = stage.received(&source).await.remove(0);
    assert!(answer.status().is_success(), "{request}");
    assert_eq!((&request["accepted"], &request["duplicates"]), (&json!(EVENTS), &json!(0)));
    assert_eq!(request["events"].as_array().unwrap().len(), 100, "the first are named, all are counted");

    let answer = stage.admin.exchange("POST", &source.path, body.to_string(), &[]).await.unwrap();
    assert!(answer.status().is_success());
    assert_eq!(stage.received(&source).await[0]["duplicates"], EVENTS);
    stage.end_after_repeating().await;
}

#[tokio::test]
async fn one_bad_part_does_not_harm_the_others() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    stage.endpoint(&receiver, json!({})).await;
    let source = stage.source(json!({ "provider": "gupshup", "scheme": "address_only" })).await;
    let body = json!({ "object": "whatsapp_business_account", "entry": [{ "id": "1", "changes": [{ "field": "messages",
        "value": { "messaging_product": "whatsapp", "metadata": { "phone_number_id": "1" }, "statuses": [
            { "id": "wamid.1", "status": "delivered", "timestamp": "1749416383" }, 7,
            { "id": "wamid.2", "status": "teleported" } ] } }] }] });
    let answer = stage.admin.exchange("POST", &source.path, body.to_string(), &[]).await.unwrap();
    assert!(answer.status().is_success());
    let seen = receiver.wait_for(3).await;
    let mut types: Vec<String> = seen.iter().map(|seen| seen.header("x-webhook-event").to_owned()).collect();
    types.sort_unstable();
    assert_eq!(types, ["whatsapp.delivered", "whatsapp.unknown", "whatsapp.unknown"]);
    stage.end().await;
}
