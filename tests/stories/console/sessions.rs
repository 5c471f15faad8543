//! How does a person log in, and until when are they logged in?
//! Sessions: made with an API key or a token that works once, never more than the key, and over with it.

use std::time::Duration;

use api::client::ApiClient;
use domain::access::api_key::ApiKeySecret;
use serde_json::{Value, json};
use stories::Stage;

pub(super) async fn call(client: &ApiClient, method: &str, path: &str, body: Value) -> (u16, Value) {
    let body = if body.is_null() { String::new() } else { body.to_string() };
    client.call(method, path, body, &[]).await.unwrap()
}

/// A client with a key of these settings, and the key's id.
pub(super) async fn key(stage: &Stage, settings: Value) -> (ApiClient, String) {
    let mut body = json!({ "name": "ops", "workspace_id": stage.workspace });
    body.as_object_mut().unwrap().extend(settings.as_object().unwrap().clone());
    let made = stage.admin.post("/v1/api-keys", &body).await.unwrap();
    let client = ApiClient::new(&stage.platform.url(), made["key"].as_str().unwrap());
    (client, made["id"].as_str().unwrap().to_owned())
}

async fn session(stage: &Stage, client: &ApiClient, wishes: Value) -> (ApiClient, Value) {
    let (status, opened) = call(client, "POST", "/v1/sessions", wishes).await;
    assert_eq!(status, 201, "{opened}");
    (ApiClient::new(&stage.platform.url(), opened["token"].as_str().unwrap()), opened)
}

async fn status(client: &ApiClient, path: &str) -> u16 {
    call(client, "GET", path, Value::Null).await.0
}

#[tokio::test]
async fn a_session_may_what_its_key_may_for_twelve_hours() {
    let stage = Stage::set().await;
    let (client, id) = key(&stage, json!({ "scopes": ["admin"], "roles": ["support"] })).await;
    let (inside, opened) = session(&stage, &client, Value::Null).await;
    assert!(opened["id"].as_str().unwrap().starts_with("ses_"), "{opened}");
    assert!(opened["token"].as_str().unwrap().starts_with("phs_"));
    assert_eq!(opened["workspace_id"], json!(stage.workspace));
    assert_eq!((&opened["scopes"], &opened["roles"]), (&json!(["admin"]), &json!(["support"])));

    let me = call(&inside, "GET", "/v1/me", Value::Null).await.1;
    assert_eq!((&me["kind"], &me["session_id"]), (&json!("session"), &opened["id"]));
    assert_eq!((&me["api_key"]["id"], &me["api_key"]["name"]), (&json!(id), &json!("ops")));
    assert_eq!(me["api_key"]["expires_at"], opened["expires_at"]);
    assert_eq!(call(&client, "GET", "/v1/me", Value::Null).await.1["kind"], "key");
    // The header for keys takes it as well.
    let header = format!("x-api-key: {}", opened["token"].as_str().unwrap());
    assert_eq!(super::get(&stage, "/v1/webhook-endpoints", &[&header]).await.status, 200);

    stage.advance(Duration::from_secs(12 * 3_600 - 60));
    assert_eq!(status(&inside, "/v1/webhook-endpoints").await, 200);
    stage.advance(Duration::from_secs(61));
    assert_eq!(status(&inside, "/v1/webhook-endpoints").await, 401);
    assert_eq!(status(&client, "/v1/webhook-endpoints").await, 200);
    stage.end().await;
}

#[tokio::test]
async fn a_session_never_may_more_than_its_key() {
    let stage = Stage::set().await;
    let (client, _) = key(&stage, json!({ "scopes": ["webhooks", "events:ro"] })).await;
    let (narrow, opened) = session(&stage, &client, json!({ "scopes": ["events:ro"] })).await;
    assert_eq!(opened["scopes"], json!(["events:ro"]));
    assert_eq!(status(&narrow, "/v1/events").await, 200);
    assert_eq!(status(&narrow, "/v1/webhook-endpoints").await, 403);

    for (wishes, refused) in [
        (json!({ "scopes": ["admin"] }), (403, "missing_scope")),
        (json!({ "scopes": [] }), (422, "invalid_request")),
        (json!({ "workspace_id": "ws_01M7Z294KETHNPJB3QG0VDG1JA" }), (404, "not_found")),
        (json!({ "roles": ["support"] }), (422, "unknown_field")),
    ] {
        let (status, problem) = call(&client, "POST", "/v1/sessions", wishes.clone()).await;
        assert_eq!((status, problem["code"].as_str().unwrap()), refused, "{wishes}");
    }
    // It would go on for ever.
    let (status, problem) = call(&narrow, "POST", "/v1/sessions", Value::Null).await;
    assert_eq!((status, &problem["code"]), (403, &json!("needs_api_key")));
    let stranger = ApiClient::new(&stage.platform.url(), "phs_no-such-session-no-such-session-no-such");
    assert_eq!(call(&stranger, "POST", "/v1/sessions", Value::Null).await.0, 401);
    stage.end().await;
}

