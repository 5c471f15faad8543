//! Why did an endpoint get an event, or why not?
//! The rules of now beside what was recorded when the event was accepted.

use std::time::Duration;

use serde_json::{Value, json};
use stories::stage::Endpoint;
use stories::{Receiver, Stage};

async fn explain(stage: &Stage, event: &Value, endpoint: &Endpoint) -> Value {
    let (event, endpoint) = (event["id"].as_str().unwrap(), &endpoint.id);
    let query = format!("endpoint_id={endpoint}&workspace_id={}", stage.workspace);
    stage.read(&format!("/v1/events/{event}/explain?{query}")).await
}

/// The rules that the event does not pass.
fn failed(explanation: &Value) -> Vec<&str> {
    let rules = explanation["rules"].as_array().unwrap().iter();
    rules.filter(|rule| rule["passed"] == false).map(|rule| rule["rule"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn each_rule_is_told_and_a_change_since_then_too() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    let wanting = stage.endpoint(&receiver, json!({ "events": ["order.*", "invoice.*"] })).await;
    let other = stage.endpoint(&receiver, json!({ "events": ["order.*"], "channels": ["eu"] })).await;
    stage.advance(Duration::from_secs(10));
    let event = stage.send("invoice.paid", json!({})).await;
    stage.deliveries(&wanting, 1, "delivered").await;

    let got = explain(&stage, &event, &wanting).await;
    assert_eq!((&got["passes"], &got["changed_since"]), (&json!(true), &json!(false)), "{got:#}");
    assert_eq!(got["recorded"], json!({ "status": "delivery", "reason": null }));
    assert_eq!(got["delivery"]["status"], "delivered");
    let rule = &got["rules"][0];
    let expected = json!({
        "rule": "event_type", "passed": true, "tried": ["order.*", "invoice.*"], "matched": "invoice.*",
        "conditions": [],
    });
    assert_eq!(*rule, expected);

    let missed = explain(&stage, &event, &other).await;
    assert_eq!(failed(&missed), ["event_type", "channels"]);
    assert_eq!(missed["recorded"], json!({ "status": "skipped", "reason": "type_not_subscribed" }));
    assert!(missed["delivery"].is_null() && missed["changed_since"] == false);

    stage.advance(Duration::from_secs(10));
    let path = format!("/v1/webhook-endpoints/{}", other.id);
    let change = json!({ "events": [], "channels": [] }).to_string();
    assert_eq!(stage.admin.call("PATCH", &path, change, &[]).await.unwrap().0, 200);
    let changed = explain(&stage, &event, &other).await;
    assert_eq!((&changed["passes"], &changed["changed_since"]), (&json!(true), &json!(true)));
    assert_eq!(changed["recorded"]["reason"], "type_not_subscribed");

    let off = json!({ "active": false }).to_string();
    assert_eq!(stage.admin.call("PATCH", &path, off, &[]).await.unwrap().0, 200);
    assert_eq!(failed(&explain(&stage, &event, &other).await), ["active"]);
    assert_eq!(stage.admin.call("DELETE", &path, "", &[]).await.unwrap().0, 204);
    let deleted = explain(&stage, &event, &other).await;
    assert_eq!((&deleted["passes"], &deleted["rules"]), (&Value::Null, &json!([])));
    assert_eq!(deleted["recorded"]["reason"], "type_not_subscribed");

    let younger = stage.endpoint(&receiver, json!({})).await;
    let explained = explain(&stage, &event, &younger).await;
    assert!(explained["recorded"].is_null() && explained["changed_since"] == true, "{explained:#}");
    stage.end().await;
}

#[tokio::test]
async fn an_explanation_needs_an_event_and_an_endpoint_of_the_workspace() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    let endpoint = stage.endpoint(&receiver, json!({ "events": ["none"] })).await;
    let event = stage.send("invoice.paid", json!({})).await;
    let (ws, event) = (&stage.workspace, event["id"].as_str().unwrap());
    let stranger = "we_01M7Z2902B976DQF8TPFF6EEZ2";
    let missing = "evt_01M7Z294KETHNPJB3QG0VDG1JA";
    for (path, status) in [
        (format!("/v1/events/{event}/explain?workspace_id={ws}&endpoint_id={}", endpoint.id), 200),
        (format!("/v1/events/{event}/explain?workspace_id={ws}&endpoint_id={stranger}"), 404),
        (format!("/v1/events/{missing}/explain?workspace_id={ws}&endpoint_id={}", endpoint.id), 404),
        (format!("/v1/events/{event}/explain?workspace_id={ws}"), 422),
        (format!("/v1/events/{event}/explain?workspace_id={ws}&endpoint_id=nobody"), 404),
        (format!("/v1/events/{event}/explain?workspace_id={ws}&endpoint_id=%20"), 422),
    ] {
        assert_eq!(stage.admin.call("GET", &path, "", &[]).await.unwrap().0, status, "{path}");
    }
    stage.end().await;
}

#[tokio::test]
async fn no_rule_decides_on_a_test_event() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    let tested = stage.endpoint(&receiver, json!({ "events": ["none"] })).await;
    let other = stage.endpoint(&receiver, json!({})).await;
    let path = format!("/v1/webhook-endpoints/{}/test", tested.id);
    let result = stage.admin.post(&path, &json!({})).await.unwrap();
    let event = json!({ "id": result["event_id"] });
    let of_tested = explain(&stage, &event, &tested).await;
    assert_eq!((&of_tested["rules"], &of_tested["delivery"]["status"]), (&json!([]), &json!("delivered")));
    let of_other = explain(&stage, &event, &other).await;
    assert!(of_other["recorded"].is_null() && of_other["passes"].is_null(), "{of_other:#}");
    stage.end().await;
}
