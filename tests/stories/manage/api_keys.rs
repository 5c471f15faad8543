//! How long does a key authenticate, and how is it changed?
//! Stories of the life of API keys: expiry, last use, rotation with overlap, and what a key may make.

use std::time::Duration;

use api::client::ApiClient;
use serde_json::{Value, json};
use stories::Stage;

async fn call(client: &ApiClient, method: &str, path: &str, body: Value) -> (u16, Value) {
    let body = if body.is_null() { String::new() } else { body.to_string() };
    client.call(method, path, body, &[]).await.unwrap()
}

async fn made(stage: &Stage, settings: Value) -> (Value, ApiClient) {
    let mut body = json!({ "name": "story", "workspace_id": stage.workspace, "scopes": ["events"] });
    body.as_object_mut().unwrap().extend(settings.as_object().unwrap().clone());
    let key = stage.admin.post("/v1/api-keys", &body).await.unwrap();
    let client = ApiClient::new(&stage.platform.url(), key["key"].as_str().unwrap());
    (key, client)
}

/// Whether the key of `client` authenticates.
async fn authenticates(client: &ApiClient) -> bool {
    match call(client, "GET", "/v1/me", Value::Null).await {
        (200, _) => true,
        (401, problem) => {
            assert_eq!(problem["code"], "unauthorized");
            false
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_key_expires_to_the_second_though_it_is_cached() {
    let stage = Stage::set().await;
    let ends = stage.clock().now().plus(Duration::from_secs(3_600)).to_string();
    let (key, client) = made(&stage, json!({ "expires_at": ends })).await;
    assert_eq!(key["expires_at"], ends);
    stage.advance(Duration::from_secs(3_590));
    assert!(authenticates(&client).await);
    stage.advance(Duration::from_secs(11));
    assert!(!authenticates(&client).await);
    let past = json!({ "name": "late", "scopes": ["events"], "expires_at": ends });
    let (status, problem) = call(&stage.admin, "POST", "/v1/api-keys", past).await;
    assert_eq!((status, &problem["errors"][0]["pointer"]), (422, &json!("/expires_at")));
    stage.end().await;
}

#[tokio::test]
async fn a_key_makes_no_key_that_may_more_or_lives_longer() {
    let stage = Stage::set().await;
    let ends = stage.clock().now().plus(Duration::from_secs(3_600)).to_string();
    let (_, maker) = made(&stage, json!({ "scopes": ["admin"], "expires_at": ends })).await;
    let (status, key) = call(
        &maker,
        "POST",
        "/v1/api-keys",
        json!({ "name": "a", "scopes": ["events"], "roles": ["support"] }),
    )
    .await;
    assert_eq!((status, &key["expires_at"], &key["roles"]), (201, &json!(ends), &json!(["support"])));
    let later = stage.clock().now().plus(Duration::from_secs(7_200)).to_string();
    let longer = json!({ "name": "b", "scopes": ["events"], "expires_at": later });
    let (status, problem) = call(&maker, "POST", "/v1/api-keys", longer).await;
    assert_eq!((status, &problem["errors"][0]["pointer"]), (422, &json!("/expires_at")));

    // Nor does it rotate one that does: it would get a secret that outlives it.
    let (endless, _) = made(&stage, json!({ "scopes": ["admin"] })).await;
    let path = format!("/v1/api-keys/{}/rotate", endless["id"].as_str().unwrap());
    let (status, problem) = call(&maker, "POST", &path, Value::Null).await;
    assert_eq!((status, &problem["code"]), (403, &json!("outlives_own_key")));
    stage.end().await;
}

#[tokio::test]
async fn after_a_rotation_both_keys_work_until_the_overlap_ends() {
    let stage = Stage::set().await;
    let (key, old) = made(&stage, json!({})).await;
    assert!(authenticates(&old).await);
    let path = format!("/v1/api-keys/{}", key["id"].as_str().unwrap());
    let (status, rotated) =
        call(&stage.admin, "POST", &format!("{path}/rotate"), json!({ "overlap_seconds": 600 })).await;
    assert_eq!((status, &rotated["id"]), (200, &key["id"]));
    assert_ne!(rotated["key"], key["key"]);
    let new = ApiClient::new(&stage.platform.url(), rotated["key"].as_str().unwrap());
    assert!(authenticates(&old).await && authenticates(&new).await);
    let ends = stage.read(&path).await["old_keys"][0]["expires_at"].as_str().unwrap().to_owned();
    assert_eq!(rotated["old_keys"], json!([{ "expires_at": ends }]));
    stage.advance(Duration::from_secs(601));
    assert!(!authenticates(&old).await && authenticates(&new).await);
    assert_eq!(stage.read(&path).await["old_keys"], json!([]));

    let (status, rotated) =
        call(&stage.admin, "POST", &format!("{path}/rotate"), json!({ "overlap_seconds": 0 })).await;
    assert_eq!((status, &rotated["old_keys"]), (200, &json!([])));
    assert!(!authenticates(&new).await);
    let newest = ApiClient::new(&stage.platform.url(), rotated["key"].as_str().unwrap());
    assert!(authenticates(&newest).await);
    assert_eq!(call(&stage.admin, "DELETE", &path, Value::Null).await.0, 204);
    assert!(!authenticates(&newest).await);
    stage.end().await;
}

#[tokio::test]
async fn at_most_five_old_keys_work_beside_the_new_one() {
    let stage = Stage::set().await;
    let (key, _) = made(&stage, json!({})).await;
    let path = format!("/v1/api-keys/{}/rotate", key["id"].as_str().unwrap());
    for _ in 0..5 {
        assert_eq!(call(&stage.admin, "POST", &path, Value::Null).await.0, 200);
    }
    let (status, problem) = call(&stage.admin, "POST", &path, Value::Null).await;
    assert_eq!((status, &problem["code"]), (409, &json!("too_many_key_secrets")));
    let (status, problem) = call(&stage.admin, "POST", &path, json!({ "overlap_seconds": 604_801 })).await;
    assert_eq!((status, &problem["errors"][0]["pointer"]), (422, &json!("/overlap_seconds")));
    let at_once = json!({ "overlap_seconds": 0 });
    assert_eq!(
        call(&stage.admin, "POST", &path, at_once).await.0,
        200,
        "a leaked key can always be replaced"
    );
    stage.advance(Duration::from_secs(86_401));
    assert_eq!(call(&stage.admin, "POST", &path, Value::Null).await.0, 200);
    stage.end().await;
}

#[tokio::test]
async fn a_key_says_when_it_was_last_used_to_the_hour() {
    let stage = Stage::set().await;
    let (key, client) = made(&stage, json!({})).await;
    let path = format!("/v1/api-keys/{}", key["id"].as_str().unwrap());
    assert!(stage.read(&path).await["last_used_at"].is_null());
    assert!(authenticates(&client).await);
    let first = stage.read(&path).await["last_used_at"].as_str().unwrap().to_owned();
    let listed = stage.read(&format!("/v1/api-keys?workspace_id={}", stage.workspace)).await;
    assert_eq!(listed["data"][0]["last_used_at"], first);
    assert_eq!(listed["data"][0].get("old_keys"), None);
    stage.end().await;
}

#[tokio::test]
async fn a_caller_learns_what_its_key_may_do() {
    let stage = Stage::set().await;
    let (key, client) = made(&stage, json!({ "roles": ["support"] })).await;
    let me = call(&client, "GET", "/v1/me", Value::Null).await.1;
    assert_eq!(me["api_key"]["id"], key["id"]);
    assert_eq!(me["api_key"]["scopes"], json!(["events"]));
    assert_eq!(me["api_key"]["roles"], json!(["support"]));
    assert_eq!(me["api_key"]["workspace_id"], json!(stage.workspace));
    let workspace = stage.read(&format!("/v1/workspaces/{}", stage.workspace)).await;
    assert_eq!(me["workspace_name"], workspace["name"]);
    assert_eq!(stage.read("/v1/me").await.get("workspace_name"), None, "its key is for all workspaces");
    assert_eq!(me["version"], env!("CARGO_PKG_VERSION"));
    assert!(!me.to_string().contains("phk_"));
    stage.end().await;
}
