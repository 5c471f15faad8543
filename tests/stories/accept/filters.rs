//! Which events reach an endpoint with a filter?
//! Filters: asked at the fan-out, explained condition by condition, and refused with a word on what to write instead.

use std::time::Duration;

use serde_json::{Value, json};
use stories::stage::Endpoint;
use stories::{Answer, Receiver, Stage};

/// The explanation of an event at an endpoint.
async fn explained(stage: &Stage, event: &Value, endpoint: &Endpoint) -> Value {
    let event = event["id"].as_str().unwrap();
    let query = format!("workspace_id={}&endpoint_id={}", stage.workspace, endpoint.id);
    stage.read(&format!("/v1/events/{event}/explain?{query}")).await
}

fn filter_of(explanation: &Value) -> Value {
    let rules = explanation["rules"].as_array().unwrap();
    rules.iter().find(|rule| rule["rule"] == "filter").unwrap().clone()
}

fn body(seen: &stories::Seen) -> Value {
    serde_json::from_slice(&seen.body).unwrap()
}

#[tokio::test]
async fn only_events_that_meet_the_filter_are_delivered_and_the_others_say_why_not() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    let filter = json!({
        "data.customer.tier": { "$in": ["gold", "platinum"] },
        "$or": [{ "data.priority": "urgent" }, { "data.subject": { "$contains": ["refund", "chargeback"] } }],
    });
    let settings = json!({ "events": ["ticket.*"], "filter": filter });
    let endpoint = stage.endpoint(&receiver, settings).await;
    let gold = |subject| json!({ "customer": { "tier": "gold" }, "priority": "low", "subject": subject });
    stage.send("ticket.created", gold("A Refund, please")).await;
    let other = stage.send("ticket.created", gold("Hello")).await;
    let silver = json!({ "customer": { "tier": "silver" }, "priority": "urgent", "subject": "refund" });
    stage.send("ticket.created", silver).await;
    let elsewhere = stage.send("order.made", json!({})).await;
    stage.deliveries(&endpoint, 1, "delivered").await;

    assert_eq!((other["deliveries_count"].as_u64(), other["skipped_count"].as_u64()), (Some(0), Some(1)));
    let explanation = explained(&stage, &other, &endpoint).await;
    assert_eq!(explanation["recorded"], json!({ "status": "skipped", "reason": "filter" }));
    assert_eq!(explanation["passes"], false);
    let rule = filter_of(&explanation);
    assert_eq!(rule["passed"], false);
    // Each condition stands at its place in the filter as it is stored.
    let read = stage.read(&format!("/v1/webhook-endpoints/{}", endpoint.id)).await;
    let conditions = rule["conditions"].as_array().unwrap();
    for condition in conditions {
        let pointer = condition["pointer"].as_str().unwrap();
        assert!(read["filter"].pointer(pointer).is_some(), "{condition} in {}", read["filter"]);
    }
    let told: Vec<_> = conditions
        .iter()
        .map(|condition| (condition["held"].clone(), condition["found"].clone(), condition["reason"].clone()))
        .collect();
    assert_eq!(
        told,
        [
            (json!(false), json!(["low"]), json!("different")),
            (json!(false), json!(["Hello"]), json!("text_absent")),
            (json!(true), json!(["gold"]), Value::Null),
        ]
    );
    // A type that is not listed is the first reason, and the filter is explained all the same.
    let explanation = explained(&stage, &elsewhere, &endpoint).await;
    assert_eq!(explanation["recorded"]["reason"], "type_not_subscribed");
    assert_eq!(filter_of(&explanation)["conditions"][0]["reason"], "missing", "{explanation:#}");
    stage.end().await;
    let subjects: Vec<_> = receiver.seen().iter().map(|seen| body(seen)["data"]["subject"].clone()).collect();
    assert_eq!(subjects, ["A Refund, please"]);
}