#[tokio::test]
async fn a_key_for_all_workspaces_opens_a_session_for_one() {
    let stage = Stage::set().await;
    let other = stage.admin.post("/v1/workspaces", &json!({ "name": "other" })).await.unwrap();
    let (inside, opened) = session(&stage, &stage.admin, json!({ "workspace_id": stage.workspace })).await;
    assert_eq!(opened["workspace_id"], json!(stage.workspace));
    let path = |workspace: &Value| format!("/v1/workspaces/{}", workspace.as_str().unwrap());
    assert_eq!(status(&inside, &path(&json!(stage.workspace))).await, 200);
    assert_eq!(status(&inside, &path(&other["id"])).await, 404);
    let (everywhere, opened) = session(&stage, &stage.admin, Value::Null).await;
    assert!(opened["workspace_id"].is_null());
    assert_eq!(status(&everywhere, &path(&other["id"])).await, 200);
    stage.end().await;
}

#[tokio::test]
async fn a_session_is_over_when_its_holder_or_its_key_ends_it() {
    let stage = Stage::set().await;
    let (client, id) = key(&stage, json!({ "scopes": ["admin"] })).await;
    let (first, _) = session(&stage, &client, Value::Null).await;
    let (second, _) = session(&stage, &client, Value::Null).await;
    assert_eq!(call(&first, "DELETE", "/v1/sessions/current", Value::Null).await.0, 204);
    assert_eq!((status(&first, "/v1/me").await, status(&second, "/v1/me").await), (401, 200));
    let (refused, problem) = call(&client, "DELETE", "/v1/sessions/current", Value::Null).await;
    assert_eq!((refused, &problem["code"]), (404, &json!("not_found")), "a key is no session");

    // A leaked key is replaced at once: what was opened with it is closed.
    let path = format!("/v1/api-keys/{id}");
    let rotated =
        call(&stage.admin, "POST", &format!("{path}/rotate"), json!({ "overlap_seconds": 0 })).await.1;
    assert_eq!(status(&second, "/v1/me").await, 401);
    let client = ApiClient::new(&stage.platform.url(), rotated["key"].as_str().unwrap());
    let (third, _) = session(&stage, &client, Value::Null).await;
    let overlap = json!({ "overlap_seconds": 600 });
    assert_eq!(call(&stage.admin, "POST", &format!("{path}/rotate"), overlap).await.0, 200);
    assert_eq!(status(&third, "/v1/me").await, 200);
    stage.advance(Duration::from_secs(601));
    assert_eq!(status(&third, "/v1/me").await, 401);

    let (client, id) = key(&stage, json!({ "scopes": ["admin"] })).await;
    let (fourth, _) = session(&stage, &client, Value::Null).await;
    assert_eq!(status(&fourth, "/v1/me").await, 200);
    assert_eq!(call(&stage.admin, "DELETE", &format!("/v1/api-keys/{id}"), Value::Null).await.0, 204);
    assert_eq!(status(&fourth, "/v1/me").await, 401);
    stage.end().await;
}

