//! What goes where?
//! Conditions, templates and presets of rules, from the event to the wire.

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
