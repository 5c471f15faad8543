//! How are event types described, and held to their descriptions?
//! Stories of the catalogue.

mod descriptions;
mod imports;
mod starters;
mod strictness;

use api::client::ApiClient;
use serde_json::{Value, json};
use stories::Stage;

/// A call with its status.
async fn call(api: &ApiClient, method: &str, path: &str, body: Value) -> (u16, Value) {
    let text = if body.is_null() { String::new() } else { body.to_string() };
    api.call(method, path, text, &[]).await.unwrap()
}

/// Describes an event type.
async fn describe(stage: &Stage, body: Value) -> Value {
    let (status, answer) = call(&stage.admin, "POST", "/v1/event-types", body).await;
    assert_eq!(status, 201, "{answer}");
    answer
}

/// A client with a key for one workspace, or for all.
async fn key(stage: &Stage, workspace: Option<&str>, scopes: Value) -> ApiClient {
    let body = json!({ "name": "story", "workspace_id": workspace, "scopes": scopes });
    let made = stage.admin.post("/v1/api-keys", &body).await.unwrap();
    ApiClient::new(&stage.platform.url(), made["key"].as_str().unwrap())
}

/// The pointers of a refusal.
fn pointers(problem: &Value) -> Vec<&str> {
    let errors = problem["errors"].as_array().into_iter().flatten();
    errors.map(|error| error["pointer"].as_str().unwrap()).collect()
}
