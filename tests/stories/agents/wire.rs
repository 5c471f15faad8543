//! What does `/v1/mcp` answer over HTTP, beside what a client of the protocol sees?
//! Methods, keys, origins, and messages that no client sends.

use api::client::ApiClient;
use serde_json::{Value, json};
use stories::Stage;

use super::key;

fn initialize() -> Value {
    json!({
        "jsonrpc": "2.0", "id": 1, "method": "initialize",
        "params": {
            "protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": { "name": "story", "version": "1" },
        },
    })
}

#[tokio::test]
async fn without_sessions_there_is_only_post_and_without_a_key_nothing() {
    let stage = Stage::set().await;
    let key = key(&stage, &["actions"], &["support"]).await;
    let client = ApiClient::new(&stage.platform.url(), &key);
    for method in ["GET", "DELETE"] {
        let answer = client.exchange(method, "/v1/mcp", "", &[]).await.unwrap();
        assert_eq!((answer.status().as_u16(), &answer.headers()["allow"]), (405, &"POST".parse().unwrap()));
    }
    let stranger = ApiClient::new(&stage.platform.url(), "phk_this-key-was-never-issued-to-anybody-0000");
    let answer = stranger.exchange("POST", "/v1/mcp", initialize().to_string(), &[]).await.unwrap();
    assert_eq!(answer.status(), 401);
    // No resource metadata: a client would look for an OAuth server and not show the key's refusal.
    assert_eq!(answer.headers()["www-authenticate"], "Bearer realm=\"posthorn\"");

    let (status, answer) = client.call("POST", "/v1/mcp", initialize().to_string(), &[]).await.unwrap();
    assert_eq!((status, &answer["result"]["protocolVersion"]), (200, &json!("2025-06-18")));
    let notification = json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }).to_string();
    let answer = client.exchange("POST", "/v1/mcp", notification, &[]).await.unwrap();
    assert_eq!((answer.status().as_u16(), answer.body().len()), (202, 0));
    stage.end().await;
}

#[tokio::test]
async fn a_page_of_another_site_a_key_for_everything_and_what_is_no_message_are_refused() {
    let stage = Stage::set().await;
    let key = key(&stage, &["actions"], &["support"]).await;
    let client = ApiClient::new(&stage.platform.url(), &key);
    let from = async |origin: &str| {
        let headers = [("origin", origin)];
        client
            .exchange("POST", "/v1/mcp", initialize().to_string(), &headers)
            .await
            .unwrap()
            .status()
            .as_u16()
    };
    assert_eq!(from("https://evil.example.com").await, 403);
    assert_eq!(from(&stage.platform.url()).await, 200);

    let (status, answer) = stage.admin.call("POST", "/v1/mcp", initialize().to_string(), &[]).await.unwrap();
    let message = answer["error"]["message"].as_str().unwrap();
    assert!(status == 200 && message.contains("a single workspace"), "{status} {answer}");

    for (body, status) in [("{", 400), ("[]", 422), ("{}", 400), (r#"{"jsonrpc":"2.0","id":1}"#, 400)] {
        assert_eq!(client.call("POST", "/v1/mcp", body.to_owned(), &[]).await.unwrap().0, status, "{body}");
    }
    let large = json!({ "jsonrpc": "2.0", "id": 1, "method": "x".repeat(128 * 1024) }).to_string();
    assert_eq!(client.call("POST", "/v1/mcp", large, &[]).await.unwrap().0, 413);
    stage.end().await;
}
