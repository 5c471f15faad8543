//! How does an operator send deliveries again?
//! Replays: of one delivery, of a window, of events that an endpoint missed, and of an event to chosen endpoints.

use std::time::Duration;

use serde_json::{Value, json};
use stories::stage::Endpoint;
use stories::{Answer, Receiver, Stage};

/// Just before everything a story does.
fn since() -> String {
    usecases::Clock::system().now().to_string()
}

async fn replay(stage: &Stage, endpoint: &Endpoint, body: Value) -> (u16, Value) {
    let path = format!("/v1/webhook-endpoints/{}/replay", endpoint.id);
    stage.admin.call("POST", &path, body.to_string(), &[]).await.unwrap()
}

/// Waits until a replay is over.
async fn over(stage: &Stage, replay: &Value) -> Value {
    let path = format!("/v1/replays/{}", replay["id"].as_str().unwrap());
    for _ in 0..500 {
        let replay = stage.read(&path).await;
        if replay["status"] != "running" {
            return replay;
        }
        stage.advance(Duration::from_secs(1));
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("the replay does not end: {}", stage.read(&path).await)
}

async fn active(stage: &Stage, endpoint: &Endpoint, active: bool) {
    let path = format!("/v1/webhook-endpoints/{}", endpoint.id);
    let body = json!({ "active": active }).to_string();
    assert_eq!(stage.admin.call("PATCH", &path, body, &[]).await.unwrap().0, 200);
}

#[tokio::test]
async fn a_failed_delivery_is_sent_again_under_the_same_ids() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    let endpoint = stage.endpoint(&receiver, json!({ "retry": { "schedule_seconds": [] } })).await;
    receiver.answer_first(&[Answer::Status(500)]);
    stage.send("invoice.paid", json!({ "n": 1 })).await;
    let row = stage.deliveries(&endpoint, 1, "failed").await.remove(0);
    let path = format!("/v1/webhook-endpoints/{}/deliveries/{}", endpoint.id, row["id"].as_str().unwrap());
    let (status, answer) = stage.admin.call("POST", &format!("{path}/replay"), "", &[]).await.unwrap();
    assert_eq!((status, answer["trigger"].as_str()), (202, Some("replay")));
    let seen = receiver.wait_for(2).await;
    assert_eq!(seen[0].header("webhook-id"), seen[1].header("webhook-id"));
    assert_eq!(seen[0].header("idempotency-key"), seen[1].header("idempotency-key"));
    assert_eq!((&seen[0].body, seen[1].header("x-webhook-attempt")), (&seen[1].body, "2"));
    stage.deliveries(&endpoint, 1, "delivered").await;
    let log = stage.read(&path).await["attempt_log"].clone();
    assert_eq!((&log[0]["trigger"], &log[1]["trigger"]), (&json!("automatic"), &json!("replay")));

    // What succeeded is sent again only when that is asked for.
    let again = async |body: &'static str| {
        stage.admin.call("POST", &format!("{path}/replay"), body, &[]).await.unwrap().0
    };
    assert_eq!(again("").await, 422);
    assert_eq!(again(r#"{"force":true}"#).await, 202);
    receiver.wait_for(3).await;
    stage.end().await;
}

#[tokio::test]
async fn a_replayed_delivery_has_its_whole_schedule_again() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    let endpoint = stage.endpoint(&receiver, json!({ "retry": { "schedule_seconds": [1] } })).await;
    receiver.answer(Answer::Status(500));
    stage.send("invoice.paid", json!({})).await;
    stage.deliveries(&endpoint, 1, "retrying").await;
    stage.advance(Duration::from_secs(5));
    let row = stage.deliveries(&endpoint, 1, "failed").await.remove(0);
    let path =
        format!("/v1/webhook-endpoints/{}/deliveries/{}/replay", endpoint.id, row["id"].as_str().unwrap());
    assert_eq!(stage.admin.call("POST", &path, "", &[]).await.unwrap().0, 202);
    stage.deliveries(&endpoint, 1, "retrying").await;
    stage.advance(Duration::from_secs(5));
    let row = stage.deliveries(&endpoint, 1, "failed").await.remove(0);
    assert_eq!(row["attempts"], 4);
    stage.end().await;
}

