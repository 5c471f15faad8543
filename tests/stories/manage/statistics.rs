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

#[tokio::test]
async fn several_endpoints_are_answered_at_once_in_the_order_asked() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    let first = stage.endpoint(&receiver, json!({ "events": ["invoice.*"] })).await;
    let second = stage.endpoint(&receiver, json!({})).await;
    let idle = stage.endpoint(&receiver, json!({ "events": ["none"] })).await;
    for event_type in ["invoice.paid", "order.made"] {
        stage.send(event_type, json!({})).await;
    }
    receiver.wait_for(3).await;
    let of = |ids: &str, more: &str| {
        format!("/v1/statistics?workspace_id={}&endpoint_ids={ids}{more}", stage.workspace)
    };
    let ids = format!("{},{},{}", second.id, first.id, idle.id);
    let attempts = |answer: &Value| {
        let rows = answer["data"].as_array().unwrap().iter();
        rows.map(|row| row["total"]["attempts"].as_u64().unwrap()).collect::<Vec<_>>()
    };
    let mut answer = Value::Null;
    for _ in 0..100 {
        stage.platform.flush().await.unwrap();
        answer = stage.read(&of(&ids, "")).await;
        if attempts(&answer) == [2, 1, 0] {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(attempts(&answer), [2, 1, 0]);
    for (row, endpoint) in answer["data"].as_array().unwrap().iter().zip([&second, &first, &idle]) {
        assert_eq!(row["endpoint_id"], *endpoint.id);
        let mut alone = stage.read(&format!("/v1/webhook-endpoints/{}/statistics", endpoint.id)).await;
        let members = alone.as_object_mut().unwrap();
        members.remove("exact");
        members.insert("endpoint_id".to_owned(), json!(endpoint.id));
        assert_eq!(*row, alone);
    }

    stage.advance(Duration::from_secs(31 * 86_400));
    let mut twelve = ids.clone();
    for _ in 0..9 {
        twelve += ",";
        twelve += &stage.endpoint(&receiver, json!({})).await.id;
    }
    let month = "&since=2020-01-01T00:00:00Z";
    let days = stage.read(&of(&twelve, &format!("{month}&by=day"))).await;
    assert_eq!(days["data"].as_array().unwrap().len(), 12);
    let stranger = "we_01M7Z2902B976DQF8TPFF6EEZ2";
    let many = vec![stranger; 51].join(",");
    for (path, pointer, named) in [
        (of(&format!("{ids},{stranger}"), ""), "endpoint_ids", stranger),
        (of(&format!("{0},{0}", first.id), ""), "endpoint_ids", first.id.as_str()),
        (of(&many, ""), "endpoint_ids", "1 to 50"),
        (of("", ""), "endpoint_ids", "we_"),
        (of(&ids, "&by=week"), "by", "hour"),
        (of(&twelve, month), "by", "day"),
        (format!("/v1/statistics?workspace_id={}", stage.workspace), "endpoint_ids", "required"),
    ] {
        let (status, problem) = stage.admin.call("GET", &path, String::new(), &[]).await.unwrap();
        assert_eq!((status, &problem["errors"][0]["pointer"]), (422, &json!(pointer)), "{path} {problem}");
        assert!(problem["errors"][0]["detail"].as_str().unwrap().contains(named), "{path} {problem}");
    }
    stage.end().await;
}
