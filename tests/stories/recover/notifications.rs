//! Do people hear of failing endpoints in their chat?
//! Notifications: messages to Slack, Teams and Discord, at most one of a kind about an endpoint in an hour, to an address
//! that stays secret.

use std::time::Duration;

use api::client::ApiClient;
use serde_json::{Value, json};
use stories::stage::Endpoint;
use stories::{Answer, Receiver, Seen, Stage};

use super::circuit::{count, until};

const HOUR: Duration = Duration::from_secs(3_600);

fn body(seen: &Seen) -> Value {
    serde_json::from_slice(&seen.body).unwrap()
}

/// What a message in Slack begins with.
fn headline(seen: &Seen) -> String {
    body(seen)["text"].as_str().unwrap().to_owned()
}

/// Waits until the endpoint has this many deliveries, all delivered.
async fn notified(stage: &Stage, notification: &Endpoint, times: usize) {
    stage.deliveries(notification, times, "delivered").await;
}

/// What the ledger of this event says of the endpoint.
async fn fate(stage: &Stage, event: &Value, endpoint: &Endpoint) -> Value {
    let event = event["id"].as_str().unwrap();
    let ledger = stage.read(&format!("/v1/events/{event}/deliveries?workspace_id={}", stage.workspace)).await;
    let rows = ledger["data"].as_array().unwrap();
    rows.iter().find(|row| row["endpoint_id"] == endpoint.id).cloned().unwrap_or_default()
}

#[tokio::test]
async fn failed_deliveries_of_an_endpoint_are_one_message_an_hour() {
    let (stage, receiver, slack, console) =
        (Stage::set().await, Receiver::start().await, Receiver::start().await, Receiver::start().await);
    let notification = stage.endpoint(&slack, json!({ "body": "slack" })).await;
    assert_eq!(notification.secret, "", "it is not signed");
    let watcher = stage.endpoint(&console, json!({ "events": ["posthorn.delivery.exhausted"] })).await;
    let settings = json!({
        "events": ["invoice.*"], "retry": { "schedule_seconds": [] }, "description": "Billing",
    });
    let endpoint = stage.endpoint(&receiver, settings.clone()).await;
    receiver.answer(Answer::Status(500));

    // Within an hour the ordinary subscriber gets each event, and people get one message.
    for failures in 1..=3 {
        stage.send("invoice.paid", json!({ "amount": "hush" })).await;
        stage.deliveries(&watcher, failures, "delivered").await;
        stage.advance(HOUR / 4);
    }
    notified(&stage, &notification, 1).await;
    let [first, second, third] = console.seen().try_into().unwrap();
    assert_eq!(fate(&stage, &body(&first), &notification).await["status"], "delivered");
    for event in [second, third] {
        let fate = fate(&stage, &body(&event), &notification).await;
        assert_eq!((&fate["status"], &fate["reason"]), (&json!("skipped"), &json!("notified_lately")));
    }
    // Another endpoint is another matter.
    let other = Receiver::start().await;
    other.answer(Answer::Status(500));
    stage.endpoint(&other, json!({ "events": ["order.*"], "retry": { "schedule_seconds": [] } })).await;
    stage.send("order.made", json!({})).await;
    notified(&stage, &notification, 2).await;
    // After the hour there is a message again.
    stage.advance(HOUR / 4 + Duration::from_secs(1));
    stage.send("invoice.paid", json!({})).await;
    notified(&stage, &notification, 3).await;
    stage.end().await;

    let seen = slack.seen();
    let headlines: Vec<_> = seen.iter().map(headline).collect();
    let of_billing = "A delivery to Billing (127.0.0.1) failed";
    assert_eq!(headlines, [of_billing, "A delivery to 127.0.0.1 failed", of_billing]);
    let text = String::from_utf8(seen[0].body.to_vec()).unwrap();
    assert!(text.contains(&endpoint.id) && text.contains("invoice.paid") && !text.contains("hush"), "{text}");
    assert!(seen.iter().all(|seen| !seen.headers.contains_key("webhook-signature")));
    assert_eq!(console.seen().len(), 5);
}

