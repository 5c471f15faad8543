//! How is an action managed?
//! Stories of `/v1/actions`: an action's life, what is refused and where, who sees what.

use serde_json::{Value, json};
use stories::{Receiver, Stage};

use super::{action, agent, invoke, key, pointers};

#[tokio::test]
async fn the_life_of_an_action() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    let made = action(&stage, &receiver, json!({ "headers": { "X-Token": "hush" } })).await;
    assert!(made["secret"].as_str().unwrap().starts_with("whsec_"), "{made}");
    assert_eq!(
        (&made["effect"], &made["retries"], &made["confirm"]),
        (&json!("write"), &json!(2), &Value::Null)
    );
    let path = format!("/v1/actions/refund_order?workspace_id={}", stage.workspace);
    let mut shown = made.clone();
    shown.as_object_mut().unwrap().remove("secret");
    assert_eq!(stage.read(&path).await, shown);
    let list = format!("/v1/actions?workspace_id={}", stage.workspace);
    assert_eq!(stage.read(&list).await["data"], json!([shown]));

    // It is changed under its lock, but for its name.
    let change = json!({ "title": "Refund", "parameters": { "type": "object", "properties": {} } });
    let headers = [("if-match", "\"1\"")];
    let changed = stage.admin.exchange("PATCH", &path, change.to_string(), &headers).await.unwrap();
    assert_eq!((changed.status().as_u16(), &changed.headers()["etag"]), (200, &"\"2\"".parse().unwrap()));
    let changed: Value = serde_json::from_slice(changed.body()).unwrap();
    assert_eq!(changed["parameters"], change["parameters"], "it is replaced whole");
    let stale = stage.admin.exchange("PATCH", &path, change.to_string(), &headers).await.unwrap();
    assert_eq!(stale.status(), 412);
    let renamed = json!({ "name": "other" }).to_string();
    let (status, problem) = stage.admin.call("PATCH", &path, renamed, &[]).await.unwrap();
    assert_eq!((status, pointers(&problem)), (422, vec!["/name"]));

    // Its secret is rotated with an overlap, and it is deleted with its endpoint.
    let rotate = format!("/v1/actions/refund_order/secret/rotate?workspace_id={}", stage.workspace);
    let rotated = stage.admin.post(&rotate, &json!({})).await.unwrap();
    assert_ne!(rotated["secret"], made["secret"]);
    assert_eq!(rotated["old_secrets"].as_array().unwrap().len(), 1);
    let end = format!("/v1/actions/refund_order/secret/end-overlap?workspace_id={}", stage.workspace);
    assert_eq!(stage.admin.post(&end, &json!({})).await.unwrap()["old_secrets"], json!([]));
    assert_eq!(stage.admin.call("DELETE", &path, "", &[]).await.unwrap().0, 204);
    assert_eq!(stage.admin.call("GET", &path, "", &[]).await.unwrap().0, 404);

    // Every change has an entry, which shows no secret.
    let audit = stage.read(&format!("/v1/audit?workspace_id={}&limit=50", stage.workspace)).await;
    let entries = audit["data"].as_array().unwrap();
    let of_it = entries.iter().filter(|entry| entry["target"]["id"] == made["endpoint_id"]);
    let kinds: Vec<_> = of_it.map(|entry| entry["action"].as_str().unwrap()).collect();
    let expected = [
        "action.deleted",
        "action.overlap_ended",
        "action.secret_rotated",
        "action.updated",
        "action.created",
    ];
    assert_eq!(kinds, expected);
    let text = audit.to_string();
    assert!(!text.contains("hush") && !text.contains(made["secret"].as_str().unwrap()));
    // The name is free again.
    action(&stage, &receiver, json!({})).await;
    stage.end().await;
}

