//! What does a malformed request get?
//! Input validation: a clear problem+json answer, and nothing is lost or stored.

use serde_json::{Value, json};
use stories::{Receiver, Stage};

async fn refused(
    stage: &Stage,
    method: &str,
    path: &str,
    body: impl Into<String>,
) -> (u16, String, Vec<String>) {
    let (status, problem) = stage.admin.call(method, path, body.into(), &[]).await.unwrap();
    let errors = problem["errors"].as_array().unwrap();
    let pointers = errors.iter().map(|error| error["pointer"].as_str().unwrap().to_owned()).collect();
    assert!(problem["request_id"].as_str().unwrap().starts_with("req_"), "{problem}");
    assert_eq!(problem["status"], status);
    (status, problem["code"].as_str().unwrap().to_owned(), pointers)
}

fn says(status: u16, code: &str, pointers: &[&str]) -> (u16, String, Vec<String>) {
    (status, code.to_owned(), pointers.iter().map(|pointer| (*pointer).to_owned()).collect())
}

#[tokio::test]
async fn a_bad_event_is_refused_by_name_and_not_stored() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    stage.endpoint(&receiver, json!({})).await;
    let ws = stage.workspace.clone();
    let event = |more: Value| {
        let mut event = json!({ "workspace_id": ws, "type": "invoice.paid", "data": {} });
        event.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        event.to_string()
    };
    let post = async |body: String| refused(&stage, "POST", "/v1/events", body).await;
    assert_eq!(post("{\"type\":".into()).await, says(400, "malformed_json", &[]));
    assert_eq!(post(event(json!({ "tpye": 1 }))).await, says(422, "unknown_field", &["/tpye"]));
    assert_eq!(post(event(json!({ "type": "not a type" }))).await, says(422, "invalid_request", &["/type"]));
    for own in ["posthorn.endpoint.disabled", "posthorn.of_the_future", "posthorn.test"] {
        assert_eq!(post(event(json!({ "type": own }))).await, says(422, "invalid_request", &["/type"]));
    }
    assert_eq!(
        post(event(json!({ "occurred_at": "now" }))).await,
        says(422, "invalid_request", &["/occurred_at"])
    );
    let unknown = json!({ "workspace_id": "ws_01JZZZZZZZZZZZZZZZZZZZZZ09" });
    assert_eq!(post(event(unknown)).await, says(404, "not_found", &[]));
    let large = json!({ "data": "x".repeat(256 * 1024) });
    assert_eq!(post(event(large)).await, says(413, "too_large", &[]));
    let huge = json!({ "data": "x".repeat(1_000_000) });
    assert_eq!(post(event(huge)).await, says(413, "too_large", &[]));

    let stored = stage.read(&format!("/v1/events?workspace_id={ws}")).await;
    assert_eq!(stored["data"].as_array().unwrap().len(), 0);
    stage.end().await;
    assert!(receiver.seen().is_empty());
}

#[tokio::test]
async fn a_payload_of_exactly_the_limit_is_taken() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    let endpoint = stage.endpoint(&receiver, json!({})).await;
    stage.send("report.generated", json!("x".repeat(256 * 1024 - 2))).await;
    stage.deliveries(&endpoint, 1, "delivered").await;
    stage.end().await;
}

#[tokio::test]
async fn a_bad_endpoint_is_refused_and_not_stored() {
    let stage = Stage::set().await;
    let ws = stage.workspace.clone();
    let post = async |more: Value| {
        let mut body = json!({ "workspace_id": ws, "url": "https://example.com/" });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        refused(&stage, "POST", "/v1/webhook-endpoints", body.to_string()).await
    };
    assert_eq!(post(json!({ "url": "https://10.0.0.7/" })).await, says(422, "invalid_request", &["/url"]));
    assert_eq!(post(json!({ "url": "ftp://example.com/" })).await, says(422, "invalid_request", &["/url"]));
    assert_eq!(post(json!({ "secret": "whsec_short" })).await, says(422, "invalid_request", &["/secret"]));
    assert_eq!(post(json!({ "colour": "red" })).await, says(422, "unknown_field", &["/colour"]));
    let bad =
        json!({ "filter": { "data.a": { "$regex": "a" } }, "template": "{{ data.", "delay_seconds": 43_201 });
    assert_eq!(
        post(bad).await,
        says(422, "invalid_request", &["/filter/data.a/$regex", "/template", "/delay_seconds"])
    );
    let bad = json!({ "timeout_seconds": 99, "description": "x".repeat(501) });
    assert_eq!(post(bad).await, says(422, "invalid_request", &["/description", "/timeout_seconds"]));
    let (_, problem) = stage
        .admin
        .call(
            "POST",
            "/v1/webhook-endpoints",
            json!({ "workspace_id": ws, "url": "https://169.254.169.254/" }).to_string(),
            &[],
        )
        .await
        .unwrap();
    assert_eq!(problem["errors"][0]["detail"], "address not allowed");
    assert!(!problem.to_string().contains("169.254"), "the address is not repeated");

    let stored = stage.read(&format!("/v1/webhook-endpoints?workspace_id={ws}")).await;
    assert_eq!(stored["data"].as_array().unwrap().len(), 0);
    stage.end().await;
}

