//! Which events can be sent together, to some endpoints only, or later?
//! Batches, channels and scheduled events.

use std::time::Duration;

use domain::event::event_type::EventTypePattern;
use domain::id::{EndpointId, EndpointKey, EventId};
use serde_json::{Value, json};
use stories::{Receiver, Stage};

/// Endpoints of a workspace that has very many, and how many of them want an event.
const ENDPOINTS: u128 = 220;
const WANTING: u128 = 105;

async fn batch(stage: &Stage, events: Value, key: Option<&str>) -> (u16, Value) {
    let headers: Vec<_> = key.map(|key| ("idempotency-key", key)).into_iter().collect();
    let body = json!({ "events": events }).to_string();
    stage.admin.call("POST", "/v1/events/batch", body, &headers).await.unwrap()
}

fn event(stage: &Stage, event_type: &str, more: Value) -> Value {
    let mut event = json!({ "workspace_id": stage.workspace, "type": event_type, "data": {} });
    event.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    event
}

#[tokio::test]
async fn each_event_of_a_batch_is_answered_on_its_own() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    stage.endpoint(&receiver, json!({})).await;
    let events = json!([
        event(&stage, "invoice.paid", json!({})),
        event(&stage, "not a type", json!({})),
        event(&stage, "invoice.paid", json!({ "priority": 1 })),
        { "workspace_id": "ws_01JZZZZZZZZZZZZZZZZZZZZZ09", "type": "invoice.paid", "data": {} },
        event(&stage, "invoice.void", json!({})),
    ]);
    let (status, answer) = batch(&stage, events, None).await;
    let results = answer["results"].as_array().unwrap();
    let statuses: Vec<_> = results.iter().map(|result| result["status"].as_u64().unwrap()).collect();
    assert_eq!((status, statuses), (207, vec![202, 422, 422, 404, 202]));
    assert_eq!(results[2]["errors"][0]["pointer"], "/priority");
    let ids = receiver.wait_for(2).await;
    let mut ids: Vec<_> = ids.iter().map(|seen| seen.header("webhook-id").to_owned()).collect();
    ids.sort_unstable();
    let mut accepted = [results[0]["id"].as_str().unwrap(), results[4]["id"].as_str().unwrap()];
    accepted.sort_unstable();
    assert_eq!(ids, accepted);
    stage.end().await;
}

#[tokio::test]
async fn a_batch_sent_again_under_its_key_is_answered_again_and_sent_once() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    stage.endpoint(&receiver, json!({})).await;
    let events: Vec<_> = (0..100).map(|n| event(&stage, "invoice.paid", json!({ "data": n }))).collect();
    let (first_status, first) = batch(&stage, json!(events), Some("import-1")).await;
    let (_, second) = batch(&stage, json!(events), Some("import-1")).await;
    assert_eq!((first_status, &first), (207, &second));
    assert_eq!(first["results"].as_array().unwrap().len(), 100);
    receiver.wait_for(100).await;
    stage.end_after_repeating().await;
    assert_eq!(receiver.seen().len(), 100);
}

#[tokio::test]
async fn another_batch_under_a_key_is_refused_as_a_whole() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    stage.endpoint(&receiver, json!({})).await;
    let good = |n: u64| event(&stage, "invoice.paid", json!({ "data": n }));
    let bad = event(&stage, "not a type", json!({}));
    let events = json!([good(1), bad, good(2)]);
    let headers = [("idempotency-key", "import-1")];
    let send = async |events: &Value| {
        let body = json!({ "events": events }).to_string();
        stage.admin.exchange("POST", "/v1/events/batch", body, &headers).await.unwrap()
    };
    let replayed =
        |answer: &axum::http::Response<bytes::Bytes>| answer.headers().get("idempotency-replayed").is_some();
    let (first, second) = (send(&events).await, send(&events).await);
    assert_eq!((first.status().as_u16(), replayed(&first), replayed(&second)), (207, false, true));
    assert_eq!(first.body(), second.body());
    for other in [json!([good(1), good(2)]), json!([good(1), good(3), good(2)])] {
        let (status, problem) = batch(&stage, other, Some("import-1")).await;
        assert_eq!((status, &problem["code"]), (409, &json!("idempotency_key_reused")));
    }
    receiver.wait_for(2).await;
    stage.end_after_repeating().await;
    assert_eq!(receiver.seen().len(), 2);
}

