//! Which rules are refused, and who may not touch one?

use serde_json::{Value, json};
use stories::{Receiver, Stage};

use super::{ask, change, rule};

#[tokio::test]
async fn a_rule_that_cannot_be_is_refused_with_a_pointer_to_what_is_wrong() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    let own = stage.endpoint(&receiver, json!({})).await;
    let notification = stage.endpoint(&receiver, json!({ "body": "slack" })).await;
    let emit = json!({ "do": "emit", "type": "z", "data": 1 });
    let made = rule(&stage, json!({ "when": { "events": ["x"] }, "then": [emit] })).await;
    let deliver = |more: Value| {
        let mut step = json!({ "do": "deliver", "url": receiver.url() });
        step.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!({ "then": [step] })
    };
    let nested = (0..6).fold(json!({ "data.a": 1 }), |inner, _| json!({ "$and": [inner, { "data.b": 1 }] }));
    for (members, pointer) in [
        (json!({}), "/then"),
        (json!({ "then": [] }), "/then"),
        (json!({ "then": [{ "do": "explode" }] }), "/then/0/do"),
        (json!({ "then": [{ "do": "deliver" }] }), "/then/0/url"),
        (
            json!({ "then": [{ "do": "deliver", "endpoint_id": made["then"][0]["endpoint_id"] }] }),
            "/then/0/endpoint_id",
        ),
        (
            json!({ "then": [{ "do": "deliver", "endpoint_id": "we_01M7Z2902B976DQF8TPFF6EEZ2" }] }),
            "/then/0/endpoint_id",
        ),
        (
            json!({ "then": [{ "do": "deliver", "endpoint_id": own.id, "delay_seconds": 1 }] }),
            "/then/0/delay_seconds",
        ),
        (json!({ "then": [{ "do": "deliver", "endpoint_id": notification.id }] }), "/then/0/endpoint_id"),
        (deliver(json!({ "url": "https://10.0.0.1/" })), "/then/0/url"),
        (deliver(json!({ "url": "posthorn:emit:x" })), "/then/0/url"),
        (deliver(json!({ "colour": "red" })), "/then/0/colour"),
        (deliver(json!({ "template": { "text": "{{ range(9) }}" } })), "/then/0/template/text"),
        (deliver(json!({ "signature": { "profile": "none" } })), "/then/0/signature/profile"),
        (json!({ "then": [{ "do": "emit", "type": "posthorn.test" }] }), "/then/0/type"),
        (json!({ "then": [emit], "if": { "$where": "1" } }), "/if/$where"),
        (json!({ "then": [emit], "if": { "data.a": { "$regex": "a" } } }), "/if/data.a/$regex"),
        (json!({ "then": [emit], "if": nested }), "/if"),
        (json!({ "then": [emit], "name": "" }), "/name"),
        (json!({ "then": [emit], "mode": "dry" }), "/mode"),
    ] {
        let (status, problem) = ask(&stage, members.clone()).await;
        assert_eq!(status, 422, "{members}: {problem:#}");
        let pointers = problem["errors"].as_array().unwrap().iter();
        let pointers: Vec<_> = pointers.map(|error| error["pointer"].as_str().unwrap()).collect();
        assert!(pointers.iter().any(|found| found.starts_with(pointer)), "{members}: {problem:#}");
    }
    let rules = stage.read(&format!("/v1/rules?workspace_id={}", stage.workspace)).await;
    assert_eq!(rules["data"].as_array().unwrap().len(), 1);
    stage.end().await;
}