#[tokio::test]
async fn a_filter_reads_type_channels_and_id_and_numbers_that_no_double_holds() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    let filter = json!({ "channels": "eu", "type": { "$startsWith": "ticket." }, "data.n": { "$gt": 7 } });
    let endpoint = stage.endpoint(&receiver, json!({ "filter": filter })).await;
    let send = async |channel: &str, n: &str| {
        let body = format!(
            r#"{{"workspace_id":"{}","type":"ticket.created","channels":["{channel}"],"data":{{"n":{n}}}}}"#,
            stage.workspace
        );
        let (status, answer) = stage.admin.call("POST", "/v1/events", body, &[]).await.unwrap();
        assert_eq!(status, 202, "{answer}");
        answer["deliveries_count"].as_u64().unwrap()
    };
    for (channel, n, delivered) in
        [("eu", "8", 1), ("us", "8", 0), ("eu", "7", 0), ("eu", "\"8\"", 0), ("eu", "1e999", 1)]
    {
        assert_eq!(send(channel, n).await, delivered, "{channel} {n}");
    }
    stage.deliveries(&endpoint, 2, "delivered").await;
    stage.end().await;
}

#[tokio::test]
async fn a_filter_that_cannot_be_shown_is_refused_with_a_pointer_and_nothing_changes() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    let good = json!({ "data.tier": "gold" });
    let endpoint = stage.endpoint(&receiver, json!({ "filter": good })).await;
    let path = format!("/v1/webhook-endpoints/{}", endpoint.id);
    let canonical = stage.read(&path).await["filter"].clone();
    assert_eq!(canonical, json!({ "data.tier": { "$eq": "gold" } }));
    let deep = (0..7).fold(json!({ "data.a": 1 }), |inner, _| json!({ "$and": [inner] }));
    for (filter, pointer, word) in [
        (json!({ "$where": "true" }), "/filter/$where", "no code"),
        (json!({ "data.a": { "$regex": "a" } }), "/filter/data.a/$regex", "$contains"),
        (json!({ "data.a": { "$neq": 1 } }), "/filter/data.a/$neq", "$ne"),
        (json!({ "payload.a": 1 }), "/filter/payload.a", "data"),
        (json!({ "data.a": { "$gt": null } }), "/filter/data.a/$gt", ""),
        (json!({ "data.a": { "b": 1 } }), "/filter/data.a", "data.a.b"),
        (json!([]), "/filter", "object"),
    ] {
        let (status, problem) =
            stage.admin.call("PATCH", &path, json!({ "filter": filter }).to_string(), &[]).await.unwrap();
        assert_eq!((status, &problem["code"]), (422, &json!("invalid_request")), "{filter}: {problem}");
        let error = &problem["errors"][0];
        assert!(error["pointer"].as_str().unwrap().starts_with(pointer), "{filter}: {error}");
        assert!(error["detail"].as_str().unwrap().contains(word), "{filter}: {error}");
    }
    let many: Vec<Value> = (0..51).map(|n| json!({ "data.a": n })).collect();
    let texts: Vec<_> = (0..21).map(|n| format!("t{n}")).collect();
    for filter in [
        deep,
        json!({ "$or": many }),
        json!({ "data.a": "x".repeat(9_000) }),
        json!({ "data.a": { "$in": (0..101).collect::<Vec<_>>() } }),
        json!({ "data.a": { "$contains": texts } }),
        json!({ format!("data{}", ".a".repeat(10)): 1 }),
        json!({ format!("data.{}", "a".repeat(200)): 1 }),
        json!({ "$or": [] }),
    ] {
        let body = json!({ "filter": filter }).to_string();
        let (status, problem) = stage.admin.call("PATCH", &path, body, &[]).await.unwrap();
        assert_eq!(status, 422, "{problem}");
        assert!(problem["errors"][0]["pointer"].as_str().unwrap().starts_with("/filter"), "{problem}");
    }
    assert_eq!(stage.read(&path).await["filter"], canonical);

    // A filter is replaced whole, with its nulls; `null` takes it away.
    for (patch, filter) in [
        (json!({ "data.b": { "$eq": null } }), json!({ "data.b": { "$eq": null } })),
        (Value::Null, Value::Null),
    ] {
        let body = json!({ "filter": patch }).to_string();
        let (status, changed) = stage.admin.call("PATCH", &path, body, &[]).await.unwrap();
        assert_eq!((status, &changed["filter"]), (200, &filter));
    }
    stage.end().await;
    assert!(receiver.seen().is_empty());
}