#[tokio::test]
async fn names_are_unique_and_actions_are_no_endpoints() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    let made = action(&stage, &receiver, json!({})).await;
    let again = json!({ "workspace_id": stage.workspace, "name": "refund_order", "url": receiver.url() });
    let (status, problem) = stage.admin.call("POST", "/v1/actions", again.to_string(), &[]).await.unwrap();
    assert_eq!((status, &problem["code"]), (409, &json!("action_exists")));

    // Who manages endpoints sees none of it, and can neither change nor call it.
    let endpoints = stage.read(&format!("/v1/webhook-endpoints?workspace_id={}", stage.workspace)).await;
    assert_eq!(endpoints["data"], json!([]));
    let endpoint = format!("/v1/webhook-endpoints/{}", made["endpoint_id"].as_str().unwrap());
    for (method, path) in [
        ("GET", endpoint.clone()),
        ("PATCH", endpoint.clone()),
        ("DELETE", endpoint.clone()),
        ("POST", format!("{endpoint}/test")),
        ("POST", format!("{endpoint}/preview")),
        ("POST", format!("{endpoint}/secret/rotate")),
        ("GET", format!("{endpoint}/deliveries")),
    ] {
        let (status, answer) = stage.admin.call(method, &path, "{}", &[]).await.unwrap();
        assert_eq!(status, 404, "{method} {path}: {answer}");
    }
    // No event goes there.
    let event = stage.send("invoice.paid", json!({})).await["id"].as_str().unwrap().to_owned();
    let ledger = stage.read(&format!("/v1/events/{event}/deliveries?workspace_id={}", stage.workspace)).await;
    assert_eq!(ledger["data"], json!([]));
    stage.end().await;
    assert!(receiver.seen().is_empty());
}

#[tokio::test]
async fn an_action_that_cannot_work_is_refused_with_a_pointer() {
    let stage = Stage::set().await;
    let sound = json!({ "workspace_id": stage.workspace, "name": "a", "url": "https://crm.example.com/a" });
    for (more, expected) in [
        // Addresses: local mode allows loopback, and no other address of the network.
        (json!({ "url": "https://10.0.0.1/{{ parameters.x }}" }), vec!["/url"]),
        (json!({ "url": "https://169.254.169.254/latest/{{ parameters.x }}" }), vec!["/url"]),
        (json!({ "url": "https://{{ parameters.host }}/a" }), vec!["/url"]),
        (json!({ "url": "https://crm.example.com/{{ parameters.x" }), vec!["/url"]),
        (json!({ "name": "Refund-Order" }), vec!["/name"]),
        (
            json!({ "parameters": { "type": "object", "properties": { "x": { "type": "strin" } } } }),
            vec!["/parameters/properties/x/type"],
        ),
        (
            json!({ "parameters": { "type": "object", "properties": { "x": { "$ref": "https://example.com/s" } } } }),
            vec!["/parameters/properties/x/$ref"],
        ),
        (json!({ "parameters": { "type": "array" } }), vec!["/parameters/type"]),
        (json!({ "result_schema": { "type": "objekt" } }), vec!["/result_schema/type"]),
        (json!({ "timeout_seconds": 26 }), vec!["/timeout_seconds"]),
        (json!({ "roles": ["two words"] }), vec!["/roles/0"]),
        (json!({ "effect": "harmless" }), vec!["/effect"]),
        (json!({ "signature": { "profile": "none" } }), vec!["/signature/profile"]),
        (json!({ "method": "GET", "template": { "a": 1 } }), vec!["/template"]),
    ] {
        let mut settings = sound.clone();
        settings.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let (status, problem) =
            stage.admin.call("POST", "/v1/actions", settings.to_string(), &[]).await.unwrap();
        assert_eq!(status, 422, "{more}: {problem}");
        assert_eq!(pointers(&problem), expected, "{more}: {problem}");
    }
    stage.end().await;
}

#[tokio::test]
async fn who_manages_actions_does_not_invoke_them_and_the_other_way_round() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    let url = format!("{}?token=hush", receiver.url());
    action(&stage, &receiver, json!({ "url": url, "headers": { "X-Token": "hush" } })).await;
    let call = json!({ "parameters": { "order": "7" } });
    let admin = key(&stage, &["admin"], &["support"]).await;
    let (status, problem) = invoke(&admin, &call, "k").await;
    assert_eq!((status, &problem["code"]), (403, &json!("missing_scope")), "{problem}");

    let agent = agent(&stage).await;
    let shown = agent.get("/v1/actions/refund_order").await.unwrap();
    assert!(!shown.to_string().contains("hush"), "{shown}");
    assert!(admin.get("/v1/actions/refund_order").await.unwrap().to_string().contains("hush"));
    let patch = json!({ "roles": ["sales"] }).to_string();
    for (method, path) in [("PATCH", "/v1/actions/refund_order"), ("DELETE", "/v1/actions/refund_order")] {
        assert_eq!(agent.call(method, path, patch.clone(), &[]).await.unwrap().0, 403);
    }
    let reader = key(&stage, &["actions:ro"], &["support"]).await;
    assert_eq!(invoke(&reader, &call, "k").await.0, 403);
    assert_eq!(reader.call("GET", "/v1/actions", "", &[]).await.unwrap().0, 200);
    stage.end().await;
    assert!(receiver.seen().is_empty());
}