#[tokio::test]
async fn the_longest_key_is_as_good_for_a_batch_as_for_an_event() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    stage.endpoint(&receiver, json!({})).await;
    let events: Vec<_> = (0..11).map(|n| event(&stage, "invoice.paid", json!({ "data": n }))).collect();
    let (longest, too_long) = ("k".repeat(255), "k".repeat(256));
    let (_, answer) = batch(&stage, json!(events), Some(&longest)).await;
    let results = answer["results"].as_array().unwrap();
    assert!(results.iter().all(|result| result["status"] == 202), "{answer}");
    for key in [too_long.as_str(), ""] {
        let (status, problem) = batch(&stage, json!(events), Some(key)).await;
        assert_eq!((status, problem["errors"][0]["pointer"].as_str()), (422, Some("Idempotency-Key")));
        let (body, headers) = (events[0].to_string(), [("idempotency-key", key)]);
        assert_eq!(stage.admin.call("POST", "/v1/events", body, &headers).await.unwrap().0, 422);
    }
    receiver.wait_for(11).await;
    stage.end().await;
}

#[tokio::test]
async fn a_batch_has_bounds() {
    let stage = Stage::set().await;
    let events: Vec<_> = (0..101).map(|_| event(&stage, "invoice.paid", json!({}))).collect();
    for events in [json!(events), json!([])] {
        let (status, problem) = batch(&stage, events, None).await;
        assert_eq!((status, problem["errors"][0]["pointer"].as_str()), (422, Some("/events")));
    }
    let huge = json!([event(&stage, "invoice.paid", json!({ "data": "x".repeat(6_000_000) }))]);
    assert_eq!(batch(&stage, huge, None).await.0, 413);
    stage.end().await;
}

#[tokio::test]
async fn an_endpoint_that_names_channels_gets_only_events_of_them() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    let eu = stage.endpoint(&receiver, json!({ "channels": ["eu", "customer:7"] })).await;
    let all = stage.endpoint(&receiver, json!({})).await;
    let send = async |channels: Value| {
        let event = event(&stage, "invoice.paid", json!({ "channels": channels }));
        stage.admin.post("/v1/events", &event).await.unwrap()
    };
    let to = |accepted: &Value| {
        let deliveries = accepted["deliveries"].as_array().unwrap().iter();
        deliveries.map(|row| row["endpoint_id"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(to(&send(json!(["eu"])).await), [eu.id.clone(), all.id.clone()]);
    let elsewhere = send(json!(["us"])).await;
    assert_eq!(
        (to(&elsewhere), &elsewhere["skipped"][0]["reason"]),
        (vec![all.id.clone()], &json!("channel"))
    );
    assert_eq!(to(&send(json!([])).await), [all.id]);
    let bad = event(&stage, "invoice.paid", json!({ "channels": ["a b"] })).to_string();
    let (status, problem) = stage.admin.call("POST", "/v1/events", bad, &[]).await.unwrap();
    assert_eq!((status, problem["errors"][0]["pointer"].as_str()), (422, Some("/channels/0")));
    receiver.wait_for(4).await;
    stage.end().await;
}

#[tokio::test]
async fn a_scheduled_event_is_delivered_when_it_is_due_and_not_before() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    stage.endpoint(&receiver, json!({})).await;
    let due = usecases::Clock::system().now().plus(Duration::from_secs(2_000));
    let scheduled = event(&stage, "trial.ended", json!({ "deliver_at": due }));
    let accepted = stage.admin.post("/v1/events", &scheduled).await.unwrap();
    let path = format!(
        "/v1/events/{}/deliveries?workspace_id={}",
        accepted["id"].as_str().unwrap(),
        stage.workspace
    );
    let row = &stage.read(&path).await["data"][0];
    assert_eq!((row["status"].as_str(), &row["next_attempt_at"]), (Some("pending"), &json!(due)));
    // SQS delays by 15 minutes at most, so the job comes early twice and is sent again.
    for _ in 0..2 {
        stage.advance(Duration::from_secs(901));
        tokio::time::sleep(Duration::from_millis(300)).await;
        assert!(receiver.seen().is_empty());
    }
    stage.advance(Duration::from_secs(200));
    receiver.wait_for(1).await;
    stage.end().await;

    let stage = Stage::set().await;
    let late = usecases::Clock::system().now().plus(Duration::from_secs(12 * 3600 + 60));
    let late = event(&stage, "trial.ended", json!({ "deliver_at": late })).to_string();
    let (status, problem) = stage.admin.call("POST", "/v1/events", late, &[]).await.unwrap();
    assert_eq!((status, problem["errors"][0]["pointer"].as_str()), (422, Some("/deliver_at")));
    stage.end().await;
}

#[tokio::test]
async fn nobody_else_can_tell_what_posthorn_tells() {
    let (stage, console) = (Stage::set().await, Receiver::start().await);
    stage.endpoint(&console, json!({ "events": ["endpoint.*", "delivery.*", "posthorn.*"] })).await;
    let own =
        ["posthorn.endpoint.failing", "posthorn.delivery.exhausted", "posthorn.test", "posthorn.a-b/c:d"];
    let events: Vec<_> = own.into_iter().map(|own| event(&stage, own, json!({}))).collect();
    let (_, answer) = batch(&stage, json!(events), None).await;
    for result in answer["results"].as_array().unwrap() {
        assert_eq!((&result["status"], &result["errors"][0]["pointer"]), (&json!(422), &json!("/type")));
    }
    // Their names until version 0.1 are free for a producer's own events.
    let free = ["endpoint.created", "endpoint.disabled", "delivery.exhausted", "posthorn"];
    let events: Vec<_> = free.into_iter().map(|free| event(&stage, free, json!({}))).collect();
    let (_, answer) = batch(&stage, json!(events), None).await;
    assert!(answer["results"].as_array().unwrap().iter().all(|result| result["status"] == 202), "{answer}");
    console.wait_for(3).await;
    stage.end().await;
    assert_eq!(console.seen().len(), 3);
}

#[tokio::test]
async fn names_of_other_systems_are_event_types_and_only_dots_make_families() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    let long = format!("long.{}", "n".repeat(251));
    let endpoint = stage.endpoint(&receiver, json!({ "events": ["shop:eu.*", "orders/create", long] })).await;
    for (event_type, deliveries) in [
        ("shop:eu.user-signed-up", 1),
        ("orders/create", 1),
        (long.as_str(), 1),
        ("shop:eu/x.y", 0),
        ("orders", 0),
    ] {
        let accepted = stage.send(event_type, json!({})).await;
        assert_eq!(accepted["deliveries"].as_array().unwrap().len(), deliveries, "{event_type}");
    }
    stage.deliveries(&endpoint, 3, "delivered").await;
    let seen = receiver.seen();
    let types: Vec<_> = seen.iter().map(|seen| seen.header("x-webhook-event")).collect();
    assert!(types.contains(&"shop:eu.user-signed-up") && types.contains(&long.as_str()), "{types:?}");
    let listed = format!("/v1/events?workspace_id={}&event_type=shop:eu.*,orders/create", stage.workspace);
    assert_eq!(stage.read(&listed).await["data"].as_array().unwrap().len(), 2);
    let body = json!({ "workspace_id": stage.workspace, "type": format!("{long}n"), "data": {} }).to_string();
    assert_eq!(stage.admin.call("POST", "/v1/events", body, &[]).await.unwrap().0, 422);
    stage.end().await;
}

