//! Does a request that is repeated under its `Idempotency-Key` take effect twice?
//! Idempotency of the management API: the first answer again, secrets included; no other request under the same key.

use std::time::Duration;

use api::client::ApiClient;
use axum::http::Response;
use bytes::Bytes;
use serde_json::{Value, json};
use stories::{Answer, Receiver, Stage};

async fn post(client: &ApiClient, path: &str, body: &Value, key: &str) -> Response<Bytes> {
    client.exchange("POST", path, body.to_string(), &[("idempotency-key", key)]).await.unwrap()
}

fn document(answer: &Response<Bytes>) -> Value {
    serde_json::from_slice(answer.body()).unwrap()
}

fn is_replayed(answer: &Response<Bytes>) -> bool {
    answer.headers().get("idempotency-replayed").is_some_and(|value| value == "true")
}

/// Sends a request twice under one key; gives the one answer.
async fn twice(stage: &Stage, path: &str, body: Value) -> Value {
    let (key, headers) = (format!("key of {path}"), ["content-type", "location"]);
    let first = post(&stage.admin, path, &body, &key).await;
    let second = post(&stage.admin, path, &body, &key).await;
    assert!(first.status().is_success(), "{path}: {:?}", first.body());
    assert_eq!((first.status(), first.body()), (second.status(), second.body()), "{path}");
    assert_eq!(
        headers.map(|name| first.headers().get(name)),
        headers.map(|name| second.headers().get(name)),
        "{path}"
    );
    assert!(!is_replayed(&first) && is_replayed(&second), "{path}");
    assert_ne!(first.headers()["x-request-id"], second.headers()["x-request-id"], "{path}");
    document(&first)
}

#[tokio::test]
async fn every_post_takes_effect_once_and_is_answered_twice() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    let new = json!({ "workspace_id": stage.workspace, "url": receiver.url() });
    let endpoint = twice(&stage, "/v1/webhook-endpoints", new).await;
    assert!(endpoint["secret"].as_str().unwrap().starts_with("whsec_"));
    let of_workspace = format!("?workspace_id={}", stage.workspace);
    let listed = stage.read(&format!("/v1/webhook-endpoints{of_workspace}")).await;
    assert_eq!(listed["data"].as_array().unwrap().len(), 1);

    twice(&stage, "/v1/workspaces", json!({ "name": "another" })).await;
    assert_eq!(stage.read("/v1/workspaces").await["data"].as_array().unwrap().len(), 2);
    let key = json!({ "workspace_id": stage.workspace, "name": "k", "scopes": ["webhooks"] });
    let key = twice(&stage, "/v1/api-keys", key).await;
    let client = ApiClient::new(&stage.platform.url(), key["key"].as_str().unwrap());
    client.get("/v1/webhook-endpoints").await.unwrap();
    let keys = stage.read(&format!("/v1/api-keys{of_workspace}")).await;
    assert_eq!(keys["data"].as_array().unwrap().len(), 1);

    let path = |action: &str| format!("/v1/webhook-endpoints/{}/{action}", endpoint["id"].as_str().unwrap());
    let rotated = twice(&stage, &path("secret/rotate"), json!({})).await;
    assert_eq!(rotated["old_secrets"].as_array().unwrap().len(), 1);
    twice(&stage, &path("secret/end-overlap"), json!({})).await;
    twice(&stage, &path("preview"), json!({})).await;
    let test = twice(&stage, &path("test"), json!({})).await;
    assert_eq!(receiver.seen().len(), 1, "the test was sent once");

    let (delivery, event) = (test["id"].as_str().unwrap(), test["event_id"].as_str().unwrap());
    twice(&stage, &path(&format!("deliveries/{delivery}/replay")), json!({ "force": true })).await;
    receiver.wait_for(2).await;
    let endpoints =
        json!({ "workspace_id": stage.workspace, "endpoint_ids": [endpoint["id"]], "force": true });
    twice(&stage, &format!("/v1/events/{event}/replay"), endpoints).await;
    receiver.wait_for(3).await;
    stage.advance(Duration::from_secs(1));
    let window = json!({ "since": "2020-01-01T00:00:00Z" });
    twice(&stage, &path("replay"), window).await;
    let replays = stage.read(&format!("/v1/replays{of_workspace}")).await;
    assert_eq!(replays["data"].as_array().unwrap().len(), 1);
    stage.end().await;
    assert_eq!(receiver.seen().len(), 3);
}

