//! What a preview shows is what goes on the wire.

use std::time::Duration;

use api::client::ApiClient;
use domain::id::{EndpointId, EventId};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};
use stories::{Answer, Receiver, Seen, Stage};
use usecases::Clock;

/// Headers that differ because they are made anew for each attempt, or name the event and delivery at hand.
const PARTICULAR: [&str; 8] = [
    "webhook-id",
    "webhook-timestamp",
    "webhook-signature",
    "-timestamp",
    "-nonce",
    "-signature",
    "-delivery",
    "idempotency-key",
];

fn is_particular(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    PARTICULAR.iter().any(|ending| name.ends_with(ending))
}

fn headers(preview: &Value) -> Vec<(String, String)> {
    let pairs = preview["headers"].as_array().unwrap().iter();
    pairs.map(|pair| (text(&pair[0]), text(&pair[1]))).collect()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

/// Settings as odd as an owner can make them, and an odd payload.
fn any_case() -> impl Strategy<Value = (Value, Value)> {
    let profile = prop_oneof![Just("standard"), Just("standard-asymmetric"), Just("body"), Just("covered")];
    let settings = (
        profile,
        prop_oneof![Just("envelope"), Just("data")],
        prop_oneof![Just("POST"), Just("PUT"), Just("PATCH")],
        "X-[A-Z][a-z]{1,8}",
        proptest::collection::btree_map("X-Own-[a-z]{1,6}", "[!-~]{1,20}", 0..4),
    );
    let payload = prop_oneof![
        ".{0,80}".prop_map(|text| json!({ "text": text })),
        any::<i64>().prop_map(|number| json!(number)),
        proptest::collection::vec(".{0,10}", 0..5).prop_map(|list| json!(list)),
    ];
    (settings, payload).prop_map(|((profile, body, method, prefix, own), payload)| {
        let settings = json!({
            "signature": { "profile": profile }, "body": body, "method": method,
            "header_prefix": prefix, "headers": own,
        });
        (settings, payload)
    })
}

#[tokio::test]
async fn preview_and_wire_are_the_same_request_over_random_events_and_settings() {
    let mut runner = TestRunner::deterministic();
    let stage = Stage::set().await;
    for _ in 0..40 {
        let (settings, payload) = any_case().new_tree(&mut runner).unwrap().current();
        let receiver = Receiver::start().await;
        let endpoint = stage.endpoint(&receiver, settings.clone()).await;
        let accepted = stage.send("invoice.paid", payload).await;
        let seen: Seen = receiver.wait_for(1).await.remove(0);

        let path = format!("/v1/webhook-endpoints/{}/preview", endpoint.id);
        let preview = stage.admin.post(&path, &json!({ "event_id": accepted["id"] })).await.unwrap();
        assert_eq!(preview["url"], receiver.url());
        assert_eq!(preview["method"], seen.method.as_str());
        assert_eq!(preview["body"].as_str().unwrap().as_bytes(), &seen.body[..], "{settings}");
        let mut previewed = headers(&preview);
        for (name, value) in &previewed {
            if is_particular(name) {
                assert!(!seen.header(name).is_empty(), "{name} was not sent: {settings}");
            } else {
                assert_eq!(seen.header(name), value, "{name}: {settings}");
            }
        }
        previewed.extend(["host", "content-length", "accept"].map(|name| (name.to_owned(), String::new())));
        for name in seen.headers.keys() {
            let known = previewed.iter().any(|(shown, _)| shown.eq_ignore_ascii_case(name.as_str()));
            assert!(known, "{name} was sent and not shown: {settings}");
        }
        let path = format!("/v1/webhook-endpoints/{}", endpoint.id);
        assert_eq!(stage.admin.call("DELETE", &path, "", &[]).await.unwrap().0, 204);
    }
    stage.end().await;
}

#[tokio::test]
async fn a_preview_sends_nothing_and_needs_no_stored_event() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    let endpoint = stage.endpoint(&receiver, json!({})).await;
    let path = format!("/v1/webhook-endpoints/{}/preview", endpoint.id);
    let test = stage.admin.call("POST", &path, "", &[]).await.unwrap().1;
    assert!(test["body"].as_str().unwrap().contains("posthorn.test"));
    let made = json!({ "type": "invoice.paid", "data": { "n": 1 }, "occurred_at": "2026-01-05T09:30:00Z" });
    let preview = stage.admin.post(&path, &made).await.unwrap();
    assert!(preview["body"].as_str().unwrap().contains(r#""timestamp":"2026-01-05T09:30:00.000Z""#));
    let half = stage.admin.call("POST", &path, r#"{"type":"invoice.paid"}"#, &[]).await.unwrap();
    assert_eq!(half.0, 422);
    stage.end().await;
    assert!(receiver.seen().is_empty());
}

#[tokio::test]
async fn an_event_of_very_many_endpoints_can_be_previewed() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    let endpoint = stage.endpoint(&receiver, json!({})).await;
    let accepted = stage.send("invoice.paid", json!({ "n": 1 })).await;
    let (workspace, id) = (stage.workspace.parse().unwrap(), text(&accepted["id"]).parse().unwrap());
    let (store, now) = (&stage.platform.store, Clock::system().now());
    let mut event = store.load_event(workspace, id, now).await.unwrap().unwrap();
    // More than stand in the event's own row.
    event.id = EventId::new(now, 1);
    event.ledger.deliveries = (0..300).map(|number| EndpointId::new(now, number)).collect();
    assert!(store.save_event(&event, now.plus(Duration::from_secs(60))).await.unwrap());
    let path = format!("/v1/webhook-endpoints/{}/preview", endpoint.id);
    let preview = stage.admin.post(&path, &json!({ "event_id": event.id })).await.unwrap();
    assert!(preview["body"].as_str().unwrap().contains(r#"{"n":1}"#), "{preview}");
    stage.end().await;
}

#[tokio::test]
async fn a_delivery_can_be_sent_again_with_the_command_that_rebuilds_it() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    let endpoint = stage.endpoint(&receiver, json!({ "headers": { "X-Quote": "it's" } })).await;
    receiver.answer_first(&[Answer::Status(200)]);
    stage.send("invoice.paid", json!({ "name": "O'Neil $(whoami) `id` \\ \"" })).await;
    let row = stage.deliveries(&endpoint, 1, "delivered").await.remove(0);
    let id = row["id"].as_str().unwrap();
    let path = format!("/v1/webhook-endpoints/{}/deliveries/{id}/curl", endpoint.id);
    let command = stage.admin.text(&path).await.unwrap();
    assert!(command.starts_with("curl "), "{command}");
    let run = tokio::process::Command::new("sh").args(["-c", &command]).output().await.unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    let seen = receiver.wait_for(2).await;
    assert_eq!(seen[0].body, seen[1].body);
    assert!(seen[1].is_signed_with(&endpoint.secret));
    assert_eq!((seen[1].header("x-quote"), seen[1].header("x-webhook-attempt")), ("it's", "1"));
    stage.end().await;
}

#[tokio::test]
async fn an_attempt_keeps_what_was_sent_without_its_secrets() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    let settings = json!({ "headers": { "Authorization": "Bearer of-bad-news", "X-Team": "billing" } });
    let endpoint = stage.endpoint(&receiver, settings).await;
    stage.send("invoice.paid", json!({})).await;
    let row = stage.deliveries(&endpoint, 1, "delivered").await.remove(0);
    let path = format!("/v1/webhook-endpoints/{}/deliveries/{}", endpoint.id, text(&row["id"]));
    let detail = stage.read(&path).await;
    let request = &detail["attempt_log"][0]["request"];
    let seen = receiver.seen().remove(0);
    assert_eq!(seen.header("authorization"), "Bearer of-bad-news");
    let sent = headers(request);
    let shown = |name: &str| sent.iter().find(|(shown, _)| shown == name).map(|(_, value)| value.as_str());
    assert_eq!((shown("Authorization"), shown("X-Team")), (Some("[redacted]"), Some("[redacted]")));
    assert_eq!(shown("webhook-signature"), Some(seen.header("webhook-signature")));
    assert_eq!(request["body_bytes"], seen.body.len());
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &seen.body);
    assert_eq!(request["body_sha256"], domain::hex::hex(digest.as_ref()));
    stage.end().await;
}

#[tokio::test]
async fn who_may_only_read_gets_no_signature_over_words_of_their_own() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    let endpoint = stage.endpoint(&receiver, json!({})).await;
    let accepted = stage.send("invoice.paid", json!({})).await;
    let row = stage.deliveries(&endpoint, 1, "delivered").await.remove(0);
    let with = async |scopes: Value| {
        let key = json!({ "name": "reader", "workspace_id": stage.workspace, "scopes": scopes });
        let key = stage.admin.post("/v1/api-keys", &key).await.unwrap();
        ApiClient::new(&stage.platform.url(), key["key"].as_str().unwrap())
    };
    let path = format!("/v1/webhook-endpoints/{}", endpoint.id);
    let preview = async |caller: &ApiClient, body: Value| {
        caller.call("POST", &format!("{path}/preview"), body.to_string(), &[]).await.unwrap().0
    };
    let made = json!({ "type": "invoice.paid", "data": { "amount": 1_000_000 } });
    let stored = json!({ "event_id": accepted["id"] });
    let reader = with(json!(["webhooks:ro", "events:ro"])).await;
    assert_eq!((preview(&reader, made.clone()).await, preview(&reader, stored.clone()).await), (403, 200));
    let owner = with(json!(["webhooks"])).await;
    assert_eq!((preview(&owner, made).await, preview(&owner, stored).await), (200, 403));

    let curl = format!("{path}/deliveries/{}/curl", text(&row["id"]));
    for scopes in [json!(["deliveries:ro", "events:ro"]), json!(["deliveries"])] {
        let (status, problem) = with(scopes).await.call("GET", &curl, "", &[]).await.unwrap();
        assert_eq!((status, problem["code"].as_str()), (403, Some("missing_scope")));
    }
    assert!(with(json!(["deliveries", "events:ro"])).await.text(&curl).await.unwrap().starts_with("curl "));
    stage.end().await;
}
