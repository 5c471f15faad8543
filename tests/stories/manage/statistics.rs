//! How many deliveries succeed, and how fast?
//! Statistics of an endpoint and of its workspace.

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

#[tokio::test]
async fn a_window_that_is_over_is_empty_and_one_that_ends_before_it_begins_is_refused() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    let endpoint = stage.endpoint(&receiver, json!({})).await;
    stage.send("invoice.paid", json!({})).await;
    stage.deliveries(&endpoint, 1, "delivered").await;
    let (we, ws) = (&endpoint.id, &stage.workspace);
    let of_endpoint = format!("/v1/webhook-endpoints/{we}/statistics?");
    let of_workspace = format!("/v1/workspaces/{ws}/statistics?");
    let events = format!("/v1/events?workspace_id={ws}&");
    let deliveries = format!("/v1/webhook-endpoints/{we}/deliveries?");
    for path in [&of_endpoint, &of_workspace] {
        for by in ["hour", "day"] {
            let old = stage.read(&format!("{path}by={by}&until=2020-01-01T00:00:00Z")).await;
            assert_eq!((&old["data"], &old["total"]["attempts"]), (&json!([]), &json!(0)), "{path}");
        }
        let future = stage.read(&format!("{path}since=2099-01-01T00:00:00Z")).await;
        assert_eq!(future["data"], json!([]), "{path}");
    }
    for path in [&of_endpoint, &of_workspace, &events, &deliveries] {
        for until in ["09", "10"] {
            let path = format!("{path}since=2026-01-01T10:00:00Z&until=2026-01-01T{until}:00:00Z");
            let (status, problem) = stage.admin.call("GET", &path, String::new(), &[]).await.unwrap();
            assert_eq!((status, &problem["errors"][0]["pointer"]), (422, &json!("until")), "{path}");
        }
    }
    stage.end().await;
}
