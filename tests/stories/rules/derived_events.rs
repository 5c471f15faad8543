//! Which events do rules make?
//! Derived events: once for each cause, as a chain of at most three rules.

use serde_json::json;
use stories::{Receiver, Stage};

use super::{ask, event_of_type, fate, rule, step};

/// A rule that emits on events of one type.
fn emits(on: &str, emitted: &str) -> serde_json::Value {
    json!({ "name": format!("{on} to {emitted}"), "when": { "events": [on] },
            "then": [{ "do": "emit", "type": emitted, "data": { "of": "{{ data.id }}", "cause": "{{ type }}" } }] })
}

#[tokio::test]
async fn a_derived_event_has_what_the_template_makes_and_goes_to_its_subscribers() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    let subscriber = stage.endpoint(&receiver, json!({ "events": ["vip.*"], "channels": ["eu"] })).await;
    let made = rule(&stage, emits("ticket.created", "vip.ticket")).await;
    let body = json!({ "workspace_id": stage.workspace, "type": "ticket.created", "channels": ["eu"],
                       "data": { "id": 7 }, "occurred_at": "2026-01-05T09:30:00Z" });
    let (_, cause) = stage.admin.call("POST", "/v1/events", body.to_string(), &[]).await.unwrap();
    let seen = receiver.wait_for(1).await;
    let got: serde_json::Value = serde_json::from_slice(&seen[0].body).unwrap();
    assert_eq!(got["data"], json!({ "of": 7, "cause": "ticket.created" }));
    assert_eq!((&got["type"], &got["timestamp"]), (&json!("vip.ticket"), &json!("2026-01-05T09:30:00.000Z")));
    stage.deliveries(&subscriber, 1, "delivered").await;

    // The step's delivery says what it made, as the log of a request does.
    let delivery = &stage.deliveries(&step(&made, 0), 1, "delivered").await[0];
    assert_eq!(delivery["event_id"], cause["id"]);
    let path = format!(
        "/v1/webhook-endpoints/{}/deliveries/{}",
        step(&made, 0).id,
        delivery["id"].as_str().unwrap()
    );
    let attempt = &stage.read(&path).await["attempt_log"][0];
    let said: serde_json::Value =
        serde_json::from_str(attempt["response"]["body"].as_str().unwrap()).unwrap();
    assert_eq!((&attempt["response"]["status"], &said["id"]), (&json!(202), &got["id"]));

    // A replay makes the same event, so nothing new.
    let path = format!("{path}/replay");
    stage.admin.post(&path, &json!({ "force": true })).await.unwrap();
    stage.attempted(&step(&made, 0), 2).await;
    stage.end_after_repeating().await;
    assert_eq!(receiver.seen().len(), 1);
}

#[tokio::test]
async fn a_chain_ends_after_three_rules() {
    let stage = Stage::set().await;
    let mut rules = Vec::new();
    for (on, emitted) in [("a", "b"), ("b", "c"), ("c", "d"), ("d", "e")] {
        rules.push(rule(&stage, emits(on, emitted)).await);
    }
    stage.send("a", json!({ "id": 1 })).await;
    let last = event_of_type(&stage, "d").await;
    assert_eq!(fate(&stage, &last, &step(&rules[3], 0).id).await, "loop");
    let page = stage.read(&format!("/v1/events?workspace_id={}", stage.workspace)).await;
    assert_eq!(page["data"].as_array().unwrap().len(), 4, "{page:#}");

    // The last event names the one before and the whole chain; the first has no cause.
    let of_type = async |name: &str| {
        let id = event_of_type(&stage, name).await["id"].as_str().unwrap().to_owned();
        stage.read(&format!("/v1/events/{id}?workspace_id={}", stage.workspace)).await
    };
    let chain: Vec<_> = rules[..3].iter().map(|rule| rule["id"].clone()).collect();
    let before = of_type("c").await;
    assert_eq!(of_type("d").await["caused_by"], json!({ "event_id": before["id"], "rules": chain }));
    assert_eq!(of_type("a").await["caused_by"], json!(null));
    stage.end().await;
}

