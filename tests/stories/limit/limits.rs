//! Are an endpoint's limits and a workspace's quotas kept?
//! Rate limit and concurrency limit of an endpoint, quotas of a workspace.

use std::time::Duration;

use serde_json::{Value, json};
use stories::{Answer, Receiver, Stage};

async fn send_many(stage: &Stage, count: usize) {
    let event = json!({ "workspace_id": stage.workspace, "type": "invoice.paid", "data": {} });
    stage.admin.post("/v1/events/batch", &json!({ "events": vec![event; count] })).await.unwrap();
}

#[tokio::test]
async fn an_endpoint_with_a_rate_gets_no_more_than_that() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    let endpoint = stage.endpoint(&receiver, json!({ "rate_limit": { "per_second": 10 } })).await;
    send_many(&stage, 25).await;
    let seen = receiver.wait_for(25).await;
    // The first goes out at once, the last 24 tenths of a second later.
    let took = seen[24].at - seen[0].at;
    assert!(took >= Duration::from_millis(2_300), "{took:?}");
    for (index, first) in seen.iter().enumerate() {
        let within = seen[index..].iter().filter(|seen| seen.at - first.at < Duration::from_millis(950));
        assert!(within.count() <= 11, "more than ten in a second from the {index}th on");
    }
    stage.deliveries(&endpoint, 20, "delivered").await;
    stage.end().await;
    assert_eq!(receiver.seen().len(), 25);
}

#[tokio::test]
async fn what_finds_no_slot_soon_is_parked_and_goes_out_in_its_turn() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    let endpoint = stage.endpoint(&receiver, json!({ "rate_limit": { "per_minute": 60 } })).await;
    send_many(&stage, 45).await;
    let path = format!("/v1/webhook-endpoints/{}/deliveries?limit=250", endpoint.id);
    let count = async |status: &str| {
        let rows = stage.read(&path).await;
        rows.as_array().unwrap().iter().filter(|row| row["status"] == status).count()
    };
    for _ in 0..200 {
        if count("parked").await >= 8 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(count("parked").await >= 8);
    let parked = stage.read(&format!("{path}&status=parked")).await;
    assert!(parked.as_array().unwrap().iter().all(|row| row["parked_reason"] == "rate_limit"), "{parked}");
    for _ in 0..400 {
        if receiver.seen().len() == 45 {
            break;
        }
        stage.advance(Duration::from_secs(1));
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(receiver.seen().len(), 45);
    stage.end().await;
    assert_eq!(receiver.seen().len(), 45, "each once");
}

#[tokio::test]
async fn even_ten_a_minute_go_out_one_by_one() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    stage.endpoint(&receiver, json!({ "rate_limit": { "per_minute": 10 } })).await;
    send_many(&stage, 14).await;
    for _ in 0..400 {
        if receiver.seen().len() == 14 {
            break;
        }
        stage.advance(Duration::from_secs(2));
        tokio::time::sleep(Duration::from_millis(30)).await;
    }
    stage.end().await;
    assert_eq!(receiver.seen().len(), 14);
}

#[tokio::test]
async fn no_more_attempts_are_under_way_than_an_endpoint_allows() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    let endpoint = stage.endpoint(&receiver, json!({ "max_concurrency": 2 })).await;
    receiver.answer(Answer::Slowly(Duration::from_millis(50)));
    send_many(&stage, 12).await;
    for _ in 0..200 {
        if receiver.seen().len() == 12 {
            break;
        }
        stage.advance(Duration::from_secs(2));
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    stage.deliveries(&endpoint, 12, "delivered").await;
    stage.end().await;
    assert_eq!((receiver.seen().len(), receiver.most_at_once()), (12, 2));
}

#[tokio::test]
async fn limits_have_bounds_and_can_be_taken_away() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    let endpoint = stage.endpoint(&receiver, json!({ "rate_limit": { "per_second": 5 } })).await;
    let path = format!("/v1/webhook-endpoints/{}", endpoint.id);
    let patch = async |body: Value| stage.admin.call("PATCH", &path, body.to_string(), &[]).await.unwrap();
    for (body, pointer) in [
        (json!({ "rate_limit": { "per_second": 0 } }), "/rate_limit/per_second"),
        (json!({ "rate_limit": { "per_second": 1, "per_minute": 9 } }), "/rate_limit"),
        (
            json!({ "rate_limit": { "per_second": 1, "per_minute": 9 }, "template": { "n": 1 } }),
            "/rate_limit",
        ),
        (json!({ "max_concurrency": 101 }), "/max_concurrency"),
    ] {
        let (status, problem) = patch(body).await;
        assert_eq!((status, problem["errors"][0]["pointer"].as_str()), (422, Some(pointer)));
    }
    let (_, changed) = patch(json!({ "rate_limit": { "per_minute": 30 } })).await;
    assert_eq!(changed["rate_limit"], json!({ "per_minute": 30 }));
    assert!(patch(json!({ "rate_limit": null })).await.1["rate_limit"].is_null());
    stage.end().await;
}

#[tokio::test]
async fn a_workspace_has_no_more_endpoints_and_events_than_its_quota() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    let path = format!("/v1/workspaces/{}", stage.workspace);
    let quota = r#"{"max_endpoints":1,"max_events_per_day":2}"#;
    assert_eq!(stage.admin.call("PATCH", &path, quota, &[]).await.unwrap().0, 200);
    stage.endpoint(&receiver, json!({})).await;
    let body = json!({ "workspace_id": stage.workspace, "url": receiver.url() }).to_string();
    let (status, problem) = stage.admin.call("POST", "/v1/webhook-endpoints", body, &[]).await.unwrap();
    assert_eq!((status, problem["code"].as_str()), (409, Some("too_many_endpoints")));

    let event = json!({ "workspace_id": stage.workspace, "type": "invoice.paid", "data": {} }).to_string();
    let send = async |key: &'static str| {
        let headers = [("idempotency-key", key)];
        stage.admin.call("POST", "/v1/events", event.clone(), &headers).await.unwrap()
    };
    assert_eq!((send("a").await.0, send("b").await.0), (202, 202));
    assert_eq!(send("a").await.0, 202, "a repeated request is no new event");
    for _ in 0..2 {
        let (status, problem) = send("c").await;
        assert_eq!((status, problem["code"].as_str()), (429, Some("quota_exceeded")));
    }
    let today = async || stage.read(&path).await["events_today"].clone();
    assert_eq!(today().await, 2, "refused and repeated ones do not count");
    stage.advance(Duration::from_secs(86_400));
    assert_eq!(today().await, 0, "tomorrow is another day");
    let none = r#"{"max_events_per_day":0}"#;
    assert_eq!(stage.admin.call("PATCH", &path, none, &[]).await.unwrap().0, 200);
    assert_eq!(send("c").await.0, 429, "a quota of 0 refuses every event");
    assert_eq!(stage.admin.call("PATCH", &path, quota, &[]).await.unwrap().0, 200);
    assert_eq!(send("c").await.0, 202);
    let unlimited = r#"{"max_events_per_day":null}"#;
    assert_eq!(stage.admin.call("PATCH", &path, unlimited, &[]).await.unwrap().0, 200);
    assert_eq!(stage.read(&path).await.get("events_today"), None);
    receiver.wait_for(3).await;
    stage.end().await;
}
