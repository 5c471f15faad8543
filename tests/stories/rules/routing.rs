//! What goes where?
//! Conditions, templates and presets of rules, from the event to the wire.

use std::time::Duration;

use serde_json::{Value, json};
use stories::{Receiver, Stage};

use super::{change, fate, rule, step};

fn ticket(tier: &str, subject: &str) -> Value {
    json!({ "id": 7, "customer": { "tier": tier }, "subject": subject })
}

/// The body of a request.
fn body(seen: &stories::receiver::Seen) -> Value {
    serde_json::from_slice(&seen.body).unwrap()
}

#[tokio::test]
async fn a_rule_posts_what_its_template_makes_of_the_events_that_meet_its_conditions() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    let made = rule(&stage, json!({
        "name": "Refunds of gold customers", "when": { "events": ["ticket.*"] },
        "if": { "data.customer.tier": { "$in": ["gold", "platinum"] }, "data.subject": { "$contains": "refund" } },
        "then": [{ "do": "deliver", "url": receiver.url(), "preset": "slack",
                   "template": { "text": "Ticket {{ data.id }}: {{ data.subject }}" } }],
    })).await;
    let wanted = stage.send("ticket.created", ticket("gold", "A Refund for <!channel> & me")).await;
    let other = stage.send("ticket.created", ticket("silver", "refund")).await;
    let third = stage.send("order.created", ticket("gold", "refund")).await;
    let seen = receiver.wait_for(1).await;
    assert_eq!(body(&seen[0]), json!({ "text": "Ticket 7: A Refund for &lt;!channel&gt; &amp; me" }));
    let endpoint = step(&made, 0);
    stage.deliveries(&endpoint, 1, "delivered").await;
    for (event, expected) in [(&wanted, "delivery"), (&other, "filter"), (&third, "type_not_subscribed")] {
        assert_eq!(fate(&stage, event, &endpoint.id).await, expected);
    }
    assert_eq!(receiver.seen().len(), 1);
    stage.end().await;
}

#[tokio::test]
async fn chat_messages_of_a_rule_mention_nobody() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    let subject = "<at>Ada</at> @everyone <@1>";
    let block = json!({ "type": "TextBlock", "text": "{{ data.subject }}" });
    for (preset, template, expected) in [
        (
            "discord",
            json!("New: {{ data.subject }}"),
            json!({
                "content": format!("New: {subject}"), "allowed_mentions": { "parse": [] },
            }),
        ),
        (
            "teams",
            json!({ "type": "AdaptiveCard", "version": "1.4", "body": [block] }),
            json!({
                "type": "message", "attachments": [{
                    "contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": null,
                    "content": { "type": "AdaptiveCard", "version": "1.4", "body": [{ "type": "TextBlock", "text": subject }] },
                }],
            }),
        ),
        (
            "teams",
            json!("{{ data.subject | default('nothing') }}"),
            json!({
                "type": "message", "attachments": [{
                    "contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": null,
                    "content": {
                        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json", "type": "AdaptiveCard", "version": "1.4",
                        "body": [{ "type": "RichTextBlock", "inlines": [{ "type": "TextRun", "text": subject }] }],
                        "msteams": { "width": "Full" },
                    },
                }],
            }),
        ),
    ] {
        let then =
            json!([{ "do": "deliver", "url": receiver.url(), "preset": preset, "template": template }]);
        let made = rule(&stage, json!({ "when": { "events": ["ticket.*"] }, "then": then })).await;
        let before = receiver.seen().len();
        stage.send("ticket.created", json!({ "subject": subject })).await;
        assert_eq!(body(&receiver.wait_for(before + 1).await[before]), expected, "{preset}");
        stage.deliveries(&step(&made, 0), 1, "delivered").await;
        let path = format!("/v1/rules/{}", made["id"].as_str().unwrap());
        assert_eq!(stage.admin.call("DELETE", &path, "", &[]).await.unwrap().0, 204);
    }

    // An object of the event could be a mention, so it is no message.
    let card =
        json!({ "type": "AdaptiveCard", "msteams": { "entities": "{{ data.people | default([]) }}" } });
    let then = json!([{ "do": "deliver", "url": receiver.url(), "preset": "teams", "template": card }]);
    let made = rule(&stage, json!({ "when": { "events": ["people.*"] }, "then": then })).await;
    let before = receiver.seen().len();
    stage.send("people.met", json!({ "people": [{ "type": "mention", "text": "<at>Ada</at>" }] })).await;
    let delivery = stage.deliveries(&step(&made, 0), 1, "failed").await.remove(0);
    assert_eq!(delivery["last_error"], "template_failed");
    stage.end().await;
    assert_eq!(receiver.seen().len(), before);
}