#[tokio::test]
async fn all_warnings_of_an_hour_are_one_and_the_end_is_another() {
    let (stage, receiver, slack, console) =
        (Stage::set().await, Receiver::start().await, Receiver::start().await, Receiver::start().await);
    let notification = stage.endpoint(&slack, json!({ "body": "slack" })).await;
    let watcher = stage.endpoint(&console, json!({ "events": ["posthorn.*"] })).await;
    let settings = json!({
        "events": ["invoice.*"], "retry": { "schedule_seconds": vec![10; 10] }, "disable": "strict-10",
    });
    let endpoint = stage.endpoint(&receiver, settings).await;
    receiver.answer(Answer::Status(500));
    stage.send("invoice.paid", json!({})).await;
    for attempt in 1..=10 {
        stage.attempted(&endpoint, attempt).await;
        stage.advance(Duration::from_secs(12));
    }
    stage.deliveries(&watcher, 4, "delivered").await;
    notified(&stage, &notification, 2).await;
    let path = format!("/v1/webhook-endpoints/{}", endpoint.id);
    assert_eq!(stage.admin.call("DELETE", &path, "", &[]).await.unwrap().0, 204);
    stage.advance(HOUR);
    stage.end().await;

    let types: Vec<_> = console.seen().iter().map(|seen| body(seen)["type"].clone()).collect();
    let warnings = types.iter().filter(|event| *event == "posthorn.endpoint.failing").count();
    assert_eq!((types.len(), warnings), (4, 3));
    let mut headlines: Vec<_> = slack.seen().iter().map(headline).collect();
    headlines.sort_unstable();
    assert_eq!(headlines, ["127.0.0.1 is failing", "127.0.0.1 was switched off"]);
    let off = slack.seen().into_iter().find(|seen| headline(seen).ends_with("off")).unwrap();
    let text = String::from_utf8(off.body.to_vec()).unwrap();
    assert!(text.contains("10 attempts in a row have failed since 20") && text.contains("PATCH"), "{text}");
}

#[tokio::test]
async fn a_recovery_is_a_message_to_each_service_in_its_own_form() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    let services = [Receiver::start().await, Receiver::start().await, Receiver::start().await];
    for (service, form) in services.iter().zip(["slack", "teams", "discord"]) {
        stage.endpoint(service, json!({ "body": form, "events": ["posthorn.endpoint.recovered"] })).await;
    }
    let endpoint = stage
        .endpoint(&receiver, json!({ "events": ["invoice.*"], "retry": { "schedule_seconds": [60] } }))
        .await;
    receiver.answer(Answer::Status(503));
    for _ in 0..5 {
        stage.send("invoice.paid", json!({})).await;
    }
    until(&stage, &endpoint, |all| count(all, "retrying") == 5).await;
    receiver.answer(Answer::Status(200));
    stage.advance(Duration::from_secs(70));
    until(&stage, &endpoint, |all| count(all, "delivered") == 5).await;
    let mut messages = Vec::new();
    for service in &services {
        messages.push(body(&service.wait_for(1).await[0]));
    }
    stage.advance(Duration::from_secs(60));
    stage.end().await;
    let [slack, teams, discord] = messages.try_into().unwrap();
    assert_eq!(slack["text"], "127.0.0.1 works again");
    let card = &teams["attachments"][0]["content"];
    assert_eq!(card["body"][0]["inlines"][0]["text"], "127.0.0.1 works again");
    assert!(discord["content"].as_str().unwrap().starts_with("**127.0.0.1 works again**"), "{discord}");
}

#[tokio::test]
async fn a_notification_takes_only_an_address_of_its_service_and_operational_events() {
    let (stage, slack) = (Stage::set().await, Receiver::start().await);
    let try_with = async |more: Value| {
        let mut body = json!({ "workspace_id": stage.workspace, "url": slack.url(), "body": "slack" });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        stage.admin.call("POST", "/v1/webhook-endpoints", body.to_string(), &[]).await.unwrap()
    };
    for (more, pointer) in [
        (json!({ "url": "https://example.com/hooks" }), "/url"),
        (json!({ "url": "https://hooks.slack.com/services/T0/B0/hush", "body": "discord" }), "/url"),
        (json!({ "events": ["invoice.paid"] }), "/events"),
        (json!({ "method": "PUT" }), "/method"),
    ] {
        let (status, problem) = try_with(more).await;
        assert_eq!((status, &problem["errors"][0]["pointer"]), (422, &json!(pointer)), "{problem}");
        assert!(!problem.to_string().contains("hush"), "{problem}");
    }
    let (status, made) = try_with(json!({ "signature": { "profile": "standard" } })).await;
    assert_eq!((status, &made["signature"]["profile"]), (201, &json!("none")));
    assert_eq!(made["events"].as_array().unwrap().len(), 4);
    // Back to the default of `events` is all four again; another form has other rules.
    let path = format!("/v1/webhook-endpoints/{}", made["id"].as_str().unwrap());
    let patch = async |body: Value| stage.admin.call("PATCH", &path, body.to_string(), &[]).await.unwrap();
    let (_, one) = patch(json!({ "events": ["posthorn.endpoint.failing"] })).await;
    assert_eq!(one["events"], json!(["posthorn.endpoint.failing"]));
    assert_eq!(patch(json!({ "events": null })).await.1["events"].as_array().unwrap().len(), 4);
    let (status, problem) = patch(json!({ "body": "envelope" })).await;
    assert_eq!((status, &problem["errors"][0]["pointer"]), (422, &json!("/signature/profile")));
    let ordinary = json!({ "body": "envelope", "signature": null, "events": ["invoice.*"] });
    assert_eq!(patch(ordinary).await.0, 200);
    stage.end().await;
}

