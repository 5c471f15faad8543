//! What does an endpoint with a template get?
//! The template's JSON in the payload's place, or a message for a chat service: the same bytes in preview, test, curl, on the
//! wire and on every retry, and no text of an event mentions anybody.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::catalogue::EventTypeDescription;
use domain::event::event_type::EventType;
use serde_json::{Value, json};
use stories::stage::Endpoint;
use stories::{Answer, Receiver, Seen, Stage};

fn template() -> Value {
    json!({
        "text": "Ticket {{ data.id }} from {{ data.customer.name | default('a customer') }}",
        "id": "{{ data.id }}", "priority": "{{ data.priority }}", "of": "{{ type }}", "where": "{{ channels }}",
        "skus": "{{ data.items | map(attribute='sku') | join(', ') }}", "fixed": [1, null, "as it is"],
    })
}

fn ticket() -> Value {
    json!({ "id": 9_007_199_254_740_993_i64, "items": [{ "sku": "a" }, { "sku": "b" }] })
}

fn body(seen: &Seen) -> Value {
    serde_json::from_slice(&seen.body).unwrap()
}

/// The body that a preview shows, byte for byte.
async fn previewed(stage: &Stage, endpoint: &Endpoint, event: &Value) -> Vec<u8> {
    let path = format!("/v1/webhook-endpoints/{}/preview", endpoint.id);
    let preview = stage.admin.post(&path, event).await.unwrap();
    STANDARD.decode(preview["body_base64"].as_str().unwrap()).unwrap()
}

async fn detail(stage: &Stage, endpoint: &Endpoint, delivery: &Value) -> Value {
    let delivery = delivery["id"].as_str().unwrap();
    stage.read(&format!("/v1/webhook-endpoints/{}/deliveries/{delivery}", endpoint.id)).await
}

/// Creates an endpoint and gives the status and answer.
async fn made(stage: &Stage, receiver: &Receiver, settings: Value) -> (u16, Value) {
    let mut body = json!({ "workspace_id": stage.workspace, "url": receiver.url() });
    body.as_object_mut().unwrap().extend(settings.as_object().unwrap().clone());
    stage.admin.call("POST", "/v1/webhook-endpoints", body.to_string(), &[]).await.unwrap()
}

#[tokio::test]
async fn preview_wire_curl_retry_replay_and_the_signature_doctor_agree_on_every_byte() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    for form in ["envelope", "data"] {
        let settings = json!({ "body": form, "template": template(), "retry": { "schedule_seconds": [60] } });
        let endpoint = stage.endpoint(&receiver, settings).await;
        let before = receiver.seen().len();
        receiver.answer_first(&[Answer::Status(500)]);
        let event = json!({
            "workspace_id": stage.workspace, "type": "ticket.created", "data": ticket(), "channels": ["eu", "vip"],
        });
        let (_, event) = stage.admin.call("POST", "/v1/events", event.to_string(), &[]).await.unwrap();
        stage.attempted(&endpoint, 1).await;
        stage.advance(Duration::from_secs(70));
        let delivery = stage.deliveries(&endpoint, 1, "delivered").await.remove(0);
        let path =
            format!("/v1/webhook-endpoints/{}/deliveries/{}", endpoint.id, delivery["id"].as_str().unwrap());
        let replay =
            stage.admin.call("POST", &format!("{path}/replay"), r#"{"force":true}"#, &[]).await.unwrap();
        assert_eq!(replay.0, 202, "{}", replay.1);
        let seen = receiver.wait_for(before + 3).await.split_off(before);

        let expected = json!({
            "text": "Ticket 9007199254740993 from a customer", "id": 9_007_199_254_740_993_i64, "priority": null,
            "of": "ticket.created", "where": ["eu", "vip"], "skus": "a, b", "fixed": [1, null, "as it is"],
        });
        let sent = body(&seen[0]);
        assert_eq!(if form == "data" { &sent } else { &sent["data"] }, &expected);
        let preview = previewed(&stage, &endpoint, &json!({ "event_id": event["id"] })).await;
        let curl = stage.admin.text(&format!("{path}/curl")).await.unwrap();
        for attempt in &seen {
            assert_eq!(attempt.body, seen[0].body, "a retry or a replay");
            assert!(attempt.is_signed_with(&endpoint.secret));
            assert_eq!(preview, attempt.body);
            assert!(curl.contains(std::str::from_utf8(&attempt.body).unwrap()), "{curl}");
        }
        // The attempt says which expression found nothing.
        let log = detail(&stage, &endpoint, &delivery).await["attempt_log"].clone();
        assert_eq!(log[0]["request"]["undefined"], json!(["/priority"]));

        // A receiver that reads the body anew and signs that is told so: the doctor knows what was sent.
        let names = ["webhook-id", "webhook-timestamp", "webhook-signature", "x-webhook-delivery"];
        let headers: serde_json::Map<String, Value> =
            names.iter().map(|name| ((*name).to_owned(), json!(seen[2].header(name)))).collect();
        let changed = format!("{}\n", String::from_utf8_lossy(&seen[2].body));
        let receipt = json!({ "endpoint_id": endpoint.id, "headers": headers, "body": changed });
        let verdict = stage.admin.post("/v1/verify", &receipt).await.unwrap();
        assert_eq!(verdict["compared_with"], delivery["id"], "{verdict}");
        assert!(verdict["reason"].as_str().unwrap().starts_with("body_"), "{verdict}");
        let deleted = format!("/v1/webhook-endpoints/{}", endpoint.id);
        assert_eq!(stage.admin.call("DELETE", &deleted, "", &[]).await.unwrap().0, 204);
    }
    stage.end().await;
}