#[tokio::test]
async fn a_rule_that_would_feed_itself_through_two_others_is_refused() {
    let stage = Stage::set().await;
    rule(&stage, emits("b", "c")).await;
    let last = rule(&stage, emits("c", "x")).await;
    rule(&stage, emits("a", "b")).await;
    let path = format!("/v1/rules/{}", last["id"].as_str().unwrap());
    let closing = json!({ "then": [{ "do": "emit", "type": "a", "data": 1 }] }).to_string();
    let (status, problem) = stage.admin.call("PATCH", &path, closing, &[]).await.unwrap();
    let error = &problem["errors"][0];
    assert_eq!((status, &error["pointer"]), (422, &json!("/then/0/type")));
    let way = "on which the rule \"a to b\" emits b, on which the rule \"b to c\" emits c, on which this rule fires again";
    assert!(error["detail"].as_str().unwrap().contains(way), "{problem:#}");
    let (status, problem) = ask(&stage, emits("z", "z")).await;
    assert_eq!((status, &problem["errors"][0]["pointer"]), (422, &json!("/then/0/type")));
    assert_eq!(stage.read(&path).await["then"], last["then"]);
    stage.end().await;
}

#[tokio::test]
async fn an_event_that_cannot_be_made_is_a_delivery_that_failed() {
    let stage = Stage::set().await;
    let quota = json!({ "max_events_per_day": 1 }).to_string();
    let path = format!("/v1/workspaces/{}", stage.workspace);
    assert_eq!(stage.admin.call("PATCH", &path, quota, &[]).await.unwrap().0, 200);
    let made = rule(&stage, emits("a", "b")).await;
    stage.send("a", json!({ "id": 1 })).await;
    let delivery = &stage.deliveries(&step(&made, 0), 1, "failed").await[0];
    let path = format!(
        "/v1/webhook-endpoints/{}/deliveries/{}",
        step(&made, 0).id,
        delivery["id"].as_str().unwrap()
    );
    let read = stage.read(&path).await;
    assert_eq!((&read["attempts"], &read["attempt_log"][0]["response"]["status"]), (&json!(1), &json!(429)));
    assert!(
        read["attempt_log"][0]["response"]["body"].as_str().unwrap().contains("quota_exceeded"),
        "{read:#}"
    );
    let health = stage.read(&format!("/v1/webhook-endpoints/{}", step(&made, 0).id)).await["health"].clone();
    assert_eq!(health["failures"], 0, "a step has no receiver that could fail");
    stage.end().await;
}

#[tokio::test]
async fn a_rule_does_not_feed_itself_by_way_of_the_news_that_its_event_was_not_delivered() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    receiver.answer(stories::receiver::Answer::Status(500));
    let once = json!({ "schedule_seconds": [] });
    let subscriber =
        stage.endpoint(&receiver, json!({ "events": ["order.*", "alarm"], "retry": once })).await;
    let made = rule(&stage, emits("posthorn.delivery.exhausted", "alarm")).await;
    stage.send("order.made", json!({})).await;
    stage.deliveries(&subscriber, 2, "failed").await;
    let list = format!("/v1/events?workspace_id={}&event_type=posthorn.delivery.exhausted", stage.workspace);
    let news = loop {
        let page = stage.read(&list).await["data"].as_array().unwrap().clone();
        match page.len() {
            0 | 1 => tokio::time::sleep(std::time::Duration::from_millis(20)).await,
            _ => break page,
        }
    };
    // Newest first: of the order's delivery the rule made the alarm, of the alarm's it makes nothing.
    assert_eq!(fate(&stage, &news[0], &step(&made, 0).id).await, "loop");
    assert_eq!(fate(&stage, &news[1], &step(&made, 0).id).await, "delivery");
    stage.end().await;
    assert_eq!(receiver.seen().len(), 2);
}