#[tokio::test]
async fn the_address_of_a_notification_is_shown_to_nobody_who_could_not_change_it() {
    let (stage, slack) = (Stage::set().await, Receiver::start().await);
    let notification = stage.endpoint(&slack, json!({ "body": "slack" })).await;
    let path = format!("/v1/webhook-endpoints/{}", notification.id);
    let (status, test) = stage.admin.call("POST", &format!("{path}/test"), "", &[]).await.unwrap();
    assert_eq!((status, headline(&slack.seen()[0])), (200, "This is a test".to_owned()));
    // The receiver's path is `/hooks`.
    let shown = slack.url().replace("/hooks", "/[redacted]");
    let delivery = test["id"].as_str().unwrap();
    assert_eq!(test["attempt_log"][0]["request"]["url"], shown, "{test}");
    let logged = stage.read(&format!("{path}/deliveries/{delivery}")).await;
    assert_eq!(logged["attempt_log"][0]["request"]["url"], shown, "{logged}");

    let reader = json!({
        "name": "reader", "workspace_id": stage.workspace,
        "scopes": ["webhooks:ro", "deliveries", "events:ro"],
    });
    let reader = stage.admin.post("/v1/api-keys", &reader).await.unwrap();
    let reader = ApiClient::new(&stage.platform.url(), reader["key"].as_str().unwrap());
    for (method, address) in [
        ("GET", path.clone()),
        ("GET", "/v1/webhook-endpoints".to_owned()),
        ("POST", format!("{path}/preview")),
        ("GET", format!("{path}/deliveries/{delivery}")),
    ] {
        let (status, answer) = reader.call(method, &address, "", &[]).await.unwrap();
        assert!(status == 200 && !answer.to_string().contains("/hooks"), "{method} {address}: {answer}");
    }
    let curl = format!("{path}/deliveries/{delivery}/curl");
    let command = reader.text(&curl).await.unwrap();
    assert!(command.contains("/[redacted]") && !command.contains("/hooks"), "{command}");
    // Who may change it may read it.
    assert_eq!(stage.read(&path).await["url"], slack.url());
    assert!(stage.admin.text(&curl).await.unwrap().contains("/hooks"));
    stage.end().await;
}

#[tokio::test]
async fn an_email_is_taken_by_the_mailbox_of_local_mode_and_other_addresses_are_refused() {
    let stage = Stage::set().await;
    let create = async |url: &str, body: &str| {
        let body = json!({ "workspace_id": stage.workspace, "url": url, "body": body });
        stage.admin.call("POST", "/v1/webhook-endpoints", body.to_string(), &[]).await.unwrap()
    };
    for (url, body) in [
        ("mailto:ops@example.com", "envelope"),
        ("mailto:ops@example.com", "slack"),
        ("https://example.com/", "email"),
        ("mailto:ops@example.com?bcc=all@example.com", "email"),
    ] {
        let (status, problem) = create(url, body).await;
        assert_eq!(
            (status, &problem["errors"][0]["pointer"]),
            (422, &json!("/url")),
            "{url} {body}: {problem}"
        );
    }
    let (status, made) = create("mailto:ops@example.com", "email").await;
    assert_eq!((status, &made["outcomes"]["permanent"]), (201, &json!([400])), "{made}");
    let path = format!("/v1/webhook-endpoints/{}", made["id"].as_str().unwrap());
    let preview = stage.admin.call("POST", &format!("{path}/preview"), "", &[]).await.unwrap().1;
    assert!(preview["body"].as_str().unwrap().contains("This is a test"), "{preview}");
    let (_, test) = stage.admin.call("POST", &format!("{path}/test"), "", &[]).await.unwrap();
    assert_eq!((&test["status"], &test["response_status"]), (&json!("delivered"), &json!(200)), "{test}");
    assert_eq!(test["attempt_log"][0]["request"]["url"], "mailto:[redacted]");

    // A real one, by the sender.
    let receiver = Receiver::start().await;
    receiver.answer(Answer::Status(500));
    let settings = json!({ "events": ["invoice.*"], "retry": { "schedule_seconds": [] } });
    stage.endpoint(&receiver, settings).await;
    stage.send("invoice.paid", json!({})).await;
    let notification = Endpoint { id: made["id"].as_str().unwrap().to_owned(), secret: String::new() };
    notified(&stage, &notification, 2).await;
    stage.end().await;
}