#[tokio::test]
async fn a_test_event_is_rendered_as_its_preview_is() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    let template = json!({ "said": "{{ data.message | upper }}", "type": "{{ type }}" });
    let endpoint = stage.endpoint(&receiver, json!({ "body": "data", "template": template })).await;
    let test = format!("/v1/webhook-endpoints/{}/test", endpoint.id);
    let event = json!({ "type": "ticket.created", "data": { "message": "hello" } });
    stage.admin.post(&test, &event).await.unwrap();
    assert_eq!(previewed(&stage, &endpoint, &event).await, receiver.seen()[0].body);
    assert_eq!(body(&receiver.seen()[0]), json!({ "said": "HELLO", "type": "ticket.created" }));
    stage.end().await;
}

#[tokio::test]
async fn a_template_that_fails_for_an_event_is_a_failed_delivery_and_says_nothing_of_the_endpoint() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    let template = json!({ "due": "{{ data.due | default('2026-01-05') | date('%d %b %Y') }}" });
    let endpoint = stage.endpoint(&receiver, json!({ "template": template })).await;
    let event = stage.send("ticket.created", json!({ "due": "hush, soon" })).await;
    let delivery = stage.deliveries(&endpoint, 1, "failed").await.remove(0);
    assert_eq!((&delivery["last_error"], &delivery["attempts"]), (&json!("template_failed"), &json!(1)));
    let detail = detail(&stage, &endpoint, &delivery).await;
    let attempt = &detail["attempt_log"][0];
    assert_eq!(
        (&attempt["error"], &attempt["request"]["template_failed_at"], &attempt["response"]),
        (&json!("template_failed"), &json!("/due"), &Value::Null)
    );
    // The log may be read by those who may not read payloads.
    assert!(!detail.to_string().contains("hush"), "{detail}");
    let read = stage.read(&format!("/v1/webhook-endpoints/{}", endpoint.id)).await;
    assert_eq!(read["health"]["failures"], 0);
    let path = format!("/v1/webhook-endpoints/{}/preview", endpoint.id);
    let (status, problem) =
        stage.admin.call("POST", &path, json!({ "event_id": event["id"] }).to_string(), &[]).await.unwrap();
    assert_eq!((status, &problem["code"]), (422, &json!("template_failed")));
    assert_eq!(problem["errors"][0]["pointer"], "/template/due");
    // Other events render.
    stage.send("ticket.created", json!({ "due": "2026-11-28T10:00:00Z" })).await;
    let seen = receiver.wait_for(1).await.remove(0);
    assert_eq!(body(&seen)["data"], json!({ "due": "28 Nov 2026" }));
    stage.end().await;
}