#[tokio::test]
async fn a_window_is_tried_dry_then_sent_and_only_what_failed() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    let since = since();
    let endpoint = stage.endpoint(&receiver, json!({ "retry": { "schedule_seconds": [] } })).await;
    stage.send("invoice.paid", json!({})).await;
    stage.deliveries(&endpoint, 1, "delivered").await;
    receiver.answer(Answer::Status(500));
    for event_type in ["invoice.paid", "invoice.void", "ticket.created"] {
        stage.send(event_type, json!({})).await;
    }
    receiver.wait_for(4).await;
    let failed = format!("/v1/webhook-endpoints/{}/deliveries?status=failed", endpoint.id);
    for _ in 0..200 {
        if stage.read(&failed).await.as_array().unwrap().len() == 3 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    receiver.answer(Answer::Status(200));

    let invoices = json!({ "since": since, "event_types": ["invoice.*"] });
    let mut dry = invoices.clone();
    dry["dry_run"] = json!(true);
    let (status, answer) = replay(&stage, &endpoint, dry).await;
    assert_eq!((status, &answer["count"], &answer["complete"]), (200, &json!(2), &json!(true)));
    assert_eq!((answer["samples"].as_array().unwrap().len(), receiver.seen().len()), (2, 4));

    let (status, started) = replay(&stage, &endpoint, invoices).await;
    assert_eq!((status, started["status"].as_str(), &started["total"]), (202, Some("running"), &json!(2)));
    let done = over(&stage, &started).await;
    assert_eq!(done["total"], 2, "as it was counted at the start");
    assert_eq!(
        (&done["status"], &done["sent"], &done["examined"]),
        (&json!("completed"), &json!(2), &json!(3))
    );
    receiver.wait_for(6).await;
    let left = stage.read(&failed).await;
    assert_eq!(left[0]["event_type"], "ticket.created");
    let path = format!("/v1/replays?workspace_id={}", stage.workspace);
    assert_eq!(stage.read(&path).await["data"][0]["id"], started["id"]);
    stage.end().await;
    assert_eq!(receiver.seen().len(), 6);
}

#[tokio::test]
async fn what_an_endpoint_missed_while_it_was_off_is_sent_once() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    let since = since();
    let endpoint = stage.endpoint(&receiver, json!({ "events": ["invoice.*"] })).await;
    active(&stage, &endpoint, false).await;
    let missed = stage.send("invoice.paid", json!({ "n": 7 })).await;
    stage.send("ticket.created", json!({})).await;
    let of_skipped = json!({ "since": since, "status": "skipped" });
    // While it is off, it can be counted what it misses; nothing can be sent.
    let mut dry = of_skipped.clone();
    dry["dry_run"] = json!(true);
    let (status, counted) = replay(&stage, &endpoint, dry).await;
    assert_eq!((status, &counted["count"]), (200, &json!(1)), "{counted}");
    let (status, problem) = replay(&stage, &endpoint, of_skipped.clone()).await;
    assert_eq!((status, problem["code"].as_str()), (409, Some("endpoint_disabled")));
    active(&stage, &endpoint, true).await;
    let (_, started) = replay(&stage, &endpoint, of_skipped.clone()).await;
    assert_eq!(over(&stage, &started).await["sent"], 1);
    let seen = receiver.wait_for(1).await.remove(0);
    assert_eq!(seen.header("webhook-id"), missed["id"]);
    assert!(seen.is_signed_with(&endpoint.secret));
    stage.deliveries(&endpoint, 1, "delivered").await;
    let (_, again) = replay(&stage, &endpoint, of_skipped).await;
    assert_eq!(over(&stage, &again).await["sent"], 0);

    let path =
        format!("/v1/events/{}/deliveries?workspace_id={}", missed["id"].as_str().unwrap(), stage.workspace);
    assert_eq!(stage.read(&path).await["data"][0]["status"], "delivered");
    stage.end().await;
    assert_eq!(receiver.seen().len(), 1);
}