#[tokio::test]
async fn what_a_condition_cannot_read_is_false_with_a_reason_and_never_an_error() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    let conditions = [
        (json!({ "data.order.lines.0.sku": "a" }), json!({ "order": "text" }), "missing"),
        (json!({ "data.order.total": { "$gt": 5 } }), json!({ "order": { "total": "12.50" } }), "wrong_type"),
        (json!({ "data.note": { "$contains": "a" } }), json!({ "note": { "a": "a" } }), "wrong_type"),
        (json!({ "data.at": { "$lt": "2026" } }), json!({ "at": 2025 }), "wrong_type"),
        (
            json!({ "data.items": { "$elemMatch": { "sku": "a" } } }),
            json!({ "items": { "sku": "a" } }),
            "wrong_type",
        ),
    ];
    for (filter, data, reason) in conditions {
        let endpoint = stage.endpoint(&receiver, json!({ "filter": filter, "events": ["odd.one"] })).await;
        let mut payloads = vec![data.clone()];
        payloads.extend([json!(null), json!([]), json!(7), json!("text"), json!([[{ "order": [null] }]])]);
        for payload in payloads {
            let event = stage.send("odd.one", payload.clone()).await;
            let explanation = explained(&stage, &event, &endpoint).await;
            assert_eq!(explanation["recorded"]["reason"], "filter", "{filter} {payload}");
            let condition = &filter_of(&explanation)["conditions"][0];
            let expected = if payload == data { reason } else { "missing" };
            assert_eq!(
                (&condition["held"], &condition["reason"]),
                (&json!(false), &json!(expected)),
                "{filter} {payload}"
            );
        }
        let path = format!("/v1/webhook-endpoints/{}", endpoint.id);
        assert_eq!(stage.admin.call("DELETE", &path, "", &[]).await.unwrap().0, 204);
    }
    stage.end().await;
    assert!(receiver.seen().is_empty());
}

#[tokio::test]
async fn a_replay_of_what_an_endpoint_missed_sends_what_meets_its_filter() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    for amount in [5, 50, 500] {
        stage.send("invoice.paid", json!({ "amount": amount })).await;
    }
    let filter = json!({ "data.amount": { "$gte": 50 } });
    let endpoint = stage.endpoint(&receiver, json!({ "filter": filter })).await;
    stage.advance(Duration::from_secs(10));
    let path = format!("/v1/webhook-endpoints/{}/replay", endpoint.id);
    let since = stage.clock().now().minus(Duration::from_secs(3_600)).to_string();
    let (status, replay) = stage
        .admin
        .call("POST", &path, json!({ "since": since, "status": "skipped" }).to_string(), &[])
        .await
        .unwrap();
    assert_eq!(status, 202, "{replay}");
    stage.deliveries(&endpoint, 2, "delivered").await;
    stage.end().await;
    let mut amounts: Vec<_> =
        receiver.seen().iter().map(|seen| body(seen)["data"]["amount"].as_u64()).collect();
    amounts.sort_unstable();
    assert_eq!(amounts, [Some(50), Some(500)]);
}

#[tokio::test]
async fn an_operational_event_must_meet_the_filter_too() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    let (billing, others) = (Receiver::start().await, Receiver::start().await);
    let settings =
        |word| json!({ "events": ["posthorn.*"], "filter": { "data.endpoint_description": word } });
    let about_billing = stage.endpoint(&billing, settings("Billing")).await;
    stage.endpoint(&others, settings("Shipping")).await;
    receiver.answer(Answer::Status(500));
    let failing =
        json!({ "events": ["invoice.*"], "description": "Billing", "retry": { "schedule_seconds": [] } });
    stage.endpoint(&receiver, failing).await;
    stage.send("invoice.paid", json!({})).await;
    let delivery = stage.deliveries(&about_billing, 1, "delivered").await.remove(0);
    let event = json!({ "id": delivery["event_id"] });
    assert_eq!(filter_of(&explained(&stage, &event, &about_billing).await)["passed"], true);
    stage.end().await;
    assert_eq!((billing.seen().len(), others.seen().len()), (1, 0));
}