#[tokio::test]
async fn a_template_that_would_work_or_write_without_end_is_refused_or_fails_small() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    for endless in ["{{ 'x' * 1000000000 }}", "{{ ('ab' * 100000) | upper | lower | upper | lower }}"] {
        let (status, problem) = made(&stage, &receiver, json!({ "template": { "a": endless } })).await;
        assert_eq!((status, &problem["errors"][0]["pointer"]), (422, &json!("/template/a")), "{problem}");
    }
    // Harmless for an event without payload, and not for this one.
    let large = json!({ "text": "x".repeat(100_000), "list": vec![1; 2_000] });
    for (event_type, expression) in [
        ("note.added", "{{ data.text ~ data.text ~ data.text }}"),
        ("note.changed", "{{ data.list | join(data.text) }}"),
    ] {
        let settings = json!({ "template": { "a": expression }, "events": [event_type] });
        let endpoint = stage.endpoint(&receiver, settings).await;
        stage.send(event_type, large.clone()).await;
        let delivery = stage.deliveries(&endpoint, 1, "failed").await.remove(0);
        assert_eq!((&delivery["last_error"], &delivery["attempts"]), (&json!("template_failed"), &json!(1)));
        let attempt = detail(&stage, &endpoint, &delivery).await["attempt_log"][0].clone();
        assert_eq!(attempt["request"]["template_failed_at"], "/a", "{expression}");
        let path = format!("/v1/webhook-endpoints/{}", endpoint.id);
        assert_eq!(stage.admin.call("DELETE", &path, "", &[]).await.unwrap().0, 204);
    }
    stage.end().await;
    assert!(receiver.seen().is_empty());
}

#[tokio::test]
async fn messages_for_chat_services_are_about_any_event_and_mention_nobody() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    let subject = "<!channel> <@U1> @everyone & \"co\"";
    for (form, template, expected) in [
        (
            "slack",
            json!("New: {{ data.subject }}"),
            json!({ "text": "New: &lt;!channel&gt; &lt;@U1&gt; @everyone &amp; \"co\"" }),
        ),
        (
            "slack",
            json!({ "blocks": [{ "type": "section", "text": { "type": "mrkdwn", "text": "{{ data.subject }}" } }] }),
            json!({ "blocks": [{ "type": "section", "text": { "type": "mrkdwn", "text": "&lt;!channel&gt; &lt;@U1&gt; @everyone &amp; \"co\"" } }] }),
        ),
        (
            "discord",
            json!({ "content": "{{ data.subject }}" }),
            json!({ "content": subject, "allowed_mentions": { "parse": [] } }),
        ),
        (
            "teams",
            json!({ "type": "AdaptiveCard", "version": "1.4", "body": [{ "type": "TextBlock", "text": "{{ data.subject }}" }] }),
            json!({ "type": "message", "attachments": [{
                "contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": null,
                "content": { "type": "AdaptiveCard", "version": "1.4", "body": [{ "type": "TextBlock", "text": subject }] },
            }] }),
        ),
    ] {
        let settings = json!({ "body": form, "template": template, "events": ["ticket.*"] });
        let endpoint = stage.endpoint(&receiver, settings).await;
        assert_eq!(endpoint.secret, "", "a chat service verifies no signature");
        let before = receiver.seen().len();
        stage.send("ticket.created", json!({ "subject": subject })).await;
        let seen = receiver.wait_for(before + 1).await.remove(before);
        assert_eq!(body(&seen), expected, "{form}");
        assert!(!seen.headers.contains_key("webhook-signature"));
        let path = format!("/v1/webhook-endpoints/{}", endpoint.id);
        // Without the template it would be a notification, which gets operational events alone.
        let (status, problem) = stage.admin.call("PATCH", &path, r#"{"template":null}"#, &[]).await.unwrap();
        assert_eq!((status, &problem["errors"][0]["pointer"]), (422, &json!("/events")));
        assert_eq!(stage.admin.call("DELETE", &path, "", &[]).await.unwrap().0, 204);
    }
    stage.end().await;
}