#[tokio::test]
async fn an_event_is_sent_to_chosen_endpoints() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    let accepted = stage.send("invoice.paid", json!({})).await;
    let late = stage.endpoint(&receiver, json!({})).await;
    let path = format!("/v1/events/{}/replay", accepted["id"].as_str().unwrap());
    let body = json!({ "workspace_id": stage.workspace, "endpoint_ids": [late.id] });
    let (status, answer) = stage.admin.call("POST", &path, body.to_string(), &[]).await.unwrap();
    assert_eq!((status, answer["data"][0]["endpoint_id"].as_str()), (202, Some(late.id.as_str())));
    receiver.wait_for(1).await;
    stage.deliveries(&late, 1, "delivered").await;

    // Once it has arrived, nothing is sent without force, and the answer says so.
    let (status, answer) = stage.admin.call("POST", &path, body.to_string(), &[]).await.unwrap();
    assert_eq!((status, &answer["data"], &answer["on_their_way"]), (202, &json!([]), &json!([])));
    let left_alone = &answer["already_delivered"][0];
    assert_eq!((&left_alone["endpoint_id"], &left_alone["status"]), (&json!(late.id), &json!("delivered")));
    let erase = path.replace("/replay", &format!("/data?workspace_id={}", stage.workspace));
    assert_eq!(stage.admin.call("DELETE", &erase, "", &[]).await.unwrap().0, 204);
    let row = stage.deliveries(&late, 1, "delivered").await.remove(0);
    let one = format!("/v1/webhook-endpoints/{}/deliveries/{}/replay", late.id, row["id"].as_str().unwrap());
    let mut forced = body.clone();
    forced["force"] = json!(true);
    for (path, body) in [(&path, forced.to_string()), (&one, r#"{"force":true}"#.to_owned())] {
        let (status, problem) = stage.admin.call("POST", path, body, &[]).await.unwrap();
        assert_eq!((status, problem["code"].as_str()), (409, Some("event_erased")));
    }
    assert_eq!(receiver.seen().len(), 1);
    let accepted = stage.send("invoice.paid", json!({})).await;
    let path = format!("/v1/events/{}/replay", accepted["id"].as_str().unwrap());
    active(&stage, &late, false).await;
    let (status, problem) = stage.admin.call("POST", &path, body.to_string(), &[]).await.unwrap();
    assert_eq!((status, problem["code"].as_str()), (409, Some("endpoint_disabled")));
    stage.end().await;
}

#[tokio::test]
async fn a_replay_can_be_cancelled_once_and_bad_windows_are_refused() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    let endpoint = stage.endpoint(&receiver, json!({ "retry": { "schedule_seconds": [] } })).await;
    let since = since();
    for (body, pointer) in [
        (json!({ "since": "2999-01-01T00:00:00Z" }), "/since"),
        (json!({ "since": since, "until": "2020-01-01T00:00:00Z" }), "/since"),
        (json!({ "since": since, "status": "delivered" }), "/status"),
        (json!({}), "/since"),
        (json!({ "since": since, "dry_run": "yes" }), "/dry_run"),
    ] {
        let (status, problem) = replay(&stage, &endpoint, body).await;
        assert_eq!((status, problem["errors"][0]["pointer"].as_str()), (422, Some(pointer)));
    }
    tokio::time::sleep(Duration::from_millis(2)).await;
    let (_, started) = replay(&stage, &endpoint, json!({ "since": since })).await;
    let path = format!("/v1/replays/{}/cancel", started["id"].as_str().unwrap());
    let first = stage.admin.call("POST", &path, "", &[]).await.unwrap();
    let second = stage.admin.call("POST", &path, "", &[]).await.unwrap();
    // It may have been over before it could be stopped; a second time there is nothing to stop in any case.
    assert!([200, 409].contains(&first.0));
    assert_eq!((second.0, second.1["code"].as_str()), (409, Some("replay_over")));
    stage.end().await;
}

#[tokio::test]
async fn a_test_that_failed_leaves_nothing_to_do() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    let since = since();
    let endpoint = stage.endpoint(&receiver, json!({ "retry": { "schedule_seconds": [] } })).await;
    stage.endpoint(&receiver, json!({})).await;
    receiver.answer_first(&[Answer::Status(500), Answer::Status(500), Answer::Status(500)]);
    let path = format!("/v1/webhook-endpoints/{}/test", endpoint.id);
    for own in ["", r#"{"type":"invoice.paid","data":{"n":1}}"#] {
        assert_eq!(stage.admin.call("POST", &path, own, &[]).await.unwrap().1["status"], "failed");
    }
    let undelivered = format!("/v1/undelivered?workspace_id={}", stage.workspace);
    assert_eq!(stage.read(&undelivered).await, json!({ "data": [], "next": null, "previous": null }));
    let all = json!({ "since": since, "status": "all", "include_delivered": true, "dry_run": true });
    let endpoints = stage.read(&format!("/v1/webhook-endpoints?workspace_id={}", stage.workspace)).await;
    for id in endpoints["data"].as_array().unwrap() {
        let endpoint = Endpoint { id: id["id"].as_str().unwrap().to_owned(), secret: String::new() };
        assert_eq!(replay(&stage, &endpoint, all.clone()).await.1["count"], 0);
    }

    let other = stage.send("invoice.paid", json!({})).await;
    let row = loop {
        let list = stage.read(&undelivered).await["data"].clone();
        if list[0].is_object() {
            break list;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    assert_eq!((row.as_array().unwrap().len(), &row[0]["event_id"]), (1, &other["id"]));
    stage.advance(Duration::from_secs(30));
    stage.end().await;
}
