//! What happens when a rule is changed or deleted, also while its deliveries are under way?

use serde_json::json;
use stories::receiver::Answer;
use stories::{Receiver, Stage};

use super::{change, rule, step};

#[tokio::test]
async fn a_step_that_keeps_its_id_keeps_its_endpoint_and_what_is_under_way() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    let new_home = Receiver::start().await;
    receiver.answer(Answer::Status(500));
    let made =
        rule(&stage, json!({ "then": [{ "id": "post", "do": "deliver", "url": receiver.url() }] })).await;
    stage.send("order.made", json!({})).await;
    stage.attempted(&step(&made, 0), 1).await;
    let changed = change(
        &stage,
        &made,
        json!({ "name": "Renamed", "then": [
        { "id": "post", "do": "deliver", "url": new_home.url() }, { "do": "deliver", "url": receiver.url() },
    ] }),
    )
    .await;
    assert_eq!(
        (&changed["revision"], &changed["then"][0]["endpoint_id"]),
        (&json!(2), &made["then"][0]["endpoint_id"])
    );
    assert_eq!(changed["secrets"].as_object().unwrap().keys().collect::<Vec<_>>(), ["a1"]);
    stage.advance(std::time::Duration::from_secs(120));
    let seen = new_home.wait_for(1).await;
    assert!(seen[0].is_signed_with(&step(&made, 0).secret));
    stage.deliveries(&step(&made, 0), 1, "delivered").await;
    stage.end().await;
}

#[tokio::test]
async fn the_deliveries_of_a_deleted_rule_are_cancelled_and_its_tombstone_names_it() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    receiver.answer(Answer::Status(500));
    let own = stage.endpoint(&receiver, json!({ "events": ["none"] })).await;
    let made = rule(
        &stage,
        json!({ "then": [
        { "do": "deliver", "url": receiver.url() }, { "do": "deliver", "endpoint_id": own.id },
    ] }),
    )
    .await;
    stage.send("order.made", json!({})).await;
    let endpoint = step(&made, 0);
    stage.attempted(&endpoint, 1).await;
    stage.attempted(&own, 1).await;
    let path = format!("/v1/rules/{}", made["id"].as_str().unwrap());
    assert_eq!(stage.admin.call("DELETE", &path, "", &[]).await.unwrap().0, 204);
    assert_eq!(stage.admin.call("GET", &path, "", &[]).await.unwrap().0, 404);
    receiver.answer(Answer::Status(200));
    stage.advance(std::time::Duration::from_secs(120));
    // What was forwarded is a delivery of an endpoint that is still there.
    stage.deliveries(&own, 1, "delivered").await;
    stage.deliveries(&endpoint, 1, "cancelled").await;
    let tombstone = stage.read(&format!("/v1/deleted-endpoints/{}", endpoint.id)).await;
    assert_eq!(tombstone["rule_id"], made["id"]);
    stage.end().await;
}

#[tokio::test]
async fn a_rule_that_is_off_sends_nothing_and_one_that_is_on_again_goes_on() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    let made =
        rule(&stage, json!({ "active": false, "then": [{ "do": "deliver", "url": receiver.url() }] })).await;
    let event = stage.send("order.made", json!({})).await;
    assert_eq!(super::fate(&stage, &event, &step(&made, 0).id).await, "disabled");
    change(&stage, &made, json!({ "active": true })).await;
    stage.send("order.made", json!({})).await;
    receiver.wait_for(1).await;
    stage.deliveries(&step(&made, 0), 1, "delivered").await;
    stage.end().await;
}

#[tokio::test]
async fn the_endpoint_of_a_step_is_listed_when_asked_for_and_changed_with_its_rule_only() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    let made =
        rule(&stage, json!({ "then": [{ "id": "post", "do": "deliver", "url": receiver.url() }] })).await;
    let own = stage.endpoint(&receiver, json!({})).await;
    let ids = |page: serde_json::Value| -> Vec<String> {
        let rows = page["data"].as_array().unwrap().iter();
        rows.map(|row| row["id"].as_str().unwrap().to_owned()).collect()
    };
    let list = format!("/v1/webhook-endpoints?workspace_id={}", stage.workspace);
    assert_eq!(ids(stage.read(&list).await), [own.id.as_str()]);
    let all = ids(stage.read(&format!("{list}&include_rules=true")).await);
    assert_eq!(all, [own.id.as_str(), step(&made, 0).id.as_str()]);
    let path = format!("/v1/webhook-endpoints/{}", step(&made, 0).id);
    let shown = stage.read(&path).await;
    assert_eq!((&shown["rule_id"], &shown["rule_step"]), (&made["id"], &json!("post")));
    for (method, body) in [("PATCH", json!({ "active": false }).to_string()), ("DELETE", String::new())] {
        let (status, problem) = stage.admin.call(method, &path, body, &[]).await.unwrap();
        assert_eq!((status, &problem["code"]), (409, &json!("belongs_to_another")), "{method}");
        assert!(problem["detail"].as_str().unwrap().contains(made["id"].as_str().unwrap()), "{problem:#}");
    }
    let rotated =
        stage.admin.post(&format!("{path}/secret/rotate"), &json!({ "overlap_seconds": 0 })).await.unwrap();
    assert_ne!(rotated["secret"], json!(step(&made, 0).secret));
    let test = stage.admin.post(&format!("{path}/test"), &json!({})).await.unwrap();
    assert_eq!(test["status"], "delivered");
    stage.end().await;
}

#[tokio::test]
async fn a_change_for_another_revision_changes_nothing() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    let made = rule(&stage, json!({ "then": [{ "do": "deliver", "url": receiver.url() }] })).await;
    change(&stage, &made, json!({ "name": "Second" })).await;
    let path = format!("/v1/rules/{}", made["id"].as_str().unwrap());
    let third = json!({ "name": "Third" }).to_string();
    let (status, problem) = stage.admin.call("PATCH", &path, third, &[("If-Match", "\"1\"")]).await.unwrap();
    assert_eq!((status, &problem["code"]), (412, &json!("precondition_failed")));
    assert_eq!(stage.read(&path).await["name"], "Second");
    let log = stage
        .read(&format!("/v1/audit?workspace_id={}&target={}", stage.workspace, made["id"].as_str().unwrap()))
        .await;
    let actions: Vec<_> =
        log["data"].as_array().unwrap().iter().map(|entry| entry["action"].clone()).collect();
    assert_eq!(actions, [json!("rule.updated"), json!("rule.created")]);
    stage.end().await;
}