#[tokio::test]
async fn a_key_sees_and_changes_the_rules_of_its_workspace_as_its_scopes_say() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    let made = rule(
        &stage,
        json!({ "then": [
        { "do": "deliver", "url": format!("{}?token=hush", receiver.url()), "headers": { "X-Key": "hush" } },
    ] }),
    )
    .await;
    let path = format!("/v1/rules/{}", made["id"].as_str().unwrap());
    let key = async |scopes: &[&str]| {
        let body = json!({ "name": "key", "workspace_id": stage.workspace, "scopes": scopes });
        let key = stage.admin.post("/v1/api-keys", &body).await.unwrap();
        api::client::ApiClient::new(&stage.platform.url(), key["key"].as_str().unwrap())
    };
    let reader = key(&["rules:ro"]).await;
    let shown = reader.get(&path).await.unwrap();
    assert!(
        !shown.to_string().contains("hush") && shown["then"][0]["headers"]["X-Key"] != Value::Null,
        "{shown:#}"
    );
    let change = json!({ "name": "mine" }).to_string();
    assert_eq!(reader.call("PATCH", &path, change, &[]).await.unwrap().0, 403);
    assert_eq!(reader.call("DELETE", &path, "", &[]).await.unwrap().0, 403);
    assert_eq!(
        reader
            .call("POST", "/v1/rules/test", json!({ "rule_id": made["id"] }).to_string(), &[])
            .await
            .unwrap()
            .0,
        403
    );
    assert_eq!(
        reader.call("GET", &format!("{path}/firings"), "", &[]).await.unwrap().0,
        403,
        "without events:ro"
    );
    assert_eq!(key(&["webhooks", "events"]).await.call("GET", &path, "", &[]).await.unwrap().0, 403);
    let other = stage.admin.post("/v1/workspaces", &json!({ "name": "other" })).await.unwrap();
    let body =
        json!({ "name": "key", "workspace_id": other["id"], "scopes": ["rules", "events", "webhooks"] });
    let stranger = stage.admin.post("/v1/api-keys", &body).await.unwrap();
    let stranger = api::client::ApiClient::new(&stage.platform.url(), stranger["key"].as_str().unwrap());
    for (method, path) in [
        ("GET", path.clone()),
        ("DELETE", path.clone()),
        ("GET", format!("{path}/firings")),
        ("GET", format!("{path}/statistics")),
    ] {
        assert_eq!(stranger.call(method, &path, "", &[]).await.unwrap().0, 404, "{method} {path}");
    }
    let test = json!({ "rule_id": made["id"] }).to_string();
    assert_eq!(stranger.call("POST", "/v1/rules/test", test, &[]).await.unwrap().0, 404);
    stage.end().await;
}

#[tokio::test]
async fn a_key_that_may_not_invoke_an_action_can_make_its_rule_do_less_and_nothing_else() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    let action = json!({
        "workspace_id": stage.workspace, "name": "refund_order", "url": receiver.url(), "roles": ["support"],
        "parameters": { "type": "object", "properties": { "order": {} } },
    });
    stage.admin.post("/v1/actions", &action).await.unwrap();
    let key = async |scopes: &[&str], roles: &[&str]| {
        let body =
            json!({ "name": "key", "workspace_id": stage.workspace, "scopes": scopes, "roles": roles });
        let key = stage.admin.post("/v1/api-keys", &body).await.unwrap();
        api::client::ApiClient::new(&stage.platform.url(), key["key"].as_str().unwrap())
    };
    let step = |order: &str| json!([{ "id": "a1", "do": "invoke", "action": "refund_order", "parameters": { "order": order } }]);
    let owner = key(&["rules", "actions"], &["support"]).await;
    let body = json!({ "name": "Refunds", "when": { "events": ["a"] }, "then": step("{{ data.id }}") });
    let made = owner.post("/v1/rules", &body).await.unwrap();
    let path = format!("/v1/rules/{}", made["id"].as_str().unwrap());
    let other = key(&["rules"], &["support"]).await;
    for (change, is_allowed) in [
        (json!({ "then": step("another") }), false),
        (json!({ "when": { "events": [] } }), false),
        (json!({ "if": { "data.id": 1 } }), false),
        (json!({ "name": "Refunds of orders" }), true),
        (json!({ "mode": "watch" }), true),
        (json!({ "mode": "live" }), false),
        (json!({ "active": false }), true),
        (json!({ "mode": "live" }), true),
        (json!({ "then": step("another") }), false),
        (json!({ "active": true }), false),
    ] {
        let (status, problem) = other.call("PATCH", &path, change.to_string(), &[]).await.unwrap();
        let expected = if is_allowed { 200 } else { 422 };
        assert_eq!(status, expected, "{change}: {problem:#}");
        if !is_allowed {
            assert_eq!(problem["errors"][0]["pointer"], "/then/0/action", "{change}");
        }
    }
    let on = json!({ "active": true }).to_string();
    assert_eq!(owner.call("PATCH", &path, on, &[]).await.unwrap().0, 200);
    stage.end().await;
}

#[tokio::test]
async fn a_rule_has_room_for_large_examples_up_to_its_bound() {
    let stage = Stage::set().await;
    let example = |bytes: usize| json!([{ "event": { "type": "ticket.created", "data": { "note": "x".repeat(bytes) } }, "expect": true }]);
    let rule = |bytes: usize| {
        json!({
            "name": "large", "when": { "events": ["ticket.created"] }, "examples": example(bytes),
            "then": [{ "id": "a1", "do": "emit", "type": "ticket.seen", "data": {} }],
        })
    };
    let (status, made) = ask(&stage, rule(100_000)).await;
    assert_eq!(status, 201, "{made}");
    change(&stage, &made, json!({ "examples": example(110_000) })).await;
    let (status, problem) = ask(&stage, rule(140_000)).await;
    assert_eq!((status, problem["code"].as_str()), (422, Some("invalid_request")), "{problem}");
    stage.end().await;
}
