//! Does a repeated request create a second event?
//! Idempotency: the same request twice is one event; another request with the same key is refused.

use serde_json::json;
use stories::{Receiver, Stage};

#[tokio::test]
async fn a_repeated_request_gets_the_first_answer_and_no_second_fan_out() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    let endpoint = stage.endpoint(&receiver, json!({})).await;
    let body =
        json!({ "workspace_id": stage.workspace, "type": "invoice.paid", "data": { "n": 1 } }).to_string();
    let key = [("idempotency-key", "order-7")];
    let first = stage.admin.call("POST", "/v1/events", body.clone(), &key).await.unwrap();
    let second = stage.admin.call("POST", "/v1/events", body, &key).await.unwrap();
    assert_eq!(first.0, 202);
    assert_eq!(first, second);

    let other = json!({ "workspace_id": stage.workspace, "type": "invoice.paid", "data": { "n": 2 } });
    let (status, problem) = stage.admin.call("POST", "/v1/events", other.to_string(), &key).await.unwrap();
    assert_eq!((status, problem["code"].as_str()), (409, Some("idempotency_key_reused")));

    stage.deliveries(&endpoint, 1, "delivered").await;
    stage.end_after_repeating().await;
    assert_eq!(receiver.seen().len(), 1);
}

#[tokio::test]
async fn the_producers_own_id_works_like_a_key() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    let endpoint = stage.endpoint(&receiver, json!({})).await;
    let id = stage.send("warm.up", json!({})).await["id"].as_str().unwrap().to_owned();
    // A fresh id of the same moment: only the random part differs.
    let id = format!("{}{}", &id[..id.len() - 1], if id.ends_with('0') { '1' } else { '0' });
    let body = json!({ "workspace_id": stage.workspace, "id": id, "type": "invoice.paid", "data": 1 });
    for _ in 0..2 {
        let (status, answer) = stage.admin.call("POST", "/v1/events", body.to_string(), &[]).await.unwrap();
        assert_eq!((status, answer["id"].as_str()), (202, Some(id.as_str())));
    }
    let other = json!({ "workspace_id": stage.workspace, "id": id, "type": "invoice.paid", "data": 2 });
    let (status, problem) = stage.admin.call("POST", "/v1/events", other.to_string(), &[]).await.unwrap();
    assert_eq!((status, problem["code"].as_str()), (409, Some("event_exists")));
    stage.deliveries(&endpoint, 2, "delivered").await;
    stage.end_after_repeating().await;
    assert_eq!(receiver.seen().len(), 2);
}

#[tokio::test]
async fn many_copies_of_one_request_at_once_are_one_event() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    let endpoint = stage.endpoint(&receiver, json!({})).await;
    let body = json!({ "workspace_id": stage.workspace, "type": "invoice.paid", "data": {} }).to_string();
    let call = || stage.admin.call("POST", "/v1/events", body.clone(), &[("idempotency-key", "k")]);
    let (a, b, c, d) = tokio::join!(call(), call(), call(), call());
    let answers = [a.unwrap(), b.unwrap(), c.unwrap(), d.unwrap()];
    let accepted = answers.iter().filter(|(status, _)| *status == 202).count();
    assert!(accepted >= 1);
    assert!(answers.iter().all(|(status, body)| {
        *status == 202 || (*status == 409 && body["code"] == "idempotency_key_in_progress")
    }));
    stage.deliveries(&endpoint, 1, "delivered").await;
    stage.end_after_repeating().await;
    assert_eq!(receiver.seen().len(), 1);
}
