//! Who may do what?
//! Authorisation and tenant isolation: keys, scopes, and workspaces that never see each other.

use api::client::ApiClient;
use serde_json::{Value, json};
use stories::{Receiver, Stage};

async fn key(stage: &Stage, workspace: &str, scopes: Value) -> ApiClient {
    let body = json!({ "name": "story", "workspace_id": workspace, "scopes": scopes });
    let made = stage.admin.post("/v1/api-keys", &body).await.unwrap();
    ApiClient::new(&stage.platform.url(), made["key"].as_str().unwrap())
}

async fn status_and_code(client: &ApiClient, method: &str, path: &str, body: Value) -> (u16, String) {
    let (status, answer) = client.call(method, path, body.to_string(), &[]).await.unwrap();
    (status, answer["code"].as_str().unwrap_or_default().to_owned())
}

#[tokio::test]
async fn without_a_key_or_with_a_wrong_one_nothing_opens() {
    let stage = Stage::set().await;
    for key in ["", "phk_no-such-key-no-such-key-no-such-key", "nonsense"] {
        let stranger = ApiClient::new(&stage.platform.url(), key);
        let event = json!({ "type": "invoice.paid", "data": {} });
        assert_eq!(
            status_and_code(&stranger, "POST", "/v1/events", event).await,
            (401, "unauthorized".into())
        );
    }
    stage.end().await;
}

#[tokio::test]
async fn a_key_does_only_what_its_scopes_say() {
    let stage = Stage::set().await;
    let reader = key(&stage, &stage.workspace, json!(["events:ro"])).await;
    let event = json!({ "type": "invoice.paid", "data": {} });
    assert_eq!(status_and_code(&reader, "POST", "/v1/events", event).await, (403, "missing_scope".into()));
    assert_eq!(reader.call("GET", "/v1/events", "", &[]).await.unwrap().0, 200);
    let path = "/v1/webhook-endpoints";
    assert_eq!(status_and_code(&reader, "GET", path, json!(null)).await, (403, "missing_scope".into()));
    assert_eq!(status_and_code(&reader, "GET", "/v1/workspaces", json!(null)).await.0, 403);
    stage.end().await;
}

#[tokio::test]
async fn what_belongs_to_another_workspace_does_not_exist() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    let endpoint = stage.endpoint(&receiver, json!({})).await;
    let event = stage.send("invoice.paid", json!({})).await["id"].as_str().unwrap().to_owned();
    stage.deliveries(&endpoint, 1, "delivered").await;
    let other = stage.admin.post("/v1/workspaces", &json!({ "name": "other" })).await.unwrap();
    let stranger = key(&stage, other["id"].as_str().unwrap(), json!(["admin"])).await;

    let not_found = (404, "not_found".to_owned());
    for (method, path) in [
        ("GET", format!("/v1/webhook-endpoints/{}", endpoint.id)),
        ("PATCH", format!("/v1/webhook-endpoints/{}", endpoint.id)),
        ("DELETE", format!("/v1/webhook-endpoints/{}", endpoint.id)),
        ("POST", format!("/v1/webhook-endpoints/{}/test", endpoint.id)),
        ("GET", format!("/v1/webhook-endpoints/{}/deliveries", endpoint.id)),
        ("GET", format!("/v1/events/{event}")),
        ("GET", format!("/v1/events/{event}/deliveries")),
        ("GET", format!("/v1/events?workspace_id={}", stage.workspace)),
        ("GET", format!("/v1/workspaces/{}", stage.workspace)),
    ] {
        assert_eq!(status_and_code(&stranger, method, &path, json!({})).await, not_found, "{method} {path}");
    }
    stage.end().await;
    assert_eq!(receiver.seen().len(), 1);
}

