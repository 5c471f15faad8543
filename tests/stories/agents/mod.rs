//! What may an agent do by the Model Context Protocol, and how does it learn what went wrong?
//! Told with the client of an implementation that is not Posthorn's, in each revision of the protocol.

mod about_deliveries;
mod client;
mod tools;
mod wire;

use serde_json::{Value, json};
use stories::{Receiver, Stage};

/// An action of the role `support`, which calls `receiver`, with further settings.
async fn action(stage: &Stage, receiver: &Receiver, name: &str, more: Value) {
    let mut settings = json!({
        "workspace_id": stage.workspace, "name": name, "url": receiver.url(), "roles": ["support"],
        "description": "Looks up or changes an order.",
        "parameters": {
            "type": "object", "required": ["order"],
            "properties": { "order": { "type": "string", "minLength": 1 }, "cents": { "type": "integer" } },
        },
    });
    settings.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let (status, made) = stage.admin.call("POST", "/v1/actions", settings.to_string(), &[]).await.unwrap();
    assert_eq!(status, 201, "{made}");
}

/// An API key of the stage's workspace.
async fn key(stage: &Stage, scopes: &[&str], roles: &[&str]) -> String {
    let body = json!({
        "name": "agent", "workspace_id": stage.workspace, "scopes": scopes, "roles": roles,
    });
    let made = stage.admin.post("/v1/api-keys", &body).await.unwrap();
    made["key"].as_str().unwrap().to_owned()
}
