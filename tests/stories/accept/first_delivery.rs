//! How does one event reach one endpoint?
//! The basic case: one signed request, and the delivery as the API then shows it.

use serde_json::{Value, json};
use stories::{Answer, Receiver, Stage};

#[tokio::test]
async fn an_event_arrives_once_signed_and_byte_for_byte() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    let endpoint = stage.endpoint(&receiver, json!({})).await;
    let data = "{ \"amount\" : 4.20e3,\t\"big\":123456789012345678901234567890, \"name\":\"Zo\\u00eb ë🎺\" }";
    let body = format!(r#"{{"workspace_id":"{}","type":"invoice.paid","data":{data}}}"#, stage.workspace);
    let accepted = stage.admin.post_text("/v1/events", body).await.unwrap();

    let seen = receiver.wait_for(1).await.remove(0);
    assert!(seen.is_signed_with(&endpoint.secret));
    assert!(String::from_utf8(seen.body.to_vec()).unwrap().ends_with(&format!("\"data\":{data}}}")));
    assert_eq!(seen.header("webhook-id"), accepted["id"]);
    assert_eq!(seen.header("x-webhook-delivery"), accepted["deliveries"][0]["id"]);
    assert_eq!((seen.header("x-webhook-event"), seen.header("x-webhook-attempt")), ("invoice.paid", "1"));

    let row = stage.deliveries(&endpoint, 1, "delivered").await.remove(0);
    assert_eq!((row["attempts"].as_u64(), row["response_status"].as_u64()), (Some(1), Some(200)));
    stage.end().await;
    assert_eq!(receiver.seen().len(), 1);
}

#[tokio::test]
async fn a_payload_too_large_for_the_queue_arrives_all_the_same() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    let endpoint = stage.endpoint(&receiver, json!({})).await;
    let data = json!({ "text": "long ".repeat(40_000) });
    stage.send("report.generated", data.clone()).await;
    let seen = receiver.wait_for(1).await.remove(0);
    assert!(seen.is_signed_with(&endpoint.secret));
    assert_eq!(serde_json::from_slice::<Value>(&seen.body).unwrap()["data"], data);
    stage.end().await;
}

#[tokio::test]
async fn every_endpoint_has_a_fate_with_a_reason() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    let wanting = stage.endpoint(&receiver, json!({ "events": ["invoice.*"] })).await;
    let other = stage.endpoint(&receiver, json!({ "events": ["ticket.created"] })).await;
    let off = stage.endpoint(&receiver, json!({ "active": false })).await;
    let accepted = stage.send("invoice.paid", json!({})).await;
    assert_eq!(accepted["deliveries"].as_array().unwrap().len(), 1);
    stage.deliveries(&wanting, 1, "delivered").await;

    let id = accepted["id"].as_str().unwrap();
    let path = format!("/v1/events/{id}/deliveries?workspace_id={}", stage.workspace);
    let ledger = stage.read(&path).await;
    let fate = |endpoint: &str| {
        let rows = ledger["data"].as_array().unwrap();
        let row = rows.iter().find(|row| row["endpoint_id"] == endpoint).unwrap();
        (row["status"].as_str().unwrap().to_owned(), row["reason"].as_str().map(str::to_owned))
    };
    assert_eq!(fate(&wanting.id), ("delivered".into(), None));
    assert_eq!(fate(&other.id), ("skipped".into(), Some("type_not_subscribed".into())));
    assert_eq!(fate(&off.id), ("skipped".into(), Some("disabled".into())));
    stage.end().await;
}

#[tokio::test]
async fn a_test_event_is_a_real_signed_delivery_and_answers_with_its_outcome() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    let endpoint = stage.endpoint(&receiver, json!({})).await;
    receiver.answer(Answer::Status(418));
    let path = format!("/v1/webhook-endpoints/{}/test", endpoint.id);
    let (status, outcome) = stage.admin.call("POST", &path, "", &[]).await.unwrap();
    assert_eq!((status, outcome["status"].as_str()), (200, Some("failed")));
    assert_eq!(outcome["attempt_log"][0]["response"]["status"], 418);
    assert!(receiver.seen()[0].is_signed_with(&endpoint.secret));
    assert_eq!(stage.deliveries(&endpoint, 1, "failed").await[0]["trigger"], "test");
    // Another function answers this.
    let delivery = outcome["id"].as_str().unwrap();
    let read = stage.read(&format!("/v1/webhook-endpoints/{}/deliveries/{delivery}", endpoint.id)).await;
    assert_eq!(read, outcome);
    stage.end().await;
}

#[tokio::test]
async fn a_test_event_may_have_a_type_and_a_payload_of_its_own() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    let endpoint = stage.endpoint(&receiver, json!({ "body": "data", "events": ["order.*"] })).await;
    let path = format!("/v1/webhook-endpoints/{}/test", endpoint.id);
    for (own, event_type, sent) in [
        (r#"{"type":"invoice.paid","data":{"n": 1e400}}"#, "invoice.paid", r#"{"n": 1e400}"#),
        (r#"{"data":null}"#, "posthorn.test", "null"),
        (r#"{"type":"posthorn.test","data":[]}"#, "posthorn.test", "[]"),
    ] {
        let (status, outcome) = stage.admin.call("POST", &path, own, &[]).await.unwrap();
        assert_eq!((status, outcome["event_type"].as_str()), (200, Some(event_type)), "{own}");
        let seen = receiver.seen();
        assert_eq!(std::str::from_utf8(&seen.last().unwrap().body), Ok(sent));
        assert!(seen.last().unwrap().is_signed_with(&endpoint.secret));
    }
    let sent = receiver.seen().len();
    let deep = format!(r#"{{"data":{}{}}}"#, "[".repeat(101), "]".repeat(101));
    let large = format!(r#"{{"data":"{}"}}"#, "x".repeat(262_144));
    for (refused, status, pointer) in [
        (r#"{"type":"posthorn.endpoint.failing"}"#, 422, Some("/type")),
        (r#"{"type":"no spaces"}"#, 422, Some("/type")),
        (r#"{"types":"a"}"#, 422, Some("/types")),
        (&deep, 422, Some("/data")),
        (&large, 413, None),
    ] {
        let (answered, problem) = stage.admin.call("POST", &path, refused.to_owned(), &[]).await.unwrap();
        assert_eq!((answered, problem["errors"][0]["pointer"].as_str()), (status, pointer), "{problem}");
    }
    assert_eq!(receiver.seen().len(), sent, "what is refused is not sent");
    stage.end().await;
}

#[tokio::test]
async fn lists_page_without_missing_or_repeating_a_row() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    let endpoint = stage.endpoint(&receiver, json!({})).await;
    for n in 0..25 {
        stage.send("invoice.paid", json!({ "n": n })).await;
    }
    stage.deliveries(&endpoint, 20, "delivered").await;
    receiver.wait_for(25).await;

    let (mut ids, mut cursor) = (Vec::new(), String::new());
    loop {
        let path = format!("/v1/events?workspace_id={}&limit=7{cursor}", stage.workspace);
        let page = stage.read(&path).await;
        ids.extend(page["data"].as_array().unwrap().iter().map(|row| row["id"].as_str().unwrap().to_owned()));
        match page["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(ids.len(), 25);
    assert!(ids.is_sorted_by(|a, b| a > b), "newest first: {ids:?}");
    stage.end().await;
}