#[tokio::test]
async fn values_of_custom_headers_are_for_those_who_may_change_them() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    let endpoint = stage.endpoint(&receiver, json!({ "headers": { "X-Tenant": "s3cret" } })).await;
    stage.send("invoice.paid", json!({})).await;
    let delivery = stage.deliveries(&endpoint, 1, "delivered").await[0]["id"].as_str().unwrap().to_owned();
    let one = format!("/v1/webhook-endpoints/{}", endpoint.id);
    let curl = format!("{one}/deliveries/{delivery}/curl");
    for (scopes, shown) in [
        (json!(["webhooks", "deliveries", "events:ro"]), true),
        (json!(["webhooks:ro", "deliveries", "events:ro"]), false),
    ] {
        let client = key(&stage, &stage.workspace, scopes).await;
        for (method, path) in
            [("GET", &one), ("GET", &"/v1/webhook-endpoints".to_owned()), ("POST", &format!("{one}/preview"))]
        {
            let (status, answer) = client.call(method, path, "", &[]).await.unwrap();
            assert_eq!(status, 200, "{answer}");
            assert_eq!(answer.to_string().contains("s3cret"), shown, "{method} {path}: {answer}");
            assert_ne!(answer.to_string().contains("[hidden]"), shown, "{method} {path}: {answer}");
        }
        let command = client.text(&curl).await.unwrap();
        assert_eq!(command.contains("s3cret"), shown, "{command}");
    }
    stage.end().await;
    assert_eq!(receiver.seen()[0].headers["x-tenant"], "s3cret");
}

#[tokio::test]
async fn who_manages_endpoints_reads_their_deliveries() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    let endpoint = stage.endpoint(&receiver, json!({})).await;
    stage.send("invoice.paid", json!({})).await;
    stage.deliveries(&endpoint, 1, "delivered").await;
    let path = format!("/v1/webhook-endpoints/{}/deliveries", endpoint.id);
    for (scope, status) in [("webhooks", 200), ("webhooks:ro", 403)] {
        let client = key(&stage, &stage.workspace, json!([scope])).await;
        assert_eq!(client.call("GET", &path, "", &[]).await.unwrap().0, status, "{scope}");
    }
    stage.end().await;
}

#[tokio::test]
async fn the_scope_workspaces_makes_and_changes_workspaces_and_nothing_else() {
    let stage = Stage::set().await;
    let body = json!({ "name": "onboarding", "scopes": ["workspaces"] });
    let made = stage.admin.post("/v1/api-keys", &body).await.unwrap();
    let client = ApiClient::new(&stage.platform.url(), made["key"].as_str().unwrap());
    let (status, workspace) =
        client.call("POST", "/v1/workspaces", json!({ "name": "acme" }).to_string(), &[]).await.unwrap();
    assert_eq!(status, 201, "{workspace}");
    let path = format!("/v1/workspaces/{}", workspace["id"].as_str().unwrap());
    let renamed = json!({ "name": "Acme" });
    assert_eq!(status_and_code(&client, "PATCH", &path, renamed).await, (200, String::new()));
    for path in ["/v1/api-keys", &format!("/v1/webhook-endpoints?workspace_id={}", stage.workspace)] {
        assert_eq!(status_and_code(&client, "GET", path, json!(null)).await, (403, "missing_scope".into()));
    }
    let body = json!({ "name": "in one", "workspace_id": stage.workspace, "scopes": ["workspaces"] });
    let made = stage.admin.post("/v1/api-keys", &body).await.unwrap();
    let of_one = ApiClient::new(&stage.platform.url(), made["key"].as_str().unwrap());
    let another = json!({ "name": "another" });
    assert_eq!(
        status_and_code(&of_one, "POST", "/v1/workspaces", another).await,
        (403, "missing_scope".into())
    );
    stage.end().await;
}

#[tokio::test]
async fn a_secret_and_a_key_are_shown_once() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    let endpoint = stage.endpoint(&receiver, json!({})).await;
    let read = stage.read(&format!("/v1/webhook-endpoints/{}", endpoint.id)).await;
    assert!(read["secret"].is_null() && !read.to_string().contains("whsec_"));
    key(&stage, &stage.workspace, json!(["events"])).await;
    let keys = stage.read(&format!("/v1/api-keys?workspace_id={}", stage.workspace)).await;
    assert_eq!(keys["data"].as_array().unwrap().len(), 1);
    assert!(!keys.to_string().contains("phk_"));
    stage.end().await;
}

#[tokio::test]
async fn a_change_made_for_an_older_revision_is_refused() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    let endpoint = stage.endpoint(&receiver, json!({})).await;
    for path in
        [format!("/v1/webhook-endpoints/{}", endpoint.id), format!("/v1/workspaces/{}", stage.workspace)]
    {
        let change = async |body: Value, if_match: &str| {
            stage.admin.call("PATCH", &path, body.to_string(), &[("if-match", if_match)]).await.unwrap()
        };
        let name = if path.contains("workspaces") { "name" } else { "description" };
        assert_eq!(change(json!({ name: "first" }), "\"1\"").await.0, 200, "{path}");
        let (status, problem) = change(json!({ name: "second" }), "\"1\"").await;
        assert_eq!((status, &problem["code"]), (412, &json!("precondition_failed")), "{path}");
        assert_eq!(stage.read(&path).await[name], "first");
        assert_eq!(change(json!({ name: "third" }), "\"2\"").await.0, 200, "{path}");
        let answer = stage.admin.exchange("GET", &path, "", &[]).await.unwrap();
        assert_eq!(answer.headers()["etag"], "\"3\"", "{path}");
    }
    stage.end().await;
}

