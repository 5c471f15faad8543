//! Do rules route events?

mod changes;
mod derived_events;
mod firings;
mod refusals;
mod routing;
mod tests_of_rules;

use std::time::Duration;

use serde_json::{Value, json};
use stories::Stage;
use stories::stage::Endpoint;

/// Asks for a rule of the story's workspace with these members.
async fn ask(stage: &Stage, members: Value) -> (u16, Value) {
    let mut body = json!({ "workspace_id": stage.workspace, "name": "A rule" });
    body.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    stage.admin.call("POST", "/v1/rules", body.to_string(), &[]).await.unwrap()
}

/// Makes a rule.
async fn rule(stage: &Stage, members: Value) -> Value {
    let (status, rule) = ask(stage, members).await;
    assert_eq!(status, 201, "{rule:#}");
    rule
}

/// Changes a rule.
async fn change(stage: &Stage, rule: &Value, members: Value) -> Value {
    let path = format!("/v1/rules/{}", rule["id"].as_str().unwrap());
    let (status, rule) = stage.admin.call("PATCH", &path, members.to_string(), &[]).await.unwrap();
    assert_eq!(status, 200, "{rule:#}");
    rule
}

/// The endpoint of a rule's step.
fn step(rule: &Value, place: usize) -> Endpoint {
    let of_step = &rule["then"][place];
    let secret = rule["secrets"][of_step["id"].as_str().unwrap()].as_str().unwrap_or_default();
    Endpoint { id: of_step["endpoint_id"].as_str().unwrap().to_owned(), secret: secret.to_owned() }
}

/// What the ledger of an event says of an endpoint: `delivery`, or why it was skipped.
async fn fate(stage: &Stage, event: &Value, endpoint: &str) -> String {
    let (event, workspace) = (event["id"].as_str().unwrap(), &stage.workspace);
    let path = format!("/v1/events/{event}/explain?endpoint_id={endpoint}&workspace_id={workspace}");
    let explained = stage.read(&path).await;
    match explained["recorded"]["reason"].as_str() {
        Some(reason) => reason.to_owned(),
        None => explained["recorded"]["status"].as_str().unwrap_or("none").to_owned(),
    }
}

/// The newest event of a type, once there is one.
async fn event_of_type(stage: &Stage, event_type: &str) -> Value {
    let path = format!("/v1/events?workspace_id={}&event_type={event_type}", stage.workspace);
    for _ in 0..500 {
        let page = stage.read(&path).await;
        if let Some(event) = page["data"].as_array().and_then(|events| events.first()) {
            return event.clone();
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("no event of the type {event_type}")
}
