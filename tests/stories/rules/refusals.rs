//! Which rules are refused, and who may not touch one?

use serde_json::{Value, json};
use stories::{Receiver, Stage};

use super::{ask, rule};

#[tokio::test]
async fn a_rule_that_cannot_be_is_refused_with_a_pointer_to_what_is_wrong() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    let own = stage.endpoint(&receiver, json!({})).await;
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