#[tokio::test]
async fn a_deleted_key_opens_nothing_any_more() {
    let stage = Stage::set().await;
    let client = key(&stage, &stage.workspace, json!(["events"])).await;
    assert_eq!(client.call("GET", "/v1/events", "", &[]).await.unwrap().0, 200);
    let keys = stage.read(&format!("/v1/api-keys?workspace_id={}", stage.workspace)).await;
    let path = format!("/v1/api-keys/{}", keys["data"][0]["id"].as_str().unwrap());
    assert_eq!(stage.admin.call("DELETE", &path, "", &[]).await.unwrap().0, 204);
    assert_eq!(client.call("GET", "/v1/events", "", &[]).await.unwrap().0, 401);
    stage.end().await;
}

#[tokio::test]
async fn a_key_of_one_workspace_may_lower_its_quotas_and_not_raise_them() {
    let stage = Stage::set().await;
    let path = format!("/v1/workspaces/{}", stage.workspace);
    let quotas = json!({ "max_endpoints": 5, "max_events_per_day": 100, "retention_days": 30 });
    assert_eq!(status_and_code(&stage.admin, "PATCH", &path, quotas).await.0, 200);

    let own = key(&stage, &stage.workspace, json!(["admin"])).await;
    for (field, value) in [
        ("max_endpoints", json!(6)),
        ("max_endpoints", json!(null)),
        ("max_events_per_day", json!(101)),
        ("max_events_per_day", json!(null)),
        ("retention_days", json!(31)),
    ] {
        let body = json!({ "name": "renamed", field: value }).to_string();
        let (status, problem) = own.call("PATCH", &path, body, &[]).await.unwrap();
        assert_eq!((status, problem["code"].as_str()), (403, Some("raises_own_quota")), "{field}: {value}");
        assert_eq!(problem["errors"][0]["pointer"], format!("/{field}"));
    }
    let workspace = stage.read(&path).await;
    assert_eq!((workspace["name"].as_str(), workspace["max_endpoints"].as_u64()), (Some("local"), Some(5)));

    let less = json!({ "name": "renamed", "max_endpoints": 4, "retention_days": 7 });
    assert_eq!(status_and_code(&own, "PATCH", &path, less).await.0, 200);
    assert_eq!(status_and_code(&own, "PATCH", &path, json!({ "max_endpoints": 5 })).await.0, 403);
    assert_eq!(status_and_code(&stage.admin, "PATCH", &path, json!({ "max_endpoints": 5 })).await.0, 200);
    stage.end().await;
}

#[tokio::test]
async fn an_endpoint_is_not_found_in_another_workspace_than_its_own_by_a_key_for_all() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    let endpoint = stage.endpoint(&receiver, json!({})).await;
    let other = stage.admin.post("/v1/workspaces", &json!({ "name": "other" })).await.unwrap();
    let other = other["id"].as_str().unwrap();
    for (method, path) in
        [("GET", ""), ("PATCH", ""), ("POST", "/secret/rotate"), ("POST", "/test"), ("DELETE", "")]
    {
        let path =
            |workspace: &str| format!("/v1/webhook-endpoints/{}{path}?workspace_id={workspace}", endpoint.id);
        let body = if method == "GET" || method == "DELETE" { "" } else { "{}" };
        for wrong in [other, "nobody"] {
            let (status, _) = stage.admin.call(method, &path(wrong), body, &[]).await.unwrap();
            assert_eq!(status, 404, "{method} {}", path(wrong));
        }
        let (status, answer) = stage.admin.call(method, &path(&stage.workspace), body, &[]).await.unwrap();
        assert!((200..300).contains(&status), "{method}: {answer}");
    }
    let verify = json!({ "workspace_id": other, "endpoint_id": endpoint.id, "headers": {}, "body": "" });
    let (status, _) = stage.admin.call("POST", "/v1/verify", verify.to_string(), &[]).await.unwrap();
    assert_eq!(status, 404);
    stage.end().await;
}