#[tokio::test]
async fn another_request_under_the_key_is_refused_and_a_refused_one_leaves_no_claim() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    let with = |url: &str| json!({ "workspace_id": stage.workspace, "url": url });
    let path = "/v1/webhook-endpoints";
    let refused = post(&stage.admin, path, &with("not a url"), "k").await;
    assert_eq!(refused.status(), 422);
    let made = post(&stage.admin, path, &with(receiver.url()), "k").await;
    assert_eq!((made.status().as_u16(), is_replayed(&made)), (201, false));

    let id = document(&made)["id"].as_str().unwrap().to_owned();
    for (path, body) in [
        (path.to_owned(), with("https://example.com")),
        (format!("{path}?a=b"), with(receiver.url())),
        (format!("{path}/{id}/test"), with(receiver.url())),
    ] {
        let other = post(&stage.admin, &path, &body, "k").await;
        assert_eq!(other.status(), 409, "{path}");
        assert_eq!(document(&other)["code"], "idempotency_key_reused", "{path}");
    }
    for key in ["", &"k".repeat(256)] {
        let refused = post(&stage.admin, path, &with(receiver.url()), key).await;
        assert_eq!(document(&refused)["errors"][0]["pointer"], "Idempotency-Key");
    }

    // Other methods can be repeated by themselves.
    let key = [("idempotency-key", "k")];
    let one = format!("{path}/{id}");
    for description in ["a", "b"] {
        let patch = json!({ "description": description }).to_string();
        let (status, changed) = stage.admin.call("PATCH", &one, patch, &key).await.unwrap();
        assert_eq!((status, &changed["description"]), (200, &json!(description)));
    }
    assert_eq!(stage.admin.call("GET", &one, "", &key).await.unwrap().0, 200);
    assert_eq!(stage.admin.call("DELETE", &one, "", &key).await.unwrap().0, 204);
    assert_eq!(stage.admin.call("DELETE", &one, "", &key).await.unwrap().0, 404);

    // A day later the key is free.
    stage.advance(Duration::from_secs(24 * 3600));
    let anew = post(&stage.admin, path, &with(receiver.url()), "k").await;
    assert_eq!((anew.status().as_u16(), is_replayed(&anew)), (201, false));
    assert_ne!(document(&anew)["id"], json!(id));
    stage.end().await;
}

#[tokio::test]
async fn a_key_counts_for_the_api_key_that_used_it() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    let body = json!({ "workspace_id": stage.workspace, "url": receiver.url() });
    let secret = document(&post(&stage.admin, "/v1/webhook-endpoints", &body, "k").await)["secret"].clone();
    for (scope, status) in [("webhooks:ro", 403u16), ("webhooks", 201)] {
        let key = json!({ "workspace_id": stage.workspace, "name": scope, "scopes": [scope] });
        let key = stage.admin.post("/v1/api-keys", &key).await.unwrap()["key"].as_str().unwrap().to_owned();
        let other = ApiClient::new(&stage.platform.url(), &key);
        for _ in 0..2 {
            let answer = post(&other, "/v1/webhook-endpoints", &body, "k").await;
            assert_eq!(answer.status(), status);
            assert_ne!(document(&answer)["secret"], secret);
        }
    }
    let nobody = ApiClient::new(&stage.platform.url(), "phk_nobody");
    assert_eq!(post(&nobody, "/v1/webhook-endpoints", &body, "k").await.status(), 401);
    stage.end().await;
}

#[tokio::test]
async fn while_the_first_request_is_under_way_the_second_is_told_when_to_come_again() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    let endpoint = stage.endpoint(&receiver, json!({})).await;
    receiver.answer(Answer::Slowly(Duration::from_millis(500)));
    let path = format!("/v1/webhook-endpoints/{}/test", endpoint.id);
    let send = async || post(&stage.admin, &path, &json!({}), "k").await;
    let second = async {
        receiver.wait_for(1).await;
        send().await
    };
    let (first, second) = tokio::join!(send(), second);
    assert_eq!((first.status().as_u16(), second.status().as_u16()), (200, 409));
    assert_eq!(document(&second)["code"], "idempotency_key_in_progress");
    assert_eq!(second.headers()["retry-after"], "1");
    let third = send().await;
    assert!(is_replayed(&third) && third.body() == first.body());
    stage.end().await;
    assert_eq!(receiver.seen().len(), 1);
}