#[tokio::test]
async fn no_key_of_a_single_event_is_that_of_a_batch() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    stage.endpoint(&receiver, json!({})).await;
    let one = event(&stage, "invoice.paid", json!({}));
    let (_, answer) = batch(&stage, json!([one]), Some("bb")).await;
    assert_eq!(answer["results"][0]["status"], 202);
    let (body, headers) = (one.to_string(), [("idempotency-key", "0/bb")]);
    let (status, single) = stage.admin.call("POST", "/v1/events", body, &headers).await.unwrap();
    assert_eq!(status, 202);
    assert_ne!(single["id"], answer["results"][0]["id"]);
    receiver.wait_for(2).await;
    stage.end().await;
}

#[tokio::test]
async fn an_id_that_stands_twice_in_a_batch_is_that_of_its_first_place() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    stage.endpoint(&receiver, json!({})).await;
    let id = stage.send("warm.up", json!({})).await["id"].as_str().unwrap().to_owned();
    for key in [None, Some("import-1")] {
        let last = if key.is_some() { '2' } else { '3' };
        let id = format!("{}{}", &id[..id.len() - 1], if id.ends_with(last) { '4' } else { last });
        let events = json!([
            event(&stage, "not a type", json!({ "id": id })),
            event(&stage, "posthorn.endpoint.failing", json!({ "id": id })),
            event(&stage, "invoice.paid", json!({ "id": id, "data": 1 })),
            event(&stage, "invoice.paid", json!({ "id": id, "data": 1 })),
            event(&stage, "invoice.paid", json!({ "id": id, "data": 2 })),
        ]);
        for _ in 0..2 {
            let (_, answer) = batch(&stage, events.clone(), key).await;
            let results = answer["results"].as_array().unwrap();
            let statuses: Vec<_> = results.iter().map(|result| result["status"].as_u64().unwrap()).collect();
            assert_eq!(statuses, [422, 422, 202, 409, 409], "{answer}");
            assert_eq!(
                (&results[3]["code"], &results[4]["code"]),
                (&json!("event_exists"), &json!("event_exists"))
            );
        }
    }
    let seen = receiver.wait_for(3).await;
    stage.end_after_repeating().await;
    let bodies: Vec<Value> = seen.iter().map(|seen| serde_json::from_slice(&seen.body).unwrap()).collect();
    assert!(bodies.iter().all(|body| body["data"] != 2));
}

