//! What happens when an endpoint answers 410 Gone?
//! It is switched off at once, and its owner can switch it on again.

use serde_json::json;
use stories::{Answer, Receiver, Stage};

#[tokio::test]
async fn a_410_switches_the_endpoint_off_and_later_events_say_so() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    let endpoint = stage.endpoint(&receiver, json!({})).await;
    receiver.answer(Answer::Status(410));
    stage.send("invoice.paid", json!({})).await;
    let row = stage.deliveries(&endpoint, 1, "failed").await.remove(0);
    assert_eq!(row["last_error"], "endpoint_gone");

    let path = format!("/v1/webhook-endpoints/{}", endpoint.id);
    for _ in 0..100 {
        if stage.read(&path).await["active"] == false {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    let off = stage.read(&path).await;
    assert_eq!(
        (&off["disabled_reason"], &off["disabled_by"]),
        (&json!("gone"), &json!({ "type": "posthorn" }))
    );
    let later = stage.send("invoice.paid", json!({})).await;
    assert_eq!(later["skipped"][0]["reason"], "disabled");

    receiver.answer(Answer::Status(200));
    let (status, on) = stage.admin.call("PATCH", &path, r#"{"active":true}"#, &[]).await.unwrap();
    assert_eq!(status, 200);
    assert!(["disabled_at", "disabled_reason", "disabled_by"].iter().all(|member| on[member].is_null()));
    stage.send("invoice.paid", json!({})).await;
    receiver.wait_for(2).await;
    stage.end().await;
}
