//! An endpoint and its workspace in numbers.

use std::time::Duration;

use serde_json::{Value, json};
use stories::{Answer, Receiver, Stage};

#[tokio::test]
async fn attempts_are_counted_by_hour_and_day_for_endpoint_and_workspace() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    let endpoint = stage.endpoint(&receiver, json!({ "retry": { "schedule_seconds": [] } })).await;
    receiver.answer_first(&[Answer::Status(500)]);
    for _ in 0..4 {
        stage.send("invoice.paid", json!({})).await;
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    receiver.wait_for(4).await;
    stage.advance(Duration::from_secs(3_600));
    stage.send("invoice.paid", json!({})).await;
    receiver.wait_for(5).await;
    let of_endpoint = format!("/v1/webhook-endpoints/{}/statistics", endpoint.id);
    let mut numbers = Value::Null;
    for _ in 0..100 {
        stage.platform.flush().await.unwrap();
        numbers = stage.read(&of_endpoint).await;
        if numbers["total"]["attempts"] == 5 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!((&numbers["total"]["delivered"], &numbers["total"]["failed"]), (&json!(4), &json!(1)));
    assert_eq!((&numbers["total"]["success_rate"], &numbers["approximate"]), (&json!(0.8), &json!(true)));
    assert!(numbers["total"]["p95_ms"].is_u64());
    assert_eq!(numbers["data"].as_array().unwrap().len(), 2, "two hours");
    assert_eq!(numbers["data"][1]["attempts"], 1);
    assert_eq!(numbers["exact"], json!({ "delivered": 4, "failed": 1 }));

    let of_workspace = format!("/v1/workspaces/{}/statistics?by=day", stage.workspace);
    let days = stage.read(&of_workspace).await;
    assert_eq!(days["total"]["attempts"], 5);
    assert!(days["data"].as_array().unwrap().len() <= 2 && days["exact"].is_null());
    stage.end().await;
}