#[tokio::test]
async fn an_id_from_before_the_workspace_is_listed_and_one_from_the_future_refused() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    let endpoint = stage.endpoint(&receiver, json!({})).await;
    let now = stage.clock().now();
    let send = async |id: EventId| {
        let body = json!({ "workspace_id": stage.workspace, "type": "a.b", "data": {}, "id": id });
        stage.admin.call("POST", "/v1/events", body.to_string(), &[]).await.unwrap()
    };
    let hour = Duration::from_secs(3_600);
    let old = EventId::new(now.minus(23 * hour), 7);
    assert_eq!(send(old).await.0, 202);
    let delivery = stage.deliveries(&endpoint, 1, "delivered").await.remove(0);
    assert_eq!(delivery["event_id"], old.to_string());
    let events = stage.read(&format!("/v1/events?workspace_id={}", stage.workspace)).await;
    assert_eq!(events["data"][0]["id"], old.to_string());

    for (id, status) in [
        (EventId::new(now.plus(hour / 12), 7), 202),
        (EventId::new(now.plus(hour / 5), 7), 422),
        (EventId::new(now.minus(25 * hour), 7), 422),
    ] {
        let (answered, answer) = send(id).await;
        assert_eq!(answered, status, "{answer}");
        assert!(status == 202 || answer["errors"][0]["pointer"] == "/id", "{answer}");
    }
    stage.deliveries(&endpoint, 2, "delivered").await;
    stage.end().await;
}

#[tokio::test]
async fn an_event_for_very_many_endpoints_names_some_and_counts_the_rest() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    let one = stage.endpoint(&receiver, json!({ "events": ["invoice.*"] })).await;
    let store = &stage.platform.store;
    let key = EndpointKey::new(stage.workspace.parse().unwrap(), one.id.parse().unwrap());
    let first = store.load_endpoint(key).await.unwrap().unwrap();
    for number in 1..ENDPOINTS {
        let mut more = first.clone();
        more.id = EndpointId::new(first.id.time(), number);
        if number >= WANTING {
            more.settings.events = vec![EventTypePattern::parse("ticket.*").unwrap()];
        }
        assert!(store.save_endpoint(&more, None).await.unwrap());
    }
    // The endpoints are read once every few seconds.
    stage.send("warm.up", json!({})).await;
    let began = std::time::Instant::now();
    let accepted = stage.send("invoice.paid", json!({})).await;
    println!(
        "{ENDPOINTS} endpoints: accepted in {:?}, {} bytes",
        began.elapsed(),
        accepted.to_string().len()
    );
    assert_eq!(
        (&accepted["deliveries_count"], &accepted["skipped_count"]),
        (&json!(WANTING), &json!(ENDPOINTS - WANTING))
    );
    let listed = |name: &str| accepted[name].as_array().unwrap().len();
    assert_eq!((listed("deliveries"), listed("skipped")), (100, 80));
    assert!(accepted.to_string().len() < 16_000);
    let (_, of_batch) = batch(&stage, json!([event(&stage, "invoice.paid", json!({}))]), None).await;
    assert_eq!(of_batch["results"][0]["skipped_count"], json!(ENDPOINTS - WANTING));
    let path = format!("/v1/events/{}/deliveries", accepted["id"].as_str().unwrap());
    let (mut rows, mut cursor) = (0, String::new());
    loop {
        let page = stage.read(&format!("{path}?workspace_id={}&limit=250{cursor}", stage.workspace)).await;
        rows += page["data"].as_array().unwrap().len();
        let Some(next) = page["next"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(rows, usize::try_from(ENDPOINTS).unwrap(), "the ledger lists all");
    receiver.wait_for(2 * usize::try_from(WANTING).unwrap()).await;
    stage.end().await;
}