#[tokio::test]
async fn a_template_is_saved_only_if_it_renders_what_will_come() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    let refused = async |settings: Value, pointer: &str, word: &str| {
        let (status, problem) = made(&stage, &receiver, settings.clone()).await;
        assert_eq!((status, &problem["code"]), (422, &json!("invalid_request")), "{settings}: {problem}");
        let errors = problem["errors"].as_array().unwrap();
        let found = errors
            .iter()
            .any(|error| error["pointer"] == pointer && error["detail"].as_str().unwrap().contains(word));
        assert!(found, "{settings}: {problem}");
    };
    // 1. What cannot be right for any event.
    refused(json!({ "template": { "a": "{{ data. }}" } }), "/template/a", "").await;
    refused(json!({ "template": { "a": "{% for x in data %}{% endfor %}" } }), "/template/a", "").await;
    refused(
        json!({ "template": "a", "body": "email", "url": "mailto:ops@example.com" }),
        "/template",
        "email",
    )
    .await;
    refused(json!({ "template": ["a"], "body": "slack" }), "/template", "text").await;
    // 2. What fails for an event without payload.
    let no_message = json!({ "template": "{{ data.message }}", "body": "slack", "events": ["chat.*"] });
    refused(no_message, "/template", "default").await;
    // 3. What the catalogue's example does not have.
    let example = json!({ "example": { "id": 7, "customer": { "name": "Ada" } } });
    let name = EventType::parse("ticket.created").unwrap();
    let (described, _) =
        EventTypeDescription::new(name, serde_json::from_value(example).unwrap(), None, stage.clock().now());
    assert!(stage.platform.store.save_event_type(&described, None, None).await.unwrap());
    let with = |name: &str| json!({ "events": ["ticket.*"], "template": { "name": format!("{{{{ data.{name} }}}}") } });
    refused(with("customer.nmae"), "/template/name", "ticket.created").await;
    let (status, endpoint) = made(&stage, &receiver, with("customer.name")).await;
    assert_eq!(status, 201, "{endpoint}");
    // 4. What fails for the last event: its payload is not told.
    stage.send("order.made", json!({ "at": "hush" })).await;
    stage.advance(Duration::from_secs(1));
    let settings = json!({
        "events": ["order.*"], "template": { "at": "{{ data.at | default('2026-01-05') | date('%d %b %Y') }}" },
    });
    let (status, problem) = made(&stage, &receiver, settings).await;
    let error = &problem["errors"][0];
    assert_eq!((status, &error["pointer"]), (422, &json!("/template/at")), "{problem}");
    assert!(
        error["detail"].as_str().unwrap().contains("evt_") && !problem.to_string().contains("hush"),
        "{problem}"
    );
    // A change of another setting does not try it again.
    let path = format!("/v1/webhook-endpoints/{}", endpoint["id"].as_str().unwrap());
    assert_eq!(stage.admin.call("PATCH", &path, r#"{"timeout_seconds":5}"#, &[]).await.unwrap().0, 200);
    stage.end().await;
}

#[tokio::test]
async fn a_delay_holds_back_the_first_attempt_and_nothing_that_is_sent_by_hand() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    let settings = json!({ "delay_seconds": 600, "retry": { "schedule_seconds": [5] } });
    let endpoint = stage.endpoint(&receiver, settings).await;
    stage.send("ticket.created", json!({ "n": 1 })).await;
    stage.advance(Duration::from_secs(590));
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert!(receiver.seen().is_empty(), "it is not due yet");
    receiver.answer_first(&[Answer::Status(500)]);
    stage.advance(Duration::from_secs(11));
    receiver.wait_for(1).await;
    stage.attempted(&endpoint, 1).await;
    // A retry waits for its schedule alone.
    stage.advance(Duration::from_secs(8));
    stage.deliveries(&endpoint, 1, "delivered").await;

    let test = format!("/v1/webhook-endpoints/{}/test", endpoint.id);
    stage.admin.post(&test, &json!({})).await.unwrap();
    assert_eq!(receiver.seen().len(), 3, "a test is sent at once");
    let path = format!("/v1/webhook-endpoints/{}/deliveries", endpoint.id);
    let delivered = stage.read(&path).await[1].clone();
    let replay = format!("{path}/{}/replay", delivered["id"].as_str().unwrap());
    let (status, answer) = stage.admin.call("POST", &replay, r#"{"force":true}"#, &[]).await.unwrap();
    assert_eq!(status, 202, "{answer}");
    receiver.wait_for(4).await;
    let (status, problem) = made(&stage, &receiver, json!({ "delay_seconds": 43_201 })).await;
    assert_eq!((status, &problem["errors"][0]["pointer"]), (422, &json!("/delay_seconds")));
    stage.end().await;
}