#[tokio::test]
async fn a_session_ends_with_a_key_that_ends_earlier() {
    let stage = Stage::set().await;
    let ends = stage.clock().now().plus(Duration::from_secs(600)).to_string();
    let (client, _) = key(&stage, json!({ "scopes": ["admin"], "expires_at": ends })).await;
    let (inside, opened) = session(&stage, &client, Value::Null).await;
    assert_eq!(opened["expires_at"], json!(ends));
    // What it makes ends with the key, too, and may not do more.
    let wishes = json!({ "name": "a", "scopes": ["events"] });
    let (status, made) = call(&inside, "POST", "/v1/api-keys", wishes).await;
    assert_eq!((status, &made["expires_at"]), (201, &json!(ends)));
    let (client, _) = key(&stage, json!({ "scopes": ["admin"] })).await;
    let (inside, _) = session(&stage, &client, Value::Null).await;
    let made = call(&inside, "POST", "/v1/api-keys", json!({ "name": "a", "scopes": ["events"] })).await.1;
    assert!(made["expires_at"].is_null(), "a key that a person makes in the console is a key like others");
    let (narrow, _) = session(&stage, &client, json!({ "scopes": ["admin:ro", "events"] })).await;
    let wishes = json!({ "name": "a", "scopes": ["events"] });
    assert_eq!(call(&narrow, "POST", "/v1/api-keys", wishes).await.1["code"], "missing_scope");
    stage.end().await;
}

#[tokio::test]
async fn the_log_says_who_was_logged_in() {
    let stage = Stage::set().await;
    let (client, id) = key(&stage, json!({ "scopes": ["admin"] })).await;
    let (inside, opened) = session(&stage, &client, Value::Null).await;
    let made = call(&inside, "POST", "/v1/api-keys", json!({ "name": "a", "scopes": ["events"] })).await.1;
    assert_eq!(call(&inside, "DELETE", "/v1/sessions/current", Value::Null).await.0, 204);
    let log = stage.read(&format!("/v1/audit?workspace_id={}&actor={id}", stage.workspace)).await;
    let entries = log["data"].as_array().unwrap();
    let session = json!({ "type": "session", "id": opened["id"] });
    let actor = json!({ "type": "session", "id": opened["id"], "api_key_id": id, "name": "ops" });
    let seen: Vec<_> =
        entries.iter().map(|entry| (&entry["action"], &entry["target"], &entry["actor"])).collect();
    assert_eq!(seen.len(), 3, "{log}");
    assert_eq!(seen[0], (&json!("session.deleted"), &session, &actor));
    assert_eq!(seen[1].1, &json!({ "type": "api_key", "id": made["id"] }));
    assert_eq!(seen[1].2, &actor);
    assert_eq!((seen[2].0, seen[2].1), (&json!("session.created"), &session));
    assert_eq!(seen[2].2, &json!({ "type": "api_key", "id": id, "name": "ops" }));
    assert!(!log.to_string().contains("phs_"));
    stage.end().await;
}

#[tokio::test]
async fn the_link_that_local_mode_prints_logs_in_once() {
    let stage = Stage::set().await;
    let admin = ApiKeySecret::parse(stage.admin_key()).unwrap();
    let open = async |token: &str| {
        let header = format!("authorization: Bearer {token}");
        super::request(&stage, "POST", "/v1/sessions", &[&header, "content-length: 0"]).await
    };
    let token = async || {
        let url = stage.platform.console_url(&admin).await.unwrap();
        let (page, token) = url.split_once("#once=").unwrap();
        assert_eq!(page, format!("{}/console/", stage.platform.url()));
        token.to_owned()
    };
    let first = token().await;
    assert!(first.starts_with("pho_"));
    let outside = ApiClient::new(&stage.platform.url(), &first);
    assert_eq!(status(&outside, "/v1/me").await, 401, "it opens a session, and nothing else");
    let got = open(&first).await;
    assert_eq!(got.status, 201, "{}", got.text());
    let opened: Value = serde_json::from_slice(&got.body).unwrap();
    let inside = ApiClient::new(&stage.platform.url(), opened["token"].as_str().unwrap());
    assert_eq!(status(&inside, "/v1/workspaces").await, 200);
    assert_eq!(open(&first).await.status, 401, "it was used");

    // At once: one of them is first.
    let second = token().await;
    let (a, b) = tokio::join!(open(&second), open(&second));
    let mut both = [a.status, b.status];
    both.sort_unstable();
    assert_eq!(both, [201, 401]);

    let third = token().await;
    stage.advance(Duration::from_secs(3_601));
    assert_eq!(open(&third).await.status, 401, "it has expired");
    stage.end().await;
}
