//! What do people, agents and rules let Posthorn call?

mod actions;
mod invoking;
mod repeated;
mod untrusted;
mod withheld;

use api::client::ApiClient;
use serde_json::{Value, json};
use stories::{Receiver, Stage};

/// A key of the stage's workspace with these scopes and roles.
async fn key(stage: &Stage, scopes: &[&str], roles: &[&str]) -> ApiClient {
    let body = json!({
        "name": "agent", "workspace_id": stage.workspace, "scopes": scopes, "roles": roles,
    });
    let made = stage.admin.post("/v1/api-keys", &body).await.unwrap();
    ApiClient::new(&stage.platform.url(), made["key"].as_str().unwrap())
}

/// A key that may invoke the actions of the role `support`.
async fn agent(stage: &Stage) -> ApiClient {
    key(stage, &["actions"], &["support"]).await
}

/// An action that calls `receiver`, for the role `support`, with further settings.
async fn action(stage: &Stage, receiver: &Receiver, more: Value) -> Value {
    let mut settings = json!({
        "workspace_id": stage.workspace, "name": "refund_order", "url": receiver.url(), "roles": ["support"],
        "parameters": {
            "type": "object", "required": ["order"],
            "properties": { "order": { "type": "string", "minLength": 1 }, "cents": { "type": "integer" } },
        },
    });
    settings.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let (status, made) = stage.admin.call("POST", "/v1/actions", settings.to_string(), &[]).await.unwrap();
    assert_eq!(status, 201, "{made}");
    made
}

/// Invokes `refund_order` under a key; gives status and answer.
async fn invoke(client: &ApiClient, body: &Value, key: &str) -> (u16, Value) {
    let path = "/v1/actions/refund_order/invoke";
    let headers: &[(&str, &str)] = if key.is_empty() { &[] } else { &[("idempotency-key", key)] };
    client.call("POST", path, body.to_string(), headers).await.unwrap()
}

fn pointers(problem: &Value) -> Vec<&str> {
    let errors = problem["errors"].as_array().into_iter().flatten();
    errors.map(|error| error["pointer"].as_str().unwrap()).collect()
}