#[tokio::test]
async fn a_step_with_a_delay_is_done_when_that_is_over() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    let made = rule(&stage, json!({
        "when": { "events": ["cart.*"] },
        "then": [
            { "id": "later", "do": "deliver", "url": receiver.url(), "delay_seconds": 1800, "preset": "json",
              "template": { "step": "later" } },
            { "id": "now", "do": "deliver", "url": receiver.url(), "preset": "json", "template": { "step": "now" } },
        ],
    })).await;
    let event = stage.send("cart.left", json!({})).await;
    receiver.wait_for(1).await;
    let waiting = stage.deliveries(&step(&made, 0), 1, "pending").await.remove(0);
    assert_eq!((&waiting["event_id"], &waiting["attempts"]), (&event["id"], &json!(0)));
    stage.advance(Duration::from_secs(1_790));
    stage.deliveries(&step(&made, 1), 1, "delivered").await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(receiver.seen().len(), 1, "it is not due yet");
    stage.advance(Duration::from_secs(11));
    stage.deliveries(&step(&made, 0), 1, "delivered").await;
    let bodies: Vec<_> = receiver.seen().iter().map(body).collect();
    assert_eq!(bodies, [json!({ "step": "now" }), json!({ "step": "later" })]);
    stage.end().await;
}

#[tokio::test]
async fn a_steps_deliveries_are_signed_with_the_secret_that_its_rule_showed_once() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    let made = rule(
        &stage,
        json!({ "then": [
        { "id": "post", "do": "deliver", "url": receiver.url(), "headers": { "X-Team": "billing" } },
    ] }),
    )
    .await;
    let endpoint = step(&made, 0);
    assert!(endpoint.secret.starts_with("whsec_"), "{made:#}");
    stage.send("invoice.paid", json!({ "amount": 4200 })).await;
    let seen = receiver.wait_for(1).await;
    assert!(seen[0].is_signed_with(&endpoint.secret));
    assert_eq!((seen[0].header("x-team"), &body(&seen[0])["data"]), ("billing", &json!({ "amount": 4200 })));
    let read = stage.read(&format!("/v1/rules/{}", made["id"].as_str().unwrap())).await;
    assert!(read.get("secrets").is_none() && read["then"] == made["then"], "{read:#}");
    stage.end().await;
}

#[tokio::test]
async fn a_rule_that_watches_sends_nothing_until_it_is_live() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    let made = rule(&stage, json!({
        "mode": "watch", "then": [{ "do": "deliver", "url": receiver.url() }, { "do": "emit", "type": "derived", "data": 1 }],
        "when": { "events": ["order.*"] },
    })).await;
    let watched = stage.send("order.made", json!({})).await;
    for place in [0, 1] {
        assert_eq!(fate(&stage, &watched, &step(&made, place).id).await, "watching");
    }
    change(&stage, &made, json!({ "mode": "live" })).await;
    let live = stage.send("order.made", json!({})).await;
    assert_eq!(fate(&stage, &live, &step(&made, 0).id).await, "delivery");
    receiver.wait_for(1).await;
    super::event_of_type(&stage, "derived").await;
    assert_eq!(receiver.seen().len(), 1);
    stage.end().await;
}

#[tokio::test]
async fn an_endpoint_that_subscribes_and_is_named_by_rules_gets_an_event_once() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    let subscribed = stage.endpoint(&receiver, json!({ "events": ["order.*"] })).await;
    let other = stage.endpoint(&receiver, json!({ "events": ["none"] })).await;
    let forward = json!({ "then": [
        { "do": "deliver", "endpoint_id": subscribed.id }, { "do": "deliver", "endpoint_id": other.id },
    ] });
    let first = rule(&stage, forward.clone()).await;
    rule(&stage, forward).await;
    let event = stage.send("order.made", json!({})).await;
    for endpoint in [&subscribed, &other] {
        assert_eq!(fate(&stage, &event, &endpoint.id).await, "delivery");
        stage.deliveries(endpoint, 1, "delivered").await;
    }
    assert_eq!(first["then"][0]["endpoint_id"], json!(subscribed.id));
    assert_eq!(receiver.seen().len(), 2);
    stage.end().await;
}

#[tokio::test]
async fn a_rule_may_route_operational_events_that_it_names() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    let gone = Receiver::start().await;
    gone.answer(stories::receiver::Answer::Status(410));
    rule(&stage, json!({
        "when": { "events": ["posthorn.endpoint.disabled"] },
        "then": [{ "do": "deliver", "url": receiver.url(), "preset": "json", "template": { "host": "{{ data.endpoint_host }}" } }],
    })).await;
    rule(&stage, json!({ "name": "Every type", "then": [{ "do": "deliver", "url": receiver.url() }] })).await;
    let endpoint = stage.endpoint(&gone, json!({ "events": ["order.*"] })).await;
    stage.send("order.made", json!({})).await;
    stage.deliveries(&endpoint, 1, "failed").await;
    let seen = receiver.wait_for(2).await;
    let bodies: Vec<_> = seen.iter().map(body).collect();
    assert!(bodies.contains(&json!({ "host": "127.0.0.1" })), "{bodies:#?}");
    assert_eq!(bodies.iter().filter(|body| body["type"] == "order.made").count(), 1);
    stage.end().await;
}