#[tokio::test]
async fn an_address_or_method_that_is_not_ours_is_a_problem_too() {
    let stage = Stage::set().await;
    assert_eq!(refused(&stage, "GET", "/v2/events", "").await, says(404, "not_found", &[]));
    assert_eq!(refused(&stage, "PUT", "/v1/events", "").await, says(405, "method_not_allowed", &[]));
    let query = "/v1/events?workspace_id=ws_01JZZZZZZZZZZZZZZZZZZZZZ09&colour=red";
    assert_eq!(refused(&stage, "GET", query, "").await, says(422, "unknown_field", &["colour"]));
    for list in ["events", "webhook-endpoints", "replays", "undelivered"] {
        let answer = refused(&stage, "GET", &format!("/v1/{list}"), "").await;
        assert_eq!(answer, says(422, "invalid_request", &["workspace_id"]), "{list}");
    }
    let ws = &stage.workspace;
    for (query, name) in [("limit=ten", "limit"), ("limit=0", "limit"), ("since=yesterday", "since")] {
        let path = format!("/v1/events?workspace_id={ws}&{query}");
        assert_eq!(refused(&stage, "GET", &path, "").await, says(422, "invalid_request", &[name]));
    }
    let path = format!("/v1/undelivered?workspace_id={ws}&status=lost");
    assert_eq!(refused(&stage, "GET", &path, "").await, says(422, "invalid_request", &["status"]));
    stage.end().await;
}

#[tokio::test]
async fn an_array_is_no_object() {
    let stage = Stage::set().await;
    let ws = &stage.workspace;
    let endpoint = json!({ "workspace_id": ws, "url": "https://example.com/" });
    let (_, made) =
        stage.admin.call("POST", "/v1/webhook-endpoints", endpoint.to_string(), &[]).await.unwrap();
    let endpoint = format!("/v1/webhook-endpoints/{}", made["id"].as_str().unwrap());
    for (method, path, body) in [
        ("POST", "/v1/events", json!(["invoice.paid", {}, ws, null, null, [], null])),
        ("POST", "/v1/events/batch", json!([[{ "workspace_id": ws, "type": "a", "data": 1 }]])),
        ("POST", "/v1/workspaces", json!(["Acme", 30, false, null, null])),
        ("POST", "/v1/api-keys", json!(["key", ["events"], ws])),
        ("POST", "/v1/webhook-endpoints", json!([ws, "https://example.com/"])),
        ("PATCH", &endpoint, json!([])),
        ("POST", &format!("{endpoint}/replay"), json!(["2026-01-01T00:00:00Z"])),
        ("POST", &format!("{endpoint}/preview"), json!([null, "a", {}])),
        ("POST", &format!("{endpoint}/secret/rotate"), json!([5])),
    ] {
        let answer = refused(&stage, method, path, body.to_string()).await;
        assert_eq!(answer, says(422, "invalid_request", &[""]), "{method} {path}");
    }
    let disable = json!({ "disable": [3, 60] }).to_string();
    assert_eq!(
        refused(&stage, "PATCH", &endpoint, disable).await,
        says(422, "invalid_request", &["/disable"])
    );
    let batch = json!({ "events": [["a", {}, ws]] }).to_string();
    let (_, answer) = stage.admin.call("POST", "/v1/events/batch", batch, &[]).await.unwrap();
    assert_eq!(answer["results"][0]["status"], 422, "{answer}");
    stage.end().await;
}
